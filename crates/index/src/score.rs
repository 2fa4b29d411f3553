//! How well words are met (D15): by the question and the document alone, never by how many hold a word.

use std::collections::HashSet;

use croaring::Bitmap;
use ror_search::{Content, Relation, ResourceType, Term};

use crate::evaluate::Evaluator;

/// What a word is worth where it stands: in a name or elsewhere, whole or begun.
const WEIGHTS: [f64; 4] = [1.0, 0.8, 0.6, 0.4];

/// Scores of one question.
pub(crate) struct Scorer<'a> {
    evaluator: &'a Evaluator<'a>,
    tests: Vec<Asked<'a>>,
}

/// One `_content`, and for each word those that hold it, by weight.
struct Asked<'a> {
    path: &'a [Relation],
    words: Vec<[Bitmap; 4]>,
}

impl<'a> Scorer<'a> {
    pub(crate) fn new(evaluator: &'a Evaluator<'a>, content: &'a [Content]) -> Self {
        let word = |rtype, word: &String| {
            let (name, any) = (Term::name_word(rtype, word), Term::word(rtype, word));
            [whole(evaluator, &name), begun(evaluator, &name), whole(evaluator, &any), begun(evaluator, &any)]
        };
        let asked = |content: &'a Content| Asked {
            path: &content.path,
            words: content.words.iter().map(|text| word(content.rtype, text)).collect(),
        };
        Self { evaluator, tests: content.iter().map(asked).collect() }
    }

    /// The score of a document, 0 to 1 in ten-thousandths; `None` when no test on words holds.
    pub(crate) fn score(&self, number: u32) -> Option<f64> {
        let best = self.tests.iter().filter_map(|test| self.best(test, test.path, number)).max_by(f64::total_cmp)?;
        Some((best * 10_000.0).round() / 10_000.0)
    }

    fn best(&self, test: &Asked<'_>, path: &[Relation], number: u32) -> Option<f64> {
        let Some((relation, rest)) = path.split_first() else { return test.score(number) };
        let related = self.related(*relation, number);
        related.into_iter().filter_map(|row| self.best(test, rest, row)).max_by(f64::total_cmp)
    }

    /// Those that a relation leads to, as far as these eyes see.
    fn related(&self, relation: Relation, number: u32) -> Vec<u32> {
        let evaluator = self.evaluator;
        let seen = |row: &u32| evaluator.seen(*row).is_some();
        let targets = |row: u32, reference, rtype: ResourceType| {
            let doc = evaluator.doc(row).into_iter();
            doc.flat_map(|doc| evaluator.targets(doc, reference, rtype)).filter(seen).collect::<Vec<_>>()
        };
        match relation {
            Relation::Target { reference, rtype } => targets(number, reference, rtype),
            Relation::Source { reference, .. } => {
                let mut sources = Bitmap::new();
                evaluator.snapshot.sources_into(number, reference, &evaluator.eyes, &mut sources);
                sources.to_vec()
            }
            Relation::Line { reference, rtype, parent } => {
                let mut line = targets(number, reference, rtype);
                let mut known: HashSet<u32> = line.iter().copied().collect();
                let mut at = 0;
                while let Some(next) = line.get(at).copied() {
                    line.extend(targets(next, parent, rtype).into_iter().filter(|above| known.insert(*above)));
                    at += 1;
                }
                line
            }
            Relation::Record(_) => Vec::new(),
        }
    }
}

impl Asked<'_> {
    fn score(&self, number: u32) -> Option<f64> {
        let weight = |word: &[Bitmap; 4]| word.iter().position(|rows| rows.contains(number)).map(|at| WEIGHTS[at]);
        let weights: Vec<f64> = self.words.iter().map(weight).collect::<Option<_>>()?;
        #[expect(clippy::cast_precision_loss, reason = "a question holds few words")]
        let count = weights.len() as f64;
        (!weights.is_empty()).then(|| weights.iter().sum::<f64>() / count)
    }
}

fn whole(evaluator: &Evaluator<'_>, term: &Term) -> Bitmap {
    let posting = evaluator.snapshot.terms.posting(term);
    posting.map(|posting| posting.bitmap(&evaluator.eyes)).unwrap_or_default()
}

fn begun(evaluator: &Evaluator<'_>, first: &Term) -> Bitmap {
    let mut out = Bitmap::new();
    for (_, number) in evaluator.snapshot.terms.starting(first) {
        if let Some(posting) = evaluator.snapshot.terms.of(number) {
            posting.union_into(&evaluator.eyes, &mut out);
        }
    }
    out
}

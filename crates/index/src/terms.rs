//! Terms and the rows that hold them: resources in one dictionary, their records in another.

use std::collections::BTreeSet;
use std::sync::Arc;

use croaring::Bitmap;
use imbl::OrdMap;
use ror_confidentiality::AudienceMask;
use ror_search::{ParamId, Registry, Term};
use rpds::VectorSync;

use crate::ids::{Numbered, numbered};
use crate::posting::Posting;

/// Length of the pieces of texts that are kept for `:contains`, in bytes.
const PIECE: usize = 3;

/// A piece of a text of one parameter.
type Piece = (ParamId, [u8; PIECE]);

/// A dictionary of terms, and the rows of each.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    registry: &'static Registry,
    numbers: Numbered<Term>,
    /// Again in order: folded texts and words, for prefixes, and the codes that can be counted.
    texts: OrdMap<Term, u32>,
    /// By number: the texts that a piece may be found in.
    pieces: rpds::HashTrieMapSync<Piece, Arc<Bitmap>, foldhash::quality::RandomState>,
    /// By number.
    by_number: VectorSync<Term>,
    postings: VectorSync<Posting>,
}

impl Terms {
    pub(crate) fn new(registry: &'static Registry) -> Self {
        let state = foldhash::quality::RandomState::default();
        Self {
            registry,
            numbers: numbered(),
            texts: OrdMap::new(),
            pieces: rpds::HashTrieMapSync::new_with_hasher_and_ptr_kind(state),
            by_number: VectorSync::new_sync(),
            postings: VectorSync::new_sync(),
        }
    }

    /// The number of a term, given at its first appearance.
    pub(crate) fn number(&mut self, term: &Term) -> u32 {
        if let Some(number) = self.numbers.get(term) {
            return *number;
        }
        let number = u32::try_from(self.postings.len()).expect("fewer than 2^32 terms");
        self.numbers.insert_mut(term.clone(), number);
        if term.is_ordered() || self.is_counted(term) {
            self.texts.insert(term.clone(), number);
        }
        for piece in pieces_of(term) {
            let mut known = self.pieces.get(&piece).cloned().unwrap_or_default();
            Arc::make_mut(&mut known).add(number);
            self.pieces.insert_mut(piece, known);
        }
        self.by_number.push_back_mut(term.clone());
        self.postings.push_back_mut(Posting::default());
        number
    }

    /// Whether it is a code that resources share, unlike those that name one.
    fn is_counted(&self, term: &Term) -> bool {
        let is_shared = |parameter: &str| !["_id", "identifier"].contains(&parameter);
        term.system_and_code().is_some() && is_shared(&self.registry.get(term.parameter()).name)
    }

    pub(crate) fn find(&self, term: &Term) -> Option<u32> {
        self.numbers.get(term).copied()
    }

    pub(crate) fn posting(&self, term: &Term) -> Option<&Posting> {
        self.of(self.find(term)?)
    }

    pub(crate) fn term(&self, number: u32) -> Option<&Term> {
        self.by_number.get(number as usize)
    }

    /// The rows of the term of that number.
    pub(crate) fn of(&self, number: u32) -> Option<&Posting> {
        self.postings.get(number as usize)
    }

    /// The texts and words that start as `first` does, in order.
    pub(crate) fn starting<'a>(&'a self, first: &Term) -> impl Iterator<Item = (&'a Term, u32)> + use<'a> {
        let start = first.as_bytes().to_vec();
        let range = self.texts.range(first.clone()..);
        range.take_while(move |(term, _)| term.as_bytes().starts_with(&start)).map(|(term, number)| (term, *number))
    }

    /// The texts of `parameter` that hold `part`, by number.
    pub(crate) fn containing(&self, parameter: ParamId, part: &str) -> Vec<u32> {
        let holds = |term: &Term| Term::folded_text(term.as_bytes()).is_some_and(|text| text.contains(part));
        let mut candidates: Option<Bitmap> = None;
        for piece in part.as_bytes().windows(PIECE) {
            let piece = (parameter, piece.try_into().expect("of that length"));
            let Some(known) = self.pieces.get(&piece) else { return Vec::new() };
            candidates = Some(candidates.map_or_else(|| Bitmap::clone(known), |found| found.and(known)));
        }
        match candidates {
            Some(found) => {
                found.iter().filter(|number| self.by_number.get(*number as usize).is_some_and(holds)).collect()
            }
            None => {
                let all = self.starting(&Term::folded(parameter, ""));
                all.filter(|(term, _)| holds(term)).map(|(_, number)| number).collect()
            }
        }
    }

    /// The texts of `parameter` that end with `end`, by number.
    pub(crate) fn ending(&self, parameter: ParamId, end: &str) -> Vec<u32> {
        let ends = |number: &u32| {
            let term = self.by_number.get(*number as usize);
            term.and_then(|term| Term::folded_text(term.as_bytes())).is_some_and(|text| text.ends_with(end))
        };
        self.containing(parameter, end).into_iter().filter(ends).collect()
    }

    /// The labels of `parameter` in which each of `words` starts a word, by number.
    pub(crate) fn labelled(&self, parameter: ParamId, words: &[String]) -> Vec<u32> {
        let starts = |label: &str, asked: &String| label.split(' ').any(|word| word.starts_with(asked.as_str()));
        let meets = |term: &Term| {
            let label = Term::folded_text(term.as_bytes());
            label.is_some_and(|label| words.iter().all(|asked| starts(label, asked)))
        };
        let all = self.starting(&Term::folded(parameter, ""));
        all.filter(|(term, _)| meets(term)).map(|(_, number)| number).collect()
    }

    pub(crate) fn add(&mut self, number: u32, row: u32, audiences: AudienceMask) {
        self.change(number, |posting| posting.add(row, audiences));
    }

    pub(crate) fn remove(&mut self, number: u32, row: u32, audiences: AudienceMask) {
        self.change(number, |posting| posting.remove(row, audiences));
    }

    fn change(&mut self, number: u32, change: impl FnOnce(&mut Posting)) {
        let mut posting = self.postings.get(number as usize).cloned().unwrap_or_default();
        change(&mut posting);
        self.postings.set_mut(number as usize, posting);
    }
}

/// The pieces of a folded text; none of other terms.
fn pieces_of(term: &Term) -> BTreeSet<Piece> {
    let Some(text) = Term::folded_text(term.as_bytes()) else { return BTreeSet::new() };
    let pieces = text.as_bytes().windows(PIECE);
    pieces.map(|piece| (term.parameter(), piece.try_into().expect("of that length"))).collect()
}

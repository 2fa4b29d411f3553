//! From criteria to the set of documents that meet them.

use croaring::Bitmap;
use ror_confidentiality::{Audience, AudienceMask};
use ror_fhir::DateTime;
use ror_search::{Chain, Criterion, DateCriterion, Near, ParamId, ResourceType, Term, Test};

use crate::snapshot::Snapshot;

/// Evaluates criteria on one snapshot for one audience.
pub(crate) struct Evaluator<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) audience: AudienceMask,
    /// Whose dates count: those who ask.
    pub(crate) reader: Audience,
}

impl<'a> Evaluator<'a> {
    /// For one audience, by its own dates.
    pub(crate) const fn of(snapshot: &'a Snapshot, audience: Audience) -> Self {
        Self { snapshot, audience: audience.mask(), reader: audience }
    }

    /// The documents of `rtype` that meet all of `criteria`.
    pub(crate) fn all(&self, rtype: ResourceType, criteria: &[Criterion]) -> Bitmap {
        let mut dates = Vec::new();
        let mut found: Option<Bitmap> = None;
        for criterion in criteria {
            if let Criterion::Test(Test::LastUpdated { any }) = criterion {
                dates.push(any);
                continue;
            }
            if found.as_ref().is_some_and(Bitmap::is_empty) {
                break;
            }
            let next = self.one(rtype, criterion);
            found = Some(match found {
                None => next,
                Some(mut found) => {
                    found.and_inplace(&next);
                    found
                }
            });
        }
        let found = found.unwrap_or_else(|| self.everything(rtype));
        if dates.is_empty() { found } else { self.updated(&found, &dates) }
    }

    fn one(&self, rtype: ResourceType, criterion: &Criterion) -> Bitmap {
        match criterion {
            Criterion::Chain(chain) => self.chain(chain),
            Criterion::Test(test) => match test {
                Test::Terms { any, not: false } => self.any_of(any),
                Test::Terms { any, not: true } => self.everything(rtype).andnot(&self.any_of(any)),
                Test::StartsWith { parameter, any } => self.starts_with(*parameter, any),
                Test::Contains { parameter, any } => self.contains(*parameter, any),
                Test::Missing { parameter, missing } => self.missing(rtype, *parameter, *missing),
                Test::Words { all } => self.words(rtype, all),
                Test::Near { parameter, near } => self.near(*parameter, near),
                Test::LastUpdated { any } => self.updated(&self.everything(rtype), &[any]),
                Test::Date { parameter, any } => self.dated(*parameter, any),
            },
        }
    }

    /// Every document of `rtype` that this audience sees.
    pub(crate) fn everything(&self, rtype: ResourceType) -> Bitmap {
        self.any_of(&[Term::of_type(rtype)])
    }

    fn any_of(&self, terms: &[Term]) -> Bitmap {
        let mut out = Bitmap::new();
        for posting in terms.iter().filter_map(|term| self.snapshot.posting(term)) {
            posting.union_into(self.audience, &mut out);
        }
        out
    }

    fn starts_with(&self, parameter: ParamId, prefixes: &[String]) -> Bitmap {
        let mut out = Bitmap::new();
        for prefix in prefixes {
            let first = Term::folded(parameter, prefix);
            let range = self.snapshot.texts.range(first.clone()..);
            for (_, number) in range.take_while(|(term, _)| term.as_bytes().starts_with(first.as_bytes())) {
                self.union_posting(*number, &mut out);
            }
        }
        out
    }

    fn contains(&self, parameter: ParamId, parts: &[String]) -> Bitmap {
        let mut out = Bitmap::new();
        let first = Term::folded(parameter, "");
        let range = self.snapshot.texts.range(first.clone()..);
        for (term, number) in range.take_while(|(term, _)| term.as_bytes().starts_with(first.as_bytes())) {
            let text = Term::folded_text(term.as_bytes()).unwrap_or_default();
            if parts.iter().any(|part| text.contains(part.as_str())) {
                self.union_posting(*number, &mut out);
            }
        }
        out
    }

    fn words(&self, rtype: ResourceType, all: &[String]) -> Bitmap {
        let mut found: Option<Bitmap> = None;
        for word in all {
            let mut next = Bitmap::new();
            let first = Term::word(rtype, word);
            let range = self.snapshot.texts.range(first.clone()..);
            for (_, number) in range.take_while(|(term, _)| term.as_bytes().starts_with(first.as_bytes())) {
                self.union_posting(*number, &mut next);
            }
            found = Some(found.map_or_else(|| next.clone(), |found| found.and(&next)));
        }
        found.unwrap_or_else(|| self.everything(rtype))
    }

    fn union_posting(&self, number: u32, out: &mut Bitmap) {
        if let Some(posting) = self.snapshot.postings.get(number as usize) {
            posting.union_into(self.audience, out);
        }
    }

    fn missing(&self, rtype: ResourceType, parameter: ParamId, missing: bool) -> Bitmap {
        let present = if &*self.snapshot.registry.get(parameter).name == "_lastUpdated" {
            self.everything(rtype)
        } else {
            self.any_of(&[Term::present(parameter)])
        };
        if missing { self.everything(rtype).andnot(&present) } else { present }
    }

    fn near(&self, parameter: ParamId, near: &Near) -> Bitmap {
        let around = self.any_of(&near.cells(parameter));
        filter(&around, |number| {
            let position = self.snapshot.docs.get(number as usize)?.as_ref()?.position(self.audience)?;
            near.distance_km(position.0, position.1)
        })
    }

    fn updated(&self, among: &Bitmap, all: &[&Vec<DateCriterion>]) -> Bitmap {
        filter(among, |number| {
            let doc = self.snapshot.docs.get(number as usize)?.as_ref()?;
            let updated = DateTime::at(doc.stamps[self.reader.index()].updated);
            all.iter().all(|any| any.iter().any(|criterion| criterion.matches(updated))).then_some(())
        })
    }

    fn dated(&self, parameter: ParamId, any: &[DateCriterion]) -> Bitmap {
        filter(&self.any_of(&[Term::present(parameter)]), |number| {
            let doc = self.snapshot.docs.get(number as usize)?.as_ref()?;
            let mut seen = doc.columns.iter().filter(|(mask, _)| mask.includes(self.audience));
            let (_, column) = seen.find(|(_, column)| column.parameter == parameter)?;
            let period = column.period()?;
            any.iter().any(|criterion| criterion.matches(period)).then_some(())
        })
    }

    /// The documents whose reference leads to a document that meets the inner criteria.
    fn chain(&self, chain: &Chain) -> Bitmap {
        let targets = self.all(chain.target, &chain.criteria);
        let mut out = Bitmap::new();
        for number in targets.iter() {
            let Some(Some(doc)) = self.snapshot.docs.get(number as usize) else { continue };
            let term = Term::reference(chain.reference, chain.target, &doc.id);
            if let Some(posting) = self.snapshot.posting(&term) {
                posting.union_into(self.audience, &mut out);
            }
        }
        out
    }
}

fn filter<T>(among: &Bitmap, keep: impl Fn(u32) -> Option<T>) -> Bitmap {
    let kept: Vec<u32> = among.iter().filter(|number| keep(*number).is_some()).collect();
    Bitmap::of(&kept)
}

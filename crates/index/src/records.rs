//! Records of resources: beds, equipment, dwellings, prices, each found by itself (D1).

use ror_confidentiality::AudienceMask;
use ror_search::{Family, Ordered, Registry, Term};
use rpds::{StackSync, VectorSync};

use crate::terms::Terms;
use crate::values::Values;

/// The records of all resources.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    all: VectorSync<Option<Record>>,
    /// Numbers that no record has any more.
    free: StackSync<u32>,
    pub(crate) terms: Terms,
    pub(crate) values: Values,
}

/// One record, as those see it who see it so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// The document that holds it.
    pub(crate) owner: u32,
    pub(crate) family: Family,
    pub(crate) audiences: AudienceMask,
    /// Numbers of its terms, ascending.
    pub(crate) terms: Box<[u32]>,
    pub(crate) values: Box<[Ordered]>,
}

impl Records {
    pub(crate) fn new(registry: &'static Registry) -> Self {
        let (all, free) = (VectorSync::new_sync(), StackSync::new_sync());
        Self { all, free, terms: Terms::new(registry), values: Values::new() }
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Record> {
        self.all.get(number as usize)?.as_ref()
    }

    /// Puts the records of `owner` in the place of `former`; those that did not change keep their numbers.
    pub(crate) fn replace(
        &mut self,
        owner: u32,
        former: &[u32],
        records: Vec<(ror_search::Record, AudienceMask)>,
    ) -> Box<[u32]> {
        let mut left: Vec<u32> = former.to_vec();
        let mut now = Vec::with_capacity(records.len());
        let mut new = Vec::new();
        for (record, audiences) in records {
            let record = self.read(owner, record, audiences);
            match left.iter().position(|number| self.get(*number) == Some(&record)) {
                Some(at) => now.push(left.swap_remove(at)),
                None => new.push(record),
            }
        }
        for number in left {
            self.remove(number);
        }
        now.extend(new.into_iter().map(|record| self.add(record)).collect::<Vec<_>>());
        now.into()
    }

    fn read(&mut self, owner: u32, record: ror_search::Record, audiences: AudienceMask) -> Record {
        let family = Term::of_family(record.family);
        let mut terms: Vec<u32> = record.terms.iter().chain([&family]).map(|term| self.terms.number(term)).collect();
        terms.sort_unstable();
        Record { owner, family: record.family, audiences, terms: terms.into(), values: record.values.into() }
    }

    fn add(&mut self, record: Record) -> u32 {
        let number = self.free.peek().copied();
        let number = match number {
            Some(number) => {
                self.free.pop_mut();
                number
            }
            None => {
                self.all.push_back_mut(None);
                u32::try_from(self.all.len() - 1).expect("fewer than 2^32 records")
            }
        };
        for term in &record.terms {
            self.terms.add(*term, number, record.audiences);
        }
        for value in &record.values {
            self.values.add(value, number, record.audiences);
        }
        self.all.set_mut(number as usize, Some(record));
        number
    }

    fn remove(&mut self, number: u32) {
        let Some(record) = self.get(number).cloned() else { return };
        for term in &record.terms {
            self.terms.remove(*term, number, record.audiences);
        }
        for value in &record.values {
            self.values.remove(value, number);
        }
        self.all.set_mut(number as usize, None);
        self.free.push_mut(number);
    }
}

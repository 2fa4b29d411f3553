//! Postings: the documents that hold a term, by who may see that they do.

use std::sync::Arc;

use croaring::Bitmap;
use ror_confidentiality::AudienceMask;
use smallvec::SmallVec;

use crate::eyes::Eyes;

/// Most documents kept as a plain list; most terms (ids, identifiers) have one.
const FEW_MAX: usize = 8;

/// A set of document numbers, cheap to copy.
#[derive(Clone, Debug)]
enum Set {
    /// Ascending.
    Few(SmallVec<[u32; 4]>),
    Many(Arc<Bitmap>),
}

/// The documents that hold a term, grouped by the audiences that may know it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Posting {
    sets: SmallVec<[(AudienceMask, Set); 1]>,
}

impl Posting {
    pub(crate) fn add(&mut self, document: u32, audiences: AudienceMask) {
        match self.sets.iter_mut().find(|(mask, _)| *mask == audiences) {
            Some((_, set)) => set.add(document),
            None => {
                let mut few = SmallVec::new();
                few.push(document);
                self.sets.push((audiences, Set::Few(few)));
            }
        }
    }

    pub(crate) fn remove(&mut self, document: u32, audiences: AudienceMask) {
        if let Some(at) = self.sets.iter().position(|(mask, _)| *mask == audiences) {
            self.sets[at].1.remove(document);
            if self.sets[at].1.len() == 0 {
                self.sets.remove(at);
            }
        }
    }

    /// Whether `document` holds the term before these eyes.
    pub(crate) fn holds(&self, document: u32, eyes: &Eyes) -> bool {
        self.sets.iter().any(|(mask, set)| set.contains(document) && eyes.see(*mask))
    }

    /// How many documents at most: exact, since a document is in one set only.
    pub(crate) fn len(&self, audience: AudienceMask) -> u64 {
        self.seen_by(audience).map(Set::len).sum()
    }

    /// Adds the documents that these eyes see to `into`.
    pub(crate) fn union_into(&self, eyes: &Eyes, into: &mut Bitmap) {
        for (_, set) in self.sets.iter().filter(|(mask, _)| eyes.see(*mask)) {
            match set {
                Set::Few(few) => into.add_many(few),
                Set::Many(many) => into.or_inplace(many),
            }
        }
    }

    /// The documents that these eyes see.
    pub(crate) fn bitmap(&self, eyes: &Eyes) -> Bitmap {
        let mut out = Bitmap::new();
        self.union_into(eyes, &mut out);
        out
    }

    fn seen_by(&self, audience: AudienceMask) -> impl Iterator<Item = &Set> {
        self.sets.iter().filter(move |(mask, _)| mask.includes(audience)).map(|(_, set)| set)
    }
}

impl Set {
    fn contains(&self, document: u32) -> bool {
        match self {
            Self::Few(few) => few.contains(&document),
            Self::Many(many) => many.contains(document),
        }
    }

    fn len(&self) -> u64 {
        match self {
            Self::Few(few) => few.len() as u64,
            Self::Many(many) => many.cardinality(),
        }
    }

    fn add(&mut self, document: u32) {
        match self {
            Self::Few(few) => {
                let Err(at) = few.binary_search(&document) else { return };
                if few.len() < FEW_MAX {
                    few.insert(at, document);
                } else {
                    let mut many = Bitmap::of(few);
                    many.add(document);
                    *self = Self::Many(Arc::new(many));
                }
            }
            Self::Many(many) => Arc::make_mut(many).add(document),
        }
    }

    fn remove(&mut self, document: u32) {
        match self {
            Self::Few(few) => few.retain(|kept| *kept != document),
            Self::Many(many) => Arc::make_mut(many).remove(document),
        }
    }
}

#[cfg(test)]
mod tests {
    use ror_confidentiality::Audience;

    use super::*;

    #[test]
    fn a_posting_shows_each_audience_its_own_documents() {
        let (public, all) = (AudienceMask(0b01), AudienceMask(0b11));
        let (profile_0, profile_1) = (Eyes::of(Audience::PUBLIC), Eyes::of(Audience::ALL_DATA));
        let mut posting = Posting::default();
        for document in 0..100 {
            posting.add(document, if document % 2 == 0 { all } else { AudienceMask(0b10) });
        }
        assert_eq!(posting.len(public), 50);
        assert_eq!(posting.len(AudienceMask(0b10)), 100);
        assert!(posting.bitmap(&profile_0).iter().all(|document| document % 2 == 0));
        for document in 0..100 {
            posting.remove(document, all);
        }
        assert_eq!(posting.bitmap(&profile_0).cardinality(), 0);
        assert_eq!(posting.bitmap(&profile_1).cardinality(), 50);
    }
}

//! One list cut into parts, each for some audiences: one allocation where each part would be two.

use ror_confidentiality::AudienceMask;
use smallvec::SmallVec;

/// Parts of a list, in order; an audience has at most one.
#[derive(Debug)]
pub(crate) struct Shared<T> {
    all: Box<[T]>,
    /// Who has each part, and where it ends.
    ends: SmallVec<[(AudienceMask, u32); 2]>,
}

impl<T> Shared<T> {
    /// The part of `audience`.
    pub(crate) fn of(&self, audience: AudienceMask) -> Option<&[T]> {
        let mut start = 0;
        for (mask, end) in &self.ends {
            let end = *end as usize;
            if mask.includes(audience) {
                return Some(&self.all[start..end]);
            }
            start = end;
        }
        None
    }
}

impl<T> FromIterator<(AudienceMask, Vec<T>)> for Shared<T> {
    fn from_iter<I: IntoIterator<Item = (AudienceMask, Vec<T>)>>(parts: I) -> Self {
        let (mut all, mut ends) = (Vec::new(), SmallVec::new());
        for (mask, part) in parts {
            all.extend(part);
            ends.push((mask, u32::try_from(all.len()).expect("parts of one resource")));
        }
        Self { all: all.into(), ends }
    }
}

#[cfg(test)]
mod tests {
    use ror_confidentiality::Audience;

    use super::*;

    #[test]
    fn each_audience_has_its_part_and_no_other() {
        let (public, owner) = (Audience::PUBLIC.mask(), Audience::OWNER.mask());
        let shared: Shared<u8> =
            [(public, vec![1, 2]), (owner, vec![]), (AudienceMask::NONE, vec![3])].into_iter().collect();
        assert_eq!(shared.of(public), Some(&[1, 2][..]));
        assert_eq!(shared.of(owner), Some(&[][..]));
        assert_eq!(shared.of(Audience::profile(1).expect("a profile").mask()), None);
    }
}

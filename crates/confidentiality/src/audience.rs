//! Who reads: the six access profiles and the owner.

use std::fmt;
use std::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign, Sub};

/// How many audiences there are: profiles 0 to 5, and the owner.
pub const AUDIENCES: usize = 7;

/// One audience: an access profile (`security.md` §4), or the owner of the object (D32).
///
/// Audiences are not ordered: profile 4 sees sensitive units that profile 2 does not,
/// and profile 2 sees contacts that profile 4 does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Audience(u8);

impl Audience {
    /// Profile 0: the general public, with or without a token.
    pub const PUBLIC: Self = Self(0);
    /// Profile 1: sees all that is served.
    pub const ALL_DATA: Self = Self(1);
    /// Profile 2: sees all but level 3.
    pub const ALL_BUT_LEVEL_3: Self = Self(2);
    /// A person on the objects of their own scope.
    pub const OWNER: Self = Self(6);

    /// The audience of access profile `profile`; `None` above 5.
    pub const fn profile(profile: u8) -> Option<Self> {
        if profile <= 5 { Some(Self(profile)) } else { None }
    }

    /// Every audience: profiles 0 to 5, then the owner.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator {
        (0..AUDIENCES as u8).map(Self)
    }

    /// Its place in a table of [`AUDIENCES`] entries: the profile number, 6 for the owner.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Its bit in an [`AudienceMask`].
    pub const fn bit(self) -> u8 {
        1 << self.0
    }

    /// The set that holds it alone.
    pub const fn mask(self) -> AudienceMask {
        AudienceMask(self.bit())
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::OWNER => f.write_str("propriétaire"),
            Self(profile) => write!(f, "profil {profile}"),
        }
    }
}

/// A set of audiences: bit *p* is access profile *p* (0 to 5), bit 6 is the owner.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct AudienceMask(pub u8);

impl AudienceMask {
    /// Nobody.
    pub const NONE: Self = Self(0);
    /// The seven audiences.
    pub const ALL: Self = Self(0b0111_1111);

    /// Whether `audience` is in the set.
    pub const fn contains(self, audience: Audience) -> bool {
        self.0 & audience.bit() != 0
    }

    /// Whether every audience of `other` is in the set.
    pub const fn includes(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether nobody is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many audiences.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Its audiences, profile 0 first, owner last.
    pub fn iter(self) -> impl Iterator<Item = Audience> {
        Audience::all().filter(move |audience| self.contains(*audience))
    }
}

impl BitAnd for AudienceMask {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for AudienceMask {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The audiences of the first set that are not in the second.
impl Sub for AudienceMask {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl BitAndAssign for AudienceMask {
    fn bitand_assign(&mut self, other: Self) {
        self.0 &= other.0;
    }
}

impl BitOrAssign for AudienceMask {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl From<Audience> for AudienceMask {
    fn from(audience: Audience) -> Self {
        audience.mask()
    }
}

impl FromIterator<Audience> for AudienceMask {
    fn from_iter<I: IntoIterator<Item = Audience>>(iter: I) -> Self {
        iter.into_iter().fold(Self::NONE, |mask, audience| mask | audience.mask())
    }
}

impl fmt::Debug for AudienceMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|audience| audience.to_string())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_a_set_of_the_seven_audiences() {
        assert_eq!(Audience::all().collect::<AudienceMask>(), AudienceMask::ALL);
        assert_eq!(Audience::profile(5).map(Audience::index), Some(5));
        assert_eq!(Audience::profile(6), None);
        let mask = Audience::PUBLIC.mask() | Audience::OWNER.mask();
        assert_eq!(mask.0, 0b0100_0001);
        assert_eq!((AudienceMask::ALL - mask).len(), 5);
        assert!(AudienceMask::ALL.includes(mask) && !mask.includes(AudienceMask::ALL));
        assert_eq!(mask.iter().map(Audience::index).collect::<Vec<_>>(), [0, 6]);
        assert_eq!(format!("{mask:?}"), r#"{"profil 0", "propriétaire"}"#);
    }
}

//! Numbers of structures: FINESS, SIREN, SIRET, and the national structure identifier built on them.

use std::fmt;

/// Why a text is no number of the kind expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// Not the expected count of digits (or a letter out of place).
    #[error("forme inattendue")]
    Shape,
    /// The check digit is not the one the other characters call for.
    #[error("clé de contrôle fausse : {expected} attendu")]
    Key {
        /// The digit that would be right.
        expected: char,
    },
}

/// A FINESS number of an entité juridique or an entité géographique: 9 characters, right key.
///
/// The key is a Luhn digit over the nine characters, with `A` read as 1 and `B` as 2 (Corsica).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FinessId([u8; 9]);

impl FinessId {
    /// Reads a number of 9 characters, blanks around it dropped.
    ///
    /// # Errors
    /// [`IdentifierError::Shape`] unless `[0-9][0-9AB][0-9]{7}`; [`IdentifierError::Key`] for a typing error.
    ///
    /// ```
    /// use ror_registers::identifiers::FinessId;
    /// assert_eq!(FinessId::parse("010000024").unwrap().as_str(), "010000024");
    /// assert!(FinessId::parse("010000025").is_err());
    /// assert!(FinessId::parse("10000024").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let bytes: [u8; 9] =
            text.trim().to_ascii_uppercase().into_bytes().try_into().map_err(|_| IdentifierError::Shape)?;
        let key = finess_key(&bytes[..8]).ok_or(IdentifierError::Shape)?;
        match bytes[8] {
            digit if digit == key => Ok(Self(bytes)),
            b'0'..=b'9' => Err(IdentifierError::Key { expected: key.into() }),
            _ => Err(IdentifierError::Shape),
        }
    }

    /// Reads a number that may have lost its first zeros to a spreadsheet (at most two), and says
    /// whether it had: the caller then reports `finess-zero-perdu`.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), of the number padded to 9.
    pub fn parse_padded(text: &str) -> Result<(Self, bool), IdentifierError> {
        let text = text.trim();
        let lost = text.chars().count() < 9;
        if lost && text.chars().count() < 7 {
            return Err(IdentifierError::Shape);
        }
        Self::parse(&format!("{text:0>9}")).map(|id| (id, lost))
    }

    /// The number that starts with these 8 characters: for synthetic structures.
    ///
    /// ```
    /// use ror_registers::identifiers::FinessId;
    /// assert_eq!(FinessId::with_key("01078005").unwrap().as_str(), "010780054");
    /// ```
    pub fn with_key(first: &str) -> Option<Self> {
        let first: [u8; 8] = first.as_bytes().try_into().ok()?;
        let key = finess_key(&first)?;
        let mut bytes = [key; 9];
        bytes[..8].copy_from_slice(&first);
        Some(Self(bytes))
    }

    /// The 9 characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits and A or B only")
    }
}

/// A SIREN number: 9 digits. About one in a hundred held by hospitals has a wrong key, so the key is
/// told by [`has_valid_key`](Self::has_valid_key) and never refuses a record.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SirenId(Box<str>);

impl SirenId {
    /// Reads 9 digits, inner blanks dropped.
    ///
    /// # Errors
    /// [`IdentifierError::Shape`] for anything else; the key is not looked at.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        digits::<9>(text).map(Self)
    }

    /// Whether the Luhn key is right.
    pub fn has_valid_key(&self) -> bool {
        luhn_sum(self.0.bytes()).is_some_and(|sum| sum % 10 == 0)
    }

    /// The number that starts with these 8 digits: for synthetic structures.
    pub fn with_key(first: &str) -> Option<Self> {
        with_luhn_key::<8>(first).map(Self)
    }

    /// The 9 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A SIRET number: 14 digits, the SIREN then the rank of the establishment. Key as for [`SirenId`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiretId(Box<str>);

impl SiretId {
    /// Reads 14 digits, inner blanks dropped.
    ///
    /// # Errors
    /// [`IdentifierError::Shape`] for anything else; the key is not looked at.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        digits::<14>(text).map(Self)
    }

    /// Whether the key is right: Luhn, or for La Poste (SIREN 356000000) a sum of digits divisible by 5.
    pub fn has_valid_key(&self) -> bool {
        let luhn = luhn_sum(self.0.bytes()).is_some_and(|sum| sum % 10 == 0);
        let plain: u32 = self.0.bytes().map(|digit| u32::from(digit - b'0')).sum();
        luhn || (self.0.starts_with("356000000") && plain.is_multiple_of(5))
    }

    /// The number that starts with these 13 digits: for synthetic structures.
    pub fn with_key(first: &str) -> Option<Self> {
        with_luhn_key::<13>(first).map(Self)
    }

    /// The SIREN inside.
    pub fn siren(&self) -> SirenId {
        SirenId(self.0[..9].into())
    }

    /// The 14 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Practice number, for structures that have no other: RPPS or ADELI number of the holder and rank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rang {
    /// Built on a RPPS number.
    Rpps(String),
    /// Built on an ADELI number.
    Adeli(String),
}

/// National identifier of an entité juridique: the rang if there is one, else FINESS, else SIREN
/// (RG_EXP_004, RG_EXP_037).
///
/// ```
/// use ror_registers::identifiers::{FinessId, id_nat_struct_ej};
/// let finess = FinessId::parse("010780054").unwrap();
/// assert_eq!(id_nat_struct_ej(Some(&finess), None, None).as_deref(), Some("1010780054"));
/// assert_eq!(id_nat_struct_ej(None, None, None), None);
/// ```
pub fn id_nat_struct_ej(finess: Option<&FinessId>, siren: Option<&SirenId>, rang: Option<&Rang>) -> Option<String> {
    id_nat_struct(finess, siren.map(|siren| format!("2{}", siren.as_str())), rang)
}

/// National identifier of an entité géographique: the rang if there is one, else FINESS, else SIRET
/// (RG_EXP_005, RG_EXP_038).
pub fn id_nat_struct_eg(finess: Option<&FinessId>, siret: Option<&SiretId>, rang: Option<&Rang>) -> Option<String> {
    id_nat_struct(finess, siret.map(|siret| format!("3{}", siret.as_str())), rang)
}

fn id_nat_struct(finess: Option<&FinessId>, other: Option<String>, rang: Option<&Rang>) -> Option<String> {
    match rang {
        Some(Rang::Rpps(number)) => Some(format!("4{number}")),
        Some(Rang::Adeli(number)) => Some(format!("0{number}")),
        None => finess.map(|finess| format!("1{}", finess.as_str())).or(other),
    }
}

/// The key of 8 characters, none unless they have the shape of a FINESS number.
fn finess_key(first: &[u8]) -> Option<u8> {
    let read_as_digits = first.iter().enumerate().map(|(position, &byte)| match byte {
        b'A' if position == 1 => b'1',
        b'B' if position == 1 => b'2',
        other => other,
    });
    luhn_key(read_as_digits)
}

/// The digit that makes the Luhn sum of the digits and itself a multiple of 10.
fn luhn_key(digits: impl DoubleEndedIterator<Item = u8>) -> Option<u8> {
    let sum = luhn_sum(digits.chain([b'0']))?;
    Some(b'0' + ((10 - sum % 10) % 10) as u8)
}

/// Luhn sum: from the right, every second digit doubled, digits of the products added.
fn luhn_sum(digits: impl DoubleEndedIterator<Item = u8>) -> Option<u32> {
    let mut sum = 0;
    for (position, byte) in digits.rev().enumerate() {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        sum += match position % 2 {
            0 => digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        };
    }
    Some(sum)
}

fn with_luhn_key<const LENGTH: usize>(first: &str) -> Option<Box<str>> {
    let first = digits::<LENGTH>(first).ok()?;
    let key = luhn_key(first.bytes())?;
    Some(format!("{first}{}", char::from(key)).into())
}

fn digits<const LENGTH: usize>(text: &str) -> Result<Box<str>, IdentifierError> {
    let digits: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    let right = digits.len() == LENGTH && digits.bytes().all(|byte| byte.is_ascii_digit());
    right.then(|| digits.into()).ok_or(IdentifierError::Shape)
}

macro_rules! shown_as_text {
    ($($name:ident),+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    )+};
}

shown_as_text!(FinessId, SirenId, SiretId);

#[cfg(test)]
mod tests {
    use super::{FinessId, IdentifierError, Rang, SirenId, SiretId, id_nat_struct_eg, id_nat_struct_ej};

    #[test]
    fn a_finess_number_is_judged_by_its_shape_and_its_key() {
        let key = |expected| Err(IdentifierError::Key { expected });
        let cases: &[(&str, Result<&str, IdentifierError>)] = &[
            ("010000024", Ok("010000024")),
            (" 010780054 ", Ok("010780054")),
            ("2A0000014", Ok("2A0000014")),
            ("2b0000020", Ok("2B0000020")),
            ("970102018", Ok("970102018")),
            ("980600027", Ok("980600027")),
            ("010000042", key('0')),
            ("2A0000015", key('4')),
            ("10000024", Err(IdentifierError::Shape)),
            ("0A0000A24", Err(IdentifierError::Shape)),
            ("2C0000014", Err(IdentifierError::Shape)),
            ("01000002X", Err(IdentifierError::Shape)),
            ("é1000002", Err(IdentifierError::Shape)),
            ("", Err(IdentifierError::Shape)),
        ];
        for (text, expected) in cases {
            assert_eq!(FinessId::parse(text).as_ref().map(FinessId::as_str), expected.as_ref().copied(), "{text}");
        }
    }

    #[test]
    fn lost_zeros_are_given_back_and_told() {
        let read = |text| FinessId::parse_padded(text).map(|(id, lost)| (id.to_string(), lost));
        assert_eq!(read("10000024"), Ok(("010000024".to_owned(), true)));
        assert_eq!(read("010000024"), Ok(("010000024".to_owned(), false)));
        assert_eq!(read("10000025"), Err(IdentifierError::Key { expected: '4' }));
        assert_eq!(read("24"), Err(IdentifierError::Shape));
        assert_eq!(read(""), Err(IdentifierError::Shape));
    }

    #[test]
    fn siren_and_siret_keep_a_wrong_key_and_tell_it() {
        let siret = |text: &str| SiretId::parse(text).map(|id| id.has_valid_key());
        assert_eq!(siret("26010004500012"), Ok(true));
        assert_eq!(siret("260 100 045 00012"), Ok(true));
        assert_eq!(siret("26010004500013"), Ok(false));
        assert_eq!(siret("35600000000048"), Ok(true), "La Poste, by Luhn");
        assert_eq!(siret("35600000049837"), Ok(true), "La Poste, by its own rule");
        assert_eq!(siret("2601000450001"), Err(IdentifierError::Shape));
        assert_eq!(SiretId::parse("26010004500012").map(|id| id.siren().has_valid_key()), Ok(true));
        assert_eq!(SirenId::with_key("26010004").map(|id| id.to_string()).as_deref(), Some("260100045"));
        assert_eq!(SiretId::with_key("2601000450001").map(|id| id.to_string()).as_deref(), Some("26010004500012"));
        assert_eq!(SirenId::with_key("2601000"), None);
    }

    #[test]
    fn the_national_identifier_prefers_the_rang_then_finess() {
        let (finess, siret) = (FinessId::parse("010000024").ok(), SiretId::parse("26010004500012").ok());
        let rang = Rang::Rpps("10001234567018".to_owned());
        assert_eq!(id_nat_struct_eg(finess.as_ref(), siret.as_ref(), None).as_deref(), Some("1010000024"));
        assert_eq!(id_nat_struct_eg(None, siret.as_ref(), None).as_deref(), Some("326010004500012"));
        assert_eq!(id_nat_struct_eg(finess.as_ref(), None, Some(&rang)).as_deref(), Some("410001234567018"));
        let siren = siret.map(|siret| siret.siren());
        assert_eq!(id_nat_struct_ej(None, siren.as_ref(), None).as_deref(), Some("2260100045"));
        assert_eq!(id_nat_struct_ej(None, None, Some(&Rang::Adeli("011".to_owned()))).as_deref(), Some("0011"));
    }

    proptest::proptest! {
        #[test]
        fn a_key_is_right_and_any_other_digit_is_wrong(first in "[0-9][0-9AB][0-9]{6}", wrong in 1_u8..10) {
            let id = FinessId::with_key(&first).expect("the shape is right");
            proptest::prop_assert_eq!(FinessId::parse(id.as_str()), Ok(id));
            let last = (id.as_str().as_bytes()[8] - b'0' + wrong) % 10;
            let result = FinessId::parse(&format!("{first}{last}"));
            let refused = matches!(result, Err(IdentifierError::Key { .. }));
            proptest::prop_assert!(refused);
        }
    }
}

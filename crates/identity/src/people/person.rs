//! Who a person is: the number or the account that a provider vouches for.

use serde::{Deserialize, Serialize};

use crate::secret::sha256;

/// Kind of the records of persons.
pub(crate) const KIND: &str = "person";
/// Longest name kept, in characters.
const NAME_CHARS_MAX: usize = 120;

/// What a provider vouches for, once its answer is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider, by its issuer.
    pub issuer: String,
    /// The account there.
    pub subject: String,
    /// The national number (`SubjectNameID`), when the provider may vouch for one.
    pub national_id: Option<String>,
    /// First and last name, as told.
    pub name: String,
}

/// A person known to the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Technical id: 32 letters.
    pub id: String,
    /// Name, for people.
    pub name: String,
    /// RPPS number, for a health professional.
    pub rpps: Option<String>,
}

/// What is kept of a person.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rpps: Option<String>,
}

/// By what a person is recognised: the national number where there is one, so that a right can
/// be given before the first sign-in and holds whatever the card; otherwise the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonKey(String);

impl PersonKey {
    /// A person by national number, as Pro Santé Connect names them (`8` and the RPPS number).
    pub fn national(number: &str) -> Self {
        Self(format!("idnps|{number}"))
    }

    /// A person by their account at a provider.
    pub fn account(issuer: &str, subject: &str) -> Self {
        Self(format!("{issuer}|{subject}"))
    }

    /// A person who signed in.
    pub fn of(identity: &Identity) -> Self {
        match &identity.national_id {
            Some(number) => Self::national(number),
            None => Self::account(&identity.issuer, &identity.subject),
        }
    }

    /// The text kept with the record.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// The technical id: it tells nothing of the number to whoever does not know it already.
    pub fn id(&self) -> String {
        hex(&sha256(self.0.as_bytes())[..16])
    }
}

/// Whether a text can name one person: something is written there, and no blank around it or
/// control character within makes two of one.
pub(crate) fn is_telling(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.chars().any(char::is_control)
}

/// The RPPS number in a national number: type 8, then eleven digits.
pub(crate) fn rpps_of(national_id: &str) -> Option<String> {
    let rpps = national_id.strip_prefix('8')?;
    (rpps.len() == 11 && rpps.bytes().all(|byte| byte.is_ascii_digit())).then(|| rpps.to_owned())
}

/// A name without what would spoil a page or a log.
pub(crate) fn tidy_name(name: &str) -> String {
    let kept: String = name.chars().filter(|letter| !letter.is_control()).take(NAME_CHARS_MAX).collect();
    let kept = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    if kept.is_empty() { "Personne sans nom".to_owned() } else { kept }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_national_number_names_one_person_whatever_the_account() {
        let identity = Identity {
            issuer: "https://psc".to_owned(),
            subject: "f:1:2".to_owned(),
            national_id: Some("899700218896".to_owned()),
            name: "Claire".to_owned(),
        };
        let key = PersonKey::of(&identity);
        assert_eq!(key, PersonKey::national("899700218896"));
        assert_eq!((key.id().len(), rpps_of("899700218896").as_deref()), (32, Some("99700218896")));
        let account = PersonKey::of(&Identity { national_id: None, ..identity });
        assert_ne!(account.id(), key.id());
        for other in ["099700218896", "8997002188", "8abcdefghijk", ""] {
            assert_eq!(rpps_of(other), None, "{other}");
        }
    }

    #[test]
    fn names_are_one_short_line() {
        assert_eq!(tidy_name(" Claire\n  \u{7}Moreau "), "Claire Moreau");
        assert_eq!(tidy_name("\u{0}"), "Personne sans nom");
        assert_eq!(tidy_name(&"é".repeat(500)).chars().count(), NAME_CHARS_MAX);
    }
}

//! What a browser is given to bring back: signed, dated, and taken once.

use std::collections::HashMap;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use parking_lot::Mutex;
use ror_fhir::Instant;

use crate::secret::sha256;

/// Fewest uses remembered before those whose time is over are forgotten.
const SWEEP_AT: usize = 1_024;

/// Signs texts under a key of this directory.
pub(crate) struct Seal(hmac::Key);

impl Seal {
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// `text` for one `purpose`, as letters a cookie or a form can carry.
    pub(crate) fn close(&self, purpose: &str, text: &[u8]) -> String {
        let tag = hmac::sign(&self.0, &Self::signed(purpose, text));
        format!("{}.{}", URL_SAFE_NO_PAD.encode(text), URL_SAFE_NO_PAD.encode(tag))
    }

    /// The text that was closed for this purpose; compared in constant time.
    pub(crate) fn open(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        let (text, tag) = sealed.split_once('.')?;
        let (text, tag) = (URL_SAFE_NO_PAD.decode(text).ok()?, URL_SAFE_NO_PAD.decode(tag).ok()?);
        hmac::verify(&self.0, &Self::signed(purpose, &text), &tag).ok()?;
        Some(text)
    }

    /// No purpose holds a zero byte, so that two purposes never sign the same bytes.
    fn signed(purpose: &str, text: &[u8]) -> Vec<u8> {
        [purpose.as_bytes(), &[0], text].concat()
    }
}

/// What was used already, until it would be refused for its age.
#[derive(Default)]
pub(crate) struct Used(Mutex<Uses>);

#[derive(Default)]
struct Uses {
    until: HashMap<[u8; 32], Instant>,
    /// How many make it worth forgetting some.
    sweep_at: usize,
}

impl Used {
    /// Takes something for the first time; `false` when it was taken before.
    pub(crate) fn take(&self, what: &[u8], expires_at: Instant, now: Instant) -> bool {
        let mut uses = self.0.lock();
        if uses.until.len() >= uses.sweep_at {
            uses.until.retain(|_, expires_at| *expires_at > now);
            uses.sweep_at = SWEEP_AT.max(uses.until.len() * 2);
        }
        uses.until.insert(sha256(what), expires_at).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_for_its_key_and_purpose_only() {
        let seal = Seal::new(&[1; 32]);
        let closed = seal.close("form", b"text");
        assert_eq!(seal.open("form", &closed).as_deref(), Some(b"text".as_slice()));
        assert_eq!(seal.open("sign-in", &closed), None);
        assert_eq!(Seal::new(&[2; 32]).open("form", &closed), None);
        let other = seal.close("form", b"texu");
        let (text, _) = closed.split_once('.').expect("two parts");
        let (_, tag) = other.split_once('.').expect("two parts");
        for forged in [format!("{text}.{tag}"), text.to_owned(), format!("{text}."), String::new(), "é.é".to_owned()]
        {
            assert_eq!(seal.open("form", &forged), None, "{forged}");
        }
    }

    #[test]
    fn a_thing_is_taken_once_and_forgotten_when_too_old_to_matter() {
        let used = Used::default();
        assert!(used.take(b"a", 100, 0) && !used.take(b"a", 100, 1));
        for number in 0..SWEEP_AT as u32 {
            used.take(&number.to_be_bytes(), 100, 0);
        }
        used.take(b"b", 300, 50);
        for number in 0..SWEEP_AT as u32 {
            used.take(&number.to_le_bytes(), 300, 200);
        }
        assert!(used.0.lock().until.len() <= SWEEP_AT + 1, "{}", used.0.lock().until.len());
        assert!(!used.take(b"b", 300, 201));
    }
}

//! The sealed page cursor (D5, D6): opaque, unforgeable, bound to one query and one caller.
//!
//! What it is bound to is authenticated, not carried: a cursor shown by another client, on
//! another query or after a change of one bit fails to open in one and the same way.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{Context, SHA256};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ror_confidentiality::Grant;
use ror_fhir::Instant;
use ror_index::{Anchor, Direction};

/// How long a cursor opens, in milliseconds (D5).
pub(crate) const LIFETIME_MS: i64 = 24 * 3_600 * 1_000;
/// Lengths are multiples of this, so that they say little about the key inside.
const PADDING: usize = 96;
const HEAD: usize = 8 + 8 + 1 + 2;

/// Where a page starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) anchor: Anchor,
    /// The moment whose order is kept (D6).
    pub(crate) seq: u64,
    pub(crate) issued: Instant,
}

/// Why a cursor does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CursorError {
    /// Not ours, or of another query or caller.
    Invalid,
    /// Older than [`LIFETIME_MS`].
    Expired,
}

/// What a cursor is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Binding([u8; 32]);

impl Binding {
    /// The query (searched type and parameters as understood) and the caller.
    pub(crate) fn new(rtype: &str, parameters: &[(String, String)], grant: &Grant) -> Self {
        let mut hash = Context::new(&SHA256);
        let mut part = |text: &str| {
            hash.update(&(text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        };
        part("ror cursor 1");
        part(grant.client());
        part(&grant.audience().index().to_string());
        part(rtype);
        for (name, value) in parameters {
            part(name);
            part(value);
        }
        Self(hash.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes"))
    }
}

/// Seals and opens cursors.
pub(crate) struct Sealer {
    key: LessSafeKey,
}

impl Sealer {
    /// With the key of the data directory: a cursor outlives a restart.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("a key of 32 bytes");
        Self { key: LessSafeKey::new(key) }
    }

    /// The text to put in a link. `nonce` is fresh at each call.
    pub(crate) fn seal(&self, cursor: &Cursor, binding: &Binding, nonce: [u8; NONCE_LEN]) -> String {
        let key = &cursor.anchor.key;
        let mut plain = Vec::with_capacity(HEAD + key.len() + PADDING);
        plain.extend_from_slice(&cursor.issued.to_be_bytes());
        plain.extend_from_slice(&cursor.seq.to_be_bytes());
        plain.push(u8::from(cursor.anchor.direction == Direction::Backward));
        plain.extend_from_slice(&u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes());
        plain.extend_from_slice(&key[..key.len().min(usize::from(u16::MAX))]);
        plain.resize(plain.len().next_multiple_of(PADDING), 0);
        let mut sealed = nonce.to_vec();
        let tag = self
            .key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&binding.0), &mut plain)
            .expect("a short text can be sealed");
        sealed.extend_from_slice(&plain);
        sealed.extend_from_slice(tag.as_ref());
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// Opens a cursor shown at `now`.
    pub(crate) fn open(&self, text: &str, binding: &Binding, now: Instant) -> Result<Cursor, CursorError> {
        let mut sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Invalid)?;
        let (nonce, rest) = sealed.split_at_mut_checked(NONCE_LEN).ok_or(CursorError::Invalid)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| CursorError::Invalid)?;
        let plain = self.key.open_in_place(nonce, Aad::from(&binding.0), rest).map_err(|_| CursorError::Invalid)?;
        let cursor = unpack(plain).ok_or(CursorError::Invalid)?;
        if now.saturating_sub(cursor.issued) > LIFETIME_MS {
            return Err(CursorError::Expired);
        }
        Ok(cursor)
    }
}

fn unpack(plain: &[u8]) -> Option<Cursor> {
    let (issued, rest) = plain.split_first_chunk::<8>()?;
    let (seq, rest) = rest.split_first_chunk::<8>()?;
    let (direction, rest) = rest.split_first()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let key = rest.get(..usize::from(u16::from_be_bytes(*length)))?.to_vec();
    let direction = if *direction == 1 { Direction::Backward } else { Direction::Forward };
    Some(Cursor {
        anchor: Anchor { key, direction },
        seq: u64::from_be_bytes(*seq),
        issued: Instant::from_be_bytes(*issued),
    })
}

#[cfg(test)]
mod tests {
    use ror_confidentiality::{Audience, Rights};

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a test needs callers of its own")]
    fn grant(audience: Audience, client: &str) -> Grant {
        Grant::mint(audience, client.to_owned(), Rights::default())
    }

    fn query(value: &str) -> Vec<(String, String)> {
        vec![("name".to_owned(), value.to_owned())]
    }

    fn cursor(key: &str) -> Cursor {
        Cursor { anchor: Anchor { key: key.into(), direction: Direction::Backward }, seq: 42, issued: 1_000 }
    }

    #[test]
    fn a_cursor_opens_only_for_its_query_and_caller_and_unchanged() {
        let sealer = Sealer::new(&[7; 32]);
        let caller = grant(Audience::PUBLIC, "a");
        let binding = Binding::new("Location", &query("x"), &caller);
        let text = sealer.seal(&cursor("k"), &binding, [1; 12]);
        assert_eq!(sealer.open(&text, &binding, 1_000 + LIFETIME_MS), Ok(cursor("k")));
        assert_eq!(sealer.open(&text, &binding, 1_001 + LIFETIME_MS), Err(CursorError::Expired));
        let others = [
            Binding::new("Organization", &query("x"), &caller),
            Binding::new("Location", &query("y"), &caller),
            Binding::new("Location", &query("x"), &grant(Audience::ALL_DATA, "a")),
            Binding::new("Location", &query("x"), &grant(Audience::PUBLIC, "b")),
        ];
        for other in &others {
            assert_eq!(sealer.open(&text, other, 1_000), Err(CursorError::Invalid));
        }
        assert_eq!(Sealer::new(&[8; 32]).open(&text, &binding, 1_000), Err(CursorError::Invalid));
        let bytes = URL_SAFE_NO_PAD.decode(&text).expect("base64");
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let changed = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(sealer.open(&changed, &binding, 1_000), Err(CursorError::Invalid), "byte {at}");
        }
        for end in 0..text.len() {
            assert_eq!(sealer.open(&text[..end], &binding, 1_000), Err(CursorError::Invalid), "{end} characters");
        }
    }

    #[test]
    fn d78_the_length_of_a_cursor_does_not_follow_the_numbers_inside() {
        let sealer = Sealer::new(&[7; 32]);
        let binding = Binding::new("Location", &[], &grant(Audience::PUBLIC, "a"));
        let length = |cursor: &Cursor| sealer.seal(cursor, &binding, [1; 12]).len();
        let short = length(&cursor("01890000-0000-7000-8000-000000000000"));
        assert_eq!(short, length(&Cursor { seq: u64::MAX, issued: i64::MAX, ..cursor("1") }));
    }

    #[test]
    fn parameters_are_bound_without_ambiguity() {
        let caller = grant(Audience::PUBLIC, "a");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let one = Binding::new("Location", &[pair("a", "b"), pair("c", "d")], &caller);
        let two = Binding::new("Location", &[pair("a", "bc"), pair("", "d")], &caller);
        assert_ne!(one, two);
    }
}

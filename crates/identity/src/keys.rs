//! The keys that sign tokens: kept in the ledger, shared by every process on it, replaced in time.
//!
//! Keys are numbered. A new one is published before it signs, so that whoever remembers the
//! published set knows it in time; an old one is kept until the last token it signed is dead,
//! then its private half is wiped. The number makes two processes that replace a key at the
//! same time end with the same one: the ledger keeps the first.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use ror_fhir::Instant;
use ror_ledger::{Ledger, LedgerError, NewAudit};
use serde::{Deserialize, Serialize};

use crate::{LIFETIME_S, REFRESH_MS, Random, TOLERANCE_S, secret::sha256};

/// Where keys are kept in the ledger, by number from 1. An empty value is a key that was wiped.
const META: &str = "identity.signing-keys.";

/// How long before it signs a key is published, in seconds.
pub const PUBLISHED_AHEAD_S: i64 = 10 * 60;

/// How long a key signs unless told otherwise, in days.
pub const KEY_DAYS: u32 = 30;

/// How long after its successor began a key still verifies: the life of a token, and the time in
/// which another process may not have seen the successor.
const KEPT_MS: i64 = (LIFETIME_S + TOLERANCE_S) * 1000 + 2 * REFRESH_MS;

/// How a key is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The new key is published now and signs after [`PUBLISHED_AHEAD_S`]; tokens in use live on.
    Planned,
    /// The new key signs now, and every other is wiped: their tokens are dead. For a stolen key.
    Urgent,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A key kept in the ledger is no key.
    #[error("the signing key kept in the ledger cannot be read")]
    Unreadable,
}

/// A P-256 key of ES256 tokens, with its id.
pub(crate) struct Key {
    number: u32,
    /// From when it signs.
    from: Instant,
    pub(crate) encoding: EncodingKey,
    pub(crate) decoding: DecodingKey,
    /// RFC 7638 thumbprint of the public key.
    pub(crate) kid: String,
    x: String,
    y: String,
}

/// The keys of a ledger that were not wiped, by number. Never empty.
pub(crate) struct Keys(Vec<Key>);

#[derive(Serialize, Deserialize)]
struct Kept {
    from: Instant,
    pkcs8: String,
}

impl Keys {
    /// The keys of this ledger, the first made now if there is none.
    pub(crate) fn open(ledger: &dyn Ledger, random: &Random, now: Instant) -> Result<Self, KeyError> {
        match read(ledger)? {
            (keys, _) if !keys.is_empty() => Ok(Self(keys)),
            (_, next) => {
                make(ledger, random, next, now)?;
                Ok(Self(read(ledger)?.0))
            }
        }
    }

    /// The key that signs now.
    pub(crate) fn signing(&self, now: Instant) -> &Key {
        self.0.iter().rev().find(|key| key.from <= now).unwrap_or(&self.0[0])
    }

    /// A key by its id, current or not.
    pub(crate) fn find(&self, kid: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.kid == kid)
    }

    /// Whether every key of `other` is here.
    pub(crate) fn holds_all_of(&self, other: &Self) -> bool {
        other.0.iter().all(|key| self.find(&key.kid).is_some())
    }

    /// The public keys as a JSON Web Key Set (RFC 7517).
    pub(crate) fn jwks(&self) -> String {
        let public = |key: &Key| {
            serde_json::json!({
                "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": key.kid, "x": key.x, "y": key.y,
            })
        };
        serde_json::json!({ "keys": self.0.iter().map(public).collect::<Vec<_>>() }).to_string()
    }

    /// Replaces the signing key when it has signed for `days`, and wipes those whose tokens are all
    /// dead. Says whether the ledger changed.
    pub(crate) fn tend(&self, ledger: &dyn Ledger, random: &Random, days: u32, now: Instant) -> Result<bool, KeyError> {
        let mut changed = false;
        for pair in self.0.windows(2) {
            if pair[1].from.saturating_add(KEPT_MS) <= now {
                wipe(ledger, pair[0].number)?;
                changed = true;
            }
        }
        let life_ms = i64::from(days.max(1)) * 86_400_000;
        if self.0.last().is_some_and(|last| last.from.saturating_add(life_ms - PUBLISHED_AHEAD_S * 1000) <= now) {
            rotate(ledger, random, Rotation::Planned, "system", now)?;
            changed = true;
        }
        Ok(changed)
    }
}

/// Replaces the key that signs; may run beside servers on the same data, which see it within
/// [`REFRESH_MS`]. Gives the id of the new key. `actor` is who asked, for the trace.
///
/// # Errors
/// [`KeyError`].
pub fn rotate(
    ledger: &dyn Ledger,
    random: &Random,
    rotation: Rotation,
    actor: &str,
    now: Instant,
) -> Result<String, KeyError> {
    let (held, next) = read(ledger)?;
    let (from, action) = match rotation {
        Rotation::Planned => (now + PUBLISHED_AHEAD_S * 1000, "key-rotate"),
        Rotation::Urgent => (now, "key-replace"),
    };
    let kid = make(ledger, random, next, from)?.kid;
    if rotation == Rotation::Urgent {
        for key in &held {
            wipe(ledger, key.number)?;
        }
    }
    let target = format!("key/{kid}");
    let trace =
        NewAudit { at: now, actor: actor.to_owned(), action: action.to_owned(), target, outcome: "done".to_owned() };
    ledger.audit(&[trace])?;
    Ok(kid)
}

/// The keys that were not wiped, and the next number.
fn read(ledger: &dyn Ledger) -> Result<(Vec<Key>, u32), KeyError> {
    let mut keys = Vec::new();
    for number in 1.. {
        match ledger.meta(&format!("{META}{number}"))? {
            None => return Ok((keys, number)),
            Some(wiped) if wiped.is_empty() => {}
            Some(kept) => keys.push(Key::read(number, &kept).ok_or(KeyError::Unreadable)?),
        }
    }
    Err(KeyError::Unreadable)
}

/// Keeps a new key under this number, unless another process was first; gives the one kept.
fn make(ledger: &dyn Ledger, random: &Random, number: u32, from: Instant) -> Result<Key, KeyError> {
    let kept = Kept { from, pkcs8: STANDARD.encode(generate(random)) };
    let kept = ledger.init_meta(&format!("{META}{number}"), &serde_json::to_vec(&kept).expect("plain data"))?;
    Key::read(number, &kept).ok_or(KeyError::Unreadable)
}

fn wipe(ledger: &dyn Ledger, number: u32) -> Result<(), KeyError> {
    Ok(ledger.set_meta(&format!("{META}{number}"), &[])?)
}

impl Key {
    fn read(number: u32, kept: &[u8]) -> Option<Self> {
        let Kept { from, pkcs8 } = serde_json::from_slice(kept).ok()?;
        Self::from_pkcs8(number, from, &STANDARD.decode(pkcs8).ok()?)
    }

    fn from_pkcs8(number: u32, from: Instant, pkcs8: &[u8]) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok()?;
        // An uncompressed point: 0x04, x, y.
        let [0x04, point @ ..] = pair.public_key().as_ref() else { return None };
        let (x, y) = point.split_at_checked(32)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        // RFC 7638: required members only, in this order.
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Some(Self {
            number,
            from,
            encoding: EncodingKey::from_ec_der(pkcs8),
            decoding: DecodingKey::from_ec_components(&x, &y).ok()?,
            kid: URL_SAFE_NO_PAD.encode(sha256(canonical.as_bytes())),
            x,
            y,
        })
    }
}

/// A key whose secret number is 32 bytes of `random`.
pub(crate) fn generate(random: &Random) -> Vec<u8> {
    loop {
        let mut scalar = [0; 32];
        random(&mut scalar);
        // Refused once in 2^32, when the number is outside the group's order.
        if let Some(pkcs8) = pkcs8_of(&scalar) {
            return pkcs8;
        }
    }
}

/// RFC 5915 text of a P-256 private key without its public half, which the library works out.
fn pkcs8_of(scalar: &[u8; 32]) -> Option<Vec<u8>> {
    // SEQUENCE { INTEGER 1, OCTET STRING (32), [0] { OID prime256v1 } }
    const HEAD: [u8; 7] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
    const CURVE: [u8; 12] = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    let der = [HEAD.as_slice(), scalar, &CURVE].concat();
    let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).ok()?;
    Some(pair.to_pkcs8v1().ok()?.as_ref().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(fill: u8) -> Key {
        Key::from_pkcs8(1, 0, &generate(&move |bytes| bytes.fill(fill))).expect("a key we made")
    }

    #[test]
    fn the_same_bytes_give_the_same_key() {
        assert_eq!(key(3).kid, key(3).kid);
        assert_ne!(key(3).kid, key(4).kid);
    }

    #[test]
    fn a_number_outside_the_group_is_drawn_again() {
        assert!(pkcs8_of(&[0; 32]).is_none());
        assert!(pkcs8_of(&[0xff; 32]).is_none());
    }

    #[test]
    fn the_published_set_holds_no_private_part() {
        let keys = Keys(vec![key(3), key(4)]);
        let set: serde_json::Value = serde_json::from_str(&keys.jwks()).expect("our own text");
        for (published, key) in set["keys"].as_array().expect("a list").iter().zip(&keys.0) {
            assert_eq!(published["alg"], "ES256");
            assert_eq!(published["kid"], key.kid.as_str());
            assert!(published.get("d").is_none());
        }
    }
}

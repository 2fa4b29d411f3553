//! The key that signs tokens: made once, kept in the ledger, shared by every process on it.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use ror_ledger::{Ledger, LedgerError};

use crate::{Random, secret::sha256};

/// Where the key is kept in the ledger: PKCS#8, DER.
const META: &str = "identity.signing-key";

/// The P-256 key of ES256 tokens, with its id.
pub(crate) struct Keys {
    pub(crate) encoding: EncodingKey,
    pub(crate) decoding: DecodingKey,
    /// RFC 7638 thumbprint of the public key.
    pub(crate) kid: String,
    x: String,
    y: String,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("the signing key kept in the ledger cannot be read")]
    Unreadable,
}

impl Keys {
    /// The key of this ledger, made now if there is none. Two processes that start together end
    /// with the same one: the ledger keeps the first.
    pub(crate) fn open(ledger: &dyn Ledger, random: &Random) -> Result<Self, KeyError> {
        let kept = match ledger.meta(META)? {
            Some(kept) => kept,
            None => ledger.init_meta(META, &generate(random))?,
        };
        Self::from_pkcs8(&kept).ok_or(KeyError::Unreadable)
    }

    fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok()?;
        // An uncompressed point: 0x04, x, y.
        let [0x04, point @ ..] = pair.public_key().as_ref() else { return None };
        let (x, y) = point.split_at_checked(32)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        // RFC 7638: required members only, in this order.
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Some(Self {
            encoding: EncodingKey::from_ec_der(pkcs8),
            decoding: DecodingKey::from_ec_components(&x, &y).ok()?,
            kid: URL_SAFE_NO_PAD.encode(sha256(canonical.as_bytes())),
            x,
            y,
        })
    }

    /// The public key as a JSON Web Key Set (RFC 7517).
    pub(crate) fn jwks(&self) -> String {
        serde_json::json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256",
            "kid": self.kid, "x": self.x, "y": self.y,
        }] })
        .to_string()
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

    #[test]
    fn the_same_bytes_give_the_same_key() {
        let one = Keys::from_pkcs8(&generate(&|bytes| bytes.fill(3))).expect("a key we made");
        let same = Keys::from_pkcs8(&generate(&|bytes| bytes.fill(3))).expect("a key we made");
        let other = Keys::from_pkcs8(&generate(&|bytes| bytes.fill(4))).expect("a key we made");
        assert_eq!(one.kid, same.kid);
        assert_ne!(one.kid, other.kid);
    }

    #[test]
    fn a_number_outside_the_group_is_drawn_again() {
        assert!(pkcs8_of(&[0; 32]).is_none());
        assert!(pkcs8_of(&[0xff; 32]).is_none());
    }

    #[test]
    fn the_published_set_holds_no_private_part() {
        let keys = Keys::from_pkcs8(&generate(&|bytes| bytes.fill(3))).expect("a key we made");
        let set: serde_json::Value = serde_json::from_str(&keys.jwks()).expect("our own text");
        let key = &set["keys"][0];
        assert_eq!(key["alg"], "ES256");
        assert_eq!(key["kid"], keys.kid.as_str());
        assert!(key.get("d").is_none());
    }
}

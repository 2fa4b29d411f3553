//! Client secrets: 256 bits, shown once, kept as a hash (D60).

use std::fmt;

use aws_lc_rs::{constant_time, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// A client secret in clear: 43 letters of base64url.
///
/// It exists only between its making and its printing. `Debug` shows no part of it. It is not
/// compared, copied, nor written by accident: none of these compiles.
///
/// ```compile_fail,E0369
/// fn same(one: &ror_identity::Secret, other: &ror_identity::Secret) -> bool { one == other }
/// ```
/// ```compile_fail,E0277
/// fn shown(secret: &ror_identity::Secret) -> String { format!("{secret}") }
/// ```
/// ```compile_fail,E0277
/// fn written(secret: &ror_identity::Secret) -> String { serde_json::to_string(secret).expect("text") }
/// ```
/// ```compile_fail,E0308
/// fn another(secret: &ror_identity::Secret) -> ror_identity::Secret { secret.clone() }
/// ```
pub struct Secret(String);

impl Secret {
    /// A new secret of 256 bits.
    pub(crate) fn draw(random: &mut dyn FnMut(&mut [u8])) -> Self {
        let mut bytes = [0; 32];
        random(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The text to show once to whoever registers the client.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What is kept of a secret. The secret has 256 random bits, so a plain hash cannot be searched.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    sha256(secret.as_bytes())
}

/// Whether `presented` is the secret kept as `kept`, in a time that does not depend on either.
///
/// `None` (no secret kept) costs the same and is never equal.
pub(crate) fn verify(presented: &str, kept: Option<&[u8; 32]>) -> bool {
    let presented = hash(presented);
    let equal = constant_time::verify_slices_are_equal(&presented, kept.unwrap_or(&[0; 32])).is_ok();
    equal && kept.is_some()
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, bytes).as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

/// In hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.map(|half| char::from_digit(u32::from(half), 16).expect("under 16")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_checked_against_its_hash_only() {
        let secret = Secret::draw(&mut |bytes| bytes.fill(7));
        assert_eq!(secret.expose().len(), 43);
        let kept = hash(secret.expose());
        assert!(verify(secret.expose(), Some(&kept)));
        assert!(!verify("", Some(&kept)));
        assert!(!verify(&secret.expose()[1..], Some(&kept)));
        assert!(!verify(secret.expose(), None), "no secret kept: nothing opens");
        assert!(!verify(secret.expose(), Some(&[0; 32])));
    }

    #[test]
    fn debug_output_shows_nothing() {
        let secret = Secret::draw(&mut |bytes| bytes.fill(7));
        assert!(!format!("{secret:?}").contains(&secret.expose()[..4]));
    }
}

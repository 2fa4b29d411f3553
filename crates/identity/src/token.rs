//! Our tokens: ES256, 30 minutes, no right inside (D60).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Header, Validation, errors::ErrorKind};
use ror_fhir::Instant;
use serde::{Deserialize, Serialize};

use crate::{AuthError, Random, Settings, keys::Keys};

/// How long a token lives, in seconds.
pub const LIFETIME_S: i64 = 30 * 60;

/// How far two clocks may differ, in seconds.
pub const TOLERANCE_S: i64 = 60;

/// Longest token looked at, in bytes; ours are under 700.
pub(crate) const TOKEN_BYTES_MAX: usize = 4096;

/// What a token says. Times are seconds since 1970 UTC.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    azp: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
}

/// What is kept of a token once its signature is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) client_id: String,
    not_before_s: i64,
    expires_s: i64,
}

impl Verified {
    /// Whether the token is alive at `now`, within [`TOLERANCE_S`].
    pub(crate) fn alive(&self, now: Instant) -> Result<(), AuthError> {
        let in_ms = |seconds: i64| seconds.saturating_mul(1000);
        if now >= in_ms(self.expires_s.saturating_add(TOLERANCE_S)) {
            return Err(AuthError::Expired);
        }
        if now < in_ms(self.not_before_s.saturating_sub(TOLERANCE_S)) {
            return Err(AuthError::NotYetValid);
        }
        Ok(())
    }
}

/// A token for this client, from `now`.
pub(crate) fn sign(keys: &Keys, settings: &Settings, client_id: &str, now: Instant, random: &Random) -> String {
    let mut jti = [0; 16];
    random(&mut jti);
    let now_s = now.div_euclid(1000);
    let claims = Claims {
        iss: settings.issuer.clone(),
        aud: settings.audience.clone(),
        sub: client_id.to_owned(),
        azp: client_id.to_owned(),
        iat: now_s,
        nbf: now_s,
        exp: now_s + LIFETIME_S,
        jti: URL_SAFE_NO_PAD.encode(jti),
    };
    let header = Header { kid: Some(keys.kid.clone()), ..Header::new(Algorithm::ES256) };
    jsonwebtoken::encode(&header, &claims, &keys.encoding).expect("the key was read at start")
}

/// Checks everything but the time: form, algorithm, key, signature, issuer, audience, client.
///
/// The algorithm is ours whatever the header says, so that neither `none` nor an HMAC keyed
/// with the public key passes. The library would read the clock itself: times are left to
/// [`Verified::alive`].
pub(crate) fn verify(token: &str, keys: &Keys, settings: &Settings) -> Result<Verified, AuthError> {
    let data =
        jsonwebtoken::decode::<Claims>(token, &keys.decoding, &validation(settings)).map_err(|error| {
            match error.kind() {
                ErrorKind::InvalidToken | ErrorKind::Base64(_) | ErrorKind::Json(_) | ErrorKind::Utf8(_) => {
                    AuthError::Malformed
                }
                _ => AuthError::Invalid,
            }
        })?;
    let claims = data.claims;
    if data.header.kid.as_deref() != Some(&keys.kid) || claims.sub != claims.azp {
        return Err(AuthError::Invalid);
    }
    Ok(Verified { client_id: claims.azp, not_before_s: claims.nbf, expires_s: claims.exp })
}

fn validation(settings: &Settings) -> Validation {
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_issuer(&[&settings.issuer]);
    validation.set_audience(&[&settings.audience]);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

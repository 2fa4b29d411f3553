//! Our tokens: ES256, 30 minutes, no right inside (D60).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Header, Validation, errors::ErrorKind};
use ror_fhir::Instant;
use serde::{Deserialize, Serialize};

use crate::{AuthError, Certificate, Random, Settings, certificate, keys::Key};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
}

/// What a token is bound to (RFC 7800). Another way than a certificate is one we cannot check.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Confirmation {
    #[serde(rename = "x5t#S256")]
    x5t: Option<String>,
}

impl Confirmation {
    /// The certificate; a binding that cannot be read or checked is refused, never dropped.
    pub(crate) fn thumbprint(cnf: Option<Self>) -> Result<Option<[u8; 32]>, AuthError> {
        let Some(cnf) = cnf else { return Ok(None) };
        cnf.x5t.and_then(|x5t| certificate::thumbprint(&x5t)).map(Some).ok_or(AuthError::Invalid)
    }
}

/// What is kept of a token once its signature is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    /// Its id in our register.
    pub(crate) client_id: String,
    pub(crate) not_before_s: i64,
    pub(crate) expires_s: i64,
    /// The certificate it is bound to.
    pub(crate) bound_to: Option<[u8; 32]>,
    /// Whether calls must show that certificate.
    pub(crate) must_show: bool,
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

/// A token for this client, from `now`, bound to the certificate it was asked with.
pub(crate) fn sign(
    key: &Key,
    settings: &Settings,
    client_id: &str,
    certificate: Option<&Certificate>,
    now: Instant,
    random: &Random,
) -> String {
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
        cnf: certificate.map(|certificate| Confirmation { x5t: Some(certificate.x5t()) }),
    };
    let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::ES256) };
    jsonwebtoken::encode(&header, &claims, &key.encoding).expect("the key was read at start")
}

/// The header of a token and who says to have issued it, before anything is checked.
pub(crate) fn read(token: &str) -> Result<(Header, String), AuthError> {
    #[derive(Deserialize)]
    struct Issued {
        #[serde(default)]
        iss: String,
    }
    let header = jsonwebtoken::decode_header(token).map_err(|error| decode_error(&error))?;
    let claims = jsonwebtoken::dangerous::insecure_decode::<Issued>(token).map_err(|error| decode_error(&error))?;
    // Extensions that must be understood (RFC 7515 §4.1.11): none is. An ID token is no access token.
    let is_access = |typ: &str| ["JWT", "at+jwt", "application/at+jwt"].iter().any(|one| one.eq_ignore_ascii_case(typ));
    if header.crit.is_some() || header.typ.as_deref().is_some_and(|typ| !is_access(typ)) {
        return Err(AuthError::Invalid);
    }
    Ok((header, claims.claims.iss))
}

/// Checks everything but the time of a token of ours: algorithm, signature, issuer, audience, client.
///
/// The algorithm is ours whatever the header says, so that neither `none` nor an HMAC keyed
/// with the public key passes. The library would read the clock itself: times are left to
/// [`Verified::alive`].
pub(crate) fn verify(token: &str, key: &Key, settings: &Settings) -> Result<Verified, AuthError> {
    let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation(settings))
        .map_err(|error| decode_error(&error))?
        .claims;
    if claims.sub != claims.azp {
        return Err(AuthError::Invalid);
    }
    Ok(Verified {
        client_id: claims.azp,
        not_before_s: claims.nbf,
        expires_s: claims.exp,
        bound_to: Confirmation::thumbprint(claims.cnf)?,
        must_show: false,
    })
}

/// What is told of a token that the library refuses: unreadable, or not good.
pub(crate) fn decode_error(error: &jsonwebtoken::errors::Error) -> AuthError {
    match error.kind() {
        ErrorKind::InvalidToken | ErrorKind::Base64(_) | ErrorKind::Json(_) | ErrorKind::Utf8(_) => {
            AuthError::Malformed
        }
        _ => AuthError::Invalid,
    }
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

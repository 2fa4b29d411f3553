//! The token address: client credentials (RFC 6749 §4.4) with a secret or a certificate (RFC 8705, D60).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use ror_fhir::Instant;
use ror_ledger::{Client, LedgerError};

use crate::{Authority, Certificate, ClientRights, Identity, Shown, secret, token};

/// Longest credential looked at, in bytes.
const CREDENTIAL_BYTES_MAX: usize = 512;

/// A token that was granted.
pub struct TokenResponse {
    /// The token, to send as `Authorization: Bearer …`.
    pub access_token: String,
    /// How long it lives, in seconds.
    pub expires_in_s: i64,
}

impl TokenResponse {
    /// The answer of RFC 6749 §5.1.
    pub fn to_json(&self) -> String {
        serde_json::json!({
            "access_token": self.access_token,
            "token_type": "Bearer",
            "expires_in": self.expires_in_s,
        })
        .to_string()
    }
}

impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse").field("expires_in_s", &self.expires_in_s).finish_non_exhaustive()
    }
}

/// The codes of RFC 6749 §5.2 that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OAuthErrorCode {
    /// A field is missing, repeated, or contradicts another.
    InvalidRequest,
    /// Unknown or revoked client, wrong secret, or a way of signing in this client may not use.
    InvalidClient,
    /// Not `client_credentials`.
    UnsupportedGrantType,
}

/// Why there is no token. The description is French in plain ASCII, as §5.2 wants.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OAuthError {
    /// The request is refused.
    #[error("{description}")]
    Refused {
        /// The code of §5.2.
        code: OAuthErrorCode,
        /// What to correct.
        description: &'static str,
    },
    /// The register of clients cannot be read now; the caller may try again.
    #[error("registre des clients indisponible")]
    Unavailable(#[source] LedgerError),
}

impl OAuthError {
    fn refused(code: OAuthErrorCode, description: &'static str) -> Self {
        Self::Refused { code, description }
    }

    /// The status: 400, 401 for a client that is not recognised, 503.
    pub fn status(&self) -> u16 {
        match self {
            Self::Refused { code: OAuthErrorCode::InvalidClient, .. } => 401,
            Self::Refused { .. } => 400,
            Self::Unavailable(_) => 503,
        }
    }

    /// The header that goes with 401.
    pub fn www_authenticate(&self) -> Option<&'static str> {
        (self.status() == 401).then_some("Basic realm=\"ror\"")
    }

    /// The code of RFC 6749 §5.2.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused { code: OAuthErrorCode::InvalidRequest, .. } => "invalid_request",
            Self::Refused { code: OAuthErrorCode::InvalidClient, .. } => "invalid_client",
            Self::Refused { code: OAuthErrorCode::UnsupportedGrantType, .. } => "unsupported_grant_type",
            Self::Unavailable(_) => "temporarily_unavailable",
        }
    }

    /// The answer of RFC 6749 §5.2.
    pub fn to_json(&self) -> String {
        serde_json::json!({ "error": self.code(), "error_description": self.to_string() }).to_string()
    }
}

impl Identity {
    /// Answers a request to the token address: `form` is the decoded body, `authorization` the
    /// header of that name, `shown` the certificate of the connection.
    ///
    /// A client shows its secret in the form or by HTTP Basic, never both; without secret it is
    /// known by its certificate, and the token is bound to it. Outside the sandbox only profile 0
    /// has the right to a secret (D60).
    ///
    /// # Errors
    /// [`OAuthError`], with one answer for an unknown client, a revoked one and a wrong secret,
    /// after the same work.
    pub fn token(
        &self,
        form: &[(String, String)],
        authorization: Option<&str>,
        shown: Shown<'_>,
        now: Instant,
    ) -> Result<TokenResponse, OAuthError> {
        use OAuthErrorCode::{InvalidClient, InvalidRequest, UnsupportedGrantType};
        match field(form, "grant_type")? {
            Some("client_credentials") => {}
            Some(_) => {
                let text = "seul grant_type=client_credentials est servi";
                return Err(OAuthError::refused(UnsupportedGrantType, text));
            }
            None => return Err(OAuthError::refused(InvalidRequest, "champ grant_type absent")),
        }
        let presented = presented(form, authorization)?;
        let client = self.ledger().client(&presented.id).map_err(OAuthError::Unavailable)?;
        let (client, certificate) = match (&presented.secret, shown) {
            (Some(secret), _) => {
                let Some(client) = recognise(client, secret) else {
                    return Err(OAuthError::refused(InvalidClient, "client inconnu ou secret incorrect"));
                };
                if client.profile != 0 && !self.settings().sandbox {
                    let text = "ce profil ne s'authentifie que par certificat (TLS mutuel)";
                    return Err(OAuthError::refused(InvalidClient, text));
                }
                (client, None)
            }
            (None, Shown::Good(certificate, authority)) => {
                let Some(client) = certified(client, certificate, authority) else {
                    let text = "client inconnu, ou inscrit avec un autre certificat ou une autre autorite";
                    return Err(OAuthError::refused(InvalidClient, text));
                };
                (client, Some(certificate))
            }
            (None, Shown::Refused) => {
                let text = "certificat illisible, perime, revoque ou d'une autorite non admise";
                return Err(OAuthError::refused(InvalidClient, text));
            }
            (None, Shown::Nothing) => {
                let text = "ni certificat sur la connexion, ni client_secret";
                return Err(OAuthError::refused(InvalidClient, text));
            }
        };
        let keys = self.fresh_keys(now).map_err(OAuthError::Unavailable)?;
        let key = keys.signing(now);
        let access_token = token::sign(key, self.settings(), &client.id, certificate, now, self.random());
        Ok(TokenResponse { access_token, expires_in_s: token::LIFETIME_S })
    }
}

/// What a client shows. No `Debug`: it may hold a secret.
struct Presented {
    id: String,
    secret: Option<String>,
}

/// The client, if it is active and this is its secret. The secret is hashed and compared in every case.
fn recognise(client: Option<Client>, presented: &str) -> Option<Client> {
    let kept = client.as_ref().and_then(|client| client.secret_sha256);
    let good = secret::verify(presented, kept.as_ref());
    client.filter(|client| good && client.revoked_at.is_none())
}

/// The client, if it is active and registered with this certificate of this authority.
fn certified(client: Option<Client>, shown: &Certificate, authority: Option<Authority>) -> Option<Client> {
    let client = client.filter(|client| client.revoked_at.is_none())?;
    let rights: ClientRights = serde_json::from_str(&client.rights).ok()?;
    rights.proof.is_of(shown, authority).then_some(client)
}

fn presented(form: &[(String, String)], authorization: Option<&str>) -> Result<Presented, OAuthError> {
    use OAuthErrorCode::{InvalidClient, InvalidRequest};
    let (id, secret) = (field(form, "client_id")?, field(form, "client_secret")?);
    if form.iter().any(|(name, _)| name == "client_assertion" || name == "client_assertion_type") {
        let text = "client_assertion n'est pas servi : secret ou certificat attendu";
        return Err(OAuthError::refused(InvalidClient, text));
    }
    let presented = match (authorization, id, secret) {
        (Some(_), _, Some(_)) => {
            let text = "une seule authentification par demande : en-tete Basic ou client_secret";
            return Err(OAuthError::refused(InvalidRequest, text));
        }
        (Some(header), id, None) => {
            let basic = basic(header)
                .ok_or_else(|| OAuthError::refused(InvalidClient, "en-tete Authorization illisible : Basic attendu"))?;
            if id.is_some_and(|id| id != basic.id) {
                let text = "client_id du formulaire et de l'en-tete Basic en contradiction";
                return Err(OAuthError::refused(InvalidRequest, text));
            }
            basic
        }
        (None, Some(id), secret) => Presented { id: id.to_owned(), secret: secret.map(str::to_owned) },
        (None, None, _) => return Err(OAuthError::refused(InvalidRequest, "champ client_id absent")),
    };
    if presented.id.len() > CREDENTIAL_BYTES_MAX
        || presented.secret.as_ref().is_some_and(|secret| secret.len() > CREDENTIAL_BYTES_MAX)
    {
        return Err(OAuthError::refused(InvalidClient, "client inconnu ou secret incorrect"));
    }
    Ok(presented)
}

/// The value of a field; an empty one counts as absent, a repeated one is refused (§3.2).
fn field<'a>(form: &'a [(String, String)], name: &str) -> Result<Option<&'a str>, OAuthError> {
    let mut values = form.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let value = values.next().filter(|value| !value.is_empty());
    match values.next() {
        None => Ok(value),
        Some(_) => Err(OAuthError::refused(OAuthErrorCode::InvalidRequest, "un champ figure deux fois")),
    }
}

/// The client that an `Authorization` header of HTTP Basic names, whether its secret is right or not.
pub fn basic_client(authorization: &str) -> Option<String> {
    basic(authorization).map(|presented| presented.id)
}

/// HTTP Basic; both halves are form-encoded (§2.3.1).
fn basic(header: &str) -> Option<Presented> {
    let (scheme, rest) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || rest.len() > 4 * CREDENTIAL_BYTES_MAX {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |half: &str| Some(percent_decode_str(&half.replace('+', " ")).decode_utf8().ok()?.into_owned());
    Some(Presented { id: decode(id)?, secret: Some(decode(secret)?) })
}

//! A provider of identities, as OpenID Connect Core 1.0 has it: code flow with PKCE, checked answers.
//!
//! Asking the network is handed in ([`Fetch`]); what comes back is believed only once checked:
//! signature under a key the provider publishes, issuer, audience, time, nonce, strength asked for.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::PublicKeyUse;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Validation};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ror_fhir::Instant;
use serde::Deserialize;
use serde_json::Value;

use super::known::{Metadata, Source};
use super::person::{Identity, is_telling};
use super::sign_in::SignInError;
use crate::secret::sha256;

/// Difference of clocks that is put up with, in seconds.
const TOLERANCE_S: i64 = 60;
/// Seconds between the moment our question was answered and that of the ID token, beyond the time
/// that we saw pass: rounding, and the asking for the token.
const SLACK_S: i64 = 5;
/// Longest ID token that is shown again at the provider when its session is ended, in bytes.
const HINT_BYTES_MAX: usize = 4_096;
/// Longest token read, in bytes.
const TOKEN_BYTES_MAX: usize = 16 * 1_024;
/// What stays as it is in a query or a form.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request to a provider.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Where.
    pub url: String,
    /// A form to post; none to read.
    pub form: Option<String>,
    /// The `Authorization` header.
    pub authorization: Option<String>,
}

/// The answer of a provider.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
}

/// Asks a provider, following no redirection; `Err` says what failed, for the log.
pub type Fetch = dyn Fn(&Outgoing) -> Result<Incoming, String> + Send + Sync;

/// A provider, as the configuration names it.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// Short name, in addresses: letters, digits and `-`.
    pub id: String,
    /// What its button says.
    pub label: String,
    /// `iss`, to the letter.
    pub issuer: String,
    /// Where it describes itself; `None` is the address of the standard, under the issuer.
    pub discovery: Option<String>,
    /// Our id there.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: String,
    /// Where it sends people back: the full address of `/connexion/retour`, as declared there.
    pub redirect_uri: String,
    /// Where it sends people once its own session is ended, as declared there; `None`: nowhere.
    pub logout_redirect_uri: Option<String>,
    /// What is asked for, `openid` included.
    pub scopes: String,
    /// Strengths asked for, best first (`eidas1` at Pro Santé Connect); another is refused. Empty
    /// asks for none.
    pub acr: Vec<String>,
    /// Whether its `SubjectNameID` is believed: it names a person whatever the account.
    pub national_ids: bool,
    /// Algorithms that may sign its answers.
    pub algorithms: Vec<String>,
}

/// A provider with what is known of it.
pub(crate) struct Provider {
    settings: ProviderSettings,
    algorithms: Vec<Algorithm>,
    source: Source,
}

/// What one sign-in must find again in the answer.
pub(crate) struct Expected<'a> {
    pub(crate) nonce: &'a str,
    pub(crate) verifier: &'a str,
    /// When the question was asked.
    pub(crate) asked_at: Instant,
    /// Whether the person was asked to prove again who they are.
    pub(crate) again: bool,
}

/// What one sign-in sends.
pub(crate) struct Asked<'a> {
    pub(crate) state: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) verifier: &'a str,
    /// Whether the person must prove again who they are.
    pub(crate) again: bool,
}

/// Who signed in, and when they proved it.
pub(crate) struct Proven {
    pub(crate) identity: Identity,
    /// `None` when they proved nothing for this question: the provider knew them already, or does
    /// not say.
    pub(crate) authenticated_at: Option<Instant>,
    /// Where the provider's own session is ended, when it says where.
    pub(crate) way_out: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    #[serde(default)]
    access_token: Option<String>,
}

/// Names and values that a browser brings to a provider.
type Parameters = Vec<(&'static str, String)>;

/// Claims of an ID token that are looked at; the others are read by name.
type Claims = BTreeMap<String, Value>;

impl Provider {
    /// `None` when the settings cannot be used.
    pub(crate) fn new(settings: ProviderSettings, fetch: Arc<Fetch>) -> Option<Self> {
        let algorithms: Option<Vec<_>> =
            settings.algorithms.iter().map(|name| Algorithm::from_str(name).ok()).collect();
        let algorithms = algorithms?;
        let is_symmetric = algorithms.iter().any(|algorithm| algorithm.family() == AlgorithmFamily::Hmac);
        let is_named = !settings.id.is_empty()
            && settings.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !settings.issuer.is_empty()
            && !settings.client_id.is_empty()
            && settings.scopes.split(' ').any(|scope| scope == "openid");
        if algorithms.is_empty() || is_symmetric || !is_named {
            return None;
        }
        let source = Source::new(&settings, fetch);
        Some(Self { settings, algorithms, source })
    }

    pub(crate) fn id(&self) -> &str {
        &self.settings.id
    }

    pub(crate) fn label(&self) -> &str {
        &self.settings.label
    }

    /// Where people go to sign in, and what they bring there.
    pub(crate) fn authorization(&self, asked: &Asked<'_>, now: Instant) -> Result<(String, Parameters), SignInError> {
        self.source.check_answers(now)?;
        let facts = self.source.facts(now, None)?;
        let challenge = URL_SAFE_NO_PAD.encode(sha256(asked.verifier.as_bytes()));
        let mut parameters = vec![
            ("response_type", "code".to_owned()),
            ("client_id", self.settings.client_id.clone()),
            ("redirect_uri", self.settings.redirect_uri.clone()),
            ("scope", self.settings.scopes.clone()),
            ("state", asked.state.to_owned()),
            ("nonce", asked.nonce.to_owned()),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256".to_owned()),
        ];
        if !self.settings.acr.is_empty() {
            parameters.push(("acr_values", self.settings.acr.join(" ")));
        }
        if asked.again {
            parameters.push(("prompt", "login".to_owned()));
            parameters.push(("max_age", "0".to_owned()));
        }
        Ok((facts.metadata.authorization_endpoint.clone(), parameters))
    }

    /// Who signed in, from the code that the provider gave.
    pub(crate) fn redeem(&self, code: &str, expected: &Expected<'_>, now: Instant) -> Result<Proven, SignInError> {
        let facts = self.source.facts(now, None)?;
        let metadata = &facts.metadata;
        let tokens = self.tokens(metadata, code, expected.verifier, now)?;
        let claims = self.id_token(&tokens.id_token, expected, now)?;
        let details = match (&metadata.userinfo_endpoint, &tokens.access_token) {
            (Some(endpoint), Some(token)) => self.userinfo(endpoint, token, &claims, now)?,
            _ => Claims::new(),
        };
        let identity = self.identity(&claims, &details)?;
        let proved_at = seconds(&claims, "auth_time").filter(|_| is_new(&claims, expected, now));
        let authenticated_at = proved_at.map(|at| at.saturating_mul(1_000).min(now));
        Ok(Proven { identity, authenticated_at, way_out: self.way_out(metadata, &tokens.id_token) })
    }

    /// Who the answers name. What is there and names nobody is refused: people who have it in common
    /// would be one person.
    fn identity(&self, claims: &Claims, details: &Claims) -> Result<Identity, SignInError> {
        let text = |name: &str| [claims, details].into_iter().find_map(|from| from.get(name)?.as_str());
        let mut national_id = None;
        if self.settings.national_ids {
            for said in [claims, details].into_iter().filter_map(|from| from.get("SubjectNameID")) {
                let said = said.as_str().filter(|said| is_telling(said));
                let said = said.ok_or(SignInError::Untrusted("SubjectNameID"))?;
                if national_id.get_or_insert(said) != &said {
                    return Err(SignInError::Untrusted("two national numbers"));
                }
            }
        }
        let name = [text("given_name"), text("family_name")].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let name = if name.is_empty() { text("name").unwrap_or_default().to_owned() } else { name };
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (issuer, national_id) = (self.settings.issuer.clone(), national_id.map(str::to_owned));
        Ok(Identity { issuer, subject, national_id, name })
    }

    /// Where a browser goes to end the session that the provider keeps (RP-Initiated Logout 1.0 §2).
    fn way_out(&self, metadata: &Metadata, id_token: &str) -> Option<String> {
        let address = metadata.end_session_endpoint.as_ref().filter(|address| address.starts_with("https://"))?;
        let mut parameters = vec![("client_id", self.settings.client_id.clone())];
        if id_token.len() <= HINT_BYTES_MAX {
            parameters.push(("id_token_hint", id_token.to_owned()));
        }
        if let Some(back) = &self.settings.logout_redirect_uri {
            parameters.push(("post_logout_redirect_uri", back.clone()));
        }
        Some(with_query(address, &parameters))
    }

    fn tokens(&self, metadata: &Metadata, code: &str, verifier: &str, now: Instant) -> Result<Tokens, SignInError> {
        let ProviderSettings { client_id, client_secret, redirect_uri, .. } = &self.settings;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        // RFC 6749 §2.3.1: both halves are form-encoded.
        let credentials = STANDARD.encode(format!("{}:{}", encode(client_id), encode(client_secret)));
        let request = Outgoing {
            url: metadata.token_endpoint.clone(),
            form: Some(query(form.map(|(name, value)| (name, value.to_owned())).as_slice())),
            authorization: Some(format!("Basic {credentials}")),
        };
        let answer = self.source.ask(&request, now)?;
        // 400 is the provider's word for a code that is wrong, used, or not ours.
        if answer.status == 400 || answer.status == 401 {
            return Err(SignInError::Refused);
        }
        if answer.status != 200 {
            return Err(SignInError::Provider(format!("token address: status {}", answer.status)));
        }
        serde_json::from_slice(&answer.body).map_err(|_| SignInError::Provider("token address: no ID token".to_owned()))
    }

    /// OpenID Connect Core §3.1.3.7.
    fn id_token(&self, token: &str, expected: &Expected<'_>, now: Instant) -> Result<Claims, SignInError> {
        let refuse = |what: &'static str| SignInError::Untrusted(what);
        if token.len() > TOKEN_BYTES_MAX {
            return Err(refuse("too long"));
        }
        let claims = self.signed(token, now)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let now_s = now.div_euclid(1_000);
        if !text("sub").is_some_and(is_telling) {
            return Err(refuse("no subject"));
        }
        let audiences = match claims.get("aud") {
            Some(Value::Array(list)) => list.len(),
            _ => 1,
        };
        let is_ours = text("azp").map_or(audiences == 1, |party| party == self.settings.client_id);
        if !is_ours {
            return Err(refuse("made for another party"));
        }
        if seconds(&claims, "exp").is_none_or(|at| now_s >= at.saturating_add(TOLERANCE_S)) {
            return Err(refuse("expired"));
        }
        if seconds(&claims, "iat").is_none_or(|at| at > now_s.saturating_add(TOLERANCE_S)) {
            return Err(refuse("from the future"));
        }
        let is_ours = text("nonce").is_some_and(|nonce| {
            aws_lc_rs::constant_time::verify_slices_are_equal(nonce.as_bytes(), expected.nonce.as_bytes()).is_ok()
        });
        if !is_ours {
            return Err(refuse("nonce"));
        }
        let acr = &self.settings.acr;
        if !acr.is_empty() && text("acr").is_none_or(|found| !acr.iter().any(|asked| asked == found)) {
            return Err(refuse("acr"));
        }
        if expected.again && !is_new(&claims, expected, now) {
            return Err(refuse("sign-in too old"));
        }
        Ok(claims)
    }

    /// The claims once signature, issuer and audience are checked.
    fn signed(&self, token: &str, now: Instant) -> Result<Claims, SignInError> {
        let refuse = |what: &'static str| SignInError::Untrusted(what);
        let header = jsonwebtoken::decode_header(token).map_err(|_| refuse("header"))?;
        if !self.algorithms.contains(&header.alg) {
            return Err(refuse("algorithm"));
        }
        let facts = self.source.facts(now, header.kid.as_deref())?;
        let mut keys = facts.keys.keys.iter().filter(|key| {
            let common = &key.common;
            header.kid.as_ref().is_none_or(|kid| common.key_id.as_ref() == Some(kid))
                && common.public_key_use.as_ref().is_none_or(|use_| *use_ == PublicKeyUse::Signature)
        });
        let (Some(key), None) = (keys.next(), keys.next()) else { return Err(refuse("key")) };
        let key = DecodingKey::from_jwk(key).map_err(|_| refuse("key"))?;
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.client_id]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // Times are judged by the clock handed in.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let data = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|_| refuse("signature"))?;
        Ok(data.claims)
    }

    /// What the provider adds about the person; it must be the same person.
    fn userinfo(&self, endpoint: &str, token: &str, claims: &Claims, now: Instant) -> Result<Claims, SignInError> {
        let authorization = Some(format!("Bearer {token}"));
        let answer = self.source.ask(&Outgoing { url: endpoint.to_owned(), form: None, authorization }, now)?;
        let details: Claims = match answer.status {
            200 => serde_json::from_slice(&answer.body).ok(),
            _ => None,
        }
        .ok_or_else(|| SignInError::Provider(format!("user address: status {}", answer.status)))?;
        if details.get("sub") != claims.get("sub") {
            return Err(SignInError::Untrusted("two subjects"));
        }
        Ok(details)
    }
}

/// Whether the person proved who they are for this question, by the clock of the provider alone: at
/// most as long before the ID token as the question has been asked. A provider that knew them from
/// before answers without asking (OpenID Connect Core §3.1.2.1), whoever sits there now.
fn is_new(claims: &Claims, expected: &Expected<'_>, now: Instant) -> bool {
    let (Some(at), Some(issued_at)) = (seconds(claims, "auth_time"), seconds(claims, "iat")) else { return false };
    let asked_for_s = now.saturating_sub(expected.asked_at).max(0).div_euclid(1_000);
    issued_at.saturating_sub(at) <= asked_for_s.saturating_add(SLACK_S)
}

fn seconds(claims: &Claims, name: &str) -> Option<i64> {
    claims.get(name)?.as_i64()
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// An address with what a browser brings there.
pub(crate) fn with_query(address: &str, parameters: &[(&str, String)]) -> String {
    let separator = if address.contains('?') { '&' } else { '?' };
    format!("{address}{separator}{}", query(parameters))
}

/// Names and values as a query or a form.
pub(crate) fn query(parameters: &[(&str, String)]) -> String {
    let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

//! A provider of identities, as OpenID Connect Core 1.0 has it: code flow with PKCE, checked answers.
//!
//! Asking the network is handed in ([`Fetch`]); what comes back is believed only once checked:
//! signature under a key the provider publishes, issuer, audience, time, nonce, strength asked for.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Validation};
use parking_lot::Mutex;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ror_fhir::Instant;
use serde::Deserialize;
use serde_json::Value;

use super::person::Identity;
use super::sign_in::SignInError;
use crate::secret::sha256;

/// How long the description and the keys of a provider are kept.
const KEPT_MS: i64 = 10 * 60_000;
/// How soon its keys are read again because an answer names an unknown one.
const PAUSE_MS: i64 = 60_000;
/// Difference of clocks that is put up with, in seconds.
const TOLERANCE_S: i64 = 60;
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

/// What a provider says of itself.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    pub(crate) jwks_uri: String,
    #[serde(default)]
    pub(crate) userinfo_endpoint: Option<String>,
}

/// What was read of a provider, and when.
struct Known {
    metadata: Arc<Metadata>,
    keys: Arc<JwkSet>,
    read_at: Instant,
}

/// A provider with what is known of it.
pub(crate) struct Provider {
    settings: ProviderSettings,
    algorithms: Vec<Algorithm>,
    fetch: Arc<Fetch>,
    known: Mutex<Option<Known>>,
}

/// What one sign-in must find again in the answer.
pub(crate) struct Expected<'a> {
    pub(crate) nonce: &'a str,
    pub(crate) verifier: &'a str,
    /// The sign-in must be this recent: it was asked again.
    pub(crate) after: Option<Instant>,
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
    /// `None` when the provider does not say.
    pub(crate) authenticated_at: Option<Instant>,
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
        Some(Self { settings, algorithms, fetch, known: Mutex::default() })
    }

    pub(crate) fn id(&self) -> &str {
        &self.settings.id
    }

    pub(crate) fn label(&self) -> &str {
        &self.settings.label
    }

    /// Where people go to sign in, and what they bring there.
    pub(crate) fn authorization(&self, asked: &Asked<'_>, now: Instant) -> Result<(String, Parameters), SignInError> {
        let metadata = self.known(now, None)?.0;
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
        Ok((metadata.authorization_endpoint.clone(), parameters))
    }

    /// Who signed in, from the code that the provider gave.
    pub(crate) fn redeem(&self, code: &str, expected: &Expected<'_>, now: Instant) -> Result<Proven, SignInError> {
        let (metadata, _) = self.known(now, None)?;
        let tokens = self.tokens(&metadata, code, expected.verifier)?;
        let claims = self.id_token(&tokens.id_token, expected, now)?;
        let details = match (&metadata.userinfo_endpoint, &tokens.access_token) {
            (Some(endpoint), Some(token)) => self.userinfo(endpoint, token, &claims)?,
            _ => Claims::new(),
        };
        let text = |name: &str| [&claims, &details].into_iter().find_map(|from| from.get(name)?.as_str());
        let national_id = text("SubjectNameID").filter(|_| self.settings.national_ids).map(str::to_owned);
        let name = [text("given_name"), text("family_name")].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let name = if name.is_empty() { text("name").unwrap_or_default().to_owned() } else { name };
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned();
        let identity = Identity { issuer: self.settings.issuer.clone(), subject, national_id, name };
        let authenticated_at = seconds(&claims, "auth_time").map(|at| at.saturating_mul(1_000).min(now));
        Ok(Proven { identity, authenticated_at })
    }

    fn tokens(&self, metadata: &Metadata, code: &str, verifier: &str) -> Result<Tokens, SignInError> {
        let ProviderSettings { client_id, client_secret, redirect_uri, .. } = &self.settings;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        // RFC 6749 §2.3.1: both halves are form-encoded.
        let credentials = STANDARD.encode(format!("{}:{}", encode(client_id), encode(client_secret)));
        let answer = self.ask(&Outgoing {
            url: metadata.token_endpoint.clone(),
            form: Some(query(form.map(|(name, value)| (name, value.to_owned())).as_slice())),
            authorization: Some(format!("Basic {credentials}")),
        })?;
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
        if text("sub").is_none_or(str::is_empty) {
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
        if let Some(after) = expected.after {
            let after_s = after.div_euclid(1_000).saturating_sub(TOLERANCE_S);
            if seconds(&claims, "auth_time").is_none_or(|at| at < after_s) {
                return Err(refuse("sign-in too old"));
            }
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
        let (_, keys) = self.known(now, header.kid.as_deref())?;
        let mut keys = keys.keys.iter().filter(|key| {
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
    fn userinfo(&self, endpoint: &str, token: &str, claims: &Claims) -> Result<Claims, SignInError> {
        let authorization = Some(format!("Bearer {token}"));
        let answer = self.ask(&Outgoing { url: endpoint.to_owned(), form: None, authorization })?;
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

    /// The description and keys, read again when they are old or lack the key `kid`.
    fn known(&self, now: Instant, kid: Option<&str>) -> Result<(Arc<Metadata>, Arc<JwkSet>), SignInError> {
        if let Some(known) = &*self.known.lock() {
            let age = now - known.read_at;
            let has = kid.is_none_or(|kid| known.keys.find(kid).is_some());
            if (has && age < KEPT_MS) || (!has && age < PAUSE_MS) {
                return Ok((Arc::clone(&known.metadata), Arc::clone(&known.keys)));
            }
        }
        // Not under the lock: a slow provider must not hold up those who already know enough.
        let issuer = &self.settings.issuer;
        let standard = || format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let metadata: Metadata = self.read(&self.settings.discovery.clone().unwrap_or_else(standard))?;
        if metadata.issuer != *issuer {
            return Err(SignInError::Untrusted("issuer of the description"));
        }
        let keys: JwkSet = self.read(&metadata.jwks_uri)?;
        let (metadata, keys) = (Arc::new(metadata), Arc::new(keys));
        let known = Known { metadata: Arc::clone(&metadata), keys: Arc::clone(&keys), read_at: now };
        *self.known.lock() = Some(known);
        Ok((metadata, keys))
    }

    fn read<T: for<'de> Deserialize<'de>>(&self, url: &str) -> Result<T, SignInError> {
        let answer = self.ask(&Outgoing { url: url.to_owned(), form: None, authorization: None })?;
        let value = (answer.status == 200).then(|| serde_json::from_slice(&answer.body).ok()).flatten();
        value.ok_or_else(|| SignInError::Provider(format!("{url}: status {}", answer.status)))
    }

    fn ask(&self, request: &Outgoing) -> Result<Incoming, SignInError> {
        (self.fetch)(request).map_err(SignInError::Provider)
    }
}

fn seconds(claims: &Claims, name: &str) -> Option<i64> {
    claims.get(name)?.as_i64()
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// Names and values as a query or a form.
pub(crate) fn query(parameters: &[(&str, String)]) -> String {
    let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

//! The built-in provider of the sandbox: an OpenID Connect provider whose users are fictitious (D56).
//!
//! Its token address, keys and user address answer within the process: [`Fetch`] reaches them
//! without a network, so that signing in takes the same path as everywhere else.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parking_lot::Mutex;
use percent_encoding::percent_decode_str;
use ror_fhir::Instant;
use serde_json::{Value, json};

use super::oidc::{Incoming, Outgoing, Provider, ProviderSettings};
use super::personas::Persona;
use super::{Fetch, People};
use crate::secret::sha256;

/// Name of the provider.
pub(crate) const ID: &str = "bac-a-sable";
const ISSUER: &str = "urn:ror:bac-a-sable";
const CLIENT_ID: &str = "portail";
const REDIRECT: &str = "/connexion/retour";
const AUTHORIZE: &str = "/connexion/bac-a-sable";
const TOKEN: &str = "urn:ror:bac-a-sable:token";
const KEYS: &str = "urn:ror:bac-a-sable:keys";
const USER: &str = "urn:ror:bac-a-sable:user";
const DESCRIPTION: &str = "urn:ror:bac-a-sable:description";
const KID: &str = "bac-a-sable";
/// The strength that everybody has here.
const ACR: &str = "eidas1";
/// How long a code may wait, in milliseconds.
const CODE_MS: i64 = 60_000;
/// Codes that wait at the same time.
const CODES_MAX: usize = 10_000;

/// Why the provider gave no code. Messages are French.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizeError {
    /// Not in the sandbox: there is no such provider.
    #[error("le bac à sable n'est pas ouvert")]
    Closed,
    /// The question is not one that this program asked.
    #[error("demande de connexion incomplète ou inconnue")]
    Request,
    /// Nobody of that name.
    #[error("personne inconnue du bac à sable")]
    Nobody,
}

/// A code that was given, and what it opens.
struct Given {
    challenge: String,
    nonce: String,
    persona: &'static Persona,
    at: Instant,
}

/// The provider.
pub(crate) struct Sandbox {
    encoding: EncodingKey,
    jwks: Value,
    clock: Arc<dyn Fn() -> Instant + Send + Sync>,
    codes: Mutex<HashMap<[u8; 32], Given>>,
    users: Mutex<HashMap<[u8; 32], (&'static Persona, Instant)>>,
}

impl Sandbox {
    /// A provider that signs with this key, which lives as long as the process.
    pub(crate) fn new(pkcs8: &[u8], clock: Arc<dyn Fn() -> Instant + Send + Sync>) -> Self {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).expect("a key just made");
        let point = pair.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..65]));
        let key = json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": KID, "x": x, "y": y });
        Self {
            encoding: EncodingKey::from_ec_der(pkcs8),
            jwks: json!({ "keys": [key] }),
            clock,
            codes: Mutex::default(),
            users: Mutex::default(),
        }
    }

    fn answer(&self, request: &Outgoing) -> Incoming {
        let (status, body) = match request.url.as_str() {
            DESCRIPTION => (200, description()),
            KEYS => (200, self.jwks.clone()),
            TOKEN => self.token(request.form.as_deref().unwrap_or_default()),
            USER => self.user(request.authorization.as_deref().unwrap_or_default()),
            _ => (404, Value::Null),
        };
        Incoming { status, body: body.to_string().into_bytes() }
    }

    /// The code is gone once shown, whatever follows.
    fn token(&self, form: &str) -> (u16, Value) {
        let refused = (400, json!({ "error": "invalid_grant" }));
        let now = (self.clock)();
        let Some(given) = self.codes.lock().remove(&sha256(field(form, "code").as_bytes())) else { return refused };
        let challenge = URL_SAFE_NO_PAD.encode(sha256(field(form, "code_verifier").as_bytes()));
        let is_same = verify_slices_are_equal(challenge.as_bytes(), given.challenge.as_bytes()).is_ok();
        if !is_same || field(form, "redirect_uri") != REDIRECT || now - given.at > CODE_MS {
            return refused;
        }
        let (id_token, access) = (self.id_token(&given), URL_SAFE_NO_PAD.encode(sha256(challenge.as_bytes())));
        self.users.lock().insert(sha256(access.as_bytes()), (given.persona, now));
        (200, json!({ "id_token": id_token, "access_token": access, "token_type": "Bearer", "expires_in": 60 }))
    }

    fn id_token(&self, given: &Given) -> String {
        let at = given.at.div_euclid(1_000);
        let claims = json!({
            "iss": ISSUER, "aud": CLIENT_ID, "sub": given.persona.key, "nonce": given.nonce, "acr": ACR,
            "iat": at, "auth_time": at, "exp": at + 120,
        });
        let header = Header { kid: Some(KID.to_owned()), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, &claims, &self.encoding).expect("the key was read at start")
    }

    fn user(&self, authorization: &str) -> (u16, Value) {
        let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
        let Some((persona, _)) = self.users.lock().remove(&sha256(token.as_bytes())) else {
            return (401, json!({ "error": "invalid_token" }));
        };
        let (given, family) = persona.name.split_once(' ').unwrap_or((persona.name, ""));
        let mut user = json!({ "sub": persona.key, "given_name": given, "family_name": family });
        if let Some(rpps) = persona.rpps {
            user["SubjectNameID"] = Value::String(format!("8{rpps}"));
        }
        (200, user)
    }
}

impl People {
    /// The answer of the built-in provider once somebody chose who to be: where the browser goes.
    /// `form` holds the question, as [`super::People::begin`] made it, and `persona`.
    ///
    /// # Errors
    /// [`AuthorizeError`].
    pub fn authorize(&self, form: &[(String, String)], now: Instant) -> Result<String, AuthorizeError> {
        let sandbox = self.sandbox.as_ref().ok_or(AuthorizeError::Closed)?;
        let field = |name: &str| {
            let mut values = form.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
            values.next().filter(|_| values.next().is_none()).unwrap_or_default()
        };
        let asked = [
            ("response_type", "code"),
            ("client_id", CLIENT_ID),
            ("redirect_uri", REDIRECT),
            ("code_challenge_method", "S256"),
        ];
        let is_ours = asked.iter().all(|(name, value)| field(name) == *value)
            && ["state", "nonce", "code_challenge"].iter().all(|name| (20..200).contains(&field(name).len()));
        if !is_ours {
            return Err(AuthorizeError::Request);
        }
        let persona = Persona::of_key(field("persona")).ok_or(AuthorizeError::Nobody)?;
        let code = URL_SAFE_NO_PAD.encode(self.draw::<32>());
        let (challenge, nonce) = (field("code_challenge").to_owned(), field("nonce").to_owned());
        let mut codes = sandbox.codes.lock();
        codes.retain(|_, given| now - given.at <= CODE_MS);
        if codes.len() >= CODES_MAX {
            return Err(AuthorizeError::Request);
        }
        codes.insert(sha256(code.as_bytes()), Given { challenge, nonce, persona, at: now });
        sandbox.users.lock().retain(|_, (_, at)| now - *at <= CODE_MS);
        let parameters = [("code", code), ("state", field("state").to_owned())];
        Ok(format!("{REDIRECT}?{}", super::oidc::query(&parameters)))
    }
}

/// The built-in provider, as any other one.
pub(crate) fn provider(sandbox: &Arc<Sandbox>) -> Provider {
    let settings = ProviderSettings {
        id: ID.to_owned(),
        label: "Bac à sable".to_owned(),
        issuer: ISSUER.to_owned(),
        discovery: Some(DESCRIPTION.to_owned()),
        client_id: CLIENT_ID.to_owned(),
        client_secret: String::new(),
        redirect_uri: REDIRECT.to_owned(),
        logout_redirect_uri: None,
        scopes: "openid".to_owned(),
        acr: vec![ACR.to_owned()],
        national_ids: true,
        algorithms: vec!["ES256".to_owned()],
    };
    let held = Arc::clone(sandbox);
    let fetch: Arc<Fetch> = Arc::new(move |request: &Outgoing| Ok(held.answer(request)));
    Provider::new(settings, fetch).expect("settings of ours")
}

fn description() -> Value {
    json!({
        "issuer": ISSUER, "authorization_endpoint": AUTHORIZE, "token_endpoint": TOKEN,
        "jwks_uri": KEYS, "userinfo_endpoint": USER,
    })
}

/// A field of a form that we made ourselves.
fn field(form: &str, name: &str) -> String {
    let value = form.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
    value.map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned()).unwrap_or_default()
}

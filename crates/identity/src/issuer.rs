//! Issuers of tokens other than this server, taken when configured (D60).

use std::collections::HashMap;
use std::str::FromStr as _;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, Header, Validation,
    jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse},
};
use parking_lot::RwLock;
use ror_fhir::Instant;
use serde::Deserialize;

use crate::{
    AuthError,
    secret::{hex, sha256},
    token::{Confirmation, Verified, decode_error},
};

/// For how long the keys of an issuer that no longer answers are believed, in milliseconds.
pub const KEYS_LIFE_MS: i64 = 24 * 3_600_000;

/// How soon after a reading the keys may be wanted again because a token names an unknown one:
/// forged tokens must not make this server a nuisance to the issuer.
pub const KEYS_PAUSE_MS: i64 = 60_000;

/// How often the keys of an issuer are read again, in milliseconds.
pub const KEYS_REFRESH_MS: i64 = 10 * 60_000;

/// Keys of one issuer at most.
const KEYS_MAX: usize = 100;

/// An issuer whose tokens are taken, as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// `iss` of its tokens, to the letter.
    pub issuer: String,
    /// What must be in `aud`.
    pub audience: String,
    /// The algorithms it may sign with (`ES256`, `RS256`…); at least one, none symmetric.
    pub algorithms: Vec<String>,
    /// Whether its tokens are refused unless bound to a certificate that the call shows.
    pub bound: bool,
}

/// Why an issuer, or its set of keys, is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerError {
    /// No algorithm, or one that is unknown or symmetric.
    #[error("émetteur {0} : algorithmes refusés (attendus : parmi ES256, ES384, RS256, PS256, EdDSA…)")]
    Algorithms(String),
    /// An empty name or audience.
    #[error("émetteur sans nom ou sans audience")]
    Nameless,
    /// The name is ours, or stands twice.
    #[error("émetteur {0} : nom déjà pris")]
    Taken(String),
    /// The set of keys is not one, or holds no key that can be used.
    #[error("émetteur {0} : jeu de clés illisible, vide ou ambigu")]
    Keys(String),
    /// No such issuer is configured.
    #[error("émetteur {0} inconnu")]
    Unknown(String),
}

/// An issuer with its keys of this moment.
pub(crate) struct Trusted {
    settings: Issuer,
    algorithms: Vec<Algorithm>,
    keys: RwLock<KeySet>,
}

#[derive(Default)]
struct KeySet {
    by_id: HashMap<String, DecodingKey>,
    read_at: Option<Instant>,
    tried_at: Option<Instant>,
    /// A token named a key that is not here.
    is_wanted: bool,
}

/// What is read of a token of another issuer. A time may have a fraction (RFC 7519 §2).
#[derive(Deserialize)]
struct Claims {
    azp: Option<String>,
    client_id: Option<String>,
    exp: f64,
    nbf: Option<f64>,
    cnf: Option<Confirmation>,
}

impl Trusted {
    pub(crate) fn new(settings: Issuer) -> Result<Self, IssuerError> {
        if settings.issuer.is_empty() || settings.audience.is_empty() {
            return Err(IssuerError::Nameless);
        }
        let read = |name: &String| Algorithm::from_str(name).ok().filter(|one| one.family() != AlgorithmFamily::Hmac);
        let algorithms: Option<Vec<Algorithm>> = settings.algorithms.iter().map(read).collect();
        match algorithms {
            Some(algorithms) if !algorithms.is_empty() => Ok(Self { settings, algorithms, keys: RwLock::default() }),
            _ => Err(IssuerError::Algorithms(settings.issuer)),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.settings.issuer
    }

    /// Takes a new set of keys; the former stays when this one is no good.
    pub(crate) fn set_keys(&self, jwks: &str, now: Instant) -> Result<usize, IssuerError> {
        let refused = || IssuerError::Keys(self.settings.issuer.clone());
        let set: JwkSet = serde_json::from_str(jwks).map_err(|_| refused())?;
        let mut by_id = HashMap::new();
        for (id, key) in set.keys.iter().take(KEYS_MAX).filter_map(usable) {
            // Two keys of one name: which of them verifies would be chance.
            if by_id.insert(id, key).is_some() {
                return Err(refused());
            }
        }
        if by_id.is_empty() {
            return Err(refused());
        }
        let count = by_id.len();
        *self.keys.write() = KeySet { by_id, read_at: Some(now), tried_at: Some(now), is_wanted: false };
        Ok(count)
    }

    /// Whether the keys should be read again now; saying so counts as trying.
    pub(crate) fn wants_keys(&self, now: Instant) -> bool {
        let mut keys = self.keys.write();
        let since = keys.tried_at.map_or(Instant::MAX, |tried_at| now.saturating_sub(tried_at).max(0));
        let pause = if keys.is_wanted || keys.read_at.is_none() { KEYS_PAUSE_MS } else { KEYS_REFRESH_MS };
        let wants = since >= pause;
        if wants {
            keys.tried_at = Some(now);
        }
        wants
    }

    /// Whether its keys are too old to be believed.
    pub(crate) fn is_stale(&self, now: Instant) -> bool {
        self.keys.read().is_old(now)
    }

    /// Checks everything but the time: key, algorithm, signature, issuer, audience, client.
    pub(crate) fn verify(&self, token: &str, header: &Header, now: Instant) -> Result<Verified, AuthError> {
        let Some(kid) = header.kid.as_deref() else { return Err(AuthError::Invalid) };
        if !self.algorithms.contains(&header.alg) {
            return Err(AuthError::Invalid);
        }
        let key = self.key(kid, now).ok_or(AuthError::Invalid)?;
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        // `exp` is required by our own reading, which takes fractions.
        validation.set_required_spec_claims(&["iss", "aud"]);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims =
            jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|error| decode_error(&error))?.claims;
        let client = match (claims.azp, claims.client_id) {
            (Some(azp), Some(id)) if azp != id => return Err(AuthError::Invalid),
            (Some(id), _) | (None, Some(id)) => id,
            (None, None) => return Err(AuthError::Invalid),
        };
        Ok(Verified {
            client_id: outside_id(&self.settings.issuer, &client),
            not_before_s: claims.nbf.map_or(i64::MIN, |at| at as i64),
            expires_s: claims.exp as i64,
            bound_to: Confirmation::thumbprint(claims.cnf)?,
            must_show: self.settings.bound,
        })
    }

    fn key(&self, kid: &str, now: Instant) -> Option<DecodingKey> {
        let keys = self.keys.read();
        let known = keys.by_id.get(kid).cloned();
        let is_old = keys.is_old(now);
        drop(keys);
        if known.is_none() {
            self.keys.write().is_wanted = true;
        }
        known.filter(|_| !is_old)
    }
}

impl KeySet {
    fn is_old(&self, now: Instant) -> bool {
        self.read_at.is_some_and(|read_at| now.saturating_sub(read_at) >= KEYS_LIFE_MS)
    }
}

/// A public key for signatures, with its name.
fn usable(key: &Jwk) -> Option<(String, DecodingKey)> {
    let is_public = match &key.algorithm {
        AlgorithmParameters::EllipticCurve(_) | AlgorithmParameters::OctetKeyPair(_) => true,
        // 2048 bits at least.
        AlgorithmParameters::RSA(key) => URL_SAFE_NO_PAD.decode(&key.n).is_ok_and(|n| n.len() >= 256),
        _ => false,
    };
    let signs = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let id = key.common.key_id.clone().filter(|_| is_public && signs)?;
    Some((id, DecodingKey::from_jwk(key).ok()?))
}

/// The id in our register of a client of another issuer: drawn from both names, so that no issuer
/// can speak for a client that is not its own.
pub(crate) fn outside_id(issuer: &str, client: &str) -> String {
    let hash = sha256([issuer.as_bytes(), &[0], client.as_bytes()].concat().as_slice());
    format!("externe-{}", hex(&hash[..16]))
}

//! What is known of a provider: its description and its keys, asked for by one caller at a time.
//!
//! A provider that fails, or hangs, must cost its own users a moment and nobody else anything: what
//! was read before serves while it is read again, and a failure is remembered instead of tried anew.

use std::sync::Arc;

use jsonwebtoken::jwk::JwkSet;
use parking_lot::Mutex;
use ror_fhir::Instant;
use serde::Deserialize;

use super::oidc::{Fetch, Incoming, Outgoing, ProviderSettings};
use super::sign_in::SignInError;

/// How long the description and the keys of a provider are kept.
const KEPT_MS: i64 = 10 * 60_000;
/// How soon its keys are read again because an answer names an unknown one.
const PAUSE_MS: i64 = 60_000;
/// How long they serve when they cannot be read again.
const LIFE_MS: i64 = 24 * 3_600_000;
/// How soon a provider that failed is asked again.
const FAILED_MS: i64 = 10_000;

/// What a provider says of itself.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    pub(crate) jwks_uri: String,
    #[serde(default)]
    pub(crate) userinfo_endpoint: Option<String>,
    /// Where its own session is ended (RP-Initiated Logout 1.0 §2.1).
    #[serde(default)]
    pub(crate) end_session_endpoint: Option<String>,
}

/// What was read of a provider, and when.
pub(crate) struct Facts {
    pub(crate) metadata: Metadata,
    pub(crate) keys: JwkSet,
    read_at: Instant,
}

/// A failure, as it is told again while it is remembered.
#[derive(Clone)]
enum Failure {
    Untrusted(&'static str),
    Provider(String),
}

#[derive(Default)]
struct State {
    facts: Option<Arc<Facts>>,
    /// The last reading, when it failed.
    unread: Option<(Instant, Failure)>,
    /// The last other question that had no answer at all.
    silent: Option<(Instant, String)>,
}

/// A provider on the network.
pub(crate) struct Source {
    issuer: String,
    discovery: String,
    fetch: Arc<Fetch>,
    state: Mutex<State>,
    /// Held by the one who reads.
    reading: Mutex<()>,
}

/// What may be done without asking.
enum Held {
    /// These facts are recent.
    Enough(Arc<Facts>),
    /// These serve, and somebody should read them again.
    Old(Arc<Facts>),
    Nothing,
}

impl From<Failure> for SignInError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Untrusted(what) => Self::Untrusted(what),
            Failure::Provider(what) => Self::Provider(what),
        }
    }
}

/// The moment `now`, later by what has passed since: a failure that took long is remembered from its end on.
fn after(now: Instant, since: std::time::Instant) -> Instant {
    now.saturating_add(i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX))
}

impl Source {
    pub(crate) fn new(settings: &ProviderSettings, fetch: Arc<Fetch>) -> Self {
        let issuer = settings.issuer.clone();
        let standard = || format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let discovery = settings.discovery.clone().unwrap_or_else(standard);
        Self { issuer, discovery, fetch, state: Mutex::default(), reading: Mutex::default() }
    }

    /// The description and the keys, read again when they are old or lack the key `kid`.
    pub(crate) fn facts(&self, now: Instant, kid: Option<&str>) -> Result<Arc<Facts>, SignInError> {
        let _turn = match self.held(now, kid)? {
            Held::Enough(facts) => return Ok(facts),
            Held::Old(facts) => match self.reading.try_lock() {
                Some(turn) => turn,
                None => return Ok(facts),
            },
            Held::Nothing => self.reading.lock(),
        };
        // Somebody else may have read, or failed, meanwhile.
        let serves = match self.held(now, kid)? {
            Held::Enough(facts) => return Ok(facts),
            Held::Old(facts) => Some(facts),
            Held::Nothing => None,
        };
        // Not under the lock of the state: those who know enough are not held up.
        let asked = std::time::Instant::now();
        let read = self.read_all(now);
        let mut state = self.state.lock();
        match read {
            Ok(facts) => {
                let facts = Arc::new(facts);
                (state.facts, state.unread) = (Some(Arc::clone(&facts)), None);
                Ok(facts)
            }
            Err(failure) => {
                state.unread = Some((after(now, asked), failure.clone()));
                serves.ok_or_else(|| failure.into())
            }
        }
    }

    /// A question whose answer concerns one sign-in.
    pub(crate) fn ask(&self, request: &Outgoing, now: Instant) -> Result<Incoming, SignInError> {
        self.check_answers(now)?;
        let asked = std::time::Instant::now();
        (self.fetch)(request).map_err(|what| {
            self.state.lock().silent = Some((after(now, asked), what.clone()));
            SignInError::Provider(what)
        })
    }

    /// Refuses to wait again for a provider that has just not answered.
    pub(crate) fn check_answers(&self, now: Instant) -> Result<(), SignInError> {
        match &self.state.lock().silent {
            Some((at, what)) if now.saturating_sub(*at) < FAILED_MS => Err(SignInError::Provider(what.clone())),
            _ => Ok(()),
        }
    }

    fn held(&self, now: Instant, kid: Option<&str>) -> Result<Held, SignInError> {
        let state = self.state.lock();
        let failed = state.unread.as_ref().filter(|(at, _)| now.saturating_sub(*at) < FAILED_MS);
        let serving = state.facts.as_ref().filter(|facts| now.saturating_sub(facts.read_at) < LIFE_MS);
        let has = |facts: &Facts| kid.is_none_or(|kid| facts.keys.find(kid).is_some());
        match (serving, failed) {
            (Some(facts), _) if is_recent(facts, has(facts), now) => Ok(Held::Enough(Arc::clone(facts))),
            (Some(facts), Some(_)) => Ok(Held::Enough(Arc::clone(facts))),
            (None, Some((_, failure))) => Err(failure.clone().into()),
            (Some(facts), None) if has(facts) => Ok(Held::Old(Arc::clone(facts))),
            (_, None) => Ok(Held::Nothing),
        }
    }

    fn read_all(&self, now: Instant) -> Result<Facts, Failure> {
        let metadata: Metadata = self.read(&self.discovery)?;
        if metadata.issuer != self.issuer {
            return Err(Failure::Untrusted("issuer of the description"));
        }
        let keys = self.read(&metadata.jwks_uri)?;
        Ok(Facts { metadata, keys, read_at: now })
    }

    fn read<T: for<'de> Deserialize<'de>>(&self, url: &str) -> Result<T, Failure> {
        let request = Outgoing { url: url.to_owned(), form: None, authorization: None };
        let answer = (self.fetch)(&request).map_err(Failure::Provider)?;
        let value = (answer.status == 200).then(|| serde_json::from_slice(&answer.body).ok()).flatten();
        value.ok_or_else(|| Failure::Provider(format!("{url}: status {}", answer.status)))
    }
}

/// Whether nothing new is to be read: a key that is not there is looked for once a minute.
fn is_recent(facts: &Facts, has_key: bool, now: Instant) -> bool {
    now.saturating_sub(facts.read_at) < if has_key { KEPT_MS } else { PAUSE_MS }
}

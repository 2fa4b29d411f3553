//! Signing in: a question to a provider, its answer taken once, a session (OpenID Connect, code flow).

use std::fmt;

use aws_lc_rs::constant_time;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ror_fhir::Instant;
use ror_ledger::{EndSessions, LedgerError, NewRecord};
use serde::{Deserialize, Serialize};

use super::People;
use super::entitlement::{EndReason, Entitlement, Standing};
use super::oidc::{Asked, Expected, Proven, Provider, with_query};
use super::person::PersonKey;
use super::profile::WITHOUT_RIGHT;
use super::rights::{actor, ended, trace};
use super::session::{self, Kept, UNPROVED, is_fresh};
use crate::Secret;
use crate::secret::hash;

/// Kind of the records of sign-ins: its subject is the person, its date that of the last one.
pub(crate) const KIND: &str = "sign-in";
/// How long a sign-in may take, in milliseconds.
const ATTEMPT_MS: i64 = 10 * 60_000;
/// Purpose of the seal of attempts.
const PURPOSE: &str = "sign-in";
/// Longest attempt, code or state looked at, in bytes.
const TEXT_BYTES_MAX: usize = 4_096;
/// Longest address to come back to, in bytes.
const BACK_BYTES_MAX: usize = 2_000;

/// A sign-in that began.
pub struct Begun {
    /// For the browser to keep until it comes back.
    pub cookie: String,
    /// Where it goes.
    pub address: String,
    /// What it brings there.
    pub parameters: Vec<(&'static str, String)>,
}

/// What a browser brings back from a provider.
#[derive(Clone, Copy, Debug, Default)]
pub struct Callback<'a> {
    /// The code to redeem.
    pub code: Option<&'a str>,
    /// What was sent along.
    pub state: Option<&'a str>,
    /// What the provider refused.
    pub error: Option<&'a str>,
}

/// Somebody signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// The secret of the session, for the browser alone.
    pub secret: Secret,
    /// Where they wanted to be.
    pub back: String,
}

/// Why nobody signed in. Messages are French and quote nothing of what was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// No such provider.
    #[error("fournisseur d'identité inconnu")]
    Unknown,
    /// This browser did not ask, asked too long ago, or asked something else.
    #[error("cette connexion n'a pas été demandée par ce navigateur, ou trop tôt")]
    NotAsked,
    /// The answer was already taken.
    #[error("cette connexion a déjà servi")]
    Replayed,
    /// The provider, or the person there, said no.
    #[error("le fournisseur d'identité a refusé")]
    Refused,
    /// The answer of the provider fails a check, named for the log.
    #[error("la réponse du fournisseur d'identité n'est pas fiable")]
    Untrusted(&'static str),
    /// The provider does not answer as it should; what happened, for the log.
    #[error("le fournisseur d'identité ne répond pas")]
    Provider(String),
    /// The ledger failed.
    #[error("registre indisponible")]
    Ledger(#[from] LedgerError),
}

impl SignInError {
    /// A stable code, for logs and pages.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown-provider",
            Self::NotAsked => "not-asked",
            Self::Replayed => "replayed",
            Self::Refused => "refused",
            Self::Untrusted(_) => "untrusted",
            Self::Provider(_) => "provider",
            Self::Ledger(_) => "ledger",
        }
    }

    /// What exactly, for the log alone.
    pub fn detail(&self) -> String {
        match self {
            Self::Untrusted(what) => (*what).to_owned(),
            Self::Provider(what) => what.clone(),
            Self::Ledger(error) => error.to_string(),
            _ => String::new(),
        }
    }
}

/// What is asked of a provider, kept by the browser under our seal.
#[derive(Serialize, Deserialize)]
struct Attempt {
    provider: String,
    state: String,
    nonce: String,
    verifier: String,
    back: String,
    again: bool,
    at: Instant,
}

/// Written by hand so that no log ever carries what the browser keeps.
impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Begun {
    /// Where the browser goes, with what it brings.
    pub fn url(&self) -> String {
        with_query(&self.address, &self.parameters)
    }
}

impl People {
    /// Begins a sign-in at a provider (`None` is the built-in one). `back` is where to go after;
    /// `again` asks the person to prove once more who they are.
    ///
    /// # Errors
    /// [`SignInError::Unknown`], or what reading the provider's description gave.
    pub fn begin(&self, provider: Option<&str>, back: &str, again: bool, now: Instant) -> Result<Begun, SignInError> {
        let provider = self.provider(provider.unwrap_or(super::sandbox::ID))?;
        let letters = || URL_SAFE_NO_PAD.encode(self.draw::<32>());
        let attempt = Attempt {
            provider: provider.id().to_owned(),
            state: letters(),
            nonce: letters(),
            verifier: letters(),
            back: if is_local(back) { back.to_owned() } else { "/".to_owned() },
            again,
            at: now,
        };
        let Attempt { state, nonce, verifier, .. } = &attempt;
        let (address, parameters) = provider.authorization(&Asked { state, nonce, verifier, again }, now)?;
        let text = serde_json::to_vec(&attempt).expect("plain data");
        Ok(Begun { cookie: self.seal.close(PURPOSE, &text), address, parameters })
    }

    /// Ends a sign-in: checks that this browser asked for it, that the answer was never taken,
    /// and that it is good; then opens a session with a secret of its own, and ends `former`.
    ///
    /// # Errors
    /// [`SignInError`]; then nobody is signed in, and `former` goes on.
    pub fn finish(
        &self,
        cookie: Option<&str>,
        callback: Callback<'_>,
        former: Option<&str>,
        now: Instant,
    ) -> Result<SignedIn, SignInError> {
        let attempt = self.attempt(cookie, callback.state, now)?;
        let provider = self.provider(&attempt.provider)?;
        let code = match (callback.error, callback.code) {
            (None, Some(code)) if !code.is_empty() && code.len() <= TEXT_BYTES_MAX => code,
            _ => return Err(SignInError::Refused),
        };
        let &Attempt { ref nonce, ref verifier, again, at: asked_at, .. } = &attempt;
        let expected = Expected { nonce, verifier, asked_at, again };
        let proven = provider.redeem(code, &expected, now)?;
        let secret = self.open_session(provider, &proven, former, now)?;
        Ok(SignedIn { secret, back: attempt.back })
    }

    /// The attempt that this browser began and that the answer belongs to; taken for good.
    fn attempt(&self, cookie: Option<&str>, state: Option<&str>, now: Instant) -> Result<Attempt, SignInError> {
        let cookie = cookie.filter(|cookie| cookie.len() <= TEXT_BYTES_MAX * 2).ok_or(SignInError::NotAsked)?;
        let text = self.seal.open(PURPOSE, cookie).ok_or(SignInError::NotAsked)?;
        let attempt: Attempt = serde_json::from_slice(&text).map_err(|_| SignInError::NotAsked)?;
        let state = state.unwrap_or_default();
        let is_same = constant_time::verify_slices_are_equal(state.as_bytes(), attempt.state.as_bytes()).is_ok();
        let until = attempt.at.saturating_add(ATTEMPT_MS);
        if !is_same || now >= until || now < attempt.at.saturating_sub(ATTEMPT_MS) {
            return Err(SignInError::NotAsked);
        }
        if !self.used.take(state.as_bytes(), until, now) {
            return Err(SignInError::Replayed);
        }
        Ok(attempt)
    }

    fn provider(&self, id: &str) -> Result<&Provider, SignInError> {
        self.providers.iter().find(|provider| provider.id() == id).ok_or(SignInError::Unknown)
    }

    /// Writes who signed in, ends the rights that lapsed before they came, and opens their session.
    fn open_session(
        &self,
        provider: &Provider,
        proven: &Proven,
        former: Option<&str>,
        now: Instant,
    ) -> Result<Secret, SignInError> {
        let key = PersonKey::of(&proven.identity);
        let who = actor(&key.id());
        let (person, record) = self.person_record(&key, &proven.identity.name, &who, now)?;
        let mut records: Vec<NewRecord> = record.into_iter().collect();
        // Signing in does not bring back what lapsed: somebody in charge gives it again.
        let rights = self.rights_of(&person.id, now)?;
        let lapsed = rights.iter().filter(|(_, standing)| *standing == Standing::Lapsed);
        records.extend(lapsed.map(|(right, _)| ended(right, EndReason::Lapsed, "system", now)));
        records.push(self.sign_in_record(&person.id, &who, provider.id(), now)?);
        // Known to the provider from before, or it does not say: not proved to us.
        let authenticated_at = proven.authenticated_at.unwrap_or(UNPROVED);
        let usable = self.usable(&person, now)?;
        let right = first(&usable, authenticated_at, now);
        let kept = Kept {
            right: right.map(|right| right.id.clone()),
            authenticated_at,
            started_at: now,
            seen_at: now,
            way_out: proven.way_out.clone(),
        };
        let limits = right.map_or(WITHOUT_RIGHT, |right| right.profile.limits());
        let secret = Secret::draw(&mut |bytes| (self.random)(bytes));
        let row = session::row(hash(secret.expose()), &person.id, &kept, limits);
        let trace = trace("sign-in", &format!("provider/{}", provider.id()), &who, "done", now);
        self.ledger.end_sessions(EndSessions::Before(now), &[])?;
        self.ledger.open_session(&row, former.map(hash).as_ref(), &records, &[trace])?;
        Ok(secret)
    }

    fn sign_in_record(&self, person: &str, who: &str, provider: &str, now: Instant) -> Result<NewRecord, LedgerError> {
        let standing = self.ledger.record(KIND, person)?;
        Ok(NewRecord {
            kind: KIND.to_owned(),
            id: person.to_owned(),
            ver: standing.map_or(1, |row| row.entry.ver + 1),
            subject: person.to_owned(),
            at: now,
            actor: who.to_owned(),
            body: serde_json::json!({ "provider": provider }).to_string(),
        })
    }
}

/// The right a session begins under: the first given that a sign-in this old may open.
fn first(usable: &[(Entitlement, Standing)], authenticated_at: Instant, now: Instant) -> Option<&Entitlement> {
    let mut rights = usable.iter().map(|(right, _)| right);
    rights.find(|right| !right.profile.reads_level_3() || is_fresh(authenticated_at, now))
}

/// Whether an address is one of ours, to come back to after a sign-in: a path, never another site.
pub fn is_local(address: &str) -> bool {
    let mut letters = address.chars();
    let (first, second) = (letters.next(), letters.next());
    first == Some('/')
        && !matches!(second, Some('/' | '\\'))
        && address.len() <= BACK_BYTES_MAX
        && address.chars().all(|letter| letter.is_ascii_graphic() && letter != '\\')
        && !address.starts_with("/connexion")
        && !address.starts_with("/deconnexion")
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn only_a_path_of_this_site_is_come_back_to() {
        for good in ["/", "/recherche?quoi=irm&ou=belley", "/offre/84/00000012#contact-bloc", "/session"] {
            assert!(is_local(good), "{good}");
        }
        let long = format!("/{}", "a".repeat(3_000));
        for bad in [
            "",
            "recherche",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "/a\\b",
            "/a\r\nSet-Cookie: x=1",
            "/\t/evil.example",
            "/é",
            " /",
            "/connexion?retour=/",
            "/deconnexion",
            &long,
        ] {
            assert!(!is_local(bad), "{bad}");
        }
    }
}

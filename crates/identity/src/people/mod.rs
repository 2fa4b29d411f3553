//! People: who they are, what they may be, and whether they are signed in.
//!
//! * [`PersonProfile`], [`Scope`], [`Entitlement`]: the profiles, where they hold, who has one.
//! * [`People::begin`], [`People::finish`]: signing in at a provider (OpenID Connect), one path for
//!   Pro Santé Connect, any other provider and the sandbox (D56).
//! * [`People::visit`]: from the cookie of a browser to who is reading, with a
//!   [`Grant`](ror_confidentiality::Grant) whose audience is that of the one profile acted under (D32).
//! * [`People::give`], [`People::take_back`]: rights, given by whoever is in charge.
//!
//! Persons and rights are records of the ledger: each with its author and date, none ever lost.
//! Sessions are kept in the ledger too, under the hash of what the browser holds, so that a
//! restart signs nobody out.

mod entitlement;
mod known;
mod oidc;
mod person;
mod personas;
mod profile;
mod rights;
mod sandbox;
mod scope;
mod seal;
mod session;
mod sign_in;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use ror_fhir::Instant;
use ror_ledger::{Ledger, LedgerError};

use crate::{Random, keys};

pub use entitlement::{EndReason, Ended, Entitlement, LAPSE_MS, NOTICE_MS, Standing};
pub use oidc::{Fetch, Incoming, Outgoing, ProviderSettings};
pub use person::{Identity as VouchedIdentity, Person, PersonKey};
pub use personas::{DemoScopes, Persona};
pub use profile::{PersonProfile, SessionLimits};
pub use rights::{Giver, NewEntitlement, RightError};
pub use sandbox::AuthorizeError;
pub use scope::{Held, Holders, Scope, ScopeKind};
pub use session::{Acting, Choice, SessionError, Visit};
pub use sign_in::{Begun, Callback, SignInError, SignedIn, is_local};

/// Where the key of seals is kept in the ledger.
const SEAL_KEY: &str = "people.seal-key";

/// How people sign in.
#[derive(Default)]
pub struct PeopleSettings {
    /// The providers of real life.
    pub providers: Vec<ProviderSettings>,
    /// The built-in provider, on fictitious data only (D56).
    pub sandbox: Option<DemoScopes>,
}

/// Everything about people. One per server, shared by its threads.
pub struct People {
    ledger: Arc<dyn Ledger>,
    random: Box<Random>,
    seal: seal::Seal,
    used: seal::Used,
    providers: Vec<oidc::Provider>,
    sandbox: Option<Arc<sandbox::Sandbox>>,
}

/// Why there is no [`People`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeopleError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Two providers of one name, or one that cannot be used.
    #[error("fournisseur d'identité refusé : {0}")]
    Provider(String),
}

impl People {
    /// Opens the register of people. `fetch` asks providers on the network; `clock` is for the
    /// built-in one. In the sandbox, its persons and their rights are written when they are missing.
    ///
    /// # Errors
    /// [`PeopleError`].
    pub fn open(
        ledger: Arc<dyn Ledger>,
        settings: PeopleSettings,
        random: Box<Random>,
        fetch: &Arc<Fetch>,
        clock: Arc<dyn Fn() -> Instant + Send + Sync>,
    ) -> Result<Self, PeopleError> {
        let mut fresh = [0; 32];
        random(&mut fresh);
        let seal = seal::Seal::new(&ledger.init_meta(SEAL_KEY, &fresh)?);
        let mut providers = Vec::new();
        for settings in settings.providers {
            let name = settings.id.clone();
            if providers.iter().any(|known: &oidc::Provider| known.id() == name) || name == sandbox::ID {
                return Err(PeopleError::Provider(name));
            }
            providers.push(oidc::Provider::new(settings, Arc::clone(fetch)).ok_or(PeopleError::Provider(name))?);
        }
        let now = clock();
        let sandbox = settings.sandbox.as_ref().map(|_| sandbox::Sandbox::new(&keys::generate(&*random), clock));
        let sandbox = sandbox.map(Arc::new);
        if let Some(sandbox) = &sandbox {
            providers.push(sandbox::provider(sandbox));
        }
        let people = Self { ledger, random, seal, used: seal::Used::default(), providers, sandbox };
        if let Some(scopes) = &settings.sandbox {
            people.write_personas(scopes, now)?;
        }
        Ok(people)
    }

    /// The providers that people may choose from: id and label; the built-in one is not among them.
    pub fn providers(&self) -> impl Iterator<Item = (&str, &str)> {
        let real = self.providers.iter().filter(|provider| provider.id() != sandbox::ID);
        real.map(|provider| (provider.id(), provider.label()))
    }

    /// Whether the built-in provider is there.
    pub const fn is_sandbox(&self) -> bool {
        self.sandbox.is_some()
    }

    fn draw<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }
}

impl std::fmt::Debug for People {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("People").field("is_sandbox", &self.is_sandbox()).finish_non_exhaustive()
    }
}

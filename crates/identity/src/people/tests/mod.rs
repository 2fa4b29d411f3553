//! People from outside: who signs in, reads as whom, gives what, and when it ends.

mod provider;
mod rights;
mod sessions;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use ror_fhir::Instant;
use ror_ledger::{Ledger, SqliteLedger};

use super::{
    Acting, Begun, Callback, DemoScopes, Fetch, Outgoing, People, PeopleSettings, ProviderSettings, SignInError, Visit,
};

pub(super) const START: Instant = 1_795_262_700_000;
pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// A register of people in a folder of its own, with a clock that tests set.
pub(super) struct World {
    pub(super) people: People,
    pub(super) ledger: Arc<dyn Ledger>,
    clock: Arc<AtomicI64>,
    folder: tempfile::TempDir,
}

impl World {
    pub(super) fn sandbox() -> Self {
        Self::with(|| PeopleSettings { providers: Vec::new(), sandbox: Some(scopes()) }, &nowhere())
    }

    pub(super) fn with(settings: impl Fn() -> PeopleSettings, fetch: &Arc<Fetch>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(AtomicI64::new(START));
        let (people, ledger) = open(&folder, settings(), fetch, &clock);
        Self { people, ledger, clock, folder }
    }

    /// The same files, in a program that has just started.
    pub(super) fn restarted(self) -> Self {
        let Self { people, ledger, clock, folder } = self;
        drop((people, ledger));
        let settings = PeopleSettings { providers: Vec::new(), sandbox: Some(scopes()) };
        let (people, ledger) = open(&folder, settings, &nowhere(), &clock);
        Self { people, ledger, clock, folder }
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.load(Ordering::Relaxed)
    }

    pub(super) fn wait(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    pub(super) fn begin(&self) -> Begun {
        self.people.begin(None, "/session", false, self.now()).expect("begins")
    }

    /// The address where the built-in provider sends a browser back.
    pub(super) fn choose(&self, begun: &Begun, persona: &str) -> String {
        let mut form: Vec<(String, String)> =
            begun.parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        form.push(("persona".to_owned(), persona.to_owned()));
        self.people.authorize(&form, self.now()).expect("a code")
    }

    pub(super) fn finish(&self, begun: &Begun, address: &str) -> Result<String, SignInError> {
        let (code, state) = (parameter(address, "code"), parameter(address, "state"));
        let callback = Callback { code: code.as_deref(), state: state.as_deref(), error: None };
        let signed_in = self.people.finish(Some(&begun.cookie), callback, None, self.now())?;
        Ok(signed_in.secret.expose().to_owned())
    }

    /// Signs a persona in; gives the cookie.
    pub(super) fn sign_in(&self, persona: &str) -> String {
        let begun = self.begin();
        let address = self.choose(&begun, persona);
        self.finish(&begun, &address).expect("signed in")
    }

    pub(super) fn visit(&self, cookie: &str) -> Visit {
        self.people.visit(Some(cookie), self.now()).expect("reads")
    }

    pub(super) fn acting(&self, cookie: &str) -> Acting {
        match self.visit(cookie) {
            Visit::SignedIn(acting) => *acting,
            Visit::Public | Visit::Ended => panic!("signed in"),
        }
    }

    pub(super) fn is_ended(&self, cookie: &str) -> bool {
        matches!(self.visit(cookie), Visit::Ended)
    }

    /// What was done, as (action, outcome), in order.
    pub(super) fn traces(&self) -> Vec<(String, String)> {
        let rows = self.ledger.audit_tail(0, 1_000).expect("reads");
        rows.into_iter().map(|row| (row.entry.action, row.entry.outcome)).collect()
    }
}

fn open(
    folder: &tempfile::TempDir,
    settings: PeopleSettings,
    fetch: &Arc<Fetch>,
    clock: &Arc<AtomicI64>,
) -> (People, Arc<dyn Ledger>) {
    let ledger: Arc<dyn Ledger> = Arc::new(SqliteLedger::open(&folder.path().join("ledger.sqlite")).expect("a ledger"));
    let (seed, clock) = (AtomicU64::new(START as u64), Arc::clone(clock));
    // Each start of the program draws other numbers.
    seed.fetch_add(ledger.audit_tail(0, 1_000).expect("reads").len() as u64 * 1_000, Ordering::Relaxed);
    let random = move |bytes: &mut [u8]| {
        for chunk in bytes.chunks_mut(8) {
            let next = seed.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&next.to_be_bytes()[..chunk.len()]);
        }
    };
    let clock = Arc::new(move || clock.load(Ordering::Relaxed));
    let people = People::open(Arc::clone(&ledger), settings, Box::new(random), fetch, clock).expect("opens");
    (people, ledger)
}

pub(super) fn scopes() -> DemoScopes {
    DemoScopes {
        region: "84".to_owned(),
        departement: "01".to_owned(),
        communes: vec!["01053".to_owned()],
        hospital: Some("019900001".to_owned()),
        hospital_offers: vec!["84/00000001".to_owned()],
        home: Some("019900002".to_owned()),
        home_offers: vec!["84/00000002".to_owned()],
        practice: Some("019900003".to_owned()),
    }
}

pub(super) fn nowhere() -> Arc<Fetch> {
    Arc::new(|request: &Outgoing| Err(format!("no network for {}", request.url)))
}

pub(super) fn parameter(address: &str, name: &str) -> Option<String> {
    let query = address.split_once('?')?.1;
    query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, it)| it.to_owned())
}

//! What every request needs: the services behind, and the settings.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use ror_directory::{Directory, Environment};
use ror_fhir::Instant;
use ror_identity::{CallTimes, Identity, Traces};
use ror_search::{Geography, Registry};
use ror_terminology::Terminology;
use tokio::sync::Semaphore;

use crate::conformance::Definitions;
use crate::cursor::Sealer;
use crate::export::Exports;
use crate::limits::{Limiter, Limits};
use crate::metrics::Meters;
use crate::tls::Security;

/// Readings of traces at the same time: those who may are few.
const AUDITS_MAX: usize = 2;

/// The services that answers come from.
pub struct Services {
    /// The directory.
    pub directory: Arc<Directory>,
    /// The register of clients and the tokens.
    pub identity: Arc<Identity>,
    /// The search parameters.
    pub registry: &'static Registry,
    /// The code systems and value sets.
    pub terminology: &'static Terminology,
    /// The communes.
    pub geography: Arc<dyn Geography>,
    /// The clock and the chance.
    pub environment: Environment,
}

/// Settings of the HTTP side. None changes who sees what.
pub struct Settings {
    /// Sandbox: callers on the same machine are not limited (D61).
    pub sandbox: bool,
    /// Strict handling for every request (D17).
    pub strict: bool,
    /// Whether the address that clients use is `https`: for links.
    pub https: bool,
    /// Where the server listens: metrics are served on a loopback listener only (D79).
    pub listener: SocketAddr,
    /// Key of page cursors: 32 random bytes kept with the data.
    pub cursor_key: [u8; 32],
    /// Limits per caller.
    pub limits: Limits,
    /// The authorities that vouch for certificates of clients; `None`: no certificate is taken.
    pub security: Option<Arc<Security>>,
    /// Where calls leave their traces (D63). `None` keeps none: for tests and benches alone.
    pub traces: Option<Arc<Traces>>,
    /// Where exports are kept (D47). `None` serves none: for tests and benches alone.
    pub exports: Option<Arc<Exports>>,
    /// Gives the text of `/metrics`, when a recorder is installed.
    pub metrics: Option<Arc<dyn Fn() -> String + Send + Sync>>,
}

impl Settings {
    /// Default settings of a server that listens at `listener`.
    pub fn new(listener: SocketAddr, cursor_key: [u8; 32]) -> Self {
        Self {
            sandbox: false,
            strict: false,
            https: false,
            listener,
            cursor_key,
            limits: Limits::default(),
            security: None,
            traces: None,
            exports: None,
            metrics: None,
        }
    }
}

/// The state of the API; cheap to clone. Made after the metrics recorder is installed.
#[derive(Clone)]
pub struct ApiState {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) services: Services,
    pub(crate) settings: Settings,
    pub(crate) sealer: Sealer,
    pub(crate) limiter: Limiter,
    pub(crate) meters: Meters,
    pub(crate) times: Arc<CallTimes>,
    /// What is served, described; made when first asked for.
    pub(crate) definitions: OnceLock<Definitions>,
    /// Long searches that may run at the same time: as many as processors.
    pub(crate) heavy: Arc<Semaphore>,
    /// Readings of traces that may run at the same time, apart from searches.
    pub(crate) audits: Arc<Semaphore>,
    /// Turns of exports, apart from searches.
    pub(crate) exporting: Arc<Semaphore>,
    /// Size of a recent entry: answers are allocated once, about right.
    entry_bytes: AtomicUsize,
}

impl ApiState {
    /// Puts services and settings together.
    pub fn new(services: Services, settings: Settings) -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        let inner = Inner {
            sealer: Sealer::new(&settings.cursor_key),
            limiter: Limiter::new(&settings.limits, Arc::clone(&services.environment.now)),
            meters: Meters::register(),
            times: Arc::default(),
            definitions: OnceLock::new(),
            heavy: Arc::new(Semaphore::new(processors)),
            audits: Arc::new(Semaphore::new(AUDITS_MAX)),
            exporting: Arc::new(Semaphore::new(settings.limits.exporting)),
            entry_bytes: AtomicUsize::new(2_048),
            services,
            settings,
        };
        Self { inner: Arc::new(inner) }
    }
}

impl ApiState {
    /// What counts callers: pages served beside the API count with the same (D61).
    pub fn limiter(&self) -> Arc<ror_identity::Limiter> {
        self.inner.limiter.shared()
    }

    /// What is measured of calls, for the page that tells the state of the service (D79).
    pub fn times(&self) -> Arc<CallTimes> {
        Arc::clone(&self.inner.times)
    }

    pub(crate) fn now(&self) -> Instant {
        (self.inner.services.environment.now)()
    }

    /// Whether this caller is not limited (D61): on the same machine, in the sandbox.
    pub(crate) fn is_trusted(&self, peer: SocketAddr) -> bool {
        self.inner.settings.sandbox && peer.ip().to_canonical().is_loopback()
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.inner.services.environment.random)(&mut bytes);
        bytes
    }

    /// A random UUID: for Bundles and correlation (D78).
    pub(crate) fn random_id(&self) -> uuid::Uuid {
        uuid::Builder::from_random_bytes(self.random()).into_uuid()
    }

    /// Room for `entries` resources.
    pub(crate) fn room(&self, entries: usize) -> usize {
        1_024 + entries * (self.inner.entry_bytes.load(Ordering::Relaxed) + 256)
    }

    /// Remembers how long the entries of an answer were.
    pub(crate) fn remember(&self, bytes: usize, entries: usize) {
        if let Some(each) = bytes.checked_div(entries) {
            self.inner.entry_bytes.store(each.min(64 * 1_024), Ordering::Relaxed);
        }
    }
}

//! What every page needs: the services behind, and what is computed once.

use std::sync::Arc;

use axum::http::HeaderValue;
use parking_lot::Mutex;
use ror_confidentiality::{AUDIENCES, Audience};
use ror_directory::Directory;
use ror_fhir::Instant;
use ror_identity::people::People;
use ror_identity::{CallTimes, Identity, Limiter, Traces};
use ror_index::Snapshot;
use ror_registers::cog::Cog;
use ror_search::Registry;
use ror_terminology::Terminology;
use tokio::sync::Semaphore;

use crate::assets::Assets;
use crate::digest::Digests;
use crate::lanes::Lanes;
use crate::map::Towns;
use crate::needs::Needs;
use crate::pages::home::Figures;
use crate::place::Places;
use crate::respond;
use crate::tiles::Tiles;
use crate::times::Times;

/// Pages that wait for a provider of identities at the same time.
const ASKING_MAX: usize = 16;

/// The services that pages come from.
pub struct Services {
    /// The directory.
    pub directory: Arc<Directory>,
    /// Gives the grant of the public.
    pub identity: Arc<Identity>,
    /// Who is signed in, and what they may read.
    pub people: Arc<People>,
    /// The search parameters.
    pub registry: &'static Registry,
    /// The code systems and value sets.
    pub terminology: &'static Terminology,
    /// The communes.
    pub cog: &'static Cog,
    /// What counts callers, API and pages together (D61).
    pub limiter: Arc<Limiter>,
    /// What is measured of the API: told on the page of the state of the service, beside the pages.
    pub api: Arc<CallTimes>,
    /// Where pages leave their traces (D63). `None` keeps none: for tests and benches alone.
    pub traces: Option<Arc<Traces>>,
    /// The clock.
    pub now: Arc<dyn Fn() -> Instant + Send + Sync>,
}

/// Settings of the portal. None changes who sees what.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Sandbox: every page says that the data are fictitious (D56).
    pub sandbox: bool,
    /// Whether browsers reach the site by https: cookies are then for https alone.
    pub https: bool,
    /// Notices of the registers that the data come from, as they are to be shown.
    pub sources: Vec<String>,
    /// Images under the points of maps; without them, maps are drawn from the outlines held.
    pub tiles: Option<Tiles>,
}

/// The state of the portal; cheap to clone.
#[derive(Clone)]
pub struct PortalState {
    pub(crate) inner: Arc<Inner>,
}

/// Something counted, and the moment of the directory it shows.
pub(crate) type Kept<T> = Mutex<Option<(u64, Instant, Arc<T>)>>;

pub(crate) struct Inner {
    pub(crate) services: Services,
    pub(crate) settings: Settings,
    pub(crate) assets: &'static Assets,
    pub(crate) places: Places,
    pub(crate) towns: Towns,
    pub(crate) needs: &'static Needs,
    digests: [Digests; AUDIENCES],
    pub(crate) started: Instant,
    pub(crate) times: Times,
    figures: [Kept<Figures>; AUDIENCES],
    /// Pages made at the same time: as many as processors.
    pub(crate) turns: Arc<Semaphore>,
    /// Pages of regulators made at the same time, whatever the others wait for (D61).
    pub(crate) turns_apart: Arc<Semaphore>,
    /// How people signed in are counted.
    pub(crate) lanes: Lanes,
    /// Pages that ask a provider of identities, beside the others: they wait, and work little.
    pub(crate) asking: Arc<Semaphore>,
    /// The policy of pages that may show tiles.
    pub(crate) policy: Option<HeaderValue>,
}

impl PortalState {
    /// Puts services and settings together.
    pub fn new(services: Services, settings: Settings) -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        let inner = Inner {
            assets: Assets::embedded(),
            places: Places::new(services.cog),
            towns: Towns::of(services.cog),
            needs: Needs::embedded(),
            digests: std::array::from_fn(|_| Digests::new(services.cog)),
            started: (services.now)(),
            times: Times::default(),
            figures: Default::default(),
            turns: Arc::new(Semaphore::new(processors.max(2))),
            turns_apart: Arc::new(Semaphore::new(processors.max(2))),
            lanes: Lanes::default(),
            asking: Arc::new(Semaphore::new(ASKING_MAX)),
            policy: settings.tiles.as_ref().map(|tiles| tiles.policy(respond::POLICY)),
            services,
            settings,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Reads ahead, for the public, what searches by distance and counts beside filters need. Pages are right
    /// without it, and slower at first. Takes about a second per fifty thousand resources.
    pub fn warm(&self) {
        let inner = &self.inner;
        let snapshot = inner.snapshot();
        if let Ok(grant) = inner.services.identity.authenticate(None, inner.now()) {
            inner.digests(grant.audience()).read_all(snapshot.view(&grant));
        }
    }
}

impl Inner {
    /// What ordering and counting need, as one audience sees it: nothing read for one is ever
    /// looked up for another.
    pub(crate) fn digests(&self, audience: Audience) -> &Digests {
        &self.digests[audience.index()]
    }

    /// The figures of the home page, as one audience sees them.
    pub(crate) fn figures(&self, audience: Audience) -> &Kept<Figures> {
        &self.figures[audience.index()]
    }

    pub(crate) fn now(&self) -> Instant {
        (self.services.now)()
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.services.directory.snapshot()
    }
}

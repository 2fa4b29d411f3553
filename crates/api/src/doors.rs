//! What answers before a server is ready, and what answers from then on.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::Request;
use tower::Service as _;

use crate::router::{self, fhir, full_base};
use crate::state::ApiState;
use crate::work::Answering;

/// What a server answers: the API, and the pages beside it.
#[derive(Clone)]
pub struct Site {
    api: Option<ApiState>,
    rest: Router,
}

/// Two sites behind one address: one until the data are loaded, the other for good.
///
/// The change is one store. A connection opened before it stays open: its next request finds
/// the site that answers for good.
#[derive(Clone)]
pub struct Doors {
    inner: Arc<Inner>,
}

struct Inner {
    meanwhile: Site,
    open: OnceLock<Site>,
}

impl Site {
    /// The API with one state behind, and `pages` at the addresses that it does not have.
    pub fn new(state: ApiState, pages: Router) -> Self {
        Self { rest: router::router(state.clone()).merge(pages), api: Some(state) }
    }

    /// FHIR requests are most of all requests, and their addresses are read in one place: they
    /// take no detour through the router.
    fn answer(&self, request: Request) -> Answering {
        if let (Some(api), Some(base)) = (&self.api, full_base(request.uri().path())) {
            return fhir(api, Some(base), request);
        }
        let answering = self.rest.clone().call(request);
        Answering::later(async { answering.await.unwrap_or_else(|never| match never {}) })
    }
}

impl From<Router> for Site {
    /// Pages alone.
    fn from(rest: Router) -> Self {
        Self { api: None, rest }
    }
}

impl Doors {
    /// Until [`Doors::open`], every request goes to `meanwhile`.
    pub fn closed(meanwhile: impl Into<Site>) -> Self {
        Self { inner: Arc::new(Inner { meanwhile: meanwhile.into(), open: OnceLock::new() }) }
    }

    /// From now on every request goes to `site`. What is open stays as it is.
    pub fn open(&self, site: impl Into<Site>) {
        self.inner.open.get_or_init(|| site.into());
    }

    /// What the site of this moment answers.
    pub(crate) fn answer(&self, request: Request) -> Answering {
        self.inner.open.get().unwrap_or(&self.inner.meanwhile).answer(request)
    }
}

impl From<Site> for Doors {
    /// Open from the start.
    fn from(site: Site) -> Self {
        let doors = Self::closed(Router::new());
        doors.open(site);
        doors
    }
}

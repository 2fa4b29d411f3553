//! What answers before a server is ready, and what answers from then on.

use std::sync::{Arc, OnceLock};

use axum::Router;

/// Two routers behind one address: one until the data are loaded, the other for good.
///
/// The change is one store. A connection opened before it stays open: its next request finds
/// the router that answers for good.
#[derive(Clone)]
pub struct Doors {
    inner: Arc<Inner>,
}

struct Inner {
    meanwhile: Router,
    open: OnceLock<Router>,
}

impl Doors {
    /// Until [`Doors::open`], every request goes to `meanwhile`.
    pub fn closed(meanwhile: Router) -> Self {
        Self { inner: Arc::new(Inner { meanwhile, open: OnceLock::new() }) }
    }

    /// From now on every request goes to `router`. What is open stays as it is.
    pub fn open(&self, router: Router) {
        self.inner.open.get_or_init(|| router);
    }

    /// The router of this moment.
    pub(crate) fn router(&self) -> Router {
        self.inner.open.get().unwrap_or(&self.inner.meanwhile).clone()
    }
}

impl From<Router> for Doors {
    /// Open from the start.
    fn from(router: Router) -> Self {
        let doors = Self::closed(Router::new());
        doors.open(router);
        doors
    }
}

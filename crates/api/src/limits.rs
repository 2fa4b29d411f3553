//! How much one caller may ask (D61), refused the way of the API.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ror_fhir::Instant;
use ror_identity::CallLimits;
pub(crate) use ror_identity::{Caller, Permit};

use crate::outcome::Fault;

/// Limits of a server. The defaults are those of D61.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests per second of one caller, once its burst is spent.
    pub per_second: NonZeroU32,
    /// Requests that a caller may send at once.
    pub burst: NonZeroU32,
    /// Requests of one caller in progress at the same time.
    pub concurrent: u32,
    /// How long a query may work before it is cut.
    pub query_time: Duration,
    /// How long the body of a request may take to come.
    pub body_time: Duration,
    /// Exports prepared or downloaded at the same time; the others wait, and searches never do.
    pub exporting: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let CallLimits { per_second, burst, concurrent } = CallLimits::default();
        let (query_time, body_time) = (Duration::from_secs(5), Duration::from_secs(30));
        Self { per_second, burst, concurrent, query_time, body_time, exporting: 2 }
    }
}

/// Counts the requests of each caller.
pub(crate) struct Limiter(Arc<ror_identity::Limiter>);

impl Limiter {
    pub(crate) fn new(limits: &Limits, now: Arc<dyn Fn() -> Instant + Send + Sync>) -> Self {
        let &Limits { per_second, burst, concurrent, .. } = limits;
        Self(ror_identity::Limiter::new(&CallLimits { per_second, burst, concurrent }, now))
    }

    /// Counts a request, or refuses it with the seconds to wait.
    pub(crate) fn enter(&self, caller: Caller) -> Result<Permit, Fault> {
        self.0.enter(caller).map_err(|refused| Fault::throttled(refused.wait_s))
    }

    /// The count itself, for what is served beside the API.
    pub(crate) fn shared(&self) -> Arc<ror_identity::Limiter> {
        Arc::clone(&self.0)
    }
}

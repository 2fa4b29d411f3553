//! How much one caller may ask (D61).

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use ror_fhir::Instant;

/// Limits of one caller. The defaults are those of D61.
#[derive(Clone, Debug)]
pub struct CallLimits {
    /// Requests per second of one caller, once its burst is spent.
    pub per_second: NonZeroU32,
    /// Requests that a caller may send at once.
    pub burst: NonZeroU32,
    /// Requests of one caller in progress at the same time.
    pub concurrent: u32,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            per_second: NonZeroU32::new(50).expect("not zero"),
            burst: NonZeroU32::new(500).expect("not zero"),
            concurrent: 32,
        }
    }
}

/// Whose requests are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// A client of the register.
    Client(Box<str>),
    /// A person signed in, by technical id, wherever they sit.
    Person(Box<str>),
    /// Whoever calls without token from one address; an IPv6 network of 64 bits is one caller.
    Address(IpAddr),
    /// Whoever sends tokens from one address that nobody has checked yet: apart from [`Self::Address`],
    /// so that readers without token do not keep a client of the same address from being known.
    Unchecked(IpAddr),
}

impl Caller {
    /// Who calls from there without token.
    pub fn at(address: IpAddr) -> Self {
        Self::Address(network(address))
    }

    /// Who sends from there tokens that are to be checked.
    pub fn unchecked_at(address: IpAddr) -> Self {
        Self::Unchecked(network(address))
    }
}

/// What is one caller: an IPv4 address, or 64 bits of an IPv6 one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let mut octets = address.octets();
            octets[8..].fill(0);
            IpAddr::V6(Ipv6Addr::from(octets))
        }
        IpAddr::V4(address) => IpAddr::V4(address),
    }
}

/// The clock handed in, as the rate limiter reads it.
#[derive(Clone)]
struct HandedClock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl Clock for HandedClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_millis((self.0)().max(0).unsigned_abs())
    }
}

type Rates = RateLimiter<Caller, DashMapStateStore<Caller>, HandedClock, NoOpMiddleware<Duration>>;

/// Counts the requests of each caller, whatever they ask for: one for a whole server.
pub struct Limiter {
    rates: Rates,
    clock: HandedClock,
    calls: AtomicU32,
    concurrent_max: u32,
    concurrent: Mutex<HashMap<Caller, u32>>,
}

/// Refused for now: too many requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttled {
    /// Seconds to wait.
    pub wait_s: u64,
}

/// A request in progress; it stops counting when dropped.
pub struct Permit {
    limiter: Arc<Limiter>,
    caller: Caller,
}

/// Callers not seen for long are forgotten once in this many calls.
const FORGET_EVERY: u32 = 10_000;

impl Limiter {
    /// Nobody has called yet.
    pub fn new(limits: &CallLimits, now: Arc<dyn Fn() -> Instant + Send + Sync>) -> Arc<Self> {
        let clock = HandedClock(now);
        let quota = Quota::per_second(limits.per_second).allow_burst(limits.burst);
        Arc::new(Self {
            rates: RateLimiter::dashmap_with_clock(quota, clock.clone()),
            clock,
            calls: AtomicU32::new(0),
            concurrent_max: limits.concurrent,
            concurrent: Mutex::default(),
        })
    }

    /// Counts a request until what it gives is dropped.
    ///
    /// # Errors
    /// [`Throttled`] above the rate of this caller, or with too many of its requests in progress.
    pub fn enter(self: &Arc<Self>, caller: Caller) -> Result<Permit, Throttled> {
        if self.calls.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.rates.retain_recent();
        }
        if let Err(refused) = self.rates.check_key(&caller) {
            let wait = refused.wait_time_from(self.clock.now());
            return Err(Throttled { wait_s: wait.as_secs() + u64::from(wait.subsec_nanos() > 0) });
        }
        let mut concurrent = self.concurrent.lock().unwrap_or_else(PoisonError::into_inner);
        let count = concurrent.entry(caller.clone()).or_default();
        if *count >= self.concurrent_max {
            return Err(Throttled { wait_s: 1 });
        }
        *count += 1;
        Ok(Permit { limiter: Arc::clone(self), caller })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut concurrent = self.limiter.concurrent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = concurrent.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                concurrent.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicI64;

    use super::*;

    fn limiter(per_second: u32, burst: u32, concurrent: u32) -> (Arc<Limiter>, Arc<AtomicI64>) {
        let time = Arc::new(AtomicI64::new(1_700_000_000_000));
        let clock = Arc::clone(&time);
        let limits = CallLimits {
            per_second: NonZeroU32::new(per_second).expect("not zero"),
            burst: NonZeroU32::new(burst).expect("not zero"),
            concurrent,
        };
        (Limiter::new(&limits, Arc::new(move || clock.load(Ordering::Relaxed))), time)
    }

    fn client(name: &str) -> Caller {
        Caller::Client(name.into())
    }

    #[test]
    fn d61_a_burst_then_so_many_a_second_each_caller_alone() {
        let (limiter, time) = limiter(2, 3, 32);
        for _ in 0..3 {
            assert!(limiter.enter(client("a")).is_ok());
        }
        let refused = limiter.enter(client("a")).err().expect("the burst is spent");
        assert_eq!(refused, Throttled { wait_s: 1 });
        assert!(limiter.enter(client("b")).is_ok());
        time.fetch_add(500, Ordering::Relaxed);
        assert!(limiter.enter(client("a")).is_ok());
        assert!(limiter.enter(client("a")).is_err());
    }

    #[test]
    fn requests_in_progress_are_counted_until_they_end() {
        let (limiter, _) = limiter(50, 500, 2);
        let first = limiter.enter(client("a")).ok();
        let _second = limiter.enter(client("a")).ok();
        assert!(limiter.enter(client("a")).is_err());
        drop(first);
        assert!(limiter.enter(client("a")).is_ok());
    }

    #[test]
    fn an_ipv6_network_is_one_caller_and_a_mapped_address_is_ipv4() {
        let at = |text: &str| Caller::at(text.parse().expect("an address"));
        assert_eq!(at("2001:db8::1"), at("2001:db8::2:3"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
    }
}

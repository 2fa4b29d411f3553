//! Whose requests are counted together (D61): those of somebody signed in are theirs, wherever they
//! sit, so that a hospital behind one address is not one caller; all others count by address.
//!
//! What is remembered here says how to count and nothing else: who reads what is asked of the ledger
//! at each page. A session that nobody has seen open yet counts by address, as a forged one does.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::HeaderMap;
use parking_lot::Mutex;
use ror_fhir::Instant;
use ror_identity::Caller;
use ror_identity::people::{Acting, PersonProfile};

use crate::cookies::{Purpose, Sent};
use crate::visitor::Visitor;

/// How long a session is counted as its person's after it was last seen open.
const KEPT_MS: i64 = 15 * 60_000;
/// Most sessions remembered; those beyond count by address.
const SESSIONS_MAX: usize = 50_000;

/// How somebody signed in is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lane {
    pub(crate) caller: Caller,
    /// As traces name them.
    pub(crate) actor: Arc<str>,
    /// Whether their pages wait for no other's: those of a regulator.
    pub(crate) is_apart: bool,
}

/// The sessions that were seen open.
#[derive(Default)]
pub(crate) struct Lanes(Mutex<HashMap<[u8; 32], (Lane, Instant)>>);

impl Lanes {
    /// The lane of whoever sent this; `None` counts by address.
    pub(crate) fn of(&self, headers: &HeaderMap, https: bool, now: Instant) -> Option<Lane> {
        let key = key(&sent(headers, https)?);
        let lanes = self.0.lock();
        let (lane, _) = lanes.get(&key).filter(|(_, seen_at)| now.saturating_sub(*seen_at) < KEPT_MS)?;
        Some(lane.clone())
    }

    /// Remembers what a session turned out to be.
    pub(crate) fn note(&self, headers: &HeaderMap, https: bool, visitor: &Visitor, now: Instant) {
        let Some(secret) = sent(headers, https) else { return };
        match visitor {
            Visitor::Person(acting) => self.keep(&secret, lane(acting), now),
            Visitor::Public | Visitor::Ended => drop(self.0.lock().remove(&key(&secret))),
        }
    }

    /// Remembers the session that opens under this secret.
    pub(crate) fn open(&self, secret: &str, acting: &Acting, now: Instant) {
        self.keep(secret, lane(acting), now);
    }

    fn keep(&self, secret: &str, lane: Lane, now: Instant) {
        let mut lanes = self.0.lock();
        if lanes.len() >= SESSIONS_MAX {
            lanes.retain(|_, (_, seen_at)| now.saturating_sub(*seen_at) < KEPT_MS);
        }
        if lanes.len() < SESSIONS_MAX {
            lanes.insert(key(secret), (lane, now));
        }
    }
}

fn lane(acting: &Acting) -> Lane {
    let profile = acting.right.as_ref().map(|right| right.profile);
    Lane {
        caller: Caller::Person(acting.person.id.as_str().into()),
        actor: acting.grant().actor().into(),
        is_apart: profile == Some(PersonProfile::Regulateur),
    }
}

fn sent(headers: &HeaderMap, https: bool) -> Option<String> {
    match Purpose::Session.read(headers, https) {
        Sent::Once(secret) => Some(secret),
        Sent::Nothing | Sent::Several => None,
    }
}

fn key(secret: &str) -> [u8; 32] {
    digest(&SHA256, secret.as_bytes()).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    fn headers(secret: &str) -> HeaderMap {
        let cookie = HeaderValue::try_from(format!("ror-session={secret}")).expect("letters");
        HeaderMap::from_iter([(header::COOKIE, cookie)])
    }

    #[test]
    fn a_session_counts_for_its_person_while_it_is_seen_open() {
        let lanes = Lanes::default();
        let lane = Lane { caller: Caller::Person("p1".into()), actor: "p1".into(), is_apart: false };
        lanes.keep("secret", lane.clone(), 0);
        assert_eq!(lanes.of(&headers("secret"), false, KEPT_MS - 1), Some(lane));
        assert_eq!(lanes.of(&headers("secret"), false, KEPT_MS), None);
        assert_eq!(lanes.of(&headers("forged"), false, 0), None);
        assert_eq!(lanes.of(&headers("secret; ror-session=other"), false, 0), None, "two sessions are none");
        lanes.note(&headers("secret"), false, &Visitor::Ended, 1);
        assert_eq!(lanes.of(&headers("secret"), false, 1), None, "ended meanwhile");
    }
}

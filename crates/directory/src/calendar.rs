//! What time alone changes: dated hours that end (RG_EXP_018, D80), closings that begin (D37).
//!
//! Copying a calendar costs nothing, as for a snapshot.

use ror_fhir::{DateTime, Instant, Node};
use ror_profiles::rules::closing::Closing;
use ror_profiles::rules::schedule::{self, Zone};
use ror_search::ResourceType;
use rpds::{HashTrieMapSync, RedBlackTreeMapSync};

use crate::graph::{Key, Reading};

/// When hours that ended are left out, each day, in Paris (D80).
const NIGHTLY: &str = "T00:05";
const HOUR_MS: i64 = 3_600_000;

/// The dates to come of one moment.
#[derive(Clone)]
pub(crate) struct Calendar {
    /// The last night whose ended hours are left out.
    night: Instant,
    /// When the dated hours of each resource that has some end.
    ends: HashTrieMapSync<Key, Box<[Instant]>>,
    /// The same by end: a night costs what ends then, however many resources have dated hours.
    by_end: RedBlackTreeMapSync<(Instant, Key), ()>,
    /// When each closing begins that was announced and has not been seen to.
    closings: HashTrieMapSync<Key, Instant>,
    /// No closing begins before this.
    first_closing: Instant,
}

impl Calendar {
    pub(crate) fn empty() -> Self {
        let (ends, closings) = (HashTrieMapSync::new_sync(), HashTrieMapSync::new_sync());
        let by_end = RedBlackTreeMapSync::new_sync();
        Self { night: Instant::MIN, ends, by_end, closings, first_closing: Instant::MAX }
    }

    /// The night that hours are judged at.
    pub(crate) const fn night(&self) -> Instant {
        self.night
    }

    /// Takes in the dates of a resource written at `at` (`None`: out). A closing that begins
    /// no later is seen to by the write itself.
    pub(crate) fn put(&mut self, key: &Key, resource: Option<&Node>, at: Instant, reading: Reading) {
        self.put_hours(key, resource, reading);
        match resource.and_then(begins).filter(|begins| *begins > at) {
            Some(begins) => {
                self.closings.insert_mut(key.clone(), begins);
                self.first_closing = self.first_closing.min(begins);
            }
            None if self.closings.contains_key(key) => drop(self.closings.remove_mut(key)),
            None => {}
        }
    }

    /// Judges hours at another night; gives the resources that show others then.
    pub(crate) fn turn_to(&mut self, night: Instant) -> Vec<Key> {
        let (from, to) = (self.night.min(night), self.night.max(night));
        self.night = night;
        if from == to {
            return Vec::new();
        }
        let first: Key = (ResourceType::ALL.into_iter().min().expect("there are types"), Box::default());
        let bounds = (from.saturating_add(1), first.clone())..(to.saturating_add(1), first);
        let mut turned: Vec<Key> = self.by_end.range(bounds).map(|((_, key), ())| key.clone()).collect();
        turned.sort_unstable();
        turned.dedup();
        turned
    }

    /// The resources with dated hours that end.
    pub(crate) fn with_hours(&self) -> impl Iterator<Item = &Key> {
        self.ends.keys()
    }

    /// Takes in the ends of the dated hours of a resource.
    pub(crate) fn put_hours(&mut self, key: &Key, resource: Option<&Node>, reading: Reading) {
        let ends = resource.map(|resource| schedule::ends(resource, zone(resource, reading)).collect());
        self.put_ends(key, ends.unwrap_or_default());
    }

    fn put_ends(&mut self, key: &Key, ends: Box<[Instant]>) {
        let former = self.ends.get(key).cloned().unwrap_or_default();
        if former == ends {
            return;
        }
        for end in former {
            self.by_end.remove_mut(&(end, key.clone()));
        }
        for end in &ends {
            self.by_end.insert_mut((*end, key.clone()), ());
        }
        if ends.is_empty() {
            self.ends.remove_mut(key);
        } else {
            self.ends.insert_mut(key.clone(), ends);
        }
    }

    /// The offers whose announced closing has begun, in the order of their keys.
    pub(crate) fn begun(&self, now: Instant) -> Vec<Key> {
        if now < self.first_closing {
            return Vec::new();
        }
        let mut begun: Vec<Key> =
            self.closings.iter().filter(|(_, begins)| **begins <= now).map(|(key, _)| key.clone()).collect();
        begun.sort_unstable();
        begun
    }

    /// Says that what begins by `now` was seen to.
    pub(crate) fn forget(&mut self, now: Instant) {
        if now < self.first_closing {
            return;
        }
        for key in self.begun(now) {
            self.closings.remove_mut(&key);
        }
        self.first_closing = self.closings.values().copied().min().unwrap_or(Instant::MAX);
    }
}

/// The clock by which the dated hours of a resource end (D14): formerly that of Paris for all.
pub(crate) fn zone(resource: &Node, reading: Reading) -> Zone {
    match reading {
        Reading::Third => Zone::Paris,
        Reading::Present => Zone::of(resource),
    }
}

/// When an offer closes, if it says so. A structure is closed with its offers (RG_EXP_044), each
/// of which says it.
fn begins(resource: &Node) -> Option<Instant> {
    if resource.str("resourceType") != Some("HealthcareService") {
        return None;
    }
    let Closing { kind, from, .. } = Closing::read(resource);
    kind.and(DateTime::parse(&from?).ok()).map(|from| from.start)
}

/// The last five past midnight of Paris, at `now` or before (D80).
pub(crate) fn last_night(now: Instant) -> Instant {
    let of_day = |at: Instant| {
        let day = DateTime::format_instant(at);
        let text = format!("{}{NIGHTLY}", day.get(..10)?);
        Some(DateTime::parse(&text).ok()?.start)
    };
    match of_day(now) {
        Some(night) if night <= now => night,
        Some(later) => of_day(later.saturating_sub(6 * HOUR_MS)).unwrap_or(now),
        None => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ror_fhir::node;
    use ror_search::ResourceType;

    fn at(text: &str) -> Instant {
        DateTime::parse(text).expect("a date").start
    }

    #[test]
    fn d80_hours_are_judged_at_five_past_midnight_in_paris() {
        for (now, night) in [
            ("2026-07-14T00:05", "2026-07-14T00:05"),
            ("2026-07-14T00:04:59", "2026-07-13T00:05"),
            ("2026-07-14T23:59", "2026-07-14T00:05"),
            // The nights when the hour changes.
            ("2026-03-29T12:00", "2026-03-29T00:05"),
            ("2026-03-30T00:01", "2026-03-29T00:05"),
            ("2026-10-26T00:01", "2026-10-25T00:05"),
        ] {
            assert_eq!(last_night(at(now)), at(night), "{now}");
        }
    }

    #[test]
    fn d80_a_night_gives_what_ended_since_the_other_either_way() {
        let url = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-available-time-effective-opening-closing-date";
        let open = |ends: &[&str]| {
            let slots = ends.iter().map(|end| {
                let extension = node!({"url": url, "valuePeriod": {"end": (*end)}});
                node!({"extension": [extension]})
            });
            node!({"resourceType": "HealthcareService", "availableTime": (slots.collect::<Vec<_>>()),
                "meta": {"tag": [{"system": "TRE_R30-RegionOM", "code": "84"}]}})
        };
        let key = |id: &str| -> Key { (ResourceType::HealthcareService, id.into()) };
        let mut calendar = Calendar::empty();
        assert_eq!(calendar.turn_to(at("2026-01-01T00:05")), []);
        calendar.put(&key("b"), Some(&open(&["2026-01-01", "2026-01-02", "2026-01-09"])), 0, Reading::Present);
        calendar.put(&key("a"), Some(&open(&["2026-01-01"])), 0, Reading::Present);
        calendar.put(&key("c"), Some(&open(&["2026-01-01"])), 0, Reading::Present);
        calendar.put(&key("c"), Some(&open(&["2026-01-03"])), 0, Reading::Present);
        assert_eq!(calendar.turn_to(at("2026-01-03T00:05")), [key("a"), key("b")], "each once, in order");
        assert_eq!(calendar.turn_to(at("2026-01-02T00:05")), [key("b")], "back");
        assert_eq!(calendar.turn_to(at("2026-01-04T00:05")), [key("b"), key("c")]);
        calendar.put(&key("b"), None, 0, Reading::Present);
        assert_eq!(calendar.turn_to(at("2026-02-01T00:05")), []);
        assert_eq!((calendar.ends.size(), calendar.by_end.size()), (2, 2), "nothing is left of what goes");
    }

    #[test]
    fn a_closing_is_awaited_once_and_only_if_it_was_announced() {
        let closed = |from: &str| {
            let mut offer = node!({"resourceType": "HealthcareService"});
            let (kind, until) = (Some("PRO".to_owned()), None);
            Closing { kind, from: Some(from.to_owned()), until }.write(&mut offer);
            offer
        };
        let key: Key = (ResourceType::HealthcareService, "1".into());
        let mut calendar = Calendar::empty();
        calendar.put(&key, Some(&closed("2026-02-01")), at("2026-02-01"), Reading::Present);
        assert_eq!(calendar.begun(Instant::MAX), [], "the write saw to it");
        calendar.put(&key, Some(&closed("2026-02-01")), at("2026-01-01"), Reading::Present);
        assert_eq!(calendar.begun(at("2026-01-31")), []);
        assert_eq!(calendar.begun(at("2026-02-01")), std::slice::from_ref(&key));
        calendar.forget(at("2026-02-01"));
        assert_eq!(calendar.begun(Instant::MAX), []);
        calendar.put(&key, Some(&closed("2026-03-01")), at("2026-02-02"), Reading::Present);
        calendar.put(&key, Some(&node!({"resourceType": "HealthcareService"})), at("2026-02-03"), Reading::Present);
        assert_eq!(calendar.begun(Instant::MAX), [], "it was called off");
    }
}

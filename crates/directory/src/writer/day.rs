//! What the day brings, through the one writer: nights, and closings that begin (D37).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use ror_confidentiality::Audience;
use ror_fhir::{Instant, Node};
use ror_ledger::LedgerError;
use ror_search::ResourceType;

use super::{Staged, Writer};
use crate::apply::Author;
use crate::follow;
use crate::graph::Key;

/// How long after a failure what the day brings is tried again, in milliseconds.
const TRY_AGAIN_MS: i64 = 60_000;

/// How many times in a row places may be refused: enough to find one bad place among a million by halves, and few
/// enough that a ledger that takes nothing holds writes up for moments only.
const FAILURES_MAX: u32 = 24;

/// Places by their id.
type Places = BTreeSet<Box<str>>;
/// The version that each place had when it was to be emptied.
type Versions = BTreeMap<Box<str>, u32>;

impl Writer {
    /// Sees to what others wrote and to what the day brings, while nothing else happens.
    pub(crate) fn look_around(&mut self) {
        if let Err(error) = self.catch_up() {
            tracing::error!(%error, "the tail of the ledger could not be read");
        }
        self.try_again();
        let now = (self.environment.now)();
        if now >= self.not_before
            && self.awaits(now)
            && let Err(error) = self.moment()
        {
            self.not_before = now.saturating_add(TRY_AGAIN_MS);
            tracing::error!(%error, "what the day brings could not be seen to");
        }
    }

    /// The time of the next transaction, once all that comes before it is written: rows of other
    /// processes, and what follows from closings that were announced (D37). So that whoever reads
    /// the rows again knows that those begun before a row were seen to.
    pub(super) fn moment(&mut self) -> Result<Instant, LedgerError> {
        loop {
            self.catch_up()?;
            let at = self.next_at();
            if !self.awaits(at) {
                return Ok(at);
            }
            let begun = self.begun(at);
            self.empty_places(begun);
        }
    }

    /// The places to empty because of closings begun by `at` and not seen to.
    fn begun(&self, at: Instant) -> Places {
        if !self.awaits(at) {
            return Places::new();
        }
        let emptied = follow::begun(&self.state, &self.state.calendar.begun(at), at);
        emptied.into_iter().map(|(key, _)| key.1).collect()
    }

    /// Writes places with nothing available, and sees to all closings begun meanwhile. One that
    /// cannot be written holds no other one back: it is found by halves and kept for later, unless
    /// it is the ledger that takes nothing at all.
    fn empty_places(&mut self, places: Places) {
        let mut selected = self.versions_held(&places);
        let mut pending = vec![places];
        let mut failures = 0;
        let mut at = self.next_at();
        while let Some(mut batch) = pending.pop() {
            at = self.next_at();
            // What another process said of a place after its closing began is kept (D37).
            batch.retain(|place| selected.get(place) == Some(&self.version_held(place)));
            // A transaction forgets the closings begun by its time: their places join.
            let is_known = |place: &str| selected.contains_key(place);
            let joining: Places = self.begun(at).into_iter().filter(|place| !is_known(place)).collect();
            selected.extend(self.versions_held(&joining));
            batch.extend(joining);
            let emptied = follow::emptied(&self.state, batch.clone(), at);
            let Err(error) = self.empty(emptied, at) else {
                failures = 0;
                continue;
            };
            failures += 1;
            let is_halved = batch.len() > 1 && is_about_a_row(&error) && failures < FAILURES_MAX;
            if is_halved {
                pending.extend(halves(batch));
            } else if let (LedgerError::HeadMoved(_), Ok(())) = (&error, self.catch_up()) {
                pending.push(batch);
            } else {
                // A ledger that takes nothing at all is not asked for each place.
                let rest = if failures < FAILURES_MAX { Vec::new() } else { std::mem::take(&mut pending) };
                let given_up: Places = rest.into_iter().flatten().chain(batch).collect();
                self.put_off(&given_up, &selected, &error);
            }
        }
        self.state.calendar.forget(at);
    }

    /// Writes places as they are given, in a transaction of their own.
    fn empty(&mut self, places: Vec<(Key, Node)>, at: Instant) -> Result<(), LedgerError> {
        let rows = places.into_iter().map(|(key, place)| self.follower(key, place, at, follow::CALENDAR));
        let rows: Vec<Staged> = rows.collect::<Result<_, _>>()?;
        if rows.is_empty() { Ok(()) } else { self.commit(rows, Author::Client, at) }
    }

    /// Keeps for later the places that could not be emptied: nobody's write waits for them.
    fn put_off(&mut self, places: &Places, selected: &Versions, error: &LedgerError) {
        self.not_before = (self.environment.now)().saturating_add(TRY_AGAIN_MS);
        for place in places {
            tracing::error!(%error, place = %place, "a place whose offers are all closed could not be emptied");
            let key = (ResourceType::Location, place.clone());
            self.overdue.entry(key).or_insert(selected.get(place).copied().unwrap_or_default());
        }
        self.note_overdue();
    }

    /// Empties what could not be, once a minute has passed, but for the places written since: what
    /// was said after the closing began is kept (D37).
    pub(super) fn try_again(&mut self) {
        if self.overdue.is_empty() || (self.environment.now)() < self.not_before {
            return;
        }
        // What begins meanwhile comes first: the transaction to come would forget it.
        if let Err(error) = self.moment() {
            self.not_before = (self.environment.now)().saturating_add(TRY_AGAIN_MS);
            tracing::error!(%error, "places whose offers are all closed could not be emptied again");
            return;
        }
        let overdue = std::mem::take(&mut self.overdue).into_iter();
        let still = overdue.filter(|((_, place), version)| self.version_held(place) == *version);
        let still = still.map(|(place, _)| place.1).collect();
        self.empty_places(still);
        self.note_overdue();
    }

    fn versions_held(&self, places: &Places) -> Versions {
        places.iter().map(|place| (place.clone(), self.version_held(place))).collect()
    }

    fn version_held(&self, place: &str) -> u32 {
        let held = self.state.snapshot.former(ResourceType::Location, place);
        held.map_or(0, |held| held.stamps()[Audience::OWNER.index()].version)
    }

    /// Says that scheduled work is overdue, or no more, in the log and to whoever asks.
    fn note_overdue(&self) {
        let is_overdue = !self.overdue.is_empty();
        let was_overdue = self.shared.is_overdue.swap(is_overdue, Ordering::Relaxed);
        if is_overdue {
            tracing::warn!(places = self.overdue.len(), "scheduled work is overdue");
        } else if was_overdue {
            tracing::info!("no scheduled work is overdue any more");
        }
    }

    /// Whether an announced closing has begun and is still to be seen to.
    fn awaits(&self, now: Instant) -> bool {
        self.rules.are_in_force() && !self.state.calendar.begun(now).is_empty()
    }
}

/// Whether another row could be written where one was not.
fn is_about_a_row(error: &LedgerError) -> bool {
    use LedgerError as E;
    !matches!(error, E::HeadMoved(_) | E::Full | E::ReadOnly | E::Busy | E::Corrupt(_))
}

/// A batch as two.
fn halves(batch: Places) -> [Places; 2] {
    let half = batch.len() / 2;
    let (mut first, mut second) = (Places::new(), Places::new());
    for (at, place) in batch.into_iter().enumerate() {
        if at < half {
            first.insert(place)
        } else {
            second.insert(place)
        };
    }
    [first, second]
}

//! The update date that each audience sees (D28, D38).
//!
//! A row dates what it changes for an audience, but never backwards: who asks for what
//! changed since a date must not miss a change that a source dates earlier. What changes for it by a fact bears the
//! date of the rows whose own change it sees, never of those it does not: the date would
//! tell of them.

use std::collections::HashMap;

use ror_confidentiality::{AUDIENCES, Audience, AudienceMask};
use ror_fhir::Instant;

use crate::graph::Key;

/// The dates of one transaction.
pub(crate) struct Dates {
    /// The date of each row.
    rows: HashMap<Key, Instant>,
    /// The latest of all.
    latest: Instant,
    /// What each audience sees of the rows, once that is known.
    seen: Option<Seen>,
}

struct Seen {
    /// Who sees the change that each row makes by itself.
    changes: HashMap<Key, AudienceMask>,
    /// The latest row whose change each audience sees.
    latest: [Option<Instant>; AUDIENCES],
}

impl Dates {
    pub(crate) fn new(rows: HashMap<Key, Instant>) -> Self {
        let latest = rows.values().copied().max().unwrap_or_default();
        Self { rows, latest, seen: None }
    }

    /// Whether all rows bear one date, as those of a write do: nothing then tells them apart.
    pub(crate) fn are_one(&self) -> bool {
        self.rows.values().all(|date| *date == self.latest)
    }

    /// Takes in who sees which row change something by itself.
    pub(crate) fn settle(&mut self, changes: HashMap<Key, AudienceMask>) {
        let mut latest = [None; AUDIENCES];
        for (key, audiences) in &changes {
            for audience in audiences.iter() {
                let latest = &mut latest[audience.index()];
                *latest = (*latest).max(self.rows.get(key).copied());
            }
        }
        self.seen = Some(Seen { changes, latest });
    }

    /// The date of a change that `audience` sees of `key`, which bore `before` until now.
    pub(crate) fn of(&self, key: &Key, audience: Audience, before: Instant) -> Instant {
        let row = self.rows.get(key).map(|row| before.max(*row));
        let Some(seen) = &self.seen else { return row.unwrap_or_else(|| before.max(self.latest)) };
        let is_own = seen.changes.get(key).is_some_and(|audiences| audiences.contains(audience));
        row.filter(|_| is_own).unwrap_or_else(|| before.max(seen.latest[audience.index()].unwrap_or(self.latest)))
    }
}

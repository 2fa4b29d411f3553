//! How long a number of beds or places is to be believed: thresholds as data.

use std::sync::OnceLock;

use ror_fhir::{Instant, Node};

use crate::rules::{codes_from, is_code};

/// The table: one threshold a line, the first that fits an offer is its own.
const TABLE: &str = include_str!("../../data/freshness.tsv");

const ACTIVITIES: &[&str] = &["R211-", "J17-"];
const CARE_MODES: &[&str] = &["R213-", "J19-"];
const FIELDS: &[&str] = &["R227-", "J20-"];

/// A rhythm of update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// What it is for, in French.
    pub label: &'static str,
    /// Hours after which a number is to be confirmed.
    pub hours: u32,
    /// The same when the region declares a tension.
    pub hours_in_tension: u32,
    /// Where it comes from.
    pub source: &'static str,
    fields: Vec<&'static str>,
    care_modes: Vec<&'static str>,
    activities: Vec<(u32, u32)>,
}

/// What a number is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Within its rhythm.
    Fresh,
    /// Past it: shown as *à confirmer* with its age, never hidden, never counted as available in
    /// a crisis total.
    ToConfirm,
    /// Its date cannot be read.
    Unknown,
}

/// The age of a number against its rhythm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// What it is worth.
    pub state: State,
    /// Its age in milliseconds, at least 0: a date in the future counts as now (D36).
    pub age_ms: i64,
}

/// The thresholds, in the order of the table.
pub fn thresholds() -> &'static [Threshold] {
    static READ: OnceLock<Vec<Threshold>> = OnceLock::new();
    READ.get_or_init(|| {
        let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(|line| read(line).expect("a test reads the table")).collect()
    })
}

fn read(line: &'static str) -> Option<Threshold> {
    let mut columns = line.split('\t');
    let mut next = || columns.next();
    let label = next()?;
    let (hours, hours_in_tension) = (next()?.parse().ok()?, next()?.parse().ok()?);
    let words = |text: &'static str| text.split_whitespace().collect::<Vec<_>>();
    let (fields, care_modes) = (words(next()?), words(next()?));
    let range = |text: &str| {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        Some((first.parse().ok()?, last.parse().ok()?))
    };
    let activities = next()?.split_whitespace().map(range).collect::<Option<Vec<_>>>()?;
    Some(Threshold { label, hours, hours_in_tension, source: next()?, fields, care_modes, activities })
}

impl Threshold {
    /// The rhythm of an offer: the first of the table that fits its field, mode of care or
    /// activity; `None` for an offer without field.
    pub fn of(offer: &Node) -> Option<&'static Self> {
        thresholds().iter().find(|threshold| threshold.fits(offer))
    }

    fn fits(&self, offer: &Node) -> bool {
        let has = |key, names, wanted: &[&str]| {
            wanted.is_empty()
                || codes_from(offer, key, names).any(|(_, code)| wanted.iter().any(|it| is_code(code, it)))
        };
        let in_range = |code: &str| {
            let number: Option<u32> = code.parse().ok();
            number.is_some_and(|it| self.activities.iter().any(|(first, last)| (*first..=*last).contains(&it)))
        };
        let has_activity =
            self.activities.is_empty() || codes_from(offer, "specialty", ACTIVITIES).any(|(_, code)| in_range(code));
        has("type", FIELDS, &self.fields) && has("characteristic", CARE_MODES, &self.care_modes) && has_activity
    }
}

/// What a number given at `updated` is worth at `now`.
pub fn freshness(updated: Option<Instant>, now: Instant, threshold: &Threshold, in_tension: bool) -> Freshness {
    let Some(updated) = updated else { return Freshness { state: State::Unknown, age_ms: 0 } };
    let age_ms = now.saturating_sub(updated).max(0);
    let hours = if in_tension { threshold.hours_in_tension } else { threshold.hours };
    let state = if age_ms <= i64::from(hours) * 3_600_000 { State::Fresh } else { State::ToConfirm };
    Freshness { state, age_ms }
}

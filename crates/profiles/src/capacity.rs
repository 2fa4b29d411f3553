//! Beds and places: records, their identity, the combinations that are indicators, what is
//! computed from them.
//!
//! | Question | Function |
//! |---|---|
//! | which records does a place hold? | [`records`] |
//! | are two records one indicator? | [`Record::identity`] (D36) |
//! | is it an indicator at all? | [`COMBINATIONS`] (D35) |
//! | how many are in use? | [`operational`]: computed, never stored nor exchanged (R330, 07) |
//! | do the numbers add up? | [`discrepancy`]: told, never refused |
//! | what becomes of availability at a closing? | [`close`] (RG_EXP_047, D37) |
//! | is a number still to be believed? | [`freshness`] |
//!
//! A number that nobody gave is unknown: it is never read as 0.

mod freshness;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use ror_fhir::{DateTime, Instant, Node, node};

use crate::rules::{extensions, first_code, guide, items};

pub use freshness::{Freshness, State, Threshold, freshness, thresholds};

/// The extension that a record is.
const RECORD: &str = guide!("ror-location-supported-capacity");

/// One capacity record, as written; a code or a number that cannot be read is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record<'a> {
    /// Bed (01) or place (02).
    pub nature: Option<&'a str>,
    /// Installed (01), available (02), occupied (03), booked (04), closed (05), additional (06).
    pub status: Option<&'a str>,
    /// Now (01), in 1 h (02), 24 h (03), 48 h (04), 7 days (05).
    pub horizon: Option<&'a str>,
    /// For whom it is available.
    pub gender: Option<&'a str>,
    /// How it is closed.
    pub closing: Option<&'a str>,
    /// Kind of additional bed.
    pub extra: Option<&'a str>,
    /// Kind of crisis.
    pub crisis: Option<&'a str>,
    /// Temporary assignment; 01 is none.
    pub assignment: Option<&'a str>,
    /// How many; `None` is unknown, which is not 0.
    pub number: Option<i64>,
    /// When its source gave it, as written.
    pub updated: Option<&'a str>,
}

/// What makes two records of one place one indicator (D36): status, horizon, gender, closing
/// type, extra-bed type, crisis, assignment, and beside them the nature; absent is a value.
pub type Identity<'a> = [Option<&'a str>; 8];

impl<'a> Record<'a> {
    /// Reads a record.
    pub fn read(extension: &'a Node) -> Self {
        let mut record = Self::default();
        for (_, part) in items(extension, "extension") {
            let code = part.get("valueCodeableConcept").and_then(first_code);
            match part.str("url").unwrap_or_default() {
                "capacityType" => record.nature = code,
                "capacityStatus" => record.status = code,
                "temporalityCapacity" => record.horizon = code,
                "genderCapacityAvailable" => record.gender = code,
                "capacityClosingType" => record.closing = code,
                "additionalBedType" => record.extra = code,
                "crisisType" => record.crisis = code,
                "temporaryAssignement" => record.assignment = code,
                "nbCapacity" => record.number = part.get("valueInteger").and_then(Node::as_i64),
                "capacityUpdateDate" => record.updated = part.str("valueDateTime"),
                _ => {}
            }
        }
        record
    }

    /// What tells this record from the others of its place.
    pub fn identity(&self) -> Identity<'a> {
        let Self { nature, status, horizon, gender, closing, extra, crisis, assignment, .. } = *self;
        [status, horizon, gender, closing, extra, crisis, assignment, nature]
    }
}

/// The records of a place, each with its rank among the extensions.
pub fn records(place: &Node) -> impl Iterator<Item = (usize, Record<'_>)> {
    extensions(place, RECORD).map(|(at, extension)| (at, Record::read(extension)))
}

/// What a status may carry.
#[derive(Clone, Copy, Debug)]
pub struct Combination {
    /// The status (R330).
    pub status: &'static str,
    /// Horizons that make sense; another one warns.
    pub horizons: &'static [&'static str],
    /// Whether it may carry a gender.
    pub gender: bool,
    /// Whether it may carry a closing type.
    pub closing: bool,
    /// Whether it may carry an extra-bed type and a crisis.
    pub extra: bool,
}

const ALL_HORIZONS: &[&str] = &["01", "02", "03", "04", "05"];
const PLAIN: Combination =
    Combination { status: "03", horizons: ALL_HORIZONS, gender: false, closing: false, extra: false };

/// The combinations that are indicators (D35); assignment and nature always go with them. The
/// official list is not public: this keeps the prohibitions that are, and adds none.
pub const COMBINATIONS: &[Combination] = &[
    Combination { status: "01", horizons: &["01"], ..PLAIN },
    Combination { status: "02", gender: true, ..PLAIN },
    PLAIN,
    Combination { status: "04", ..PLAIN },
    Combination { status: "05", closing: true, ..PLAIN },
    Combination { status: "06", extra: true, ..PLAIN },
];

/// A number computed from records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Computed {
    /// The number.
    pub number: i64,
    /// Whether a part of it is unknown: the number is then the most there can be.
    pub is_upper_bound: bool,
}

/// *Capacité opérationnelle* of a place, for one nature, now: installed, less closed, plus the
/// additional beds already mobilised; all assignments together. `None` where the installed
/// number is unknown.
///
/// Without any closed record the closed number is unknown, and the result an upper bound. Never
/// stored: R330 marks code 07 as computed and not to be exchanged.
pub fn operational(place: &Node, nature: &str) -> Option<Computed> {
    let sum = |status: &str, extra: Option<&str>| {
        let mut all = records(place).map(|(_, record)| record).filter(|record| {
            let is_now = record.nature == Some(nature) && record.horizon == Some("01") && record.status == Some(status);
            is_now && (extra.is_none() || record.extra == extra)
        });
        let first = all.next()?.number?;
        all.try_fold(first, |sum, record| Some(sum.saturating_add(record.number?)))
    };
    let installed = sum("01", None)?;
    let closed = sum("05", None);
    let mobilised = sum("06", Some("01")).unwrap_or(0);
    let number = installed.saturating_sub(closed.unwrap_or(0)).max(0).saturating_add(mobilised);
    Some(Computed { number, is_upper_bound: closed.is_none() })
}

/// A place whose numbers do not add up, for one nature, now and without assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    /// Bed or place.
    pub nature: &'static str,
    /// Installed.
    pub installed: i64,
    /// Available, occupied, booked and closed together, as far as they are known.
    pub sum: i64,
}

/// Compares available + occupied + booked + closed with installed. With an unknown term, only a
/// sum that is already too big tells something. Over-occupation and late typing are real: this is
/// told to the author, and becomes an anomaly of coherence after 48 h, which is for the quality
/// work to count.
pub fn discrepancy(place: &Node) -> Vec<Discrepancy> {
    let mut sums: BTreeMap<(&str, &str), Option<i64>> = BTreeMap::new();
    for (_, record) in records(place) {
        let (Some(nature), Some(status)) = (record.nature, record.status) else { continue };
        if record.horizon == Some("01") && record.assignment == Some("01") {
            let sum = sums.entry((nature, status)).or_insert(Some(0));
            *sum = sum.and_then(|sum| Some(sum.saturating_add(record.number?)));
        }
    }
    let known = |nature, status| sums.get(&(nature, status)).copied().flatten();
    let judged = ["01", "02"].into_iter().filter_map(|nature| {
        let installed = known(nature, "01")?;
        let terms = ["02", "03", "04", "05"].map(|status| known(nature, status));
        let sum = terms.iter().flatten().fold(0_i64, |sum, term| sum.saturating_add(*term));
        let is_complete = terms.iter().all(Option::is_some);
        (sum > installed || (is_complete && sum != installed)).then_some(Discrepancy { nature, installed, sum })
    });
    judged.collect()
}

/// How long ahead a horizon speaks, in milliseconds.
fn ahead_ms(horizon: &str) -> Option<i64> {
    const HOUR_MS: i64 = 3_600_000;
    match horizon {
        "01" => Some(0),
        "02" => Some(HOUR_MS),
        "03" => Some(24 * HOUR_MS),
        "04" => Some(48 * HOUR_MS),
        "05" => Some(7 * 24 * HOUR_MS),
        _ => None,
    }
}

/// RG_EXP_047, D37: sets to 0 what a place has available at each horizon that falls in a closing,
/// source 01 (typed), update date `since`. Gives how many records changed.
///
/// For the write path, when the last open offer of the place closes or leaves
/// ([`all_closed`](crate::rules::around::all_closed), asked at each horizon). Reopening restores
/// nothing.
pub fn close(place: &mut Node, since: Instant, now: Instant, is_closed: impl Fn(Instant) -> bool) -> usize {
    let Some(Node::Array(all)) = place.get_mut("extension") else { return 0 };
    let mut count = 0;
    for extension in all.iter_mut().filter(|extension| extension.str("url") == Some(RECORD)) {
        let record = Record::read(extension);
        let at = record.horizon.and_then(ahead_ms).map(|ahead| now.saturating_add(ahead));
        if record.status != Some("02") || record.number == Some(0) || !at.is_some_and(&is_closed) {
            continue;
        }
        let Some(Node::Array(parts)) = extension.get_mut("extension") else { continue };
        for part in parts {
            let value = match part.str("url") {
                Some("nbCapacity") => ("valueInteger", node!(0)),
                Some("capacityUpdateDate") => ("valueDateTime", DateTime::format_instant(since).into()),
                Some("capacitySourceType") => ("valueCodeableConcept", typed_by_hand()),
                _ => continue,
            };
            if let Some(members) = part.as_object_mut() {
                members.insert(value.0, value.1);
            }
        }
        count += 1;
    }
    count
}

fn typed_by_hand() -> Node {
    node!({"coding": [{
        "system": "https://mos.esante.gouv.fr/NOS/TRE_R335-TypeSourceCapacite/FHIR/TRE-R335-TypeSourceCapacite",
        "code": "01", "display": "Saisie manuelle"}]})
}

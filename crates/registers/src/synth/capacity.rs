//! Beds and places of a place of delivery, with the ages that make such figures worth doubting.
//!
//! Combinations are those of D35; occupied, available, reserved and closed add up to installed
//! except now and then, as in life.

use ror_fhir::{Instant, Node};

use super::draw::{DAY_MS, Draw};
use super::elements::{coded, date_time, part, ror_complex};

/// What is counted in a place.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "facts of one place, each read for itself")]
pub(super) struct Count<'a> {
    /// Beds or places physically there.
    pub(super) installed: i64,
    /// Bed (01) or place (02) of J187.
    pub(super) nature: &'a str,
    /// Critical care: watched several times a day, with additional beds.
    pub(super) critical: bool,
    /// Whether availability is told, and not only what is installed.
    pub(super) live: bool,
    /// Nothing available any more (RG_EXP_047).
    pub(super) closed: bool,
    /// Whether crises and assignments are of several kinds.
    pub(super) varied: bool,
}

/// One record: status (J188) and horizon (J189) with a number.
struct Record {
    status: &'static str,
    horizon: &'static str,
    number: i64,
    details: Vec<Node>,
}

/// The records of a place, and the instant of the latest.
pub(super) fn records(count: Count<'_>, now: Instant, draw: &mut Draw) -> (Vec<Node>, Instant) {
    let installed_at = now - draw.between(20, 500) * DAY_MS;
    let live_at = now - age_ms(count.critical, draw);
    let source = if draw.chance(0.55) { "01" } else { draw.word(&["02", "03", "04"]) };
    let mut nodes = vec![node(count.nature, "01", installed_at, "01", record("01", "01", count.installed))];
    let live = if count.live { live_records(count, draw) } else { Vec::new() };
    let latest = if live.is_empty() { installed_at } else { live_at.max(installed_at) };
    let assigned = if count.varied && draw.chance(0.1) { draw.word(&["02", "03"]) } else { "01" };
    nodes.extend(live.into_iter().map(|record| node(count.nature, source, live_at, assigned, record)));
    (nodes, latest)
}

/// How long ago the figures were typed: fresh, stale, or forgotten.
fn age_ms(critical: bool, draw: &mut Draw) -> i64 {
    let (fresh, stale) = if critical { (0.75, 0.95) } else { (0.45, 0.75) };
    let seconds = match draw.unit() {
        share if share < fresh => draw.between(300, 82_800),
        share if share < stale => draw.between(90_000, 14 * 86_400),
        _ => draw.between(60 * 86_400, 420 * 86_400),
    };
    seconds * 1000
}

fn live_records(count: Count<'_>, draw: &mut Draw) -> Vec<Record> {
    let installed = count.installed;
    let shut = if draw.chance(0.25) { draw.between(1, (installed / 5).max(1)) } else { 0 };
    let open = installed - shut;
    let free = if count.closed { 0 } else { draw.between(0, (open / 5).max(1)).min(open) };
    let booked = if draw.chance(0.5) { draw.between(0, 2).min(open - free) } else { 0 };
    // One place in ten does not add up.
    let slip = i64::from(draw.chance(0.1));
    let taken = (open - free - booked - slip).max(0);
    let mut records = vec![record("02", "01", free), record("03", "01", taken), record("04", "01", booked)];
    if count.nature == "01" && free > 1 && draw.chance(0.2) {
        records[0] = Record { details: vec![gender("01")], ..record("02", "01", free - 1) };
        records.push(Record { details: vec![gender("02")], ..record("02", "01", 1) });
    }
    if !count.closed {
        records.push(record("02", "03", (free + draw.between(-1, 2)).clamp(0, open)));
    }
    if shut > 0 {
        let reopen = coded("capacityClosingType", "R333-TypeFermetureCapacite", draw.word(&["01", "02", "03"]));
        records.push(Record { details: vec![reopen], ..record("05", "01", shut) });
    }
    if count.critical {
        for (kind, most) in [("02", 2), ("03", 6)] {
            let extra = coded("additionalBedType", "R334-TypeLitSupplementaire", kind);
            let crisis = if count.varied { draw.word(&["02", "02", "01"]) } else { "02" };
            let crisis = coded("crisisType", "R336-TypeCrise", crisis);
            records.push(Record { details: vec![extra, crisis], ..record("06", "01", draw.between(0, most)) });
        }
    }
    records
}

const fn record(status: &'static str, horizon: &'static str, number: i64) -> Record {
    Record { status, horizon, number, details: Vec::new() }
}

fn gender(code: &str) -> Node {
    coded("genderCapacityAvailable", "R332-GenreCapacite", code)
}

fn node(nature: &str, source: &str, at: Instant, assigned: &str, record: Record) -> Node {
    let mut parts = vec![
        coded("capacityType", "R329-NatureCapacite", nature),
        coded("capacityStatus", "R330-TypeStatutCapacite", record.status),
        coded("temporalityCapacity", "R331-TemporaliteCapacite", record.horizon),
        part("nbCapacity", "valueInteger", record.number),
        coded("capacitySourceType", "R335-TypeSourceCapacite", source),
        part("capacityUpdateDate", "valueDateTime", date_time(at - at.rem_euclid(1000))),
        coded("temporaryAssignement", "R337-AffectationTemporaire", assigned),
    ];
    parts.extend(record.details);
    ror_complex("ror-location-supported-capacity", parts)
}

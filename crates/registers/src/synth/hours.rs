//! Opening hours, as weekly slots with the guide's extensions.

use ror_fhir::{Instant, Node};

use super::catalogue::Hours;
use super::draw::{DAY_MS, Draw};
use super::elements::{date_time, object, ror, ror_coded};

/// Kinds of slot (J41).
const OPEN: &str = "01";
const RUNNING: &str = "02";
const ON_CALL: &str = "03";
const HOME_VISITS: &str = "05";
const WITHOUT_APPOINTMENT: &str = "06";
const BY_APPOINTMENT: &str = "07";
const TELECONSULTATION: &str = "10";

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The slots of an offer.
pub(super) fn slots(hours: Hours, home: bool, now: Instant, draw: &mut Draw) -> Vec<Node> {
    let mut slots = match hours {
        Hours::Continuous => every(0..7, RUNNING, "00:00:00", "23:59:00"),
        Hours::Office => {
            let start = draw.word(&["08:30:00", "09:00:00"]);
            every(0..5, OPEN, start, draw.word(&["16:30:00", "17:00:00", "17:30:00"]))
        }
        Hours::Day => every(0..6, OPEN, "07:30:00", draw.word(&["18:00:00", "19:00:00", "20:00:00"])),
        Hours::Stay => every(0..7, RUNNING, "11:00:00", draw.word(&["18:00:00", "19:00:00", "20:00:00"])),
        Hours::Practice => practice(home, draw),
    };
    if matches!(hours, Hours::Office | Hours::Day) && draw.chance(0.05) {
        slots.push(exception(now, draw));
    }
    slots
}

/// Mornings and afternoons of a practice, most of the week.
fn practice(home: bool, draw: &mut Draw) -> Vec<Node> {
    let mut slots = Vec::new();
    let off = draw.below(5);
    for day in 0..5 {
        slots.push(slot(day, BY_APPOINTMENT, "08:30:00", "12:00:00"));
        if day != off {
            let kind = match draw.unit() {
                share if share < 0.15 => WITHOUT_APPOINTMENT,
                share if share < 0.20 => TELECONSULTATION,
                share if home && share < 0.35 => HOME_VISITS,
                _ => BY_APPOINTMENT,
            };
            slots.push(slot(day, kind, "14:00:00", draw.word(&["18:00:00", "18:30:00", "19:00:00"])));
        }
    }
    if draw.chance(0.3) {
        slots.push(slot(5, BY_APPOINTMENT, "09:00:00", "12:00:00"));
    }
    if draw.chance(0.08) {
        slots.push(slot(5, ON_CALL, "12:00:00", "20:00:00"));
    }
    slots
}

/// A dated slot: an evening opening over three months, over or to come (RG_EXP_018).
fn exception(now: Instant, draw: &mut Draw) -> Node {
    let start = now + draw.between(-300, 60) * DAY_MS;
    let period = object([("start", date_time(start).into()), ("end", date_time(start + 90 * DAY_MS).into())]);
    let mut slot = slot(draw.below(5), OPEN, "18:00:00", "20:00:00");
    if let Some(Node::Array(extensions)) = slot.get_mut("extension") {
        extensions.push(ror("ror-available-time-effective-opening-closing-date", "valuePeriod", period));
    }
    slot
}

/// The one slot that a role may have: a day, often by appointment, sometimes on call (RG_EXP_049).
pub(super) fn of_role(draw: &mut Draw) -> Node {
    let kind = *draw.pick(&[BY_APPOINTMENT, BY_APPOINTMENT, WITHOUT_APPOINTMENT, ON_CALL]);
    slot(draw.below(5), kind, "09:00:00", "17:00:00")
}

fn every(days: std::ops::Range<usize>, kind: &str, start: &str, end: &str) -> Vec<Node> {
    days.map(|day| slot(day, kind, start, end)).collect()
}

fn slot(day: usize, kind: &str, start: &str, end: &str) -> Node {
    let extensions = vec![
        ror_coded("ror-available-time-type-of-time", "R252-TypeHoraire", kind),
        ror("ror-available-time-number-days-of-week", "valueInteger", day + 1),
    ];
    object([
        ("extension", Node::Array(extensions)),
        ("daysOfWeek", Node::Array(vec![DAYS[day].into()])),
        ("availableStartTime", start.into()),
        ("availableEndTime", end.into()),
    ])
}

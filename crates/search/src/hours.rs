//! When an offer is open (RG_EXP_014 to 018, D14, D37).
//!
//! What opens: slots of the week and dated ones, by the clock of the place. What closes: slots of
//! closing, periods of `notAvailable`, an offer that is inactive or closed for good. Unknown is
//! not open: a slot that does not say when, or of a kind that opens nothing, counts for nothing.

use ror_fhir::{DateTime, Instant, Node, local_time};

const DAY_MS: Instant = 86_400_000;
const PERIOD: &str =
    "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-available-time-effective-opening-closing-date";
const DAY_NUMBER: &str =
    "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-available-time-number-days-of-week";
const KIND: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-available-time-type-of-time";
/// Kinds of slot that open nothing (R252): the hours of the secretary, those still to be told.
const OPEN_NOTHING: [&str; 2] = ["04", "09"];
/// The kind of slot that closes (R252).
const CLOSING: &str = "08";
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const EVERY_DAY: u8 = 0b111_1111;
/// The closing of an offer, whose end is the day on which it opens again (RG_EXP_043 to 046).
const CLOSING_SLOT: &str = "closingReopeningDate";
/// Types of closing (R286) that are not for good: for a time, announced.
const TEMPORARY: &str = "PRO";
const PLANNED: &str = "PRE";

/// When an offer is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    slots: Box<[Slot]>,
    closures: Box<[Period]>,
}

/// Hours of some days.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Slot {
    closes: bool,
    /// Monday is the lowest bit.
    days: u8,
    /// Milliseconds from midnight; the end may be on the next day.
    from: Instant,
    to: Instant,
    /// Only then.
    period: Option<Period>,
}

/// From one moment to another, open at either end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Period {
    start: Option<Bound>,
    end: Option<Bound>,
}

/// An end of a period, as milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    /// Of the clock of the place, at midnight: whole days were written.
    Day(Instant),
    /// Of the clock of the place.
    Local(Instant),
    /// Of the world: an offset was written.
    World(Instant),
}

impl Hours {
    /// Whether it is open at that instant, where clocks are those of `zone` (`Europe/Paris`).
    pub fn is_open_at(&self, at: Instant, zone: &str) -> bool {
        let now = Now { world: at, local: local_time(at, zone) };
        let mut is_open = false;
        for slot in self.slots.iter().filter(|slot| slot.holds(now)) {
            if slot.closes {
                return false;
            }
            is_open = true;
        }
        is_open && !self.closures.iter().any(|period| period.holds(now, now.local))
    }
}

/// A moment, by the clock of the place too.
#[derive(Clone, Copy)]
struct Now {
    world: Instant,
    local: Instant,
}

impl Slot {
    fn holds(&self, now: Now) -> bool {
        let today = now.local.div_euclid(DAY_MS);
        let clock = now.local.rem_euclid(DAY_MS);
        let is_on = |day: Instant, clock: Instant| {
            // 1 January 1970 was a Thursday.
            let weekday = (day + 3).rem_euclid(7);
            self.days & (1 << weekday) != 0
                && (self.from..self.to).contains(&clock)
                && self.period.as_ref().is_none_or(|period| period.holds(now, day * DAY_MS))
        };
        is_on(today, clock) || is_on(today - 1, clock + DAY_MS)
    }
}

impl Period {
    /// Whether it holds at that moment; whole days are those on which hours begin, from `day` on.
    fn holds(&self, now: Now, day: Instant) -> bool {
        let is_before = |bound: Bound| match bound {
            Bound::Day(at) => day < at,
            Bound::Local(at) => now.local < at,
            Bound::World(at) => now.world < at,
        };
        self.start.is_none_or(|start| !is_before(start)) && self.end.is_none_or(is_before)
    }
}

/// The hours of an offer, if it gives some.
pub(crate) fn read(offer: &Node) -> Option<Hours> {
    let slots: Box<[Slot]> = offer.items("availableTime").filter_map(slot).collect();
    if slots.is_empty() {
        return None;
    }
    let mut closures: Vec<Period> = offer.items("notAvailable").filter_map(|slot| closure(slot, offer)).collect();
    closures.extend(closed_whatever_the_date(offer).then(Period::default));
    Some(Hours { slots, closures: closures.into() })
}

/// Inactive, or closed without a date that says since when.
fn closed_whatever_the_date(offer: &Node) -> bool {
    let is_inactive = offer.get("active").and_then(Node::as_bool) == Some(false);
    let is_undated = || offer.items("notAvailable").find_map(closing_start).is_none();
    is_inactive || (closing_type(offer).is_some_and(|kind| kind != PLANNED) && is_undated())
}

fn closing_start(slot: &Node) -> Option<Bound> {
    if slot.str("id") != Some(CLOSING_SLOT) {
        return None;
    }
    start_of(slot.get("during")?.str("start")?)
}

/// The type of closing, a characteristic of the offer.
fn closing_type(offer: &Node) -> Option<&str> {
    let codings = offer.items("characteristic").flat_map(|concept| concept.items("coding"));
    let is_type = |coding: &&Node| {
        coding.str("system").is_some_and(|system| ["R286-", "J185-", "J201-"].iter().any(|name| system.contains(name)))
    };
    codings.filter(is_type).find_map(|coding| coding.str("code"))
}

/// A period in which nothing is open. The one of a closing begins on a date, and its end is the
/// reopening, which a closing for good has not.
fn closure(slot: &Node, offer: &Node) -> Option<Period> {
    let during = slot.get("during")?;
    let (start, end) = (during.str("start").and_then(start_of), during.str("end"));
    if slot.str("id") != Some(CLOSING_SLOT) {
        let period = Period { start, end: end.and_then(end_of) };
        return (period != Period::default()).then_some(period);
    }
    let is_for_good = closing_type(offer).is_some_and(|kind| ![TEMPORARY, PLANNED].contains(&kind));
    let end = end.and_then(start_of).filter(|_| !is_for_good);
    start.map(|start| Period { start: Some(start), end })
}

fn slot(slot: &Node) -> Option<Slot> {
    let kind = slot.extensions(KIND).find_map(|extension| {
        extension.get("valueCodeableConcept")?.items("coding").find_map(|coding| coding.str("code"))
    });
    if kind.is_some_and(|kind| OPEN_NOTHING.contains(&kind)) {
        return None;
    }
    let closes = kind == Some(CLOSING);
    let period = slot.extensions(PERIOD).find_map(|extension| extension.get("valuePeriod")).map(|period| Period {
        start: period.str("start").and_then(start_of),
        end: period.str("end").and_then(end_of),
    });
    let days = match days(slot) {
        0 if period.is_some() => EVERY_DAY,
        0 => return None,
        days => days,
    };
    let (from, to) = times(slot, closes)?;
    Some(Slot { closes, days, from, to, period })
}

/// The days of the week: their numbers, which the guide prefers, else their codes.
fn days(slot: &Node) -> u8 {
    let numbers = slot.extensions(DAY_NUMBER).filter_map(|extension| extension.get("valueInteger")?.as_i64());
    let numbered = numbers.filter(|number| (1..=7).contains(number)).fold(0, |days, number| days | 1 << (number - 1));
    if numbered != 0 {
        return numbered;
    }
    let codes = slot.items("daysOfWeek").filter_map(Node::as_str);
    codes.filter_map(|code| DAYS.iter().position(|day| *day == code)).fold(0, |days, day| days | 1 << day)
}

/// From when to when. What closes without telling does so all day.
fn times(slot: &Node, closes: bool) -> Option<(Instant, Instant)> {
    let time = |key| slot.str(key).map(time_of_day);
    let whole = Some((0, DAY_MS));
    if slot.get("allDay").and_then(Node::as_bool) == Some(true) {
        return whole;
    }
    match (time("availableStartTime"), time("availableEndTime")) {
        (None, None) => whole.filter(|_| closes),
        (Some(from), None) => Some((from?, DAY_MS)),
        (None, Some(to)) => Some((0, until(to?))),
        (Some(from), Some(to)) => {
            let (from, to) = (from?, until(to?));
            // Over midnight; from an hour to the same one is a whole day.
            Some((from, if to > from { to } else { to + DAY_MS }))
        }
    }
}

/// An end that is the last minute of a day is its end.
const fn until(time: Instant) -> Instant {
    if time >= DAY_MS - 60_000 { DAY_MS } else { time }
}

fn time_of_day(text: &str) -> Option<Instant> {
    let mut parts = text.split(':').map(|part| part.split('.').next().and_then(|part| part.parse::<Instant>().ok()));
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
    let time = ((hours * 60 + minutes) * 60 + seconds) * 1_000;
    ((0..=24).contains(&hours) && (0..60).contains(&minutes) && (0..60).contains(&seconds) && time <= DAY_MS)
        .then_some(time)
}

fn start_of(text: &str) -> Option<Bound> {
    let read = DateTime::parse(text).ok()?;
    Some(bound(text, read.start))
}

fn end_of(text: &str) -> Option<Bound> {
    let read = DateTime::parse(text).ok()?;
    Some(bound(text, read.end))
}

/// A date without offset is read by the clock of the place; it was by that of Paris (D14).
fn bound(text: &str, at: Instant) -> Bound {
    let local = || local_time(at, "Europe/Paris");
    match text.split_once('T') {
        None => Bound::Day(local()),
        Some((_, clock)) if clock.contains(['Z', '+', '-']) => Bound::World(at),
        Some(_) => Bound::Local(local()),
    }
}

#[cfg(test)]
mod tests;

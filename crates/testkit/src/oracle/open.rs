//! Whether an offer is open at a moment (`open-at`).

use ror_fhir::{DateTime, Instant, Node};

use super::values::read;

const HOUR: Instant = 3_600_000;
const DAY: Instant = 24 * HOUR;

/// Days of the week by FHIR's names, Monday first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Within one of its hours, told in the time of the département, and in no closing.
pub(super) fn is_open(offer: &Node, moment: &str, departement: Option<&str>) -> bool {
    let at = instant(moment);
    let zone = Zone::of(departement);
    let is_closed = offer.items("notAvailable").any(|slot| {
        let reopens = slot.str("id") == Some("closingReopeningDate");
        slot.get("during")
            .is_some_and(|period| if reopens { is_before_end(period, at, zone) } else { contains(period, at, zone) })
    });
    !is_closed && offer.items("availableTime").any(|slot| covers(slot, at, zone))
}

/// Where clocks differ from those of Paris, of what corpora know.
#[derive(Clone, Copy)]
enum Zone {
    Paris,
    Reunion,
}

impl Zone {
    fn of(departement: Option<&str>) -> Self {
        if departement == Some("974") { Self::Reunion } else { Self::Paris }
    }

    /// Milliseconds to add to UTC; those of Paris are read off how it writes the moment.
    fn offset(self, at: Instant) -> Instant {
        match self {
            Self::Reunion => 4 * HOUR,
            Self::Paris if DateTime::format_instant(at).ends_with("+02:00") => 2 * HOUR,
            Self::Paris => HOUR,
        }
    }

    /// The local day, counted from 1970, and the milliseconds since it began.
    fn local(self, at: Instant) -> (i64, Instant) {
        let local = at + self.offset(at);
        (local.div_euclid(DAY), local.rem_euclid(DAY))
    }
}

fn covers(slot: &Node, at: Instant, zone: Zone) -> bool {
    let (day, since) = zone.local(at);
    // 1 January 1970 was a Thursday.
    let weekday = usize::try_from((day + 3).rem_euclid(7)).expect("a day of the week");
    let numbers = read(slot, "@ror-available-time-number-days-of-week/=");
    let named = slot.items("daysOfWeek").filter_map(Node::as_str);
    let mut days: Vec<usize> = numbers.iter().filter_map(|number| usize::try_from(number.as_i64()? - 1).ok()).collect();
    if days.is_empty() {
        days = named.filter_map(|name| DAYS.iter().position(|day| *day == name)).collect();
    }
    let periods = read(slot, "@ror-available-time-effective-opening-closing-date/=");
    let in_dates = periods.iter().all(|period| contains(period, at, zone));
    // Unknown is not open: neither a day nor a date.
    let is_day = if days.is_empty() { !periods.is_empty() } else { days.contains(&weekday) };
    in_dates && is_day && in_hours(slot, since)
}

fn in_hours(slot: &Node, since: Instant) -> bool {
    if slot.get("allDay").and_then(Node::as_bool) == Some(true) {
        return true;
    }
    let time = |key| slot.str(key).map(milliseconds);
    match (time("availableStartTime"), time("availableEndTime")) {
        (Some(start), Some(end)) => start <= since && since < end,
        _ => false,
    }
}

fn milliseconds(time: &str) -> Instant {
    let parts = time.split(':').map(|part| part.parse::<i64>().expect("a number"));
    parts.fold(0, |all, part| all * 60 + part) * 1000
}

/// Whether a period holds a moment; a day is that of the place.
fn contains(period: &Node, at: Instant, zone: Zone) -> bool {
    let bound = |key: &str| {
        let text = period.str(key)?;
        let date = DateTime::parse(text).expect("a date");
        let shift = if text.contains('T') { 0 } else { Zone::Paris.offset(date.start) - zone.offset(date.start) };
        Some((date.start + shift, date.end + shift))
    };
    bound("start").is_none_or(|(start, _)| start <= at) && bound("end").is_none_or(|(_, end)| at < end)
}

/// RG_EXP_043 to 046: a closing ends when the day of its reopening begins.
fn is_before_end(period: &Node, at: Instant, zone: Zone) -> bool {
    let day = |key: &str| Some((period.str(key)?, DateTime::parse(period.str(key)?).expect("a date").start));
    let local = |(text, start): (&str, Instant)| {
        if text.contains('T') { start } else { start + Zone::Paris.offset(start) - zone.offset(start) }
    };
    day("start").is_none_or(|day| local(day) <= at) && day("end").is_none_or(|day| at < local(day))
}

fn instant(moment: &str) -> Instant {
    DateTime::parse(moment).expect("a date").start
}

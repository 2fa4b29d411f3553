//! Opening hours by kind and day (RG_EXP_014 to 018).

use std::collections::BTreeMap;

use ror_fhir::{DateTime, Instant, Node};

use super::node;
use crate::components::tables::{Hours, HoursDay};
use crate::french;

const DAYS: [(&str, &str); 7] = [
    ("mon", "lundi"),
    ("tue", "mardi"),
    ("wed", "mercredi"),
    ("thu", "jeudi"),
    ("fri", "vendredi"),
    ("sat", "samedi"),
    ("sun", "dimanche"),
];

/// The weeks of a resource, one table per kind of hours; slots whose period is over are left out.
pub(crate) fn read(resource: &Node, now: Instant) -> Vec<Hours> {
    let mut kinds: BTreeMap<String, BTreeMap<usize, Vec<String>>> = BTreeMap::new();
    for slot in resource.items("availableTime").filter(|slot| is_current(slot, now)) {
        let kind =
            node::extension_label(slot, "ror-available-time-type-of-time").unwrap_or_else(|| "Horaires".to_owned());
        let days = slot.items("daysOfWeek").filter_map(Node::as_str);
        let days: Vec<usize> = days.filter_map(|day| DAYS.iter().position(|(code, _)| *code == day)).collect();
        let text = slot_text(slot);
        for day in days {
            let slots = kinds.entry(kind.clone()).or_default().entry(day).or_default();
            if !slots.contains(&text) {
                slots.push(text.clone());
            }
        }
    }
    kinds.into_iter().map(|(kind, week)| Hours { kind, days: grouped(&week) }).collect()
}

fn slot_text(slot: &Node) -> String {
    let time = |key| slot.str(key).map(french::hour);
    let all_day = slot.get("allDay").and_then(Node::as_bool) == Some(true)
        || matches!((slot.str("availableStartTime"), slot.str("availableEndTime")),
            (Some(start), Some(end)) if start.starts_with("00:00") && end.starts_with("23:59"));
    match (time("availableStartTime"), time("availableEndTime")) {
        _ if all_day => "24 h sur 24".to_owned(),
        (Some(start), Some(end)) => format!("{start}\u{a0}–\u{a0}{end}"),
        (Some(start), None) => format!("à partir de {start}"),
        (None, Some(end)) => format!("jusqu’à {end}"),
        (None, None) => "heures non renseignées".to_owned(),
    }
}

fn is_current(slot: &Node, now: Instant) -> bool {
    let period = node::extension(slot, "ror-available-time-effective-opening-closing-date");
    let end = period.and_then(|period| period.get("valuePeriod")?.str("end")).and_then(|end| DateTime::parse(end).ok());
    end.is_none_or(|end| end.end > now)
}

/// Days in a row with the same slots share a line.
fn grouped(week: &BTreeMap<usize, Vec<String>>) -> Vec<HoursDay> {
    let mut lines: Vec<(usize, usize, String)> = Vec::new();
    for (day, slots) in week {
        let text = slots.join(", ");
        match lines.last_mut() {
            Some((_, last, known)) if *known == text && *last + 1 == *day => *last = *day,
            _ => lines.push((*day, *day, text)),
        }
    }
    let name = |day: usize| DAYS[day].1;
    let line = |(first, last, slots): (usize, usize, String)| HoursDay {
        day: match last - first {
            0 => name(first).to_owned(),
            6 => "tous les jours".to_owned(),
            1 => format!("{} et {}", name(first), name(last)),
            _ => format!("du {} au {}", name(first), name(last)),
        },
        slots,
    };
    lines.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use ror_fhir::node as tree;

    use super::*;

    #[test]
    fn days_alike_share_a_line_and_past_periods_are_left_out() {
        let slot = |day: &str, start: &str, end: &str| tree!({"daysOfWeek": [day], "availableStartTime": start, "availableEndTime": end});
        let past = tree!({"daysOfWeek": ["sun"], "availableStartTime": "09:00:00", "availableEndTime": "10:00:00",
            "extension": [{"url": "https://x/ror-available-time-effective-opening-closing-date", "valuePeriod": {"end": "2020-01-01"}}]});
        let times = Node::Array(vec![
            slot("mon", "09:00:00", "12:00:00"),
            slot("tue", "09:00:00", "12:00:00"),
            slot("wed", "09:00:00", "12:00:00"),
            slot("fri", "00:00:00", "23:59:00"),
            past,
        ]);
        let read = read(&tree!({"availableTime": times}), 1_795_262_700_000);
        let lines: Vec<_> = read[0].days.iter().map(|line| (line.day.as_str(), line.slots.as_str())).collect();
        assert_eq!(lines, [("du lundi au mercredi", "9\u{a0}h\u{a0}–\u{a0}12\u{a0}h"), ("vendredi", "24 h sur 24")]);
    }
}

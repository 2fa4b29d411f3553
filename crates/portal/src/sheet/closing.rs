//! The closing of an offer or a structure: announced, under way or over.

use ror_directory::closing::{Closing, PLANNED};
use ror_fhir::{DateTime, Instant, Node};

use crate::french;

/// Since when something is closed for good: from then on, results leave it out (D48). Without a
/// date that can be read, closed for good is closed now.
pub(crate) fn for_good_since(resource: &Node) -> Option<Instant> {
    let closing = Closing::read(resource);
    closing.is_definitive().then(|| first_moment(closing.from.as_deref()).unwrap_or(Instant::MIN))
}

/// What is said of a closing that is announced or under way; `closed` is the participle.
pub(crate) fn words(resource: &Node, closed: &str, now: Instant) -> Option<String> {
    let closing = Closing::read(resource);
    let is_definitive = closing.is_definitive();
    let from = first_moment(closing.from.as_deref());
    let until = first_moment(closing.until.as_deref()).filter(|_| !is_definitive);
    let is_told = closing.kind.is_some() || from.is_some();
    if !is_told || until.is_some_and(|until| until <= now) {
        return None;
    }
    let written = |text: &Option<String>| text.as_deref().map(day).unwrap_or_default();
    let day = written(&closing.from);
    let reopening = until.map(|_| format!(", réouverture prévue le {}", written(&closing.until))).unwrap_or_default();
    Some(match (is_definitive, from) {
        (true, Some(from)) if from > now => format!("Ferme définitivement le {day}"),
        (true, Some(_)) => format!("{closed} définitivement depuis le {day}"),
        (true, None) => format!("{closed} définitivement"),
        (false, Some(from)) if from > now => format!("Fermeture prévue le {day}{reopening}"),
        (false, Some(_)) => format!("{closed} depuis le {day}{reopening}"),
        (false, None) if closing.kind.as_deref() == Some(PLANNED) => format!("Fermeture prévue{reopening}"),
        (false, None) => format!("{closed} pour le moment{reopening}"),
    })
}

fn first_moment(text: Option<&str>) -> Option<Instant> {
    Some(DateTime::parse(text?).ok()?.start)
}

/// The day of a date, to its own precision; that of Paris when it has a time.
fn day(text: &str) -> String {
    let moment = first_moment(Some(text)).filter(|_| text.contains('T'));
    moment.map_or_else(|| french::day_of(text), french::day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 21 November 2026 in Paris.
    const NOW: Instant = 1_795_262_700_000;

    /// An offer or a structure closed so, beside an older slot of its own when it is an offer.
    fn closed(rtype: &str, kind: &str, from: Option<&str>, until: Option<&str>) -> Node {
        let christmas =
            r#","notAvailable":[{"description":"Noël","during":{"start":"2025-12-20","end":"2026-01-04"}}]"#;
        let slot = if rtype == "HealthcareService" { christmas } else { "" };
        let text = format!(r#"{{"resourceType":"{rtype}"{slot}}}"#);
        let mut resource = Node::parse(text.as_bytes()).expect("JSON");
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Closing { kind: Some(kind.to_owned()), from: owned(from), until: owned(until) }.write(&mut resource);
        resource
    }

    #[test]
    fn a_closing_is_told_by_its_own_dates() {
        let (past, future, last) = (Some("2026-11-01"), Some("2027-02-01"), Some("2026-11-20"));
        for rtype in ["HealthcareService", "Organization"] {
            for (kind, from, until, told) in [
                (
                    "PRO",
                    past,
                    future,
                    Some("Fermé depuis le 1er novembre 2026, réouverture prévue le 1er février 2027"),
                ),
                ("PRO", past, None, Some("Fermé depuis le 1er novembre 2026")),
                ("PRO", past, last, None),
                (
                    "PRO",
                    future,
                    Some("2027-03"),
                    Some("Fermeture prévue le 1er février 2027, réouverture prévue le 1er mars 2027"),
                ),
                ("PRE", past, None, Some("Fermé depuis le 1er novembre 2026")),
                ("PRE", future, None, Some("Fermeture prévue le 1er février 2027")),
                ("DEF", future, None, Some("Ferme définitivement le 1er février 2027")),
                ("DEF", past, None, Some("Fermé définitivement depuis le 1er novembre 2026")),
                ("DEF", past, last, Some("Fermé définitivement depuis le 1er novembre 2026")),
                ("DEF", None, None, Some("Fermé définitivement")),
                ("PRE", None, None, Some("Fermeture prévue")),
                ("PRO", None, None, Some("Fermé pour le moment")),
            ] {
                // A structure plans its reopening by the day.
                let until = until.map(|until| if until.len() == 7 { "2027-03-01" } else { until });
                let resource = closed(rtype, kind, from, until);
                let words = words(&resource, "Fermé", NOW).map(|words| words.replace('\u{a0}', " "));
                assert_eq!(words.as_deref(), told, "{rtype} {kind} {from:?} {until:?}");
                let is_out = for_good_since(&resource).is_some_and(|since| since <= NOW);
                assert_eq!(is_out, kind == "DEF" && from != future, "{rtype} {kind} {from:?} {until:?}");
            }
        }
    }

    #[test]
    fn a_date_without_type_is_told_and_an_older_slot_is_no_closing() {
        let slot = r#"{"resourceType":"HealthcareService","notAvailable":[{"description":"Travaux","during":{"start":"2026-11-01"}}]}"#;
        let slot = Node::parse(slot.as_bytes()).expect("JSON");
        assert_eq!((words(&slot, "Fermée", NOW), for_good_since(&slot)), (None, None));
        let undated = r#"{"resourceType":"HealthcareService","notAvailable":[{"id":"closingReopeningDate","during":{"start":"2026-11-01T23:30:00Z"}}]}"#;
        let undated = Node::parse(undated.as_bytes()).expect("JSON");
        let told = words(&undated, "Fermée", NOW).map(|words| words.replace('\u{a0}', " "));
        assert_eq!(told.as_deref(), Some("Fermée depuis le 2 novembre 2026"));
        assert_eq!(for_good_since(&undated), None);
    }
}

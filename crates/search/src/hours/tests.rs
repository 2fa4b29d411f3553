//! Offers, moments and whether they are open.

use ror_fhir::node;

use super::*;

const PARIS: &str = "Europe/Paris";

fn at(text: &str) -> Instant {
    DateTime::parse(text).expect("a moment").start
}

fn hours(offer: &Node) -> Hours {
    read(offer).expect("hours")
}

/// Whether it is open in Paris.
fn is_open(hours: &Hours, moment: &str) -> bool {
    hours.is_open_at(at(moment), PARIS)
}

fn slot_of(days: &[&str], from: &str, to: &str) -> Node {
    let days = Node::Array(days.iter().map(|day| Node::from(*day)).collect());
    node!({"daysOfWeek": days, "availableStartTime": from, "availableEndTime": to})
}

fn kind(code: &str) -> Node {
    node!({"url": KIND, "valueCodeableConcept": {"coding": [{"code": code}]}})
}

/// 15 January 2026 is a Thursday.
#[test]
fn a_weekly_slot_opens_from_its_start_until_its_end() {
    let office = hours(&node!({"availableTime": [(slot_of(&["thu", "fri"], "09:00:00", "12:30:00"))]}));
    for (moment, open) in [
        ("2026-01-15T08:59", false),
        ("2026-01-15T09:00", true),
        ("2026-01-15T12:29:59", true),
        ("2026-01-15T12:30", false),
        ("2026-01-16T10:00", true),
        ("2026-01-17T10:00", false),
    ] {
        assert_eq!(is_open(&office, moment), open, "{moment}");
    }
}

#[test]
fn a_slot_may_pass_midnight_or_last_all_day() {
    let night = hours(&node!({"availableTime": [(slot_of(&["thu"], "20:00:00", "02:00:00"))]}));
    for (moment, open) in [
        ("2026-01-15T19:59", false),
        ("2026-01-15T23:30", true),
        ("2026-01-16T01:59", true),
        ("2026-01-15T01:00", false),
    ] {
        assert_eq!(is_open(&night, moment), open, "{moment}");
    }
    let always = node!([{"daysOfWeek": ["thu"], "allDay": true}, (slot_of(&["fri"], "00:00:00", "23:59:00")),
        (slot_of(&["sat"], "08:00:00", "08:00:00"))]);
    let always = hours(&node!({"availableTime": always}));
    for (moment, open) in [
        ("2026-01-15T00:00", true),
        ("2026-01-16T23:59:30", true),
        ("2026-01-17T07:59", false),
        ("2026-01-18T07:59", true),
        ("2026-01-18T08:00", false),
    ] {
        assert_eq!(is_open(&always, moment), open, "{moment}");
    }
}

#[test]
fn d14_hours_are_those_of_the_clock_of_the_place() {
    let office = hours(&node!({"availableTime": [(slot_of(&["thu"], "09:00:00", "12:00:00"))]}));
    let moment = at("2026-01-15T10:00:00Z");
    assert!(office.is_open_at(moment, PARIS));
    assert!(!office.is_open_at(moment, "America/Martinique"));
    assert!(office.is_open_at(at("2026-01-15T14:00:00Z"), "America/Martinique"));
    // In Nouméa it is already the next day.
    assert!(office.is_open_at(at("2026-01-14T23:00:00Z"), "Pacific/Noumea"));
    // Summer in Paris.
    assert!(office.is_open_at(at("2026-07-16T07:00:00Z"), PARIS));
}

#[test]
fn the_number_of_a_day_comes_before_its_code() {
    let number = node!([{"url": DAY_NUMBER, "valueInteger": 5}]);
    let slot = node!({"extension": number, "daysOfWeek": ["mon"], "availableStartTime": "09:00:00",
        "availableEndTime": "10:00:00"});
    let hours = hours(&node!({"availableTime": [slot]}));
    assert!(is_open(&hours, "2026-01-16T09:30") && !is_open(&hours, "2026-01-12T09:30"));
}

#[test]
fn a_dated_slot_opens_in_its_period_and_one_of_closing_closes() {
    let dated = |code: &str, start: &str, end: &str| {
        let extensions = node!([(kind(code)), {"url": PERIOD, "valuePeriod": {"start": start, "end": end}}]);
        node!({"extension": extensions, "availableStartTime": "18:00:00", "availableEndTime": "01:00:00"})
    };
    let evenings = hours(&node!({"availableTime": [(dated("01", "2026-01-15", "2026-01-16"))]}));
    for (moment, open) in [
        ("2026-01-14T19:00", false),
        ("2026-01-15T19:00", true),
        ("2026-01-16T19:00", true),
        ("2026-01-17T00:30", true),
        ("2026-01-17T19:00", false),
    ] {
        assert_eq!(is_open(&evenings, moment), open, "{moment}");
    }
    let weekly = slot_of(&["thu"], "09:00:00", "20:00:00");
    let closed = hours(&node!({"availableTime": [weekly, (dated("08", "2026-01-15", "2026-01-15"))]}));
    assert!(is_open(&closed, "2026-01-15T17:00") && !is_open(&closed, "2026-01-15T18:30"));
    assert!(is_open(&closed, "2026-01-22T18:30"), "the week after");
    let timed = dated("01", "2026-01-15T19:00:00+01:00", "2026-01-15T20:00");
    let timed = hours(&node!({"availableTime": [timed]}));
    assert!(!is_open(&timed, "2026-01-15T18:30") && is_open(&timed, "2026-01-15T19:30"));
    assert!(!is_open(&timed, "2026-01-15T20:01"));
}

#[test]
fn unknown_is_not_open() {
    let none = node!({"availableTime": []});
    assert_eq!(read(&none), None);
    for slot in [
        node!({"daysOfWeek": ["thu"]}),
        node!({"availableStartTime": "09:00:00", "availableEndTime": "12:00:00"}),
        node!({"daysOfWeek": ["jeudi"], "allDay": true}),
        node!({"daysOfWeek": ["thu"], "availableStartTime": "9h", "availableEndTime": "25:00:00"}),
        node!({"daysOfWeek": ["thu"], "allDay": true, "extension": [(kind("09"))]}),
        node!({"daysOfWeek": ["thu"], "allDay": true, "extension": [(kind("04"))]}),
    ] {
        assert_eq!(read(&node!({"availableTime": [(slot.clone())]})), None, "{slot:?}");
    }
    let open_ended = hours(&node!({"availableTime": [{"daysOfWeek": ["thu"], "availableStartTime": "14:00:00"}]}));
    assert!(is_open(&open_ended, "2026-01-15T23:59") && !is_open(&open_ended, "2026-01-16T00:00"));
}

#[test]
fn an_absence_closes_its_days_and_a_closing_ends_on_the_day_of_reopening() {
    let always =
        node!([{"daysOfWeek": (Node::Array(DAYS.iter().map(|day| Node::from(*day)).collect())), "allDay": true}]);
    let with = |slot: Node, characteristic: Node| {
        let (always, none) = (always.clone(), node!([]));
        let characteristic = if characteristic == node!(null) { none } else { node!([characteristic]) };
        hours(&node!({"availableTime": always, "notAvailable": [slot], "characteristic": characteristic}))
    };
    let during = |id: &str, start: &str, end: &str| node!({"id": id, "during": {"start": start, "end": end}});
    let christmas = with(during("noel", "2025-12-20", "2026-01-04"), node!(null));
    assert!(is_open(&christmas, "2025-12-19T23:59") && !is_open(&christmas, "2026-01-04T23:59"));
    assert!(is_open(&christmas, "2026-01-05T00:00"));
    let works = with(during(CLOSING_SLOT, "2026-03-01", "2026-04-01"), node!(null));
    assert!(!is_open(&works, "2026-03-31T23:59") && is_open(&works, "2026-04-01T00:00"));
    let system = "https://mos.esante.gouv.fr/NOS/TRE_R286-TypeFermeture/FHIR/TRE-R286-TypeFermeture";
    let of_type = |code: &str| node!({"coding": [{"system": system, "code": code}]});
    let for_good = with(during(CLOSING_SLOT, "2026-03-01", "2026-04-01"), of_type("DEF"));
    assert!(is_open(&for_good, "2026-02-28T12:00") && !is_open(&for_good, "2030-01-01T12:00"));
    let undated = |code: &str| with(node!({"id": CLOSING_SLOT}), of_type(code));
    for (code, open) in [("DEF", false), ("PRO", false), ("PRE", true)] {
        assert_eq!(is_open(&undated(code), "2026-01-15T12:00"), open, "{code}");
    }
    let inactive = hours(&node!({"availableTime": always, "active": false}));
    assert!(!is_open(&inactive, "2026-01-15T12:00"));
}

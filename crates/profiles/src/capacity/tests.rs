//! What a place may hold, and what is computed from it.

use ror_fhir::{DateTime, Instant, Node, node};

use super::{
    COMBINATIONS, Computed, Discrepancy, State, Threshold, close, discrepancy, freshness, operational, records,
    thresholds,
};
use crate::rules::guide;
use crate::{Context, Finding, Handling, Severity, validate};

fn at(text: &str) -> Instant {
    DateTime::parse(text).expect("a date").start
}

fn record(codes: &[(&str, &str)], number: Option<i64>) -> Node {
    let coded = |(url, code): &(&str, &str)| node!({"url": url, "valueCodeableConcept": {"coding": [{"code": code}]}});
    let mut parts: Vec<Node> = codes.iter().map(coded).collect();
    parts.extend(number.map(|number| node!({"url": "nbCapacity", "valueInteger": number})));
    parts.push(node!({"url": "capacityUpdateDate", "valueDateTime": "2026-01-15T08:00:00+01:00"}));
    parts.push(node!({"url": "capacitySourceType", "valueCodeableConcept": {"coding": [{"code": "02"}]}}));
    node!({"url": guide!("ror-location-supported-capacity"), "extension": parts})
}

/// Beds of that status now, without assignment.
fn beds(status: &str, number: Option<i64>) -> Node {
    let codes = [
        ("capacityType", "01"),
        ("capacityStatus", status),
        ("temporalityCapacity", "01"),
        ("temporaryAssignement", "01"),
    ];
    record(&codes, number)
}

fn place(records: Vec<Node>) -> Node {
    let mut place = node!({"resourceType": "Location"});
    place.as_object_mut().expect("an object").insert("extension", records);
    place
}

/// What the rules on records say.
fn found(place: &Node) -> Vec<Finding> {
    let context = Context { terminology: ror_terminology::Terminology::embedded(), now: 0 };
    let all = validate(place, Handling::Lenient, &context);
    all.into_iter().filter(|finding| finding.code == "business-rule").collect()
}

#[test]
fn d35_each_axis_goes_with_one_status() {
    for (axis, only) in [
        ("genderCapacityAvailable", "02"),
        ("capacityClosingType", "05"),
        ("additionalBedType", "06"),
        ("crisisType", "06"),
    ] {
        for status in COMBINATIONS.iter().map(|it| it.status) {
            let codes =
                [("capacityType", "01"), ("capacityStatus", status), ("temporalityCapacity", "01"), (axis, "01")];
            let told = found(&place(vec![record(&codes, Some(0))]));
            assert_eq!(told.is_empty(), status == only, "{axis} {status}");
            assert!(told.iter().all(|one| one.severity == Severity::Error && one.rule == "D35"));
        }
    }
}

#[test]
fn d35_numbers_and_horizons() {
    let one = |status: &str, horizon: &str, number: i64| {
        let codes = [("capacityType", "01"), ("capacityStatus", status), ("temporalityCapacity", horizon)];
        found(&place(vec![record(&codes, Some(number))])).first().map(|finding| finding.severity)
    };
    assert_eq!(one("02", "05", 0), None);
    assert_eq!(one("02", "05", -1), Some(Severity::Error));
    assert_eq!(one("01", "02", 3), Some(Severity::Warning));
}

#[test]
fn d36_one_record_per_identity_beds_and_places_apart() {
    let women = record(
        &[
            ("capacityType", "01"),
            ("capacityStatus", "02"),
            ("temporalityCapacity", "01"),
            ("temporaryAssignement", "01"),
            ("genderCapacityAvailable", "01"),
        ],
        Some(1),
    );
    let places = record(
        &[
            ("capacityType", "02"),
            ("capacityStatus", "02"),
            ("temporalityCapacity", "01"),
            ("temporaryAssignement", "01"),
        ],
        Some(1),
    );
    assert!(found(&place(vec![beds("02", Some(1)), women.clone(), places])).is_empty());
    let told = found(&place(vec![beds("02", Some(1)), women.clone(), women]));
    assert_eq!(
        told.iter().map(|it| (it.rule.as_str(), it.expression.as_str())).collect::<Vec<_>>(),
        [("D36", "Location.extension[2]")]
    );
}

#[test]
fn operational_capacity_is_computed_and_unknown_is_not_zero() {
    let computed = |records: Vec<Node>| operational(&place(records), "01");
    assert_eq!(computed(vec![]), None);
    assert_eq!(computed(vec![beds("02", Some(3))]), None, "nothing is known of what is installed");
    assert_eq!(computed(vec![beds("01", None)]), None);
    assert_eq!(computed(vec![beds("01", Some(12))]), Some(Computed { number: 12, is_upper_bound: true }));
    let exact = |number| Some(Computed { number, is_upper_bound: false });
    assert_eq!(computed(vec![beds("01", Some(12)), beds("05", Some(2))]), exact(10));
    assert_eq!(computed(vec![beds("01", Some(12)), beds("05", Some(20))]), exact(0));
    let extra = |kind: &str| {
        record(
            &[
                ("capacityType", "01"),
                ("capacityStatus", "06"),
                ("temporalityCapacity", "01"),
                ("temporaryAssignement", "01"),
                ("additionalBedType", kind),
            ],
            Some(4),
        )
    };
    assert_eq!(computed(vec![beds("01", Some(12)), beds("05", Some(2)), extra("01"), extra("03")]), exact(14));
}

#[test]
fn numbers_that_do_not_add_up_are_told_and_never_refused() {
    let four = |available, occupied| {
        vec![
            beds("01", Some(10)),
            beds("02", available),
            beds("03", occupied),
            beds("04", Some(1)),
            beds("05", Some(1)),
        ]
    };
    assert_eq!(discrepancy(&place(four(Some(2), Some(6)))), []);
    assert_eq!(discrepancy(&place(four(Some(2), Some(5)))), [Discrepancy { nature: "01", installed: 10, sum: 9 }]);
    assert_eq!(discrepancy(&place(four(None, Some(5)))), [], "an unknown term may be anything");
    assert_eq!(discrepancy(&place(four(None, Some(9)))), [Discrepancy { nature: "01", installed: 10, sum: 11 }]);
    assert_eq!(discrepancy(&place(vec![beds("02", Some(3))])), []);
    let told = found(&place(four(Some(2), Some(5))));
    assert!(
        matches!(told.as_slice(), [one] if one.severity == Severity::Warning && one.message.contains('9')),
        "{told:?}"
    );
}

#[test]
fn rg_exp_047_nothing_stays_available_in_a_closed_place() {
    let horizon = |code: &str| {
        record(
            &[
                ("capacityType", "01"),
                ("capacityStatus", "02"),
                ("temporalityCapacity", code),
                ("temporaryAssignement", "01"),
            ],
            Some(3),
        )
    };
    let (from, now) = (at("2026-01-16"), at("2026-01-16T10:00"));
    let until_sunday = |moment| from <= moment && moment < at("2026-01-18");
    let mut shut = place(vec![horizon("01"), horizon("03"), horizon("05"), beds("01", Some(9))]);
    assert_eq!(close(&mut shut, from, now, until_sunday), 2);
    let numbers: Vec<_> = records(&shut).map(|(_, record)| record.number).collect();
    assert_eq!(numbers, [Some(0), Some(0), Some(3), Some(9)], "in seven days it is open again");
    let (_, first) = records(&shut).next().expect("a record");
    assert_eq!(first.updated, Some("2026-01-16T00:00:00+01:00"));
    assert_eq!(close(&mut shut, from, now, until_sunday), 0, "twice is once");
    assert_eq!(close(&mut shut, from, now, |_| true), 1, "for good");
    assert_eq!(close(&mut place(vec![horizon("01")]), from, now, |at| at > now), 0, "not yet");
}

#[test]
fn freshness_has_a_threshold_for_each_field_and_a_source() {
    let terminology = ror_terminology::Terminology::embedded();
    let fields = terminology.value_set("JDV_J20-ChampActivite-ROR").expect("a list");
    let offer = |field: &str, mode: &str, activity: &str| {
        let of = |name: &str, code: &str| node!({"coding": [{"system": (format!("https://exemple.fr/TRE_{name}")), "code": code}]});
        let (field, mode, activity) = (of("R227-x", field), of("R213-x", mode), of("R211-x", activity));
        node!({"type": [field], "characteristic": [mode], "specialty": [activity]})
    };
    for (_, field) in fields.concepts() {
        assert!(Threshold::of(&offer(field.code, "28", "083")).is_some(), "{}", field.code);
    }
    for (field, mode, activity, hours) in [
        ("01", "28", "127", 24),
        ("01", "33", "157", 12),
        ("01", "13", "157", 12),
        ("01", "31", "083", 72),
        ("01", "28", "083", 24),
        ("04", "46", "083", 168),
    ] {
        assert_eq!(
            Threshold::of(&offer(field, mode, activity)).map(|it| it.hours),
            Some(hours),
            "{field} {mode} {activity}"
        );
    }
    assert!(Threshold::of(&node!({})).is_none());
    assert!(thresholds().iter().all(|it| !it.source.is_empty() && it.hours_in_tension <= it.hours));
}

#[test]
fn a_number_is_believed_for_the_time_of_its_threshold() {
    let critical = &thresholds()[0];
    let now = at("2026-01-16T10:00");
    let state = |updated: &str, in_tension| freshness(Some(at(updated)), now, critical, in_tension).state;
    assert_eq!(state("2026-01-15T10:00", false), State::Fresh);
    assert_eq!(state("2026-01-15T09:59", false), State::ToConfirm);
    assert_eq!(state("2026-01-15T20:00", true), State::ToConfirm);
    assert_eq!(state("2026-01-15T22:00", true), State::Fresh);
    let future = freshness(Some(at("2027-01-01")), now, critical, false);
    assert_eq!((future.state, future.age_ms), (State::Fresh, 0));
    assert_eq!(freshness(None, now, critical, false).state, State::Unknown);
}

//! Anomalies and indicators: who sees them, and what of them (D30, D31).

mod common;

use common::*;
use ror_confidentiality::{AudienceMask, Facts, OwnFacts, Policy, Projection, project};
use ror_fhir::{Node, node};

const MARK: &str = "7311-marque";
const ALL: [u8; 7] = [0, 1, 2, 3, 4, 5, 6];

fn task(members: &Node) -> Node {
    resource("Task", members)
}

fn reported(members: &Node, readers: AudienceMask) -> Projection {
    projected(&task(members), OwnFacts::Task { readers })
}

/// Who sees the mark in an anomaly about something that all see.
fn seen(members: &Node) -> AudienceMask {
    seers(&reported(members, mask(&ALL)), MARK)
}

fn said(list: &str, code: &str, kind: &str, value: Node) -> Node {
    let system = format!("https://interop.esante.gouv.fr/ig/fhir/ror/CodeSystem/{list}-task-ror-codesystem");
    let mut item = node!({"type": (concept(&system, code))});
    item.as_object_mut().expect("an object").insert(kind, value);
    node!({ list: [item] })
}

#[test]
fn d30_an_anomaly_is_for_who_sees_what_it_reports_and_never_for_the_public() {
    for (readers, expected) in [
        (&ALL[..], &[1, 2, 3, 4, 5, 6][..]),
        (&[1, 4, 6], &[1, 4, 6]),
        (&[0, 1, 2, 5, 6], &[1, 2, 5, 6]),
        (&[1, 6], &[1, 6]),
        // What nobody is said to see is still served to who sees all that is served.
        (&[], &[1, 6]),
    ] {
        let projection = reported(&node!({"description": MARK}), mask(readers));
        assert_eq!(projection.visible(), mask(expected), "{readers:?}");
        assert_eq!(seers(&projection, MARK), mask(expected), "{readers:?}");
    }
}

#[test]
fn d30_what_is_reported_is_for_all_of_them() {
    for shown in [
        node!({"identifier": [{"value": MARK}]}),
        node!({"businessStatus": (concept("s", MARK))}),
        node!({"reasonCode": (concept("s", MARK))}),
        node!({"focus": {"type": "HealthcareService", "identifier": {"value": MARK}}}),
        node!({"focus": {"reference": format!("HealthcareService/{MARK}")}}),
        said("input", "errorValue", "valueString", MARK.into()),
        said("input", "proposedValue", "valueContactPoint", node!({ "value": MARK })),
        said("input", "systemRequester", "valueString", MARK.into()),
        said("input", "pathElementError", "valueExpression", node!({ "expression": MARK })),
        said("output", "newValue", "valueCodeableConcept", concept("s", MARK)),
    ] {
        assert_eq!(seen(&shown), mask(&[1, 2, 3, 4, 5, 6]), "{shown:?}");
    }
    for hidden in [
        node!({"note": [{"text": MARK}]}),
        node!({"for": {"display": MARK}}),
        node!({"meta": {"tag": [{"code": MARK}]}}),
        said("input", "unknown", "valueString", MARK.into()),
        said("input", "errorValue", "valueAttachment", node!({ "title": MARK })),
        node!({"input": [{"valueString": MARK}]}),
    ] {
        assert_eq!(seen(&hidden), P1_AND_OWNER, "{hidden:?}");
    }
}

#[test]
fn d20_d30_who_reports_or_deals_with_it_is_told_to_profile_1_alone_when_a_person() {
    let role = format!("PractitionerRole/{MARK}");
    let person = format!("Practitioner/{MARK}");
    for hidden in [
        node!({"requester": {"reference": (person.clone())}}),
        node!({"owner": {"reference": role}}),
        node!({"restriction": {"recipient": [{"reference": (person.clone())}]}}),
        node!({"requester": {"type": "Practitioner", "identifier": {"value": MARK}}}),
        node!({"requester": {"reference": "Organization/1", "display": MARK}}),
        node!({"owner": {"reference": "Organization/1", "display": MARK}}),
        node!({"restriction": {"recipient": [{"reference": "Organization/1", "display": MARK}]}}),
        said("input", "identifierRequester", "valueIdentifier", node!({ "value": MARK })),
        said("output", "identifierAnalyst", "valueIdentifier", node!({ "value": MARK })),
    ] {
        assert_eq!(seen(&hidden), P1_AND_OWNER, "{hidden:?}");
    }
    for shown in ["requester", "owner"] {
        let members = node!({ shown: {"reference": format!("Organization/{MARK}")} });
        assert_eq!(seen(&members), mask(&[1, 2, 3, 4, 5, 6]), "a structure is no person");
    }
    let targets = |_: &str| mask(&[1, 4, 6]);
    let facts = Facts { own: OwnFacts::Task { readers: mask(&ALL) }, targets: &targets };
    let owned = task(&node!({"owner": {"reference": format!("Organization/{MARK}")}}));
    assert_eq!(seers(&project(&owned, &facts, Policy::embedded()), MARK), mask(&[1, 4, 6]), "a hidden unit");
}

#[test]
fn d63_an_anomaly_is_of_level_3_when_what_it_reports_is_and_not_for_naming_a_person() {
    let named = node!({"requester": {"reference": "Practitioner/1", "display": "A"}});
    assert_eq!(reported(&named, mask(&ALL)).sight().level_3, AudienceMask::NONE);
    assert_eq!(reported(&named, mask(&[1, 4, 6])).sight().level_3, mask(&[1, 4, 6]));
    let report = resource("MeasureReport", &node!({"identifier": [{"value": "EX2"}]}));
    assert_eq!(projected(&report, OwnFacts::MeasureReport).sight().level_3, mask(&[1, 4, 6]));
}

/// A place with two telecoms, of levels 1 and 3, and capacity for those who see some.
fn home() -> Projection {
    let telecoms = node!([(telecom("0400000001", "1")), (telecom("0400000003", "3"))]);
    let members = node!({"name": "Cabinet", "telecom": telecoms, "extension": [(capacity("02", vec![]))]});
    projected(&resource("Location", &members), place(&[ORDINARY]))
}

#[test]
fn d30_the_element_reported_is_seen_whole_or_not_at_all() {
    let capacities = format!("Location.extension.where(url='{ROR}ror-location-supported-capacity')");
    for (path, readers) in [
        ("Location", &ALL[..]),
        ("Location.name", &ALL),
        ("Location.telecom[0].value", &ALL),
        ("Location.telecom.where(value='0400000003')", &[1, 6]),
        // All of them, the second one included.
        ("Location.telecom", &[1, 6]),
        // What a projection shows as the second one is none.
        ("Location.telecom[1].value", &[1, 6]),
        (capacities.as_str(), &[1, 2, 4, 6]),
        // Nowhere, unreadable, of another type.
        ("Location.description", &[1, 6]),
        ("", &[1, 6]),
        ("Location.name.lower()", &[1, 6]),
        ("HealthcareService.name", &[1, 6]),
    ] {
        assert_eq!(home().readers(path), mask(readers), "{path}");
    }
    let hidden = projected(&resource("Location", &node!({"name": "UHSI"})), place(&[SENSITIVE]));
    assert_eq!(hidden.readers("Location.name"), mask(&[1, 4, 6]), "of a sensitive unit");
    assert_eq!(hidden.readers("Location.alias"), P1_AND_OWNER);
}

#[test]
fn d31_indicators_are_for_everyone_and_their_values_by_what_they_were_computed_on() {
    let measure = resource("Measure", &node!({"purpose": MARK, "group": [{"description": MARK}]}));
    assert_eq!(seers(&projected(&measure, OwnFacts::Measure), MARK), mask(&ALL));
    let report = |identifiers: Node| {
        let members = node!({"identifier": identifiers, "group": [{"code": {"text": MARK}}]});
        projected(&resource("MeasureReport", &members), OwnFacts::MeasureReport)
    };
    for (identifiers, audiences) in [
        (node!([{"value": "EX2-84-public"}]), &ALL[..]),
        (node!({"value": "EX2-84-public"}), &ALL),
        (node!([{"value": "EX2-84"}]), &[1, 4, 6]),
        (node!([{"value": "public"}]), &[1, 4, 6]),
        (node!([{"value": "EX2-public"}, {"value": "EX2"}]), &[1, 4, 6]),
        (node!([{"value": "EX2-public"}, {"system": "x"}]), &[1, 4, 6]),
        (node!([]), &[1, 4, 6]),
    ] {
        let projection = report(identifiers.clone());
        assert_eq!(projection.visible(), mask(audiences), "{identifiers:?}");
        assert_eq!(seers(&projection, MARK), mask(audiences), "{identifiers:?}");
    }
    let counted = resource(
        "MeasureReport",
        &node!({"identifier": [{"value": "EX2-public"}], "evaluatedResource": [{"display": MARK}],
            "group": [{"population": [{"subjectResults": {"display": MARK}}]}]}),
    );
    assert_eq!(seers(&projected(&counted, OwnFacts::MeasureReport), MARK), P1_AND_OWNER, "no list of those counted");
}

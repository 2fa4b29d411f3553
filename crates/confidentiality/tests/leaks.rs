//! The classic leaks: what no rule names, what escapes a rule by its place, what a cut leaves.

mod common;

use common::*;
use ror_confidentiality::{Audience, AudienceMask, Facts, OwnFacts, Policy, project};
use ror_fhir::{Node, node};

const MARK: &str = "SECRET-7311";

/// Types with facts under which everyone sees the resource.
fn open_types() -> Vec<(Node, OwnFacts)> {
    vec![
        (resource("Organization", &node!({})), eg()),
        (offer(VILLE, vec![], &node!({})), OwnFacts::HealthcareService { exposed: true }),
        (resource("Location", &node!({})), place(&[VILLE])),
        (resource("PractitionerRole", &node!({})), OwnFacts::PractitionerRole { offer: Some(VILLE), exposed: true }),
        (resource("Practitioner", &node!({})), OwnFacts::Practitioner { roles: vec![VILLE] }),
    ]
}

/// `resource` with one more member; an array member is extended.
fn with(resource: &Node, key: &str, value: &Node) -> Node {
    let mut resource = resource.clone();
    let object = resource.as_object_mut().expect("a resource");
    let value = match (object.get(key), value) {
        (Some(Node::Array(before)), Node::Array(more)) => Node::Array(before.iter().chain(more).cloned().collect()),
        _ => value.clone(),
    };
    object.insert(key, value);
    resource
}

#[test]
fn narratives_and_contained_resources_go_to_nobody() {
    for (bare, own) in open_types() {
        for (key, value) in [
            ("text", node!({"status": "generated", "div": MARK})),
            ("contained", node!([{"resourceType": "Location", "name": MARK}])),
        ] {
            let projection = projected(&with(&bare, key, &value), own.clone());
            assert_eq!(seers(&projection, MARK), AudienceMask::NONE, "{key}");
            assert_eq!(seers(&projection, key), AudienceMask::NONE, "{key}");
            assert_eq!(projection.visible(), AudienceMask::ALL, "{key}");
        }
    }
}

#[test]
fn what_no_rule_names_goes_to_profile_1_and_the_owner() {
    let unknown = node!([{"url": "https://example.org/secret", "valueString": MARK}]);
    for (bare, own) in open_types() {
        for (key, value) in [
            ("birthDate", node!(MARK)),
            ("_birthDate", node!({"extension": [{"url": "x", "valueTime": MARK}]})),
            ("photo", node!([{"title": MARK}])),
            ("gender", node!(MARK)),
            ("program", node!([{"text": MARK}])),
            ("endpoint", node!([{"reference": MARK}])),
            ("physicalType", node!({"text": MARK})),
            ("communication", node!([{"text": MARK}])),
            ("availabilityExceptions", node!(MARK)),
            ("implicitRules", node!(MARK)),
            ("language", node!(MARK)),
            ("x-internal", node!({"note": MARK})),
            ("modifierExtension", unknown.clone()),
            ("extension", unknown.clone()),
            ("_extension", node!({"url": "x", "valueString": MARK})),
            ("meta", node!({"profile": [MARK]})),
            ("meta", node!({"source": MARK})),
            ("meta", node!({"security": [{"code": MARK}]})),
            ("meta", node!({"extension": unknown.clone()})),
            ("meta", node!({"tag": [{"system": "https://example.org", "code": MARK}]})),
            ("_meta", node!({"note": MARK})),
            ("resourceType2", node!(MARK)),
        ] {
            let projection = projected(&with(&bare, key, &value), own.clone());
            assert_eq!(seers(&projection, MARK), P1_AND_OWNER, "{key} {value:?}");
            // No trace either: the rest is what it would be without.
            let public = text_for(&projection, Audience::PUBLIC);
            assert_eq!(public, text_for(&projected(&bare, own.clone()), Audience::PUBLIC), "{key}");
        }
    }
}

#[test]
fn the_region_tag_and_the_dates_stay_when_the_rest_of_meta_goes() {
    let region = "https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM";
    let meta = node!({
        "versionId": "3", "lastUpdated": "2026-02-03T07:30:00+01:00", "profile": [MARK], "source": MARK,
        "security": [{"code": MARK}],
        "tag": [{"system": "x", "code": MARK}, {"system": region, "code": "84"}, {"code": MARK}],
    });
    let kept = node!({
        "versionId": "3", "lastUpdated": "2026-02-03T07:30:00+01:00", "tag": [{"system": region, "code": "84"}],
    });
    for (bare, own) in open_types() {
        let projection = projected(&with(&bare, "meta", &meta), own);
        let public = projection.group(Audience::PUBLIC).expect("sees it");
        assert_eq!(public.resource.get("meta"), Some(&kept));
        assert_eq!(seers(&projection, MARK), P1_AND_OWNER);
    }
}

#[test]
fn unknown_extensions_are_withheld_at_any_depth() {
    let unknown = || node!({"url": "https://example.org/secret", "valueString": MARK});
    let organization = |members: Node| (resource("Organization", &members), eg());
    let contact_level = level("ror-contact-confidentiality-level", "1");
    let phone_level = level("ror-telecom-confidentiality-level", "1");
    let cases = [
        organization(node!({"name": "A", "_name": {"extension": [unknown()]}})),
        organization(node!({"name": "A", "_name": {"id": MARK}})),
        organization(node!({"address": [{"city": "Bourg", "_city": {"extension": [unknown()]}}]})),
        organization(node!({"address": [{"city": "Bourg", "extension": [unknown()]}]})),
        organization(node!({"address": [{"city": "Bourg", "id": MARK}]})),
        organization(node!({"address": [{"line": ["1 rue"], "_line": [{"extension": [unknown()]}]}]})),
        organization(node!({"type": [{"coding": [{"code": "1", "extension": [unknown()]}]}]})),
        organization(node!({"type": [{"coding": [{"code": "1", "secret": MARK}]}]})),
        organization(node!({"identifier": [{"value": "1", "assigner": {"display": MARK}}]})),
        organization(node!({"telecom": [{"extension": [phone_level.clone(), unknown()], "value": "0"}]})),
        organization(node!({"contact": [{"extension": [contact_level.clone(), unknown()], "name": {"text": "A"}}]})),
        organization(
            node!({"contact": [{"extension": [contact_level], "address": {"text": MARK}, "name": {"text": "A"}}]}),
        ),
        organization(node!({"extension": [{"url": format!("{ROR}ror-organization-price"),
            "extension": [unknown(), {"url": "amount", "valueMoney": {"value": 1}}]}]})),
        organization(node!({"extension": [{"url": format!("{ROR}ror-organization-price"), "extension": [unknown()]}]})),
        organization(
            node!({"extension": [{"url": format!("{ROR}ror-meta-comment"), "note": MARK, "valueString": "a"}]}),
        ),
        organization(node!({"extension": [{"url": format!("{ROR}ror-meta-comment"), "valueString": {"note": MARK}}]})),
        // Known, but at another place.
        organization(node!({"extension": [extension("ror-comment", "valueString", MARK)]})),
        organization(node!({"extension": [{"url": "description", "valueString": MARK}]})),
        // A value where there should be parts, and the reverse.
        organization(node!({"extension": extension("ror-meta-comment", "valueString", MARK)})),
        organization(node!({"name": {"note": MARK}})),
        organization(node!({"name": ["A", {"note": MARK}]})),
        organization(node!({"address": [MARK]})),
        organization(node!({"address": [[MARK]]})),
        (
            offer(VILLE, vec![], &node!({"availableTime": [{"allDay": true, "extension": [unknown()]}]})),
            OwnFacts::HealthcareService { exposed: true },
        ),
        (resource("Location", &node!({"position": {"altitude": MARK, "longitude": 1}})), place(&[VILLE])),
        (
            resource("Practitioner", &node!({"name": [{"family": "A", "text": MARK}]})),
            OwnFacts::Practitioner { roles: vec![VILLE] },
        ),
        (
            resource("Practitioner", &node!({"name": [{"family": "A", "_family": {"extension": [unknown()]}}]})),
            OwnFacts::Practitioner { roles: vec![VILLE] },
        ),
    ];
    for (resource, own) in cases {
        assert_eq!(seers(&projected(&resource, own), MARK), P1_AND_OWNER, "{resource:?}");
    }
}

#[test]
fn known_extensions_of_primitives_follow_their_element() {
    let additional = extension("ror-organization-additional-name", "valueString", MARK);
    let named = resource("Organization", &node!({"name": "A", "_name": {"extension": [additional]}}));
    assert_eq!(seers(&projected(&named, eg()), MARK), AudienceMask::ALL);
    assert_eq!(seers(&projected(&named, oi(true)), MARK), mask(&[1, 4, 6]));

    let street =
        node!({"url": "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-streetNameBase", "valueString": MARK});
    let lines = node!({"line": ["a", "b"], "_line": [null, {"extension": [street.clone()]}], "city": "Bourg"});
    let known = resource("Organization", &node!({"address": [lines]}));
    assert_eq!(seers(&projected(&known, eg()), MARK), AudienceMask::ALL);
    assert_eq!(seers(&projected(&known, eg_with(true, false)), MARK), mask(&[1, 2, 5, 6]));
}

#[test]
fn companions_of_a_list_stay_in_line_or_go_together() {
    let street =
        node!({"url": "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-streetNameBase", "valueString": "rue"});
    let lines = node!({
        "line": ["a", "b"],
        "_line": [{"extension": [{"url": "x", "valueString": MARK}]}, {"extension": [street]}],
    });
    let projection = projected(&resource("Organization", &node!({"address": [lines]})), eg());
    let public = projection.group(Audience::PUBLIC).expect("sees it").resource.clone();
    assert_eq!(public, node!({"resourceType": "Organization", "address": [{"line": ["a", "b"]}]}));
}

#[test]
fn values_of_a_list_of_primitives_go_together_too() {
    let lines = node!({"line": ["a", {"note": MARK}], "_line": [null, null], "city": "Bourg"});
    let projection = projected(&resource("Organization", &node!({"address": [lines]})), eg());
    let public = projection.group(Audience::PUBLIC).expect("sees it").resource.clone();
    let kept = node!({"resourceType": "Organization", "address": [{"_line": [null, null], "city": "Bourg"}]});
    assert_eq!(public, kept);
}

#[test]
fn references_follow_their_target() {
    let everyone_but =
        |hidden: &'static str| move |target: &str| if target == hidden { P1_AND_OWNER } else { AudienceMask::ALL };
    let targets = everyone_but("Location/hidden");
    let seen = |resource: &Node, own: OwnFacts| {
        seers(&project(resource, &Facts { own, targets: &targets }, Policy::embedded()), MARK)
    };
    let reference = |text: &str| node!({"reference": text, "display": MARK});
    for (reference, audiences) in [
        (reference("Location/shown"), AudienceMask::ALL),
        (reference("Location/shown/_history/2"), AudienceMask::ALL),
        (reference("Location/hidden"), P1_AND_OWNER),
        (reference("Location/hidden/_history/2"), P1_AND_OWNER),
        (reference("https://example.org/fhir/Location/shown"), P1_AND_OWNER),
        (reference("urn:uuid:0"), P1_AND_OWNER),
        (reference("#shown"), P1_AND_OWNER),
        (reference("Location"), P1_AND_OWNER),
        (node!({"identifier": {"value": MARK}}), P1_AND_OWNER),
        (node!({"display": MARK}), P1_AND_OWNER),
        (node!({"reference": "Location/shown", "identifier": {"value": MARK}}), P1_AND_OWNER),
        (node!({"reference": ["Location/shown"], "display": MARK}), P1_AND_OWNER),
    ] {
        let many = offer(VILLE, vec![], &node!({"location": [{"reference": "Location/a"}, reference.clone()]}));
        assert_eq!(seen(&many, OwnFacts::HealthcareService { exposed: true }), audiences, "{reference:?}");
        let one = offer(VILLE, vec![], &node!({"providedBy": reference.clone()}));
        assert_eq!(seen(&one, OwnFacts::HealthcareService { exposed: true }), audiences, "{reference:?}");
        let in_extension = extension("ror-meta-comment", "valueReference", reference.clone());
        let organization = resource("Organization", &node!({"extension": [in_extension]}));
        assert_eq!(seen(&organization, eg()), audiences, "{reference:?}");
        let assigned =
            resource("Organization", &node!({"identifier": [{"value": "1", "assigner": reference.clone()}]}));
        assert_eq!(seen(&assigned, eg()), audiences, "{reference:?}");
    }
}

#[test]
fn a_list_whose_references_are_all_hidden_disappears() {
    let offer = offer(
        VILLE,
        vec![],
        &node!({"location": [{"reference": "Location/a"}, {"reference": "Location/b"}], "name": "A"}),
    );
    let hidden = |_: &str| P1_AND_OWNER;
    let projection = project(
        &offer,
        &Facts { own: OwnFacts::HealthcareService { exposed: true }, targets: &hidden },
        Policy::embedded(),
    );
    let public = projection.group(Audience::PUBLIC).expect("sees it");
    assert_eq!(public.resource.get("location"), None);
    assert_eq!(public.resource.str("name"), Some("A"));
}

#[test]
fn an_unresolved_target_closes_even_if_the_caller_answers_for_more_than_seven() {
    let offer = offer(VILLE, vec![], &node!({"providedBy": {"reference": "Organization/a", "display": MARK}}));
    let all_bits = |_: &str| AudienceMask(0xff);
    let projection = project(
        &offer,
        &Facts { own: OwnFacts::HealthcareService { exposed: true }, targets: &all_bits },
        Policy::embedded(),
    );
    assert_eq!(projection.visible(), AudienceMask::ALL);
    assert_eq!(seers(&projection, MARK), AudienceMask::ALL);
}

#[test]
fn empty_in_the_source_stays_empty_and_nothing_else_becomes_so() {
    let source = node!({
        "name": "A", "alias": [], "address": [{}], "contact": [{"telecom": [telecom("0", "3")]}],
        "telecom": [telecom("0", "3")], "extension": [{"url": "x"}], "meta": {"profile": ["p"]},
    });
    let projection = projected(&resource("Organization", &source), eg());
    let public = projection.group(Audience::PUBLIC).expect("sees it").resource.to_text();
    assert_eq!(public, r#"{"resourceType":"Organization","name":"A","alias":[],"address":[{}]}"#);
}

#[test]
fn audiences_that_see_alike_share_a_group() {
    let projection = projected(&resource("Organization", &node!({"name": "A"})), eg());
    let groups: Vec<AudienceMask> = projection.groups().iter().map(|group| group.audiences).collect();
    assert_eq!(groups, [AudienceMask::ALL]);
    let projection = projected(&resource("Organization", &node!({"telecom": [telecom("0", "2")]})), eg());
    let groups: Vec<AudienceMask> = projection.groups().iter().map(|group| group.audiences).collect();
    assert_eq!(groups, [mask(&[0, 3, 4]), mask(&[1, 2, 5, 6])]);
    let hidden = projected(&offer(SENSITIVE, vec![], &node!({})), OwnFacts::HealthcareService { exposed: true });
    let groups: Vec<AudienceMask> = hidden.groups().iter().map(|group| group.audiences).collect();
    assert_eq!(groups, [mask(&[1, 4, 6])]);
}

#[test]
fn ids_and_versions_may_stand_in_the_body() {
    let source = node!({"id": "a", "meta": {"versionId": "1", "lastUpdated": "2026-01-01T00:00:00Z"}, "name": "A"});
    let projection = projected(&resource("Organization", &source), eg());
    let public = projection.group(Audience::PUBLIC).expect("sees it");
    assert!(public.cuts.is_empty());
    assert_eq!(&**projection.body(), public.resource.to_bytes());
}

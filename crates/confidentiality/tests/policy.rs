//! The table in force: what it opens, what it says in words, and that it is the one generated.

mod common;

use common::*;
use ror_confidentiality::{Audience, AudienceMask, Facts, OwnFacts, Policy, PolicyError, project};
use ror_fhir::{Node, node};

/// `INSTA_UPDATE=always` renews it, as for the other golden files: look at the difference.
#[test]
fn the_policy_in_force_reads_as_written() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/politique-acces.md");
    let rendered = Policy::embedded().render();
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(page, &rendered).expect("written");
    }
    let written = std::fs::read_to_string(page).expect("a page");
    for (line, expected) in written.lines().zip(rendered.lines()) {
        assert_eq!(line, expected);
    }
    assert_eq!(written, rendered, "docs/politique-acces.md is not what the table says");
}

/// Each attribute is one line, and each line says who sees it.
#[test]
fn every_line_of_the_page_has_an_answer_for_the_seven_audiences() {
    let rendered = Policy::embedded().render();
    let (_, attributes) = rendered.split_once("## Structure").expect("resources");
    let lines: Vec<&str> =
        attributes.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| Attr")).collect();
    assert!(lines.len() > 250, "{}", lines.len());
    for line in lines {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 11, "{line}");
        assert!(cells.iter().all(|cell| !cell.is_empty()), "{line}");
        assert_eq!((cells[4], cells[9]), ("oui", "oui"), "profile 1 and the owner: {line}");
    }
}

/// One resource of each type, ordinary in all respects, with the facts that open it most.
fn open_resources() -> Vec<(Node, OwnFacts)> {
    vec![
        (resource("Organization", &node!({"name": "Hôpital"})), eg()),
        (offer(VILLE, vec![], &node!({"name": "Consultation"})), OwnFacts::HealthcareService { exposed: true }),
        (resource("Location", &node!({"name": "Cabinet"})), place(&[VILLE])),
        (
            resource("PractitionerRole", &node!({"active": true})),
            OwnFacts::PractitionerRole { offer: Some(VILLE), exposed: true },
        ),
        (resource("Practitioner", &node!({"active": true})), OwnFacts::Practitioner { roles: vec![VILLE] }),
        (resource("Questionnaire", &node!({"title": "Urgences"})), OwnFacts::Questionnaire),
        (resource("Measure", &node!({"title": "Ouvertures"})), OwnFacts::Measure),
        (resource("MeasureReport", &node!({"identifier": [{"value": "EX1-public"}]})), OwnFacts::MeasureReport),
    ]
}

#[test]
fn every_profile_sees_what_is_most_open() {
    let policy = Policy::embedded();
    assert_eq!(policy.open_profiles(), mask(&[0, 1, 2, 3, 4, 5]));
    for (resource, own) in open_resources() {
        let facts = Facts { own, targets: &everyone_sees };
        assert_eq!(project(&resource, &facts, policy).visible(), AudienceMask::ALL, "{resource:?}");
    }
}

/// What version 2 had open, 3 decides alike: nothing that was told then is told otherwise.
#[test]
fn d28_version_3_opens_profiles_and_changes_nothing_for_the_others() {
    let rules = |text: &str, kept: &[&str]| {
        let mut table: toml::Table = toml::from_str(text).expect("a table");
        let rules = table.remove("rules").expect("rules");
        let rules = rules.as_array().expect("a list").iter().map(|rule| {
            let profiles = rule["profiles"].as_table().expect("profiles").clone();
            let profiles: Vec<_> = profiles.into_iter().filter(|(profile, _)| kept.contains(&&**profile)).collect();
            (rule["id"].clone(), profiles)
        });
        rules.collect::<Vec<_>>()
    };
    let (now, then) = (include_str!("../data/rules.toml"), include_str!("data/rules-2.toml"));
    assert_eq!(rules(now, &["0", "1"]), rules(then, &["0", "1", "2", "3", "4", "5"]));
    let policy = Policy::embedded();
    assert_eq!(policy.version(), 5);
    assert_eq!(policy.unchanged_since(5), AudienceMask::ALL);
    assert_eq!(policy.unchanged_since(4), AudienceMask::ALL);
    assert_eq!(policy.unchanged_since(3), AudienceMask::ALL);
    assert_eq!(policy.unchanged_since(2), mask(&[0, 1, 6]));
    assert_eq!(policy.unchanged_since(1), mask(&[6]));
    assert_eq!(policy.unchanged_since(6), mask(&[6]), "a version this program does not know");
}

#[test]
fn a_profile_without_rule_sees_nothing() {
    let closed: String = include_str!("../data/rules.toml")
        .lines()
        .filter(|line| !line.starts_with("profiles.2 ="))
        .fold(String::new(), |text, line| text + &line.replace(", 2 = 3", "") + "\n");
    let policy = Policy::with_rules(&closed).expect("a table");
    assert_eq!(policy.open_profiles(), mask(&[0, 1, 3, 4, 5]));
    for (resource, own) in open_resources() {
        let projection = project(&resource, &Facts { own, targets: &everyone_sees }, &policy);
        assert_eq!(projection.visible(), mask(&[0, 1, 3, 4, 5, 6]));
    }
}

#[test]
fn a_table_that_cannot_be_applied_is_refused() {
    let table = include_str!("../data/rules.toml");
    let with = |from: &str, to: &str| Policy::with_rules(&table.replace(from, to)).expect_err("refused");
    assert!(
        matches!(with("[\"ns\"]", "[\"nss\"]"), PolicyError::UnknownCondition { condition, .. } if condition == "nss")
    );
    assert!(matches!(with("profiles.1", "profiles.6"), PolicyError::UnknownProfile { profile, .. } if profile == "6"));
    assert!(matches!(with("\"OTHER\"", "\"ELSE\""), PolicyError::UnknownRule(rule) if rule == "OTHER"));
    assert!(matches!(with("version = 5", "version = one"), PolicyError::Unreadable(_)));
    assert!(matches!(with("profiles.0", "profil.0"), PolicyError::Unreadable(_)));
}

#[test]
fn the_owner_and_profile_1_see_all_that_is_served_whatever_the_facts() {
    let resources = [
        (resource("Organization", &node!({"name": "UHSI", "photo": [{"url": "x"}]})), oi(true)),
        (offer(SENSITIVE, vec![], &node!({"program": [{"text": "x"}]})), OwnFacts::HealthcareService { exposed: true }),
        (resource("Location", &node!({"mode": "kind", "extension": [{"url": "x"}]})), place(&[])),
        (resource("Practitioner", &node!({"birthDate": "1970"})), OwnFacts::Practitioner { roles: vec![] }),
    ];
    for (resource, own) in resources {
        let projection = project(&resource, &Facts { own, targets: &|_| mask(&[]) }, Policy::embedded());
        for audience in [Audience::ALL_DATA, Audience::OWNER] {
            let group = projection.group(audience).expect("sees it");
            assert!(group.cuts.is_empty());
            assert_eq!(group.resource, resource);
        }
    }
}

#[test]
fn who_may_ever_read_an_element_depends_on_the_table_alone() {
    let capacity = format!("{ROR}ror-location-supported-capacity");
    for (rtype, element, audiences) in [
        ("Location", capacity.as_str(), &[1, 2, 3, 4, 5, 6][..]),
        ("Location", "name", &[0, 1, 2, 3, 4, 5, 6]),
        ("Location", "identifier", &[0, 1, 2, 3, 4, 5, 6]),
        ("Location", "physicalType", &[1, 6]),
        ("Organization", "name", &[0, 1, 2, 3, 4, 5, 6]),
        ("Task", "description", &[1, 2, 3, 4, 5, 6]),
        ("Task", "input", &[1, 2, 3, 4, 5, 6]),
        ("Task", "note", &[1, 6]),
        ("MeasureReport", "group", &[0, 1, 2, 3, 4, 5, 6]),
        ("Measure", "relatedArtifact", &[1, 6]),
    ] {
        assert_eq!(Policy::embedded().readers(rtype, element), mask(audiences), "{rtype} {element}");
    }
}

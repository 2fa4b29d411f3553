//! The table in force: what it opens, what it says in words, and that it is the one generated.

mod common;

use common::*;
use ror_confidentiality::{Audience, Facts, OwnFacts, Policy, PolicyError, project};
use ror_fhir::{Node, node};

#[test]
fn the_policy_in_force_reads_as_written() {
    insta::assert_snapshot!("politique_en_vigueur", Policy::embedded().render());
}

#[test]
fn the_policy_of_the_six_profiles_reads_as_written() {
    insta::assert_snapshot!("politique_six_profils", six_profiles().render());
}

/// One resource of each type, ordinary in all respects, with the facts that open it most.
fn open_resources() -> Vec<(Node, OwnFacts)> {
    vec![
        (resource("Organization", &node!({"name": "Hôpital"})), eg()),
        (offer(VILLE, vec![], &node!({"name": "Consultation"})), OwnFacts::HealthcareService),
        (resource("Location", &node!({"name": "Cabinet"})), place(&[VILLE])),
        (resource("PractitionerRole", &node!({"active": true})), OwnFacts::PractitionerRole { offer: Some(VILLE) }),
        (resource("Practitioner", &node!({"active": true})), OwnFacts::Practitioner { roles: vec![VILLE] }),
        (resource("Questionnaire", &node!({"title": "Urgences"})), OwnFacts::Questionnaire),
    ]
}

#[test]
fn profiles_2_to_5_see_nothing_until_they_are_opened() {
    let policy = Policy::embedded();
    assert_eq!(policy.open_profiles(), [0, 1]);
    for (resource, own) in open_resources() {
        let facts = Facts { own, targets: &everyone_sees };
        assert_eq!(project(&resource, &facts, policy).visible(), mask(&[0, 1, 6]), "{resource:?}");
        assert_eq!(project(&resource, &facts, six_profiles()).visible(), mask(&[0, 1, 2, 3, 4, 5, 6]));
    }
}

#[test]
fn the_rules_in_force_are_those_of_all_profiles_less_the_closed_ones() {
    let opened = |text: &str| {
        let mut table: toml::Table = toml::from_str(text).expect("a table");
        table.remove("open_profiles");
        for rule in table["rules"].as_array_mut().expect("rules") {
            let profiles = rule["profiles"].as_table_mut().expect("profiles");
            profiles.retain(|profile, _| ["0", "1"].contains(&profile));
        }
        table
    };
    let in_force = include_str!("../data/rules.toml");
    let table: toml::Table = toml::from_str(in_force).expect("a table");
    for rule in table["rules"].as_array().expect("rules") {
        let profiles: Vec<&String> = rule["profiles"].as_table().expect("profiles").keys().collect();
        assert_eq!(profiles, ["0", "1"], "{rule:?}");
    }
    assert_eq!(opened(in_force), opened(include_str!("data/rules-all-profiles.toml")));
}

#[test]
fn opening_a_profile_is_a_change_of_data() {
    let in_force = include_str!("../data/rules.toml");
    let opened =
        in_force.replace("[0, 1]", "[0, 1, 2]").replace("profiles.1 = [[]]", "profiles.1 = [[]]\nprofiles.2 = [[]]");
    let policy = Policy::with_rules(&opened).expect("a table");
    let (resource, own) = open_resources().remove(0);
    let projection = project(&resource, &Facts { own, targets: &everyone_sees }, &policy);
    assert!(projection.visible().contains(Audience::profile(2).expect("a profile")));
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
    assert!(matches!(with("version = 2", "version = one"), PolicyError::Unreadable(_)));
    assert!(matches!(with("profiles.0", "profil.0"), PolicyError::Unreadable(_)));
}

#[test]
fn the_owner_and_profile_1_see_all_that_is_served_whatever_the_facts() {
    let resources = [
        (resource("Organization", &node!({"name": "UHSI", "photo": [{"url": "x"}]})), oi(true)),
        (offer(SENSITIVE, vec![], &node!({"program": [{"text": "x"}]})), OwnFacts::HealthcareService),
        (resource("Location", &node!({"mode": "kind", "extension": [{"url": "x"}]})), place(&[])),
        (resource("Practitioner", &node!({"birthDate": "1970"})), OwnFacts::Practitioner { roles: vec![] }),
    ];
    for (resource, own) in resources {
        for policy in [Policy::embedded(), six_profiles()] {
            let projection = project(&resource, &Facts { own: own.clone(), targets: &|_| mask(&[]) }, policy);
            for audience in [Audience::ALL_DATA, Audience::OWNER] {
                let group = projection.group(audience).expect("sees it");
                assert!(group.cuts.is_empty());
                assert_eq!(group.resource, resource);
            }
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
        ("Task", "description", &[1, 6]),
    ] {
        assert_eq!(six_profiles().readers(rtype, element), mask(audiences), "{rtype} {element}");
        let in_force = mask(audiences) & mask(&[0, 1, 6]);
        assert_eq!(Policy::embedded().readers(rtype, element), in_force, "{rtype} {element}");
    }
}

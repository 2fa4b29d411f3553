//! D63: whose reading of a resource is kept, decided with its projection.

mod common;

use common::*;
use ror_confidentiality::{Audience, AudienceMask, OwnFacts};
use ror_fhir::{Node, node};

/// Who sees a named contact of level 2, then something of level 3.
fn sight(resource: &Node, own: OwnFacts) -> (AudienceMask, AudienceMask) {
    let sight = projected(resource, own).sight();
    (sight.named_contact, sight.level_3)
}

fn contact(code: &str, name: Option<&str>, telecoms: &[&str]) -> Node {
    let points: Vec<Node> = telecoms.iter().map(|code| telecom("0474000000", code)).collect();
    let mut contact = node!({"extension": [level("ror-contact-confidentiality-level", code)], "telecom": points});
    if let Some(name) = name {
        contact.as_object_mut().expect("an object").insert("name", node!({"text": name}));
    }
    contact
}

fn structure(contact: &Node) -> Node {
    resource("Organization", &node!({"name": "Centre hospitalier", "contact": [(contact.clone())]}))
}

const NOBODY: AudienceMask = AudienceMask::NONE;

#[test]
fn a_contact_counts_when_it_names_a_person_at_level_2() {
    for (contact, named, level_3) in [
        (contact("1", Some("Accueil"), &["1"]), NOBODY, NOBODY),
        (contact("2", None, &["2"]), NOBODY, NOBODY),
        (contact("2", Some("Mme Martin"), &[]), mask(&[1, 2, 5, 6]), NOBODY),
        // The strictest level counts, for the telecom alone (D24).
        (contact("1", Some("Mme Martin"), &["2"]), mask(&[1, 2, 5, 6]), NOBODY),
        (contact("2", Some("Mme Martin"), &["3"]), mask(&[1, 2, 5, 6]), P1_AND_OWNER),
        (contact("3", None, &[]), NOBODY, P1_AND_OWNER),
    ] {
        assert_eq!(sight(&structure(&contact), eg()), (named, level_3), "{}", contact.to_text());
    }
    let medico_social = structure(&contact("2", Some("Mme Martin"), &[]));
    assert_eq!(sight(&medico_social, eg_with(false, true)).0, mask(&[1, 2, 3, 5, 6]));
}

#[test]
fn a_contact_of_an_offer_and_a_telecom_of_a_professional_count_alike() {
    let contact = node!({"url": format!("{ROR}ror-healthcareservice-contact"), "extension": [
        level("ror-confidentiality-level", "2"), {"url": "name", "valueHumanName": {"text": "Cadre"}}]});
    let ordinary = offer(ORDINARY, vec![contact.clone()], &node!({}));
    assert_eq!(sight(&ordinary, OwnFacts::HealthcareService { exposed: true }), (mask(&[1, 2, 5, 6]), NOBODY));
    // In a sensitive unit every level is 3, and so is the whole offer.
    let hidden = offer(SENSITIVE, vec![contact], &node!({}));
    assert_eq!(sight(&hidden, OwnFacts::HealthcareService { exposed: true }), (NOBODY, mask(&[1, 4, 6])));
    for (code, named) in [("1", NOBODY), ("2", mask(&[1, 2, 5, 6]))] {
        let role = resource("PractitionerRole", &node!({"telecom": [telecom("0474000000", code)]}));
        assert_eq!(sight(&role, OwnFacts::PractitionerRole { offer: Some(ORDINARY), exposed: true }), (named, NOBODY));
    }
}

#[test]
fn what_profile_2_may_not_see_is_of_level_3() {
    let zone = extension("ror-organization-drop-zone", "valueString", "toit");
    let crisis = resource("Organization", &node!({"extension": [zone]}));
    assert_eq!(sight(&crisis, eg()).1, mask(&[1, 4, 6]));
    assert_eq!(sight(&resource("Organization", &node!({"name": "Unité"})), oi(true)).1, mask(&[1, 4, 6]));
    let named = resource("Location", &node!({"name": "Bâtiment A", "description": "au fond"}));
    assert_eq!(sight(&named, place(&[ORDINARY])), (NOBODY, NOBODY));
    assert_eq!(sight(&named, place(&[ORDINARY, SENSITIVE])).1, mask(&[1, 4, 6]));
    let additional = resource("Location", &node!({"extension": [capacity("06", vec![])]}));
    assert_eq!(sight(&additional, place(&[ORDINARY])).1, mask(&[1, 4, 6]));
    let installed = resource("Location", &node!({"extension": [capacity("01", vec![])]}));
    assert_eq!(sight(&installed, place(&[ORDINARY])).1, NOBODY);
}

#[test]
fn what_no_rule_names_is_undecided_not_of_level_3() {
    let profile = resource("Organization", &node!({"meta": {"profile": ["https://example.org/p"]}, "name": "CH"}));
    assert_eq!(seers(&projected(&profile, eg()), "example.org"), P1_AND_OWNER);
    assert_eq!(sight(&profile, eg()), (NOBODY, NOBODY));
    assert!(!sight(&profile, eg()).1.contains(Audience::ALL_DATA));
}

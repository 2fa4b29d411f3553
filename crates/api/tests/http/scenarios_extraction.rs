//! Scenarios S8 and S11 to S17: extracting offers (`scenarios.md` B).

use ror_fhir::Node;

use crate::scenarios_territory::{INC, by_type, complete, territory};

const ALL: [&str; 9] =
    ["h-dij", "h-geria", "h-home", "h-jour", "h-memoire", "h-mobile", "h-ped", "h-reeduc", "h-secret"];

#[test]
fn s08_everything_and_each_resource_once() {
    let t = territory();
    t.finds_complete("HealthcareService?_count=1000", &ALL);
    // The order of the parts does not matter.
    let turned: Vec<&str> = INC.split('&').rev().collect();
    t.finds(&format!("HealthcareService?{}", turned.join("&")), &ALL, &complete(&ALL));
    // The public sees neither the sensitive offer nor, outside of the field ville, professionals (D22).
    let public = t.ask_as("", &format!("HealthcareService?{INC}"));
    assert_eq!(public.matches, ALL[..8]);
    let of_people = |id: &&str| !id.starts_with("p-") && !id.starts_with("r-");
    assert_eq!(public.includes, complete(&ALL[..8]).into_iter().filter(of_people).collect::<Vec<_>>());
}

#[test]
fn s11_all_offers_of_an_establishment_at_any_depth() {
    let t = territory();
    let nord = ["h-geria", "h-memoire", "h-mobile", "h-secret"];
    for number in ["1380000067", "380000067", "urn:oid:1.2.250.1.71.4.2.2|1380000067"] {
        t.finds_complete(&format!("HealthcareService?organization.identifier:above={number}"), &nord);
    }
    // Given a legal entity: the offers of all its establishments.
    let chu = ["h-geria", "h-memoire", "h-mobile", "h-ped", "h-reeduc", "h-secret"];
    t.finds_complete("HealthcareService?organization.identifier:above=1380780080", &chu);
    // Without `:above`, only what the structure provides itself.
    t.finds_complete("HealthcareService?organization.identifier=1380000067", &[]);
    t.finds_complete("HealthcareService?organization.identifier=1380012658", &["h-ped", "h-reeduc"]);
}

#[test]
fn s12_one_known_offer() {
    let t = territory();
    t.finds_complete("HealthcareService?identifier=84/1", &["h-geria"]);
    t.finds_complete("HealthcareService?identifier=84", &[]);
    t.finds_complete("HealthcareService?identifier=1", &[]);
}

#[test]
fn s13_offers_changed_since() {
    let t = territory();
    t.finds_complete("HealthcareService?_lastUpdated=ge2026-01-15T08:00", &["h-jour"]);
    // To the minute: it changed at eight.
    t.finds_complete("HealthcareService?_lastUpdated=ge2026-01-20T08:00", &["h-jour"]);
    t.finds_complete("HealthcareService?_lastUpdated=ge2026-01-20T08:01", &[]);
}

#[test]
fn s14_offers_whose_establishment_of_a_category_changed_since() {
    let t = territory();
    let changed = "organization._lastUpdated:above=ge2026-01-15T08:00";
    let request = format!("HealthcareService?{changed}&organization.type={{R66}}|355");
    t.finds_complete(&request, &["h-ped", "h-reeduc"]);
    // The date and the type may be those of two ancestors (D9).
    let nord = ["h-geria", "h-memoire", "h-mobile", "h-secret"];
    t.finds_complete(&format!("HealthcareService?{changed}&organization.type:above={{R66}}|101"), &nord);
    t.finds_complete(&format!("HealthcareService?{changed}&organization.type:above={{R66}}|500"), &[]);
}

#[test]
fn s15_offers_where_the_offer_or_any_organisation_above_changed() {
    let t = territory();
    let filter = "_filter=(_lastUpdated ge 2026-01-15T08:00 or organization._lastUpdated:above ge 2026-01-15T08:00)";
    let expected = ["h-geria", "h-jour", "h-memoire", "h-mobile", "h-ped", "h-reeduc", "h-secret"];
    t.finds_complete(&format!("HealthcareService?{filter}"), &expected);
    let filter = "_filter=(_lastUpdated ge 2026-01-15T08:00 or organization._lastUpdated ge 2026-01-15T08:00)";
    t.finds_complete(&format!("HealthcareService?{filter}"), &["h-jour"]);
}

#[test]
fn s16_identifiers_only_of_one_region() {
    let t = territory();
    let found = t.finds_complete("HealthcareService?_tag={R30}|84&_elements=identifier", &ALL[1..]);
    for entry in found.reply.json().items("entry") {
        let resource = entry.get("resource").expect("a resource");
        for told in ["specialty", "characteristic", "location", "extension", "position", "partOf"] {
            assert!(resource.get(told).is_none(), "{told} of {:?}", resource.str("id"));
        }
        let tags = resource.get("meta").into_iter().flat_map(|meta| meta.items("tag"));
        assert!(tags.filter_map(|tag| tag.str("code")).any(|code| code == "SUBSETTED"), "D3");
        let is_offer = resource.str("resourceType") == Some("HealthcareService");
        assert!(!is_offer || resource.items("identifier").filter_map(Node::as_object).count() == 1);
    }
}

#[test]
fn s17_an_offer_with_its_anomalies() {
    let t = territory();
    // By its id, and by its identifier alone (D10).
    for (number, offer, anomaly) in [("84/1", "h-geria", "t-1"), ("84/4", "h-home", "t-2")] {
        let expected = by_type([complete(&[offer]), vec![anomaly]].concat());
        let request = format!("HealthcareService?identifier={number}&{INC}&_revinclude=Task:focus");
        t.finds(&request, &[offer], &expected);
    }
    // Anomalies are not for the public (D30).
    let public = t.ask_as("", "HealthcareService?identifier=84/1&_revinclude=Task:focus");
    assert_eq!((public.matches, public.includes), (vec!["h-geria".to_owned()], vec![]));
}

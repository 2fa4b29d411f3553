//! The order by distance, over chains.

use ror_confidentiality::{Audience, AudienceMask, Grant, Rights, Sight};
use ror_fhir::{Node, node};
use ror_index::{Document, DocumentGroup, Snapshot, Stamp};
use ror_search::{Handling, NoGeography, Registry, ResourceType, extract};
use ror_terminology::Terminology;

/// A snapshot of resources that everyone sees whole.
fn snapshot(resources: &[(ResourceType, &str, Node)]) -> Snapshot {
    let mut snapshot = Snapshot::empty(Registry::embedded());
    for (rtype, id, resource) in resources {
        let extracted = extract(*rtype, id, resource, Registry::embedded(), &NoGeography);
        let group = DocumentGroup { audiences: AudienceMask::ALL, cuts: Box::default(), extracted };
        let stamps = [Stamp { version: 1, updated: 0 }; 7];
        let body = resource.to_bytes().into();
        snapshot.put(Document {
            rtype: *rtype,
            id: (*id).into(),
            body,
            sight: Sight::default(),
            groups: vec![group],
            stamps,
        });
    }
    snapshot
}

fn ids(snapshot: &Snapshot, rtype: ResourceType, pairs: &[(&str, &str)]) -> Vec<String> {
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let (registry, terminology) = (Registry::embedded(), Terminology::embedded());
    let query = ror_search::parse(rtype, &pairs, Handling::Strict, registry, terminology, &NoGeography);
    #[expect(clippy::disallowed_methods, reason = "a test asks")]
    let grant = Grant::mint(Audience::PUBLIC, "test".into(), Rights::default());
    let page = snapshot.view(&grant).search(&query.expect("understood"), None, None).expect("few");
    page.matches.iter().map(|hit| hit.id().to_owned()).collect()
}

fn place(longitude: f64, city: &str) -> Node {
    let position = node!({"latitude": 45, "longitude": longitude});
    node!({"resourceType": "Location", "address": {"city": city}, "position": position})
}

fn offer(location: &[&str], area: &[&str]) -> Node {
    let references =
        |ids: &[&str]| -> Vec<Node> { ids.iter().map(|id| node!({"reference": format!("Location/{id}")})).collect() };
    node!({"resourceType": "HealthcareService", "location": references(location), "coverageArea": references(area)})
}

fn town() -> Snapshot {
    use ResourceType::{HealthcareService, Location, PractitionerRole};
    let role = |offer: &str| {
        node!({"resourceType": "PractitionerRole", "location": [{"reference": "Location/near"}],
            "healthcareService": [{"reference": format!("HealthcareService/{offer}")}]})
    };
    snapshot(&[
        (Location, "near", place(5.01, "Lyon")),
        (Location, "middle", place(5.05, "Bron")),
        (Location, "far", place(5.1, "Lyon")),
        (HealthcareService, "a", offer(&["far"], &["near"])),
        (HealthcareService, "b", offer(&["middle"], &[])),
        (HealthcareService, "c", offer(&["middle", "far"], &[])),
        (PractitionerRole, "ra", role("a")),
        (PractitionerRole, "rb", role("b")),
    ])
}

#[test]
fn d7_an_area_covered_is_not_where_an_offer_is() {
    let found = ids(&town(), ResourceType::HealthcareService, &[("location.near", "45|5")]);
    assert_eq!(found, ["b", "c", "a"]);
}

#[test]
fn d7_the_nearest_place_is_one_that_meets_the_other_criteria_too() {
    let town = town();
    let lyon = [("location.near", "45|5"), ("location.address-city", "lyon")];
    assert_eq!(ids(&town, ResourceType::HealthcareService, &lyon), ["a", "c"], "both are at « far »");
    let bron = [("location.near", "45|5"), ("location.address-city", "bron")];
    assert_eq!(ids(&town, ResourceType::HealthcareService, &bron), ["b", "c"]);
}

#[test]
fn d7_a_longer_chain_is_followed_to_its_places() {
    let found = ids(&town(), ResourceType::PractitionerRole, &[("service.location.near", "45|5")]);
    assert_eq!(found, ["rb", "ra"]);
}

//! What follows from a closing, in the same write (RG_EXP_044, 047; D37).

use crate::common::{NOS, ROR, World, coded, establishment, offer, place};
use ror_fhir::{Node, node};
use ror_profiles::rules::closing::{Closing, DEFINITIVE, TEMPORARY};

/// A place with three beds available now and one closed.
fn beds(number: &str) -> Node {
    let record = |status: &str, count: i64| {
        let part = |url: &str, list: &str, code: &str| {
            let last = list.replacen('_', "-", 1);
            node!({"url": url, "valueCodeableConcept": (coded(&format!("{list}/FHIR/{last}"), code))})
        };
        node!({"url": (format!("{ROR}/ror-location-supported-capacity")), "extension": [
            (part("capacityType", "TRE_R329-NatureCapacite", "01")),
            (part("capacityStatus", "TRE_R330-TypeStatutCapacite", status)),
            (part("temporalityCapacity", "TRE_R331-TemporaliteCapacite", "01")),
            {"url": "nbCapacity", "valueInteger": count},
            (part("capacitySourceType", "TRE_R335-TypeSourceCapacite", "02")),
            {"url": "capacityUpdateDate", "valueDateTime": "2025-12-15T08:00:00+01:00"},
            (part("temporaryAssignement", "TRE_R337-AffectationTemporaire", "01"))]})
    };
    let mut place = place(&format!("Lieu {number}"), number, 46.2, "84");
    let mut extensions: Vec<Node> = place.items("extension").cloned().collect();
    extensions.extend([record("02", 3), record("05", 1)]);
    place.as_object_mut().unwrap().insert("extension", extensions);
    place
}

fn numbers(world: &World, place: &str) -> Vec<i64> {
    let place = world.get_all(&format!("/fhir/Location/{place}")).json();
    let url = format!("{ROR}/ror-location-supported-capacity");
    let records = place.extensions(&url);
    records.filter_map(|record| record.extensions("nbCapacity").next()?.get("valueInteger")?.as_i64()).collect()
}

fn stored(world: &World, rtype: &str, id: &str) -> Node {
    world.get_all(&format!("/fhir/{rtype}/{id}")).json()
}

fn closed(resource: Node, kind: &str, until: Option<&str>) -> Node {
    closed_from(resource, "2025-12-20", kind, until)
}

fn closed_from(mut resource: Node, from: &str, kind: &str, until: Option<&str>) -> Node {
    let closing = Closing { kind: Some(kind.to_owned()), from: Some(from.to_owned()), until: until.map(str::to_owned) };
    closing.write(&mut resource);
    resource
}

#[test]
fn d37_nothing_is_available_once_the_last_offer_of_a_place_closes() {
    let world = World::new();
    let organization = world.store(&establishment("Hôpital", "010000024"));
    let place = world.store(&beds("84/1"));
    let first = world.post(&offer("Médecine", false, &organization, &place)).json();
    let second = world.post(&offer("Chirurgie", false, &organization, &place)).json();
    let reply = world.put(&closed(first, TEMPORARY, Some("2026-06-01")), &[]);
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    assert_eq!(numbers(&world, &place), [3, 1], "the other offer is open");
    let reply = world.put(&closed(second.clone(), DEFINITIVE, None), &[("Prefer", "return=OperationOutcome")]);
    assert!(reply.json().to_text().contains("RG_EXP_047"), "the author is told");
    assert_eq!(numbers(&world, &place), [0, 1]);
    assert_eq!(stored(&world, "Location", &place).get("meta").unwrap().str("versionId"), Some("2"));
    // Opening again restores no number.
    assert_eq!(world.put(&second, &[]).status, 200);
    assert_eq!(numbers(&world, &place), [0, 1]);
}

#[test]
fn rg_exp_044_what_hangs_below_closes_with_its_structure() {
    let world = World::new();
    let top = world.post(&establishment("Hôpital", "010000024")).json();
    let id = top.str("id").unwrap();
    let list = "TRE_R207-TypeOrganisationInterne/FHIR/TRE-R207-TypeOrganisationInterne";
    let unit = node!({"resourceType": "Organization", "name": "Pôle", "type": [(coded(list, "1"))],
        "meta": {"tag": [{"system": (format!("{NOS}/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM")), "code": "84"}]},
        "partOf": {"reference": (format!("Organization/{id}"))}});
    let unit = world.store(&unit);
    let place = world.store(&beds("84/1"));
    let service = world.store(&offer("Médecine", false, &unit, &place));
    let top = stored(&world, "Organization", id);
    assert_eq!(top.get("meta").unwrap().str("versionId"), Some("2"), "D38: it gained a child");
    let reply = world.put(&closed(top, DEFINITIVE, None), &[("Prefer", "return=OperationOutcome")]);
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    assert!(reply.json().to_text().contains("RG_EXP_044"), "the author is told");
    for (rtype, id) in [("Organization", &unit), ("HealthcareService", &service)] {
        let closing = Closing::read(&stored(&world, rtype, id));
        assert!(closing.is_definitive() && closing.from.as_deref() == Some("2025-12-20"), "{rtype}: {closing:?}");
    }
    assert_eq!(numbers(&world, &place), [0, 1]);
}

#[test]
fn d37_an_announced_closing_empties_the_place_on_its_day_without_any_write() {
    let world = World::new();
    let organization = world.store(&establishment("Hôpital", "010000024"));
    let place = world.store(&beds("84/1"));
    let service = world.post(&offer("Médecine", false, &organization, &place)).json();
    let reply = world.put(&closed_from(service, "2026-01-01T08:01:00+01:00", TEMPORARY, Some("2026-06-01")), &[]);
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    assert_eq!(numbers(&world, &place), [3, 1], "it is open until then");
    world.wait(60_000);
    // The writer looks around by itself.
    let is_emptied = || {
        numbers(&world, &place) == [0, 1] || {
            std::thread::sleep(std::time::Duration::from_millis(20));
            false
        }
    };
    assert!((0..500).any(|_| is_emptied()), "{:?}", numbers(&world, &place));
    let seen = stored(&world, "Location", &place);
    assert!(seen.to_text().contains("2026-01-01T08:01:00+01:00"), "dated as the closing: {seen:?}");
    assert_eq!(seen.get("meta").unwrap().str("versionId"), Some("2"));
    let rows = world.ledger.history("Location", &place).unwrap();
    assert_eq!(rows.last().unwrap().actor, "ror:calendar");
    // What is said later is kept, to be confirmed (D37).
    let mut again = seen;
    let text = again.to_text().replacen("\"valueInteger\":0", "\"valueInteger\":2", 1);
    again = Node::parse(text.as_bytes()).unwrap();
    assert_eq!(world.put(&again, &[]).status, 200);
    world.wait(60_000);
    world.store(&establishment("Clinique", "010000032"));
    assert_eq!(numbers(&world, &place), [2, 1]);
}

#[test]
fn d37_nothing_is_available_once_the_last_open_offer_leaves_a_place() {
    let world = World::new();
    let organization = world.store(&establishment("Hôpital", "010000024"));
    let (left, new) = (world.store(&beds("84/1")), world.store(&beds("84/2")));
    let shut = world.post(&offer("Médecine", false, &organization, &left)).json();
    let open = world.post(&offer("Chirurgie", false, &organization, &left)).json();
    assert_eq!(world.put(&closed(shut.clone(), DEFINITIVE, None), &[]).status, 200);
    assert_eq!(numbers(&world, &left), [3, 1], "the other offer is open");
    let mut moved = open.clone();
    moved.as_object_mut().unwrap().insert("location", node!([{"reference": (format!("Location/{new}"))}]));
    let reply = world.put(&moved, &[("Prefer", "return=OperationOutcome")]);
    assert!(reply.json().to_text().contains("RG_EXP_047"), "the author is told");
    assert_eq!((numbers(&world, &left), numbers(&world, &new)), (vec![0, 1], vec![3, 1]));
    assert!(stored(&world, "Location", &left).to_text().contains("2026-01-01T08:00:00+01:00"), "as of today");
    // A place that no offer uses any more is nobody's to close.
    let alone = world.store(&beds("84/3"));
    moved.as_object_mut().unwrap().insert("location", node!([{"reference": (format!("Location/{alone}"))}]));
    assert_eq!(world.put(&moved, &[]).status, 200);
    assert_eq!(numbers(&world, &new), [3, 1]);
    // Where a closed offer comes alone, nothing is available either.
    let mut shut = stored(&world, "HealthcareService", shut.str("id").unwrap());
    shut.as_object_mut().unwrap().insert("location", node!([{"reference": (format!("Location/{new}"))}]));
    assert_eq!(world.put(&shut, &[]).status, 200);
    assert_eq!(numbers(&world, &new), [0, 1]);
}

//! An export of more than a slice holds (D47), over HTTP on an imported corpus.

use std::collections::BTreeSet;

use ror_fhir::{Node, node};
use ror_testkit::World;
use ror_testkit::corpus::{SPECIALTY, concept, extension, system};
use ror_testkit::http::{Reply, Server};

/// Offers of one establishment, in two places.
const OFFERS: usize = 1_100;

fn world() -> World {
    let world = World::new();
    let place = |id: &str| node!({"resourceType": "Location", "id": id, "name": id});
    let mut resources = vec![
        node!({"resourceType": "Organization", "id": "head", "name": "Groupe"}),
        node!({"resourceType": "Organization", "id": "unit", "name": "CH", "partOf": {"reference": "Organization/head"}}),
        node!({"resourceType": "Practitioner", "id": "who", "name": [{"family": "Vallon"}]}),
        place("even"),
        place("odd"),
    ];
    for number in 0..OFFERS {
        let id = format!("h{number:04}");
        let place = if number % 2 == 0 { "Location/even" } else { "Location/odd" };
        resources.push(offer(&id, &id, place));
    }
    resources.push(
        node!({"resourceType": "PractitionerRole", "id": "role", "practitioner": {"reference": "Practitioner/who"},
        "healthcareService": [{"reference": "HealthcareService/h0001"}, {"reference": "HealthcareService/h1050"}]}),
    );
    world.load(resources);
    world
}

/// What exposing an offer takes (D34).
fn offer(id: &str, name: &str, place: &str) -> Node {
    let ordinary = extension("ror-healthcareservice-sensitive-unit", "valueBoolean", false);
    node!({"resourceType": "HealthcareService", "id": id, "name": name, "extension": [ordinary],
        "identifier": [{"value": id}], "type": [(concept(system("field"), "01"))],
        "specialty": [(concept(SPECIALTY, "a"))],
        "providedBy": {"reference": "Organization/unit"}, "location": [{"reference": place}]})
}

fn entries(reply: &Reply) -> Vec<String> {
    let bundle = reply.json();
    let resources = bundle.items("entry").filter_map(|entry| entry.get("resource"));
    resources.filter_map(|it| Some(format!("{}/{}", it.str("resourceType")?, it.str("id")?))).collect()
}

#[test]
fn d47_a_slice_is_a_thousand_offers_with_all_that_is_linked_to_them_once() {
    let world = world();
    let server = Server::start(&world);
    let mut caller = server.caller();
    let (manifest, files) = caller.export(1, "_type=HealthcareService");
    let manifest = manifest.json();
    let names: Vec<&str> = manifest.items("output").filter_map(|file| file.str("url")?.rsplit('/').next()).collect();
    assert_eq!(names, ["HealthcareService-0001.json", "HealthcareService-0002.json"]);
    let linked = ["Location/even", "Location/odd", "Organization/head", "Organization/unit", "Practitioner/who"];
    for (slice, offers) in files.iter().zip([0..1_000, 1_000..OFFERS]) {
        let expected = offers.map(|number| format!("HealthcareService/h{number:04}"));
        let linked = linked.iter().map(|&path| path.to_owned()).chain(["PractitionerRole/role".to_owned()]);
        assert_eq!(entries(slice), expected.chain(linked).collect::<Vec<_>>());
    }
    let counts: Vec<_> = manifest.items("output").map(|file| file.get("count").and_then(Node::as_i64)).collect();
    assert_eq!(counts, [Some(1_006), Some(106)]);

    // Alone, the types have slices of their own; by line, all of a type are in one file.
    let (_, files) = caller.export(1, "_type=HealthcareService,Location");
    assert_eq!(files.iter().map(|file| entries(file).len()).collect::<Vec<_>>(), [1_000, 100, 2]);
    let (_, files) = caller.export(1, "_type=HealthcareService&_outputFormat=ndjson");
    let lines: Vec<usize> = files.iter().map(|file| file.text().lines().count()).collect();
    assert_eq!(lines, [OFFERS, 2, 2, 1, 1]);
}

/// Few remain of each thousand: they are gathered in one slice.
#[test]
fn d47_what_changed_since_is_gathered_however_many_did_not() {
    let world = world();
    world.impose(600, 1);
    let late = ["h0002", "h1090"].map(|id| offer(id, "Autre", "Location/even"));
    world.load(late.into_iter().chain([node!({"resourceType": "Location", "id": "odd", "name": "Autre"})]).collect());
    let server = Server::start(&world);
    let (_, files) = server.caller().export(1, "_type=HealthcareService&_since=2026-01-01T08:05:00%2B01:00");
    let slices: Vec<Vec<String>> = files.iter().map(entries).collect();
    let expected = ["HealthcareService/h0002", "HealthcareService/h1090", "Location/odd"];
    assert_eq!(slices, [expected.map(str::to_owned)], "also what is linked to offers that did not change");
    let all: BTreeSet<&String> = slices.iter().flatten().collect();
    assert_eq!(all.len(), expected.len());
}

//! `$facets`, over HTTP.

use crate::common::{World, establishment, offer, open_place};
use ror_fhir::Node;

/// The codes of one facet with their counts.
fn counts(facets: &Node, name: &str) -> Vec<(String, i64)> {
    let is_named = |part: &&Node, text: &str| part.str("name") == Some(text);
    let of = |facet: &&Node| {
        facet.items("part").any(|part| is_named(&part, "parameter") && part.str("valueString") == Some(name))
    };
    let Some(facet) = facets.items("parameter").find(of) else { return Vec::new() };
    let value = |part: &Node| {
        let find = |text| part.items("part").find(move |part| part.str("name") == Some(text));
        let coding = find("coding").and_then(|part| part.get("valueCoding")).expect("a coding");
        let count = find("count").and_then(|part| part.get("valueInteger")).and_then(Node::as_i64);
        (coding.str("code").unwrap_or_default().to_owned(), count.expect("a count"))
    };
    facet.items("part").filter(|part| is_named(part, "value")).map(value).collect()
}

#[test]
fn d31_each_count_is_the_total_of_the_search_that_asks_for_it_too() {
    let world = World::new();
    let organization = world.store(&establishment("Hôpital d'Émile", "010000024"));
    let (_, first) = open_place(&world, &organization, "84/1", 46.2);
    open_place(&world, &organization, "84/2", 46.3);
    let (hidden_place, _) = open_place(&world, &organization, "84/3", 46.4);
    world.store(&offer("Cachée", true, &organization, &hidden_place));
    for (ask, base) in [("specialty", ""), ("organization.type", ""), ("_tag", &*format!("_id={first}&"))] {
        let path = format!("/fhir/HealthcareService/$facets?{base}facet={ask}");
        for reply in [world.get(&path), world.get_all(&path)] {
            assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        }
        let found = counts(&world.get(&path).json(), ask);
        assert!(!found.is_empty(), "{ask}");
        for (code, count) in found {
            let total = world.get(&format!("/fhir/HealthcareService?{base}{ask}={code}")).total();
            assert_eq!(total, count, "{ask}={code}");
        }
    }
    let of = |reply: Node| counts(&reply, "specialty").iter().map(|(_, count)| count).sum::<i64>();
    let path = "/fhir/HealthcareService/$facets?facet=specialty";
    assert!(
        of(world.get_all(path).json()) > of(world.get(path).json()),
        "the sensitive offer counts for profile 1 alone"
    );
}

#[test]
fn what_cannot_be_counted_is_said() {
    let world = World::new();
    for (query, expected) in [
        ("", "facet"),
        ("facet=", "ne se compte pas"),
        ("facet=name", "ne se compte pas"),
        ("facet=identifier", "ne se compte pas"),
        ("facet=rien.specialty", "ne se compte pas"),
        ("facet=specialty&specialité=1", "Paramètre inconnu"),
    ] {
        let reply = world.get(&format!("/fhir/HealthcareService/$facets?{query}"));
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        assert_eq!(reply.status, 400, "{query}: {text}");
        assert!(text.contains(expected), "{query}: {text}");
    }
}

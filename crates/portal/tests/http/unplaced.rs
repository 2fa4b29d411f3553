//! Sites without a position: chosen by the centre of their commune, listed apart, never measured.

use ror_directory::ImportItem;
use ror_fhir::Node;
use serde_json::Value;

use crate::common::{Reply, World, territory, world};

/// The territory without the positions of what is in that commune, or anywhere.
fn unplaced(city: Option<&str>) -> Vec<ImportItem> {
    let mut items = territory();
    for item in &mut items {
        let mut resource: Value = serde_json::from_slice(&item.resource.to_bytes()).expect("JSON");
        let text = resource.to_string();
        if city.is_some_and(|city| !text.contains(&format!("\"city\":\"{city}\""))) {
            continue;
        }
        if let Some(object) = resource.as_object_mut() {
            object.remove("position");
        }
        let addresses = resource.get_mut("address").and_then(Value::as_array_mut).into_iter().flatten();
        for extensions in addresses.filter_map(|address| address.get_mut("extension")?.as_array_mut()) {
            extensions.retain(|extension| !extension["url"].as_str().is_some_and(|url| url.ends_with("geolocation")));
        }
        item.resource = Node::parse(resource.to_string().as_bytes()).expect("JSON");
    }
    items
}

fn summary(page: &Reply) -> String {
    let after = page.body.split("data-resume>").nth(1).expect("a summary");
    after.split('<').next().expect("its end").replace(['\u{a0}', '\u{202f}'], " ")
}

fn distances(page: &Reply) -> usize {
    page.body.matches("resultat__distance").count()
}

#[test]
fn what_has_no_position_is_found_from_the_next_commune() {
    let world = World::of(unplaced(None));
    for kind in ["offres", "structures"] {
        let path = format!("/recherche?quoi=ehpad&ou=P%C3%A9ronnas&genre={kind}");
        let page = world.get(&path);
        let told = summary(&page);
        assert!(!page.titles().is_empty(), "{path}: {told}");
        assert_eq!(distances(&page), 0, "{path}");
        assert!(told.ends_with(" à Péronnas (01) et alentour, sans position connue"), "{told}");
        assert!(page.body.contains("data-sans-position"), "{path}");
        // The count beside the radius is the one it gives.
        let total = told.split(' ').next().expect("a number");
        let filter = page.body.split("moins de 20\u{a0}km").nth(1).expect("the radius").chars().take(80);
        assert!(filter.collect::<String>().contains(total), "{told}");
    }
}

#[test]
fn what_has_no_position_comes_after_what_has_one_and_is_counted() {
    let path = "/recherche?ou=P%C3%A9ronnas&genre=structures";
    let all = summary(&world().get(path));
    let mixed = World::of(unplaced(Some("Bourg-en-Bresse")));
    let page = mixed.get(path);
    let told = summary(&page);
    let start = all.split(" à moins de ").next().expect("a count");
    assert!(told.starts_with(start), "{told} / {all}");
    assert!(!all.contains("sans position") && told.contains(", du plus proche au plus éloigné, dont "), "{told}");
    let last = (1..50)
        .map(|number| mixed.get(&format!("{path}&page={number}")))
        .find(|page| page.body.contains("data-sans-position"));
    let last = last.expect("the page where those without a position start");
    let (before, after) = last.body.split_once("data-sans-position").expect("a group");
    assert!(!after.contains("resultat__distance"), "a distance after those that have none");
    assert!(before.matches("resultat__distance").count() == before.matches("data-resultat=").count());
}

#[test]
fn an_offer_stands_once_whatever_its_places() {
    let mixed = World::of(unplaced(Some("Bourg-en-Bresse")));
    let mut seen = std::collections::HashSet::new();
    for page in 1..=10 {
        let reply = mixed.get(&format!("/recherche?ou=Bourg-en-Bresse&genre=offres&page={page}"));
        for card in reply.body.split("data-resultat=").skip(1) {
            let href = card.split("<a href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
            assert!(seen.insert(href.to_owned()), "{href} stands twice");
        }
    }
    assert!(seen.len() > 50, "{}", seen.len());
}

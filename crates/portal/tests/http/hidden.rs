//! The public sees nothing on pages that the API would not give to profile 0.

use std::collections::{BTreeSet, VecDeque};

use ror_directory::{ImportItem, Replaces};
use ror_search::{Query, ResourceType, ResultParameters};

use crate::common::{NOW, World, territory, world};

/// Pages compared; the first ones lead to all kinds.
const PAGES_MAX: usize = 260;
/// The date of everything in both worlds. A parent bears the date of the last child that it is seen to gain, which the
/// second world gains in another order: with one date only, pages and their order are the same to the letter.
const DATED: i64 = NOW - 9 * 86_400_000;

/// What the public sees of a world, as resources to import elsewhere.
fn projection(world: &World) -> Vec<ImportItem> {
    let grant = world.identity.authenticate(None, NOW).expect("the public");
    let snapshot = world.directory.snapshot();
    let view = snapshot.view(&grant);
    let mut items = Vec::new();
    // What is referred to comes first, as registers send it: else it would look changed.
    for rtype in [
        ResourceType::Organization,
        ResourceType::Location,
        ResourceType::HealthcareService,
        ResourceType::Practitioner,
        ResourceType::PractitionerRole,
    ] {
        let result = ResultParameters { count: usize::MAX, ..ResultParameters::default() };
        let query = Query::everything(rtype, result);
        for hit in view.search(&query, None, None).expect("no includes").matches {
            let (resource, updated) = (hit.to_node(), hit.updated());
            items.push(ImportItem { key: None, resource, updated, mint: None, replaces: Replaces::Anyone });
        }
    }
    items
}

#[test]
fn a_directory_of_what_the_public_sees_gives_the_same_pages() {
    let dated = territory().into_iter().map(|item| ImportItem { updated: DATED, ..item });
    let whole = &World::of(dated.collect());
    let public = World::of(projection(whole));
    assert!(public.directory.snapshot().size() < whole.directory.snapshot().size(), "something was hidden");
    let mut waiting: VecDeque<String> = [
        "/",
        "/etat",
        "/recherche?quoi=r%C3%A9animation",
        "/recherche?quoi=urgence",
        "/recherche?quoi=ehpad&ou=bourg+en+bresse",
        "/recherche?ou=01",
        "/recherche?quoi=psychiatrie",
        "/recherche?quoi=prison",
        "/recherche?quoi=decontamination",
        "/recherche?quoi=nrbc",
        "/recherche?quoi=penitentiaire",
        "/recherche?quoi=ecmo",
        "/recherche?quoi=kine&ou=oyonnax",
        "/recherche?ou=bourg+en+bresse&genre=offres",
        "/recherche?ou=bourg+en+bresse&genre=structures",
        "/api/suggestions?q=peniten",
        "/api/suggestions?q=nrbc",
        "/api/suggestions?q=hop",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
    let mut compared = 0;
    while let Some(path) = waiting.pop_front() {
        let (left, right) = (whole.get(&path), public.get(&path));
        assert_eq!(left.status, right.status, "{path}");
        let differing = left.body.lines().zip(right.body.lines()).find(|(left, right)| left != right);
        assert!(left.body == right.body, "{path}: {differing:?}");
        compared += 1;
        if compared == PAGES_MAX {
            break;
        }
        for link in left.attributes("href") {
            let is_followed = ["/offre/", "/structure/"].iter().any(|start| link.starts_with(start))
                || link.contains("&page=") && link.contains("ou=");
            if is_followed && seen.insert(link.clone()) {
                waiting.push_back(link);
            }
        }
    }
    assert!(compared > 100, "{compared} pages compared");
}

#[test]
fn what_is_sensitive_does_not_exist() {
    let names = sensitive_names();
    assert!(!names.is_empty(), "the territory has sensitive units");
    for name in names {
        let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("quoi", &name).finish();
        let found = world().get(&format!("/recherche?{query}"));
        assert!(found.titles().iter().all(|title| *title != name), "{name} is found");
        let suggested = world().get(&format!("/api/suggestions?q={}", query.trim_start_matches("quoi=")));
        assert!(!suggested.body.contains(&name), "{name} is suggested");
    }
}

/// Whether it is a sensitive offer.
pub(crate) fn is_sensitive(item: &ImportItem) -> bool {
    item.resource.items("extension").any(|extension| {
        extension.str("url").is_some_and(|url| url.ends_with("ror-healthcareservice-sensitive-unit"))
            && extension.get("valueBoolean").and_then(ror_fhir::Node::as_bool) == Some(true)
    })
}

/// Names of the sensitive offers of the territory.
pub(crate) fn sensitive_names() -> Vec<String> {
    let sensitive = territory().into_iter().filter(is_sensitive);
    sensitive.filter_map(|item| Some(item.resource.str("name")?.to_owned())).collect()
}

#[test]
fn beds_are_never_shown() {
    let world = world();
    for path in ["/", "/recherche?quoi=r%C3%A9animation", "/recherche?quoi=ehpad"] {
        let page = world.get(path);
        for word in ["lits libres", "places libres", "disponible", "lits installés"] {
            assert!(!page.body.contains(word), "{path}: {word}");
        }
    }
}

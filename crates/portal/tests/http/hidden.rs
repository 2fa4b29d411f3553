//! The public sees nothing on pages that the API would not give to profile 0.

use std::collections::{BTreeSet, VecDeque};

use ror_directory::{ImportItem, Replaces};
use ror_search::{Query, ResourceType, ResultParameters};

use crate::common::{NOW, World, territory, world};

/// Pages compared; the first ones lead to all kinds.
const PAGES_MAX: usize = 260;

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
        let (criteria, includes) = (Vec::new(), Vec::new());
        let query = Query { rtype, criteria, includes, result, warnings: Vec::new(), parameters: Vec::new() };
        for hit in view.search(&query, None, None).expect("no includes").matches {
            let (resource, updated) = (hit.to_node(), hit.updated());
            items.push(ImportItem { key: None, resource, updated, mint: None, replaces: Replaces::Anyone });
        }
    }
    items
}

#[test]
fn a_directory_of_what_the_public_sees_gives_the_same_pages() {
    let whole = world();
    let public = World::of(projection(whole));
    assert!(public.directory.snapshot().size() < whole.directory.snapshot().size(), "something was hidden");
    // The first page orders by date; its counts are those of the state of the service.
    let mut waiting: VecDeque<String> = [
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
        if ["ou=bourg", "ou=oyonnax"].iter().any(|place| path.contains(place)) {
            // At equal distance the order follows update dates (D68), which differ: see below.
            let (left, right) = (results(whole, &path), results(&public, &path));
            assert!(!left.is_empty() && left == right, "{path}: {:?}", left.symmetric_difference(&right));
            waiting.extend(left.into_iter().filter(|link| seen.insert(link.clone())));
            continue;
        }
        let (left, right) = (whole.get(&path), public.get(&path));
        assert_eq!(left.status, right.status, "{path}");
        let (left_text, right_text) = (without_dates(&left.body), without_dates(&right.body));
        let differing = left_text.lines().zip(right_text.lines()).find(|(left, right)| left != right);
        assert!(left_text == right_text, "{path}: {differing:?}");
        compared += 1;
        if compared == PAGES_MAX {
            break;
        }
        for link in left.attributes("href") {
            if (link.starts_with("/offre/") || link.starts_with("/structure/")) && seen.insert(link.clone()) {
                waiting.push_back(link);
            }
        }
    }
    assert!(compared > 100, "{compared} pages compared");
}

/// Every result of a search, whatever its page.
fn results(world: &World, path: &str) -> BTreeSet<String> {
    let page = |number: usize| {
        let page = world.get(&format!("{path}&page={number}"));
        let links = page.body.split("data-resultat=").skip(1).filter_map(|card| card.split("<a href=\"").nth(1));
        links.filter_map(|rest| Some(rest.split('"').next()?.to_owned())).collect::<Vec<_>>()
    };
    (1..).map(page).take_while(|links| !links.is_empty()).flatten().collect()
}

/// A page less its update dates: the second world has those of its own import, which attaches
/// children to parents anew. That dates tell nothing is tested where they are made (D28).
fn without_dates(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    for (start, end) in std::iter::repeat((["<span class=\"fraicheur", "<dt>Mise à jour le</dt><dd>"], "</")) {
        let Some(at) = start.iter().filter_map(|start| rest.find(start)).min() else { break };
        out.push_str(&rest[..at]);
        let skipped = &rest[at + 1..];
        let skipped = skipped.strip_prefix("dt>Mise à jour le</dt>").unwrap_or(skipped);
        rest = skipped.find(end).map_or("", |at| &skipped[at..]);
    }
    out + rest
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

/// Names of the sensitive offers of the territory.
fn sensitive_names() -> Vec<String> {
    let is_sensitive = |item: &ImportItem| {
        item.resource.items("extension").any(|extension| {
            extension.str("url").is_some_and(|url| url.ends_with("ror-healthcareservice-sensitive-unit"))
                && extension.get("valueBoolean").and_then(ror_fhir::Node::as_bool) == Some(true)
        })
    };
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

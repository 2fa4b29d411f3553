//! Each page: what it shows, its weight, its headers, its links.

use std::collections::{BTreeSet, HashSet, VecDeque};

use std::sync::atomic::Ordering;

use crate::common::{Reply, World, territory, world};

/// Weights on the wire without packing, in bytes (portal.md §7 counts them packed).
const HOME_MAX: usize = 60_000;
const PAGE_MAX: usize = 150_000;
/// Pages walked when looking for dead links.
const WALKED_MAX: usize = 250;

#[test]
fn each_page_answers_with_its_guards() {
    for path in
        ["/", "/recherche?quoi=urgence", "/etat", "/a-propos", "/composants", "/bientot/signaler", "/nulle-part"]
    {
        let page = world().get(path);
        let expected = if path == "/nulle-part" { 404 } else { 200 };
        assert_eq!(page.status, expected, "{path}");
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("referrer-policy"), Some("same-origin"));
        assert_eq!(page.header("content-language"), Some("fr"));
        assert!(page.body.len() < if path == "/" { HOME_MAX } else { PAGE_MAX }, "{path}: {}", page.body.len());
        assert!(page.body.contains("<html lang=\"fr\">") && page.body.matches("<h1").count() == 1, "{path}");
        assert!(page.body.contains("bac à sable — données fictives"), "{path}");
        assert!(page.body.contains("n’est pas un service officiel"), "{path}");
    }
}

#[test]
fn a_page_that_the_browser_holds_is_not_sent_again() {
    for path in ["/a-propos", "/recherche?quoi=urgence", "/api/suggestions?q=hop"] {
        let page = world().get(path);
        let tag = page.header("etag").expect("a tag");
        let again = world().get_with(path, &format!("Accept-Encoding: gzip\r\nIf-None-Match: \"x\", {tag}\r\n"));
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(tag)), "{path}");
        assert_eq!(again.header("content-encoding"), None, "{path}");
        assert_eq!(world().get_with(path, "If-None-Match: \"x\"\r\n").status, 200, "{path}");
    }
    assert_eq!(world().get_with("/nulle-part", "If-None-Match: *\r\n").status, 404);
}

#[test]
fn pages_are_only_read() {
    for path in ["/", "/recherche?quoi=irm", "/favicon.ico"] {
        let page = world().ask("POST", path, "Content-Length: 0\r\n");
        assert_eq!((page.status, page.header("allow")), (405, Some("GET, HEAD")), "{path}");
        assert!(page.header("content-security-policy").is_some() && page.body.contains("data-refus"), "{path}");
    }
}

#[test]
fn the_icon_under_a_fixed_name_is_not_kept_for_good() {
    let icon = world().get("/favicon.ico");
    assert_eq!((icon.status, icon.header("cache-control")), (200, Some("public, max-age=86400")));
}

#[test]
fn pages_and_assets_are_packed() {
    for packing in ["gzip", "zstd"] {
        let page = world().get_with("/", &format!("Accept-Encoding: {packing}\r\n"));
        assert_eq!(page.header("content-encoding"), Some(packing));
    }
    let home = world().get("/");
    let assets =
        home.attributes("href").into_iter().chain(home.attributes("src")).filter(|link| link.starts_with("/statique/"));
    let mut count = 0;
    for asset in assets {
        let reply = world().get_with(&asset, "Accept-Encoding: gzip\r\n");
        assert_eq!((reply.status, reply.header("content-encoding")), (200, Some("gzip")), "{asset}");
        assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"));
        count += 1;
    }
    assert_eq!(count, 3);
}

#[test]
fn what_people_type_finds_what_they_mean() {
    for (path, first) in [
        ("/recherche?quoi=kine+oyonnax", "Kinésithérapie"),
        ("/recherche?quoi=kin%C3%A9&ou=Oyonnax", "Kinésithérapie"),
        ("/recherche?quoi=ehpad+bourg+en+bresse", "EHPAD"),
        ("/recherche?quoi=maison+de+retraite", "EHPAD"),
        ("/recherche?quoi=urgences+bourg-en-bresse", "Urgences"),
        ("/recherche?quoi=reanimatoin", "Réanimation"),
    ] {
        let page = world().get(path);
        let titles = page.titles();
        assert!(titles.first().is_some_and(|title| title.starts_with(first)), "{path}: {titles:?}");
    }
}

#[test]
fn distances_only_grow() {
    let page = world().get("/recherche?quoi=ehpad&ou=bourg+en+bresse");
    let distances: Vec<f64> = page
        .body
        .split("resultat__distance\">")
        .skip(1)
        .filter_map(|rest| rest.split('<').next())
        .map(|text| {
            if text.starts_with("moins") {
                0.0
            } else {
                text.replace(',', ".").split('\u{a0}').next().and_then(|km| km.parse().ok()).expect("a distance")
            }
        })
        .collect();
    assert!(distances.len() > 3 && distances.is_sorted(), "{distances:?}");
}

#[test]
fn a_shared_name_is_asked_about() {
    let page = world().get("/recherche?quoi=maternit%C3%A9+saint+denis");
    assert!(page.body.contains("data-message=\"homonymes\""));
    assert!(page.attributes("href").iter().any(|link| link.contains("Saint-Denis+%2893%29")));
}

#[test]
fn the_state_of_the_service_tells_that_updates_have_stopped() {
    let items: Vec<_> = territory().into_iter().take(20).collect();
    let mut again = items[0].clone();
    let world = World::of(items);
    let page = world.get("/etat");
    assert!(
        page.body.contains("Les mises à jour sont prises en compte.") && page.body.contains("trop peu de réponses")
    );
    for _ in 0..20 {
        assert_eq!((world.get("/recherche?quoi=irm").status, world.get("/structure/x").status), (200, 404));
    }
    assert!(world.get("/etat").body.contains("La recherche et les fiches fonctionnent."));
    world.writer_falls.store(true, Ordering::Relaxed);
    again.resource.as_object_mut().expect("an object").insert("name", "Autre");
    assert!(world.directory.import("synth", vec![again], &mut |_| {}).is_err());
    while world.directory.is_following() {
        std::thread::yield_now();
    }
    assert!(world.get("/etat").body.contains("Les mises à jour sont interrompues"));
}

#[test]
fn numbers_lead_to_their_sheet() {
    let results = world().get("/recherche?quoi=ehpad");
    let sheet =
        results.attributes("href").into_iter().find(|link| link.starts_with("/structure/")).expect("a structure");
    let number = sheet.rsplit('/').next().expect("a number");
    let reply = world().get(&format!("/recherche?quoi={number}"));
    assert_eq!((reply.status, reply.header("location")), (303, Some(sheet.as_str())));
    let none = world().get("/recherche?quoi=010000000");
    assert!(none.status == 200 && none.body.contains("data-message=\"numero-inconnu\""));
}

#[test]
fn no_link_is_dead_and_no_id_stands_twice() {
    let mut waiting: VecDeque<String> =
        ["/", "/recherche?quoi=ehpad", "/recherche?quoi=kine+oyonnax", "/recherche?quoi=zzzz", "/composants"]
            .map(str::to_owned)
            .into();
    let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
    let mut walked = 0;
    while let Some(path) = waiting.pop_front() {
        let page = world().get(&path);
        assert!(matches!(page.status, 200 | 303), "{path}: {}", page.status);
        walked += 1;
        if walked == WALKED_MAX {
            break;
        }
        check_ids(&path, &page);
        for link in page.attributes("href") {
            let link = link.split('#').next().unwrap_or_default().to_owned();
            if link.starts_with('/') && seen.insert(link.clone()) {
                waiting.push_back(link);
            }
        }
    }
    assert!(walked > 100, "{walked} pages walked");
}

fn check_ids(path: &str, page: &Reply) {
    let ids = page.attributes("id");
    let distinct: HashSet<&String> = ids.iter().collect();
    assert_eq!(ids.len(), distinct.len(), "{path}: an id stands twice");
    for name in ["aria-labelledby", "for"] {
        for target in page.attributes(name) {
            assert!(distinct.contains(&target), "{path}: {name} {target} leads nowhere");
        }
    }
    // On the page of examples, pieces stand without what they lead to.
    let is_examples = path.starts_with("/composants");
    for link in page.attributes("href").iter().filter(|_| !is_examples).filter_map(|link| link.strip_prefix('#')) {
        assert!(distinct.contains(&link.to_owned()), "{path}: #{link} leads nowhere");
    }
}

#[test]
fn the_main_pages_stay_as_they_are() {
    let world = world();
    let results = world.get("/recherche?quoi=ehpad&ou=bourg+en+bresse");
    let structure =
        results.attributes("href").into_iter().find(|link| link.starts_with("/structure/")).expect("a structure");
    let offers = world.get("/recherche?quoi=kine&ou=oyonnax");
    let offer = offers.attributes("href").into_iter().find(|link| link.starts_with("/offre/")).expect("an offer");
    for (name, page) in [
        ("home", world.get("/")),
        ("results", results),
        ("structure", world.get(&structure)),
        ("offer", world.get(&offer)),
        ("not_found", world.get("/nulle-part")),
        ("homonyms", world.get("/recherche?quoi=maternit%C3%A9+saint+denis")),
    ] {
        insta::assert_snapshot!(name, without_hashes(&page.body));
    }
}

/// Names of assets change with their content.
fn without_hashes(body: &str) -> String {
    let mut pieces = body.split("/statique/");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once('.').unwrap_or((piece, ""));
        let rest = rest.split_once('.').map_or(rest, |(_, rest)| rest);
        out.push_str(&["/statique/", name, ".", rest].concat());
    }
    out
}

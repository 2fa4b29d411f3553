//! Search, over HTTP.

use std::collections::HashSet;

use crate::common::{FHIR_JSON, World, establishment, finess, offer, open_place, place};
use ror_fhir::Node;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// Three places with an offer each, of which one in another region, and a sensitive one.
struct Territory {
    world: World,
    organization: String,
    places: Vec<String>,
    offers: Vec<String>,
    hidden: String,
}

fn territory() -> Territory {
    let world = World::new();
    let organization = world.store(&establishment("Hôpital d'Émile", "010000024"));
    let (mut places, mut offers) = (vec![], vec![]);
    for (number, latitude) in [("84/450012", 46.20), ("84/450013", 46.25), ("84/450014", 47.50)] {
        let (place, offer) = open_place(&world, &organization, number, latitude);
        places.push(place);
        offers.push(offer);
    }
    let secret = world.store(&place("Caché", "84/999", 46.21, "84"));
    let hidden = world.store(&offer("Cachée", true, &organization, &secret));
    Territory { world, organization, places, offers, hidden }
}

#[test]
fn s01_all_places_with_their_offers() {
    let t = territory();
    let reply = t.world.get_all("/fhir/Location?_revinclude=HealthcareService:location");
    assert_eq!((reply.status, reply.total()), (200, 4));
    assert_eq!(reply.ids("include").len(), 4);
    // The public sees neither the sensitive offer nor its place (D21).
    let reply = t.world.get("/fhir/Location?_revinclude=HealthcareService:location");
    assert_eq!(reply.total(), 3);
    assert_eq!(reply.ids("include").into_iter().collect::<HashSet<_>>(), t.offers.iter().cloned().collect());
    assert!(!String::from_utf8_lossy(&reply.body).contains(&t.hidden));
}

#[test]
fn s03_a_region_by_bare_code() {
    let t = territory();
    t.world.store(&place("Ailleurs", "27/1", 47.3, "27"));
    assert_eq!(t.world.get_all("/fhir/Location?_tag=84").total(), 4);
    assert_eq!(t.world.get_all("/fhir/Location?_tag=27").total(), 1);
    let system = "https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM";
    for bar in ["|", "%7C", "%7c"] {
        assert_eq!(t.world.get_all(&format!("/fhir/Location?_tag={system}{bar}84")).total(), 4, "{bar}");
    }
}

#[test]
fn s04_one_known_place() {
    let t = territory();
    let reply = t.world.get("/fhir/Location?identifier=84/450012&_revinclude=HealthcareService:location");
    assert_eq!(reply.total(), 1);
    assert_eq!(reply.ids("match"), [t.places[0].clone()]);
    assert_eq!(reply.ids("include"), [t.offers[0].clone()]);
}

#[test]
fn s05_several_places_by_technical_id() {
    let t = territory();
    let reply = t.world.get(&format!("/fhir/Location?_id={},{}", t.places[1], t.places[0]));
    let mut expected = vec![t.places[0].clone(), t.places[1].clone()];
    expected.sort_unstable();
    assert_eq!(reply.ids("match"), expected, "in the order of ids, whatever the order asked (D7)");
}

#[test]
fn s06_places_changed_since_a_date() {
    let mut t = territory();
    t.world.wait(40 * 86_400_000);
    t.world.writer = t.world.client(1);
    let (late, _) = open_place(&t.world, &t.organization, "84/7", 46.3);
    assert_eq!(t.world.get("/fhir/Location?_lastUpdated=ge2026-02-01").ids("match"), [late]);
    assert_eq!(t.world.get("/fhir/Location?_lastUpdated=lt2026-02-01").total(), 3);
    assert_eq!(t.world.get("/fhir/Location?_lastUpdated=ge2026-01-01T00:00:00%2B01:00").total(), 4);
    // A raw plus arrives as a space: what was meant is not in doubt.
    let raw = t.world.get("/fhir/Location?_lastUpdated=ge2026-01-01T00:00:00+01:00&_count=3");
    assert_eq!((raw.total(), t.world.get(&raw.link("next").unwrap()).ids("match").len()), (4, 1));
}

#[test]
fn s07_several_places_by_identifier() {
    let t = territory();
    let reply = t.world.get("/fhir/Location?identifier=84/450012,84/450013");
    assert_eq!(reply.ids("match").into_iter().collect::<HashSet<_>>(), t.places[..2].iter().cloned().collect());
}

#[test]
fn s08_complete_offers_and_each_resource_once() {
    let t = territory();
    let inc = "_include=HealthcareService:organization&_include:iterate=Organization:partof\
               &_include=HealthcareService:location&_revinclude=PractitionerRole:service\
               &_include=PractitionerRole:practitioner";
    let reply = t.world.get(&format!("/fhir/HealthcareService?{inc}"));
    assert_eq!(reply.total(), 3);
    let included = reply.ids("include");
    assert_eq!(included.iter().collect::<HashSet<_>>().len(), included.len());
    assert_eq!(included.len(), 4, "one establishment, three places");
    // The order of the parts does not matter.
    let turned: Vec<&str> = inc.split('&').rev().collect();
    let other = t.world.get(&format!("/fhir/HealthcareService?{}", turned.join("&")));
    assert_eq!((other.ids("match"), other.ids("include")), (reply.ids("match"), included));
}

#[test]
fn s23_s95_a_distance_on_each_place_that_met_the_criterion() {
    let t = territory();
    let distances = |reply: &crate::common::Reply| -> Vec<Option<String>> {
        let bundle = reply.json();
        let of = |entry: &Node| {
            let extension = entry.get("search")?.items("extension").next()?.clone();
            let distance = extension.get("valueDistance")?.clone();
            assert_eq!((distance.str("unit"), distance.str("code")), (Some("km"), Some("km")));
            assert_eq!(distance.str("system"), Some("http://unitsofmeasure.org"));
            Some(distance.get("value")?.as_number()?.to_owned())
        };
        bundle.items("entry").map(of).collect()
    };
    let reply = t.world.get("/fhir/Location?near=46.2|5.25|20|km");
    assert_eq!(reply.ids("match"), t.places[..2]);
    assert_eq!(distances(&reply), [Some("0".to_owned()), Some("5.56".to_owned())]);
    let reply =
        t.world.get("/fhir/HealthcareService?location.near=46.25%7C5.25%7C20&_include=HealthcareService:location");
    assert_eq!(reply.ids("match"), [t.offers[1].clone(), t.offers[0].clone()], "nearest first (D7)");
    let of_places = distances(&reply).into_iter().flatten().collect::<HashSet<_>>();
    assert_eq!(of_places, HashSet::from(["0".to_owned(), "5.56".to_owned()]));
    assert_eq!(t.world.get("/fhir/Location?near=46.2|5.25|900|km").status, 400);
}

#[test]
fn s98_s99_an_establishment_by_number_and_by_name() {
    let t = territory();
    let one = [t.organization.clone()];
    for query in [
        "identifier=010000024",
        "identifier=1010000024",
        "name=hopital%20d'emile",
        "name:contains=EMILE",
        "name=H%C3%B4p",
    ] {
        assert_eq!(t.world.get(&format!("/fhir/Organization?{query}")).ids("match"), one, "{query}");
    }
    assert_eq!(t.world.get("/fhir/Organization?name=emile").total(), 0);
}

#[test]
fn pages_lead_to_the_end_and_back_without_gap_or_repeat() {
    let world = World::new();
    let mut all: Vec<String> =
        (0..11).map(|n| world.store(&establishment(&format!("Site {}", n % 3), &finess(n)))).collect();
    all.sort_unstable();
    for (sort, count) in
        [("", 4), ("", 11), ("", 5), ("&_sort=name", 4), ("&_sort=-name,_id", 3), ("&_sort=-_lastUpdated", 2)]
    {
        let query = format!("/fhir/Organization?_count={count}{sort}");
        let whole = world.get(&format!("/fhir/Organization?_count=1000{sort}")).ids("match");
        assert_eq!(whole.iter().collect::<HashSet<_>>(), all.iter().collect());
        let mut forward = Vec::new();
        let mut pages = Vec::new();
        let mut page = world.get(&query);
        loop {
            assert_eq!((page.status, page.total()), (200, 11));
            assert_eq!(page.link("first").as_deref(), Some(query.as_str()));
            forward.extend(page.ids("match"));
            pages.push(page.ids("match"));
            match page.link("next") {
                Some(next) => page = world.get(&next),
                None => break,
            }
        }
        assert_eq!(forward, whole, "{query}");
        for expected in pages.iter().rev().skip(1) {
            page = world.get(&page.link("previous").expect("a page before"));
            assert_eq!(&page.ids("match"), expected, "{query}");
        }
        assert_eq!(page.link("previous"), None);
    }
}

#[test]
fn d06_the_order_is_kept_while_paging_and_bodies_are_todays() {
    let world = World::new();
    for n in 0..6 {
        world.store(&establishment(&format!("Site {n}"), &finess(n)));
    }
    let first = world.get("/fhir/Organization?_sort=name&_count=3");
    let whole = world.get("/fhir/Organization?_sort=name").ids("match");
    // The last one is renamed so that it would come first.
    let mut moved = world.get_all(&format!("/fhir/Organization/{}", whole[5])).json();
    moved.as_object_mut().unwrap().insert("name", "A premier");
    assert_eq!(world.put(&moved, &[]).status, 200);
    let second = world.get(&first.link("next").unwrap());
    assert_eq!(second.ids("match"), whole[3..], "as it stood on the first page");
    assert!(String::from_utf8_lossy(&second.body).contains("A premier"));
    assert_eq!(world.get("/fhir/Organization?_sort=name").ids("match")[0], whole[5]);
}

#[test]
fn d05_a_cursor_is_worth_nothing_elsewhere() {
    let world = World::new();
    for n in 0..3 {
        world.store(&establishment(&format!("Site {n}"), &finess(n)));
    }
    let next = world.get("/fhir/Organization?_count=1&_sort=name").link("next").unwrap();
    let (_, page) = next.split_once("_page=").unwrap();
    let mut changed = page.to_owned();
    changed.replace_range(20..21, if &page[20..21] == "A" { "B" } else { "A" });
    let other_client = world.client(0);
    let cases = [
        (format!("/fhir/Organization?_count=1&_sort=name&_page={changed}"), ""),
        (format!("/fhir/Organization?_count=1&_sort=name&_page={}", &page[1..]), ""),
        ("/fhir/Organization?_count=1&_sort=name&_page=".to_owned(), ""),
        (format!("/fhir/Organization?_count=1&_page={page}"), ""),
        (format!("/fhir/Organization?_count=2&_sort=name&_page={page}"), ""),
        (format!("/fhir/Location?_count=1&_sort=_id&_page={page}"), ""),
        (next.clone(), other_client.as_str()),
        (next.clone(), world.writer.as_str()),
    ];
    let mut answers = HashSet::new();
    for (path, authorization) in &cases {
        let headers = [("Authorization", *authorization)];
        let headers = if authorization.is_empty() { &[][..] } else { &headers };
        let reply = world.send("GET", path, headers, b"");
        assert_eq!(reply.refusal(), (400, "invalid".into(), "invalid-page".into(), "_page".into()), "{path}");
        answers.insert(reply.body);
    }
    assert_eq!(answers.len(), 1, "one text for all");
    assert_eq!(world.get(&next).status, 200);
    world.wait(24 * 3_600_000 + 1);
    assert_eq!(world.get(&next).refusal().1, "expired");
}

#[test]
fn d05_page_sizes() {
    let t = territory();
    let self_link = |count: &str| {
        let reply = t.world.get(&format!("/fhir/Location?_count={count}"));
        (reply.link("self").unwrap(), reply.ids("match").len(), reply.total())
    };
    assert_eq!(self_link("5000"), ("/fhir/Location?_count=1000".to_owned(), 3, 3));
    assert_eq!(self_link("2"), ("/fhir/Location?_count=2".to_owned(), 2, 3));
    assert_eq!(self_link("0"), ("/fhir/Location?_count=0".to_owned(), 0, 3));
    let count = t.world.get("/fhir/Location?_summary=count");
    assert_eq!((count.total(), count.json().get("entry"), count.link("next")), (3, None, None));
    for bad in ["-1", "a", "1.5", ""] {
        assert_eq!(t.world.get(&format!("/fhir/Location?_count={bad}")).status, 400, "{bad}");
    }
}

#[test]
fn post_search_is_get_search() {
    let t = territory();
    let get = t.world.get("/fhir/Location?_tag=84&_sort=-_id&_count=2&_revinclude=HealthcareService:location");
    let cases = [
        ("/fhir/Location/_search", "_tag=84&_sort=-_id&_count=2&_revinclude=HealthcareService:location"),
        ("/fhir/Location/_search?_tag=84&_sort=-_id", "_count=2&_revinclude=HealthcareService%3Alocation"),
        ("/fhir/Location/_search?_tag=84&_sort=-_id&_count=2&_revinclude=HealthcareService:location", ""),
    ];
    for (path, form) in cases {
        let post = t.world.send("POST", path, &[FORM], form.as_bytes());
        assert_eq!((post.status, post.total()), (200, get.total()), "{form}");
        assert_eq!((post.ids("match"), post.ids("include")), (get.ids("match"), get.ids("include")));
        assert_eq!(post.link("self"), get.link("self"));
        let next = t.world.get(&post.link("next").unwrap());
        assert_eq!(next.ids("match").len(), 1);
    }
    assert_eq!(t.world.send("POST", "/fhir/Location/_search", &[FHIR_JSON], b"_tag=84").status, 415);
    assert_eq!(t.world.send("POST", "/fhir/Location/_search", &[FORM], b"_tag=\xff").status, 400);
    assert_eq!(t.world.send("POST", "/fhir/Location/_search", &[FORM], b"_format=xml").status, 406);
}

#[test]
fn d04_a_sample_fault_is_read_as_intended_and_reported_or_refused_in_strict_mode() {
    let t = territory();
    let path = "/fhir/HealthcareService?__include=Healthcareservice:location";
    let reply = t.world.get(path);
    assert_eq!((reply.status, reply.total(), reply.ids("include").len()), (200, 3, 3));
    let bundle = reply.json();
    let outcome = bundle.items("entry").last().unwrap();
    assert_eq!(outcome.get("search").unwrap().str("mode"), Some("outcome"));
    let issues: Vec<_> = outcome.get("resource").unwrap().items("issue").collect();
    assert_eq!(issues.len(), 2);
    assert!(issues.iter().all(|issue| issue.str("severity") == Some("warning")));
    let strict = [
        ("Prefer", "handling=strict"),
        ("Ror-Profil-Utilisateur-Code", "CU20"),
        ("Ror-Profil-Utilisateur-System", "1.2.250.1.213.1.6.1.66"),
        ("Ror-Role-Metier-Code", "AUTOMATE"),
        ("Ror-Role-Metier-System", "1.2.250.1.213.1.1.4.6"),
    ];
    assert_eq!(t.world.send("GET", path, &strict, b"").refusal().0, 400);
    assert_eq!(t.world.send("GET", "/fhir/Location", &strict, b"").status, 200);
    // D16: strict mode wants the four headers, on each content read.
    let missing = t.world.send("GET", "/fhir/Location", &strict[..4], b"");
    assert_eq!(missing.refusal(), (400, "required".into(), "missing-header".into(), "ror-role-metier-system".into()));
    assert_eq!(t.world.send("GET", "/fhir/ValueSet?_count=1", &strict[..1], b"").status, 200);
}

#[test]
fn d03_an_unknown_parameter_names_the_closest() {
    let t = territory();
    let reply = t.world.get("/fhir/Organization?nam=x&_count=z");
    assert_eq!(reply.refusal(), (400, "invalid".into(), "invalid-parameter".into(), "nam".into()));
    let outcome = reply.json();
    assert_eq!(outcome.items("issue").count(), 2, "every fault at once");
    assert!(outcome.items("issue").next().unwrap().str("diagnostics").unwrap().contains("« name »"));
}

#[test]
fn a_subset_is_asked_of_matches_and_includes_alike() {
    let t = territory();
    let reply = t.world.get("/fhir/HealthcareService?_elements=identifier,name&_include=HealthcareService:location");
    let bundle = reply.json();
    for entry in bundle.items("entry") {
        let resource = entry.get("resource").unwrap();
        assert!(resource.get("name").is_some() && resource.get("position").is_none() && resource.get("type").is_none());
        assert!(resource.get("meta").unwrap().items("tag").any(|tag| tag.str("code") == Some("SUBSETTED")));
    }
    assert_eq!(bundle.items("entry").count(), 6);
}

#[test]
fn d02_a_criterion_on_what_is_hidden_finds_nothing_and_says_nothing() {
    let t = territory();
    let hidden = t.world.get(&format!("/fhir/HealthcareService?_id={}", t.hidden));
    let unknown = t.world.get("/fhir/HealthcareService?_id=00000000-0000-7000-8000-000000000000");
    let strip = |reply: &crate::common::Reply| {
        let mut bundle = reply.json();
        let object = bundle.as_object_mut().unwrap();
        object.remove("id");
        object.remove("link");
        bundle.to_text()
    };
    assert_eq!(strip(&hidden), strip(&unknown));
    assert_eq!(hidden.total(), 0);
}

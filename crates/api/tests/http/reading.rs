//! Read by id, over HTTP.

use crate::common::{FHIR_JSON, World, establishment, offer, open_place, place};
use ror_fhir::node;

#[test]
fn a_read_carries_its_version_and_304_follows_it() {
    let world = World::new();
    let id = world.store(&establishment("Hôpital", "010000024"));
    let path = format!("/fhir/Organization/{id}");
    let first = world.get(&path);
    assert_eq!(first.status, 200);
    assert_eq!(first.header("etag"), Some("W/\"1\""));
    assert_eq!(first.header("last-modified"), Some("Thu, 01 Jan 2026 07:00:00 GMT"));
    assert_eq!(first.header("content-type"), Some("application/fhir+json;charset=utf-8"));
    assert_eq!(first.header("content-language"), Some("fr"));
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    assert_eq!(world.get_all(&path).header("cache-control"), Some("no-store"));
    assert_eq!(first.json().get("meta").unwrap().str("versionId"), Some("1"));
    for (tag, status) in [("W/\"1\"", 304), ("\"1\"", 304), ("*", 304), ("W/\"9\", W/\"1\"", 304), ("W/\"2\"", 200)] {
        let reply = world.send("GET", &path, &[("If-None-Match", tag)], b"");
        assert_eq!(reply.status, status, "{tag}");
        assert_eq!(reply.body.is_empty(), status == 304);
        assert_eq!(reply.header("etag"), Some("W/\"1\""));
    }
}

#[test]
fn head_is_get_without_its_body() {
    let world = World::new();
    let id = world.store(&establishment("Hôpital", "010000024"));
    for path in [format!("/fhir/Organization/{id}"), "/fhir/metadata".to_owned(), "/fhir/Organization/none".to_owned()]
    {
        let get = world.get(&path);
        let head = world.send("HEAD", &path, &[], b"");
        assert_eq!(head.status, get.status, "{path}");
        assert!(head.body.is_empty());
        let length = |reply: &crate::common::Reply| reply.header("content-length").map(str::to_owned);
        assert_eq!(length(&head), length(&get).or(Some(get.body.len().to_string())), "{path}");
    }
}

#[test]
fn d29_hidden_and_unknown_answer_the_same_404_byte_for_byte() {
    let world = World::new();
    let organization = world.store(&establishment("Hôpital", "010000024"));
    let place = world.store(&place("Secret", "84/1", 46.2, "84"));
    let hidden = world.store(&offer("Secrète", true, &organization, &place));
    assert_eq!(world.get_all(&format!("/fhir/HealthcareService/{hidden}")).status, 200);
    let unknown = world.get("/fhir/HealthcareService/00000000-0000-7000-8000-000000000000").visible();
    assert_eq!(unknown.0, 404);
    let outsider = world.client(0);
    for id in [hidden.as_str(), "absent", "a%20b", &"x".repeat(65), "%C3%A9"] {
        assert_eq!(world.get(&format!("/fhir/HealthcareService/{id}")).visible(), unknown, "{id}");
    }
    // Under each way of asking.
    for (method, headers) in [
        ("GET", vec![("If-None-Match", "*")]),
        ("GET", vec![("Authorization", outsider.as_str())]),
        ("HEAD", vec![]),
        ("PUT", vec![("Authorization", outsider.as_str()), FHIR_JSON]),
    ] {
        let ask = |id: &str| world.send(method, &format!("/fhir/HealthcareService/{id}"), &headers, b"").visible();
        let (hidden, unknown) = (ask(&hidden), ask("00000000-0000-7000-8000-000000000000"));
        assert_eq!(hidden, unknown, "{method} {headers:?}");
        assert_eq!(hidden.0, 404);
    }
}

#[test]
fn less_than_the_whole_is_tagged() {
    let world = World::new();
    let organization = world.store(&establishment("Hôpital", "010000024"));
    let (place, _) = open_place(&world, &organization, "84/1", 46.2);
    let path = format!("/fhir/Location/{place}");
    let names = |query: &str| {
        let reply = world.get_all(&format!("{path}?{query}"));
        assert_eq!(reply.status, 200, "{query}");
        assert_eq!(reply.header("etag"), Some("W/\"1\""));
        let body = reply.json();
        let tags: Vec<String> =
            body.get("meta").unwrap().items("tag").filter_map(|tag| Some(tag.str("code")?.to_owned())).collect();
        let mut names: Vec<_> = body.as_object().unwrap().iter().map(|(name, _)| name.to_owned()).collect();
        names.sort_unstable();
        (names.join(" "), tags.join(" "))
    };
    let of = |names: &str, tags: &str| (names.to_owned(), tags.to_owned());
    assert_eq!(names("_elements=identifier,address"), of("address id identifier meta resourceType", "84 SUBSETTED"));
    assert_eq!(names("_summary=true"), of("id identifier meta name resourceType", "84 SUBSETTED"));
    assert_eq!(names("_summary=text&_format=json"), of("id meta resourceType", "84 SUBSETTED"));
    let (whole, tags) = names("_summary=false&_pretty=true");
    assert!(whole.contains("position"), "{whole}");
    assert_eq!(tags, "84");
    for query in
        ["nom=x", "_elements=nom", "_summary=count", "_summary=peut-être", "_elements=name&_summary=true", "_count=1"]
    {
        let refusal = world.get(&format!("{path}?{query}")).refusal();
        assert_eq!((refusal.0, refusal.1.as_str()), (400, "invalid"), "{query}");
    }
}

#[test]
fn s104_s109_both_base_paths_serve_and_the_reserved_ones_do_not_yet() {
    let world = World::new();
    let role = world.store(&node!({"resourceType": "Practitioner",
        "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "10000000009"}], "name": [{"family": "Essai"}]}));
    for base in ["/fhir", "/ws-diffusion-fhir"] {
        assert_eq!(world.get_all(&format!("{base}/Practitioner/{role}")).status, 200);
        let bundle = world.get_all(&format!("{base}/Practitioner?_id={role}")).json();
        let url = bundle.items("entry").next().unwrap().str("fullUrl").unwrap().to_owned();
        assert_eq!(url, format!("http://ror.test{base}/Practitioner/{role}"));
    }
    for base in ["/ws-synchro-dispo-lits-fhir", "/anomalies"] {
        assert_eq!(world.get(&format!("{base}/Location/{role}")).refusal().0, 404);
    }
}

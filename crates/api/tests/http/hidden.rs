//! What a caller may not see changes nothing of what it gets (`architecture.md` §5).

use crate::common::{FHIR_JSON, Reply, World, establishment, offer, open_place, place};

/// A small territory; then, in one of the two worlds, what the public may not see.
fn world(with_hidden: bool) -> (World, Vec<String>) {
    let world = World::new();
    let organization = world.store(&establishment("Hôpital", "010000024"));
    let mut ids = vec![organization.clone()];
    for (number, latitude) in [("84/1", 46.20), ("84/2", 46.25), ("84/3", 46.30)] {
        let (place, offer) = open_place(&world, &organization, number, latitude);
        ids.extend([place, offer]);
    }
    let names: Vec<String> = if with_hidden { (0..40).map(|n| format!("Cachée {n}")).collect() } else { Vec::new() };
    for (n, name) in names.iter().enumerate() {
        world.wait(1_000);
        let place = world.store(&place(name, &format!("84/9{n:02}"), 46.2, "84"));
        world.store(&offer(name, true, &organization, &place));
    }
    world.wait(100_000 - 1_000 * names.len() as i64);
    (world, ids)
}

/// Everything that a caller sees, with what D78 excludes blanked but not its length.
fn seen(reply: &Reply) -> String {
    let (status, headers, body) = reply.visible();
    let mut text = format!("{status} {headers:?} {}", String::from_utf8(body).unwrap());
    for (start, length) in [("_page=", 166), ("\"Bundle\",\"id\":\"", 36)] {
        let mut from = 0;
        while let Some(at) = text[from..].find(start).map(|at| from + at + start.len()) {
            let value = text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).count();
            assert_eq!(value, length, "{start} {text}");
            text.replace_range(at..at + value, "");
            from = at;
        }
    }
    text
}

#[test]
fn two_directories_that_differ_in_what_is_hidden_answer_the_same_bytes() {
    let ((with, ids), (without, same)) = (world(true), world(false));
    assert_eq!(ids, same, "the visible part is the same");
    let offers = |world: &World| world.get_all("/fhir/HealthcareService?_summary=count").total();
    assert_eq!((offers(&with), offers(&without)), (43, 3), "who sees all sees the difference");
    let inc = "_include=*&_revinclude=HealthcareService:location";
    let mut requests: Vec<String> = [
        "/fhir/metadata",
        "/fhir/Location",
        "/fhir/Location?_count=2",
        "/fhir/Location?_count=0",
        "/fhir/Location?_summary=count",
        "/fhir/Location?_sort=-_lastUpdated&_count=1",
        "/fhir/Location?_lastUpdated=ge2026-01-01T08:00:05",
        "/fhir/Location?near=46.2|5.25|20|km&_count=2",
        "/fhir/Location?identifier=84/900",
        "/fhir/Location?identifier:not=84/1",
        "/fhir/Location?identifier:missing=true",
        "/fhir/Location?_tag=84&_elements=name",
        "/fhir/HealthcareService?name=cach",
        "/fhir/HealthcareService?name:contains=cach&_sort=name",
        "/fhir/HealthcareService?_sort=name&_count=1",
        "/fhir/HealthcareService?organization.identifier=010000024&_count=1",
        "/fhir/HealthcareService?location.near=46.2|5.25|20|km&_include=HealthcareService:location",
        "/fhir/HealthcareService?_sort=organization.name&_summary=true",
        "/fhir/Organization?_revinclude=HealthcareService:organization",
        "/fhir/Organization?nom=x",
        "/fhir/Practitioner",
        "/fhir/PractitionerRole?service=x",
    ]
    .map(str::to_owned)
    .into();
    requests.push(format!("/fhir/Location?{inc}"));
    for id in &ids {
        requests.extend(["Organization", "Location", "HealthcareService"].map(|rtype| format!("/fhir/{rtype}/{id}")));
    }
    for path in &requests {
        for (method, headers) in
            [("GET", &[][..]), ("HEAD", &[]), ("GET", &[("Accept-Encoding", "gzip")]), ("PUT", &[FHIR_JSON])]
        {
            let ask = |world: &World| world.send(method, path, headers, b"");
            let (one, other) = (ask(&with), ask(&without));
            let is_packed = one.header("content-encoding").is_some();
            assert_eq!(one.status, other.status, "{method} {path}");
            if !is_packed && method != "HEAD" {
                assert_eq!(seen(&one), seen(&other), "{method} {path}");
            }
        }
        // And page after page.
        let (mut one, mut other) = (with.get(path), without.get(path));
        while one.status == 200 && path.contains('?') {
            assert_eq!(seen(&one), seen(&other), "{path}");
            let (Some(next), Some(same)) = (one.link("next"), other.link("next")) else { break };
            (one, other) = (with.get(&next), without.get(&same));
        }
    }
}

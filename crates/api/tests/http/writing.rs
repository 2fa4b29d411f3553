//! Create and update, over HTTP.

use crate::common::{FHIR_JSON, World, establishment, place};
use ror_fhir::Node;

#[test]
fn a_created_resource_is_there_at_once_with_its_address() {
    let world = World::new();
    let reply = world.post(&establishment("Hôpital", "010000024"));
    assert_eq!(reply.status, 201);
    let body = reply.json();
    let id = body.str("id").unwrap();
    assert_eq!(reply.header("location"), Some(format!("http://ror.test/fhir/Organization/{id}/_history/1").as_str()));
    assert_eq!(reply.header("etag"), Some("W/\"1\""));
    assert_eq!(reply.header("last-modified"), Some("Thu, 01 Jan 2026 07:00:00 GMT"));
    assert_eq!(world.get_all(&format!("/fhir/Organization/{id}")).body, reply.body);
}

#[test]
fn the_body_of_the_answer_is_the_one_preferred() {
    let world = World::new();
    for (prefer, starts) in [
        ("return=minimal", ""),
        ("return=OperationOutcome", "{\"resourceType\":\"OperationOutcome\""),
        ("return=representation", "{\"resourceType\":\"Organization\""),
    ] {
        let headers = [("Authorization", world.writer.as_str()), FHIR_JSON, ("Prefer", prefer)];
        let body = establishment(prefer, "010000024");
        let body = {
            let mut body = body;
            body.as_object_mut().unwrap().remove("identifier");
            body
        };
        let reply = world.send("POST", "/fhir/Organization", &headers, &body.to_bytes());
        assert_eq!(reply.status, 201, "{prefer}");
        let text = String::from_utf8(reply.body).unwrap();
        assert!(text.starts_with(starts) && (text.is_empty() == starts.is_empty()), "{prefer}: {text}");
    }
}

#[test]
fn an_update_follows_if_match_and_the_same_content_is_no_version() {
    let world = World::new();
    let mut resource = world.post(&establishment("Hôpital", "010000024")).json();
    world.wait(60_000);
    let same = world.put(&resource, &[("If-Match", "W/\"1\"")]);
    assert_eq!((same.status, same.header("etag")), (200, Some("W/\"1\"")), "D38");
    resource.as_object_mut().unwrap().insert("name", "Hôpital neuf");
    let changed = world.put(&resource, &[("If-Match", "W/\"1\"")]);
    assert_eq!((changed.status, changed.header("etag")), (200, Some("W/\"2\"")));
    assert_eq!(changed.header("last-modified"), Some("Thu, 01 Jan 2026 07:01:00 GMT"));
    assert_eq!(changed.json().str("name"), Some("Hôpital neuf"));
    resource.as_object_mut().unwrap().insert("name", "Autre");
    let late = world.put(&resource, &[("If-Match", "W/\"1\"")]);
    assert_eq!(late.refusal(), (412, "conflict".into(), "version-conflict".into(), "If-Match".into()));
    for bad in ["1", "W/1", "\"a\"", "W/\"1\", W/\"2\""] {
        assert_eq!(world.put(&resource, &[("If-Match", bad)]).refusal().0, 400, "{bad}");
    }
    assert_eq!(world.put(&resource, &[]).header("etag"), Some("W/\"3\""), "without If-Match the last write wins (D41)");
}

#[test]
fn the_id_of_the_body_is_that_of_the_address() {
    let world = World::new();
    let resource = world.post(&establishment("Hôpital", "010000024")).json();
    let id = resource.str("id").unwrap().to_owned();
    let send = |path: &str, body: &Node| {
        world.send("PUT", path, &[("Authorization", &world.writer), FHIR_JSON], &body.to_bytes()).refusal()
    };
    let at = "Organization.id".to_owned();
    assert_eq!(send("/fhir/Organization/other", &resource), (400, "invalid".into(), "wrong-id".into(), at.clone()));
    let mut without = resource.clone();
    without.as_object_mut().unwrap().remove("id");
    assert_eq!(send(&format!("/fhir/Organization/{id}"), &without), (400, "invalid".into(), "wrong-id".into(), at));
    let mut absent = resource.clone();
    absent.as_object_mut().unwrap().insert("id", "absent");
    assert_eq!(send("/fhir/Organization/absent", &absent).0, 404, "no update as create (D41)");
    let wrong_type = send(&format!("/fhir/Location/{id}"), &resource);
    assert_eq!((wrong_type.0, wrong_type.2.as_str()), (400, "wrong-type"));
}

#[test]
fn d81_who_may_not_write_is_told_only_of_what_it_sees() {
    let world = World::new();
    let organization = world.post(&establishment("Hôpital", "010000024")).json();
    let id = organization.str("id").unwrap();
    let reader = world.client(0);
    let ask = |method: &str, path: &str, authorization: &str| {
        let headers = [("Authorization", authorization), FHIR_JSON];
        let headers = if authorization.is_empty() { &headers[1..] } else { &headers };
        world.send(method, path, headers, &organization.to_bytes()).refusal()
    };
    for who in ["", reader.as_str()] {
        assert_eq!(ask("POST", "/fhir/Organization", who).1, "forbidden");
        assert_eq!(ask("PUT", &format!("/fhir/Organization/{id}"), who).0, 403);
        assert_eq!(ask("PUT", "/fhir/Organization/absent", who).0, 404);
    }
    assert_eq!(world.get("/fhir/Organization").total(), 1, "nothing was stored");
}

#[test]
fn an_identifier_already_taken_is_a_duplicate() {
    let world = World::new();
    world.store(&place("Bloc", "84/450012", 46.2, "84"));
    let reply = world.post(&place("Autre", "84/450012", 46.3, "84"));
    assert_eq!(reply.refusal().0, 409);
    assert_eq!(reply.refusal().1, "duplicate");
}

#[test]
fn bodies_that_cannot_be_read_are_refused_and_nothing_is_stored() {
    let world = World::new();
    let whole = establishment("Hôpital", "010000024").to_bytes();
    let deep = "[".repeat(1_900_000);
    let wide = format!("{{{}}}", (0..100_000).map(|n| format!("\"k{n}\":1")).collect::<Vec<_>>().join(","));
    let cases: [(&[u8], &str, u16, &str); 12] = [
        (wide.as_bytes(), "application/fhir+json", 400, "json-too-wide"),
        (&whole[..whole.len() / 2], "application/fhir+json", 400, "json-truncated"),
        (b"", "application/fhir+json", 400, "json-truncated"),
        (deep.as_bytes(), "application/fhir+json", 400, "json-too-deep"),
        (b"{\"resourceType\":\"Organization\",\"name\":\"\xff\"}", "application/fhir+json", 400, "json-not-utf8"),
        (
            b"{\"resourceType\":\"Organization\",\n\"name\":\"a\",\"name\":\"b\"}",
            "application/json",
            400,
            "json-duplicate-key",
        ),
        (b"{\"resourceType\":\"Organization\",}", "application/fhir+json", 400, "json-syntax"),
        (b"[]", "application/fhir+json", 400, "not-a-resource"),
        (b"{\"resourceType\":\"Patient\"}", "application/fhir+json", 400, "wrong-type"),
        (b"{\"resourceType\":\"Organization\",\"name\":\"\"}", "application/fhir+json", 422, "broken-rule"),
        (&whole, "application/fhir+xml", 415, "media-type-not-served"),
        (&whole, "application/fhir+json; charset=iso-8859-1", 415, "media-type-not-served"),
    ];
    for (body, kind, status, detail) in cases {
        let headers = [("Authorization", world.writer.as_str()), ("Content-Type", kind)];
        let refusal = world.send("POST", "/fhir/Organization", &headers, body).refusal();
        assert_eq!((refusal.0, refusal.2.as_str()), (status, detail));
    }
    let brackets = "[".repeat(10_000_000);
    let headers = [("Authorization", world.writer.as_str()), FHIR_JSON];
    let refusal = world.send("POST", "/fhir/Organization", &headers, brackets.as_bytes()).refusal();
    assert_eq!(refusal, (413, "too-long".into(), "body-too-long".into(), "-".into()));
    let unknown = world.send("POST", "/fhir/Patient", &headers, b"{\"resourceType\":\"Patient\"}").refusal();
    assert_eq!((unknown.0, unknown.2.as_str()), (404, "unknown-address"));
    assert_eq!(world.get_all("/fhir/Organization").total(), 0);
}

#[test]
fn a_packed_body_is_not_unpacked() {
    let world = World::new();
    let headers = [("Authorization", world.writer.as_str()), FHIR_JSON, ("Content-Encoding", "gzip")];
    assert_eq!(world.send("POST", "/fhir/Organization", &headers, b"x").status, 415);
}

#[test]
fn a_json_fault_says_its_line_and_column() {
    let world = World::new();
    let headers = [("Authorization", world.writer.as_str()), FHIR_JSON];
    let reply = world.send("POST", "/fhir/Organization", &headers, b"{\"a\": 1,\n \"a\": 2}");
    let outcome = reply.json();
    let text = outcome.items("issue").next().unwrap().str("diagnostics").unwrap();
    assert!(text.contains("ligne 2, colonne"), "{text}");
}

#[test]
fn nothing_asked_of_a_write_is_ignored() {
    let world = World::new();
    let body = establishment("Hôpital", "010000024").to_bytes();
    let post = |path: &str, header: (&str, &str)| {
        world.send("POST", path, &[("Authorization", &world.writer), FHIR_JSON, header], &body).refusal()
    };
    assert_eq!(post("/fhir/Organization", ("If-None-Exist", "identifier=1")).2, "conditional-create");
    assert_eq!(post("/fhir/Organization", ("If-Match", "W/\"1\"")).2, "if-match-on-create");
    assert_eq!(post("/fhir/Organization?name=x", ("Accept", "*/*")).3, "name");
    assert_eq!(world.get_all("/fhir/Organization").total(), 0);
}

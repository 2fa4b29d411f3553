//! Anomalies and indicators over HTTP: scenarios S17, S80 to S85, who reads them (D30, D31), and
//! that nobody writes them by address yet (D62).

use ror_fhir::{Node, node};

use crate::common::{FHIR_JSON, NOS, Reply, World, coded, establishment, finess, offer};

const STATUS: &str = "TRE_R352-StatutMetierAnomalie/FHIR/TRE-R352-StatutMetierAnomalie";
const NAMED: [&str; 3] = ["ordinaire", "sensible", "nommee"];

/// An anomaly of that business status about `focus`.
fn task(id: &str, status: &str, authored: &str, focus: &Node) -> Node {
    let code = |code: &str| {
        let system = "https://interop.esante.gouv.fr/ig/fhir/ror/CodeSystem/input-task-ror-codesystem";
        node!({"coding": [{"system": system, "code": code}]})
    };
    node!({"resourceType": "Task", "id": id, "status": "in-progress", "intent": "order",
        "businessStatus": (coded(STATUS, status)),
        "code": (coded("TRE_R350-ThematiqueAnomalie/FHIR/TRE-R350-ThematiqueAnomalie", "06")),
        "reasonCode": (coded("TRE_R349-ActionAnomalie/FHIR/TRE-R349-ActionAnomalie", "COR")),
        "focus": (focus.clone()), "authoredOn": authored, "lastModified": authored,
        "requester": {"type": "Practitioner", "identifier": {"value": "819999999907"}},
        "input": [{"type": (code("systemRequester")), "valueString": "Moteur qualité"},
            {"type": (code("identifierRequester")), "valueIdentifier": {"value": "819999999907"}},
            {"type": (code("pathElementError")),
             "valueExpression": {"language": "text/fhirpath", "expression": "HealthcareService.name"}}]})
}

/// An indicator with a value on all data and one on public data.
fn indicator() -> Vec<Node> {
    let report = |id: &str, identifier: &str, date: &str| {
        node!({"resourceType": "MeasureReport", "id": id, "identifier": [{"value": identifier}], "status": "complete",
            "type": "summary", "measure": "Measure/ex2", "date": date,
            "period": {"start": "2026-01-05", "end": "2026-01-11"},
            "group": [{"code": {"text": "84"}, "measureScore": {"value": 97.31}}]})
    };
    vec![
        node!({"resourceType": "Measure", "id": "ex2", "url": "https://ror.example/Measure/EX2", "status": "active",
            "identifier": [{"value": "EX2"}], "purpose": "Fermetures", "topic": [{"text": "Existence"}],
            "type": [{"coding": [{"code": "structure"}]}],
            "group": [{"code": {"text": "territoire"}, "description": "par territoire"}]}),
        report("tout", "EX2-84-2026-01-12", "2026-01-12T08:00:00+01:00"),
        report("public", "EX2-84-2026-01-12-public", "2026-01-12T08:00:00+01:00"),
    ]
}

/// An ordinary and a sensitive offer, each with an anomaly, and an anomaly that names the first by
/// its identifier.
fn world() -> World {
    let world = World::new();
    let structure = world.store(&establishment("CH", &finess(1)));
    let place = |name: &str| node!({"resourceType": "Location", "id": name, "name": name});
    let offer = |id: &str, number: &str, sensitive: bool| {
        let mut offer = offer(id, sensitive, &structure, id);
        let object = offer.as_object_mut().unwrap();
        object.insert("id", id);
        object.insert("identifier", node!([{ "value": number }]));
        offer
    };
    let literal = |id: &str| node!({"reference": format!("HealthcareService/{id}")});
    let named = node!({"type": "HealthcareService", "identifier": {"value": "84/1"}});
    world.load([
        task("ordinaire", "02", "2026-01-03", &literal("h")),
        task("sensible", "10", "2026-01-04", &literal("s")),
        task("nommee", "08", "2026-01-05", &named),
        offer("h", "84/1", false),
        offer("s", "84/2", true),
        place("h"),
        place("s"),
    ]);
    world.load(indicator());
    world
}

fn get(world: &World, client: &str, path: &str) -> Reply {
    world.send("GET", path, &[("Authorization", client)], b"")
}

#[test]
fn s80_s83_d30_each_profile_reads_the_anomalies_of_what_it_sees() {
    let world = world();
    for (profile, expected) in [
        (0, &[][..]),
        (1, &NAMED),
        (2, &["ordinaire", "nommee"]),
        (3, &["ordinaire", "nommee"]),
        (4, &NAMED),
        (5, &["ordinaire", "nommee"]),
    ] {
        let client = world.client(profile);
        let all = get(&world, &client, "/fhir/Task?_sort=authored-on");
        assert_eq!(
            (all.status, all.ids("match")),
            (200, expected.iter().map(|id| (*id).to_owned()).collect()),
            "S83, {profile}"
        );
        assert_eq!(all.total(), expected.len() as i64);
        for id in NAMED {
            let one = get(&world, &client, &format!("/fhir/Task/{id}"));
            let is_seen = expected.contains(&id);
            assert_eq!(one.status, if is_seen { 200 } else { 404 }, "S80, {profile}: {id}");
            // Who reports is a person: personal data (D20).
            let text = String::from_utf8_lossy(&one.body).into_owned();
            assert_eq!(text.contains("819999999907"), is_seen && profile == 1, "{profile}: {id}");
        }
        let hidden = get(&world, &client, "/fhir/Task/personne");
        assert_eq!(hidden.status, 404);
    }
    assert_eq!(world.get("/fhir/Task").total(), 0, "without token");
    let mut one = world.get_all("/fhir/Task/nommee").json();
    one.as_object_mut().unwrap().remove("meta");
    let named = node!({"type": "HealthcareService", "identifier": {"value": "84/1"}});
    assert_eq!(one, task("nommee", "08", "2026-01-05", &named), "nothing is lost for profile 1");
}

#[test]
fn s17_s81_s82_anomalies_are_found_by_their_status_their_date_and_their_object() {
    let world = world();
    let region = format!("{NOS}/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM|84");
    let open = format!("{NOS}/{STATUS}|02,{NOS}/{STATUS}|10");
    for (query, expected) in [
        (format!("business-status={open}&_sort=authored-on"), &["ordinaire", "sensible"][..]),
        ("business-status=08".to_owned(), &["nommee"]),
        ("authored-on=ge2026-01-04&_sort=-authored-on".to_owned(), &["nommee", "sensible"]),
        ("focus=HealthcareService/h".to_owned(), &["ordinaire"]),
        ("focus:HealthcareService.identifier=84/2".to_owned(), &["sensible"]),
        (format!("focus:HealthcareService._tag={region}&business-status=02"), &["ordinaire"]),
        (format!("focus:Organization._tag={region}"), &[]),
        ("_id=sensible,nommee&_summary=false".to_owned(), &["nommee", "sensible"]),
    ] {
        let found = world.get_all(&format!("/fhir/Task?{query}"));
        assert_eq!(
            (found.status, found.ids("match")),
            (200, expected.iter().map(|id| (*id).to_owned()).collect()),
            "{query}"
        );
    }
    let offer = world.get_all("/fhir/HealthcareService?identifier=84/2&_revinclude=Task:focus");
    assert_eq!((offer.ids("match"), offer.ids("include")), (vec!["s".to_owned()], vec!["sensible".to_owned()]), "S17");
    let brought = world.get_all("/fhir/Task?_id=ordinaire&_include=Task:focus");
    assert_eq!(brought.ids("include"), ["h"]);
    let public = world.get("/fhir/HealthcareService?identifier=84/1&_revinclude=Task:focus");
    assert_eq!((public.ids("match"), public.ids("include")), (vec!["h".to_owned()], vec![]), "none for the public");
    for refused in ["focus.identifier=84/1", "_tag=84", "owner=Organization/x", "focus:Measure.identifier=x"] {
        assert_eq!(world.get_all(&format!("/fhir/Task?{refused}")).status, 400, "{refused}");
    }
    let short = world.get_all("/fhir/Task?_id=ordinaire&_elements=businessStatus").json();
    let short = short.items("entry").next().and_then(|entry| entry.get("resource")).cloned().unwrap();
    let kept: Vec<&str> = short.as_object().unwrap().iter().map(|(name, _)| name).collect();
    assert_eq!(kept, ["resourceType", "id", "meta", "status", "intent", "businessStatus"]);
}

#[test]
fn s84_d31_an_indicator_comes_with_the_values_that_its_reader_may_see() {
    let world = world();
    let query = "/fhir/Measure?identifier=EX2&_revinclude=MeasureReport:measure";
    for (profile, expected) in
        [(0, &["public"][..]), (1, &["public", "tout"]), (2, &["public"]), (4, &["public", "tout"])]
    {
        let found = get(&world, &world.client(profile), query);
        assert_eq!((found.total(), found.ids("match")), (1, vec!["ex2".to_owned()]), "{profile}");
        assert_eq!(found.ids("include"), expected, "{profile}");
    }
    assert_eq!(world.get("/fhir/MeasureReport/public").status, 200);
    assert_eq!(world.get("/fhir/MeasureReport/tout").status, 404);
    assert_eq!(world.get("/fhir/MeasureReport?date=eq2026-01-12T08:00&measure=Measure/ex2").ids("match"), ["public"]);
    assert_eq!(world.get("/fhir/MeasureReport?date=gt2026-01-12").total(), 0);
    assert_eq!(world.get("/fhir/MeasureReport?_include=MeasureReport:measure").ids("include"), ["ex2"]);
    // What the file said, whole, for everyone.
    let mut measure = world.get("/fhir/Measure/ex2").json();
    measure.as_object_mut().unwrap().remove("meta");
    assert_eq!(measure, indicator()[0]);
}

#[test]
fn d62_anomalies_and_indicators_are_read_by_address_and_not_written() {
    let world = world();
    for rtype in ["Task", "Measure", "MeasureReport"] {
        let body = node!({"resourceType": rtype, "id": "x"}).to_bytes();
        let headers = [("Authorization", world.writer.as_str()), FHIR_JSON];
        for (method, path) in [
            ("POST", format!("/fhir/{rtype}")),
            ("PUT", format!("/fhir/{rtype}/x")),
            ("PATCH", format!("/fhir/{rtype}/x")),
            ("DELETE", format!("/fhir/{rtype}/x")),
        ] {
            let reply = world.send(method, &path, &headers, &body);
            assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, HEAD")), "{method} {path}");
        }
        let form = world.send(
            "POST",
            &format!("/fhir/{rtype}/_search"),
            &[("Content-Type", "application/x-www-form-urlencoded")],
            b"_count=0",
        );
        assert_eq!(form.status, 200, "{rtype}");
    }
    let statement = world.get("/fhir/metadata").json();
    let rest = statement.items("rest").next().unwrap();
    for resource in rest
        .items("resource")
        .filter(|resource| ["Task", "Measure", "MeasureReport"].contains(&resource.str("type").unwrap()))
    {
        let codes: Vec<&str> = resource.items("interaction").filter_map(|one| one.str("code")).collect();
        assert_eq!(codes, ["read", "search-type"], "{:?}", resource.str("type"));
        assert_eq!(resource.items("supportedProfile").count(), 1);
    }
}

//! Terminology and the CapabilityStatement, over HTTP.

use std::collections::HashSet;

use crate::common::{FHIR_JSON, World};
use ror_fhir::Node;

const R30: &str = "https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM";
const J17: &str = "JDV-J17-ActiviteOperationnelle-ROR";

#[test]
fn the_statement_of_capabilities_is_made_from_the_tables() {
    let world = World::new();
    let reply = world.get("/fhir/metadata");
    assert_eq!(reply.status, 200);
    let statement: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&statement).unwrap());
    assert_eq!(world.get("/ws-diffusion-fhir/metadata?_format=json&mode=full").status, 200);
    assert_eq!(world.get("/fhir/metadata?mode=normative").status, 400);
}

#[test]
fn every_parameter_stated_is_served() {
    let world = World::new();
    let statement = world.get("/fhir/metadata").json();
    let rest = statement.items("rest").next().unwrap();
    for resource in rest.items("resource") {
        let rtype = resource.str("type").unwrap();
        for parameter in resource.items("searchParam") {
            let name = parameter.str("name").unwrap();
            let asked = match (name, parameter.str("type").unwrap()) {
                ("near", _) => "near=46.2|5.2".to_owned(),
                // Where no commune is known, none can be named.
                ("near-insee-code", _) => "near-insee-code:missing=true".to_owned(),
                ("open-at", _) => "open-at=2026-01-15T10:00".to_owned(),
                ("_filter", _) => "_filter=(_id eq x)".replace(' ', "%20"),
                ("drop-zone", _) => "drop-zone=true".to_owned(),
                (_, "date") => format!("{name}=2026"),
                (_, "number" | "quantity") => format!("{name}=ge1"),
                (_, "composite") => format!("{name}=02$01$gt0"),
                _ => format!("{name}=x"),
            };
            // The reference that leads to a type hangs on the type.
            let asked = match (name, rtype) {
                ("_has", "HealthcareService") => "_has:PractitionerRole:service:_id=x".to_owned(),
                ("_has", "Location") => "_has:HealthcareService:location:_id=x".to_owned(),
                ("_has", "Organization") => "_has:HealthcareService:organization:_id=x".to_owned(),
                ("_has", "Practitioner") => "_has:PractitionerRole:practitioner:_id=x".to_owned(),
                ("_has", "Measure") => "_has:MeasureReport:measure:date=2026".to_owned(),
                ("_has", _) => "_has:Task:focus:_id=x".to_owned(),
                _ => asked,
            };
            let reply = world.get(&format!("/fhir/{rtype}?{asked}"));
            assert_eq!(reply.status, 200, "{rtype} {asked}: {}", String::from_utf8_lossy(&reply.body));
        }
        for (key, parameter) in [("searchInclude", "_include"), ("searchRevInclude", "_revinclude")] {
            for value in resource.items(key).filter_map(Node::as_str) {
                assert_eq!(world.get(&format!("/fhir/{rtype}?{parameter}={value}")).status, 200, "{rtype} {value}");
            }
        }
    }
}

#[test]
fn a_list_by_id_address_and_name() {
    let world = World::new();
    let set = world.get(&format!("/fhir/ValueSet/{J17}")).json();
    let url = set.str("url").unwrap().to_owned();
    for query in [format!("url={url}"), format!("_id={J17}"), "name=jdv_j17".to_owned()] {
        let reply = world.get(&format!("/fhir/ValueSet?{query}"));
        assert_eq!(reply.ids("match"), [J17], "{query}");
    }
    assert_eq!(world.get(&format!("/fhir/CodeSystem?url={R30}")).total(), 1);
    assert_eq!(world.get("/fhir/ValueSet?url=https://inconnu").total(), 0);
    assert_eq!(world.get("/fhir/ValueSet/none").refusal().0, 404);
    assert_eq!(world.get("/fhir/ValueSet?title=x").refusal().0, 400);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let posted = world.send("POST", "/fhir/ValueSet/_search", &form, format!("_id={J17}").as_bytes());
    assert_eq!(posted.ids("match"), [J17]);
    let summary = world.get(&format!("/fhir/ValueSet/{J17}?_summary=true")).json();
    assert!(summary.get("compose").is_none() && summary.str("status").is_some());
}

#[test]
fn lists_are_paged_to_the_end_and_back() {
    let world = World::new();
    let whole = world.get("/fhir/ValueSet?_summary=text&_count=1000").ids("match");
    let mut page = world.get("/fhir/ValueSet?_summary=text&_count=7");
    let mut all = page.ids("match");
    let first = all.clone();
    while let Some(next) = page.link("next") {
        page = world.get(&next);
        all.extend(page.ids("match"));
    }
    assert_eq!(all, whole);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), whole.len());
    while let Some(previous) = page.link("previous") {
        page = world.get(&previous);
    }
    assert_eq!(page.ids("match"), first);
    assert_eq!(world.get("/fhir/ValueSet?_summary=text&_count=7&_page=x").refusal().2, "invalid-page");
}

#[test]
fn expand_by_get_and_by_post_at_type_and_instance() {
    let world = World::new();
    let url = world.get(&format!("/fhir/ValueSet/{J17}")).json().str("url").unwrap().to_owned();
    let gotten = world.get(&format!("/fhir/ValueSet/{J17}/$expand?filter=urg&count=2&offset=1"));
    assert_eq!(gotten.status, 200, "{}", String::from_utf8_lossy(&gotten.body));
    let expansion = gotten.json().get("expansion").unwrap().clone();
    assert_eq!(expansion.items("contains").count(), 2);
    assert!(expansion.get("total").and_then(Node::as_i64).unwrap() > 2);
    let by_type = world.get(&format!("/fhir/ValueSet/$expand?url={url}&filter=urg&count=2&offset=1"));
    assert_eq!(by_type.body, gotten.body);
    let body = format!(
        r#"{{"resourceType":"Parameters","parameter":[{{"name":"url","valueUri":"{url}"}},
        {{"name":"filter","valueString":"urg"}},{{"name":"count","valueInteger":2}},{{"name":"offset","valueInteger":1}}]}}"#
    );
    let posted = world.send("POST", "/fhir/ValueSet/$expand", &[FHIR_JSON], body.as_bytes());
    assert_eq!(posted.body, gotten.body);
    assert_eq!(world.get("/fhir/ValueSet/$expand?url=https://inconnu").refusal().0, 404);
    assert_eq!(world.get("/fhir/ValueSet/$expand?count=2").refusal().1, "required");
    assert_eq!(world.get(&format!("/fhir/ValueSet/{J17}/$expand?count=x")).refusal().3, "count");
    let wrong = world.send("POST", "/fhir/ValueSet/$expand", &[FHIR_JSON], b"{\"resourceType\":\"Bundle\"}");
    assert_eq!(wrong.refusal().2, "wrong-type");
}

#[test]
fn lookup_and_validate_code() {
    let world = World::new();
    let display = |reply: &crate::common::Reply, name: &str| {
        let parameters = reply.json();
        let found = parameters.items("parameter").find(|part| part.str("name") == Some(name)).cloned();
        found.and_then(|part| part.get("valueString").or(part.get("valueBoolean")).map(Node::to_text))
    };
    let found = world.get(&format!("/fhir/CodeSystem/$lookup?system={R30}&code=84"));
    assert!(display(&found, "display").unwrap().contains("Rhône"));
    let coding = format!(
        r#"{{"resourceType":"Parameters","parameter":[{{"name":"coding","valueCoding":{{"system":"{R30}","code":"84"}}}}]}}"#
    );
    let posted = world.send("POST", "/fhir/CodeSystem/$lookup", &[FHIR_JSON], coding.as_bytes());
    assert_eq!(posted.body, found.body);
    assert_eq!(world.get(&format!("/fhir/CodeSystem/$lookup?system={R30}&code=zz")).refusal().0, 404);
    let valid = world.get(&format!("/fhir/CodeSystem/$validate-code?url={R30}&code=84"));
    assert_eq!(display(&valid, "result").as_deref(), Some("true"));
    let invalid = world.get(&format!("/fhir/CodeSystem/$validate-code?url={R30}&code=zz"));
    assert_eq!((invalid.status, display(&invalid, "result").as_deref()), (200, Some("false")));
    let code = world.get(&format!("/fhir/ValueSet/{J17}/$expand?count=1")).json();
    let concept = code.get("expansion").unwrap().items("contains").next().unwrap().clone();
    let (system, code) = (concept.str("system").unwrap(), concept.str("code").unwrap());
    let valid = world.get(&format!("/fhir/ValueSet/{J17}/$validate-code?system={system}&code={code}"));
    assert_eq!(display(&valid, "result").as_deref(), Some("true"));
}

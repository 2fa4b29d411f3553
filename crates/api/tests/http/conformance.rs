//! What describes the service: complete, stable, valid, and served.
//!
//! The golden files say what clients fetch. After a change of a table, look at the difference,
//! then renew them: `INSTA_UPDATE=always cargo test -p ror-api --test http conformance`.

use std::collections::HashSet;
use std::fmt::Write as _;

use ror_fhir::Node;
use ror_profiles::{Context, Severity, validate_base};
use ror_terminology::Terminology;

use crate::common::{FHIR_JSON, ROR, START, World};

const KINDS: [&str; 5] = ["CodeSystem", "OperationDefinition", "SearchParameter", "StructureDefinition", "ValueSet"];

fn all(world: &World, kind: &str) -> Vec<Node> {
    let bundle = world.get(&format!("/fhir/{kind}?_count=1000")).json();
    bundle.items("entry").filter_map(|entry| entry.get("resource").cloned()).collect()
}

fn urls(world: &World, kind: &str) -> HashSet<String> {
    all(world, kind).iter().filter_map(|one| one.str("url").map(str::to_owned)).collect()
}

fn statement(world: &World) -> Node {
    world.get("/fhir/metadata").json()
}

fn resources(statement: &Node) -> impl Iterator<Item = &Node> {
    statement.items("rest").flat_map(|rest| rest.items("resource"))
}

#[test]
fn each_resource_is_what_it_was() {
    let world = World::new();
    let mut digests = String::new();
    for kind in KINDS {
        let mut shown = String::new();
        for one in all(&world, kind) {
            let (id, url) = (one.str("id").unwrap(), one.str("url").unwrap());
            let version = one.str("version").unwrap_or("-");
            let read = world.get(&format!("/fhir/{kind}/{id}"));
            assert_eq!(read.json(), one, "{kind}/{id} alone and in a list");
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &read.body);
            let hex = digest.as_ref().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            writeln!(digests, "{kind}/{id}\t{url}\t{version}\t{hex}").unwrap();
            let value: serde_json::Value = serde_json::from_slice(&read.body).unwrap();
            writeln!(shown, "{}", serde_json::to_string_pretty(&value).unwrap()).unwrap();
        }
        match kind {
            "OperationDefinition" => insta::assert_snapshot!("operation_definitions", shown),
            "SearchParameter" => insta::assert_snapshot!("search_parameters", shown),
            "StructureDefinition" => insta::assert_snapshot!("structure_definitions", shown),
            // Code lists are too long to be shown whole: their digests tell.
            _ => {}
        }
    }
    insta::assert_snapshot!("digests", digests);
}

#[test]
fn each_is_valid_against_fhir_r4() {
    let world = World::new();
    let context = Context { terminology: Terminology::embedded(), now: START };
    let resources = KINDS.iter().flat_map(|kind| all(&world, kind)).chain([statement(&world)]);
    for one in resources {
        let findings = validate_base(&one, &context);
        let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{:?} {:?} {errors:?}", one.str("resourceType"), one.str("id"));
    }
}

#[test]
fn what_the_statement_names_is_served() {
    let world = World::new();
    let (statement, parameters, profiles) =
        (statement(&world), urls(&world, "SearchParameter"), urls(&world, "StructureDefinition"));
    let mut named = HashSet::new();
    for resource in resources(&statement) {
        for parameter in resource.items("searchParam") {
            let definition = parameter.str("definition").unwrap().to_owned();
            assert!(parameters.contains(&definition), "{definition}");
            named.insert(definition);
        }
        for profile in resource.items("supportedProfile").filter_map(Node::as_str) {
            let (url, version) = profile.split_once('|').unwrap();
            let found = world.get(&format!("/fhir/StructureDefinition?url={url}&version={version}"));
            assert_eq!(found.total(), 1, "{profile}");
        }
    }
    assert_eq!(named, parameters, "a SearchParameter that nothing takes");
    let supported = resources(&statement).flat_map(|resource| resource.items("supportedProfile")).count();
    assert_eq!(supported, 9);
    assert_eq!(profiles.len(), 57);
}

#[test]
fn what_a_definition_names_is_served_or_somebody_elses() {
    let world = World::new();
    let (profiles, sets) = (urls(&world, "StructureDefinition"), urls(&world, "ValueSet"));
    let mut missing = HashSet::new();
    for one in all(&world, "StructureDefinition") {
        for element in one.get("differential").unwrap().items("element") {
            let types = element.items("type").flat_map(|of| of.items("profile")).filter_map(Node::as_str);
            for url in types.filter(|url| url.starts_with(ROR)) {
                assert!(profiles.contains(url), "{url}");
            }
            let set = element.get("binding").and_then(|binding| binding.str("valueSet"));
            missing.extend(set.filter(|url| !sets.contains(*url)).map(str::to_owned));
        }
    }
    let mut missing: Vec<_> = missing.into_iter().collect();
    missing.sort();
    insta::assert_snapshot!("value_sets_named_and_not_served", missing.join("\n"));
}

#[test]
fn validate_is_stated_where_it_is_served() {
    let world = World::new();
    let statement = statement(&world);
    let stated = |resource: &&Node| resource.items("operation").any(|one| one.str("name") == Some("validate"));
    let types: Vec<&str> = resources(&statement).filter(stated).filter_map(|resource| resource.str("type")).collect();
    assert_eq!(types.len(), 9, "{types:?}");
    for rtype in types {
        let body = format!("{{\"resourceType\":\"{rtype}\"}}");
        let headers = [("Authorization", world.writer.as_str()), FHIR_JSON];
        let reply = world.send("POST", &format!("/fhir/{rtype}/$validate"), &headers, body.as_bytes());
        assert_eq!(reply.status, 200, "{rtype}");
    }
}

#[test]
fn the_operations_of_the_server_are_stated_defined_and_served() {
    let world = World::new();
    let (statement, defined) = (statement(&world), urls(&world, "OperationDefinition"));
    let stated = statement.items("rest").flat_map(|rest| rest.items("operation"));
    let stated: Vec<(&str, &str)> =
        stated.map(|one| (one.str("name").unwrap(), one.str("definition").unwrap())).collect();
    assert_eq!(stated.iter().map(|(_, url)| (*url).to_owned()).collect::<HashSet<_>>(), defined);
    for (name, url) in stated {
        let found = all(&world, "OperationDefinition");
        let definition = found.iter().find(|one| one.str("url") == Some(url)).expect("served");
        assert_eq!(definition.str("code"), Some(name));
        let file = if name.ends_with("file") { "/x/y" } else { "" };
        assert_eq!(world.get(&format!("/fhir/${name}{file}")).status, 401, "{name}");
        let unknown = world.get_all(&format!("/fhir/${name}{file}?inconnu=1"));
        assert_eq!(unknown.refusal().3, "inconnu", "{name}");
        // What is named is taken: refused for its value alone.
        for parameter in definition.items("parameter").map(|parameter| parameter.str("name").unwrap()) {
            let known = world.get_all(&format!("/fhir/${name}?{parameter}=x")).json().to_text();
            assert!(!known.contains("Paramètre inconnu"), "{name} {parameter}: {known}");
        }
    }
}

#[test]
fn definitions_are_found_by_their_parameters() {
    let world = World::new();
    for (query, total) in [
        (format!("StructureDefinition?url={ROR}/ror-location"), 1),
        ("StructureDefinition?type=Location".to_owned(), 1),
        ("StructureDefinition?type=Extension".to_owned(), 48),
        ("StructureDefinition?name=rorlocation".to_owned(), 5),
        ("StructureDefinition?version=0.7.0&_summary=count".to_owned(), 57),
        ("StructureDefinition?_id=ror-location&type=Organization".to_owned(), 0),
        ("SearchParameter?code=identifier&base=Location".to_owned(), 1),
        ("SearchParameter?type=special".to_owned(), 6),
        ("OperationDefinition?code=export".to_owned(), 1),
        ("OperationDefinition?name=exportpoll".to_owned(), 1),
        ("SearchParameter?base=Resource&url=http://hl7.org/fhir/SearchParameter/Resource-id".to_owned(), 1),
    ] {
        assert_eq!(world.get(&format!("/fhir/{query}")).total(), total, "{query}");
    }
    assert_eq!(world.get("/fhir/StructureDefinition?base=x").refusal().3, "base");
    assert_eq!(world.get("/fhir/StructureDefinition/none").refusal().0, 404);
    let summary = world.get("/fhir/StructureDefinition/ror-location?_summary=true").json();
    assert!(summary.get("differential").is_none() && summary.str("type") == Some("Location"));
    let page = world.get("/fhir/StructureDefinition?_count=10");
    assert_eq!((page.ids("match").len(), page.total()), (10, 57));
    assert_eq!(world.get(&page.link("next").unwrap()).ids("match").len(), 10);
}

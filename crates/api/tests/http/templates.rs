//! Entry templates over HTTP: scenarios S86 to S90, who reads (D31) and who writes (D81).

use ror_fhir::{Node, node};
use ror_identity::{ClientRights, Write};
use ror_profiles::template::templates;
use ror_terminology::Terminology;

use crate::common::{FHIR_JSON, NOS, Reply, World, establishment, finess};

const BASE: &str = "https://ror.example/fhir";

/// A template of the program, as a client sends it.
fn template(at: usize) -> Node {
    templates()[at].to_questionnaire(BASE, Terminology::embedded())
}

/// A template like the first one, under another name, with other members.
fn other(identifier: &str, members: &Node) -> Node {
    let mut made = template(0);
    let object = made.as_object_mut().unwrap();
    object.insert("url", format!("{BASE}/Questionnaire/{identifier}"));
    object.insert("identifier", node!([{ "value": identifier }]));
    for (key, value) in members.as_object().unwrap().iter() {
        object.insert(key, value.clone());
    }
    made
}

fn send(world: &World, client: &str, method: &str, path: &str, resource: &Node) -> Reply {
    world.send(method, path, &[("Authorization", client), FHIR_JSON], &resource.to_bytes())
}

#[test]
fn s86_a_template_is_created_and_everyone_reads_it_whole() {
    let world = World::new();
    let reply = world.post(&template(0));
    assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
    let created = reply.json();
    let id = created.str("id").unwrap();
    assert_eq!(reply.header("location"), Some(format!("http://ror.test/fhir/Questionnaire/{id}/_history/1").as_str()));
    let public = world.get(&format!("/fhir/Questionnaire/{id}"));
    assert_eq!((public.status, public.json()), (200, created), "D31: the public and profile 1 alike");
    // Nothing that the author sent is lost, questions and their answers included.
    for (key, value) in template(0).as_object().unwrap().iter() {
        assert_eq!(public.json().get(key), Some(value), "{key}");
    }
}

#[test]
fn s87_s88_s89_templates_are_found_by_identifier_and_by_what_they_are_for() {
    let world = World::new();
    let ids: Vec<String> = (0..templates().len()).map(|at| world.store(&template(at))).collect();
    assert_eq!(world.get("/fhir/Questionnaire").total(), 12, "S87");
    let found = world.get("/fhir/Questionnaire?identifier=RORM-01");
    assert_eq!(found.ids("match"), [ids[0].clone()], "S88");
    let of = |list: &str, code: &str| {
        let found = world.get(&format!("/fhir/Questionnaire?context={NOS}/{list}|{code}&_sort=identifier"));
        assert_eq!(found.status, 200);
        let bundle = found.json();
        let shown = bundle.items("entry").filter_map(|entry| entry.get("resource")?.str("name").map(str::to_owned));
        shown.collect::<Vec<_>>()
    };
    let wanted = |has: &dyn Fn(&ror_profiles::template::Template) -> bool| {
        let mut names: Vec<String> = templates().iter().filter(|it| has(it)).map(|it| it.identifier.clone()).collect();
        names.sort();
        names
    };
    let category = "TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement";
    let by_category = wanted(&|it| it.categories.iter().any(|code| code == "355"));
    assert!(by_category.len() > 1 && by_category.len() < 12);
    assert_eq!(of(category, "355"), by_category, "S89");
    let field = "TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite";
    let by_field = wanted(&|it| it.fields.iter().any(|code| code == "05"));
    assert!(!by_field.is_empty() && by_field.len() < 12);
    assert_eq!(of(field, "05"), by_field);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let posted = world.send("POST", "/fhir/Questionnaire/_search", &form, b"identifier=RORM-01");
    assert_eq!(posted.ids("match"), [ids[0].clone()]);
}

#[test]
fn templates_are_found_and_sorted_by_all_their_parameters() {
    let world = World::new();
    let old = world.store(&other("MS-1", &node!({"date": "2025-03-02", "title": "Écoute", "status": "retired"})));
    let new = world.store(&other("MS-2", &node!({"date": "2026-01", "version": "7", "name": "MS-2"})));
    let undated = world.store(&other("MS-3", &node!({"description": "Pour les maternités de proximité"})));
    for (query, expected) in [
        ("date=2025", vec![&old]),
        ("date=ge2026", vec![&new]),
        ("date=lt2026-01-01", vec![&old]),
        ("date=ne2025", vec![&new]),
        ("date:missing=true", vec![&undated]),
        ("status=retired", vec![&old]),
        ("status:not=retired&_sort=-identifier", vec![&undated, &new]),
        ("version=7", vec![&new]),
        ("title=ecoute", vec![&old]),
        ("name=ms-2", vec![&new]),
        ("description:contains=proximite", vec![&undated]),
        ("_sort=-date", vec![&new, &old, &undated]),
        ("_sort=date", vec![&old, &new, &undated]),
        ("_summary=true&identifier=MS-1,MS-2&_sort=identifier", vec![&old, &new]),
    ] {
        let found = world.get(&format!("/fhir/Questionnaire?{query}"));
        assert_eq!(found.ids("match").iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let short = world.get("/fhir/Questionnaire?_summary=true&identifier=MS-1").json();
    let short = short.items("entry").next().and_then(|entry| entry.get("resource").cloned()).unwrap();
    assert!(short.get("title").is_some() && short.get("item").is_none());
    // Replaced by `context` in the guide; and templates have no region.
    for refused in ["category-eg=355", "_tag=84"] {
        assert_eq!(world.get(&format!("/fhir/Questionnaire?{refused}")).status, 400, "{refused}");
    }
}

#[test]
fn s90_a_template_is_replaced_and_that_is_all() {
    let world = World::new();
    let mut held = world.post(&template(1)).json();
    let path = format!("/fhir/Questionnaire/{}", held.str("id").unwrap());
    world.wait(60_000);
    let same = world.put(&held, &[("If-Match", "W/\"1\"")]);
    assert_eq!((same.status, same.header("etag")), (200, Some("W/\"1\"")), "D38");
    held.as_object_mut().unwrap().insert("version", "2");
    let replaced = world.put(&held, &[("If-Match", "W/\"1\"")]);
    assert_eq!((replaced.status, replaced.header("etag")), (200, Some("W/\"2\"")), "S90");
    assert_eq!(world.get(&path).json().str("version"), Some("2"));
    for (method, path) in [("PATCH", path.as_str()), ("DELETE", path.as_str()), ("PUT", "/fhir/Questionnaire")] {
        assert_eq!(send(&world, &world.writer, method, path, &held).status, 405, "{method} {path}");
    }
}

#[test]
fn a_template_is_judged_by_its_profile_and_nothing_is_stored() {
    let world = World::new();
    let mut bad = template(0);
    let object = bad.as_object_mut().unwrap();
    object.remove("title");
    object.insert("status", "unknown");
    object.remove("useContext");
    object.insert("code", node!([{"code": "x"}]));
    let refused = world.post(&bad);
    assert_eq!(refused.status, 422);
    let outcome = refused.json();
    let places: Vec<String> = outcome
        .items("issue")
        .filter_map(|issue| issue.items("expression").next()?.as_str().map(str::to_owned))
        .collect();
    for place in ["Questionnaire.title", "Questionnaire.status", "Questionnaire.useContext", "Questionnaire.code"] {
        assert!(places.iter().any(|found| found.starts_with(place)), "{place} among {places:?}");
    }
    assert_eq!(world.get("/fhir/Questionnaire").total(), 0);
    let lost =
        node!([{"linkId": "1", "type": "reference", "initial": [{"valueReference": {"reference": "Location/x"}}]}]);
    assert_eq!(world.post(&other("MS-9", &node!({ "item": lost }))).status, 422, "a reference that leads nowhere");
}

#[test]
fn an_address_and_a_version_name_one_template() {
    let world = World::new();
    let first = world.store(&other("MS-1", &node!({"version": "1"})));
    let again = world.post(&other("MS-1", &node!({"version": "1", "title": "Autre"})));
    assert_eq!(again.refusal().0, 409, "offers name the template that they were typed with by both");
    let second = world.store(&other("MS-1", &node!({"version": "2"})));
    let mut clash = world.get(&format!("/fhir/Questionnaire/{second}")).json();
    clash.as_object_mut().unwrap().insert("version", "1");
    assert_eq!(world.put(&clash, &[]).status, 409);
    assert_eq!(world.get("/fhir/Questionnaire?identifier=MS-1&_sort=version").ids("match"), [first, second]);
}

#[test]
fn d81_templates_are_written_with_a_right_of_their_own() {
    let world = World::new();
    let held = world.post(&template(0)).json();
    let path = format!("/fhir/Questionnaire/{}", held.str("id").unwrap());
    let structure = establishment("Hôpital", &finess(1));
    let rights = |write: Write, templates: bool| ClientRights { write, templates, ..ClientRights::default() };
    let all = ClientRights { templates: true, write: Write::National, read_only: true, ..ClientRights::default() };
    for (profile, rights, may_template, may_structure) in [
        (0, rights(Write::None, true), true, false),
        (0, rights(Write::National, false), false, true),
        (0, rights(Write::None, false), false, false),
        (1, all, false, false),
    ] {
        let client = world.client_with(profile, rights.clone());
        let mut changed = held.clone();
        changed.as_object_mut().unwrap().insert("title", format!("{rights:?}"));
        let (read, created, updated) = if may_template { (200, 201, 200) } else { (200, 403, 403) };
        assert_eq!(send(&world, &client, "GET", &path, &Node::Null).status, read, "{rights:?}");
        let new = other(&format!("MS-{profile}"), &node!({}));
        assert_eq!(send(&world, &client, "POST", "/fhir/Questionnaire", &new).status, created, "{rights:?}");
        assert_eq!(send(&world, &client, "PUT", &path, &changed).status, updated, "{rights:?}");
        let expected = if may_structure { 201 } else { 403 };
        let status = send(&world, &client, "POST", "/fhir/Organization", &structure).status;
        assert_eq!(status, expected, "{rights:?}: structures are another right");
    }
    let anonymous = world.send("POST", "/fhir/Questionnaire", &[FHIR_JSON], &template(1).to_bytes());
    assert_eq!(anonymous.status, 403);
    assert_eq!(world.get("/fhir/Questionnaire").total(), 2, "the first one and that of the client with the right");
}

#[test]
fn d18_what_the_policy_does_not_name_stays_with_profile_1() {
    let world = World::new();
    let secret = node!({"url": "https://example.org/interne", "valueString": "marque-7311"});
    let mut made = template(0);
    let mut extensions: Vec<Node> = made.items("extension").cloned().collect();
    extensions.push(secret);
    made.as_object_mut().unwrap().insert("extension", extensions);
    let id = world.store(&made);
    let path = format!("/fhir/Questionnaire/{id}");
    let holds = |reply: &Reply| String::from_utf8_lossy(&reply.body).contains("marque-7311");
    assert!(holds(&world.get_all(&path)) && !holds(&world.get(&path)));
}

#[test]
fn the_statement_of_capabilities_says_what_is_done_with_templates() {
    let world = World::new();
    let statement = world.get("/fhir/metadata").json();
    let rest = statement.items("rest").next().cloned().unwrap();
    let found = rest.items("resource").find(|resource| resource.str("type") == Some("Questionnaire")).cloned();
    let found = found.expect("served");
    let interactions: Vec<&str> = found.items("interaction").filter_map(|it| it.str("code")).collect();
    assert_eq!(interactions, ["read", "update", "create", "search-type"]);
    let parameters: Vec<&str> = found.items("searchParam").filter_map(|it| it.str("name")).collect();
    let wanted =
        ["_id", "_lastUpdated", "identifier", "context", "status", "date", "version", "title", "description", "name"];
    assert!(wanted.iter().all(|name| parameters.contains(name)), "{parameters:?}");
}

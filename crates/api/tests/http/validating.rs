//! What is wrong with a resource: 422 on a write, an OperationOutcome from `$validate`.

use crate::common::{FHIR_JSON, NOS, ROR, Reply, World, coded, establishment, offer, open_place, place};
use ror_fhir::{Node, node};

/// Severity, FHIR's code and place of each issue.
fn issues(reply: &Reply) -> Vec<(String, String, String)> {
    let outcome = reply.json();
    let text = |node: Option<&Node>| node.and_then(Node::as_str).unwrap_or("-").to_owned();
    let issue =
        |issue: &Node| (text(issue.get("severity")), text(issue.get("code")), text(issue.items("expression").next()));
    outcome.items("issue").map(issue).collect()
}

fn places(reply: &Reply, severity: &str) -> Vec<String> {
    issues(reply).into_iter().filter(|(of, ..)| of == severity).map(|(_, _, at)| at).collect()
}

fn ask(world: &World, path: &str, headers: &[(&str, &str)], body: &Node) -> Reply {
    let headers = [&[("Authorization", world.writer.as_str()), FHIR_JSON], headers].concat();
    world.send("POST", path, &headers, &body.to_bytes())
}

fn with(mut resource: Node, key: &str, value: impl Into<Node>) -> Node {
    resource.as_object_mut().unwrap().insert(key, value);
    resource
}

/// An offer with one fault in each of twenty places, in that order.
fn twenty_faults(organization: &str) -> (Node, Vec<&'static str>) {
    let system = |list: &str, code: &str| coded(list, code);
    let field = "TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite";
    let activity = "TRE_R211-ActiviteOperationnelle/FHIR/TRE-R211-ActiviteOperationnelle";
    let mode = "TRE_R213-ModePriseEnCharge/FHIR/TRE-R213-ModePriseEnCharge";
    let faulty = node!({
        "resourceType": "HealthcareService",
        "meta": {"lastUpdated": "hier"},
        "identifier": [{"value": "84/1"}, {"value": "84/2"}],
        "active": "oui",
        "providedBy": {"reference": "Organization/nobody"},
        "type": [(system(field, "77"))],
        "specialty": [(system(activity, "001")), {"coding": "x"}],
        "location": [{"reference": (format!("Organization/{organization}"))}, {"reference": "Location/nowhere"}],
        "name": ["Médecine"],
        "comment": " ",
        "bizarre": true,
        "telecom": {},
        "coverageArea": [],
        "characteristic": [(system(mode, "28")), (system(mode, "29"))],
        "availableTime": [{"allDay": "non", "daysOfWeek": ["lundi"], "availableStartTime": "8h"}],
        "appointmentRequired": 1,
        "extension": [
            {"url": (format!("{ROR}/ror-healthcareservice-sensitive-unit")), "valueString": "non"},
            {"url": (format!("{ROR}/ror-healthcareservice-patient-type")), "extension": [{"url": "ageRange",
                "valueRange": {"low": {"value": 18, "code": "h"}, "high": {"value": 99, "code": "a"}}}]}]
    });
    let expected = vec![
        "HealthcareService.meta.lastUpdated",
        "HealthcareService.identifier[1]",
        "HealthcareService.active",
        "HealthcareService.providedBy.reference",
        "HealthcareService.type[0].coding[0].code",
        "HealthcareService.specialty[1].coding",
        "HealthcareService.location[0].reference",
        "HealthcareService.location[1].reference",
        "HealthcareService.name",
        "HealthcareService.comment",
        "HealthcareService.bizarre",
        "HealthcareService.telecom",
        "HealthcareService.coverageArea",
        "HealthcareService.characteristic[1]",
        "HealthcareService.availableTime[0].allDay",
        "HealthcareService.availableTime[0].daysOfWeek[0]",
        "HealthcareService.availableTime[0].availableStartTime",
        "HealthcareService.appointmentRequired",
        "HealthcareService.extension[0].value",
        "HealthcareService.extension[1].extension[0].value.low",
    ];
    (faulty, expected)
}

#[test]
fn twenty_faults_are_twenty_findings_of_one_answer_and_nothing_is_stored() {
    let world = World::new();
    let organization = world.store(&establishment("Hôpital", "010000024"));
    let (faulty, expected) = twenty_faults(&organization);
    let reply = world.post(&faulty);
    assert_eq!(reply.status, 422);
    assert_eq!(places(&reply, "error"), expected);
    assert_eq!(world.get_all("/fhir/HealthcareService").total(), 0);
    let same = ask(&world, "/fhir/HealthcareService/$validate", &[], &faulty);
    assert_eq!((same.status, same.json()), (200, reply.json()));
    insta::assert_snapshot!("twenty_faults", pretty(&reply.json(), &organization));
}

/// One issue a line, without what differs from one run to the next.
fn pretty(outcome: &Node, id: &str) -> String {
    let lines = outcome.items("issue").map(Node::to_text);
    lines.collect::<Vec<_>>().join("\n").replace(id, "…")
}

#[test]
fn d17_strict_handling_refuses_what_lenient_accepts_with_a_warning() {
    let world = World::new();
    let organization = world.store(&establishment("Hôpital", "010000024"));
    let place = world.store(&place("Lieu", "84/1", 46.2, "84"));
    let mut unnamed = offer("x", false, &organization, &place);
    unnamed.as_object_mut().unwrap().remove("name");
    let strict = ask(&world, "/fhir/HealthcareService", &[("Prefer", "handling=strict")], &unnamed);
    assert_eq!(strict.status, 422);
    assert!(places(&strict, "error").contains(&"HealthcareService.name".to_owned()));
    assert_eq!(world.get_all("/fhir/HealthcareService").total(), 0);
    let lenient =
        ask(&world, "/fhir/HealthcareService", &[("Prefer", "handling=lenient; return=OperationOutcome")], &unnamed);
    assert_eq!(lenient.status, 201);
    assert!(places(&lenient, "warning").contains(&"HealthcareService.name".to_owned()));
    assert_eq!(places(&lenient, "error"), [""; 0]);
    let count = issues(&lenient).iter().filter(|(severity, ..)| severity == "warning").count();
    assert_eq!(lenient.header("x-ror-warnings"), Some(count.to_string().as_str()));
    let forced = World::with(|settings| (settings.sandbox, settings.strict) = (true, true));
    assert_eq!(forced.post(&establishment("Hôpital", "010000024")).status, 422, "no label, no date of creation");
}

#[test]
fn d34_an_offer_without_its_sensitive_flag_is_refused() {
    let world = World::new();
    let organization = world.store(&establishment("Hôpital", "010000024"));
    let place = world.store(&place("Lieu", "84/1", 46.2, "84"));
    let whole = offer("Médecine", false, &organization, &place);
    let kept: Vec<Node> = whole.items("extension").skip(1).cloned().collect();
    let reply = world.post(&with(whole, "extension", kept));
    assert_eq!((reply.status, places(&reply, "error").len()), (422, 1));
    assert!(reply.json().to_text().contains("ror-healthcareservice-sensitive-unit"));
}

#[test]
fn a_target_that_the_caller_does_not_see_is_no_target() {
    let world = World::new();
    let organization = world.store(&establishment("Hôpital", "010000024"));
    let (open, _) = open_place(&world, &organization, "84/1", 46.2);
    let hidden = world.store(&place("Caché", "84/2", 46.3, "84"));
    world.store(&offer("Réanimation", true, &organization, &hidden));
    let body = |place: &str| with(offer("x", false, &organization, place), "meta", node!({"tag": []}));
    let public =
        |place: &str| world.send("POST", "/fhir/HealthcareService/$validate", &[FHIR_JSON], &body(place).to_bytes());
    let lost = "HealthcareService.location[0].reference".to_owned();
    assert!(!places(&public(&open), "error").contains(&lost));
    let refused = public(&hidden);
    assert!(places(&refused, "error").contains(&lost));
    let nowhere = public("nowhere-at-all");
    let text = |reply: &Reply, id: &str| String::from_utf8(reply.body.clone()).unwrap().replace(id, "…");
    assert_eq!(text(&refused, &hidden), text(&nowhere, "nowhere-at-all"));
    let whole = ask(&world, "/fhir/HealthcareService/$validate", &[], &body(&hidden));
    assert!(!places(&whole, "error").contains(&lost), "profile 1 sees it");
}

#[test]
fn d43_what_never_changes_is_refused_and_never_told() {
    let world = World::new();
    let organization = world.store(&establishment("Hôpital", "010000024"));
    let place = world.store(&place("Lieu", "84/1", 46.2, "84"));
    let stored = world.post(&offer("Médecine", false, &organization, &place)).json();
    let field = coded("TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite", "02");
    let moved = with(stored.clone(), "type", node!([field]));
    let reply = world.put(&moved, &[]);
    assert_eq!((reply.status, places(&reply, "error")), (422, vec!["HealthcareService.type".to_owned()]));
    assert!(!places(&reply, "warning").is_empty(), "a refusal tells what else is doubtful");
    let path = format!("/fhir/HealthcareService/{}/$validate?mode=update", stored.str("id").unwrap());
    assert_eq!(ask(&world, &path, &[], &moved).json(), reply.json(), "the same findings, in the same order");
    let renumbered = with(stored.clone(), "identifier", node!([{"value": "84/99999999"}]));
    let refused = world.put(&renumbered, &[]);
    assert_eq!(places(&refused, "error"), ["HealthcareService.identifier"]);
    assert_eq!(ask(&world, &path, &[], &renumbered).json(), refused.json());
    let created = format!("/fhir/HealthcareService/{}/$validate?mode=create", stored.str("id").unwrap());
    assert_eq!(places(&ask(&world, &created, &[], &moved), "error"), [""; 0]);
    // Another provider keeps the identifier (RG_EXP_042).
    let other = world.store(&establishment("Autre", "010000032"));
    let transferred = with(stored.clone(), "providedBy", node!({"reference": format!("Organization/{other}")}));
    let reply = world.put(&transferred, &[]);
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    assert_eq!(reply.json().get("identifier"), stored.get("identifier"));
}

#[test]
fn d44_an_offer_sent_without_identifier_gets_one_of_its_region() {
    let world = World::new();
    let organization = world.store(&establishment("Hôpital", "010000024"));
    let place = world.store(&place("Lieu", "84/1", 46.2, "84"));
    let whole = offer("Médecine", false, &organization, &place);
    let value = world.post(&whole).json().items("identifier").next().unwrap().str("value").unwrap().to_owned();
    assert!(value.strip_prefix("84/").is_some_and(|number| number.len() == 8), "{value}");
    let mut regionless = whole;
    regionless.as_object_mut().unwrap().remove("meta");
    let reply = world.post(&regionless);
    assert_eq!((reply.status, places(&reply, "error")), (422, vec!["HealthcareService.identifier".to_owned()]));
}

#[test]
fn d34_an_offer_that_nobody_would_see_is_refused_to_whoever_sends_it() {
    let world = World::new();
    let organization = world.store(&establishment("Hôpital", "010000024"));
    let place = world.store(&place("Lieu", "84/1", 46.2, "84"));
    let mut elsewhere = offer("Médecine", false, &organization, &place);
    let provider = node!({"reference": format!("https://ailleurs.example/fhir/Organization/{organization}")});
    elsewhere.as_object_mut().unwrap().insert("providedBy", provider);
    let reply = world.post(&elsewhere);
    assert_eq!(
        (reply.status, places(&reply, "error")),
        (422, vec!["HealthcareService".to_owned()]),
        "{}",
        reply.json().to_text()
    );
    assert!(reply.json().to_text().contains("RG_EXP_002") && reply.json().to_text().contains("structure porteuse"));
}

#[test]
fn validate_reads_a_resource_a_parameters_or_the_instance() {
    let world = World::new();
    let organization = world.store(&establishment("Hôpital", "010000024"));
    let path = "/fhir/Organization/$validate";
    let body = establishment("Hôpital", "010000024");
    let plain = ask(&world, path, &[], &body);
    assert_eq!(plain.status, 200);
    let wrapped = |parameters: Node| node!({"resourceType": "Parameters", "parameter": parameters});
    let inside =
        wrapped(node!([{"name": "resource", "resource": (body.clone())}, {"name": "mode", "valueCode": "create"},
        {"name": "profile", "valueUri": (format!("{ROR}/ror-organization|0.7.0"))}]));
    assert_eq!(ask(&world, path, &[], &inside).body, plain.body);
    let refused = |path: &str, body: &Node| ask(&world, path, &[], body).refusal();
    assert_eq!(refused(path, &wrapped(node!([{"name": "x"}]))).2, "invalid-parameter");
    assert_eq!(refused(path, &wrapped(node!([{"name": "mode", "valueCode": "create"}]))).2, "not-a-resource");
    assert_eq!(refused(&format!("{path}?mode=x"), &body).3, "mode");
    assert_eq!(refused(&format!("{path}?profile=urn:x"), &body).2, "unknown-profile");
    assert_eq!(refused("/fhir/Location/$validate", &body).2, "wrong-type");
    assert_eq!(refused(path, &node!([])).2, "not-a-resource");
    assert_eq!(refused("/fhir/Patient/$validate", &body).0, 404);
    // The instance, as this caller sees it, with its labels.
    let instance = format!("/fhir/Organization/{organization}/$validate");
    let headers = [("Authorization", world.writer.as_str()), ("Prefer", "handling=strict")];
    let own = world.send("GET", &instance, &headers, b"");
    assert_eq!(places(&own, "error"), [""; 0], "{}", String::from_utf8_lossy(&own.body));
    let deleted = world.send("GET", &format!("{instance}?mode=delete"), &headers, b"");
    assert_eq!((deleted.status, deleted.refusal().1), (200, "not-supported".to_owned()));
    assert_eq!(world.send("GET", path, &[], b"").status, 405);
    assert_eq!(world.get("/fhir/Organization/nobody/$validate").status, 404);
    let place = world.store(&place("Lieu sans offre", "84/1", 46.2, "84"));
    let hidden = world.get(&format!("/fhir/Location/{place}/$validate"));
    assert_eq!(hidden.visible(), world.get("/fhir/Location/nobody/$validate").visible());
}

#[test]
fn a_type_that_is_described_but_not_kept_can_be_validated() {
    let world = World::new();
    let task = node!({"resourceType": "Task", "status": "in-progress", "intent": "order"});
    let reply = ask(&world, "/fhir/Task/$validate", &[], &task);
    assert_eq!(reply.status, 200);
    assert!(places(&reply, "error").contains(&"Task.businessStatus".to_owned()));
    let system = format!("{NOS}/TRE_R352-StatutAnomalie/FHIR/TRE-R352-StatutAnomalie");
    let closer = with(task, "businessStatus", node!({"coding": [{"system": system, "code": "02"}]}));
    let closer = ask(&world, "/fhir/Task/$validate", &[], &closer);
    assert!(!places(&closer, "error").contains(&"Task.businessStatus".to_owned()));
}

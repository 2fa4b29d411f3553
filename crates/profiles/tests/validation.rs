//! What a vendor reads: order, limits, tolerances, withdrawn codes, keys.

use ror_fhir::{DateTime, Instant, Node, Object, node};
use ror_profiles::{Context, FINDINGS_MAX, Finding, Handling, Severity, validate};
use ror_terminology::Terminology;

const NOS: &str = "https://mos.esante.gouv.fr/NOS";
const UCUM: &str = "http://unitsofmeasure.org";
const ROR: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition";

fn day(text: &str) -> Instant {
    DateTime::parse(text).expect("a day").start
}

fn at(resource: &Node, handling: Handling, now: &str) -> Vec<Finding> {
    validate(resource, handling, &Context { terminology: Terminology::embedded(), now: day(now) })
}

fn lenient(resource: &Node) -> Vec<Finding> {
    at(resource, Handling::Lenient, "2026-09-21")
}

fn strict(resource: &Node) -> Vec<Finding> {
    at(resource, Handling::Strict, "2026-09-21")
}

fn coding(list: &str, code: &str) -> Node {
    let last = list.replacen('_', "-", 1);
    node!({"system": format!("{NOS}/{list}/FHIR/{last}"), "code": code, "display": "libellé"})
}

fn concept(list: &str, code: &str) -> Node {
    let coding = coding(list, code);
    node!({"coding": [coding]})
}

/// An offer that breaks nothing.
fn offer() -> Node {
    let (activity, field) =
        (concept("TRE_R211-ActiviteOperationnelle", "001"), concept("TRE_R227-ChampActivite", "01"));
    let care_mode = concept("TRE_R213-ModePriseEnCharge", "28");
    node!({"resourceType": "HealthcareService",
        "extension": [
            {"url": format!("{ROR}/ror-meta-creation-date"), "valueDateTime": "2026-01-15T08:00:00+01:00"},
            {"url": format!("{ROR}/ror-healthcareservice-sensitive-unit"), "valueBoolean": false},
            {"url": format!("{ROR}/ror-healthcareservice-patient-type"), "extension": [{"url": "ageRange",
                "valueRange": {"low": {"value": 18, "system": UCUM, "code": "a"}, "high": {"value": 99, "system": UCUM, "code": "a"}}}]}],
        "identifier": [{"value": "84/1"}], "providedBy": {"reference": "Organization/1"}, "type": [field],
        "specialty": [activity], "name": "Médecine", "characteristic": [care_mode]})
}

/// A place with one capacity record.
fn place(status: &str, gender: Option<&str>) -> Node {
    let part = |url: &str, list: &str, code: &str| {
        let value = concept(list, code);
        node!({"url": url, "valueCodeableConcept": value})
    };
    let mut parts = vec![
        part("capacityType", "TRE_R329-NatureCapacite", "01"),
        part("capacityStatus", "TRE_R330-TypeStatutCapacite", status),
        part("temporalityCapacity", "TRE_R331-TemporaliteCapacite", "01"),
        node!({"url": "nbCapacity", "valueInteger": 3}),
        part("capacitySourceType", "TRE_R335-TypeSourceCapacite", "01"),
        node!({"url": "capacityUpdateDate", "valueDateTime": "2026-01-15T08:00:00+01:00"}),
        part("temporaryAssignement", "TRE_R337-AffectationTemporaire", "01"),
    ];
    parts.extend(gender.map(|code| part("genderCapacityAvailable", "TRE_R332-GenreCapacite", code)));
    let commune = concept("TRE_R13-CommuneOM", "38185");
    node!({"resourceType": "Location", "extension": [
        {"url": format!("{ROR}/ror-meta-creation-date"), "valueDateTime": "2026-01-15T08:00:00+01:00"},
        {"url": format!("{ROR}/ror-commune-cog"), "valueCodeableConcept": commune},
        {"url": format!("{ROR}/ror-location-supported-capacity"), "extension": parts}]})
}

fn with(mut resource: Node, key: &str, value: impl Into<Node>) -> Node {
    resource.as_object_mut().expect("an object").insert(key, value);
    resource
}

fn told(findings: &[Finding]) -> Vec<(Severity, &str, &str)> {
    findings.iter().map(|finding| (finding.severity, finding.code, finding.expression.as_str())).collect()
}

#[test]
fn what_is_right_has_no_finding() {
    assert_eq!(strict(&offer()), []);
    assert_eq!(strict(&place("02", Some("01"))), []);
}

#[test]
fn findings_come_in_the_order_of_the_document() {
    let broken = node!({"resourceType": "Location", "meta": {"tag": [{"code": 3}], "lastUpdated": "hier"}, "status": "ouvert",
        "name": ["x"], "bizarre": 1, "position": {"latitude": "45"}, "partOf": {"reference": "Organization/1"},
        "alias": [], "telecom": [{"value": "x"}], "extension": [{"valueString": "x"}]});
    let found = lenient(&broken);
    let places: Vec<&str> = found.iter().map(|finding| finding.expression.as_str()).collect();
    assert_eq!(
        places,
        [
            "Location.meta.tag[0].code",
            "Location.meta.lastUpdated",
            "Location.status",
            "Location.name",
            "Location.bizarre",
            "Location.position.longitude",
            "Location.position.latitude",
            "Location.partOf.reference",
            "Location.alias",
            "Location.telecom[0]",
            "Location.telecom[0].extension",
            "Location.telecom[0].extension",
            "Location.extension",
            "Location.extension",
            "Location.extension[0].url"
        ]
    );
    assert!(found.iter().all(|finding| !finding.rule.is_empty() && finding.message.ends_with('.')));
}

#[test]
fn each_finding_names_its_rule_and_its_source() {
    let found = lenient(&with(offer(), "type", node!([concept("TRE_R227-ChampActivite", "77")])));
    assert_eq!(told(&found), [(Severity::Error, "code-invalid", "HealthcareService.type[0].coding[0].code")]);
    assert_eq!(found[0].rule, "JDV_J20-ChampActivite-ROR version 2026-03-30");
    assert_eq!(found[0].value.as_deref(), Some("77"));
    let mut without = offer();
    without.as_object_mut().expect("an object").remove("providedBy");
    assert_eq!(lenient(&without)[0].rule, "ror-healthcareservice : HealthcareService.providedBy 1..1");
}

#[test]
fn free_text_is_never_repeated() {
    let secret = "appeler le 06 12 34 56 78";
    let broken = node!({"resourceType": "Location", "name": [secret], "description": {"x": secret}, "telecom": [{"value": [secret]}]});
    for finding in lenient(&broken) {
        assert!(!format!("{finding:?}").contains("06 12"), "{finding:?}");
    }
}

#[test]
fn d4_and_d34_warn_in_lenient_handling_and_refuse_in_strict() {
    let written = |coding: Node| with(offer(), "type", node!([{"coding": [coding]}]));
    let field = format!("{NOS}/TRE_R227-ChampActivite/FHIR");
    let cases = [
        (written(node!({"system": format!("{field}/TRE_R227-ChampActivite"), "code": "01", "display": "MCO"})), "D4"),
        (written(node!({"system": format!("{field}/TRE-R227-ChampActivite"), "code": "1", "display": "MCO"})), "D4"),
        (written(node!({"system": format!("{field}/TRE-R227-ChampActivite"), "code": "01"})), "D34"),
    ];
    for (resource, rule) in cases {
        for (handling, severity) in [(Handling::Lenient, Severity::Warning), (Handling::Strict, Severity::Error)] {
            let found = at(&resource, handling, "2026-09-21");
            assert!(matches!(found.as_slice(), [one] if one.severity == severity && one.rule == rule), "{found:?}");
        }
    }
    let mut unnamed = offer();
    unnamed.as_object_mut().expect("an object").remove("name");
    assert_eq!(told(&lenient(&unnamed)), [(Severity::Warning, "required", "HealthcareService.name")]);
    assert_eq!(told(&strict(&unnamed)), [(Severity::Error, "required", "HealthcareService.name")]);
}

#[test]
fn codes_without_label_make_one_finding() {
    let codings: Vec<Node> = (1..=3).map(|n| node!({"system": "urn:exemple:x", "code": format!("{n}")})).collect();
    let found = lenient(&with(offer(), "program", node!([{"coding": codings}])));
    assert_eq!(told(&found), [(Severity::Warning, "required", "HealthcareService.program[0].coding[0].display")]);
    assert!(found[0].message.starts_with("3 codes"), "{}", found[0].message);
}

#[test]
fn d34_takes_a_street_type_as_text_and_an_identifier_type_without_system() {
    let street = node!({"resourceType": "Organization", "name": "Structure", "extension": [
        {"url": format!("{ROR}/ror-meta-creation-date"), "valueDateTime": "2026-01-15T08:00:00+01:00"}],
        "address": [{"line": ["1 avenue X"], "_line": [{"extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-streetNameType", "valueString": "Avenue"}]}]}]});
    let value = "Organization.address[0].line[0].extension[0].value";
    assert_eq!(told(&lenient(&street)), [(Severity::Warning, "code-invalid", value)]);
    assert_eq!(told(&strict(&street)), [(Severity::Error, "code-invalid", value)]);
    let mut typed = street;
    let members = typed.as_object_mut().expect("an object");
    members.remove("address");
    members.insert(
        "identifier",
        node!([{"system": "https://finess.esante.gouv.fr", "value": "010000024",
        "type": {"coding": [{"code": "1", "display": "FINESS"}]}}]),
    );
    assert_eq!(told(&lenient(&typed)), [(Severity::Warning, "value", "Organization.identifier[0].type")]);
    assert_eq!(told(&strict(&typed)), [(Severity::Error, "value", "Organization.identifier[0].type")]);
}

#[test]
fn d33_a_withdrawn_code_is_taken_for_a_year() {
    let convention = |code: &str| {
        let value = concept("TRE_R282-CNAMAmeliSecteurConventionnement", code);
        node!({"resourceType": "PractitionerRole", "extension": [
            {"url": "https://apifhir.annuaire.sante.fr/ws-sync/exposed/structuredefinition/practitionerRole-contracted",
             "valueCodeableConcept": value}]})
    };
    let severity = |now: &str| {
        let found = at(&convention("nc"), Handling::Lenient, now);
        found.iter().find(|finding| finding.code == "code-invalid").map(|finding| finding.severity)
    };
    assert_eq!(severity("2026-09-27"), None);
    assert_eq!(severity("2026-09-28"), Some(Severity::Warning));
    assert_eq!(severity("2027-09-27"), Some(Severity::Warning));
    assert_eq!(severity("2027-09-28"), Some(Severity::Error));
}

#[test]
fn d33_a_withdrawn_code_says_since_when_and_what_bears_its_label_now() {
    let told = |resource: &Node| {
        let found = at(resource, Handling::Lenient, "2026-09-21");
        found.into_iter().find(|finding| finding.code == "code-invalid").expect("a finding").message
    };
    let gender = told(&place("02", Some("03")));
    assert!(gender.contains("depuis le 28/08/2025"), "{gender}");
    assert!(!gender.contains("libellé"), "no code in force is « Indifférencié »: {gender}");
    let never = told(&with(offer(), "type", node!([concept("TRE_R227-ChampActivite", "77")])));
    assert!(never.ends_with("dans la liste en vigueur."), "{never}");
}

#[test]
fn d33_gender_03_is_taken_until_the_end_of_2027_and_status_07_never() {
    let severity = |resource: Node, now: &str| at(&resource, Handling::Strict, now).first().map(|one| one.severity);
    assert_eq!(severity(place("02", Some("03")), "2027-12-31"), Some(Severity::Warning));
    assert_eq!(severity(place("02", Some("03")), "2028-01-01"), Some(Severity::Error));
    for status in ["07", "08", "09"] {
        assert_eq!(severity(place(status, None), "2025-02-01"), Some(Severity::Error), "{status}");
    }
}

#[test]
fn keys_are_checked() {
    let structure = |code: &str, system: &str, value: &str| {
        let kind = concept("TRE_G07-TypeIdentifiantStructure", code);
        node!({"resourceType": "Organization", "identifier": [{"type": kind, "system": system, "value": value}], "extension": [
            {"url": format!("{ROR}/ror-meta-creation-date"), "valueDateTime": "2026-01-15T08:00:00+01:00"}]})
    };
    let value = "Organization.identifier[0].value";
    let finess = "https://finess.esante.gouv.fr";
    assert_eq!(strict(&structure("1", finess, "010000024")), []);
    assert_eq!(told(&strict(&structure("1", finess, "010000042"))), [(Severity::Error, "value", value)]);
    for (code, wrong) in [("2", "732829321"), ("3", "73282932000075")] {
        let found = strict(&structure(code, "https://sirene.fr", wrong));
        assert_eq!(told(&found), [(Severity::Warning, "value", value)]);
    }
    let misspelt = structure("2", "http://sirene.fr", "732829320");
    assert_eq!(lenient(&misspelt)[0].rule, "D4");
}

#[test]
fn the_type_of_a_reference_is_a_target_and_that_of_its_address() {
    let by = |reference: Node| {
        let mut broken = offer();
        broken.as_object_mut().expect("an object").insert("providedBy", reference);
        told(&strict(&broken)).iter().map(|(_, code, place)| format!("{code} {place}")).collect::<Vec<_>>()
    };
    assert!(by(node!({"type": "Organization", "identifier": {"value": "1"}})).is_empty());
    assert!(by(node!({"type": "Organization", "reference": "Organization/1"})).is_empty());
    let place = ["structure HealthcareService.providedBy.type"];
    assert_eq!(by(node!({"type": "Patient", "identifier": {"value": "1"}})), place);
    assert_eq!(by(node!({"type": "Location", "reference": "Organization/1"})), place);
}

#[test]
fn an_entry_template_proposes_codes_that_exist() {
    let option = |code: &str| {
        let coding = coding("TRE_R211-ActiviteOperationnelle", code);
        let found = lenient(&node!({"resourceType": "Questionnaire", "item": [{"linkId": "1", "type": "choice",
            "answerOption": [{"valueCoding": coding}]}]}));
        found
            .into_iter()
            .filter(|finding| finding.code == "code-invalid")
            .map(|finding| finding.value)
            .collect::<Vec<_>>()
    };
    assert!(option("022").is_empty());
    assert_eq!(option("022\""), [Some("022\"".to_owned())], "as the guide's own example has it");
}

#[test]
fn hostile_input_has_a_bounded_answer() {
    let wide: Object = (0..900).map(|n| (format!("inconnu{n}"), node!(1))).collect();
    let mut wide = Node::Object(wide);
    wide.as_object_mut().expect("an object").insert("resourceType", "Location");
    let found = lenient(&wide);
    assert_eq!(found.iter().filter(|finding| finding.code == "structure").count(), FINDINGS_MAX - 1);
    let last = found.last().expect("a last finding");
    assert_eq!((last.severity, last.code), (Severity::Error, "informational"));
    let deep = (0..60)
        .fold(node!({"url": "urn:x", "valueString": "x"}), |inner, _| node!({"url": "urn:x", "extension": [inner]}));
    let found = lenient(&node!({"resourceType": "Location", "extension": [deep]}));
    assert_eq!(found.iter().filter(|finding| finding.code == "too-costly").count(), 1);
    for odd in
        [node!([]), node!(3), node!(null), node!({}), node!({"resourceType": 3}), node!({"resourceType": "Patient"})]
    {
        assert_eq!(lenient(&odd).len(), 1, "{odd:?}");
    }
    let long = "é".repeat(100_000);
    let found = lenient(&node!({"resourceType": "Location", long.clone(): 1, "status": long}));
    assert!(found.iter().all(|finding| format!("{finding:?}").len() < 2_000));
}

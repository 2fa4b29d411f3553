use std::collections::HashSet;

use ror_terminology::Terminology;

use super::*;
use crate::{Context, Severity, validate_base};

fn all() -> Vec<Node> {
    structure_definitions(Tables::embedded())
}

fn definition(id: &str) -> Node {
    all().into_iter().find(|one| one.str("id") == Some(id)).expect("a definition")
}

fn elements(definition: &Node) -> Vec<&Node> {
    definition.get("differential").expect("a differential").items("element").collect()
}

fn element<'n>(definition: &'n Node, id: &str) -> &'n Node {
    elements(definition).into_iter().find(|one| one.str("id") == Some(id)).unwrap_or_else(|| panic!("{id}"))
}

#[test]
fn each_profile_and_each_extension_of_the_guide_has_one() {
    let all = all();
    let urls: HashSet<&str> = all.iter().filter_map(|one| one.str("url")).collect();
    let ids: HashSet<&str> = all.iter().filter_map(|one| one.str("id")).collect();
    assert_eq!((all.len(), urls.len(), ids.len()), (57, 57, 57));
    assert_eq!(all.iter().filter(|one| one.str("type") == Some("Extension")).count(), 48);
    assert!(all.iter().all(|one| one.str("version") == Some("0.7.0") && one.str("status") == Some("draft")));
}

#[test]
fn each_is_a_structure_definition_of_fhir_r4() {
    let context = Context { terminology: Terminology::embedded(), now: 1_790_000_000_000 };
    for one in all().into_iter().chain(value_sets(Tables::embedded())) {
        let findings = validate_base(&one, &context);
        let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{:?} {errors:?}", one.str("id"));
    }
}

/// Invariants of FHIR R4 StructureDefinition and ElementDefinition that tools stumble on.
#[test]
fn elements_keep_the_invariants_of_fhir() {
    for one in all() {
        let id = one.str("id").unwrap_or_default();
        let constrained = one.str("type").expect("a type");
        // sdf-5
        assert_eq!(constrained == "Extension", one.get("context").is_some(), "{id}");
        let mut seen = HashSet::new();
        for element in elements(&one) {
            let (element_id, path) = (element.str("id").expect("an id"), element.str("path").expect("a path"));
            // sdf-8a, and one element an id.
            assert!(path == constrained || path.starts_with(&format!("{constrained}.")), "{id} {path}");
            assert!(seen.insert(element_id.to_owned()), "{id} {element_id} twice");
            // A slice comes after the element that says how slices are told.
            if let Some(whole) = differential::sliced(element_id) {
                assert!(seen.contains(whole), "{id} {element_id}");
                assert!(self::element(&one, whole).get("slicing").is_some(), "{id} {whole}");
            }
            // What is inside a slice comes after that slice.
            for (dot, _) in element_id.match_indices('.') {
                let above = &element_id[..dot];
                assert!(differential::sliced(above).is_none() || seen.contains(above), "{id} {element_id}");
            }
            // eld-1
            if let Some(slicing) = element.get("slicing") {
                assert!(slicing.get("discriminator").is_some() || slicing.get("description").is_some(), "{id} {path}");
            }
            // eld-16
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_[]@".contains(c);
            assert!(element.str("sliceName").is_none_or(|name| name.chars().all(is_plain)), "{id} {element_id}");
        }
    }
}

#[test]
fn a_row_says_what_validation_asks() {
    let organization = definition("ror-organization");
    let finess = element(&organization, "Organization.identifier:finess.system");
    assert_eq!(finess.str("patternUri"), Some("https://finess.esante.gouv.fr"));
    assert_eq!(finess.get("min").and_then(Node::as_i64), Some(1), "inherited, and not of FHIR R4");
    let period = elements(&organization).iter().filter(|one| one.to_text().contains("organization-period\"]")).count();
    assert_eq!(period, 1, "two slices of one extension are one");

    let service = definition("ror-healthcareservice");
    let mode = element(&service, "HealthcareService.characteristic:careMode");
    assert_eq!((mode.get("min").and_then(Node::as_i64), mode.str("max")), (Some(1), Some("1")));
    assert_eq!(mode.get("binding").and_then(|binding| binding.str("strength")), Some("required"));
    assert_eq!(mode.get("mustSupport").and_then(Node::as_bool), Some(true));
    let paths: Vec<&str> = element(&service, "HealthcareService.characteristic")
        .get("slicing")
        .expect("slices")
        .items("discriminator")
        .filter_map(|one| one.str("path"))
        .collect();
    assert_eq!(paths.len(), 2, "{paths:?}");
}

#[test]
fn an_extension_is_named_by_the_address_of_its_instances() {
    let launch = definition("ror-launchcontext");
    let url = element(&launch, "Extension.url").str("fixedUri");
    assert_eq!(url, Some("http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-launchContext"));
    assert_eq!(launch.items("context").next().and_then(|one| one.str("expression")), Some("Questionnaire"));
    assert_eq!(launch.str("baseDefinition"), url, "a profile on that extension");
    let capacity = definition("ror-location-supported-capacity");
    let number = element(&capacity, "Extension.extension:nbCapacity.value[x]");
    assert_eq!(number.items("type").next().and_then(|one| one.str("code")), Some("integer"));
    let comment = definition("ror-meta-comment");
    let places: Vec<_> = comment.items("context").filter_map(|one| one.str("expression")).collect();
    assert_eq!(places, ["Organization", "PractitionerRole"], "declared, and used");
}

#[test]
fn sets_of_fhir_are_those_that_validation_takes() {
    for (id, _, systems) in STANDARD_SETS {
        let taken: HashSet<&str> = Tables::embedded().codes(id).expect("a list of the base").iter().copied().collect();
        let named: HashSet<&str> = systems.iter().flat_map(|(_, codes)| codes.iter().copied()).collect();
        assert!(named.is_subset(&taken), "{id}");
        // What is not named is all of a system: one code of task-intent, the whole of task-status.
        assert_eq!(taken.len() - named.len(), if named.is_empty() { 12 } else { 1 }, "{id}");
    }
}

#[test]
fn a_list_that_nobody_gives_is_said_not_to_be_held() {
    let all: Vec<Node> = all();
    let bindings = all.iter().flat_map(|one| elements(one)).filter_map(|element| element.get("binding"));
    let not_held: HashSet<&str> = bindings
        .filter(|binding| binding.get("description").is_some())
        .filter_map(|binding| binding.str("valueSet")?.rsplit('/').next())
        .collect();
    let expected = ["JDV-J101-SecteurActivite-RASS", "JDV-J129-CategorieEtablissement-RASS"];
    assert_eq!(not_held, HashSet::from(expected));
}

//! Business rules that one resource alone can break, one function each.
//!
//! Only those that refuse a write, or warn its author: what the directory derives, what it
//! filters on output and what needs other resources or a former version is not here.

mod capacity;
mod contact;
mod schedule;
mod template;
mod transition;

use ror_fhir::Node;

use crate::finding::{Finding, Severity};
pub use transition::transition;

/// A rule: reads a resource, gives what breaks it.
type Rule = fn(&Node) -> Vec<Finding>;

/// The rules of each resource type.
const RULES: &[(&str, Rule)] = &[
    ("HealthcareService", schedule::age_units_are_years_months_weeks_or_days),
    ("HealthcareService", contact::telecom_of_an_offer_is_as_strict_as_its_contact),
    ("Organization", contact::telecom_of_a_structure_is_as_strict_as_its_contact),
    ("PractitionerRole", schedule::hours_of_a_person_are_on_call_or_consultation),
    ("Location", capacity::a_record_is_a_valid_indicator),
    ("HealthcareService", template::template_is_named_with_its_version),
    ("Location", template::template_is_named_with_its_version),
    ("Organization", template::template_is_named_with_its_version),
];

/// What breaks the rules of the type, rule after rule.
pub(crate) fn check(resource: &Node, resource_type: &str) -> Vec<Finding> {
    RULES.iter().filter(|(of, _)| *of == resource_type).flat_map(|(_, rule)| rule(resource)).collect()
}

/// The first code of the value of the extension `url` of a node.
fn code_of<'a>(node: &'a Node, url: &'a str) -> Option<&'a str> {
    node.extensions(url)
        .find_map(|found| found.get("valueCodeableConcept")?.items("coding").find_map(|it| it.str("code")))
}

/// The items of an element with their FHIRPath.
fn items<'a>(node: &'a Node, path: &str, key: &'a str) -> impl Iterator<Item = (String, &'a Node)> {
    let path = format!("{path}.{key}");
    let all = node.get(key).and_then(Node::as_array).unwrap_or_default();
    all.iter().enumerate().map(move |(at, item)| (format!("{path}[{at}]"), item))
}

fn broken(expression: String, rule: &str, expected: &str, message: String) -> Finding {
    Finding {
        severity: Severity::Error,
        code: "business-rule",
        expression,
        value: None,
        expected: expected.to_owned(),
        rule: rule.to_owned(),
        message,
    }
}

/// Address of an extension of the guide.
macro_rules! guide {
    ($id:literal) => {
        concat!("https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/", $id)
    };
}
use guide;

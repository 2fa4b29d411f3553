//! Business rules of the exposure model (RG_EXP) and of the product's decisions (D…).
//!
//! * What one body alone can break is checked by [`validate`](crate::validate), from a table.
//! * What needs the former version is in [`transition`]; what needs other resources, handed in
//!   as facts, in [`around`].
//! * What the server derives, filters on output or proposes is a function of its own, whose
//!   comment says where it is called: [`closing`], [`dates`], [`exposure`], [`identity`],
//!   [`schedule`], [`sensitive`], [`levels`].
//! * [`catalogue`] lists every number, what is done about it and where; `docs/regles.md` is that
//!   list, for people.

mod activity;
pub mod around;
pub mod catalogue;
pub mod closing;
mod contact;
pub mod dates;
pub mod exposure;
pub mod identity;
pub mod levels;
mod price;
mod records;
pub mod schedule;
pub mod sensitive;
mod template;
#[cfg(test)]
mod tests;
mod text;
pub mod transition;

use ror_fhir::Node;

use crate::finding::Findings;
use crate::work::work;

/// A rule on one body: reports what breaks it.
pub(crate) type Check = fn(&Node, &mut Findings);

/// The rules that one body can break, by resource type, in the order they are told.
pub(crate) const RULES: &[(&str, &str, Check)] = &[
    ("RG_EXP_007", "HealthcareService", activity::family_is_given_in_medico_social),
    ("RG_EXP_008", "HealthcareService", activity::public_is_given_in_medico_social),
    ("RG_EXP_009", "HealthcareService", activity::zone_is_made_of_communes),
    ("RG_EXP_010", "HealthcareService", activity::field_is_one),
    ("RG_EXP_011", "HealthcareService", activity::care_mode_is_one),
    ("RG_EXP_014", "HealthcareService", schedule::slot_has_a_day_or_a_period),
    ("RG_EXP_034", "HealthcareService", contact::telecom_of_an_offer_is_as_strict_as_its_contact),
    ("RG_EXP_039", "HealthcareService", sensitive::contacts_of_a_sensitive_unit_are_of_level_3),
    ("RG_EXP_040", "HealthcareService", contact::service_of_an_offer_has_no_name),
    ("RG_EXP_041", "HealthcareService", contact::person_of_an_offer_has_a_name),
    ("RG_EXP_043", "HealthcareService", closing::date_goes_with_type),
    ("RG_EXP_045", "HealthcareService", closing::only_a_temporary_closing_reopens),
    ("RG_EXP_046", "HealthcareService", closing::reopening_is_reset),
    ("RG_EXP_048", "HealthcareService", schedule::age_units_are_years_months_weeks_or_days),
    ("CO3", "HealthcareService", sensitive::presumed_unit_is_flagged),
    ("D24", "HealthcareService", text::no_telecom_in_text),
    ("template", "HealthcareService", template::template_is_named_with_its_version),
    ("RG_EXP_004", "Organization", identity::national_identifier_is_the_derived_one),
    ("RG_EXP_026", "Organization", price::one_base_price_each),
    ("RG_EXP_027", "Organization", price::one_amount_each),
    ("RG_EXP_029", "Organization", price::supplement_is_for_a_single_room),
    ("RG_EXP_034", "Organization", contact::telecom_of_a_structure_is_as_strict_as_its_contact),
    ("RG_EXP_036", "Organization", price::extra_service_is_named_once),
    ("RG_EXP_040", "Organization", contact::service_of_a_structure_has_no_name),
    ("RG_EXP_041", "Organization", contact::person_of_a_structure_has_a_name),
    ("RG_EXP_043", "Organization", closing::date_goes_with_type),
    ("RG_EXP_045", "Organization", closing::only_a_temporary_closing_reopens),
    ("RG_EXP_046", "Organization", closing::reopening_is_reset),
    ("D24", "Organization", text::no_telecom_in_text),
    ("template", "Organization", template::template_is_named_with_its_version),
    ("D35", "Location", records::a_record_is_a_valid_indicator),
    ("D36", "Location", records::one_record_per_identity),
    ("D35", "Location", records::statuses_add_up),
    ("D24", "Location", text::no_telecom_in_text),
    ("template", "Location", template::template_is_named_with_its_version),
    ("template", "Questionnaire", template::conditions_name_a_question),
    ("RG_EXP_049", "PractitionerRole", schedule::hours_of_a_person_are_on_call_or_consultation),
];

/// Reports what breaks the rules of the type, rule after rule.
pub(crate) fn check(resource: &Node, resource_type: &str, findings: &mut Findings) {
    for (_, _, rule) in RULES.iter().filter(|(_, of, _)| *of == resource_type) {
        rule(resource, findings);
    }
}

/// The findings of one rule alone.
#[cfg(test)]
fn found(rule: Check, resource: &Node) -> Vec<crate::Finding> {
    let mut findings = Findings::default();
    rule(resource, &mut findings);
    findings.close("Resource")
}

/// The first code of the value of the extension `url` of a node.
pub(crate) fn code_of<'a>(node: &'a Node, url: &'a str) -> Option<&'a str> {
    node.extensions(url).find_map(|found| first_code(found.get("valueCodeableConcept")?))
}

/// The first code of a CodeableConcept.
pub(crate) fn first_code(concept: &Node) -> Option<&str> {
    concept.items("coding").find_map(|coding| coding.str("code"))
}

/// Whether two codes are one, leading zeros aside: D4 reads them so.
pub(crate) fn is_code(read: &str, wanted: &str) -> bool {
    read == wanted || {
        let (read, wanted) = (read.trim_start_matches('0'), wanted.trim_start_matches('0'));
        !read.is_empty() && read == wanted
    }
}

/// The items of a list with their places.
pub(crate) fn items<'a>(node: &'a Node, key: &str) -> impl Iterator<Item = (usize, &'a Node)> {
    node.get(key).and_then(Node::as_array).unwrap_or_default().iter().enumerate().inspect(|_| work(1))
}

/// The extensions of that address, each with its place among all extensions.
pub(crate) fn extensions<'a>(node: &'a Node, url: &'static str) -> impl Iterator<Item = (usize, &'a Node)> {
    items(node, "extension").filter(move |(_, extension)| extension.str("url") == Some(url))
}

/// The codes of the concepts of a list that draw from the nomenclature `name` (`R213-`, or the
/// value set it is also written by), with the place of their concept.
pub(crate) fn codes_from<'a>(
    node: &'a Node,
    key: &str,
    names: &'static [&str],
) -> impl Iterator<Item = (usize, &'a str)> {
    items(node, key).flat_map(move |(at, concept)| {
        let drawn = concept.items("coding").filter(move |coding| {
            coding.str("system").is_some_and(|system| names.iter().any(|name| system.contains(name)))
        });
        drawn.filter_map(move |coding| Some((at, coding.str("code")?)))
    })
}

/// The resource type, for an expression.
pub(crate) fn rtype(resource: &Node) -> &str {
    resource.str("resourceType").unwrap_or("Resource")
}

/// Address of an extension of the guide.
macro_rules! guide {
    ($id:literal) => {
        concat!("https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/", $id)
    };
}
pub(crate) use guide;

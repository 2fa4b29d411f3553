//! What may not change from one version to the next: RG_EXP_010, 011, 031, 042 (D43).

use std::collections::BTreeSet;

use ror_fhir::{Node, Object};

use super::activity::{CARE_MODES, FIELDS};
use super::closing::Closing;
use super::{codes_from, exposure, guide, rtype};
use crate::Finding;
use crate::finding::Findings;

/// Who writes the next version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The import of the national registers.
    Register,
    /// Anyone else: API, form, file.
    Other,
}

/// Members that come from the national registers: resource type, member.
const REGISTER_MEMBERS: &[(&str, &str)] = &[
    ("Practitioner", "identifier"),
    ("Practitioner", "name"),
    ("Practitioner", "qualification"),
    ("PractitionerRole", "practitioner"),
    ("PractitionerRole", "code"),
];

/// Nomenclature of the abilities that a role may say of itself; its other specialties come from
/// the register.
const OWN_ABILITIES: &[&str] = &["R245-", "J33-"];

/// What forbids going from `former` to `next`, two versions of one resource.
///
/// For the write path, after [`validate`](crate::validate): each finding is a 422
/// `business-rule`. A field or a mode of care that was absent may be filled in.
pub fn transition(former: &Node, next: &Node, origin: Origin) -> Vec<Finding> {
    let mut findings = Findings::default();
    let rtype = rtype(next);
    if rtype == "HealthcareService" {
        offer(former, next, &mut findings);
    }
    if origin == Origin::Other {
        register_data(former, next, rtype, &mut findings);
    }
    findings.close(rtype)
}

/// RG_EXP_010, 011, 042: the field, the mode of care and the identifier of an exposed offer stay.
fn offer(former: &Node, next: &Node, findings: &mut Findings) {
    if !exposure::is_exposed(former, true) {
        return;
    }
    let cases = [
        ("RG_EXP_010", "type", FIELDS, "Le champ d'activité"),
        ("RG_EXP_011", "characteristic", CARE_MODES, "Le mode de prise en charge"),
    ];
    for (rule, key, names, what) in cases {
        let (held, wanted) = (codes(former, key, names), codes(next, key, names));
        if !held.is_empty() && held != wanted {
            findings.broken(rule, "la valeur précédente", || {
                let message = format!(
                    "{what} d'une offre ne change jamais : créer une nouvelle offre à partir de celle-ci, puis fermer celle-ci."
                );
                (format!("HealthcareService.{key}"), message)
            });
        }
    }
    let number = |offer: &Node| offer.items("identifier").find_map(|it| it.str("value").map(str::to_owned));
    if number(former).is_some_and(|held| number(next).as_deref() != Some(&held)) {
        findings.broken("RG_EXP_042", "l'identifiant précédent", || {
            let message = "L'identifiant d'une offre ne change jamais, même transférée à un autre établissement.";
            ("HealthcareService.identifier".to_owned(), message.to_owned())
        });
    }
}

/// RG_EXP_010, RG_EXP_011: a copy of an offer as a new one, with another field or mode of care left
/// to fill in: what names, dates or closes the first one is left out.
///
/// For the form that proposes to make a new offer and close this one; the mode of care, and the
/// field with what hangs on it, are for its author to choose.
pub fn as_new_offer(offer: &Node) -> Node {
    let mut copy = offer.clone();
    Closing::default().write(&mut copy);
    let Some(members) = copy.as_object_mut() else { return copy };
    for key in ["id", "identifier"] {
        members.remove(key);
    }
    let is_stamp = |extension: &Node| extension.str("url") == Some(guide!("ror-meta-creation-date"));
    if let Some(Node::Array(extensions)) = members.get_mut("extension") {
        extensions.retain(|extension| !is_stamp(extension));
    }
    if let Some(meta) = members.get_mut("meta").and_then(Node::as_object_mut) {
        meta.retain(|key, _| key == "tag");
    }
    members.retain(|_, value| !value.as_array().is_some_and(<[Node]>::is_empty));
    copy
}

/// Codes drawn from a nomenclature, leading zeros aside.
fn codes(offer: &Node, key: &str, names: &'static [&str]) -> BTreeSet<String> {
    codes_from(offer, key, names).map(|(_, code)| code.trim_start_matches('0').to_owned()).collect()
}

/// RG_EXP_031: what comes from the national registers is corrected there.
fn register_data(former: &Node, next: &Node, rtype: &str, findings: &mut Findings) {
    let tell = |place: &str, findings: &mut Findings| {
        findings.broken("RG_EXP_031", "la valeur du registre national", || {
            let message = "Cette donnée vient du registre national des professionnels (RPPS) : la faire corriger auprès de lui (ordre professionnel ou autorité d'enregistrement).";
            (format!("{rtype}.{place}"), message.to_owned())
        });
    };
    for (_, member) in REGISTER_MEMBERS.iter().filter(|(of, _)| *of == rtype) {
        if !is_same_option(former.get(member), next.get(member)) {
            tell(member, findings);
        }
    }
    if rtype == "PractitionerRole" {
        let skills = |role: &Node| -> Vec<String> {
            let concepts = role.items("specialty").flat_map(|concept| concept.items("coding"));
            let registered = concepts.filter(|coding| {
                coding.str("system").is_none_or(|system| !OWN_ABILITIES.iter().any(|name| system.contains(name)))
            });
            let mut all: Vec<String> = registered.filter_map(|coding| Some(coding.str("code")?.to_owned())).collect();
            all.sort_unstable();
            all
        };
        if skills(former) != skills(next) {
            tell("specialty", findings);
        }
        let name = |role: &Node| role.extensions(guide!("ror-practitionerrole-name")).next().cloned();
        if !is_same_option(name(former).as_ref(), name(next).as_ref()) {
            tell("extension", findings);
        }
    }
}

fn is_same_option(one: Option<&Node>, other: Option<&Node>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => is_same(one, other),
        (None, None) => true,
        _ => false,
    }
}

/// Whether two values say the same: members in any order, labels aside.
fn is_same(one: &Node, other: &Node) -> bool {
    match (one, other) {
        (Node::Object(one), Node::Object(other)) => {
            let (one, other) = (sorted(one), sorted(other));
            let is_pair =
                |((key, value), (name, held)): (&(&str, &Node), &(&str, &Node))| key == name && is_same(value, held);
            one.len() == other.len() && one.iter().zip(&other).all(is_pair)
        }
        (Node::Array(one), Node::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (one, other) => one == other,
    }
}

fn sorted(object: &Object) -> Vec<(&str, &Node)> {
    let mut all: Vec<_> = object.iter().filter(|(key, _)| *key != "display").collect();
    all.sort_unstable_by_key(|(key, _)| *key);
    all
}

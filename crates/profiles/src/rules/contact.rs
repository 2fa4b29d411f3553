//! Contacts: a service or a named person (RG_EXP_040, 041), and their levels (RG_EXP_034).

use ror_fhir::Node;

use super::levels::{CONTACT_OF_OFFER, CONTACT_OF_STRUCTURE, TELECOM, level};
use super::{extensions, guide, items};
use crate::finding::Findings;

/// The extension that an offer's contact is.
pub(super) const OFFER_CONTACT: &str = guide!("ror-healthcareservice-contact");
/// The extension that a telecom of it is.
pub(super) const OFFER_TELECOM: &str = guide!("ror-healthcareservice-contact-telecom");
const FUNCTION: &str = guide!("ror-contact-function-contact");

/// What tells a service from a person.
struct Who {
    /// Where the contact is.
    at: usize,
    has_nature: bool,
    has_name: bool,
    has_function: bool,
}

fn of_offer(offer: &Node) -> impl Iterator<Item = Who> {
    extensions(offer, OFFER_CONTACT).map(|(at, contact)| {
        let has = |url: &str| items(contact, "extension").any(|(_, part)| part.str("url") == Some(url));
        Who { at, has_nature: has("purposeContact"), has_name: has("name"), has_function: has(FUNCTION) }
    })
}

fn of_structure(structure: &Node) -> impl Iterator<Item = Who> {
    items(structure, "contact").map(|(at, contact)| Who {
        at,
        has_nature: contact.get("purpose").is_some(),
        has_name: contact.get("name").is_some(),
        has_function: extensions(contact, FUNCTION).next().is_some(),
    })
}

/// RG_EXP_040, contacts of an offer.
pub(super) fn service_of_an_offer_has_no_name(offer: &Node, findings: &mut Findings) {
    of_offer(offer).for_each(|who| service(&who, "HealthcareService.extension", findings));
}

/// RG_EXP_040, contacts of a structure.
pub(super) fn service_of_a_structure_has_no_name(structure: &Node, findings: &mut Findings) {
    of_structure(structure).for_each(|who| service(&who, "Organization.contact", findings));
}

/// RG_EXP_041, contacts of an offer.
pub(super) fn person_of_an_offer_has_a_name(offer: &Node, findings: &mut Findings) {
    of_offer(offer).for_each(|who| person(&who, "HealthcareService.extension", findings));
}

/// RG_EXP_041, contacts of a structure.
pub(super) fn person_of_a_structure_has_a_name(structure: &Node, findings: &mut Findings) {
    of_structure(structure).for_each(|who| person(&who, "Organization.contact", findings));
}

/// RG_EXP_040: a contact that is a service (nature) has neither name nor function. With a
/// function, RG_EXP_041 says it.
fn service(who: &Who, list: &str, findings: &mut Findings) {
    if who.has_nature && who.has_name && !who.has_function {
        findings.broken("RG_EXP_040", "une nature sans nom, ou une fonction avec un nom", || {
            let message = "Ce contact est un service (nature) : il n'a pas de nom de personne.";
            (format!("{list}[{}]", who.at), message.to_owned())
        });
    }
}

/// RG_EXP_041: a contact that is a person (function) has a name and no nature.
fn person(who: &Who, list: &str, findings: &mut Findings) {
    if !who.has_function || (who.has_name && !who.has_nature) {
        return;
    }
    let message = if who.has_nature {
        "Ce contact a une fonction et une nature : c'est une personne ou un service, pas les deux."
    } else {
        "Ce contact a une fonction : le nom de la personne est obligatoire."
    };
    let rule = if who.has_nature { "RG_EXP_040, RG_EXP_041" } else { "RG_EXP_041" };
    findings.broken(rule, "une fonction avec un nom, ou une nature sans nom", || {
        (format!("{list}[{}]", who.at), message.to_owned())
    });
}

/// RG_EXP_034: a telecom of a contact of an offer is at least as strict as the contact.
pub(super) fn telecom_of_an_offer_is_as_strict_as_its_contact(offer: &Node, findings: &mut Findings) {
    for (at, contact) in extensions(offer, OFFER_CONTACT) {
        let of_contact = level(contact, CONTACT_OF_OFFER);
        for (inner, telecom) in extensions(contact, OFFER_TELECOM) {
            let place = || format!("HealthcareService.extension[{at}].extension[{inner}]");
            compare(telecom, of_contact, place, findings);
        }
    }
}

/// RG_EXP_034: a telecom of a contact of a structure is at least as strict as the contact.
pub(super) fn telecom_of_a_structure_is_as_strict_as_its_contact(structure: &Node, findings: &mut Findings) {
    for (at, contact) in items(structure, "contact") {
        let of_contact = level(contact, CONTACT_OF_STRUCTURE);
        for (inner, telecom) in items(contact, "telecom") {
            compare(telecom, of_contact, || format!("Organization.contact[{at}].telecom[{inner}]"), findings);
        }
    }
}

fn compare(telecom: &Node, contact: u8, place: impl FnOnce() -> String, findings: &mut Findings) {
    let own = level(telecom, TELECOM);
    if own < contact {
        findings.broken("RG_EXP_034", "un niveau au moins égal à celui du contact", || {
            let message = format!(
                "Cette télécommunication est de niveau {own}, son contact de niveau {contact} : elle doit être au moins aussi restreinte."
            );
            (place(), message)
        });
    }
}

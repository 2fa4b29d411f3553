//! Levels of confidentiality of contacts and telecoms: RG_EXP_032, 033.

use ror_fhir::{Node, node};

use super::contact::{OFFER_CONTACT, OFFER_TELECOM};
use super::{code_of, guide};

/// Where a telecom carries its level.
pub(super) const TELECOM: &str = guide!("ror-telecom-confidentiality-level");
/// Where a contact of an offer carries its level.
pub(super) const CONTACT_OF_OFFER: &str = guide!("ror-confidentiality-level");
/// Where a contact of a structure carries its level.
pub(super) const CONTACT_OF_STRUCTURE: &str = guide!("ror-contact-confidentiality-level");

const SYSTEM: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_R283-NiveauConfidentialite/FHIR/TRE-R283-NiveauConfidentialite";

/// Level of a contact or a telecom that says none: visible by professionals.
pub const DEFAULT: u8 = 2;

/// The level a node carries; missing or unknown is [`DEFAULT`] (D24).
pub(super) fn level(node: &Node, url: &str) -> u8 {
    match code_of(node, url) {
        Some("1") => 1,
        Some("3") => 3,
        _ => DEFAULT,
    }
}

/// RG_EXP_032, RG_EXP_033: gives level 2 to each contact and telecom that says none, and tells
/// how many it gave.
///
/// For imports and forms (D34), before the resource is stored; a write by API must say its
/// levels.
pub fn give_default_levels(resource: &mut Node) -> usize {
    on_each(resource, &mut |node, url| {
        let is_missing = code_of(node, url).is_none();
        if is_missing {
            set(node, url, DEFAULT);
        }
        is_missing
    })
}

/// Raises every contact and telecom to that level, and tells how many it raised.
pub(super) fn raise_to(resource: &mut Node, floor: u8) -> usize {
    on_each(resource, &mut |node, url| {
        let is_below = level(node, url) < floor;
        if is_below {
            set(node, url, floor);
        }
        is_below
    })
}

/// Runs `change` on each contact and telecom, with the address of its level; counts the changes.
fn on_each(resource: &mut Node, change: &mut dyn FnMut(&mut Node, &'static str) -> bool) -> usize {
    let mut count = 0;
    for telecom in list(resource, "telecom") {
        count += usize::from(change(telecom, TELECOM));
    }
    for contact in list(resource, "contact") {
        count += usize::from(change(contact, CONTACT_OF_STRUCTURE));
        for telecom in list(contact, "telecom") {
            count += usize::from(change(telecom, TELECOM));
        }
    }
    for contact in list(resource, "extension").iter_mut().filter(|it| it.str("url") == Some(OFFER_CONTACT)) {
        count += usize::from(change(contact, CONTACT_OF_OFFER));
        for telecom in list(contact, "extension").iter_mut().filter(|it| it.str("url") == Some(OFFER_TELECOM)) {
            count += usize::from(change(telecom, TELECOM));
        }
    }
    count
}

pub(super) fn list<'a>(node: &'a mut Node, key: &str) -> &'a mut [Node] {
    match node.get_mut(key) {
        Some(Node::Array(items)) => items,
        _ => &mut [],
    }
}

fn set(node: &mut Node, url: &'static str, level: u8) {
    let display =
        ["Visible du grand public", "Visible par les professionnels", "Visible régulation et gestion de crise"];
    let label = display[usize::from(level.clamp(1, 3)) - 1];
    let made = node!({"url": url, "valueCodeableConcept": {
        "coding": [{"system": SYSTEM, "code": (level.to_string()), "display": label}]}});
    let Some(members) = node.as_object_mut() else { return };
    match members.get_mut("extension") {
        Some(Node::Array(held)) => {
            held.retain(|extension| extension.str("url") != Some(url));
            held.push(made);
        }
        _ => {
            members.insert("extension", vec![made]);
        }
    }
}

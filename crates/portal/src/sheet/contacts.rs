//! Ways to get in touch: those of level 1 are all that the public's projection holds.

use ror_fhir::Node;

use super::node;
use crate::components::contacts::{Contact, Means};
use crate::components::result::Phone;
use crate::french;

/// Telephones offered at the top of a sheet.
const CALLS_MAX: usize = 2;

/// Contacts of a structure: `contact.telecom`, then its own mailboxes.
pub(crate) fn of_structure(structure: &Node) -> Vec<Contact> {
    let mut found = Vec::new();
    for contact in structure.items("contact") {
        let purpose = contact.get("purpose").and_then(node::label).or_else(|| function(contact));
        let name = contact.get("name").and_then(person);
        for telecom in contact.items("telecom") {
            found.extend(read(telecom, purpose.as_deref(), name.as_deref()));
        }
    }
    found.extend(structure.items("telecom").filter_map(|telecom| read(telecom, None, None)));
    distinct(found)
}

/// Contacts of an offer: nested extensions.
pub(crate) fn of_offer(offer: &Node) -> Vec<Contact> {
    let mut found = Vec::new();
    for contact in node::extensions(offer, "ror-healthcareservice-contact") {
        let purpose =
            node::part(contact, "purposeContact").and_then(|part| node::label(part.get("valueCodeableConcept")?));
        let purpose = purpose.or_else(|| function(contact));
        let name = node::part(contact, "nameContact").and_then(|part| person(part.get("valueHumanName")?));
        for telecom in node::extensions(contact, "ror-healthcareservice-contact-telecom") {
            let address = node::part(telecom, "telecomAddress").and_then(|part| part.str("valueString"));
            found.extend(address.and_then(|address| of(telecom, address, purpose.as_deref(), name.as_deref())));
        }
    }
    found.extend(offer.items("telecom").filter_map(|telecom| read(telecom, None, None)));
    distinct(found)
}

/// Contacts of a place, or of a professional in an offer.
pub(crate) fn of_telecoms(resource: &Node) -> Vec<Contact> {
    distinct(resource.items("telecom").filter_map(|telecom| read(telecom, None, None)).collect())
}

/// The first telephone that people may call.
pub(crate) fn first_phone(contacts: &[Contact]) -> Option<&Contact> {
    contacts.iter().find(|contact| contact.means == Means::Phone && contact.link.is_some())
}

/// The first telephones, each with who answers when there are several.
pub(crate) fn calls<'a>(contacts: impl IntoIterator<Item = &'a Contact>) -> Vec<Phone> {
    let phones = contacts.into_iter().filter(|contact| contact.means == Means::Phone);
    let mut calls: Vec<Phone> = Vec::new();
    for contact in phones {
        let Some(link) = contact.link.clone() else { continue };
        if calls.iter().all(|known| known.link != link) {
            calls.push(Phone { shown: contact.shown.clone(), link, whose: contact.about.clone() });
        }
    }
    calls.truncate(CALLS_MAX);
    if let [only] = calls.as_mut_slice() {
        only.whose.clear();
    }
    calls
}

fn function(contact: &Node) -> Option<String> {
    node::extension_label(contact, "ror-contact-function-contact")
}

fn person(name: &Node) -> Option<String> {
    let given = name.items("given").filter_map(Node::as_str).collect::<Vec<_>>().join(" ");
    let family = name.str("family").or_else(|| name.str("text")).unwrap_or_default();
    let whole = format!("{given} {family}").trim().to_owned();
    (!whole.is_empty()).then_some(whole)
}

fn read(telecom: &Node, purpose: Option<&str>, name: Option<&str>) -> Option<Contact> {
    of(telecom, telecom.str("value")?, purpose, name)
}

fn of(telecom: &Node, address: &str, purpose: Option<&str>, name: Option<&str>) -> Option<Contact> {
    let address = address.trim();
    if address.is_empty() {
        return None;
    }
    let channel = node::extension(telecom, "ror-telecom-communication-channel")
        .and_then(|channel| channel.get("valueCodeableConcept")?.items("coding").next()?.str("code"))
        .unwrap_or_default();
    let means = match channel {
        "1" | "2" | "8" => Means::Phone,
        "3" | "9" => Means::Mail,
        "4" => Means::Site,
        "6" => Means::Fax,
        "MSSANTE" => Means::SecureMail,
        _ => Means::guess(address),
    };
    let (shown, link) = match means {
        Means::Phone => (french::phone(address), french::dialled(address).map(|number| format!("tel:{number}"))),
        Means::Fax => (french::phone(address), None),
        Means::Mail => (address.to_owned(), is_mail(address).then(|| format!("mailto:{address}"))),
        // Only professionals can write there.
        Means::SecureMail | Means::Other => (address.to_owned(), None),
        Means::Site => (without_scheme(address), is_site(address).then(|| address.to_owned())),
    };
    let usage = node::extension_text(telecom, "ror-telecom-usage");
    let mut about: Vec<&str> = [purpose, name, usage].into_iter().flatten().collect();
    about.dedup_by(|next, first| next.eq_ignore_ascii_case(first));
    let about = about.join(" – ");
    Some(Contact { means, about, shown, link })
}

fn is_mail(address: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '@');
    address.matches('@').count() == 1 && address.chars().all(legal)
}

/// Web addresses only: a link never runs anything.
fn is_site(address: &str) -> bool {
    (address.starts_with("https://") || address.starts_with("http://")) && !address.contains(char::is_whitespace)
}

fn without_scheme(address: &str) -> String {
    let bare = address.trim_start_matches("https://").trim_start_matches("http://");
    bare.trim_end_matches('/').to_owned()
}

fn distinct(contacts: Vec<Contact>) -> Vec<Contact> {
    let mut kept: Vec<Contact> = Vec::new();
    for contact in contacts {
        if !kept.iter().any(|known| known.means == contact.means && known.shown == contact.shown) {
            kept.push(contact);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use ror_fhir::node as tree;

    use super::*;

    fn telecom(channel: &str, value: &str) -> Node {
        tree!({"extension": [{"url": "https://x/ror-telecom-communication-channel",
            "valueCodeableConcept": {"coding": [{"system": "s", "code": channel}]}}], "value": value})
    }

    #[test]
    fn links_are_made_of_what_is_safe_only() {
        for (channel, value, shown, link) in [
            ("2", "0471745900", "04\u{a0}71\u{a0}74\u{a0}59\u{a0}00", Some("tel:+33471745900")),
            ("3", "accueil@example.fr", "accueil@example.fr", Some("mailto:accueil@example.fr")),
            ("3", "a@b?subject=x", "a@b?subject=x", None),
            ("4", "https://www.example.fr/", "www.example.fr", Some("https://www.example.fr/")),
            ("4", "javascript:alert(1)", "javascript:alert(1)", None),
            ("MSSANTE", "x@exemple.mssante.fr", "x@exemple.mssante.fr", None),
        ] {
            let read = read(&telecom(channel, value), None, None).expect("a contact");
            assert_eq!((read.shown.as_str(), read.link.as_deref()), (shown, link), "{value}");
        }
    }
}

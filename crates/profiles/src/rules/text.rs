//! Free texts that everyone reads: no telephone number, no e-mail (D24).

use ror_fhir::Node;

use super::{guide, items, rtype};
use crate::finding::Findings;

/// Members that are texts of the base rule of their resource: everyone reads them unless the
/// offer is sensitive.
const MEMBERS: &[&str] = &["name", "alias", "description", "comment", "extraDetails", "availabilityExceptions"];

/// Extensions of the same kind.
const EXTENSIONS: &[&str] = &[
    guide!("ror-comment"),
    guide!("ror-meta-comment"),
    guide!("ror-organization-comment"),
    guide!("ror-healthcareservice-psychiatric-sector"),
];

/// Texts of an address. A postal code has too few digits to be taken for a number.
const ADDRESS: &[&str] = &["text", "line", "city", "district"];

/// D24: a telephone number or an e-mail in a text escapes the levels of contacts.
pub(super) fn no_telecom_in_text(resource: &Node, findings: &mut Findings) {
    let rtype = rtype(resource);
    for member in MEMBERS {
        if resource.items(member).filter_map(Node::as_str).any(has_telecom) {
            tell(|| format!("{rtype}.{member}"), findings);
        }
    }
    // One address on a place, several on a structure: read alike.
    let is_list = resource.get("address").is_some_and(|address| address.as_array().is_some());
    for (at, address) in resource.items("address").enumerate() {
        let index = if is_list { format!("[{at}]") } else { String::new() };
        address_texts(address, &format!("{rtype}.address{index}"), findings);
    }
    for (at, extension) in items(resource, "extension") {
        let is_text = extension.str("url").is_some_and(|url| EXTENSIONS.contains(&url));
        if is_text && extension.str("valueString").is_some_and(has_telecom) {
            tell(|| format!("{rtype}.extension[{at}].value"), findings);
        }
    }
}

/// The texts of an address, those that stand in the parts of its lines too.
fn address_texts(address: &Node, place: &str, findings: &mut Findings) {
    for member in ADDRESS {
        if address.items(member).filter_map(Node::as_str).any(has_telecom) {
            tell(|| format!("{place}.{member}"), findings);
        }
    }
    let lines = address.get("_line").and_then(Node::as_array).unwrap_or_default();
    for (at, line) in lines.iter().enumerate() {
        if line.items("extension").filter_map(|part| part.str("valueString")).any(has_telecom) {
            tell(|| format!("{place}.line[{at}]"), findings);
        }
    }
}

fn tell(place: impl FnOnce() -> String, findings: &mut Findings) {
    findings.doubtful("D24", "un contact, avec son niveau de confidentialité", || {
        let message = "Ce texte, que chacun peut lire, contient un téléphone ou une adresse électronique : les donner dans un contact.";
        (place(), message.to_owned())
    });
}

/// Whether a text holds a French telephone number of ten digits, written in any usual way, or
/// an e-mail address. One look at each character.
pub(super) fn has_telecom(text: &str) -> bool {
    has_phone(text) || text.split(char::is_whitespace).any(is_email)
}

fn is_email(word: &str) -> bool {
    let Some((left, right)) = word.split_once('@') else { return false };
    let is_part = |text: &str| text.contains(|letter: char| letter.is_ascii_alphanumeric());
    is_part(left) && right.split_once('.').is_some_and(|(domain, end)| is_part(domain) && is_part(end))
}

fn has_phone(text: &str) -> bool {
    let (mut digits, mut gap, mut is_plus) = (String::new(), 0, false);
    for letter in text.chars().chain(['\n', '\n', '\n']) {
        if letter.is_ascii_digit() {
            digits.push(letter);
            gap = 0;
        } else if matches!(letter, ' ' | '.' | '-' | '/' | '(' | ')' | '\u{a0}' | '\u{202f}')
            && gap < 2
            && !digits.is_empty()
        {
            gap += 1;
        } else {
            if is_phone(&digits, is_plus) {
                return true;
            }
            digits.clear();
            gap = 0;
            is_plus = letter == '+';
        }
    }
    false
}

/// `0123456789`, `+33 1…`, `+33 (0)1…`, `0033 1…`.
fn is_phone(digits: &str, is_plus: bool) -> bool {
    let abroad = digits.strip_prefix("0033").or_else(|| digits.strip_prefix("33").filter(|_| is_plus));
    match abroad {
        Some(rest) => matches!(rest.trim_start_matches('0').len(), 9),
        None => digits.len() == 10 && digits.starts_with('0') && !digits.starts_with("00"),
    }
}

#[cfg(test)]
mod tests {
    use ror_fhir::node;

    use super::*;

    fn told(resource: &Node) -> Vec<String> {
        let mut findings = Findings::default();
        no_telecom_in_text(resource, &mut findings);
        findings.close("x").into_iter().map(|finding| finding.expression).collect()
    }

    #[test]
    fn d24_reads_addresses_too() {
        let line = node!({"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-careOf", "valueString": "x@y.fr"}]});
        let place = node!({"resourceType": "Location", "address": {
            "text": "1 rue X, 01 02 03 04 05", "line": ["1 rue X", "accueil 0102030405"], "_line": [null, line], "city": "Bourg"
        }});
        assert_eq!(told(&place), ["Location.address.text", "Location.address.line", "Location.address.line[1]"]);
        let structure = node!({"resourceType": "Organization", "address": [{"city": "Bourg", "postalCode": "01000"}, {"city": "a@b.fr"}]});
        assert_eq!(told(&structure), ["Organization.address[1].city"]);
        assert!(told(&node!({"resourceType": "Location", "address": {"line": ["12 rue du 8 mai 1945"], "postalCode": "01000"}})).is_empty());
    }
}

//! What a parameter reads in a projection, by hand.

use ror_fhir::Node;
use ror_search::ResourceType;

use crate::ask::{REFERENCES, TEXTS, TOKENS};

/// Ids of the local targets of `element`.
pub(super) fn targets<'a>(resource: &'a Node, element: &str, rtype: ResourceType) -> Vec<&'a str> {
    let texts = resource.items(element).filter_map(|reference| reference.str("reference"));
    texts.filter_map(|text| text.split_once('/').filter(|(name, _)| *name == rtype.name()).map(|(_, id)| id)).collect()
}

/// The elements that a parameter reads.
pub(super) fn elements<'a>(rtype: ResourceType, name: &str, resource: &'a Node) -> Vec<&'a Node> {
    let row = |known: ResourceType, parameter: &str| known == rtype && parameter == name;
    if name == "_tag" {
        return resource.get("meta").into_iter().flat_map(|meta| meta.items("tag")).collect();
    }
    if name == "context" {
        return resource.items("useContext").filter_map(|context| context.get("valueCodeableConcept")).collect();
    }
    if name == "date" {
        return resource.get("date").into_iter().collect();
    }
    if name == "near" {
        return resource.get("position").into_iter().collect();
    }
    if name == "commune-cog" {
        let mine =
            resource.items("extension").filter(|e| e.str("url").is_some_and(|u| u.ends_with("/ror-commune-cog")));
        return mine.filter_map(|extension| extension.get("valueCodeableConcept")).collect();
    }
    if let Some((.., element, _)) = REFERENCES.iter().find(|(known, parameter, ..)| row(*known, parameter)) {
        return resource.items(element).collect();
    }
    if let Some((.., element)) = TOKENS.iter().find(|(known, parameter, _)| row(*known, parameter)) {
        return resource.items(element).collect();
    }
    let Some((.., members)) = TEXTS.iter().find(|(known, parameter, _)| row(*known, parameter)) else { return vec![] };
    let holder = if name.starts_with("address-") { resource.get("address") } else { Some(resource) };
    holder.into_iter().flat_map(|holder| members.iter().flat_map(|member| holder.items(member))).collect()
}

/// The codes under an element: system and code.
pub(super) fn codes(element: &Node) -> Vec<(&str, String)> {
    if let Some(code) = element.as_str() {
        return vec![("", code.to_owned())];
    }
    if let Some(value) = element.str("value") {
        return vec![(element.str("system").unwrap_or_default(), identifier(value))];
    }
    let is_coding = element.get("code").is_some();
    let codings: Vec<&Node> = if is_coding { vec![element] } else { element.items("coding").collect() };
    codings.iter().filter_map(|c| Some((c.str("system").unwrap_or_default(), c.str("code")?.to_owned()))).collect()
}

/// D8.1: trimmed, letters of FINESS numbers and of what is made from them in upper case.
pub(super) fn identifier(value: &str) -> String {
    let value = value.trim();
    let is_finess = |text: &str| text.len() == 9 && text.chars().filter(char::is_ascii_digit).count() == 8;
    if is_finess(value) || value.strip_prefix('1').is_some_and(is_finess) {
        value.to_uppercase()
    } else {
        value.to_owned()
    }
}

/// D8.2 and D8.4: identifiers that match though they are not stored.
pub(super) fn derived(rtype: ResourceType, system: &str, value: &str) -> Option<(&'static str, String)> {
    const NATIONAL: &str = "urn:oid:1.2.250.1.71.4.2.2";
    const RPPS: &str = "urn:oid:1.2.250.1.71.4.2.1";
    const FINESS: &str = "https://finess.esante.gouv.fr";
    match (rtype, system) {
        (ResourceType::Organization, FINESS) => Some((NATIONAL, format!("1{value}"))),
        (ResourceType::Organization, NATIONAL) => match value.split_at_checked(1)? {
            ("1", number) => Some((FINESS, number.to_owned())),
            ("2" | "3", number) => Some(("https://sirene.fr", number.to_owned())),
            _ => None,
        },
        (ResourceType::Practitioner, RPPS) if value.len() == 11 => Some((RPPS, format!("8{value}"))),
        (ResourceType::Practitioner, RPPS) if value.len() == 12 => Some((RPPS, value[1..].to_owned())),
        _ => None,
    }
}

/// D12: without case, accents, ligatures, kind of apostrophe, hyphen for space.
pub(super) fn fold(text: &str) -> String {
    let mut out = String::new();
    for c in text.to_lowercase().chars() {
        match c {
            'à' | 'â' => out.push('a'),
            'é' | 'è' | 'ê' => out.push('e'),
            'î' => out.push('i'),
            'ô' => out.push('o'),
            'œ' => out.push_str("oe"),
            '\'' | '’' | '-' => out.push(' '),
            c => out.push(c),
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

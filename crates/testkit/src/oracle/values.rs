//! What a parameter reads in a projection, by hand.

use ror_fhir::Node;
use ror_search::ResourceType;
use ror_terminology::Terminology;

use crate::ask::Family;

/// Ids of the local targets of `element`.
pub(super) fn targets<'a>(resource: &'a Node, element: &str, rtype: ResourceType) -> Vec<&'a str> {
    let texts = resource.items(element).filter_map(|reference| reference.str("reference"));
    texts.filter_map(|text| text.split_once('/').filter(|(name, _)| *name == rtype.name()).map(|(_, id)| id)).collect()
}

/// The values at a place, written as in the table of parameters.
pub(super) fn read<'a>(node: &'a Node, at: &str) -> Vec<&'a Node> {
    let walk = |path: &str| {
        path.split('/').fold(vec![node], |nodes, name| nodes.into_iter().flat_map(|node| step(node, name)).collect())
    };
    at.split('|').flat_map(walk).collect()
}

fn step<'a>(node: &'a Node, name: &str) -> Vec<&'a Node> {
    if let Some(name) = name.strip_prefix('@') {
        let is_it = |extension: &&Node| extension.str("url").and_then(|url| url.rsplit('/').next()) == Some(name);
        return node.items("extension").filter(is_it).collect();
    }
    if name == "=" {
        let members = node.as_object().into_iter().flat_map(ror_fhir::Object::iter);
        return members.filter(|(key, _)| key.starts_with("value")).map(|(_, value)| value).collect();
    }
    match name.split_once('#') {
        Some((name, id)) => node.items(name).filter(|item| item.str("id") == Some(id)).collect(),
        None => node.items(name).collect(),
    }
}

/// A record: its parts, of which the last may be one limit of an equipment.
pub(super) type Record<'a> = Vec<&'a Node>;

/// The records of a family (D1); an equipment counts once for each of its limits.
pub(super) fn records(resource: &Node, family: Family) -> Vec<Record<'_>> {
    let of = |name: &str| read(resource, name);
    match family {
        Family::Capacity => of("@ror-location-supported-capacity").into_iter().map(|record| vec![record]).collect(),
        Family::Dwelling => of("@ror-location-residential-capacity").into_iter().map(|record| vec![record]).collect(),
        Family::Price => of("@ror-organization-price").into_iter().map(|record| vec![record]).collect(),
        Family::Equipment => of("@ror-location-equipment")
            .into_iter()
            .flat_map(|equipment| {
                let limits = read(equipment, "@ror-location-equipment-limit");
                if limits.is_empty() {
                    return vec![vec![equipment]];
                }
                limits.into_iter().map(|limit| vec![equipment, limit]).collect()
            })
            .collect(),
    }
}

/// The codes under an element: system and code.
pub(super) fn codes(element: &Node) -> Vec<(&str, String)> {
    if let Some(code) = element.as_str() {
        return vec![("", code.to_owned())];
    }
    if let Some(value) = element.as_bool() {
        return vec![("", value.to_string())];
    }
    if let Some(value) = element.str("value") {
        return vec![(element.str("system").unwrap_or_default(), identifier(value))];
    }
    let coded = |coding: &&Node| coding.str("code").is_some();
    codings(element)
        .into_iter()
        .filter(coded)
        .map(|coding| (coding.str("system").unwrap_or_default(), coding.str("code").unwrap_or_default().to_owned()))
        .collect()
}

fn codings(element: &Node) -> Vec<&Node> {
    if element.get("code").is_some() { vec![element] } else { element.items("coding").collect() }
}

/// The labels of an element: that of the nomenclature, else what the value says of itself.
pub(super) fn labels(element: &Node) -> Vec<String> {
    let of = |coding: &Node| {
        let known = Terminology::embedded().display(coding.str("system")?, coding.str("code")?);
        known.or_else(|| coding.str("display")).map(ToOwned::to_owned)
    };
    let codings = codings(element).into_iter().filter_map(of);
    codings.chain(element.str("text").map(ToOwned::to_owned)).collect()
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
            'ç' => out.push('c'),
            'é' | 'è' | 'ê' | 'ë' => out.push('e'),
            'î' | 'ï' => out.push('i'),
            'ô' => out.push('o'),
            'û' | 'ù' => out.push('u'),
            'œ' => out.push_str("oe"),
            '\'' | '’' | '-' => out.push(' '),
            c => out.push(c),
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

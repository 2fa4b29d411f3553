//! Reading FHIR trees: extensions by the end of their address, codes by their label.

use ror_fhir::Node;
use ror_registers::cog::Position;
use ror_terminology::Terminology;

/// The first extension whose address ends so.
pub(crate) fn extension<'a>(node: &'a Node, name: &'a str) -> Option<&'a Node> {
    extensions(node, name).next()
}

/// The extensions whose address ends so.
pub(crate) fn extensions<'a>(node: &'a Node, name: &'a str) -> impl Iterator<Item = &'a Node> {
    node.items("extension").filter(move |extension| {
        extension.str("url").is_some_and(|url| url == name || url.rsplit('/').next() == Some(name))
    })
}

/// A part of a nested extension.
pub(crate) fn part<'a>(node: &'a Node, name: &'a str) -> Option<&'a Node> {
    extension(node, name)
}

/// The label of the value of an extension.
pub(crate) fn extension_label(node: &Node, name: &str) -> Option<String> {
    label(extension(node, name)?.get("valueCodeableConcept")?)
}

/// Labels of the values of the extensions of that name.
pub(crate) fn extension_labels(node: &Node, name: &str) -> Vec<String> {
    extensions(node, name).filter_map(|extension| label(extension.get("valueCodeableConcept")?)).collect()
}

/// The text of an extension.
pub(crate) fn extension_text<'a>(node: &'a Node, name: &'a str) -> Option<&'a str> {
    extension(node, name)?.str("valueString").filter(|text| !text.trim().is_empty())
}

/// The first known label of a concept.
pub(crate) fn label(concept: &Node) -> Option<String> {
    concept.items("coding").find_map(coding_label).or_else(|| concept.str("text").map(str::to_owned))
}

/// The label of a coding in our lists, else the one it carries.
pub(crate) fn coding_label(coding: &Node) -> Option<String> {
    let (system, code) = (coding.str("system")?, coding.str("code")?);
    let known = Terminology::embedded().display(system, code);
    known.or_else(|| coding.str("display")).map(str::to_owned)
}

/// The codings of an element, of systems whose address holds `system`.
pub(crate) fn codings<'a>(node: &'a Node, key: &'a str, system: &'a str) -> impl Iterator<Item = &'a Node> {
    node.items(key)
        .flat_map(|concept| concept.items("coding"))
        .filter(move |coding| coding.str("system").is_some_and(|known| known.contains(system)))
}

/// Labels of an element, of systems whose address holds `system`.
pub(crate) fn labels(node: &Node, key: &str, system: &str) -> Vec<String> {
    let mut labels: Vec<String> = codings(node, key, system).filter_map(coding_label).collect();
    labels.dedup();
    labels
}

/// The category of a structure (R66, or R02 for city practices).
pub(crate) fn category(structure: &Node) -> Option<&Node> {
    let categories = structure.items("type").flat_map(|concept| concept.items("coding"));
    categories.into_iter().find(|coding| {
        coding.str("system").is_some_and(|system| {
            system.contains("TRE_R66-CategorieEtablissement") || system.contains("TRE_R02-SecteurActivite")
        })
    })
}

/// INSEE code of the commune of an address.
pub(crate) fn commune(address: &Node) -> Option<&str> {
    extension(address, "FrAddressInseeCode")?.get("valueCoding")?.str("code")
}

/// INSEE code of the commune of a place.
pub(crate) fn commune_of_place(place: &Node) -> Option<&str> {
    extension(place, "ror-commune-cog")?.get("valueCodeableConcept")?.items("coding").next()?.str("code")
}

/// The position of a place.
pub(crate) fn position(place: &Node) -> Option<Position> {
    let position = place.get("position")?;
    let degrees = |key| position.get(key).and_then(Node::as_f64);
    Some(Position { latitude: degrees("latitude")?, longitude: degrees("longitude")? })
}

/// The value of the identifier whose type has this code.
pub(crate) fn identifier<'a>(node: &'a Node, code: &str) -> Option<&'a str> {
    let of_type = |identifier: &&Node| {
        let types = identifier.get("type").into_iter().flat_map(|kind| kind.items("coding"));
        types.into_iter().any(|coding| coding.str("code") == Some(code))
    };
    node.items("identifier").find(of_type)?.str("value")
}

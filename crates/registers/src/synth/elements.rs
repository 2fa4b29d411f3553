//! The small FHIR shapes that synthetic resources repeat by the thousand, built without a detour
//! through JSON literals: a territory is generated at each `ror demo`.

use ror_fhir::{DateTime, Instant, Node, Object};

use crate::shapes::ROR_EXTENSION;

/// An object of these members.
pub(super) fn object<const COUNT: usize>(members: [(&str, Node); COUNT]) -> Node {
    let mut object = Object::new();
    for (key, value) in members {
        object.insert(key, value);
    }
    Node::Object(object)
}

/// The address of a nomenclature, from its number and name: `R211-ActiviteOperationnelle`.
pub(super) fn system(tre: &str) -> String {
    format!("https://mos.esante.gouv.fr/NOS/TRE_{tre}/FHIR/TRE-{tre}")
}

/// A Coding of a nomenclature.
pub(super) fn coding(tre: &str, code: &str) -> Node {
    object([("system", system(tre).into()), ("code", code.into())])
}

/// A CodeableConcept of one coding.
pub(super) fn concept(tre: &str, code: &str) -> Node {
    object([("coding", Node::Array(vec![coding(tre, code)]))])
}

/// A CodeableConcept of several codings of one nomenclature.
pub(super) fn concepts(tre: &str, codes: &[String]) -> Node {
    object([("coding", Node::Array(codes.iter().map(|code| coding(tre, code)).collect()))])
}

/// A sub-extension or another extension with a value.
pub(super) fn part(url: &str, value_key: &str, value: impl Into<Node>) -> Node {
    object([("url", url.into()), (value_key, value.into())])
}

/// A sub-extension whose value is a coded concept.
pub(super) fn coded(url: &str, tre: &str, code: &str) -> Node {
    part(url, "valueCodeableConcept", concept(tre, code))
}

/// An extension of the guide with a value.
pub(super) fn ror(id: &str, value_key: &str, value: impl Into<Node>) -> Node {
    part(&format!("{ROR_EXTENSION}{id}"), value_key, value)
}

/// An extension of the guide whose value is a coded concept.
pub(super) fn ror_coded(id: &str, tre: &str, code: &str) -> Node {
    ror(id, "valueCodeableConcept", concept(tre, code))
}

/// An extension of the guide made of sub-extensions.
pub(super) fn ror_complex(id: &str, parts: Vec<Node>) -> Node {
    object([("extension", Node::Array(parts)), ("url", format!("{ROR_EXTENSION}{id}").into())])
}

/// The creation date of a record.
pub(super) fn created(at: Instant) -> Node {
    ror("ror-meta-creation-date", "valueDateTime", date_time(at))
}

/// An instant as text, legal time of Paris.
pub(super) fn date_time(at: Instant) -> String {
    DateTime::format_instant(at)
}

/// The day of an instant in Paris.
pub(super) fn day(at: Instant) -> String {
    date_time(at).get(..10).unwrap_or_default().to_owned()
}

/// `meta` with the tag of the region.
pub(super) fn meta(region: &str) -> Node {
    object([("tag", Node::Array(vec![coding("R30-RegionOM", region)]))])
}

/// A reference to another resource of the harvest, by its key.
pub(super) fn reference(key: &str) -> Node {
    object([("reference", format!("key:{key}").into())])
}

/// Appends to the list `key` of `resource`, created when absent.
pub(super) fn push(resource: &mut Node, key: &str, value: Node) {
    let Some(resource) = resource.as_object_mut() else { return };
    match resource.get_mut(key) {
        Some(Node::Array(items)) => items.push(value),
        _ => {
            resource.insert(key, Node::Array(vec![value]));
        }
    }
}

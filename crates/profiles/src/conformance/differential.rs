//! The elements of a differential (FHIR R4 ElementDefinition).

use ror_fhir::{Node, Object, node};

use crate::tables::{How, Strength};

/// Said of a list that is bound and whose codes no source of this program gives.
const NOT_HELD: &str = "Ce serveur ne tient pas cette liste : il n'en vérifie pas les codes.";

/// An element by its id (with slices) and its path (without).
pub(super) fn element(id: &str) -> Object {
    let mut out = Object::new();
    out.insert("id", id);
    out.insert("path", path_of(id));
    if let Some((_, slice)) = last(id).split_once(':') {
        out.insert("sliceName", slice);
    }
    out
}

/// Path of an id: `Organization.identifier` for `Organization.identifier:finess`.
pub(super) fn path_of(id: &str) -> String {
    let segments = id.split('.').map(|segment| segment.split_once(':').map_or(segment, |(name, _)| name));
    segments.collect::<Vec<_>>().join(".")
}

/// Id of the element that a slice is of: `Organization.identifier` for `Organization.identifier:finess`.
pub(super) fn sliced(id: &str) -> Option<&str> {
    last(id).split_once(':').map(|(_, slice)| &id[..id.len() - slice.len() - 1])
}

fn last(id: &str) -> &str {
    id.rsplit('.').next().unwrap_or(id)
}

/// FHIR's `*` for no limit.
pub(super) fn bound(max: Option<u32>) -> String {
    max.map_or_else(|| "*".to_owned(), |max| max.to_string())
}

/// An extension by the address of its definition.
pub(super) fn extension_type(address: &str) -> Node {
    node!([{"code": "Extension", "profile": [address]}])
}

/// Types; those that lead to resources say to which.
pub(super) fn types(codes: &[&str], targets: &[&str]) -> Node {
    let targets: Vec<Node> =
        targets.iter().map(|target| format!("http://hl7.org/fhir/StructureDefinition/{target}").into()).collect();
    let one = |code: &&str| {
        let leads = matches!(*code, "Reference" | "canonical") && !targets.is_empty();
        if leads { node!({"code": code, "targetProfile": (&targets)}) } else { node!({"code": code}) }
    };
    codes.iter().map(one).collect::<Vec<_>>().into()
}

pub(super) fn binding(value_set: &str, strength: Option<Strength>) -> Node {
    let strength = match strength {
        Some(Strength::Required) | None => "required",
        Some(Strength::Extensible) => "extensible",
    };
    if super::is_held(value_set) {
        node!({"strength": strength, "valueSet": value_set})
    } else {
        node!({"strength": strength, "description": NOT_HELD, "valueSet": value_set})
    }
}

/// How the slices of an element are told, as validation does; open, since the guide closes none.
pub(super) fn slicing(hows: &[How], is_coding: bool) -> Node {
    let mut discriminators: Vec<Node> = Vec::new();
    for (kind, path) in hows.iter().flat_map(|how| discriminators_of(*how, is_coding)) {
        let discriminator = node!({"type": kind, "path": path});
        if !discriminators.contains(&discriminator) {
            discriminators.push(discriminator);
        }
    }
    let mut out = Object::new();
    if discriminators.is_empty() {
        out.insert("description", "Le guide ne dit pas comment reconnaître ces valeurs.");
    } else {
        out.insert("discriminator", discriminators);
    }
    out.insert("rules", "open");
    out.into()
}

fn discriminators_of(how: How, is_coding: bool) -> Vec<(&'static str, &'static str)> {
    let system = ("value", if is_coding { "system" } else { "coding.system" });
    match how {
        How::Whole | How::Never => vec![],
        How::Url(_) => vec![("value", "url")],
        How::TypeCode(_) => vec![("value", "type.coding.code")],
        How::System => vec![system],
        How::Act(_) => vec![
            system,
            ("value", "extension('https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-act-type').value"),
        ],
        How::Id(_) => vec![("value", "id")],
        How::Pattern(child) => vec![("pattern", child)],
        How::Type(_) => vec![("type", "$this")],
    }
}

/// `patternCodeableConcept` for a `CodeableConcept`.
pub(super) fn pattern_key(type_name: &str) -> String {
    let mut letters = type_name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    format!("pattern{}{}", first.map(String::from).unwrap_or_default(), letters.as_str())
}

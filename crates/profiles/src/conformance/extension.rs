//! An extension as a StructureDefinition.

use ror_fhir::{Node, Object, node};

use super::{Identity, differential, head, with_differential};
use crate::tables::{Extension, How, Part, Tables};

const PARENT: &str = "http://hl7.org/fhir/StructureDefinition/Extension";

pub(super) fn definition(tables: &Tables, extension: &Extension) -> Node {
    let identity = Identity {
        id: extension.id,
        url: extension.url,
        name: extension.name,
        kind: "complex-type",
        constrained: "Extension",
        // A profile on a published extension keeps its address in instances.
        parent: if extension.instance_url == extension.url { PARENT } else { extension.instance_url },
    };
    let context = contexts(tables, extension).iter().map(|place| context(place)).collect();
    let elements = if extension.is_complex { complex(tables, extension) } else { simple(extension) };
    with_differential(head(tables, &identity, tables.guide().version, context), &elements)
}

/// Where it may stand: as declared, and where the guide's own profiles put it besides (trap 10 of
/// the model); somewhere, whatever the guide says (FHIR R4 sdf-5).
fn contexts(tables: &Tables, extension: &Extension) -> Vec<String> {
    let mut all: Vec<String> = extension.contexts.iter().map(|one| (*one).to_owned()).collect();
    for profile in tables.profiles() {
        for row in profile.elements.iter().filter(|row| row.extension == Some(extension.instance_url)) {
            let path = differential::path_of(&format!("{}.{}", profile.resource_type, row.path));
            let place = path.strip_suffix(".extension").unwrap_or(&path);
            let kind = row_type(tables, place);
            let is_covered = |declared: &String| {
                declared == place
                    || Some(declared.as_str()) == kind
                    || declared == "DomainResource"
                    || declared == "Element"
            };
            if !all.iter().any(is_covered) {
                all.push(place.to_owned());
            }
        }
    }
    if all.is_empty() {
        all.push("Element".to_owned());
    }
    all
}

/// The data type of an element: `ContactPoint` of `Location.telecom`.
fn row_type<'t>(tables: &'t Tables, path: &str) -> Option<&'t str> {
    let (owner, name) = path.rsplit_once('.')?;
    tables.elements(owner)?.iter().find(|element| element.name == name)?.types.first().copied()
}

fn context(expression: &str) -> Node {
    // The guide calls some paths extensions; an address is one, a path is not.
    let kind = if expression.contains("://") { "extension" } else { "element" };
    node!({"type": kind, "expression": expression})
}

fn simple(extension: &Extension) -> Vec<Node> {
    let mut value = differential::element("Extension.value[x]");
    value.insert("type", differential::types(&extension.types, &extension.targets));
    if let Some(value_set) = extension.value_set {
        value.insert("binding", differential::binding(value_set, extension.strength));
    }
    vec![
        differential::element("Extension").into(),
        none("Extension.extension"),
        address("Extension.url", extension.instance_url),
        value.into(),
    ]
}

fn complex(tables: &Tables, extension: &Extension) -> Vec<Node> {
    let mut parts = differential::element("Extension.extension");
    parts.insert("slicing", differential::slicing(&[How::Url(extension.url)], false));
    let mut out = vec![differential::element("Extension").into(), parts.into()];
    for part in &extension.parts {
        out.extend(self::part(tables, part));
    }
    out.push(address("Extension.url", extension.instance_url));
    out.push(none("Extension.value[x]"));
    out
}

fn part(tables: &Tables, part: &Part) -> Vec<Node> {
    let defined = tables.extension(part.url);
    let id = format!("Extension.extension:{}", defined.map_or(part.url, |extension| extension.id));
    let mut whole: Object = differential::element(&id);
    whole.insert("min", part.min);
    whole.insert("max", differential::bound(part.max));
    if let Some(extension) = defined {
        whole.insert("type", differential::extension_type(extension.url));
        return vec![whole.into()];
    }
    let mut value = differential::element(&format!("{id}.value[x]"));
    value.insert("type", differential::types(&part.types, &[]));
    if let Some(value_set) = part.value_set {
        value.insert("binding", differential::binding(value_set, part.strength));
    }
    vec![whole.into(), none(&format!("{id}.extension")), address(&format!("{id}.url"), part.url), value.into()]
}

/// An element that is not there.
fn none(id: &str) -> Node {
    let mut out = differential::element(id);
    out.insert("max", "0");
    out.into()
}

fn address(id: &str, url: &str) -> Node {
    let mut out = differential::element(id);
    out.insert("fixedUri", url);
    out.into()
}

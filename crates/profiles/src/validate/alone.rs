//! One value where a list is due, as the national samples write some (D4).

use ror_fhir::Node;

use super::{DEPTH_MAX, find};
use crate::tables::Tables;

/// The elements that those samples write so; any other is refused.
const WRITTEN_ALONE: &[&str] = &["address", "category", "coding", "extension", "given", "identifier", "telecom"];

/// Whether one value may stand for the list of that element.
pub(super) fn is_tolerated(name: &str, value: &Node) -> bool {
    match value {
        Node::Object(object) => !object.is_empty() && WRITTEN_ALONE.contains(&name),
        Node::String(_) => name == "given",
        _ => false,
    }
}

/// Makes a list of each value that stands alone for one and that lenient handling takes (D4):
/// what is kept is FHIR, whatever was sent.
///
/// ```
/// use ror_fhir::node;
/// let mut place = node!({"resourceType": "Location", "identifier": {"value": "84/1"}, "address": {"city": "Bourg"}});
/// ror_profiles::make_lists(&mut place);
/// assert_eq!(place, node!({"resourceType": "Location", "identifier": [{"value": "84/1"}], "address": {"city": "Bourg"}}));
/// ```
pub fn make_lists(resource: &mut Node) {
    let tables = Tables::embedded();
    let known = resource.str("resourceType").and_then(|name| tables.profile(name)).map(|found| found.resource_type);
    if let Some(type_name) = known {
        inside(resource, type_name, 0);
    }
}

fn inside(node: &mut Node, type_name: &'static str, depth: usize) {
    let Some(elements) = Tables::embedded().elements(type_name).filter(|_| depth < DEPTH_MAX) else { return };
    let Some(object) = node.as_object_mut() else { return };
    for (key, value) in object.iter_mut() {
        // Beside a primitive value stands an element.
        let Some((element, type_name, is_companion)) = find(elements, key) else { continue };
        let type_name = if is_companion { "Element" } else { type_name };
        if !is_companion && element.max != Some(1) && is_tolerated(element.name, value) {
            *value = Node::Array(vec![std::mem::replace(value, Node::Null)]);
        }
        match value {
            Node::Array(items) => items.iter_mut().for_each(|item| inside(item, type_name, depth + 1)),
            one => inside(one, type_name, depth + 1),
        }
    }
}

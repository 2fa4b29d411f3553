//! Reference parameters.

use ror_fhir::{Node, Reference};

use crate::{ParamId, ResourceType, Term};

/// Reads the local target of a Reference element.
pub(crate) fn target(node: &Node) -> Option<(ResourceType, &str)> {
    match Reference::parse(node.str("reference")?) {
        Reference::Local { rtype, id } => Some((ResourceType::parse(rtype)?, id)),
        _ => None,
    }
}

/// Tells every local target named in `node`, however deep, whatever its element.
pub(crate) fn targets_anywhere<'a>(node: &'a Node, tell: &mut impl FnMut(ResourceType, &'a str)) {
    match node {
        Node::Object(object) => {
            if let Some((rtype, id)) = target(node) {
                tell(rtype, id);
            }
            object.iter().for_each(|(_, value)| targets_anywhere(value, tell));
        }
        Node::Array(items) => items.iter().for_each(|item| targets_anywhere(item, tell)),
        _ => {}
    }
}

/// The terms that a written value asks for: `Type/id`, `id`, or an address that ends so.
pub(crate) fn asked(parameter: ParamId, targets: &[ResourceType], written: &str) -> Option<Vec<Term>> {
    let local = match Reference::parse(written) {
        Reference::Absolute(address) if address.starts_with("http") => tail(address)?,
        _ => written,
    };
    if let Reference::Local { rtype, id } = Reference::parse(local)
        && local.contains('/')
    {
        let rtype = ResourceType::parse(rtype).filter(|rtype| targets.contains(rtype))?;
        return Some(vec![Term::reference(parameter, rtype, id)]);
    }
    if !ror_fhir::is_logical_id(local) {
        return None;
    }
    Some(targets.iter().map(|rtype| Term::reference(parameter, *rtype, local)).collect())
}

/// `Type/id` at the end of an address.
fn tail(address: &str) -> Option<&str> {
    let id = address.rfind('/')?;
    let rtype = address[..id].rfind('/')?;
    Some(&address[rtype + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_writings_ask_for_the_same() {
        let targets = [ResourceType::Location];
        let expected = Some(vec![Term::reference(4, ResourceType::Location, "9")]);
        for written in ["9", "Location/9", "https://ror.example/fhir/Location/9"] {
            assert_eq!(asked(4, &targets, written), expected, "{written}");
        }
        for written in ["", "Patient/9", "a b", "urn:uuid:9"] {
            assert_eq!(asked(4, &targets, written), None, "{written}");
        }
    }
}

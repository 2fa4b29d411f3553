//! Reference parameters.

use ror_fhir::{Node, Reference};

use super::ask::{Asked, How, Leaf, plain_only, unescape};
use super::token;
use crate::query::{Filter, QueryError, Reader};
use crate::{Extracted, OutgoingReference, ParamId, Parameter, Relation, ResourceType, Term};

/// A reference: its target here, and the identifier by which it may name one.
pub(crate) fn extract(parameter: ParamId, node: &Node, out: &mut Extracted) {
    if let Some((rtype, id)) = target(node) {
        out.terms.push(Term::reference(parameter, rtype, id));
        out.references.push(OutgoingReference { parameter, rtype, id: id.into() });
    }
    if let Some(identifier) = node.get("identifier") {
        token::terms(parameter, identifier, &mut out.terms, &mut |_| {});
    }
}

/// An id, `Type/id` or an address; `:<Type>` and `:identifier` (D12).
pub(crate) fn ask(
    reader: &mut Reader<'_>,
    parameter: &Parameter,
    how: How<'_>,
    asked: &Asked<'_>,
) -> Result<Leaf, QueryError> {
    let targets = match how {
        How::Modifier("identifier") => return identified(reader, parameter, asked),
        How::Modifier(typed) => match ResourceType::parse(typed).filter(|rtype| parameter.targets.contains(rtype)) {
            Some(rtype) => vec![rtype],
            None => return Err(asked.unknown_modifier(parameter, typed)),
        },
        other => {
            plain_only(parameter, other, asked)?;
            parameter.targets.clone()
        }
    };
    let mut any = Vec::new();
    for value in asked.values {
        let terms = terms_asked(parameter.id, &targets, unescape(value).trim()).ok_or_else(|| {
            let names: Vec<_> = targets.iter().map(|target| target.name()).collect();
            asked.error(&format!("référence attendue : id ou {}/id", names.join("/id, ")), value)
        })?;
        any.extend(terms);
    }
    Ok(Leaf::new(Filter::terms(any)))
}

/// The reference holds that identifier, or leads to a resource that bears it.
fn identified(reader: &mut Reader<'_>, parameter: &Parameter, asked: &Asked<'_>) -> Result<Leaf, QueryError> {
    let mut any = Vec::new();
    for value in asked.values {
        let (system, value) = token::split_token(value);
        let value = token::normal_identifier(&value);
        any.push(match system {
            Some(system) => Term::system_code(parameter.id, &system, &value),
            None => Term::code(parameter.id, &value),
        });
    }
    let mut ways = vec![Filter::terms(any)];
    for rtype in &parameter.targets {
        let Some(identifier) = reader.registry.find(*rtype, "identifier") else { continue };
        let borne = token::ask(reader, identifier, How::Plain, asked)?;
        ways.push(Filter::related(Relation::Target { reference: parameter.id, rtype: *rtype }, borne.held));
    }
    Ok(Leaf::new(Filter::Any(ways)))
}

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
fn terms_asked(parameter: ParamId, targets: &[ResourceType], written: &str) -> Option<Vec<Term>> {
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
            assert_eq!(terms_asked(4, &targets, written), expected, "{written}");
        }
        for written in ["", "Patient/9", "a b", "urn:uuid:9"] {
            assert_eq!(terms_asked(4, &targets, written), None, "{written}");
        }
    }
}

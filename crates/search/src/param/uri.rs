//! Address parameters: a canonical address is compared as it is written (FHIR R4 §3.1.1.4.14).

use ror_fhir::Node;

use super::ask::{Asked, How, Leaf, plain_only, unescape};
use crate::query::{Filter, QueryError};
use crate::{Extracted, ParamId, Parameter, Term};

/// The address, letter for letter.
pub(crate) fn extract(parameter: ParamId, node: &Node, out: &mut Extracted) {
    if let Some(address) = node.as_str() {
        out.terms.push(Term::exact(parameter, address));
    }
}

/// An address, or several.
pub(crate) fn ask(parameter: &Parameter, how: How<'_>, asked: &Asked<'_>) -> Result<Leaf, QueryError> {
    plain_only(parameter, how, asked)?;
    let term = |value: &String| match unescape(value).trim() {
        "" => Err(asked.error("adresse attendue", "")),
        address => Ok(Term::exact(parameter.id, address)),
    };
    Ok(Leaf::new(Filter::terms(asked.values.iter().map(term).collect::<Result<_, _>>()?)))
}

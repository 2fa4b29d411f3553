//! Text parameters (D12).

use ror_fhir::Node;
use ror_terminology::fold;

use super::ask::{Asked, How, Leaf, folded, plain_only, unescape};
use crate::query::{Filter, QueryError};
use crate::{Extracted, ParamId, Parameter, Term, Test};

/// One text: folded, so that a prefix finds it, and as written for `:exact`.
pub(crate) fn extract(parameter: ParamId, node: &Node, out: &mut Extracted) {
    let Some(text) = node.as_str() else { return };
    let folded = fold(text);
    out.terms.push(Term::folded(parameter, &folded));
    out.terms.push(Term::exact(parameter, text));
    super::add_sort_key(parameter, &folded, &mut out.columns);
}

/// Starts with, contains (`:contains`), is (`:exact`), ends with (`ew` of a filter).
pub(crate) fn ask(parameter: &Parameter, how: How<'_>, asked: &Asked<'_>) -> Result<Leaf, QueryError> {
    let id = parameter.id;
    // Also for `:exact`: a text that folds to nothing is no question.
    let texts = folded(asked)?;
    let test = match how {
        How::Plain if &*parameter.name == "address-postalcode" => {
            let any = asked.values.iter().zip(texts).flat_map(|(value, folded)| postal_prefixes(value, folded));
            Test::StartsWith { parameter: id, any: any.collect() }
        }
        How::Plain => Test::StartsWith { parameter: id, any: texts },
        How::Modifier("contains") => Test::Contains { parameter: id, any: texts },
        How::Modifier("exact") => {
            Test::Terms(asked.values.iter().map(|value| Term::exact(id, &unescape(value))).collect())
        }
        How::Ends => Test::EndsWith { parameter: id, any: texts },
        other => {
            plain_only(parameter, other, asked)?;
            Test::StartsWith { parameter: id, any: texts }
        }
    };
    Ok(Leaf::new(Filter::Test(test)))
}

/// The two-digit writings of Corsica's postal codes (D12).
fn postal_prefixes(value: &str, folded: String) -> Vec<String> {
    match value.trim().to_ascii_uppercase().as_str() {
        "2A" => vec!["200".to_owned(), "201".to_owned()],
        "2B" => vec!["202".to_owned(), "206".to_owned()],
        _ => vec![folded],
    }
}

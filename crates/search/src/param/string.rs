//! Text parameters (D12).

use ror_fhir::Node;
use ror_terminology::fold;

use crate::{ParamId, Term};

/// Terms of one text: folded, so that a prefix finds it, and as written for `:exact`.
pub(crate) fn terms(parameter: ParamId, node: &Node, into: &mut Vec<Term>, sort_key: &mut dyn FnMut(&str)) {
    let Some(text) = node.as_str() else { return };
    let folded = fold(text);
    into.push(Term::folded(parameter, &folded));
    into.push(Term::exact(parameter, text));
    sort_key(&folded);
}

/// The two-digit writings of Corsica's postal codes (D12).
pub(crate) fn postal_prefixes(value: &str) -> Vec<String> {
    match value.to_ascii_uppercase().as_str() {
        "2A" => vec!["200".to_owned(), "201".to_owned()],
        "2B" => vec!["202".to_owned(), "206".to_owned()],
        _ => vec![value.to_owned()],
    }
}

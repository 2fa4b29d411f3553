//! Code and identifier parameters, as a resource holds them. How a question is read: `token/asked.rs`.

mod asked;
mod identifier;

pub(crate) use asked::{DEPARTEMENTS, REGIONS, SIRENE, ask, split_token};
pub(crate) use identifier::{derived_identifiers, normal_identifier};

use ror_fhir::Node;
use ror_terminology::{Terminology, fold};

use crate::{Extracted, Holds, ParamId, Parameter, Term};

/// The terms, sort keys and labels of one value.
pub(crate) fn extract(parameter: &Parameter, node: &Node, out: &mut Extracted) {
    let Extracted { terms: into, columns, .. } = out;
    let mut sort_key = |key: &str| super::add_sort_key(parameter.id, key, columns);
    if let (Some(system), Some(code)) = (&parameter.system, node.as_str()) {
        push(parameter.id, Some(system), code, into);
    }
    terms(parameter.id, node, into, &mut sort_key);
    if parameter.holds == Holds::Codes {
        labels(parameter.id, node, into);
    }
}

/// Terms of one value: a Coding, a CodeableConcept, an Identifier, a code or a boolean.
/// Tells each code by which the value sorts (D7).
pub(crate) fn terms(parameter: ParamId, node: &Node, into: &mut Vec<Term>, sort_key: &mut dyn FnMut(&str)) {
    let mut take = |system: Option<&str>, code: &str, into: &mut Vec<Term>| {
        push(parameter, system, code, into);
        sort_key(code);
    };
    match node {
        Node::String(code) => take(None, code, into),
        Node::Bool(value) => take(None, if *value { "true" } else { "false" }, into),
        Node::Object(object) if object.get("coding").is_some() => {
            node.items("coding").for_each(|coding| terms(parameter, coding, into, sort_key));
        }
        Node::Object(object) if object.get("code").is_some() => {
            if let Some(code) = node.str("code") {
                take(node.str("system"), code, into);
            }
        }
        Node::Object(object) if object.get("value").is_some() => {
            if let Some(value) = node.str("value").map(normal_identifier) {
                take(node.str("system"), &value, into);
                identifier_types(parameter, node, &value, into);
            }
        }
        _ => {}
    }
}

/// A code under the three writings that find it.
pub(crate) fn push(parameter: ParamId, system: Option<&str>, code: &str, into: &mut Vec<Term>) {
    into.push(Term::code(parameter, code));
    into.push(Term::system_code(parameter, system.unwrap_or_default(), code));
    if let Some(system) = system {
        into.push(Term::system(parameter, system));
    }
}

/// Type of the identifier that another system gave to a place.
const EXTERNAL: &str = "26";

fn identifier_types(parameter: ParamId, node: &Node, value: &str, into: &mut Vec<Term>) {
    for kind in node.get("type").into_iter().flat_map(|kind| kind.items("coding")) {
        if let Some(code) = kind.str("code") {
            into.push(Term::identifier_of_type(parameter, kind.str("system").unwrap_or_default(), code, value));
            if code == EXTERNAL {
                into.push(Term::identifier_of_code(parameter, code, value));
            }
        }
    }
}

/// The labels that no list gives: the text of a concept, the display of a coding where it is not
/// that of its list. The others are found by their codes (`:text`).
fn labels(parameter: ParamId, node: &Node, into: &mut Vec<Term>) {
    let listed: Vec<String> = codings(node).filter_map(listed_label).map(fold).collect();
    let written = node.str("text").into_iter().chain(codings(node).filter_map(|coding| coding.str("display")));
    for label in written.map(fold).filter(|label| !label.is_empty() && !listed.contains(label)) {
        into.push(Term::folded(parameter, &label));
    }
}

fn codings(node: &Node) -> impl Iterator<Item = &Node> {
    let itself = (node.get("coding").is_none() && node.get("code").is_some()).then_some(node);
    node.items("coding").chain(itself)
}

fn listed_label(coding: &Node) -> Option<&'static str> {
    Terminology::embedded().display(coding.str("system")?, coding.str("code")?)
}

#[cfg(test)]
mod tests {
    use ror_fhir::node;

    use super::*;

    #[test]
    fn every_shape_of_a_coded_value_is_read() {
        for node in [
            node!({"coding": [{"system": "s", "code": "c"}]}),
            node!({"system": "s", "code": "c"}),
            node!({"system": "s", "value": "c"}),
        ] {
            let (mut found, mut keys) = (Vec::new(), Vec::new());
            terms(1, &node, &mut found, &mut |key| keys.push(key.to_owned()));
            assert_eq!(keys, ["c"]);
            assert!(found.contains(&Term::system_code(1, "s", "c")) && found.contains(&Term::system(1, "s")));
        }
    }

    #[test]
    fn only_labels_that_no_list_gives_are_kept() {
        let system = "https://mos.esante.gouv.fr/NOS/TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite";
        let listed = Terminology::embedded().display(system, "03").expect("a code of R227");
        let found = |node: Node| {
            let mut found = Vec::new();
            labels(1, &node, &mut found);
            found
        };
        let upper = listed.to_uppercase();
        assert_eq!(found(node!({"coding": [{"system": system, "code": "03", "display": upper}], "text": listed})), []);
        let own = node!({"coding": [{"system": system, "code": "03", "display": "Santé mentale"}], "text": "Le CMP"});
        assert_eq!(found(own), [Term::folded(1, "le cmp"), Term::folded(1, "sante mentale")]);
        assert_eq!(found(node!({"system": "x", "code": "1", "display": "Un"})), [Term::folded(1, "un")]);
    }
}

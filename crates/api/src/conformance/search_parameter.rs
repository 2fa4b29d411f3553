//! SearchParameters, from the tables that requests are read with (FHIR R4 §3.1.1).
//!
//! A parameter of FHIR itself keeps FHIR's address and FHIR's definition: one resource stands for
//! `_id` of all types. How this server reads it is in the statement of capabilities, which is
//! ours. A parameter of ours says how it is read, at an address of the guide.

use ror_fhir::{Node, Object};
use ror_profiles::Guide;
use ror_search::{Parameter, Registry, ResourceType};

use crate::route::ConformanceKind;

/// Version of what FHIR itself publishes.
const FHIR_VERSION: &str = "4.0.1";
const FHIR_DATE: &str = "2019-11-01";
const PUBLISHER: &str = "Agence du Numérique en Santé (ANS)";
const FHIR_PREFIX: &str = "http://hl7.org/fhir/SearchParameter/";
/// Before the names of parameters that neither FHIR nor the guide defines.
const OWN_PREFIX: &str = "urn:ror:parametre:";
const COMPARATORS: [&str; 9] = ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"];

/// A parameter of one or several types, before it becomes a resource.
struct Definition {
    url: String,
    code: String,
    kind: &'static str,
    base: Vec<&'static str>,
    expressions: Vec<String>,
    targets: Vec<&'static str>,
    modifiers: Vec<&'static str>,
}

/// Every parameter served, each address once.
pub(super) fn all(registry: &Registry, guide: Guide) -> Vec<Node> {
    let mut all: Vec<Definition> = Vec::new();
    let of_content = ResourceType::ALL.into_iter().flat_map(|rtype| registry.of(rtype)).map(of_parameter);
    let of_kinds = ConformanceKind::ALL.into_iter().flat_map(of_kind);
    for one in of_content.chain(of_kinds) {
        match all.iter_mut().find(|other| other.url == one.url) {
            Some(same) => {
                same.base.extend(one.base);
                same.expressions.extend(one.expressions);
                // What is said holds for each of the types.
                same.modifiers.retain(|modifier| one.modifiers.contains(modifier));
            }
            None => all.push(one),
        }
    }
    all.iter().map(|one| resource(one, guide)).collect()
}

/// What FHIR R4 says of a parameter of its own.
struct Standard {
    code: &'static str,
    base: Vec<&'static str>,
    kind: &'static str,
    targets: Vec<&'static str>,
    expression: &'static str,
}

/// FHIR's own definition of the parameter at that address.
fn standard(url: &str) -> Option<Standard> {
    let id = url.strip_prefix(FHIR_PREFIX)?;
    let lines = include_str!("../../data/fhir-search-parameters.tsv").lines();
    let line = lines.filter(|line| !line.starts_with('#')).find(|line| line.split('\t').next() == Some(id))?;
    let mut columns = line.split('\t').skip(1);
    let mut next = || columns.next().unwrap_or_default();
    Some(Standard {
        code: next(),
        base: next().split(' ').collect(),
        kind: next(),
        targets: next().split_whitespace().collect(),
        expression: next(),
    })
}

/// Canonical address of a parameter of the content.
pub(crate) fn definition_of(parameter: &Parameter) -> String {
    let name: &str = &parameter.name;
    if let Some(address) = &parameter.address {
        return address.to_string();
    }
    let of_fhir = definition_of_common(parameter.rtype.name(), name);
    if standard(&of_fhir).is_some() {
        return of_fhir;
    }
    // FHIR R4 defines no SearchParameter for `_filter` and `_has`, which all types share, and `_content` as a
    // string.
    match name.strip_prefix('_') {
        Some(common) => format!("{OWN_PREFIX}Resource-{common}"),
        None => format!("{OWN_PREFIX}{}-{name}", parameter.rtype),
    }
}

/// Canonical address of a parameter of FHIR itself.
pub(crate) fn definition_of_common(rtype: &str, name: &str) -> String {
    match (name.strip_prefix('_'), name) {
        (Some(common), _) => format!("{FHIR_PREFIX}Resource-{common}"),
        (None, "name" | "url" | "version") if ConformanceKind::ALL.iter().any(|kind| kind.name() == rtype) => {
            format!("{FHIR_PREFIX}conformance-{name}")
        }
        (None, _) => format!("{FHIR_PREFIX}{rtype}-{name}"),
    }
}

/// Modifiers that are understood: FHIR's code, and as written in requests.
pub(crate) fn modifiers(parameter: &Parameter) -> Vec<(&'static str, String)> {
    let coded = |written: &&'static str| match *written {
        "of-type" => ("ofType", ":of-type".to_owned()),
        "[type]" => ("type", ":<Type>".to_owned()),
        other => (other, format!(":{other}")),
    };
    parameter.modifiers().iter().map(coded).collect()
}

fn of_parameter(parameter: &Parameter) -> Definition {
    Definition {
        url: definition_of(parameter),
        code: parameter.name.to_string(),
        kind: parameter.kind.code(),
        base: vec![parameter.rtype.name()],
        expressions: vec![parameter.expression.to_string()],
        targets: parameter.targets.iter().map(|target| target.name()).collect(),
        modifiers: modifiers(parameter).iter().map(|(code, _)| *code).collect(),
    }
}

fn of_kind(kind: ConformanceKind) -> impl Iterator<Item = Definition> {
    let base = kind.name();
    kind.parameters().iter().map(move |(name, of)| Definition {
        url: definition_of_common(base, name),
        code: (*name).to_owned(),
        kind: of,
        base: vec![base],
        expressions: vec![format!("{base}.{}", name.trim_start_matches('_'))],
        targets: Vec::new(),
        modifiers: Vec::new(),
    })
}

fn resource(definition: &Definition, guide: Guide) -> Node {
    let id = definition.url.rsplit(['/', ':']).next().unwrap_or_default();
    match standard(&definition.url) {
        Some(of) => {
            let served = definition.base.join(", ");
            let description =
                format!("Paramètre {} de FHIR R4, tel que FHIR le définit. Servi ici sur : {served}.", of.code);
            let identity =
                [&*definition.url, FHIR_VERSION, "draft", FHIR_DATE, "HL7 International (FHIR)", &description];
            described(id, identity, of.code, of.kind, &of.base, of.expression, &of.targets)
        }
        None => {
            let expression = definition.expressions.join(" | ");
            let description = format!("Tel que ce serveur le lit : {expression}.");
            let identity = [&*definition.url, guide.version, guide.status, guide.date, PUBLISHER, &description];
            let (base, targets) = (&definition.base, &definition.targets);
            let mut out = described(id, identity, &definition.code, definition.kind, base, &expression, targets);
            if let (false, Some(members)) = (definition.modifiers.is_empty(), out.as_object_mut()) {
                members.insert("modifier", list(&definition.modifiers));
            }
            out
        }
    }
}

fn list(items: &[&str]) -> Vec<Node> {
    items.iter().map(|item| Node::from(*item)).collect()
}

/// The resource; `identity` is its address, version, status, date, publisher and description.
fn described(
    id: &str,
    identity: [&str; 6],
    code: &str,
    kind: &str,
    base: &[&str],
    expression: &str,
    targets: &[&str],
) -> Node {
    let [url, version, status, date, publisher, description] = identity;
    let mut out = Object::new();
    for (key, value) in [
        ("resourceType", "SearchParameter"),
        ("id", id),
        ("language", "fr"),
        ("url", url),
        ("version", version),
        ("name", &computer_name(id)),
        ("status", status),
        ("date", date),
        ("publisher", publisher),
        ("description", description),
        ("code", code),
    ] {
        out.insert(key, value);
    }
    out.insert("base", list(base));
    out.insert("type", kind);
    if !expression.is_empty() {
        out.insert("expression", expression);
    }
    if !targets.is_empty() {
        out.insert("target", list(targets));
    }
    if kind == "date" {
        out.insert("comparator", list(&COMPARATORS));
    }
    out.into()
}

/// `LocationAddressCity` for `Location-address-city`: FHIR wants a name that programs can use.
fn computer_name(id: &str) -> String {
    let pieces = id.split(['-', '_']).filter(|piece| !piece.is_empty());
    pieces
        .flat_map(|piece| piece.chars().enumerate().map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that takes a standard parameter takes what FHIR says of it, and no other.
    #[test]
    fn each_address_of_fhir_is_one_that_fhir_defines_so() {
        let registry = Registry::embedded();
        let content = ResourceType::ALL.into_iter().flat_map(|rtype| registry.of(rtype)).map(of_parameter);
        let mut seen = 0;
        for one in content.chain(ConformanceKind::ALL.into_iter().flat_map(of_kind)) {
            if one.url.starts_with(FHIR_PREFIX) {
                seen += 1;
                let of = standard(&one.url).unwrap_or_else(|| panic!("{} is not of FHIR R4", one.url));
                assert_eq!((of.code, of.kind), (&*one.code, one.kind), "{}", one.url);
                assert!(of.base.contains(&"Resource") || of.base.contains(&one.base[0]), "{}", one.url);
            } else {
                assert!(standard(&one.url).is_none());
            }
        }
        assert!(seen > 40);
    }
}

//! SearchParameters, from the tables that requests are read with (FHIR R4 §3.1.1).
//!
//! A parameter of FHIR itself keeps FHIR's address and says which of its types are served here:
//! one resource stands for `_id` of all types.

use ror_fhir::{Node, Object};
use ror_profiles::Guide;
use ror_search::{ParamType, Parameter, Registry, ResourceType};

use crate::route::ConformanceKind;

/// Version of what FHIR itself publishes.
const FHIR_VERSION: &str = "4.0.1";
const FHIR_DATE: &str = "2019-11-01";
const FHIR_PREFIX: &str = "http://hl7.org/fhir/SearchParameter/";
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

/// Canonical address of a parameter of the content.
pub(crate) fn definition_of(parameter: &Parameter) -> String {
    let name: &str = &parameter.name;
    match &parameter.address {
        Some(address) => address.to_string(),
        None => definition_of_common(parameter.rtype.name(), name),
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
pub(crate) fn modifiers(parameter: &Parameter) -> &'static [(&'static str, &'static str)] {
    match parameter.kind {
        ParamType::Token if *parameter.name == *"identifier" => {
            &[("not", ":not"), ("ofType", ":of-type"), ("missing", ":missing")]
        }
        ParamType::Token => &[("not", ":not"), ("missing", ":missing")],
        ParamType::String => &[("contains", ":contains"), ("exact", ":exact"), ("missing", ":missing")],
        ParamType::Date | ParamType::Special => &[("missing", ":missing")],
        ParamType::Reference => &[("missing", ":missing"), ("type", ":<Type>")],
    }
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
    let is_standard = definition.url.starts_with(FHIR_PREFIX);
    let id = definition.url.rsplit('/').next().unwrap_or_default();
    let expression = definition.expressions.join(" | ");
    let list = |items: &[&str]| items.iter().map(|item| Node::from(*item)).collect::<Vec<_>>();
    let mut out = Object::new();
    for (key, value) in [
        ("resourceType", "SearchParameter"),
        ("id", id),
        ("language", "fr"),
        ("url", &definition.url),
        ("version", if is_standard { FHIR_VERSION } else { guide.version }),
        ("name", &computer_name(id)),
        ("status", if is_standard { "draft" } else { guide.status }),
        ("date", if is_standard { FHIR_DATE } else { guide.date }),
        ("description", &format!("Tel que ce serveur le lit : {expression}.")),
        ("code", &definition.code),
    ] {
        out.insert(key, value);
    }
    out.insert("base", list(&definition.base));
    out.insert("type", definition.kind);
    out.insert("expression", expression);
    if !definition.targets.is_empty() {
        out.insert("target", list(&definition.targets));
    }
    if definition.kind == "date" {
        out.insert("comparator", list(&COMPARATORS));
    }
    if !definition.modifiers.is_empty() {
        out.insert("modifier", list(&definition.modifiers));
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

//! The tables as FHIR resources: StructureDefinition (R4 §5.3) and the guide's own ValueSets (§4.9).
//!
//! What validation reads is what is published: a differential is written from the same rows, so
//! that a client's tools and this server ask the same. Where the guide's own slicing cannot work
//! (traps 1 and 2 of the model), the discriminator is the one that validation follows.

mod differential;
mod extension;
mod profile;

use ror_fhir::{Node, Object, node};
use ror_terminology::Terminology;

use crate::tables::{Extension, Set, Tables};

const PUBLISHER: &str = "Agence du Numérique en Santé (ANS)";
const DESCRIPTION: &str = "Écrit à partir des tables de ce serveur : ce que sa validation applique. \
    La définition publiée par le guide fait foi.";

/// A StructureDefinition for each profile, then for each extension that the guide publishes.
///
/// Standard extensions that the tables hold beside them are left to those who publish them.
pub fn structure_definitions(tables: &Tables) -> Vec<Node> {
    let profiles = tables.profiles().iter().map(|one| profile::definition(tables, one));
    profiles.chain(published(tables).map(|one| extension::definition(tables, one))).collect()
}

/// The value sets that the guide itself publishes, with the codes that validation takes, then
/// those of FHIR R4 that its profiles bind.
pub fn value_sets(tables: &Tables) -> Vec<Node> {
    let standard = STANDARD_SETS.iter().map(standard_value_set);
    tables.sets.iter().map(|set| value_set(tables, set)).chain(standard).collect()
}

/// A value set of FHIR R4: its id, its name, and its systems with the codes taken (none: all).
type StandardSet = (&'static str, &'static str, &'static [(&'static str, &'static [&'static str])]);

const STANDARD_PREFIX: &str = "http://hl7.org/fhir/ValueSet/";

/// What FHIR R4 says of them (`valuesets.json` of 4.0.1). Validation holds the same codes as lists
/// of the base; a test compares both.
const STANDARD_SETS: &[StandardSet] = &[
    ("task-status", "TaskStatus", &[("http://hl7.org/fhir/task-status", &[])]),
    (
        "task-intent",
        "TaskIntent",
        &[
            ("http://hl7.org/fhir/task-intent", &[]),
            (
                "http://hl7.org/fhir/request-intent",
                &[
                    "proposal",
                    "plan",
                    "order",
                    "original-order",
                    "reflex-order",
                    "filler-order",
                    "instance-order",
                    "option",
                ],
            ),
        ],
    ),
];

fn standard_value_set((id, name, systems): &StandardSet) -> Node {
    let include: Vec<Node> = systems.iter().map(|(system, codes)| include(system, codes)).collect();
    node!({
        "resourceType": "ValueSet",
        "id": id,
        "url": (format!("{STANDARD_PREFIX}{id}")),
        "version": "4.0.1",
        "name": name,
        "status": "draft",
        "date": "2019-11-01",
        "publisher": "HL7 (FHIR)",
        "compose": {"include": include}
    })
}

/// Whether the codes of a value set that the guide binds are known here.
fn is_held(url: &str) -> bool {
    let is_standard = || STANDARD_SETS.iter().any(|(id, ..)| url.strip_prefix(STANDARD_PREFIX) == Some(id));
    Terminology::embedded().value_set(url).is_some_and(|set| set.url() == url)
        || Tables::embedded().set(url).is_some()
        || is_standard()
}

/// Codes of a system; all of it when none is named.
fn include(system: &str, codes: &[&str]) -> Node {
    let concept: Vec<Node> = codes.iter().map(|code| node!({"code": (*code)})).collect();
    if concept.is_empty() { node!({"system": system}) } else { node!({"system": system, "concept": concept}) }
}

fn value_set(tables: &Tables, set: &Set) -> Node {
    let guide = tables.guide();
    let id = set.url.rsplit('/').next().unwrap_or(set.url);
    let include: Vec<Node> = set.includes.iter().map(|(system, codes)| include(system, codes)).collect();
    node!({
        "resourceType": "ValueSet",
        "id": id,
        "language": "fr",
        "url": (set.url),
        "version": (guide.version),
        "name": (set.name),
        "status": (guide.status),
        "date": (guide.date),
        "publisher": PUBLISHER,
        "description": DESCRIPTION,
        "compose": {"include": include}
    })
}

/// The extensions of the guide itself.
fn published(tables: &Tables) -> impl Iterator<Item = &Extension> {
    // One of them has its address in the space of a sister guide.
    let is_standard = |one: &&Extension| one.url.starts_with("http://hl7.org/fhir/StructureDefinition/");
    tables.extensions().iter().filter(move |one| !is_standard(one))
}

/// What tells one definition from another.
struct Identity {
    id: &'static str,
    url: &'static str,
    name: &'static str,
    /// A code of FHIR's structure-definition-kind.
    kind: &'static str,
    constrained: &'static str,
    parent: &'static str,
}

/// The elements up to `derivation`; `context` is there for extensions.
fn head(tables: &Tables, identity: &Identity, version: &str, context: Vec<Node>) -> Object {
    let guide = tables.guide();
    let mut out = Object::new();
    for (key, value) in [
        ("resourceType", "StructureDefinition"),
        ("id", identity.id),
        ("language", "fr"),
        ("url", identity.url),
        ("version", version),
        ("name", identity.name),
        ("status", guide.status),
        ("date", guide.date),
        ("publisher", PUBLISHER),
        ("description", DESCRIPTION),
        ("fhirVersion", "4.0.1"),
        ("kind", identity.kind),
    ] {
        out.insert(key, value);
    }
    out.insert("abstract", false);
    if !context.is_empty() {
        out.insert("context", context);
    }
    out.insert("type", identity.constrained);
    out.insert("baseDefinition", identity.parent);
    out.insert("derivation", "constraint");
    out
}

fn with_differential(mut head: Object, elements: &[Node]) -> Node {
    head.insert("differential", node!({"element": elements}));
    head.into()
}

#[cfg(test)]
mod tests;

//! The territory as files: one NDJSON file per resource type, in the order in which they can be loaded,
//! the truth, the register, and the marker that says that all is synthetic (D56).

use std::collections::HashSet;

use ror_fhir::{DateTime, Node, Object, node};

use super::draw::{hash, mix};
use super::elements::{concept, object};
use super::territory::Territory;
use crate::{Mint, Proposed};

/// Name of the file whose presence says that the folder holds nothing real.
pub const MARKER_FILE: &str = "synthetique.json";
/// Name of the file that lists the planted defects.
pub const TRUTH_FILE: &str = "truth.json";
/// Name of the file of the professionals known to the register only.
pub const REGISTER_FILE: &str = "registre-praticiens.json";

/// Resource types, those referred to before those that refer to them.
const TYPES: [&str; 8] = [
    "Organization",
    "Location",
    "HealthcareService",
    "Practitioner",
    "PractitionerRole",
    "Task",
    "Measure",
    "MeasureReport",
];

/// Writes the files of a territory: `out` receives the name of a file and a piece of it, file after file.
///
/// Logical ids are made from the seed and the key of each resource: the same territory has the same ids,
/// another seed has others. They have the shape of a UUID of version 8 (free content). Functional
/// identifiers of offers, places and organisations internes are drawn the same way, eight digits, each once.
/// References between resources are written with these ids.
pub fn write_ndjson(territory: &Territory, out: &mut dyn FnMut(&str, &[u8])) {
    let seed = territory.origin.map_or(0, |(_, seed, _)| seed);
    out(MARKER_FILE, &marker(territory).to_bytes());
    let mut drawn = HashSet::new();
    for resource_type in TYPES {
        let file = format!("{resource_type}.ndjson");
        let of_type =
            territory.harvest.proposed.iter().filter(|one| one.resource.str("resourceType") == Some(resource_type));
        for proposed in of_type {
            let mut line = whole(seed, proposed, &mut drawn).to_bytes();
            line.push(b'\n');
            out(&file, &line);
        }
    }
    out(TRUTH_FILE, &truth(territory, seed));
    out(REGISTER_FILE, &register(territory));
}

fn marker(territory: &Territory) -> Node {
    let note = "Données synthétiques : structures et personnes inventées, communes réelles. Licence Ouverte 2.0.";
    let Some((scale, seed, now)) = territory.origin else { return node!({"source": "ror synth", "note": note}) };
    node!({
        "source": "ror synth",
        "note": note,
        "scale": scale.name(),
        "seed": seed,
        "date": DateTime::format_instant(now),
    })
}

/// A resource with its id, its date, its functional identifier, and references by id.
fn whole(seed: u64, proposed: &Proposed, drawn: &mut HashSet<u64>) -> Node {
    let mut whole = Object::new();
    whole.insert("resourceType", proposed.resource.str("resourceType").unwrap_or_default());
    whole.insert("id", id_of(seed, &proposed.key));
    let mut meta = Object::new();
    meta.insert("lastUpdated", DateTime::format_instant(proposed.updated));
    let members = proposed.resource.as_object();
    for (key, value) in proposed.resource.get("meta").and_then(Node::as_object).into_iter().flat_map(Object::iter) {
        meta.insert(key, value.clone());
    }
    whole.insert("meta", meta);
    if let Some(extensions) = proposed.resource.get("extension") {
        whole.insert("extension", extensions.clone());
    }
    if let Some(mint) = &proposed.mint {
        let mut identifiers = vec![minted(mint, seed, &proposed.key, drawn)];
        identifiers.extend(proposed.resource.items("identifier").cloned());
        whole.insert("identifier", identifiers);
    }
    for (key, value) in members.into_iter().flat_map(Object::iter) {
        if whole.get(key).is_none() {
            whole.insert(key, value.clone());
        }
    }
    let mut whole = Node::Object(whole);
    resolve(&mut whole, seed);
    whole
}

/// The functional identifier of a resource, in the shape that its type has in the guide.
fn minted(mint: &Mint, seed: u64, key: &str, drawn: &mut HashSet<u64>) -> Node {
    let mut number = mix(seed ^ hash(key) ^ 0x6964_656e_7469_6679) % 90_000_000;
    while !drawn.insert(number) {
        number = (number + 1) % 90_000_000;
    }
    let number = number + 10_000_000;
    match mint {
        Mint::Offre { region } => {
            let kind = concept("R355-TypeIdentifiantOffre", "35");
            object([("type", kind), ("value", format!("{region}/{number}").into())])
        }
        Mint::Lieu { region } => {
            let kind = concept("R354-TypeIdentifiantRessourceOperationnelle", "25");
            object([("type", kind), ("value", format!("{region}/{number}").into())])
        }
        // The guide writes this system with an underscore in its last segment.
        Mint::OrganisationInterne { region } => node!({
            "type": {"coding": [{
                "system": "https://mos.esante.gouv.fr/NOS/TRE_R345-TypeIdentifiantAutre/FHIR/TRE_R345-TypeIdentifiantAutre",
                "code": "42",
            }]},
            "system": "https://oi.esante.gouv.fr",
            "value": format!("{region}/{number}"),
        }),
    }
}

/// Turns references by key into references by type and id.
fn resolve(node: &mut Node, seed: u64) {
    match node {
        Node::Array(items) => items.iter_mut().for_each(|item| resolve(item, seed)),
        Node::Object(object) => {
            for (key, value) in object.iter_mut() {
                let target = value.as_str().filter(|_| key == "reference").and_then(|text| text.strip_prefix("key:"));
                match target.map(|target| format!("{}/{}", type_of(target), id_of(seed, target))) {
                    Some(reference) => *value = reference.into(),
                    None => resolve(value, seed),
                }
            }
        }
        _ => {}
    }
}

/// Resource type of a key.
fn type_of(key: &str) -> &'static str {
    match key.split_once('/').map_or(key, |(prefix, _)| prefix) {
        "offre" => "HealthcareService",
        "lieu" => "Location",
        "ps" => "Practitioner",
        "role" => "PractitionerRole",
        "anomalie" => "Task",
        "indicateur" => "Measure",
        "releve" => "MeasureReport",
        _ => "Organization",
    }
}

/// The id of a key: 122 bits of the seed and the key, in the shape of a UUID of version 8.
fn id_of(seed: u64, key: &str) -> String {
    let first = mix(hash(key) ^ mix(seed));
    let second = mix(first ^ mix(hash(key).rotate_left(32) ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    let versioned = (first & 0xffff_ffff_ffff_0fff) | 0x8000;
    let variant = (second & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
    let high = format!("{versioned:016x}");
    let low = format!("{variant:016x}");
    format!("{}-{}-{}-{}-{}", &high[..8], &high[8..12], &high[12..], &low[..4], &low[4..])
}

/// The planted defects, one per line of a JSON array.
fn truth(territory: &Territory, seed: u64) -> Vec<u8> {
    let entry = |defect: &super::Defect| {
        let mut entry = Object::new();
        entry.insert("kind", defect.kind.code());
        entry.insert("key", defect.key.as_str());
        if defect.key.contains('/') {
            entry.insert("reference", format!("{}/{}", type_of(&defect.key), id_of(seed, &defect.key)));
        }
        entry.insert("what", defect.what.as_str());
        Node::Object(entry)
    };
    lines(territory.truth.iter().map(entry))
}

fn register(territory: &Territory) -> Vec<u8> {
    let entry = |one: &super::RegisterPractitioner| {
        let mut entry = Object::new();
        entry.insert("rpps", one.rpps.as_str());
        entry.insert("family", one.family.as_str());
        entry.insert("given", one.given.as_str());
        entry.insert("profession", one.profession.as_str());
        if let Some(speciality) = &one.speciality {
            entry.insert("speciality", speciality.as_str());
        }
        entry.insert("mode", if one.liberal { "L" } else { "S" });
        entry.insert("address", one.address.as_str());
        entry.insert("postalCode", one.postal_code.as_str());
        entry.insert("city", one.city.as_str());
        entry.insert("commune", one.commune.as_str());
        Node::Object(entry)
    };
    lines(territory.register_only.iter().map(entry))
}

/// A JSON array with one entry per line.
fn lines(entries: impl Iterator<Item = Node>) -> Vec<u8> {
    let mut bytes = b"[".to_vec();
    for (rank, entry) in entries.enumerate() {
        bytes.extend_from_slice(if rank == 0 { b"\n" } else { b",\n" });
        entry.write(&mut bytes);
    }
    bytes.extend_from_slice(b"\n]\n");
    bytes
}

//! The territory as files: one NDJSON file per resource type, in the order in which they can be loaded,
//! the truth, the register, and the marker that says that all is synthetic (D56).

use std::collections::{HashMap, HashSet};

use ror_fhir::{DateTime, Instant, Node, Object, node};

use super::defects::Defect;
use super::draw::{hash, mix};
use super::elements::{concept, object};
use super::scale::Scale;
use super::territory::{Item, RegisterPractitioner, Territory, visit};
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

/// What was written, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Resources.
    pub resources: usize,
    /// Professionals known to the register only.
    pub register_only: usize,
    /// Defects planted.
    pub defects: usize,
}

/// Writes the files of a territory: `out` receives the name of a file and a piece of it, file after file.
///
/// Logical ids are made from the seed and the key of each resource: the same territory has the same ids,
/// another seed has others. They have the shape of a UUID of version 8 (free content). Functional
/// identifiers of offers, places and organisations internes are drawn the same way, eight digits, each once.
/// References between resources are written with these ids.
pub fn write_ndjson(territory: &Territory, out: &mut dyn FnMut(&str, &[u8])) -> Written {
    let seed = territory.origin.map_or(0, |(_, seed, _)| seed);
    let mut drawn = Drawn::default();
    territory.harvest.proposed.iter().for_each(|proposed| drawn.meet(proposed));
    let mut files = Files::new(seed, drawn.settle(seed), out);
    files.mark(territory.origin);
    for resource_type in TYPES {
        let of_type =
            territory.harvest.proposed.iter().filter(|one| one.resource.str("resourceType") == Some(resource_type));
        of_type.for_each(|proposed| files.resource(proposed));
    }
    territory.truth.iter().for_each(|defect| files.defect(defect));
    territory.register_only.iter().for_each(|practitioner| files.register(practitioner));
    files.end()
}

/// Writes the files of a territory without ever holding it: each file has the bytes that [`write_ndjson`]
/// gives it, but the pieces of several files come in turn.
///
/// The territory is visited twice: the first time only to draw the functional identifiers.
pub fn stream_ndjson(scale: Scale, seed: u64, now: Instant, out: &mut dyn FnMut(&str, &[u8])) -> Written {
    let mut files = Files::new(seed, identifiers(scale, seed, now), out);
    files.mark(Some((scale, seed, now)));
    visit(scale, seed, now, &mut |item| match item {
        Item::Resource(proposed) => files.resource(&proposed),
        Item::Defect(defect) => files.defect(&defect),
        Item::RegisterOnly(practitioner) => files.register(&practitioner),
        Item::Structure(_) => {}
    });
    files.end()
}

/// Hands over the resources that [`stream_ndjson`] writes, with their ids, identifiers and dates, and the
/// date again as an instant; each comes after those it refers to. Two visits too.
pub fn visit_whole(scale: Scale, seed: u64, now: Instant, each: &mut dyn FnMut(Node, Instant)) {
    let identifiers = identifiers(scale, seed, now);
    visit(scale, seed, now, &mut |item| {
        if let Item::Resource(proposed) = item {
            each(whole(seed, &proposed, &identifiers), proposed.updated);
        }
    });
}

fn identifiers(scale: Scale, seed: u64, now: Instant) -> Identifiers {
    let mut drawn = Drawn::default();
    visit(scale, seed, now, &mut |item| {
        if let Item::Resource(proposed) = item {
            drawn.meet(&proposed);
        }
    });
    drawn.settle(seed)
}

/// The files being written, and how far they are.
struct Files<'a> {
    seed: u64,
    identifiers: Identifiers,
    written: Written,
    out: &'a mut dyn FnMut(&str, &[u8]),
}

impl<'a> Files<'a> {
    fn new(seed: u64, identifiers: Identifiers, out: &'a mut dyn FnMut(&str, &[u8])) -> Self {
        Self { seed, identifiers, written: Written::default(), out }
    }

    fn mark(&mut self, origin: Option<(Scale, u64, Instant)>) {
        (self.out)(MARKER_FILE, &marker(origin).to_bytes());
    }

    fn resource(&mut self, proposed: &Proposed) {
        let file = format!("{}.ndjson", proposed.resource.str("resourceType").unwrap_or_default());
        let mut line = whole(self.seed, proposed, &self.identifiers).to_bytes();
        line.push(b'\n');
        self.written.resources += 1;
        (self.out)(&file, &line);
    }

    fn defect(&mut self, defect: &Defect) {
        let entry = entry(self.written.defects, &told(defect, self.seed));
        self.written.defects += 1;
        (self.out)(TRUTH_FILE, &entry);
    }

    fn register(&mut self, practitioner: &RegisterPractitioner) {
        let entry = entry(self.written.register_only, &registered(practitioner));
        self.written.register_only += 1;
        (self.out)(REGISTER_FILE, &entry);
    }

    /// Closes the arrays.
    fn end(self) -> Written {
        for (file, entries) in [(TRUTH_FILE, self.written.defects), (REGISTER_FILE, self.written.register_only)] {
            (self.out)(file, if entries == 0 { b"[\n]\n" } else { b"\n]\n" });
        }
        self.written
    }
}

/// One entry of a JSON array with one entry per line; the first opens the array.
fn entry(rank: usize, entry: &Node) -> Vec<u8> {
    let mut bytes = if rank == 0 { b"[\n".to_vec() } else { b",\n".to_vec() };
    entry.write(&mut bytes);
    bytes
}

fn marker(origin: Option<(Scale, u64, Instant)>) -> Node {
    let note = "Données synthétiques : structures et personnes inventées, communes réelles. Licence Ouverte 2.0.";
    let Some((scale, seed, now)) = origin else { return node!({"source": "ror synth", "note": note}) };
    node!({
        "source": "ror synth",
        "note": note,
        "scale": scale.name(),
        "seed": seed,
        "date": DateTime::format_instant(now),
    })
}

/// The resources met that ask for a functional identifier, by the place of their type in [`TYPES`]: nothing
/// of them but 64 bits of their key.
#[derive(Default)]
struct Drawn([Vec<u64>; TYPES.len()]);

impl Drawn {
    fn meet(&mut self, proposed: &Proposed) {
        let of_type = TYPES.iter().position(|known| proposed.resource.str("resourceType") == Some(known));
        if let Some(keys) = of_type.filter(|_| proposed.mint.is_some()).and_then(|place| self.0.get_mut(place)) {
            keys.push(hash(&proposed.key));
        }
    }

    /// Gives each a number of its own, type after type: the one drawn, else the next that is free.
    fn settle(self, seed: u64) -> Identifiers {
        let (mut taken, mut moved) = (HashSet::new(), HashMap::new());
        for key in self.0.into_iter().flatten() {
            let first = drawn(seed, key);
            let mut number = first;
            while !taken.insert(number) {
                number = (number + 1) % NUMBERS;
            }
            if number != first {
                moved.insert(key, number);
            }
        }
        Identifiers { moved }
    }
}

/// How many numbers there are to draw from; eight digits with the first one added.
const NUMBERS: u64 = 90_000_000;
/// The least number of eight digits.
const NUMBER_MIN: u64 = 10_000_000;

/// The number that a key draws.
fn drawn(seed: u64, key: u64) -> u64 {
    mix(seed ^ key ^ 0x6964_656e_7469_6679) % NUMBERS
}

/// The functional identifiers of a territory: those drawn, but for the few that another had before.
struct Identifiers {
    moved: HashMap<u64, u64>,
}

impl Identifiers {
    fn number(&self, seed: u64, key: &str) -> u64 {
        let key = hash(key);
        self.moved.get(&key).copied().unwrap_or_else(|| drawn(seed, key)) + NUMBER_MIN
    }
}

/// A resource with its id, its date, its functional identifier, and references by id.
fn whole(seed: u64, proposed: &Proposed, identifiers: &Identifiers) -> Node {
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
        let mut held = vec![minted(mint, identifiers.number(seed, &proposed.key))];
        held.extend(proposed.resource.items("identifier").cloned());
        whole.insert("identifier", held);
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
fn minted(mint: &Mint, number: u64) -> Node {
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

/// A planted defect.
fn told(defect: &Defect, seed: u64) -> Node {
    let mut entry = Object::new();
    entry.insert("kind", defect.kind.code());
    entry.insert("key", defect.key.as_str());
    if defect.key.contains('/') {
        entry.insert("reference", format!("{}/{}", type_of(&defect.key), id_of(seed, &defect.key)));
    }
    entry.insert("what", defect.what.as_str());
    Node::Object(entry)
}

/// A professional known to the register only.
fn registered(one: &RegisterPractitioner) -> Node {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_another_has_gives_way_to_the_next() {
        let (seed, keys) = (1, 200_000_u64);
        let mut met = Drawn::default();
        // Two types: the first is served first, whatever was met before.
        met.0[1].extend(0..keys / 2);
        met.0[0].extend(keys / 2..keys);
        let identifiers = met.settle(seed);
        assert!(!identifiers.moved.is_empty(), "so many numbers cannot all differ");
        let number = |key: &u64| identifiers.moved.get(key).copied().unwrap_or_else(|| drawn(seed, *key));
        let all: HashSet<u64> = (0..keys).map(|key| number(&key)).collect();
        assert_eq!(all.len() as u64, keys, "each once");
        assert!(all.iter().all(|number| *number < NUMBERS));
        let first: HashSet<u64> = (keys / 2..keys).map(|key| drawn(seed, key)).collect();
        let gave_way = (0..keys / 2).filter(|key| first.contains(&drawn(seed, *key)));
        assert!(gave_way.into_iter().all(|key| identifiers.moved.contains_key(&key)));
    }
}

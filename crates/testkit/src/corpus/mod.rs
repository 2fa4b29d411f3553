//! Resources as a region might send them, good and less good.
//!
//! Every resource carries a creation date, so that none is added when it is stored.

mod hours;
mod lists;
mod records;

use proptest::collection::vec;
use proptest::option::{self, weighted};
use proptest::prelude::*;
use proptest::sample::select;
use ror_fhir::{Node, Object, node};
use ror_search::ResourceType;

pub use hours::{ENDS, hours};
pub use lists::*;
pub use records::{AGES, AMOUNTS, COMMENTS, EQUIPMENT, LIMITS, RECORD_DATES, SECTORS, UNITS};

use crate::world::Slot;

/// The address of a code system.
///
/// # Panics
/// When there is none of that name.
pub fn system(name: &str) -> &'static str {
    SYSTEMS.iter().find(|(known, _)| *known == name).map(|(_, address)| *address).expect("a known short name")
}

/// A CodeableConcept.
pub fn concept(system: &str, code: &str) -> Node {
    node!({"coding": [{"system": system, "code": code}]})
}

/// A reference to a slot, whatever its id will be.
pub fn reference(slot: Slot) -> Node {
    node!({"reference": format!("{}/{}", slot.rtype, slot.name())})
}

/// The extension of that name of the guide.
pub fn extension(name: &str, kind: &str, value: impl Into<Node>) -> Node {
    let mut extension = node!({"url": format!("{ROR}{name}")});
    put(&mut extension, kind, value.into());
    extension
}

/// Sets a member; nothing when `value` is an empty list or null.
pub fn put(target: &mut Node, key: &str, value: Node) {
    let is_empty = matches!(&value, Node::Null) || matches!(&value, Node::Array(items) if items.is_empty());
    let object = target.as_object_mut().expect("an object");
    if is_empty {
        object.remove(key);
    } else {
        object.insert(key, value);
    }
}

fn level_extension(name: &str, level: Option<&str>) -> Option<Node> {
    level.map(|level| extension(name, "valueCodeableConcept", concept(system("level"), level)))
}

/// Levels: 1 to 3, unknown, missing.
fn level() -> impl Strategy<Value = Option<&'static str>> {
    select(vec![Some("1"), Some("1"), Some("2"), Some("3"), Some("9"), None])
}

/// A telecom; its number tells its level.
pub fn telecom() -> impl Strategy<Value = Node> {
    (level(), 0..3_u8).prop_map(|(level, n)| {
        let mut point = Node::Object(Object::new());
        if let Some(extension) = level_extension("ror-telecom-confidentiality-level", level) {
            put(&mut point, "extension", Node::Array(vec![extension]));
        }
        put(&mut point, "system", "phone".into());
        put(&mut point, "value", format!("tel-{}-{n}", level.unwrap_or("none")).into());
        point
    })
}

/// A contact of that level, without telecom.
pub fn contact_of_level(level: &str, number: u8) -> Node {
    let level = level_extension("ror-contact-confidentiality-level", Some(level));
    node!({"extension": (Node::Array(level.into_iter().collect())), "name": {"text": (format!("joint-{number}"))}})
}

fn contact() -> impl Strategy<Value = Node> {
    (level(), vec(telecom(), 0..3), 0..3_u8).prop_map(|(level, telecoms, n)| {
        let mut contact = Node::Object(Object::new());
        if let Some(extension) = level_extension("ror-contact-confidentiality-level", level) {
            put(&mut contact, "extension", Node::Array(vec![extension]));
        }
        put(&mut contact, "name", node!({"text": format!("contact-{}-{n}", level.unwrap_or("none"))}));
        put(&mut contact, "telecom", Node::Array(telecoms));
        contact
    })
}

/// What no profile names, for profile 1 and the owner only.
fn unknown_extension() -> impl Strategy<Value = Option<Node>> {
    weighted(0.3, (0..3_u8).prop_map(|n| node!({"url": "https://example.org/x", "valueString": format!("x{n}")})))
}

fn tags() -> impl Strategy<Value = Node> {
    let region = |code: &str| node!({"system": system("region"), "code": code});
    let other = node!({"system": "https://example.org/tag", "code": "hidden"});
    select(vec![
        node!({"tag": [region("84")]}),
        node!({"tag": [region("94"), other.clone()]}),
        node!({"tag": [other]}),
        Node::Null,
    ])
}

fn narrative() -> impl Strategy<Value = Node> {
    select(vec![Node::Null, Node::Null, node!({"status": "generated", "div": "<div>secret</div>"})])
}

/// The types that a corpus holds.
pub const TYPES: [ResourceType; 6] = [
    ResourceType::HealthcareService,
    ResourceType::Location,
    ResourceType::Organization,
    ResourceType::Practitioner,
    ResourceType::PractitionerRole,
    ResourceType::Questionnaire,
];

/// How many times more slots there are than in the smallest corpus.
pub type Size = u8;

/// A slot of `rtype`; some are never filled, which leaves references to nothing.
pub fn slot(rtype: ResourceType) -> impl Strategy<Value = Slot> {
    slot_of(rtype, 1)
}

/// The same in a larger corpus.
pub fn slot_of(rtype: ResourceType, size: Size) -> impl Strategy<Value = Slot> {
    (0..slots(rtype) * size).prop_map(move |number| Slot { rtype, number })
}

/// How many slots the smallest corpus has.
const fn slots(rtype: ResourceType) -> u8 {
    match rtype {
        ResourceType::Organization => 12,
        ResourceType::HealthcareService | ResourceType::Location => 8,
        ResourceType::Practitioner | ResourceType::PractitionerRole | ResourceType::Questionnaire => 4,
        // Nothing draws them yet: they are read of rules of their own.
        ResourceType::Task | ResourceType::Measure | ResourceType::MeasureReport => 0,
    }
}

/// A whole corpus: every slot, most of them filled. At size 7 it holds 280 resources at most.
pub fn resources(size: Size) -> impl Strategy<Value = Vec<(Slot, Node)>> {
    let slots = TYPES.into_iter().flat_map(move |rtype| {
        (0..slots(rtype) * size).map(move |number| weighted(0.9, filled(Slot { rtype, number }, size)))
    });
    slots.collect::<Vec<_>>().prop_map(|found| found.into_iter().flatten().collect())
}

fn filled(slot: Slot, size: Size) -> impl Strategy<Value = (Slot, Node)> {
    resource_of(slot, size).prop_map(move |resource| (slot, resource))
}

/// A reference, mostly literal; some say who is meant by an identifier, some only so.
fn one(rtype: ResourceType, size: Size) -> impl Strategy<Value = Node> {
    let logical = select(STRUCTURES.to_vec());
    (weighted(0.8, slot_of(rtype, size)), weighted(0.15, logical)).prop_map(move |(slot, logical)| {
        let mut target = slot.map_or(Node::Null, reference);
        if let Some((name, value)) = logical.filter(|_| rtype == ResourceType::Organization) {
            if target == Node::Null {
                target = node!({"type": (rtype.name())});
            }
            put(&mut target, "identifier", node!({"system": (system(name)), "value": (value.trim())}));
        }
        target
    })
}

fn some(rtype: ResourceType, size: Size) -> impl Strategy<Value = Node> {
    let elsewhere = node!({"reference": "https://elsewhere.example.org/fhir/Location/1"});
    let one = prop_oneof![9 => slot_of(rtype, size).prop_map(reference), 1 => Just(elsewhere)];
    vec(one, 0..3).prop_map(Node::Array)
}

fn base(rtype: ResourceType, meta: Node, narrative: Node, extensions: Vec<Node>) -> Node {
    let mut resource = node!({"resourceType": rtype.name()});
    put(&mut resource, "meta", meta);
    put(&mut resource, "text", narrative);
    let mut all = vec![extension("ror-meta-creation-date", "valueDateTime", "2020-01-01T00:00:00+01:00")];
    all.extend(extensions);
    put(&mut resource, "extension", Node::Array(all));
    resource
}

/// Any resource for the slot `slot`.
pub fn resource(slot: Slot) -> BoxedStrategy<Node> {
    resource_of(slot, 1)
}

/// The same in a larger corpus; some lack what others all have.
pub fn resource_of(slot: Slot, size: Size) -> BoxedStrategy<Node> {
    let missed: &[&str] = match slot.rtype {
        // The directory numbers offers, places and units that come without a number (D44).
        ResourceType::HealthcareService => &["name", "type", "specialty", "providedBy"],
        ResourceType::Location | ResourceType::Organization => &["name"],
        ResourceType::Questionnaire => &["identifier", "name", "title", "status", "version"],
        ResourceType::Practitioner | ResourceType::PractitionerRole => &["identifier"],
        ResourceType::Task | ResourceType::Measure | ResourceType::MeasureReport => &[],
    };
    (whole(slot, size), weighted(0.2, select(missed)))
        .prop_map(|(mut resource, missed)| {
            if let Some(element) = missed {
                put(&mut resource, element, Node::Null);
            }
            resource
        })
        .boxed()
}

fn whole(slot: Slot, size: Size) -> BoxedStrategy<Node> {
    match slot.rtype {
        ResourceType::Organization => organization(size).boxed(),
        ResourceType::HealthcareService => offer(slot, size).boxed(),
        ResourceType::Location => place(slot, size).boxed(),
        ResourceType::Practitioner => practitioner(size).boxed(),
        ResourceType::PractitionerRole => role(slot, size).boxed(),
        ResourceType::Questionnaire => template(slot, size).boxed(),
        ResourceType::Task | ResourceType::Measure | ResourceType::MeasureReport => {
            Just(node!({"resourceType": (slot.rtype.name())})).boxed()
        }
    }
}

/// EJ, EG, *lieu de vie*, organisation interne, or nothing said; one concept with two codings,
/// some of which contradict each other.
fn kind() -> impl Strategy<Value = Node> {
    let two = node!({"coding": [{"system": system("eg"), "code": "620"}, {"system": system("eg"), "code": "101"}]});
    let torn = node!({"coding": [{"system": system("eg"), "code": "500"}, {"system": system("eg"), "code": "355"}]});
    let unit = node!({"coding": [{"system": system("eg"), "code": "500"}, {"system": system("oi"), "code": "3"}]});
    let both = node!({"coding": [{"system": system("ej"), "code": "13"}, {"system": system("eg"), "code": "500"}]});
    select(vec![
        concept(system("ej"), "13"),
        concept(system("eg"), "355"),
        concept(system("eg"), "500"),
        concept(system("eg"), "500"),
        concept(system("eg"), "462"),
        concept(system("oi"), "3"),
        concept(system("oi"), "3"),
        concept(system("oi"), "4"),
        two,
        torn,
        unit,
        both,
        concept("https://example.org/categorie", "462"),
        Node::Null,
    ])
}

fn structure_identifier() -> impl Strategy<Value = Node> {
    weighted(0.7, select(STRUCTURES.to_vec())).prop_map(|found| {
        let Some((name, value)) = found else { return Node::Null };
        let kind = if name == "finess" { "1" } else { "40" };
        node!([{"type": {"coding": [{"system": "https://example.org/kind", "code": kind}]},
            "system": system(name), "value": value}])
    })
}

fn organization(size: Size) -> impl Strategy<Value = Node> {
    use ResourceType::Organization;
    let names = (select(NAMES.to_vec()), option::of(select(NAMES.to_vec())));
    let hidden = (unknown_extension(), vec(telecom(), 0..2), vec(contact(), 0..3));
    let shape = (kind(), structure_identifier(), one(Organization, size), address());
    let told = (vec(records::price(), 0..4), records::structure());
    (tags(), narrative(), names, hidden, (shape, told)).prop_map(
        |(meta, text, (name, alias), (unknown, telecoms, contacts), (shape, (prices, told)))| {
            let (kind, identifier, parent, address) = shape;
            let extensions = unknown.into_iter().chain(prices).chain(told).collect();
            let mut resource = base(Organization, meta, text, extensions);
            put(&mut resource, "identifier", identifier);
            put(&mut resource, "type", Node::Array(if kind == Node::Null { vec![] } else { vec![kind] }));
            put(&mut resource, "name", name.into());
            put(&mut resource, "alias", Node::Array(alias.into_iter().map(Node::from).collect()));
            put(&mut resource, "telecom", Node::Array(telecoms));
            put(&mut resource, "address", Node::Array(vec![address]));
            put(&mut resource, "partOf", parent);
            put(&mut resource, "contact", Node::Array(contacts));
            resource
        },
    )
}

/// Postal codes and communes of a place are drawn apart: nothing here reads one from the other.
fn address() -> impl Strategy<Value = Node> {
    (select(POSTAL_CODES.to_vec()), select(CITIES.to_vec()), 1..4_u8)
        .prop_map(|(code, city, n)| node!({"line": [format!("{n} rue")], "postalCode": code, "city": city}))
}

fn characteristic() -> impl Strategy<Value = Node> {
    select(CHARACTERISTICS.to_vec()).prop_map(|(name, code)| concept(system(name), code))
}

/// Codes of a system that no nomenclature knows, some with a label; or of one that does.
fn specialty() -> impl Strategy<Value = Node> {
    let unknown = (vec(select(SPECIALTIES.to_vec()), 1..3), any::<bool>()).prop_map(|(codes, labelled)| {
        let coding = |code: &&str| {
            let mut coding = node!({"system": SPECIALTY, "code": code});
            put(&mut coding, "display", if labelled { format!("Libellé {code}").into() } else { Node::Null });
            coding
        };
        node!({ "coding": (Node::Array(codes.iter().map(coding).collect())) })
    });
    let known = select(ACTIVITIES.to_vec()).prop_map(|(name, code)| concept(system(name), code));
    prop_oneof![1 => unknown, 1 => known]
}

/// The flag of sensitive units: said, or missing, which closes.
pub fn sensitive_flag(sensitive: Option<bool>) -> Option<Node> {
    sensitive.map(|flag| extension("ror-healthcareservice-sensitive-unit", "valueBoolean", flag))
}

fn offer(slot: Slot, size: Size) -> impl Strategy<Value = Node> {
    use ResourceType::{HealthcareService, Location, Organization};
    let flags =
        (select(vec![Some(false), Some(false), Some(false), Some(true), Some(true), None]), unknown_extension());
    let codes = (
        select(vec!["01", "02", "03", "04", "05", "05", "06", "99"]),
        option::of(select(vec!["1", "2"])),
        prop_oneof![9 => vec(specialty(), 1..3), 1 => Just(vec![])],
        vec(characteristic(), 0..4),
    );
    let provider = weighted(0.95, slot_of(Organization, size)).prop_map(|slot| slot.map_or(Node::Null, reference));
    let links = (some(Location, size), some(Location, size), provider);
    let rest = (select(NAMES.to_vec()), vec(telecom(), 0..2), any::<bool>(), offer_contact(), hours());
    let told = (records::offer(), records::closing(), weighted(0.2, select(COMMENTS.to_vec())));
    (tags(), flags, codes, links, (rest, told)).prop_map(move |(meta, (flag, unknown), codes, links, (rest, told))| {
        let extensions = sensitive_flag(flag).into_iter().chain(unknown).chain(rest.3).chain(told.0).collect();
        let mut resource = base(HealthcareService, meta, Node::Null, extensions);
        put(&mut resource, "identifier", node!([(typed("25", &format!("84/{}", slot.name())))]));
        put(&mut resource, "providedBy", links.2);
        let category = codes.1.map_or(Node::Null, |code| node!([concept("https://example.org/category", code)]));
        put(&mut resource, "category", category);
        put(&mut resource, "type", node!([concept(system("field"), codes.0)]));
        put(&mut resource, "specialty", Node::Array(codes.2));
        put(&mut resource, "location", links.0);
        put(&mut resource, "name", rest.0.into());
        put(&mut resource, "telecom", Node::Array(rest.1));
        put(&mut resource, "coverageArea", links.1);
        put(&mut resource, "characteristic", Node::Array(codes.3));
        put(&mut resource, "comment", told.2.map_or(Node::Null, Node::from));
        put(&mut resource, "availableTime", rest.4);
        put(&mut resource, "notAvailable", told.1);
        put(&mut resource, "appointmentRequired", if rest.2 { true.into() } else { Node::Null });
        resource
    })
}

/// An identifier of a system and of a kind.
fn kinded(system: &str, value: &str) -> Node {
    node!({"type": {"coding": [{"system": "https://example.org/kind", "code": "1"}]}, "system": system, "value": value})
}

/// An identifier with the kind of number that it is.
fn typed(code: &str, value: &str) -> Node {
    node!({"type": {"coding": [{"code": code}]}, "value": value})
}

fn offer_contact() -> impl Strategy<Value = Option<Node>> {
    weighted(0.3, (level(), 0..2_u8)).prop_map(|found| {
        let (level, n) = found?;
        let mut parts: Vec<Node> = level_extension("ror-confidentiality-level", level).into_iter().collect();
        parts.push(node!({"url": "name", "valueHumanName": {"text": format!("cadre-{n}")}}));
        Some(node!({"url": format!("{ROR}ror-healthcareservice-contact"), "extension": parts}))
    })
}

/// A record of capacity: never for the public.
pub fn capacity(status: &str, number: u8) -> Node {
    node!({"url": format!("{ROR}ror-location-supported-capacity"), "extension": [
        {"url": "capacityStatus", "valueCodeableConcept": concept(system("status"), status)},
        {"url": "nbCapacity", "valueInteger": number}]})
}

fn place(slot: Slot, size: Size) -> impl Strategy<Value = Node> {
    use ResourceType::{Location, Organization};
    let inside = (
        option::of(select(COMMUNES.to_vec())),
        vec(records::capacity(), 0..5),
        (vec(records::equipment(), 0..3), vec(records::dwelling(), 0..3)),
        (unknown_extension(), weighted(0.2, select(COMMENTS.to_vec()))),
    );
    let where_ = (weighted(0.8, select(POSITIONS.to_vec())), option::of(address()));
    let state = (option::of(select(vec!["active", "suspended"])), option::of(select(vec!["1", "3"])));
    let links = (one(Organization, size), one(Location, size));
    let rest = (select(NAMES.to_vec()), option::of(select(vec!["1", "2"])), vec(telecom(), 0..3), any::<[bool; 3]>());
    (tags(), narrative(), inside, (where_, state), (links, rest)).prop_map(
        move |(
            meta,
            text,
            (commune, records, things, (unknown, comment)),
            ((position, address), state),
            (links, rest),
        )| {
            let commune =
                commune.map(|code| extension("ror-commune-cog", "valueCodeableConcept", concept(system("cog"), code)));
            let comment = comment.map(|text| extension("ror-comment", "valueString", text));
            let told = records.into_iter().chain(things.0).chain(things.1);
            let extensions = commune.into_iter().chain(told).chain(comment).chain(unknown).collect();
            let mut resource = base(Location, meta, text, extensions);
            let mut identifiers = vec![typed("25", &format!("84/{}", slot.name()))];
            if rest.3[0] {
                identifiers.push(typed("26", &format!("ext-{}", slot.number % 2)));
            }
            put(&mut resource, "identifier", Node::Array(identifiers));
            put(&mut resource, "name", rest.0.into());
            put(&mut resource, "alias", if rest.3[1] { node!(["externe"]) } else { Node::Null });
            put(&mut resource, "description", if rest.3[2] { "au fond".into() } else { Node::Null });
            put(
                &mut resource,
                "type",
                rest.1.map_or(Node::Null, |code| node!([concept("https://example.org/f", code)])),
            );
            put(&mut resource, "telecom", Node::Array(rest.2));
            put(&mut resource, "address", address.unwrap_or(Node::Null));
            put(&mut resource, "position", position.map_or(Node::Null, position_node));
            put(&mut resource, "status", state.0.map_or(Node::Null, Node::from));
            let operational = state.1.map(|code| node!({"system": (system("place-status")), "code": code}));
            put(&mut resource, "operationalStatus", operational.unwrap_or(Node::Null));
            put(&mut resource, "managingOrganization", links.0);
            put(&mut resource, "partOf", links.1);
            resource
        },
    )
}

fn position_node((latitude, longitude): (&str, &str)) -> Node {
    let mut position = Node::Object(Object::new());
    put(&mut position, "latitude", Node::Number(latitude.into()));
    put(&mut position, "longitude", Node::Number(longitude.into()));
    position
}

fn practitioner(size: Size) -> impl Strategy<Value = Node> {
    let number = select(vec!["10000000001", "810000000001", "10000000002"]);
    let rest = (vec(telecom(), 0..2), option::of(Just("1980-01-01")), one(ResourceType::Organization, size));
    (tags(), number, select(NAMES.to_vec()), rest).prop_map(|(meta, number, name, (telecoms, birth, issuer))| {
        let mut resource = base(ResourceType::Practitioner, meta, Node::Null, vec![]);
        put(&mut resource, "identifier", node!([(kinded("urn:oid:1.2.250.1.71.4.2.1", number))]));
        put(&mut resource, "name", node!([{ "family": name }]));
        put(&mut resource, "telecom", Node::Array(telecoms));
        put(&mut resource, "birthDate", birth.map_or(Node::Null, Node::from));
        if issuer != Node::Null {
            put(&mut resource, "qualification", node!([{"code": {"text": "DE"}, "issuer": issuer}]));
        }
        resource
    })
}

fn role(slot: Slot, size: Size) -> impl Strategy<Value = Node> {
    use ResourceType::{HealthcareService, Location, Organization, Practitioner, PractitionerRole};
    // One offer, or none; two contradict each other.
    let one_of = |count| vec(slot_of(HealthcareService, size), count);
    let offers = prop_oneof![9 => one_of(1), 2 => Just(vec![]), 1 => one_of(2)];
    let offers = offers.prop_map(|slots| Node::Array(slots.into_iter().map(reference).collect()));
    let links = (one(Practitioner, size), one(Organization, size), offers, some(Location, size));
    (tags(), links, vec(telecom(), 0..2), hours()).prop_map(move |(meta, links, telecoms, hours)| {
        let mut resource = base(PractitionerRole, meta, Node::Null, vec![]);
        put(
            &mut resource,
            "identifier",
            node!([(kinded("https://example.org/role", &format!("role-{}", slot.number)))]),
        );
        put(&mut resource, "practitioner", links.0);
        put(&mut resource, "organization", links.1);
        put(&mut resource, "location", links.3);
        put(&mut resource, "healthcareService", links.2);
        put(&mut resource, "availableTime", hours);
        put(&mut resource, "telecom", Node::Array(telecoms));
        resource
    })
}

fn template(slot: Slot, size: Size) -> impl Strategy<Value = Node> {
    let codes = (select(STATUSES.to_vec()), select(VERSIONS.to_vec()), vec(select(vec!["01", "04", "05"]), 0..3));
    let texts = (select(NAMES.to_vec()), select(NAMES.to_vec()), option::of(select(NAMES.to_vec())));
    let rest =
        (option::of(select(TEMPLATE_DATES.to_vec())), unknown_extension(), one(ResourceType::Organization, size));
    (tags(), narrative(), codes, texts, rest).prop_map(
        move |(meta, text, (status, version, fields), texts, (date, unknown, answer))| {
            let mut resource = base(ResourceType::Questionnaire, meta, text, unknown.clone().into_iter().collect());
            put(&mut resource, "url", format!("https://example.org/Questionnaire/{}", slot.name()).into());
            put(&mut resource, "identifier", node!([(typed("26", &format!("MS-{}", slot.number % 3)))]));
            put(&mut resource, "version", version.into());
            put(&mut resource, "name", texts.0.into());
            put(&mut resource, "title", texts.1.into());
            put(&mut resource, "status", status.into());
            put(&mut resource, "date", date.map_or(Node::Null, Node::from));
            put(&mut resource, "description", texts.2.map_or(Node::Null, Node::from));
            let contexts: Vec<Node> = fields
                .iter()
                .map(|code| node!({"code": {"code": "champAct"}, "valueCodeableConcept": (concept(system("field"), code))}))
                .collect();
            put(&mut resource, "useContext", Node::Array(contexts));
            // A question within a group: what it answers with may be hidden.
            let mut question = node!({"linkId": "1.1", "type": "reference"});
            put(&mut question, "extension", Node::Array(unknown.into_iter().collect()));
            if answer != Node::Null {
                put(&mut question, "initial", node!([{ "valueReference": answer }]));
            }
            put(&mut resource, "item", node!([{"linkId": "1", "type": "group", "item": [question]}]));
            resource
        },
    )
}

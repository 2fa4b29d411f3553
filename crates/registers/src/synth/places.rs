//! Places of delivery: address, equipment, dwellings, capacity.

use ror_fhir::{Instant, Node, Object};

use super::capacity::{Count, records};
use super::catalogue::OfferKind;
use super::contacts::Telecom;
use super::defects::spoil_place;
use super::draw::Draw;
use super::elements::{coded, concept, created, meta, object, part, push, reference, ror, ror_coded, ror_complex};
use super::establishments::{Closure, Site};
use super::offers::wants_installed_places;
use super::territory::World;
use crate::address::Address;
use crate::shapes::commune_cog;

/// What a place is, before its resource.
pub(super) struct Place<'a> {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) kind: &'a OfferKind,
    pub(super) site: &'a Site,
    /// The site's, unless the place is elsewhere.
    pub(super) address: Address,
    /// Code of the bed area in the hospital's own software.
    pub(super) external: Option<String>,
    /// The closure of its offer, when in effect.
    pub(super) closure: Option<&'a Closure>,
    /// Whether the place carries the equipment and the beds of its kind, or is only an address.
    pub(super) main: bool,
    /// Whether it has no offer yet, and tells whose it is.
    pub(super) vacant: bool,
}

/// Hands over the place, with the defects due; gives its key.
pub(super) fn propose(world: &mut World<'_>, place: &Place<'_>) -> String {
    let mut draw = Draw::new(world.seed, &[&place.key]);
    let mut updated = draw.updated(world.now);
    let born = created(draw.created(updated));
    let commune = place.address.commune.as_deref().unwrap_or_default();
    let mut extensions = vec![commune_cog(commune)];
    if place.main {
        extensions.extend(equipment(place.kind, world.shape.rare, &mut draw));
        extensions.extend(dwellings(place.kind, &mut draw));
    }
    if draw.chance(0.04) {
        extensions.push(ror("ror-comment", "valueString", "Travaux dans le hall : entrée provisoire par la cour."));
    }
    extensions.push(born);
    let installed = place.kind.beds.filter(|_| place.main);
    if let Some((low, high)) = installed {
        let (capacity, latest) = capacity(place, draw.between(low, high), world, &mut draw);
        updated = updated.max(latest).min(world.now);
        extensions.splice(1..1, capacity);
    }
    let mut resource = build(world, place, extensions, &mut draw);
    let owed = place.main && installed.is_some() && wants_installed_places(place.kind, &place.site.category);
    spoil_place(world, &place.key, &mut resource, owed);
    world.propose(&place.key, resource, updated);
    place.key.clone()
}

fn build(world: &World<'_>, place: &Place<'_>, extensions: Vec<Node>, draw: &mut Draw) -> Node {
    let mut resource = Object::new();
    resource.insert("resourceType", "Location");
    resource.insert("meta", meta(&world.region));
    resource.insert("extension", extensions);
    if let Some(external) = &place.external {
        let kind = concept("R354-TypeIdentifiantRessourceOperationnelle", "26");
        let identifier = object([("type", kind), ("value", external.as_str().into())]);
        resource.insert("identifier", Node::Array(vec![identifier]));
    }
    let status = place.closure.map_or("3", Closure::place_status);
    if world.shape.rare {
        let status = match status {
            "1" => "inactive",
            "2" => "suspended",
            _ => "active",
        };
        resource.insert("status", status);
    }
    resource.insert("operationalStatus", super::elements::coding("R203-StatutLieu", status));
    resource.insert("name", place.name.as_str());
    if let Some(external) = &place.external {
        resource.insert("alias", Node::Array(vec![format!("Zone {external}").into()]));
    }
    if draw.chance(0.2) {
        resource.insert("description", *draw.pick(&DIRECTIONS));
    }
    resource.insert("type", Node::Array(vec![concept("R343-FonctionLieu", &place.kind.place)]));
    let mut resource = Node::Object(resource);
    if draw.chance(0.5) {
        let level = match place.kind.sensitive {
            true => 3,
            false if draw.chance(0.6) => 1,
            false => 2,
        };
        push(&mut resource, "telecom", Telecom::landline(draw, level).to_contact_point());
    }
    crate::shapes::set_some(&mut resource, "address", place.address.for_location());
    crate::shapes::set_some(&mut resource, "position", place.address.location_position());
    if place.vacant {
        crate::shapes::set(&mut resource, "managingOrganization", reference(&place.site.key));
    }
    resource
}

const DIRECTIONS: [&str; 5] = [
    "Entrée principale, accès de plain-pied, stationnement réservé devant le bâtiment.",
    "Deuxième étage, ascenseur à gauche de l'accueil.",
    "Bâtiment B, suivre le fléchage bleu depuis le parking.",
    "Arrêt de bus à cinquante mètres.",
    "Sonner à l'interphone, porte automatique.",
];

/// The equipment of a place; the first has a limit when the table says so, and where `varied`, one that differs
/// between places and sometimes none.
fn equipment(kind: &OfferKind, varied: bool, draw: &mut Draw) -> Vec<Node> {
    let item = |(rank, code): (usize, &String)| {
        let mut parts = vec![coded("equipmentType", "R212-Equipement", code)];
        parts.push(part("nbInService", "valueInteger", draw.between(1, 3)));
        if let Some((feature, limit)) = kind.limit.as_ref().filter(|_| rank == 0) {
            let limits: Vec<i64> = if varied { some_limits(feature, draw) } else { vec![(*limit).into()] };
            parts.extend(limits.into_iter().map(|limit| limit_of(feature, limit)));
        }
        ror_complex("ror-location-equipment", parts)
    };
    kind.equip.iter().enumerate().map(item).collect()
}

/// Usual limits of a feature (R340): none, one, or now and then one for each of two machines.
fn some_limits(feature: &str, draw: &mut Draw) -> Vec<i64> {
    let usual: [i64; 5] = if feature == "001" { [150, 180, 200, 220, 250] } else { [60, 65, 70, 75, 80] };
    let count = *draw.pick(&[0, 1, 1, 1, 1, 1, 2]);
    (0..count).map(|_| *draw.pick(&usual)).collect()
}

fn limit_of(feature: &str, limit: i64) -> Node {
    let unit = if feature == "001" { "kg" } else { "cm" };
    let quantity = object([("value", limit.into()), ("unit", unit.into())]);
    let parts = vec![
        coded("equipmentFeature", "R340-TypeCaracteristiqueEquipement", feature),
        part("limitValue", "valueQuantity", quantity),
    ];
    ror_complex("ror-location-equipment-limit", parts)
}

fn dwellings(kind: &OfferKind, draw: &mut Draw) -> Vec<Node> {
    if !kind.dwellings {
        return Vec::new();
    }
    let counts = [("03", draw.between(10, 35)), ("05", draw.between(5, 20)), ("04", draw.between(2, 12))];
    let one = |(kind, count): (&str, i64)| {
        let parts = vec![
            coded("residentialType", "R242-TypeHabitation", kind),
            part("residentialNumber", "valueInteger", count),
        ];
        ror_complex("ror-location-residential-capacity", parts)
    };
    counts.into_iter().map(one).collect()
}

fn capacity(place: &Place<'_>, installed: i64, world: &World<'_>, draw: &mut Draw) -> (Vec<Node>, Instant) {
    let kind = place.kind;
    let hospital = matches!(kind.field.as_str(), "01" | "02" | "03");
    let temporary = kind.temporality.as_deref() == Some("01");
    let count = Count {
        installed,
        nature: kind.nature.as_deref().unwrap_or("01"),
        critical: kind.critical,
        live: hospital || temporary || draw.chance(0.3),
        closed: place.closure.is_some(),
        varied: world.shape.rare,
    };
    records(count, world.now, draw)
}

/// The extension of accessibility of a site (J50).
pub(super) fn accessibility(draw: &mut Draw) -> Node {
    ror_coded(
        "ror-organization-accessibility-location",
        "R202-AccessibiliteLieu",
        draw.word(&["1", "1", "1", "5", "3", "2"]),
    )
}

//! Structures: owners (entités juridiques), sites (entités géographiques) with what they carry, and the
//! organisations internes of the two biggest hospitals.

use std::collections::{HashMap, HashSet};

use ror_fhir::{Instant, Node, Object, node};

use super::catalogue::{OfferKind, StructureKind};
use super::contacts::{self, Telecom};
use super::defects::DefectKind;
use super::draw::{Carry, DAY_MS, Draw};
use super::elements::{coded, created, day, meta, push, reference, ror, ror_coded, ror_complex};
use super::names::{siret, slug};
use super::offers::{self, Offer};
use super::places::{self, Place};
use super::practitioners;
use super::prices;
use super::scale::health_territory;
use super::territory::{RegisterStructure, World};
use crate::address::Address;
use crate::identifiers::{FinessId, SirenId};
use crate::organization::{Kind, Structure, eg_key, ej_key};

/// A closure of a site or an offer.
#[derive(Clone, Debug)]
pub(super) struct Closure {
    /// `DEF` or `PRO` (J185, J201).
    pub(super) kind: &'static str,
    pub(super) from: Instant,
    pub(super) until: Option<Instant>,
}

impl Closure {
    /// The closure of an offer: its site's, or its own, for two offers in a hundred: for works or a season,
    /// or for good.
    pub(super) fn of_offer(world: &World<'_>, site: &Site, key: &str) -> Option<Self> {
        if site.closure.is_some() {
            return site.closure.clone();
        }
        let mut draw = Draw::new(world.seed, &["fermeture", key]);
        let now = world.now;
        match draw.unit() {
            share if share < 0.012 => {
                let from = now + draw.between(-20, 40) * DAY_MS;
                Some(Self { kind: "PRO", from, until: Some(from + draw.between(10, 60) * DAY_MS) })
            }
            share if share < 0.02 => Some(Self { kind: "DEF", from: now - draw.between(5, 300) * DAY_MS, until: None }),
            _ => None,
        }
    }

    /// Whether it has begun and is not over.
    pub(super) fn in_effect(&self, now: Instant) -> bool {
        self.from <= now && self.until.is_none_or(|until| until > now)
    }

    /// Status of a place whose offers are closed (J224).
    pub(super) fn place_status(&self) -> &'static str {
        if self.kind == "DEF" { "1" } else { "2" }
    }
}

/// A site, as its offers and places need it.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) key: String,
    /// What its offers and places start their keys with: FINESS number or RPPS-rang.
    pub(super) number: String,
    pub(super) name: String,
    /// Place in the communes of the department.
    pub(super) town: usize,
    pub(super) address: Address,
    pub(super) category: String,
    pub(super) closure: Option<Closure>,
}

/// A legal entity that sites belong to.
#[derive(Clone, Debug)]
struct Owner {
    finess: FinessId,
    siren: SirenId,
    /// Sites already numbered under it.
    sites: u32,
}

/// The owners met so far by name of the table.
#[derive(Default)]
struct Owners {
    shared: HashMap<String, Vec<Owner>>,
    /// The owner of the site before: a wrong parent is taken from it.
    previous: Option<FinessId>,
}

/// Hands over the owners, then every structure of the department.
pub(super) fn generate(world: &mut World<'_>) {
    let mut owners = Owners::default();
    let catalogue = world.catalogue;
    for owner in &catalogue.owners {
        let names = if world.is_home() || owner.elsewhere.is_empty() { &owner.names } else { &owner.elsewhere };
        let shared = names.iter().enumerate().map(|(rank, name)| {
            let town = world.by_population[(rank * 3) % world.by_population.len().min(20)];
            let name = world.fill(name);
            propose_owner(world, &name, &owner.status, town)
        });
        let shared = shared.collect();
        owners.shared.insert(owner.key.clone(), shared);
    }
    for kind in &catalogue.structures {
        for (rank, town) in seats(world, kind).into_iter().enumerate() {
            propose_site(world, &mut owners, kind, rank, town);
        }
    }
}

/// The communes of a kind of structure, one per structure.
fn seats(world: &mut World<'_>, kind: &'static StructureKind) -> Vec<usize> {
    if !kind.ranks.is_empty() {
        let count = count_of_seats(world, kind);
        let last = world.by_population.len() - 1;
        // Once each seat has one, two more for each pair of communes that follow.
        let rank = |seat: usize| kind.ranks[seat % kind.ranks.len()] + seat / kind.ranks.len() / 2;
        return (0..count).map(|seat| world.by_population[rank(seat).min(last)]).collect();
    }
    let weight = |place: usize| {
        let population = world.towns[place].population;
        if population < kind.large { 0.0 } else { f64::from(population).powf(kind.spread) }
    };
    let total: f64 = (0..world.towns.len()).map(weight).sum();
    let count = (kind.count as f64 * world.ratio).round();
    let mut carry = Carry::new(Draw::new(world.seed, &["siège", &kind.key]).unit());
    let places =
        (0..world.towns.len()).flat_map(|place| std::iter::repeat_n(place, carry.take(count * weight(place) / total)));
    places.take(count as usize).collect()
}

/// How many seats there are of a kind that has them in Ain: as many for as many people.
fn count_of_seats(world: &mut World<'_>, kind: &'static StructureKind) -> usize {
    let wanted = kind.ranks.len() as f64 * world.ratio;
    if world.is_home() {
        return kind.ranks.len();
    }
    // What Ain has once, in its largest commune, is of the department: each has one.
    if kind.ranks == [0] {
        return (wanted.round() as usize).max(1);
    }
    world.seats.entry(&kind.key).or_insert_with(|| Carry::new(0.5)).take(wanted)
}

/// Hands over an entité juridique.
fn propose_owner(world: &mut World<'_>, name: &str, status: &str, town: usize) -> Owner {
    let (finess, siren) = (world.numbers.finess(), world.numbers.siren());
    let key = ej_key(&finess);
    let mut draw = Draw::new(world.seed, &[&key]);
    let updated = draw.updated(world.now);
    let group = match status {
        "01" | "02" | "03" => "1100",
        "13" | "14" | "17" | "21" => "1200",
        "60" | "61" | "63" => "2100",
        _ => "2200",
    };
    let founded = format!("{}-{:02}-01", draw.between(1950, 2018), draw.between(1, 12));
    let structure = Structure {
        siren: Some(siren.clone()),
        region: Some(world.region.clone()),
        recorded: Some(super::elements::date_time(draw.created(updated))),
        created: Some(founded),
        name: Some(name.to_owned()),
        legal_status: Some(status.to_owned()),
        legal_status_group: Some(group.to_owned()),
        address: world.towns[town].address(world.catalogue, &mut draw),
        ..Structure::new(Kind::EntiteJuridique, Some(finess))
    };
    world.propose(&key, structure.to_resource(), updated);
    Owner { finess, siren, sites: 0 }
}

/// The owner of a new site, handed over first when it is its own.
fn owner_of(
    world: &mut World<'_>,
    owners: &mut Owners,
    kind: &StructureKind,
    rank: usize,
    town: usize,
    name: &str,
) -> Owner {
    let mut draw = Draw::new(world.seed, &["propriétaire", &kind.key, &rank.to_string()]);
    // As many owners as seats: one each, in order. Otherwise one is drawn.
    let each = kind.ranks.len() == kind.owner.len();
    let chosen = if each { &kind.owner[rank % kind.owner.len()] } else { draw.pick(&kind.owner) };
    match owners.shared.get_mut(chosen) {
        Some(shared) => {
            let place = draw.below(shared.len());
            shared[place].sites += 1;
            shared[place].clone()
        }
        None if chosen == "ccas" => {
            let name = format!("Centre communal d'action sociale {}", world.towns[town].of());
            Owner { sites: 1, ..propose_owner(world, &name, "17", town) }
        }
        None => {
            let status = kind.status.as_deref().unwrap_or("60");
            Owner { sites: 1, ..propose_owner(world, name, status, town) }
        }
    }
}

/// Hands over a site with its owner, its offers, their places and their people.
fn propose_site(world: &mut World<'_>, owners: &mut Owners, kind: &StructureKind, rank: usize, town: usize) {
    let name = name_of(world, kind, rank, town);
    let owner = owner_of(world, owners, kind, rank, town, &name);
    let finess = world.numbers.finess();
    let key = eg_key(&finess);
    let mut draw = Draw::new(world.seed, &[&key]);
    let address = world.towns[town].address(world.catalogue, &mut draw);
    let closure = (!kind.internal && draw.chance(0.015)).then(|| Closure {
        kind: "DEF",
        from: world.now - draw.between(10, 400) * DAY_MS,
        until: None,
    });
    let category = kind.category.clone();
    let number = finess.to_string();
    let site = Site { key, number, name, town, address, category, closure };
    propose_eg(world, owners, kind, &site, &owner, finess, &mut draw);
    owners.previous = Some(owner.finess);
    let mut internal = Internal::default();
    let mut first_place = None;
    for offer in &world.catalogue.offers {
        let Some(expected) = offer.of.get(&kind.key).filter(|_| rank == 0 || !offer.single) else { continue };
        let count = Draw::new(world.seed, &[&site.key, &offer.name]).about(*expected);
        for unit in 0..count {
            let place = propose_offer(world, kind, &site, offer, unit, count, &mut internal, first_place.as_deref());
            first_place.get_or_insert(place);
        }
    }
    if world.shape.rare && draw.chance(0.03) {
        propose_vacant(world, &site);
    }
}

/// Hands over a place without offer yet, which says whose it is.
fn propose_vacant(world: &mut World<'_>, site: &Site) {
    let kind = OfferKind { place: "005".to_owned(), ..OfferKind::default() };
    let (key, name) = (format!("lieu/{}/vacant", site.number), format!("{} - nouveau bâtiment", site.name));
    let (kind, address) = (&kind, site.address.clone());
    let place = Place { key, name, kind, site, address, external: None, closure: None, main: false, vacant: true };
    places::propose(world, &place);
}

fn name_of(world: &World<'_>, kind: &StructureKind, rank: usize, town: usize) -> String {
    let named =
        if world.is_home() { kind.names.get(rank) } else { kind.elsewhere.get(rank % kind.elsewhere.len().max(1)) };
    let pattern = named.or(kind.pattern.as_ref()).map_or("{house}", String::as_str);
    let houses = &world.catalogue.names.houses;
    // Another house at each rank, from another start for each kind.
    let house = &houses[(rank * 7 + kind.key.len() * 11) % houses.len()];
    pattern.replace("{house}", house).replace("{de}", &world.towns[town].of())
}

/// Hands over the entité géographique, and the register's view of it; plants the defects of sites.
fn propose_eg(
    world: &mut World<'_>,
    owners: &Owners,
    kind: &StructureKind,
    site: &Site,
    owner: &Owner,
    finess: FinessId,
    draw: &mut Draw,
) {
    let updated = draw.updated(world.now);
    let mut structure = Structure {
        siret: Some(siret(&owner.siren, owner.sites)),
        region: Some(world.region.clone()),
        recorded: Some(super::elements::date_time(draw.created(updated))),
        opened: Some(format!("{}-{:02}-01", draw.between(1960, 2019), draw.between(1, 12))),
        name: Some(site.name.clone()),
        category: Some(site.category.clone()),
        sph: kind.sph.clone(),
        address: site.address.clone(),
        part_of: Some(ej_key(&owner.finess)),
        ..Structure::new(Kind::EntiteGeographique, Some(finess))
    };
    if draw.chance(0.15) {
        structure.operational_name =
            site.name.split(" - ").last().map(|short| format!("{short} ({})", kind.key.to_uppercase()));
    }
    let mut registered = RegisterStructure {
        finess: site.number.clone(),
        finess_ej: owner.finess.to_string(),
        name: site.name.clone(),
        category: site.category.clone(),
        commune: world.towns[site.town].code.clone(),
        closed: site.closure.as_ref().map(|closure| day(closure.from)),
    };
    if !kind.internal {
        spoil_structure(world, owners, site, &mut structure, &mut registered);
    }
    world.register_structure(registered);
    let resource = eg_resource(world, kind, site, &structure, draw);
    world.propose(&site.key, resource, updated);
    if world.plan.due(DefectKind::DuplicateIdentifier) {
        let key = format!("{}/doublon", site.key);
        let copy = Structure { name: structure.name.map(|name| name.to_uppercase()), ..structure };
        world.propose(&key, copy.to_resource(), updated);
        world.tell(DefectKind::DuplicateIdentifier, &key, format!("même numéro FINESS que {}", site.key));
    }
}

/// What the register and the directory disagree on.
fn spoil_structure(
    world: &mut World<'_>,
    owners: &Owners,
    site: &Site,
    structure: &mut Structure,
    registered: &mut RegisterStructure,
) {
    if world.plan.due(DefectKind::AbsentFromDirectory) {
        let finess = world.numbers.finess().to_string();
        let name = format!("{} (annexe)", site.name);
        world.tell(DefectKind::AbsentFromDirectory, &finess, "établissement connu du registre seul");
        world.register_structure(RegisterStructure { finess, name, ..registered.clone() });
    }
    if site.closure.is_none() && world.plan.due(DefectKind::ClosedInRegister) {
        registered.closed = Some(day(world.now - 120 * DAY_MS));
        world.tell(DefectKind::ClosedInRegister, &site.key, "fermé dans le registre, ouvert ici");
    }
    if world.plan.due(DefectKind::OtherCategory) {
        let other = if site.category == "500" { "501" } else { "219" };
        structure.category = Some(other.to_owned());
        world.tell(DefectKind::OtherCategory, &site.key, format!("{other} au lieu de {}", site.category));
    }
    let other = owners.previous.filter(|previous| previous.to_string() != registered.finess_ej);
    if let Some(other) = other.filter(|_| world.plan.due(DefectKind::OtherOwner)) {
        structure.part_of = Some(ej_key(&other));
        world.tell(DefectKind::OtherOwner, &site.key, format!("{other} au lieu de {}", registered.finess_ej));
    }
}

/// The resource of a site: the structure, and what only a description holds.
fn eg_resource(world: &World<'_>, kind: &StructureKind, site: &Site, structure: &Structure, draw: &mut Draw) -> Node {
    let mut resource = structure.to_resource();
    let start = format!("{}-01-01", &day(world.now)[..4]);
    let mut extensions = prices::of_site(&site.category, &start, draw);
    extensions.extend(health_territory(&world.departement).map(|territory| {
        let division = coded("typeTerritorialDivision", "R201-TypeDivisionTerritoriale", "4");
        let territory = coded("codeTerritorialDivision", "R88-TerritoireSante", territory);
        ror_complex("ror-territorial-division", vec![division, territory])
    }));
    if kind.price {
        extensions.push(ror_coded("ror-organization-financial-help-type", "R241-AideFinanciere", "02"));
        extensions.push(ror("ror-organization-nb-permanent-social-help-place", "valueInteger", draw.between(0, 40)));
        extensions.push(ror("ror-organization-nb-temporary-social-help-place", "valueInteger", draw.between(0, 4)));
    }
    if draw.chance(0.1) {
        extensions.push(ror("ror-organization-accomodation-family", "valueBoolean", true));
    }
    extensions.push(places::accessibility(draw));
    if let Some(rank) = &kind.emergency {
        extensions.push(ror_coded("ror-organization-level-recours-orsan", "R284-NiveauRecoursORSAN", rank));
        extensions.push(ror("ror-organization-drop-zone", "valueBoolean", rank == "1"));
    }
    if let Some(closure) = &site.closure {
        close(&mut resource, closure);
        extensions.push(ror_coded("ror-organization-closing-type", "R286-TypeFermeture", closure.kind));
    }
    for extension in extensions {
        push(&mut resource, "extension", extension);
    }
    for contact in contacts::of_site(world.catalogue, &site.name, kind.emergency.is_some(), draw) {
        push(&mut resource, "contact", contact.to_backbone());
    }
    resource
}

/// Sets the end of the period of use of a site.
fn close(resource: &mut Node, closure: &Closure) {
    let Some(Node::Array(extensions)) = resource.get_mut("extension") else { return };
    let period = extensions.iter_mut().find_map(|extension| extension.get_mut("valuePeriod"));
    if let Some(period) = period {
        crate::shapes::set(period, "end", day(closure.from));
    }
}

/// The organisations internes of one site already handed over, by key.
type Internal = HashSet<String>;

/// Hands over an offer with its places and its people; gives the key of its first place.
#[expect(clippy::too_many_arguments, reason = "one unit among several of one kind on one site")]
fn propose_offer(
    world: &mut World<'_>,
    structure: &StructureKind,
    site: &Site,
    kind: &OfferKind,
    unit: usize,
    count: usize,
    internal: &mut Internal,
    first_place: Option<&str>,
) -> String {
    let name = world.fill(&kind.name);
    let name = if count > 1 { format!("{name} - unité {}", unit + 1) } else { name };
    let tail = format!("{}/{}", site.number, slug(&name));
    let key = format!("offre/{tail}");
    // A medico-social offer is named after its structure too: there are a hundred « Hébergement permanent ».
    let name = if matches!(kind.field.as_str(), "04" | "06") { format!("{name} - {}", site.name) } else { name };
    let mut draw = Draw::new(world.seed, &["unité", &key]);
    let provider =
        if structure.internal { propose_internal(world, site, kind, &name, internal) } else { site.key.clone() };
    let closure = Closure::of_offer(world, site, &key);
    let in_effect = closure.as_ref().filter(|closure| closure.in_effect(world.now));
    let mut keys = Vec::new();
    if let Some(shared) = first_place.filter(|_| kind.shared) {
        keys.push(shared.to_owned());
    } else {
        let hospital = matches!(kind.field.as_str(), "01" | "02" | "03") && kind.beds.is_some();
        let external = hospital.then(|| format!("UF{}", draw.between(1000, 9999)));
        let (key, address) = (format!("lieu/{tail}"), site.address.clone());
        let place = Place {
            key,
            name: name.clone(),
            kind,
            site,
            address,
            external,
            closure: in_effect,
            main: true,
            vacant: false,
        };
        keys.push(places::propose(world, &place));
    }
    if draw.chance(0.14 * world.shape.second_places) {
        let address = world.towns[site.town].address(world.catalogue, &mut draw);
        let key = format!("lieu/{tail}/2");
        let name = format!("{} - annexe", site.name);
        let place =
            Place { key, name, kind, site, address, external: None, closure: in_effect, main: false, vacant: false };
        keys.push(places::propose(world, &place));
    }
    let place = keys[0].clone();
    let offer = Offer { key, name, kind, site, provider, places: keys, closure, practice: false, home: false };
    offers::propose(world, &offer);
    practitioners::named_in_structure(world, &offer, &mut draw);
    place
}

/// « Service de cardiologie », « Service d'ophtalmologie », « Service ORL ».
fn service_name(speciality: &str) -> String {
    if speciality.chars().all(char::is_uppercase) {
        return format!("Service {speciality}");
    }
    let lower = speciality.to_lowercase();
    let link = if lower.starts_with(['a', 'e', 'é', 'h', 'i', 'o', 'u']) { "d'" } else { "de " };
    format!("Service {link}{lower}")
}

/// Hands over the pôle, the service and the unité fonctionnelle of an offer when they are new; gives the
/// key of the last one.
fn propose_internal(world: &mut World<'_>, site: &Site, kind: &OfferKind, name: &str, known: &mut Internal) -> String {
    let pole = kind.pole.as_deref().unwrap_or("Pôle transversal");
    let service = kind.service.as_deref().unwrap_or("Service transversal");
    let levels =
        [("pole", "1", format!("Pôle {pole}")), ("service", "2", service_name(service)), ("uf", "3", name.to_owned())];
    let mut parent = site.key.clone();
    for (level, code, name) in levels {
        let key = format!("oi/{}/{level}/{}", site.number, slug(&name));
        if known.insert(key.clone()) {
            let mut draw = Draw::new(world.seed, &[&key]);
            let updated = draw.updated(world.now);
            let mut members = Object::new();
            members.insert("resourceType", "Organization");
            members.insert("meta", meta(&world.region));
            members.insert("extension", Node::Array(vec![created(draw.created(updated))]));
            members.insert("type", node!([super::elements::concept("R207-TypeOrganisationInterne", code)]));
            members.insert("name", name.as_str());
            if level != "pole" {
                let mailbox = Telecom::secure_mailbox(&slug(&name), 2).to_contact_point();
                members.insert("telecom", Node::Array(vec![mailbox]));
            }
            members.insert("partOf", reference(&parent));
            world.propose(&key, Node::Object(members), updated);
        }
        parent = key;
    }
    parent
}

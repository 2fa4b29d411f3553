//! City practice: practices of one to four professionals, commune by commune, and the professionals whom
//! the register knows and nobody has described yet (D48).

use ror_fhir::Node;

use super::catalogue::{Hours, OfferKind, Profession};
use super::draw::{Carry, Draw};
use super::elements::{concept, date_time};
use super::establishments::{Closure, Site};
use super::names::{Person, rpps_rang, siret};
use super::offers::{self, Offer};
use super::places::{self, Place};
use super::practitioners::{self, Practice, Practitioner};
use super::territory::{RegisterPractitioner, World};
use crate::identifiers::Rang;
use crate::organization::{Kind, Structure};

/// Share of described professionals who also practise elsewhere.
const SECOND_PRACTICE: f64 = 0.2;

/// Share of those alone of their profession in a practice who share it with other professions.
const SHARED_WALLS: f64 = 0.88;

/// What is due of one profession in the next commune, and who is waiting for a second practice.
struct Due<'a> {
    profession: &'a Profession,
    described: Carry,
    undescribed: Carry,
    salaried: Carry,
    waiting: Option<Practitioner>,
}

/// Hands over the practices and the register of the department.
pub(super) fn generate(world: &mut World<'_>) {
    let seed = world.seed;
    let mut due: Vec<_> = world.catalogue.professions.iter().map(|profession| Due::new(seed, profession)).collect();
    let practices = Weights::new(world, 500);
    let employers = Weights::new(world, 2000);
    for town in 0..world.towns.len() {
        let mut alone = Vec::new();
        for due in &mut due {
            let people = |count: usize, density: f64| count as f64 * world.ratio * density;
            let (city, salaried) = (world.shape.city, world.shape.salaried);
            let undescribed = due.profession.liberal.saturating_sub(due.profession.described);
            let described = due.described.take(people(due.profession.described, city) * practices.share(town));
            let undescribed = due.undescribed.take(people(undescribed, city) * practices.share(town));
            let salaried = due.salaried.take(people(due.profession.salaried, salaried) * employers.share(town));
            settle(world, due, town, described, &mut alone);
            for _ in 0..undescribed {
                register(world, due.profession, town, true);
            }
            for _ in 0..salaried {
                register(world, due.profession, town, false);
            }
        }
        share_walls(world, town, alone);
    }
}

impl<'a> Due<'a> {
    fn new(seed: u64, profession: &'a Profession) -> Self {
        let carry = |what: &str| Carry::new(Draw::new(seed, &["ville", what, &profession.key]).unit());
        Self {
            profession,
            described: carry("décrits"),
            undescribed: carry("registre"),
            salaried: carry("salariés"),
            waiting: None,
        }
    }
}

/// How professionals spread over communes: a little more than their share of the population in the larger
/// ones (population^1.05, `volumes.md` §1), none in the smallest.
struct Weights(Vec<f64>);

impl Weights {
    fn new(world: &World<'_>, smallest: u32) -> Self {
        let power = world.shape.concentration;
        let weight = |population: u32| if population < smallest { 0.0 } else { f64::from(population).powf(power) };
        let weights: Vec<_> = world.towns.iter().map(|town| weight(town.population)).collect();
        let total: f64 = weights.iter().sum();
        Self(weights.into_iter().map(|weight| weight / total).collect())
    }

    fn share(&self, town: usize) -> f64 {
        self.0[town]
    }
}

/// Someone who practises in a practice.
struct Member<'a> {
    profession: &'a Profession,
    practitioner: Practitioner,
}

/// Groups the newcomers of one profession into practices of one to four. Someone alone often shares walls
/// with other professions: they join `alone`.
fn settle<'a>(world: &mut World<'_>, due: &mut Due<'a>, town: usize, newcomers: usize, alone: &mut Vec<Member<'a>>) {
    let code = world.towns[town].code.clone();
    let mut draw = Draw::new(world.seed, &["cabinets", &code, &due.profession.key]);
    let mut left = newcomers;
    while left > 0 {
        let size = match draw.unit() {
            share if share < 0.48 => 1,
            share if share < 0.74 => 2,
            share if share < 0.91 => 3,
            _ => 4,
        };
        let size = left.min(size);
        left -= size;
        let member = |practitioner| Member { profession: due.profession, practitioner };
        let mut members: Vec<_> = (0..size).map(|_| member(practitioners::propose(world))).collect();
        let visitor = due.waiting.take();
        if draw.chance(SECOND_PRACTICE * size as f64) {
            due.waiting = Some(members[0].practitioner.clone());
        }
        members.extend(visitor.map(member));
        if members.len() == 1 && draw.chance(SHARED_WALLS) {
            alone.append(&mut members);
        } else {
            propose_practice(world, town, &due.profession.cabinet, &members, &mut draw);
        }
    }
}

/// Groups those who are alone of their profession into practices of several professions.
fn share_walls(world: &mut World<'_>, town: usize, alone: Vec<Member<'_>>) {
    let mut draw = Draw::new(world.seed, &["cabinets", &world.towns[town].code]);
    let mut alone = alone.into_iter().peekable();
    while alone.peek().is_some() {
        let members: Vec<_> = alone.by_ref().take(draw.between(2, world.shape.roof) as usize).collect();
        let cabinet = if members.len() > 1 { "Cabinet pluriprofessionnel" } else { &members[0].profession.cabinet };
        propose_practice(world, town, cabinet, &members, &mut draw);
    }
}

/// Hands over a practice: its site, then an offer, its place and its role for each member.
fn propose_practice(world: &mut World<'_>, town: usize, cabinet: &str, members: &[Member<'_>], draw: &mut Draw) {
    let site = propose_site(world, town, cabinet, members, draw);
    for Member { profession, practitioner } in members {
        let tail = format!("{}/{}", site.number, practitioner.rpps);
        let mut draw = Draw::new(world.seed, &["exercice", &tail]);
        let kind = declared(profession, &mut draw);
        let (site, kind) = (&site, &kind);
        let closure = Closure::of_offer(world, site, &format!("offre/{tail}"));
        let in_effect = closure.as_ref().filter(|closure| closure.in_effect(world.now));
        let person = &practitioner.person;
        let name = format!("{} - {} {}", profession.offer, person.given, person.family);
        let (key, address) = (format!("lieu/{tail}"), site.address.clone());
        let place = Place {
            key,
            name: site.name.clone(),
            kind,
            site,
            address,
            external: None,
            closure: in_effect,
            main: true,
            vacant: false,
        };
        let mut places = vec![places::propose(world, &place)];
        if draw.chance(0.07 * world.shape.second_places) {
            let address = world.towns[town].address(world.catalogue, &mut draw);
            let (key, name) = (format!("lieu/{tail}/2"), format!("{} - lieu secondaire", site.name));
            let place = Place {
                key,
                name,
                kind,
                site,
                address,
                external: None,
                closure: in_effect,
                main: false,
                vacant: false,
            };
            places.push(places::propose(world, &place));
        }
        let (key, provider) = (format!("offre/{tail}"), site.key.clone());
        let home = draw.chance(profession.home);
        let offer = Offer { key, name, kind, site, provider, places, closure, practice: true, home };
        offers::propose(world, &offer);
        let practice = Practice { profession, speciality: None, liberal: true };
        practitioners::propose_role(world, practitioner, &practice, &offer);
    }
}

/// Hands over the site of a practice: a company (SA09) has its own entité juridique and SIRET, another
/// practice is known by the RPPS-rang of its first member.
fn propose_site(world: &mut World<'_>, town: usize, cabinet: &str, members: &[Member<'_>], draw: &mut Draw) -> Site {
    let holder = &members[0].practitioner;
    let address = world.towns[town].address(world.catalogue, draw);
    // A company has one profession; a practice is named after its street when that reads well.
    let same = members.iter().all(|member| member.profession.key == members[0].profession.key);
    let street = address.street_name.as_deref().unwrap_or_default();
    let reads_well = ["de l", "du ", "des "].iter().any(|start| street.starts_with(start));
    let after = if reads_well { street.to_owned() } else { world.towns[town].of() };
    let (sector, name) = match members.len() {
        1 => ("SA07", format!("{cabinet} {} {}", holder.person.given, holder.person.family)),
        _ if same && draw.chance(0.4) => ("SA09", format!("{cabinet} {after}")),
        _ => ("SA08", format!("{cabinet} {after}")),
    };
    let mut structure = Structure {
        region: Some(world.region.clone()),
        name: Some(name.clone()),
        address: address.clone(),
        ..Structure::new(Kind::EntiteGeographique, None)
    };
    let number = if sector == "SA09" {
        let (siren, owner) = propose_company(world, &name, &address);
        let siret = siret(&siren, 1);
        structure.part_of = Some(owner);
        structure.siret.insert(siret).to_string()
    } else {
        let rang = rpps_rang(&holder.rpps, 1);
        structure.rang = Some(Rang::Rpps(rang.clone()));
        rang
    };
    let updated = draw.updated(world.now);
    structure.recorded = Some(date_time(draw.created(updated)));
    let key = format!("eg/cabinet/{number}");
    let mut resource = structure.to_resource();
    with_sector(&mut resource, sector);
    world.propose(&key, resource, updated);
    Site { key, number, name, town, address, category: sector.to_owned(), closure: None }
}

/// Sets the category of a practice, which is a sector of activity and not a FINESS category.
fn with_sector(resource: &mut Node, sector: &str) {
    let Some(members) = resource.as_object_mut() else { return };
    let rest: Vec<_> = ["name", "alias", "address", "partOf", "contact"]
        .into_iter()
        .filter_map(|key| members.remove(key).map(|value| (key, value)))
        .collect();
    members.insert("type", Node::Array(vec![concept("R02-SecteurActivite", sector)]));
    for (key, value) in rest {
        members.insert(key, value);
    }
}

/// Hands over the company of a group practice; gives its number and key.
fn propose_company(
    world: &mut World<'_>,
    name: &str,
    address: &crate::address::Address,
) -> (crate::identifiers::SirenId, String) {
    let siren = world.numbers.siren();
    let key = format!("ej/{siren}");
    let mut draw = Draw::new(world.seed, &[&key]);
    let updated = draw.updated(world.now);
    let structure = Structure {
        siren: Some(siren.clone()),
        region: Some(world.region.clone()),
        recorded: Some(date_time(draw.created(updated))),
        name: Some(format!("SELARL {name}")),
        legal_status: Some("85".to_owned()),
        legal_status_group: Some("2200".to_owned()),
        address: address.clone(),
        ..Structure::new(Kind::EntiteJuridique, None)
    };
    world.propose(&key, structure.to_resource(), updated);
    (siren, key)
}

/// What a professional declares: the ordinary activity of the profession, and what sets them apart.
fn declared(profession: &Profession, draw: &mut Draw) -> OfferKind {
    let mut some = |list: &[String], most: i64| {
        let start = draw.below(list.len().max(1));
        let count = draw.between(0, most) as usize;
        list.iter().cycle().skip(start).take(count.min(list.len())).cloned().collect::<Vec<_>>()
    };
    let mut ao = profession.ao.clone();
    ao.extend(some(&profession.orient, 2));
    let acts = some(&profession.acts, 2);
    let equip = some(&profession.equip, 1);
    let outside = some(&profession.outside, 1);
    let new_patients = draw.chance(0.15) && profession.key == "medecin-generaliste";
    if new_patients {
        ao.push("471".to_owned());
    }
    OfferKind {
        field: "05".to_owned(),
        mode: "32".to_owned(),
        category: profession.category.clone(),
        ao,
        acts,
        outside,
        equip,
        place: profession.place.clone(),
        ages: profession.ages,
        hours: Hours::Practice,
        ..OfferKind::default()
    }
}

/// Hands over a professional known to the register only: a sheet without role, where everyone has one.
fn register(world: &mut World<'_>, profession: &Profession, town: usize, liberal: bool) {
    if world.shape.sheets {
        practitioners::propose(world);
        return;
    }
    let rpps = world.numbers.rpps();
    let mut draw = Draw::new(world.seed, &["registre", &rpps]);
    let person = Person::draw(world.catalogue, &mut draw);
    let (_, street) = (draw.below(2), draw.pick(&world.catalogue.names.streets));
    let kind = match street.0.as_str() {
        "R" => "rue",
        "AV" => "avenue",
        "BD" => "boulevard",
        "PL" => "place",
        "CHE" => "chemin",
        "RTE" => "route",
        "ALL" => "allée",
        "IMP" => "impasse",
        "MTE" => "montée",
        "QU" => "quai",
        _ => "square",
    };
    let town = &world.towns[town];
    let practitioner = RegisterPractitioner {
        rpps,
        family: person.family,
        given: person.given,
        profession: profession.code.clone(),
        speciality: profession.skill.get(1).cloned(),
        liberal,
        address: format!("{} {kind} {}", draw.between(1, 120), street.1),
        postal_code: town.postal_code.clone(),
        city: town.name.clone(),
        commune: town.code.clone(),
    };
    world.register(practitioner);
}

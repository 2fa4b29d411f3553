//! A whole territory: what is generated, in which order, and how it is handed over.

use std::collections::HashMap;

use ror_fhir::{Instant, Node};

use super::catalogue::Catalogue;
use super::defects::{Defect, DefectKind, Plan};
use super::draw::Carry;
use super::names::{Numbers, Town};
use super::reports::{self, Reported};
use super::scale::{HOME, Scale, Shape};
use super::{city, establishments};
use crate::cog::{Cog, CommuneKind};
use crate::{Harvest, Mint, Proposed};

/// Name of this source in the ledger.
const SOURCE: &str = "synth";

/// One thing handed over by [`visit`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A resource of the directory.
    Resource(Proposed),
    /// A professional of the register who has no sheet in the directory.
    RegisterOnly(RegisterPractitioner),
    /// A structure as the register of structures knows it, defects of the directory aside.
    Structure(RegisterStructure),
    /// A defect planted on purpose.
    Defect(Defect),
}

/// A professional as the national register knows them, without a sheet in the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterPractitioner {
    /// RPPS number, 11 digits with their key.
    pub rpps: String,
    /// Family name.
    pub family: String,
    /// First name.
    pub given: String,
    /// Code of the profession (TRE_G15).
    pub profession: String,
    /// Code of the ordinal speciality (TRE_R38), for doctors and dentists.
    pub speciality: Option<String>,
    /// Whether they practise on their own (mode L); salaried otherwise (S).
    pub liberal: bool,
    /// Number and street of the place of work.
    pub address: String,
    /// Postal code.
    pub postal_code: String,
    /// Locality.
    pub city: String,
    /// INSEE code of the commune.
    pub commune: String,
}

/// A structure as FINESS would know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterStructure {
    /// FINESS number of the site.
    pub finess: String,
    /// FINESS number of its legal entity.
    pub finess_ej: String,
    /// Name.
    pub name: String,
    /// Category (TRE_R66).
    pub category: String,
    /// INSEE code of the commune.
    pub commune: String,
    /// Day of closure, when closed.
    pub closed: Option<String>,
}

/// A territory held in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Territory {
    /// The resources, and the figures to print.
    pub harvest: Harvest,
    /// Professionals known to the register only (D48).
    pub register_only: Vec<RegisterPractitioner>,
    /// The register of structures that indicators compare with.
    pub register_structures: Vec<RegisterStructure>,
    /// The defects planted, to judge what finds them.
    pub truth: Vec<Defect>,
    /// Scale, seed and instant, as [`generate`] was given them.
    pub origin: Option<(Scale, u64, Instant)>,
}

/// Generates a territory and keeps it: the scales that fit in memory.
///
/// `seed` chooses another territory of the same shape; `now` is the instant that ages are counted from.
pub fn generate(scale: Scale, seed: u64, now: Instant) -> Territory {
    let mut territory = Territory { origin: Some((scale, seed, now)), ..Territory::default() };
    territory.harvest.source = SOURCE;
    visit(scale, seed, now, &mut |item| match item {
        Item::Resource(proposed) => territory.harvest.proposed.push(proposed),
        Item::RegisterOnly(practitioner) => territory.register_only.push(practitioner),
        Item::Structure(structure) => territory.register_structures.push(structure),
        Item::Defect(defect) => territory.truth.push(defect),
    });
    territory.harvest.report = report(&territory);
    territory
}

/// Generates a territory, one structure at a time: owners first, then each structure with its
/// offers, places and people, then the practices commune by commune. A resource comes after those
/// it refers to, so that it can be written as it comes.
pub fn visit(scale: Scale, seed: u64, now: Instant, each: &mut dyn FnMut(Item)) {
    visit_shape(scale.shape(), seed, now, each);
}

pub(super) fn visit_shape(shape: &'static Shape, seed: u64, now: Instant, each: &mut dyn FnMut(Item)) {
    let mut world = World::new(shape, seed, now, each);
    for departement in shape.departements {
        world.enter(departement);
        establishments::generate(&mut world);
        city::generate(&mut world);
    }
    reports::generate(&mut world);
}

/// The state that runs through a generation; its size does not grow with the territory.
pub(super) struct World<'a> {
    pub(super) catalogue: &'static Catalogue,
    pub(super) seed: u64,
    pub(super) now: Instant,
    pub(super) shape: &'static Shape,
    /// INSEE code of the department.
    pub(super) departement: String,
    departement_name: String,
    pub(super) region: String,
    /// Communes of the department, by INSEE code.
    pub(super) towns: Vec<Town>,
    /// Places in `towns`, the most populated first.
    pub(super) by_population: Vec<usize>,
    /// Population against that of Ain: the counts of the tables are those of Ain.
    pub(super) ratio: f64,
    pub(super) numbers: Numbers,
    pub(super) plan: Plan,
    pub(super) reported: Reported,
    /// What is left of each kind of structure when departments get their share, by key of the kind.
    pub(super) seats: HashMap<&'static str, Carry>,
    line: u64,
    each: &'a mut dyn FnMut(Item),
}

/// Legal population of Ain that the counts of the tables stand for.
const POPULATION_OF_AIN: f64 = 680_000.0;

impl<'a> World<'a> {
    fn new(shape: &'static Shape, seed: u64, now: Instant, each: &'a mut dyn FnMut(Item)) -> Self {
        Self {
            catalogue: Catalogue::embedded(),
            seed,
            now,
            shape,
            departement: String::new(),
            departement_name: String::new(),
            region: String::new(),
            towns: Vec::new(),
            by_population: Vec::new(),
            ratio: 1.0,
            numbers: Numbers::default(),
            plan: Plan::new(seed),
            reported: Reported::default(),
            seats: HashMap::new(),
            line: 0,
            each,
        }
    }

    /// Moves to another department.
    fn enter(&mut self, departement: &str) {
        let cog = Cog::embedded();
        let communes = cog.communes().iter();
        let communes =
            communes.filter(|commune| commune.kind == CommuneKind::Commune && commune.departement() == departement);
        self.towns = communes.filter_map(Town::read).collect();
        self.by_population = (0..self.towns.len()).collect();
        let towns = &self.towns;
        self.by_population.sort_by_key(|place| (u32::MAX - towns[*place].population, *place));
        let population: f64 = self.towns.iter().map(|town| f64::from(town.population)).sum();
        self.ratio = population / POPULATION_OF_AIN;
        let known = cog.departement(departement);
        departement.clone_into(&mut self.departement);
        self.departement_name = known.map(|known| known.name.to_string()).unwrap_or_default();
        self.region = known.map(|known| known.region.to_string()).unwrap_or_default();
        self.numbers.enter(known.map_or(departement, |known| &known.finess_prefix));
    }

    /// Whether this is the department that names and seats of the tables were written for.
    pub(super) fn is_home(&self) -> bool {
        self.departement == HOME
    }

    /// A text of the tables, with the code and the name of the department where they stand.
    pub(super) fn fill(&self, text: &str) -> String {
        text.replace("{departement}", &self.departement).replace("{nom}", &self.departement_name)
    }

    /// Hands over a resource.
    pub(super) fn propose(&mut self, key: &str, resource: Node, updated: Instant) {
        let region = || self.region.clone();
        let mint = match resource.str("resourceType") {
            Some("HealthcareService") => Some(Mint::Offre { region: region() }),
            Some("Location") => Some(Mint::Lieu { region: region() }),
            _ if key.starts_with("oi/") => Some(Mint::OrganisationInterne { region: region() }),
            _ => None,
        };
        self.line += 1;
        self.reported.count(key, &resource, updated, self.now);
        let proposed =
            Proposed { key: key.to_owned(), resource, updated, mint, file: SOURCE.to_owned(), line: self.line };
        (self.each)(Item::Resource(proposed));
    }

    /// Tells a planted defect.
    pub(super) fn tell(&mut self, kind: DefectKind, key: &str, what: impl Into<String>) {
        let defect = Defect { kind, key: key.to_owned(), what: what.into() };
        self.reported.note(&defect);
        (self.each)(Item::Defect(defect));
    }

    /// Hands over a professional known to the register only.
    pub(super) fn register(&mut self, practitioner: RegisterPractitioner) {
        (self.each)(Item::RegisterOnly(practitioner));
    }

    /// Hands over a structure of the register.
    pub(super) fn register_structure(&mut self, structure: RegisterStructure) {
        (self.each)(Item::Structure(structure));
    }
}

/// The figures of a territory, labelled in French.
fn report(territory: &Territory) -> Vec<(String, String)> {
    let count =
        |test: &dyn Fn(&Proposed) -> bool| territory.harvest.proposed.iter().filter(|proposed| test(proposed)).count();
    let of_type = |name: &'static str| count(&|proposed| proposed.resource.str("resourceType") == Some(name));
    let of_key = |prefix: &'static str| count(&|proposed| proposed.key.starts_with(prefix));
    let figures = [
        ("Entités juridiques", of_key("ej/")),
        ("Entités géographiques", of_key("eg/")),
        ("Organisations internes", of_key("oi/")),
        ("Offres", of_type("HealthcareService")),
        ("Lieux", of_type("Location")),
        ("Professionnels décrits", of_type("Practitioner")),
        ("Situations", of_type("PractitionerRole")),
        ("Anomalies", of_type("Task")),
        ("Relevés d'indicateurs", of_type("MeasureReport")),
        ("Professionnels connus du seul registre", territory.register_only.len()),
        ("Défauts plantés", territory.truth.len()),
    ];
    figures.into_iter().map(|(label, figure)| (label.to_owned(), figure.to_string())).collect()
}

//! Entités juridiques and géographiques, from forms ID (reporting) and IDB (secondary sites).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ror_terminology::Terminology;

use super::address::{self, AddressColumns};
use super::form::{Form, Survey, finess, zeros_lost};
use super::log::Log;
use super::positions::Positions;
use super::survey_instant;
use crate::address::Address;
use crate::cog::Cog;
use crate::csv_file::Row;
use crate::identifiers::{FinessId, SirenId, SiretId};
use crate::organization::{Kind, Structure, Switchboard, eg_key, ej_key};
use crate::shapes::system;
use crate::{Finding, Proposed, Severity};

/// What an offer needs to know of the structure that declares it.
#[derive(Clone, Debug)]
pub(super) struct Entity {
    /// Key of the Organization: `eg/…` or `ej/…`.
    pub(super) key: String,
    pub(super) kind: Kind,
    /// Region of the establishment.
    pub(super) region: String,
    pub(super) name: Option<String>,
    pub(super) category: Option<String>,
    pub(super) address: Address,
    /// Whether form ID lists it: only those answer the other forms.
    pub(super) reporting: bool,
    structure: Structure,
    file: String,
    line: u64,
}

/// All structures of the survey.
pub(super) struct Entities {
    listed: HashMap<FinessId, Entity>,
    order: Vec<FinessId>,
    known_by_number: BTreeMap<FinessId, KnownByNumber>,
    updated: i64,
}

/// An entité juridique that no line describes.
struct KnownByNumber {
    region: Option<String>,
    file: String,
    line: u64,
}

struct Columns {
    form: Form,
    complement_of_name: &'static str,
    phone: Option<&'static str>,
    address: AddressColumns,
}

const ID_COLUMNS: Columns = Columns {
    form: Form::Id,
    complement_of_name: "RSCOM",
    phone: None,
    address: AddressColumns {
        street: "NOMVOI",
        post_box: "BP",
        postal_code: "CPO",
        locality: "LIBCOM",
        complement: "COMPD",
    },
};

const IDB_COLUMNS: Columns = Columns {
    form: Form::Idb,
    complement_of_name: "COMPRS",
    phone: Some("NUMTEL"),
    address: AddressColumns {
        street: "ADRVOIENOM",
        post_box: "ADRBP",
        postal_code: "ADRCPOST",
        locality: "ADRLIBCOM",
        complement: "COMPDIST",
    },
};

impl Entity {
    /// A finding about the line that describes the structure.
    pub(super) fn finding(&self, severity: Severity, rule: &'static str, message: impl Into<String>) -> Finding {
        Finding::new(severity, &self.file, rule, message).at(self.line)
    }
}

impl Entities {
    /// Reads both forms, then adds the entités juridiques that only their number makes known.
    pub(super) fn read(survey: &Survey, year: u16, cog: &Cog, positions: &Positions, log: &mut Log) -> Self {
        let mut entities = Self {
            listed: HashMap::new(),
            order: Vec::new(),
            known_by_number: BTreeMap::new(),
            updated: survey_instant(year),
        };
        for columns in [&ID_COLUMNS, &IDB_COLUMNS] {
            let name = survey.form(columns.form).map_or("", |file| file.name());
            for row in survey.trusted_rows(columns.form, log) {
                entities.read_line(name, &row, columns, cog, positions, log);
            }
        }
        entities.add_known_by_number(cog, log);
        entities
    }

    /// A listed structure.
    pub(super) fn get(&self, finess: &FinessId) -> Option<&Entity> {
        self.listed.get(finess)
    }

    /// The listed structures in the order of the files.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entity> {
        self.order.iter().map(|finess| &self.listed[finess])
    }

    /// How many entités juridiques have no line of their own.
    pub(super) fn known_by_number(&self) -> usize {
        self.known_by_number.len()
    }

    /// The Organizations: entités juridiques first, so that a parent comes before its sites.
    pub(super) fn into_proposed(self) -> Vec<Proposed> {
        let updated = self.updated;
        let proposed = |key: String, structure: &Structure, file: String, line| Proposed {
            key,
            resource: structure.to_resource(),
            updated,
            mint: None,
            file,
            line,
        };
        let by_number = self.known_by_number.into_iter().map(|(finess, known)| {
            let region = known.region;
            let structure = Structure { region, ..Structure::new(Kind::EntiteJuridique, Some(finess)) };
            proposed(ej_key(&finess), &structure, known.file, known.line)
        });
        let mut listed = self.listed;
        let listed: Vec<_> = self.order.iter().filter_map(|finess| listed.remove(finess)).collect();
        let (ej, eg): (Vec<_>, Vec<_>) = listed.into_iter().partition(|e| e.kind == Kind::EntiteJuridique);
        let described = |entity: Entity| proposed(entity.key, &entity.structure, entity.file, entity.line);
        ej.into_iter().map(described).chain(by_number).chain(eg.into_iter().map(described)).collect()
    }

    fn read_line(
        &mut self,
        file: &str,
        row: &Row<'_>,
        columns: &Columns,
        cog: &Cog,
        positions: &Positions,
        log: &mut Log,
    ) {
        let Some(finess) = finess(row, "FI", log) else { return };
        if let Some(first) = self.listed.get(&finess) {
            let message = format!("Structure déjà décrite ({}, ligne {}) : ligne rejetée.", first.file, first.line);
            log.push(row.finding(Severity::Error, "finess-en-double", message).on("FI", finess.as_str()));
            return;
        }
        let Some(kind) = kind(row, log) else { return };
        let address = address::read(row, &columns.address, cog, positions.get(&finess), log);
        let Some(region) = region(row, &address, cog, log) else { return };
        let mut structure = Structure {
            region: Some(region.clone()),
            name: row.get("RS").map(str::to_owned),
            additional_name: row.get(columns.complement_of_name).map(str::to_owned),
            address: address.clone(),
            switchboard: columns.phone.map(|column| switchboard(row, column, log)).unwrap_or_default(),
            ..Structure::new(kind, Some(finess))
        };
        match kind {
            Kind::EntiteJuridique => describe_legal_person(&mut structure, row, log),
            Kind::EntiteGeographique => describe_site(&mut structure, row, log),
        }
        let key = match kind {
            Kind::EntiteJuridique => ej_key(&finess),
            Kind::EntiteGeographique => eg_key(&finess),
        };
        let entity = Entity {
            key,
            kind,
            region,
            name: structure.name.clone(),
            category: structure.category.clone(),
            address,
            reporting: columns.form == Form::Id,
            structure,
            file: file.to_owned(),
            line: row.line(),
        };
        self.listed.insert(finess, entity);
        self.order.push(finess);
    }

    fn add_known_by_number(&mut self, cog: &Cog, log: &mut Log) {
        let mut regions: BTreeMap<FinessId, (BTreeSet<&str>, &Entity)> = BTreeMap::new();
        for entity in self.order.iter().map(|finess| &self.listed[finess]) {
            let Some(parent) = entity.structure.part_of.as_deref().and_then(|key| key.strip_prefix("ej/")) else {
                continue;
            };
            let parent = FinessId::parse(parent).expect("a key is made of a number");
            if !self.listed.contains_key(&parent) {
                regions.entry(parent).or_insert_with(|| (BTreeSet::new(), entity)).0.insert(&entity.region);
            }
        }
        let known = regions.into_iter().map(|(finess, (regions, first))| {
            let region = match regions.len() {
                1 => regions.first().map(|region| (*region).to_owned()),
                _ => region_of_number(&finess, cog).or_else(|| Some(first.region.clone())),
            };
            (finess, KnownByNumber { region, file: first.file.clone(), line: first.line })
        });
        let known: BTreeMap<_, _> = known.collect();
        for (finess, known) in &known {
            let message = "Entité juridique connue par son seul numéro : proposée sans nom ni adresse.";
            let finding = Finding::new(Severity::Warning, &known.file, "ej-sans-nom", message);
            log.push(finding.at(known.line).on("FI_EJ", finess.as_str()));
        }
        self.known_by_number = known;
    }
}

fn kind(row: &Row<'_>, log: &mut Log) -> Option<Kind> {
    match row.get("NAT") {
        Some("0") => Some(Kind::EntiteGeographique),
        Some("1") => Some(Kind::EntiteJuridique),
        other => {
            let message = "Nature inconnue (0 établissement, 1 entité juridique attendus) : ligne rejetée.";
            let finding = row.finding(Severity::Error, "nature-inconnue", message);
            log.push(finding.on("NAT", other.unwrap_or_default()));
            None
        }
    }
}

/// The region of the line, else that of its commune: without one no identifier can be drawn.
fn region(row: &Row<'_>, address: &Address, cog: &Cog, log: &mut Log) -> Option<String> {
    let text = row.get("REG").unwrap_or_default();
    if cog.region(text).is_some() {
        return Some(text.to_owned());
    }
    let commune = address.commune.as_deref().and_then(|code| cog.commune(code));
    let found = commune.and_then(|commune| commune.region()).map(str::to_owned);
    let (severity, outcome) = match &found {
        Some(region) => (Severity::Warning, format!("{region}, d'après la commune")),
        None => (Severity::Error, "ligne rejetée".to_owned()),
    };
    let message = format!("Région inconnue : {outcome}.");
    log.push(row.finding(severity, "region-inconnue", message).on("REG", text));
    found
}

/// The region of the department where the number was created (its first characters).
fn region_of_number(finess: &FinessId, cog: &Cog) -> Option<String> {
    let of_number = |prefix: &str| !prefix.is_empty() && finess.as_str().starts_with(prefix);
    let departement = cog.departements().iter().find(|departement| of_number(&departement.finess_prefix))?;
    Some(departement.region.to_string())
}

fn describe_legal_person(structure: &mut Structure, row: &Row<'_>, log: &mut Log) {
    structure.legal_status = legal_status(row, log);
    structure.siren = row.get("SIR").and_then(|text| {
        let siren = SirenId::parse(text).ok().or_else(|| SiretId::parse(text).ok().map(|siret| siret.siren()));
        if siren.as_ref().is_none_or(|siren| !siren.has_valid_key()) {
            doubtful_siret(row, text, siren.is_some(), log);
        }
        siren
    });
}

fn describe_site(structure: &mut Structure, row: &Row<'_>, log: &mut Log) {
    structure.category = category(row, log);
    structure.sph = public_service(row, log);
    structure.siret = row.get("SIR").and_then(|text| {
        let siret = SiretId::parse(text).ok();
        if siret.as_ref().is_none_or(|siret| !siret.has_valid_key()) {
            doubtful_siret(row, text, siret.is_some(), log);
        }
        siret
    });
    let text = row.get("FI_EJ").unwrap_or_default();
    let parent = FinessId::parse_padded(text).ok();
    structure.part_of = parent.map(|(finess, _)| ej_key(&finess));
    let (rule, message) = match parent {
        Some((_, false)) => return,
        Some((finess, true)) => ("finess-zero-perdu", zeros_lost(&finess)),
        None => ("ej-absente", "Numéro de l'entité juridique absent ou altéré.".to_owned()),
    };
    log.push(row.finding(Severity::Warning, rule, message).on("FI_EJ", text));
}

fn doubtful_siret(row: &Row<'_>, text: &str, kept: bool, log: &mut Log) {
    let message = if kept {
        "SIREN ou SIRET dont la clé est fausse : gardé."
    } else {
        "SIREN ou SIRET de longueur inattendue : non repris."
    };
    log.push(row.finding(Severity::Warning, "siret-douteux", message).on("SIR", text));
}

/// The category of a site, a code of J55. FINESS has others, 899 and 999, for legal persons only.
fn category(row: &Row<'_>, log: &mut Log) -> Option<String> {
    let message = "Catégorie d'établissement absente ou hors de la liste JDV_J55 : non reprise.";
    let rejected = row.finding(Severity::Warning, "categorie-inconnue", message);
    code_of(row, "CAT", "JDV_J55-CategorieEG-ROR", system::TRE_R66, rejected, log)
}

fn legal_status(row: &Row<'_>, log: &mut Log) -> Option<String> {
    let message = "Statut juridique absent ou hors de la liste JDV_J199 : non repris.";
    let rejected = row.finding(Severity::Warning, "statut-inconnu", message);
    code_of(row, "STJ", "JDV_J199-StatutJuridique-ROR", system::TRE_R72, rejected, log)
}

fn public_service(row: &Row<'_>, log: &mut Log) -> Option<String> {
    let message = "Participation au service public hospitalier absente ou hors de la liste JDV_J202 : non reprise.";
    let rejected = row.finding(Severity::Warning, "statut-inconnu", message);
    code_of(row, "ESPIC", "JDV_J202-ESPIC-ROR", system::TRE_R73, rejected, log)
}

/// The code of a column when a value set holds it, else the finding.
fn code_of(
    row: &Row<'_>,
    column: &str,
    value_set: &str,
    system: &str,
    rejected: Finding,
    log: &mut Log,
) -> Option<String> {
    let text = row.get(column).unwrap_or_default();
    let known = Terminology::embedded().value_set(value_set).is_some_and(|set| set.contains(system, text));
    if known {
        return Some(text.to_owned());
    }
    log.push(rejected.on(column, text));
    None
}

fn switchboard(row: &Row<'_>, column: &str, log: &mut Log) -> Switchboard {
    let digits = row.get(column).map(|text| text.replace([' ', '.'], ""));
    let valid = digits.clone().filter(|text| text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit()));
    if let (Some(text), None) = (&digits, &valid) {
        let message = "Téléphone qui n'a pas dix chiffres : non repris.";
        log.push(row.finding(Severity::Warning, "telephone-invalide", message).on(column, text));
    }
    Switchboard { phone: valid, fax: None }
}

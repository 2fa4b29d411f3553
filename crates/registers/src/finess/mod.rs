//! FINESS: the open extracts of health and social establishments (cs1100501, cs1100502, cs1100507) and the
//! enriched one-line variant of 2020.
//!
//! An establishment becomes an Organization of kind entité géographique, its legal person one of kind entité
//! juridique. What the extract does not say is left absent. The extracts hold structures in activity only and
//! no closing date: a closure shows as a disappearance, which is for whoever compares two imports (D49).
//!
//! * `record`: the layouts, and one way to read a field in all of them.
//! * `fields`: numbers, dates, telephones and codes, checked.
//! * `address`, `projection`: where an establishment is.
//! * `structure`: a line turned into an Organization.

mod address;
mod fields;
mod projection;
mod record;
mod structure;

use std::collections::{BTreeMap, HashMap, HashSet};

use ror_fhir::{DateTime, Instant};

use crate::cog::Cog;
use crate::csv_file::{CsvFile, Layout};
use crate::identifiers::FinessId;
use crate::organization::{Kind, Structure, ej_key};
use crate::{Finding, Harvest, Proposed, Severity};

pub use projection::{ProjectionError, to_wgs84};
pub(crate) use record::{ENRICHED_COLUMNS, RECORDS};

use address::Located;
use record::{Record, RecordKind};
use structure::{Entity, read_establishment, read_legal_entity};

/// Reads extracts, each given as its name without folder and its bytes, in any order.
///
/// Reading never fails: what could not be read is a finding of the harvest. A structure that two files give is
/// taken from the newer one; positions are taken from any. An entité juridique known by number only is proposed
/// bare, with a finding. Update date: that of the line, else that of the file (D38).
///
/// Rules of the findings, beside those of [`CsvFile::open`]: `fichier-inconnu`, `extrait-non-lu`,
/// `enregistrement-inconnu`, `nombre-de-champs`, `ligne-tronquee`, `finess-entete`, `finess-invalide`,
/// `finess-cle`, `finess-zero-perdu`, `finess-en-double`, `finess-deux-roles`, `ej-absente`, `ej-sans-nom`,
/// `siret-invalide`, `siret-cle`, `siren-invalide`, `siren-cle`, `date-invalide`, `date-absente`,
/// `telephone-invalide`, `telephone-zero-perdu`, `categorie-inconnue`, `categorie-hors-jdv`, `statut-inconnu`,
/// `sph-inconnu`, `type-voie-inconnu`, `code-postal`, `commune-inconnue`, `region-inconnue`, `nom-absent`,
/// `position-invalide`, `position-systeme`, `position-loin`, `position-en-double`, `position-sans-etablissement`.
pub fn read(files: &[(&str, &[u8])], cog: &Cog) -> Harvest {
    let mut import = Import::new(cog);
    let mut opened: Vec<_> = files.iter().filter_map(|(name, bytes)| import.open(name, bytes)).collect();
    // The newer stock first, so that the first record of a number is the one to keep.
    opened.sort_by(|a, b| b.date.cmp(&a.date).then_with(|| a.file.name().cmp(b.file.name())));
    for extract in &opened {
        import.read_extract(extract);
    }
    import.finish()
}

/// One file, with the date of its stock.
struct Extract {
    file: CsvFile,
    enriched: bool,
    date: Option<Instant>,
}

struct Import<'c> {
    cog: &'c Cog,
    entites_geographiques: BTreeMap<FinessId, Entity>,
    entites_juridiques: BTreeMap<FinessId, Entity>,
    positions: HashMap<FinessId, Located>,
    findings: Vec<Finding>,
    rejected: usize,
}

impl<'c> Import<'c> {
    fn new(cog: &'c Cog) -> Self {
        Self {
            cog,
            entites_geographiques: BTreeMap::new(),
            entites_juridiques: BTreeMap::new(),
            positions: HashMap::new(),
            findings: Vec::new(),
            rejected: 0,
        }
    }

    fn open(&mut self, name: &str, bytes: &[u8]) -> Option<Extract> {
        let mut file = CsvFile::open(name, bytes, &Layout::headerless(';'));
        let enriched = record::is_enriched(&file);
        if enriched {
            file = CsvFile::open(name, bytes, &Layout::with_header(';', &ENRICHED_COLUMNS));
        }
        self.findings.extend(file.take_findings());
        let known = |record: RecordKind| record != RecordKind::Unknown;
        if !enriched && !file.rows().take(2).any(|row| known(Record::classic(row).kind())) {
            if !file.is_empty() {
                let message = "Ni extrait FINESS ni variante connue : fichier rejeté.";
                self.findings.push(Finding::new(Severity::Error, name, "fichier-inconnu", message));
            }
            return None;
        }
        let date = self.date_of(&file, enriched);
        Some(Extract { file, enriched, date })
    }

    /// The date of the first line (`finess;etalab;<n>;<date>`), else the newest date of the lines.
    fn date_of(&mut self, file: &CsvFile, enriched: bool) -> Option<Instant> {
        let header = file.rows().next().map(Record::classic).filter(|first| first.kind() == RecordKind::Header);
        let stated = header.as_ref().and_then(|first| fields::day(first.row.field(3)?));
        if stated.is_none() && !enriched {
            let message = "Première ligne « finess;etalab;n;date » absente : date du fichier prise de ses lignes.";
            self.findings.push(Finding::new(Severity::Warning, file.name(), "finess-entete", message).at(1));
        }
        let of_line = |row| {
            let record = if enriched { Record::enriched(row) } else { Record::classic(row) };
            fields::day(record.get("datemaj")?)
        };
        stated.or_else(|| file.rows().filter_map(of_line).max())
    }

    fn read_extract(&mut self, extract: &Extract) {
        let last_cut = extract.file.ends_cut().then(|| extract.file.rows().last().map(|row| row.line())).flatten();
        let mut seen = Seen::default();
        let mut unread: Option<(u64, String)> = None;
        for row in extract.file.rows() {
            let record = if extract.enriched { Record::enriched(row) } else { Record::classic(row) };
            match record.kind() {
                RecordKind::Header => {}
                RecordKind::NotRead => {
                    let name = record.row.field(0).unwrap_or_default().to_owned();
                    unread.get_or_insert((record.row.line(), name));
                }
                RecordKind::Unknown => {
                    let finding = record.row.finding(
                        Severity::Error,
                        "enregistrement-inconnu",
                        "Type d'enregistrement inconnu : ligne rejetée.",
                    );
                    self.reject(finding.on("type", record.row.field(0).unwrap_or_default()));
                }
                _ if !record.is_whole() => self.reject(record.uneven(last_cut)),
                RecordKind::Et | RecordKind::Ej => self.read_structure(&record, extract, &mut seen),
                RecordKind::Geolocalisation => self.read_position(&record, &mut seen),
            }
        }
        if let Some((line, name)) = unread {
            let message = format!("Enregistrements « {name} » reconnus, non lus par cette version.");
            let finding = Finding::new(Severity::Information, extract.file.name(), "extrait-non-lu", message);
            self.findings.push(finding.at(line));
        }
    }

    fn read_structure(&mut self, record: &Record<'_>, extract: &Extract, seen: &mut Seen) {
        let geographique = record.kind() == RecordKind::Et;
        let column = if geographique { "nofinesset" } else { "nofiness" };
        let Some(finess) = self.number(record, column) else { return };
        if !seen.structures.insert((geographique, finess)) {
            let message = "Numéro FINESS déjà lu dans ce fichier : première ligne gardée.";
            let finding = record.row.finding(Severity::Error, "finess-en-double", message);
            return self.reject(finding.on(column, finess.as_str()));
        }
        if geographique && extract.enriched {
            let position = record.enriched_position();
            self.keep_position(finess, position);
        }
        let known = if geographique { &self.entites_geographiques } else { &self.entites_juridiques };
        if known.contains_key(&finess) {
            return;
        }
        let mut entity = if geographique {
            read_establishment(record, finess, self.cog, &mut self.findings)
        } else {
            read_legal_entity(record, finess, self.cog, &mut self.findings)
        };
        entity.updated = entity.updated.or(extract.date);
        if geographique {
            self.entites_geographiques.insert(finess, entity);
        } else {
            self.entites_juridiques.insert(finess, entity);
        }
    }

    fn read_position(&mut self, record: &Record<'_>, seen: &mut Seen) {
        let Some(finess) = self.number(record, "nofinesset") else { return };
        if !seen.positions.insert(finess) {
            let message = "Position déjà lue pour ce numéro : première gardée.";
            let finding = record.row.finding(Severity::Warning, "position-en-double", message);
            self.findings.push(finding.on("nofinesset", finess.as_str()));
            return;
        }
        self.keep_position(finess, record.position());
    }

    /// The first position of a number, from the newest file, is the one kept.
    fn keep_position(&mut self, finess: FinessId, position: Option<record::Projected>) {
        if let Some(projected) = position.filter(|_| !self.positions.contains_key(&finess)) {
            self.positions.insert(finess, Located::of(projected));
        }
    }

    /// The FINESS number that names a line; without it the line is rejected.
    fn number(&mut self, record: &Record<'_>, column: &'static str) -> Option<FinessId> {
        let before = self.findings.len();
        let number = fields::finess(record, column, Severity::Error, &mut self.findings);
        if number.is_none() {
            self.rejected += 1;
            if self.findings.len() == before {
                let finding =
                    record.row.finding(Severity::Error, "finess-invalide", "Numéro FINESS absent : ligne rejetée.");
                self.findings.push(finding.on(column, ""));
            }
        }
        number
    }

    fn reject(&mut self, finding: Finding) {
        if finding.rule == "ligne-tronquee" {
            // It says better what the missing line break only hints at.
            self.findings.retain(|other| other.rule != "fin-de-fichier" || other.file != finding.file);
        }
        self.findings.push(finding);
        self.rejected += 1;
    }

    fn finish(mut self) -> Harvest {
        self.place();
        self.refuse_double_roles();
        let bare = self.add_known_by_number();
        let located =
            self.entites_geographiques.values().filter(|entity| entity.structure.address.position.is_some()).count();
        let report = [
            ("Entités géographiques", self.entites_geographiques.len()),
            ("Entités juridiques", self.entites_juridiques.len()),
            ("dont connues par leur numéro seul", bare),
            ("Entités géographiques avec position", located),
            ("Lignes rejetées", self.rejected),
        ];
        let mut proposed = Vec::with_capacity(self.entites_juridiques.len() + self.entites_geographiques.len());
        for entity in self.entites_juridiques.into_values().chain(self.entites_geographiques.into_values()) {
            proposed.push(propose(entity, &mut self.findings));
        }
        Harvest {
            source: "finess",
            proposed,
            findings: self.findings,
            report: report.map(|(label, count)| (label.to_owned(), count.to_string())).into(),
        }
    }

    /// Gives each establishment its position.
    fn place(&mut self) {
        let mut positions: Vec<_> = std::mem::take(&mut self.positions).into_iter().collect();
        positions.sort_by(|(_, a), (_, b)| (&a.file, a.line).cmp(&(&b.file, b.line)));
        for (finess, located) in positions {
            match self.entites_geographiques.get_mut(&finess) {
                Some(entity) => located.place(&mut entity.structure.address, self.cog, &mut self.findings),
                None => self.findings.push(located.without_establishment(&finess)),
            }
        }
    }

    /// A number is that of an entité juridique or of an entité géographique, never both (one identifier space).
    fn refuse_double_roles(&mut self) {
        let findings = &mut self.findings;
        let juridiques = &self.entites_juridiques;
        let before = self.entites_geographiques.len();
        self.entites_geographiques.retain(|finess, entity| {
            let twice = juridiques.contains_key(finess);
            if twice {
                let message = "Numéro déjà porté par une entité juridique : établissement rejeté.";
                let finding = Finding::new(Severity::Error, &entity.file, "finess-deux-roles", message);
                findings.push(finding.at(entity.line).on("nofinesset", finess.as_str()));
            }
            !twice
        });
        self.rejected += before - self.entites_geographiques.len();
    }

    /// Proposes, bare, each entité juridique that is only named by its establishments; gives their count.
    fn add_known_by_number(&mut self) -> usize {
        let geographiques: HashSet<FinessId> = self.entites_geographiques.keys().copied().collect();
        let mut bare: BTreeMap<FinessId, Entity> = BTreeMap::new();
        for entity in self.entites_geographiques.values_mut() {
            let Some(ej) = entity.ej.filter(|ej| !self.entites_juridiques.contains_key(ej)) else { continue };
            if geographiques.contains(&ej) {
                let message = "Entité juridique annoncée sous le numéro d'un établissement : lien non repris.";
                let finding = Finding::new(Severity::Warning, &entity.file, "finess-deux-roles", message);
                self.findings.push(finding.at(entity.line).on("nofinessej", ej.as_str()));
                entity.structure.part_of = None;
                continue;
            }
            let known = bare.entry(ej).or_insert_with(|| {
                let message = "Entité juridique connue par son numéro seul : proposée sans nom.";
                let finding = Finding::new(Severity::Information, &entity.file, "ej-sans-nom", message);
                self.findings.push(finding.at(entity.line).on("nofinessej", ej.as_str()));
                bare_entity(ej, entity, self.cog)
            });
            known.updated = known.updated.max(entity.updated);
        }
        let count = bare.len();
        self.entites_juridiques.extend(bare);
        count
    }
}

/// The numbers already read in one file.
#[derive(Default)]
struct Seen {
    /// With whether it names an establishment.
    structures: HashSet<(bool, FinessId)>,
    positions: HashSet<FinessId>,
}

fn bare_entity(ej: FinessId, named_by: &Entity, cog: &Cog) -> Entity {
    let region = region_of_creation(&ej, cog);
    Entity {
        key: ej_key(&ej),
        structure: Structure { region, ..Structure::new(Kind::EntiteJuridique, Some(ej)) },
        ej: None,
        updated: None,
        file: named_by.file.clone(),
        line: named_by.line,
    }
}

/// The region of the department where the number was created: all that a bare number says.
fn region_of_creation(finess: &FinessId, cog: &Cog) -> Option<String> {
    let of_number = |prefix: &str| !prefix.is_empty() && finess.as_str().starts_with(prefix);
    let departement = cog.departements().iter().find(|departement| of_number(&departement.finess_prefix))?;
    Some(departement.region.to_string())
}

fn propose(entity: Entity, findings: &mut Vec<Finding>) -> Proposed {
    let updated = entity.updated.unwrap_or_else(|| {
        let message = "Aucune date de mise à jour, ni de la ligne ni du fichier : 1970-01-01 prise.";
        findings.push(Finding::new(Severity::Warning, &entity.file, "date-absente", message).at(entity.line));
        DateTime::parse("1970-01-01").map_or(0, |day| day.start)
    });
    Proposed {
        key: entity.key,
        resource: entity.structure.to_resource(),
        updated,
        mint: None,
        file: entity.file,
        line: entity.line,
    }
}

#[cfg(test)]
mod tests;

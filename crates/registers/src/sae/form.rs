//! Which file is which form, and the lines of the forms that can be trusted.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use super::InputFile;
use super::entities::Entities;
use super::log::Log;
use super::mapping::{CountColumn, Mapping};
use crate::csv_file::{CsvFile, Layout, Row, decode};
use crate::identifiers::FinessId;
use crate::{Finding, Severity};

/// Beds, places or machines above which a number of one line is a mistake: four times the largest hospital.
pub(super) const CAPACITY_MAX: u32 = 5_000;

/// The forms read, by their name in column BOR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Form {
    Id,
    Idb,
    Mco,
    Rea,
    Perinat,
    Psy,
    Ssr,
    Usld,
    Had,
    Urgences,
    Smursamu,
    Dialyse,
    Images,
    Blocs,
    Palia,
    Telemed,
    Filtre,
    /// Totals of the groupements hospitaliers de territoire; the only form without BOR, AN and FI.
    Ght,
}

impl Form {
    /// All forms, structures first.
    pub(super) const ALL: [Self; 18] = [
        Self::Id,
        Self::Idb,
        Self::Mco,
        Self::Rea,
        Self::Perinat,
        Self::Psy,
        Self::Ssr,
        Self::Usld,
        Self::Had,
        Self::Urgences,
        Self::Smursamu,
        Self::Dialyse,
        Self::Images,
        Self::Blocs,
        Self::Palia,
        Self::Telemed,
        Self::Filtre,
        Self::Ght,
    ];

    /// The name that column BOR holds.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Id => "ID",
            Self::Idb => "IDB",
            Self::Mco => "MCO",
            Self::Rea => "REA",
            Self::Perinat => "PERINAT",
            Self::Psy => "PSY",
            Self::Ssr => "SSR",
            Self::Usld => "USLD",
            Self::Had => "HAD",
            Self::Urgences => "URGENCES",
            Self::Smursamu => "SMURSAMU",
            Self::Dialyse => "DIALYSE",
            Self::Images => "IMAGES",
            Self::Blocs => "BLOCS",
            Self::Palia => "PALIA",
            Self::Telemed => "TELEMED",
            Self::Filtre => "FILTRE",
            Self::Ght => "GHT",
        }
    }

    /// The column that tells the lines of one site apart; none when a site has a single line.
    const fn line_column(self) -> Option<&'static str> {
        match self {
            Self::Rea => Some("UNI"),
            Self::Psy => Some("DIS"),
            Self::Ssr => Some("GDE"),
            Self::Dialyse => Some("DIALY"),
            Self::Images => Some("EQUIPIMA"),
            _ => None,
        }
    }

    fn of_bor(bor: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| *form != Self::Ght && form.name().eq_ignore_ascii_case(bor))
    }
}

/// The files of one year, each form once.
#[derive(Default)]
pub(super) struct Survey {
    /// The year of form ID, else of the first form given.
    pub(super) year: Option<u16>,
    /// The forms.
    pub(super) forms: BTreeMap<Form, CsvFile>,
    /// The positions of hospitals.
    pub(super) positions: Option<CsvFile>,
}

/// A line of a form, of a site that form ID knows, with its numbers checked.
pub(super) struct Line<'a> {
    /// The site.
    pub(super) finess: FinessId,
    /// Name of the file, for findings and proposals.
    pub(super) file: &'a str,
    /// The line itself.
    pub(super) row: Row<'a>,
    counts: Vec<(&'static str, u32)>,
}

impl Line<'_> {
    /// The number in a column that the mapping counts with; 0 when not answered or refused.
    pub(super) fn count(&self, column: &str) -> u32 {
        self.counts.iter().find(|(name, _)| *name == column).map_or(0, |(_, count)| *count)
    }
}

/// The lines of the forms that declare activities.
pub(super) type Lines<'a> = BTreeMap<Form, Vec<Line<'a>>>;

enum Recognised {
    Form(Form, Option<u16>),
    Positions,
    Unknown,
}

impl Survey {
    /// Recognises the files; those that are not one form of the year are findings.
    pub(super) fn open(files: &[InputFile], log: &mut Log) -> Self {
        let mut survey = Self::default();
        let mut read = Vec::new();
        for input in files {
            let (mut file, recognised) = recognise(input);
            log.extend(file.take_findings());
            match recognised {
                Recognised::Form(form, year) => read.push((form, year, file)),
                Recognised::Positions if survey.positions.is_none() => survey.positions = Some(file),
                Recognised::Positions => log.push(twice(&file, "positions des hôpitaux")),
                Recognised::Unknown => log.push(unknown(&file)),
            }
        }
        let id_year = read.iter().find(|(form, ..)| *form == Form::Id).and_then(|(_, year, _)| *year);
        survey.year = id_year.or_else(|| read.iter().find_map(|(_, year, _)| *year));
        for (form, year, file) in read {
            if year.is_some() && year != survey.year {
                log.push(other_year(&file, year, survey.year));
                continue;
            }
            match survey.forms.entry(form) {
                Entry::Occupied(_) => log.push(twice(&file, form.name())),
                Entry::Vacant(entry) => {
                    entry.insert(file);
                }
            }
        }
        survey.tell_missing(log);
        survey
    }

    /// The form, when it was given.
    pub(super) fn form(&self, form: Form) -> Option<&CsvFile> {
        self.forms.get(&form)
    }

    /// The lines of every form that the mapping reads.
    pub(super) fn lines(&self, entities: &Entities, mapping: &'static Mapping, log: &mut Log) -> Lines<'_> {
        let mut lines = Lines::new();
        for (form, file) in &self.forms {
            let columns = mapping.columns(*form);
            if columns.is_empty() {
                continue;
            }
            for column in columns.iter().filter(|column| !file.has(column.name)) {
                let message = format!("Colonne « {} » absente : ce qu'elle compte n'est pas repris.", column.name);
                log.push(Finding::new(Severity::Warning, file.name(), "colonne-absente", message));
            }
            let mut seen = HashSet::new();
            let rows = self.trusted_rows(*form, log).into_iter();
            let read = rows.filter_map(|row| {
                let finess = known_site(&row, entities, log)?;
                let which = form.line_column().and_then(|column| row.get(column)).unwrap_or_default();
                if !seen.insert((finess, which.to_owned())) {
                    let message = "Le site a déjà une ligne de cette nature : celle-ci est rejetée.";
                    log.push(row.finding(Severity::Error, "ligne-en-double", message).on("FI", finess.as_str()));
                    return None;
                }
                let counts = columns.iter().filter_map(|column| Some((column.name, count(&row, *column, log)?)));
                Some(Line { finess, file: file.name(), counts: counts.collect(), row })
            });
            lines.insert(*form, read.collect());
        }
        lines
    }

    /// The rows of a form whose BOR and AN are those of the file; the others are findings.
    pub(super) fn trusted_rows(&self, form: Form, log: &mut Log) -> Vec<Row<'_>> {
        let rows = self.form(form).into_iter().flat_map(CsvFile::rows);
        rows.filter(|row| is_trusted(row, form, self.year, log)).collect()
    }

    /// What the forms hold and the table leaves out on purpose; its reasons are written there.
    pub(super) fn tell_ignored(&self, mapping: &Mapping, log: &mut Log) {
        for ignored in &mapping.ignored {
            if let Some(file) = self.form(ignored.form) {
                let message = format!("{} : lu et laissé de côté, voir la table de correspondance.", ignored.what);
                log.push(Finding::new(Severity::Information, file.name(), "non-repris", message));
            }
        }
    }

    fn tell_missing(&self, log: &mut Log) {
        for form in Form::ALL.into_iter().filter(|form| !self.forms.contains_key(form)) {
            let name = form.name();
            let finding = match form {
                Form::Id => Finding::new(
                    Severity::Error,
                    "",
                    "formulaire-absent",
                    "Formulaire ID absent : sans lui aucun site déclarant n'est connu, aucune offre n'est proposée.",
                ),
                _ => Finding::new(
                    Severity::Information,
                    "",
                    "formulaire-absent",
                    format!("Formulaire {name} absent : rien n'en est proposé."),
                ),
            };
            log.push(finding.on("BOR", name));
        }
        if self.positions.is_none() {
            let message = "Fichier des positions des hôpitaux absent : les lieux n'ont pas de position.";
            log.push(Finding::new(Severity::Information, "", "formulaire-absent", message));
        }
    }
}

fn is_trusted(row: &Row<'_>, form: Form, year: Option<u16>, log: &mut Log) -> bool {
    if form == Form::Ght {
        return true;
    }
    let bor = row.get("BOR").unwrap_or_default();
    if Form::of_bor(bor) != Some(form) {
        let message = format!("Ligne d'un autre formulaire que {} : rejetée.", form.name());
        log.push(row.finding(Severity::Error, "fichier-inconnu", message).on("BOR", bor));
        return false;
    }
    let an = row.get("AN").unwrap_or_default();
    if an.parse().ok() != year {
        let message = "Ligne d'une autre année que celle de l'enquête : rejetée.";
        log.push(row.finding(Severity::Error, "annee-differente", message).on("AN", an));
        return false;
    }
    true
}

/// Reads a FINESS number; a wrong one is a finding, lost zeros are given back with a finding.
pub(super) fn finess(row: &Row<'_>, column: &str, log: &mut Log) -> Option<FinessId> {
    let text = row.get(column).unwrap_or_default();
    match FinessId::parse_padded(text) {
        Ok((id, false)) => Some(id),
        Ok((id, true)) => {
            log.push(row.finding(Severity::Warning, "finess-zero-perdu", zeros_lost(&id)).on(column, text));
            Some(id)
        }
        Err(error) => {
            let message = format!("Numéro FINESS invalide ({error}) : ligne rejetée.");
            log.push(row.finding(Severity::Error, "finess-invalide", message).on(column, text));
            None
        }
    }
}

pub(super) fn zeros_lost(read_as: &FinessId) -> String {
    format!("Zéros perdus en tête du numéro FINESS : lu comme {read_as}.")
}

fn known_site(row: &Row<'_>, entities: &Entities, log: &mut Log) -> Option<FinessId> {
    let id = finess(row, "FI", log)?;
    if entities.get(&id).is_some_and(|entity| entity.reporting) {
        return Some(id);
    }
    let message = "Numéro FINESS absent du formulaire ID : ligne rejetée.";
    log.push(row.finding(Severity::Error, "finess-inconnu", message).on("FI", id.as_str()));
    None
}

/// A number of a line: a natural number, bounded when it counts beds, places or machines. Counts of
/// stays may have decimals in some forms: they only say that there is an activity.
fn count(row: &Row<'_>, column: CountColumn, log: &mut Log) -> Option<u32> {
    let text = row.get(column.name)?;
    let bound = if column.capacity { CAPACITY_MAX } else { u32::MAX };
    let number = text.parse::<u32>().ok().or_else(|| whole_or_activity(text, column.capacity));
    let number = number.filter(|&number| number <= bound);
    if number.is_none() {
        let message = format!("Nombre invalide (entier de 0 à {bound} attendu) : la valeur n'est pas reprise.");
        log.push(row.finding(Severity::Error, "nombre-invalide", message).on(column.name, text));
    }
    number
}

/// `12.0` is 12 everywhere; `0.5` is an activity, but no number of beds.
fn whole_or_activity(text: &str, capacity: bool) -> Option<u32> {
    let number: f64 = text.replace(',', ".").parse().ok().filter(|number| (0.0..4e9).contains(number))?;
    (!capacity || number.fract() == 0.0).then(|| number.ceil() as u32)
}

/// Tells a file by its first line and its column BOR.
fn recognise(input: &InputFile) -> (CsvFile, Recognised) {
    let first = first_line(&input.bytes);
    let columns: HashSet<&str> = first.split([';', ',', '\t', '|']).map(str::trim).collect();
    let all = |names: &[&str]| names.iter().all(|name| columns.contains(name));
    let open = |separator, required: &[&str]| {
        CsvFile::open(&input.name, &input.bytes, &Layout::with_header(separator, required))
    };
    if all(&["ID", "LAT", "LON"]) {
        return (open(',', &["id", "lat", "lon"]), Recognised::Positions);
    }
    if all(&["CODE_GHT"]) {
        return (open(';', &["CODE_GHT"]), Recognised::Form(Form::Ght, None));
    }
    if !all(&["BOR", "AN", "FI"]) {
        return (open(';', &[]), Recognised::Unknown);
    }
    let file = open(';', &["BOR", "AN", "FI"]);
    let row = file.rows().next();
    let form = row.as_ref().and_then(|row| Form::of_bor(row.get("BOR")?));
    let year = row.as_ref().and_then(|row| row.get("AN")?.parse().ok());
    let recognised = form.map_or(Recognised::Unknown, |form| Recognised::Form(form, year));
    drop(row);
    (file, recognised)
}

/// The first line, in capitals and without quotes; header names are plain ASCII in every encoding but UTF-16.
fn first_line(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(8_192)];
    let (text, _) = decode(head);
    text.lines().next().unwrap_or_default().to_ascii_uppercase().replace('"', "")
}

fn unknown(file: &CsvFile) -> Finding {
    let message = "Fichier non reconnu : ni formulaire de la SAE (colonnes BOR, AN, FI), ni totaux des GHT, \
                   ni positions des hôpitaux.";
    Finding::new(Severity::Error, file.name(), "fichier-inconnu", message)
}

fn twice(file: &CsvFile, what: &str) -> Finding {
    let message = format!("{what} : donné deux fois, ce fichier est laissé de côté.");
    Finding::new(Severity::Error, file.name(), "formulaire-en-double", message)
}

fn other_year(file: &CsvFile, year: Option<u16>, expected: Option<u16>) -> Finding {
    let shown = |year: Option<u16>| year.map_or_else(|| "inconnue".to_owned(), |year| year.to_string());
    let message =
        format!("Année {} quand l'enquête lue est celle de {} : fichier rejeté.", shown(year), shown(expected));
    Finding::new(Severity::Error, file.name(), "annee-differente", message).on("AN", &shown(year))
}

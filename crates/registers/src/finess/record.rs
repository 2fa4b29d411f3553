//! The layouts of the extracts, and one way to read a field in all of them.

use crate::csv_file::{CsvFile, Row};
use crate::{Finding, Severity};

/// Record types of the headerless extracts, which open every line.
pub(crate) const RECORDS: [&str; 7] = [
    "finess",
    "structureet",
    "structureej",
    "geolocalisation",
    "activiteoffresoin",
    "equipmateriellourd",
    "equipementsocial",
];

/// Columns that make the enriched variant; it has about thirty more.
pub(crate) const ENRICHED_COLUMNS: [&str; 6] =
    ["nofinesset", "nofinessej", "rs", "cog", "categetab", "ligneacheminement"];

const STRUCTURE_ET: [&str; 32] = [
    "type",
    "nofinesset",
    "nofinessej",
    "rs",
    "rslongue",
    "complrs",
    "compldistrib",
    "numvoie",
    "typvoie",
    "voie",
    "compvoie",
    "lieuditbp",
    "commune",
    "departement",
    "libdepartement",
    "ligneacheminement",
    "telephone",
    "telecopie",
    "categetab",
    "libcategetab",
    "categagretab",
    "libcategagretab",
    "siret",
    "codeape",
    "codemft",
    "libmft",
    "codesph",
    "libsph",
    "dateouv",
    "dateautor",
    "datemaj",
    "numuai",
];

const STRUCTURE_EJ: [&str; 23] = [
    "type",
    "nofiness",
    "rs",
    "rslongue",
    "complrs",
    "numvoie",
    "typvoie",
    "voie",
    "compvoie",
    "compldistrib",
    "lieuditbp",
    "commune",
    "ligneacheminement",
    "departement",
    "libdepartement",
    "telephone",
    "statutjuridique",
    "libstatutjuridique",
    "categetab",
    "libcategetab",
    "siren",
    "codeape",
    "datecrea",
];

/// The source of a position may hold the separator: the record is read from both ends.
const GEOLOCALISATION: [&str; 4] = ["type", "nofinesset", "coordxet", "coordyet"];

/// Fields that the enriched variant names otherwise.
const ENRICHED_NAMES: [(&str, &str); 3] = [("codesph", "sph"), ("dateouv", "dateouvert"), ("codemft", "mft")];

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordKind {
    /// First line: sequence number and date.
    Header,
    /// An establishment.
    Et,
    /// A legal entity.
    Ej,
    /// A position.
    Geolocalisation,
    /// A record of the extracts 503, 504 or 505.
    NotRead,
    /// Anything else.
    Unknown,
}

/// A line of an extract.
pub(super) struct Record<'a> {
    pub(super) row: Row<'a>,
    kind: RecordKind,
    enriched: bool,
}

/// A position as the extract gives it.
#[derive(Clone, Debug)]
pub(super) struct Projected {
    pub(super) x: String,
    pub(super) y: String,
    /// Quality class, producer, score, base, projection.
    pub(super) source: String,
    pub(super) file: String,
    pub(super) line: u64,
}

/// Whether the first line is the header of the enriched variant.
pub(super) fn is_enriched(file: &CsvFile) -> bool {
    file.rows().next().is_some_and(|row| {
        let holds = |column: &&str| {
            (0..row.len()).any(|place| row.field(place).is_some_and(|name| name.eq_ignore_ascii_case(column)))
        };
        ENRICHED_COLUMNS.iter().all(holds)
    })
}

impl<'a> Record<'a> {
    /// A line of a headerless extract.
    pub(super) fn classic(row: Row<'a>) -> Self {
        let kind = match row.field(0).unwrap_or_default().to_ascii_lowercase().as_str() {
            "finess" => RecordKind::Header,
            "structureet" => RecordKind::Et,
            "structureej" => RecordKind::Ej,
            "geolocalisation" => RecordKind::Geolocalisation,
            other if RECORDS.contains(&other) => RecordKind::NotRead,
            _ => RecordKind::Unknown,
        };
        Self { row, kind, enriched: false }
    }

    /// A line of the enriched variant: always an establishment.
    pub(super) fn enriched(row: Row<'a>) -> Self {
        Self { row, kind: RecordKind::Et, enriched: true }
    }

    pub(super) fn kind(&self) -> RecordKind {
        self.kind
    }

    /// Whether fields are those of the enriched variant.
    pub(super) fn is_enriched(&self) -> bool {
        self.enriched
    }

    fn names(&self) -> &'static [&'static str] {
        match self.kind {
            RecordKind::Et => &STRUCTURE_ET,
            RecordKind::Ej => &STRUCTURE_EJ,
            RecordKind::Geolocalisation => &GEOLOCALISATION,
            RecordKind::Header | RecordKind::NotRead | RecordKind::Unknown => &[],
        }
    }

    /// A field by the name the classic layout gives it, trimmed; none when not filled.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        if self.enriched {
            let renamed =
                ENRICHED_NAMES.iter().find(|(classic, _)| *classic == name).map_or(name, |(_, enriched)| enriched);
            return self.row.get(renamed);
        }
        self.row.field(self.names().iter().position(|known| *known == name)?)
    }

    /// Whether the line has the fields of its layout: otherwise its values may be shifted.
    pub(super) fn is_whole(&self) -> bool {
        match self.kind {
            RecordKind::Geolocalisation => self.row.len() >= 6,
            _ => self.enriched || self.row.len() == self.names().len(),
        }
    }

    /// The finding about a line that is not whole; `last_cut` is the last line of a file without final line break.
    pub(super) fn uneven(&self, last_cut: Option<u64>) -> Finding {
        let (expected, read) = (self.names().len().max(6), self.row.len());
        let (rule, message) = if last_cut == Some(self.row.line()) && read < expected {
            ("ligne-tronquee", format!("Dernière ligne tronquée : {expected} champs attendus, {read} lus."))
        } else {
            ("nombre-de-champs", format!("{expected} champs attendus, {read} lus : ligne rejetée."))
        };
        self.row.finding(Severity::Error, rule, message).on("type", self.row.field(0).unwrap_or_default())
    }

    /// The position of a `geolocalisation` line.
    pub(super) fn position(&self) -> Option<Projected> {
        let source: Vec<_> = (4..self.row.len() - 1).filter_map(|place| self.row.field(place)).collect();
        Some(self.projected(self.get("coordxet")?, self.get("coordyet")?, source.join(",")))
    }

    /// The position of a line of the enriched variant.
    pub(super) fn enriched_position(&self) -> Option<Projected> {
        let source = self.row.get("sourcegeocod").unwrap_or_default().to_owned();
        Some(self.projected(self.row.get("coordx")?, self.row.get("coordy")?, source))
    }

    fn projected(&self, x: &str, y: &str, source: String) -> Projected {
        let file = self.row.file_name().to_owned();
        Projected { x: x.to_owned(), y: y.to_owned(), source, file, line: self.row.line() }
    }
}

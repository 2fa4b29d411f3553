//! Separated-value files: encoding and separator detected, columns found by name.
//!
//! Reading never fails: [`CsvFile::open`] gives the lines that can be trusted and a finding
//! for everything else. A line break always ends a record, even inside quotes: no register
//! writes one there, and a stray quote must cost one line, not the rest of the file.

mod decode;
mod fields;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use crate::{Finding, Severity};

pub use decode::{Encoding, decode};

/// Separators that a spreadsheet or a register may have written.
const SEPARATORS: [char; 4] = [';', ',', '|', '\t'];

/// How a file is expected to be laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a> {
    /// The separator the register writes; another one that fits better is used, with a finding.
    pub separator: char,
    /// Whether the first line names the columns.
    pub header: bool,
    /// Columns without which the file says nothing, in any case; only with a header.
    pub required: &'a [&'a str],
}

impl<'a> Layout<'a> {
    /// A file whose first line names its columns.
    pub const fn with_header(separator: char, required: &'a [&'a str]) -> Self {
        Self { separator, header: true, required }
    }

    /// A file of records told apart by their position, with no header.
    pub const fn headerless(separator: char) -> Self {
        Self { separator, header: false, required: &[] }
    }
}

/// A separated-value file read into memory.
#[derive(Clone, Debug)]
pub struct CsvFile {
    name: String,
    text: String,
    encoding: Encoding,
    separator: char,
    columns: Vec<String>,
    positions: HashMap<String, usize>,
    lines: Vec<(u64, Range<usize>)>,
    findings: Vec<Finding>,
}

impl CsvFile {
    /// Reads a file handed over whole. `name` is the file name without its folder, for the findings.
    ///
    /// Rules: `fichier-vide`, `encodage-inattendu`, `octets-illisibles`, `accents-detruits`, `separateur`,
    /// `colonne-absente` (the file is then rejected), `colonne-double`, `nombre-de-champs` and
    /// `ligne-tronquee` (the line is rejected), `guillemet-ouvert`, `fin-de-fichier`.
    ///
    /// ```
    /// use ror_registers::csv_file::{CsvFile, Layout};
    /// let file = CsvFile::open("MCO.csv", b"FI;LIT_MED\n010000024;12\n", &Layout::with_header(';', &["fi"]));
    /// let row = file.rows().next().unwrap();
    /// assert_eq!((row.line(), row.get("lit_med"), row.get("LIT_CHI")), (2, Some("12"), None));
    ///
    /// let cut = CsvFile::open("MCO.csv", b"FI;LIT_MED\n0100", &Layout::with_header(';', &["fi"]));
    /// assert_eq!((cut.rows().count(), cut.findings()[0].rule), (0, "ligne-tronquee"));
    /// ```
    pub fn open(name: &str, bytes: &[u8], layout: &Layout<'_>) -> Self {
        let mut findings = Vec::new();
        let (text, encoding) = decode::decode_with_findings(name, bytes, &mut findings);
        let mut file = Self {
            name: name.to_owned(),
            text,
            encoding,
            separator: layout.separator,
            columns: Vec::new(),
            positions: HashMap::new(),
            lines: Vec::new(),
            findings,
        };
        file.lines = lines(&file.text);
        if file.lines.is_empty() {
            file.find(Severity::Error, "fichier-vide", "Le fichier est vide.");
            return file;
        }
        file.choose_separator(layout);
        if layout.header && file.read_header(layout.required) {
            file.reject_uneven_lines();
        }
        let said = file.findings.iter().any(|finding| finding.rule == "ligne-tronquee");
        if !said && file.ends_cut() {
            let message = "La dernière ligne n'a pas de fin de ligne : le fichier est peut-être tronqué.";
            file.find(Severity::Warning, "fin-de-fichier", message);
        }
        file
    }

    /// Name of the file, without its folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The encoding the bytes were read with.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The separator found.
    pub fn separator(&self) -> char {
        self.separator
    }

    /// The columns in order, as the file writes them; empty without header.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Whether the header names this column, in any case.
    pub fn has(&self, column: &str) -> bool {
        self.position(column).is_some()
    }

    /// Where a column stands. The usual spellings are looked up directly: a form of 200 columns is read often.
    fn position(&self, column: &str) -> Option<usize> {
        let any_case = || self.columns.iter().position(|name| name.eq_ignore_ascii_case(column));
        self.positions.get(column).copied().or_else(any_case)
    }

    /// What was wrong with the file and with the lines that were rejected.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The findings, taken out of the file.
    pub fn take_findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    /// The lines kept, in order, header left out.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.lines.iter().map(|(line, range)| Row {
            file: self,
            line: *line,
            fields: fields::split(&self.text[range.clone()], self.separator).fields,
        })
    }

    /// Whether the last line has no line break: the file may have been cut there.
    pub fn ends_cut(&self) -> bool {
        !self.text.is_empty() && !self.text.ends_with(['\n', '\r'])
    }

    /// How many lines were kept.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether no line was kept.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn find(&mut self, severity: Severity, rule: &'static str, message: impl Into<String>) {
        self.findings.push(Finding::new(severity, &self.name, rule, message));
    }

    /// Takes the separator that finds most of the required columns, else the expected one
    /// unless the first line does not hold it at all.
    fn choose_separator(&mut self, layout: &Layout<'_>) {
        let first = &self.text[self.lines[0].1.clone()];
        let score = |separator: char| {
            let fields = fields::split(first, separator).fields;
            let known = |column: &&&str| fields.iter().any(|field| field.trim().eq_ignore_ascii_case(column));
            (layout.required.iter().filter(known).count(), usize::from(fields.len() > 1))
        };
        let expected = score(layout.separator);
        let best = SEPARATORS.into_iter().max_by_key(|&separator| (score(separator), separator == layout.separator));
        if let Some(best) = best.filter(|&best| score(best) > expected) {
            let message = format!("Séparateur « {} » attendu, « {} » lu.", shown(layout.separator), shown(best));
            self.find(Severity::Warning, "separateur", message);
            self.separator = best;
        }
    }

    /// Takes the first line as header. False, with no line kept, when a required column is missing.
    fn read_header(&mut self, required: &[&str]) -> bool {
        let (_, range) = self.lines.remove(0);
        let header = fields::split(&self.text[range], self.separator).fields;
        self.columns = header.iter().map(|name| name.trim().to_owned()).collect();
        for (position, name) in self.columns.clone().iter().enumerate() {
            for spelling in [name.clone(), name.to_ascii_uppercase(), name.to_ascii_lowercase()] {
                self.positions.entry(spelling).or_insert(position);
            }
            if !name.is_empty() && self.columns[..position].iter().any(|other| other.eq_ignore_ascii_case(name)) {
                let message = "Colonne présente deux fois : la première est lue.";
                self.findings
                    .push(Finding::new(Severity::Warning, &self.name, "colonne-double", message).at(1).on(name, ""));
            }
        }
        let missing: Vec<_> = required.iter().copied().filter(|column| !self.has(column)).collect();
        for column in &missing {
            let message = format!("Colonne « {column} » absente : fichier rejeté.");
            let finding = Finding::new(Severity::Error, &self.name, "colonne-absente", message).at(1);
            self.findings.push(Finding { column: Some((*column).to_owned()), ..finding });
        }
        if !missing.is_empty() {
            self.lines.clear();
        }
        missing.is_empty()
    }

    /// Leaves out the lines that have not as many fields as the header: their values may be shifted.
    /// Empty fields at the end are tolerated.
    fn reject_uneven_lines(&mut self) {
        let expected = self.columns.len();
        let last = self.lines.last().map(|(line, _)| *line).filter(|_| self.ends_cut());
        let mut kept = Vec::with_capacity(self.lines.len());
        for (line, range) in std::mem::take(&mut self.lines) {
            let text = &self.text[range.clone()];
            let split = fields::split(text, self.separator);
            let extra = split.fields.get(expected..).unwrap_or_default();
            if split.fields.len() >= expected && extra.iter().all(|field| field.is_empty()) {
                if split.open_quote {
                    let message = "Guillemet ouvert et jamais refermé : ligne lue jusqu'à sa fin.";
                    let finding = Finding::new(Severity::Warning, &self.name, "guillemet-ouvert", message);
                    self.findings.push(finding.at(line));
                }
                kept.push((line, range));
                continue;
            }
            let read = split.fields.len();
            let (rule, message) = if last == Some(line) && read < expected {
                ("ligne-tronquee", format!("Dernière ligne tronquée : {expected} champs attendus, {read} lus."))
            } else {
                ("nombre-de-champs", format!("{expected} champs attendus, {read} lus : ligne rejetée."))
            };
            let finding = Finding::new(Severity::Error, &self.name, rule, message).at(line).on("", text);
            self.findings.push(Finding { column: None, ..finding });
        }
        self.lines = kept;
    }
}

/// One line of a [`CsvFile`].
#[derive(Clone, Debug)]
pub struct Row<'a> {
    file: &'a CsvFile,
    line: u64,
    fields: Vec<Cow<'a, str>>,
}

impl Row<'_> {
    /// Line in the file, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The value of a column, trimmed, found in any case; none when the column is missing or not filled.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.field(self.file.position(column)?)
    }

    /// The value at a position from 0, trimmed; none when the line is shorter or the field not filled.
    pub fn field(&self, position: usize) -> Option<&str> {
        self.fields.get(position).map(|field| field.trim()).filter(|field| !field.is_empty())
    }

    /// How many fields the line has.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether every field of the line is empty.
    pub fn is_empty(&self) -> bool {
        self.fields.iter().all(|field| field.trim().is_empty())
    }

    /// Name of the file, without its folder.
    pub fn file_name(&self) -> &str {
        &self.file.name
    }

    /// A finding about this line.
    pub fn finding(&self, severity: Severity, rule: &'static str, message: impl Into<String>) -> Finding {
        Finding::new(severity, &self.file.name, rule, message).at(self.line)
    }
}

/// The lines that hold something, with their number from 1.
fn lines(text: &str) -> Vec<(u64, Range<usize>)> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (number, line) in text.split('\n').enumerate() {
        let end = start + line.trim_end_matches('\r').len();
        if !text[start..end].trim().is_empty() {
            lines.push((number as u64 + 1, start..end));
        }
        start += line.len() + 1;
    }
    lines
}

fn shown(separator: char) -> &'static str {
    match separator {
        ';' => ";",
        ',' => ",",
        '|' => "|",
        '\t' => "tabulation",
        _ => "?",
    }
}

#[cfg(test)]
mod tests;

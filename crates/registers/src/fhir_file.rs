//! Files of FHIR resources: one resource, a Bundle, or NDJSON. The form in which regional
//! directories and `ror synth` hand over what they hold; the resources carry their own ids.

use ror_fhir::{DateTime, Instant, Node, ParseError};

use crate::{Finding, Severity};

/// One resource of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FhirItem {
    /// The resource, with its id.
    pub resource: Node,
    /// Its update date: `meta.lastUpdated`, or the moment given when it has none (D38).
    pub updated: Instant,
    /// Name of the file.
    pub file: String,
    /// Line of the file, from 1; in a Bundle, position of the entry.
    pub line: u64,
}

/// Reads files of FHIR resources; `now` dates those that carry no update date.
///
/// A line that is no JSON is a finding, and the others are read.
pub fn read(files: &[(&str, &[u8])], now: Instant) -> (Vec<FhirItem>, Vec<Finding>) {
    let mut reader = Reader { now, items: Vec::new(), findings: Vec::new() };
    for (file, bytes) in files {
        reader.file(file, bytes);
    }
    (reader.items, reader.findings)
}

struct Reader {
    now: Instant,
    items: Vec<FhirItem>,
    findings: Vec<Finding>,
}

impl Reader {
    fn file(&mut self, file: &str, bytes: &[u8]) {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        // A whole document first: a pretty-printed resource has line breaks too.
        let whole = Node::parse(bytes);
        match whole {
            Ok(node) if node.str("resourceType") == Some("Bundle") => self.bundle(file, &node),
            Ok(node) => self.resource(file, 1, node),
            Err(error) if looks_like_lines(bytes) => self.lines(file, bytes, &error),
            Err(error) => self.unreadable(file, error.position.line as u64, &error),
        }
    }

    fn bundle(&mut self, file: &str, bundle: &Node) {
        for (at, entry) in bundle.items("entry").enumerate() {
            match entry.get("resource") {
                Some(resource) => self.resource(file, at as u64 + 1, resource.clone()),
                None => self.find(
                    file,
                    at as u64 + 1,
                    Severity::Warning,
                    "entree-sans-ressource",
                    "Entrée de Bundle sans ressource : ignorée.".to_owned(),
                ),
            }
        }
    }

    fn lines(&mut self, file: &str, bytes: &[u8], first: &ParseError) {
        let mut any = false;
        for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if line.trim_ascii().is_empty() {
                continue;
            }
            any = true;
            match Node::parse(line) {
                Ok(node) => self.resource(file, at as u64 + 1, node),
                Err(error) => self.unreadable(file, at as u64 + 1, &error),
            }
        }
        if !any {
            self.unreadable(file, 1, first);
        }
    }

    fn resource(&mut self, file: &str, line: u64, resource: Node) {
        if resource.str("resourceType").is_none() {
            let message = "Aucune ressource FHIR ici (élément resourceType absent) : ignoré.".to_owned();
            return self.find(file, line, Severity::Warning, "type-absent", message);
        }
        let written = resource.get("meta").and_then(|meta| meta.str("lastUpdated"));
        let updated = match written.map(DateTime::parse) {
            Some(Ok(date)) if date.start <= self.now => date.start,
            _ => {
                let message = "Date de mise à jour absente, illisible ou à venir : celle du chargement est prise.";
                self.find(file, line, Severity::Information, "date-mise-a-jour", message.to_owned());
                self.now
            }
        };
        self.items.push(FhirItem { resource, updated, file: file.to_owned(), line });
    }

    fn unreadable(&mut self, file: &str, line: u64, error: &ParseError) {
        let message = format!("JSON illisible, colonne {} : {}.", error.position.column, error.kind.reason());
        self.find(file, line, Severity::Error, "json-illisible", message);
    }

    fn find(&mut self, file: &str, line: u64, severity: Severity, rule: &'static str, message: String) {
        let (file, line) = (file.to_owned(), Some(line));
        self.findings.push(Finding { severity, file, line, column: None, value: None, rule, message });
    }
}

/// Whether the first line alone is a JSON value, or there are several lines that each begin one.
pub fn looks_like_lines(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let begins = |line: &[u8]| line.trim_ascii_start().starts_with(b"{");
    lines.next().is_some_and(|first| Node::parse(first).is_ok() || (begins(first) && lines.next().is_some_and(begins)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(bytes: &[u8]) -> (Vec<String>, Vec<(&'static str, Option<u64>)>) {
        let (items, findings) = read(&[("f", bytes)], 1_000_000_000_000);
        let ids = items.iter().map(|item| item.resource.str("id").unwrap_or_default().to_owned()).collect();
        let findings = findings.iter().filter(|f| f.rule != "date-mise-a-jour");
        (ids, findings.map(|finding| (finding.rule, finding.line)).collect())
    }

    #[test]
    fn the_three_forms_are_read() {
        let one = br#"{"resourceType":"Location","id":"a"}"#;
        let bundle = br#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Location","id":"a"}},{}]}"#;
        let lines = b"{\"resourceType\":\"Location\",\"id\":\"a\"}\n\n{\"resourceType\":\"Location\",\"id\":\"b\"}\n";
        assert_eq!(ids(one), (vec!["a".to_owned()], vec![]));
        assert_eq!(ids(bundle), (vec!["a".to_owned()], vec![("entree-sans-ressource", Some(2))]));
        assert_eq!(ids(lines), (vec!["a".to_owned(), "b".to_owned()], vec![]));
    }

    #[test]
    fn a_cut_line_is_told_and_the_others_are_read() {
        let lines = b"{\"resourceType\":\"Location\",\"id\":\"a\"}\n{\"resourceType\":\"Loc\n{\"resourceType\":\"Location\",\"id\":\"c\"}";
        assert_eq!(ids(lines), (vec!["a".to_owned(), "c".to_owned()], vec![("json-illisible", Some(2))]));
        assert_eq!(ids(b"").1, [("json-illisible", Some(1))]);
        assert_eq!(ids(b"{\"a\":1}").1, [("type-absent", Some(1))]);
    }

    #[test]
    fn the_update_date_is_the_one_written() {
        let dated = br#"{"resourceType":"Location","id":"a","meta":{"lastUpdated":"2001-01-01T00:00:00Z"}}"#;
        let (items, findings) = read(&[("f", dated)], 1_000_000_000_000);
        assert_eq!((items[0].updated, findings.len()), (978_307_200_000, 0));
    }
}

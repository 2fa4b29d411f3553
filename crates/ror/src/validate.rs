//! `ror validate`: the findings of `$validate` on files, without a server.
//!
//! References are not followed: whether their targets exist is for a directory to say.

mod locate;
mod sarif;

use std::path::Path;
use std::process::ExitCode;

use locate::Positions;
use ror_fhir::{Instant, Node, ParseError, node};
use ror_profiles::{Context, Finding, Handling, Severity};
use ror_registers::fhir_file::looks_like_lines;
use ror_registers::sae::InputFile;
use ror_terminology::Terminology;

use crate::cli::{Format, Validate};
use crate::environment::now;
use crate::{import, report};

/// A finding and where it is in a file: line and column from 1, in characters.
#[derive(Clone, Debug)]
struct Located {
    file: String,
    line: usize,
    column: usize,
    finding: Finding,
}

/// What was found in all files.
#[derive(Default)]
struct Outcome {
    located: Vec<Located>,
    resources: usize,
    unreadable: usize,
}

pub(crate) fn run(arguments: &Validate) -> ExitCode {
    let handling = if arguments.strict { Handling::Strict } else { Handling::Lenient };
    let mut outcome = Outcome::default();
    for path in &arguments.files {
        match import::listed(path) {
            Ok(files) => files.iter().for_each(|file| outcome.path(file, handling)),
            Err(error) => outcome.unreadable_file(path, &error),
        }
    }
    match arguments.format {
        Format::Text => outcome.tell(),
        Format::Json => report::say(&outcome.to_json().to_text()),
        Format::Sarif => report::say(&sarif::log(&outcome.located).to_text()),
    }
    outcome.sum_up();
    ExitCode::from(outcome.status())
}

impl Outcome {
    /// 0 no error, 1 errors, 2 something that could not be read or nothing to check.
    fn status(&self) -> u8 {
        match (self.unreadable, self.count(Severity::Error)) {
            (1.., _) => 2,
            _ if self.resources == 0 => 2,
            (0, 1..) => 1,
            (0, 0) => 0,
        }
    }

    fn count(&self, severity: Severity) -> usize {
        self.located.iter().filter(|one| one.finding.severity == severity).count()
    }

    /// A file that cannot be read is told, and the next ones are read.
    fn path(&mut self, path: &Path, handling: Handling) {
        match import::read_file(path) {
            Ok(file) => self.file(&InputFile { name: path.display().to_string(), ..file }, handling, now()),
            Err(error) => self.unreadable_file(path, &error),
        }
    }

    /// One resource, a Bundle, or a resource a line.
    fn file(&mut self, file: &InputFile, handling: Handling, now: Instant) {
        let text = file.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&file.bytes);
        match Node::parse(text) {
            Ok(bundle) if bundle.str("resourceType") == Some("Bundle") => self.bundle(&bundle, file, text, handling),
            Ok(resource) => {
                self.resource(&resource, &Place::whole(&file.name, 1, &Positions::of(text)), handling, now);
            }
            Err(_) if looks_like_lines(text) => {
                let lines = text.split(|byte| *byte == b'\n').enumerate();
                for (at, text) in lines.filter(|(_, line)| !line.trim_ascii().is_empty()) {
                    match Node::parse(text) {
                        Ok(resource) => {
                            let positions = Positions::of(text);
                            self.resource(&resource, &Place::whole(&file.name, at + 1, &positions), handling, now);
                        }
                        Err(error) => self.unreadable(&file.name, at + 1, &error),
                    }
                }
            }
            Err(_) if text.trim_ascii().is_empty() => self.nothing(&file.name, (1, 1), "", "Ce fichier est vide."),
            Err(error) => self.unreadable(&file.name, 1, &error),
        }
    }

    fn bundle(&mut self, bundle: &Node, file: &InputFile, text: &[u8], handling: Handling) {
        let positions = Positions::of(text);
        let roots = positions.entries();
        let now = now();
        for (at, entry) in bundle.items("entry").enumerate() {
            let root = roots.get(at).copied().unwrap_or(0);
            let place = Place { root, ..Place::whole(&file.name, 1, &positions) };
            match entry.get("resource") {
                Some(resource) => self.resource(resource, &place, handling, now),
                None => self.nothing(
                    &file.name,
                    positions.of_element(root, ""),
                    &format!("Bundle.entry[{at}].resource"),
                    "Cette entrée ne porte pas de ressource : il n'y a rien à vérifier.",
                ),
            }
        }
        if roots.is_empty() {
            let message = "Ce Bundle n'a aucune entrée : il n'y a rien à vérifier.";
            self.nothing(&file.name, (1, 1), "Bundle.entry", message);
        }
    }

    fn resource(&mut self, resource: &Node, place: &Place<'_>, handling: Handling, now: Instant) {
        self.resources += 1;
        let context = Context { terminology: Terminology::embedded(), now };
        for finding in ror_profiles::validate(resource, handling, &context) {
            let (line, column) = place.positions.of_element(place.root, &finding.expression);
            let (file, line) = (place.file.to_owned(), place.line + line - 1);
            self.located.push(Located { file, line, column, finding });
        }
    }

    fn unreadable(&mut self, file: &str, first: usize, error: &ParseError) {
        self.unreadable += 1;
        let message = format!("JSON illisible : {}.", error.kind.reason());
        let place = (first + error.position.line - 1, error.position.column);
        self.note(file, place, about_file(Severity::Error, "structure", "du JSON", message));
    }

    fn unreadable_file(&mut self, path: &Path, error: &anyhow::Error) {
        self.unreadable += 1;
        let reason = error.root_cause();
        let message = format!("Ce fichier n'a pas pu être lu : {reason}. Les suivants sont vérifiés.");
        let finding = about_file(Severity::Error, "not-found", "un fichier lisible", message);
        self.note(&path.display().to_string(), (1, 1), finding);
    }

    /// Nothing wrong, and nothing checked either: said, lest silence pass for approval.
    fn nothing(&mut self, file: &str, place: (usize, usize), expression: &str, message: &str) {
        let finding = about_file(Severity::Warning, "not-found", "une ressource FHIR du ROR", message.to_owned());
        self.note(file, place, Finding { expression: expression.to_owned(), ..finding });
    }

    fn note(&mut self, file: &str, (line, column): (usize, usize), finding: Finding) {
        self.located.push(Located { file: file.to_owned(), line, column, finding });
    }

    /// One finding a line, as compilers tell theirs.
    fn tell(&self) {
        for Located { file, line, column, finding } in &self.located {
            let Finding { expression, rule, .. } = finding;
            let severity = french(finding.severity);
            let at = if expression.is_empty() { String::new() } else { format!("{expression}: ") };
            report::say(&format!("{file}:{line}:{column}: {severity}: {at}{} [{rule}]", sentence(finding)));
        }
    }

    fn sum_up(&self) {
        if self.resources == 0 {
            report::complain("aucune ressource à vérifier dans ce qui a été lu");
        }
        let parts = [
            (self.resources, "ressource lue", "ressources lues"),
            (self.count(Severity::Error), "erreur", "erreurs"),
            (self.count(Severity::Warning), "avertissement", "avertissements"),
            (self.unreadable, "fichier ou ligne illisible", "fichiers ou lignes illisibles"),
        ];
        let told = parts.map(|(count, one, many)| format!("{count} {}", if count < 2 { one } else { many }));
        report::complain(&told.join(", "));
    }

    fn to_json(&self) -> Node {
        let one = |Located { file, line, column, finding }: &Located| {
            let mut one = node!({
                "file": (file.as_str()), "line": (*line as u64), "column": (*column as u64),
                "severity": (finding.severity_code()), "code": (finding.code),
                "expression": (finding.expression.as_str()), "expected": (finding.expected.as_str()),
                "rule": (finding.rule.as_str()), "message": (finding.message.as_str())
            });
            if let (Some(value), Some(members)) = (&finding.value, one.as_object_mut()) {
                members.insert("value", value.as_str());
            }
            one
        };
        Node::Array(self.located.iter().map(one).collect())
    }
}

/// Where a resource is written.
#[derive(Clone, Copy)]
struct Place<'a> {
    file: &'a str,
    /// Line of the file where the text begins.
    line: usize,
    positions: &'a Positions<'a>,
    /// The resource among the values of the text.
    root: usize,
}

impl<'a> Place<'a> {
    fn whole(file: &'a str, line: usize, positions: &'a Positions<'a>) -> Self {
        Self { file, line, positions, root: 0 }
    }
}

/// A finding that is about no element of a resource.
fn about_file(severity: Severity, code: &'static str, expected: &str, message: String) -> Finding {
    let (expected, rule) = (expected.to_owned(), "fichier".to_owned());
    Finding { severity, code, expression: String::new(), value: None, expected, rule, message }
}

/// The message, with what was read and what was expected.
fn sentence(Finding { message, value, expected, .. }: &Finding) -> String {
    let value = value.as_ref().map(|value| format!(" Lu : « {value} ».")).unwrap_or_default();
    let expected = if message.contains(expected) { String::new() } else { format!(" Attendu : {expected}.") };
    format!("{message}{value}{expected}")
}

const fn french(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "erreur",
        Severity::Warning => "avertissement",
        Severity::Information => "information",
    }
}

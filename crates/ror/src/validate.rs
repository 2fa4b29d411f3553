//! `ror validate`: the findings of `$validate` on files, without a server.
//!
//! References are not followed: whether their targets exist is for a directory to say.

mod locate;
mod sarif;

use std::process::ExitCode;

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

pub(crate) fn run(arguments: &Validate) -> anyhow::Result<ExitCode> {
    let handling = if arguments.strict { Handling::Strict } else { Handling::Lenient };
    let mut outcome = Outcome::default();
    for (path, file) in import::read_named_files(&arguments.files)? {
        outcome.file(&InputFile { name: path, ..file }, handling, now());
    }
    match arguments.format {
        Format::Text => outcome.tell(),
        Format::Json => report::say(&outcome.to_json().to_text()),
        Format::Sarif => report::say(&sarif::log(&outcome.located).to_text()),
    }
    Ok(ExitCode::from(outcome.status()))
}

impl Outcome {
    /// 0 no error, 1 errors, 2 something unreadable.
    fn status(&self) -> u8 {
        let has_errors = self.located.iter().any(|one| one.finding.severity == Severity::Error);
        match (self.unreadable, has_errors) {
            (1.., _) => 2,
            (0, true) => 1,
            (0, false) => 0,
        }
    }

    /// One resource, a Bundle, or a resource a line.
    fn file(&mut self, file: &InputFile, handling: Handling, now: Instant) {
        let text = file.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&file.bytes);
        match Node::parse(text) {
            Ok(bundle) if bundle.str("resourceType") == Some("Bundle") => {
                for (at, entry) in bundle.items("entry").enumerate() {
                    if let Some(resource) = entry.get("resource") {
                        let place =
                            Place { file: &file.name, text, line: 1, above: &format!("x.entry[{at}].resource") };
                        self.resource(resource, &place, handling, now);
                    }
                }
            }
            Ok(resource) => {
                self.resource(&resource, &Place { file: &file.name, text, line: 1, above: "x" }, handling, now);
            }
            Err(_) if looks_like_lines(text) => {
                let lines = text.split(|byte| *byte == b'\n').enumerate();
                for (at, text) in lines.filter(|(_, line)| !line.trim_ascii().is_empty()) {
                    let place = Place { file: &file.name, text, line: at + 1, above: "x" };
                    match Node::parse(text) {
                        Ok(resource) => self.resource(&resource, &place, handling, now),
                        Err(error) => self.unreadable(&place, &error),
                    }
                }
            }
            Err(error) => self.unreadable(&Place { file: &file.name, text, line: 1, above: "x" }, &error),
        }
    }

    fn resource(&mut self, resource: &Node, place: &Place<'_>, handling: Handling, now: Instant) {
        self.resources += 1;
        let context = Context { terminology: Terminology::embedded(), now };
        for finding in ror_profiles::validate(resource, handling, &context) {
            let (line, column) = locate::position(place.text, place.above, &finding.expression);
            let (file, line) = (place.file.to_owned(), place.line + line - 1);
            self.located.push(Located { file, line, column, finding });
        }
    }

    fn unreadable(&mut self, place: &Place<'_>, error: &ParseError) {
        self.unreadable += 1;
        let finding = Finding {
            severity: Severity::Error,
            code: "structure",
            expression: String::new(),
            value: None,
            expected: "du JSON".to_owned(),
            rule: "JSON".to_owned(),
            message: format!("JSON illisible : {}.", error.kind.reason()),
        };
        let line = place.line + error.position.line - 1;
        self.located.push(Located { file: place.file.to_owned(), line, column: error.position.column, finding });
    }

    /// One finding a line, as compilers tell theirs.
    fn tell(&self) {
        for Located { file, line, column, finding } in &self.located {
            let Finding { expression, rule, .. } = finding;
            let severity = french(finding.severity);
            report::say(&format!("{file}:{line}:{column}: {severity}: {expression}: {} [{rule}]", sentence(finding)));
        }
        let count = |severity| self.located.iter().filter(|one| one.finding.severity == severity).count();
        report::complain(&format!(
            "{} ressources lues, {} erreurs, {} avertissements, {} illisibles",
            self.resources,
            count(Severity::Error),
            count(Severity::Warning),
            self.unreadable
        ));
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
struct Place<'a> {
    file: &'a str,
    text: &'a [u8],
    /// Line of the file where `text` begins.
    line: usize,
    /// Path of the resource in `text`, below any first word.
    above: &'a str,
}

/// The message, with what was read.
fn sentence(finding: &Finding) -> String {
    let value = finding.value.as_ref().map(|value| format!(" Lu : « {value} ».")).unwrap_or_default();
    format!("{}{value}", finding.message)
}

const fn french(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "erreur",
        Severity::Warning => "avertissement",
        Severity::Information => "information",
    }
}

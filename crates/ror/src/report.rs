//! What the program tells people on a terminal: standard output for results, standard error
//! for everything else (D65).

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use ror_registers::{Finding, Severity};

/// Findings shown for each rule; the report file holds them all.
const SHOWN_PER_RULE: usize = 3;

/// A line on standard output.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody is left to tell when the output is closed.
    writeln!(out, "{line}").and_then(|()| out.flush()).ok();
}

/// A line on standard error.
pub(crate) fn complain(line: &str) {
    writeln!(std::io::stderr().lock(), "{line}").ok();
}

/// How far a load has come: a bar on a terminal, plain lines otherwise.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    total: usize,
}

impl Progress {
    pub(crate) fn start(total: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total as u64);
            let shape = "{bar:40} {pos}/{len} ressources enregistrées, encore {eta}";
            bar.set_style(ProgressStyle::with_template(shape).unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, total }
    }

    /// `done` resources are durable: called after the commit, never before.
    pub(crate) fn tell(&self, done: usize) {
        match &self.bar {
            Some(bar) => bar.set_position(done as u64),
            None => complain(&format!("enregistrées : {done}/{}", self.total)),
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// What one resource taken in lacks of the guide.
#[derive(Clone, Debug)]
pub(crate) struct Shortfall {
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) found: ror_profiles::Finding,
}

/// Tells the findings: how many of each rule, the first ones whole; all of them in `file`.
pub(crate) fn findings(findings: &[Finding], shortfalls: &[Shortfall], file: Option<&Path>) -> anyhow::Result<()> {
    let mut rules: BTreeMap<(std::cmp::Reverse<Severity>, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        rules.entry((std::cmp::Reverse(finding.severity), finding.rule)).or_default().push(finding);
    }
    for ((severity, rule), list) in &rules {
        tell_rule(label(severity.0), rule, list, |finding| line_of(finding), file.is_some());
    }
    let mut rules: BTreeMap<(ror_profiles::Severity, &str), Vec<&Shortfall>> = BTreeMap::new();
    for shortfall in shortfalls {
        rules.entry((shortfall.found.severity, &shortfall.found.rule)).or_default().push(shortfall);
    }
    for ((severity, rule), list) in &rules {
        tell_rule(label_of_shortfall(*severity), rule, list, |shortfall| line_of_shortfall(shortfall), file.is_some());
    }
    match file {
        None => Ok(()),
        Some(path) => write_all(findings, shortfalls, path).with_context(|| format!("écriture de {}", path.display())),
    }
}

fn tell_rule<T>(label: &str, rule: &str, list: &[T], line: impl Fn(&T) -> String, is_all_written: bool) {
    complain(&format!("{label} {rule} : {}", list.len()));
    for one in list.iter().take(SHOWN_PER_RULE) {
        complain(&format!("    {}", line(one)));
    }
    if list.len() > SHOWN_PER_RULE && !is_all_written {
        complain("    … (toutes avec --report FICHIER)");
    }
}

fn write_all(findings: &[Finding], shortfalls: &[Shortfall], path: &Path) -> anyhow::Result<()> {
    let mut out = csv::WriterBuilder::new().delimiter(b';').from_path(path)?;
    out.write_record(["gravite", "fichier", "ligne", "colonne", "valeur", "regle", "message"])?;
    for finding in findings {
        let line = finding.line.map(|line| line.to_string()).unwrap_or_default();
        out.write_record([
            label(finding.severity),
            &finding.file,
            &line,
            finding.column.as_deref().unwrap_or_default(),
            finding.value.as_deref().unwrap_or_default(),
            finding.rule,
            &finding.message,
        ])?;
    }
    for Shortfall { file, line, found } in shortfalls {
        out.write_record([
            label_of_shortfall(found.severity),
            file,
            &line.to_string(),
            &found.expression,
            found.value.as_deref().unwrap_or_default(),
            &found.rule,
            &found.message,
        ])?;
    }
    out.flush()?;
    Ok(())
}

fn line_of_shortfall(Shortfall { file, line, found }: &Shortfall) -> String {
    let value = found.value.as_ref().map(|value| format!(" Lu : « {value} ».")).unwrap_or_default();
    format!("{file}, ligne {line}, {} : {}{value}", found.expression, found.message)
}

/// A shortfall loses nothing: it is never a reject (D34).
const fn label_of_shortfall(severity: ror_profiles::Severity) -> &'static str {
    match severity {
        ror_profiles::Severity::Error => "écart",
        ror_profiles::Severity::Warning => "écart toléré",
        ror_profiles::Severity::Information => "à savoir",
    }
}

fn line_of(finding: &Finding) -> String {
    let line = finding.line.map(|line| format!(", ligne {line}")).unwrap_or_default();
    let column = finding.column.as_ref().map(|column| format!(", {column}")).unwrap_or_default();
    let value = finding.value.as_ref().map(|value| format!(" Lu : « {value} ».")).unwrap_or_default();
    format!("{}{line}{column} : {}{value}", finding.file, finding.message)
}

const fn label(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "rejet",
        Severity::Warning => "doute",
        Severity::Information => "information",
    }
}

//! `cargo xtask tidy`: what the repository promises about itself, checked.
//!
//! Each check reads the tracked files or the dependency tree and gives one line per fault,
//! which says what is wrong and what to do. `cargo test` runs them all.

mod glossary;
mod layers;
mod licences;
mod manifests;
mod repository;
mod sizes;
mod snapshots;
mod text;

use repository::Repository;

/// A check: what it promises, and the faults it finds.
type Check = (&'static str, fn(&Repository) -> Vec<String>);

const CHECKS: &[Check] = &[
    ("crates depend downwards only", layers::downwards),
    ("crates stay ignorant of what they must not know", layers::ignorance),
    ("every crate is on the map", layers::on_the_map),
    ("every dependency has its reason, once", manifests::reasons),
    ("licences and origin of every dependency are allowed", licences::allowed),
    ("functions and files stay short", sizes::short),
    ("no file over 1 MB", sizes::light),
    ("only identity makes a grant", text::grants),
    ("only the write path reads whole bodies", text::bodies),
    ("no path of one machine", text::machine_paths),
    ("golden files belong to a test", snapshots::owned),
    ("French names are in the glossary", glossary::listed),
];

/// Runs every check, and fails with all their faults together.
///
/// # Errors
/// When a check finds a fault, or the repository cannot be read.
pub(crate) fn run(_words: &[String]) -> anyhow::Result<String> {
    let repository = Repository::open()?;
    let (mut lines, mut faults) = (Vec::new(), 0);
    for (promise, check) in CHECKS {
        let found = check(&repository);
        let mark = if found.is_empty() { "ok   " } else { "FAULT" };
        lines.push(format!("{mark} {promise}"));
        lines.extend(found.iter().map(|fault| format!("      {fault}")));
        faults += found.len();
    }
    let report = lines.join("\n");
    anyhow::ensure!(faults == 0, "{faults} fault(s)\n{report}");
    Ok(report)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_repository_is_tidy() {
        if let Err(error) = super::run(&[]) {
            panic!("{error:#}");
        }
    }
}

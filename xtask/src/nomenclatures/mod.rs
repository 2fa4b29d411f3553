//! `cargo xtask nomenclatures --from DIR`: one readable table from the published lists.
//!
//! DIR holds `index.json`, `index-other.json` and the CSV files they name. The table is
//! plain text, so that a monthly re-issue of the lists shows as a readable difference; it
//! depends on nothing but DIR and `supplement.toml`, so that a second run changes nothing.

mod gather;
mod source;
mod write;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Runs the command and gives the lines to show.
pub(crate) fn run(words: &[String]) -> Result<String> {
    let [flag, from] = words else { bail!("expected: nomenclatures --from DIR") };
    if flag != "--from" {
        bail!("unknown option {flag}; expected: nomenclatures --from DIR");
    }
    let (table, gathered) = generate(Path::new(from))?;
    let target = table_path();
    std::fs::write(&target, &table).with_context(|| format!("writing {}", target.display()))?;
    let mut report = format!(
        "{} systems, {} concepts, {} value sets, {} bytes",
        gathered.systems.len(),
        gathered.systems.iter().map(|system| system.concepts.len()).sum::<usize>(),
        gathered.value_sets.len(),
        table.len(),
    );
    for line in &gathered.superseded {
        report.push_str("\nsuperseded label: ");
        report.push_str(line);
    }
    Ok(report)
}

/// The text of the table, and what it was written from.
fn generate(from: &Path) -> Result<(String, gather::Gathered)> {
    let published = source::read(from)?;
    let supplement = source::read_supplement(&data_dir().join("supplement.toml"))?;
    let gathered = gather::gather(&published, &supplement)?;
    Ok((write::table(&gathered), gathered))
}

fn data_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/terminology/data")
}

fn table_path() -> PathBuf {
    data_dir().join("nomenclatures.tsv")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::print_stderr, reason = "a test that cannot run says so")]
    fn the_table_in_the_repository_is_what_the_published_lists_give() {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference/nomenclatures");
        if !from.join("index.json").is_file() {
            eprintln!("skipped: the published lists are not beside the repository");
            return;
        }
        let (table, _) = generate(&from).expect("the published lists are readable");
        let stored = std::fs::read_to_string(table_path()).expect("the table is in the repository");
        assert!(table == stored, "run `cargo xtask nomenclatures --from {}`", from.display());
    }

    #[test]
    fn the_table_stays_small() {
        let size = std::fs::metadata(table_path()).expect("the table is in the repository").len();
        assert!(size < 1_000_000, "{size} bytes");
    }

    #[test]
    fn an_unknown_option_is_refused() {
        let words = ["--form".to_owned(), "x".to_owned()];
        assert!(run(&words).is_err());
    }
}

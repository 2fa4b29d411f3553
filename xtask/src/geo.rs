//! The table of communes inside the program, made from the files of one vintage.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use ror_registers::{Severity, cog};

/// Where the packed table goes, from the root of the repository.
const TABLE: &str = "crates/registers/data/cog.zst";
/// No file of the repository is larger.
const TABLE_BYTES_MAX: usize = 1_000_000;

/// Reads every `.csv` of the folder given after `--from` and rewrites the packed table.
///
/// # Errors
/// When the folder cannot be read, or a finding says that a line was rejected.
pub(crate) fn run(words: &[String]) -> anyhow::Result<String> {
    let [option, folder] = words else { bail!("expected --from DIR") };
    if option != "--from" {
        bail!("expected --from DIR, got {option}");
    }
    let files = read_folder(Path::new(folder))?;
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let (table, findings) = cog::read(&files);
    for finding in &findings {
        let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
        // A closed standard error leaves nobody to tell.
        let _ = writeln!(std::io::stderr(), "{}{line}: {}: {}", finding.file, finding.rule, finding.message);
    }
    let lost = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let Some(table) = table.filter(|_| lost == 0) else { bail!("{lost} lines rejected; {TABLE} left as it was") };
    let bytes = table.to_bytes();
    if bytes.len() > TABLE_BYTES_MAX {
        bail!("{} bytes, at most {TABLE_BYTES_MAX} allowed", bytes.len());
    }
    std::fs::write(root().join(TABLE), &bytes).with_context(|| format!("writing {TABLE}"))?;
    Ok(format!("{TABLE}: {} communes, {} bytes", table.communes().len(), bytes.len()))
}

fn read_folder(folder: &Path) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("opening {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?));
        }
    }
    files.sort();
    Ok(files)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

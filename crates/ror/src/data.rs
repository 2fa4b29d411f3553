//! The data directory: the ledger, and what it says of itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use ror_ledger::{Ledger, SqliteLedger};

/// Name of the ledger in its directory.
const LEDGER: &str = "ledger.sqlite";
/// Whether the directory was first served as sandbox or for real (D56).
const MODE: &str = "mode";
const SANDBOX: &str = "sandbox";
/// Whether all it holds was made by `ror demo` or `ror synth` (D56).
const SYNTHETIC: &str = "synthetic";

/// Opens the ledger of a directory, making both when they are not there.
pub(crate) fn open_or_create(folder: &Path) -> anyhow::Result<Arc<dyn Ledger>> {
    std::fs::create_dir_all(folder).with_context(|| format!("création du dossier {}", folder.display()))?;
    let ledger = SqliteLedger::open(&path(folder)).with_context(|| format!("ouverture de {}", folder.display()))?;
    Ok(Arc::new(ledger))
}

/// Opens the ledger of a directory that holds one.
pub(crate) fn open(folder: &Path) -> anyhow::Result<Arc<dyn Ledger>> {
    let ledger = SqliteLedger::open_existing(&path(folder))
        .with_context(|| format!("aucun répertoire de données lisible dans {}", folder.display()))?;
    Ok(Arc::new(ledger))
}

/// Whether a directory holds a ledger.
pub(crate) fn exists(folder: &Path) -> bool {
    path(folder).exists()
}

fn path(folder: &Path) -> PathBuf {
    folder.join(LEDGER)
}

/// Marks the directory as sandbox or real at its first serving; refuses the other mode after (D56).
pub(crate) fn mark_mode(ledger: &dyn Ledger, sandbox: bool) -> anyhow::Result<()> {
    let asked = if sandbox { SANDBOX } else { "real" };
    let held = ledger.init_meta(MODE, asked.as_bytes())?;
    if held == asked.as_bytes() {
        return Ok(());
    }
    if sandbox {
        bail!("ces données ont été servies pour de vrai : elles ne le seront pas en bac à sable (D56)");
    }
    bail!("ces données sont celles d'un bac à sable : les servir avec --sandbox (D56)");
}

/// Notes that what was loaded is synthetic, or not; once not, never again. Refuses, before anything
/// is written, to bring what may be real where the fictitious persons of a sandbox read (ADR 0072).
pub(crate) fn note_synthetic(ledger: &dyn Ledger, synthetic: bool) -> anyhow::Result<()> {
    if !synthetic && is_synthetic(ledger)? {
        refuse_in_sandbox(ledger)?;
    }
    let text: &[u8] = if synthetic { b"yes" } else { b"no" };
    let held = ledger.init_meta(SYNTHETIC, text)?;
    if !synthetic && held != text {
        ledger.set_meta(SYNTHETIC, text)?;
        // A server marks its mode, then reads what the data are: one of the two sees the other.
        refuse_in_sandbox(ledger)?;
    }
    Ok(())
}

fn refuse_in_sandbox(ledger: &dyn Ledger) -> anyhow::Result<()> {
    if ledger.meta(MODE)?.is_some_and(|mode| mode == SANDBOX.as_bytes()) {
        bail!(
            "ce dossier est un bac à sable de données fictives, ouvert à des personnes fictives : d'autres données n'y \
             entrent pas (D56) ; indiquer un autre --data"
        );
    }
    Ok(())
}

/// Whether all that was loaded was made by `ror demo` or `ror synth`.
pub(crate) fn is_synthetic(ledger: &dyn Ledger) -> anyhow::Result<bool> {
    Ok(ledger.meta(SYNTHETIC)?.is_some_and(|held| held == b"yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(folder: &Path) -> Arc<dyn Ledger> {
        open_or_create(folder).expect("a ledger")
    }

    #[test]
    fn d56_what_may_be_real_never_joins_the_data_that_fictitious_persons_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = ledger(folder.path());
        note_synthetic(&*ledger, true).expect("invented data");
        mark_mode(&*ledger, true).expect("a sandbox");
        let refused = note_synthetic(&*ledger, false).expect_err("real data");
        assert!(refused.to_string().contains("bac à sable"), "{refused}");
        assert!(is_synthetic(&*ledger).expect("reads"), "nothing has changed");
        note_synthetic(&*ledger, true).expect("more invented data");
    }

    #[test]
    fn d56_once_real_always_real() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = ledger(folder.path());
        note_synthetic(&*ledger, true).expect("invented data, not served yet");
        note_synthetic(&*ledger, false).expect("nobody reads there yet");
        assert!(!is_synthetic(&*ledger).expect("reads"));
        note_synthetic(&*ledger, true).expect("more invented data");
        assert!(!is_synthetic(&*ledger).expect("reads"));
        mark_mode(&*ledger, true).expect("a sandbox on this machine, without persons");
        note_synthetic(&*ledger, false).expect("the files of the next year");
    }
}

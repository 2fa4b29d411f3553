//! The data directory: the ledger, and what it says of itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use ror_ledger::{Ledger, SqliteLedger};

/// Name of the ledger in its directory.
const LEDGER: &str = "ledger.sqlite";
/// Whether the directory was first served as sandbox or for real (D56).
const MODE: &str = "mode";
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
    let asked = if sandbox { "sandbox" } else { "real" };
    let held = ledger.init_meta(MODE, asked.as_bytes())?;
    if held == asked.as_bytes() {
        return Ok(());
    }
    if sandbox {
        bail!("ces données ont été servies pour de vrai : elles ne le seront pas en bac à sable (D56)");
    }
    bail!("ces données sont celles d'un bac à sable : les servir avec --sandbox (D56)");
}

/// Notes that what was loaded is synthetic, or not; once not, never again.
pub(crate) fn note_synthetic(ledger: &dyn Ledger, synthetic: bool) -> anyhow::Result<()> {
    let text: &[u8] = if synthetic { b"yes" } else { b"no" };
    let held = ledger.init_meta(SYNTHETIC, text)?;
    if !synthetic && held != text {
        ledger.set_meta(SYNTHETIC, text)?;
    }
    Ok(())
}

pub(crate) fn is_synthetic(ledger: &dyn Ledger) -> anyhow::Result<bool> {
    Ok(ledger.meta(SYNTHETIC)?.is_some_and(|held| held == b"yes"))
}

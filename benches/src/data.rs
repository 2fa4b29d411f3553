//! What is loaded: the real hospital files when they are there, else an invented territory.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use ror_directory::{ImportItem, ImportKey, MintedKind, Replaces};
use ror_fhir::Instant;
use ror_registers::cog::Cog;
use ror_registers::sae::InputFile;
use ror_registers::{Harvest, Mint, sae, synth};

/// Beside the repository; the files are open data and not part of it.
const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
/// The instant of the invented territory: 1 January 2026.
pub const SYNTH_NOW: Instant = 1_767_225_600_000;

/// Where the resources come from.
#[derive(Debug)]
pub enum Source {
    /// SAE files, with the positions of hospitals when there are any.
    Sae(Vec<PathBuf>),
    /// The synthetic territory of the demonstration.
    Synth,
}

impl Source {
    /// The SAE files of the machine, else the synthetic territory.
    pub fn find() -> Self {
        let mut files = listed(&Path::new(SHARED).join("sae"));
        if files.is_empty() {
            return Self::Synth;
        }
        files.extend(listed(&Path::new(SHARED).join("hospitals")));
        Self::Sae(files)
    }

    /// What it is, for the reader of the figures.
    pub fn name(&self) -> String {
        match self {
            Self::Sae(files) => format!("{} files: SAE and positions of hospitals", files.len()),
            Self::Synth => "no SAE file found: the synthetic territory XS, generated instead of read".to_owned(),
        }
    }

    /// Reads the files into proposed resources; generates them when there is no file.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(&self) -> anyhow::Result<Harvest> {
        match self {
            Self::Synth => Ok(synth::generate(synth::Scale::Xs, 1, SYNTH_NOW).harvest),
            Self::Sae(paths) => {
                let files = paths.iter().map(|path| input(path)).collect::<anyhow::Result<Vec<_>>>()?;
                Ok(sae::read(&files, Cog::embedded()))
            }
        }
    }
}

/// The items of a harvest, as the command `ror import` makes them for an empty directory, where
/// there is nobody's writing to spare.
pub fn items(harvest: Harvest) -> Vec<ImportItem> {
    let source = harvest.source;
    let item = |proposed: ror_registers::Proposed| {
        let is_structure = proposed.key.starts_with("ej/") || proposed.key.starts_with("eg/");
        let register = if is_structure && source == "sae" { "finess" } else { source };
        ImportItem {
            key: Some(ImportKey { source: register.to_owned(), key: proposed.key }),
            resource: proposed.resource,
            updated: proposed.updated,
            mint: proposed.mint.map(|mint| match mint {
                Mint::Offre { region } => (MintedKind::Offre, region),
                Mint::Lieu { region } => (MintedKind::Lieu, region),
                Mint::OrganisationInterne { region } => (MintedKind::OrganisationInterne, region),
            }),
            replaces: Replaces::Anyone,
        }
    };
    harvest.proposed.into_iter().map(item).collect()
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))).collect();
    files.sort_unstable();
    files
}

fn input(path: &Path) -> anyhow::Result<InputFile> {
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(InputFile { name: path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(), bytes })
}

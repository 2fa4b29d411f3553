//! The published lists, as their index describes them.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Everything read from the folder of lists, in the order of its two indexes.
pub(crate) struct Published {
    pub(crate) value_sets: Vec<(ValueSetEntry, Vec<ConceptRow>)>,
    pub(crate) code_systems: Vec<(OtherEntry, Vec<ConceptRow>)>,
    pub(crate) associations: Vec<(OtherEntry, Association)>,
    /// Value sets of the guide made of other value sets.
    pub(crate) unions: Vec<OtherEntry>,
}

/// The rows of an association table, in one of its two layouts.
pub(crate) enum Association {
    Pairs(Vec<PairRow>),
    Hierarchy(Vec<HierarchyRow>),
}

/// One entry of `index.json`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValueSetEntry {
    pub(crate) jdv: String,
    pub(crate) value_set_url: String,
    pub(crate) oid: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) status: String,
    pub(crate) systems: Vec<SystemEntry>,
    pub(crate) file: Option<String>,
    pub(crate) count: usize,
    pub(crate) bound_by_current_guide: bool,
    pub(crate) source: Option<String>,
}

/// A code system, as a value set of `index.json` names it.
#[derive(Deserialize)]
pub(crate) struct SystemEntry {
    pub(crate) tre: String,
    pub(crate) url: String,
    pub(crate) oid: Option<String>,
}

/// One entry of `index-other.json`.
#[derive(Deserialize)]
pub(crate) struct OtherEntry {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) oid: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) file: Option<String>,
    pub(crate) count: usize,
    #[serde(default)]
    pub(crate) includes: Vec<String>,
    pub(crate) source: Option<String>,
}

/// A row of a `JDV_`, `TRE_` or `ROR_` file.
#[derive(Deserialize)]
pub(crate) struct ConceptRow {
    pub(crate) code: String,
    pub(crate) display: String,
    pub(crate) system: String,
    pub(crate) start: String,
    pub(crate) end: String,
}

/// A row of A14 or X09.
#[derive(Deserialize)]
pub(crate) struct PairRow {
    pub(crate) source_code: String,
    pub(crate) source_display: String,
    pub(crate) source_system: String,
    pub(crate) target_code: String,
    pub(crate) target_display: String,
    pub(crate) target_system: String,
}

/// A row of X10.
#[derive(Deserialize)]
pub(crate) struct HierarchyRow {
    pub(crate) code: String,
    pub(crate) display: String,
    pub(crate) system: String,
    pub(crate) parent: String,
    pub(crate) parent_level2: String,
    pub(crate) parent_level1: String,
    pub(crate) domain: String,
}

/// `supplement.toml`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Supplement {
    pub(crate) system: Vec<SystemSupplement>,
    pub(crate) value_set: Vec<ValueSetSupplement>,
    pub(crate) concept: Vec<ConceptSupplement>,
    pub(crate) name: Vec<NameSupplement>,
}

/// A code system's canonical address, when the lists give none or another.
#[derive(Deserialize)]
pub(crate) struct SystemSupplement {
    pub(crate) name: String,
    pub(crate) canonical: String,
}

/// A value set known by its systems only.
#[derive(Deserialize)]
pub(crate) struct ValueSetSupplement {
    pub(crate) name: String,
    pub(crate) whole_systems: Vec<String>,
}

/// A code that no list read here holds: withdrawn before, or forgotten.
#[derive(Deserialize)]
pub(crate) struct ConceptSupplement {
    pub(crate) system: String,
    pub(crate) code: String,
    pub(crate) display: String,
    #[serde(default)]
    pub(crate) end: String,
}

/// The computer name of a list of the guide.
#[derive(Deserialize)]
pub(crate) struct NameSupplement {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// Reads both indexes and every file they name; a count that differs stops the run.
pub(crate) fn read(from: &Path) -> Result<Published> {
    let mut published =
        Published { value_sets: Vec::new(), code_systems: Vec::new(), associations: Vec::new(), unions: Vec::new() };
    for entry in json::<Vec<ValueSetEntry>>(&from.join("index.json"))? {
        let rows = match &entry.file {
            Some(file) => rows(from, file, entry.count)?,
            None => Vec::new(),
        };
        published.value_sets.push((entry, rows));
    }
    for entry in json::<Vec<OtherEntry>>(&from.join("index-other.json"))? {
        read_other(from, entry, &mut published)?;
    }
    Ok(published)
}

fn read_other(from: &Path, entry: OtherEntry, published: &mut Published) -> Result<()> {
    let Some(file) = entry.file.clone() else {
        if !entry.includes.is_empty() {
            published.unions.push(entry);
        }
        return Ok(());
    };
    match entry.kind.as_str() {
        "codeSystem" | "guideCodeSystem" => {
            let rows = rows(from, &file, entry.count)?;
            published.code_systems.push((entry, rows));
        }
        "association" if entry.name.starts_with("ASS_X10") => {
            let rows = rows(from, &file, entry.count)?;
            published.associations.push((entry, Association::Hierarchy(rows)));
        }
        "association" => {
            let rows = rows(from, &file, entry.count)?;
            published.associations.push((entry, Association::Pairs(rows)));
        }
        other => anyhow::bail!("{file}: unknown kind of list {other}"),
    }
    Ok(())
}

/// Reads `supplement.toml`.
pub(crate) fn read_supplement(path: &Path) -> Result<Supplement> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("reading {}", path.display()))
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))
}

fn rows<T: DeserializeOwned>(from: &Path, file: &str, count: usize) -> Result<Vec<T>> {
    let mut reader = csv::Reader::from_path(from.join(file)).with_context(|| format!("reading {file}"))?;
    let rows: Vec<T> = reader.deserialize().collect::<Result<_, _>>().with_context(|| format!("reading {file}"))?;
    anyhow::ensure!(rows.len() == count, "{file}: {} rows, the index says {count}", rows.len());
    Ok(rows)
}

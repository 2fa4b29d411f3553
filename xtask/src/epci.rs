//! The table of intercommunalities inside the program, made from the npm package of administrative
//! divisions (`@etalab/decoupage-administratif`), downloaded and unpacked beforehand.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use ror_registers::cog::{Cog, EpciTable};
use serde::Deserialize;

/// Where the table goes, from the root of the repository.
const TABLE: &str = "crates/registers/data/epci.tsv";

/// Fewer than this is a partial file.
const COMMUNES_MIN: usize = 30_000;

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
}

#[derive(Deserialize)]
struct Intercommunality {
    code: String,
    nom: String,
    membres: Vec<Member>,
}

#[derive(Deserialize)]
struct Member {
    code: String,
}

/// Reads `package.json` and `data/epci.json` of the folder given after `--from`, and rewrites the table;
/// `--year` says which 1 January the version of the package stands for (its README tells).
///
/// # Errors
/// When a file cannot be read, or a commune is unknown or in two intercommunalities.
pub(crate) fn run(words: &[String]) -> anyhow::Result<String> {
    let [from, folder, at, year] = words else { bail!("expected --from DIR --year YEAR") };
    ensure!(from == "--from" && at == "--year", "expected --from DIR --year YEAR");
    let year: u16 = year.parse().with_context(|| format!("{year} is no year"))?;
    let folder = Path::new(folder);
    let package: Package = read(&folder.join("package.json"))?;
    let list: Vec<Intercommunality> = read(&folder.join("data/epci.json"))?;
    let text = written(&package, year, list);
    let table = EpciTable::parse(&text)?;
    check(&text)?;
    ensure!(table.communes() >= COMMUNES_MIN, "{} communes only", table.communes());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(TABLE);
    std::fs::write(path, &text).with_context(|| format!("writing {TABLE}"))?;
    Ok(format!(
        "{TABLE}: {} intercommunalities, {} communes, {} bytes",
        table.all().len(),
        table.communes(),
        text.len()
    ))
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("reading {}", path.display()))
}

/// The lines of the table, after where they come from.
fn written(package: &Package, year: u16, mut list: Vec<Intercommunality>) -> String {
    let mut text = format!(
        "# Intercommunalities (EPCI à fiscalité propre): SIREN number, name, INSEE codes of their communes.\n\
         # Source: DGCL, « Liste et composition des EPCI à fiscalité propre » at 1 January {year}, and INSEE,\n\
         # read from the npm package {} {}. Licence Ouverte 2.0.\n\
         # Written by `cargo xtask epci`.\n",
        package.name, package.version
    );
    list.sort_by(|a, b| a.code.cmp(&b.code));
    for one in &mut list {
        one.membres.sort_by(|a, b| a.code.cmp(&b.code));
        let communes: Vec<&str> = one.membres.iter().map(|member| member.code.as_str()).collect();
        // Writing to a string cannot fail.
        writeln!(text, "{}\t{}\t{}", one.code, one.nom, communes.join(" ")).ok();
    }
    text
}

/// Every commune named is one of the geographic code inside the program.
fn check(text: &str) -> anyhow::Result<()> {
    let cog = Cog::embedded();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    for commune in lines.filter_map(|line| line.split('\t').nth(2)).flat_map(|communes| communes.split(' ')) {
        ensure!(cog.commune(commune).is_some(), "{commune} is no commune of the geographic code: not one vintage?");
    }
    Ok(())
}

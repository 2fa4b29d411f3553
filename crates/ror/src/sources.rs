//! What the directory was loaded from, and when: pages must name it (NOTICE).

use ror_fhir::{DateTime, Instant};
use ror_ledger::Ledger;

use crate::data;
use crate::import::Load;

/// Where the loading of a source is noted: the newest date of its data and the day it was loaded.
const NOTED: &str = "loaded-";
/// Positions of hospitals, which the forms of the SAE do not hold.
const POSITIONS: &str = "positions";
/// The geographic code, when it is not the one inside the program.
pub(crate) const COG: &str = "cog";

/// Notes what `load` brings; to be called before its items are taken in.
pub(crate) fn note(ledger: &dyn Ledger, load: &Load, now: Instant) -> anyhow::Result<()> {
    let newest = load.items.iter().map(|item| item.updated).max();
    note_one(ledger, load.source, newest, now)?;
    let is_positioned = load.items.iter().any(|item| item.resource.get("position").is_some());
    if load.source == "sae" && is_positioned {
        note_one(ledger, POSITIONS, None, now)?;
    }
    Ok(())
}

/// Notes one source, with the newest date of its data where it gives one.
pub(crate) fn note_one(ledger: &dyn Ledger, source: &str, newest: Option<Instant>, now: Instant) -> anyhow::Result<()> {
    let text = format!("{} {}", newest.map(day).unwrap_or_default(), day(now));
    Ok(ledger.set_meta(&format!("{NOTED}{source}"), text.as_bytes())?)
}

/// The sources, as pages say them.
pub(crate) fn told(ledger: &dyn Ledger) -> anyhow::Result<Vec<String>> {
    let mut told = Vec::new();
    if data::is_synthetic(ledger)? {
        told.push("territoire fictif, inventé par ce programme".to_owned());
    }
    let loads = [("finess", noted(ledger, "finess")?), ("sae", noted(ledger, "sae")?)];
    for (source, load) in &loads {
        match load {
            Some(load) => told.push(load.told(&notice(source, load))),
            // Loaded by a version that noted nothing. Structures of both are held as "finess".
            None if *source == "sae" && !ledger.source("sae")?.is_empty() => {
                told.push(notice(source, &Noted::default()));
            }
            None => {}
        }
    }
    if let Some(load) = noted(ledger, POSITIONS)? {
        told.push(load.told("positions des hôpitaux © European Union – Eurostat GISCO"));
    }
    let geography = "communes et contours INSEE, IGN, La Poste, DILA";
    told.push(match noted(ledger, COG)? {
        Some(load) => load.told(geography),
        None => format!("{geography} (code officiel géographique 2026)"),
    });
    Ok(told)
}

/// The notice of a register, word for word where its publisher asks for it.
fn notice(source: &str, load: &Noted) -> String {
    match source {
        "finess" => "FINESS, Agence du Numérique en Santé / DREES".to_owned(),
        _ => match load.newest.get(..4) {
            Some(year) => format!("SAE {year}, DREES"),
            None => "SAE, DREES".to_owned(),
        },
    }
}

/// What is noted of a source.
#[derive(Default)]
struct Noted {
    /// Newest date of the data, as `2023-12-31`; empty when not known.
    newest: String,
    /// Day of the loading.
    loaded: String,
}

impl Noted {
    fn told(&self, notice: &str) -> String {
        let loaded = french(&self.loaded);
        if self.newest.is_empty() {
            format!("{notice} (lecture du {loaded})")
        } else {
            format!("{notice} (données au {}, chargées le {loaded})", french(&self.newest))
        }
    }
}

fn noted(ledger: &dyn Ledger, source: &str) -> anyhow::Result<Option<Noted>> {
    let Some(bytes) = ledger.meta(&format!("{NOTED}{source}"))? else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes);
    let (newest, loaded) = text.split_once(' ').unwrap_or_default();
    Ok(Some(Noted { newest: newest.to_owned(), loaded: loaded.to_owned() }))
}

/// `2026-11-21`, in Paris.
fn day(instant: Instant) -> String {
    DateTime::format_instant(instant).chars().take_while(|letter| *letter != 'T').collect()
}

/// `21/11/2026`.
fn french(day: &str) -> String {
    day.split('-').rev().collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use ror_directory::{ImportItem, Replaces};
    use ror_fhir::{Node, node};
    use ror_ledger::SqliteLedger;

    use super::*;

    const NOW: Instant = 1_795_262_700_000;

    fn instant(text: &str) -> Instant {
        DateTime::parse(text).expect("a date").start
    }

    fn load(source: &'static str, resource: Node, updated: &str) -> Load {
        let (key, mint, replaces) = (None, None, Replaces::Anyone);
        let mut load = Load::default();
        load.source = source;
        load.items = vec![ImportItem { key, resource, updated: instant(updated), mint, replaces }];
        load
    }

    #[test]
    fn each_source_is_told_with_its_dates_once_it_is_loaded() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = SqliteLedger::open(&folder.path().join("ledger.sqlite")).expect("a ledger");
        let geography = "communes et contours INSEE, IGN, La Poste, DILA";
        assert_eq!(told(&ledger).expect("told"), [format!("{geography} (code officiel géographique 2026)")]);

        let place = node!({"resourceType": "Location", "position": {"latitude": 46.2, "longitude": 5.2}});
        note(&ledger, &load("sae", place, "2023-12-31"), NOW).expect("noted");
        note(&ledger, &load("finess", node!({"resourceType": "Organization"}), "2026-05-12"), NOW).expect("noted");
        note_one(&ledger, COG, None, NOW).expect("noted");
        let expected = [
            "FINESS, Agence du Numérique en Santé / DREES (données au 12/05/2026, chargées le 21/11/2026)",
            "SAE 2023, DREES (données au 31/12/2023, chargées le 21/11/2026)",
            "positions des hôpitaux © European Union – Eurostat GISCO (lecture du 21/11/2026)",
            "communes et contours INSEE, IGN, La Poste, DILA (lecture du 21/11/2026)",
        ];
        assert_eq!(told(&ledger).expect("told"), expected);
    }

    #[test]
    fn without_positions_nobody_is_named_for_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = SqliteLedger::open(&folder.path().join("ledger.sqlite")).expect("a ledger");
        note(&ledger, &load("sae", node!({"resourceType": "Organization"}), "2023-12-31"), NOW).expect("noted");
        assert!(told(&ledger).expect("told").iter().all(|source| !source.contains("GISCO")));
    }
}

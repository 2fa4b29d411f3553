//! The lists that packages brought, kept with the data and put in force at each start.

use anyhow::{Context as _, bail};
use ror_fhir::{Node, node};
use ror_ledger::Ledger;
use ror_terminology::{Overlay, Terminology};

/// Where they are kept.
const META: &str = "lists";

/// Puts in force the lists of the program with those of the data over them. Called once, before
/// any list is read.
pub(crate) fn put_in_force(ledger: &dyn Ledger) -> anyhow::Result<()> {
    let lists = stored(ledger)?;
    if lists.is_empty() {
        return Ok(());
    }
    let overlay = overlay(&lists).context("listes chargées d'un paquet")?;
    let newer = Terminology::of_program().with(&overlay).context("listes chargées d'un paquet")?;
    if newer.put_in_force().is_err() {
        bail!("les listes chargées d'un paquet arrivent trop tard : d'autres ont été lues");
    }
    Ok(())
}

/// Keeps `lists` beside those kept before, each in the place of the one of its address and type.
pub(crate) fn store(ledger: &dyn Ledger, lists: Vec<Node>) -> anyhow::Result<()> {
    let mut all = stored(ledger)?;
    for list in lists {
        all.retain(|old| old.str("url") != list.str("url"));
        all.push(list);
    }
    Ok(ledger.set_meta(META, &node!({"lists": all}).to_bytes())?)
}

/// An overlay of those lists.
pub(crate) fn overlay(lists: &[Node]) -> anyhow::Result<Overlay> {
    let mut overlay = Overlay::default();
    for list in lists {
        overlay.add(list)?;
    }
    Ok(overlay)
}

fn stored(ledger: &dyn Ledger) -> anyhow::Result<Vec<Node>> {
    let Some(bytes) = ledger.meta(META)? else { return Ok(Vec::new()) };
    let held = Node::parse(&bytes).context("listes chargées d'un paquet")?;
    Ok(held.items("lists").cloned().collect())
}

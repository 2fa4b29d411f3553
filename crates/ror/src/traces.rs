//! The file of traces of calls, beside the ledger (D63), and its anchors in the ledger.
//!
//! A chain proves nothing to someone whose head was cut off with it. So the last line of the file is
//! written into the ledger's own chain when a server starts and stops: lines that were there then
//! cannot leave without `ror check` telling, unless the ledger is forged too.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use ror_ledger::{Ledger, LedgerError, NewAudit, Seq, Traces};

use crate::environment::now;
use crate::report;

/// Name of the file in its directory.
const FILE: &str = "audit.sqlite";
/// What the ledger calls an anchor.
const ANCHOR: &str = "traces-anchor";
/// Traces of writes read at a time.
const PAGE: usize = 10_000;

/// What was found in the file, in French.
pub(crate) struct Checked {
    /// Lines read.
    pub(crate) traces: u64,
    pub(crate) faults: Vec<String>,
}

/// Opens the file for a server, and anchors what it holds.
pub(crate) fn open(folder: &Path, ledger: &dyn Ledger) -> anyhow::Result<Arc<Traces>> {
    let path = folder.join(FILE);
    let now = now();
    let traces = Traces::open(&path, now).with_context(|| format!("ouverture de {}", path.display()))?;
    let withheld = traces.withheld(now)?;
    if withheld > 0 {
        report::complain(&format!(
            "attention : {withheld} traces de plus de douze mois d'après l'horloge sont gardées, car celles qui suivent ne couvrent pas ce temps ; l'horloge est-elle juste ?"
        ));
    }
    anchor(&traces, ledger)?;
    Ok(Arc::new(traces))
}

/// Writes what waits and anchors it.
pub(crate) fn close(traces: &Traces, ledger: &dyn Ledger) -> anyhow::Result<()> {
    traces.close().map_err(|error| anyhow!("des traces d'appels n'ont pas pu être gardées : {error}"))?;
    anchor(traces, ledger)
}

fn anchor(traces: &Traces, ledger: &dyn Ledger) -> anyhow::Result<()> {
    let (seq, link) = traces.last()?;
    if seq == 0 {
        return Ok(());
    }
    let anchor = NewAudit {
        at: now(),
        actor: "system".to_owned(),
        action: ANCHOR.to_owned(),
        target: format!("{FILE}/{seq}/{link}"),
        outcome: "done".to_owned(),
    };
    Ok(ledger.audit(&[anchor])?)
}

/// Checks the file, and every anchor of it; a directory that no server used has neither.
pub(crate) fn check(folder: &Path, ledger: &dyn Ledger) -> anyhow::Result<Checked> {
    let path = folder.join(FILE);
    let anchors = anchors(ledger)?;
    let report = match Traces::check(&path) {
        Err(LedgerError::Missing(_)) => {
            let missing = anchors.last().map(|(seq, _)| format!("{FILE} manque : il tenait {seq} lignes"));
            return Ok(Checked { traces: 0, faults: missing.into_iter().collect() });
        }
        report => report?,
    };
    let mut faults: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    if report.faults.is_empty() {
        let begin = Traces::begin(&path)?;
        for (seq, link) in anchors.into_iter().filter(|(seq, _)| *seq >= begin) {
            if Traces::link_at(&path, seq)?.as_ref() != Some(&link) {
                faults.push(format!(
                    "la ligne {seq} n'est plus celle que le registre a notée : des lignes ont été ôtées"
                ));
            }
        }
    }
    Ok(Checked { traces: report.traces, faults })
}

/// Position and link of each anchor, in the order in which they were written.
fn anchors(ledger: &dyn Ledger) -> anyhow::Result<Vec<(Seq, String)>> {
    let (mut anchors, mut after) = (Vec::new(), 0);
    loop {
        let rows = ledger.audit_tail(after, PAGE)?;
        let Some(last) = rows.last() else { return Ok(anchors) };
        after = last.seq;
        for row in rows.iter().filter(|row| row.entry.action == ANCHOR) {
            let mut parts = row.entry.target.split('/').skip(1);
            let anchor = parts.next().and_then(|seq| seq.parse().ok()).zip(parts.next().map(str::to_owned));
            anchors.push(anchor.with_context(|| format!("ancre illisible à la ligne {} de l'audit", row.seq))?);
        }
    }
}

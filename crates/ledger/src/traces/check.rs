//! Reading every trace again: links, gaps, both ends.

use rusqlite::{Connection, Statement, params};

use super::file::{self, Edge, columns};
use super::purge::{PURGE, base_text};
use crate::chain::{Link, ORIGIN, trace_link};
use crate::{Fault, LedgerError, Log, Seq};

/// Result of [`Traces::check`](super::Traces::check).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TraceReport {
    /// Traces read.
    pub traces: u64,
    /// The last one's position and link; worth keeping outside of the machine.
    pub last: (Seq, Link),
    /// What is wrong, at most [`FAULTS_MAX`](crate::FAULTS_MAX) of them.
    pub faults: Vec<Fault>,
}

impl TraceReport {
    fn add(&mut self, fault: Fault) {
        if self.faults.len() < crate::FAULTS_MAX {
            self.faults.push(fault);
        }
    }
}

pub(super) fn check(connection: &Connection) -> Result<TraceReport, LedgerError> {
    let moment = connection.unchecked_transaction()?;
    let mut report = TraceReport::default();
    match walk(&moment, &mut report) {
        // A page so damaged that SQLite stops reading is what the check is there to tell.
        Err(LedgerError::Corrupt(detail)) => report.add(Fault::File { detail }),
        other => other?,
    }
    Ok(report)
}

fn walk(moment: &Connection, report: &mut TraceReport) -> Result<(), LedgerError> {
    let damage: String = moment.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if damage != "ok" {
        report.add(Fault::File { detail: damage });
    }
    let Edge { base, last } = file::edge(moment)?;
    report.last = last;
    let (mut seq, mut link) = base;
    // Lines may leave by their beginning only through a purge, which says so further on.
    let mut told = base == (0, ORIGIN);
    let mut index = Index::of(moment)?;
    let mut statement = moment.prepare(concat!("SELECT ", columns!(), ", chain FROM trace ORDER BY seq"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (found, chain): (_, Link) = (file::row(row)?, row.get(16)?);
        if found.seq != seq + 1 {
            report.add(Fault::Gap { log: Log::Traces, after: seq, found: found.seq });
        }
        if trace_link(&link, found.seq, &found.trace) != chain {
            report.add(Fault::Chain { log: Log::Traces, seq: found.seq });
        }
        index.compare(&found.trace.resources, found.seq)?;
        told |= found.trace.action == PURGE && found.trace.criteria == base_text(base);
        (seq, link) = (found.seq, chain);
        report.traces += 1;
    }
    if !told {
        report.add(Fault::Gap { log: Log::Traces, after: 0, found: base.0 + 1 });
    }
    if (seq, link) != last {
        report.add(Fault::Head { log: Log::Traces, recorded: last.0, last: seq });
    }
    // What was done to the lines shows in it too.
    if report.faults.is_empty() {
        report.faults.extend(index.fault(moment)?);
    }
    Ok(())
}

/// The index of lines by resource: it says what the lines say, no less and no more. A file of an earlier program
/// has none.
struct Index<'a> {
    find: Option<Statement<'a>>,
    named: u64,
    missing: u64,
}

impl<'a> Index<'a> {
    fn of(moment: &'a Connection) -> Result<Self, LedgerError> {
        let is_there = moment.table_exists(None, "about")?;
        let find = is_there.then(|| moment.prepare("SELECT 1 FROM about WHERE resource = ?1 AND seq = ?2"));
        Ok(Self { find: find.transpose()?, named: 0, missing: 0 })
    }

    fn compare(&mut self, line: &str, seq: Seq) -> Result<(), LedgerError> {
        let Some(find) = &mut self.find else { return Ok(()) };
        for resource in file::resources(line) {
            self.named += 1;
            self.missing += u64::from(!find.exists(params![resource, seq])?);
        }
        Ok(())
    }

    fn fault(self, moment: &Connection) -> Result<Option<Fault>, LedgerError> {
        if self.find.is_none() {
            return Ok(None);
        }
        let held: u64 = moment.query_row("SELECT count(*) FROM about", [], |row| row.get(0))?;
        let is_right = self.missing == 0 && held == self.named;
        Ok((!is_right)
            .then(|| Fault::File { detail: "the index of traces by resource is not that of the lines".into() }))
    }
}

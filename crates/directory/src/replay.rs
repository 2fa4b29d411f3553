//! From rows of the ledger to the moment they make.

use std::ops::ControlFlow;

use ror_confidentiality::AudienceMask;
use ror_fhir::{Instant, Node};
use ror_ledger::{Ledger, LedgerError, Op, Seq, VersionRow};
use ror_search::ResourceType;

use crate::apply::{Author, Row, State, Tables};
use crate::graph::Key;
use crate::import::author;

/// Rows read at once: enough to keep the reader busy, few enough to hold.
const READ_AT_ONCE: usize = 4096;

/// A replay in progress. The rows of one transaction bear one time, later than the one
/// before, and are applied together: dates and versions come out as when they were written.
pub(crate) struct Replay {
    state: State,
    tables: Tables,
    transaction: Vec<Row>,
    author: Author,
    /// Position and audiences of the rows of the transaction, when they are compared.
    told: Vec<(Seq, AudienceMask)>,
    compares: bool,
    faults: Vec<String>,
    at: Instant,
    seq: Seq,
}

impl Replay {
    pub(crate) fn new(state: State, last_at: Instant, tables: Tables) -> Self {
        let seq = state.snapshot.seq();
        let (transaction, told, faults) = (Vec::new(), Vec::new(), Vec::new());
        Self { state, tables, transaction, author: Author::Source, told, compares: false, faults, at: last_at, seq }
    }

    /// Compares, row by row, the audiences that got a version with those the row names.
    pub(crate) fn compare_audiences(&mut self) {
        self.compares = true;
    }

    /// The differences found so far, in French.
    pub(crate) fn take_faults(&mut self) -> Vec<String> {
        self.flush();
        std::mem::take(&mut self.faults)
    }

    /// Reads and applies every row there is.
    pub(crate) fn run(&mut self, ledger: &dyn Ledger) -> Result<(), LedgerError> {
        self.run_each(ledger, &mut |_, _| {})
    }

    /// The same, showing each row as it goes by.
    pub(crate) fn run_each(
        &mut self,
        ledger: &dyn Ledger,
        each: &mut dyn FnMut(&Key, &VersionRow),
    ) -> Result<(), LedgerError> {
        loop {
            let mut read = 0;
            let mut fault = None;
            ledger.tail_each(self.seq, READ_AT_ONCE, &mut |row| {
                read += 1;
                match self.take(&row, each) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(error) => {
                        fault = Some(error);
                        ControlFlow::Break(())
                    }
                }
            })?;
            if let Some(fault) = fault {
                return Err(fault);
            }
            if read < READ_AT_ONCE {
                return Ok(());
            }
        }
    }

    /// The moment after all rows read, and the time of the last one.
    pub(crate) fn finish(mut self) -> (State, Instant) {
        self.flush();
        self.state.snapshot.advance(self.seq);
        (self.state, self.at)
    }

    fn take(&mut self, row: &VersionRow, each: &mut dyn FnMut(&Key, &VersionRow)) -> Result<(), LedgerError> {
        if row.at != self.at {
            self.flush();
            self.at = row.at;
        }
        self.seq = row.seq;
        self.author = author(&row.actor);
        let unreadable = |what| LedgerError::Corrupt(format!("row {}: {what}", row.seq));
        let rtype = ResourceType::parse(&row.rtype).ok_or_else(|| unreadable("unknown resource type"))?;
        let resource = match row.op {
            Op::Withdraw => None,
            Op::Create | Op::Update => Some(Node::parse(&row.body).map_err(|_| unreadable("body is no JSON"))?),
        };
        let key: Key = (rtype, row.id.as_str().into());
        each(&key, row);
        // A row of another policy was judged by other rules: nothing to compare with.
        if self.compares && row.policy_ver == self.tables.policy.version() {
            self.told.push((row.seq, AudienceMask(row.audience_mask)));
        }
        self.transaction.push(Row { key, resource, updated: row.updated });
        Ok(())
    }

    fn flush(&mut self) {
        let rows = std::mem::take(&mut self.transaction);
        let told = std::mem::take(&mut self.told);
        if rows.is_empty() {
            return;
        }
        let made = self.state.apply(rows, self.author, self.tables);
        if told.len() != made.len() {
            return;
        }
        for ((seq, told), made) in told.into_iter().zip(made).filter(|((_, told), made)| told != made) {
            self.faults.push(format!("ligne {seq} : version pour {told:?}, calculée pour {made:?}"));
        }
    }
}

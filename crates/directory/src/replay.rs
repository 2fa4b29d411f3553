//! From rows of the ledger to the moment they make.

use std::ops::ControlFlow;

use ror_fhir::{Instant, Node};
use ror_ledger::{Ledger, LedgerError, Op, Seq, VersionRow};
use ror_search::ResourceType;

use crate::apply::{Row, State, Tables};

/// Rows read at once: enough to keep the reader busy, few enough to hold.
const READ_AT_ONCE: usize = 4096;

/// A replay in progress. The rows of one transaction bear one time, later than the one
/// before, and are applied together: dates and versions come out as when they were written.
pub(crate) struct Replay {
    state: State,
    tables: Tables,
    transaction: Vec<Row>,
    at: Instant,
    seq: Seq,
}

impl Replay {
    pub(crate) fn new(state: State, last_at: Instant, tables: Tables) -> Self {
        let seq = state.snapshot.seq();
        Self { state, tables, transaction: Vec::new(), at: last_at, seq }
    }

    /// Reads and applies every row there is.
    pub(crate) fn run(&mut self, ledger: &dyn Ledger) -> Result<(), LedgerError> {
        loop {
            let mut read = 0;
            let mut fault = None;
            ledger.tail_each(self.seq, READ_AT_ONCE, &mut |row| {
                read += 1;
                match self.take(row) {
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

    fn take(&mut self, row: VersionRow) -> Result<(), LedgerError> {
        if row.at != self.at {
            self.flush();
            self.at = row.at;
        }
        self.seq = row.seq;
        let unreadable = |what| LedgerError::Corrupt(format!("row {}: {what}", row.seq));
        let rtype = ResourceType::parse(&row.rtype).ok_or_else(|| unreadable("unknown resource type"))?;
        let resource = match row.op {
            Op::Withdraw => None,
            Op::Create | Op::Update => Some(Node::parse(&row.body).map_err(|_| unreadable("body is no JSON"))?),
        };
        self.transaction.push(Row { key: (rtype, row.id.into()), resource, updated: row.updated });
        Ok(())
    }

    fn flush(&mut self) {
        let rows = std::mem::take(&mut self.transaction);
        if !rows.is_empty() {
            self.state.apply(rows, self.tables);
        }
    }
}

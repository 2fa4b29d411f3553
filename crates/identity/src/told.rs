//! Both logs read together: what was called, and what was done (D63).
//!
//! Calls have a file of their own; writes, sign-ins and changes of rights are in the ledger, with what they
//! explain. Whoever may read traces reads both, newest first.

use std::time::{Duration, Instant};

use ror_ledger::{AuditFilter, AuditRow, LedgerError, TraceFilter, TraceRow, Traces};

use crate::Identity;

/// What is asked of each log; `None` leaves one out.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Of the calls.
    pub calls: Option<TraceFilter>,
    /// Of what was done.
    pub done: Option<AuditFilter>,
}

/// Below which position of each log a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Below {
    /// Among the calls.
    pub calls: u64,
    /// Among what was done.
    pub done: u64,
}

impl Below {
    /// Where the first page begins.
    pub const FIRST: Self = Self { calls: u64::MAX, done: u64::MAX };
}

/// One line of either log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A call.
    Call(TraceRow),
    /// A write, a sign-in, a change of rights.
    Done(AuditRow),
}

/// Lines that meet what was asked, newest first.
#[derive(Clone, Debug)]
pub struct ToldPage {
    /// How many in all.
    pub total: u64,
    /// Those of this page.
    pub lines: Vec<Told>,
    /// Where the next page begins, when there is one.
    pub next: Option<Below>,
}

/// Why traces cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It took longer than it was given.
    TooLong,
    /// A file cannot be read.
    Failed,
}

impl From<LedgerError> for Unread {
    fn from(error: LedgerError) -> Self {
        if matches!(error, LedgerError::TooLong) { Self::TooLong } else { Self::Failed }
    }
}

impl Identity {
    /// One page of at most `limit` lines of both logs, by their dates; each log keeps its own order.
    ///
    /// # Errors
    /// [`Unread`]; no reading goes on after `time`.
    pub fn told(
        &self,
        traces: &Traces,
        asked: &Asked,
        below: Below,
        limit: usize,
        time: Duration,
    ) -> Result<ToldPage, Unread> {
        let began = Instant::now();
        let (calls, of_calls) = match &asked.calls {
            Some(filter) => traces.page(filter, below.calls, limit + 1, time)?,
            None => Default::default(),
        };
        let left = time.saturating_sub(began.elapsed());
        let (done, of_done) = match &asked.done {
            Some(filter) => self.ledger().audit_page(filter, below.done, limit + 1, left)?,
            None => Default::default(),
        };
        let mut lines = merged(of_calls, of_done);
        let has_more = lines.len() > limit;
        lines.truncate(limit);
        let next = has_more.then(|| after(below, &lines));
        Ok(ToldPage { total: calls + done, lines, next })
    }
}

/// Lines of two logs, the later date first.
fn merged(calls: Vec<TraceRow>, done: Vec<AuditRow>) -> Vec<Told> {
    let mut lines = Vec::with_capacity(calls.len() + done.len());
    let (mut calls, mut done) = (calls.into_iter().peekable(), done.into_iter().peekable());
    loop {
        let is_call = match (calls.peek(), done.peek()) {
            (Some(call), Some(done)) => call.trace.at > done.entry.at,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => return lines,
        };
        if is_call {
            lines.extend(calls.next().map(Told::Call));
        } else {
            lines.extend(done.next().map(Told::Done));
        }
    }
}

/// Where what follows these lines begins.
fn after(below: Below, lines: &[Told]) -> Below {
    lines.iter().fold(below, |below, line| match line {
        Told::Call(row) => Below { calls: row.seq, ..below },
        Told::Done(row) => Below { done: row.seq, ..below },
    })
}

#[cfg(test)]
mod tests {
    use ror_ledger::{NewAudit, Trace};

    use super::*;

    #[test]
    fn lines_of_both_logs_are_in_the_order_of_their_dates_and_none_is_lost_between_pages() {
        let call = |seq, at| TraceRow { seq, trace: Trace { at, ..Trace::default() } };
        let entry = |at| NewAudit {
            at,
            actor: String::new(),
            action: String::new(),
            target: String::new(),
            outcome: String::new(),
        };
        let done = |seq, at| AuditRow { seq, entry: entry(at) };
        // The clock was set back while calls were traced: their own order stays.
        let calls = vec![call(4, 40), call(3, 5), call(2, 20), call(1, 10)];
        let lines = merged(calls, vec![done(2, 30), done(1, 10)]);
        let named: Vec<(bool, u64)> = lines
            .iter()
            .map(|line| match line {
                Told::Call(row) => (true, row.seq),
                Told::Done(row) => (false, row.seq),
            })
            .collect();
        assert_eq!(named, [(true, 4), (false, 2), (false, 1), (true, 3), (true, 2), (true, 1)]);
        assert_eq!(after(Below::FIRST, &lines[..2]), Below { calls: 4, done: 2 });
        assert_eq!(after(Below::FIRST, &lines[..1]), Below { calls: 4, done: u64::MAX });
    }
}

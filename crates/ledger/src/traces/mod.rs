//! Traces of calls: who read what, who was refused (D63). A file of its own, `audit.sqlite`,
//! append-only and chained like the ledger.
//!
//! What is promised:
//!
//! * A line taken by [`Traces::offer`] is written in the order of arrival. It is durable once
//!   [`Traces::flush`] returns or the handle is closed; until then it is in memory, for as long as
//!   the transaction in progress and its own take. A crash loses these lines, no other.
//! * No line is dropped. A full queue gives the line back: its caller waits, then refuses the call
//!   ([`Traces::offer_within`]). A file that cannot be written, or a thread that failed, gives it back
//!   at once, and few wait at the same time: who leaves no line must not wait behind those who do.
//! * Refusals for asking too often are counted per caller, one line a second for each, and so are the
//!   refusals of callers who are not known once they are many: a flood neither fills the file nor holds
//!   up the lines of others, and the counts tell all of it.

mod check;
mod file;
mod purge;
mod queue;
mod retention;
mod trace;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::Connection;

use crate::sqlite::conditions;
use crate::{LedgerError, Seq};
use queue::{Shared, WAITERS_MAX};
use writer::{Watch, Writer};

pub use check::TraceReport;
pub use retention::Retention;
pub use trace::{Marks, Trace, TraceFilter, TraceRow};

/// The file of traces, with the one thread that writes it.
pub struct Traces {
    path: PathBuf,
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// The queue is full or the file cannot be written: the line is given back.
#[derive(Debug)]
pub struct Unwritten(pub Box<Trace>);

impl Traces {
    /// Opens the file at `path`, creating it (readable by its owner only) when there is none, takes
    /// away the lines whose time is over at `now` (ms since 1970 UTC), and starts writing. A line whose time
    /// is over by the clock alone stays: see [`withheld`](Self::withheld).
    ///
    /// # Errors
    /// When the file is not one of traces, or cannot be created, read or written.
    pub fn open(path: &Path, now: i64) -> Result<Self, LedgerError> {
        let mut connection = file::open(path)?;
        purge(&mut connection, now)?;
        let shared = Arc::new(Shared::new());
        let writer = Writer { connection, shared: Arc::clone(&shared), purged_at: now, counted: Instant::now() };
        Self::start(path, shared, move || writer.run())
    }

    fn start(path: &Path, shared: Arc<Shared>, write: impl FnOnce() + Send + 'static) -> Result<Self, LedgerError> {
        let path = path.canonicalize().map_err(|error| LedgerError::Engine(Box::new(error)))?;
        let watch = Watch(Arc::clone(&shared));
        let watched = move || {
            let _watch = watch;
            write();
        };
        let writer = std::thread::Builder::new().name("traces".to_owned()).spawn(watched);
        let writer = writer.map_err(|error| LedgerError::Engine(Box::new(error)))?;
        Ok(Self { path, shared, writer: Mutex::new(Some(writer)) })
    }

    /// Takes a line to write, without waiting.
    ///
    /// # Errors
    /// [`Unwritten`] when there is no room for it: see [`offer_within`](Self::offer_within).
    pub fn offer(&self, trace: Trace) -> Result<(), Unwritten> {
        self.shared.state.lock().take(trace).map_err(Unwritten)?;
        self.shared.work.notify_one();
        Ok(())
    }

    /// Takes the line of a refusal of somebody who is not known, without waiting. Past some tens of them
    /// in a second (of their own dates), they are counted: one line a second by caller, action and
    /// reason tells how many, for anyone can send a flood of these.
    ///
    /// # Errors
    /// [`Unwritten`] as [`offer`](Self::offer).
    pub fn offer_refusal(&self, trace: Trace) -> Result<(), Unwritten> {
        let mut state = self.shared.state.lock();
        if !state.is_failing() && state.is_crowded(trace.at) {
            state.count(&trace);
        } else {
            state.take(trace).map_err(Unwritten)?;
        }
        drop(state);
        self.shared.work.notify_one();
        Ok(())
    }

    /// Whether [`offer_within`](Self::offer_within) may find room: not when no line is written for now,
    /// nor when many threads wait already.
    pub fn is_worth_waiting(&self) -> bool {
        let state = self.shared.state.lock();
        !state.is_failing() && state.waiters < WAITERS_MAX
    }

    /// Takes a line to write, waiting for room; blocks the thread. It gives up at once when no line is
    /// written for now, or when many threads wait already.
    ///
    /// # Errors
    /// [`Unwritten`] when there was none within `time`: whoever asked must then be refused.
    pub fn offer_within(&self, trace: Trace, time: Duration) -> Result<(), Unwritten> {
        let until = Instant::now() + time;
        let mut state = self.shared.state.lock();
        if state.waiters >= WAITERS_MAX {
            return Err(Unwritten(Box::new(trace)));
        }
        state.waiters += 1;
        let mut taken = state.take(trace);
        while let Err(trace) = taken {
            if state.is_failing() || self.shared.written.wait_until(&mut state, until).timed_out() {
                taken = Err(trace);
                break;
            }
            taken = state.take(*trace);
        }
        state.waiters -= 1;
        drop(state);
        self.shared.work.notify_one();
        taken.map_err(Unwritten)
    }

    /// Counts one refusal for asking too often. Never waits.
    pub fn throttled(&self, trace: &Trace) {
        self.shared.state.lock().count(trace);
        self.shared.work.notify_one();
    }

    /// Whether the thread that writes is there: without it no line is taken, and nothing that leaves one
    /// can be answered until the program is started again.
    pub fn is_alive(&self) -> bool {
        !self.shared.state.lock().ended
    }

    /// Waits until every line taken so far is durable; `false` when that took longer than `time`.
    pub fn flush(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut state = self.shared.state.lock();
        let taken = state.taken;
        while state.durable < taken || state.has_counted() {
            if self.shared.written.wait_until(&mut state, until).timed_out() {
                return false;
            }
        }
        true
    }

    /// Writes what waits and takes no more lines. Closing again does nothing.
    ///
    /// # Errors
    /// When lines were lost because the file could not be written: the words of the engine.
    pub fn close(&self) -> Result<(), String> {
        self.shared.state.lock().stopping = true;
        self.shared.work.notify_all();
        self.shared.written.notify_all();
        if let Some(writer) = self.writer.lock().take() {
            writer.join().map_err(|_| "the writer of traces failed".to_owned())?;
        }
        let state = self.shared.state.lock();
        state.failure.clone().filter(|_| !state.is_idle()).map_or(Ok(()), Err)
    }

    /// The newest durable traces that `filter` lets through, before position `below`, newest first,
    /// at most `limit`.
    ///
    /// # Errors
    /// When the engine cannot read.
    pub fn search(&self, filter: &TraceFilter, below: Seq, limit: usize) -> Result<Vec<TraceRow>, LedgerError> {
        file::search(&file::reader(&self.path)?, filter, below, limit)
    }

    /// How many durable traces `filter` lets through, and the newest of them as
    /// [`search`](Self::search) gives them, all of one moment.
    ///
    /// # Errors
    /// [`TooLong`](LedgerError::TooLong) when that took longer than `time`; when the engine cannot read.
    pub fn page(
        &self,
        filter: &TraceFilter,
        below: Seq,
        limit: usize,
        time: Duration,
    ) -> Result<(u64, Vec<TraceRow>), LedgerError> {
        let mut connection = file::reader(&self.path)?;
        conditions::limit_time(&mut connection, time)?;
        let moment = connection.unchecked_transaction()?;
        Ok((file::count(&moment, filter)?, file::search(&moment, filter, below, limit)?))
    }

    /// How many lines the purge at `now` left though the clock says that their time is over, because the lines
    /// after them do not span it: the clock jumped, or nothing was traced for long. 0 for none.
    ///
    /// # Errors
    /// When the engine cannot read.
    pub fn withheld(&self, now: i64) -> Result<u64, LedgerError> {
        let of_now = TraceFilter { from: Some(now), actions: vec![purge::PURGE.to_owned()], ..TraceFilter::default() };
        let rows = self.search(&of_now, Seq::MAX, 1)?;
        let told = rows.first().filter(|row| row.trace.at == now && row.trace.reason == purge::NOT_LIVED);
        Ok(told.map_or(0, |row| row.trace.count))
    }

    /// Position and link of the last durable line, the link as hexadecimal digits.
    ///
    /// # Errors
    /// When the engine cannot read.
    pub fn last(&self) -> Result<(Seq, String), LedgerError> {
        let (seq, link) = file::edge(&file::reader(&self.path)?)?.last;
        Ok((seq, file::hex(link)))
    }

    /// The link of the line at `seq` in the file at `path`, as hexadecimal digits; `None` when no
    /// such line is held. That of the last line taken away is known too.
    ///
    /// # Errors
    /// When the engine cannot read.
    pub fn link_at(path: &Path, seq: Seq) -> Result<Option<String>, LedgerError> {
        file::link_at(&file::reader(path)?, seq).map(|link| link.map(file::hex))
    }

    /// Where the lines held begin: the position of the last line that a purge took away from the
    /// file at `path`, 0 for none.
    ///
    /// # Errors
    /// When the engine cannot read.
    pub fn begin(path: &Path) -> Result<Seq, LedgerError> {
        Ok(file::edge(&file::reader(path)?)?.base.0)
    }

    /// Reads the whole file at `path` again and reports every contradiction; changes nothing. A
    /// server may write meanwhile: the report is about the moment it began.
    ///
    /// # Errors
    /// [`Missing`](LedgerError::Missing) without a file; when the engine cannot read. Damage found
    /// is not an error: it is in the report.
    pub fn check(path: &Path) -> Result<TraceReport, LedgerError> {
        if !path.exists() {
            return Err(LedgerError::Missing(path.to_owned()));
        }
        match file::reader(path) {
            Err(LedgerError::Corrupt(detail)) => {
                Ok(TraceReport { faults: vec![crate::Fault::File { detail }], ..TraceReport::default() })
            }
            reader => check::check(&reader?),
        }
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        // Whoever wants to know what was lost closes by themselves.
        self.close().ok();
    }
}

fn purge(connection: &mut Connection, now: i64) -> Result<(), LedgerError> {
    if let Some(before) = Retention::of_traces().ends_before(now) {
        purge::purge(connection, now.saturating_sub(before), now)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_failed_takes_no_line_and_says_so() {
        let folder = tempfile::tempdir().expect("a directory for the test");
        let path = folder.path().join("audit.sqlite");
        drop(file::open(&path).expect("a file"));
        let (fail, failing) = std::sync::mpsc::channel::<()>();
        let write = move || failing.recv().expect("the test lets it fail by hanging up");
        let traces = Traces::start(&path, Arc::new(Shared::new()), write).expect("started");
        assert!(traces.is_alive() && traces.is_worth_waiting());
        traces.offer(Trace::default()).expect("room");
        drop(fail);
        let until = Instant::now() + Duration::from_mins(1);
        while traces.is_alive() {
            assert!(Instant::now() < until, "its end goes unnoticed");
            std::thread::yield_now();
        }
        assert!(traces.offer(Trace::default()).is_err() && traces.offer_refusal(Trace::default()).is_err());
        assert!(!traces.is_worth_waiting());
        let asked = Instant::now();
        assert!(traces.offer_within(Trace::default(), Duration::from_mins(1)).is_err());
        assert!(asked.elapsed() < Duration::from_secs(30), "nobody waits for a thread that is gone");
        assert!(traces.close().is_err(), "a line was lost");
    }
}

//! Traces of calls: who read what, who was refused (D63). A file of its own, `audit.sqlite`,
//! append-only and chained like the ledger.
//!
//! What is promised:
//!
//! * A line taken by [`Traces::offer`] is written in the order of arrival. It is durable once
//!   [`Traces::flush`] returns or the handle is closed; until then it is in memory, for as long as
//!   the transaction in progress and its own take. A crash loses these lines, no other.
//! * No line is dropped. A full queue, or a file that cannot be written, gives the line back: its
//!   caller waits, then refuses the call ([`Traces::offer_within`]).
//! * Refusals for asking too often are counted per caller, one line a second for each: a flood
//!   neither fills the file nor holds up the lines of others.

mod check;
mod file;
mod retention;
mod trace;

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;

use crate::{LedgerError, Seq};

pub use check::TraceReport;
pub use retention::Retention;
pub use trace::{Marks, Trace, TraceFilter, TraceRow};

/// Bytes of lines that wait for the disk at most: some ten thousand ordinary lines.
const WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Lines committed together at most.
const BATCH_MAX: usize = 1_024;
/// How long after a failure the file is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// How long refusals for asking too often are counted before they are written.
const COUNTED: Duration = Duration::from_secs(1);
/// Callers counted by name at the same time; the others share a line.
const COUNTED_MAX: usize = 1_000;
/// How often the time of old lines is looked at.
const PURGE_EVERY_MS: i64 = 86_400_000;
/// The line of callers that are too many to be named.
const OTHERS: &str = "autres";

/// The file of traces, with the one thread that writes it.
pub struct Traces {
    path: PathBuf,
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    state: Mutex<State>,
    /// Something to write, or the end.
    work: Condvar,
    /// Something written, or a failure.
    written: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Trace>,
    bytes: usize,
    throttled: BTreeMap<String, Trace>,
    /// Lines taken, and lines durable, since the start.
    taken: u64,
    durable: u64,
    /// Why the last transaction failed; lines are refused until one succeeds.
    failure: Option<String>,
    stopping: bool,
}

/// The queue is full or the file cannot be written: the line is given back.
#[derive(Debug)]
pub struct Unwritten(pub Box<Trace>);

impl Traces {
    /// Opens the file at `path`, creating it (readable by its owner only) when there is none, takes
    /// away the lines whose time is over at `now` (ms since 1970 UTC), and starts writing.
    ///
    /// # Errors
    /// When the file is not one of traces, or cannot be created, read or written.
    pub fn open(path: &Path, now: i64) -> Result<Self, LedgerError> {
        let mut connection = file::open(path)?;
        purge(&mut connection, now)?;
        let path = path.canonicalize().map_err(|error| LedgerError::Engine(Box::new(error)))?;
        let shared = Arc::new(Shared { state: Mutex::default(), work: Condvar::new(), written: Condvar::new() });
        let held = Arc::clone(&shared);
        let writer = std::thread::Builder::new()
            .name("traces".to_owned())
            .spawn(move || Writer { connection, shared: held, purged_at: now, counted: Instant::now() }.run())
            .map_err(|error| LedgerError::Engine(Box::new(error)))?;
        Ok(Self { path, shared, writer: Mutex::new(Some(writer)) })
    }

    /// Takes a line to write, without waiting.
    ///
    /// # Errors
    /// [`Unwritten`] when there is no room for it: see [`offer_within`](Self::offer_within).
    pub fn offer(&self, trace: Trace) -> Result<(), Unwritten> {
        let mut state = self.shared.state.lock();
        let weight = trace::weight(&trace);
        // A line larger than all the room is taken alone.
        let is_full = !state.waiting.is_empty() && state.bytes + weight > WAITING_BYTES_MAX;
        if is_full || state.failure.is_some() || state.stopping {
            return Err(Unwritten(Box::new(trace)));
        }
        state.bytes += weight;
        state.taken += 1;
        state.waiting.push_back(trace);
        drop(state);
        self.shared.work.notify_one();
        Ok(())
    }

    /// Takes a line to write, waiting for room; blocks the thread.
    ///
    /// # Errors
    /// [`Unwritten`] when there was none within `time`: whoever asked must then be refused.
    pub fn offer_within(&self, trace: Trace, time: Duration) -> Result<(), Unwritten> {
        let until = Instant::now() + time;
        let mut trace = trace;
        loop {
            trace = match self.offer(trace) {
                Ok(()) => return Ok(()),
                Err(Unwritten(trace)) => *trace,
            };
            let mut state = self.shared.state.lock();
            if state.stopping || self.shared.written.wait_until(&mut state, until).timed_out() {
                return Err(Unwritten(Box::new(trace)));
            }
        }
    }

    /// Counts one refusal for asking too often. Never waits.
    pub fn throttled(&self, trace: &Trace) {
        let mut state = self.shared.state.lock();
        let is_known = state.throttled.contains_key(&trace.actor);
        let key = if is_known || state.throttled.len() < COUNTED_MAX { trace.actor.clone() } else { OTHERS.to_owned() };
        let line =
            state.throttled.entry(key.clone()).or_insert_with(|| Trace { actor: key, count: 0, ..trace.clone() });
        line.count += 1;
        line.at = trace.at;
        drop(state);
        self.shared.work.notify_one();
    }

    /// Waits until every line taken so far is durable; `false` when that took longer than `time`.
    pub fn flush(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut state = self.shared.state.lock();
        let taken = state.taken;
        while state.durable < taken || !state.throttled.is_empty() {
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
        state.failure.clone().filter(|_| !state.waiting.is_empty()).map_or(Ok(()), Err)
    }

    /// The newest durable traces that `filter` lets through, before position `below`, newest first,
    /// at most `limit`.
    ///
    /// # Errors
    /// When the engine cannot read.
    pub fn search(&self, filter: &TraceFilter, below: Seq, limit: usize) -> Result<Vec<TraceRow>, LedgerError> {
        file::search(&file::reader(&self.path)?, filter, below, limit)
    }

    /// How many durable traces `filter` lets through.
    ///
    /// # Errors
    /// When the engine cannot read.
    pub fn count(&self, filter: &TraceFilter) -> Result<u64, LedgerError> {
        file::count(&file::reader(&self.path)?, filter)
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
        file::purge(connection, before, now)?;
    }
    Ok(())
}

/// The one thread that writes.
struct Writer {
    connection: Connection,
    shared: Arc<Shared>,
    purged_at: i64,
    /// When what was counted was last taken.
    counted: Instant,
}

impl Writer {
    fn run(mut self) {
        loop {
            let (batch, is_last) = self.next_batch();
            let failed = self.commit(&batch).err();
            let is_failed = failed.is_some();
            self.settle(&batch, failed);
            if is_last && (is_failed || self.shared.state.lock().waiting.is_empty()) {
                return;
            }
            if is_failed {
                let mut state = self.shared.state.lock();
                if !state.stopping {
                    self.shared.work.wait_for(&mut state, TRY_AGAIN);
                }
            }
        }
    }

    /// Waits for lines, or for the end.
    fn next_batch(&mut self) -> (Vec<Trace>, bool) {
        let mut state = self.shared.state.lock();
        while state.waiting.is_empty() && !state.stopping {
            if state.throttled.is_empty() {
                self.shared.work.wait(&mut state);
            } else if self.shared.work.wait_until(&mut state, self.counted + COUNTED).timed_out() {
                break;
            }
        }
        if state.stopping || self.counted.elapsed() >= COUNTED {
            self.counted = Instant::now();
            let counted: Vec<Trace> = std::mem::take(&mut state.throttled).into_values().collect();
            state.taken += counted.len() as u64;
            state.waiting.extend(counted);
        }
        let batch = state.waiting.iter().take(BATCH_MAX).cloned().collect();
        (batch, state.stopping)
    }

    fn commit(&mut self, batch: &[Trace]) -> Result<(), LedgerError> {
        if batch.is_empty() {
            return Ok(());
        }
        file::append(&mut self.connection, batch)?;
        // The lines bring the time along.
        let now = batch.iter().map(|trace| trace.at).max().unwrap_or(self.purged_at);
        if now.saturating_sub(self.purged_at) > PURGE_EVERY_MS {
            self.purged_at = now;
            // What cannot be taken away today is tomorrow: the lines themselves are durable.
            purge(&mut self.connection, now).ok();
        }
        Ok(())
    }

    /// Takes what is durable out of the queue, or remembers why nothing is.
    fn settle(&self, batch: &[Trace], failed: Option<LedgerError>) {
        let mut state = self.shared.state.lock();
        match failed {
            None => {
                state.waiting.drain(..batch.len());
                state.bytes = state.waiting.iter().map(trace::weight).sum();
                state.durable += batch.len() as u64;
                state.failure = None;
            }
            Some(error) => {
                let mut text = error.to_string();
                if let LedgerError::Engine(source) = &error {
                    text = format!("{text}: {source}");
                }
                state.failure = Some(text);
            }
        }
        drop(state);
        self.shared.written.notify_all();
    }
}

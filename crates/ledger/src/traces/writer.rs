//! The one thread that writes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::queue::Shared;
use super::trace::Trace;
use super::{file, purge};
use crate::LedgerError;

/// Lines committed together at most.
const BATCH_MAX: usize = 1_024;
/// How long after a failure the file is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// How long refusals are counted before they are written.
const COUNTED: Duration = Duration::from_secs(1);
/// How often the time of old lines is looked at.
const PURGE_EVERY_MS: i64 = 86_400_000;

pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) shared: Arc<Shared>,
    pub(super) purged_at: i64,
    /// When what was counted was last taken.
    pub(super) counted: Instant,
}

/// Says that the thread is over, also when it fails: a line that nobody will write must not be taken.
pub(super) struct Watch(pub(super) Arc<Shared>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.state.lock().ended = true;
        self.0.written.notify_all();
    }
}

impl Writer {
    pub(super) fn run(mut self) {
        loop {
            let (batch, is_last) = self.next_batch();
            let failed = self.commit(&batch).err();
            let is_failed = failed.is_some();
            self.settle(batch, failed);
            if is_last && (is_failed || self.shared.state.lock().is_idle()) {
                return;
            }
            if is_failed {
                let mut state = self.shared.state.lock();
                self.shared.work.wait_while_for(&mut state, |state| !state.stopping, TRY_AGAIN);
            }
        }
    }

    /// Waits for lines, or for the end.
    fn next_batch(&mut self) -> (Vec<Trace>, bool) {
        let mut state = self.shared.state.lock();
        while state.is_idle() && !state.stopping {
            if !state.has_counted() {
                self.shared.work.wait(&mut state);
            } else if self.shared.work.wait_until(&mut state, self.counted + COUNTED).timed_out() {
                break;
            }
        }
        // While nothing can be written, what is counted goes on being counted: lines would pile up.
        if state.stopping || (self.counted.elapsed() >= COUNTED && state.failure.is_none()) {
            self.counted = Instant::now();
            state.list_counted();
        }
        (state.next(BATCH_MAX), state.stopping)
    }

    fn commit(&mut self, batch: &[Trace]) -> Result<(), LedgerError> {
        if batch.is_empty() {
            return Ok(());
        }
        file::append(&mut self.connection, batch)?;
        // The lines bring the time along.
        let now = batch.iter().map(|trace| trace.at).max().unwrap_or(self.purged_at);
        // A clock set back starts the day anew.
        if now.saturating_sub(self.purged_at).saturating_abs() > PURGE_EVERY_MS {
            self.purged_at = now;
            // What cannot be taken away today is tomorrow: the lines themselves are durable.
            purge(&mut self.connection, now).ok();
        }
        Ok(())
    }

    /// Frees the room of what is durable, or remembers why nothing is.
    fn settle(&self, batch: Vec<Trace>, failed: Option<LedgerError>) {
        let mut state = self.shared.state.lock();
        match failed {
            None => state.written(&batch),
            Some(error) => {
                let mut why = error.to_string();
                if let LedgerError::Engine(source) = &error {
                    why = format!("{why}: {source}");
                }
                state.put_back(batch, why);
            }
        }
        drop(state);
        self.shared.written.notify_all();
    }
}

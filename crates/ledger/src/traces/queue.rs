//! Lines on their way to the disk: those that wait, and those that are counted.

use std::collections::{BTreeMap, VecDeque};

use parking_lot::{Condvar, Mutex};

use super::trace::{Trace, weight};

/// Bytes of lines that wait for the disk at most: some ten thousand ordinary lines.
const WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Threads that wait for room at the same time: what is answered without a trace needs threads too.
pub(super) const WAITERS_MAX: usize = 16;
/// Callers counted by name at the same time; the others share a line.
const COUNTED_MAX: usize = 1_000;
/// Refusals of callers who are not known that have a line each, in one second.
const STRANGERS_LISTED: u32 = 50;
/// A token was asked for.
const TOKEN: &str = "token";
/// The line of callers that are too many to be named.
const OTHERS: &str = "autres";

pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    /// Something to write, or the end.
    pub(super) work: Condvar,
    /// Something written, or a failure.
    pub(super) written: Condvar,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self { state: Mutex::default(), work: Condvar::new(), written: Condvar::new() }
    }
}

/// What lines are counted by: the caller, then what was refused; nothing of the latter for asking too often.
type Kind = (String, String);
/// Asked too often (RFC 6585 §4).
const TOO_MANY: u16 = 429;

#[derive(Default)]
pub(super) struct State {
    waiting: VecDeque<Trace>,
    /// Of the lines that wait, and of those in the transaction in progress.
    bytes: usize,
    counted: BTreeMap<Kind, Trace>,
    /// The last second in which callers who are not known were refused, and how many of them.
    strangers: (i64, u32),
    /// Threads that wait for room.
    pub(super) waiters: usize,
    /// Lines taken, and lines durable, since the start.
    pub(super) taken: u64,
    pub(super) durable: u64,
    /// Why the last transaction failed; lines are refused until one succeeds.
    pub(super) failure: Option<String>,
    pub(super) stopping: bool,
    /// The thread that writes is there no more, whatever the reason.
    pub(super) ended: bool,
}

impl State {
    /// Takes a line to write, or gives it back.
    pub(super) fn take(&mut self, trace: Trace) -> Result<(), Box<Trace>> {
        let bytes = weight(&trace);
        // A line larger than all the room is taken alone.
        let is_full = self.bytes > 0 && self.bytes + bytes > WAITING_BYTES_MAX;
        if is_full || self.is_failing() {
            return Err(Box::new(trace));
        }
        self.bytes += bytes;
        self.taken += 1;
        self.waiting.push_back(trace);
        Ok(())
    }

    /// Whether waiting would not help: no line is written for now.
    pub(super) const fn is_failing(&self) -> bool {
        self.failure.is_some() || self.stopping || self.ended
    }

    pub(super) fn has_counted(&self) -> bool {
        !self.counted.is_empty()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether one more caller who is not known and is refused, at `at`, is counted rather than listed.
    pub(super) const fn is_crowded(&mut self, at: i64) -> bool {
        let second = at.div_euclid(1_000);
        let before = if self.strangers.0 == second { self.strangers.1 } else { 0 };
        self.strangers = (second, before.saturating_add(1));
        before >= STRANGERS_LISTED
    }

    /// Adds one to the line that stands for calls like this one.
    pub(super) fn count(&mut self, trace: &Trace) {
        let what = match trace.outcome {
            TOO_MANY => String::new(),
            outcome => format!("{} {} {outcome}", trace.action, trace.reason),
        };
        let mut key = (trace.actor.clone(), what);
        // Whoever asks for a token says who they are, and may say anything.
        if trace.action == TOKEN {
            OTHERS.clone_into(&mut key.0);
        }
        if self.counted.len() >= COUNTED_MAX && !self.counted.contains_key(&key) {
            OTHERS.clone_into(&mut key.0);
        }
        let first = || Trace {
            actor: key.0.clone(),
            count: 0,
            resources: String::new(),
            criteria: String::new(),
            request_id: String::new(),
            ..trace.clone()
        };
        let line = self.counted.entry(key.clone()).or_insert_with(first);
        line.count += 1;
        line.at = trace.at;
    }

    /// Lets what was counted wait with the other lines.
    pub(super) fn list_counted(&mut self) {
        for line in std::mem::take(&mut self.counted).into_values() {
            self.taken += 1;
            self.bytes += weight(&line);
            self.waiting.push_back(line);
        }
    }

    /// The oldest lines, at most `max`; they keep their room until [`written`](Self::written).
    pub(super) fn next(&mut self, max: usize) -> Vec<Trace> {
        let count = self.waiting.len().min(max);
        self.waiting.drain(..count).collect()
    }

    /// Frees the room of lines that are durable.
    pub(super) fn written(&mut self, batch: &[Trace]) {
        self.bytes -= batch.iter().map(weight).sum::<usize>();
        self.durable += batch.len() as u64;
        self.failure = None;
    }

    /// Puts lines that could not be written back where they were.
    pub(super) fn put_back(&mut self, batch: Vec<Trace>, why: String) {
        for line in batch.into_iter().rev() {
            self.waiting.push_front(line);
        }
        self.failure = Some(why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d63_invented_names_of_clients_share_a_line() {
        let mut state = State::default();
        for (actor, outcome) in [("a", 401), ("b", 401), ("c", TOO_MANY), ("d", TOO_MANY)] {
            let refused =
                Trace { actor: actor.to_owned(), action: TOKEN.to_owned(), outcome, count: 1, ..Trace::default() };
            state.count(&refused);
        }
        state.list_counted();
        let lines = state.next(10);
        let told: Vec<_> = lines.iter().map(|line| (line.actor.as_str(), line.outcome, line.count)).collect();
        assert_eq!(told, [(OTHERS, TOO_MANY, 2), (OTHERS, 401, 2)]);
    }
}

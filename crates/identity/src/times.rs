//! How long answers take and how many fail, since the start (D79): pages and calls of the API are measured alike.
//!
//! What is told is a share and a bound from a short list, never a count nor a time: neither use nor anything
//! hidden can be read from it.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Upper bounds told, in milliseconds.
const BOUNDS_MS: [u32; 12] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];
/// The last of them: above, a request given up is a failure.
pub const LONGEST_MS: u32 = BOUNDS_MS[BOUNDS_MS.len() - 1];
/// Fewer answers say nothing.
const ANSWERS_MIN: u64 = 20;

/// What is measured of one service.
#[derive(Debug, Default)]
pub struct Meter {
    failures: AtomicU64,
    /// Answers by bound, those above the last one at the end.
    answers: [AtomicU64; BOUNDS_MS.len() + 1],
}

/// What is told of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Answers without failure, in hundredths of a percent, never rounded up.
    pub available: u64,
    /// The bound that half of the answers keep, in milliseconds; `None` above the last one.
    pub half_ms: Option<u32>,
    /// The bound that 95 answers in 100 keep.
    pub most_ms: Option<u32>,
}

impl Meter {
    /// Takes in an answer.
    pub fn record(&self, time: Duration, is_failure: bool) {
        let bound = BOUNDS_MS.partition_point(|bound| Duration::from_millis(u64::from(*bound)) < time);
        self.answers[bound].fetch_add(1, Ordering::Relaxed);
        self.failures.fetch_add(u64::from(is_failure), Ordering::Relaxed);
    }

    /// What is told; `None` while too few have asked.
    pub fn figures(&self) -> Option<Figures> {
        let answers = self.answers.each_ref().map(|count| count.load(Ordering::Relaxed));
        let total: u64 = answers.iter().sum();
        let failures = self.failures.load(Ordering::Relaxed).min(total);
        let bound = |percent: u64| {
            let mut kept = 0;
            let at = answers.iter().position(|count| {
                kept += count;
                kept * 100 >= total * percent
            });
            at.and_then(|at| BOUNDS_MS.get(at).copied())
        };
        (total >= ANSWERS_MIN).then(|| Figures {
            available: (total - failures) * 10_000 / total,
            half_ms: bound(50),
            most_ms: bound(95),
        })
    }
}

/// What calls of the API ask, as far as they are measured apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// One resource.
    Read,
    /// Those that meet parameters.
    Search,
    /// A change.
    Write,
}

impl CallKind {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 3] = [Self::Read, Self::Search, Self::Write];
}

/// What is measured of the API, by kind of call.
#[derive(Debug, Default)]
pub struct CallTimes([Meter; CallKind::ALL.len()]);

impl CallTimes {
    /// The measures of one kind.
    pub const fn of(&self, kind: CallKind) -> &Meter {
        &self.0[kind as usize]
    }
}

/// The measures of one kind of call, held as long as it lasts.
pub struct HeldMeter(pub Arc<CallTimes>, pub CallKind);

impl Deref for HeldMeter {
    type Target = Meter;

    fn deref(&self) -> &Meter {
        self.0.of(self.1)
    }
}

/// A request in progress: it counts even when it is given up before its answer, for the time waited;
/// beyond the longest bound, as a failure, since nothing came.
pub struct Waiting<M: Deref<Target = Meter>> {
    meter: M,
    asked: Instant,
    is_failure: Option<bool>,
}

impl<M: Deref<Target = Meter>> Waiting<M> {
    /// Starts to count, from that moment.
    pub const fn since(asked: Instant, meter: M) -> Self {
        Self { meter, asked, is_failure: None }
    }

    /// The answer came.
    pub fn answered(mut self, is_failure: bool) {
        self.is_failure = Some(is_failure);
    }
}

impl<M: Deref<Target = Meter>> Drop for Waiting<M> {
    fn drop(&mut self) {
        let time = self.asked.elapsed();
        let is_too_long = time > Duration::from_millis(u64::from(LONGEST_MS));
        self.meter.record(time, self.is_failure.unwrap_or(is_too_long));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(millis: impl IntoIterator<Item = u64>, failures: usize) -> Option<Figures> {
        let meter = Meter::default();
        for (at, millis) in millis.into_iter().enumerate() {
            meter.record(Duration::from_millis(millis), at < failures);
        }
        meter.figures()
    }

    #[test]
    fn bounds_are_those_that_answers_keep() {
        let figures = times((0..100).map(|at| if at < 94 { 3 } else { 40 }), 0).expect("enough");
        assert_eq!(figures, Figures { available: 10_000, half_ms: Some(5), most_ms: Some(50) });
        let figures = times((0..100).map(|at| if at < 95 { 5 } else { 9_000 }), 0).expect("enough");
        assert_eq!((figures.half_ms, figures.most_ms), (Some(5), Some(5)));
        assert_eq!(times([9_000; 20], 0).expect("enough").half_ms, None);
    }

    #[test]
    fn few_answers_say_nothing_and_failures_are_never_rounded_away() {
        assert_eq!(times([3; 19], 0), None);
        assert_eq!(times(std::iter::repeat_n(3, 100_000), 1).expect("enough").available, 9_999);
    }

    #[test]
    fn what_is_given_up_counts_and_fails_when_it_waited_too_long() {
        let times = Arc::new(CallTimes::default());
        let now = Instant::now();
        let long_ago = now.checked_sub(Duration::from_secs(6)).expect("the machine is older");
        for at in 0..20 {
            let held = HeldMeter(Arc::clone(&times), CallKind::Search);
            drop(Waiting::since(if at < 5 { long_ago } else { now }, held));
        }
        let figures = times.of(CallKind::Search).figures().expect("enough");
        assert_eq!((figures.available, figures.most_ms), (7_500, None));
        for _ in 0..20 {
            Waiting::since(long_ago, times.of(CallKind::Read)).answered(false);
        }
        assert_eq!(times.of(CallKind::Read).figures().expect("enough").available, 10_000);
        assert_eq!(times.of(CallKind::Write).figures(), None);
    }
}

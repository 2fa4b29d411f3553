//! How long pages take and how many fail, since the start: what the state of the service tells (D79).
//!
//! Only pages that anyone may ask for are measured. What is told is a share and a bound from a
//! short list, never a count nor a time: neither use nor anything hidden can be read from it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds told, in milliseconds.
const BOUNDS_MS: [u32; 12] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];
/// The last of them.
pub(crate) const LONGEST_MS: u32 = BOUNDS_MS[BOUNDS_MS.len() - 1];
/// Fewer answers say nothing.
const ANSWERS_MIN: u64 = 20;

/// A kind of page that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Home,
    Search,
    Sheets,
    Suggestions,
}

impl Service {
    pub(crate) const ALL: [Self; 4] = [Self::Home, Self::Search, Self::Sheets, Self::Suggestions];

    /// The service that answers at that path.
    pub(crate) fn at(path: &str) -> Option<Self> {
        match path {
            "/" => Some(Self::Home),
            "/recherche" => Some(Self::Search),
            "/api/suggestions" => Some(Self::Suggestions),
            _ if path.starts_with("/offre/") || path.starts_with("/structure/") => Some(Self::Sheets),
            _ => None,
        }
    }

    /// What it is called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Home => "Accueil",
            Self::Search => "Recherche",
            Self::Sheets => "Fiches",
            Self::Suggestions => "Suggestions",
        }
    }
}

/// What is measured, by service.
#[derive(Default)]
pub(crate) struct Times([Meter; Service::ALL.len()]);

#[derive(Default)]
struct Meter {
    failures: AtomicU64,
    /// Answers by bound, those above the last one at the end.
    answers: [AtomicU64; BOUNDS_MS.len() + 1],
}

/// What is told of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Answers without failure, in hundredths of a percent, never rounded up.
    pub(crate) available: u64,
    /// The bound that half of the answers keep, in milliseconds; `None` above the last one.
    pub(crate) half_ms: Option<u32>,
    /// The bound that 95 answers in 100 keep.
    pub(crate) most_ms: Option<u32>,
}

impl Times {
    /// Takes in an answer.
    pub(crate) fn record(&self, service: Service, time: Duration, is_failure: bool) {
        let meter = &self.0[service as usize];
        let bound = BOUNDS_MS.partition_point(|bound| Duration::from_millis(u64::from(*bound)) < time);
        meter.answers[bound].fetch_add(1, Ordering::Relaxed);
        meter.failures.fetch_add(u64::from(is_failure), Ordering::Relaxed);
    }

    /// What is told of a service; `None` while too few have asked.
    pub(crate) fn figures(&self, service: Service) -> Option<Figures> {
        let meter = &self.0[service as usize];
        let answers = meter.answers.each_ref().map(|count| count.load(Ordering::Relaxed));
        let total: u64 = answers.iter().sum();
        let failures = meter.failures.load(Ordering::Relaxed).min(total);
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

/// A request in progress: it counts even when it is given up before its answer, for the time waited;
/// beyond the longest bound, as a failure, since nothing came.
pub(crate) struct Waiting<'t> {
    times: &'t Times,
    service: Service,
    asked: std::time::Instant,
    is_failure: Option<bool>,
}

impl<'t> Waiting<'t> {
    /// Starts to count, from that moment.
    pub(crate) const fn since(asked: std::time::Instant, service: Service, times: &'t Times) -> Self {
        Self { times, service, asked, is_failure: None }
    }

    /// The answer came.
    pub(crate) fn answered(mut self, is_failure: bool) {
        self.is_failure = Some(is_failure);
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let time = self.asked.elapsed();
        let is_too_long = time > Duration::from_millis(u64::from(LONGEST_MS));
        self.times.record(self.service, time, self.is_failure.unwrap_or(is_too_long));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(millis: impl IntoIterator<Item = u64>, failures: usize) -> Option<Figures> {
        let times = Times::default();
        for (at, millis) in millis.into_iter().enumerate() {
            times.record(Service::Search, Duration::from_millis(millis), at < failures);
        }
        assert_eq!(times.figures(Service::Home), None);
        times.figures(Service::Search)
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
        let times = Times::default();
        let now = std::time::Instant::now();
        let long_ago = now.checked_sub(Duration::from_secs(6)).expect("the machine is older");
        for at in 0..20 {
            drop(Waiting::since(if at < 5 { long_ago } else { now }, Service::Search, &times));
        }
        let figures = times.figures(Service::Search).expect("enough");
        assert_eq!((figures.available, figures.most_ms), (7_500, None));
        for _ in 0..20 {
            Waiting::since(long_ago, Service::Sheets, &times).answered(false);
        }
        assert_eq!(times.figures(Service::Sheets).expect("enough").available, 10_000);
    }

    #[test]
    fn only_pages_for_all_are_measured() {
        let services = ["/", "/recherche", "/offre/84/1", "/structure/1", "/api/suggestions"];
        assert!(services.into_iter().all(|path| Service::at(path).is_some()));
        assert!(["/etat", "/fichiers/x.css", "/fhir/Location"].into_iter().all(|path| Service::at(path).is_none()));
    }
}

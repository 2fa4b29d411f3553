//! From a question to results: offers or structures, in a neutral order, counted by filter.
//!
//! Around a point: nearest first, then those without a position in the communes around, which
//! the centre of their commune chooses (D69). In a vague place: an order drawn each day, the same
//! for everyone (D68). Whatever is closed for good is left out (D48).
//!
//! All that meets the words is measured once, whatever the distances then tried; only the page
//! that is shown is put in order.

mod neutral;
mod numbers;
mod offers;
mod order;
mod spelling;
mod structures;

use std::collections::BTreeMap;

use ror_fhir::Instant;
use ror_index::{Hit, View};
use ror_registers::cog::Cog;
use ror_search::{Filter, Registry, Test};

use crate::digest::Digests;
use crate::needs::Kind;
use crate::place::Area;
use crate::question::What;

pub(crate) use numbers::{Named, named};
pub(crate) use spelling::{is_near_everyday, mend};

/// Results on a page.
pub(crate) const PAGE_SIZE: usize = 20;
/// Distances offered, in kilometres.
pub(crate) const RADII_KM: [u32; 5] = [5, 10, 20, 50, 100];
/// Distances tried in turn when none is asked for.
const RADII_TRIED_KM: [u32; 3] = [20, 50, 100];
/// No place is further: half the way around the Earth.
const ANYWHERE_KM: u32 = 20_100;

/// What searches need.
#[derive(Clone, Copy)]
pub(crate) struct Finder<'a> {
    pub(crate) view: View<'a>,
    pub(crate) registry: &'static Registry,
    pub(crate) digests: &'a Digests,
    pub(crate) cog: &'static Cog,
    pub(crate) now: Instant,
}

/// What narrows results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filters {
    /// Field of activity (J20), of offers.
    pub(crate) field: Option<String>,
    /// Mode of care (J19), of offers.
    pub(crate) mode: Option<String>,
    /// Category (R66), of structures.
    pub(crate) category: Option<String>,
    /// Largest distance, in kilometres.
    pub(crate) radius_km: Option<u32>,
}

/// What is asked of a search.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) what: &'a What<'a>,
    pub(crate) area: Option<&'a Area>,
    pub(crate) filters: &'a Filters,
    pub(crate) page: usize,
    /// Around a point, whether what is further than any distance offered is asked for too.
    pub(crate) is_far: bool,
}

/// One result, before it is read.
#[derive(Clone, Debug)]
pub(crate) struct Match<'a> {
    pub(crate) hit: Hit<'a>,
    pub(crate) distance_km: Option<f64>,
}

/// How many results each value of each filter would leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) fields: BTreeMap<String, u64>,
    pub(crate) modes: BTreeMap<String, u64>,
    pub(crate) categories: BTreeMap<String, u64>,
    /// By distance, as far as it is known.
    pub(crate) radii_km: BTreeMap<u32, u64>,
}

/// Results of one kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found<'a> {
    /// How many in all.
    pub(crate) total: u64,
    /// Those of this page, in order.
    pub(crate) matches: Vec<Match<'a>>,
    /// How many of them have no distance, around a point.
    pub(crate) unplaced: u64,
    pub(crate) counts: Counts,
    /// The distance that was used, around a point; `None` when there was no limit.
    pub(crate) radius_km: Option<u32>,
}

/// What is wanted of the results beside how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// Nothing.
    Total,
    /// This page of them, and the counts beside filters.
    Page(usize),
}

impl<'a> Finder<'a> {
    /// One page of offers or of structures.
    pub(crate) fn find(&self, kind: Kind, ask: Ask<'_>) -> Found<'a> {
        self.found(kind, ask, Wanted::Page(ask.page))
    }

    /// How many offers or structures there are.
    pub(crate) fn total(&self, kind: Kind, ask: Ask<'_>) -> u64 {
        self.found(kind, ask, Wanted::Total).total
    }

    fn found(&self, kind: Kind, ask: Ask<'_>, wanted: Wanted) -> Found<'a> {
        match kind {
            Kind::Offers => self.offers(ask, wanted),
            Kind::Structures => self.structures(ask, wanted),
        }
    }

    /// The words of a question as a criterion; none when there is no word.
    fn words(what: &What<'_>) -> Option<Filter> {
        (!what.words.is_empty()).then(|| Filter::Test(Test::Words { all: what.words.clone() }))
    }

    fn is_open(&self, closed: Option<Instant>) -> bool {
        closed.is_none_or(|closed| closed > self.now)
    }
}

/// Distances to try in turn around a point.
fn radii(ask: Ask<'_>) -> &[u32] {
    match &ask.filters.radius_km {
        Some(radius) => std::slice::from_ref(radius),
        None if ask.is_far => &[ANYWHERE_KM],
        None => &RADII_TRIED_KM,
    }
}

/// Beyond, no distance is of use: neither to find results nor to count them.
fn furthest_km(ask: Ask<'_>) -> f64 {
    f64::from(if ask.is_far { ANYWHERE_KM } else { RADII_KM[RADII_KM.len() - 1] })
}

/// What the first distance with any result gives; else what the last one gives.
fn narrowest<'a>(ask: Ask<'_>, mut found: impl FnMut(u32) -> Found<'a>) -> Found<'a> {
    let mut last = Found::default();
    for radius in radii(ask) {
        last = found(*radius);
        if last.total > 0 {
            break;
        }
    }
    last
}

/// Counts by distance, as far as all results are known.
fn count_radii(distances: impl Iterator<Item = f64>, known_km: u32) -> BTreeMap<u32, u64> {
    let known = RADII_KM.into_iter().filter(|radius| *radius <= known_km);
    let mut counts: BTreeMap<u32, u64> = known.map(|radius| (radius, 0)).collect();
    for distance in distances {
        for (_, count) in counts.iter_mut().filter(|(radius, _)| distance <= f64::from(**radius)) {
            *count += 1;
        }
    }
    counts
}

impl<'a> Found<'a> {
    /// One page of what was kept, each with its rank; only what comes before its end is put in order.
    fn page<K: Ord>(mut kept: Vec<(K, Match<'a>)>, page: usize) -> Vec<Match<'a>> {
        let start = page.saturating_sub(1).saturating_mul(PAGE_SIZE);
        let end = start.saturating_add(PAGE_SIZE);
        if start >= kept.len() {
            return Vec::new();
        }
        if end < kept.len() {
            kept.select_nth_unstable_by(end, |a, b| a.0.cmp(&b.0));
            kept.truncate(end);
        }
        kept.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        kept.drain(start..).map(|(_, found)| found).collect()
    }
}

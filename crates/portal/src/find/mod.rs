//! From a question to results: offers or structures, in a neutral order, counted by filter.
//!
//! Around a point: nearest first, then those without a position in the communes around, which
//! the centre of their commune chooses (D69). In a vague place: an order drawn each day, the same
//! for everyone (D68). Whatever is closed for good is left out (D48).

mod neutral;
mod numbers;
mod offers;
mod order;
mod spelling;
mod structures;

use std::collections::BTreeMap;

use ror_fhir::Instant;
use ror_index::{Hit, View};
use ror_registers::cog::{Cog, Position};
use ror_search::{Circle, Criterion, Near, Query, Registry, ResourceType, ResultParameters, Test};

use crate::digest::Digests;
use crate::needs::Kind;
use crate::place::Area;
use crate::question::What;

pub(crate) use numbers::{Named, named};
pub(crate) use spelling::mend;

/// Results on a page.
pub(crate) const PAGE_SIZE: usize = 20;
/// Pages that can be turned: further, the question is too wide to be read.
pub(crate) const PAGES_MAX: usize = 50;
/// Distances offered, in kilometres.
pub(crate) const RADII_KM: [u32; 5] = [5, 10, 20, 50, 100];
/// Distances tried in turn when none is asked for.
const RADII_TRIED_KM: [u32; 3] = [20, 50, 100];

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
    /// By distance, up to the one asked for.
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
    /// The distance that was used, around a point.
    pub(crate) radius_km: Option<u32>,
}

impl<'a> Finder<'a> {
    /// One page of offers or of structures.
    pub(crate) fn find(&self, kind: Kind, ask: Ask<'_>) -> Found<'a> {
        let is_around = ask.area.is_some_and(|area| area.position().is_some());
        let radii: &[u32] = match (ask.filters.radius_km, is_around) {
            (_, false) => &[0],
            (Some(radius), true) => &[radius],
            (None, true) => &RADII_TRIED_KM,
        };
        let mut found = Found::default();
        for radius in radii {
            let radius = is_around.then_some(*radius);
            found = match kind {
                Kind::Offers => self.offers(ask, radius),
                Kind::Structures => self.structures(ask, radius),
            };
            if found.total > 0 {
                break;
            }
        }
        found
    }

    /// Everything that meets the criteria, in the order of the index.
    fn all(&self, rtype: ResourceType, criteria: Vec<Criterion>) -> Vec<Hit<'a>> {
        let result = ResultParameters { count: usize::MAX, ..ResultParameters::default() };
        let (includes, warnings, parameters) = (Vec::new(), Vec::new(), Vec::new());
        let query = Query { rtype, criteria, includes, result, warnings, parameters };
        self.view.search(&query, None, None).map(|page| page.matches).unwrap_or_default()
    }

    /// The words of a question as a criterion; none when there is no word.
    fn words(what: &What<'_>) -> Option<Criterion> {
        (!what.words.is_empty()).then(|| Criterion::Test(Test::Words { all: what.words.clone() }))
    }

    fn is_open(&self, closed: Option<Instant>) -> bool {
        closed.is_none_or(|closed| closed > self.now)
    }
}

/// The circle around a point.
fn circle(from: Position, radius_km: u32) -> Near {
    let circle = Circle { latitude: from.latitude, longitude: from.longitude, radius_km: f64::from(radius_km) };
    Near { circles: vec![circle] }
}

/// Counts by distance, up to the widest.
fn count_radii(distances: impl Iterator<Item = f64>, widest: Option<u32>) -> BTreeMap<u32, u64> {
    let Some(widest) = widest else { return BTreeMap::new() };
    let mut counts: BTreeMap<u32, u64> =
        RADII_KM.into_iter().filter(|radius| *radius <= widest).map(|radius| (radius, 0)).collect();
    for distance in distances {
        for (_, count) in counts.iter_mut().filter(|(radius, _)| distance <= f64::from(**radius)) {
            *count += 1;
        }
    }
    counts
}

impl<'a> Found<'a> {
    /// One page of what was kept, all in order.
    fn page(mut kept: Vec<Match<'a>>, page: usize, counts: Counts, radius_km: Option<u32>) -> Self {
        let total = kept.len();
        let placed = kept.iter().filter(|found| found.distance_km.is_some()).count();
        let unplaced = if radius_km.is_some() { total - placed } else { 0 };
        let start = page.saturating_sub(1).saturating_mul(PAGE_SIZE).min(total);
        let mut matches = kept.split_off(start);
        matches.truncate(PAGE_SIZE);
        Self { total: total as u64, matches, unplaced: unplaced as u64, counts, radius_km }
    }
}

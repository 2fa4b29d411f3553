//! The order around a point: distance, then fit, then freshness, then the draw of the day (D68).

use std::cmp::Reverse;

use ror_fhir::Instant;
use ror_registers::cog::{Cog, Position};
use ror_search::distance_km;

use super::neutral;
use crate::digest::Home;

/// Distances that differ by less are the same: addresses are placed no better.
const SAME_PER_KM: f64 = 10.0;
/// Kilometres in a degree of latitude on the sphere of D11, rounded down.
const KM_PER_DEGREE_MIN: f64 = 111.1;

/// How far a result is from the point asked about, in kilometres; nothing when the place is vague.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reach {
    /// Of the nearest of its places that has a position.
    pub(super) placed_km: Option<f64>,
    /// Of the centre of the nearest commune where a place of it has none: it chooses the result and
    /// groups it, and is never shown, since it is not where the result is (D69).
    pub(super) commune: Option<(f64, Box<str>)>,
}

/// How far a result is, within a radius.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Distance<'r> {
    /// The place is vague: none is measured.
    Vague,
    /// Of the result itself, in kilometres.
    Measured(f64),
    /// Of the centre of its commune, in kilometres.
    Commune(f64, &'r str),
}

impl Reach {
    /// What counts against a radius, in kilometres.
    pub(super) fn km(&self) -> Option<f64> {
        let commune = self.commune.as_ref().map(|(km, _)| *km);
        self.placed_km.into_iter().chain(commune).min_by(f64::total_cmp)
    }

    /// How far the result is, when that is within the radius: its own position comes first.
    pub(super) fn within(&self, radius_km: u32) -> Option<Distance<'_>> {
        let is_within = |km: &f64| *km <= f64::from(radius_km);
        let commune = || self.commune.as_ref().filter(|(km, _)| is_within(km));
        let placed = self.placed_km.filter(is_within).map(Distance::Measured);
        placed.or_else(|| commune().map(|(km, commune)| Distance::Commune(*km, commune)))
    }
}

impl Distance<'_> {
    /// What may be shown, in kilometres.
    pub(super) const fn shown_km(self) -> Option<f64> {
        match self {
            Self::Measured(km) => Some(km),
            Self::Vague | Self::Commune(..) => None,
        }
    }
}

/// Where a result stands; the least comes first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank<'r> {
    is_unplaced: bool,
    steps: u64,
    commune: &'r str,
    is_named_so: Reverse<bool>,
    updated_on: Reverse<i64>,
    drawn: u64,
    id: &'r str,
}

/// What ranks a result beside its distance.
pub(super) struct Standing<'r> {
    pub(super) id: &'r str,
    /// Whether its name holds the words as they were typed.
    pub(super) is_named_so: bool,
    pub(super) updated: Instant,
}

/// The rank of a result around a point, on that [`neutral::day`].
pub(super) fn rank<'r>(day: i64, distance: Distance<'r>, standing: &Standing<'r>) -> Rank<'r> {
    let (is_unplaced, km, commune) = match distance {
        Distance::Vague => (true, f64::MAX, ""),
        Distance::Measured(km) => (false, km, ""),
        Distance::Commune(km, commune) => (true, km, commune),
    };
    Rank {
        is_unplaced,
        steps: (km * SAME_PER_KM).round() as u64,
        commune,
        is_named_so: Reverse(standing.is_named_so),
        updated_on: Reverse(neutral::day(standing.updated)),
        drawn: neutral::rank(day, standing.id),
        id: standing.id,
    }
}

/// Words as a name may hold them, whole: names of digests have blanks around.
pub(super) struct Phrase(String);

impl Phrase {
    pub(super) fn of(words: &[impl AsRef<str>]) -> Self {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        Self(if words.is_empty() { String::new() } else { format!(" {} ", words.join(" ")) })
    }

    /// Whether the name of a digest holds the words as they were typed.
    pub(super) fn is_in(&self, name: &str) -> bool {
        !self.0.is_empty() && name.contains(&self.0)
    }
}

/// The kilometres between two points, unless they are certainly further apart than the limit.
pub(super) fn km_within(from: Position, at: Position, limit_km: f64) -> Option<f64> {
    // Most are too far north or south to be measured.
    let is_near = (at.latitude - from.latitude).abs() * KM_PER_DEGREE_MIN <= limit_km;
    is_near.then(|| distance_km(from.latitude, from.longitude, at.latitude, at.longitude))
}

/// Distance of the centre of a commune; those of the place itself are there, centre or not.
pub(super) fn to_commune(from: Position, own: &[String], home: &Home, limit_km: f64) -> Option<f64> {
    if own.iter().any(|own| **own == *home.code) { Some(0.0) } else { km_within(from, home.centre?, limit_km) }
}

/// Codes of the communes whose centre is within the radius, and those of the place itself.
pub(super) fn communes_within(cog: &Cog, from: Position, own: &[String], radius_km: u32) -> Vec<String> {
    let radius_km = f64::from(radius_km);
    let is_within = |at: Position| km_within(from, at, radius_km).is_some_and(|km| km <= radius_km);
    let around = cog.communes().iter().filter(|commune| commune.position().is_some_and(is_within));
    own.iter().cloned().chain(around.map(|commune| commune.code.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use ror_registers::cog::Commune;

    use super::*;

    const DAY_MS: i64 = 86_400_000;

    fn rank_of<'r>(distance: Distance<'r>, id: &'r str, is_named_so: bool, updated: Instant) -> Rank<'r> {
        rank(20_000, distance, &Standing { id, is_named_so, updated })
    }

    #[test]
    fn d68_distance_then_fit_then_freshness_then_the_draw() {
        let (near, commune) = (Distance::Measured, Distance::Commune);
        let day = |days| days * DAY_MS;
        let ranks = [
            rank_of(near(1.0), "a", false, day(1)),
            rank_of(near(2.01), "b", true, day(1)),
            rank_of(near(2.0), "c", false, day(9)),
            rank_of(near(1.99), "d", false, day(3)),
            rank_of(near(90.0), "e", true, day(9)),
            rank_of(commune(0.0, "29019"), "f", false, day(1)),
            rank_of(commune(8.0, "29075"), "g", true, day(1)),
            rank_of(commune(8.0, "29075"), "h", false, day(2)),
            rank_of(commune(8.0, "29076"), "i", true, day(9)),
        ];
        assert!(ranks.is_sorted(), "{ranks:?}");
    }

    #[test]
    fn d68_what_is_equal_is_drawn_each_day() {
        let order = |day: i64| {
            let mut ids: Vec<String> = (0..30).map(|number| format!("id-{number}")).collect();
            ids.sort_by(|a, b| {
                let standing = |id| Standing { id, is_named_so: false, updated: 0 };
                let (a, b) = (standing(a), standing(b));
                let rank = |standing| rank(day, Distance::Measured(3.0), standing);
                rank(&a).cmp(&rank(&b))
            });
            ids
        };
        assert_eq!(order(20_000), order(20_000));
        assert_ne!(order(20_000), order(20_001));
    }

    #[test]
    fn d68_freshness_goes_by_the_day_in_paris() {
        let rank = |written: &str| {
            let updated = ror_fhir::DateTime::parse(written).expect("a date").start;
            rank_of(Distance::Measured(1.0), "a", false, updated)
        };
        assert_eq!(rank("2026-11-21T00:30:00+01:00"), rank("2026-11-21T23:30:00+01:00"));
        assert!(rank("2026-11-21T00:30:00+01:00") < rank("2026-11-20T23:30:00+01:00"));
    }

    #[test]
    fn d68_what_is_named_so_holds_whole_words() {
        let is_in = |words: &[&str], name| Phrase::of(words).is_in(name);
        assert!(is_in(&["os"], " centre des os ") && is_in(&["centre", "des"], " centre des os "));
        assert!(!is_in(&["os"], " poste de secours ") && !is_in(&["des", "o"], " centre des os "));
        assert!(!is_in(&[], " centre des os "));
    }

    #[test]
    fn d69_the_centre_of_a_commune_chooses_and_is_not_shown() {
        let cog = Cog::embedded();
        let guipavas = cog.commune("29075").and_then(Commune::position).expect("a centre");
        let own = ["29075".to_owned()];
        let within = communes_within(cog, guipavas, &own, 20);
        assert!(within.iter().any(|code| code == "29019") && !within.iter().any(|code| code == "29232"));
        let home = |code: &str| Home { code: code.into(), centre: cog.commune(code).and_then(Commune::position) };
        let brest = to_commune(guipavas, &own, &home("29019"), 100.0).expect("a centre");
        assert!((3.0..15.0).contains(&brest), "{brest}");
        assert_eq!(to_commune(guipavas, &own, &home("29075"), 100.0), Some(0.0));
        assert_eq!(to_commune(guipavas, &own, &home("13055"), 100.0), None);
        let reach = Reach { placed_km: None, commune: Some((brest, "29019".into())) };
        assert_eq!(reach.within(2), None);
        assert_eq!(reach.within(20).and_then(Distance::shown_km), None);
    }

    #[test]
    fn what_has_two_places_is_where_it_is_known_to_be_within_the_radius() {
        let reach = Reach { placed_km: Some(60.0), commune: Some((10.0, "01053".into())) };
        assert_eq!(reach.km(), Some(10.0));
        for (radius, expected) in
            [(5, None), (20, Some(Distance::Commune(10.0, "01053"))), (100, Some(Distance::Measured(60.0)))]
        {
            assert_eq!(reach.within(radius), expected, "{radius} km");
        }
    }
}

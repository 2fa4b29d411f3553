//! The order around a point: distance, then fit, then freshness, then the draw of the day (D68).

use std::cmp::Reverse;

use ror_fhir::Instant;
use ror_registers::cog::{Cog, Position};
use ror_search::distance_km;

use super::neutral;

const DAY_MS: i64 = 86_400_000;
/// Distances that differ by less are the same: addresses are placed no better.
const SAME_PER_KM: f64 = 10.0;

/// How far a result is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Distance {
    /// The place is vague: none is measured.
    #[default]
    Vague,
    /// Of the result itself, in kilometres.
    Measured(f64),
    /// Of the centre of its commune, in kilometres: it chooses the result and groups it, and is
    /// never shown, since it is not where the result is (D69).
    Commune(f64, Box<str>),
}

impl Distance {
    /// What may be shown, in kilometres.
    pub(super) const fn shown_km(&self) -> Option<f64> {
        match self {
            Self::Measured(km) => Some(*km),
            Self::Vague | Self::Commune(..) => None,
        }
    }

    /// What counts against a radius, in kilometres.
    pub(super) const fn counted_km(&self) -> Option<f64> {
        match self {
            Self::Measured(km) | Self::Commune(km, _) => Some(*km),
            Self::Vague => None,
        }
    }
}

/// Where a result stands; the least comes first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    is_unplaced: bool,
    steps: u64,
    commune: Box<str>,
    is_named_so: Reverse<bool>,
    updated_on: Reverse<i64>,
    drawn: u64,
}

/// What ranks a result beside its distance.
pub(super) struct Standing<'a> {
    pub(super) id: &'a str,
    /// Whether its name holds the words as they were typed.
    pub(super) is_named_so: bool,
    pub(super) updated: Instant,
}

/// The rank of a result around a point, on that day.
pub(super) fn rank(now: Instant, distance: &Distance, standing: &Standing<'_>) -> Rank {
    let (is_unplaced, km, commune) = match distance {
        Distance::Vague => (true, f64::MAX, Box::default()),
        Distance::Measured(km) => (false, *km, Box::default()),
        Distance::Commune(km, commune) => (true, *km, commune.clone()),
    };
    Rank {
        is_unplaced,
        steps: (km * SAME_PER_KM).round() as u64,
        commune,
        is_named_so: Reverse(standing.is_named_so),
        updated_on: Reverse(standing.updated.div_euclid(DAY_MS)),
        drawn: neutral::rank(now, standing.id),
    }
}

/// Distance of the centre of a commune; those of the place itself are there, centre or not.
pub(super) fn to_commune(cog: &Cog, from: Position, own: &[String], code: &str) -> Option<Distance> {
    let km = if own.iter().any(|own| own == code) {
        0.0
    } else {
        let at = cog.commune(code)?.position()?;
        distance_km(from.latitude, from.longitude, at.latitude, at.longitude)
    };
    Some(Distance::Commune(km, code.into()))
}

/// Codes of the communes whose centre is within the radius, and those of the place itself.
pub(super) fn communes_within(cog: &Cog, from: Position, own: &[String], radius_km: u32) -> Vec<String> {
    let is_within =
        |at: Position| distance_km(from.latitude, from.longitude, at.latitude, at.longitude) <= f64::from(radius_km);
    let around = cog.communes().iter().filter(|commune| commune.position().is_some_and(is_within));
    own.iter().cloned().chain(around.map(|commune| commune.code.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank_of(distance: &Distance, id: &str, is_named_so: bool, updated: Instant) -> Rank {
        rank(20_000 * DAY_MS, distance, &Standing { id, is_named_so, updated })
    }

    #[test]
    fn d68_distance_then_fit_then_freshness_then_the_draw() {
        let near = |km| Distance::Measured(km);
        let commune = |km, code: &str| Distance::Commune(km, code.into());
        let day = |days| days * DAY_MS;
        let ranks = [
            rank_of(&near(1.0), "a", false, day(1)),
            rank_of(&near(2.01), "b", true, day(1)),
            rank_of(&near(2.0), "c", false, day(9)),
            rank_of(&near(1.99), "d", false, day(3)),
            rank_of(&near(90.0), "e", true, day(9)),
            rank_of(&commune(0.0, "29019"), "f", false, day(1)),
            rank_of(&commune(8.0, "29075"), "g", true, day(1)),
            rank_of(&commune(8.0, "29075"), "h", false, day(2)),
            rank_of(&commune(8.0, "29076"), "i", true, day(9)),
        ];
        assert!(ranks.is_sorted(), "{ranks:?}");
    }

    #[test]
    fn d68_what_is_equal_is_drawn_each_day() {
        let order = |day: i64| {
            let mut ids: Vec<String> = (0..30).map(|number| format!("id-{number}")).collect();
            ids.sort_by_key(|id| {
                rank(day * DAY_MS, &Distance::Measured(3.0), &Standing { id, is_named_so: false, updated: 0 })
            });
            ids
        };
        assert_eq!(order(20_000), order(20_000));
        assert_ne!(order(20_000), order(20_001));
    }

    #[test]
    fn d69_the_centre_of_a_commune_chooses_and_is_not_shown() {
        let cog = Cog::embedded();
        let guipavas = cog.commune("29075").and_then(ror_registers::cog::Commune::position).expect("a centre");
        let own = ["29075".to_owned()];
        let within = communes_within(cog, guipavas, &own, 20);
        assert!(within.iter().any(|code| code == "29019") && !within.iter().any(|code| code == "29232"));
        let brest = to_commune(cog, guipavas, &own, "29019").expect("a centre");
        assert_eq!(brest.shown_km(), None);
        assert!(brest.counted_km().is_some_and(|km| (3.0..15.0).contains(&km)), "{brest:?}");
        assert_eq!(to_commune(cog, guipavas, &own, "29075"), Some(Distance::Commune(0.0, "29075".into())));
    }
}

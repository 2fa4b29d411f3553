//! Distance (D11).

use crate::{ParamId, Term};

/// Mean radius of the Earth in metres (D11): a sphere is within 0.6 % of the ellipsoid.
const EARTH_RADIUS_M: f64 = 6_371_008.8;
/// Distance when a request gives none, in kilometres.
const DISTANCE_DEFAULT_KM: f64 = 20.0;
/// Largest distance accepted, in kilometres, so that no request walks the whole country.
const DISTANCE_MAX_KM: f64 = 500.0;
/// Sides of the squares under which a place is indexed, in degrees, finest first.
const CELL_DEGREES: [f64; 4] = [0.05, 0.25, 1.0, 4.0];
/// How many squares a circle may need before a coarser level is taken.
const CELLS_MAX: usize = 64;

/// One circle on the ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circle {
    /// Latitude of the centre, WGS 84 degrees.
    pub latitude: f64,
    /// Longitude of the centre, WGS 84 degrees.
    pub longitude: f64,
    /// Limit, inclusive, in kilometres.
    pub radius_km: f64,
}

/// A `near` criterion: in any of the circles; the nearest centre gives the distance.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    /// The circles.
    pub circles: Vec<Circle>,
}

impl Near {
    /// Distance in kilometres from the nearest centre, when a circle holds the point.
    pub fn distance_km(&self, latitude: f64, longitude: f64) -> Option<f64> {
        self.circles
            .iter()
            .filter_map(|circle| {
                let distance = distance_km(circle.latitude, circle.longitude, latitude, longitude);
                (distance <= circle.radius_km).then_some(distance)
            })
            .min_by(f64::total_cmp)
    }

    /// Terms of squares that together cover the circles: a superset of the answer.
    pub fn cells(&self, parameter: ParamId) -> Vec<Term> {
        let mut terms: Vec<_> = self.circles.iter().flat_map(|circle| circle.cells(parameter)).collect();
        terms.sort_unstable();
        terms.dedup();
        terms
    }
}

impl Circle {
    /// Reads one `lat|lon[|distance[|unit]]` (D11).
    ///
    /// # Errors
    /// A French sentence saying what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<_> = text.split('|').map(str::trim).collect();
        if !(2..=4).contains(&parts.len()) {
            return Err("attendu latitude|longitude[|distance[|km ou m]]".to_owned());
        }
        let latitude = coordinate(parts[0], 90.0).ok_or("latitude attendue entre -90 et 90, avec un point décimal")?;
        let longitude =
            coordinate(parts[1], 180.0).ok_or("longitude attendue entre -180 et 180, avec un point décimal")?;
        let scale = match parts.get(3).copied().unwrap_or("") {
            "" | "km" => 1.0,
            "m" => 0.001,
            _ => return Err("unité attendue : km ou m".to_owned()),
        };
        let distance = match parts.get(2).copied().unwrap_or("") {
            "" => DISTANCE_DEFAULT_KM,
            text => {
                number(text).map(|value| value * scale).ok_or("distance attendue : un nombre, avec un point décimal")?
            }
        };
        if distance <= 0.0 || distance > DISTANCE_MAX_KM {
            return Err(format!("distance attendue : plus de 0 et au plus {DISTANCE_MAX_KM} km"));
        }
        Ok(Self { latitude, longitude, radius_km: distance })
    }

    fn cells(&self, parameter: ParamId) -> Vec<Term> {
        let per_degree_km = EARTH_RADIUS_M / 1000.0 * std::f64::consts::PI / 180.0;
        // A little more than the radius: rounding must not lose a place on the rim.
        let reach_latitude = self.radius_km / per_degree_km * 1.001;
        let (south, north) = (self.latitude - reach_latitude, self.latitude + reach_latitude);
        let widest = south.abs().max(north.abs()).to_radians().cos();
        let reach_longitude = if widest > 0.01 { reach_latitude / widest } else { 180.0 };
        let mut terms = Vec::new();
        for (level, degrees) in CELL_DEGREES.iter().enumerate() {
            let (bottom, top) = (cell_of(south, *degrees), cell_of(north, *degrees));
            let left = cell_of(self.longitude - reach_longitude, *degrees);
            let right = cell_of(self.longitude + reach_longitude, *degrees);
            let count = (top - bottom + 1) as usize * (right - left + 1) as usize;
            if count > CELLS_MAX && level + 1 < CELL_DEGREES.len() {
                continue;
            }
            let around = (360.0 / degrees).round() as i32;
            for row in bottom..=top {
                for column in left..=right.min(left + around - 1) {
                    terms.push(Term::cell(parameter, level as u8, row, wrap(column, around)));
                }
            }
            break;
        }
        terms
    }
}

/// The squares, one of each size, that hold a point: its terms.
pub(crate) fn cells_of(parameter: ParamId, latitude: f64, longitude: f64) -> impl Iterator<Item = Term> {
    CELL_DEGREES.iter().enumerate().map(move |(level, degrees)| {
        let around = (360.0 / degrees).round() as i32;
        let column = wrap(cell_of(longitude, *degrees), around);
        Term::cell(parameter, level as u8, cell_of(latitude, *degrees), column)
    })
}

/// Great-circle distance in kilometres (D11).
pub fn distance_km(latitude_a: f64, longitude_a: f64, latitude_b: f64, longitude_b: f64) -> f64 {
    let (a, b) = (latitude_a.to_radians(), latitude_b.to_radians());
    let half_latitude = ((b - a) / 2.0).sin();
    let half_longitude = ((longitude_b - longitude_a).to_radians() / 2.0).sin();
    let h = half_latitude * half_latitude + a.cos() * b.cos() * half_longitude * half_longitude;
    2.0 * EARTH_RADIUS_M / 1000.0 * h.sqrt().min(1.0).asin()
}

fn cell_of(degrees: f64, side: f64) -> i32 {
    (degrees / side).floor() as i32
}

/// The columns go round the globe: 180° E and 180° W are neighbours.
fn wrap(column: i32, around: i32) -> i32 {
    (column + around / 2).rem_euclid(around) - around / 2
}

fn coordinate(text: &str, limit: f64) -> Option<f64> {
    number(text).filter(|value| value.abs() <= limit)
}

/// Plain decimal notation only: `f64` alone would also read `inf`, `NaN` and `1e3`.
fn number(text: &str) -> Option<f64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte));
    plain.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn writings_of_a_circle() {
        let circle = Circle::parse("45.76|4.84").expect("valid");
        assert_eq!(circle, Circle { latitude: 45.76, longitude: 4.84, radius_km: 20.0 });
        assert_eq!(Circle::parse("45.76|4.84|500|m"), Ok(Circle { radius_km: 0.5, ..circle }));
        assert_eq!(Circle::parse("45.76|4.84|2.5|km"), Ok(Circle { radius_km: 2.5, ..circle }));
        for text in [
            "",
            "45.76",
            "45,76|4.84",
            "91|0",
            "0|181",
            "1|1|0",
            "1|1|501",
            "1|1|-3",
            "1|1|10|mi",
            "1|1|inf",
            "NaN|1",
            "1|1|1|km|x",
        ] {
            assert!(Circle::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn paris_to_lyon_is_392_km() {
        let distance = distance_km(48.8566, 2.3522, 45.7640, 4.8357);
        assert!((distance - 391.5).abs() < 1.0, "{distance}");
    }

    proptest! {
        #[test]
        fn squares_never_lose_a_place_in_the_circle(
            latitude in -89.0..89.0_f64, longitude in -180.0..180.0_f64,
            radius_km in 0.1..500.0_f64, bearing in 0.0..6.3_f64, share in 0.0..1.0_f64,
        ) {
            let near = Near { circles: vec![Circle { latitude, longitude, radius_km }] };
            let reach = (radius_km * share / 111.0).min(80.0);
            let other = (latitude + reach * bearing.sin()).clamp(-90.0, 90.0);
            let mut east = longitude + reach * bearing.cos() / latitude.to_radians().cos().max(0.02);
            if east > 180.0 { east -= 360.0 }
            if east < -180.0 { east += 360.0 }
            prop_assume!(near.distance_km(other, east).is_some());
            let squares = near.cells(7);
            prop_assert!(cells_of(7, other, east).any(|cell| squares.contains(&cell)));
            // At the poles: all 90 columns of the coarsest squares, in at most 4 rows.
            prop_assert!(squares.len() <= 360, "{}", squares.len());
        }
    }
}

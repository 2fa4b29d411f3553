//! Positions of the French projected systems turned into WGS 84.

use std::sync::OnceLock;

use proj4rs::Proj;
use proj4rs::transform::transform;

use crate::cog::Position;

/// Why a position could not be turned into degrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// No projected system that FINESS uses is named.
    #[error("système de coordonnées non reconnu")]
    UnknownSystem,
    /// The coordinates lie outside what the system covers.
    #[error("coordonnées hors du système annoncé")]
    OutOfRange,
}

/// A projected system: its EPSG code, the former ones it replaces, the wording of older files, its definition.
///
/// All rest on the ellipsoid GRS 80 and on local frames that agree with WGS 84 to less than a metre.
struct System {
    epsg: &'static [&'static str],
    wording: &'static str,
    definition: &'static str,
    /// South, west, north, east, in degrees: a result outside is a mistake.
    covers: [f64; 4],
}

const SYSTEMS: [System; 6] = [
    System {
        epsg: &["2154"],
        wording: "LAMBERT_93",
        definition: "+proj=lcc +lat_0=46.5 +lon_0=3 +lat_1=49 +lat_2=44 +x_0=700000 +y_0=6600000 +ellps=GRS80 +units=m",
        covers: [41.0, -6.0, 52.0, 10.0],
    },
    System {
        epsg: &["5490", "4559"],
        wording: "UTM_N20",
        definition: "+proj=utm +zone=20 +ellps=GRS80 +units=m",
        covers: [14.0, -64.0, 19.0, -60.0],
    },
    System {
        epsg: &["2972"],
        wording: "UTM_N22",
        definition: "+proj=utm +zone=22 +ellps=GRS80 +units=m",
        covers: [2.0, -55.0, 6.5, -51.0],
    },
    System {
        epsg: &["2975"],
        wording: "UTM_S40",
        definition: "+proj=utm +zone=40 +south +ellps=GRS80 +units=m",
        covers: [-22.0, 55.0, -20.0, 56.5],
    },
    System {
        epsg: &["4471"],
        wording: "UTM_S38",
        definition: "+proj=utm +zone=38 +south +ellps=GRS80 +units=m",
        covers: [-13.5, 44.5, -12.0, 46.0],
    },
    System {
        epsg: &["4467"],
        wording: "UTM_N21",
        definition: "+proj=utm +zone=21 +ellps=GRS80 +units=m",
        covers: [46.0, -57.0, 48.0, -55.0],
    },
];

/// Turns coordinates in metres into degrees; `system` is the text in which the file names the projection
/// (`EPSG:2154 RGF93 / Lambert-93`, `LAMBERT_93`, `UTM_S38`). Within a metre, the precision of the frames.
///
/// # Errors
/// [`ProjectionError::UnknownSystem`], or [`ProjectionError::OutOfRange`] when the result lies outside what the system covers.
///
/// ```
/// use ror_registers::finess::to_wgs84;
/// let hospital = to_wgs84(870262.2, 6571540.8, "EPSG:2154 RGF93 / Lambert-93 (Métropole)").unwrap();
/// assert!((hospital.latitude - 46.222286).abs() < 1e-5 && (hospital.longitude - 5.209181).abs() < 1e-5);
/// assert!(to_wgs84(46.22, 5.2, "LAMBERT_93").is_err());
/// ```
pub fn to_wgs84(x_m: f64, y_m: f64, system: &str) -> Result<Position, ProjectionError> {
    let upper = system.to_uppercase();
    let (place, system) = SYSTEMS
        .iter()
        .enumerate()
        .find(|(_, known)| known.is_named_in(&upper))
        .ok_or(ProjectionError::UnknownSystem)?;
    let projections = projections();
    let mut point = (x_m, y_m, 0.0);
    transform(&projections.from[place], &projections.degrees, &mut point).map_err(|_| ProjectionError::OutOfRange)?;
    let position = Position { latitude: point.1.to_degrees(), longitude: point.0.to_degrees() };
    let [south, west, north, east] = system.covers;
    let inside = (south..=north).contains(&position.latitude) && (west..=east).contains(&position.longitude);
    inside.then_some(position).ok_or(ProjectionError::OutOfRange)
}

impl System {
    fn is_named_in(&self, upper: &str) -> bool {
        let code = upper.split("EPSG:").nth(1).map(str::trim_start);
        let code = code.map(|rest| &rest[..rest.bytes().take_while(u8::is_ascii_digit).count()]);
        match code {
            Some(code) => self.epsg.contains(&code),
            None => upper.replace([' ', '-'], "_").contains(self.wording),
        }
    }
}

struct Projections {
    from: Vec<Proj>,
    degrees: Proj,
}

fn projections() -> &'static Projections {
    static PROJECTIONS: OnceLock<Projections> = OnceLock::new();
    let read = |definition| Proj::from_proj_string(definition).expect("the definitions of the table are well-formed");
    PROJECTIONS.get_or_init(|| Projections {
        from: SYSTEMS.iter().map(|system| read(system.definition)).collect(),
        degrees: read("+proj=longlat +ellps=GRS80 +no_defs"),
    })
}

#[cfg(test)]
mod tests {
    use super::{ProjectionError, to_wgs84};

    /// Metres between two points given in degrees; enough for a few metres.
    fn metres(a: (f64, f64), b: (f64, f64)) -> f64 {
        let (north, east) = (a.0 - b.0, (a.1 - b.1) * a.0.to_radians().cos());
        north.hypot(east) * 111_195.0
    }

    #[test]
    fn each_system_is_within_two_metres_of_known_points() {
        for (x, y, system, latitude, longitude) in KNOWN {
            let position = to_wgs84(x, y, system).expect(system);
            let off = metres((position.latitude, position.longitude), (latitude, longitude));
            assert!(off < 2.0, "{system}: {off} m, {position:?}");
        }
    }

    /// Points computed apart from this library, by the closed formulas of the projections (Lambert conformal
    /// with two parallels; Krüger series of order 6 for transverse Mercator), on GRS 80.
    const KNOWN: [(f64, f64, &str, f64, f64); 13] = [
        (871_572.72, 6_569_690.58, "LAMBERT_93", 46.2053, 5.2255),
        (146_636.14, 6_836_217.36, "EPSG:2154 RGF93 / Lambert-93 (Métropole)", 48.39, -4.486),
        (1_176_611.35, 6_108_358.48, "1,ATLASANTE,96,BAN,EPSG:2154", 41.92, 8.738),
        (656_197.71, 7_103_982.24, "lambert-93", 51.03, 2.377),
        (656_781.51, 1_796_177.32, "EPSG:5490 RGAF09/UTM Zone 20N (Antilles)", 16.2412, -61.533),
        (707_895.24, 1_616_074.44, "EPSG:4559", 14.61, -61.07),
        (491_534.34, 1_997_931.93, "UTM_N20", 18.07, -63.08),
        (352_980.16, 545_846.81, "EPSG:2972", 4.937, -52.326),
        (164_224.07, 608_785.54, "UTM_N22", 5.5, -54.03),
        (338_558.02, 7_690_464.27, "EPSG:2975", -20.879, 55.448),
        (524_963.36, 8_587_181.96, "EPSG:4471", -12.78, 45.23),
        (515_191.47, 8_580_553.84, "UTM_S38", -12.84, 45.14),
        (563_359.64, 5_181_051.22, "EPSG:4467", 46.78, -56.17),
    ];

    #[test]
    fn an_unknown_system_or_an_impossible_place_is_refused() {
        assert_eq!(to_wgs84(1.0, 1.0, ""), Err(ProjectionError::UnknownSystem));
        assert_eq!(to_wgs84(1.0, 1.0, "EPSG:21540"), Err(ProjectionError::UnknownSystem));
        assert_eq!(to_wgs84(1.0, 1.0, "EPSG:"), Err(ProjectionError::UnknownSystem));
        for (x, y) in [(46.2, 5.2), (f64::NAN, 1.0), (1e12, 1e12), (f64::INFINITY, 0.0), (6_571_540.8, 870_262.2)] {
            assert_eq!(to_wgs84(x, y, "LAMBERT_93"), Err(ProjectionError::OutOfRange), "{x} {y}");
        }
    }
}

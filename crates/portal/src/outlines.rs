//! Outlines of departments, for drawing only. Sources: IGN, INSEE (Licence Ouverte 2.0).
//!
//! `data/departements.txt`: one department per line, `code;ring|ring…`; a ring is a list of
//! longitudes and latitudes in thousandths of a degree, each after the first as a difference.

use std::sync::OnceLock;

/// The outlines as packed; the script of maps reads the same text.
pub(crate) const TEXT: &str = include_str!("../data/departements.txt");

/// One department.
pub(crate) struct Outline {
    pub(crate) code: &'static str,
    /// Rings of (longitude, latitude), in degrees.
    pub(crate) rings: Vec<Vec<(f64, f64)>>,
    /// West, south, east, north.
    pub(crate) bounds: [f64; 4],
}

/// All departments.
pub(crate) fn all() -> &'static [Outline] {
    static ALL: OnceLock<Vec<Outline>> = OnceLock::new();
    ALL.get_or_init(|| TEXT.lines().filter_map(read).collect())
}

fn read(line: &'static str) -> Option<Outline> {
    let (code, rings) = line.split_once(';')?;
    let rings: Vec<Vec<(f64, f64)>> = rings.split('|').map(ring).collect();
    let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for (longitude, latitude) in rings.iter().flatten() {
        bounds[0] = bounds[0].min(*longitude);
        bounds[1] = bounds[1].min(*latitude);
        bounds[2] = bounds[2].max(*longitude);
        bounds[3] = bounds[3].max(*latitude);
    }
    Some(Outline { code, rings, bounds })
}

fn ring(text: &str) -> Vec<(f64, f64)> {
    let mut numbers = text.split(' ').filter_map(|number| number.parse::<i32>().ok());
    let (mut x, mut y) = (0, 0);
    let mut points = Vec::new();
    while let (Some(dx), Some(dy)) = (numbers.next(), numbers.next()) {
        (x, y) = (x + dx, y + dy);
        points.push((f64::from(x) / 1_000.0, f64::from(y) / 1_000.0));
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_department_is_drawn() {
        assert_eq!(all().len(), 101);
        let ain = all().iter().find(|outline| outline.code == "01").expect("the Ain");
        assert!(ain.bounds[0] > 4.5 && ain.bounds[2] < 6.5 && ain.bounds[1] > 45.5 && ain.bounds[3] < 46.6);
    }

    #[test]
    #[expect(clippy::print_stderr, reason = "a test that cannot run says so")]
    fn the_packed_outlines_are_those_of_the_source() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/geo/departements.geojson");
        let Ok(text) = std::fs::read_to_string(path) else {
            eprintln!("skipped: no source of the outlines here");
            return;
        };
        let source: serde_json::Value = serde_json::from_str(&text).expect("GeoJSON");
        let features = source["features"].as_array().expect("a list");
        let mut lines: Vec<String> = features.iter().map(pack).collect();
        lines.sort();
        assert!(lines.join("\n") + "\n" == TEXT, "pack the outlines again");
    }

    fn pack(feature: &serde_json::Value) -> String {
        let shape = &feature["geometry"];
        let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
        let polygons = match shape["type"].as_str() {
            Some("Polygon") => vec![shape["coordinates"].clone()],
            _ => list(&shape["coordinates"]),
        };
        let rings: Vec<String> = polygons.iter().flat_map(&list).map(|ring| pack_ring(&list(&ring))).collect();
        format!("{};{}", feature["properties"]["code"].as_str().expect("a code"), rings.join("|"))
    }

    fn pack_ring(points: &[serde_json::Value]) -> String {
        let (mut x, mut y) = (0, 0);
        let mut numbers = Vec::new();
        for point in points {
            let at = |axis: usize| (point[axis].as_f64().expect("a number") * 1_000.0).round() as i32;
            numbers.push((at(0) - x).to_string());
            numbers.push((at(1) - y).to_string());
            (x, y) = (at(0), at(1));
        }
        numbers.join(" ")
    }
}

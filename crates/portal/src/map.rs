//! From the results of a page to a drawn map.

use std::fmt::Write as _;

use ror_registers::cog::{Cog, Commune, CommuneKind, Position};

use crate::components::map::{MapFiles, MapPoint, MapView, Town};
use crate::components::result::Card;
use crate::outlines::{self, Outline};
use crate::state::Inner;

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 360.0;
/// Room around the points, so that no disc is cut.
const MARGIN: f64 = 26.0;
/// Least height of ground shown, in degrees: about four kilometres.
const SPAN_MIN: f64 = 0.04;
/// Points nearer than this, in units of the drawing, are one disc.
const TOGETHER: f64 = 20.0;
/// Most departments drawn.
const OUTLINES_MAX: usize = 40;
/// Most towns named, and how many are tried.
const TOWNS_MAX: usize = 10;
const TOWNS_TRIED: usize = 60;
const KM_PER_DEGREE: f64 = 111.195;

/// The communes that may be named on a map, the most populous first.
pub(crate) struct Towns(Vec<(Position, &'static Commune)>);

impl Towns {
    pub(crate) fn of(cog: &'static Cog) -> Self {
        let communes = cog.communes().iter().filter(|commune| commune.kind == CommuneKind::Commune);
        let mut towns: Vec<_> = communes.filter_map(|commune| Some((commune.position()?, commune))).collect();
        towns.sort_by_key(|(_, commune)| std::cmp::Reverse(commune.population));
        Self(towns)
    }
}

/// Where the ground goes on the drawing.
struct Frame {
    west: f64,
    north: f64,
    /// Units of the drawing per degree of latitude.
    scale: f64,
    /// Narrowing of a degree of longitude at this latitude.
    narrow: f64,
}

/// The map of a page of results, or of a sheet; `None` when nothing on it has a position.
pub(crate) fn draw(
    portal: &Inner,
    cards: &[Card],
    centre: Option<Position>,
    department: Option<&str>,
    title: &str,
) -> Option<MapView> {
    let placed: Vec<Placed<'_>> = cards.iter().filter_map(|card| Some((card, card.position?))).collect();
    if placed.is_empty() {
        return None;
    }
    let department = department.and_then(|code| outlines::all().iter().find(|outline| outline.code == code));
    let frame = Frame::around(placed.iter().map(|(_, at)| *at).chain(centre), department);
    let points = gathered(&placed, &frame);
    let from = centre.map(degrees);
    let centre = centre.map(|at| frame.place(at.longitude, at.latitude)).map(|(x, y)| (unit(x), unit(y)));
    Some(MapView {
        width: WIDTH as u32,
        height: HEIGHT as u32,
        outlines: frame.outlines(),
        centre,
        towns: frame.towns(&portal.towns, &points),
        points,
        title: title.to_owned(),
        scale: frame.scale_bar(),
        from,
        files: MapFiles {
            library: portal.assets.map_library.path.clone(),
            style: portal.assets.map_style.path.clone(),
            outlines: portal.assets.map_outlines.path.clone(),
        },
        tiles: portal.settings.tiles.as_ref().map(|tiles| (tiles.address().to_owned(), tiles.attribution().to_owned())),
    })
}

impl Frame {
    fn around(points: impl Iterator<Item = Position>, department: Option<&Outline>) -> Self {
        let mut bounds = department
            .map_or([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |outline| outline.bounds);
        for at in points {
            bounds[0] = bounds[0].min(at.longitude);
            bounds[1] = bounds[1].min(at.latitude);
            bounds[2] = bounds[2].max(at.longitude);
            bounds[3] = bounds[3].max(at.latitude);
        }
        let [west, south, east, north] = bounds;
        let middle = (west.midpoint(east), south.midpoint(north));
        let narrow = middle.1.to_radians().cos().max(0.05);
        let (inner_width, inner_height) = (WIDTH - 2.0 * MARGIN, HEIGHT - 2.0 * MARGIN);
        let tall = (north - south).max(SPAN_MIN);
        let wide = ((east - west) * narrow).max(SPAN_MIN);
        let scale = (inner_height / tall).min(inner_width / wide);
        Self { west: middle.0 - WIDTH / 2.0 / scale / narrow, north: middle.1 + HEIGHT / 2.0 / scale, scale, narrow }
    }

    fn place(&self, longitude: f64, latitude: f64) -> (f64, f64) {
        ((longitude - self.west) * self.narrow * self.scale, (self.north - latitude) * self.scale)
    }

    /// The departments in sight, as path data without points too close to be seen.
    fn outlines(&self) -> Vec<String> {
        let east = self.west + WIDTH / self.scale / self.narrow;
        let south = self.north - HEIGHT / self.scale;
        let in_sight = |outline: &&Outline| {
            let [left, bottom, right, top] = outline.bounds;
            left < east && right > self.west && bottom < self.north && top > south
        };
        outlines::all().iter().filter(in_sight).take(OUTLINES_MAX).map(|outline| self.path(outline)).collect()
    }

    fn path(&self, outline: &Outline) -> String {
        let mut data = String::new();
        for ring in &outline.rings {
            let mut last: Option<(f64, f64)> = None;
            let mut drawn = String::new();
            for (longitude, latitude) in ring {
                let (x, y) = self.place(*longitude, *latitude);
                // Far outside, a few points are enough to close the shape.
                let (x, y) = (x.clamp(-WIDTH, 2.0 * WIDTH), y.clamp(-HEIGHT, 2.0 * HEIGHT));
                if last.is_some_and(|(lx, ly)| (lx - x).abs() + (ly - y).abs() < 1.5) {
                    continue;
                }
                drawn.push(if last.is_none() { 'M' } else { 'L' });
                // Writing to a string cannot fail.
                write!(drawn, "{} {}", x.round() as i32, y.round() as i32).ok();
                last = Some((x, y));
            }
            if drawn.contains('L') {
                data.push_str(&drawn);
                data.push('Z');
            }
        }
        data
    }

    /// The most populous communes in sight whose names cover nothing.
    fn towns(&self, towns: &Towns, points: &[MapPoint]) -> Vec<Town> {
        let in_sight = towns.0.iter().filter_map(|(at, commune)| {
            let (x, y) = self.place(at.longitude, at.latitude);
            ((4.0..WIDTH - 60.0).contains(&x) && (12.0..HEIGHT - 30.0).contains(&y)).then_some((*at, *commune, (x, y)))
        });
        let discs = points.iter().filter_map(|point| Some((point.x.parse().ok()?, point.y.parse().ok()?)));
        let mut taken: Vec<(f64, f64, f64)> = discs.map(|(x, y): (f64, f64)| (x - 14.0, y, 28.0)).collect();
        let mut towns = Vec::new();
        for (at, commune, (x, y)) in in_sight.take(TOWNS_TRIED) {
            let width = 10.0 + 6.5 * commune.name.chars().count() as f64;
            let is_free = |(left, middle, wide): &(f64, f64, f64)| {
                (y - middle).abs() > 18.0 || x > left + wide || x + width < *left
            };
            if x + width < WIDTH && taken.iter().all(is_free) {
                taken.push((x, y, width));
                towns.push(Town { x: unit(x), y: unit(y), name: commune.name.to_string(), at: degrees(at) });
            }
            if towns.len() == TOWNS_MAX {
                break;
            }
        }
        towns
    }

    /// A round length that fits in a third of the width.
    fn scale_bar(&self) -> Option<(String, String)> {
        let units_per_km = self.scale / KM_PER_DEGREE;
        let km =
            [500, 200, 100, 50, 20, 10, 5, 2, 1].into_iter().find(|km| f64::from(*km) * units_per_km < WIDTH / 3.0)?;
        Some((unit(f64::from(km) * units_per_km), format!("{km}\u{a0}km")))
    }
}

/// A result and where it is.
type Placed<'a> = (&'a Card, Position);

/// Results at one point, or nearly, share a disc.
fn gathered(placed: &[Placed<'_>], frame: &Frame) -> Vec<MapPoint> {
    let mut groups: Vec<((f64, f64), Vec<Placed<'_>>)> = Vec::new();
    for (card, at) in placed {
        let (x, y) = frame.place(at.longitude, at.latitude);
        let near = groups.iter_mut().find(|((gx, gy), _)| (gx - x).abs() < TOGETHER && (gy - y).abs() < TOGETHER);
        match near {
            Some((_, cards)) => cards.push((card, *at)),
            None => groups.push(((x, y), vec![(card, *at)])),
        }
    }
    // The first results are drawn last, above the others.
    groups.reverse();
    let point = |((x, y), cards): ((f64, f64), Vec<Placed<'_>>)| {
        let first = cards[0].0;
        let more = cards.len() - 1;
        MapPoint {
            x: unit(x),
            y: unit(y),
            label: if more > 0 { format!("{}+", first.number) } else { first.number.to_string() },
            href: format!("#resultat-{}", first.number),
            members: members(&cards),
            name: match more {
                0 => first.title.clone(),
                1 => format!("{}, et 1 autre au même endroit", first.title),
                more => format!("{}, et {more} autres au même endroit", first.title),
            },
        }
    };
    groups.into_iter().map(point).collect()
}

/// What the script makes its own points from: the results of the page, and nothing else.
fn members(cards: &[Placed<'_>]) -> String {
    let member = |(card, at): &Placed<'_>| {
        let round = |degrees: f64| (degrees * 1e5).round() / 1e5;
        serde_json::json!([card.number, round(at.latitude), round(at.longitude), card.title])
    };
    serde_json::Value::Array(cards.iter().map(member).collect()).to_string()
}

/// Latitude and longitude, to a metre.
fn degrees(at: Position) -> String {
    format!("{:.5},{:.5}", at.latitude, at.longitude)
}

fn unit(value: f64) -> String {
    format!("{value:.1}")
}

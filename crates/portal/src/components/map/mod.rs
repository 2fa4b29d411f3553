//! The map: an SVG that needs no script; the list says all that it shows.

use askama::Template;

use super::{Example, examples_of};

/// A drawn map.
#[derive(Clone, Debug, Template)]
#[template(path = "components/map/template.html")]
pub(crate) struct MapView {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Outlines of departments, as SVG path data.
    pub(crate) outlines: Vec<String>,
    /// Where distances are from.
    pub(crate) centre: Option<(String, String)>,
    pub(crate) points: Vec<MapPoint>,
    /// Towns in sight, to find one's way.
    pub(crate) towns: Vec<Town>,
    /// What the map shows, in words.
    pub(crate) title: String,
    /// Length of the scale, in units of the drawing, and what it stands for.
    pub(crate) scale: Option<(String, String)>,
}

/// Results at one point.
#[derive(Clone, Debug)]
pub(crate) struct MapPoint {
    pub(crate) x: String,
    pub(crate) y: String,
    /// Numbers of the results there.
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) name: String,
}

/// A town in sight.
#[derive(Clone, Debug)]
pub(crate) struct Town {
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) name: String,
}

impl askama::filters::HtmlSafe for MapView {}

pub(super) fn examples() -> Vec<Example> {
    let point = MapPoint {
        x: "50.0".to_owned(),
        y: "40.0".to_owned(),
        label: "1".to_owned(),
        href: "#resultat-1".to_owned(),
        name: "Cabinet <de la Gare>".to_owned(),
    };
    let map = MapView {
        width: 100,
        height: 80,
        outlines: vec!["M0 0L100 0L100 80Z".to_owned()],
        centre: Some(("20.0".to_owned(), "20.0".to_owned())),
        points: vec![point],
        towns: vec![Town { x: "30.0".to_owned(), y: "60.0".to_owned(), name: "Oyonnax".to_owned() }],
        title: "1 résultat sur la carte".to_owned(),
        scale: Some(("20.0".to_owned(), "5 km".to_owned())),
    };
    examples_of("Carte", [("un point", map)])
}

//! The map: an SVG that needs no script; the list says all that it shows. Where scripts run,
//! `assets/carte.js` puts a map that moves in its place, made of what this element holds.

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
    /// Where distances are from, in degrees, for the script.
    pub(crate) from: Option<String>,
    pub(crate) files: MapFiles,
    /// Address and authors of tiles.
    pub(crate) tiles: Option<(String, String)>,
}

/// Addresses of what the script of maps asks for.
#[derive(Clone, Debug)]
pub(crate) struct MapFiles {
    pub(crate) library: String,
    pub(crate) style: String,
    pub(crate) outlines: String,
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
    /// The results there, for the script: a JSON list of number, latitude, longitude, name.
    pub(crate) members: String,
}

/// A town in sight.
#[derive(Clone, Debug)]
pub(crate) struct Town {
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) name: String,
    /// Latitude and longitude, for the script.
    pub(crate) at: String,
}

impl askama::filters::HtmlSafe for MapView {}

pub(super) fn examples() -> Vec<Example> {
    let point = MapPoint {
        x: "50.0".to_owned(),
        y: "40.0".to_owned(),
        label: "1".to_owned(),
        href: "#resultat-1".to_owned(),
        name: "Cabinet <de la Gare>".to_owned(),
        members: r#"[[1,46.25,5.65,"Cabinet <de la Gare>"]]"#.to_owned(),
    };
    let map = MapView {
        width: 100,
        height: 80,
        outlines: vec!["M0 0L100 0L100 80Z".to_owned()],
        centre: Some(("20.0".to_owned(), "20.0".to_owned())),
        points: vec![point],
        towns: vec![Town {
            x: "30.0".to_owned(),
            y: "60.0".to_owned(),
            name: "Oyonnax".to_owned(),
            at: "46.25655,5.65489".to_owned(),
        }],
        title: "1 résultat sur la carte".to_owned(),
        scale: Some(("20.0".to_owned(), "5 km".to_owned())),
        from: Some("46.26000,5.60000".to_owned()),
        files: MapFiles {
            library: "/statique/carte-leaflet.js".to_owned(),
            style: "/statique/carte.css".to_owned(),
            outlines: "/statique/carte-contours.txt".to_owned(),
        },
        tiles: Some(("https://tuiles.exemple.fr/{z}/{x}/{y}.png".to_owned(), "© \"Exemple\"".to_owned())),
    };
    examples_of("Carte", [("un point", map)])
}

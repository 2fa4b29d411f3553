//! Configuration: the file, then the environment, then the flags. Every mistake is told at
//! once, and nothing here may change who sees what.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use ror_portal::Tiles;
use serde::Deserialize;

use crate::cli::Serve;

/// The settings of a server, once all sources are read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) data: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) sandbox: bool,
    /// Strict handling for every request (D17).
    pub(crate) strict: bool,
    /// Clients reach the server by `https`, through a proxy.
    pub(crate) https: bool,
    /// Images under the points of maps (D73).
    pub(crate) tiles: Option<Tiles>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct MapFile {
    tiles: String,
    attribution: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    data: Option<PathBuf>,
    listen: Option<SocketAddr>,
    strict: bool,
    https: bool,
    map: Option<MapFile>,
}

impl Config {
    pub(crate) fn read(arguments: &Serve) -> anyhow::Result<Self> {
        let file = match &arguments.config {
            None => File::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("lecture de {}", path.display()))?;
                toml::from_str(&text).with_context(|| format!("configuration {}", path.display()))?
            }
        };
        let Some(data) = arguments.data.clone().or(file.data) else {
            bail!("--data DOSSIER est attendu (ou ROR_DATA, ou « data » dans le fichier de configuration)");
        };
        let map = match &arguments.map_tiles {
            Some(tiles) => Some((tiles.clone(), arguments.map_attribution.clone().unwrap_or_default())),
            None => file.map.map(|map| (map.tiles, map.attribution)),
        };
        let tiles = map.map(|(tiles, attribution)| Tiles::new(&tiles, &attribution)).transpose()?;
        Ok(Self {
            data,
            listen: arguments.listen.or(file.listen).unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
            sandbox: arguments.sandbox,
            strict: file.strict,
            https: file.https,
            tiles,
        })
    }
}

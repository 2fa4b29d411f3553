//! Style, script and icon: inside the program, packed once, under names that change with them.

use std::io::Write as _;
use std::sync::OnceLock;

use aws_lc_rs::digest::{SHA256, digest};

use crate::outlines;

/// Where assets are served.
pub(crate) const BASE: &str = "/statique/";

/// One file of the portal.
pub(crate) struct Asset {
    /// Address, with the beginning of the hash of the content.
    pub(crate) path: String,
    pub(crate) content_type: &'static str,
    pub(crate) plain: Vec<u8>,
    pub(crate) gzip: Vec<u8>,
    pub(crate) zstd: Vec<u8>,
}

/// All files.
pub(crate) struct Assets {
    pub(crate) style: Asset,
    pub(crate) script: Asset,
    pub(crate) icon: Asset,
    /// The script of maps, the only one that a page with a map names.
    pub(crate) map_script: Asset,
    /// What that script asks for when a map comes into sight: the library, its style, outlines.
    pub(crate) map_library: Asset,
    pub(crate) map_style: Asset,
    pub(crate) map_outlines: Asset,
}

/// Tokens first, then what holds everywhere, then each component.
const STYLE: [&str; 15] = [
    include_str!("../assets/tokens.css"),
    include_str!("../assets/base.css"),
    include_str!("components/search_form/style.css"),
    include_str!("components/needs/style.css"),
    include_str!("components/figures/style.css"),
    include_str!("components/result/style.css"),
    include_str!("components/filters/style.css"),
    include_str!("components/map/style.css"),
    include_str!("components/pages/style.css"),
    include_str!("components/notice/style.css"),
    include_str!("components/facts/style.css"),
    include_str!("components/contacts/style.css"),
    include_str!("components/tables/style.css"),
    include_str!("components/freshness/style.css"),
    include_str!("components/role/style.css"),
];

const SCRIPT: &str = "text/javascript; charset=utf-8";
/// Leaflet as published (NOTICE); the browser tests compare it with the package.
const LEAFLET: &str = include_str!("../assets/leaflet/leaflet.js");
/// The style of Leaflet, then what makes it ours.
const MAP_STYLE: [&str; 2] = [include_str!("../assets/leaflet/leaflet.css"), include_str!("../assets/carte.css")];

impl Assets {
    /// Those of this program, packed at first use.
    pub(crate) fn embedded() -> &'static Self {
        static EMBEDDED: OnceLock<Assets> = OnceLock::new();
        EMBEDDED.get_or_init(Self::new)
    }

    fn new() -> Self {
        let script = include_str!("../assets/portail.js");
        let icon = include_str!("../assets/icone.svg");
        Self {
            style: asset("portail", "css", "text/css; charset=utf-8", &STYLE.concat()),
            script: asset("portail", "js", SCRIPT, script),
            icon: asset("icone", "svg", "image/svg+xml", icon),
            map_script: asset("carte", "js", SCRIPT, include_str!("../assets/carte.js")),
            map_library: asset("carte-leaflet", "js", SCRIPT, without_source_map(LEAFLET)),
            map_style: asset("carte", "css", "text/css; charset=utf-8", &MAP_STYLE.concat()),
            map_outlines: asset("carte-contours", "txt", "text/plain; charset=utf-8", outlines::TEXT),
        }
    }

    /// The file of that address.
    pub(crate) fn find(&self, path: &str) -> Option<&Asset> {
        let first = [&self.style, &self.script, &self.icon, &self.map_script];
        let map = [&self.map_library, &self.map_style, &self.map_outlines];
        first.into_iter().chain(map).find(|asset| asset.path == path)
    }
}

/// The source map that the last line of a library names is not here.
fn without_source_map(text: &str) -> &str {
    text.rfind("//# sourceMappingURL=").map_or(text, |at| &text[..at])
}

fn asset(name: &str, extension: &str, content_type: &'static str, text: &str) -> Asset {
    let hash = digest(&SHA256, text.as_bytes());
    let hash = hash.as_ref().iter().take(6).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let plain = text.as_bytes().to_vec();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&plain).expect("writing to memory");
    let gzip = encoder.finish().expect("writing to memory");
    let zstd = zstd::bulk::compress(&plain, 19).expect("writing to memory");
    Asset { path: format!("{BASE}{name}.{hash:012x}.{extension}"), content_type, plain, gzip, zstd }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_and_script_are_light_and_carry_nothing_from_elsewhere() {
        let assets = Assets::new();
        let total = assets.style.gzip.len() + assets.script.gzip.len() + assets.icon.gzip.len();
        assert!(total < 20_000, "{total}");
        for asset in [&assets.style, &assets.script, &assets.map_script] {
            let text = String::from_utf8_lossy(&asset.plain);
            assert!(!text.contains("//fonts") && !text.contains("@import") && !text.contains("https://"));
        }
        assert!(assets.find(&assets.icon.path).is_some() && assets.find("/statique/portail.css").is_none());
        assert!(assets.map_script.gzip.len() < 4_000, "{}", assets.map_script.gzip.len());
        assert!(assets.map_library.plain.ends_with(b"\n"), "the library, less its last line");
    }
}

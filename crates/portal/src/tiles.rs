//! A server of map images, where the operator has chosen one (D73). By default there is none.

use axum::http::HeaderValue;

/// A tile server: the browsers of visitors ask it for images, so it learns where they look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiles {
    address: String,
    origin: String,
    attribution: String,
}

/// An address of tiles that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TilesError {
    /// Not `https`, nor `http` on this machine.
    #[error("l'adresse des tuiles commence par https:// (http:// pour 127.0.0.1 ou localhost seulement)")]
    Scheme,
    /// A host that is no plain name.
    #[error("l'adresse des tuiles porte un hôte simple, sans identifiants ni {{s}}")]
    Host,
    /// Without the three numbers of a tile.
    #[error("l'adresse des tuiles porte {{z}}, {{x}} et {{y}} dans son chemin")]
    Placeholders,
    /// A character that an address of tiles does not need.
    #[error("l'adresse des tuiles porte un caractère inattendu")]
    Character,
    /// Tiles are somebody's work.
    #[error("la mention des auteurs des tuiles est attendue")]
    Attribution,
}

impl Tiles {
    /// `address` is that of one tile, with `{z}`, `{x}` and `{y}`; `attribution` is shown on the map.
    ///
    /// ```
    /// use ror_portal::Tiles;
    /// assert!(Tiles::new("https://tuiles.exemple.fr/plan/{z}/{x}/{y}.png", "© Exemple").is_ok());
    /// assert!(Tiles::new("http://tuiles.exemple.fr/{z}/{x}/{y}.png", "© Exemple").is_err());
    /// ```
    ///
    /// # Errors
    /// [`TilesError`]: the origin goes into a header that protects pages, so it is read strictly.
    pub fn new(address: &str, attribution: &str) -> Result<Self, TilesError> {
        let is_expected = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?&=%+{}@".contains(&byte);
        if !address.bytes().all(is_expected) {
            return Err(TilesError::Character);
        }
        let (scheme, rest) = address.split_once("://").ok_or(TilesError::Scheme)?;
        let (host, path) = rest.split_once('/').ok_or(TilesError::Placeholders)?;
        let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        if !is_name || port.is_some_and(|port| port.parse::<u16>().is_err()) {
            return Err(TilesError::Host);
        }
        match scheme {
            "https" => {}
            "http" if matches!(name, "127.0.0.1" | "localhost") => {}
            _ => return Err(TilesError::Scheme),
        }
        if ["{z}", "{x}", "{y}"].iter().any(|part| path.matches(part).count() != 1) || path.matches('{').count() != 3 {
            return Err(TilesError::Placeholders);
        }
        let attribution = attribution.trim();
        if attribution.is_empty() {
            return Err(TilesError::Attribution);
        }
        Ok(Self {
            address: address.to_owned(),
            origin: format!("{scheme}://{host}"),
            attribution: attribution.to_owned(),
        })
    }

    /// The address of one tile, with its three numbers to fill in.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Who made the tiles.
    pub fn attribution(&self) -> &str {
        &self.attribution
    }

    /// The policy of pages, with images of this origin besides our own. The library drops a tile
    /// by giving it an empty `data:` image.
    pub(crate) fn policy(&self, policy: &str) -> HeaderValue {
        let images = format!("img-src 'self' data: {}", self.origin);
        HeaderValue::from_str(&policy.replace("img-src 'self'", &images)).expect("plain characters, checked above")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_tiles_is_read_strictly() {
        let read = |address| Tiles::new(address, "© Exemple").map(|tiles| tiles.origin);
        let good = "https://tuiles.exemple.fr:8443/plan/{z}/{x}/{y}.png?cle=1";
        assert_eq!(read(good), Ok("https://tuiles.exemple.fr:8443".to_owned()));
        assert!(read("http://localhost:9000/{z}/{x}/{y}").is_ok());
        for (address, error) in [
            ("http://tuiles.exemple.fr/{z}/{x}/{y}", TilesError::Scheme),
            ("//tuiles.exemple.fr/{z}/{x}/{y}", TilesError::Scheme),
            ("javascript://a/{z}/{x}/{y}", TilesError::Scheme),
            ("https://{s}.exemple.fr/{z}/{x}/{y}", TilesError::Host),
            ("https://a@exemple.fr/{z}/{x}/{y}", TilesError::Host),
            ("https://exemple.fr:99999/{z}/{x}/{y}", TilesError::Host),
            ("https:///{z}/{x}/{y}", TilesError::Host),
            ("https://exemple.fr", TilesError::Placeholders),
            ("https://exemple.fr/{z}/{x}", TilesError::Placeholders),
            ("https://exemple.fr/{z}/{x}/{y}{r}", TilesError::Placeholders),
            ("https://exemple.fr/{z}/{x}/{y}; script-src *", TilesError::Character),
            ("https://exemple.fr/{z}/{x}/{y}\r\nx: y", TilesError::Character),
            ("https://exemple.fr/{z}/{x}/'{y}'", TilesError::Character),
        ] {
            assert_eq!(read(address), Err(error), "{address}");
        }
        assert_eq!(Tiles::new(good, " "), Err(TilesError::Attribution));
    }
}

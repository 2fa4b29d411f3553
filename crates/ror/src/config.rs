//! Configuration: the file, then the environment, then the flags. Every mistake is told at
//! once, and nothing here may change who sees what.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use axum::http::HeaderName;
use hyper::Uri;
use ror_api::{Connections, Proxies, Security};
use ror_identity::{Issuer, KEY_DAYS};
use ror_portal::Tiles;
use serde::Deserialize;

use crate::cli::Serve;
use crate::issuers::{Configured, Source};
use crate::providers::SignIn;
use crate::security::Files;

/// The settings of a server, once all sources are read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) data: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) sandbox: bool,
    /// Strict handling for every request (D17).
    pub(crate) strict: bool,
    /// Clients reach the server by `https`, its own or that of a proxy.
    pub(crate) https: bool,
    /// Images under the points of maps (D73).
    pub(crate) tiles: Option<Tiles>,
    /// Certificates of the server and of its clients.
    pub(crate) files: Files,
    /// The proxies in front: addresses, and the header of certificates.
    pub(crate) proxies: (Vec<IpAddr>, Option<HeaderName>),
    /// `iss` and `aud` of our tokens, when not the usual ones, and the days a key signs.
    pub(crate) tokens: Tokens,
    /// Whose tokens are taken beside ours.
    pub(crate) issuers: Vec<Configured>,
    /// How much one caller may ask, where not as usual (D61).
    pub(crate) limits: Limits,
    /// Where people sign in.
    pub(crate) sign_in: Vec<SignIn>,
}

/// How much one caller may ask; what is not said is as D61 has it.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    per_second: Option<NonZeroU32>,
    burst: Option<NonZeroU32>,
    concurrent: Option<NonZeroU32>,
    connections_per_address: Option<NonZeroU32>,
}

/// Our tokens.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tokens {
    pub(crate) issuer: Option<String>,
    pub(crate) audience: Option<String>,
    key_days: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct MapFile {
    tiles: String,
    attribution: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsFile {
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ClientsFile {
    authority: Option<PathBuf>,
    revocation_lists: Vec<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ProxyFile {
    addresses: Vec<IpAddr>,
    certificate_header: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerFile {
    issuer: String,
    audience: String,
    algorithms: Vec<String>,
    #[serde(default)]
    bound: bool,
    keys: Option<PathBuf>,
    keys_url: Option<String>,
    authority: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    data: Option<PathBuf>,
    listen: Option<SocketAddr>,
    strict: bool,
    https: bool,
    map: Option<MapFile>,
    tls: Option<TlsFile>,
    clients: ClientsFile,
    proxy: ProxyFile,
    tokens: Tokens,
    issuer: Vec<IssuerFile>,
    limits: Limits,
    sign_in: Vec<SignIn>,
}

impl Limits {
    /// The limits of requests.
    pub(crate) fn of_calls(&self) -> ror_api::Limits {
        let usual = ror_api::Limits::default();
        ror_api::Limits {
            per_second: self.per_second.unwrap_or(usual.per_second),
            burst: self.burst.unwrap_or(usual.burst),
            concurrent: self.concurrent.map_or(usual.concurrent, NonZeroU32::get),
            ..usual
        }
    }
}

impl Tokens {
    /// How long a key signs, in days.
    pub(crate) fn key_days(&self) -> u32 {
        self.key_days.unwrap_or(KEY_DAYS)
    }
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
        // Every mistake is told, not the first alone.
        let mut mistakes = Vec::new();
        let proxies = proxies(&file.proxy, &mut mistakes);
        let issuers = file.issuer.into_iter().filter_map(|one| issuer(one, &mut mistakes)).collect();
        if file.clients.authority.is_none() && !file.clients.revocation_lists.is_empty() {
            mistakes.push("[clients] revocation_lists sans authority".to_owned());
        }
        if file.clients.authority.is_some() && file.tls.is_none() && proxies.1.is_none() {
            mistakes.push(
                "[clients] authority sans [tls] ni [proxy] certificate_header : aucun certificat ne peut arriver"
                    .to_owned(),
            );
        }
        mistakes.extend(file.sign_in.iter().flat_map(SignIn::mistakes));
        if file.tokens.key_days == Some(0) {
            mistakes.push("[tokens] key_days : 1 au moins".to_owned());
        }
        if !mistakes.is_empty() {
            bail!("configuration :\n  {}", mistakes.join("\n  "));
        }
        // Files are named from where the configuration is.
        let from = |path: PathBuf| match arguments.config.as_deref().and_then(Path::parent) {
            Some(folder) => folder.join(path),
            None => path,
        };
        let ClientsFile { authority, revocation_lists } = file.clients;
        Ok(Self {
            data,
            listen: arguments.listen.or(file.listen).unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
            sandbox: arguments.sandbox,
            strict: file.strict,
            https: file.https || file.tls.is_some(),
            tiles,
            files: Files {
                server: file.tls.map(|tls| (from(tls.certificate), from(tls.key))),
                authority: authority.map(from),
                lists: revocation_lists.into_iter().map(from).collect(),
            },
            proxies,
            tokens: file.tokens,
            issuers: located(issuers, from),
            limits: file.limits,
            sign_in: file.sign_in.into_iter().map(|one| one.located(from)).collect(),
        })
    }

    /// What a server is told that reads no configuration (`ror demo`).
    pub(crate) fn plain(data: PathBuf, listen: SocketAddr) -> Self {
        Self {
            data,
            listen,
            sandbox: true,
            strict: false,
            https: false,
            tiles: None,
            files: Files::default(),
            proxies: (Vec::new(), None),
            tokens: Tokens::default(),
            issuers: Vec::new(),
            limits: Limits::default(),
            sign_in: Vec::new(),
        }
    }

    /// What connections are made of, with these certificates.
    pub(crate) fn connections(&self, security: Option<Arc<Security>>) -> Connections {
        let (addresses, certificate_header) = self.proxies.clone();
        let usual = Connections::default();
        Connections {
            per_address: self.limits.connections_per_address.map_or(usual.per_address, NonZeroU32::get),
            security,
            proxies: Proxies { addresses, certificate_header },
            ..usual
        }
    }

    /// Whether secrets and tokens would cross a network in clear.
    pub(crate) fn is_in_clear(&self) -> bool {
        let is_plain = self.files.server.is_none() && self.proxies.0.is_empty() && !self.https;
        is_plain && !self.listen.ip().is_loopback()
    }
}

fn located(issuers: Vec<Configured>, from: impl Fn(PathBuf) -> PathBuf) -> Vec<Configured> {
    let place = |one: Configured| {
        let keys = match one.keys {
            Source::File(path) => Source::File(from(path)),
            Source::Https { address, authority } => Source::Https { address, authority: from(authority) },
        };
        Configured { keys, ..one }
    };
    issuers.into_iter().map(place).collect()
}

fn proxies(file: &ProxyFile, mistakes: &mut Vec<String>) -> (Vec<IpAddr>, Option<HeaderName>) {
    let name = file.certificate_header.as_deref().map(str::parse::<HeaderName>);
    if matches!(name, Some(Err(_))) {
        mistakes.push("[proxy] certificate_header : nom d'en-tête illisible".to_owned());
    }
    if file.addresses.is_empty() && file.certificate_header.is_some() {
        mistakes.push("[proxy] certificate_header sans addresses : personne ne serait cru".to_owned());
    }
    (file.addresses.clone(), name.and_then(Result::ok))
}

fn issuer(file: IssuerFile, mistakes: &mut Vec<String>) -> Option<Configured> {
    let name = file.issuer.clone();
    let keys = match (file.keys, file.keys_url, file.authority) {
        (Some(path), None, None) => Source::File(path),
        (None, Some(url), Some(authority)) => match url.parse::<Uri>() {
            Ok(address) if address.scheme_str() == Some("https") && address.host().is_some() => {
                Source::Https { address, authority }
            }
            _ => {
                mistakes.push(format!("[[issuer]] {name} : keys_url doit être une adresse https://"));
                return None;
            }
        },
        _ => {
            let text = "keys (fichier), ou keys_url avec authority (autorités du serveur qui les publie)";
            mistakes.push(format!("[[issuer]] {name} : {text}"));
            return None;
        }
    };
    let IssuerFile { issuer, audience, algorithms, bound, .. } = file;
    Some(Configured { issuer: Issuer { issuer, audience, algorithms, bound }, keys })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> anyhow::Result<Config> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ror.toml");
        std::fs::write(&path, text).expect("written");
        let arguments = Serve {
            data: Some(PathBuf::from("data")),
            listen: None,
            config: Some(path),
            sandbox: false,
            map_tiles: None,
            map_attribution: None,
        };
        let mut config = Config::read(&arguments)?;
        let shorten = |path: &mut PathBuf| *path = path.strip_prefix(folder.path()).unwrap_or(path).to_owned();
        config.files.authority.as_mut().map(shorten);
        config.files.lists.iter_mut().for_each(shorten);
        Ok(config)
    }

    #[test]
    fn the_sections_of_security_are_read_and_files_found_beside_the_configuration() {
        let config = read(
            r#"
            [tls]
            certificate = "/etc/ror/chaine.pem"
            key = "/etc/ror/cle.pem"
            [clients]
            authority = "igc.pem"
            revocation_lists = ["a.crl", "b.crl"]
            [proxy]
            addresses = ["10.0.0.5", "2001:db8::5"]
            certificate_header = "Client-Cert"
            [tokens]
            issuer = "https://ror.exemple.fr/auth/realms/ror"
            key_days = 7
            [limits]
            burst = 20
            connections_per_address = 8
            [[issuer]]
            issuer = "https://idp.exemple.fr"
            audience = "ror"
            algorithms = ["ES256"]
            keys_url = "https://idp.exemple.fr/certs"
            authority = "/etc/ssl/certs/ca-certificates.crt"
            "#,
        )
        .expect("a good configuration");
        assert!(config.https, "its own TLS");
        assert_eq!(config.files.authority, Some("igc.pem".into()));
        assert_eq!(config.files.lists, [PathBuf::from("a.crl"), "b.crl".into()]);
        assert_eq!(config.files.server, Some(("/etc/ror/chaine.pem".into(), "/etc/ror/cle.pem".into())));
        let connections = config.connections(None);
        assert_eq!((connections.proxies.addresses.len(), connections.per_address), (2, 8));
        let (limits, usual) = (config.limits.of_calls(), ror_api::Limits::default());
        assert_eq!(
            (limits.burst.get(), limits.per_second, limits.concurrent),
            (20, usual.per_second, usual.concurrent)
        );
        assert_eq!(config.tokens.key_days(), 7);
        assert!(matches!(&config.issuers[0].keys, Source::Https { address, .. } if address.path() == "/certs"));
    }

    #[test]
    fn a_server_that_would_speak_in_clear_is_known() {
        for (text, expected) in [
            ("listen = \"0.0.0.0:80\"", true),
            ("listen = \"0.0.0.0:80\"\nhttps = true", false),
            ("listen = \"127.0.0.1:80\"", false),
            ("listen = \"0.0.0.0:443\"\n[tls]\ncertificate = \"a\"\nkey = \"b\"", false),
            ("listen = \"10.0.0.1:80\"\n[proxy]\naddresses = [\"10.0.0.5\"]", false),
        ] {
            assert_eq!(read(text).expect("a configuration").is_in_clear(), expected, "{text}");
        }
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let text = r#"
            [clients]
            revocation_lists = ["a.crl"]
            [proxy]
            certificate_header = "a b"
            [tokens]
            key_days = 0
            [[issuer]]
            issuer = "un"
            audience = "ror"
            algorithms = ["ES256"]
            keys_url = "http://idp.exemple.fr/certs"
            authority = "a.pem"
            [[issuer]]
            issuer = "deux"
            audience = "ror"
            algorithms = ["ES256"]
            "#;
        let told = read(text).expect_err("mistakes").to_string();
        for part in ["revocation_lists", "nom d'en-tête", "addresses", "key_days", "un : keys_url", "deux : keys"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(read("[clients]\nauthority = \"a.pem\"").is_err(), "no certificate could come");
        assert!(read("[tls]\ncertificate = \"a.pem\"").is_err(), "no key");
        assert!(read("[limits]\nburst = 0").is_err(), "nobody could call");
        assert!(read("[tokens]\nprofile = 1").is_err(), "nothing here changes who sees what");
    }
}

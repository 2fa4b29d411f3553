//! Keys of other issuers of tokens: read from a file, or fetched over HTTPS, again and again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use ror_identity::{Identity, Issuer};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::environment::now;
use crate::{report, security};

/// How often keys are looked after: a key made or wiped by another process is seen within 2 s (D65).
const TICK: Duration = Duration::from_secs(1);
/// How long fetching a set of keys may take in all.
const FETCH_TIME: Duration = Duration::from_secs(10);
/// Longest set of keys.
const KEYS_BYTES_MAX: usize = 256 * 1024;

/// Where the keys of an issuer are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    File(PathBuf),
    /// Fetched from there; the file holds the authorities that may vouch for that server.
    Https {
        address: Uri,
        authority: PathBuf,
    },
}

/// An issuer and where its keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Configured {
    pub(crate) issuer: Issuer,
    pub(crate) keys: Source,
}

/// Looks after the keys, ours and theirs, as long as the server runs.
pub(crate) async fn tend(identity: Arc<Identity>, issuers: Vec<Configured>) {
    loop {
        let held = Arc::clone(&identity);
        let tended = tokio::task::spawn_blocking(move || held.tend(now())).await;
        if let Ok(Err(error)) = tended {
            report::complain(&format!("clés de signature : {error}"));
        }
        for wanting in identity.issuers_wanting_keys(now()) {
            let Some(configured) = issuers.iter().find(|one| one.issuer.issuer == wanting) else { continue };
            // The former keys stay in use, for a day at most.
            if let Err(error) = renew(&identity, configured).await {
                report::complain(&format!("clés de {wanting} non relues : {error:#}"));
            }
        }
        tokio::time::sleep(TICK).await;
    }
}

async fn renew(identity: &Identity, configured: &Configured) -> anyhow::Result<()> {
    let text = match &configured.keys {
        Source::File(path) => {
            tokio::fs::read_to_string(path).await.with_context(|| format!("lecture de {}", path.display()))?
        }
        Source::Https { address, authority } => {
            let roots = security::several::<CertificateDer<'static>>(authority)?;
            tokio::time::timeout(FETCH_TIME, fetch(address, roots)).await.context("sans réponse à temps")??
        }
    };
    identity.set_issuer_keys(&configured.issuer.issuer, &text, now())?;
    Ok(())
}

/// One GET; no redirection is followed, and the server must have a certificate of these authorities.
async fn fetch(address: &Uri, authorities: Vec<CertificateDer<'static>>) -> anyhow::Result<String> {
    let mut roots = RootCertStore::empty();
    let (taken, _) = roots.add_parsable_certificates(authorities);
    ensure!(taken > 0, "aucune autorité lisible");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let host = address.host().context("adresse sans hôte")?;
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((name, address.port_u16().unwrap_or(443))).await.context("connexion")?;
    let name = ServerName::try_from(name.to_owned()).context("nom d'hôte")?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.context("TLS")?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let path = address.path_and_query().map_or("/", |path| path.as_str());
    let authority = address.authority().map_or(host, |authority| authority.as_str());
    let request = Request::get(path)
        .header(header::HOST, authority)
        .header(header::ACCEPT, "application/json")
        .body(Empty::<Bytes>::new())?;
    let answer = sender.send_request(request).await?;
    if answer.status() != StatusCode::OK {
        bail!("réponse {}", answer.status());
    }
    let body = Limited::new(answer.into_body(), KEYS_BYTES_MAX).collect().await;
    connection.abort();
    let body = body.map_err(|error| anyhow::anyhow!("corps : {error}"))?.to_bytes();
    Ok(String::from_utf8(body.into())?)
}

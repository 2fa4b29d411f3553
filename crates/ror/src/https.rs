//! One question to a server that must have a certificate of known authorities; nothing is followed.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// How long an answer may take in all: somebody may be waiting for it.
const TIME: Duration = Duration::from_secs(5);
/// Longest answer.
const BYTES_MAX: usize = 256 * 1024;

/// The authorities that may vouch for a server.
pub(crate) fn trusting(authorities: Vec<CertificateDer<'static>>) -> anyhow::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    let (taken, _) = roots.add_parsable_certificates(authorities);
    ensure!(taken > 0, "aucune autorité lisible");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The answer to a request, whatever its status; the path and the host are put in.
pub(crate) async fn ask(
    trusted: Arc<ClientConfig>,
    address: &Uri,
    request: Request<Full<Bytes>>,
) -> anyhow::Result<(StatusCode, Bytes)> {
    tokio::time::timeout(TIME, exchange(trusted, address, request)).await.context("sans réponse à temps")?
}

async fn exchange(
    trusted: Arc<ClientConfig>,
    address: &Uri,
    mut request: Request<Full<Bytes>>,
) -> anyhow::Result<(StatusCode, Bytes)> {
    ensure!(address.scheme_str() == Some("https"), "{address} : adresse https:// attendue");
    let host = address.host().context("adresse sans hôte")?;
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((name, address.port_u16().unwrap_or(443))).await.context("connexion")?;
    let name = ServerName::try_from(name.to_owned()).context("nom d'hôte")?;
    let stream = TlsConnector::from(trusted).connect(name, stream).await.context("TLS")?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let authority = address.authority().map_or(host, |authority| authority.as_str());
    *request.uri_mut() = address.path_and_query().map_or("/", |path| path.as_str()).parse()?;
    request.headers_mut().insert(header::HOST, authority.parse()?);
    request.headers_mut().insert(header::ACCEPT, header::HeaderValue::from_static("application/json"));
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), BYTES_MAX).collect().await;
    connection.abort();
    let body = body.map_err(|error| anyhow::anyhow!("corps : {error}"))?.to_bytes();
    Ok((status, body))
}

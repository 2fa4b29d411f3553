//! Keys of other issuers of tokens: read from a file, or fetched over HTTPS, again and again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use hyper::{Request, StatusCode, Uri};
use ror_identity::{Identity, Issuer};
use rustls::pki_types::CertificateDer;

use crate::environment::now;
use crate::{https, report, security};

/// How often keys are looked after: a key made or wiped by another process is seen within 2 s (D65).
const TICK: Duration = Duration::from_secs(1);

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
            fetch(address, roots).await?
        }
    };
    identity.set_issuer_keys(&configured.issuer.issuer, &text, now())?;
    Ok(())
}

/// One GET; no redirection is followed, and the server must have a certificate of these authorities.
async fn fetch(address: &Uri, authorities: Vec<CertificateDer<'static>>) -> anyhow::Result<String> {
    let (status, body) = https::ask(https::trusting(authorities)?, address, Request::default()).await?;
    if status != StatusCode::OK {
        bail!("réponse {status}");
    }
    Ok(String::from_utf8(body.into())?)
}

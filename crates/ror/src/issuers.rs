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
    let issuers: Vec<Arc<Configured>> = issuers.into_iter().map(Arc::new).collect();
    tend_with(identity, &issuers, renew).await;
}

/// The same, with the way to read an issuer's keys again. None of them is waited for: one that hangs
/// must not keep a stolen key of ours, or the keys of the others, in use.
async fn tend_with<R>(
    identity: Arc<Identity>,
    issuers: &[Arc<Configured>],
    renew: impl Fn(Arc<Identity>, Arc<Configured>) -> R,
) where
    R: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    loop {
        let held = Arc::clone(&identity);
        let tended = tokio::task::spawn_blocking(move || held.tend(now())).await;
        if let Ok(Err(error)) = tended {
            report::complain(&format!("clés de signature : {error}"));
        }
        // Each is named once a minute at most, which is longer than a reading lasts.
        for wanting in identity.issuers_wanting_keys(now()) {
            let Some(configured) = issuers.iter().find(|one| one.issuer.issuer == wanting) else { continue };
            let renewed = renew(Arc::clone(&identity), Arc::clone(configured));
            tokio::spawn(async move {
                // The former keys stay in use, for a day at most.
                if let Err(error) = renewed.await {
                    report::complain(&format!("clés de {wanting} non relues : {error:#}"));
                }
            });
        }
        tokio::time::sleep(TICK).await;
    }
}

async fn renew(identity: Arc<Identity>, configured: Arc<Configured>) -> anyhow::Result<()> {
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

#[cfg(test)]
mod tests {
    use ror_identity::{Rotation, Settings, rotate};
    use ror_ledger::{Ledger, SqliteLedger};

    use super::*;
    use crate::environment::random;

    #[test]
    fn an_issuer_that_hangs_does_not_keep_a_stolen_key_in_use() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger: Arc<dyn Ledger> =
            Arc::new(SqliteLedger::open(&folder.path().join("ledger.sqlite")).expect("a ledger"));
        let issuer = Issuer {
            issuer: "https://idp.example".to_owned(),
            audience: "https://ror.example".to_owned(),
            algorithms: vec!["ES256".to_owned()],
            bound: false,
        };
        let keys = Source::File(PathBuf::from("absent"));
        let configured = Arc::new(Configured { issuer: issuer.clone(), keys });
        let settings = Settings { issuers: vec![issuer], ..Settings::new(true) };
        let identity = Identity::open(Arc::clone(&ledger), settings, Box::new(random), now()).expect("opens");
        let identity = Arc::new(identity);
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let (asked, hears) = std::sync::mpsc::channel();
        let tended = Arc::clone(&identity);
        runtime.spawn(async move {
            let hangs = move |_, _| {
                asked.send(()).ok();
                std::future::pending::<anyhow::Result<()>>()
            };
            tend_with(tended, &[configured], hangs).await;
        });
        hears.recv().expect("the issuer is asked");
        let new = rotate(&*ledger, &random, Rotation::Urgent, "console", now()).expect("a key");
        let is_seen = (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            let set = identity.jwks();
            set.contains(&new) && set.matches("kid").count() == 1
        });
        assert!(is_seen, "the stolen key is still published: {}", identity.jwks());
        runtime.shutdown_background();
    }
}

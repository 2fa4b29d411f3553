//! Certificates of the server and of its clients, read from the files that the configuration names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use ror_api::{Material, Security};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

use crate::environment::now;
use crate::report;

/// Longest file of certificates or lists that is read, in bytes: lists of a national authority take a few MB.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The files of the sections `tls` and `clients`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Files {
    /// Certificate and private key of the server; `None` when a proxy ends TLS.
    pub(crate) server: Option<(PathBuf, PathBuf)>,
    pub(crate) authority: Option<PathBuf>,
    pub(crate) lists: Vec<PathBuf>,
}

impl Files {
    /// The certificates in these files; `None` when none is named.
    pub(crate) fn open(&self) -> anyhow::Result<Option<Arc<Security>>> {
        if *self == Self::default() {
            return Ok(None);
        }
        Ok(Some(Arc::new(Security::new(self.read()?, Arc::new(now))?)))
    }

    fn read(&self) -> anyhow::Result<Material> {
        let server = match &self.server {
            None => None,
            Some((certificate, key)) => Some((
                several::<CertificateDer<'static>>(certificate)?,
                PrivateKeyDer::from_pem_slice(&bytes(key)?)
                    .with_context(|| format!("{} : clé privée illisible (PEM attendu)", key.display()))?,
            )),
        };
        let authorities = self.authority.as_deref().map(several).transpose()?.unwrap_or_default();
        let mut lists = Vec::new();
        for path in &self.lists {
            lists.extend(several::<CertificateRevocationListDer<'static>>(path)?);
        }
        Ok(Material { server, authorities, lists })
    }
}

/// Reads the files again at each SIGHUP; files that are no good leave what was in force.
pub(crate) async fn reload_when_asked(files: Files, security: Arc<Security>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut asked) = signal(SignalKind::hangup()) else { return };
    while asked.recv().await.is_some() {
        let (files, security) = (files.clone(), Arc::clone(&security));
        let read = move || -> anyhow::Result<()> { Ok(security.replace(files.read()?)?) };
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(())) => report::complain("certificats relus"),
            Ok(Err(error)) => report::complain(&format!("certificats inchangés : {error:#}")),
            Err(_) => report::complain("certificats inchangés : lecture interrompue"),
        }
    }
}

/// The certificates or lists of a file: any number in PEM, or one in DER as authorities publish lists.
pub(crate) fn several<T: PemObject + From<Vec<u8>>>(path: &Path) -> anyhow::Result<Vec<T>> {
    let bytes = bytes(path)?;
    if bytes.first() == Some(&0x30) {
        return Ok(vec![T::from(bytes)]);
    }
    let all: Result<Vec<T>, _> = T::pem_slice_iter(&bytes).collect();
    let all = all.with_context(|| format!("{} : PEM illisible", path.display()))?;
    if all.is_empty() {
        bail!("{} ne contient rien de ce qui est attendu (PEM, ou DER)", path.display());
    }
    Ok(all)
}

fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let of = || format!("lecture de {}", path.display());
    let length = std::fs::metadata(path).with_context(of)?.len();
    ensure!(length <= FILE_BYTES_MAX, "{} : fichier trop long", path.display());
    std::fs::read(path).with_context(of)
}

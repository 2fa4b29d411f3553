//! TLS: the server's own certificate, and the authorities that vouch for those of clients.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ror_fhir::Instant;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, VerifierBuilderError, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{RootCertStore, ServerConfig};

type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// What certificates a server has, read from its files.
#[derive(Default)]
pub struct Material {
    /// The server's certificate with those between it and its authority, and its private key;
    /// `None` when a proxy ends TLS.
    pub server: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    /// The authorities whose client certificates are taken; empty: none is asked for.
    pub authorities: Vec<CertificateDer<'static>>,
    /// Their revocation lists; empty: revocation is not checked.
    pub lists: Vec<CertificateRevocationListDer<'static>>,
}

/// Why certificates cannot be used. Messages are French: they are read by whoever runs the server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The server's certificate and key do not go together, or one of them is of a kind not served.
    #[error("certificat ou clé du serveur refusés")]
    Server(#[source] rustls::Error),
    /// An authority is no certificate.
    #[error("certificat d'autorité illisible")]
    Authority(#[source] rustls::Error),
    /// There are revocation lists and no authority, or a list cannot be read.
    #[error("listes de révocation sans autorité, ou illisibles")]
    Lists(#[source] VerifierBuilderError),
}

/// The certificates of this moment: connections in progress keep those they began with.
pub struct Security {
    state: RwLock<State>,
    clock: Clock,
}

#[derive(Clone)]
struct State {
    server: Option<Arc<ServerConfig>>,
    verifier: Option<Arc<dyn ClientCertVerifier>>,
}

impl Security {
    /// Takes these certificates. `now` is the clock by which they are judged.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(material: Material, now: Clock) -> Result<Self, TlsError> {
        let state = State::of(material, &now)?;
        Ok(Self { state: RwLock::new(state), clock: now })
    }

    /// Takes other certificates from now on.
    ///
    /// # Errors
    /// [`TlsError`]: the former ones stay.
    pub fn replace(&self, material: Material) -> Result<(), TlsError> {
        let state = State::of(material, &self.clock)?;
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
        Ok(())
    }

    /// Whether certificates of clients are taken at all.
    pub fn asks_for_certificates(&self) -> bool {
        self.now().verifier.is_some()
    }

    /// How to begin a connection; `None` when a proxy ends TLS.
    pub(crate) fn server(&self) -> Option<Arc<ServerConfig>> {
        self.now().server
    }

    /// Whether an authority vouches for the first of these certificates at that time: signed by it,
    /// in its days, for a client, on no list.
    pub(crate) fn vouches(&self, chain: &[CertificateDer<'_>], now: Instant) -> bool {
        let State { verifier: Some(verifier), .. } = self.now() else { return false };
        let [certificate, between @ ..] = chain else { return false };
        verifier.verify_client_cert(certificate, between, unix(now)).is_ok()
    }

    fn now(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Security").finish_non_exhaustive()
    }
}

impl State {
    fn of(material: Material, clock: &Clock) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let Material { server, authorities, lists } = material;
        let verifier = verifier(&provider, authorities, lists)?;
        let server = server.map(|(chain, key)| {
            let builder = ServerConfig::builder_with_details(provider, Arc::new(HandedClock(Arc::clone(clock))))
                .with_safe_default_protocol_versions()?;
            let builder = match &verifier {
                Some(verifier) => builder.with_client_cert_verifier(Arc::clone(verifier)),
                None => builder.with_no_client_auth(),
            };
            let mut config = builder.with_single_cert(chain, key)?;
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            if verifier.is_some() {
                // A session taken up again would not show its certificate to the lists of the moment.
                config.session_storage = Arc::new(NoServerSessionStorage {});
            }
            Ok(Arc::new(config))
        });
        Ok(Self { server: server.transpose().map_err(TlsError::Server)?, verifier })
    }
}

/// No certificate is a client without one. With lists, a certificate that none of them covers is
/// refused, and a list past its date covers nothing.
fn verifier(
    provider: &Arc<CryptoProvider>,
    authorities: Vec<CertificateDer<'static>>,
    lists: Vec<CertificateRevocationListDer<'static>>,
) -> Result<Option<Arc<dyn ClientCertVerifier>>, TlsError> {
    if authorities.is_empty() && lists.is_empty() {
        return Ok(None);
    }
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority).map_err(TlsError::Authority)?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .with_crls(lists)
        .enforce_revocation_expiration()
        .allow_unauthenticated()
        .build()
        .map_err(TlsError::Lists)?;
    Ok(Some(verifier))
}

struct HandedClock(Clock);

impl fmt::Debug for HandedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandedClock")
    }
}

impl TimeProvider for HandedClock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(unix((self.0)()))
    }
}

fn unix(now: Instant) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_millis(u64::try_from(now).unwrap_or_default()))
}

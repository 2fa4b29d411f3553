//! TLS: the server's own certificate, and the authorities that vouch for those of clients.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ::aws_lc_rs::digest::{SHA256, digest};
use ror_fhir::Instant;
use ror_identity::{Authority, Certificate};
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
    /// The same, for each authority alone.
    authorities: Arc<[Vouching]>,
}

/// One authority, with those of the configuration that it signed.
struct Vouching {
    /// SHA-256 of the highest of its certificates.
    thumbprint: [u8; 32],
    verifier: Arc<dyn ClientCertVerifier>,
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

    /// How many authorities certificates are taken from, those that one of them signed not counted.
    pub fn authorities(&self) -> usize {
        self.now().authorities.len()
    }

    /// Whether certificates of clients are taken at all.
    pub fn asks_for_certificates(&self) -> bool {
        self.now().verifier.is_some()
    }

    /// How to begin a connection; `None` when a proxy ends TLS.
    pub(crate) fn server(&self) -> Option<Arc<ServerConfig>> {
        self.now().server
    }

    /// The authority that vouches for the first of these certificates at that time: signed by it, in
    /// its days, for a client, on no list.
    pub(crate) fn vouches(&self, chain: &[CertificateDer<'_>], now: Instant) -> Option<Authority> {
        let State { authorities, .. } = self.now();
        let [certificate, between @ ..] = chain else { return None };
        let vouches = |one: &&Vouching| one.verifier.verify_client_cert(certificate, between, unix(now)).is_ok();
        let found = authorities.iter().find(vouches)?;
        Some(Authority { thumbprint: found.thumbprint, is_only: authorities.len() == 1 })
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
        let alone = |(thumbprint, group)| match verifier(&provider, group, lists.clone())? {
            Some(verifier) => Ok(Some(Vouching { thumbprint, verifier })),
            None => Ok(None),
        };
        let each: Result<Vec<_>, TlsError> = groups(&authorities).into_iter().map(alone).collect();
        let each = each?.into_iter().flatten().collect();
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
        Ok(Self { server: server.transpose().map_err(TlsError::Server)?, verifier, authorities: each })
    }
}

/// The authorities, each with those below it: a file may name a root and what it signed. They are
/// put together by what they say of each other, which whoever wrote the configuration vouches for.
fn groups(authorities: &[CertificateDer<'static>]) -> BTreeMap<[u8; 32], Vec<CertificateDer<'static>>> {
    let read: Vec<Option<Certificate>> = authorities.iter().map(|der| Certificate::read(der)).collect();
    let above = |one: usize| {
        let issuer = read[one].as_ref()?.issuer();
        let is_above = |other: &usize| read[*other].as_ref().is_some_and(|read| read.subject() == issuer);
        (0..read.len()).find(is_above).filter(|other| *other != one)
    };
    let mut groups: BTreeMap<[u8; 32], Vec<CertificateDer<'static>>> = BTreeMap::new();
    for (at, der) in authorities.iter().enumerate() {
        // No higher than there are: two that signed each other would be climbed for ever.
        let highest = (0..read.len()).try_fold(at, |one, _| above(one).ok_or(one)).unwrap_or_else(|highest| highest);
        groups.entry(thumbprint(&authorities[highest])).or_default().push(der.clone());
    }
    groups
}

fn thumbprint(der: &CertificateDer<'_>) -> [u8; 32] {
    digest(&SHA256, der).as_ref().try_into().expect("SHA-256 has 32 bytes")
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
        KeyPair, KeyUsagePurpose, date_time_ymd,
    };

    use super::*;

    const NOW: Instant = 1_795_262_700_000;

    fn wanted(name: &str) -> CertificateParams {
        let mut wanted = CertificateParams::new(Vec::new()).unwrap();
        wanted.distinguished_name = DistinguishedName::new();
        wanted.distinguished_name.push(DnType::CommonName, name);
        (wanted.not_before, wanted.not_after) = (date_time_ymd(2025, 1, 1), date_time_ymd(2028, 1, 1));
        wanted
    }

    fn authority(name: &str) -> CertificateParams {
        let mut wanted = wanted(name);
        wanted.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        wanted.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        wanted
    }

    fn root(name: &str) -> CertifiedIssuer<'static, KeyPair> {
        CertifiedIssuer::self_signed(authority(name), KeyPair::generate().unwrap()).unwrap()
    }

    fn client(of: &CertifiedIssuer<'static, KeyPair>) -> CertificateDer<'static> {
        let mut wanted = wanted("samu");
        wanted.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        wanted.signed_by(&KeyPair::generate().unwrap(), of).unwrap().der().clone()
    }

    fn security(authorities: &[&CertifiedIssuer<'static, KeyPair>]) -> Security {
        let authorities = authorities.iter().map(|one| one.as_ref().der().clone()).collect();
        Security::new(Material { authorities, ..Material::default() }, Arc::new(|| NOW)).unwrap()
    }

    #[test]
    fn whoever_vouches_is_known_and_what_they_signed_is_theirs() {
        let (ours, theirs) = (root("IGC"), root("Autre"));
        let below = CertifiedIssuer::signed_by(authority("IGC ORG"), KeyPair::generate().unwrap(), &ours).unwrap();
        // Another authority may call what it signs as it likes, that of ours too.
        let imitated = CertifiedIssuer::signed_by(authority("IGC ORG"), KeyPair::generate().unwrap(), &theirs).unwrap();
        let of = |root: &CertifiedIssuer<'static, KeyPair>| thumbprint(root.as_ref().der());
        let one = security(&[&below, &ours]);
        let vouched = one.vouches(&[client(&below)], NOW);
        assert_eq!(
            vouched,
            Some(Authority { thumbprint: of(&ours), is_only: true }),
            "a root and what it signed are one"
        );
        let two = security(&[&ours, &theirs]);
        assert_eq!((one.authorities(), two.authorities()), (1, 2));
        for (chain, by) in [
            (vec![client(&ours)], &ours),
            (vec![client(&theirs)], &theirs),
            (vec![client(&below), below.as_ref().der().clone()], &ours),
            (vec![client(&imitated), imitated.as_ref().der().clone()], &theirs),
        ] {
            assert_eq!(two.vouches(&chain, NOW), Some(Authority { thumbprint: of(by), is_only: false }));
        }
        assert_eq!(two.vouches(&[client(&root("Inconnue"))], NOW), None);
        assert_eq!(two.vouches(&[], NOW), None);
    }
}

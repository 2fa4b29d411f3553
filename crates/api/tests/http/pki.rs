//! Authorities, certificates and revocation lists, made for one test; and a caller that shows them.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};
use ror_api::{Material, Security};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::common::{Reply, START};

/// A certificate with its key.
pub(crate) struct Holder {
    pub(crate) der: CertificateDer<'static>,
    key: KeyPair,
}

pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// From when to when a certificate is good.
#[derive(Clone, Copy)]
pub(crate) enum Days {
    Past,
    Present,
    Future,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut wanted = CertificateParams::new(Vec::new()).unwrap();
        wanted.distinguished_name.push(DnType::CommonName, name);
        wanted.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        wanted.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Self(CertifiedIssuer::self_signed(wanted, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn der(&self) -> CertificateDer<'static> {
        self.0.as_ref().der().clone()
    }

    /// A certificate of a client, `CN=name,C=FR`.
    pub(crate) fn client(&self, name: &str, serial: u64, days: Days) -> Holder {
        self.issue(name, serial, days, ExtendedKeyUsagePurpose::ClientAuth)
    }

    pub(crate) fn issue(&self, name: &str, serial: u64, days: Days, usage: ExtendedKeyUsagePurpose) -> Holder {
        let mut wanted = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        wanted.distinguished_name = rcgen::DistinguishedName::new();
        wanted.distinguished_name.push(DnType::CountryName, DnValue::PrintableString("FR".try_into().unwrap()));
        wanted.distinguished_name.push(DnType::CommonName, name);
        wanted.extended_key_usages = vec![usage];
        wanted.serial_number = Some(SerialNumber::from(serial));
        (wanted.not_before, wanted.not_after) = match days {
            Days::Past => (date_time_ymd(2024, 1, 1), date_time_ymd(2025, 1, 1)),
            Days::Present => (date_time_ymd(2025, 12, 1), date_time_ymd(2026, 12, 1)),
            Days::Future => (date_time_ymd(2026, 6, 1), date_time_ymd(2027, 6, 1)),
        };
        let key = KeyPair::generate().unwrap();
        let made = wanted.signed_by(&key, &self.0).unwrap();
        Holder { der: made.der().clone(), key }
    }

    /// The list of what was revoked, good until the given month of 2026.
    pub(crate) fn list(&self, revoked: &[u64], month: u8) -> Vec<u8> {
        let revoked = revoked.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2025, 12, 15),
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2025, 12, 1),
            next_update: date_time_ymd(2026, month, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: rcgen::KeyIdMethod::Sha256,
        };
        list.signed_by(&self.0).unwrap().der().to_vec()
    }
}

impl Holder {
    fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.serialize_der().into())
    }
}

/// The server's certificate, and the authority that vouches for clients with its list.
pub(crate) fn material(server: Option<&Holder>, clients: &Authority, list: Vec<u8>) -> Material {
    Material {
        server: server.map(|server| (vec![server.der.clone()], server.key())),
        authorities: vec![clients.der()],
        lists: vec![list.into()],
    }
}

pub(crate) fn security(material: Material) -> Arc<Security> {
    Arc::new(Security::new(material, Arc::new(|| START)).unwrap())
}

/// How callers reach a server of this authority.
pub(crate) fn caller(server: &Authority, shown: Option<&Holder>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(server.der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_details(provider, Arc::new(Now))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    Arc::new(match shown {
        None => builder.with_no_client_auth(),
        Some(holder) => builder.with_client_auth_cert(vec![holder.der.clone()], holder.key()).unwrap(),
    })
}

/// A connection that stays open.
pub(crate) struct Line(StreamOwned<ClientConnection, TcpStream>);

impl Line {
    pub(crate) fn open(address: SocketAddr, caller: &Arc<ClientConfig>) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        Self(StreamOwned::new(ClientConnection::new(Arc::clone(caller), name).unwrap(), stream))
    }

    /// Asks, and reads an answer of known length.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Reply {
        self.0.write_all(request).unwrap();
        let mut bytes = Vec::new();
        let mut byte = [0];
        while !bytes.ends_with(b"\r\n\r\n") {
            self.0.read_exact(&mut byte).unwrap();
            bytes.push(byte[0]);
        }
        let length = Reply::read(&bytes).header("content-length").unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        bytes.extend(body);
        Reply::read(&bytes)
    }
}

/// Sends bytes over TLS; `None` when the server ended the connection without an answer.
pub(crate) fn send(address: SocketAddr, caller: &Arc<ClientConfig>, request: &[u8]) -> Option<Reply> {
    let Line(mut stream) = Line::open(address, caller);
    // In TLS 1.3 a refusal comes after the first bytes were sent.
    let _ = stream.write_all(request);
    let mut bytes = Vec::new();
    let mut some = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut some) {
        bytes.extend_from_slice(&some[..read]);
    }
    (!bytes.is_empty()).then(|| Reply::read(&bytes))
}

#[derive(Debug)]
struct Now;

impl rustls::time_provider::TimeProvider for Now {
    fn current_time(&self) -> Option<rustls::pki_types::UnixTime> {
        Some(rustls::pki_types::UnixTime::since_unix_epoch(Duration::from_millis(START.unsigned_abs())))
    }
}

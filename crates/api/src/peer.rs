//! Who is at the other end: an address and a certificate, told by the connection, or by a proxy
//! that the configuration names. Nobody else is believed about either.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode;
use ror_fhir::Instant;
use ror_identity::{Certificate, Shown};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use crate::tls::Security;

/// Where proxies add the address of who called them.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies in front of this server.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// Their addresses. What they say of their callers is believed.
    pub addresses: Vec<IpAddr>,
    /// The header in which they put the certificate of their caller: `:base64:` of its DER
    /// (RFC 9440), or its PEM with percent escapes. They must overwrite what callers put there.
    pub certificate_header: Option<HeaderName>,
}

impl Proxies {
    /// Whether what comes from there comes through a proxy of ours.
    pub(crate) fn names(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|known| known.to_canonical() == address.to_canonical())
    }
}

/// A certificate that came with a call.
#[derive(Debug)]
pub(crate) struct Presented {
    /// As sent, the certificate first; empty when it cannot be read.
    chain: Vec<CertificateDer<'static>>,
    certificate: Option<Certificate>,
    /// Whether the handshake checked it against the authorities.
    is_checked: bool,
}

impl Presented {
    /// What the handshake of a connection showed.
    pub(crate) fn in_handshake(chain: &[CertificateDer<'_>]) -> Option<Arc<Self>> {
        let certificate = Certificate::read(chain.first()?);
        let chain = chain.iter().map(|one| one.clone().into_owned()).collect();
        Some(Arc::new(Self { chain, certificate, is_checked: true }))
    }

    /// What a proxy says of its caller; what cannot be read is a certificate all the same.
    fn in_header(headers: &HeaderMap, name: &HeaderName) -> Option<Arc<Self>> {
        let mut values = headers.get_all(name).iter().filter(|value| !value.is_empty());
        let value = values.next()?;
        let chain: Vec<_> = match values.next() {
            None => der(value.as_bytes()).into_iter().collect(),
            Some(_) => Vec::new(),
        };
        let certificate = chain.first().and_then(|der| Certificate::read(der));
        Some(Arc::new(Self { chain, certificate, is_checked: false }))
    }

    /// For the token address: the authorities are asked again, since a connection may outlive what
    /// its handshake was told.
    pub(crate) fn now(&self, security: Option<&Security>, now: Instant) -> Shown<'_> {
        match (&self.certificate, security) {
            (Some(certificate), Some(security)) => match security.vouches(&self.chain, now) {
                Some(authority) => Shown::Good(certificate, Some(authority)),
                None => Shown::Refused,
            },
            _ => Shown::Refused,
        }
    }

    /// For any other call, which only compares it with a token.
    pub(crate) fn in_call(&self, security: Option<&Security>, now: Instant) -> Shown<'_> {
        match &self.certificate {
            Some(certificate) if self.is_checked => Shown::Good(certificate, None),
            _ => self.now(security, now),
        }
    }
}

/// Writes into a request where it comes from: what the connection showed, or what a proxy tells.
pub(crate) fn mark(request: &mut Request, peer: SocketAddr, shown: Option<&Arc<Presented>>, proxies: &Proxies) {
    let is_proxied = !proxies.addresses.is_empty() && proxies.names(peer.ip());
    let caller = if is_proxied { caller(request.headers(), proxies).unwrap_or(peer) } else { peer };
    let shown = match &proxies.certificate_header {
        Some(name) if is_proxied => Presented::in_header(request.headers(), name),
        // A proxy's own certificate says nothing of its callers.
        _ if is_proxied => None,
        _ => shown.map(Arc::clone),
    };
    let extensions = request.extensions_mut();
    extensions.insert(ConnectInfo(caller));
    if let Some(shown) = shown {
        extensions.insert(shown);
    }
}

/// The last address added that is not one of our proxies: what stands before it, anyone may have written.
fn caller(headers: &HeaderMap, proxies: &Proxies) -> Option<SocketAddr> {
    let lines: Vec<&str> = headers.get_all(&FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or("")).collect();
    let read = |one: &str| {
        let one = one.trim();
        // Some proxies add the port.
        one.parse::<IpAddr>().ok().or_else(|| Some(one.parse::<SocketAddr>().ok()?.ip()))
    };
    let mut added = lines.iter().rev().flat_map(|line| line.rsplit(',')).map_while(read);
    let last = added.find(|address| !proxies.names(*address))?;
    Some(SocketAddr::new(last, 0))
}

fn der(value: &[u8]) -> Option<CertificateDer<'static>> {
    if let [b':', base64 @ .., b':'] = value {
        return Some(STANDARD.decode(base64).ok()?.into());
    }
    let pem: Vec<u8> = percent_decode(value).collect();
    CertificateDer::from_pem_slice(&pem).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn only_named_proxies_tell_who_calls_and_only_what_they_added() {
        let proxies = Proxies {
            addresses: vec!["10.0.0.5".parse().unwrap(), "10.0.0.6".parse().unwrap()],
            certificate_header: None,
        };
        let from = |peer: &str, lines: &[&str]| {
            let mut request = Request::new(axum::body::Body::empty());
            for line in lines {
                request.headers_mut().append(FORWARDED_FOR, line.parse().unwrap());
            }
            mark(&mut request, SocketAddr::new(peer.parse().unwrap(), 1), None, &proxies);
            request.extensions().get::<ConnectInfo<SocketAddr>>().unwrap().0.ip().to_string()
        };
        for (peer, lines, expected) in [
            ("192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
            ("10.0.0.5", &["198.51.100.7"], "198.51.100.7"),
            ("::ffff:10.0.0.5", &["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.5", &["127.0.0.1, 198.51.100.7"], "198.51.100.7"),
            ("10.0.0.5", &["127.0.0.1", "198.51.100.7"], "198.51.100.7"),
            ("10.0.0.5", &["198.51.100.7, 10.0.0.6"], "198.51.100.7"),
            ("10.0.0.5", &["2001:db8::1"], "2001:db8::1"),
            ("10.0.0.5", &["198.51.100.7:4312"], "198.51.100.7"),
            ("10.0.0.5", &["[2001:db8::1]:4312"], "2001:db8::1"),
            ("10.0.0.5", &["unknown"], "10.0.0.5"),
            ("10.0.0.5", &["198.51.100.7, n'importe"], "10.0.0.5"),
            ("10.0.0.5", &["198.51.100.7, "], "10.0.0.5"),
            ("10.0.0.5", &["10.0.0.6"], "10.0.0.5"),
            ("10.0.0.5", &[], "10.0.0.5"),
        ] {
            assert_eq!(from(peer, lines), expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn a_certificate_in_a_header_is_read_in_both_forms_or_is_refused() {
        let key = rcgen::KeyPair::generate().unwrap();
        let made = rcgen::CertificateParams::new(vec!["a.fr".into()]).unwrap().self_signed(&key).unwrap();
        let escaped = made.pem().replace('\n', "%0A").replace(' ', "%20").replace('+', "%2B");
        let name = HeaderName::from_static("client-cert");
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(&name, value.parse().unwrap());
            }
            Presented::in_header(&headers, &name).map(|shown| shown.certificate.is_some())
        };
        let field = format!(":{}:", STANDARD.encode(made.der()));
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[""]), None, "nginx sends an empty header for no certificate");
        assert_eq!(read(&[&escaped]), Some(true));
        assert_eq!(read(&[&field]), Some(true));
        for bad in [&[&*field, &*field][..], &["x"], &["::"], &[":!:"], &["-----BEGIN%20CERTIFICATE-----"]] {
            assert_eq!(read(bad), Some(false), "{bad:?}");
        }
    }
}

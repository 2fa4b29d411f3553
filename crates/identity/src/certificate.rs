//! Certificates of clients: what is read of one, and how the register names it (RFC 8705 §2.1).

use std::fmt;

use aws_lc_rs::constant_time;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use x509_parser::{
    certificate::X509Certificate,
    extensions::GeneralName,
    prelude::FromDer as _,
    x509::{RelativeDistinguishedName, X509Name},
};

use crate::{
    name,
    secret::{hex, sha256},
};

/// What is read of the certificate of a client. Whether an authority vouches for it is not known here.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    thumbprint: [u8; 32],
    subject: String,
    issuer: String,
    dns: Vec<String>,
}

impl Certificate {
    /// Reads a certificate in DER; `None` when it is none, or when its subject is no text.
    pub fn read(der: &[u8]) -> Option<Self> {
        let (rest, certificate) = X509Certificate::from_der(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let names = certificate.subject_alternative_name().ok()?;
        let names = names.map(|names| names.value.general_names.as_slice()).unwrap_or_default();
        let dns = names.iter().filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        });
        let (subject, issuer) = (written(certificate.subject())?, written(certificate.issuer())?);
        Some(Self { thumbprint: sha256(der), subject, issuer, dns: dns.collect() })
    }

    /// The subject as RFC 4514 writes it, the way the register keeps it; empty when there is none.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The name of whoever signed it, in the same form.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// SHA-256 of the DER, in hexadecimal digits.
    pub fn thumbprint(&self) -> String {
        hex(&self.thumbprint)
    }

    /// `x5t#S256` (RFC 8705 §3.1): SHA-256 of the DER, in base64url.
    pub(crate) fn x5t(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.thumbprint)
    }

    /// Whether this is the certificate that a token is bound to.
    pub(crate) fn is(&self, thumbprint: &[u8; 32]) -> bool {
        constant_time::verify_slices_are_equal(&self.thumbprint, thumbprint).is_ok()
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// The authority that vouches for a certificate: a name is unique under one of them, not among several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority {
    /// SHA-256 of its certificate, the highest of those that are configured.
    pub thumbprint: [u8; 32],
    /// Whether no other one is taken.
    pub is_only: bool,
}

/// What a call shows beside its token or its form.
#[derive(Clone, Copy, Debug, Default)]
pub enum Shown<'a> {
    /// No certificate.
    #[default]
    Nothing,
    /// One that no configured authority vouches for now, or that cannot be read.
    Refused,
    /// One that a configured authority vouches for; which one is asked at the token address alone.
    Good(&'a Certificate, Option<Authority>),
}

/// How the register names the certificate of a client: by exactly one of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateName {
    /// The whole subject, as RFC 4514 writes it (`tls_client_auth_subject_dn`): outlives renewals.
    Subject(String),
    /// A DNS name among the alternative ones (`tls_client_auth_san_dns`), no wildcard.
    Dns(String),
    /// SHA-256 of one certificate, 64 hexadecimal digits: nothing else passes, not its renewal either.
    Thumbprint(String),
}

impl CertificateName {
    /// The form in which the register keeps it, so that two ways of writing the same are one.
    ///
    /// # Errors
    /// What was given, when it names no certificate.
    pub fn canonical(self) -> Result<Self, String> {
        match self {
            Self::Subject(text) => {
                name::canonical(&text).filter(|name| !name.is_empty()).map(Self::Subject).ok_or(text)
            }
            Self::Dns(text) => {
                let name = text.to_ascii_lowercase();
                let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
                let good = (1..=253).contains(&name.len()) && name.contains('.') && name.bytes().all(legal);
                if good { Ok(Self::Dns(name)) } else { Err(text) }
            }
            Self::Thumbprint(text) => {
                let digits: String = text.chars().filter(|letter| *letter != ':').collect();
                let good = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                if good { Ok(Self::Thumbprint(digits.to_ascii_lowercase())) } else { Err(text) }
            }
        }
    }

    /// Whether this certificate has this name.
    pub(crate) fn is_of(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Subject(name) => !name.is_empty() && *name == certificate.subject,
            Self::Dns(name) => certificate.dns.contains(name),
            Self::Thumbprint(digits) => *digits == hex(&certificate.thumbprint),
        }
    }
}

/// The thumbprint of a `cnf` claim.
pub(crate) fn thumbprint(x5t: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(x5t).ok()?.try_into().ok()
}

/// RFC 4514 §2.1: the last part of the name comes first.
fn written(subject: &X509Name<'_>) -> Option<String> {
    let parts: Vec<&RelativeDistinguishedName<'_>> = subject.iter().collect();
    let read = |part: &&RelativeDistinguishedName<'_>| {
        let values = part.iter().map(|one| Some((one.attr_type().to_id_string(), one.as_str().ok()?.to_owned())));
        values.collect::<Option<Vec<_>>>()
    };
    Some(name::write(parts.iter().rev().map(read).collect::<Option<Vec<_>>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_given_is_kept_in_one_form_or_refused() {
        let hex = "0A:".repeat(31) + "0a";
        for (given, kept) in [
            (CertificateName::Subject("c=FR".into()), Some(CertificateName::Subject("C=FR".into()))),
            (CertificateName::Subject(String::new()), None),
            (CertificateName::Subject("SAMU".into()), None),
            (CertificateName::Dns("Client.SAMU.fr".into()), Some(CertificateName::Dns("client.samu.fr".into()))),
            (CertificateName::Dns("*.samu.fr".into()), None),
            (CertificateName::Dns("localhost".into()), None),
            (CertificateName::Thumbprint(hex), Some(CertificateName::Thumbprint("0a".repeat(32)))),
            (CertificateName::Thumbprint("0a".repeat(31)), None),
            (CertificateName::Thumbprint("zz".repeat(32)), None),
        ] {
            assert_eq!(given.clone().canonical().ok(), kept, "{given:?}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_none() {
        assert_eq!(Certificate::read(b""), None);
        assert_eq!(Certificate::read(b"-----BEGIN CERTIFICATE-----"), None);
        assert_eq!(Certificate::read(&[0x30, 0x82, 0xff, 0xff, 0x30]), None);
    }

    #[test]
    fn a_certificate_is_known_by_each_of_its_names_and_by_no_other() {
        let mut wanted = rcgen::CertificateParams::new(vec!["client.samu.fr".to_owned()]).expect("a name");
        wanted.distinguished_name = rcgen::DistinguishedName::new();
        wanted.distinguished_name.push(rcgen::DnType::CountryName, "FR");
        wanted.distinguished_name.push(rcgen::DnType::OrganizationName, "Hôpital, Ain");
        wanted.distinguished_name.push(rcgen::DnType::CommonName, "SAMU 01");
        let key = rcgen::KeyPair::generate().expect("a key");
        let made = wanted.self_signed(&key).expect("a certificate");
        let read = Certificate::read(made.der()).expect("readable");
        assert_eq!(read.subject(), "CN=SAMU 01,O=Hôpital\\, Ain,C=FR");
        let digits = hex(&sha256(made.der()));
        let mut other = digits.clone().into_bytes();
        other[63] = if other[63] == b'0' { b'1' } else { b'0' };
        let other = String::from_utf8(other).expect("digits");
        for (name, expected) in [
            (CertificateName::Subject("CN=SAMU 01, O=H\\C3\\B4pital\\2C Ain, C=FR".into()), true),
            (CertificateName::Subject("C=FR,O=Hôpital\\, Ain,CN=SAMU 01".into()), false),
            (CertificateName::Subject("CN=SAMU 01".into()), false),
            (CertificateName::Subject("CN=samu 01,O=Hôpital\\, Ain,C=FR".into()), false),
            (CertificateName::Dns("CLIENT.samu.fr".into()), true),
            (CertificateName::Dns("samu.fr".into()), false),
            (CertificateName::Thumbprint(digits), true),
            (CertificateName::Thumbprint(other), false),
        ] {
            let kept = name.clone().canonical().expect("a name");
            assert_eq!(kept.is_of(&read), expected, "{name:?}");
        }
        let mut trailing = made.der().to_vec();
        trailing.push(0);
        assert_eq!(Certificate::read(&trailing), None, "bytes after the certificate");
    }
}

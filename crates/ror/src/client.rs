//! `ror client`: the register of software clients.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use ror_identity::{Certificate, CertificateName, ClientRights, NewClient, OutsideName, Proof, Write, clients};
use rustls::pki_types::CertificateDer;

use crate::cli::{Client, ClientAdd, ClientProof, ClientRevoke};
use crate::environment::{now, random};
use crate::{data, report, security};

pub(crate) fn run(command: &Client) -> anyhow::Result<ExitCode> {
    match command {
        Client::Add(arguments) => add(arguments),
        Client::Revoke(arguments) => revoke(arguments),
    }
}

fn revoke(arguments: &ClientRevoke) -> anyhow::Result<ExitCode> {
    clients::revoke(&*data::open(&arguments.data)?, &arguments.client_id, now())?;
    report::say(&format!("{} révoqué", arguments.client_id));
    Ok(ExitCode::SUCCESS)
}

fn add(arguments: &ClientAdd) -> anyhow::Result<ExitCode> {
    let rights = ClientRights {
        write: match &arguments.write {
            None => Write::None,
            Some(scope) if scope.as_os_str() == "national" => Write::National,
            Some(file) => Write::Establishments(establishments(file)?),
        },
        provider: arguments.establishments.as_deref().map(establishments).transpose()?.unwrap_or_default(),
        declassify: arguments.declassify,
        templates: arguments.templates,
        quality: arguments.quality,
        audit: arguments.audit,
        read_only: arguments.read_only,
        proof: proof(&arguments.proof)?,
    };
    let ledger = data::open_or_create(&arguments.data)?;
    let new = NewClient { name: arguments.name.clone(), profile: arguments.profile, rights };
    let credentials = clients::add(&*ledger, new, now(), &mut |bytes| random(bytes))?;
    report::say(&credentials.to_json());
    Ok(ExitCode::SUCCESS)
}

fn proof(arguments: &ClientProof) -> anyhow::Result<Proof> {
    let named = [
        arguments.certificate.as_deref().map(subject_of).transpose()?,
        arguments.certificate_subject.clone().map(CertificateName::Subject),
        arguments.certificate_dns.clone().map(CertificateName::Dns),
        arguments.certificate_thumbprint.clone().map(CertificateName::Thumbprint),
    ];
    let outside = arguments.issuer.clone().zip(arguments.issuer_client.clone());
    Ok(Proof {
        certificate: named.into_iter().flatten().next(),
        authority: arguments.certificate_authority.as_deref().map(thumbprint_of).transpose()?,
        bound: arguments.bound,
        outside: outside.map(|(issuer, client)| OutsideName { issuer, client }),
    })
}

/// The subject of the first certificate of a file.
fn subject_of(file: &Path) -> anyhow::Result<CertificateName> {
    let certificates = security::several::<CertificateDer<'static>>(file)?;
    let read = certificates.first().and_then(|certificate| Certificate::read(certificate));
    match read.map(|certificate| certificate.subject().to_owned()) {
        Some(subject) if !subject.is_empty() => Ok(CertificateName::Subject(subject)),
        _ => bail!("{} : certificat illisible ou sans sujet", file.display()),
    }
}

/// SHA-256 of the first certificate of a file.
fn thumbprint_of(file: &Path) -> anyhow::Result<String> {
    let certificates = security::several::<CertificateDer<'static>>(file)?;
    let read = certificates.first().and_then(|certificate| Certificate::read(certificate));
    let read = read.with_context(|| format!("{} : certificat illisible", file.display()))?;
    Ok(read.thumbprint())
}

/// One FINESS or idNat_Struct per line, `#` comments (D65).
fn establishments(file: &Path) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("lecture de {}", file.display()))?;
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let list: Vec<_> = lines.filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if list.is_empty() {
        bail!("aucun établissement dans {}", file.display());
    }
    Ok(list)
}

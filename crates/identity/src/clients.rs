//! The register of clients: the software that may call, what it is and what it may do.

use ror_fhir::Instant;
use ror_ledger::{Client, Ledger, LedgerError, NewAudit};
use unicode_normalization::UnicodeNormalization as _;

use crate::{ClientRights, Proof, Secret, issuer, secret};

/// The highest access profile.
pub(crate) const PROFILE_MAX: u8 = 5;

/// Longest name accepted, in characters.
pub const NAME_CHARS_MAX: usize = 120;

/// A client to register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClient {
    /// Its name, for people.
    pub name: String,
    /// Its access profile, 0 to 5.
    pub profile: u8,
    /// What it may write.
    pub rights: ClientRights,
}

/// What a new client needs to ask for tokens; the secret can never be shown again.
#[derive(Debug)]
pub struct Credentials {
    /// Readable and hard to guess: the name, then ten random letters. For a client of another
    /// issuer, drawn from its name there.
    pub client_id: String,
    /// 256 random bits; `None` for a client that proves itself otherwise.
    pub client_secret: Option<Secret>,
}

impl Credentials {
    /// `{"client_id":…,"client_secret":…}`, as the command line prints it; without secret, the id alone.
    pub fn to_json(&self) -> String {
        match &self.client_secret {
            Some(secret) => serde_json::json!({ "client_id": self.client_id, "client_secret": secret.expose() }),
            None => serde_json::json!({ "client_id": self.client_id }),
        }
        .to_string()
    }
}

/// Why the register refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The profile is not one of 0 to 5.
    #[error("profil d'accès inconnu : {0} (attendu : 0 à 5)")]
    Profile(u8),
    /// The name is empty, too long, or holds control characters.
    #[error("nom de client refusé : 1 à {NAME_CHARS_MAX} caractères, sans caractère de commande")]
    Name,
    /// An establishment is not a FINESS or idNat_Struct number.
    #[error("numéro d'établissement refusé : {0:?}")]
    Establishment(String),
    /// A certificate is not named in a way that can be read.
    #[error("certificat mal désigné : {0:?}")]
    Certificate(String),
    /// The ways of proving who it is exclude each other, or are incomplete.
    #[error(
        "un client se prouve par un secret, par un certificat ou chez un autre émetteur ; l'exigence d'un certificat à chaque appel ne va pas avec un secret"
    )]
    Proof,
    /// The client of another issuer is registered already.
    #[error("client déjà inscrit : {0}")]
    Registered(String),
    /// No client has this id.
    #[error("client inconnu : {0}")]
    Unknown(String),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Registers a client. May run beside a server on the same data (D65).
///
/// `random` gives the letters of the id and the secret.
///
/// # Errors
/// [`ClientError::Ledger`] when nothing could be stored; the others when the client is not acceptable.
pub fn add(
    ledger: &dyn Ledger,
    mut new: NewClient,
    now: Instant,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Credentials, ClientError> {
    check(&new)?;
    new.rights.proof = proof(new.rights.proof)?;
    let client_id = match &new.rights.proof.outside {
        None => free_id(ledger, &new.name, random)?,
        Some(name) => {
            let id = issuer::outside_id(&name.issuer, &name.client);
            if ledger.client(&id)?.is_some_and(|client| client.revoked_at.is_none()) {
                return Err(ClientError::Registered(id));
            }
            id
        }
    };
    let has_secret = new.rights.proof == Proof::default();
    let client_secret = has_secret.then(|| Secret::draw(random));
    let client = Client {
        id: client_id.clone(),
        name: new.name,
        profile: new.profile,
        secret_sha256: client_secret.as_ref().map(|secret| secret::hash(secret.expose())),
        rights: serde_json::to_string(&new.rights).expect("rights are plain data"),
        created_at: now,
        revoked_at: None,
    };
    ledger.put_client_audited(&client, &[trace("client-add", &client_id, now)])?;
    Ok(Credentials { client_id, client_secret })
}

/// Revokes a client: its tokens stop working within [`crate::REFRESH_MS`]. Its line stays.
///
/// Revoking again keeps the first date.
///
/// # Errors
/// [`ClientError::Unknown`], or [`ClientError::Ledger`].
pub fn revoke(ledger: &dyn Ledger, id: &str, now: Instant) -> Result<(), ClientError> {
    let client = ledger.client(id)?.ok_or_else(|| ClientError::Unknown(id.to_owned()))?;
    if client.revoked_at.is_some() {
        return Ok(());
    }
    ledger.put_client_audited(&Client { revoked_at: Some(now), ..client }, &[trace("client-revoke", id, now)])?;
    Ok(())
}

/// The trace of a change made from the command line: whoever holds the files holds the register.
fn trace(action: &str, client_id: &str, now: Instant) -> NewAudit {
    NewAudit {
        at: now,
        actor: "console".to_owned(),
        action: action.to_owned(),
        target: format!("client/{client_id}"),
        outcome: "done".to_owned(),
    }
}

/// One way of proving who it is, in its one form.
fn proof(proof: Proof) -> Result<Proof, ClientError> {
    let named = |name: &crate::OutsideName| !name.issuer.is_empty() && !name.client.is_empty();
    match &proof {
        Proof { certificate: Some(_), outside: Some(_), .. }
        | Proof { certificate: None, outside: None, bound: true, .. } => Err(ClientError::Proof),
        Proof { outside: Some(name), .. } if !named(name) => Err(ClientError::Proof),
        Proof { certificate: None, authority: Some(_), .. } => Err(ClientError::Proof),
        _ => {
            let certificate = proof.certificate.map(crate::CertificateName::canonical).transpose();
            // Written as a thumbprint is.
            let authority = proof.authority.map(|digits| crate::CertificateName::Thumbprint(digits).canonical());
            let authority = match authority.transpose().map_err(ClientError::Certificate)? {
                Some(crate::CertificateName::Thumbprint(digits)) => Some(digits),
                _ => None,
            };
            Ok(Proof { certificate: certificate.map_err(ClientError::Certificate)?, authority, ..proof })
        }
    }
}

fn check(new: &NewClient) -> Result<(), ClientError> {
    if new.profile > PROFILE_MAX {
        return Err(ClientError::Profile(new.profile));
    }
    let length = new.name.chars().count();
    if new.name.trim().is_empty() || length > NAME_CHARS_MAX || new.name.chars().any(char::is_control) {
        return Err(ClientError::Name);
    }
    let listed = match &new.rights.write {
        crate::Write::Establishments(list) => list.as_slice(),
        crate::Write::None | crate::Write::National => &[],
    };
    match listed.iter().chain(&new.rights.provider).find(|number| !is_establishment(number)) {
        Some(wrong) => Err(ClientError::Establishment(wrong.clone())),
        None => Ok(()),
    }
}

/// A FINESS number (9 letters or digits) or an idNat_Struct (its kind, then the number), roughly:
/// enough to refuse a pasted header or a quoted field, without knowing each register's rules.
fn is_establishment(number: &str) -> bool {
    (9..=25).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'/')
}

fn free_id(ledger: &dyn Ledger, name: &str, random: &mut dyn FnMut(&mut [u8])) -> Result<String, LedgerError> {
    loop {
        let id = format!("{}-{}", slug(name), suffix(random));
        if ledger.client(&id)?.is_none() {
            return Ok(id);
        }
    }
}

/// Ten letters out of 32: 50 bits, none easily misread.
fn suffix(random: &mut dyn FnMut(&mut [u8])) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 10];
    random(&mut bytes);
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}

/// The name in ASCII lower case, words joined by `-`, at most 40 letters; `client` when nothing is left.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.nfd().filter(|letter| !unicode_normalization::char::is_combining_mark(*letter)) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter.to_ascii_lowercase());
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 40 {
            break;
        }
    }
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "client".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_readable() {
        for (name, expected) in [
            ("Régulation SAMU 01", "regulation-samu-01"),
            ("  --  ", "client"),
            ("日本", "client"),
            ("L'Hôpital d’à côté", "l-hopital-d-a-cote"),
        ] {
            assert_eq!(slug(name), expected);
        }
        assert!(slug(&"a".repeat(500)).len() <= 40);
    }

    #[test]
    fn establishment_numbers_are_checked_for_shape() {
        for good in ["010780054", "2A0000154", "1010780054", "0123456789/12"] {
            assert!(is_establishment(good), "{good}");
        }
        for bad in ["", "FINESS", "01078 0054", "\"010780054\"", "010780054;", &"1".repeat(26)] {
            assert!(!is_establishment(bad), "{bad}");
        }
    }
}

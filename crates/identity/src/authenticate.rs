//! From an `Authorization` header, or none, to a grant.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use parking_lot::{Mutex, RwLock};
use ror_confidentiality::{Audience, Grant, Rights, WriteScope};
use ror_fhir::Instant;
use ror_ledger::{Ledger, LedgerError};

use crate::{
    ClientRights, Issuer, IssuerError, KEY_DAYS, KeyError, REFRESH_MS, Random, Shown, Write,
    cache::{Active, Clients, Standing, Tokens},
    issuer::Trusted,
    keys::Keys,
    secret::sha256,
    token::{self, Verified},
};

/// Client of a caller without token, in traces and cursors. A real client id always has a `-`.
const ANONYMOUS: &str = "anonyme";

/// Who signs tokens and for whom. The same for every process on a ledger, whatever its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `iss` of our tokens.
    pub issuer: String,
    /// `aud` of our tokens.
    pub audience: String,
    /// Whether every profile may use a secret, and profile 1 may write (D81).
    pub sandbox: bool,
    /// How long a key signs before it is replaced, in days; at least 1.
    pub key_days: u32,
    /// Whose tokens are taken beside ours.
    pub issuers: Vec<Issuer>,
}

impl Settings {
    /// The settings of a server that was told nothing else.
    pub fn new(sandbox: bool) -> Self {
        let (issuer, audience) = ("urn:ror:jetons".to_owned(), "urn:ror:api".to_owned());
        Self { issuer, audience, sandbox, key_days: KEY_DAYS, issuers: Vec::new() }
    }
}

/// Knows who may call: register, signing key, recent tokens. One per server, shared by its threads.
pub struct Identity {
    ledger: Arc<dyn Ledger>,
    settings: Settings,
    keys: RwLock<Arc<Keys>>,
    keys_read_at: AtomicI64,
    /// Held by whoever reads the keys again.
    refreshing: Mutex<()>,
    issuers: Vec<Trusted>,
    random: Box<Random>,
    clients: Clients,
    tokens: Tokens,
}

/// Why a call is refused: 401 `login`, or 503 for [`Unavailable`](Self::Unavailable). Never taken
/// for a call without token (D60). Messages are French and quote nothing of what was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// Not `Bearer`.
    #[error("authentification non prise en charge : un jeton « Bearer » est attendu")]
    Scheme,
    /// The header or the token has not the form of one.
    #[error("jeton illisible")]
    Malformed,
    /// Wrong signature, algorithm, key, issuer or audience.
    #[error("jeton refusé : il n'a pas été émis par ce serveur")]
    Invalid,
    /// Too old.
    #[error("jeton expiré : demandez-en un nouveau")]
    Expired,
    /// From the future: the clocks differ by more than [`crate::TOLERANCE_S`].
    #[error("jeton pas encore valable : vérifiez l'heure de votre machine")]
    NotYetValid,
    /// The client is not in the register.
    #[error("client inconnu")]
    Unknown,
    /// The client was revoked.
    #[error("client révoqué")]
    Revoked,
    /// The line of the client cannot be read by this version of the program.
    #[error("l'inscription de ce client ne peut pas être lue")]
    Unreadable,
    /// The token is bound to a certificate, and another one was shown.
    #[error("le certificat présenté n'est pas celui auquel le jeton est lié")]
    OtherCertificate,
    /// This client, or its issuer, must show at each call the certificate its token is bound to.
    #[error("ce client doit présenter à chaque appel le certificat auquel son jeton est lié")]
    CertificateMissing,
    /// The certificate shown cannot be read, or no configured authority vouches for it.
    #[error("certificat illisible, périmé, révoqué ou d'une autorité non admise")]
    CertificateRefused,
    /// The register cannot be read now; the caller may try again.
    #[error("registre des clients indisponible")]
    Unavailable(#[source] LedgerError),
}

impl AuthError {
    /// A stable code, for traces and counters.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Scheme => "scheme",
            Self::Malformed => "malformed",
            Self::Invalid => "invalid",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::Unknown => "unknown-client",
            Self::Revoked => "revoked-client",
            Self::Unreadable => "unreadable-client",
            Self::OtherCertificate => "other-certificate",
            Self::CertificateMissing => "certificate-missing",
            Self::CertificateRefused => "certificate-refused",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// The header that goes with 401 (RFC 6750 §3); `None` when the fault is ours.
    pub const fn www_authenticate(&self) -> Option<&'static str> {
        match self {
            Self::Unavailable(_) => None,
            Self::Scheme => Some("Bearer realm=\"ror\""),
            _ => Some("Bearer realm=\"ror\", error=\"invalid_token\""),
        }
    }
}

/// Why there is no [`Identity`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The ledger fails, or holds a key that cannot be read.
    #[error("cannot open the register of clients and the signing key")]
    Key(#[from] KeyError),
    /// An issuer is not acceptable.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
}

impl Identity {
    /// Opens the register and the signing keys, the first of which is made and kept at first use.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(
        ledger: Arc<dyn Ledger>,
        settings: Settings,
        random: Box<Random>,
        now: Instant,
    ) -> Result<Self, OpenError> {
        let keys = RwLock::new(Arc::new(Keys::open(&*ledger, &*random, now)?));
        let mut issuers: Vec<Trusted> = Vec::new();
        for issuer in &settings.issuers {
            if issuer.issuer == settings.issuer || issuers.iter().any(|other| other.name() == issuer.issuer) {
                return Err(IssuerError::Taken(issuer.issuer.clone()).into());
            }
            issuers.push(Trusted::new(issuer.clone())?);
        }
        let (clients, tokens) = (Clients::default(), Tokens::default());
        let (keys_read_at, refreshing) = (AtomicI64::new(now), Mutex::default());
        Ok(Self { ledger, settings, keys, keys_read_at, refreshing, issuers, random, clients, tokens })
    }

    /// Who is calling, from the `Authorization` header, on a connection without certificate.
    ///
    /// # Errors
    /// Those of [`Identity::authenticate_shown`].
    pub fn authenticate(&self, authorization: Option<&str>, now: Instant) -> Result<Grant, AuthError> {
        self.authenticate_shown(authorization, Shown::Nothing, now)
    }

    /// Who is calling, from the `Authorization` header and the certificate shown.
    ///
    /// No header is the public (profile 0), whatever the certificate. Reads the ledger at most
    /// once per [`crate::REFRESH_MS`] and client; otherwise answers from memory.
    ///
    /// # Errors
    /// [`AuthError`]. A header that does not lead to an active client is never taken for none.
    pub fn authenticate_shown(
        &self,
        authorization: Option<&str>,
        shown: Shown<'_>,
        now: Instant,
    ) -> Result<Grant, AuthError> {
        let Some(header) = authorization else { return Ok(mint(Audience::PUBLIC, ANONYMOUS, Rights::default())) };
        let verified = self.verified(bearer(header)?, now)?;
        verified.alive(now)?;
        let id = &verified.client_id;
        let standing = self
            .clients
            .get(id, now, || Ok(Standing::of(self.ledger.client(id)?, self.settings.sandbox)))
            .map_err(AuthError::Unavailable)?;
        match standing {
            Standing::Unknown => Err(AuthError::Unknown),
            Standing::Revoked => Err(AuthError::Revoked),
            Standing::Unreadable => Err(AuthError::Unreadable),
            Standing::Active(client) => {
                binding(&verified, client.rights.proof.bound, shown)?;
                grant(&client)
            }
        }
    }

    /// Whether the signature of this `Authorization` header was found good already: authenticating it
    /// is then a look into memory. Anybody can send what is not.
    pub fn remembers(&self, authorization: &str) -> bool {
        bearer(authorization).is_ok_and(|token| self.tokens.get(&sha256(token.as_bytes())).is_some())
    }

    /// The public keys, as a JSON Web Key Set (RFC 7517).
    pub fn jwks(&self) -> String {
        self.keys.read().jwks()
    }

    /// What is due now and then, every second or so: sees the keys that other processes made or
    /// wiped, replaces the key that has signed long enough, wipes those whose tokens are dead.
    ///
    /// # Errors
    /// [`KeyError`]: the keys stay as they were.
    pub fn tend(&self, now: Instant) -> Result<(), KeyError> {
        let keys = self.refresh_keys(now)?;
        if keys.tend(&*self.ledger, &*self.random, self.settings.key_days, now)? {
            self.refresh_keys(now)?;
        }
        if self.issuers.iter().any(|issuer| issuer.is_stale(now)) {
            self.tokens.clear();
        }
        Ok(())
    }

    /// The issuers whose keys should be read again now. Each is named once per reading due.
    pub fn issuers_wanting_keys(&self, now: Instant) -> Vec<String> {
        self.issuers.iter().filter(|issuer| issuer.wants_keys(now)).map(|issuer| issuer.name().to_owned()).collect()
    }

    /// Takes the set of keys (RFC 7517) of a configured issuer; gives how many can be used.
    ///
    /// # Errors
    /// [`IssuerError`]: the former set stays.
    pub fn set_issuer_keys(&self, issuer: &str, jwks: &str, now: Instant) -> Result<usize, IssuerError> {
        let trusted = self.issuers.iter().find(|one| one.name() == issuer);
        let count = trusted.ok_or_else(|| IssuerError::Unknown(issuer.to_owned()))?.set_keys(jwks, now)?;
        self.tokens.clear();
        Ok(count)
    }

    /// Who signs tokens and for whom.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn ledger(&self) -> &dyn Ledger {
        &*self.ledger
    }

    /// The keys, read again when that was not done within [`REFRESH_MS`].
    pub(crate) fn fresh_keys(&self, now: Instant) -> Result<Arc<Keys>, LedgerError> {
        let since = now.saturating_sub(self.keys_read_at.load(Ordering::Relaxed));
        if (0..REFRESH_MS).contains(&since) {
            return Ok(Arc::clone(&self.keys.read()));
        }
        match self.refresh_keys(now) {
            Ok(keys) => Ok(keys),
            Err(KeyError::Ledger(error)) => Err(error),
            // A key that cannot be read is none of those we hold.
            Err(KeyError::Unreadable) => Ok(Arc::clone(&self.keys.read())),
        }
    }

    fn refresh_keys(&self, now: Instant) -> Result<Arc<Keys>, KeyError> {
        // One at a time: an older reading must not take the place of a newer one.
        let _turn = self.refreshing.lock();
        let fresh = Arc::new(Keys::open(&*self.ledger, &*self.random, now)?);
        self.keys_read_at.store(now, Ordering::Relaxed);
        let former = std::mem::replace(&mut *self.keys.write(), Arc::clone(&fresh));
        if !fresh.holds_all_of(&former) {
            self.tokens.clear();
        }
        Ok(fresh)
    }

    pub(crate) fn random(&self) -> &Random {
        &*self.random
    }

    /// The token once its signature is checked, from memory when it was already. Its time is not checked.
    fn verified(&self, token: &str, now: Instant) -> Result<Arc<Verified>, AuthError> {
        let hash = sha256(token.as_bytes());
        if let Some(known) = self.tokens.get(&hash) {
            return Ok(known);
        }
        // Before the keys: what they verify is not kept once they are thrown away.
        let age = self.tokens.age();
        let verified = Arc::new(self.verify(token, now)?);
        if verified.alive(now).is_ok() {
            self.tokens.insert(hash, &verified, age, now);
        }
        Ok(verified)
    }

    /// Ours, or of an issuer that is configured: each is held to its own keys, whatever the token says.
    fn verify(&self, token: &str, now: Instant) -> Result<Verified, AuthError> {
        let (header, issuer) = token::read(token)?;
        if let Some(trusted) = self.issuers.iter().find(|trusted| trusted.name() == issuer) {
            return trusted.verify(token, &header, now);
        }
        let keys = self.fresh_keys(now).map_err(AuthError::Unavailable)?;
        let key = header.kid.as_deref().and_then(|kid| keys.find(kid)).ok_or(AuthError::Invalid)?;
        token::verify(token, key, &self.settings)
    }
}

/// D60: a certificate that is shown must be the one of the token; whether one must be is said by the
/// register or by the settings of the issuer.
fn binding(verified: &Verified, is_demanded: bool, shown: Shown<'_>) -> Result<(), AuthError> {
    match (&verified.bound_to, shown) {
        (_, Shown::Refused) => Err(AuthError::CertificateRefused),
        (Some(thumbprint), Shown::Good(certificate, _)) => {
            if certificate.is(thumbprint) {
                Ok(())
            } else {
                Err(AuthError::OtherCertificate)
            }
        }
        _ if is_demanded || verified.must_show => Err(AuthError::CertificateMissing),
        _ => Ok(()),
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// The token of a `Bearer` header (RFC 6750 §2.1).
fn bearer(header: &str) -> Result<&str, AuthError> {
    let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AuthError::Scheme);
    }
    let token = token.trim_matches(' ');
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if token.is_empty() || token.len() > token::TOKEN_BYTES_MAX || !token.bytes().all(legal) {
        return Err(AuthError::Malformed);
    }
    Ok(token)
}

fn grant(client: &Active) -> Result<Grant, AuthError> {
    let audience = Audience::profile(client.profile).ok_or(AuthError::Unreadable)?;
    Ok(mint(audience, &client.id, rights(&client.rights)))
}

fn rights(rights: &ClientRights) -> Rights {
    Rights {
        write: match &rights.write {
            Write::None => WriteScope::None,
            Write::National => WriteScope::National,
            Write::Establishments(list) => WriteScope::Establishments(list.clone()),
        },
        declassify: rights.declassify,
        templates: rights.templates,
        quality: rights.quality,
        audit: rights.audit,
        provider: rights.provider.clone(),
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that makes a grant")]
fn mint(audience: Audience, client: &str, rights: Rights) -> Grant {
    Grant::mint(audience, client.to_owned(), rights)
}

//! From an `Authorization` header, or none, to a grant.

use std::{fmt, sync::Arc};

use ror_confidentiality::{Audience, Grant, Rights, WriteScope};
use ror_fhir::Instant;
use ror_ledger::{Ledger, LedgerError};

use crate::{
    ClientRights, Random, Write,
    cache::{Active, Clients, Standing, Tokens},
    keys::{KeyError, Keys},
    secret::sha256,
    token,
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
}

impl Settings {
    /// The settings of a server that was told nothing else.
    pub fn new(sandbox: bool) -> Self {
        Self { issuer: "urn:ror:jetons".to_owned(), audience: "urn:ror:api".to_owned(), sandbox }
    }
}

/// Knows who may call: register, signing key, recent tokens. One per server, shared by its threads.
pub struct Identity {
    ledger: Arc<dyn Ledger>,
    settings: Settings,
    keys: Keys,
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
#[error("cannot open the register of clients and the signing key")]
pub struct OpenError(#[from] KeyError);

impl Identity {
    /// Opens the register and the signing key, which is made and kept at first use.
    ///
    /// # Errors
    /// [`OpenError`] when the ledger fails or holds a key that cannot be read.
    pub fn open(ledger: Arc<dyn Ledger>, settings: Settings, random: Box<Random>) -> Result<Self, OpenError> {
        let keys = Keys::open(&*ledger, &*random)?;
        Ok(Self { ledger, settings, keys, random, clients: Clients::default(), tokens: Tokens::default() })
    }

    /// Who is calling, from the `Authorization` header.
    ///
    /// No header is the public (profile 0). Reads the ledger at most once per
    /// [`crate::REFRESH_MS`] and client; otherwise answers from memory.
    ///
    /// # Errors
    /// [`AuthError`]. A header that does not lead to an active client is never taken for none.
    pub fn authenticate(&self, authorization: Option<&str>, now: Instant) -> Result<Grant, AuthError> {
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
            Standing::Active(client) => grant(&client),
        }
    }

    /// The public key, as a JSON Web Key Set (RFC 7517).
    pub fn jwks(&self) -> String {
        self.keys.jwks()
    }

    /// Who signs tokens and for whom.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn ledger(&self) -> &dyn Ledger {
        &*self.ledger
    }

    pub(crate) const fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(crate) fn random(&self) -> &Random {
        &*self.random
    }

    /// The token once its signature is checked, from memory when it was already. Its time is not checked.
    fn verified(&self, token: &str, now: Instant) -> Result<Arc<token::Verified>, AuthError> {
        let hash = sha256(token.as_bytes());
        if let Some(known) = self.tokens.get(&hash) {
            return Ok(known);
        }
        let verified = Arc::new(token::verify(token, &self.keys, &self.settings)?);
        if verified.alive(now).is_ok() {
            self.tokens.insert(hash, &verified, now);
        }
        Ok(verified)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("settings", &self.settings)
            .field("kid", &self.keys.kid)
            .finish_non_exhaustive()
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
        provider: rights.provider.clone(),
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that makes a grant")]
fn mint(audience: Audience, client: &str, rights: Rights) -> Grant {
    Grant::mint(audience, client.to_owned(), rights)
}

//! Register of the programs that may ask for a token (D60).

use std::fmt;

/// One program known to the directory.
#[derive(Clone, PartialEq, Eq)]
pub struct Client {
    /// Identifier sent to the token address.
    pub id: String,
    /// Name shown to administrators.
    pub name: String,
    /// Access profile, 0 (public) to 5.
    pub profile: u8,
    /// SHA-256 of the 256-bit secret; `None` for a client that shows a certificate.
    pub secret_sha256: Option<[u8; 32]>,
    /// Rights as JSON text; its meaning belongs to `identity` (D81).
    pub rights: String,
    /// Real time of creation, in ms since 1970 UTC.
    pub created_at: i64,
    /// Real time of revocation, in ms since 1970 UTC; a revoked client stays in the register.
    pub revoked_at: Option<i64>,
}

/// Written by hand so that no log ever carries the hash of a secret.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .field("profile", &self.profile)
            .field("has_secret", &self.secret_sha256.is_some())
            .field("revoked_at", &self.revoked_at)
            .finish_non_exhaustive()
    }
}

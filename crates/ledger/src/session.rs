//! Sessions of people: keys that open for a time, of which only the hash is kept.

use std::fmt;

/// One session.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// SHA-256 of the 256-bit secret that the browser holds.
    pub id_sha256: [u8; 32],
    /// Whose it is.
    pub person: String,
    /// When it may be swept, in ms since 1970 UTC.
    pub expires_at: i64,
    /// What it holds, as JSON text read by `identity`.
    pub body: String,
}

/// Written by hand so that no log ever carries the hash of a secret.
impl fmt::Debug for SessionRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionRow")
            .field("person", &self.person)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Which sessions end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndSessions<'a> {
    /// The one of this hash.
    One(&'a [u8; 32]),
    /// All those of a person.
    Person(&'a str),
    /// Those whose time was over at this moment, in ms since 1970 UTC.
    Before(i64),
}

//! What is remembered between two calls: clients for a second, tokens whose signature was checked.

use std::{collections::HashMap, sync::Arc};

use parking_lot::RwLock;
use ror_fhir::Instant;
use ror_ledger::{Client, LedgerError};

use crate::{ClientRights, clients::PROFILE_MAX, token::Verified};

/// How long the register may be remembered, in milliseconds. A change made by another process
/// must be seen within 2 s (D65).
pub const REFRESH_MS: i64 = 1000;

/// Most clients remembered. Only holders of a token we signed get an entry.
const CLIENTS_MAX: usize = 10_000;

/// Most tokens remembered. A check of a signature costs about 0.1 ms, more than a read by id.
const TOKENS_MAX: usize = 10_000;

/// What the register says of a client id.
#[derive(Clone, Debug)]
pub(crate) enum Standing {
    Unknown,
    Revoked,
    /// A line this version of the program cannot read: refused, never guessed.
    Unreadable,
    Active(Arc<Active>),
}

/// A client that may call.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) id: String,
    pub(crate) profile: u8,
    /// The rights that apply, the sandbox counted in.
    pub(crate) rights: ClientRights,
}

impl Standing {
    /// Reads a line of the register.
    pub(crate) fn of(client: Option<Client>, sandbox: bool) -> Self {
        let Some(client) = client else { return Self::Unknown };
        if client.revoked_at.is_some() {
            return Self::Revoked;
        }
        match serde_json::from_str::<ClientRights>(&client.rights) {
            Ok(rights) if client.profile <= PROFILE_MAX => Self::Active(Arc::new(Active {
                rights: rights.effective(client.profile, sandbox),
                id: client.id,
                profile: client.profile,
            })),
            _ => Self::Unreadable,
        }
    }
}

/// Clients read less than [`REFRESH_MS`] ago.
#[derive(Default)]
pub(crate) struct Clients {
    entries: RwLock<HashMap<String, (Instant, Standing)>>,
}

impl Clients {
    /// The standing of a client, from memory when it was read less than [`REFRESH_MS`] ago,
    /// otherwise from `read`.
    ///
    /// A ledger that cannot be read is an error, never an older standing: a revoked client must
    /// not live on because the disk is in trouble.
    pub(crate) fn get(
        &self,
        id: &str,
        now: Instant,
        read: impl FnOnce() -> Result<Standing, LedgerError>,
    ) -> Result<Standing, LedgerError> {
        // A clock set back makes the entry stale, not eternal.
        let fresh = |read_at: Instant| (0..REFRESH_MS).contains(&now.saturating_sub(read_at));
        if let Some((read_at, standing)) = self.entries.read().get(id)
            && fresh(*read_at)
        {
            return Ok(standing.clone());
        }
        let standing = read()?;
        let mut entries = self.entries.write();
        if entries.len() >= CLIENTS_MAX {
            entries.retain(|_, (read_at, _)| fresh(*read_at));
        }
        if entries.len() < CLIENTS_MAX {
            entries.insert(id.to_owned(), (now, standing.clone()));
        }
        Ok(standing)
    }
}

/// Tokens whose signature was found good, by the hash of their text.
#[derive(Default)]
pub(crate) struct Tokens {
    kept: RwLock<Kept>,
}

#[derive(Default)]
struct Kept {
    entries: HashMap<[u8; 32], Arc<Verified>>,
    /// How often all was forgotten.
    age: Age,
}

/// The moment between two forgettings, to be taken before the keys that a token is checked under.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Age(u64);

impl Tokens {
    pub(crate) fn get(&self, hash: &[u8; 32]) -> Option<Arc<Verified>> {
        self.kept.read().entries.get(hash).cloned()
    }

    pub(crate) fn age(&self) -> Age {
        self.kept.read().age
    }

    /// Remembers a token that was checked since `age`; not one checked under keys that have been
    /// thrown away meanwhile.
    pub(crate) fn insert(&self, hash: [u8; 32], verified: &Arc<Verified>, age: Age, now: Instant) {
        let mut kept = self.kept.write();
        if kept.age != age {
            return;
        }
        if kept.entries.len() >= TOKENS_MAX {
            kept.entries.retain(|_, token| token.alive(now).is_ok());
        }
        if kept.entries.len() >= TOKENS_MAX {
            // Any of them: a client that asks for very many must not keep the others out.
            let left = kept.entries.keys().next().copied();
            left.and_then(|left| kept.entries.remove(&left));
        }
        kept.entries.insert(hash, Arc::clone(verified));
    }

    /// Forgets all: a key that verified some of them is no longer believed.
    pub(crate) fn clear(&self) {
        let mut kept = self.kept.write();
        kept.entries.clear();
        kept.age.0 += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "stands for the register, which may fail")]
    fn unknown() -> Result<Standing, LedgerError> {
        Ok(Standing::Unknown)
    }

    #[test]
    fn d65_a_client_is_read_again_after_a_second() {
        let clients = Clients::default();
        let mut reads = 0;
        for now in [0, 1, REFRESH_MS - 1, REFRESH_MS, REFRESH_MS + 1, 2 * REFRESH_MS] {
            let read = || {
                reads += 1;
                unknown()
            };
            clients.get("samu-01", now, read).expect("the register answers");
        }
        assert_eq!(reads, 3, "at 0, at one second, at two");
    }

    #[test]
    fn a_clock_set_back_does_not_make_an_entry_eternal() {
        let clients = Clients::default();
        clients.get("samu-01", 1_000_000, unknown).expect("the register answers");
        let standing = clients.get("samu-01", 0, || Ok(Standing::Revoked)).expect("the register answers");
        assert!(matches!(standing, Standing::Revoked));
    }

    #[test]
    fn a_register_that_cannot_be_read_is_an_error_not_an_older_standing() {
        let clients = Clients::default();
        clients.get("samu-01", 0, unknown).expect("the register answers");
        let answer = clients.get("samu-01", REFRESH_MS, || Err(LedgerError::Busy));
        assert!(matches!(answer, Err(LedgerError::Busy)));
    }

    #[test]
    fn memory_is_bounded() {
        let clients = Clients::default();
        for n in 0..CLIENTS_MAX + 10 {
            clients.get(&format!("client-{n}"), 0, unknown).expect("the register answers");
        }
        assert_eq!(clients.entries.read().len(), CLIENTS_MAX);
        clients.get("later", REFRESH_MS, unknown).expect("the register answers");
        assert_eq!(clients.entries.read().len(), 1, "what is stale makes room");
    }

    fn verified() -> Arc<Verified> {
        let (not_before_s, expires_s) = (0, 1_000);
        let client_id = "samu-01".to_owned();
        Arc::new(Verified { client_id, not_before_s, expires_s, bound_to: None, must_show: false })
    }

    #[test]
    fn a_token_checked_under_keys_thrown_away_meanwhile_is_not_remembered() {
        let tokens = Tokens::default();
        let age = tokens.age();
        tokens.insert([1; 32], &verified(), age, 0);
        // The keys are read, then replaced, then the token they verified comes to be kept.
        tokens.clear();
        tokens.insert([2; 32], &verified(), age, 0);
        assert!(tokens.get(&[1; 32]).is_none() && tokens.get(&[2; 32]).is_none());
        tokens.insert([2; 32], &verified(), tokens.age(), 0);
        assert!(tokens.get(&[2; 32]).is_some());
    }

    #[test]
    fn very_many_tokens_keep_nobody_out() {
        let tokens = Tokens::default();
        for n in 0..=TOKENS_MAX as u64 {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&n.to_be_bytes());
            tokens.insert(hash, &verified(), tokens.age(), 0);
            assert!(tokens.get(&hash).is_some());
        }
        assert_eq!(tokens.kept.read().entries.len(), TOKENS_MAX);
    }

    #[test]
    fn a_line_that_cannot_be_read_opens_nothing() {
        let client = |profile, rights: &str| Client {
            id: "samu-01".into(),
            name: "SAMU".into(),
            profile,
            secret_sha256: None,
            rights: rights.into(),
            created_at: 0,
            revoked_at: None,
        };
        assert!(matches!(Standing::of(Some(client(0, "{}")), false), Standing::Active(_)));
        for (profile, rights) in [(6, "{}"), (0, ""), (0, "{\"write\":\"all\"}"), (0, "{\"later\":true}")] {
            assert!(matches!(Standing::of(Some(client(profile, rights)), false), Standing::Unreadable), "{rights}");
        }
    }
}

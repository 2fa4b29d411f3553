//! Traces of calls, for those who answer them: they know who calls, not where lines are kept (D63).
//!
//! Whoever answers offers a line to [`Traces`] before the answer leaves. Sign-ins that were done,
//! and all that is written, are in the ledger already, in the transaction of what they tell of;
//! what was refused comes here.

use ror_fhir::Instant;

pub use ror_ledger::{
    AuditFilter, AuditRow, DONE, Marks, Retention, Trace as TraceLine, TraceFilter, TraceRow, Traces,
};

/// Longest name of a client kept, in bytes; those of the register are shorter.
const CLIENT_BYTES_MAX: usize = 150;

/// The line of a request to the token address, granted or refused.
///
/// `client` is the one that was named: kept when it looks like a client id, for it may be anything
/// that somebody typed in the wrong place. `reason` is the stable code of the refusal, empty when
/// there was none.
pub fn token_asked(now: Instant, client: Option<&str>, status: u16, reason: &str) -> TraceLine {
    let is_id = |text: &&str| {
        text.len() <= CLIENT_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let client = client.filter(is_id).unwrap_or_default();
    TraceLine {
        at: now,
        actor: client.to_owned(),
        client: client.to_owned(),
        action: "token".to_owned(),
        outcome: status,
        reason: reason.to_owned(),
        ..TraceLine::default()
    }
}

/// The line of a sign-in that was refused, with the provider that was asked and the stable code of
/// the refusal. Whoever tried is not known; a sign-in that was done is in the ledger.
pub fn refused_sign_in(now: Instant, provider: &str, status: u16, reason: &str) -> TraceLine {
    TraceLine {
        at: now,
        action: "sign-in".to_owned(),
        criteria: format!("provider={provider}"),
        outcome: status,
        reason: reason.to_owned(),
        ..TraceLine::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_a_client_id_is_kept() {
        let named = |client| token_asked(1, client, 401, "invalid_client").actor;
        assert_eq!(named(Some("samu-01-abcdefghij")), "samu-01-abcdefghij");
        for other in [None, Some("jean.dupont@exemple.fr"), Some("Jean Dupont"), Some(&*"a".repeat(200))] {
            assert_eq!(named(other), "");
        }
        let line = refused_sign_in(1, "psc", 403, "replayed");
        assert_eq!(
            (line.action.as_str(), line.actor.as_str(), line.criteria.as_str()),
            ("sign-in", "", "provider=psc")
        );
    }
}

//! The rights that people hold: a profile, a scope, who gave it and when it ends.

use ror_fhir::Instant;
use ror_ledger::RecordRow;
use serde::{Deserialize, Serialize};

use super::profile::PersonProfile;
use super::scope::Scope;

/// Kind of the records of rights; their subject is the person.
pub(crate) const KIND: &str = "grant";

const DAY_MS: i64 = 86_400_000;
/// 24 months without signing in, leap day included: nobody loses a right a day too soon.
pub const LAPSE_MS: i64 = 731 * DAY_MS;
/// How long before a right lapses its holder is told.
pub const NOTICE_MS: i64 = 30 * DAY_MS;

/// A right of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// Technical id.
    pub id: String,
    /// Who holds it.
    pub person: String,
    /// What it lets its holder be.
    pub profile: PersonProfile,
    /// Where.
    pub scope: Scope,
    /// When it was given.
    pub given_at: Instant,
    /// Who gave it.
    pub given_by: String,
    /// The right in whose place it stands: a delegation lives no longer than what was delegated.
    pub delegated_from: Option<String>,
    /// How it ended, if it did.
    pub ended: Option<Ended>,
    /// Version of its record.
    pub(crate) ver: u32,
}

/// The end of a right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When.
    pub at: Instant,
    /// Who ended it.
    pub by: String,
    /// Why.
    pub why: EndReason,
}

/// Why a right ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndReason {
    /// Taken back, or given up.
    Revoked,
    /// Its holder did not sign in for 24 months.
    Lapsed,
}

/// Where a right stands at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Active,
    /// It holds, and lapses at this moment unless its holder signs in.
    Lapsing(Instant),
    /// Nobody signed in for 24 months.
    Lapsed,
    /// It was ended.
    Ended,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    profile: String,
    scope: Scope,
    given_at: Instant,
    given_by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delegated_from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<Ended>,
}

impl Entitlement {
    /// What a record says; `None` when this program cannot read it, and then it gives no right.
    pub(crate) fn read(row: &RecordRow) -> Option<Self> {
        let kept: Kept = serde_json::from_str(&row.entry.body).ok()?;
        Some(Self {
            id: row.entry.id.clone(),
            person: row.entry.subject.clone(),
            profile: PersonProfile::of_code(&kept.profile)?,
            scope: kept.scope,
            given_at: kept.given_at,
            given_by: kept.given_by,
            delegated_from: kept.delegated_from,
            ended: kept.ended,
            ver: row.entry.ver,
        })
    }

    pub(crate) fn body(&self) -> String {
        let kept = Kept {
            profile: self.profile.code().to_owned(),
            scope: self.scope.clone(),
            given_at: self.given_at,
            given_by: self.given_by.clone(),
            delegated_from: self.delegated_from.clone(),
            ended: self.ended.clone(),
        };
        serde_json::to_string(&kept).expect("plain data")
    }

    /// Whether its holder gave it to themselves: refused now, and shown where it was once written.
    pub fn is_self_given(&self) -> bool {
        self.delegated_from.is_none() && self.given_by.strip_prefix("person/") == Some(self.person.as_str())
    }

    /// Where it stands, its holder having last signed in at `last_sign_in`.
    pub fn standing(&self, last_sign_in: Option<Instant>, now: Instant) -> Standing {
        if self.ended.is_some() {
            return Standing::Ended;
        }
        let since = last_sign_in.map_or(self.given_at, |at| at.max(self.given_at));
        let lapses = since.saturating_add(LAPSE_MS);
        if now >= lapses {
            Standing::Lapsed
        } else if now >= lapses - NOTICE_MS {
            Standing::Lapsing(lapses)
        } else {
            Standing::Active
        }
    }
}

#[cfg(test)]
mod tests {
    use ror_ledger::NewRecord;

    use super::*;

    fn entitlement() -> Entitlement {
        Entitlement {
            id: "h1".to_owned(),
            person: "p1".to_owned(),
            profile: PersonProfile::Regulateur,
            scope: Scope::nation(),
            given_at: 1_000,
            given_by: "console".to_owned(),
            delegated_from: None,
            ended: None,
            ver: 1,
        }
    }

    fn row(body: &str) -> RecordRow {
        let (kind, id, subject) = (KIND.to_owned(), "h1".to_owned(), "p1".to_owned());
        let (actor, body) = ("console".to_owned(), body.to_owned());
        RecordRow { seq: 1, entry: NewRecord { kind, id, ver: 1, subject, at: 1_000, actor, body } }
    }

    #[test]
    fn a_right_lapses_24_months_after_the_last_sign_in_with_30_days_of_notice() {
        let right = entitlement();
        let signed_in = 5_000;
        let lapses = signed_in + LAPSE_MS;
        for (at, expected) in [
            (signed_in, Standing::Active),
            (lapses - NOTICE_MS - 1, Standing::Active),
            (lapses - NOTICE_MS, Standing::Lapsing(lapses)),
            (lapses - 1, Standing::Lapsing(lapses)),
            (lapses, Standing::Lapsed),
        ] {
            assert_eq!(right.standing(Some(signed_in), at), expected, "{at}");
        }
        assert_eq!(right.standing(None, right.given_at + LAPSE_MS), Standing::Lapsed, "never signed in");
        assert_eq!(right.standing(Some(0), right.given_at + LAPSE_MS - 1), Standing::Lapsing(1_000 + LAPSE_MS));
        let ended = Ended { at: 2_000, by: "console".to_owned(), why: EndReason::Revoked };
        assert_eq!(Entitlement { ended: Some(ended), ..right }.standing(Some(2_000), 2_000), Standing::Ended);
    }

    #[test]
    fn a_right_that_its_holder_gave_is_told_from_the_others() {
        let given = |by: &str| Entitlement { given_by: by.to_owned(), ..entitlement() }.is_self_given();
        assert!(given("person/p1"));
        assert!(!given("person/p2") && !given("console") && !given("p1"));
    }

    #[test]
    fn a_record_reads_back_and_what_cannot_be_read_gives_nothing() {
        let ended = Ended { at: 2_000, by: "console".to_owned(), why: EndReason::Lapsed };
        let right = Entitlement { ended: Some(ended), delegated_from: Some("h0".to_owned()), ..entitlement() };
        assert_eq!(Entitlement::read(&row(&right.body())), Some(right.clone()));
        for body in [
            "",
            "{}",
            &right.body().replace("REGULATEUR", "EMPEREUR"),
            &right.body().replace("nation", "univers"),
            &right.body().replace("given_by", "offert_par"),
        ] {
            assert_eq!(Entitlement::read(&row(body)), None, "{body}");
        }
    }
}

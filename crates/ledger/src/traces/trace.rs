//! One line about one call.

use crate::Seq;

/// What is remembered of a call. It names things; it holds no content of a resource, no secret and
/// no value that tells of a person beyond who called (`criteria` comes masked).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// Real time at which the call was answered, in ms since 1970 UTC.
    pub at: i64,
    /// Client or person who called; empty when nobody was recognised.
    pub actor: String,
    /// Software through which they called.
    pub client: String,
    /// Audience by index; `None` when nobody was recognised.
    pub profile: Option<u8>,
    /// Codes of the headers that declare a user and a role (D16), by spaces.
    pub declared: String,
    /// What was asked, as a stable code.
    pub action: String,
    /// Resources whose reading is kept, as `Type/id`, by spaces.
    pub resources: String,
    /// Parameters, with personal values masked.
    pub criteria: String,
    /// Resources answered; of a line that stands for several refused calls, how many these were.
    pub count: u64,
    /// Why the reading is kept.
    pub marks: Marks,
    /// HTTP status.
    pub outcome: u16,
    /// Why it was refused, as a stable code; empty when it was not.
    pub reason: String,
    /// Time taken, in µs.
    pub duration_us: u64,
    /// Correlation number, as the answer carried it.
    pub request_id: String,
    /// Purpose that the caller gave, as a code.
    pub purpose: String,
}

/// What an answer held that has its reading kept (D63).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks(pub u8);

impl Marks {
    /// A contact of level 2 that names a person.
    pub const NAMED_CONTACT: Self = Self(1);
    /// Something of level 3.
    pub const LEVEL_3: Self = Self(2);

    /// With those of `other`.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` are there.
    pub const fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// One trace as committed, numbered on its own: 1, 2, 3… without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceRow {
    /// Its position.
    pub seq: Seq,
    /// What was recorded.
    pub trace: Trace,
}

/// Which traces are asked for; the default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TraceFilter {
    /// Only this one.
    pub seq: Option<Seq>,
    /// Not before, in ms since 1970 UTC.
    pub from: Option<i64>,
    /// Before, in ms since 1970 UTC.
    pub until: Option<i64>,
    /// Only of this client or person.
    pub actor: Option<String>,
    /// Only of one of these actions; empty for any.
    pub actions: Vec<String>,
    /// Only about this resource, as `Type/id`.
    pub resource: Option<String>,
    /// Only of calls answered (`true`) or refused (`false`).
    pub granted: Option<bool>,
}

/// What must not grow without bound in memory.
pub(super) fn weight(trace: &Trace) -> usize {
    std::mem::size_of::<Trace>() + trace.resources.len() + trace.criteria.len()
}

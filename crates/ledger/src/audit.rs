//! Trace of a write, kept with the rows it explains (D63).

use crate::Seq;

/// The outcome of what was done.
pub const DONE: &str = "done";

/// One trace to add. It names things; it holds no content of a resource and no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAudit {
    /// Real time, in ms since 1970 UTC.
    pub at: i64,
    /// Who acted.
    pub actor: String,
    /// What was done, as a stable code.
    pub action: String,
    /// On what, for instance `Location/0190…`.
    pub target: String,
    /// How it ended, as a stable code: [`DONE`], or why it was not.
    pub outcome: String,
}

/// One trace as committed, numbered on its own: 1, 2, 3… without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Position among the traces, unrelated to the positions of versions.
    pub seq: Seq,
    /// What was recorded.
    pub entry: NewAudit,
}

/// Which traces of writes are asked for; the default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only this one.
    pub seq: Option<Seq>,
    /// Not before, in ms since 1970 UTC.
    pub from: Option<i64>,
    /// Before, in ms since 1970 UTC.
    pub until: Option<i64>,
    /// Only by this client or person.
    pub actor: Option<String>,
    /// Only of one of these actions; empty for any.
    pub actions: Vec<String>,
    /// Of none of these actions.
    pub other_than: Vec<String>,
    /// Only on this target.
    pub target: Option<String>,
    /// Only of what was done (`true`) or was not (`false`).
    pub done: Option<bool>,
}

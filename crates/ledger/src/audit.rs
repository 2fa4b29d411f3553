//! Trace of a write, kept with the rows it explains (D63).

use crate::Seq;

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
    /// How it ended, as a stable code.
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

//! Product records: facts that are no FHIR resource (D53), versioned and never lost.

use crate::Seq;

/// One version of a record to append. Its meaning belongs to the crate that owns the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// What sort of fact, for instance `grant`.
    pub kind: String,
    /// Identifier within the kind.
    pub id: String,
    /// Number of this version: 1 for a new record, else one more than what stands.
    pub ver: u32,
    /// What it is about, by which it is found; the same in every version.
    pub subject: String,
    /// Real time, in ms since 1970 UTC.
    pub at: i64,
    /// Who says so.
    pub actor: String,
    /// The fact, as JSON text.
    pub body: String,
}

/// One version of a record as committed, numbered among records: 1, 2, 3… without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRow {
    /// Position among the records, unrelated to the positions of versions.
    pub seq: Seq,
    /// What was recorded.
    pub entry: NewRecord,
}

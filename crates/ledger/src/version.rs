//! One row of the ledger: a full version of a resource, going in and coming out.

/// Position of a row: 1, 2, 3… in commit order, without gaps. 0 is the empty ledger.
pub type Seq = u64;

/// What a row does to its resource. The numbers are those stored and hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// First version. Refused when the id was ever used, even by a resource withdrawn since (D39).
    Create = 0,
    /// Next full version. On a withdrawn resource it brings the resource back (a merge undone, D39).
    Update = 1,
    /// Tombstone. The resource keeps its id and identifiers for ever, so nobody else gets them.
    Withdraw = 2,
}

/// Compare-and-set on the version number the writer has read.
///
/// Versions written earlier in the same batch count: a batch that updates one resource twice
/// expects `Version(n)`, then `Version(n + 1)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// No version yet.
    Absent,
    /// This version is the newest (`If-Match`).
    Version(u32),
    /// Whatever stands: the last write wins (D41).
    Any,
}

/// One row to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// Type of the resource, for instance `Location`.
    pub rtype: String,
    /// Logical id, unique within the type.
    pub id: String,
    /// What the row does.
    pub op: Op,
    /// What the writer believes stands now.
    pub expect: Expect,
    /// Real time of the write, in ms since 1970 UTC. Change feeds follow this one (D38).
    pub at: i64,
    /// Update date to show, in ms since 1970 UTC: at a first load, the one of the source (D38).
    pub updated: i64,
    /// Who writes: a client, a person or a register.
    pub actor: String,
    /// Audiences that see this version, one bit each; its meaning belongs to confidentiality.
    pub audience_mask: u8,
    /// Version of the policy that gave `audience_mask`.
    pub policy_ver: u32,
    /// Canonical text of the resource, at most [`BODY_BYTES_MAX`](crate::BODY_BYTES_MAX) bytes.
    pub body: Vec<u8>,
    /// Every functional identifier of the resource, as (system, value), unique within the type.
    ///
    /// Replaces the former set: an identifier left out is free again, a corrected FINESS number
    /// goes to its true holder. Rows apply in order, so the row that gives one up stands before
    /// the row that takes it. Not read for [`Op::Withdraw`], which keeps the former set.
    pub uniques: Vec<(String, String)>,
    /// (source, key) under which a register finds this resource again. `None` changes nothing.
    ///
    /// A key stays with its resource; only that of a withdrawn resource may pass to another
    /// (two copies merged). Kept, never served.
    pub source: Option<(String, String)>,
}

/// One row as it was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    /// Position in the ledger.
    pub seq: Seq,
    /// Type of the resource.
    pub rtype: String,
    /// Logical id.
    pub id: String,
    /// Version number of the resource: 1, 2, 3… without gaps.
    pub ver: u32,
    /// What the row did.
    pub op: Op,
    /// Real time of the write, in ms since 1970 UTC.
    pub at: i64,
    /// Update date to show, in ms since 1970 UTC.
    pub updated: i64,
    /// Who wrote.
    pub actor: String,
    /// Audiences that saw this version when it was written.
    pub audience_mask: u8,
    /// Version of the policy that gave `audience_mask`.
    pub policy_ver: u32,
    /// Canonical text of the resource.
    pub body: Vec<u8>,
}

/// The last row, summed up: equal heads mean equal ledgers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Position of the last row; 0 when there is none.
    pub seq: Seq,
    /// Changes when a ledger restarts from a copy: rows after the copy are then other rows.
    pub epoch: u64,
    /// `chain` of the last row; zeros when there is none.
    pub chain: [u8; 32],
}

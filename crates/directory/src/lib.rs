//! The directory as a service: the only crate that sees both the ledger and the index.
//!
//! * Reading: [`Directory::snapshot`] is one atomic load; everything after that is the index.
//! * Writing: [`Directory::write`] answers once the change is durable *and* visible.
//! * [`Directory::import`] takes what registers propose, through the same single writer.
//! * Rows written by another process on the same ledger are followed (D65).
//!
//! It does not know HTTP.

mod apply;
mod canonical;
mod dates;
mod directory;
mod graph;
mod identifier;
mod import;
mod issue;
mod replay;
mod rights;
mod verify;
mod write;
mod writer;

pub use canonical::RefusedShape;
pub use directory::{Directory, DirectoryError, Environment, Random};
pub use identifier::MintedKind;
pub use import::{ImportItem, ImportKey, ImportProblem, ImportProgress, ImportSummary, Imported, Replaces};
pub use issue::{Issue, IssueSeverity};
pub use verify::{Verification, verify};
pub use write::{Change, WriteError, Written};

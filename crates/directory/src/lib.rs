//! The directory as a service: the only crate that sees both the ledger and the index.
//!
//! * Reading: [`Directory::snapshot`] is one atomic load; everything after that is the index.
//! * Writing: [`Directory::write`] judges a change by the rules of the guide, then answers once it
//!   is durable *and* visible; [`Directory::validate`] judges without writing.
//! * [`Directory::import`] takes what registers propose, through the same single writer.
//! * Rows written by another process on the same ledger are followed (D65).
//!
//! It does not know HTTP.

mod apply;
mod calendar;
mod canonical;
mod dates;
mod declassify;
mod directory;
mod follow;
mod graph;
mod identifier;
mod import;
mod replay;
mod rights;
mod rules;
mod usage;
mod verify;
mod write;
mod writer;

pub use canonical::RefusedShape;
pub use directory::{Directory, DirectoryError, Environment, Random};
pub use identifier::MintedKind;
pub use import::{ImportItem, ImportKey, ImportProblem, ImportProgress, ImportSummary, Imported, Replaces, preview};
pub use rights::may_write_some;
/// How a structure or an offer says that it is closed, for those who show it.
pub use ror_profiles::rules::closing;
pub use rules::is_about_a_label;
pub use usage::{Usage, usage};
pub use verify::{Verification, verify};
pub use write::{Change, WriteError, Written};

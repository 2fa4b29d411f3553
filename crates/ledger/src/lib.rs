//! The append-only record of every change: the only truth of the directory.
//!
//! * [`Ledger`]: what every engine does: append a batch in one durable transaction, tail it,
//!   read one resource and its history, keep clients, product records, sessions and settings, check
//!   itself.
//! * [`SqliteLedger`]: the engine of a single machine, one file in WAL mode.
//!
//! * [`Traces`]: what was read and refused, in a file of its own, chained alike.
//!
//! A row is bytes under a key. This crate does not know what a resource means, who may see
//! it, or how it is searched: all of that is rebuilt from the rows by the crates above.
//!
//! Clocks and identifiers are handed in by the caller, so a test can replay any history.

mod audit;
mod body;
mod chain;
mod check;
mod client;
mod error;
mod ledger;
mod record;
mod session;
mod sqlite;
mod traces;
mod version;

pub use audit::{AuditFilter, AuditRow, DONE, NewAudit};
pub use body::BODY_BYTES_MAX;
pub use check::{CheckReport, FAULTS_MAX, Fault, Log};
pub use client::Client;
pub use error::LedgerError;
pub use ledger::{Ledger, SourceKeys};
pub use record::{NewRecord, RecordRow};
pub use session::{EndSessions, SessionRow};
pub use sqlite::SqliteLedger;
pub use traces::{Marks, Retention, Trace, TraceFilter, TraceReport, TraceRow, Traces, Unwritten};
pub use version::{Expect, Head, NewVersion, Op, Seq, VersionRow};

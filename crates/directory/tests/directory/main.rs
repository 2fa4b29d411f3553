//! The directory on a real ledger: changes, imports, and what each audience sees of them.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod closing;
mod common;
mod exposing;
mod hours;
mod importing;
mod parents;
mod reporting;
mod secrets;
mod writing;

//! The program as its user runs it.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod command_line;
mod machines;
mod package;
mod real_hospitals;
mod run;
mod validating;

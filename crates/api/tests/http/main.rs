//! The API as its clients meet it: over HTTP, on a real ledger.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod auditing;
mod closing;
mod common;
mod conformance;
mod exporting;
mod facets;
mod hidden;
mod hostile;
mod hours;
mod limits;
mod lists;
mod logs;
mod measures;
mod pki;
mod proxied;
mod reading;
mod reporting;
mod samples;
mod scenarios_capacity;
mod scenarios_cookbook;
mod scenarios_criteria;
mod scenarios_extraction;
mod scenarios_language;
mod scenarios_prices;
mod scenarios_profiles;
mod scenarios_reading;
mod scenarios_territory;
mod scenarios_text;
mod searching;
mod templates;
mod transport;
mod validating;
mod writing;

//! FHIR R4 values, without any I/O: what every other crate reads and writes.
//!
//! * [`Node`]: a JSON tree that loses nothing (element order, number text such as `1.00`).
//! * [`DateTime`], [`Decimal`], [`Quantity`], [`Reference`]: the primitives that search
//!   and validation compare by meaning rather than by text.
//! * [`Path`]: the FHIRPath subset in which search parameters are written.
//!
//! There are no typed resources: a profile is a table (crate `profiles`), so that an
//! unknown extension survives a round trip and a new profile version is a change of data.

mod date_time;
mod decimal;
mod node;
mod parse;
mod path;
mod quantity;
mod reference;
mod write;

pub use date_time::{DateTime, DateTimeError, Instant, Precision, local_time, paris};
pub use decimal::{Decimal, DecimalError};
pub use node::{Node, Object};
pub use parse::{ParseError, ParseErrorKind, Position};
pub use path::{Path, PathError};
pub use quantity::Quantity;
pub use reference::{Reference, is_logical_id};
/// The literal syntax behind [`node!`]; not for direct use.
#[doc(hidden)]
pub use serde_json;

/// Builds a [`Node`] from a JSON literal.
///
/// ```
/// use ror_fhir::node;
/// let place = node!({"resourceType": "Location", "status": "active"});
/// assert_eq!(place.get("status").and_then(|n| n.as_str()), Some("active"));
/// ```
#[macro_export]
macro_rules! node {
    ($($json:tt)+) => { $crate::Node::from($crate::serde_json::json!($($json)+)) };
}

//! ROR profiles and extensions as tables, and the validation of a resource against them.
//!
//! * [`Tables`]: the 9 profiles and 48 extensions of the guide with the FHIR R4 facts below
//!   them, as data; a new version of the guide is a new table (`cargo xtask profiles`).
//! * [`validate`]: everything that is wrong with one resource, as [`Finding`]s in the order of
//!   the document.
//! * [`transition`]: what may not change from one version of it to the next.
//! * [`identifier`]: keys of FINESS, SIREN, SIRET and RPPS numbers.
//!
//! Only the resource itself is looked at, and its former version where one is handed in: whether
//! a reference leads somewhere belongs to the directory. Nothing here reads a file, a clock or
//! the network.

pub mod capacity;
mod finding;
pub mod identifier;
pub mod population;
mod primitive;
mod rule;
pub mod rules;
#[cfg(test)]
mod table_tests;
mod tables;
pub mod template;
mod validate;
mod work;

pub use finding::{FINDINGS_MAX, Finding, Severity};
pub use rules::transition;
pub use tables::{BaseElement, Element, Extension, How, Part, Profile, Set, Strength, TableError, Tables};
pub use validate::{Context, DEPTH_MAX, Handling, validate};

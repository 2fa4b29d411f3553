//! ROR profiles and extensions as tables, and the validation of a resource against them.
//!
//! * [`Tables`]: the 9 profiles and 48 extensions of the guide with the FHIR R4 facts below
//!   them, as data; a new version of the guide is a new table (`cargo xtask profiles`).
//! * [`validate`]: everything that is wrong with one resource, as [`Finding`]s in the order of
//!   the document.
//! * [`conformance`]: the tables as StructureDefinitions, and [`validate_base`], which holds what
//!   the server makes itself against FHIR R4 alone.
//! * [`transition`]: what may not change from one version of it to the next.
//! * [`rules`]: the business rules; what one body cannot tell is handed in by the directory.
//!   `docs/regles.md` lists them all.
//! * [`capacity`]: records of beds and places, what is an indicator, what is computed.
//! * [`population`]: how far an offer or an establishment is described.
//! * [`template`]: entry templates, as tables and as Questionnaires.
//! * [`identifier`]: keys of FINESS, SIREN, SIRET and RPPS numbers.
//!
//! [`validate`] looks at the resource alone: whether a reference leads somewhere belongs to the
//! directory. Nothing here reads a file, a clock or the network.

pub mod capacity;
pub mod conformance;
mod finding;
pub mod identifier;
mod label;
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
pub use tables::{BaseElement, Element, Extension, Guide, How, Part, Profile, Set, Strength, TableError, Tables};
pub use validate::{Context, DEPTH_MAX, Handling, make_lists, validate, validate_base};

//! ROR profiles and extensions as tables.
//!
//! * [`Tables`]: the 9 profiles and 48 extensions of the guide with the FHIR R4 facts below
//!   them, as data; a new version of the guide is a new table (`cargo xtask profiles`).
//! * [`identifier`]: keys of FINESS, SIREN, SIRET and RPPS numbers.
//!
//! Nothing here reads a file, a clock or the network.

pub mod identifier;
mod tables;

pub use tables::{BaseElement, Element, Extension, How, Part, Profile, Set, Strength, TableError, Tables};

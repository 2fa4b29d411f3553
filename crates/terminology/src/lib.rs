//! Code systems (TRE) and value sets (JDV) of the directory, embedded and versioned.
//!
//! * [`Terminology::embedded`]: every list the ROR guide binds to, inside the program.
//! * [`CodeSystem`], [`ValueSet`], [`Concept`]: what is asked of them, keyed by
//!   (system, code): `86` is a laboratory technician in one system of J186 and an
//!   advanced-practice nurse in another.
//! * [`Terminology::resolve_system`]: addresses as samples write them (D4).
//! * [`Terminology::families_of`], [`Terminology::category`],
//!   [`Terminology::region_of_department`]: the association tables.
//! * [`fold()`]: the one form without case, accents and hyphens under which texts are compared (D12).
//!
//! * [`Overlay`]: newer lists from a package, over those of the program; [`ListChange`]: what they change.
//!
//! Labels are shown, never validated on (D33). The contents come from
//! `data/nomenclatures.tsv`; `cargo xtask nomenclatures --from DIR` rewrites it.
//! Nothing here reads a file, a clock or the network.

mod associations;
mod changes;
mod code_system;
mod concept;
mod error;
mod expand;
pub mod fold;
mod load;
mod lookup;
mod overlay;
mod resolve;
mod resource;
mod terminology;
mod validate;
mod value_set;

pub use associations::{Category, Domain, Family};
pub use changes::{Coded, ListChange};
pub use code_system::{CodeSystem, Content, ReadCode};
pub use concept::Concept;
pub use error::TerminologyError;
pub use expand::Expansion;
pub use fold::{fold, words};
pub use load::LoadError;
pub use overlay::{Overlay, OverlayError};
pub use resolve::{Reading, Resolved};
pub use terminology::{Criteria, Heading, Terminology};
pub use validate::Asked;
pub use value_set::{Include, Membership, Status, ValueSet};

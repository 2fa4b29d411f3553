//! A believable territory that never existed: real communes, invented structures and people.
//!
//! For the demonstration, for tests and for load: hospitals, EHPAD, disability structures, home
//! services, health houses, practices and the professionals of a department, described with
//! everything the guide can carry, and with defects planted on purpose, each one told.
//!
//! * [`visit`] hands the resources over one structure at a time: memory stays bounded at any scale.
//! * [`generate`] keeps them all, for the scales that fit.
//! * [`stream_ndjson`] writes them as files that `ror import fhir` loads, without holding them;
//!   [`write_ndjson`] writes those kept.
//!
//! The same scale, seed and instant give the same bytes on every machine: the generator draws from
//! a sequence of its own and computes with basic operations only, no sine and no clock.
//!
//! Nothing here can be taken for real: FINESS numbers start with `0199`, SIREN with `999`, RPPS
//! with `1999`, telephones are those that the regulator keeps for films, e-mails end in
//! `example.fr` or `exemple.mssante.fr`.

mod capacity;
mod catalogue;
mod city;
mod contacts;
mod defects;
mod draw;
mod elements;
mod establishments;
mod hours;
mod names;
mod ndjson;
mod offers;
mod places;
mod practitioners;
mod prices;
mod reports;
mod scale;
mod territory;
#[cfg(test)]
mod tests;

pub use defects::{Defect, DefectKind};
pub use ndjson::{MARKER_FILE, REGISTER_FILE, TRUTH_FILE, Written, stream_ndjson, visit_whole, write_ndjson};
pub use scale::Scale;
pub use territory::{Item, RegisterPractitioner, RegisterStructure, Territory, generate, visit};

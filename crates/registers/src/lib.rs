//! The registers that feed the directory: each is read, checked and turned into proposed
//! resources and findings. Nothing here writes, and nothing here knows HTTP.
//!
//! * [`cog`]: communes, departments, regions, with positions.
//! * [`finess`]: the open extracts of health and social establishments.
//! * [`package`]: FHIR packages, with newer lists.
//! * [`sae`]: the yearly statistics of hospitals.
//! * [`synth`]: a synthetic territory, for demonstration and tests.
//!
//! Shared by all: [`recognise`] tells what a file is by its content, [`csv_file`] reads separated values,
//! [`identifiers`] checks numbers, [`organization`], [`address`] and [`shapes`] write the FHIR shapes of the guide.
//!
//! Bad data is an ordinary day: a reader gives what it could read *and* its findings.

pub mod address;
pub mod cog;
pub mod csv_file;
pub mod fhir_file;
pub mod finess;
pub mod identifiers;
pub mod organization;
pub mod package;
pub mod recognise;
pub mod sae;
pub mod shapes;
pub mod synth;

mod finding;
mod proposed;

pub use finding::{Finding, Severity};
pub use proposed::{Harvest, Mint, Proposed};

//! What a register proposes to the directory.

use ror_fhir::{Instant, Node};

use crate::Finding;

/// A resource proposed by a register, found again later by its key.
///
/// The resource carries no id, version nor date of its own. A reference to another
/// proposed resource is written `key:` followed by the key of that resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// Stable key in the source, such as `offre/010000024/REA/REAADU`; kept in the ledger, never served.
    pub key: String,
    /// The resource.
    pub resource: Node,
    /// Update date that the source gives (D38).
    pub updated: Instant,
    /// Functional identifier to draw when the resource is created (D44).
    pub mint: Option<Mint>,
    /// File it comes from, without its folder.
    pub file: String,
    /// Line it comes from.
    pub line: u64,
}

/// A functional identifier `region/number`, drawn once and kept (D44).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mint {
    /// Identifier of an offer.
    Offre {
        /// INSEE code of the region.
        region: String,
    },
    /// Identifier of a place.
    Lieu {
        /// INSEE code of the region.
        region: String,
    },
    /// Identifier of an organisation interne.
    OrganisationInterne {
        /// INSEE code of the region.
        region: String,
    },
}

/// All that was read from the files of one register.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Harvest {
    /// Name of the source: `sae`, `finess`, `synth`.
    pub source: &'static str,
    /// The resources.
    pub proposed: Vec<Proposed>,
    /// What was wrong or doubtful.
    pub findings: Vec<Finding>,
    /// Figures to print after the import: label, value.
    pub report: Vec<(String, String)>,
}

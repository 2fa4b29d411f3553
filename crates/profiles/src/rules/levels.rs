//! Levels of confidentiality of contacts and telecoms: RG_EXP_032, 033.

use ror_fhir::Node;

use super::{code_of, guide};

/// Where a telecom carries its level.
pub(super) const TELECOM: &str = guide!("ror-telecom-confidentiality-level");
/// Where a contact of an offer carries its level.
pub(super) const CONTACT_OF_OFFER: &str = guide!("ror-confidentiality-level");
/// Where a contact of a structure carries its level.
pub(super) const CONTACT_OF_STRUCTURE: &str = guide!("ror-contact-confidentiality-level");

/// Level of a contact or a telecom that says none: visible by professionals.
pub(super) const DEFAULT: u8 = 2;

/// RG_EXP_032, RG_EXP_033: the level a node carries; missing or unknown is [`DEFAULT`] (D24). It
/// is read so, here and by projections, and never written: what its author did not say stays so.
pub(super) fn level(node: &Node, url: &str) -> u8 {
    match code_of(node, url) {
        Some("1") => 1,
        Some("3") => 3,
        _ => DEFAULT,
    }
}

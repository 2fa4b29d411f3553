//! Dates of update: RG_EXP_020 and 025. When an own date moves (RG_EXP_024) and what the first
//! one is (RG_EXP_023) is the directory's, which holds the versions.

use std::collections::BTreeSet;

use ror_fhir::{Instant, Node};

use super::rtype;

/// RG_EXP_020: an instant to the second, as dates are kept and shown.
pub fn to_the_second(instant: Instant) -> Instant {
    instant - instant.rem_euclid(1000)
}

/// RG_EXP_025: the parents whose update date moves when a resource is created, attached
/// elsewhere or removed, as references: the offer of a role, the parent of an organisation
/// interne. An edit inside the child moves none (D38), nor does a structure that names no kind
/// of organisation interne.
///
/// For the write path, in the same transaction. Places are attached by the offer itself, whose
/// own date then moves.
pub fn parents_moved(former: Option<&Node>, next: Option<&Node>) -> BTreeSet<String> {
    let of = |resource: Option<&Node>| resource.map(parents).unwrap_or_default();
    of(former).symmetric_difference(&of(next)).cloned().collect()
}

fn parents(child: &Node) -> BTreeSet<String> {
    let key = match rtype(child) {
        "PractitionerRole" => "healthcareService",
        "Organization" if is_internal(child) => "partOf",
        _ => return BTreeSet::new(),
    };
    child.items(key).filter_map(|parent| Some(parent.str("reference")?.to_owned())).collect()
}

/// Whether a structure is an organisation interne: by its identifier, or by its type (R207).
fn is_internal(structure: &Node) -> bool {
    let is_numbered = structure.items("identifier").any(|it| it.str("system") == Some("https://oi.esante.gouv.fr"));
    let mut codings = structure.items("type").flat_map(|concept| concept.items("coding"));
    is_numbered
        || codings.any(|coding| coding.str("system").is_some_and(|it| it.contains("R207-") || it.contains("J203-")))
}

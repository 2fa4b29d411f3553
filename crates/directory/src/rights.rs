//! Who may write what (D81).

use ror_confidentiality::{Grant, Rights, WriteScope};
use ror_search::ResourceType;

use crate::graph::{Graph, Key};

/// Whether the caller may write some resource of `rtype`; which ones is judged on the objects.
pub fn may_write_some(grant: &Grant, rtype: ResourceType) -> bool {
    match rtype {
        ResourceType::Questionnaire => grant.rights().templates,
        ResourceType::Task | ResourceType::Measure | ResourceType::MeasureReport => false,
        _ => grant.may_write(),
    }
}

/// Whether `rights` reach the resource `key` as the relations stand.
pub(crate) fn may_write(rights: &Rights, graph: &Graph, key: &Key) -> bool {
    match key.0 {
        ResourceType::Questionnaire => rights.templates,
        // They come by import: no client writes them yet.
        ResourceType::Task | ResourceType::Measure | ResourceType::MeasureReport => false,
        _ => reaches(rights, graph, &graph.owners(key)),
    }
}

/// Whether `rights` reach what a write would make: the resource as it would be, and the
/// places that its offer would newly use. Whoever writes an offer may write its places
/// (D81), so a place of someone else is not to be had by pointing at it; nor is a structure
/// by naming oneself like it.
pub(crate) fn may_make(rights: &Rights, before: &Graph, after: &Graph, key: &Key) -> bool {
    if key.0 == ResourceType::Questionnaire || !matches!(rights.write, WriteScope::Establishments(_)) {
        return may_write(rights, after, key);
    }
    let mut owners = after.owners(key);
    if key.0 == ResourceType::Organization && !before.holds_structure(&key.1) {
        owners.retain(|owner| *owner != key.1);
    }
    let used = before.places_of_offer(&key.1);
    let mut taken = after.places_of_offer(&key.1).iter().filter(|place| !used.contains(place));
    let is_free = |place: &str| {
        let place = (ResourceType::Location, Box::from(place));
        before.owners(&place).is_empty() || may_write(rights, before, &place)
    };
    reaches(rights, after, &owners) && (key.0 != ResourceType::HealthcareService || taken.all(|place| is_free(place)))
}

fn reaches(rights: &Rights, graph: &Graph, owners: &[Box<str>]) -> bool {
    match &rights.write {
        WriteScope::None => false,
        WriteScope::National => true,
        WriteScope::Establishments(declared) => {
            let mut identifiers = owners.iter().flat_map(|owner| graph.identifiers(owner));
            identifiers.any(|identifier| declared.iter().any(|declared| is_same_structure(declared, identifier)))
        }
    }
}

/// A structure is declared by its FINESS number or its idNat_Struct (D65): `1` + FINESS.
fn is_same_structure(declared: &str, identifier: &str) -> bool {
    let bare = |text: &str| match text.strip_prefix('1') {
        Some(finess) if text.len() == 10 => finess.to_ascii_uppercase(),
        _ => text.to_ascii_uppercase(),
    };
    bare(declared.trim()) == bare(identifier.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_structure_is_known_by_either_identifier() {
        assert!(is_same_structure("010000024", "1010000024"));
        assert!(is_same_structure("12a0000154", "2A0000154"));
        assert!(!is_same_structure("010000024", "010000032"));
    }
}

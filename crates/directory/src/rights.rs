//! Who may write what (D81).

use ror_confidentiality::{Rights, WriteScope};

use crate::graph::{Graph, Key};

/// Whether `rights` reach the resource `key` as the relations stand.
pub(crate) fn may_write(rights: &Rights, graph: &Graph, key: &Key) -> bool {
    match &rights.write {
        WriteScope::None => false,
        WriteScope::National => true,
        WriteScope::Establishments(declared) => {
            let owners = graph.owners(key);
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

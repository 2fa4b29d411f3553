//! Identifiers that match although they are not stored (D8).

use ror_fhir::Node;

use super::push;
use crate::{ParamId, ResourceType, Term};

/// An identifier as it is compared: trimmed, the letters of FINESS numbers in upper case (D8.1).
pub(crate) fn normal_identifier(value: &str) -> String {
    let value = value.trim();
    let finess = value.len() == 9 || (value.len() == 10 && value.starts_with('1'));
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    if finess && letters == 1 && value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return value.to_ascii_uppercase();
    }
    value.to_owned()
}

/// Identifiers that match although they are not stored (D8.2, D8.4).
pub(crate) fn derived_identifiers(rtype: ResourceType, parameter: ParamId, resource: &Node, into: &mut Vec<Term>) {
    for identifier in resource.items("identifier") {
        let (Some(system), Some(value)) = (identifier.str("system"), identifier.str("value")) else { continue };
        let value = normal_identifier(value);
        for (system, value) in derived(rtype, system, &value, identifier) {
            push(parameter, Some(system), &value, into);
        }
    }
}

/// System of the national structure identifier.
pub(super) const ID_NAT_STRUCT: &str = "urn:oid:1.2.250.1.71.4.2.2";
/// System of the numbers of FINESS.
pub(super) const FINESS: &str = "https://finess.esante.gouv.fr";
/// Systems of the numbers that follow the type digit of an idNat_Struct (RG_EXP_004, 005, 037, 038).
const NUMBERS: [(char, &str); 4] = [
    ('1', FINESS),
    ('0', "https://adelirang.esante.gouv.fr"),
    ('4', "https://rppsrang.esante.gouv.fr"),
    // 2 is a SIREN and 3 a SIRET; both live in one system.
    ('2', "https://sirene.fr"),
];
/// System of the national identifier of professionals.
const RPPS: &str = "urn:oid:1.2.250.1.71.4.2.1";

fn derived<'a>(rtype: ResourceType, system: &'a str, value: &str, identifier: &Node) -> Vec<(&'a str, String)> {
    match (rtype, system) {
        (ResourceType::Organization, ID_NAT_STRUCT) => {
            let digit = value.chars().next().map(|digit| if digit == '3' { '2' } else { digit });
            let number = NUMBERS.iter().find(|(kind, _)| Some(*kind) == digit);
            number.map(|(_, system)| (*system, value[1..].to_owned())).into_iter().collect()
        }
        (ResourceType::Organization, _) => {
            let Some((digit, _)) = NUMBERS.iter().find(|(_, known)| *known == system) else { return Vec::new() };
            let kind = identifier.get("type").and_then(|kind| kind.items("coding").find_map(|c| c.str("code")));
            let digit = if *digit == '2' && kind == Some("3") { '3' } else { *digit };
            vec![(ID_NAT_STRUCT, format!("{digit}{value}"))]
        }
        (ResourceType::Practitioner, RPPS) if value.len() == 11 => vec![(RPPS, format!("8{value}"))],
        (ResourceType::Practitioner, RPPS) if value.len() == 12 && value.starts_with('8') => {
            vec![(RPPS, value[1..].to_owned())]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use ror_fhir::node;

    use super::*;

    #[test]
    fn a_finess_number_and_its_national_identifier_find_each_other() {
        let bare = node!({"identifier": [{"system": "https://finess.esante.gouv.fr", "value": "2a0000154"}]});
        let national = node!({"identifier": [{"system": ID_NAT_STRUCT, "value": "12A0000154"}]});
        for (resource, expected) in [(&bare, "12A0000154"), (&national, "2A0000154")] {
            let mut terms = Vec::new();
            derived_identifiers(ResourceType::Organization, 3, resource, &mut terms);
            assert!(terms.contains(&Term::code(3, expected)), "{expected}");
        }
    }

    #[test]
    fn a_siret_is_told_from_a_siren_by_its_type() {
        let siret = node!({"identifier": [{"system": "https://sirene.fr", "value": "26010004500012",
            "type": {"coding": [{"code": "3"}]}}]});
        let mut terms = Vec::new();
        derived_identifiers(ResourceType::Organization, 3, &siret, &mut terms);
        assert!(terms.contains(&Term::code(3, "326010004500012")));
    }
}

//! National identifiers that are derived: RG_EXP_004, 005, 037, 038.

use ror_fhir::Node;

use super::{first_code, items};
use crate::finding::Findings;

/// National structure identifiers (idNat_Struct).
const ID_NAT_STRUCT: &str = "urn:oid:1.2.250.1.71.4.2.2";
/// SIREN and SIRET numbers.
const SIRENE: &str = "https://sirene.fr";

/// Where the numbers of a structure come from, the first one it has wins: system, code of the
/// type where two numbers share a system, digit in front.
const ORDER: &[(&str, &str, char)] = &[
    ("https://rppsrang.esante.gouv.fr", "", '4'),
    ("https://adelirang.esante.gouv.fr", "", '0'),
    ("https://finess.esante.gouv.fr", "", '1'),
    (SIRENE, "3", '3'),
    (SIRENE, "2", '2'),
];

/// RG_EXP_004, 005, 037, 038: the national identifier of a structure, from its other numbers: the
/// RPPS or ADELI rang where there is one, else FINESS, else SIRET (EG) or SIREN (EJ).
///
/// For imports and for searches on identifiers (D8.2): it is never written into a body that does
/// not hold it.
///
/// ```
/// use ror_fhir::node;
/// use ror_profiles::rules::identity::national_structure_identifier;
/// let site = node!({"identifier": [{"system": "https://finess.esante.gouv.fr", "value": "010000024"}]});
/// assert_eq!(national_structure_identifier(&site).as_deref(), Some("1010000024"));
/// assert_eq!(national_structure_identifier(&node!({})), None);
/// ```
pub fn national_structure_identifier(structure: &Node) -> Option<String> {
    ORDER.iter().find_map(|(system, kind, digit)| {
        let mut numbers = structure.items("identifier").filter(|number| {
            let is_kind = kind.is_empty() || number.get("type").and_then(first_code) == Some(kind);
            number.str("system") == Some(system) && is_kind
        });
        let value = numbers.find_map(|number| number.str("value"))?;
        Some(format!("{digit}{}", value.trim().to_ascii_uppercase()))
    })
}

/// RG_EXP_004, 005, 037, 038, on a body: the identifier written is the derived one.
pub(super) fn national_identifier_is_the_derived_one(structure: &Node, findings: &mut Findings) {
    let Some(derived) = national_structure_identifier(structure) else { return };
    let national = items(structure, "identifier").filter(|(_, number)| number.str("system") == Some(ID_NAT_STRUCT));
    for (at, number) in national {
        if number.str("value").is_some_and(|value| !value.trim().eq_ignore_ascii_case(&derived)) {
            findings.doubtful("RG_EXP_004, 005, 037, 038", &derived, || {
                let message = format!(
                    "L'identifiant national ne suit pas des autres numéros de la structure : {derived} est attendu (rang, sinon FINESS, sinon SIRET ou SIREN)."
                );
                (format!("Organization.identifier[{at}].value"), message)
            });
        }
    }
}

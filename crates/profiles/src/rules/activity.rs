//! What an offer does, for whom, where: RG_EXP_007 to 011.

use ror_fhir::Node;

use super::{codes_from, extensions, guide, is_code};
use crate::finding::Findings;

/// Champ d'activité médico-social (J20).
const MEDICO_SOCIAL: &str = "04";

/// Nomenclatures of families of activities: SERAFIN-PH, and what it leaves out.
const FAMILIES: &[&str] = &["R265-", "R266-", "J51-"];
/// Nomenclature of fields.
pub(super) const FIELDS: &[&str] = &["R227-", "J20-"];
/// Nomenclature of modes of care.
pub(super) const CARE_MODES: &[&str] = &["R213-", "J19-"];
/// Nomenclature of communes.
const COMMUNES: &[&str] = &["R13-", "J124-"];

/// The codes of a concept that is alone (`type`), whatever its writing: one value or a list.
pub(super) fn fields(offer: &Node) -> impl Iterator<Item = &str> {
    offer.items("type").flat_map(|concept| concept.items("coding")).filter_map(|coding| coding.str("code"))
}

fn is_medico_social(offer: &Node) -> bool {
    fields(offer).any(|code| is_code(code, MEDICO_SOCIAL))
}

/// RG_EXP_007: in médico-social, the activity has its family.
pub(super) fn family_is_given_in_medico_social(offer: &Node, findings: &mut Findings) {
    if is_medico_social(offer) && codes_from(offer, "specialty", FAMILIES).next().is_none() {
        findings.broken("RG_EXP_007", "un code de JDV_J51-FamilleActiviteOperationnelle-ROR", || {
            let message = "Dans le champ médico-social, la famille d'activité opérationnelle est obligatoire.";
            ("HealthcareService.specialty".to_owned(), message.to_owned())
        });
    }
}

/// RG_EXP_008: in médico-social, the public is given. An offer without any patient type lacks
/// more: the profile tells it.
pub(super) fn public_is_given_in_medico_social(offer: &Node, findings: &mut Findings) {
    if !is_medico_social(offer) {
        return;
    }
    for (at, patients) in extensions(offer, guide!("ror-healthcareservice-patient-type")) {
        if patients.extensions("supportedPatientInfo").next().is_none() {
            findings.broken("RG_EXP_008", "un code de JDV_J29-PublicPrisEnCharge-ROR", || {
                let message = "Dans le champ médico-social, le public pris en charge est obligatoire.";
                (format!("HealthcareService.extension[{at}]"), message.to_owned())
            });
        }
    }
}

/// RG_EXP_009: the zone is made of communes. The profile fixes the type of each division; this
/// looks at what its code is drawn from. A form may let people pick a department: it stores the
/// communes.
pub(super) fn zone_is_made_of_communes(offer: &Node, findings: &mut Findings) {
    for (at, division) in extensions(offer, guide!("ror-territorial-division")) {
        for (inner, part) in extensions(division, "codeTerritorialDivision") {
            let systems = part.items("valueCodeableConcept").flat_map(|concept| concept.items("coding"));
            let mut systems = systems.filter_map(|coding| coding.str("system"));
            let is_other = |system: &str| !COMMUNES.iter().any(|name| system.contains(name));
            if systems.next().is_some_and(is_other) {
                findings.broken("RG_EXP_009", "un code de commune (TRE_R13-CommuneOM)", || {
                    let place = format!("HealthcareService.extension[{at}].extension[{inner}].value");
                    let message = "La zone d'intervention se décrit par communes : remplacer ce code par ceux des communes concernées.";
                    (place, message.to_owned())
                });
            }
        }
    }
}

/// RG_EXP_010: one field. The profile allows one concept; this looks at its codes. That it never
/// changes is in [`transition`](super::transition).
pub(super) fn field_is_one(offer: &Node, findings: &mut Findings) {
    let mut codes = codes_from(offer, "type", FIELDS).map(|(_, code)| code);
    let Some(first) = codes.next() else { return };
    if codes.any(|code| !is_code(code, first)) {
        findings.broken("RG_EXP_010", "un seul champ d'activité", || {
            let message = "Une offre a un seul champ d'activité : créer une offre pour chacun.";
            ("HealthcareService.type".to_owned(), message.to_owned())
        });
    }
}

/// RG_EXP_011: one mode of care, in one concept (the profile counts concepts).
pub(super) fn care_mode_is_one(offer: &Node, findings: &mut Findings) {
    let mut codes = codes_from(offer, "characteristic", CARE_MODES).peekable();
    while let Some((at, code)) = codes.next() {
        let is_second = |(next, other): &(usize, &str)| *next == at && !is_code(other, code);
        if codes.peek().is_some_and(is_second) {
            findings.broken("RG_EXP_011", "un seul mode de prise en charge", || {
                let message = "Une offre a un seul mode de prise en charge : créer une offre pour chacun.";
                (format!("HealthcareService.characteristic[{at}]"), message.to_owned())
            });
            return;
        }
    }
}

//! Sensitive units: RG_EXP_035, 039, and the presumption of requirement CO3 (D34, D49).

use ror_fhir::{Node, node};

use super::contact::{OFFER_CONTACT, OFFER_TELECOM};
use super::levels::{CONTACT_OF_OFFER, TELECOM, level};
use super::{codes_from, extensions, guide, is_code};
use crate::finding::Findings;

const FLAG: &str = guide!("ror-healthcareservice-sensitive-unit");
/// Nomenclature of activities.
const ACTIVITIES: &[&str] = &["R211-", "J17-"];
/// Médecine pénitentiaire (J17).
const PRISON_MEDICINE: &str = "089";

/// Words of a name that make a unit presumed sensitive: requirement CO3, folded, with the
/// right spelling beside the one it misspells (D50). `smpr` is apart: a rehabilitation unit
/// bears the same letters.
const WORDS: &[&str] = &[
    "uhsi",
    "securisee interregionale",
    "securite inter regionale",
    "securise",
    "detenus",
    "usmp",
    "penitentia",
    "uhsa",
    "specialement amenage",
    "service medico psycologique",
    "service medico psychologique regional",
    "ufdh",
    "umdh",
    "nrbc",
    "decontamin",
    "contamine",
];

/// Whether an offer says that it is a sensitive unit; `None` when it says nothing.
pub fn is_flagged(offer: &Node) -> Option<bool> {
    offer.extensions(FLAG).find_map(|extension| extension.get("valueBoolean")?.as_bool())
}

/// Whether an offer is presumed sensitive, by its name or its activity (CO3).
///
/// For imports (D34), for the automatic publication, which such an offer never gets (D49), and
/// for the quality requirement itself.
pub fn is_presumed(offer: &Node) -> bool {
    let activities = codes_from(offer, "specialty", ACTIVITIES).map(|(_, code)| code);
    is_presumed_by(offer.str("name").unwrap_or_default(), activities)
}

/// Whether an offer of this name and these activities is presumed sensitive (CO3): what
/// [`is_presumed`] reads of one that is not written yet.
pub fn is_presumed_by<'a>(name: &str, mut activities: impl Iterator<Item = &'a str>) -> bool {
    let name = ror_terminology::fold(name);
    let is_regional_service = name.contains("smpr") && !name.contains("readaptation");
    activities.any(|code| is_code(code, PRISON_MEDICINE))
        || is_regional_service
        || WORDS.iter().any(|word| name.contains(word))
}

/// RG_EXP_035: gives an offer the flag it lacks: yes when it is presumed sensitive, else no.
/// Gives the flag it set.
///
/// For imports only (D34): by API its absence is an error.
pub fn give_default_flag(offer: &mut Node) -> Option<bool> {
    if is_flagged(offer).is_some() {
        return None;
    }
    let flag = is_presumed(offer);
    let made = node!({"url": FLAG, "valueBoolean": flag});
    let members = offer.as_object_mut()?;
    match members.get_mut("extension") {
        Some(Node::Array(extensions)) => extensions.push(made),
        _ => {
            members.insert("extension", vec![made]);
        }
    }
    Some(flag)
}

/// RG_EXP_039, on a body: tells which contacts of a sensitive unit will be read at level 3.
/// Whatever is stored, a projection reads them so (D24); a body is not rewritten, so that
/// nothing is left raised when the flag goes.
pub(super) fn contacts_of_a_sensitive_unit_are_of_level_3(offer: &Node, findings: &mut Findings) {
    if is_flagged(offer) != Some(true) {
        return;
    }
    for (at, contact) in extensions(offer, OFFER_CONTACT) {
        let is_low = level(contact, CONTACT_OF_OFFER) < 3
            || extensions(contact, OFFER_TELECOM).any(|(_, telecom)| level(telecom, TELECOM) < 3);
        if is_low {
            findings.doubtful("RG_EXP_039", "le niveau 3", || {
                let message = "Dans une unité sensible, ce contact et ses télécommunications sont lus au niveau 3, quel que soit le niveau écrit.";
                (format!("HealthcareService.extension[{at}]"), message.to_owned())
            });
        }
    }
}

/// CO3, on a body: an offer that looks like a sensitive unit and says it is none.
pub(super) fn presumed_unit_is_flagged(offer: &Node, findings: &mut Findings) {
    if is_flagged(offer) == Some(false) && is_presumed(offer) {
        findings.doubtful("CO3, D49", "uniteSensible = true, ou un autre nom", || {
            let message = "Le nom ou l'activité font penser à une unité sensible (détention, sécurité, décontamination), que l'offre dit ne pas être : à vérifier.";
            ("HealthcareService.extension".to_owned(), message.to_owned())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::is_presumed_by;

    #[test]
    fn co3_detention_and_contamination_are_presumed_however_they_are_written() {
        let named = |name: &str| is_presumed_by(name, std::iter::once("229"));
        for name in [
            "Psychiatrie en milieu pénitentiaire",
            "UHSA de Lyon",
            "Unité NRBC",
            "SMPR",
            "SERVICE MEDICO PSYCHOLOGIQUE REGIONAL",
            "Service médico-psychologique régional",
            "Service médico\u{2011}psychologique régional",
        ] {
            assert!(named(name), "{name}");
        }
        assert!(is_presumed_by("Consultations", std::iter::once("089")));
        for name in ["Psychiatrie adulte", "Réanimation adulte", "SMPR, réadaptation"] {
            assert!(!named(name), "{name}");
        }
    }
}

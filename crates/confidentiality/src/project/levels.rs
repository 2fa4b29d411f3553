//! What an element says of itself: its level, its status, its kind, its target.

use ror_fhir::{Node, Reference};

use crate::policy::CapacityStatuses;
use crate::policy::{Conditions, Element, ToldBy};

const PREFIX: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/";

/// Three addresses for one notion, and one that no profile uses: a level written at the wrong
/// one still counts, since the strictest wins.
const CARRIERS: [&str; 4] = [
    "ror-confidentiality-level",
    "ror-contact-confidentiality-level",
    "ror-telecom-confidentiality-level",
    "ror-contact-telecom-confidentiality-level",
];

/// The code system of the levels, and its value set, which some write as system (D4).
const LEVEL_SYSTEMS: [&str; 2] = [
    "https://mos.esante.gouv.fr/NOS/TRE_R283-NiveauConfidentialite/FHIR/TRE-R283-NiveauConfidentialite",
    "https://mos.esante.gouv.fr/NOS/JDV_J222-NiveauConfidentialite-ROR/FHIR/JDV-J222-NiveauConfidentialite-ROR",
];

/// The level of an element whose level is expected at `carrier`: 1 to 3, the strictest written;
/// 2 when missing or unknown (D24).
pub(super) fn level(element: &Node, carrier: &str) -> u8 {
    let mut expected = 0;
    let mut strictest = 0;
    for extension in element.items("extension") {
        let Some(url) = extension.str("url") else { continue };
        if !url.strip_prefix(PREFIX).is_some_and(|name| CARRIERS.contains(&name)) {
            continue;
        }
        let level = written_level(extension);
        strictest = strictest.max(level);
        if url == carrier {
            expected = level;
        }
    }
    if expected == 0 { strictest.max(2) } else { strictest }
}

fn written_level(extension: &Node) -> u8 {
    let codings = extension.items("valueCodeableConcept").flat_map(|concept| concept.items("coding"));
    codings.map(coded_level).max().unwrap_or(2)
}

/// `3` closes under any system; `1` opens only under that of the levels.
fn coded_level(coding: &Node) -> u8 {
    let known = coding.str("system").is_some_and(|system| LEVEL_SYSTEMS.contains(&system));
    match coding.str("code") {
        Some("3") => 3,
        Some("1") if known => 1,
        _ => 2,
    }
}

/// Whether a contact says who it is: a name of its own, or in its extension.
pub(super) fn names_a_person(contact: &Node) -> bool {
    contact.get("name").is_some() || contact.items("extension").any(|part| part.str("url") == Some("name"))
}

/// What holds of a capacity record; `None` when its status is not one of JDV_J188 (D25).
pub(super) fn capacity(record: &Node, statuses: &CapacityStatuses) -> Option<Conditions> {
    let (mut count, mut installed, mut additional) = (0, true, false);
    for part in record.items("extension") {
        match part.str("url") {
            Some("additionalBedType" | "crisisType") => additional = true,
            Some("capacityStatus") => {
                for coding in part.items("valueCodeableConcept").flat_map(|concept| concept.items("coding")) {
                    let (system, code) = (coding.str("system")?, coding.str("code")?);
                    if !statuses.systems.iter().any(|known| known == system)
                        || !statuses.statuses.iter().any(|known| known == code)
                    {
                        return None;
                    }
                    count += 1;
                    installed &= code == statuses.installed;
                    additional |= code == statuses.additional;
                }
            }
            _ => {}
        }
    }
    let holding =
        Conditions::default().and_if(installed, Conditions::INSTALLED).and_if(!additional, Conditions::NOT_ADDITIONAL);
    (count > 0).then_some(holding)
}

/// The codes or systems that tell which slice an item is; `None` for one that tells nothing.
pub(super) fn tellers<'a>(item: &'a Node, element: &Element) -> Vec<Option<&'a str>> {
    match element.told_by {
        ToldBy::Coding => vec![item.str("system")],
        ToldBy::Concept => item.items("coding").map(|coding| coding.str("system")).collect(),
        ToldBy::Type => item.items("type").flat_map(|kind| kind.items("coding")).map(|c| c.str("code")).collect(),
    }
}

/// Whether a Reference leads to a person (D20, D30).
pub(super) fn leads_to_a_person(target: &str) -> bool {
    matches!(target.split('/').next(), Some("Practitioner" | "PractitionerRole"))
}

/// Whether a report was computed on what the public sees: it says so of itself, and says nothing
/// else (D31).
pub(super) fn is_public_report(report: &Node) -> bool {
    let mut values = report.items("identifier").map(|identifier| identifier.str("value").unwrap_or_default().trim());
    report.items("identifier").next().is_some() && values.all(|value| value.ends_with("-public"))
}

/// The `"Type/id"` a Reference leads to; `None` for a logical identifier alone, an address
/// elsewhere or anything else that cannot be resolved here.
pub(super) fn target(reference: &Node) -> Option<String> {
    match Reference::parse(reference.str("reference")?) {
        Reference::Local { rtype, id } => Some(format!("{rtype}/{id}")),
        _ => None,
    }
}

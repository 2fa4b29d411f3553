//! Fields of an extract, checked: each gives a value that can be kept, and a finding for what cannot.

use ror_fhir::{DateTime, Instant, Precision};
use ror_terminology::Terminology;

use super::record::Record;
use crate::identifiers::{FinessId, IdentifierError, SirenId, SiretId};
use crate::shapes::system;
use crate::{Finding, Severity};

const J55_CATEGORIE: &str = "https://mos.esante.gouv.fr/NOS/JDV_J55-CategorieEG-ROR/FHIR/JDV-J55-CategorieEG-ROR";
const J199_STATUT: &str =
    "https://mos.esante.gouv.fr/NOS/JDV_J199-StatutJuridique-ROR/FHIR/JDV-J199-StatutJuridique-ROR";
const J202_ESPIC: &str = "https://mos.esante.gouv.fr/NOS/JDV_J202-ESPIC-ROR/FHIR/JDV-J202-ESPIC-ROR";
const J219_TYPE_VOIE: &str = "https://mos.esante.gouv.fr/NOS/JDV_J219-TypeVoie-ROR/FHIR/JDV-J219-TypeVoie-ROR";
const TRE_R35: &str = "https://mos.esante.gouv.fr/NOS/TRE_R35-TypeVoie/FHIR/TRE-R35-TypeVoie";

/// A FINESS number; a wrong one is refused with the given severity, lost zeros are given back with a warning.
pub(super) fn finess(
    record: &Record<'_>,
    column: &'static str,
    refused: Severity,
    findings: &mut Vec<Finding>,
) -> Option<FinessId> {
    let text = record.get(column)?;
    match FinessId::parse_padded(text) {
        Ok((number, lost)) => {
            if lost {
                let message = format!("Zéros perdus en tête du numéro FINESS : lu {number}.");
                findings.push(record.row.finding(Severity::Warning, "finess-zero-perdu", message).on(column, text));
            }
            Some(number)
        }
        Err(error) => {
            let (rule, message) = match error {
                IdentifierError::Key { expected } => {
                    ("finess-cle", format!("Clé du numéro FINESS fausse : {expected} attendu."))
                }
                IdentifierError::Shape => ("finess-invalide", "Numéro FINESS de 9 caractères attendu.".to_owned()),
            };
            findings.push(record.row.finding(refused, rule, message).on(column, text));
            None
        }
    }
}

/// A SIRET, kept with a wrong key (about one in a hundred), left out when it is no SIRET at all.
pub(super) fn siret(record: &Record<'_>, findings: &mut Vec<Finding>) -> Option<SiretId> {
    let text = record.get("siret")?;
    let number = SiretId::parse(text).ok();
    let finding = match &number {
        Some(number) if number.has_valid_key() => return Some(number.clone()),
        Some(_) => record.row.finding(Severity::Warning, "siret-cle", "Clé du SIRET fausse : numéro gardé."),
        None => record.row.finding(Severity::Warning, "siret-invalide", "SIRET de 14 chiffres attendu : non repris."),
    };
    findings.push(finding.on("siret", text));
    number
}

/// A SIREN, as [`siret`].
pub(super) fn siren(record: &Record<'_>, findings: &mut Vec<Finding>) -> Option<SirenId> {
    let text = record.get("siren")?;
    let number = SirenId::parse(text).ok();
    let finding = match &number {
        Some(number) if number.has_valid_key() => return Some(number.clone()),
        Some(_) => record.row.finding(Severity::Warning, "siren-cle", "Clé du SIREN fausse : numéro gardé."),
        None => record.row.finding(Severity::Warning, "siren-invalide", "SIREN de 9 chiffres attendu : non repris."),
    };
    findings.push(finding.on("siren", text));
    number
}

/// The first instant of a day written `AAAA-MM-JJ`, in Paris (D14).
pub(super) fn day(text: &str) -> Option<Instant> {
    DateTime::parse(text).ok().filter(|date| date.precision == Precision::Day).map(|date| date.start)
}

/// A day, kept as text.
pub(super) fn date(record: &Record<'_>, column: &'static str, findings: &mut Vec<Finding>) -> Option<String> {
    let text = record.get(column)?;
    if day(text).is_some() {
        return Some(text.to_owned());
    }
    let finding = record.row.finding(Severity::Warning, "date-invalide", "Date AAAA-MM-JJ attendue : non reprise.");
    findings.push(finding.on(column, text));
    None
}

/// A telephone or fax number, digits only: ten from 0, or a short national number of four from 3.
pub(super) fn telephone(record: &Record<'_>, column: &'static str, findings: &mut Vec<Finding>) -> Option<String> {
    let text = record.get(column)?;
    let digits: String = text.chars().filter(|character| !matches!(character, ' ' | '.' | '-' | '\u{A0}')).collect();
    let only_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.len() {
        10 if only_digits && digits.starts_with('0') => Some(digits),
        4 if only_digits && digits.starts_with('3') => Some(digits),
        9 if only_digits && !digits.starts_with('0') => {
            let finding = record.row.finding(
                Severity::Warning,
                "telephone-zero-perdu",
                format!("Zéro perdu en tête : lu 0{digits}."),
            );
            findings.push(finding.on(column, text));
            Some(format!("0{digits}"))
        }
        _ => {
            let finding = record.row.finding(
                Severity::Warning,
                "telephone-invalide",
                "Numéro de 10 chiffres attendu : non repris.",
            );
            findings.push(finding.on(column, text));
            None
        }
    }
}

/// A category: outside the value set of the ROR it is kept with an information (pharmacies, schools…),
/// unknown to the nomenclature it is kept with a warning.
pub(super) fn category(record: &Record<'_>, findings: &mut Vec<Finding>) -> Option<String> {
    let code = record.get("categetab")?;
    if !is_in(J55_CATEGORIE, system::TRE_R66, code) {
        let known = Terminology::embedded().category(code).is_some()
            || Terminology::embedded().concept(system::TRE_R66, code).is_some();
        let finding = if known {
            let message = "Catégorie hors du jeu de valeurs du ROR (JDV_J55) : gardée.";
            record.row.finding(Severity::Information, "categorie-hors-jdv", message)
        } else {
            record.row.finding(
                Severity::Warning,
                "categorie-inconnue",
                "Catégorie inconnue des nomenclatures : gardée.",
            )
        };
        findings.push(finding.on("categetab", code));
    }
    Some(code.to_owned())
}

/// Legal status of an entité juridique.
pub(super) fn legal_status(record: &Record<'_>, findings: &mut Vec<Finding>) -> Option<String> {
    let code = record.get("statutjuridique")?;
    if !is_in(J199_STATUT, system::TRE_R72, code) {
        let finding =
            record.row.finding(Severity::Warning, "statut-inconnu", "Statut juridique hors de JDV_J199 : gardé.");
        findings.push(finding.on("statutjuridique", code));
    }
    Some(code.to_owned())
}

/// Part taken in the public hospital service.
pub(super) fn sph(record: &Record<'_>, findings: &mut Vec<Finding>) -> Option<String> {
    let code = record.get("codesph")?;
    if !is_in(J202_ESPIC, system::TRE_R73, code) {
        let finding = record.row.finding(
            Severity::Warning,
            "sph-inconnu",
            "Modalité de participation hors de JDV_J202 : gardée.",
        );
        findings.push(finding.on("codesph", code));
    }
    Some(code.to_owned())
}

/// Type of street: a code, else a text that is tolerated (D34).
pub(super) fn street_type(record: &Record<'_>, findings: &mut Vec<Finding>) -> Option<String> {
    let code = record.get("typvoie")?;
    if !is_in(J219_TYPE_VOIE, TRE_R35, code) {
        let finding =
            record.row.finding(Severity::Information, "type-voie-inconnu", "Type de voie hors de JDV_J219 : gardé.");
        findings.push(finding.on("typvoie", code));
    }
    Some(code.to_owned())
}

fn is_in(value_set: &str, system: &str, code: &str) -> bool {
    Terminology::embedded().value_set(value_set).is_some_and(|set| set.contains(system, code))
}

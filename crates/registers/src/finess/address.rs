//! Where an establishment is: postal address, commune, position.

use super::fields;
use super::projection::{ProjectionError, to_wgs84};
use super::record::{Projected, Record};
use crate::address::{Address, strayed_m};
use crate::cog::{Cog, Commune, Position};
use crate::identifiers::FinessId;
use crate::{Finding, Severity};

/// Score, of 100, from which a match of addresses can be relied on (D69).
const SCORE_RELIABLE_MIN: u32 = 80;

/// An address and the region it lies in.
pub(super) struct Place {
    pub(super) address: Address,
    pub(super) region: Option<String>,
}

/// Reads the address of a structure of any layout.
pub(super) fn read(record: &Record<'_>, cog: &Cog, findings: &mut Vec<Finding>) -> Place {
    let text = |column| record.get(column).map(str::to_owned);
    let (postal_code, city) = routing(record, findings);
    let commune = commune(record, postal_code.as_deref(), city.as_deref(), cog, findings);
    let region = region(record, commune, cog, findings);
    let (post_box, lieu_dit) = match text("lieuditbp") {
        Some(line) if is_post_box(&line) => (Some(line), None),
        line => (None, line),
    };
    let address = Address {
        care_of: None,
        additional_locator: text("compldistrib"),
        house_number: text("numvoie")
            .map(|number| number.trim_start_matches('0').to_owned())
            .filter(|number| !number.is_empty()),
        house_number_suffix: text("compvoie"),
        street_type: fields::street_type(record, findings),
        street_name: text("voie"),
        post_box,
        lieu_dit,
        city,
        postal_code,
        commune: commune.map(|commune| commune.code.to_string()),
        position: None,
        position_reliable: None,
    };
    Place { address, region }
}

/// Postal code and locality: a line `01440 VIRIAT`, which the enriched variant also cuts in two.
fn routing(record: &Record<'_>, findings: &mut Vec<Finding>) -> (Option<String>, Option<String>) {
    let Some(line) = record.get("ligneacheminement") else { return (None, None) };
    let (code, city) = line.split_once(' ').unwrap_or((line, ""));
    let digits = code.bytes().all(|byte| byte.is_ascii_digit());
    let city = Some(city.trim().to_owned()).filter(|city| !city.is_empty());
    let doubt =
        |message: String| record.row.finding(Severity::Warning, "code-postal", message).on("ligneacheminement", line);
    match code.len() {
        5 if digits => (Some(code.to_owned()), city),
        4 if digits => {
            findings.push(doubt(format!("Zéro perdu en tête du code postal : lu 0{code}.")));
            (Some(format!("0{code}")), city)
        }
        _ => {
            findings.push(doubt("Code postal de 5 chiffres attendu en tête : non repris.".to_owned()));
            (None, Some(line.to_owned()))
        }
    }
}

/// The commune by its code; the arrondissement where there are some; by postal code and locality when the
/// code names nothing.
fn commune<'c>(
    record: &Record<'_>,
    postal_code: Option<&str>,
    city: Option<&str>,
    cog: &'c Cog,
    findings: &mut Vec<Finding>,
) -> Option<&'c Commune> {
    let by_name = || cog.find(postal_code?, city?);
    let (column, code) = if record.is_enriched() {
        ("cog", record.row.get("cog").unwrap_or_default().to_owned())
    } else {
        ("commune", [record.get("departement"), record.get("commune")].map(Option::unwrap_or_default).concat())
    };
    match cog.commune_of_cominsee(&code) {
        Ok(commune) if cog.members(&commune.code).next().is_some() => by_name().or(Some(commune)),
        Ok(commune) => Some(commune),
        Err(error) => {
            let found = by_name();
            let outcome = found.map_or_else(
                || "commune laissée absente".to_owned(),
                |commune| format!("lue {} d'après code postal et localité", commune.code),
            );
            let message = format!("Code commune inutilisable ({error}) : {outcome}.");
            findings.push(record.row.finding(Severity::Warning, "commune-inconnue", message).on(column, &code));
            found
        }
    }
}

/// Region of the commune, else of the department that FINESS names.
fn region(record: &Record<'_>, commune: Option<&Commune>, cog: &Cog, findings: &mut Vec<Finding>) -> Option<String> {
    let departement = record.get("departement").unwrap_or_default();
    let of_departement = || cog.departement_of_finess(departement).map(|departement| &*departement.region);
    let region = commune.and_then(Commune::region).or_else(of_departement);
    if region.is_none() {
        let message = "Département sans région du ROR : structure sans région d'origine.";
        findings.push(record.row.finding(Severity::Warning, "region-inconnue", message).on("departement", departement));
    }
    region.map(str::to_owned)
}

/// `BP 381`, `CS 11021`, `TSA 1`: a mention of distribution rather than a place name.
fn is_post_box(line: &str) -> bool {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let digits = word.trim_start_matches(|character: char| character.is_ascii_alphabetic());
    let word = &word[..word.len() - digits.len()];
    let numbered = rest.trim_start().starts_with(|character: char| character.is_ascii_digit()) || !digits.is_empty();
    matches!(word.to_ascii_uppercase().as_str(), "BP" | "CS" | "TSA" | "B.P.") && numbered
}

/// A position turned into degrees, waiting for its establishment.
pub(super) struct Located {
    pub(super) file: String,
    pub(super) line: u64,
    position: Result<Position, ProjectionError>,
    reliable: Option<bool>,
    given: Projected,
}

impl Located {
    pub(super) fn of(given: Projected) -> Self {
        let metres = |text: &str| text.replace(',', ".").parse::<f64>().map_err(|_| ProjectionError::OutOfRange);
        let position = metres(&given.x).and_then(|x| to_wgs84(x, metres(&given.y)?, &given.source));
        let score = given.source.split(',').nth(2).and_then(|score| score.trim().parse::<u32>().ok());
        Self {
            file: given.file.clone(),
            line: given.line,
            position,
            reliable: score.map(|score| score >= SCORE_RELIABLE_MIN),
            given,
        }
    }

    /// Puts the position on the address, unless it cannot be right: a wrong distance is worse than none (D69).
    pub(super) fn place(self, address: &mut Address, cog: &Cog, findings: &mut Vec<Finding>) {
        let position = match self.position {
            Ok(position) => position,
            Err(ProjectionError::UnknownSystem) => {
                let finding =
                    self.finding("position-systeme", "Système de coordonnées non reconnu : position non reprise.");
                return findings.push(finding.on("sourcecoordet", &self.given.source));
            }
            Err(ProjectionError::OutOfRange) => {
                let finding =
                    self.finding("position-invalide", "Coordonnées hors du système annoncé : position non reprise.");
                return findings.push(finding.on("coordxet", &self.coordinates()));
            }
        };
        let commune = address.commune.as_deref().and_then(|code| cog.commune(code));
        if let Some((commune, away_m)) = commune.and_then(|commune| Some((commune, strayed_m(position, commune)?))) {
            let message = format!("Position à {:.0} km de {} : non reprise.", away_m / 1000.0, commune.name);
            return findings.push(self.finding("position-loin", message).on("coordxet", &self.coordinates()));
        }
        address.position = Some(position);
        address.position_reliable = self.reliable;
    }

    /// The finding about a position whose number no establishment bears.
    pub(super) fn without_establishment(&self, finess: &FinessId) -> Finding {
        let message = "Position d'un établissement absent des fichiers : non reprise.";
        self.finding("position-sans-etablissement", message).on("nofinesset", finess.as_str())
    }

    fn finding(&self, rule: &'static str, message: impl Into<String>) -> Finding {
        Finding::new(Severity::Warning, &self.file, rule, message).at(self.line)
    }

    fn coordinates(&self) -> String {
        format!("{} {}", self.given.x, self.given.y)
    }
}

#[cfg(test)]
mod tests {
    use super::is_post_box;

    #[test]
    fn a_mention_of_distribution_is_told_from_a_place_name() {
        for line in ["BP 381", "CS 11021", "BP 71 IMMEUBLE SEMAFA", "BP 4 - MATA'UTU", "BP381", "TSA 10001"] {
            assert!(is_post_box(line), "{line}");
        }
        for line in ["LES BROSSES", "CS", "BPIFRANCE", "ZAC MOULIN JOLI", "", "é 3"] {
            assert!(!is_post_box(line), "{line}");
        }
    }
}

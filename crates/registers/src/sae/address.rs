//! Addresses of structures: parts of the street line, commune in its INSEE code.

use super::log::Log;
use super::positions::HospitalPosition;
use crate::Severity;
use crate::address::{Address, strayed_m};
use crate::cog::{Cog, Commune, FinessCommuneError};
use crate::csv_file::Row;

/// Names of street types that some lines write instead of the code, or cut, with the code of J219.
const STREET_TYPES: [(&str, &str); 14] = [
    ("ROUTE", "RTE"),
    ("AVE", "AV"),
    ("AVENU", "AV"),
    ("AVENUE", "AV"),
    ("PLACE", "PL"),
    ("COURS", "CRS"),
    ("ALLEE", "ALL"),
    ("QUAI", "QU"),
    ("IMPAS", "IMP"),
    ("IMPASSE", "IMP"),
    ("CHEMI", "CHE"),
    ("CHEMIN", "CHE"),
    ("CHEM.", "CHE"),
    ("VOIE", "VOI"),
];

/// Where the columns of an address stand in a form.
pub(super) struct AddressColumns {
    pub(super) street: &'static str,
    pub(super) post_box: &'static str,
    pub(super) postal_code: &'static str,
    pub(super) locality: &'static str,
    pub(super) complement: &'static str,
}

/// Reads the address of a line and gives it its position.
pub(super) fn read(
    row: &Row<'_>,
    columns: &AddressColumns,
    cog: &Cog,
    position: Option<&HospitalPosition>,
    log: &mut Log,
) -> Address {
    let own = |column: &str| row.get(column).map(collapsed);
    let (house_number, house_number_suffix) = own("NUMVOI").map_or((None, None), split_house_number);
    let (post_box, lieu_dit) = match own(columns.post_box) {
        Some(text) if is_post_box(&text) => (Some(text), None),
        other => (None, other),
    };
    let postal_code = postal_code(row, columns.postal_code, log);
    let city = own(columns.locality);
    let commune = commune(row, postal_code.as_deref(), city.as_deref(), cog, log);
    let mut address = Address {
        additional_locator: own(columns.complement),
        house_number,
        house_number_suffix,
        street_type: own("TYPVOI").map(|text| street_type(&text)),
        street_name: own(columns.street),
        post_box,
        lieu_dit,
        city,
        postal_code,
        commune: commune.map(|commune| commune.code.to_string()),
        ..Address::default()
    };
    if let Some(found) = position {
        match commune.and_then(|commune| Some((commune, strayed_m(found.position, commune)?))) {
            Some((commune, away_m)) => {
                let message = format!("Position à {:.0} km de {} : non reprise.", away_m / 1000.0, commune.name);
                log.push(row.finding(Severity::Warning, "position-loin", message));
            }
            None => {
                address.position = Some(found.position);
                address.position_reliable = found.reliable;
            }
        }
    }
    address
}

/// The commune by its FINESS code; arrondissement where the city has some; when the code is cut or
/// unknown, the commune that postal code and locality name together, else none.
fn commune<'c>(
    row: &Row<'_>,
    postal_code: Option<&str>,
    city: Option<&str>,
    cog: &'c Cog,
    log: &mut Log,
) -> Option<&'c Commune> {
    let by_name = || cog.find(postal_code?, city?);
    let Some(code) = row.get("COMINSEE") else {
        let message = "Commune absente : retrouvée par code postal et localité si possible.";
        log.push(row.finding(Severity::Warning, "commune-tronquee", message).on("COMINSEE", ""));
        return by_name();
    };
    match cog.commune_of_cominsee(code) {
        Ok(city) if cog.members(&city.code).next().is_some() => {
            let arrondissement = row.get("ARMT").and_then(|code| cog.commune(code));
            arrondissement.or_else(by_name).or(Some(city))
        }
        Ok(commune) => Some(commune),
        Err(error) => {
            let rule = match error {
                FinessCommuneError::Truncated => "commune-tronquee",
                _ => "commune-inconnue",
            };
            let found = by_name();
            let outcome = found.map_or_else(|| "commune absente".to_owned(), |commune| format!("lue {}", commune.code));
            let message = format!("Code commune inutilisable ({error}) : {outcome} d'après code postal et localité.");
            log.push(row.finding(Severity::Warning, rule, message).on("COMINSEE", code));
            found
        }
    }
}

fn postal_code(row: &Row<'_>, column: &str, log: &mut Log) -> Option<String> {
    let text = row.get(column)?;
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        5 if digits => Some(text.to_owned()),
        4 if digits => {
            let message = format!("Zéro perdu en tête du code postal : lu comme 0{text}.");
            log.push(row.finding(Severity::Warning, "code-postal-douteux", message).on(column, text));
            Some(format!("0{text}"))
        }
        _ => {
            let message = "Code postal qui n'a pas cinq chiffres : non repris.";
            log.push(row.finding(Severity::Warning, "code-postal-douteux", message).on(column, text));
            None
        }
    }
}

/// `3Bis` is 3 and BIS; `14-16` stays whole.
fn split_house_number(text: String) -> (Option<String>, Option<String>) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, suffix) = text.split_at(digits);
    let suffix = suffix.trim();
    let plain = (1..=6).contains(&suffix.len()) && suffix.bytes().all(|byte| byte.is_ascii_alphabetic());
    if digits > 0 && plain {
        return (Some(number.to_owned()), Some(suffix.to_ascii_uppercase()));
    }
    (Some(text), None)
}

fn street_type(text: &str) -> String {
    let text = text.to_ascii_uppercase();
    let code = STREET_TYPES.iter().find(|(name, _)| *name == text).map(|(_, code)| (*code).to_owned());
    code.unwrap_or(text)
}

fn is_post_box(text: &str) -> bool {
    let first = text.split([' ', '.']).next().unwrap_or_default();
    ["BP", "CS", "TSA", "CIDEX", "B", "C"].contains(&first)
        || first.bytes().all(|byte| byte.is_ascii_digit())
        || (first.starts_with("BP") || first.starts_with("CS")) && first[2..].bytes().all(|byte| byte.is_ascii_digit())
}

fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{is_post_box, split_house_number, street_type};

    #[test]
    fn street_parts_are_told_apart() {
        let split = |text: &str| split_house_number(text.to_owned());
        assert_eq!(split("900"), (Some("900".into()), None));
        assert_eq!(split("6 B"), (Some("6".into()), Some("B".into())));
        assert_eq!(split("3Bis"), (Some("3".into()), Some("BIS".into())));
        assert_eq!(split("14-16"), (Some("14-16".into()), None));
        assert_eq!(street_type("Avenu"), "AV");
        assert_eq!(street_type("R"), "R");
        for (text, expected) in [
            ("BP 139", true),
            ("CS 20100", true),
            ("BP41", true),
            ("40", true),
            ("LES ARBELLES", false),
            ("CSAPA", false),
        ] {
            assert_eq!(is_post_box(text), expected, "{text}");
        }
    }
}

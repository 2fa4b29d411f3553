//! Prices of an entité géographique: RG_EXP_026, 027, 029, 036.

use std::collections::HashSet;

use ror_fhir::Node;

use super::{extensions, first_code, guide, is_code, items};
use crate::finding::Findings;

/// Supplément tarif hébergement (J36).
const SUPPLEMENT: &str = "01";
/// Forfait socle hébergement.
const BASE: &str = "02";
/// Prestation supplémentaire tarifée.
const EXTRA: &str = "04";
/// Chambre simple (J32).
const SINGLE_ROOM: &str = "02";

/// What tells one base price from another (RG_EXP_026).
const BASE_AXES: &[&str] = &["under60", "residentialType", "welcomeType", "specialPrice"];

fn prices(structure: &Node) -> impl Iterator<Item = (usize, &Node)> {
    extensions(structure, guide!("ror-organization-price"))
}

fn kind(price: &Node) -> &str {
    part(price, "priceType").and_then(|value| first_code(value.get("valueCodeableConcept")?)).unwrap_or_default()
}

fn part<'a>(price: &'a Node, url: &'static str) -> Option<&'a Node> {
    extensions(price, url).map(|(_, part)| part).next()
}

/// A value as a key: its code when it is coded, its JSON text otherwise.
fn text(part: &Node) -> String {
    let value = part.as_object().and_then(|members| members.iter().find(|(key, _)| key.starts_with("value")));
    match value {
        Some((_, value)) => first_code(value).map_or_else(|| value.to_text(), |code| format!("#{code}")),
        None => String::new(),
    }
}

/// RG_EXP_026: one base price for each under-60 flag, kind of dwelling, temporality and price
/// condition. An absent flag is "no"; another date is not another combination.
pub(super) fn one_base_price_each(structure: &Node, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for (at, price) in prices(structure).filter(|(_, price)| is_code(kind(price), BASE)) {
        let value = |axis: &'static str| part(price, axis).map_or_else(String::new, text);
        let key: Vec<String> = BASE_AXES.iter().map(|axis| value(axis)).map(|text| text.replace("false", "")).collect();
        if !seen.insert(key) {
            findings.broken("RG_EXP_026", "un seul forfait socle par combinaison", || {
                let message = "Un autre forfait socle a déjà ces moins de 60 ans, type d'habitation, temporalité et condition tarifaire.";
                (format!("Organization.extension[{at}]"), message.to_owned())
            });
        }
    }
}

/// RG_EXP_027: of the other prices, one amount for each combination of all the rest.
pub(super) fn one_amount_each(structure: &Node, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for (at, price) in prices(structure).filter(|(_, price)| !is_code(kind(price), BASE)) {
        let parts = items(price, "extension").filter_map(|(_, part)| Some((part.str("url")?, part)));
        let mut key: Vec<(&str, String)> =
            parts.filter(|(url, _)| *url != "amount").map(|(url, part)| (url, text(part))).collect();
        key.sort_unstable();
        if !seen.insert(key) {
            findings.broken("RG_EXP_027", "un seul montant par combinaison", || {
                let message = "Un autre tarif est le même en tout, montant excepté : n'en garder qu'un.";
                (format!("Organization.extension[{at}]"), message.to_owned())
            });
        }
    }
}

/// RG_EXP_029: the housing supplement is that of a single room.
pub(super) fn supplement_is_for_a_single_room(structure: &Node, findings: &mut Findings) {
    for (at, price) in prices(structure).filter(|(_, price)| is_code(kind(price), SUPPLEMENT)) {
        let room = part(price, "residentialType").and_then(|part| first_code(part.get("valueCodeableConcept")?));
        if !room.is_some_and(|code| is_code(code, SINGLE_ROOM)) {
            findings.broken("RG_EXP_029", "residentialType 02 (chambre simple)", || {
                let message = "Le supplément d'hébergement est celui de la chambre simple.";
                (format!("Organization.extension[{at}]"), message.to_owned())
            });
        }
    }
}

/// RG_EXP_036: an extra service is named by its code or by a text, not both, and not by neither.
pub(super) fn extra_service_is_named_once(structure: &Node, findings: &mut Findings) {
    for (at, price) in prices(structure) {
        let coded = part(price, "additionalServiceName").is_some();
        let named = part(price, "otherAdditionalServiceName").is_some();
        let is_broken = (coded && named) || (is_code(kind(price), EXTRA) && !coded && !named);
        if is_broken {
            findings.broken("RG_EXP_036", "additionalServiceName ou otherAdditionalServiceName", || {
                let message = "Une prestation supplémentaire est nommée soit par un code, soit par un texte.";
                (format!("Organization.extension[{at}]"), message.to_owned())
            });
        }
    }
}

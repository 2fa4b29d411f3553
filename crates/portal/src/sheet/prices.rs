//! Prices of a structure, by kind (mostly EHPAD and home services).

use ror_fhir::Node;

use super::node;
use crate::components::tables::{Price, Prices};
use crate::french;

/// The prices, one table per kind, cheapest first.
pub(crate) fn read(structure: &Node) -> Vec<Prices> {
    let mut groups: Vec<(Prices, Vec<f64>)> = Vec::new();
    for price in node::extensions(structure, "ror-organization-price") {
        let Some((amount, value)) = amount(price) else { continue };
        let kind = part_label(price, "priceType").unwrap_or_else(|| "Tarif".to_owned());
        let row = Price { about: about(price), amount, since: since(price) };
        let at = groups.iter().position(|(group, _)| group.kind == kind).unwrap_or_else(|| {
            groups.push((Prices { kind, rows: Vec::new() }, Vec::new()));
            groups.len() - 1
        });
        let (group, values) = &mut groups[at];
        let place = values.partition_point(|known| *known <= value);
        if !group.rows.contains(&row) {
            values.insert(place, value);
            group.rows.insert(place, row);
        }
    }
    groups.into_iter().map(|(group, _)| group).collect()
}

fn amount(price: &Node) -> Option<(String, f64)> {
    let money = node::part(price, "amount")?.get("valueMoney")?;
    let value = money.get("value")?;
    let per = match part_code(price, "priceUnit") {
        Some("1") => " par heure",
        Some("2") => " par jour",
        Some("3") => " par mois",
        Some("4") => " l’unité",
        _ => "",
    };
    Some((format!("{}{per}", french::euros(value.as_number()?)), value.as_f64()?))
}

fn about(price: &Node) -> String {
    let mut parts: Vec<String> = Vec::new();
    for name in
        ["welcomeType", "residentialType", "dependencyLevel", "specialPrice", "managementType", "additionalServiceName"]
    {
        parts.extend(part_label(price, name));
    }
    for name in ["humanHelpPriceName", "mealDeliveryName", "otherServiceName"] {
        parts.extend(node::part(price, name).and_then(|part| part.str("valueString")).map(str::to_owned));
    }
    if node::part(price, "under60").and_then(|part| part.get("valueBoolean")?.as_bool()) == Some(true) {
        parts.push("moins de 60 ans".to_owned());
    }
    let included =
        node::extensions(price, "deliveryIncluded").filter_map(|part| node::label(part.get("valueCodeableConcept")?));
    let included: Vec<String> = included.collect();
    if !included.is_empty() {
        parts.push(format!("{} compris", included.join(", ").to_lowercase()));
    }
    parts.join(", ")
}

fn since(price: &Node) -> Option<String> {
    node::part(price, "startDate")?.str("valueDateTime").map(french::day_of)
}

fn part_label(price: &Node, name: &str) -> Option<String> {
    node::label(node::part(price, name)?.get("valueCodeableConcept")?)
}

fn part_code<'a>(price: &'a Node, name: &'a str) -> Option<&'a str> {
    node::part(price, name)?.get("valueCodeableConcept")?.items("coding").next()?.str("code")
}

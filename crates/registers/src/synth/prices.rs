//! Prices of medico-social sites: one amount per combination that the guide tells apart
//! (RG_EXP_026, RG_EXP_027, RG_EXP_029).

use ror_fhir::Node;

use super::draw::Draw;
use super::elements::{coded, object, part, ror_complex};

/// Kinds (J36).
const BASE: &str = "02";
const DEPENDENCY: &str = "03";
const SUPPLEMENT: &str = "04";
const DAY_CARE: &str = "05";
const HOME_HELP: &str = "06";
const MEALS: &str = "07";

/// Units (J205).
const HOURLY: &str = "1";
const DAILY: &str = "2";
const MONTHLY: &str = "3";
const EACH: &str = "4";

const TEMPORARY: &str = "01";
const PERMANENT: &str = "02";

/// The prices of a site of that category.
pub(super) fn of_site(category: &str, start: &str, draw: &mut Draw) -> Vec<Node> {
    match category {
        "500" => ehpad(start, draw),
        "202" => residence(start, draw),
        "207" => vec![price(DAY_CARE, DAILY, start, draw.between(2200, 4500), vec![public_price()])],
        "460" | "209" => home_help(start, draw),
        "449" => vec![price(BASE, DAILY, start, draw.between(9000, 16000), vec![welcome(PERMANENT)])],
        _ => Vec::new(),
    }
}

fn ehpad(start: &str, draw: &mut Draw) -> Vec<Node> {
    let single = draw.between(5600, 9800);
    let mut prices = vec![
        price(BASE, DAILY, start, single, vec![room("02"), public_price(), welcome(PERMANENT), laundry()]),
        price(
            BASE,
            DAILY,
            start,
            single - draw.between(400, 900),
            vec![room("01"), public_price(), welcome(PERMANENT)],
        ),
    ];
    if draw.chance(0.6) {
        let help = coded("specialPrice", "R250-ConditionTarifaire", "02");
        prices.push(price(
            BASE,
            DAILY,
            start,
            single - draw.between(300, 1200),
            vec![room("02"), help, welcome(PERMANENT)],
        ));
    }
    if draw.chance(0.4) {
        let parts = vec![room("02"), public_price(), welcome(TEMPORARY)];
        prices.push(price(BASE, DAILY, start, single + draw.between(200, 900), parts));
    }
    if draw.chance(0.5) {
        let parts = vec![part("under60", "valueBoolean", true), room("02"), public_price(), welcome(PERMANENT)];
        prices.push(price(BASE, DAILY, start, single + draw.between(1500, 2500), parts));
    }
    let heavy = draw.between(1900, 2500);
    for (group, amount) in [("01", heavy), ("02", heavy * 64 / 100), ("03", heavy * 27 / 100)] {
        let level = coded("dependencyLevel", "R237-GroupeTarifaireDependance", group);
        prices.push(price(DEPENDENCY, DAILY, start, amount, vec![level, welcome(PERMANENT)]));
    }
    if draw.chance(0.3) {
        let service = coded("additionalServiceName", "R264-PrestationNonObligatoireIncluse", "09");
        prices.push(price(SUPPLEMENT, EACH, start, draw.between(1500, 3500), vec![service]));
    }
    prices
}

fn residence(start: &str, draw: &mut Draw) -> Vec<Node> {
    let small = draw.between(52_000, 78_000);
    let dwellings = [("03", small), ("05", small + 6500), ("04", small + draw.between(9000, 19_000))];
    let priced =
        |(kind, amount)| price(BASE, MONTHLY, start, amount, vec![room(kind), public_price(), welcome(PERMANENT)]);
    dwellings.into_iter().map(priced).collect()
}

fn home_help(start: &str, draw: &mut Draw) -> Vec<Node> {
    let named = part("humanHelpPriceName", "valueString", "Aide à la personne, jours ouvrés");
    let provider = coded("managementType", "R236-ModeGestion", "01");
    let mut prices =
        vec![price(HOME_HELP, HOURLY, start, draw.between(2400, 3200), vec![public_price(), named, provider])];
    if draw.chance(0.3) {
        let named = part("mealDeliveryName", "valueString", "Déjeuner livré");
        prices.push(price(MEALS, EACH, start, draw.between(850, 1400), vec![public_price(), named]));
    }
    prices
}

/// A price of `cents` hundredths of a euro.
fn price(kind: &str, unit: &str, start: &str, cents: i64, details: Vec<Node>) -> Node {
    let value = Node::Number(format!("{}.{:02}", cents / 100, cents % 100).into());
    let amount = object([("value", value), ("currency", "EUR".into())]);
    let mut parts = vec![
        coded("priceType", "R246-TypeTarif", kind),
        coded("priceUnit", "R228-UnitePrix", unit),
        part("amount", "valueMoney", amount),
        part("startDate", "valueDateTime", start),
    ];
    parts.extend(details);
    ror_complex("ror-organization-price", parts)
}

fn room(kind: &str) -> Node {
    coded("residentialType", "R242-TypeHabitation", kind)
}

fn public_price() -> Node {
    coded("specialPrice", "R250-ConditionTarifaire", "01")
}

fn welcome(kind: &str) -> Node {
    coded("welcomeType", "R240-TemporaliteAccueil", kind)
}

fn laundry() -> Node {
    coded("deliveryIncluded", "R264-PrestationNonObligatoireIncluse", "01")
}

//! Records within resources: capacity, equipment, dwellings, prices, patients, zones.
//!
//! Vocabularies are small, so that what is asked for is often met in part.

use proptest::collection::vec;
use proptest::option::{self, weighted};
use proptest::prelude::*;
use proptest::sample::select;
use ror_fhir::{Node, node};

use super::{COMMUNES, ROR, concept, extension, put, system};

/// Dates of records, from a day to a second.
pub const RECORD_DATES: [&str; 5] =
    ["2025-12-31", "2026-01-01", "2026-01-01T08:00:00+01:00", "2026-01-01T07:30:00+01:00", "2026-01"];
/// Codes of equipment.
pub const EQUIPMENT: [&str; 3] = ["003", "010", "135"];
/// Numbers as limits write them, with unit and whether the unit is a code.
pub const LIMITS: [(&str, Option<&str>, bool); 8] = [
    ("180", Some("kg"), true),
    ("250000", Some("g"), true),
    ("90.5", Some("kg"), false),
    ("150", None, false),
    ("80", Some("cm"), true),
    ("0.9", Some("m"), true),
    ("1800", Some("mm"), true),
    ("2", Some("L"), true),
];
/// Amounts of prices.
pub const AMOUNTS: [&str; 7] = ["12", "60", "69.5", "70", "70.04", "75.50", "80"];
/// Ages: value and unit.
pub const AGES: [(&str, Option<&str>); 9] = [
    ("0", Some("a")),
    ("6", Some("mo")),
    ("18", Some("a")),
    ("18", None),
    ("42", Some("a")),
    ("60", None),
    ("216", Some("mo")),
    ("75", Some("a")),
    ("26", Some("wk")),
];
/// Writings of the system of units.
pub const UNITS: [&str; 3] = [
    "http://unitsofmeasure.org",
    "https://unitsofmeasure.org",
    "https://mos.esante.gouv.fr/NOS/TRE_R247-UcumUniteMesure/FHIR/TRE-R247-UcumUniteMesure",
];
/// Psychiatric sectors.
pub const SECTORS: [&str; 4] = ["01G01", "01G02", "Sect. Été", "69G01"];
/// Periods of closing: start and end.
const CLOSINGS: [(Option<&str>, Option<&str>); 5] = [
    (Some("2025-12-20"), Some("2026-01-03")),
    (Some("2026-01-05"), None),
    (None, Some("2026-01-04")),
    (Some("2026-01-05T00:00:00+01:00"), Some("2026-01-05T12:00:00+01:00")),
    (Some("2026-02"), Some("2026-03")),
];
/// Periods of structures.
const PERIODS: [(Option<&str>, Option<&str>); 3] =
    [(Some("2020"), None), (Some("2019-01-01"), Some("2026-01-01")), (None, Some("2025-12"))];
/// Comments, which full text reads.
pub const COMMENTS: [&str; 3] = ["Accès par la cour", "sonnette à l'Étage", "Ascenseur, nord"];

/// A part of a record, coded; nothing without code.
fn part(name: &str, list: &str, code: Option<&str>) -> Option<Node> {
    code.map(|code| node!({"url": name, "valueCodeableConcept": concept(system(list), code)}))
}

fn record(name: &str, parts: Vec<Option<Node>>) -> Node {
    node!({"url": format!("{ROR}{name}"), "extension": (Node::Array(parts.into_iter().flatten().collect()))})
}

/// A record of capacity, less or more complete than rules would have it.
pub(super) fn capacity() -> impl Strategy<Value = Node> {
    let codes = (
        select(vec!["01", "02", "02", "02", "05", "06", "99"]),
        weighted(0.9, select(vec!["01", "02"])),
        weighted(0.9, select(vec!["01", "01", "02", "03"])),
        option::of(select(vec!["01", "02"])),
    );
    let rare = (
        weighted(0.2, select(vec!["01", "02"])),
        weighted(0.1, Just("02")),
        weighted(0.1, Just("01")),
        weighted(0.4, select(vec!["01", "02"])),
    );
    let rest =
        (weighted(0.9, 0..4_u8), option::of(select(RECORD_DATES.to_vec())), weighted(0.2, select(COMMENTS.to_vec())));
    (codes, rare, rest).prop_map(|((status, nature, horizon, gender), (closing, extra, crisis, use_), rest)| {
        let (number, date, comment) = rest;
        record(
            "ror-location-supported-capacity",
            vec![
                part("capacityType", "nature", nature),
                part("capacityStatus", "status", Some(status)),
                part("temporalityCapacity", "horizon", horizon),
                number.map(|number| node!({"url": "nbCapacity", "valueInteger": number})),
                part("genderCapacityAvailable", "gender", gender),
                date.map(|date| node!({"url": "capacityUpdateDate", "valueDateTime": date})),
                part("capacityClosingType", "closing", closing),
                part("additionalBedType", "extra-bed", extra),
                part("crisisType", "crisis", crisis),
                part("temporaryAssignement", "assignment", use_),
                comment.map(|comment| node!({"url": "comment", "valueString": comment})),
            ],
        )
    })
}

fn limit() -> impl Strategy<Value = Option<Node>> {
    let value = (select(LIMITS.to_vec()), option::of(select(UNITS.to_vec())));
    (select(vec!["001", "001", "002"]), value).prop_map(|(feature, ((number, unit, is_code), system))| {
        Some(record(
            "ror-location-equipment-limit",
            vec![
                part("equipmentFeature", "feature", Some(feature)),
                Some(node!({"url": "limitValue", "valueQuantity": (quantity(number, unit, is_code, system))})),
            ],
        ))
    })
}

/// An equipment, with no, one or two limits.
pub(super) fn equipment() -> impl Strategy<Value = Node> {
    (weighted(0.9, select(EQUIPMENT.to_vec())), vec(limit(), 0..3)).prop_map(|(kind, limits)| {
        let mut parts =
            vec![part("equipmentType", "equipment", kind), Some(node!({"url": "nbInService", "valueInteger": 2}))];
        parts.extend(limits);
        record("ror-location-equipment", parts)
    })
}

/// Dwellings of a kind.
pub(super) fn dwelling() -> impl Strategy<Value = Node> {
    (select(vec!["01", "02", "03"]), option::of(0..12_u8)).prop_map(|(kind, number)| {
        record(
            "ror-location-residential-capacity",
            vec![
                part("residentialType", "dwelling", Some(kind)),
                number.map(|number| node!({"url": "residentialNumber", "valueInteger": number})),
            ],
        )
    })
}

/// A price.
pub(super) fn price() -> impl Strategy<Value = Node> {
    let codes = (select(vec!["02", "02", "03"]), option::of(select(vec!["02", "03"])), select(vec!["1", "2"]));
    let more = (
        option::of(select(vec!["01", "03"])),
        option::of(select(vec!["01", "02"])),
        option::of(select(vec!["01", "02"])),
    );
    let rest = (select(AMOUNTS.to_vec()), any::<bool>(), weighted(0.8, select(RECORD_DATES.to_vec())));
    (codes, more, rest).prop_map(|((kind, dwelling, unit), (special, welcome, gir), (amount, currency, date))| {
        let mut money = Node::Object(ror_fhir::Object::new());
        put(&mut money, "value", Node::Number(amount.into()));
        put(&mut money, "currency", if currency { "EUR".into() } else { Node::Null });
        record(
            "ror-organization-price",
            vec![
                part("priceType", "price-type", Some(kind)),
                part("priceUnit", "price-unit", Some(unit)),
                Some(node!({"url": "amount", "valueMoney": money})),
                date.map(|date| node!({"url": "startDate", "valueDateTime": date})),
                part("residentialType", "dwelling", dwelling),
                part("specialPrice", "special-price", special),
                part("welcomeType", "welcome", welcome),
                part("dependencyLevel", "gir", gir),
            ],
        )
    })
}

/// What a structure tells of itself beside its prices.
pub(super) fn structure() -> impl Strategy<Value = Vec<Node>> {
    let closing = weighted(0.3, select(vec!["DEF", "CHP"]));
    (option::of(any::<bool>()), closing, weighted(0.5, select(PERIODS.to_vec()))).prop_map(|(zone, closing, period)| {
        let zone = zone.map(|zone| extension("ror-organization-drop-zone", "valueBoolean", zone));
        let closing = closing.map(|code| {
            extension(
                "ror-organization-closing-type",
                "valueCodeableConcept",
                concept(system("structure-closing"), code),
            )
        });
        let address = "http://hl7.org/fhir/StructureDefinition/organization-period";
        let period = period.map(|period| node!({"url": address, "valuePeriod": (period_of(period))}));
        zone.into_iter().chain(closing).chain(period).collect()
    })
}

/// Patients, zones and sectors of an offer.
pub(super) fn offer() -> impl Strategy<Value = Vec<Node>> {
    let zone = select(COMMUNES.to_vec()).prop_map(|code| {
        record(
            "ror-territorial-division",
            vec![
                part("typeTerritorialDivision", "division", Some("3")),
                part("codeTerritorialDivision", "cog", Some(code)),
            ],
        )
    });
    let sector = select(SECTORS.to_vec())
        .prop_map(|text| extension("ror-healthcareservice-psychiatric-sector", "valueString", text));
    (vec(patients(), 0..3), vec(zone, 0..3), vec(sector, 0..2))
        .prop_map(|(patients, zones, sectors)| patients.into_iter().chain(zones).chain(sectors).collect())
}

fn patients() -> impl Strategy<Value = Node> {
    let age = || option::of((select(AGES.to_vec()), option::of(select(UNITS.to_vec()))));
    (vec(select(vec!["01", "02", "03"]), 0..3), age(), age()).prop_map(|(kinds, low, high)| {
        let mut range = Node::Object(ror_fhir::Object::new());
        for (name, bound) in [("low", low), ("high", high)] {
            if let Some(((number, unit), system)) = bound {
                put(&mut range, name, quantity(number, unit, system.is_some(), system));
            }
        }
        let is_said = range.as_object().is_some_and(|range| !range.is_empty());
        let mut parts: Vec<_> = kinds.iter().map(|code| part("supportedPatientInfo", "patients", Some(code))).collect();
        parts.push(is_said.then(|| node!({"url": "ageRange", "valueRange": range})));
        record("ror-healthcareservice-patient-type", parts)
    })
}

/// The period in which an offer is closed, or nothing.
pub(super) fn closing() -> impl Strategy<Value = Node> {
    weighted(0.4, select(CLOSINGS.to_vec())).prop_map(|period| {
        let Some(period) = period else { return Node::Null };
        node!([{"id": "closingReopeningDate", "description": "Période de fermeture et de réouverture prévisionnelle",
            "during": (period_of(period))}])
    })
}

fn period_of((start, end): (Option<&str>, Option<&str>)) -> Node {
    let mut period = Node::Object(ror_fhir::Object::new());
    put(&mut period, "start", start.map_or(Node::Null, Node::from));
    put(&mut period, "end", end.map_or(Node::Null, Node::from));
    period
}

/// A Quantity; its unit as a code, with a system or without, or as a label.
fn quantity(number: &str, unit: Option<&str>, is_code: bool, system: Option<&str>) -> Node {
    let mut quantity = Node::Object(ror_fhir::Object::new());
    put(&mut quantity, "value", Node::Number(number.into()));
    if let Some(unit) = unit {
        put(&mut quantity, if is_code { "code" } else { "unit" }, unit.into());
        put(&mut quantity, "system", system.filter(|_| is_code).map_or(Node::Null, Node::from));
    }
    quantity
}

//! What is asked for: the values of the corpus, and some beside them.

use ror_search::ResourceType;

use super::{Bound, Token};
use crate::corpus::{
    ACTIVITIES, CHARACTERISTICS, CITIES, COMMUNES, EQUIPMENT, NAMES, POSTAL_CODES, SECTORS, SPECIALTIES, SPECIALTY,
    STATUSES, STRUCTURES, VERSIONS, system,
};

/// Prefixes of ordered values (FHIR R4 §3.1.1.4.5).
pub(super) const PREFIXES: [&str; 10] = ["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"];
/// Dates of versions and templates.
pub(super) const DATES: [&str; 7] =
    ["2025", "2026-01", "2026-01-01", "2026-01-02", "2026-01-01T08:00", "2026-01-01T08:00:00", "2025-12-31"];
/// Dates within periods and records.
pub(super) const PERIOD_DATES: [&str; 8] =
    ["2025", "2025-12", "2026-01", "2026-01-01", "2026-01-05", "2026-01-01T08:00", "2026-01-04T12:00:00+01:00", "2019"];
/// Moments, in winter and in summer, of Paris or with their offset; none at an hour at which hours end.
pub(super) const MOMENTS: [&str; 6] = [
    "2026-01-05T10:00:00+01:00",
    "2026-01-05T14:30",
    "2026-01-07T18:30:00+01:00",
    "2026-01-12T08:45",
    "2026-07-04T10:15:00+02:00",
    "2026-01-19T16:00:00Z",
];
/// Words of full text: of names, of comments, of towns, of labels; one is dropped (D15).
pub(super) const WORDS: [&str; 16] = [
    "hopital",
    "Nord",
    "hôpital nord",
    "clin saint",
    "unité",
    "oeuvre",
    "ete",
    "cour",
    "étage nord",
    "lyon",
    "Bourg",
    "soins",
    "palliatifs soins",
    "accès de la cour",
    "alcool",
    "centre d’été",
];
/// Words of labels.
pub(super) const LABELS: [&str; 6] = ["soins", "pallia", "sexo med", "alcool", "LIBELLÉ", "libelle a"];
/// Value sets that the directory serves.
pub(super) const VALUE_SETS: [(&str, &str); 4] = [
    (
        "specialty",
        "https://mos.esante.gouv.fr/NOS/JDV_J17-ActiviteOperationnelle-ROR/FHIR/JDV-J17-ActiviteOperationnelle-ROR",
    ),
    ("service-type", "https://mos.esante.gouv.fr/NOS/JDV_J20-ChampActivite-ROR/FHIR/JDV-J20-ChampActivite-ROR"),
    ("type", "https://mos.esante.gouv.fr/NOS/JDV_J55-CategorieEG-ROR/FHIR/JDV-J55-CategorieEG-ROR"),
    (
        "capacity-status",
        "https://mos.esante.gouv.fr/NOS/JDV_J188-TypeStatutCapacite-ROR/FHIR/JDV-J188-TypeStatutCapacite-ROR",
    ),
];

/// Codes of a parameter: system and code.
pub(super) fn codes(rtype: ResourceType, name: &str) -> Vec<(&'static str, String)> {
    let of = |list: &str, codes: &[&str]| codes.iter().map(|code| (system(list), (*code).to_owned())).collect();
    let bare = |codes: &[&str]| codes.iter().map(|code| ("", (*code).to_owned())).collect();
    match name {
        "_tag" => {
            let mut tags: Vec<_> = of("region", &["84", "94"]);
            tags.push(("https://example.org/tag", "hidden".to_owned()));
            tags
        }
        "identifier" => identifiers(rtype),
        "context" | "service-type" => of("field", &["01", "04", "05"]),
        "status" if rtype == ResourceType::Questionnaire => bare(&STATUSES),
        "status" => bare(&["active", "suspended"]),
        "version" => bare(&VERSIONS),
        "operational-status" => of("place-status", &["1", "3"]),
        "service-category" => vec![("https://example.org/category", "1".to_owned())],
        "specialty" => {
            let unknown = SPECIALTIES.map(|code| (SPECIALTY, code.to_owned()));
            unknown.into_iter().chain(ACTIVITIES.map(|(list, code)| (system(list), code.to_owned()))).collect()
        }
        "characteristic" => CHARACTERISTICS.map(|(name, code)| (system(name), code.to_owned())).to_vec(),
        "intervention-zone" | "commune-cog" => of("cog", &COMMUNES),
        "patient-type" => of("patients", &["01", "02", "03"]),
        "departement" => bare(&["69", "01", "974", "38"]),
        "region" => bare(&["84", "04"]),
        "epci" => bare(&["200046977", "200069193"]),
        "drop-zone" => bare(&["true", "false"]),
        "closing-type" => of("structure-closing", &["DEF", "CHP"]),
        "type" if rtype == ResourceType::Location => vec![("https://example.org/f", "1".to_owned())],
        "type" => {
            let mut kinds: Vec<_> = of("eg", &["355", "101", "500", "620"]);
            kinds.extend([(system("oi"), "3".to_owned()), (system("ej"), "13".to_owned())]);
            kinds
        }
        _ => {
            let (list, codes) = record_codes(name);
            of(list, codes)
        }
    }
}

/// Codes of records.
fn record_codes(name: &str) -> (&'static str, &'static [&'static str]) {
    match name {
        "capacity-type" => ("nature", &["01", "02"]),
        "capacity-status" => ("status", &["01", "02", "05", "06"]),
        "temporality-capacity" => ("horizon", &["01", "02", "03"]),
        "gender-capacity-available" => ("gender", &["01", "02"]),
        "capacity-closing-type" => ("closing", &["01", "02"]),
        "additional-bed-type" => ("extra-bed", &["02"]),
        "crisis-type" => ("crisis", &["01"]),
        "temporary-assignement" => ("assignment", &["01", "02"]),
        "equipment-type" => ("equipment", &EQUIPMENT),
        "equipment-feature" => ("feature", &["001", "002"]),
        "residential-type" => ("dwelling", &["01", "02", "03"]),
        "price-type" => ("price-type", &["02", "03"]),
        "price-residential-type" => ("dwelling", &["02", "03"]),
        "special-price" => ("special-price", &["01", "03"]),
        "price-dependency-level" => ("gir", &["01", "02"]),
        "price-welcome-type" => ("welcome", &["01", "02"]),
        "price-unit" => ("price-unit", &["1", "2"]),
        other => unreachable!("{other} has no codes here"),
    }
}

fn identifiers(rtype: ResourceType) -> Vec<(&'static str, String)> {
    let none = |values: &[&str]| values.iter().map(|value| ("", (*value).to_owned())).collect();
    match rtype {
        ResourceType::Organization => {
            let more = [("finess", "2A0000154"), ("nat", "1010000032"), ("finess", "26010004500012")];
            let known = STRUCTURES.iter().chain(&more);
            known.map(|(name, value)| (system(name), value.trim().to_owned())).collect()
        }
        ResourceType::Practitioner => ["10000000001", "810000000001", "810000000002"]
            .map(|value| ("urn:oid:1.2.250.1.71.4.2.1", value.to_owned()))
            .to_vec(),
        ResourceType::Location => none(&[
            "84/l1",
            "84/l2",
            "84/l9",
            "ext-0",
            "ext-1",
            "010000024/ext-0",
            "1010000024/ext-1",
            "12A0000154/ext-0",
        ]),
        ResourceType::HealthcareService => none(&["84/h0", "84/h1", "84/h11"]),
        ResourceType::PractitionerRole => vec![("https://example.org/role", "role-0".into())],
        ResourceType::Questionnaire => none(&["MS-0", "MS-1"]),
        ResourceType::Task | ResourceType::Measure | ResourceType::MeasureReport => Vec::new(),
    }
}

/// What `:below` is asked of: a family of activities, aggregates of categories, single codes.
pub(super) fn below(name: &str) -> Vec<Token> {
    let of = |list: &str, codes: &[&str]| codes.iter().map(|code| Token::of(system(list), code)).collect();
    match name {
        "specialty" => vec![Token::of(system("family"), "004"), Token::of(system("activity"), "135")],
        "type" => of("eg", &["4400", "1100", "1101", "4000", "355"]),
        _ => vec![],
    }
}

/// Texts of a parameter.
pub(super) fn texts(name: &str) -> Vec<&'static str> {
    match name {
        "address-city" => CITIES.iter().copied().chain(["l ile", "SAINT", "bresse"]).collect(),
        "address-postalcode" => POSTAL_CODES.iter().copied().chain(["2A", "2b", "20", "01"]).collect(),
        "psychiatric-sector" => SECTORS.iter().copied().chain(["01", "sect", "g01"]).collect(),
        _ => NAMES.iter().copied().chain(["hôpital", "nord", "d'été", "unite a", "œuvre", "uh", "| $"]).collect(),
    }
}

/// Numbers of a parameter.
pub(super) fn numbers(name: &str) -> Vec<&'static str> {
    match name {
        "price-amount-value" => vec!["12", "69.5", "70", "70.0", "70.00", "75.5", "8e1"],
        "residential-number" => vec!["0", "4", "10", "10.0"],
        _ => vec!["0", "1", "2", "2.0", "1.5"],
    }
}

/// Whether an exponent is written, whose precision FHIR leaves to guess.
pub(super) fn is_guessed((prefix, number): &Bound) -> bool {
    number.contains('e') && ["", "eq", "ne", "ap"].contains(prefix)
}

//! Scenarios S34 to S36: tariffs (`scenarios.md` E). All criteria bear on one price of one provider (D1).

use ror_fhir::{Node, node};

use crate::scenarios_territory::{Territory, coded_part, extended, offer, part, place, record, structure};

/// A price: its type, amount, first day and what else is coded.
fn price(kind: &str, amount: f64, start: &str, codes: &[&str]) -> Node {
    let name = |written: &str| match written.split('|').next() {
        Some("R242") => "residentialType",
        Some("R250") => "specialPrice",
        Some("R237") => "dependencyLevel",
        Some("R240") => "welcomeType",
        _ => panic!("no part of a price: {written}"),
    };
    let mut parts = vec![
        coded_part("priceType", kind),
        coded_part("priceUnit", "R228|2"),
        part("amount", "valueMoney", node!({"value": amount, "currency": "EUR"})),
    ];
    if !start.is_empty() {
        parts.push(part("startDate", "valueDateTime", start.into()));
    }
    parts.extend(codes.iter().map(|written| coded_part(name(written), written)));
    record("ror-organization-price", parts)
}

/// One home `eg-<name>` with an offer `h-<name>` at a place `l-<name>`, for each list of prices.
fn homes(homes: Vec<(&str, Vec<Node>)>) -> Territory {
    let of = |(name, prices): (&str, Vec<Node>)| {
        let (home, lodging) = (format!("eg-{name}"), format!("l-{name}"));
        [
            extended(structure(&home, &format!("EHPAD {name}"), "R66|500", "", ""), prices),
            place(&lodging, &format!("84/l-{name}"), None),
            offer(&format!("h-{name}"), &format!("84/h-{name}"), &home, &[&lodging]),
        ]
    };
    Territory::of(homes.into_iter().flat_map(of).collect())
}

const LODGING: &str = "R246|02";
const DEPENDENCY: &str = "R246|03";

#[test]
fn s34_below_an_amount_the_newest_first() {
    let t = homes(vec![
        // Its newest price is of another kind, and does not count.
        ("a", vec![price(LODGING, 60.0, "2025-01-01", &[]), price(DEPENDENCY, 12.0, "2026-06-01", &[])]),
        ("b", vec![price(LODGING, 69.99, "2026-01-01", &[])]),
        ("c", vec![price(LODGING, 70.0, "2026-01-01", &[])]),
        // The right kind and the right amount, on two prices.
        ("d", vec![price(LODGING, 80.0, "2026-01-01", &[]), price(DEPENDENCY, 12.0, "2026-01-01", &[])]),
        ("e", vec![price(LODGING, 65.0, "", &[])]),
        ("f", vec![]),
        ("g", vec![price(LODGING, 55.0, "2024-01-01", &[]), price(LODGING, 50.0, "2025-06-01", &[])]),
    ]);
    let criteria = "HealthcareService?organization.price-type={R246}|02&organization.price-amount-value=lt70";
    let places = ["l-a", "l-b", "l-e", "l-g"];
    // The absent date comes last, both ways (D7); of two prices, the newest then the oldest counts.
    for (sort, expected) in [("-", ["h-b", "h-g", "h-a", "h-e"]), ("", ["h-g", "h-a", "h-b", "h-e"])] {
        let sort = format!("_sort={sort}organization.price-validity-start-date");
        let found = t.finds(&format!("{criteria}&{sort}&_include=HealthcareService:location"), &expected, &places);
        assert!(found.remarks().is_empty());
        // As the source writes it: read as intended, and told (D4).
        let found = t.finds(&format!("{criteria}&{sort}&_include=Healthcareservice:location"), &expected, &places);
        assert_eq!(found.remarks().len(), 1);
    }
    t.finds(criteria, &["h-a", "h-b", "h-e", "h-g"], &[]);
    // The name that the guide publishes.
    t.finds(
        "HealthcareService?organization.price-type={R246}|02&organization.amount-value=lt70",
        &["h-a", "h-b", "h-e", "h-g"],
        &[],
    );
}

#[test]
fn s35_at_most_an_amount_for_a_dwelling_and_a_condition() {
    const STUDIO: &str = "R242|03";
    const AID: &str = "R250|03";
    let t = homes(vec![
        ("bon", vec![price(LODGING, 70.0, "", &[STUDIO, AID])]),
        ("cher", vec![price(LODGING, 70.01, "", &[STUDIO, AID])]),
        ("double", vec![price(LODGING, 60.0, "", &["R242|01", AID])]),
        ("public", vec![price(LODGING, 60.0, "", &[STUDIO, "R250|01"])]),
        ("epars", vec![price(LODGING, 90.0, "", &[STUDIO, AID]), price(LODGING, 60.0, "", &[STUDIO, "R250|01"])]),
        ("jour", vec![price("R246|05", 60.0, "", &[STUDIO, AID])]),
    ]);
    let request = "HealthcareService?organization.price-type={R246}|02&organization.price-amount-value=le70\
                   &organization.price-residential-type={R242}|03&organization.special-price={R250}|03\
                   &_include=HealthcareService:location";
    t.finds(request, &["h-bon"], &["l-bon"]);
}

#[test]
fn s36_a_dependency_tariff_for_a_group_and_a_kind_of_stay() {
    const GIR: &str = "R237|02";
    const STAY: &str = "R240|02";
    let t = homes(vec![
        ("bon", vec![price(DEPENDENCY, 14.5, "", &[GIR, STAY])]),
        ("quinze", vec![price(DEPENDENCY, 15.0, "", &[GIR, STAY])]),
        ("lourd", vec![price(DEPENDENCY, 14.0, "", &["R237|01", STAY])]),
        ("court", vec![price(DEPENDENCY, 14.0, "", &[GIR, "R240|01"])]),
        ("epars", vec![price(DEPENDENCY, 22.0, "", &[GIR, STAY]), price(DEPENDENCY, 6.0, "", &["R237|03", STAY])]),
        ("autre", vec![price(LODGING, 14.0, "", &[GIR, STAY])]),
    ]);
    let request = "HealthcareService?organization.price-type={R246}|03&organization.price-amount-value=lt15\
                   &organization.price-dependency-level={R237}|02&organization.price-welcome-type={R240}|02\
                   &_include=HealthcareService:location";
    t.finds(request, &["h-bon"], &["l-bon"]);
}

#[test]
fn d01_a_price_above_is_one_price_of_one_structure_of_the_line() {
    let offer_of = |provider: &str| offer(&format!("h-{provider}"), &format!("84/{provider}"), provider, &[]);
    let cheap_meal = price("R246|07", 8.0, "", &[]);
    let t = Territory::of(vec![
        extended(structure("bon", "Siège", "R66|500", "", ""), vec![price(LODGING, 60.0, "", &[])]),
        structure("sous-bon", "Unité", "R207|3", "", "bon"),
        // The kind above, the amount below.
        extended(structure("epars", "Siège", "R66|500", "", ""), vec![price(LODGING, 90.0, "", &[])]),
        extended(structure("sous-epars", "Unité", "R207|3", "", "epars"), vec![cheap_meal]),
        offer_of("sous-bon"),
        offer_of("sous-epars"),
        offer_of("bon"),
    ]);
    let above = "organization.price-type:above={R246}|02&organization.price-amount-value:above=lt70";
    t.finds(&format!("HealthcareService?{above}"), &["h-bon", "h-sous-bon"], &[]);
    t.finds(&format!("HealthcareService?{}", above.replace(":above", "")), &["h-bon"], &[]);
}

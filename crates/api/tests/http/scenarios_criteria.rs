//! Scenarios S18 to S30: offers by main criteria (`scenarios.md` C).

use crate::scenarios_territory::{INC, by_type, complete, pairs, territory};

/// Offers of geriatrics.
const GERIATRICS: [&str; 6] = ["h-dij", "h-geria", "h-home", "h-memoire", "h-reeduc", "h-secret"];

#[test]
fn s18_one_activity() {
    let t = territory();
    t.finds_complete("HealthcareService?specialty={R211}|050", &GERIATRICS);
    t.finds_complete("HealthcareService?specialty={R211}|088", &["h-ped"]);
    // The same code of another list is another thing.
    t.finds_complete("HealthcareService?specialty={R210}|0032", &[]);
}

#[test]
fn s19_one_activity_or_another() {
    let t = territory();
    let expected = ["h-dij", "h-geria", "h-home", "h-jour", "h-memoire", "h-reeduc", "h-secret"];
    for criterion in [
        "_filter=(specialty eq {R211}|050 or {R211}|241)",
        "_filter=(specialty eq {R211}|050 or specialty eq {R211}|241)",
        "specialty={R211}|050,{R211}|241",
        "specialty={R211}|050,241",
    ] {
        t.finds_complete(&format!("HealthcareService?{criterion}"), &expected);
    }
    t.finds_complete("HealthcareService?specialty={R211}|050&specialty={R211}|241", &["h-reeduc"]);
}

#[test]
fn s20_category_and_reception_mode() {
    let t = territory();
    let expected = ["h-dij", "h-geria", "h-reeduc", "h-secret"];
    t.finds_complete("HealthcareService?service-category={R244}|101&characteristic={R338}|01", &expected);
}

#[test]
fn s21_category_or_activity_and_an_age() {
    let t = territory();
    let filter = |age: &str| {
        format!(
            "HealthcareService?_filter=(((service-category eq {{R244}}|101) or (specialty eq {{R211}}|050)) and \
             (age-range-low le {age} and age-range-high ge {age}))"
        )
    };
    // From six months to forty-two years holds, from forty-three on does not (D13).
    let expected = ["h-dij", "h-geria", "h-home", "h-memoire", "h-secret"];
    for age in [
        "42|https://unitsofmeasure.org|a",
        "42|http://unitsofmeasure.org|a",
        "42||a",
        "42",
        "504|http://unitsofmeasure.org|mo",
    ] {
        t.finds_complete(&filter(age), &expected);
    }
    t.finds_complete(&filter("4|https://unitsofmeasure.org|mo"), &["h-ped"]);
    t.finds_complete(&filter("50|https://unitsofmeasure.org|a"), &["h-dij", "h-geria", "h-reeduc", "h-secret"]);
}

#[test]
fn s22_a_type_of_establishment_above_or_a_category_and_an_act() {
    let t = territory();
    let filter = "_filter=((organization.type:above eq {R66}|101) or (service-category eq {R244}|100))";
    let expected = ["h-geria", "h-memoire", "h-mobile", "h-secret"];
    t.finds_complete(&format!("HealthcareService?{filter}&characteristic={{R210}}|0032"), &expected);
    // Without the act, the day centre comes by its category.
    let expected = ["h-geria", "h-jour", "h-memoire", "h-mobile", "h-secret"];
    t.finds_complete(&format!("HealthcareService?{filter}"), &expected);
}

#[test]
fn s23_an_activity_within_a_distance_of_a_commune_or_a_point() {
    let t = territory();
    // The nearest first (D7); who has no position is nowhere (D11).
    let expected = ["h-secret", "h-geria", "h-memoire"];
    for near in [
        "near-insee-code=38185|20|km",
        "near-insee-code=38185|20",
        "near-insee-code=38185",
        "near=45.1885|5.7245|20|km",
        "near=45.1885|5.7245|20000|m",
        "near=45.1885|5.7245",
    ] {
        let found = t.finds_complete(&format!("HealthcareService?specialty={{R211}}|050&location.{near}"), &expected);
        let distances = pairs(&[("l-nord", "1.112"), ("l-secret", "1.001"), ("l-sud", "5.56")]);
        assert_eq!(found.distances(), distances, "{near}");
    }
    let wider = "HealthcareService?specialty={R211}|050&location.near-insee-code=38185|44.479|km";
    t.finds_complete(wider, &["h-secret", "h-geria", "h-memoire", "h-reeduc"]);
    t.finds_complete(&wider.replace("44.479", "44.477"), &expected);
    // A place that is brought along and did not meet the criterion tells no distance.
    let found =
        t.finds_complete("HealthcareService?specialty={R211}|241&location.near=45.1885|5.7245|20|km", &["h-jour"]);
    assert_eq!(found.distances(), pairs(&[("l-sud", "5.56")]));
}

#[test]
fn s24_home_intervention_in_a_commune() {
    let t = territory();
    // The commune itself, or a département or a region that holds it.
    let request = "HealthcareService?intervention-zone={R13}|38185";
    t.finds_complete(
        &format!("{request}&specialty={{R211}}|050&service-category={{R244}}|101"),
        &["h-geria", "h-home", "h-secret"],
    );
    t.finds_complete(request, &["h-geria", "h-home", "h-memoire", "h-mobile", "h-secret"]);
    t.finds_complete("HealthcareService?intervention-zone={R13}|73065", &["h-mobile"]);
    t.finds_complete("HealthcareService?intervention-zone={G09}|38", &["h-home"]);
}

#[test]
fn s25_departement_category_mode_of_care_and_specialisation() {
    let t = territory();
    let request = "HealthcareService?location.address-postalcode=38&service-category={R244}|101\
                   &characteristic={R213}|28&characteristic={R245}|28";
    t.finds_complete(request, &["h-geria", "h-home", "h-secret"]);
}

#[test]
fn s26_two_postal_codes_an_activity_and_an_act() {
    let t = territory();
    let request =
        r#"HealthcareService?_filter=(location.address-postalcode eq "38000" or "38100")&specialty={R211}|050"#;
    t.finds_complete(&format!("{request}&characteristic={{R210}}|0032"), &["h-geria", "h-secret"]);
    t.finds_complete(request, &["h-geria", "h-home", "h-secret"]);
}

#[test]
fn s27_two_communes_an_activity_and_a_mode() {
    let t = territory();
    let expected = ["h-geria", "h-home", "h-memoire", "h-secret"];
    for communes in [
        "_filter=(location.commune-cog eq {R13}|38185 OR location.commune-cog eq {R13}|38421)",
        "_filter=(location.commune-cog eq {R13}|38185 or {R13}|38421)",
        "location.commune-cog={R13}|38185,38421",
        "location.commune-cog={R13}|38421,{R13}|38185",
    ] {
        t.finds_complete(
            &format!("HealthcareService?{communes}&specialty={{R211}}|050&characteristic={{R213}}|28"),
            &expected,
        );
    }
}

#[test]
fn s28_a_particular_competence_of_professionals() {
    let t = territory();
    t.finds_complete("HealthcareService?characteristic={R243}|01", &["h-memoire"]);
    t.finds_complete("HealthcareService?characteristic={R243}|02", &[]);
}

#[test]
fn s29_offers_of_a_region_with_an_open_anomaly() {
    let t = territory();
    let expected = ["h-geria", "h-home", "h-secret"];
    let includes = by_type([complete(&expected), vec!["t-1", "t-2", "t-5"]].concat());
    let rest = format!("{INC}&_revinclude=Task:focus");
    for codes in ["{R352}|02 or {R352}|10", "{R352}|02 or 10"] {
        let filter = format!("_filter=(_has:Task:focus:business-status eq {codes})");
        t.finds(&format!("HealthcareService?_tag={{R30}}|84&{filter}&{rest}"), &expected, &includes);
    }
    t.finds_complete("HealthcareService?_tag={R30}|27&_has:Task:focus:business-status={R352}|02", &["h-dij"]);
    assert_eq!(t.ask_as("", "HealthcareService?_has:Task:focus:business-status={R352}|02").reply.total(), 0, "D30");
}

#[test]
fn s30_offers_where_a_professional_works() {
    let t = territory();
    let has = "_has:PractitionerRole:service:practitioner.identifier";
    // Also with the type digit in front (D8.4).
    for rpps in ["10001234567", "810001234567", "urn:oid:1.2.250.1.71.4.2.1|10001234567"] {
        t.finds_complete(&format!("HealthcareService?{has}={rpps}"), &["h-dij", "h-geria"]);
        t.finds_complete(&format!("HealthcareService?_filter=({has} eq {rpps})"), &["h-dij", "h-geria"]);
    }
    t.finds_complete(&format!("HealthcareService?{has}=10001234568"), &["h-memoire"]);
    // One role at once: who works there and that region feeds (D1).
    t.finds_complete("HealthcareService?_has:PractitionerRole:service:_tag=27", &["h-dij"]);
}

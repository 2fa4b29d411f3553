//! Scenarios S91 to S112: the reading cookbook (`scenarios.md` O).

use crate::scenarios_territory::{INC, complete, pairs, territory};

const PLACES: [&str; 8] = ["l-annecy", "l-bage", "l-centre", "l-chy", "l-dij", "l-nord", "l-secret", "l-sud"];
const STRUCTURES: [&str; 8] = ["eg-dij", "eg-ehpad", "eg-nord", "eg-sud", "ej-chu", "oi-pole", "oi-service", "oi-uf"];
const OFFERS: [&str; 9] =
    ["h-dij", "h-geria", "h-home", "h-jour", "h-memoire", "h-mobile", "h-ped", "h-reeduc", "h-secret"];

#[test]
fn s91_all_places_with_their_structures_or_those_in_use() {
    let t = territory();
    t.finds("Location", &PLACES, &[]);
    t.finds("Location?_include=Location:organization", &PLACES, &["eg-nord", "eg-sud"]);
    t.finds("Location?status=active", &PLACES[..7], &[]);
    t.finds("Location?status=suspended", &["l-sud"], &[]);
}

#[test]
fn s92_a_place_by_identifier() {
    let t = territory();
    t.finds("Location?identifier=84/450012", &["l-nord"], &[]);
    t.finds("Location?identifier=84/450012&_include=Location:organization", &["l-nord"], &["eg-nord"]);
    // A value set as system: any identifier of the place, and told (D4).
    let list = "https://mos.esante.gouv.fr/NOS/JDV_J236-TypologieIdentifiantLieu-ROR/FHIR/\
                JDV-J236-TypologieIdentifiantLieu-ROR";
    let found = t.finds(&format!("Location?identifier={list}|84/450012"), &["l-nord"], &[]);
    assert_eq!(found.remarks().len(), 1);
    t.finds("Location?identifier=https://ailleurs.example|84/450012", &[], &[]);
}

#[test]
fn s93_places_by_function() {
    let t = territory();
    t.finds("Location?type={R343}|003", &["l-centre"], &[]);
    let active = ["l-annecy", "l-bage", "l-chy", "l-dij", "l-nord", "l-secret"];
    t.finds("Location?type={R343}|001&status=active", &active, &[]);
}

#[test]
fn s94_places_by_address() {
    let t = territory();
    let grenoble = ["l-centre", "l-nord", "l-secret"];
    t.finds("Location?address-postalcode=38000", &["l-nord", "l-secret"], &[]);
    t.finds("Location?address-city=Grenoble", &grenoble, &[]);
    t.finds("Location?address-city=GRENOB", &grenoble, &[]);
    // However one writes it (D12).
    for city in ["Saint-Martin-d'Hères", "saint martin d heres", "SAINT-MARTIN-D’HÈRES"] {
        t.finds(&format!("Location?address-city={city}"), &["l-sud"], &[]);
    }
    t.finds("Location?commune-cog={R13}|38185", &grenoble, &[]);
    t.finds(r#"Location?_filter=(address-postalcode eq "38000" or "38100")"#, &grenoble, &[]);
}

#[test]
fn s95_places_within_a_distance() {
    let t = territory();
    for near in ["near=45.1885|5.7245|20|km", "near-insee-code=38185|20|km"] {
        let found = t.finds(&format!("Location?{near}"), &["l-secret", "l-nord", "l-sud"], &[]);
        assert_eq!(found.distances(), pairs(&[("l-secret", "1.001"), ("l-nord", "1.112"), ("l-sud", "5.56")]));
    }
    // The limit is inclusive, and the nearest of several points counts (D11).
    t.finds("Location?near=45.1885|5.7245|1.002", &["l-secret"], &[]);
    t.finds("Location?near=45.1885|5.7245|1.0", &[], &[]);
    let found = t.finds("Location?near=45.1885|5.7245|2,45.5885|5.7245|2", &["l-chy", "l-secret", "l-nord"], &[]);
    assert_eq!(found.distances()[0], ("l-chy".to_owned(), "0".to_owned()));
    t.finds("Location?near=45.1885|5.7245|20|km&_sort=-near", &["l-sud", "l-nord", "l-secret"], &[]);
    for refused in ["near-insee-code=00000", "near-insee-code=74010|20|km", "near=45|5|501|km", "near=95|5", "near=45"]
    {
        assert_eq!(t.world.get_all(&format!("/fhir/Location?{refused}")).status, 400, "{refused}");
    }
}

#[test]
fn s96_places_by_date() {
    let t = territory();
    t.finds("Location?_lastUpdated=ge2026-01-01", &PLACES, &[]);
    let january = "_lastUpdated=ge2026-01-01T00:00:00+01:00&_lastUpdated=le2026-01-31T23:59:59+01:00";
    t.finds(&format!("Location?{january}"), &PLACES, &[]);
    t.finds("Location?_lastUpdated=ge2026-01-01&_lastUpdated=le2026-01-19", &PLACES[..7], &[]);
    t.finds("Location?_lastUpdated=ge2026-01-01&_sort=_lastUpdated", &PLACES, &[]);
    let newest = [&["l-sud"], &PLACES[..7]].concat();
    t.finds("Location?_lastUpdated=ge2026-01-01&_sort=-_lastUpdated", &newest, &[]);
}

#[test]
fn s97_all_structures_and_who_refers_to_them() {
    let t = territory();
    t.finds("Organization", &STRUCTURES, &[]);
    // A match is never repeated as include (D10).
    t.finds("Organization?_include=Organization:partof", &STRUCTURES, &[]);
    t.finds("Organization?_revinclude=HealthcareService:organization", &STRUCTURES, &OFFERS);
    t.finds("Organization?_revinclude=PractitionerRole:organization", &STRUCTURES, &["r-1", "r-2", "r-3"]);
}

#[test]
fn s98_a_structure_by_number() {
    let t = territory();
    for number in ["380000067", "1380000067", "https://finess.esante.gouv.fr|380000067"] {
        t.finds(&format!("Organization?identifier={number}"), &["eg-nord"], &[]);
        let request = format!("Organization?identifier={number}&_include=Organization:partof");
        t.finds(&request, &["eg-nord"], &["ej-chu"]);
    }
    for number in ["80000067", "38000006", "2380000067"] {
        t.finds(&format!("Organization?identifier={number}"), &[], &[]);
    }
    let up = "Organization?type={R207}|3&_include=Organization:partof";
    t.finds(up, &["oi-uf"], &["oi-service"]);
    t.finds(&up.replace("_include", "_include:iterate"), &["oi-uf"], &["eg-nord", "ej-chu", "oi-pole", "oi-service"]);
}

#[test]
fn s99_a_structure_by_name() {
    let t = territory();
    for part in ["hosp", "HOSP", "Hosp"] {
        t.finds(&format!("Organization?name:contains={part}"), &["eg-dij", "ej-chu"], &[]);
    }
    t.finds("Organization?name=Hôpital Nord", &["eg-nord"], &[]);
    t.finds("Organization?name=hopital", &["eg-nord", "eg-sud"], &[]);
    t.finds("Organization?name=site michallon", &["eg-nord"], &[]);
    t.finds("Organization?name=nord", &[], &[]);
    t.finds("Organization?name:exact=Hôpital Nord", &["eg-nord"], &[]);
    t.finds("Organization?name:exact=hôpital nord", &[], &[]);
}

#[test]
fn s100_structures_by_date() {
    let t = territory();
    t.finds("Organization?_lastUpdated=ge2026-01-01", &STRUCTURES, &[]);
    t.finds("Organization?_lastUpdated=ge2026-01-01&_lastUpdated=le2026-01-31", &STRUCTURES, &[]);
    t.finds("Organization?_lastUpdated=ge2026-01-15&_lastUpdated=le2026-01-31", &["ej-chu"], &[]);
}

#[test]
fn s101_structures_by_type() {
    let t = territory();
    t.finds("Organization?type={R66}|355", &["eg-dij", "eg-sud"], &[]);
    t.finds("Organization?type={R207}|1", &["oi-pole"], &[]);
    // Of another list: valid, and nothing has it (D4).
    assert_eq!(t.finds("Organization?type={R213}|28", &[], &[]).remarks(), Vec::<String>::new());
}

#[test]
fn s102_structures_of_a_region() {
    let t = territory();
    t.finds("Organization?_tag={R30}|84", &STRUCTURES[1..], &[]);
    t.finds("Organization?_tag={R30}|84&type={R66}|355", &["eg-sud"], &[]);
}

#[test]
fn s103_all_roles_with_who_and_where() {
    let t = territory();
    let roles = ["r-1", "r-2", "r-3"];
    t.finds("PractitionerRole", &roles, &[]);
    let both = "_include=PractitionerRole:practitioner&_include=PractitionerRole:organization";
    t.finds(&format!("PractitionerRole?{both}"), &roles, &["eg-dij", "oi-service", "oi-uf", "p-1", "p-2"]);
    t.finds("PractitionerRole?_include=*&_id=r-1", &["r-1"], &["h-geria", "oi-uf", "p-1"]);
}

#[test]
fn s104_s109_one_role_or_professional_by_id_is_what_reading_gives() {
    let t = territory();
    for (rtype, id) in [("PractitionerRole", "r-1"), ("Practitioner", "p-2")] {
        let found = t.finds(&format!("{rtype}?_id={id}"), &[id], &[]);
        let bundle = found.reply.json();
        let searched = bundle.items("entry").next().and_then(|entry| entry.get("resource")).cloned();
        let read = t.world.get_all(&format!("/fhir/{rtype}/{id}"));
        assert_eq!((read.status, Some(read.json())), (200, searched), "{rtype}");
        assert_eq!(t.world.get(&format!("/fhir/{rtype}/{id}")).status, 404, "outside of ville: not for the public");
    }
}

#[test]
fn s105_a_role_by_identifier() {
    let t = territory();
    t.finds("PractitionerRole?identifier=SIT-r-1", &["r-1"], &[]);
    let both = "_include=PractitionerRole:practitioner&_include=PractitionerRole:organization";
    t.finds(&format!("PractitionerRole?identifier=SIT-r-1&{both}"), &["r-1"], &["oi-uf", "p-1"]);
}

#[test]
fn s106_roles_by_date() {
    let t = territory();
    let both = "_include=PractitionerRole:practitioner&_include=PractitionerRole:organization";
    let (roles, brought) = (["r-1", "r-2", "r-3"], ["eg-dij", "oi-service", "oi-uf", "p-1", "p-2"]);
    t.finds(&format!("PractitionerRole?_lastUpdated=ge2026-01-01&{both}"), &roles, &brought);
    t.finds("PractitionerRole?_lastUpdated=ge2026-01-02", &[], &[]);
}

#[test]
fn s107_roles_of_a_region() {
    let t = territory();
    t.finds("PractitionerRole?_tag={R30}|84", &["r-1", "r-2"], &[]);
    t.finds("PractitionerRole?_tag={R30}|27", &["r-3"], &[]);
}

#[test]
fn s108_professionals_by_number() {
    let t = territory();
    t.finds("Practitioner", &["p-1", "p-2"], &[]);
    for number in ["10001234567", "810001234567"] {
        t.finds(&format!("Practitioner?identifier=urn:oid:1.2.250.1.71.4.2.1|{number}"), &["p-1"], &[]);
        t.finds(&format!("Practitioner?identifier={number}"), &["p-1"], &[]);
    }
    t.finds("Practitioner?identifier=urn:oid:1.2.250.1.71.4.2.2|10001234567", &[], &[]);
}

#[test]
fn s110_professionals_by_date_and_region() {
    let t = territory();
    t.finds("Practitioner?_lastUpdated=ge2026-01-01", &["p-1", "p-2"], &[]);
    t.finds("Practitioner?_lastUpdated=ge2026-01-02", &[], &[]);
    t.finds("Practitioner?_tag={R30}|84", &["p-1", "p-2"], &[]);
    t.finds("Practitioner?_tag={R30}|27", &[], &[]);
}

#[test]
fn s111_two_professionals_by_number() {
    let t = territory();
    let list = "urn:oid:1.2.250.1.71.4.2.1";
    for filter in [
        format!("(identifier eq {list}|10001234567 or {list}|10001234568)"),
        format!("(identifier eq {list}|10001234567 or identifier eq {list}|10001234568)"),
    ] {
        t.finds(&format!("Practitioner?_filter={filter}"), &["p-1", "p-2"], &[]);
    }
    t.finds(&format!("Practitioner?_filter=(identifier eq {list}|10001234568 or {list}|x)"), &["p-2"], &[]);
}

#[test]
fn s112_all_offers_with_what_comes_along() {
    let t = territory();
    t.finds("HealthcareService", &OFFERS, &[]);
    let structures = ["eg-dij", "eg-ehpad", "eg-sud", "oi-pole", "oi-service", "oi-uf"];
    t.finds("HealthcareService?_include=HealthcareService:organization", &OFFERS, &structures);
    t.finds(&format!("HealthcareService?{INC}"), &OFFERS, &complete(&OFFERS));
}

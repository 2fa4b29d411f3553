//! Scenarios S1 to S7: reading capacity (`scenarios.md` A).

use crate::scenarios_territory::territory;

const OFFERS: &str = "_revinclude=HealthcareService:location";

#[test]
fn s01_all_capacity_of_the_country() {
    let t = territory();
    let request = format!("Location?{OFFERS}");
    let found = t.finds(
        &request,
        &["l-annecy", "l-bage", "l-centre", "l-chy", "l-dij", "l-nord", "l-secret", "l-sud"],
        &["h-dij", "h-geria", "h-home", "h-jour", "h-memoire", "h-ped", "h-reeduc", "h-secret"],
    );
    let capacity = "ror-location-supported-capacity";
    assert!(String::from_utf8_lossy(&found.reply.body).contains(capacity));
    // The public sees neither what only a sensitive offer uses, nor places that nothing tells, nor beds (D21).
    let public = t.ask_as("", &request);
    assert_eq!(public.matches, ["l-centre", "l-chy", "l-dij", "l-nord", "l-sud"]);
    assert_eq!(public.includes, ["h-dij", "h-geria", "h-home", "h-jour", "h-memoire", "h-ped", "h-reeduc"]);
    assert_eq!(public.reply.total(), 5);
    let text = String::from_utf8_lossy(&public.reply.body).into_owned();
    assert!(!text.contains(capacity) && !text.contains("secret"));
}

#[test]
fn s02_capacity_of_departements_by_the_prefixes_of_their_postal_codes() {
    let t = territory();
    let places = ["l-annecy", "l-centre", "l-chy", "l-nord", "l-secret", "l-sud"];
    let offers = ["h-geria", "h-home", "h-jour", "h-memoire", "h-ped", "h-reeduc", "h-secret"];
    // 01380 holds 38, and does not start with it.
    for criterion in [r#"_filter=(address-postalcode eq "38" or "73" or "74")"#, "address-postalcode=38,73,74"] {
        t.finds(&format!("Location?{criterion}&{OFFERS}"), &places, &offers);
    }
}

#[test]
fn s03_capacity_fed_by_a_region_by_bare_code() {
    let t = territory();
    let places = ["l-annecy", "l-bage", "l-centre", "l-chy", "l-nord", "l-secret", "l-sud"];
    let offers = ["h-geria", "h-home", "h-jour", "h-memoire", "h-ped", "h-reeduc", "h-secret"];
    for tag in ["84", "{R30}|84"] {
        t.finds(&format!("Location?_tag={tag}&{OFFERS}"), &places, &offers);
    }
    t.finds(&format!("Location?_tag=27&{OFFERS}"), &["l-dij"], &["h-dij"]);
    t.finds("Location?_tag={R66}|84", &[], &[]);
}

#[test]
fn s04_one_known_place() {
    let t = territory();
    // Its own number, or that of its establishment and what another system calls it (D8.3).
    for identifier in ["84/450012", "1380000067/URGE01", "380000067/URGE01"] {
        t.finds(&format!("Location?identifier={identifier}&{OFFERS}"), &["l-nord"], &["h-geria", "h-ped"]);
    }
    for identifier in ["84/45001", "84/4500120", "450012", "1380012650/URGE01", "1380000067/URGE02", "URGE"] {
        t.finds(&format!("Location?identifier={identifier}&{OFFERS}"), &[], &[]);
    }
}

#[test]
fn s05_several_places_by_technical_id() {
    let t = territory();
    // In the order of ids, whatever the order asked (D7).
    for criterion in ["_id=l-sud,l-nord", "_filter=(_id eq l-sud or l-nord)", "_filter=(_id eq l-nord or _id eq l-sud)"]
    {
        let request = format!("Location?{criterion}&{OFFERS}");
        t.finds(&request, &["l-nord", "l-sud"], &["h-geria", "h-jour", "h-memoire", "h-ped"]);
    }
}

#[test]
fn s06_places_changed_since_a_date() {
    let t = territory();
    t.finds(&format!("Location?_lastUpdated=ge2026-01-15&{OFFERS}"), &["l-sud"], &["h-jour", "h-memoire"]);
    let rest = ["l-annecy", "l-bage", "l-centre", "l-chy", "l-dij", "l-nord", "l-secret"];
    t.finds("Location?_lastUpdated=lt2026-01-15", &rest, &[]);
}

#[test]
fn s07_several_places_by_identifier() {
    let t = territory();
    for criterion in [
        "identifier=84/450013,84/450012",
        "_filter=(identifier eq 84/450012 or 84/450013)",
        "_has:HealthcareService:location:identifier=84/1,84/2",
    ] {
        let request = format!("Location?{criterion}&{OFFERS}");
        t.finds(&request, &["l-nord", "l-sud"], &["h-geria", "h-jour", "h-memoire", "h-ped"]);
    }
}

//! Scenarios S31 to S33: offers by capacity and equipment (`scenarios.md` D). All criteria of a family
//! bear on one record of one place (D1).

use ror_fhir::{Node, node};

use crate::scenarios_territory::{
    Territory, capacity, coded_part, concept, extended, offer, part, place, put, record, structure,
};

/// A hospital with one offer of geriatrics, `h-<name>`, for each place `l-<name>` and what it holds.
fn hospital(places: Vec<(&str, Vec<Node>)>) -> Territory {
    let mut all = vec![structure("eg-nord", "Hôpital Nord", "R66|101", "380000067", "")];
    for (name, held) in places {
        let (place_id, offer_id) = (format!("l-{name}"), format!("h-{name}"));
        all.push(extended(place(&place_id, &format!("84/l-{name}"), None), held));
        all.push(offer(&offer_id, &format!("84/h-{name}"), "eg-nord", &[&place_id]));
    }
    all.extend(offers_apart());
    Territory::of(all)
}

/// An offer at two places, and one of another activity at a place that has all.
fn offers_apart() -> Vec<Node> {
    let mut other = offer("h-autre", "84/h-autre", "eg-nord", &["l-bon"]);
    put(&mut other, "specialty", node!([(concept("R211|088"))]));
    vec![offer("h-deux", "84/h-deux", "eg-nord", &["l-presque", "l-epars"]), other]
}

const BED: &str = "R329|01";
const NOW: &str = "R331|01";
const WOMAN: &str = "R332|01";

#[test]
fn s31_an_available_bed_for_a_woman_now() {
    let t = hospital(vec![
        ("bon", vec![capacity("R330|01", &[BED, NOW, WOMAN], 20), capacity("R330|02", &[BED, NOW, WOMAN], 2)]),
        ("homme", vec![capacity("R330|02", &[BED, NOW, "R332|02"], 2)]),
        ("demain", vec![capacity("R330|02", &[BED, "R331|03", WOMAN], 2)]),
        ("place", vec![capacity("R330|02", &["R329|02", NOW, WOMAN], 2)]),
        ("vide", vec![capacity("R330|02", &[BED, NOW, WOMAN], 0)]),
        // All the right values, on two records.
        ("epars", vec![capacity("R330|02", &[BED, NOW, "R332|02"], 3), capacity("R330|01", &[BED, NOW, WOMAN], 5)]),
        ("presque", vec![capacity("R330|02", &[BED, NOW, WOMAN], 0), capacity("R330|01", &[BED, NOW, WOMAN], 5)]),
        ("rien", vec![]),
    ]);
    let criteria = [
        "specialty={R211}|050",
        "location.capacity-type={R329}|01",
        "location.gender-capacity-available={R332}|01",
        "location.temporality-capacity={R331}|01",
        "location.capacity-status={R330}|02",
        "location.nb-capacity=gt0",
    ];
    let request = format!("HealthcareService?{}&_include=HealthcareService:location", criteria.join("&"));
    t.finds(&request, &["h-bon"], &["l-bon"]);
    // In any order, and as a filter.
    let turned: Vec<&str> = criteria.into_iter().rev().collect();
    t.finds(&format!("HealthcareService?{}", turned.join("&")), &["h-bon"], &[]);
    let terms: Vec<String> =
        criteria.iter().map(|one| one.replacen('=', " eq ", 1).replace("eq gt0", "gt 0")).collect();
    t.finds(&format!("HealthcareService?_filter=({})", terms.join(" and ")), &["h-bon"], &[]);
    // The places themselves, whose activity is not asked.
    let places: Vec<String> = criteria[1..].iter().map(|one| one.replace("location.", "")).collect();
    t.finds(&format!("Location?{}", places.join("&")), &["l-bon"], &[]);
    t.finds(
        "HealthcareService?location.capacity-status={R330}|02&location.nb-capacity=gt0",
        &["h-autre", "h-bon", "h-demain", "h-deux", "h-epars", "h-homme", "h-place"],
        &[],
    );
}

#[test]
fn s32_closed_beds_that_can_be_reopened() {
    let t = hospital(vec![
        ("bon", vec![capacity("R330|05", &[BED, "R333|01"], 4)]),
        ("perdu", vec![capacity("R330|05", &[BED, "R333|02"], 4)]),
        ("vide", vec![capacity("R330|05", &[BED, "R333|01"], 0)]),
        ("epars", vec![capacity("R330|05", &[BED, "R333|02"], 4), capacity("R330|02", &[BED, "R333|01"], 4)]),
        ("presque", vec![capacity("R330|05", &["R329|02", "R333|01"], 4), capacity("R330|05", &[BED], 4)]),
    ]);
    let request = "HealthcareService?specialty={R211}|050&location.capacity-type={R329}|01\
                   &location.capacity-closing-type={R333}|01&location.capacity-status={R330}|05\
                   &location.nb-capacity=gt0&_include=HealthcareService:location";
    t.finds(request, &["h-bon"], &["l-bon"]);
}

/// An equipment, with limits: feature, value, unit.
fn equipment(kind: &str, limits: &[(&str, i32, &str)]) -> Node {
    let mut parts = vec![coded_part("equipmentType", kind), part("nbInService", "valueInteger", 1.into())];
    parts.extend(limits.iter().map(|(feature, value, unit)| {
        let quantity = node!({"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit});
        let parts = vec![coded_part("equipmentFeature", feature), part("limitValue", "valueQuantity", quantity)];
        record("ror-location-equipment-limit", parts)
    }));
    record("ror-location-equipment", parts)
}

#[test]
fn s33_equipment_able_to_bear_a_weight() {
    const WEIGHT: &str = "R340|001";
    const WIDTH: &str = "R340|002";
    let t = hospital(vec![
        ("bon", vec![equipment("R212|089", &[(WIDTH, 90, "cm"), (WEIGHT, 250, "kg")])]),
        ("grammes", vec![equipment("R212|089", &[(WEIGHT, 200_000, "g")])]),
        ("juste", vec![equipment("R212|089", &[(WEIGHT, 180, "kg")])]),
        ("leger", vec![equipment("R212|089", &[(WEIGHT, 179, "kg")])]),
        ("plume", vec![equipment("R212|089", &[(WEIGHT, 179_999, "g")])]),
        // The right values on two equipments, then on two limits of one.
        ("epars", vec![equipment("R212|089", &[(WEIGHT, 100, "kg")]), equipment("R212|072", &[(WEIGHT, 300, "kg")])]),
        ("presque", vec![equipment("R212|089", &[(WEIGHT, 100, "kg"), (WIDTH, 300, "kg")])]),
        ("sans", vec![equipment("R212|089", &[])]),
    ]);
    let request = |limit: &str| {
        format!(
            "HealthcareService?specialty={{R211}}|050&location.equipment-type={{R212}}|089\
             &location.equipment-feature={{R340}}|001&location.limit-value={limit}\
             &_include=HealthcareService:location"
        )
    };
    for limit in [
        "ge180|http://unitsofmeasure.org|kg",
        "ge180|https://unitsofmeasure.org|kg",
        "ge180||kg",
        "ge180000|http://unitsofmeasure.org|g",
    ] {
        t.finds(&request(limit), &["h-bon", "h-grammes", "h-juste"], &["l-bon", "l-grammes", "l-juste"]);
    }
    t.finds(&request("gt180|http://unitsofmeasure.org|kg"), &["h-bon", "h-grammes"], &["l-bon", "l-grammes"]);
    t.finds(&request("ge180|http://unitsofmeasure.org|cm"), &[], &[]);
}

#[test]
fn d01_the_composite_asks_for_two_records_of_one_place() {
    let now = |number| capacity("R330|02", &[BED, NOW], number);
    let tomorrow = |number| capacity("R330|02", &[BED, "R331|03"], number);
    let t = hospital(vec![
        ("bon", vec![now(1), tomorrow(2)]),
        ("maintenant", vec![now(1), tomorrow(0)]),
        ("demain", vec![now(0), tomorrow(2)]),
        // One of the two at each place of an offer.
        ("presque", vec![now(3)]),
        ("epars", vec![tomorrow(3)]),
    ]);
    let both = "location.capacity=02$01$gt0&location.capacity=02$03$gt0";
    t.finds(&format!("HealthcareService?{both}"), &["h-autre", "h-bon"], &[]);
    t.finds("Location?capacity=02$01$gt0&capacity=02$03$gt0", &["l-bon"], &[]);
    t.finds("Location?capacity={R330}|02${R331}|01$gt0", &["l-bon", "l-maintenant", "l-presque"], &[]);
    t.finds("Location?capacity=02$01$gt2,02$03$gt2", &["l-epars", "l-presque"], &[]);
    // Without the composite the horizon is one of one record: it cannot be both.
    let plain = "location.capacity-status=02&location.nb-capacity=gt0&location.temporality-capacity=";
    t.finds(&format!("HealthcareService?{plain}01&location.temporality-capacity=03"), &[], &[]);
    t.finds(
        "Location?_filter=(capacity eq 02$01$gt0 and not (capacity eq 02$03$gt0))",
        &["l-maintenant", "l-presque"],
        &[],
    );
}

#[test]
fn d01_what_is_not_is_judged_on_the_record_or_alone_on_the_place() {
    let t = hospital(vec![
        ("bon", vec![capacity("R330|02", &[BED, NOW], 1), capacity("R330|05", &[BED, NOW], 9)]),
        ("ferme", vec![capacity("R330|05", &[BED, NOW], 4)]),
        ("presque", vec![capacity("R330|01", &[BED, NOW], 4)]),
        ("epars", vec![]),
    ]);
    // Alone: no record of the place has the code.
    t.finds("Location?capacity-status:not=05", &["l-epars", "l-presque"], &[]);
    // With another of its family: a record that has not.
    t.finds("Location?capacity-status:not=05&nb-capacity=gt0", &["l-bon", "l-presque"], &[]);
    t.finds("Location?capacity-status=02&capacity-status=05", &[], &[]);
    t.finds("Location?capacity-status=02,05", &["l-bon", "l-ferme"], &[]);
    t.finds("Location?nb-capacity=gt0&nb-capacity=lt4", &["l-bon"], &[]);
    t.finds("Location?nb-capacity:missing=true", &["l-epars"], &[]);
    // After a chain: a place that …
    t.finds("HealthcareService?location.capacity-status:not=05", &["h-deux", "h-epars", "h-presque"], &[]);
}

#[test]
fn d01_a_bed_is_in_the_departement_asked_for() {
    let far = |held: Vec<Node>| {
        let mut far = extended(place("l-loin", "84/l-loin", None), held);
        put(&mut far, "address", node!({"postalCode": "73000", "city": "Chambéry"}));
        far
    };
    let available = || vec![capacity("R330|02", &[BED, NOW], 1)];
    let t = Territory::of(vec![
        structure("eg-nord", "Hôpital Nord", "R66|101", "380000067", ""),
        place("l-plein", "84/l-plein", None),
        extended(place("l-libre", "84/l-libre", None), available()),
        far(available()),
        offer("h-bon", "84/1", "eg-nord", &["l-plein", "l-libre"]),
        // In the département without bed, with a bed elsewhere.
        offer("h-presque", "84/2", "eg-nord", &["l-plein", "l-loin"]),
        offer("h-sans-lieu", "84/3", "eg-nord", &[]),
    ]);
    let bed = "location.capacity-status={R330}|02";
    t.finds(&format!("HealthcareService?{bed}&location.address-postalcode=38"), &["h-bon"], &[]);
    t.finds(&format!("HealthcareService?{bed}"), &["h-bon", "h-presque"], &[]);
    for filter in [
        "(location.capacity-status eq {R330}|02 and location.address-postalcode eq 38)",
        "(location.address-postalcode eq 38 and (location.capacity-status eq {R330}|02 or name eq zzz))",
        "location[address-postalcode eq 38].capacity-status eq {R330}|02",
    ] {
        t.finds(&format!("HealthcareService?_filter={filter}"), &["h-bon"], &[]);
    }
    // One place for the whole request, between its parameters too.
    let split = format!("HealthcareService?_filter=(location.address-postalcode eq 38)&{bed}");
    t.finds(&split, &["h-bon"], &[]);
    // An offer without place still matches where places are not needed.
    t.finds(
        "HealthcareService?_filter=((location.address-postalcode eq 38 and location.capacity-status eq 02) or identifier eq 84/3)",
        &["h-bon", "h-sans-lieu"],
        &[],
    );
}

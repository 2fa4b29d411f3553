//! The oracle itself, on corpora made by hand, against answers worked out from the decisions.

use std::collections::BTreeMap;

use ror_confidentiality::Audience;
use ror_fhir::{Node, node};
use ror_search::ResourceType;
use ror_search::ResourceType::{
    HealthcareService as Offer, Location as Place, Organization as Structure, PractitionerRole as Role,
};
use ror_testkit::corpus::{ROR, concept, extension, put, system};
use ror_testkit::{Ask, AskTest, Expr, How, Key, Oracle, Term, Token, Writing, key};

use AskTest::{Capacity, Content, Dates, Has, Label, Missing, Near, Numbers, OpenAt, Quantities, Texts, Tokens};

/// 1 January 2026, 8 h in Paris.
const NOW: i64 = 1_767_250_800_000;

/// An oracle that holds these, seen as their owner sees them.
fn oracle(resources: Vec<(Key, Node)>) -> Oracle {
    let mut oracle = Oracle::default();
    oracle.try_on(resources, NOW);
    oracle
}

fn answer(oracle: &Oracle, ask: &Ask) -> Vec<String> {
    oracle.answer(ask, Audience::OWNER, &BTreeMap::new()).ids
}

#[track_caller]
fn finds(oracle: &Oracle, rtype: ResourceType, criteria: Vec<Expr>, expected: &[&str]) {
    let ask = Ask::of(rtype, criteria);
    assert_eq!(answer(oracle, &ask), expected, "{:?}", ask.pairs(&BTreeMap::new()));
}

fn resource(rtype: ResourceType, id: &str, extensions: Vec<Node>) -> (Key, Node) {
    let mut resource = node!({"resourceType": (rtype.name())});
    put(&mut resource, "extension", Node::Array(extensions));
    (key(rtype, id), resource)
}

fn with((key, mut resource): (Key, Node), element: &str, value: Node) -> (Key, Node) {
    put(&mut resource, element, value);
    (key, resource)
}

fn to(rtype: ResourceType, id: &str) -> Node {
    node!({"reference": (format!("{rtype}/{id}"))})
}

/// An offer at places, of a provider.
fn offer(id: &str, places: &[&str], provider: &str) -> (Key, Node) {
    let places = places.iter().map(|id| to(Place, id)).collect();
    let offer = with(resource(Offer, id, vec![]), "location", Node::Array(places));
    if provider.is_empty() { offer } else { with(offer, "providedBy", to(Structure, provider)) }
}

fn structure(id: &str, parent: &str, extensions: Vec<Node>) -> (Key, Node) {
    let one = resource(Structure, id, extensions);
    if parent.is_empty() { one } else { with(one, "partOf", to(Structure, parent)) }
}

fn part(name: &str, list: &str, code: &str) -> Node {
    node!({"url": (name), "valueCodeableConcept": (concept(system(list), code))})
}

fn complex(name: &str, parts: Vec<Node>) -> Node {
    node!({"url": (format!("{ROR}{name}")), "extension": (Node::Array(parts))})
}

/// A record of beds: status, horizon, gender, number.
fn beds(status: &str, horizon: &str, gender: &str, number: u8) -> Node {
    let mut parts = vec![
        part("capacityType", "nature", "01"),
        part("capacityStatus", "status", status),
        part("temporalityCapacity", "horizon", horizon),
        node!({"url": "nbCapacity", "valueInteger": (number)}),
    ];
    if !gender.is_empty() {
        parts.push(part("genderCapacityAvailable", "gender", gender));
    }
    complex("ror-location-supported-capacity", parts)
}

fn equipment(kind: &str, limits: &[(&str, &str, Option<&str>)]) -> Node {
    let mut parts = vec![part("equipmentType", "equipment", kind)];
    parts.extend(limits.iter().map(|(feature, number, unit)| {
        let mut value = node!({"value": (Node::Number((*number).into()))});
        put(&mut value, "code", unit.map_or(Node::Null, Node::from));
        let value = node!({"url": "limitValue", "valueQuantity": (value)});
        complex("ror-location-equipment-limit", vec![part("equipmentFeature", "feature", feature), value])
    }));
    complex("ror-location-equipment", parts)
}

fn price(kind: &str, amount: &str, dwelling: &str, date: &str) -> Node {
    complex(
        "ror-organization-price",
        vec![
            part("priceType", "price-type", kind),
            part("residentialType", "dwelling", dwelling),
            node!({"url": "amount", "valueMoney": {"value": (Node::Number(amount.into())), "currency": "EUR"}}),
            node!({"url": "startDate", "valueDateTime": (date)}),
        ],
    )
}

fn patients(low: &Node, high: &Node) -> Node {
    let range = node!({"url": "ageRange", "valueRange": {"low": (low), "high": (high)}});
    complex("ror-healthcareservice-patient-type", vec![range])
}

fn code(code: &str) -> AskTest {
    Tokens(vec![Token::bare(code)])
}

/// A test of a capacity parameter, chained from an offer.
fn at_place(name: &'static str, test: AskTest) -> Expr {
    Expr::is(&["location"], name, test)
}

fn more_than(number: &'static str) -> AskTest {
    Numbers(vec![("gt", number)])
}

#[test]
fn s31_a_bed_for_a_woman_now_is_one_record() {
    let oracle = oracle(vec![
        resource(Place, "one", vec![beds("02", "01", "01", 1), beds("01", "01", "", 9)]),
        // Each part is there, on another record.
        resource(Place, "parts", vec![beds("02", "02", "01", 1), beds("02", "01", "02", 1), beds("02", "01", "01", 0)]),
        offer("a", &["parts", "one"], ""),
        offer("b", &["parts"], ""),
        // Each part is there, at another place.
        resource(Place, "men", vec![beds("02", "01", "02", 1)]),
        resource(Place, "tomorrow", vec![beds("02", "03", "01", 1)]),
        offer("c", &["men", "tomorrow"], ""),
    ]);
    let s31 = vec![
        at_place("capacity-type", code("01")),
        at_place("gender-capacity-available", code("01")),
        at_place("temporality-capacity", code("01")),
        at_place("capacity-status", code("02")),
        at_place("nb-capacity", more_than("0")),
    ];
    finds(&oracle, Offer, s31.clone(), &["a"]);
    finds(&oracle, Offer, vec![Expr::All(s31)], &["a"]);
    finds(&oracle, Offer, vec![at_place("nb-capacity", more_than("0"))], &["a", "b", "c"]);
}

#[test]
fn d1_a_parameter_repeated_is_a_further_test_on_the_same_record() {
    let oracle = oracle(vec![
        resource(Place, "both", vec![beds("01", "01", "", 5), beds("02", "01", "", 0)]),
        resource(Place, "between", vec![beds("01", "01", "", 3)]),
    ]);
    let on = |name, test| Expr::is(&[], name, test);
    finds(&oracle, Place, vec![on("capacity-status", code("01")), on("capacity-status", code("02"))], &[]);
    let less = Numbers(vec![("lt", "5")]);
    finds(&oracle, Place, vec![on("nb-capacity", more_than("0")), on("nb-capacity", less)], &["between"]);
    // Commas are alternatives.
    let either = Tokens(vec![Token::bare("01"), Token::bare("02")]);
    finds(&oracle, Place, vec![on("capacity-status", either)], &["between", "both"]);
}

#[test]
fn d1_holds_through_or_and_over_families() {
    let oracle = oracle(vec![
        resource(Place, "closed", vec![beds("05", "01", "", 0), beds("01", "01", "", 3)]),
        resource(Place, "free", vec![beds("02", "01", "", 1), equipment("003", &[])]),
        resource(Place, "scanner", vec![equipment("003", &[])]),
        offer("a", &["closed", "scanner"], ""),
        offer("b", &["free"], ""),
        offer("c", &[], ""),
    ]);
    let free = || at_place("capacity-status", code("02"));
    let closed = || at_place("capacity-status", code("05"));
    let some = || at_place("nb-capacity", more_than("0"));
    finds(&oracle, Offer, vec![Expr::All(vec![Expr::Any(vec![free(), closed()]), some()])], &["b"]);
    // A bed and a machine are at one place.
    let machine = || at_place("equipment-type", code("003"));
    finds(&oracle, Offer, vec![machine(), at_place("capacity-status", code("01"))], &[]);
    finds(&oracle, Offer, vec![machine(), free()], &["b"]);
    // An offer without place matches when terms on places are not needed.
    let named = Expr::is(&[], "_id", code("c"));
    finds(&oracle, Offer, vec![Expr::Any(vec![free(), named])], &["b", "c"]);
}

#[test]
fn d1_a_bed_in_the_departement_asked_for() {
    let address = |code: &str| node!({"postalCode": (code)});
    let oracle = oracle(vec![
        with(resource(Place, "near", vec![beds("01", "01", "", 3)]), "address", address("38000")),
        with(resource(Place, "far", vec![beds("02", "01", "", 3)]), "address", address("69003")),
        offer("a", &["near", "far"], ""),
    ]);
    let isere = || at_place("address-postalcode", Texts(How::Starts, vec!["38"]));
    finds(&oracle, Offer, vec![isere()], &["a"]);
    finds(&oracle, Offer, vec![isere(), at_place("capacity-status", code("02"))], &[]);
    finds(&oracle, Offer, vec![isere(), at_place("capacity-status", code("01"))], &["a"]);
}

#[test]
fn d1_not_alone_is_of_the_whole_and_in_company_of_the_record() {
    let oracle = oracle(vec![
        resource(Place, "free-and-installed", vec![beds("01", "01", "", 5), beds("02", "01", "", 1)]),
        resource(Place, "installed", vec![beds("01", "01", "", 5)]),
        resource(Place, "nothing", vec![]),
        offer("a", &["free-and-installed"], ""),
        offer("b", &["free-and-installed", "installed"], ""),
        offer("c", &[], ""),
    ]);
    let not_free = |path: &[&'static str]| Expr::is(path, "capacity-status", code("02")).negated();
    finds(&oracle, Place, vec![not_free(&[])], &["installed", "nothing"]);
    let many = || Expr::is(&[], "nb-capacity", more_than("3"));
    finds(&oracle, Place, vec![not_free(&[]), many()], &["free-and-installed", "installed"]);
    // Twice: some record is neither.
    let not_installed = Expr::is(&[], "capacity-status", code("01")).negated();
    finds(&oracle, Place, vec![not_free(&[]), not_installed], &[]);
    // After a chain: a place that …
    finds(&oracle, Offer, vec![not_free(&["location"])], &["b"]);
    // A condition within a negation is that of the tests within.
    let either = Expr::Any(vec![Expr::is(&[], "capacity-status", code("02")), many()]);
    finds(&oracle, Place, vec![either.negated()], &[]);
}

#[test]
fn d1_missing_alone_is_of_the_whole_and_in_company_of_the_record() {
    let oracle = oracle(vec![
        resource(Place, "some", vec![beds("02", "01", "01", 1), beds("02", "01", "", 0)]),
        resource(Place, "none", vec![beds("02", "01", "", 1)]),
        resource(Place, "nothing", vec![]),
    ]);
    let gender = |missing| Expr::is(&[], "gender-capacity-available", Missing(missing));
    finds(&oracle, Place, vec![gender(true)], &["none", "nothing"]);
    finds(&oracle, Place, vec![gender(false)], &["some"]);
    finds(&oracle, Place, vec![gender(true).negated()], &["some"]);
    let some = || Expr::is(&[], "nb-capacity", more_than("0"));
    finds(&oracle, Place, vec![gender(true), some()], &["none"]);
    finds(&oracle, Place, vec![gender(false), some()], &["some"]);
}

#[test]
fn two_composites_ask_for_two_records_of_one_place() {
    let oracle = oracle(vec![
        resource(Place, "both", vec![beds("02", "01", "", 1), beds("02", "03", "", 2)]),
        resource(Place, "now", vec![beds("02", "01", "", 1), beds("02", "03", "", 0)]),
        resource(Place, "later", vec![beds("02", "03", "", 2)]),
        offer("a", &["now", "later"], ""),
        offer("b", &["later", "both"], ""),
    ]);
    let free = |horizon| at_place("capacity", Capacity(vec![("02", horizon, ("gt", "0"))]));
    finds(&oracle, Offer, vec![free("01"), free("03")], &["b"]);
    finds(&oracle, Offer, vec![free("03").negated(), free("01")], &["a"]);
}

#[test]
fn s33_type_feature_and_limit_are_of_one_equipment() {
    let heavy = |weight, unit| equipment("003", &[("001", weight, Some(unit)), ("002", "80", Some("cm"))]);
    let oracle = oracle(vec![
        resource(Place, "kilograms", vec![heavy("200", "kg")]),
        resource(Place, "grams", vec![heavy("180000", "g")]),
        resource(Place, "light", vec![heavy("179.9", "kg"), equipment("010", &[("001", "300", Some("kg"))])]),
        resource(Place, "wide", vec![equipment("003", &[("001", "100", Some("kg")), ("002", "200", Some("kg"))])]),
        resource(Place, "unsaid", vec![equipment("003", &[])]),
        resource(Place, "bare", vec![equipment("003", &[("001", "200", None)])]),
    ]);
    let limit = |unit: Option<&'static str>| {
        let unit = unit.map(|unit| ("http://unitsofmeasure.org", unit));
        Expr::is(&[], "limit-value", Quantities(vec![(("ge", "180"), unit)]))
    };
    let kind = || Expr::is(&[], "equipment-type", code("003"));
    let feature = || Expr::is(&[], "equipment-feature", code("001"));
    finds(&oracle, Place, vec![kind(), feature(), limit(Some("kg"))], &["grams", "kilograms"]);
    // Without unit: the bare number.
    finds(&oracle, Place, vec![kind(), feature(), limit(None)], &["bare", "grams", "kilograms"]);
    let unsaid = Expr::is(&[], "equipment-feature", Missing(true));
    finds(&oracle, Place, vec![kind(), unsaid], &["unsaid"]);
}

fn priced() -> Oracle {
    oracle(vec![
        structure("cheap-old", "", vec![price("02", "60", "02", "2024-01-01"), price("02", "90", "03", "2026-01-01")]),
        structure(
            "cheap-new",
            "",
            vec![price("02", "69.5", "03", "2025-06-01"), price("03", "10", "03", "2020-01-01")],
        ),
        structure("dear", "", vec![price("02", "80", "03", "2026-02-01"), price("03", "60", "03", "2026-01-01")]),
        offer("a", &[], "cheap-old"),
        offer("b", &[], "cheap-new"),
        offer("c", &[], "dear"),
    ])
}

fn of_provider(name: &'static str, test: AskTest) -> Expr {
    Expr::is(&["organization"], name, test)
}

#[test]
fn s34_to_s36_criteria_describe_one_price_and_its_date_sorts() {
    let oracle = priced();
    let lodging = || of_provider("price-type", code("02"));
    let below = || of_provider("price-amount-value", Numbers(vec![("lt", "70")]));
    let newest =
        |criteria| Ask { sort: vec![("organization.price-validity-start-date", true)], ..Ask::of(Offer, criteria) };
    assert_eq!(answer(&oracle, &newest(vec![lodging(), below()])), ["b", "a"], "of the prices below 70");
    assert_eq!(answer(&oracle, &newest(vec![])), ["c", "a", "b"], "of all prices");
    let small = of_provider("price-residential-type", code("03"));
    finds(&oracle, Offer, vec![lodging(), below(), small], &["b"]);
}

#[test]
fn an_amount_equals_with_the_precision_written() {
    let oracle = priced();
    let is = |prefix, amount| vec![of_provider("price-amount-value", Numbers(vec![(prefix, amount)]))];
    finds(&oracle, Offer, is("", "70"), &["b"]);
    finds(&oracle, Offer, is("eq", "70.0"), &[]);
    finds(&oracle, Offer, is("ge", "8e1"), &["a", "c"]);
    finds(&oracle, Offer, is("ap", "66"), &["a", "b", "c"]);
    finds(&oracle, Offer, is("ap", "79"), &["c"]);
}

#[test]
fn d9_above_looks_up_the_line_each_criterion_by_itself_prices_together() {
    let oracle = oracle(vec![
        with(structure("ej", "", vec![price("02", "60", "02", "2026-01-01")]), "name", "Alpha".into()),
        with(structure("eg", "ej", vec![price("03", "90", "02", "2026-01-01")]), "name", "Bravo".into()),
        with(structure("oi", "eg", vec![]), "name", "Charlie".into()),
        with(structure("ring", "ring", vec![]), "name", "Delta".into()),
        offer("a", &[], "oi"),
        offer("b", &[], "ej"),
        offer("r", &[], "ring"),
        offer("z", &[], ""),
    ]);
    let named = |name| Expr::above(&["organization"], "name", Texts(How::Starts, vec![name]));
    finds(&oracle, Offer, vec![named("alpha")], &["a", "b"]);
    finds(&oracle, Offer, vec![named("alpha"), named("bravo")], &["a"]);
    finds(&oracle, Offer, vec![of_provider("name", Texts(How::Starts, vec!["alpha"]))], &["b"]);
    finds(&oracle, Offer, vec![named("delta")], &["r"]);
    finds(&oracle, Offer, vec![named("alpha").negated()], &["r", "z"]);
    let kind = |kind| Expr::above(&["organization"], "price-type", code(kind));
    let less = || Expr::above(&["organization"], "price-amount-value", Numbers(vec![("lt", "70")]));
    finds(&oracle, Offer, vec![kind("02"), less()], &["a", "b"]);
    finds(&oracle, Offer, vec![kind("03"), less()], &[]);
    // With and without `:above` are two prices.
    finds(&oracle, Offer, vec![kind("02"), of_provider("price-type", code("03"))], &[]);
    finds(&oracle, Offer, vec![kind("02"), of_provider("price-type", code("02"))], &["b"]);
}

#[test]
fn s21_the_offers_that_take_a_patient_of_that_age() {
    let years = |value: &str| node!({"value": (Node::Number(value.into())), "code": "a"});
    let bare = |value: &str| node!({"value": (Node::Number(value.into()))});
    let months = |value: &str| node!({"value": (Node::Number(value.into())), "unit": "mo"});
    let oracle = oracle(vec![
        resource(Offer, "adults", vec![patients(&years("18"), &years("60"))]),
        resource(Offer, "bare", vec![patients(&bare("18"), &bare("42"))]),
        resource(Offer, "infants", vec![patients(&years("0"), &months("18"))]),
        resource(Offer, "unsaid", vec![]),
        resource(Offer, "elder", vec![patients(&months("720"), &years("120"))]),
    ]);
    let takes = |age, unit: Option<&'static str>| {
        let unit = unit.map(|unit| ("https://unitsofmeasure.org", unit));
        let is = |name, prefix| Expr::is(&[], name, Quantities(vec![((prefix, age), unit)]));
        vec![is("age-range-low", "le"), is("age-range-high", "ge")]
    };
    finds(&oracle, Offer, takes("42", Some("a")), &["adults", "bare"]);
    finds(&oracle, Offer, takes("42", None), &["adults", "bare"]);
    finds(&oracle, Offer, takes("6", Some("mo")), &["infants"]);
    finds(&oracle, Offer, takes("60", None), &["adults", "elder"]);
    let low = |prefix, age| vec![Expr::is(&[], "age-range-low", Quantities(vec![((prefix, age), None)]))];
    finds(&oracle, Offer, low("eq", "18"), &["adults", "bare"]);
    finds(&oracle, Offer, low("ne", "18"), &["elder", "infants"]);
}

#[test]
fn d11_a_place_without_position_is_neither_near_nor_not() {
    let at = |latitude: &str| node!({"latitude": (Node::Number(latitude.into())), "longitude": 5});
    let oracle = oracle(vec![
        with(resource(Place, "far", vec![]), "position", at("45.8")),
        with(resource(Place, "near", vec![]), "position", at("45.01")),
        with(resource(Place, "here", vec![]), "position", at("45")),
        resource(Place, "nowhere", vec![]),
        offer("a", &["near", "nowhere"], ""),
        offer("b", &["far", "here"], ""),
        offer("c", &["far"], ""),
    ]);
    let near = |path: &[&'static str]| Expr::is(path, "near", Near(vec![("45", "5", "20")]));
    finds(&oracle, Place, vec![near(&[])], &["here", "near"]);
    finds(&oracle, Place, vec![near(&[]).negated()], &["far"]);
    // Nearest first (D7).
    finds(&oracle, Offer, vec![near(&["location"])], &["b", "a"]);
    let other = Expr::is(&[], "_id", code("c"));
    finds(&oracle, Offer, vec![Expr::Any(vec![near(&["location"]), other])], &["a", "b", "c"]);
    let ask = Ask::of(Offer, vec![near(&["location"])]);
    let away = |id| oracle.distance(&ask, Audience::OWNER, &key(Place, id));
    assert_eq!((away("here"), away("far"), away("nowhere")), (Some(0.0), None, None));
}

#[test]
fn has_is_a_question_of_its_own_and_negated_there_is_none() {
    let role = |id: &str, offer: &str, person: &str| {
        let one = with(resource(Role, id, vec![]), "healthcareService", to(Offer, offer));
        with(one, "practitioner", to(ResourceType::Practitioner, person))
    };
    let person = |id: &str| {
        let identifiers = node!([{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": (id)}]);
        with(resource(ResourceType::Practitioner, id, vec![]), "identifier", identifiers)
    };
    let oracle = oracle(vec![
        resource(Place, "one", vec![]),
        resource(Place, "two", vec![]),
        offer("a", &["one"], ""),
        offer("b", &["two"], ""),
        person("10000000001"),
        person("10000000002"),
        role("r1", "a", "10000000001"),
        role("r2", "a", "10000000002"),
        role("r3", "b", "10000000002"),
    ]);
    let works = |number| {
        let inner = Term { path: vec!["practitioner"], name: "identifier", above: false, test: code(number) };
        Term { path: vec![], name: "_has", above: false, test: Has(Role, "service", Box::new(inner)) }
    };
    finds(&oracle, Offer, vec![Expr::Is(works("10000000001"))], &["a"]);
    // D8.4: with its type digit in front.
    finds(&oracle, Offer, vec![Expr::Is(works("810000000002"))], &["a", "b"]);
    finds(&oracle, Offer, vec![Expr::Is(works("10000000001")).negated()], &["b"]);
    let both = vec![Expr::Is(works("10000000001")), Expr::Is(works("10000000002"))];
    finds(&oracle, Offer, both, &["a"]);
    let nested = Has(Offer, "location", Box::new(works("10000000001")));
    finds(&oracle, Place, vec![Expr::is(&[], "_has", nested)], &["one"]);
}

#[test]
fn d8_3_a_place_by_its_establishment_and_its_number_there() {
    let numbered = |id: &str, number: &str| {
        let numbers = node!([{"type": {"coding": [{"code": "26"}]}, "value": (number)}]);
        with(resource(Place, id, vec![]), "identifier", numbers)
    };
    let site = |id: &str, finess: &str, parent: &str| {
        let one = with(structure(id, parent, vec![]), "type", node!([(concept(system("eg"), "355"))]));
        with(one, "identifier", node!([{"system": (system("finess")), "value": (finess)}]))
    };
    let unit = with(structure("unit", "site", vec![]), "type", node!([(concept(system("oi"), "3"))]));
    let oracle = oracle(vec![
        site("site", "010000024", ""),
        site("other", "010000032", ""),
        unit,
        numbered("mine", "UF1"),
        numbered("theirs", "UF1"),
        numbered("written", "010000032/UF9"),
        offer("a", &["mine"], "unit"),
        offer("b", &["theirs", "written"], "other"),
    ]);
    let called = |value| vec![Expr::is(&[], "identifier", code(value))];
    finds(&oracle, Place, called("010000024/UF1"), &["mine"]);
    finds(&oracle, Place, called("1010000024/UF1"), &["mine"]);
    finds(&oracle, Place, called("010000032/UF1"), &["theirs"]);
    finds(&oracle, Place, called("010000032/UF9"), &["written"]);
    finds(&oracle, Place, called("UF1"), &["mine", "theirs"]);
    finds(&oracle, Place, called("999999999/UF1"), &[]);
}

#[test]
fn d15_scores_depend_on_the_question_and_the_resource() {
    let named = |id: &str, name: &str, comment: &str| {
        with(with(resource(Offer, id, vec![]), "name", name.into()), "comment", comment.into())
    };
    let oracle = oracle(vec![
        named("whole", "Soins de gériatrie", "x"),
        named("start", "Gériatrie-psychiatrie", "soin"),
        named("elsewhere", "Autre", "Gériatrie, soins"),
        named("part", "Gériatrie", "x"),
    ]);
    let words = |words| vec![Expr::is(&[], "_content", Content(words))];
    let ask = Ask::of(Offer, words("Geriatrie de soins"));
    let found = oracle.answer(&ask, Audience::OWNER, &BTreeMap::new());
    assert_eq!(found.ids, ["whole", "elsewhere"]);
    assert_eq!(found.scores, [Some(10_000), Some(6_000)]);
    let ask = Ask::of(Offer, words("geri soin"));
    let found = oracle.answer(&ask, Audience::OWNER, &BTreeMap::new());
    assert_eq!(
        (found.ids, found.scores),
        (["whole", "start", "elsewhere"].map(ToOwned::to_owned).to_vec(), vec![Some(8_000), Some(7_000), Some(4_000)],)
    );
    finds(&oracle, Offer, vec![words("soins").remove(0).negated()], &["part", "start"]);
}

#[test]
fn an_offer_is_open_within_its_hours_and_out_of_its_closings() {
    let hours = |day: u8, start: &str, end: &str| {
        let day = extension("ror-available-time-number-days-of-week", "valueInteger", i32::from(day));
        node!({"extension": [(day)], "availableStartTime": (start), "availableEndTime": (end)})
    };
    let monday =
        |id: &str| with(resource(Offer, id, vec![]), "availableTime", node!([(hours(1, "09:00:00", "17:00:00"))]));
    let closed =
        with(monday("closed"), "notAvailable", node!([{"during": {"start": "2026-01-05", "end": "2026-01-09"}}]));
    let dated = extension(
        "ror-available-time-effective-opening-closing-date",
        "valuePeriod",
        node!({"start": "2026-02-01", "end": "2026-02-28"}),
    );
    let february = node!([{"allDay": true, "extension": [(dated)]}]);
    let commune = extension("ror-commune-cog", "valueCodeableConcept", concept(system("cog"), "97411"));
    let oracle = oracle(vec![
        monday("monday"),
        closed,
        with(resource(Offer, "february", vec![]), "availableTime", february),
        resource(Offer, "unsaid", vec![]),
        resource(Place, "reunion", vec![commune]),
        with(monday("overseas"), "location", node!([(to(Place, "reunion"))])),
    ]);
    let open = |moment| Expr::is(&[], "open-at", OpenAt(moment));
    finds(&oracle, Offer, vec![open("2026-01-05T10:00")], &["monday", "overseas"]);
    // 19 h on the island, and 9 h before it is so in Paris.
    finds(&oracle, Offer, vec![open("2026-01-05T16:00:00+01:00")], &["monday"]);
    finds(&oracle, Offer, vec![open("2026-01-05T06:30:00+01:00")], &["overseas"]);
    finds(&oracle, Offer, vec![open("2026-01-12T10:00")], &["closed", "monday", "overseas"]);
    finds(&oracle, Offer, vec![open("2026-02-03T03:00")], &["february"]);
    finds(&oracle, Offer, vec![open("2026-01-05T10:00").negated()], &["closed", "february"]);
    finds(&oracle, Offer, vec![Expr::is(&[], "open-at", Missing(true))], &["unsaid"]);
}

#[test]
fn territories_follow_the_commune() {
    let in_commune = |id: &str, code: &str| {
        let commune = extension("ror-commune-cog", "valueCodeableConcept", concept(system("cog"), code));
        resource(Place, id, vec![commune])
    };
    let oracle = oracle(vec![
        in_commune("bourg", "01001"),
        in_commune("former", "01002"),
        in_commune("lyon-1", "69381"),
        in_commune("unknown", "99999"),
        resource(Place, "unsaid", vec![]),
    ]);
    finds(&oracle, Place, vec![Expr::is(&[], "departement", code("01"))], &["bourg", "former"]);
    finds(&oracle, Place, vec![Expr::is(&[], "region", code("84")).negated()], &["unknown", "unsaid"]);
    finds(&oracle, Place, vec![Expr::is(&[], "epci", Missing(true))], &["former", "unknown", "unsaid"]);
    finds(&oracle, Place, vec![Expr::is(&[], "commune-cog", code("69123"))], &["lyon-1"]);
}

#[test]
fn codes_by_label_by_value_set_and_by_what_is_above() {
    let active =
        |id: &str, coding: Node| with(resource(Offer, id, vec![]), "specialty", node!([{"coding": [(coding)]}]));
    let known = |code: &str| node!({"system": (system("activity")), "code": (code)});
    let oracle = oracle(vec![
        active("palliative", known("170")),
        active("alcohol", known("003")),
        active("home-made", node!({"system": "https://example.org/x", "code": "170", "display": "Soins d'Été"})),
    ]);
    let is = |test| vec![Expr::is(&[], "specialty", test)];
    finds(&oracle, Offer, is(Label("soins PALLIA")), &["palliative"]);
    finds(&oracle, Offer, is(Label("ete soin")), &["home-made"]);
    let family = Token::of(system("family"), "004");
    finds(&oracle, Offer, is(AskTest::Below(vec![family])), &["palliative"]);
    let set =
        "https://mos.esante.gouv.fr/NOS/JDV_J17-ActiviteOperationnelle-ROR/FHIR/JDV-J17-ActiviteOperationnelle-ROR";
    finds(&oracle, Offer, is(AskTest::In(set)), &["alcohol", "palliative"]);
    finds(&oracle, Offer, vec![is(AskTest::In(set)).remove(0).negated()], &["home-made"]);
}

#[test]
fn a_period_without_end_goes_on() {
    let closed = |id: &str, during: Node| {
        let period = node!([{"id": "closingReopeningDate", "during": (during)}]);
        with(resource(Offer, id, vec![]), "notAvailable", period)
    };
    let oracle = oracle(vec![
        closed("for-good", node!({"start": "2026-01-05"})),
        closed("a-week", node!({"start": "2026-01-05", "end": "2026-01-11"})),
    ]);
    let when = |prefix, date| vec![Expr::is(&[], "notavailable-closing-reopeningdate", Dates(vec![(prefix, date)]))];
    finds(&oracle, Offer, when("eq", "2026-01"), &["a-week"]);
    finds(&oracle, Offer, when("gt", "2026-02"), &["for-good"]);
    finds(&oracle, Offer, when("sa", "2026-01-04"), &["a-week", "for-good"]);
    finds(&oracle, Offer, when("ap", "2026-01-20"), &["for-good"]);
}

#[test]
fn one_question_has_several_writings() {
    let age = |prefix| Quantities(vec![((prefix, "42"), Some(("https://unitsofmeasure.org", "a")))]);
    let s21 = Expr::All(vec![
        Expr::Any(vec![
            Expr::is(&[], "service-category", Tokens(vec![Token::of("s", "c")])),
            Expr::is(&[], "specialty", Tokens(vec![Token::of("s", "a"), Token::of("s", "b")])),
        ]),
        Expr::is(&[], "age-range-low", age("le")),
    ]);
    let ask = Ask::of(Offer, vec![s21, Expr::is(&["location"], "capacity-status", code("02")).negated()]);
    let written = |writing| {
        let pairs = Ask { writing, ..ask.clone() }.pairs(&BTreeMap::new());
        pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
    };
    assert_eq!(
        written(Writing::Plain),
        [
            "location.capacity-status:not=02",
            "_filter=((service-category eq s|c or (specialty eq s|a or s|b)) and age-range-low le 42|https://unitsofmeasure.org|a)",
            "_count=10",
        ]
    );
    assert_eq!(
        written(Writing::Turned),
        [
            "_count=10",
            "_filter=((service-category eq s|c OR (specialty eq s|a OR specialty eq s|b)) AND age-range-low le 42|https://unitsofmeasure.org|a)",
            "location:Location.capacity-status:not=02",
        ]
    );
    assert_eq!(
        written(Writing::Filter),
        [
            "_filter=(service-category eq s|c or (specialty eq s|a or s|b)) and age-range-low le 42|https://unitsofmeasure.org|a and location.capacity-status ne 02",
            "_count=10",
        ]
    );
}

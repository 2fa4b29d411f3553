//! Resources and what they are found by.

use ror_fhir::{DateTime, node};

use super::*;
use crate::param::SORT_KEY_BYTES_MAX;
use crate::{Axis, NoGeography, Span, Territory};

const ROR: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/";

struct Isere;

impl Geography for Isere {
    fn position(&self, _commune: &str) -> Option<(f64, f64)> {
        None
    }

    fn also(&self, _commune: &str) -> Vec<String> {
        Vec::new()
    }

    fn territory(&self, commune: &str) -> Option<Territory> {
        let of = |epci| Territory { departement: "38".to_owned(), region: "84".to_owned(), epci };
        match commune {
            "38185" => Some(of(Some("200040715".to_owned()))),
            "38002" => Some(of(None)),
            _ => None,
        }
    }
}

fn read(rtype: ResourceType, resource: &Node) -> Extracted {
    extract(rtype, "x1", resource, Registry::embedded(), &Isere)
}

fn known(rtype: ResourceType, name: &str) -> ParamId {
    Registry::embedded().known(rtype, name)
}

fn concept(code: &str) -> Node {
    node!({"coding": [{"system": "s", "code": code}]})
}

fn part(url: &str, key: &str, value: impl Into<Node>) -> Node {
    let value = value.into();
    node!({"url": url, key: value})
}

#[test]
fn a_place_gives_its_terms_references_and_position() {
    let place = node!({"resourceType": "Location", "address": {"city": "Bourg-en-Bresse", "postalCode": "01000"},
        "position": {"latitude": 46.2, "longitude": 5.2}, "managingOrganization": {"reference": "Organization/o1"}});
    let read = read(ResourceType::Location, &place);
    let city = known(ResourceType::Location, "address-city");
    assert!(read.terms.contains(&Term::folded(city, "bourg en bresse")));
    assert!(read.terms.contains(&Term::present(city)));
    assert!(read.terms.contains(&Term::present(known(ResourceType::Location, "near"))));
    assert_eq!(read.position, Some((46.2, 5.2)));
    assert_eq!(read.references[0].parameter, known(ResourceType::Location, "organization"));
    assert_eq!(read.columns.iter().filter(|c| c.parameter == city).count(), 1);
}

#[test]
fn a_position_that_cannot_be_read_is_none() {
    let place = node!({"resourceType": "Location", "position": {"latitude": 46.2}});
    let read = read(ResourceType::Location, &place);
    assert!(read.position.is_none() && !read.terms.contains(&Term::present(known(ResourceType::Location, "near"))));
}

#[test]
fn a_reference_to_elsewhere_is_a_value_and_its_identifier_finds_it() {
    let elsewhere = node!({"reference": "https://elsewhere.example/fhir/Location/1",
        "identifier": {"system": "s", "value": "v"}});
    let offer = node!({"resourceType": "HealthcareService", "location": [elsewhere]});
    let read = read(ResourceType::HealthcareService, &offer);
    let location = known(ResourceType::HealthcareService, "location");
    assert!(read.terms.contains(&Term::present(location)) && read.references.is_empty());
    assert!(read.terms.contains(&Term::system_code(location, "s", "v")));
}

#[test]
fn a_value_with_two_codes_sorts_by_the_first_or_the_last() {
    let specialty = node!([{"coding": [{"code": "b"}, {"code": "a"}]}]);
    let offer = node!({"resourceType": "HealthcareService", "specialty": specialty});
    let read = read(ResourceType::HealthcareService, &offer);
    let specialty = known(ResourceType::HealthcareService, "specialty");
    let column = read.columns.iter().find(|column| column.parameter == specialty).expect("sorted by");
    assert_eq!((&*column.min, &*column.max), ("a", "b"));
}

#[test]
fn a_date_is_kept_as_the_period_it_stands_for() {
    let date = known(ResourceType::Questionnaire, "date");
    let read = |text: &str| read(ResourceType::Questionnaire, &node!({"resourceType": "Questionnaire", "date": text}));
    let day = Span::of_date(DateTime::parse("2026-01-15").expect("a day"));
    assert_eq!(read("2026-01-15").values, [Ordered { parameter: date, axis: Axis::Time, span: day }]);
    assert!(read("hier").values.is_empty() && read("hier").terms.contains(&Term::present(date)));
}

#[test]
fn a_sort_key_is_short_however_long_the_text() {
    let structure = node!({"resourceType": "Organization", "name": ("x".to_owned() + &"é".repeat(100_000))});
    let organization = read(ResourceType::Organization, &structure);
    let name = known(ResourceType::Organization, "name");
    let column = organization.columns.iter().find(|column| column.parameter == name).expect("sorted by");
    assert_eq!(column.min.len(), SORT_KEY_BYTES_MAX);
    let specialty = node!([{"coding": [{"code": ("é".repeat(100_000))}]}]);
    let offer = read(ResourceType::HealthcareService, &node!({"specialty": specialty}));
    assert!(offer.columns.iter().all(|column| column.max.len() <= SORT_KEY_BYTES_MAX));
}

#[test]
fn what_is_absent_leaves_no_term() {
    let place = node!({"resourceType": "Location"});
    let read = extract(ResourceType::Location, "l1", &place, Registry::embedded(), &NoGeography);
    // The type, the id, and that there are an id and a date.
    assert_eq!(read.terms.len(), 4, "{:?}", read.terms);
}

#[test]
fn d1_each_capacity_is_a_record_and_the_place_is_found_by_all() {
    let capacity = |status: &str, number: i64| {
        let url = format!("{ROR}ror-location-supported-capacity");
        let parts = node!([
            (part("capacityStatus", "valueCodeableConcept", concept(status))),
            (part("nbCapacity", "valueInteger", Node::from(number))),
            (part("capacityUpdateDate", "valueDateTime", Node::from("2026-02-03T07:30:00+01:00")))
        ]);
        node!({"url": url, "extension": parts})
    };
    let place = node!({"extension": [(capacity("01", 12)), (capacity("02", 3))]});
    let read = read(ResourceType::Location, &place);
    let status = known(ResourceType::Location, "capacity-status");
    let number = known(ResourceType::Location, "nb-capacity");
    assert_eq!(read.records.len(), 2);
    let free = &read.records[1];
    assert_eq!(free.family, Family::Capacity);
    assert!(free.terms.contains(&Term::code(status, "02")) && !free.terms.contains(&Term::code(status, "01")));
    assert!(free.terms.contains(&Term::present(status)) && free.terms.contains(&Term::present(number)));
    assert_eq!(free.values.iter().filter(|value| value.parameter == number).count(), 1);
    for code in ["01", "02"] {
        assert!(read.terms.contains(&Term::code(status, code)), "{code}");
    }
    assert_eq!(read.values.iter().filter(|value| value.parameter == number).count(), 2);
    assert!(read.terms.contains(&Term::present(known(ResourceType::Location, "capacity"))));
}

#[test]
fn d1_an_equipment_has_a_record_for_each_limit_and_one_without() {
    let limit_url = format!("{ROR}ror-location-equipment-limit");
    let limit = |feature: &str, value: i64| {
        let parts = node!([
            (part("equipmentFeature", "valueCodeableConcept", concept(feature))),
            (part("limitValue", "valueQuantity", node!({"value": value, "unit": "kg"})))
        ]);
        node!({"url": (limit_url.clone()), "extension": parts})
    };
    let equipment = |kind: &str, limits: Vec<Node>| {
        let mut parts = vec![part("equipmentType", "valueCodeableConcept", concept(kind))];
        parts.extend(limits);
        node!({"url": (format!("{ROR}ror-location-equipment")), "extension": (Node::Array(parts))})
    };
    let place = node!({"extension": [(equipment("T1", vec![limit("001", 180), limit("002", 70)])),
        (equipment("T2", Vec::new())), (limit("003", 5))]});
    let read = read(ResourceType::Location, &place);
    let [kind, feature] = ["equipment-type", "equipment-feature"].map(|name| known(ResourceType::Location, name));
    let told: Vec<(bool, bool, usize)> = read
        .records
        .iter()
        .map(|record| {
            let has = |parameter| record.terms.contains(&Term::present(parameter));
            (has(kind), has(feature), record.values.len())
        })
        .collect();
    // Bare and in kilograms: two values for each limit.
    assert_eq!(told, [(true, true, 2), (true, true, 2), (true, false, 0), (false, true, 2)]);
    assert!(read.records[1].terms.contains(&Term::code(kind, "T1")));
    assert!(read.records[1].terms.contains(&Term::code(feature, "002")));
    assert!(!read.records[1].terms.contains(&Term::code(feature, "001")));
}

#[test]
fn prices_and_dwellings_are_records() {
    let price = node!([{"url": "priceType", "valueCodeableConcept": (concept("02"))},
        {"url": "specialPrice", "valueCodeableConcept": (concept("03"))},
        {"url": "amount", "valueMoney": {"value": 69.5, "currency": "EUR"}},
        {"url": "startDate", "valueDateTime": "2026-01-01"}]);
    let structure = node!({"extension": [{"url": (format!("{ROR}ror-organization-price")), "extension": price}]});
    let of_structure = read(ResourceType::Organization, &structure);
    assert_eq!((of_structure.records[0].family, of_structure.records[0].values.len()), (Family::Price, 2));
    let condition = known(ResourceType::Organization, "special-price");
    assert!(of_structure.records[0].terms.contains(&Term::code(condition, "03")));
    let dwelling = node!([{"url": "residentialType", "valueCodeableConcept": (concept("03"))},
        {"url": "residentialNumber", "valueInteger": 12}]);
    let url = format!("{ROR}ror-location-residential-capacity");
    let of_place = read(ResourceType::Location, &node!({"extension": [{"url": url, "extension": dwelling}]}));
    assert_eq!((of_place.records[0].family, of_place.records[0].values.len()), (Family::Dwelling, 1));
}

#[test]
fn a_place_lies_in_the_territories_of_its_commune() {
    let place = |commune: &str| {
        let commune = concept(commune);
        node!({"extension": [{"url": (format!("{ROR}ror-commune-cog")), "valueCodeableConcept": commune}]})
    };
    let [departement, region, epci] = ["departement", "region", "epci"].map(|name| known(ResourceType::Location, name));
    let grenoble = read(ResourceType::Location, &place("38185"));
    assert_eq!(grenoble.departement.as_deref(), Some("38"));
    assert!(grenoble.terms.contains(&Term::code(departement, "38")));
    assert!(grenoble.terms.contains(&Term::system_code(region, token::REGIONS, "84")));
    assert!(grenoble.terms.contains(&Term::code(epci, "200040715")));
    let alone = read(ResourceType::Location, &place("38002"));
    assert!(alone.terms.contains(&Term::present(region)) && !alone.terms.contains(&Term::present(epci)));
    let unknown = read(ResourceType::Location, &place("99999"));
    assert!(unknown.departement.is_none() && !unknown.terms.contains(&Term::present(departement)));
}

#[test]
fn a_code_of_an_element_without_system_has_that_of_fhir() {
    let read = read(ResourceType::Location, &node!({"status": "active"}));
    let status = known(ResourceType::Location, "status");
    assert!(read.terms.contains(&Term::system_code(status, "http://hl7.org/fhir/location-status", "active")));
    assert!(read.terms.contains(&Term::code(status, "active")));
}

#[test]
fn what_is_over_and_what_is_closed_are_read() {
    let closing = node!([{"id": "closingReopeningDate", "during": {"start": "2026-03-01", "end": "2026-04-01"}}]);
    let offer = node!({"notAvailable": closing, "availableTime": [{"daysOfWeek": ["mon"], "allDay": true}]});
    let read = read(ResourceType::HealthcareService, &offer);
    let period = known(ResourceType::HealthcareService, "notavailable-closing-reopeningdate");
    assert_eq!(read.values.iter().filter(|value| value.parameter == period).count(), 1);
    assert!(read.hours.is_some());
    assert!(read.terms.contains(&Term::present(known(ResourceType::HealthcareService, "open-at"))));
}

//! From a resource, as one audience sees it, to the terms under which it is found.

use ror_fhir::{DateTime, Node};

use crate::registry::ANYWHERE;
use crate::{
    Axis, Family, Ordered, ParamId, ParamType, Registry, ResourceType, Span, Term, content, date, near, reference,
    string, token,
};

/// What the index must know of one resource for one audience.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extracted {
    /// The terms, sorted, each once.
    pub terms: Vec<Term>,
    /// Dates, numbers and quantities, sorted, each once.
    pub values: Vec<Ordered>,
    /// Its records, in their order (D1).
    pub records: Vec<Record>,
    /// Sort keys, by parameter.
    pub columns: Vec<Column>,
    /// Latitude and longitude of a place.
    pub position: Option<(f64, f64)>,
    /// When it is open.
    pub hours: Option<crate::Hours>,
    /// The département of a place.
    pub departement: Option<Box<str>>,
    /// References to other resources of the directory.
    pub references: Vec<OutgoingReference>,
}

/// One record of a resource: what criteria of its family find it by, all together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Of what.
    pub family: Family,
    /// The terms, sorted, each once.
    pub terms: Vec<Term>,
    /// Dates, numbers and quantities, sorted, each once.
    pub values: Vec<Ordered>,
}

/// The values by which a resource sorts under one parameter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column {
    /// The parameter.
    pub parameter: ParamId,
    /// Smallest value: the key of an ascending sort.
    pub min: Box<str>,
    /// Greatest value: the key of a descending sort.
    pub max: Box<str>,
}

/// One reference to another resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutgoingReference {
    /// The parameter that reads it.
    pub parameter: ParamId,
    /// Type of the target.
    pub rtype: ResourceType,
    /// Logical id of the target.
    pub id: Box<str>,
}

/// Reads everything searchable out of `resource`, which is already a projection (D2).
pub fn extract(rtype: ResourceType, id: &str, resource: &Node, registry: &Registry) -> Extracted {
    let mut out = Extracted::default();
    out.terms.push(Term::of_type(rtype));
    for parameter in registry.all_of(rtype) {
        let mut is_present = false;
        match &*parameter.name {
            "_id" => {
                out.terms.push(Term::code(parameter.id, id));
                is_present = true;
            }
            // The date of an audience is not in the body; the index holds it (D28).
            "_lastUpdated" => is_present = true,
            ANYWHERE => {
                let mut tell = |rtype, id: &str| out.terms.push(Term::reference(parameter.id, rtype, id));
                reference::targets_anywhere(resource, &mut tell);
                continue;
            }
            _ => {
                for node in parameter.paths.iter().flat_map(|path| path.select(resource)) {
                    // Also what cannot be searched for, such as a reference to elsewhere: it is there.
                    is_present = true;
                    extract_value(parameter.id, parameter.kind, node, &mut out);
                }
            }
        }
        if &*parameter.name == "identifier" {
            token::derived_identifiers(rtype, parameter.id, resource, &mut out.terms);
        }
        if is_present {
            out.terms.push(Term::present(parameter.id));
        }
    }
    content::terms(rtype, resource, &mut out.terms);
    out.terms.sort_unstable();
    out.terms.dedup();
    out.values.sort_unstable();
    out.values.dedup();
    out.references.sort_unstable();
    out.references.dedup();
    out
}

fn extract_value(parameter: ParamId, kind: ParamType, node: &Node, out: &mut Extracted) {
    let mut sort_key = |key: &str| add_sort_key(parameter, key, &mut out.columns);
    match kind {
        ParamType::Token => token::terms(parameter, node, &mut out.terms, &mut sort_key),
        ParamType::String => string::terms(parameter, node, &mut out.terms, &mut sort_key),
        ParamType::Reference => {
            if let Some((rtype, id)) = reference::target(node) {
                out.terms.push(Term::reference(parameter, rtype, id));
                out.references.push(OutgoingReference { parameter, rtype, id: id.into() });
            }
        }
        ParamType::Special => {
            let degrees = |key| node.get(key).and_then(Node::as_f64);
            if let (Some(latitude), Some(longitude)) = (degrees("latitude"), degrees("longitude")) {
                out.position = Some((latitude, longitude));
                out.terms.extend(near::cells_of(parameter, latitude, longitude));
            }
        }
        ParamType::Number | ParamType::Quantity => {}
        ParamType::Date => {
            if let Some(read) = node.as_str().and_then(|text| DateTime::parse(text).ok()) {
                sort_key(&date::key(read.start));
                sort_key(&date::key(read.end));
                out.values.push(Ordered { parameter, axis: Axis::Time, span: Span::of_date(read) });
            }
        }
    }
}

/// Bytes of a text that count in a sort: two that begin alike for longer follow their ids. A
/// page link carries the key of its last entry, and a link has to stay short.
const SORT_KEY_BYTES_MAX: usize = 256;

fn add_sort_key(parameter: ParamId, key: &str, columns: &mut Vec<Column>) {
    let key: Box<str> = key[..key.floor_char_boundary(SORT_KEY_BYTES_MAX)].into();
    match columns.iter_mut().find(|column| column.parameter == parameter) {
        None => columns.push(Column { parameter, min: key.clone(), max: key }),
        Some(column) => {
            if key < column.min {
                column.min = key;
            } else if key > column.max {
                column.max = key;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ror_fhir::node;

    use super::*;

    #[test]
    fn a_place_gives_its_terms_references_and_position() {
        let registry = Registry::embedded();
        let place = node!({"resourceType": "Location", "address": {"city": "Bourg-en-Bresse", "postalCode": "01000"},
            "position": {"latitude": 46.2, "longitude": 5.2}, "managingOrganization": {"reference": "Organization/o1"}});
        let read = extract(ResourceType::Location, "l1", &place, registry);
        let city = registry.known(ResourceType::Location, "address-city");
        let organization = registry.known(ResourceType::Location, "organization");
        assert!(read.terms.contains(&Term::folded(city, "bourg en bresse")));
        assert!(read.terms.contains(&Term::present(city)));
        assert_eq!(read.position, Some((46.2, 5.2)));
        assert_eq!(read.references[0].parameter, organization);
        assert_eq!(read.columns.iter().filter(|c| c.parameter == city).count(), 1);
    }

    #[test]
    fn a_reference_to_elsewhere_is_a_value() {
        let registry = Registry::embedded();
        let elsewhere = "https://elsewhere.example/fhir/Location/1";
        let offer = node!({"resourceType": "HealthcareService", "location": [{"reference": elsewhere}]});
        let read = extract(ResourceType::HealthcareService, "h1", &offer, registry);
        let location = registry.known(ResourceType::HealthcareService, "location");
        assert!(read.terms.contains(&Term::present(location)) && read.references.is_empty());
    }

    #[test]
    fn a_value_with_two_codes_sorts_by_the_first_or_the_last() {
        let registry = Registry::embedded();
        let specialty = node!([{"coding": [{"code": "b"}, {"code": "a"}]}]);
        let offer = node!({"resourceType": "HealthcareService", "specialty": specialty});
        let read = extract(ResourceType::HealthcareService, "h1", &offer, registry);
        let specialty = registry.known(ResourceType::HealthcareService, "specialty");
        let column = read.columns.iter().find(|column| column.parameter == specialty).expect("sorted by");
        assert_eq!((&*column.min, &*column.max), ("a", "b"));
    }

    #[test]
    fn a_date_is_kept_as_the_period_it_stands_for() {
        let registry = Registry::embedded();
        let date = registry.known(ResourceType::Questionnaire, "date");
        let read = |text: &str| {
            let template = node!({"resourceType": "Questionnaire", "date": text});
            extract(ResourceType::Questionnaire, "q1", &template, registry)
        };
        let day = Span::of_date(DateTime::parse("2026-01-15").expect("a day"));
        assert_eq!(read("2026-01-15").values, [Ordered { parameter: date, axis: Axis::Time, span: day }]);
        assert!(read("1969").columns[0].min < read("1971").columns[0].min, "dates before 1970 come first");
        assert!(read("hier").columns.iter().all(|column| column.parameter != date));
    }

    #[test]
    fn a_sort_key_is_short_however_long_the_text() {
        let registry = Registry::embedded();
        let structure = node!({"resourceType": "Organization", "name": ("x".to_owned() + &"é".repeat(100_000))});
        let read = extract(ResourceType::Organization, "o1", &structure, registry);
        let name = registry.known(ResourceType::Organization, "name");
        let column = read.columns.iter().find(|column| column.parameter == name).expect("sorted by");
        assert_eq!(column.min.len(), SORT_KEY_BYTES_MAX);
        let specialty = node!([{"coding": [{"code": ("é".repeat(100_000))}]}]);
        let offer = node!({"resourceType": "HealthcareService", "specialty": specialty});
        let read = extract(ResourceType::HealthcareService, "h1", &offer, registry);
        assert!(read.columns.iter().all(|column| column.max.len() <= SORT_KEY_BYTES_MAX));
    }

    #[test]
    fn what_is_absent_leaves_no_term() {
        let registry = Registry::embedded();
        let read = extract(ResourceType::Location, "l1", &node!({"resourceType": "Location"}), registry);
        // The type, the id, and that there are an id and a date.
        assert_eq!(read.terms.len(), 4);
    }
}

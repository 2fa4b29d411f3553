//! From a resource, as one audience sees it, to the terms under which it is found.

use ror_fhir::Node;

use crate::logical::{self, LogicalReference};
use crate::param::{reference, token};
use crate::registry::{ANYWHERE, RecordSource};
use crate::{
    Family, Geography, Hours, Ordered, ParamId, Parameter, Registry, ResourceType, Term, content, hours, param,
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
    /// Texts and codes by which it sorts, by parameter; what is ordered sorts by its values.
    pub columns: Vec<Column>,
    /// Latitude and longitude of a place.
    pub position: Option<(f64, f64)>,
    /// When an offer is open, if it says so.
    pub hours: Option<Hours>,
    /// The département of a place: its legal time is that of its offers (D14).
    pub departement: Option<Box<str>>,
    /// References to other resources of the directory.
    pub references: Vec<OutgoingReference>,
    /// References to whoever bears a term (D10).
    pub logical: Vec<LogicalReference>,
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
pub fn extract(
    rtype: ResourceType,
    id: &str,
    resource: &Node,
    registry: &Registry,
    geography: &dyn Geography,
) -> Extracted {
    let mut out = Extracted::default();
    out.terms.push(Term::of_type(rtype));
    for parameter in registry.all_of(rtype).filter(|parameter| parameter.family.is_none()) {
        if read(parameter, id, resource, registry, geography, &mut out) {
            out.terms.push(Term::present(parameter.id));
        }
        if &*parameter.name == "identifier" {
            token::derived_identifiers(rtype, parameter.id, resource, &mut out.terms);
        }
    }
    for source in registry.records_of(rtype) {
        records(source, resource, registry, &mut out);
    }
    content::terms(rtype, resource, &mut out.terms);
    if rtype == ResourceType::HealthcareService {
        out.hours = hours::read(resource);
    }
    out.terms.sort_unstable();
    out.terms.dedup();
    out.values.sort_unstable();
    out.values.dedup();
    out.references.sort_unstable();
    out.references.dedup();
    out.logical.sort_unstable();
    out.logical.dedup();
    out
}

/// What one parameter reads in the whole resource. Whether it has a value.
fn read(
    parameter: &Parameter,
    id: &str,
    resource: &Node,
    registry: &Registry,
    geography: &dyn Geography,
    out: &mut Extracted,
) -> bool {
    let nodes = || parameter.paths.iter().flat_map(|path| path.select(resource));
    match &*parameter.name {
        "_id" => {
            out.terms.push(Term::code(parameter.id, id));
            true
        }
        // The date of an audience is not in the body; the index holds it (D28). There is one.
        "_lastUpdated" => true,
        ANYWHERE => {
            let mut tell = |rtype, id: &str| out.terms.push(Term::reference(parameter.id, rtype, id));
            reference::targets_anywhere(resource, &mut tell);
            false
        }
        "departement" | "region" | "epci" => {
            let communes = nodes().flat_map(|commune| commune.items("coding")).filter_map(|coding| coding.str("code"));
            // Each of them is read, whatever the first one says.
            communes.filter(|commune| territory(parameter, commune, geography, out)).count() > 0
        }
        _ => {
            nodes().for_each(|node| logical::read(parameter, node, registry, out));
            nodes().filter(|node| param::extract(parameter, node, out)).count() > 0
        }
    }
}

/// What the commune of a place lies in. Whether that is known.
fn territory(parameter: &Parameter, commune: &str, geography: &dyn Geography, out: &mut Extracted) -> bool {
    let Some(territory) = geography.territory(commune) else { return false };
    let (system, code) = match &*parameter.name {
        "departement" => {
            out.departement = Some(territory.departement.as_str().into());
            (token::DEPARTEMENTS, territory.departement)
        }
        "region" => (token::REGIONS, territory.region),
        _ => match territory.epci {
            Some(epci) => (token::SIRENE, epci),
            None => return false,
        },
    };
    // It is no code that the place holds: asked for without system too, it is found.
    for system in [Some(system), None] {
        token::push(parameter.id, system, &code, &mut out.terms);
    }
    param::add_sort_key(parameter.id, &code, &mut out.columns);
    true
}

/// The records of one source. The resource is found by what each of them holds, too.
fn records(source: &RecordSource, resource: &Node, registry: &Registry, out: &mut Extracted) {
    for node in source.record.select(resource) {
        let mut whole = Extracted::default();
        fields(&source.of_record, node, registry, &mut whole);
        let parts = source.each.as_ref().map(|each| each.select(node)).unwrap_or_default();
        if parts.is_empty() {
            add_record(source.family, whole, out);
            continue;
        }
        for part in parts {
            let mut one = whole.clone();
            fields(&source.of_each, part, registry, &mut one);
            add_record(source.family, one, out);
        }
    }
}

fn fields(paths: &[(ParamId, ror_fhir::Path)], record: &Node, registry: &Registry, out: &mut Extracted) {
    for (id, path) in paths {
        let parameter = registry.get(*id);
        for node in path.select(record) {
            if param::extract(parameter, node, out) {
                out.terms.push(Term::present(parameter.id));
            }
        }
    }
}

fn add_record(family: Family, mut read: Extracted, out: &mut Extracted) {
    read.terms.sort_unstable();
    read.terms.dedup();
    read.values.sort_unstable();
    read.values.dedup();
    out.terms.extend_from_slice(&read.terms);
    out.values.extend_from_slice(&read.values);
    for column in &read.columns {
        param::add_sort_key(column.parameter, &column.min, &mut out.columns);
        param::add_sort_key(column.parameter, &column.max, &mut out.columns);
    }
    out.records.push(Record { family, terms: read.terms, values: read.values });
}

#[cfg(test)]
mod tests;

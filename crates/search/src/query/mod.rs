//! A request: what is asked for, and how the answer is to be shaped.

mod criteria;
mod error;
mod filter;
mod include;
mod result;

use ror_terminology::Terminology;

pub use error::{QueryError, QueryWarning};
pub use filter::{Content, Family, Filter, Relation, Test};
pub use include::{Include, IncludeTarget};
pub use result::{ResultParameters, Sort, SortBy, Summary};

use crate::{Geography, Near, Registry, ResourceType};

/// A parsed search.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The type searched.
    pub rtype: ResourceType,
    /// What a resource must meet.
    pub filter: Filter,
    /// The words asked for, wherever they are asked for: what results are scored by.
    pub content: Vec<Content>,
    /// What to bring along.
    pub includes: Vec<Include>,
    /// Order, page and shape of the answer.
    pub result: ResultParameters,
    /// What was read otherwise than written, or finds nothing for a knowable reason.
    pub warnings: Vec<QueryWarning>,
    /// The parameters as understood, for links; paging left out.
    pub parameters: Vec<(String, String)>,
}

impl Query {
    /// Everything of a type.
    pub fn everything(rtype: ResourceType, result: ResultParameters) -> Self {
        Self {
            rtype,
            filter: Filter::All(Vec::new()),
            content: Vec::new(),
            includes: Vec::new(),
            result,
            warnings: Vec::new(),
            parameters: Vec::new(),
        }
    }

    /// The circles by which results are ordered and distances given: a positive `near`
    /// on the type searched, or chained (D7, D11).
    pub fn near(&self) -> Option<&Near> {
        self.filter.near()
    }
}

/// How the misspellings of official samples are taken (D17).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Handling {
    /// Read as intended, with a warning.
    #[default]
    Lenient,
    /// Refused.
    Strict,
}

/// Reads the parameters of a search, already percent-decoded, in their order.
///
/// # Errors
/// Every fault found, not only the first.
pub fn parse(
    rtype: ResourceType,
    pairs: &[(String, String)],
    handling: Handling,
    registry: &Registry,
    terminology: &Terminology,
    geography: &dyn Geography,
) -> Result<Query, Vec<QueryError>> {
    let mut reader = Reader {
        registry,
        terminology,
        geography,
        handling,
        errors: Vec::new(),
        query: Query::everything(rtype, ResultParameters::default()),
    };
    for (name, value) in pairs {
        if let Err(error) = reader.pair(name, value) {
            reader.errors.push(error);
        }
    }
    let by_distance = reader.query.result.sort.iter().any(|sort| sort.by == SortBy::Distance);
    if by_distance && reader.query.near().is_none() {
        let message = "Le tri par distance demande un critère near : distance à quoi ?";
        reader.errors.push(QueryError::new("_sort", message));
    }
    if reader.errors.is_empty() { Ok(reader.query) } else { Err(reader.errors) }
}

struct Reader<'a> {
    registry: &'a Registry,
    terminology: &'a Terminology,
    geography: &'a dyn Geography,
    handling: Handling,
    errors: Vec<QueryError>,
    query: Query,
}

impl Reader<'_> {
    fn pair(&mut self, name: &str, value: &str) -> Result<(), QueryError> {
        let name = self.intended_name(name)?;
        if let Some(done) = self.result_parameter(&name, value) {
            done?;
        } else if let Some(kind) = name.strip_prefix("_include").or_else(|| name.strip_prefix("_revinclude")) {
            self.include(name.starts_with("_rev"), kind, &name, value)?;
        } else {
            let rtype = self.query.rtype;
            let criterion = self.criterion(rtype, &name, &name, value)?;
            add(&mut self.query.filter, criterion);
        }
        if name != result::PAGE {
            self.query.parameters.push((name, value.to_owned()));
        }
        Ok(())
    }

    /// The two misspelt names of the official samples (D4).
    fn intended_name(&mut self, written: &str) -> Result<String, QueryError> {
        let intended = match written {
            "__include" => "_include",
            "_revincluded" => "_revinclude",
            _ => return Ok(written.to_owned()),
        };
        self.forgive(written, written, intended)?;
        Ok(intended.to_owned())
    }

    /// Notes a tolerated misspelling, or refuses it in strict mode (D4, D17).
    fn forgive(&mut self, parameter: &str, written: &str, intended: &str) -> Result<(), QueryError> {
        let text = format!("« {written} » a été lu comme « {intended} ».");
        if self.handling == Handling::Strict {
            let advice = format!("« {written} » n'est pas admis en mode strict : écrire « {intended} ».");
            return Err(QueryError::new(parameter, advice));
        }
        self.query.warnings.push(QueryWarning { parameter: parameter.to_owned(), message: text });
        Ok(())
    }
}

/// Adds a criterion; tests on the target of one reference bear on one target (D1).
fn add(filter: &mut Filter, criterion: Filter) {
    let Filter::All(all) = filter else { return };
    if let Filter::Related(relation, inner) = &criterion {
        let known = all.iter_mut().find_map(|known| match known {
            Filter::Related(held, inner) if held == relation => Some(inner),
            _ => None,
        });
        if let (Some(known), Filter::All(new)) = (known, &**inner) {
            new.iter().for_each(|new| add(known, new.clone()));
            return;
        }
    }
    all.push(criterion);
}

#[cfg(test)]
mod tests;

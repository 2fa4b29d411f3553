//! A request: what is asked for, and how the answer is to be shaped.

mod correlate;
mod criteria;
mod error;
mod filter;
mod include;
mod language;
mod raw;
mod reading;
mod result;

use ror_terminology::Terminology;

pub use error::{QueryError, QueryErrorKind, QueryWarning};
pub(crate) use error::{quoted, shorten};
pub use filter::{Content, Family, Filter, Relation, Test};
pub use include::{Include, IncludeTarget};
pub use result::{ResultParameters, Sort, SortBy, Summary};

use crate::{Geography, Near, ParamId, Registry, ResourceType};
use criteria::Place;
use raw::Raw;

/// Most criteria of one request: each `_filter` counts for one here, and has a limit of its own.
const CRITERIA_MAX: usize = 200;

/// A parsed search.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The type searched.
    pub rtype: ResourceType,
    /// What a resource must meet.
    pub filter: Filter,
    /// The words asked for, wherever they are asked for: what results are scored by.
    pub content: Vec<Content>,
    /// The circles by which results are ordered and distances given: those of a `near` that every
    /// match meets, on the type searched or chained (D7, D11).
    pub near: Option<Near>,
    /// What to bring along.
    pub includes: Vec<Include>,
    /// Order, page and shape of the answer.
    pub result: ResultParameters,
    /// What was read otherwise than written, or finds nothing for a knowable reason.
    pub warnings: Vec<QueryWarning>,
    /// The parameters as understood, for links; paging left out.
    pub parameters: Vec<(String, String)>,
    /// How each parameter was read, in French, for `_explain`; with an empty name, what several of
    /// them mean together.
    pub reading: Vec<(String, String)>,
    /// The parameters that criteria and sort keys read, references on the way included, each with the
    /// name of the request parameter that asks.
    pub asked: Vec<(String, ParamId)>,
}

impl Query {
    /// Everything of a type.
    pub fn everything(rtype: ResourceType, result: ResultParameters) -> Self {
        Self {
            rtype,
            filter: Filter::All(Vec::new()),
            content: Vec::new(),
            near: None,
            includes: Vec::new(),
            result,
            warnings: Vec::new(),
            parameters: Vec::new(),
            reading: Vec::new(),
            asked: Vec::new(),
        }
    }

    /// The circles by which results are ordered and distances given (D7, D11).
    pub const fn near(&self) -> Option<&Near> {
        self.near.as_ref()
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
    let query = Query::everything(rtype, ResultParameters::default());
    let mut reader = Reader {
        registry,
        terminology,
        geography,
        handling,
        errors: Vec::new(),
        is_reading_value: false,
        labels_asked: 0,
        query,
    };
    let mut asked = Vec::new();
    for (name, value) in pairs {
        match reader.pair(name, value) {
            Ok(criterion) => asked.extend(criterion),
            Err(error) => reader.errors.push(error),
        }
    }
    if asked.len() > CRITERIA_MAX {
        let message = format!("Au plus {CRITERIA_MAX} critères dans une requête ; lus : {}.", asked.len());
        reader.errors.push(QueryError::too_costly(&pairs[0].0, message));
    }
    if reader.errors.is_empty() {
        reader.settle(&Raw::All(asked));
    }
    if reader.errors.is_empty() { Ok(reader.query) } else { Err(reader.errors) }
}

/// What reads a request.
pub(crate) struct Reader<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) terminology: &'a Terminology,
    pub(crate) geography: &'a dyn Geography,
    handling: Handling,
    errors: Vec<QueryError>,
    /// What is read is the value of a criterion: a fault is one of the value.
    is_reading_value: bool,
    /// How many values of `:text` were read.
    pub(crate) labels_asked: usize,
    pub(crate) query: Query,
}

impl Reader<'_> {
    /// Reads one parameter; tells the criterion that it is, if it is one.
    fn pair(&mut self, name: &str, value: &str) -> Result<Option<Raw>, QueryError> {
        let name = self.intended_name(name)?;
        let mut criterion = None;
        let reading = if let Some(done) = self.result_parameter(&name, value) {
            done?;
            reading::of_result(&name, value)
        } else if let Some(kind) = name.strip_prefix("_include").or_else(|| name.strip_prefix("_revinclude")) {
            self.include(name.starts_with("_rev"), kind, &name, value)?;
            reading::of_include(&name, value)
        } else {
            let asked = if name == "_filter" {
                self.filter_language(value)?
            } else {
                self.criterion(&Place::of(self.query.rtype), &name, &name, value)?
            };
            let reading = asked.reading();
            criterion = Some(asked);
            reading
        };
        if name != result::PAGE {
            self.query.reading.push((name.clone(), reading));
            self.query.parameters.push((name, value.to_owned()));
        }
        Ok(criterion)
    }

    /// What all criteria ask together (D1).
    fn settle(&mut self, asked: &Raw) {
        self.query.near = asked.near().cloned();
        self.query.content = asked.content();
        let together = correlate::families(asked).into_iter();
        let together = together.filter_map(|(family, count, contrary)| reading::of_family(family, count, contrary));
        self.query.reading.extend(together.map(|sentence| (String::new(), sentence)));
        match correlate::correlate(asked) {
            Ok(filter @ Filter::All(_)) => self.query.filter = filter,
            Ok(filter) => self.query.filter = Filter::All(vec![filter]),
            Err(correlate::TooCostly) => self.errors.push(too_coupled("_filter")),
        }
        let sorts = |by: &SortBy| self.query.result.sort.iter().any(|sort| sort.by == *by);
        if sorts(&SortBy::Distance) && self.query.near.is_none() {
            let message = "Le tri par distance demande un critère near : distance à quoi ?";
            self.errors.push(QueryError::new("_sort", message));
        }
        if sorts(&SortBy::Score) && self.query.content.is_empty() {
            let message = "Le tri par pertinence demande un critère _content : pertinence pour quels mots ?";
            self.errors.push(QueryError::new("_sort", message));
        }
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

    /// Notes that a request parameter reads values of another.
    pub(crate) fn reads(&mut self, written: &str, parameter: ParamId) {
        self.query.asked.push((written.to_owned(), parameter));
    }

    /// Notes a tolerated misspelling, or refuses it in strict mode (D4, D17).
    pub(crate) fn forgive(&mut self, parameter: &str, written: &str, intended: &str) -> Result<(), QueryError> {
        let text = format!("« {written} » a été lu comme « {intended} ».");
        if self.handling == Handling::Strict {
            let advice = format!("« {written} » n'est pas admis en mode strict : écrire « {intended} ».");
            return Err(QueryError::new(parameter, advice));
        }
        self.query.warnings.push(QueryWarning { parameter: parameter.to_owned(), message: text });
        Ok(())
    }
}

/// Alternatives that couple too many choices (D15).
fn too_coupled(parameter: &str) -> QueryError {
    let message = "Trop coûteux : des alternatives (or) lient plusieurs choix (lieu, structure, enregistrement) \
                   de trop de façons. En faire plusieurs requêtes.";
    QueryError::too_costly(parameter, message)
}

#[cfg(test)]
mod tests;

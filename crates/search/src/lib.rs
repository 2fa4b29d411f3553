//! The questions one may ask the directory.
//!
//! * [`Registry`]: the search parameters, as a table.
//! * [`Query`]: a request, parsed and typed; what is unknown or ill-formed is a
//!   [`QueryError`] that names the closest valid writing (D3). Nothing is ever ignored.
//! * [`extract`]: the terms under which a resource is found, one file per FHIR
//!   parameter type.
//!
//! Nothing here stores or finds: the crate `index` does, on terms it need not understand.

mod content;
mod extract;
mod geography;
mod hours;
mod logical;
mod near;
mod ordered;
mod param;
mod query;
mod registry;
mod resource_type;
mod term;

pub use content::question_words;
pub use extract::{Column, Extracted, OutgoingReference, Record, extract};
pub use geography::{Geography, NoGeography, Territory, zone_of_departement};
pub use hours::Hours;
pub use logical::{LogicalReference, identifier_term, identifier_terms, named_target};
pub use near::{Circle, Near, distance_km};
pub use ordered::{Axis, Comparison, Key, Ordered, Prefix, Span};
pub use query::{
    Content, Family, Filter, Handling, Include, IncludeTarget, Query, QueryError, QueryErrorKind, QueryWarning,
    Relation, ResultParameters, Sort, SortBy, Summary, Test, parse,
};
pub use registry::{ANYWHERE, Below, Communes, Holds, ParamId, ParamType, Parameter, Registry};
pub use resource_type::ResourceType;
pub use term::Term;

//! The search parameters, read from the table `data/parameters.toml`.

mod read;

use std::sync::OnceLock;

use ror_fhir::Path;
use serde::Deserialize;

use crate::{Family, ResourceType};

/// FHIR's type of a parameter (FHIR R4 §3.1.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParamType {
    /// A code, an identifier, a boolean.
    Token,
    /// A text.
    String,
    /// A date or a period.
    Date,
    /// A number.
    Number,
    /// A number with a unit.
    Quantity,
    /// A canonical address.
    Uri,
    /// A reference to another resource.
    Reference,
    /// Several parameters on one record.
    Composite,
    /// With rules of its own: `near`.
    Special,
}

impl ParamType {
    /// FHIR's code of it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::String => "string",
            Self::Date => "date",
            Self::Number => "number",
            Self::Quantity => "quantity",
            Self::Uri => "uri",
            Self::Reference => "reference",
            Self::Composite => "composite",
            Self::Special => "special",
        }
    }

    /// Whether its values are compared by prefixes (FHIR R4 §3.1.1.5.3).
    pub const fn is_ordered(self) -> bool {
        matches!(self, Self::Date | Self::Number | Self::Quantity)
    }
}

/// What the values of a token parameter are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Holds {
    /// Codes of code systems.
    #[default]
    Codes,
    /// Identifiers of things.
    Identifiers,
    /// Texts without list: an id, a version.
    Texts,
    /// `true` or `false`.
    Booleans,
}

/// What `:below` goes down to (D12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Below {
    /// From families to their activities (A14).
    Families,
    /// From aggregates to their categories of establishment (X10).
    Categories,
}

/// Codes of communes stand for one another (D12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Communes {
    /// The commune of a place.
    Place,
    /// What an offer covers, which may be a commune or more: asked for a commune, one that
    /// contains it is found too.
    Zone,
}

/// Name of the internal parameter that every resource type has: all its references, also those
/// that no client may search by.
pub const ANYWHERE: &str = "~anywhere";

/// Number of a parameter in its registry; stable for the life of the process only.
pub type ParamId = u16;

/// One search parameter of one resource type.
#[derive(Debug)]
pub struct Parameter {
    /// Its number.
    pub id: ParamId,
    /// The type searched.
    pub rtype: ResourceType,
    /// Its name in requests.
    pub name: Box<str>,
    /// Other names that requests may use.
    pub aliases: Vec<Box<str>>,
    /// FHIR's type.
    pub kind: ParamType,
    /// What it reads; several expressions are read as one (`name` and `alias`), none is about
    /// the resource as a whole (`_content`).
    pub paths: Vec<Path>,
    /// The types a reference may lead to.
    pub targets: Vec<ResourceType>,
    /// Canonical address of the national guide's own SearchParameter.
    pub address: Option<Box<str>>,
    /// What it reads as one FHIRPath expression, for readers and SearchParameters.
    pub expression: Box<str>,
    /// Its name for people, in French.
    pub label: Box<str>,
    /// Whose records its criteria bear on (D1).
    pub family: Option<Family>,
    /// What its values are, for a token.
    pub holds: Holds,
    /// The code system of an element that gives only a code.
    pub system: Option<Box<str>>,
    /// What `:below` goes down to.
    pub below: Option<Below>,
    /// Its codes are those of communes (D12).
    pub communes: Option<Communes>,
    /// The unit of a number that has none (D13).
    pub unit: Option<Box<str>>,
    /// The parameters of a composite, in their order.
    pub components: Vec<Box<str>>,
    /// Followed inside the directory, unknown to clients.
    pub internal: bool,
}

impl Parameter {
    /// The element that it reads: a member of its resource type, or the address of one of its
    /// extensions. `None` for what is about the resource as a whole, and for its id and `meta`.
    ///
    /// ```
    /// use ror_search::{Registry, ResourceType};
    /// let element = |name| Registry::embedded().find(ResourceType::Location, name).and_then(|one| one.element());
    /// assert_eq!(element("address-city"), Some("address"));
    /// assert!(element("capacity-status").is_some_and(|address| address.ends_with("/ror-location-supported-capacity")));
    /// assert_eq!(element("_tag"), None);
    /// ```
    pub fn element(&self) -> Option<&str> {
        let (_, read) = self.expression.split_once('.').filter(|_| !self.name.starts_with('_'))?;
        match read.strip_prefix("extension.where(url='") {
            Some(address) => address.split('\'').next(),
            None => read.split(['.', ' ', ')']).next(),
        }
    }

    /// The modifiers that requests may write after its name, as written without the colon;
    /// `[type]` stands for the types it leads to. `:above` is written after a chain and is not
    /// here (D9, D12).
    pub fn modifiers(&self) -> &'static [&'static str] {
        match (self.kind, self.holds) {
            (ParamType::Token, Holds::Codes) if self.below.is_some() => {
                &["not", "in", "not-in", "below", "text", "missing"]
            }
            (ParamType::Token, Holds::Codes) => &["not", "in", "not-in", "text", "missing"],
            (ParamType::Token, Holds::Identifiers) => &["not", "of-type", "missing"],
            (ParamType::Token, Holds::Texts | Holds::Booleans) => &["not", "missing"],
            (ParamType::String, _) => &["contains", "exact", "missing"],
            (ParamType::Reference, _) => &["[type]", "identifier", "missing"],
            (ParamType::Special, _) if self.paths.is_empty() => &[],
            _ => &["missing"],
        }
    }
}

/// Where the records of a family stand, and what each parameter reads in one.
#[derive(Debug)]
pub(crate) struct RecordSource {
    pub(crate) family: Family,
    pub(crate) rtype: ResourceType,
    /// From the resource to its records.
    pub(crate) record: Path,
    /// From a record to the parts that make a record each.
    pub(crate) each: Option<Path>,
    /// What is read in the record.
    pub(crate) of_record: Vec<(ParamId, Path)>,
    /// What is read in a part.
    pub(crate) of_each: Vec<(ParamId, Path)>,
}

/// All search parameters.
#[derive(Debug)]
pub struct Registry {
    parameters: Vec<Parameter>,
    records: Vec<RecordSource>,
    obsolete: Vec<Obsolete>,
}

/// A parameter that is no longer served.
#[derive(Debug)]
struct Obsolete {
    rtype: ResourceType,
    name: Box<str>,
    instead: Box<str>,
}

impl Registry {
    /// The table inside the program.
    pub fn embedded() -> &'static Self {
        static REGISTRY: OnceLock<Registry> = OnceLock::new();
        REGISTRY.get_or_init(|| {
            Self::read(include_str!("../../data/parameters.toml")).expect("the embedded table of parameters is valid")
        })
    }

    /// The parameter `name` of `rtype`, as clients know it.
    pub fn find(&self, rtype: ResourceType, name: &str) -> Option<&Parameter> {
        let is_alias = |parameter: &Parameter| parameter.aliases.iter().any(|alias| **alias == *name);
        self.of(rtype).find(|parameter| *parameter.name == *name || is_alias(parameter))
    }

    /// What replaces the parameter `name` of `rtype`, which was served once.
    pub fn replacement(&self, rtype: ResourceType, name: &str) -> Option<&str> {
        let known = self.obsolete.iter().find(|known| known.rtype == rtype && *known.name == *name);
        known.map(|known| &*known.instead)
    }

    /// The parameters of `rtype` that clients know.
    pub fn of(&self, rtype: ResourceType) -> impl Iterator<Item = &Parameter> {
        self.all_of(rtype).filter(|parameter| !parameter.internal)
    }

    /// The parameters of `rtype`, internal ones too.
    pub fn all_of(&self, rtype: ResourceType) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(move |parameter| parameter.rtype == rtype)
    }

    /// Where the records of `rtype` stand.
    pub(crate) fn records_of(&self, rtype: ResourceType) -> impl Iterator<Item = &RecordSource> {
        self.records.iter().filter(move |source| source.rtype == rtype)
    }

    /// The parameter of that number.
    pub fn get(&self, id: ParamId) -> &Parameter {
        &self.parameters[usize::from(id)]
    }

    /// The parameter `name` of `rtype`, internal or not, that the program itself relies on.
    ///
    /// # Panics
    /// When the table lacks it: a fault of the program, seen at the first start.
    pub fn known(&self, rtype: ResourceType, name: &str) -> ParamId {
        self.all_of(rtype)
            .find(|parameter| *parameter.name == *name)
            .unwrap_or_else(|| panic!("the table of parameters must hold {rtype}.{name}"))
            .id
    }
}

#[cfg(test)]
mod tests;

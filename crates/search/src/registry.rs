//! The search parameters, read from the table `data/parameters.toml`.

use std::sync::OnceLock;

use ror_fhir::Path;
use serde::Deserialize;

use crate::ResourceType;

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
    /// A number with its unit.
    Quantity,
    /// A reference to another resource.
    Reference,
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
            Self::Reference => "reference",
            Self::Special => "special",
        }
    }
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
    /// FHIR's type.
    pub kind: ParamType,
    /// What it reads; several expressions are read as one (`name` and `alias`).
    pub paths: Vec<Path>,
    /// The types a reference may lead to.
    pub targets: Vec<ResourceType>,
    /// The records that its criteria bear on together (D1).
    pub family: Option<crate::Family>,
    /// Canonical address of the national guide's own SearchParameter.
    pub address: Option<Box<str>>,
    /// What it reads as one FHIRPath expression, for readers and SearchParameters.
    pub expression: Box<str>,
    /// Followed inside the directory, unknown to clients.
    pub internal: bool,
}

/// All search parameters.
#[derive(Debug)]
pub struct Registry {
    parameters: Vec<Parameter>,
}

#[derive(Deserialize)]
struct Table {
    parameter: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    resource: String,
    name: String,
    #[serde(rename = "type")]
    kind: ParamType,
    expression: String,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    targets: Vec<String>,
    #[serde(default)]
    family: Option<crate::Family>,
    address: Option<String>,
    #[serde(default)]
    internal: bool,
}

impl Registry {
    /// The table inside the program.
    pub fn embedded() -> &'static Self {
        static REGISTRY: OnceLock<Registry> = OnceLock::new();
        REGISTRY.get_or_init(|| {
            Self::read(include_str!("../data/parameters.toml")).expect("the embedded table of parameters is valid")
        })
    }

    /// Reads a table.
    ///
    /// # Errors
    /// A sentence naming the row: an unknown type, or an expression outside the subset.
    pub fn read(table: &str) -> Result<Self, String> {
        let table: Table = toml::from_str(table).map_err(|error| error.to_string())?;
        let parameters = table
            .parameter
            .into_iter()
            .enumerate()
            .map(|(at, row)| {
                let id = ParamId::try_from(at).map_err(|_| "too many parameters".to_owned())?;
                read_row(id, row)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { parameters })
    }

    /// The parameter `name` of `rtype`, as clients know it.
    pub fn find(&self, rtype: ResourceType, name: &str) -> Option<&Parameter> {
        self.of(rtype).find(|parameter| *parameter.name == *name)
    }

    /// The parameters of `rtype` that clients know.
    pub fn of(&self, rtype: ResourceType) -> impl Iterator<Item = &Parameter> {
        self.all_of(rtype).filter(|parameter| !parameter.internal)
    }

    /// The parameters of `rtype`, internal ones too.
    pub fn all_of(&self, rtype: ResourceType) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(move |parameter| parameter.rtype == rtype)
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

fn read_row(id: ParamId, row: Row) -> Result<Parameter, String> {
    let rtype = |name: &str| ResourceType::parse(name).ok_or_else(|| format!("{}: unknown type {name}", row.name));
    let paths = std::iter::once(&row.expression)
        .chain(&row.also)
        .map(|expression| Path::compile(expression).map_err(|error| format!("{}: {error}", row.name)))
        .collect::<Result<_, _>>()?;
    Ok(Parameter {
        id,
        rtype: rtype(&row.resource)?,
        paths,
        targets: row.targets.iter().map(|name| rtype(name)).collect::<Result<_, _>>()?,
        name: row.name.into(),
        family: row.family,
        kind: row.kind,
        address: row.address.map(Into::into),
        expression: std::iter::once(row.expression).chain(row.also).collect::<Vec<_>>().join(" | ").into(),
        internal: row.internal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_table_compiles_and_targets_have_parameters() {
        let registry = Registry::embedded();
        for rtype in ResourceType::ALL {
            for parameter in registry.all_of(rtype) {
                assert_eq!(parameter.kind == ParamType::Reference, !parameter.targets.is_empty(), "{}", parameter.name);
                assert!(parameter.paths.iter().all(|path| path.rtype() == rtype.name()), "{}", parameter.name);
            }
        }
    }

    #[test]
    fn an_expression_outside_the_subset_is_an_error_at_start() {
        let table = "[[parameter]]\nresource='Location'\nname='x'\ntype='string'\nexpression='Location.name.lower()'";
        assert!(Registry::read(table).expect_err("refused").contains("lower"));
    }
}

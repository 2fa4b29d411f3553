//! The table of parameters, row by row; what it may not hold is an error at start-up.

use ror_fhir::Path;
use serde::Deserialize;

use super::{Below, Communes, Holds, Obsolete, ParamId, ParamType, Parameter, RecordSource, Registry};
use crate::{Family, ResourceType};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    parameter: Vec<Row>,
    #[serde(default)]
    record: Vec<RecordRow>,
    #[serde(default)]
    obsolete: Vec<ObsoleteRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    resource: String,
    name: String,
    #[serde(default)]
    alias: Vec<String>,
    #[serde(rename = "type")]
    kind: ParamType,
    expression: Option<String>,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    targets: Vec<String>,
    address: Option<String>,
    label: Option<String>,
    family: Option<Family>,
    #[serde(default)]
    holds: Holds,
    system: Option<String>,
    below: Option<Below>,
    communes: Option<Communes>,
    unit: Option<String>,
    #[serde(default)]
    components: Vec<String>,
    #[serde(default)]
    internal: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordRow {
    family: Family,
    expression: String,
    each: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ObsoleteRow {
    resource: String,
    name: String,
    instead: String,
}

impl Registry {
    /// Reads a table.
    ///
    /// # Errors
    /// A sentence naming the row: an unknown type, an expression outside the subset, or a
    /// parameter of a family that none of its records holds.
    pub fn read(table: &str) -> Result<Self, String> {
        let table: Table = toml::from_str(table).map_err(|error| error.to_string())?;
        let parameters: Vec<Parameter> = table
            .parameter
            .into_iter()
            .enumerate()
            .map(|(at, row)| {
                let id = ParamId::try_from(at).map_err(|_| "too many parameters".to_owned())?;
                parameter(id, row)
            })
            .collect::<Result<_, _>>()?;
        let records: Vec<RecordSource> =
            table.record.into_iter().map(|row| record(&row, &parameters)).collect::<Result<_, _>>()?;
        for lost in parameters.iter().filter(|parameter| parameter.family.is_some()) {
            let mut read = records.iter().flat_map(|source| source.of_record.iter().chain(&source.of_each));
            if !read.any(|(id, _)| *id == lost.id) {
                return Err(format!("{}: no record of its family holds it", lost.name));
            }
        }
        let obsolete = table.obsolete.into_iter().map(|row| {
            let rtype = known_type(&row.resource, &row.name)?;
            Ok(Obsolete { rtype, name: row.name.into(), instead: row.instead.into() })
        });
        let obsolete = obsolete.collect::<Result<_, String>>()?;
        Ok(Self { parameters, records, obsolete })
    }
}

fn known_type(name: &str, row: &str) -> Result<ResourceType, String> {
    ResourceType::parse(name).ok_or_else(|| format!("{row}: unknown type {name}"))
}

fn compiled(expression: &str, row: &str) -> Result<Path, String> {
    Path::compile(expression).map_err(|error| format!("{row}: {error}"))
}

fn parameter(id: ParamId, row: Row) -> Result<Parameter, String> {
    let expressions = || row.expression.iter().chain(&row.also);
    let paths = expressions().map(|expression| compiled(expression, &row.name)).collect::<Result<_, _>>()?;
    let expression = expressions().map(String::as_str).collect::<Vec<_>>().join(" | ").into();
    let boxed = |texts: Vec<String>| texts.into_iter().map(Into::into).collect();
    Ok(Parameter {
        id,
        rtype: known_type(&row.resource, &row.name)?,
        paths,
        expression,
        targets: row.targets.iter().map(|name| known_type(name, &row.name)).collect::<Result<_, _>>()?,
        label: row.label.unwrap_or_else(|| row.name.clone()).into(),
        name: row.name.into(),
        aliases: boxed(row.alias),
        kind: row.kind,
        address: row.address.map(Into::into),
        family: row.family,
        holds: row.holds,
        system: row.system.map(Into::into),
        below: row.below,
        communes: row.communes,
        unit: row.unit.map(Into::into),
        components: boxed(row.components),
        internal: row.internal,
    })
}

/// A source of records, with what the parameters of its family read there.
fn record(row: &RecordRow, parameters: &[Parameter]) -> Result<RecordSource, String> {
    let record = compiled(&row.expression, "record")?;
    let each = row.each.as_ref().map(|expression| compiled(expression, "record")).transpose()?;
    let rtype = known_type(record.rtype(), "record")?;
    let (mut of_record, mut of_each) = (Vec::new(), Vec::new());
    for parameter in parameters.iter().filter(|it| it.rtype == rtype && it.family == Some(row.family)) {
        for path in &parameter.paths {
            if let Some(inside) = each.as_ref().and_then(|each| path.after(each)) {
                of_each.push((parameter.id, inside));
            } else if let Some(inside) = path.after(&record) {
                of_record.push((parameter.id, inside));
            }
        }
    }
    let each = match each {
        Some(each) => Some(each.after(&record).ok_or("record: `each` stands outside the record")?),
        None => None,
    };
    Ok(RecordSource { family: row.family, rtype, record, each, of_record, of_each })
}

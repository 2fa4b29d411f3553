//! Reading the model and the published lists.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::decisions::RULE_OVERRIDES;

/// The distinct rules of the slices of `path`.
pub(super) fn slice_rules(path: &str, all: &[Value]) -> BTreeSet<String> {
    all.iter()
        .filter(|element| element["path"] == path && !text(&element["slice"]).is_empty())
        .filter_map(|element| {
            let code = type_code(path, text(&element["slice"]), all).unwrap_or_default();
            let overridden = lookup(RULE_OVERRIDES, &format!("{path}[{code}]"));
            overridden.or(element["accessRule"].as_str()).map(String::from)
        })
        .collect()
}

/// The code of `identifier.type` that tells a slice of identifiers.
pub(super) fn type_code(path: &str, slice: &str, all: &[Value]) -> Option<String> {
    let coding = format!("{path}.type.coding.code");
    let concept = format!("{path}.type");
    all.iter().filter(|element| element["slice"] == slice).find_map(|element| {
        let pattern = &element["pattern"];
        if element["path"] == coding.as_str() {
            pattern["value"].as_str().map(String::from)
        } else if element["path"] == concept.as_str() {
            pattern["coding"][0]["code"].as_str().map(String::from)
        } else {
            None
        }
    })
}

/// The datatype of an element; backbones and elements whose members are all listed here are closed.
pub(super) fn kind<'a>(path: &str, element: &'a Value) -> &'a str {
    match path {
        "Location.position" => "BackboneElement",
        _ => element["types"][0]["code"].as_str().unwrap_or("string"),
    }
}

pub(super) fn business(element: &Value) -> String {
    let names = &element["businessName"];
    match names {
        Value::String(name) => name.clone(),
        _ => list(names).iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
    }
}

/// The values of one column of a value set, from the published list beside the model.
pub(super) fn column(value_set: &str, lists: &Path, name: &str) -> Result<Vec<String>> {
    let file = lists.join(format!("{value_set}.csv"));
    let mut reader = csv::Reader::from_path(&file).with_context(|| format!("reading {}", file.display()))?;
    let at = reader.headers()?.iter().position(|header| header == name).context("a list without that column")?;
    let values: BTreeSet<String> =
        reader.records().map(|record| Ok(record?.get(at).unwrap_or_default().to_owned())).collect::<Result<_>>()?;
    Ok(values.into_iter().collect())
}

pub(super) fn lookup<'a>(table: &[(&str, &'a str)], key: &str) -> Option<&'a str> {
    table.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

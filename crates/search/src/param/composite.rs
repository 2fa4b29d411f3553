//! Composite parameters: several of a family on one record of their own (D1).

use super::ask::{Asked, How, Leaf, plain_only, split_raw};
use super::{number, token};
use crate::query::{Filter, QueryError, Reader};
use crate::{ParamType, Parameter, Relation};

/// `02$01$gt0`: a value for each component, in their order.
pub(crate) fn ask(
    reader: &mut Reader<'_>,
    parameter: &Parameter,
    how: How<'_>,
    asked: &Asked<'_>,
) -> Result<Leaf, QueryError> {
    plain_only(parameter, how, asked)?;
    let registry = reader.registry;
    let components: Vec<&Parameter> =
        parameter.components.iter().filter_map(|name| registry.find(parameter.rtype, name)).collect();
    let Some(family) = components.iter().find_map(|component| component.family) else {
        return Err(QueryError::new(asked.written, "Paramètre sans composant."));
    };
    let mut records = Vec::new();
    for value in asked.values {
        let parts = split_raw(value, '$');
        if parts.len() != components.len() {
            return Err(asked.error(&format!("valeurs attendues : {}", parameter.components.join("$")), value));
        }
        let mut all = Vec::new();
        for (component, part) in components.iter().zip(parts) {
            let part = Asked { written: asked.written, values: &[part] };
            let leaf = match component.kind {
                ParamType::Number => number::ask(component, How::Plain, &part)?,
                _ => token::ask(reader, component, How::Plain, &part)?,
            };
            all.push(leaf.held);
        }
        records.push(Filter::All(all));
    }
    let held = Filter::related(Relation::Record(family), Filter::any(records));
    Ok(Leaf { own: true, ..Leaf::new(held) })
}

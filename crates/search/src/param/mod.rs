//! One file per FHIR parameter type: what it reads in a resource, and how it reads a question.

pub(crate) mod ask;
pub(crate) mod composite;
pub(crate) mod date;
pub(crate) mod number;
pub(crate) mod quantity;
pub(crate) mod reference;
pub(crate) mod special;
pub(crate) mod string;
pub(crate) mod token;
pub(crate) mod uri;

use ror_fhir::Node;

use crate::{Column, Extracted, ParamId, ParamType, Parameter};

/// Reads one value that `parameter` selects. Whether it says that the parameter has a value.
pub(crate) fn extract(parameter: &Parameter, node: &Node, out: &mut Extracted) -> bool {
    match parameter.kind {
        ParamType::Token => token::extract(parameter, node, out),
        ParamType::String => string::extract(parameter.id, node, out),
        ParamType::Uri => uri::extract(parameter.id, node, out),
        ParamType::Reference => reference::extract(parameter.id, node, out),
        ParamType::Date => date::extract(parameter.id, node, out),
        ParamType::Number => number::extract(parameter.id, node, out),
        ParamType::Quantity => quantity::extract(parameter, node, out),
        ParamType::Special => return special::extract(parameter, node, out),
        // Its parts are parameters too: their records say all.
        ParamType::Composite => {}
    }
    // Also what cannot be searched for, such as a reference to elsewhere: it is there.
    true
}

/// Bytes of a text that count in a sort: two that begin alike for longer follow their ids. A
/// page link carries the key of its last entry, and a link has to stay short.
pub(crate) const SORT_KEY_BYTES_MAX: usize = 256;

/// Notes a text by which the resource sorts under `parameter`.
pub(crate) fn add_sort_key(parameter: ParamId, key: &str, columns: &mut Vec<Column>) {
    let key = &key[..key.floor_char_boundary(SORT_KEY_BYTES_MAX)];
    match columns.iter_mut().find(|column| column.parameter == parameter) {
        None => columns.push(Column { parameter, min: key.into(), max: key.into() }),
        Some(column) => {
            if *key < *column.min {
                column.min = key.into();
            } else if *key > *column.max {
                column.max = key.into();
            }
        }
    }
}

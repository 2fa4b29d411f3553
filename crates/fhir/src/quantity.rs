//! Quantities: a decimal with a unit.

use crate::{Decimal, Node};

/// A FHIR Quantity as read, unit not yet interpreted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity<'a> {
    /// The value.
    pub value: Decimal,
    /// The system of the unit code, when given.
    pub system: Option<&'a str>,
    /// The unit: its code, else its label.
    pub code: Option<&'a str>,
}

impl<'a> Quantity<'a> {
    /// Reads a Quantity element; `None` when it has no readable value.
    pub fn read(node: &'a Node) -> Option<Self> {
        Some(Self {
            value: Decimal::parse(node.get("value")?.as_number()?).ok()?,
            system: node.str("system"),
            code: node.str("code").or_else(|| node.str("unit")),
        })
    }
}

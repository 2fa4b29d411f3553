//! The table that says which lines of which form make which offer.

use std::sync::OnceLock;

use serde::Deserialize;

use super::form::{Form, Line};

const TABLE: &str = include_str!("../../data/sae-mapping.toml");

/// The table, as `data/sae-mapping.toml` writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mapping {
    /// One row per activity.
    #[serde(rename = "offer")]
    pub(super) offers: Vec<OfferRule>,
    /// Level of expertise of maternities.
    #[serde(rename = "maternity")]
    pub(super) maternities: Vec<Maternity>,
    /// What is read and left out.
    #[serde(rename = "ignored")]
    pub(super) ignored: Vec<Ignored>,
}

/// One activity of one form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfferRule {
    pub(super) form: Form,
    pub(super) unit: String,
    pub(super) name: String,
    pub(super) name_places: Option<String>,
    pub(super) lines: Option<Lines>,
    pub(super) declared: Vec<String>,
    #[serde(default)]
    pub(super) unless: Vec<String>,
    pub(super) beds: Option<String>,
    pub(super) places: Option<String>,
    pub(super) inside_mco: Option<InsideMco>,
    #[serde(default)]
    pub(super) equipment: Vec<EquipmentColumn>,
    #[serde(default)]
    pub(super) maternity: bool,
    #[serde(default)]
    pub(super) authorised: bool,
    pub(super) field: String,
    pub(super) mode: String,
    pub(super) mode_places: Option<String>,
    pub(super) activity: String,
    pub(super) category: Option<String>,
    pub(super) category_places: Option<String>,
    pub(super) modality: Option<String>,
    pub(super) place: Option<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "for the reader of the table; a test wants it filled"))]
    pub(super) reason: String,
}

/// The lines of a form that an activity reads.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lines {
    pub(super) column: String,
    pub(super) values: Vec<String>,
}

/// Beds that LIT_MCO counts a second time (ADR 0030).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum InsideMco {
    CriticalCare,
    Neonatal,
}

/// A column that counts machines, and their type in J18.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EquipmentColumn {
    pub(super) column: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
}

/// Level of expertise that an authorisation of PERINAT gives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Maternity {
    pub(super) authorisation: String,
    /// When set, the level holds only for maternities with, or without, neonatal special care beds.
    pub(super) neonatal_special_care: Option<bool>,
    pub(super) level: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for the reader of the table; a test wants it filled"))]
    pub(super) reason: String,
}

/// Columns left out on purpose.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ignored {
    pub(super) form: Form,
    pub(super) what: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for the reader of the table; a test wants it filled"))]
    pub(super) reason: String,
}

/// A column that the table counts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CountColumn {
    pub(super) name: &'static str,
    /// Beds, places or machines, as opposed to stays or flags: the bound on numbers applies.
    pub(super) capacity: bool,
}

impl Mapping {
    /// The table of the program, read once.
    pub(super) fn embedded() -> &'static Self {
        static MAPPING: OnceLock<Mapping> = OnceLock::new();
        MAPPING.get_or_init(|| toml::from_str(TABLE).expect("the embedded table is tested"))
    }

    /// The activities of a form, in table order.
    pub(super) fn of(&'static self, form: Form) -> impl Iterator<Item = &'static OfferRule> {
        self.offers.iter().filter(move |rule| rule.form == form)
    }

    /// The columns of numbers that a form is read for, each once.
    pub(super) fn columns(&'static self, form: Form) -> Vec<CountColumn> {
        let mut columns = Vec::new();
        for rule in self.of(form) {
            let counted = rule.beds.iter().chain(&rule.places).chain(rule.equipment.iter().map(|e| &e.column));
            columns.extend(counted.map(|name| CountColumn { name, capacity: true }));
        }
        for name in self.of(form).flat_map(|rule| rule.declared.iter().chain(&rule.unless)) {
            if !columns.iter().any(|column: &CountColumn| column.name == name) {
                columns.push(CountColumn { name, capacity: false });
            }
        }
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// The level of expertise (J227) of a maternity.
    pub(super) fn maternity_level(&self, authorisation: &str, neonatal_special_care: bool) -> Option<&str> {
        let matches = |row: &&Maternity| {
            row.authorisation == authorisation
                && row.neonatal_special_care.is_none_or(|with| with == neonatal_special_care)
        };
        self.maternities.iter().find(matches).map(|row| row.level.as_str())
    }
}

impl OfferRule {
    /// Whether the activity reads this line.
    pub(super) fn reads(&self, line: &Line<'_>) -> bool {
        self.lines.as_ref().is_none_or(|lines| {
            let value = line.row.get(&lines.column);
            value.is_some_and(|value| lines.values.iter().any(|wanted| wanted == value))
        })
    }

    /// Whether the line declares the activity.
    pub(super) fn is_declared(&self, line: &Line<'_>) -> bool {
        let any = |columns: &[String]| columns.iter().any(|column| line.count(column) > 0);
        (self.declared.is_empty() || any(&self.declared)) && !any(&self.unless)
    }

    /// The beds and the places that the line declares.
    pub(super) fn capacity(&self, line: &Line<'_>) -> (u32, u32) {
        let count = |column: &Option<String>| column.as_deref().map_or(0, |column| line.count(column));
        (count(&self.beds), count(&self.places))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Mapping;
    use crate::sae::form::Form;

    #[test]
    fn each_activity_is_named_once_and_has_its_reason() {
        let mapping = Mapping::embedded();
        let mut units = HashSet::new();
        for rule in &mapping.offers {
            assert!(units.insert((rule.form, &rule.unit)), "{:?}/{} twice", rule.form, rule.unit);
            assert!(rule.reason.len() > 10, "{:?}/{} has no reason", rule.form, rule.unit);
            assert_eq!(rule.beds.is_some() && rule.places.is_some(), rule.mode_places.is_some(), "{}", rule.unit);
            assert_eq!(rule.name_places.is_some(), rule.mode_places.is_some(), "{}", rule.unit);
            let placed = rule.beds.is_some() || rule.places.is_some() || !rule.equipment.is_empty();
            assert_eq!(
                placed,
                rule.place.is_some(),
                "{:?}/{}: a place when something stands there",
                rule.form,
                rule.unit
            );
        }
        assert!(mapping.ignored.iter().all(|ignored| !ignored.what.is_empty() && ignored.reason.len() > 10));
        assert!(mapping.ignored.iter().any(|ignored| ignored.form == Form::Telemed));
        assert!(mapping.maternities.iter().all(|maternity| maternity.reason.len() > 10));
    }

    #[test]
    fn totals_are_never_offers() {
        let totals = ["SITOT", "TOT", "SSR_A", "SSR_E", "SSR_TOT", "1210", "dtIRM1", "dtIRM2"];
        for rule in &Mapping::embedded().offers {
            let values = rule.lines.iter().flat_map(|lines| &lines.values);
            assert!(values.clone().all(|value| !totals.contains(&value.as_str())), "{}", rule.unit);
            let counted = rule.beds.iter().chain(&rule.places);
            assert!(counted.clone().all(|column| !["LIT_MCO", "PLA_MCO"].contains(&column.as_str())));
        }
    }

    #[test]
    fn a_type_2_maternity_is_2b_with_special_care() {
        let level = |authorisation, special| Mapping::embedded().maternity_level(authorisation, special);
        assert_eq!(level("TYPE1", false), Some("01"));
        assert_eq!(level("TYPE2", false), Some("02"));
        assert_eq!(level("TYPE2", true), Some("03"));
        assert_eq!(level("TYPE3", true), Some("04"));
        assert_eq!(level("CPPR", false), None);
    }
}

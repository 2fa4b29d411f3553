//! What is known, one line each; what matters and is not known says so.

use askama::Template;

use super::{Example, examples_of};

/// A list of facts.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "components/facts/template.html")]
pub(crate) struct Facts {
    pub(crate) rows: Vec<Fact>,
}

/// One fact.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    pub(crate) label: &'static str,
    pub(crate) values: Vec<String>,
    /// Shown as « non renseigné » when there is no value.
    pub(crate) is_expected: bool,
}

impl Fact {
    /// A fact that people expect: said to be unknown when it is.
    pub(crate) fn shown(label: &'static str, values: Vec<String>) -> Self {
        Self { label, values, is_expected: true }
    }

    /// A fact left out when unknown.
    pub(crate) fn known(label: &'static str, values: Vec<String>) -> Self {
        Self { label, values, is_expected: false }
    }

    fn is_shown(&self) -> bool {
        self.is_expected || !self.values.is_empty()
    }
}

impl askama::filters::HtmlSafe for Facts {}

pub(super) fn examples() -> Vec<Example> {
    let rows = vec![
        Fact::shown("Activités", vec!["Réanimation polyvalente".to_owned(), "Surveillance continue".to_owned()]),
        Fact::shown("Public", Vec::new()),
        Fact::known("Secteur", Vec::new()),
    ];
    examples_of("Faits", [("connus, inconnu, absent", Facts { rows })])
}

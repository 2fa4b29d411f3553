//! Filters as links, each with how many results it leaves; none leads to nothing unsaid.

use askama::Template;

use super::{Example, examples_of};

/// Groups of choices.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "components/filters/template.html")]
pub(crate) struct Filters {
    pub(crate) groups: Vec<FilterGroup>,
    /// Address without any filter, when there is one.
    pub(crate) clear: Option<String>,
}

/// Choices of which one is taken.
#[derive(Clone, Debug)]
pub(crate) struct FilterGroup {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) choices: Vec<Choice>,
}

/// One choice.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) label: String,
    /// How many results it leaves, when that is known.
    pub(crate) count: Option<String>,
    /// Address with it; without it when it is taken.
    pub(crate) href: String,
    pub(crate) is_taken: bool,
}

impl Filters {
    fn has_taken(&self) -> bool {
        self.clear.is_some()
    }
}

impl askama::filters::HtmlSafe for Filters {}

pub(super) fn examples() -> Vec<Example> {
    let choice = |label: &str, is_taken| Choice {
        label: label.to_owned(),
        count: Some("12".to_owned()),
        href: "/recherche?quoi=irm".to_owned(),
        is_taken,
    };
    let group = FilterGroup {
        id: "champ",
        title: "Domaine",
        choices: vec![choice("Psychiatrie (PSY)", true), choice("Ville", false)],
    };
    let filters = Filters { groups: vec![group], clear: Some("/recherche?quoi=irm".to_owned()) };
    examples_of("Filtres", [("un choix fait", filters)])
}

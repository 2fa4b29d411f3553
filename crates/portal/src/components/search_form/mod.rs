//! The two fields: what, and where. The script adds suggestions and "ici"; without it, all works.

use askama::Template;

use super::{Example, examples_of};

/// Two fields and a button.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "components/search_form/template.html")]
pub(crate) struct SearchForm {
    /// What was typed.
    pub(crate) what: String,
    /// Where was typed.
    pub(crate) place: String,
    /// Large, on the home page.
    pub(crate) is_large: bool,
}

impl askama::filters::HtmlSafe for SearchForm {}

pub(super) fn examples() -> Vec<Example> {
    let hostile = SearchForm { what: "\"><script>alert(1)</script>".to_owned(), ..SearchForm::default() };
    let filled = SearchForm { what: "kiné".to_owned(), place: "Oyonnax (01)".to_owned(), is_large: false };
    let empty = SearchForm { is_large: true, ..SearchForm::default() };
    examples_of("Recherche", [("à l’accueil", empty), ("remplie", filled), ("texte hostile", hostile)])
}

//! Common needs, one tap away.

use askama::Template;

use super::{Example, examples_of};

/// A list of links.
#[derive(Clone, Debug, Template)]
#[template(path = "components/needs/template.html")]
pub(crate) struct NeedLinks {
    pub(crate) items: Vec<NeedLink>,
}

/// One need.
#[derive(Clone, Debug)]
pub(crate) struct NeedLink {
    pub(crate) label: String,
    pub(crate) href: String,
    /// How many are known, in words.
    pub(crate) count: String,
}

impl askama::filters::HtmlSafe for NeedLinks {}

pub(super) fn examples() -> Vec<Example> {
    let item = |label: &str, href: &str, count: &str| NeedLink {
        label: label.to_owned(),
        href: href.to_owned(),
        count: count.to_owned(),
    };
    let items = vec![
        item("Médecins", "/recherche?quoi=m%C3%A9decin", "440"),
        item("Urgences", "/recherche?quoi=urgence", "12"),
    ];
    examples_of("Besoins courants", [("deux besoins", NeedLinks { items })])
}

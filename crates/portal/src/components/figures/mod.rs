//! Living figures: counted, never a slogan.

use askama::Template;

use super::{Example, examples_of};

/// A row of figures.
#[derive(Clone, Debug, Template)]
#[template(path = "components/figures/template.html")]
pub(crate) struct FigureRow {
    pub(crate) items: Vec<Figure>,
}

/// One figure.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) value: String,
    pub(crate) label: String,
}

impl askama::filters::HtmlSafe for FigureRow {}

pub(super) fn examples() -> Vec<Example> {
    let items = vec![
        Figure { value: "3\u{202f}312".to_owned(), label: "offres décrites".to_owned() },
        Figure { value: "27\u{a0}%".to_owned(), label: "mises à jour depuis 30 jours".to_owned() },
    ];
    examples_of("Chiffres", [("deux chiffres", FigureRow { items })])
}

//! Opening hours and prices, as tables with headers.

use askama::Template;

use super::{Example, examples_of};

/// Hours of one kind.
#[derive(Clone, Debug, Template)]
#[template(path = "components/tables/hours.html")]
pub(crate) struct Hours {
    pub(crate) kind: String,
    pub(crate) days: Vec<HoursDay>,
}

/// One line of hours.
#[derive(Clone, Debug)]
pub(crate) struct HoursDay {
    pub(crate) day: String,
    pub(crate) slots: String,
}

/// Prices of one kind.
#[derive(Clone, Debug, Template)]
#[template(path = "components/tables/prices.html")]
pub(crate) struct Prices {
    pub(crate) kind: String,
    pub(crate) rows: Vec<Price>,
}

/// One price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Price {
    pub(crate) about: String,
    pub(crate) amount: String,
    pub(crate) since: Option<String>,
}

impl Prices {
    /// Since when, when it is the same for all.
    fn since(&self) -> Option<&str> {
        let first = self.rows.first()?.since.as_deref()?;
        self.rows.iter().all(|row| row.since.as_deref() == Some(first)).then_some(first)
    }
}

impl askama::filters::HtmlSafe for Hours {}
impl askama::filters::HtmlSafe for Prices {}

pub(super) fn examples() -> Vec<Example> {
    let day = |day: &str, slots: &str| HoursDay { day: day.to_owned(), slots: slots.to_owned() };
    let hours = Hours {
        kind: "Horaire d'ouverture".to_owned(),
        days: vec![day("du lundi au vendredi", "9 h – 12 h, 14 h – 18 h"), day("samedi", "9 h – 12 h")],
    };
    let row = Price {
        about: "Permanent, Chambre simple".to_owned(),
        amount: "69,03 € par jour".to_owned(),
        since: Some("1er janvier 2026".to_owned()),
    };
    let prices = Prices { kind: "Forfait socle hébergement".to_owned(), rows: vec![row] };
    let mut all = examples_of("Horaires", [("une semaine", hours)]);
    all.extend(examples_of("Tarifs", [("un tarif", prices)]));
    all
}

//! One result: name, what it is, where, how far, how to call, how fresh.

use askama::Template;
use ror_registers::cog::Position;

use super::freshness::Freshness;
use super::{Example, examples_of};

/// A result in the list.
#[derive(Clone, Debug, Template)]
#[template(path = "components/result/template.html")]
pub(crate) struct Card {
    /// Its number in the list and on the map.
    pub(crate) number: usize,
    pub(crate) title: String,
    pub(crate) href: String,
    /// What it is: activity and mode, or category.
    pub(crate) kind: String,
    /// Name and address of the structure that bears it.
    pub(crate) organization: Option<(String, String)>,
    pub(crate) address: Option<String>,
    pub(crate) distance: Option<String>,
    /// Where it goes on the map.
    pub(crate) position: Option<Position>,
    /// Telephone as shown and as dialled.
    pub(crate) phone: Option<(String, String)>,
    pub(crate) badges: Vec<String>,
    pub(crate) freshness: Freshness,
}

impl askama::filters::HtmlSafe for Card {}

pub(super) fn examples() -> Vec<Example> {
    let freshness = Freshness { ago: "il y a 9 jours".to_owned(), date: "12 novembre 2026".to_owned(), is_old: false };
    let full = Card {
        number: 1,
        title: "Kinésithérapie".to_owned(),
        href: "/offre/84/40424430".to_owned(),
        kind: "Kinésithérapie · Consultation (CS) ou Séance".to_owned(),
        organization: Some(("Cabinet de la Gare".to_owned(), "/structure/019900968".to_owned())),
        address: Some("12 rue de la Gare, 01100 Oyonnax".to_owned()),
        distance: Some("0,4 km".to_owned()),
        position: None,
        phone: Some(("04\u{a0}65\u{a0}71\u{a0}62\u{a0}99".to_owned(), "tel:+33465716299".to_owned())),
        badges: vec!["Se déplace à domicile".to_owned()],
        freshness: freshness.clone(),
    };
    let bare = Card {
        number: 2,
        title: "<b>Sans rien</b>".to_owned(),
        kind: String::new(),
        organization: None,
        address: None,
        distance: None,
        phone: None,
        badges: Vec::new(),
        ..full.clone()
    };
    examples_of("Résultat", [("complet", full), ("presque rien", bare)])
}

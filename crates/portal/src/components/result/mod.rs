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
    /// Whether the number is shown: where there is a map.
    pub(crate) is_numbered: bool,
    pub(crate) title: String,
    pub(crate) href: String,
    /// What it is: activity and mode, or category.
    pub(crate) kind: String,
    /// Name and address of the structure that bears it, when the title does not say it.
    pub(crate) organization: Option<(String, String)>,
    pub(crate) address: Option<String>,
    pub(crate) distance: Option<String>,
    /// Where it goes on the map.
    pub(crate) position: Option<Position>,
    pub(crate) phone: Option<Phone>,
    pub(crate) badges: Vec<String>,
    pub(crate) freshness: Freshness,
}

/// A telephone to call.
#[derive(Clone, Debug)]
pub(crate) struct Phone {
    pub(crate) shown: String,
    /// `tel:`
    pub(crate) link: String,
    /// Who answers, when it is not the thing itself; else empty.
    pub(crate) whose: String,
}

impl askama::filters::HtmlSafe for Card {}

pub(super) fn examples() -> Vec<Example> {
    let freshness = Freshness { ago: "il y a 9 jours".to_owned(), date: "12 novembre 2026".to_owned(), is_old: false };
    let full = Card {
        number: 1,
        is_numbered: true,
        title: "Kinésithérapie - Jeanne Exemple".to_owned(),
        href: "/recherche?quoi=kin%C3%A9".to_owned(),
        kind: "Kinésithérapie · Consultation (CS) ou Séance".to_owned(),
        organization: Some(("Cabinet de la Gare".to_owned(), "/recherche?quoi=cabinet".to_owned())),
        address: Some("12 rue de la Gare, 01100 Oyonnax".to_owned()),
        distance: Some("0,4 km".to_owned()),
        position: None,
        phone: Some(Phone {
            shown: "04\u{a0}65\u{a0}71\u{a0}62\u{a0}99".to_owned(),
            link: "tel:+33465716299".to_owned(),
            whose: "numéro de la structure".to_owned(),
        }),
        badges: vec!["Se déplace à domicile".to_owned()],
        freshness: freshness.clone(),
    };
    let bare = Card {
        number: 2,
        is_numbered: false,
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

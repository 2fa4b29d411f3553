//! Something the reader must know: what was understood, nothing found, a choice to make.

use askama::Template;

use super::{Example, examples_of};

/// A boxed message with links.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "components/notice/template.html")]
pub(crate) struct Notice {
    /// Name by which tests and styles find it.
    pub(crate) id: &'static str,
    pub(crate) title: String,
    pub(crate) lines: Vec<String>,
    pub(crate) links: Vec<NoticeLink>,
    /// Something is wrong or closed.
    pub(crate) is_warning: bool,
}

/// What can be done about it.
#[derive(Clone, Debug)]
pub(crate) struct NoticeLink {
    pub(crate) text: String,
    pub(crate) hint: String,
    pub(crate) href: String,
}

impl askama::filters::HtmlSafe for Notice {}

pub(super) fn examples() -> Vec<Example> {
    let link = NoticeLink {
        text: "Saint-Denis (93)".to_owned(),
        hint: "commune, Seine-Saint-Denis".to_owned(),
        href: "/recherche?ou=Saint-Denis%20(93)".to_owned(),
    };
    let choice =
        Notice {
            id: "homonymes", title: "Quel « Saint-Denis » ?".to_owned(), links: vec![link], ..Notice::default()
        };
    let closed = Notice {
        id: "fermeture",
        title: "Fermée définitivement depuis le 21 novembre 2026".to_owned(),
        is_warning: true,
        ..Notice::default()
    };
    let hostile = Notice { id: "hostile", title: "<script>alert(1)</script>".to_owned(), ..Notice::default() };
    examples_of("Message", [("un choix", choice), ("une fermeture", closed), ("texte hostile", hostile)])
}

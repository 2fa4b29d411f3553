//! Ways to get in touch, as links where a link is safe.

use askama::Template;

use super::{Example, examples_of};

/// A list of contacts.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "components/contacts/template.html")]
pub(crate) struct Contacts {
    pub(crate) items: Vec<Contact>,
}

/// One way to get in touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) means: Means,
    /// Who or what answers.
    pub(crate) about: String,
    pub(crate) shown: String,
    /// `tel:`, `mailto:`, `https:`; none when it would not work.
    pub(crate) link: Option<String>,
}

/// By what means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    Phone,
    Fax,
    Mail,
    SecureMail,
    Site,
    Other,
}

impl Means {
    /// From the address alone, when no channel is said.
    pub(crate) fn guess(address: &str) -> Self {
        if address.contains('@') {
            Self::Mail
        } else if address.starts_with("http") {
            Self::Site
        } else if address.chars().filter(char::is_ascii_digit).count() >= 4 {
            Self::Phone
        } else {
            Self::Other
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Phone => "Téléphone",
            Self::Fax => "Télécopie",
            Self::Mail => "Courriel",
            Self::SecureMail => "Messagerie sécurisée de santé (entre professionnels)",
            Self::Site => "Site",
            Self::Other => "Contact",
        }
    }
}

impl askama::filters::HtmlSafe for Contacts {}

pub(super) fn examples() -> Vec<Example> {
    let contact = |means, about: &str, shown: &str, link: Option<&str>| Contact {
        means,
        about: about.to_owned(),
        shown: shown.to_owned(),
        link: link.map(str::to_owned),
    };
    let items = vec![
        contact(Means::Phone, "Secrétariat", "04\u{a0}65\u{a0}71\u{a0}62\u{a0}99", Some("tel:+33465716299")),
        contact(Means::SecureMail, "", "x@exemple.mssante.fr", None),
        contact(Means::Site, "", "www.example.fr", Some("https://www.example.fr")),
    ];
    examples_of("Contacts", [("trois moyens", Contacts { items }), ("aucun", Contacts::default())])
}

//! Who is signed in and as what they act, on every page: « agir en tant que … pour … » (D32).

use askama::Template;

use super::{Example, examples_of};

/// The line under the header.
#[derive(Clone, Debug, Template)]
#[template(path = "components/role/template.html")]
pub(crate) struct Role {
    pub(crate) person: String,
    pub(crate) profile: String,
    /// Where; empty for nowhere in particular.
    pub(crate) scope: String,
    /// In whose place.
    pub(crate) on_behalf_of: Option<String>,
}

impl askama::filters::HtmlSafe for Role {}

pub(super) fn examples() -> Vec<Example> {
    let role = Role {
        person: "Claire Moreau".to_owned(),
        profile: "Régulateur (SAMU, SAS)".to_owned(),
        scope: "Ain".to_owned(),
        on_behalf_of: None,
    };
    let delegate = Role {
        profile: "Professionnel de santé libéral".to_owned(),
        scope: String::new(),
        on_behalf_of: Some("Thomas Giraud".to_owned()),
        ..role.clone()
    };
    let hostile = Role { person: "<script>alert(1)</script>".to_owned(), ..role.clone() };
    examples_of("Rôle", [("un rôle et son périmètre", role), ("à la place de", delegate), ("texte hostile", hostile)])
}

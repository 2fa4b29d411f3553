//! Addresses of results: everything that is shown is in the address, so that it can be kept and sent.

use crate::components::notice::NoticeLink;
use crate::find::{Filters, RADII_KM};
use crate::needs::Kind;
use crate::pages::Context;
use crate::place::Candidate;
use crate::question::{Question, What};

/// Longest code of a filter.
const CODE_BYTES_MAX: usize = 8;

/// The address of a page of results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) what: String,
    pub(crate) place: String,
    pub(crate) kind: Option<Kind>,
    pub(crate) filters: Filters,
    pub(crate) page: usize,
}

impl Address {
    /// The address asked for, place apart from what.
    pub(super) fn of(context: &Context<'_>, asked: &Question<'_>) -> Self {
        Self {
            what: asked.what.typed.clone(),
            place: asked.place_typed.clone(),
            kind: kind(context),
            filters: filters(context),
            page: 1,
        }
    }

    /// As a link.
    pub(crate) fn href(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let mut add = |name: &str, value: &str| {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        };
        add("quoi", &self.what);
        add("ou", &self.place);
        add("genre", self.kind.map_or("", kind_name));
        add("champ", self.filters.field.as_deref().unwrap_or_default());
        add("mode", self.filters.mode.as_deref().unwrap_or_default());
        add("categorie", self.filters.category.as_deref().unwrap_or_default());
        add("rayon", &self.filters.radius_km.map(|radius| radius.to_string()).unwrap_or_default());
        if self.page > 1 {
            add("page", &self.page.to_string());
        }
        format!("/recherche?{}", query.finish())
    }
}

const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Offers => "offres",
        Kind::Structures => "structures",
    }
}

/// The other kind.
pub(super) const fn opposite(kind: Kind) -> Kind {
    match kind {
        Kind::Offers => Kind::Structures,
        Kind::Structures => Kind::Offers,
    }
}

/// The kind asked for, if any.
pub(super) fn kind(context: &Context<'_>) -> Option<Kind> {
    match context.parameter("genre") {
        "offres" => Some(Kind::Offers),
        "structures" => Some(Kind::Structures),
        _ => None,
    }
}

/// The filters asked for; what is no filter is left out.
pub(super) fn filters(context: &Context<'_>) -> Filters {
    let code = |name| {
        let value = context.parameter(name);
        let is_code = !value.is_empty()
            && value.len() <= CODE_BYTES_MAX
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_code.then(|| value.to_owned())
    };
    let radius = context.parameter("rayon").parse().ok().filter(|radius| RADII_KM.contains(radius));
    Filters { field: code("champ"), mode: code("mode"), category: code("categorie"), radius_km: radius }
}

/// The same question at each of these places.
pub(super) fn to_places(what: &What<'_>, candidates: &[Candidate]) -> Vec<NoticeLink> {
    let link = |candidate: &Candidate| NoticeLink {
        text: candidate.typed.clone(),
        hint: candidate.hint.clone(),
        href: Address { what: what.typed.clone(), place: candidate.typed.clone(), ..Address::default() }.href(),
    };
    candidates.iter().map(link).collect()
}

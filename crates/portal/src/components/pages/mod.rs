//! Turning pages, to the last one.

use askama::Template;

use super::{Example, examples_of};

/// Links to the page before, the page after and the two ends.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "components/pages/template.html")]
pub(crate) struct PageLinks {
    pub(crate) current: usize,
    pub(crate) last: usize,
    pub(crate) previous: Option<String>,
    pub(crate) next: Option<String>,
    /// The two ends, when they are neither this page nor beside it.
    pub(crate) first: Option<String>,
    pub(crate) end: Option<String>,
}

impl askama::filters::HtmlSafe for PageLinks {}

pub(super) fn examples() -> Vec<Example> {
    let link = |page| Some(format!("/recherche?quoi=irm&page={page}"));
    let middle = PageLinks { current: 2, last: 3, previous: link(1), next: link(3), ..PageLinks::default() };
    let far = PageLinks { current: 7, last: 520, previous: link(6), next: link(8), first: link(1), end: link(520) };
    let alone = PageLinks { current: 1, last: 1, ..PageLinks::default() };
    examples_of("Pages", [("au milieu", middle), ("loin des deux bouts", far), ("une seule : rien", alone)])
}

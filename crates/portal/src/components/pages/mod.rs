//! Turning pages.

use askama::Template;

use super::{Example, examples_of};

/// Links to the page before and the page after.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "components/pages/template.html")]
pub(crate) struct PageLinks {
    pub(crate) current: usize,
    pub(crate) last: usize,
    pub(crate) previous: Option<String>,
    pub(crate) next: Option<String>,
    /// Whether more is found than pages show; said on the last of them.
    pub(crate) is_cut: bool,
}

impl askama::filters::HtmlSafe for PageLinks {}

pub(super) fn examples() -> Vec<Example> {
    let link = |page| Some(format!("/recherche?quoi=irm&page={page}"));
    let middle = PageLinks { current: 2, last: 5, previous: link(1), next: link(3), is_cut: false };
    let cut = PageLinks { current: 50, last: 50, previous: link(49), next: None, is_cut: true };
    let alone = PageLinks { current: 1, last: 1, ..PageLinks::default() };
    examples_of("Pages", [("au milieu", middle), ("la dernière, sans tout montrer", cut), ("une seule : rien", alone)])
}

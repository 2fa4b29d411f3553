//! An address that leads nowhere: a page that searches.

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::{Context, Frame};
use crate::components::needs::NeedLinks;
use crate::components::search_form::SearchForm;
use crate::respond;

#[derive(Template)]
#[template(path = "pages/not_found/page.html")]
struct Page {
    frame: Frame,
    form: SearchForm,
    needs: NeedLinks,
}

/// The same whether the thing never was, is gone, or is hidden (D39).
pub(crate) fn page(context: &Context<'_>) -> Response<Body> {
    let page = Page {
        frame: context.frame("Page introuvable – ROR").not_indexed(),
        form: SearchForm { is_large: true, ..SearchForm::default() },
        needs: NeedLinks { items: super::home::common_needs(context) },
    };
    respond::page(StatusCode::NOT_FOUND, context.headers, &page)
}

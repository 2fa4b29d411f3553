//! What this site is, who answers for it, accessibility, privacy, sources.

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::{Context, Frame};
use crate::respond;

#[derive(Template)]
#[template(path = "pages/about/page.html")]
struct Page {
    frame: Frame,
}

pub(crate) fn page(context: &Context<'_>) -> Response<Body> {
    respond::page(StatusCode::OK, context.headers, &Page { frame: context.frame("À propos et mentions – ROR") })
}

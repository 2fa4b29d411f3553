//! After signing out.

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::{Context, Frame};
use crate::respond;

#[derive(Template)]
#[template(path = "pages/sign_out/page.html")]
struct Page {
    frame: Frame,
    is_signed_in: bool,
}

/// `/deconnexion`
pub(crate) fn page(context: &Context<'_>) -> Response<Body> {
    let frame = context.frame("Déconnexion – ROR").not_indexed();
    let is_signed_in = context.visitor.person().is_some();
    respond::private_page(StatusCode::OK, context.headers, &Page { frame, is_signed_in })
}

//! After signing out.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};

use super::{Context, Frame};
use crate::respond;

#[derive(Template)]
#[template(path = "pages/sign_out/page.html")]
struct Page {
    frame: Frame,
    is_signed_in: bool,
    /// Where the session that the provider keeps is ended.
    way_out: Option<String>,
}

/// `/deconnexion`
pub(crate) fn page(context: &Context<'_>) -> Response<Body> {
    let frame = context.frame("Déconnexion – ROR").not_indexed();
    let is_signed_in = context.visitor.person().is_some();
    respond::private_page(StatusCode::OK, context.headers, &Page { frame, is_signed_in, way_out: None })
}

/// Signed out here; the browser goes on by itself to where the provider's own session ends. A
/// redirection would not do: the policy of the page that held the form lets forms go nowhere else.
pub(crate) fn leave(context: &Context<'_>, way_out: &str) -> Response<Body> {
    let frame = Frame::new("Déconnexion – ROR", context.portal.assets, &context.portal.settings).not_indexed();
    let page = Page { frame, is_signed_in: false, way_out: Some(way_out.to_owned()) };
    let mut response = respond::private_page(StatusCode::OK, context.headers, &page);
    if let Ok(next) = HeaderValue::try_from(format!("0; url={way_out}")) {
        response.headers_mut().insert(HeaderName::from_static("refresh"), next);
    }
    response
}

//! A method that an address does not take: most pages are only read.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::Frame;
use crate::assets::Assets;
use crate::respond;
use crate::state::Settings;

#[derive(Template)]
#[template(path = "pages/not_allowed/page.html")]
struct Page {
    frame: Frame,
}

/// 405, with what is allowed.
pub(crate) fn page(headers: &HeaderMap, settings: &Settings, allowed: &'static str) -> Response<Body> {
    let frame = Frame::new("Demande refusée – ROR", Assets::embedded(), settings).not_indexed();
    let mut response = respond::page(StatusCode::METHOD_NOT_ALLOWED, headers, &Page { frame });
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

//! Too many requests from one address: when to come back (D61).

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::Frame;
use crate::assets::Assets;
use crate::french;
use crate::respond;
use crate::state::Settings;

#[derive(Template)]
#[template(path = "pages/throttled/page.html")]
struct Page {
    frame: Frame,
    wait: String,
}

/// 429, costing nothing to the directory.
pub(crate) fn page(headers: &HeaderMap, settings: &Settings, wait_s: u64) -> Response<Body> {
    let frame = Frame::new("Trop de demandes – ROR", Assets::embedded(), settings).not_indexed();
    let page = Page { frame, wait: french::count(wait_s, "seconde", "secondes") };
    let mut response = respond::page(StatusCode::TOO_MANY_REQUESTS, headers, &page);
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from(wait_s));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

//! While the data are being read: a page that says so and comes back by itself.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use super::Frame;
use crate::assets::Assets;
use crate::respond;
use crate::state::Settings;

/// When to come back, in seconds.
const RETRY_S: &str = "5";

#[derive(Template)]
#[template(path = "pages/starting/page.html")]
struct Page {
    frame: Frame,
}

/// 503, the same at every address. A browser asks again by itself, scripts or not.
pub(crate) fn page(headers: &HeaderMap, settings: &Settings) -> Response<Body> {
    // Which registers the data come from is not known yet.
    let settings = Settings { sources: Vec::new(), ..settings.clone() };
    let frame = Frame::new("Le service démarre – ROR", Assets::embedded(), &settings).not_indexed();
    let mut response = respond::page(StatusCode::SERVICE_UNAVAILABLE, headers, &Page { frame });
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_S));
    headers.insert(HeaderName::from_static("refresh"), HeaderValue::from_static(RETRY_S));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

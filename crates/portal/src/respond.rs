//! From a page to an HTTP answer: headers that protect, packing.

use std::io::Write as _;

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use crate::assets::Asset;

/// Nothing from elsewhere, nothing inline, no frame around (architecture §6).
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Shorter pages are sent as they are.
const WORTH_BYTES: usize = 1_024;

/// How a body may be packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Zstd,
    Gzip,
    None,
}

impl Packing {
    fn negotiate(headers: &HeaderMap) -> Self {
        let accepted = headers.get_all(header::ACCEPT_ENCODING);
        let takes = |name: &str| {
            accepted.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|part| {
                let mut pieces = part.split(';').map(str::trim);
                pieces.next() == Some(name) && pieces.all(|piece| !matches!(piece, "q=0" | "q=0.0"))
            })
        };
        if takes("zstd") {
            Self::Zstd
        } else if takes("gzip") {
            Self::Gzip
        } else {
            Self::None
        }
    }

    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Zstd => Some("zstd"),
            Self::Gzip => Some("gzip"),
            Self::None => None,
        }
    }
}

/// A page.
pub(crate) fn page(status: StatusCode, request: &HeaderMap, template: &impl Template) -> Response<Body> {
    match template.render() {
        Ok(text) => text_answer(status, request, "text/html; charset=utf-8", text.into_bytes()),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            failure()
        }
    }
}

/// A page for one person at one moment: with a form to take once, or a refusal. Nobody keeps it.
pub(crate) fn private_page(status: StatusCode, request: &HeaderMap, template: &impl Template) -> Response<Body> {
    let mut response = page(status, request, template);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.remove(header::ETAG);
    response
}

/// A JSON answer, for the script.
pub(crate) fn json(request: &HeaderMap, value: &serde_json::Value) -> Response<Body> {
    text_answer(StatusCode::OK, request, "application/json", value.to_string().into_bytes())
}

/// Another address, for this once.
pub(crate) fn redirect(to: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let Ok(to) = HeaderValue::from_str(to) else { return failure() };
    response.headers_mut().insert(header::LOCATION, to);
    protect(response.headers_mut());
    response
}

/// The icon under the name that browsers ask for: it may change, so it is asked about each day.
pub(crate) fn icon(request: &HeaderMap, icon: &Asset) -> Response<Body> {
    let mut response = asset(request, icon);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    response
}

/// A file of the portal, kept for a year: its name changes with its content.
pub(crate) fn asset(request: &HeaderMap, asset: &Asset) -> Response<Body> {
    let packing = Packing::negotiate(request);
    let body = match packing {
        Packing::Zstd => &asset.zstd,
        Packing::Gzip => &asset.gzip,
        Packing::None => &asset.plain,
    };
    let mut response = Response::new(Body::from(body.clone()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    say_packing(headers, packing);
    protect(headers);
    response
}

/// When even a page cannot be made: plain words, nothing of what failed.
pub(crate) fn failure() -> Response<Body> {
    let text = "<!doctype html><html lang=\"fr\"><meta charset=\"utf-8\"><title>Erreur</title>\
        <h1>Cette page n’a pas pu être préparée</h1><p>L’incident est enregistré. Réessayez dans un instant, ou \
        <a href=\"/\">revenez à l’accueil</a>.</p></html>";
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    protect(headers);
    response
}

fn text_answer(status: StatusCode, request: &HeaderMap, kind: &'static str, body: Vec<u8>) -> Response<Body> {
    let packing = if body.len() > WORTH_BYTES { Packing::negotiate(request) } else { Packing::None };
    let tag = (status == StatusCode::OK).then(|| tag(&body));
    let is_held = tag.as_deref().is_some_and(|tag| holds(request, tag));
    let body = if is_held { Vec::new() } else { pack(body, packing) };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = if is_held { StatusCode::NOT_MODIFIED } else { status };
    let headers = response.headers_mut();
    if let Some(tag) = tag.and_then(|tag| HeaderValue::try_from(tag).ok()) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static("fr"));
    // Kept by the browser, asked about again each time: what becomes hidden disappears at once.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    say_packing(headers, if is_held { Packing::None } else { packing });
    protect(headers);
    response
}

/// The tag of a page: weak, since it is the same however the page is packed.
fn tag(body: &[u8]) -> String {
    let hash = digest(&SHA256, body);
    let hash = hash.as_ref().iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("W/\"{hash:016x}\"")
}

/// Whether the browser holds that very page (RFC 9110 §13.1.2: the comparison is weak).
fn holds(request: &HeaderMap, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let asked = request.get_all(header::IF_NONE_MATCH);
    let mut tags = asked.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    tags.any(|held| held.trim() == "*" || bare(held) == bare(tag))
}

fn pack(body: Vec<u8>, packing: Packing) -> Vec<u8> {
    match packing {
        Packing::Zstd => zstd::bulk::compress(&body, 3).unwrap_or(body),
        Packing::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(4));
            encoder.write_all(&body).expect("writing to memory");
            encoder.finish().expect("writing to memory")
        }
        Packing::None => body,
    }
}

fn say_packing(headers: &mut HeaderMap, packing: Packing) {
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(name) = packing.name() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
}

fn protect(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    let features = HeaderName::from_static("permissions-policy");
    headers.insert(features, HeaderValue::from_static("geolocation=(self), camera=(), microphone=()"));
    for name in ["cross-origin-opener-policy", "cross-origin-resource-policy"] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static("same-origin"));
    }
}

//! An answer, until it is sent.

use std::io::Write as _;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use ror_fhir::{Instant, Node};
use ror_index::Hit;

use crate::compression;
use crate::export::Download;
use crate::negotiation::{Encoding, Format};
use crate::outcome::Fault;
use crate::trace::Disclosed;

/// Status, headers and one buffer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// How many resources it carries, for logs.
    pub(crate) count: usize,
    /// What it holds that has its reading kept.
    pub(crate) disclosed: Option<Box<Disclosed>>,
    /// What the body is, when it is no FHIR resource.
    pub(crate) media: Option<HeaderValue>,
    /// A body that is written while it leaves, in the place of `body`.
    pub(crate) download: Option<Download>,
    /// What the body is packed with already.
    packed: Option<Encoding>,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, body: Vec<u8>) -> Self {
        let headers = HeaderMap::with_capacity(12);
        Self { status, headers, body, count: 0, disclosed: None, media: None, download: None, packed: None }
    }

    pub(crate) fn ok(body: Vec<u8>) -> Self {
        Self::new(StatusCode::OK, body)
    }

    pub(crate) fn node(node: &Node) -> Self {
        Self::ok(node.to_bytes())
    }

    pub(crate) fn fault(fault: &Fault) -> Self {
        let mut answer = Self::new(fault.status, fault.to_node().to_bytes());
        answer.headers.extend(fault.headers.iter().cloned());
        answer
    }

    pub(crate) fn with_count(self, count: usize) -> Self {
        Self { count, ..self }
    }

    /// Says what it holds of `hit` that has its reading kept.
    pub(crate) fn disclosing(self, hit: &Hit) -> Self {
        let mut disclosed = Disclosed::default();
        disclosed.note(hit);
        Self { disclosed: disclosed.some(), ..self }
    }

    /// `ETag` and `Last-Modified` of a resource as this audience sees it (D28).
    pub(crate) fn with_version(mut self, version: u32, updated: Instant) -> Self {
        self.headers.insert(header::ETAG, etag(version));
        if let Some(date) = http_date(updated) {
            self.headers.insert(header::LAST_MODIFIED, date);
        }
        self
    }

    /// Packs the body when that is worth it; once.
    pub(crate) fn pack(&mut self, encoding: Option<Encoding>) {
        let Some(encoding) = encoding.filter(|_| self.packed.is_none()) else { return };
        if let Some(packed) = compression::pack(&self.body, encoding) {
            self.body = packed;
            self.packed = Some(encoding);
            self.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
        }
    }

    /// The HTTP response; to HEAD, the same without its body.
    pub(crate) fn send(mut self, format: Format, is_head: bool) -> Response<Body> {
        let headers = &mut self.headers;
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static("fr"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Encoding, Authorization"));
        if !self.body.is_empty() || self.download.is_some() {
            headers.insert(header::CONTENT_TYPE, self.media.unwrap_or_else(|| format.content_type()));
        }
        if is_head && self.status != StatusCode::NOT_MODIFIED && self.download.is_none() {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(self.body.len()));
        }
        let body = match self.download {
            _ if is_head => Body::empty(),
            Some(download) => Body::new(download),
            None => Body::from(self.body),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// A JSON answer outside FHIR: tokens, keys.
pub(crate) fn json(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// An answer that is only a status.
pub(crate) fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// `W/"n"`: weak, because packing and `_elements` give other bytes of the same version.
pub(crate) fn etag(version: u32) -> HeaderValue {
    let mut tag = [0; 14];
    let mut rest = &mut tag[..];
    write!(rest, "W/\"{version}\"").expect("ten digits at most");
    let free = rest.len();
    HeaderValue::from_bytes(&tag[..14 - free]).expect("digits between quotes")
}

/// A date as HTTP writes it (RFC 9110 §5.6.7); `None` before 1970.
pub(crate) fn http_date(instant: Instant) -> Option<HeaderValue> {
    let since = std::time::Duration::from_millis(u64::try_from(instant).ok()?);
    // The formatter knows nothing after the year 9999.
    let time = std::time::UNIX_EPOCH.checked_add(since).filter(|_| since.as_secs() < 253_402_300_800)?;
    HeaderValue::from_str(&httpdate::fmt_http_date(time)).ok()
}

/// Whether `If-None-Match` names this version: then the client has it already.
pub(crate) fn is_known(headers: &HeaderMap, hit: &Hit) -> bool {
    let mut tags = crate::negotiation::list(headers, &header::IF_NONE_MATCH).peekable();
    if tags.peek().is_none() {
        return false;
    }
    let version = hit.version().to_string();
    let names = |tag: &str| {
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        tag == "*" || tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')) == Some(version.as_str())
    };
    tags.any(names)
}

/// Name of the header that carries the correlation number.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_http_wants_them() {
        let date = |instant| http_date(instant).map(|date| date.to_str().expect("ASCII").to_owned());
        assert_eq!(date(1_767_225_600_123).as_deref(), Some("Thu, 01 Jan 2026 00:00:00 GMT"));
        assert_eq!(date(-1), None);
        assert_eq!(date(i64::MAX), None);
    }
}

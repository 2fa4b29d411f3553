//! What people send: read with limits, refused when it comes from another site.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};

/// Longest form, in bytes.
const FORM_BYTES_MAX: usize = 16 * 1_024;
/// How long a form may take to come.
const FORM_TIME: Duration = Duration::from_secs(30);
/// Most fields of a form.
const FIELDS_MAX: usize = 32;

/// A form that was read.
#[derive(Debug, Default)]
pub(crate) struct Form {
    pub(crate) fields: Vec<(String, String)>,
}

/// Why a form was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unread {
    pub(crate) status: StatusCode,
    pub(crate) why: &'static str,
}

impl Form {
    /// The form of a request.
    pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, Unread> {
        let unread = |status, why| Err(Unread { status, why });
        if !is_from_here(headers) {
            return unread(StatusCode::FORBIDDEN, "cette demande vient d’un autre site");
        }
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return unread(StatusCode::UNSUPPORTED_MEDIA_TYPE, "un formulaire était attendu");
        }
        let Ok(read) = tokio::time::timeout(FORM_TIME, to_bytes(body, FORM_BYTES_MAX)).await else {
            return unread(StatusCode::REQUEST_TIMEOUT, "ce formulaire n’est pas arrivé à temps");
        };
        let Ok(bytes) = read else {
            return unread(StatusCode::PAYLOAD_TOO_LARGE, "ce formulaire est trop long");
        };
        Ok(Self { fields: form_urlencoded::parse(&bytes).into_owned().take(FIELDS_MAX).collect() })
    }

    /// The value of a field; empty when it is absent or stands twice.
    pub(crate) fn field(&self, name: &str) -> &str {
        let mut values = self.fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let value = values.next().unwrap_or_default();
        if values.next().is_some() { "" } else { value }
    }
}

/// Whether a browser says that its page was ours. One that says nothing is not refused for it: the
/// token of the form decides.
fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    let host = text("host").unwrap_or_default();
    text("origin").is_none_or(|origin| origin.split_once("://").is_some_and(|(_, from)| from == host))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn a_form_of_another_site_is_refused() {
        let host = ("host", "ror.example");
        for (said, expected) in [
            (vec![host], true),
            (vec![host, ("origin", "https://ror.example"), ("sec-fetch-site", "same-origin")], true),
            (vec![host, ("origin", "https://evil.example")], false),
            (vec![host, ("origin", "https://ror.example.evil.example")], false),
            (vec![host, ("origin", "null")], false),
            (vec![host, ("origin", "https://ror.example"), ("sec-fetch-site", "cross-site")], false),
            (vec![host, ("sec-fetch-site", "same-site")], false),
        ] {
            assert_eq!(is_from_here(&headers(&said)), expected, "{said:?}");
        }
    }

    #[test]
    fn a_field_that_stands_twice_says_nothing() {
        let fields = [("a", "1"), ("b", "2"), ("a", "3")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let form = Form { fields: fields.to_vec() };
        assert_eq!((form.field("a"), form.field("b"), form.field("c")), ("", "2", ""));
    }
}

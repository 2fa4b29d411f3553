//! In which form to answer: `Accept`, `_format`, `Accept-Encoding`, `Prefer` (D16, D17).

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use ror_search::Handling;

/// The JSON media type of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// `application/fhir+json`
    #[default]
    Fhir,
    /// `application/json`, for a client that takes nothing else.
    Json,
}

impl Format {
    pub(crate) const fn content_type(self) -> HeaderValue {
        match self {
            Self::Fhir => HeaderValue::from_static("application/fhir+json;charset=utf-8"),
            Self::Json => HeaderValue::from_static("application/json;charset=utf-8"),
        }
    }

    /// The format asked for; `_format` wins over `Accept`. `None` is a 406.
    pub(crate) fn negotiate(headers: &HeaderMap, format: Option<&str>) -> Option<Self> {
        if let Some(written) = format {
            // A raw `+` of an address is read as a space.
            return match written.replace(' ', "+").to_ascii_lowercase().as_str() {
                "json" | "application/fhir+json" => Some(Self::Fhir),
                "application/json" | "text/json" => Some(Self::Json),
                _ => None,
            };
        }
        let mut best: Option<(f32, Self)> = None;
        let mut any = false;
        for item in list(headers, &header::ACCEPT) {
            any = true;
            let Some((quality, format)) = media_range(item) else { continue };
            // The first of equals wins, but fhir+json over its generic form.
            let better = best.is_none_or(|(known, kept)| {
                quality > known || (quality >= known && format == Self::Fhir && kept == Self::Json)
            });
            if quality > 0.0 && better {
                best = Some((quality, format));
            }
        }
        if any { best.map(|(_, format)| format) } else { Some(Self::Fhir) }
    }
}

/// One entry of `Accept` that we can serve, with its weight.
fn media_range(item: &str) -> Option<(f32, Format)> {
    let mut parts = item.split(';').map(str::trim);
    let format = match parts.next()?.to_ascii_lowercase().as_str() {
        "*/*" | "application/*" | "application/fhir+json" => Format::Fhir,
        "application/json" => Format::Json,
        _ => return None,
    };
    let mut quality = 1.0;
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "q" => quality = value.trim().parse().unwrap_or(0.0),
            "fhirversion" if !matches!(value.trim(), "4.0" | "4.0.1") => return None,
            _ => {}
        }
    }
    Some((quality, format))
}

/// How to pack an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// RFC 8878; preferred.
    Zstd,
    /// RFC 1952.
    Gzip,
}

impl Encoding {
    /// The packing that the client takes; `None` for none.
    pub(crate) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let mut found = None;
        for item in list(headers, &header::ACCEPT_ENCODING) {
            let (name, weight) = item.split_once(';').unwrap_or((item, ""));
            let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse::<f32>() == Ok(0.0));
            match name.trim().to_ascii_lowercase().as_str() {
                "zstd" if !refused => return Some(Self::Zstd),
                "gzip" | "x-gzip" if !refused => found = Some(Self::Gzip),
                _ => {}
            }
        }
        found
    }
}

/// What a write answers (FHIR R4 §3.1.0.1.5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Return {
    /// The resource as stored.
    #[default]
    Representation,
    /// Nothing.
    Minimal,
    /// An OperationOutcome.
    Outcome,
}

/// The `Prefer` header, as far as it is understood; the rest is a wish and may be left (RFC 7240).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prefer {
    pub(crate) handling: Handling,
    pub(crate) returning: Return,
}

impl Prefer {
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        const PREFER: HeaderName = HeaderName::from_static("prefer");
        let mut prefer = Self::default();
        for item in list(headers, &PREFER).flat_map(|item| item.split(';')) {
            match item.trim().to_ascii_lowercase().as_str() {
                "handling=strict" => prefer.handling = Handling::Strict,
                "handling=lenient" => prefer.handling = Handling::Lenient,
                "return=minimal" => prefer.returning = Return::Minimal,
                "return=representation" => prefer.returning = Return::Representation,
                "return=operationoutcome" => prefer.returning = Return::Outcome,
                _ => {}
            }
        }
        prefer
    }
}

/// The items of a comma-separated header, over all its lines.
pub(crate) fn list<'a>(headers: &'a HeaderMap, name: &'a HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|item| !item.is_empty())
}

/// Whether a body announced so is JSON that we read: `application/fhir+json` or `application/json`, in UTF-8.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    is_type(headers, &["application/fhir+json", "application/json"])
}

/// Whether a body is announced as packed: none is unpacked, since a small one could hide a large one.
pub(crate) fn is_packed(headers: &HeaderMap) -> bool {
    list(headers, &header::CONTENT_ENCODING).any(|encoding| !encoding.eq_ignore_ascii_case("identity"))
}

/// Whether a body announced so is a form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    is_type(headers, &["application/x-www-form-urlencoded"])
}

fn is_type(headers: &HeaderMap, known: &[&str]) -> bool {
    let Some(written) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let mut parts = written.split(';').map(str::trim);
    let is_known = parts.next().is_some_and(|name| known.iter().any(|known| name.eq_ignore_ascii_case(known)));
    is_known
        && parts.all(|part| match part.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).expect("a header value"))])
    }

    #[test]
    fn d16_accept_decides_and_format_wins() {
        use Format::{Fhir, Json};
        let cases = [
            ("*/*", None, Some(Fhir)),
            ("application/fhir+json", None, Some(Fhir)),
            ("application/json", None, Some(Json)),
            ("application/json, application/fhir+json", None, Some(Fhir)),
            ("application/json;q=0.9, application/fhir+json;q=0.1", None, Some(Json)),
            ("application/fhir+json;fhirVersion=4.0", None, Some(Fhir)),
            ("application/fhir+json; fhirVersion=5.0", None, None),
            ("text/html, application/xhtml+xml, */*;q=0.8", None, Some(Fhir)),
            ("application/fhir+xml", None, None),
            ("text/html", None, None),
            ("application/json;q=0", None, None),
            ("application/fhir+xml", Some("json"), Some(Fhir)),
            ("application/fhir+xml", Some("application/fhir json"), Some(Fhir)),
            ("*/*", Some("application/json"), Some(Json)),
            ("*/*", Some("xml"), None),
            ("*/*", Some(""), None),
        ];
        for (accept, format, expected) in cases {
            assert_eq!(Format::negotiate(&headers(header::ACCEPT, accept), format), expected, "{accept} {format:?}");
        }
        assert_eq!(Format::negotiate(&HeaderMap::new(), None), Some(Fhir));
    }

    #[test]
    fn zstd_is_preferred_and_a_zero_weight_refuses() {
        let cases = [
            ("gzip, deflate, br, zstd", Some(Encoding::Zstd)),
            ("gzip;q=1.0", Some(Encoding::Gzip)),
            ("zstd;q=0, gzip", Some(Encoding::Gzip)),
            ("gzip; q=0", None),
            ("br", None),
            ("*", None),
        ];
        for (accept, expected) in cases {
            assert_eq!(Encoding::negotiate(&headers(header::ACCEPT_ENCODING, accept)), expected, "{accept}");
        }
    }

    #[test]
    fn prefer_is_read_and_what_is_unknown_is_left() {
        let prefer =
            Prefer::read(&headers(HeaderName::from_static("prefer"), "respond-async, handling=strict; return=minimal"));
        assert_eq!(prefer, Prefer { handling: Handling::Strict, returning: Return::Minimal });
    }

    #[test]
    fn a_body_is_json_in_utf8_or_it_is_refused() {
        let cases = [
            ("application/fhir+json", true),
            ("Application/JSON; charset=\"UTF-8\"", true),
            ("application/fhir+json; fhirVersion=4.0", true),
            ("application/json; charset=iso-8859-1", false),
            ("application/fhir+xml", false),
            ("text/plain", false),
        ];
        for (written, expected) in cases {
            assert_eq!(is_json(&headers(header::CONTENT_TYPE, written)), expected, "{written}");
        }
    }
}

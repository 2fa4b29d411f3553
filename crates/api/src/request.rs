//! Reading a request: parameters, host, body.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use http_body_util::BodyExt as _;
use percent_encoding::percent_decode;
use ror_fhir::Node;

use crate::negotiation;
use crate::outcome::{Fault, Issue};

/// Longest body of a resource, in bytes (D41).
pub(crate) const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// A body too long is read and thrown away up to here, so that its sender can read the answer.
const DRAINED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Parameters in one request.
const PAIRS_MAX: usize = 500;

/// A piece of an address that is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// A `%` without two hexadecimal digits.
    Percent,
    /// Bytes that are not UTF-8.
    Utf8,
    /// A control character.
    Control,
}

impl DecodeError {
    const fn reason(self) -> &'static str {
        match self {
            Self::Percent => "« % » doit être suivi de deux chiffres hexadécimaux",
            Self::Utf8 => "le texte n'est pas en UTF-8",
            Self::Control => "un caractère de commande n'y a pas sa place",
        }
    }

    pub(crate) fn in_path(self) -> Fault {
        Fault::invalid("undecodable-address", format!("Adresse illisible : {}.", self.reason()))
    }

    fn in_query(self) -> Fault {
        Fault::invalid("undecodable-parameters", format!("Paramètres illisibles : {}.", self.reason()))
    }
}

/// Decodes one piece of an address; in a query or a form, `+` is a space.
pub(crate) fn decode(text: &str, plus_is_space: bool) -> Result<Cow<'_, str>, DecodeError> {
    let text: Cow<'_, str> =
        if plus_is_space && text.contains('+') { text.replace('+', " ").into() } else { text.into() };
    let text = if text.contains('%') { percent(&text)?.into() } else { text };
    if text.chars().any(char::is_control) { Err(DecodeError::Control) } else { Ok(text) }
}

fn percent(text: &str) -> Result<String, DecodeError> {
    let bytes = text.as_bytes();
    let is_escape =
        |at: usize| matches!(bytes.get(at + 1..at + 3), Some([a, b]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
    if (0..bytes.len()).any(|at| bytes[at] == b'%' && !is_escape(at)) {
        return Err(DecodeError::Percent);
    }
    percent_decode(bytes).decode_utf8().map(Cow::into_owned).map_err(|_| DecodeError::Utf8)
}

/// The parameters of a query string or a form, decoded, in their order.
///
/// # Errors
/// 400: an escape that is none, bytes that are not UTF-8, control characters, too many.
pub(crate) fn pairs(text: &str) -> Result<Vec<(String, String)>, Fault> {
    let mut pairs = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        if pairs.len() == PAIRS_MAX {
            return Err(Fault::invalid("too-many-parameters", format!("Plus de {PAIRS_MAX} paramètres.")));
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let read = |text| decode(text, true).map(Cow::into_owned).map_err(DecodeError::in_query);
        pairs.push((read(name)?, read(value)?));
    }
    Ok(pairs)
}

/// The value of a parameter given once; the last one wins when it is repeated.
pub(crate) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Refuses what an address without search parameters does not know.
pub(crate) fn only(pairs: &[(String, String)], known: &[&str]) -> Result<(), Fault> {
    let unknown: Vec<Issue> = pairs
        .iter()
        .filter(|(name, _)| !known.contains(&name.as_str()))
        .map(|(name, _)| {
            let text = format!("Paramètre inconnu ici ; admis : {}.", known.join(", "));
            let name: String = name.chars().take(80).collect();
            Issue::error("invalid", "invalid-parameter", text).at(name)
        })
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(Fault::all(StatusCode::BAD_REQUEST, unknown)) }
}

/// `scheme://host[:port]` under which this request came, and the base path: for links.
///
/// Forwarding headers are not read: anyone can send them.
///
/// # Errors
/// 400 when the host is missing or is more than a name or an address with a port: it is
/// written into answers.
pub(crate) fn address(headers: &HeaderMap, uri: &Uri, https: bool, base: &str) -> Result<String, Fault> {
    let host = match uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => headers.get(header::HOST).and_then(|host| host.to_str().ok()),
    };
    let host = host.filter(|host| is_host(host)).ok_or_else(|| {
        Fault::invalid_at("invalid-host", "Host", "En-tête Host absent ou illisible ; attendu : hôte[:port].")
    })?;
    Ok([if https { "https://" } else { "http://" }, host, base].concat())
}

fn is_host(text: &str) -> bool {
    let (name, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) if address.parse::<std::net::Ipv6Addr>().is_ok() => (None, port),
            _ => return false,
        },
        None => text.split_once(':').map_or((Some(text), ""), |(name, _)| (Some(name), &text[name.len()..])),
    };
    let is_name = |name: &str| {
        (1..=253).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
    };
    name.is_none_or(is_name) && (port.is_empty() || port.strip_prefix(':').is_some_and(|p| p.parse::<u16>().is_ok()))
}

/// Reads a whole body.
///
/// # Errors
/// 413 above `max` bytes, 408 when it takes longer than `time`, 400 when it breaks off.
pub(crate) async fn body(mut body: Body, max: usize, time: Duration) -> Result<Vec<u8>, Fault> {
    let read = async {
        let mut text = Vec::new();
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let broken = |_| Fault::invalid("body-broken-off", "Le corps de la requête s'est interrompu.");
            let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
            length += data.len();
            if length > DRAINED_BYTES_MAX {
                break;
            }
            if length <= max {
                text.extend_from_slice(&data);
            } else {
                text = Vec::new();
            }
        }
        if length > max { Err(Fault::too_long(max)) } else { Ok(text) }
    };
    tokio::time::timeout(time, read).await.unwrap_or_else(|_| Err(Fault::too_slow()))
}

/// Reads a body of JSON.
///
/// # Errors
/// Those of [`body`], 415 when it is announced as something else, 400 with line and column.
pub(crate) async fn json(headers: &HeaderMap, content: Body, time: Duration) -> Result<Node, Fault> {
    if !negotiation::is_json(headers) || negotiation::is_packed(headers) {
        return Err(Fault::media_type("application/fhir+json en UTF-8"));
    }
    let text = body(content, BODY_BYTES_MAX, time).await?;
    Node::parse(&text).map_err(|error| Fault::json(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_strictly() {
        let cases = [
            ("a=1&a=2", Some(vec![("a", "1"), ("a", "2")])),
            ("specialty=s%7C1&specialty=s|1", Some(vec![("specialty", "s|1"), ("specialty", "s|1")])),
            ("name%3Acontains=h%C3%B4p+b", Some(vec![("name:contains", "hôp b")])),
            ("a&&b=", Some(vec![("a", ""), ("b", "")])),
            ("d=2026-01-31T23:59:59%2B01:00", Some(vec![("d", "2026-01-31T23:59:59+01:00")])),
            ("", Some(vec![])),
            ("a=%zz", None),
            ("a=%", None),
            ("a=%2", None),
            ("a=%ff", None),
            ("a=%00", None),
            ("%0a=1", None),
        ];
        for (text, expected) in cases {
            let read = pairs(text).ok();
            let expected = expected
                .map(|pairs| pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
            assert_eq!(read, expected, "{text}");
        }
        assert!(pairs(&"a=1&".repeat(PAIRS_MAX + 1)).is_err());
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_a_port() {
        for host in ["localhost", "127.0.0.1:8080", "ror.exemple.fr", "[::1]:80", "[::1]", "a_b:1"] {
            assert!(is_host(host), "{host}");
        }
        for host in ["", "a b", "a/b", "a@b", "a:b", "a:99999", "a:1:2", "[::1", "[x]", "é", "\"><script>", ":80"] {
            assert!(!is_host(host), "{host}");
        }
    }
}

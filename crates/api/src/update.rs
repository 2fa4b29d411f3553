//! Update of a whole resource (FHIR R4 §3.1.0.4).

use axum::body::Body;
use axum::http::{HeaderMap, header};
use ror_directory::{Change, may_write_some};
use ror_search::ResourceType;

use crate::answer::Answer;
use crate::call::Call;
use crate::outcome::Fault;
use crate::write;

/// Puts a whole resource in the place of the former one; 404 when there is none (D41).
///
/// # Errors
/// 403 or 404 for a client without right (D81), before anything of the body is read.
pub(crate) async fn update(call: Call, content: Body, rtype: ResourceType, id: String) -> Result<Answer, Fault> {
    let is_seen = call.state.inner.services.directory.snapshot().view(&call.grant).read(rtype, &id).is_some();
    if !may_write_some(&call.grant, rtype) {
        return Err(if is_seen { Fault::forbidden() } else { Fault::not_found() });
    }
    let if_match = if_match(&call.headers)?;
    let resource = write::resource(&call, content, rtype).await?;
    let at = format!("{rtype}.id");
    match resource.str("id") {
        Some(written) if written == id => {}
        Some(_) => return Err(Fault::invalid_at("wrong-id", &at, "L'id du corps n'est pas celui de l'adresse.")),
        None => return Err(Fault::invalid_at("wrong-id", &at, "L'id de l'adresse est attendu aussi dans le corps.")),
    }
    write::apply(call, Change::Update { rtype, id, resource, if_match }).await
}

/// The version that the resource must have now, as this audience numbers it (D28).
fn if_match(headers: &HeaderMap) -> Result<Option<u32>, Fault> {
    let mut values = headers.get_all(header::IF_MATCH).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().unwrap_or("").trim();
    if text == "*" && values.next().is_none() {
        return Ok(None);
    }
    let tag = text.strip_prefix("W/").unwrap_or(text);
    let version = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match version.filter(is_number).and_then(|text| text.parse().ok()) {
        Some(version) if values.next().is_none() => Ok(Some(version)),
        _ => Err(Fault::invalid_at("invalid-if-match", "If-Match", "Un ETag est attendu, comme W/\"3\".")),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn if_match_is_one_etag() {
        let cases = [
            ("W/\"3\"", Some(Some(3))),
            ("\"3\"", Some(Some(3))),
            ("*", Some(None)),
            ("3", None),
            ("W/\"\"", None),
            ("W/\"+3\"", None),
            ("W/\"3\", W/\"4\"", None),
            ("W/\"99999999999\"", None),
        ];
        for (text, expected) in cases {
            let headers = HeaderMap::from_iter([(header::IF_MATCH, HeaderValue::from_static(text))]);
            assert_eq!(if_match(&headers).ok(), expected, "{text}");
        }
        assert_eq!(if_match(&HeaderMap::new()).ok(), Some(None));
    }
}

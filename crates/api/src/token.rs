//! The token address and the keys (D60). Errors are those of RFC 6749, not OperationOutcomes.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use ror_identity::Shown;

use crate::answer::{bare, json};
use crate::limits::Caller;
use crate::negotiation;
use crate::peer::Presented;
use crate::request;
use crate::state::ApiState;

/// Path of the token address, as at the national service.
pub(crate) const TOKEN_PATH: &str = "/auth/realms/ror/protocol/openid-connect/token";
/// Path of the public keys.
pub(crate) const CERTS_PATH: &str = "/auth/realms/ror/protocol/openid-connect/certs";
/// A form of a few fields.
const FORM_BYTES_MAX: usize = 16 * 1_024;

/// Which client a request for a token named, and why it was refused: for its trace.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) client: Option<String>,
    pub(crate) reason: &'static str,
}

/// The `Authorization` of a request; `None` when it has none.
///
/// What is no text, and a header that stands twice, is nothing that could be read, but it is not
/// "none" (D60): the one that counts would depend on who reads.
pub(crate) fn authorization(headers: &HeaderMap) -> Option<&str> {
    const UNREADABLE: &str = "Bearer ?";
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().unwrap_or(UNREADABLE);
    Some(if values.next().is_some() { UNREADABLE } else { value })
}

/// Gives a token for good credentials. Callers are counted by address: guessing costs time.
pub(crate) async fn token(state: &ApiState, peer: Option<SocketAddr>, parts: &Parts, content: Body) -> Response<Body> {
    let Parts { method, headers, extensions, .. } = parts;
    if method != Method::POST {
        let mut response = error(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "POST attendu");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    let _permit =
        match peer.filter(|peer| !state.is_trusted(*peer)).map(|peer| state.inner.limiter.enter(Caller::at(peer.ip())))
        {
            Some(Err(refused)) => {
                let mut response = error(refused.status, "slow_down", "trop de demandes");
                response.headers_mut().extend(refused.headers);
                return response;
            }
            Some(Ok(permit)) => Some(permit),
            None => None,
        };
    if !negotiation::is_form(headers) {
        let text = "un formulaire application/x-www-form-urlencoded est attendu";
        return error(StatusCode::BAD_REQUEST, "invalid_request", text);
    }
    let read = request::body(content, FORM_BYTES_MAX, state.inner.settings.limits.body_time).await;
    let text = match read.map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return error(StatusCode::BAD_REQUEST, "invalid_request", "formulaire illisible"),
        Err(fault) => return error(fault.status, "invalid_request", "formulaire trop long ou interrompu"),
    };
    let Ok(form) = request::pairs(&text) else {
        return error(StatusCode::BAD_REQUEST, "invalid_request", "formulaire illisible");
    };
    let client = request::value(&form, "client_id").map(str::to_owned);
    let authorization = authorization(headers).map(str::to_owned);
    let client = client.or_else(|| ror_identity::basic_client(authorization.as_deref()?));
    let shown = extensions.get::<Arc<Presented>>().map(Arc::clone);
    let task = {
        let state = state.clone();
        let now = state.now();
        // The register is read from the disk.
        tokio::task::spawn_blocking(move || {
            let security = state.inner.settings.security.as_deref();
            let shown = shown.as_ref().map_or(Shown::Nothing, |shown| shown.now(security, now));
            state.inner.services.identity.token(&form, authorization.as_deref(), shown, now)
        })
    };
    let mut reason = "";
    let mut response = match task.await {
        Ok(Ok(granted)) => json(StatusCode::OK, granted.to_json()),
        Ok(Err(refused)) => {
            reason = refused.code();
            let status = StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::BAD_REQUEST);
            let mut response = json(status, refused.to_json());
            if let Some(challenge) = refused.www_authenticate() {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            response
        }
        Err(_) => error(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "erreur interne"),
    };
    response.extensions_mut().insert(Named { client, reason });
    response
}

/// The public keys under which our tokens are checked (RFC 7517).
pub(crate) fn certs(state: &ApiState, method: &Method) -> Response<Body> {
    if method != Method::GET && method != Method::HEAD {
        let mut response = bare(StatusCode::METHOD_NOT_ALLOWED);
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let mut response = json(StatusCode::OK, state.inner.services.identity.jwks());
    // A key is published for longer than that before it signs.
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    headers.remove(header::PRAGMA);
    response
}

pub(crate) fn error(status: StatusCode, code: &str, description: &str) -> Response<Body> {
    json(status, serde_json::json!({ "error": code, "error_description": description }).to_string())
}

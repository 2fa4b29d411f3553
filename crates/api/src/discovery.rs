//! What signs tokens and how to ask for one, described for programs (OpenID Connect Discovery 1.0,
//! RFC 8414, RFC 8705 §3.3).

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};

use crate::answer::{bare, json};
use crate::request;
use crate::state::ApiState;
use crate::token::{CERTS_PATH, TOKEN_PATH};

/// Where it is looked for: below the realm as at the national service, and at the root.
pub(crate) const PATHS: [&str; 2] =
    ["/auth/realms/ror/.well-known/openid-configuration", "/.well-known/openid-configuration"];

/// The description, with the addresses under which this request came.
pub(crate) fn describe(state: &ApiState, request: &Request) -> Response<Body> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut response = bare(StatusCode::METHOD_NOT_ALLOWED);
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let settings = &state.inner.settings;
    let Ok(base) = request::address(request.headers(), request.uri(), settings.https, "") else {
        return bare(StatusCode::BAD_REQUEST);
    };
    let takes_certificates = settings.security.as_ref().is_some_and(|security| security.asks_for_certificates());
    let mut ways = vec!["client_secret_post", "client_secret_basic"];
    ways.extend(takes_certificates.then_some("tls_client_auth"));
    let text = serde_json::json!({
        "issuer": state.inner.services.identity.settings().issuer,
        "token_endpoint": format!("{base}{TOKEN_PATH}"),
        "jwks_uri": format!("{base}{CERTS_PATH}"),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ways,
        "tls_client_certificate_bound_access_tokens": takes_certificates,
    });
    json(StatusCode::OK, text.to_string())
}

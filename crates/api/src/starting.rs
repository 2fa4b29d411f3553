//! The addresses of the API while the data are being read: alive, not ready, come back soon.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use axum::routing::{any, get};

use crate::answer::{Answer, bare};
use crate::negotiation::Format;
use crate::outcome::Fault;
use crate::route::{FULL_BASES, RESERVED_BASES};
use crate::token;

/// When to come back, in seconds: a national directory is read in a few.
const RETRY_S: &str = "5";

/// What answers in the place of a [`crate::Site`] until there is a directory: `/healthz` 200,
/// `/readyz` and `/metrics` 503, FHIR 503 with an OperationOutcome (`transient`), the token
/// address 503 in the form of RFC 6749. All say when to come back.
pub fn starting() -> Router {
    let mut router = Router::new()
        .route("/healthz", get(async || bare(StatusCode::OK)))
        .route("/readyz", get(async || later(bare(StatusCode::SERVICE_UNAVAILABLE))))
        .route("/metrics", get(async || later(bare(StatusCode::SERVICE_UNAVAILABLE))))
        .route(token::TOKEN_PATH, any(token_address))
        .route(token::CERTS_PATH, any(token_address));
    for base in FULL_BASES.into_iter().chain(RESERVED_BASES) {
        router = router.route(base, any(fhir)).route(&format!("{base}/{{*path}}"), any(fhir));
    }
    for base in FULL_BASES {
        router = router.route(&format!("{base}/"), any(fhir));
    }
    router
}

async fn fhir(request: Request) -> Response<Body> {
    let text = "Le service démarre : les données sont en cours de lecture. Réessayez dans quelques secondes.";
    let fault = Fault::transient("starting", text);
    later(Answer::fault(&fault).send(Format::default(), request.method() == Method::HEAD))
}

async fn token_address() -> Response<Body> {
    later(token::error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "le service démarre"))
}

fn later(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_S));
    // Nobody keeps this: a moment later it is wrong.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

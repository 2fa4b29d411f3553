//! Alive and ready, by status code alone; metrics on a loopback listener only (D79).

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Response, StatusCode, header};

use crate::answer::bare;
use crate::state::ApiState;

/// 200 as long as the process answers.
pub(crate) async fn healthz() -> Response<Body> {
    bare(StatusCode::OK)
}

/// 200 when requests can be answered: a state is made only once the directory is loaded, and
/// a full disk stops writes, not reads. 503 once the ledger is no longer followed, so that a
/// server that shows old data is taken out; and once nothing writes traces any more, since what
/// leaves one is then refused until a restart (D63).
pub(crate) async fn readyz(State(state): State<ApiState>) -> Response<Body> {
    let is_following = state.inner.services.directory.is_following();
    let is_traced = state.inner.settings.traces.as_ref().is_none_or(|traces| traces.is_alive());
    bare(if is_following && is_traced { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE })
}

/// The text of the recorder, or 404 where it is not to be seen.
pub(crate) async fn metrics(State(state): State<ApiState>) -> Response<Body> {
    match &state.inner.settings.metrics {
        Some(render) if state.inner.settings.listener.ip().is_loopback() => {
            let mut response = Response::new(Body::from(render()));
            let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response
        }
        _ => bare(StatusCode::NOT_FOUND),
    }
}

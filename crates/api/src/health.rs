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
/// leaves one is then refused until a restart (D63). 202 while work that the day brought is overdue
/// (D37): ready all the same, since another server would not do it better, and somebody is to look.
pub(crate) async fn readyz(State(state): State<ApiState>) -> Response<Body> {
    let directory = &state.inner.services.directory;
    let is_traced = state.inner.settings.traces.as_ref().is_none_or(|traces| traces.is_alive());
    bare(readiness(directory.is_following() && is_traced, directory.is_overdue()))
}

const fn readiness(is_able: bool, is_overdue: bool) -> StatusCode {
    match (is_able, is_overdue) {
        (false, _) => StatusCode::SERVICE_UNAVAILABLE,
        (true, true) => StatusCode::ACCEPTED,
        (true, false) => StatusCode::OK,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d79_readiness_tells_overdue_work_by_its_status_and_stays_ready() {
        assert_eq!(readiness(true, false), StatusCode::OK);
        let overdue = readiness(true, true);
        assert!(overdue != StatusCode::OK && overdue.is_success(), "{overdue}");
        assert_eq!(readiness(false, true), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(readiness(false, false), StatusCode::SERVICE_UNAVAILABLE);
    }
}

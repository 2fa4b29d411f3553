//! Counters of requests, named once at the start (D79).

use std::time::Duration;

use axum::http::StatusCode;
use metrics::{Counter, Histogram, counter, histogram};
use ror_identity::CallKind;

/// Addresses that are counted apart; anything else is under the last one.
const TEMPLATES: [&str; 16] = [
    "metadata",
    "{type}/{id}",
    "{type}",
    "{type}/_search",
    "{type} (create)",
    "{type}/{id} (update)",
    "{list}/{id}",
    "{list}",
    "{list}/$expand",
    "{list}/$lookup",
    "{list}/$validate-code",
    "$export",
    "$export-poll-status",
    "$export-get-file/{job}/{file}",
    "token",
    OTHER,
];

/// Any other address.
pub(crate) const OTHER: &str = "other";

/// Under which kind the state of the service tells of calls to an address; `None` for what is no work on
/// resources.
pub(crate) fn kind_of(template: &str) -> Option<CallKind> {
    let kinds = [CallKind::Read, CallKind::Search, CallKind::Search, CallKind::Write, CallKind::Write];
    let at = TEMPLATES[1..=kinds.len()].iter().position(|known| *known == template)?;
    Some(kinds[at])
}

/// Handles of the counters: registering one takes a lock, counting does not.
///
/// Made after the recorder is installed; without recorder, counting does nothing.
pub(crate) struct Meters {
    rows: Vec<Row>,
}

struct Row {
    template: &'static str,
    /// By class of status, 1xx to 5xx.
    requests: [Counter; 5],
    seconds: Histogram,
}

impl Meters {
    pub(crate) fn register() -> Self {
        metrics::describe_counter!("ror_http_requests_total", "Requests answered, by address and class of status");
        metrics::describe_histogram!("ror_http_request_seconds", metrics::Unit::Seconds, "Time to the answer");
        let row = |template: &'static str| Row {
            template,
            requests: ["1xx", "2xx", "3xx", "4xx", "5xx"]
                .map(|status| counter!("ror_http_requests_total", "route" => template, "status" => status)),
            seconds: histogram!("ror_http_request_seconds", "route" => template),
        };
        Self { rows: TEMPLATES.into_iter().map(row).collect() }
    }

    pub(crate) fn count(&self, template: &str, status: StatusCode, time: Duration) {
        let row = self.rows.iter().find(|row| row.template == template).or(self.rows.last());
        let Some(row) = row else { return };
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        row.requests[class].increment(1);
        row.seconds.record(time.as_secs_f64());
    }
}

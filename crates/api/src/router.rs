//! From a connection to an answer: the order in which everything is decided.

use std::any::Any;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Instant as Stopwatch;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::routing::{any, get};
use ror_search::Handling;

use crate::answer::{Answer, REQUEST_ID};
use crate::call::{Call, DECLARED};
use crate::capabilities;
use crate::limits::{Caller, Permit};
use crate::negotiation::{Encoding, Format, Prefer};
use crate::outcome::Fault;
use crate::route::{FULL_BASES, RESERVED_BASES, Route};
use crate::state::ApiState;
use crate::{create, health, metrics, read, request, search, terminology, token, update, validate};

/// Every address of the API.
pub fn router(state: ApiState) -> Router {
    let mut router = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route(token::TOKEN_PATH, any(token_address))
        .route(token::CERTS_PATH, any(certs));
    for base in FULL_BASES {
        let full = move |State(state): State<ApiState>, request: Request| fhir(state, Some(base), request);
        router = router.route(base, any(full)).route(&format!("{base}/"), any(full));
        router = router.route(&format!("{base}/{{*path}}"), any(full));
    }
    for base in RESERVED_BASES {
        let reserved = move |State(state): State<ApiState>, request: Request| fhir(state, None, request);
        router = router.route(base, any(reserved)).route(&format!("{base}/{{*path}}"), any(reserved));
    }
    router.with_state(state)
}

/// What is known of a request, for its line in the log.
struct Trace {
    request_id: String,
    route: &'static str,
    client: Option<String>,
    audience: Option<usize>,
    declared: Option<String>,
    count: usize,
    detail: &'static str,
    format: Format,
    is_authorised: bool,
}

async fn token_address(State(state): State<ApiState>, request: Request) -> Response<Body> {
    let started = Stopwatch::now();
    let peer = peer(&request);
    let (parts, body) = request.into_parts();
    let response = token::token(&state, peer, &parts.method, &parts.headers, body).await;
    state.inner.meters.count("token", response.status(), started.elapsed());
    tracing::info!(route = "token", status = response.status().as_u16(), "request");
    response
}

async fn certs(State(state): State<ApiState>, request: Request) -> Response<Body> {
    token::certs(&state, request.method())
}

/// Answers a FHIR request; `base` is `None` where nothing is served yet.
async fn fhir(state: ApiState, base: Option<&'static str>, request: Request) -> Response<Body> {
    let started = Stopwatch::now();
    let method = request.method().clone();
    let mut trace = Trace {
        request_id: state.random_id().simple().to_string(),
        route: metrics::OTHER,
        client: None,
        audience: None,
        declared: None,
        count: 0,
        detail: "",
        format: Format::default(),
        is_authorised: request.headers().contains_key(header::AUTHORIZATION),
    };
    let answered = guarded(handle(&state, base, request, &mut trace)).await;
    let answered = answered.unwrap_or_else(|panic| {
        tracing::error!(request_id = trace.request_id, panic = panic_text(&*panic), "a request failed");
        Err(Fault::exception(&trace.request_id))
    });
    let answer = answered.unwrap_or_else(|fault| {
        trace.detail = fault.detail();
        Answer::fault(&fault)
    });
    trace.count = answer.count;
    let mut response = answer.send(trace.format, method == Method::HEAD);
    finish(&trace, response.headers_mut());
    let time = started.elapsed();
    state.inner.meters.count(trace.route, response.status(), time);
    log(&method, &trace, response.status(), time);
    response
}

/// From the request to an answer, in order: address, caller, limits, form of the answer, work.
async fn handle(
    state: &ApiState,
    base: Option<&'static str>,
    request: Request,
    trace: &mut Trace,
) -> Result<Answer, Fault> {
    let peer = peer(&request);
    let (parts, body) = request.into_parts();
    let Some(base) = base else { return Err(Fault::no_such_address()) };
    let route = Route::parse(&parts.method, parts.uri.path().strip_prefix(base).unwrap_or(""));
    if let Ok(route) = &route {
        trace.route = route.template();
    }
    let now = state.now();
    let authorization = match &route {
        // The statement of capabilities needs no token, so it looks at none.
        Ok(Route::Capabilities) => None,
        // What is no text is no token either, but it is not "none" (D60).
        _ => parts.headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or("?")),
    };
    // Answered from memory, but for one short read of the register per client and second.
    let grant = state.inner.services.identity.authenticate(authorization, now).map_err(|error| Fault::login(&error))?;
    trace.audience = Some(grant.audience().index());
    trace.client = authorization.map(|_| grant.client().to_owned());
    trace.declared = declared(&parts.headers);
    let _permit = admit(state, peer, authorization.map(|_| grant.client()))?;
    let route = route?;
    let query = parts.uri.query().unwrap_or("");
    let pairs = request::pairs(query)?;
    let format = Format::negotiate(&parts.headers, request::value(&pairs, "_format"));
    let mut prefer = Prefer::read(&parts.headers);
    if state.inner.settings.strict {
        prefer.handling = Handling::Strict;
    }
    let origin = request::origin(&parts.headers, &parts.uri, state.inner.settings.https)?;
    let call = Call {
        state: state.clone(),
        grant,
        base: origin + base,
        pairs,
        prefer,
        format: format.unwrap_or_default(),
        encoding: Encoding::negotiate(&parts.headers),
        headers: HeaderMap::new(),
        now,
    };
    trace.format = call.format;
    let encoding = call.encoding;
    let Parts { method, headers, .. } = parts;
    if format.is_none() {
        return Err(Fault::not_acceptable());
    }
    let mut answer = run(Call { headers, ..call }, route, &method, body).await?;
    answer.pack(encoding);
    Ok(answer)
}

async fn run(mut call: Call, route: Route, method: &Method, body: Body) -> Result<Answer, Fault> {
    match route {
        Route::Capabilities => capabilities::statement(&call),
        Route::Read { rtype, id } => {
            call.check_declared()?;
            read::read(&call, rtype, &id)
        }
        Route::Search { rtype } => {
            call.check_declared()?;
            search::search(call, rtype).await
        }
        Route::SearchForm { rtype } => {
            read_form(&mut call, body).await?;
            search::search(call, rtype).await
        }
        Route::Create { rtype } => create::create(call, body, rtype).await,
        Route::Update { rtype, id } => update::update(call, body, rtype, id).await,
        Route::Validate { rtype, id } => validate::validate(call, method, body, rtype, id).await,
        Route::ReadList { kind, id } => terminology::read(&call, kind, &id),
        Route::SearchList { kind } => terminology::search(call, kind).await,
        Route::SearchListForm { kind } => {
            read_form(&mut call, body).await?;
            terminology::search(call, kind).await
        }
        Route::Operate { kind, operation, id } => {
            let body = (*method == Method::POST).then_some(body);
            terminology::operate(call, body, kind, operation, id).await
        }
    }
}

/// Adds the form to the parameters; it may ask for a format too.
async fn read_form(call: &mut Call, body: Body) -> Result<(), Fault> {
    search::form(call, body).await?;
    match Format::negotiate(&call.headers, request::value(&call.pairs, "_format")) {
        Some(_) => Ok(()),
        None => Err(Fault::not_acceptable()),
    }
}

/// Counts the caller (D61); in the sandbox, callers on the same machine are not counted.
fn admit(state: &ApiState, peer: Option<SocketAddr>, client: Option<&str>) -> Result<Option<Permit>, Fault> {
    let Some(peer) = peer.filter(|peer| !state.is_trusted(*peer)) else { return Ok(None) };
    let caller = client.map_or_else(|| Caller::at(peer.ip()), |client| Caller::Client(client.into()));
    state.inner.limiter.enter(caller).map(Some)
}

fn peer(request: &Request) -> Option<SocketAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0)
}

/// The declared user and role, when they look like codes (D16).
fn declared(headers: &HeaderMap) -> Option<String> {
    let is_code = |text: &&str| {
        text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    let codes: Vec<&str> =
        DECLARED.iter().filter_map(|name| headers.get(name)?.to_str().ok()).filter(is_code).collect();
    (!codes.is_empty()).then(|| codes.join(" "))
}

fn finish(trace: &Trace, headers: &mut HeaderMap) {
    // An answer to a token is nobody else's; one to the public may be kept but asked about again.
    let cache = if trace.is_authorised { "no-store" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(id) = HeaderValue::from_str(&trace.request_id) {
        headers.insert(REQUEST_ID, id);
    }
}

/// One line per request; never a parameter's value, a token or a body.
fn log(method: &Method, trace: &Trace, status: StatusCode, time: std::time::Duration) {
    tracing::info!(
        request_id = trace.request_id,
        method = method.as_str(),
        route = trace.route,
        status = status.as_u16(),
        duration_us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
        client = trace.client.as_deref().unwrap_or("-"),
        audience = trace.audience,
        declared = trace.declared.as_deref(),
        count = trace.count,
        refused = trace.detail,
        "request"
    );
}

/// Runs a request; a panic in it becomes an error of this request alone.
async fn guarded<F: Future>(work: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut work = pin!(work);
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_one_request_only() {
        let failed: Result<(), _> = guarded(async { panic!("on purpose") }).await;
        assert_eq!(panic_text(&*failed.expect_err("a panic")), "on purpose");
        assert_eq!(guarded(async { 1 }).await.ok(), Some(1));
    }
}

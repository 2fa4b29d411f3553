//! From a connection to an answer: the order in which everything is decided.

use std::any::Any;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant as Stopwatch;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::routing::{MethodRouter, any, get};
use ror_identity::{HeldMeter, Shown, TraceLine, Waiting, token_asked};
use ror_search::Handling;

use crate::answer::{Answer, REQUEST_ID};
use crate::call::{Call, DECLARED};
use crate::capabilities;
use crate::limits::{Caller, Permit};
use crate::negotiation::{Encoding, Format, Prefer};
use crate::outcome::Fault;
use crate::peer::Presented;
use crate::route::{FULL_BASES, RESERVED_BASES, Route, TEMPLATES};
use crate::state::ApiState;
use crate::trace::{ANONYMOUS, Asked, Disclosed};
use crate::work::{Answering, Work};
use crate::{
    audit, conformance, create, discovery, export, facets, health, metrics, read, request, search, terminology, token,
    update, validate,
};

/// The base of a FHIR address that serves everything.
pub(crate) fn full_base(path: &str) -> Option<&'static str> {
    let rest = |base: &&str| path.strip_prefix(*base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    FULL_BASES.into_iter().find(rest)
}

/// Every address of the API: those of FHIR without their values, then the others.
pub fn endpoints() -> impl Iterator<Item = String> {
    let fhir = TEMPLATES.iter().map(|template| format!("{}/{template}", FULL_BASES[0]));
    let beside = beside().into_iter().map(|(path, _)| path).chain(RESERVED_BASES).map(str::to_owned);
    fhir.chain(beside)
}

/// What is no FHIR: addresses and what answers.
fn beside() -> [(&'static str, MethodRouter<ApiState>); 7] {
    [
        ("/healthz", get(health::healthz)),
        ("/readyz", get(health::readyz)),
        ("/metrics", get(health::metrics)),
        (token::TOKEN_PATH, any(token_address)),
        (token::CERTS_PATH, any(certs)),
        (discovery::PATHS[0], any(described)),
        (discovery::PATHS[1], any(described)),
    ]
}

/// The router of every address but the FHIR ones of [`full_base`].
pub(crate) fn router(state: ApiState) -> Router {
    let mut router = beside().into_iter().fold(Router::new(), |router, (path, answers)| router.route(path, answers));
    for base in RESERVED_BASES {
        let reserved = async |State(state): State<ApiState>, request: Request| fhir(&state, None, request).await;
        router = router.route(base, any(reserved)).route(&format!("{base}/{{*path}}"), any(reserved));
    }
    router.with_state(state)
}

/// What is known of a request, for its line in the log.
struct Trace {
    request_id: uuid::Uuid,
    route: &'static str,
    client: Option<String>,
    actor: Option<String>,
    audience: Option<usize>,
    purpose: Option<String>,
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
    let answered = guarded(token::token(&state, peer, &parts, body)).await;
    let response = answered.unwrap_or_else(|panic| {
        tracing::error!(route = "token", panic = panic_text(&*panic), "a request failed");
        token::error(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "erreur interne")
    });
    state.inner.meters.count("token", response.status(), started.elapsed());
    let status = response.status();
    tracing::info!(route = "token", status = status.as_u16(), "request");
    let named = response.extensions().get::<token::Named>();
    let (client, reason) = named.map_or((None, ""), |named| (named.client.as_deref(), named.reason));
    let reason = if status == StatusCode::TOO_MANY_REQUESTS { "too-many-requests" } else { reason };
    let line = TraceLine {
        duration_us: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        ..token_asked(state.now(), client, status.as_u16(), reason)
    };
    let Err(line) = crate::trace::keep(&state, line) else { return response };
    match crate::trace::wait(&state, line).await {
        Ok(()) => response,
        Err(_) => token::error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "trace impossible à garder"),
    }
}

async fn described(State(state): State<ApiState>, request: Request) -> Response<Body> {
    discovery::describe(&state, &request)
}

async fn certs(State(state): State<ApiState>, request: Request) -> Response<Body> {
    token::certs(&state, request.method())
}

/// Answers a FHIR request; `base` is `None` where nothing is served yet.
pub(crate) fn fhir(state: &ApiState, base: Option<&'static str>, request: Request) -> Answering {
    let mut exchange = Exchange::begin(state, base, &request);
    let begun = catch_unwind(AssertUnwindSafe(|| begin(state, base, request, &mut exchange.trace)));
    exchange.wait(state);
    match begun {
        Ok(Ok(Begun { work: Work::Waits(work), encoding, permit })) => {
            let state = state.clone();
            Answering::later(async move {
                let mut permit = permit;
                let answered = guarded(async {
                    let mut answer = work.await?;
                    answer.pack(encoding);
                    if let Some(download) = &mut answer.download {
                        download.hold(permit.take());
                    }
                    Ok(answer)
                });
                let response = exchange.end(&state, answered.await).leave(&state).await;
                drop(permit);
                response
            })
        }
        Ok(Ok(Begun { work: Work::Done(mut answer), encoding, .. })) => {
            let packed = catch_unwind(AssertUnwindSafe(|| {
                answer.pack(encoding);
                Ok(*answer)
            }));
            exchange.end(state, packed).leave(state)
        }
        Ok(Err(fault)) => exchange.end(state, Ok(Err(fault))).leave(state),
        Err(panic) => exchange.end(state, Err(panic)).leave(state),
    }
}

/// A request and its answer, as counters and logs see them.
struct Exchange {
    started: Stopwatch,
    method: Method,
    uri: Uri,
    base: Option<&'static str>,
    trace: Trace,
    waiting: Option<Waiting<HeldMeter>>,
}

impl Exchange {
    fn begin(state: &ApiState, base: Option<&'static str>, request: &Request) -> Self {
        let trace = Trace {
            request_id: state.random_id(),
            route: metrics::OTHER,
            client: None,
            actor: None,
            audience: None,
            purpose: None,
            declared: None,
            count: 0,
            detail: "",
            format: Format::default(),
            is_authorised: request.headers().contains_key(header::AUTHORIZATION),
        };
        let (method, uri) = (request.method().clone(), request.uri().clone());
        Self { started: Stopwatch::now(), method, uri, base, trace, waiting: None }
    }

    /// Measures it until its answer leaves, or is given up.
    fn wait(&mut self, state: &ApiState) {
        let kind = metrics::kind_of(self.trace.route);
        self.waiting = kind.map(|kind| Waiting::since(self.started, HeldMeter(state.times(), kind)));
    }

    /// The response to what was answered; a panic is told to its caller alone, without its text.
    fn end(mut self, state: &ApiState, answered: std::thread::Result<Result<Answer, Fault>>) -> Ended {
        let trace = &mut self.trace;
        let answered = answered.unwrap_or_else(|panic| {
            let request_id = trace.request_id.simple();
            tracing::error!(%request_id, panic = panic_text(&*panic), "a request failed");
            Err(Fault::exception(&request_id.to_string()))
        });
        let mut answer = answered.unwrap_or_else(|fault| {
            trace.detail = fault.detail();
            Answer::fault(&fault)
        });
        trace.count = answer.count;
        let disclosed = answer.disclosed.take();
        if let Some(download) = &mut answer.download {
            download.traced_as(self.told(state, answer.status, None, std::time::Duration::ZERO));
        }
        let trace = &self.trace;
        let mut response = answer.send(trace.format, self.method == Method::HEAD);
        finish(trace, response.headers_mut());
        let time = self.started.elapsed();
        state.inner.meters.count(trace.route, response.status(), time);
        log(&self.method, trace, response.status(), time);
        let line = self.line(state, response.status(), disclosed.as_deref(), time);
        Ended { line, response, waiting: self.waiting }
    }

    /// The line that is kept of this answer, if one is (D63).
    fn line(
        &self,
        state: &ApiState,
        status: StatusCode,
        disclosed: Option<&Disclosed>,
        time: std::time::Duration,
    ) -> Option<TraceLine> {
        state.inner.settings.traces.as_ref()?;
        let trace = &self.trace;
        let asked = Asked { method: &self.method, uri: &self.uri, base: self.base, status, detail: trace.detail };
        let is_write = [TEMPLATES[4], TEMPLATES[5]].contains(&trace.route);
        let is_audit = status.is_success() && [TEMPLATES[13], TEMPLATES[14]].contains(&trace.route);
        if !is_audit && !crate::trace::is_kept(&asked, is_write, disclosed) {
            return None;
        }
        Some(self.told(state, status, disclosed, time))
    }

    /// Who asked what, in a line.
    fn told(
        &self,
        state: &ApiState,
        status: StatusCode,
        disclosed: Option<&Disclosed>,
        time: std::time::Duration,
    ) -> TraceLine {
        let trace = &self.trace;
        let asked = Asked { method: &self.method, uri: &self.uri, base: self.base, status, detail: trace.detail };
        let known = |text: &Option<String>| text.clone().unwrap_or_default();
        let anonymous = || trace.audience.map(|_| ANONYMOUS.to_owned()).unwrap_or_default();
        TraceLine {
            at: state.now(),
            actor: trace.actor.clone().unwrap_or_else(anonymous),
            client: trace.client.clone().unwrap_or_else(anonymous),
            profile: trace.audience.and_then(|audience| u8::try_from(audience).ok()),
            declared: known(&trace.declared),
            count: trace.count as u64,
            duration_us: u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
            request_id: trace.request_id.simple().to_string(),
            purpose: known(&trace.purpose),
            ..crate::trace::line(&asked, state.inner.services.registry, disclosed)
        }
    }
}

/// An answer, with the line that must be kept before it leaves.
struct Ended {
    response: Response<Body>,
    line: Option<TraceLine>,
    waiting: Option<Waiting<HeldMeter>>,
}

impl Ended {
    /// Lets the answer leave once its line is kept: mostly at once.
    fn leave(self, state: &ApiState) -> Answering {
        let Self { response, line, waiting } = self;
        let leave = |response: Response<Body>| {
            if let Some(waiting) = waiting {
                waiting.answered(response.status().is_server_error());
            }
            response
        };
        match line.map_or(Ok(()), |line| crate::trace::keep(state, line)) {
            Ok(()) => Answering::now(leave(response)),
            Err(line) => {
                let state = state.clone();
                Answering::later(async move { leave(wait(state, response, line).await) })
            }
        }
    }
}

/// The response once its line is kept, or a refusal in its place.
async fn wait(state: ApiState, response: Response<Body>, line: Box<TraceLine>) -> Response<Body> {
    let Err(fault) = crate::trace::wait(&state, line).await else { return response };
    let mut withheld = Answer::fault(&fault).send(Format::default(), false);
    for name in [REQUEST_ID, header::CACHE_CONTROL] {
        if let Some(value) = response.headers().get(&name) {
            withheld.headers_mut().insert(name, value.clone());
        }
    }
    withheld
}

/// A request understood: what remains to be done.
struct Begun {
    work: Work,
    encoding: Option<Encoding>,
    /// Its place among the requests of its caller in progress.
    permit: Option<Permit>,
}

/// From the request to its work, in order: address, caller, limits, form of the answer, work.
fn begin(state: &ApiState, base: Option<&'static str>, request: Request, trace: &mut Trace) -> Result<Begun, Fault> {
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
        _ => token::authorization(&parts.headers),
    };
    let security = state.inner.settings.security.as_deref();
    let shown = parts.extensions.get::<Arc<Presented>>().filter(|_| authorization.is_some());
    let shown = shown.map_or(Shown::Nothing, |shown| shown.in_call(security, now));
    let identity = &state.inner.services.identity;
    // A signature costs more than most answers, and anybody can send a token: one that was not checked
    // before is not looked at above what an address may have checked.
    let unchecked = authorization.filter(|header| !identity.remembers(header)).and(peer);
    let checking = counted(state, unchecked, |peer| Caller::unchecked_at(peer.ip()))?;
    // Answered from memory, but for one short read of the register per client and second.
    let grant = identity.authenticate_shown(authorization, shown, now).map_err(|error| {
        // Whoever sends refused tokens is counted too, by address.
        admit(state, peer, None).err().unwrap_or_else(|| Fault::login(&error))
    })?;
    drop(checking);
    trace.audience = Some(grant.audience().index());
    trace.client = authorization.map(|_| grant.client().to_owned());
    trace.actor = authorization.map(|_| grant.actor().to_owned());
    trace.declared = declared(&parts.headers);
    trace.purpose = crate::trace::purpose(&parts.headers);
    let permit = admit(state, peer, authorization.map(|_| grant.client()))?;
    let route = route?;
    let query = parts.uri.query().unwrap_or("");
    let pairs = request::pairs(query)?;
    let format = Format::negotiate(&parts.headers, request::value(&pairs, "_format"));
    let mut prefer = Prefer::read(&parts.headers);
    if state.inner.settings.strict {
        prefer.handling = Handling::Strict;
    }
    let base = request::address(&parts.headers, &parts.uri, state.inner.settings.https, base)?;
    let call = Call {
        state: state.clone(),
        grant,
        has_token: authorization.is_some(),
        base,
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
    // The form of a file was chosen when its export was asked for.
    if format.is_none() && !matches!(route, Route::ExportFile { .. }) {
        return Err(Fault::not_acceptable());
    }
    let work = run(Call { headers, ..call }, route, &method, body)?;
    Ok(Begun { work, encoding, permit })
}

fn run(mut call: Call, route: Route, method: &Method, body: Body) -> Result<Work, Fault> {
    match route {
        Route::Capabilities => capabilities::statement(&call).map(Work::done),
        Route::Read { rtype, id } => {
            call.check_declared()?;
            read::read(&call, rtype, &id).map(Work::done)
        }
        Route::Search { rtype } => {
            call.check_declared()?;
            search::search(call, rtype)
        }
        Route::SearchForm { rtype } => Ok(Work::waits(async move {
            read_form(&mut call, body).await?;
            search::search(call, rtype)?.ended().await
        })),
        Route::Facets { rtype } => {
            call.check_declared()?;
            let method = method.clone();
            Ok(Work::waits(async move { facets::facets(call, &method, body, rtype).await }))
        }
        Route::Create { rtype } => Ok(Work::waits(create::create(call, body, rtype))),
        Route::Update { rtype, id } => Ok(Work::waits(update::update(call, body, rtype, id))),
        Route::Validate { rtype, id } => {
            let method = method.clone();
            Ok(Work::waits(async move { validate::validate(call, &method, body, rtype, id).await }))
        }
        Route::ReadConformance { kind, id } => conformance::read(&call, kind, &id).map(Work::done),
        Route::SearchConformance { kind } => Ok(Work::waits(conformance::search(call, kind))),
        Route::SearchConformanceForm { kind } => Ok(Work::waits(async move {
            read_form(&mut call, body).await?;
            conformance::search(call, kind).await
        })),
        Route::Audit { id } => Ok(Work::waits(audit::audit(call, id))),
        Route::Export => Ok(Work::waits(export::kick_off(call, (*method == Method::POST).then_some(body)))),
        Route::ExportPoll => export::poll(call).map(Work::done),
        Route::ExportCancel => Ok(Work::waits(export::cancel(call))),
        Route::ExportFile { job, name } => Ok(Work::waits(export::file(call, job, name))),
        Route::Operate { kind, operation, id } => {
            let body = (*method == Method::POST).then_some(body);
            Ok(Work::waits(terminology::operate(call, body, kind, operation, id)))
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
    counted(state, peer, |peer| client.map_or_else(|| Caller::at(peer.ip()), |client| Caller::Client(client.into())))
}

fn counted(
    state: &ApiState,
    peer: Option<SocketAddr>,
    caller: impl FnOnce(SocketAddr) -> Caller,
) -> Result<Option<Permit>, Fault> {
    let Some(peer) = peer.filter(|peer| !state.is_trusted(*peer)) else { return Ok(None) };
    state.inner.limiter.enter(caller(peer)).map(Some)
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
    let mut id = uuid::Uuid::encode_buffer();
    let id = trace.request_id.simple().encode_lower(&mut id);
    headers.insert(REQUEST_ID, HeaderValue::from_str(id).expect("hexadecimal digits"));
}

/// One line per request; never a parameter's value, a token or a body.
fn log(method: &Method, trace: &Trace, status: StatusCode, time: std::time::Duration) {
    tracing::info!(
        request_id = %trace.request_id.simple(),
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

/// Runs what waits; a panic in it becomes an error of this request alone.
async fn guarded<F: Future>(work: F) -> std::thread::Result<F::Output> {
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

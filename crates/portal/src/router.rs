//! Every address of the portal.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::IntoResponse as _;
use axum::routing::get;
use ror_identity::{Caller, Waiting};
use ror_index::Tally;
use tokio::sync::Semaphore;

use crate::assets::{Assets, BASE};
use crate::pages::{self, Context};
use crate::people;
use crate::respond;
use crate::state::{PortalState, Settings};
use crate::times::Service;
use crate::traces;
use crate::visitor::Visitor;

/// Most parameters read. Their length is bounded by the server's longest head, and each value
/// is cut where it is read: a question that is too long still answers with what it starts by.
const PARAMETERS_MAX: usize = 16;

/// Browsers that came by https come back so for a year.
const ALWAYS_HTTPS: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

/// The pages; merge with the router of the API. Whatever neither knows is a page that searches.
pub fn router(state: PortalState) -> Router {
    let is_sandbox = state.inner.settings.sandbox;
    let mut router = Router::new()
        .route("/", get(home))
        .route("/recherche", get(results))
        .route("/api/suggestions", get(suggestions))
        .route("/structure/{id}", get(structure))
        .route("/offre/{id}", get(offer_by_id))
        .route("/offre/{region}/{number}", get(offer))
        .route("/etat", get(status))
        .route("/a-propos", get(about))
        .route("/traces", get(traces_read))
        .route("/bientot/{door}", get(later))
        .route(&format!("{BASE}{{name}}"), get(asset))
        .route("/favicon.ico", get(icon));
    if is_sandbox {
        router = router.route("/composants", get(examples));
    }
    router
        .merge(people::routes())
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(state.clone(), limited))
        .with_state(state)
}

/// Counts the caller (D61), somebody signed in as themselves; in the sandbox, callers on the same
/// machine are not counted, and files that a browser keeps for a year never are.
async fn limited(State(state): State<PortalState>, request: Request, next: Next) -> Response<Body> {
    let inner = &*state.inner;
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let is_counted = |address: &IpAddr| !(inner.settings.sandbox && address.to_canonical().is_loopback());
    let mut actor = None;
    let permit = match peer.filter(is_counted).filter(|_| !request.uri().path().starts_with(BASE)) {
        Some(address) => {
            let lane = inner.lanes.of(request.headers(), inner.settings.https, inner.now());
            actor = lane.as_ref().map(|lane| Arc::clone(&lane.actor));
            inner.services.limiter.enter(lane.map_or_else(|| Caller::at(address), |lane| lane.caller)).map(Some)
        }
        None => Ok(None),
    };
    let mut response = match permit {
        Ok(_in_progress) => {
            let headers = request.headers().clone();
            let allowed = people::allowed(request.uri().path());
            let path = request.uri().path().to_owned();
            let asked = std::time::Instant::now();
            let waiting = Service::at(&path).map(|service| Waiting::since(asked, inner.times.of(service)));
            let response = next.run(request).await;
            let response = traces::keep(&state, &path, asked.elapsed(), response).await;
            if let Some(waiting) = waiting {
                waiting.answered(response.status().is_server_error());
            }
            // What the routes of pages refuse by themselves is bare.
            if response.status() == StatusCode::METHOD_NOT_ALLOWED {
                pages::not_allowed::page(&headers, &inner.settings, allowed)
            } else {
                response
            }
        }
        Err(refused) => {
            traces::throttled(&state, request.uri().path(), actor.as_deref());
            pages::throttled::page(request.headers(), &inner.settings, refused.wait_s)
        }
    };
    if inner.settings.https {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, ALWAYS_HTTPS);
    }
    response
}

/// What answers in the place of [`router`] until there is a directory: at every address a page
/// that says so (503) and comes back by itself.
pub fn starting(settings: Settings) -> Router {
    let settings = Arc::new(settings);
    let page = async move |headers: HeaderMap| pages::starting::page(&headers, &settings);
    let file = async |headers: HeaderMap, uri: Uri| match Assets::embedded().find(uri.path()) {
        Some(asset) => respond::asset(&headers, asset),
        None => StatusCode::NOT_FOUND.into_response(),
    };
    Router::new().route(&format!("{BASE}{{name}}"), get(file)).fallback(page)
}

/// What a request hands to the making of a page.
pub(crate) struct Asked {
    headers: HeaderMap,
    query: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn new(headers: HeaderMap, query: Option<String>) -> Self {
        let query = query.unwrap_or_default();
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().take(PARAMETERS_MAX).collect();
        Self { headers, query }
    }
}

/// Makes a page away from the threads that talk to the network, a few at a time; a failure
/// ends one page only.
pub(crate) async fn make(
    state: PortalState,
    asked: Asked,
    page: impl FnOnce(&Context<'_>) -> Response<Body> + Send + 'static,
) -> Response<Body> {
    let held = state.clone();
    let inner = &held.inner;
    let lane = inner.lanes.of(&asked.headers, inner.settings.https, inner.now());
    let turns = if lane.is_some_and(|lane| lane.is_apart) { &inner.turns_apart } else { &inner.turns };
    make_in_turn(turns, state, asked, page).await
}

/// The same for a page that asks another server: those wait among themselves, so that a provider of
/// identities that hangs slows down no page but its own.
pub(crate) async fn make_asking(
    state: PortalState,
    asked: Asked,
    page: impl FnOnce(&Context<'_>) -> Response<Body> + Send + 'static,
) -> Response<Body> {
    let held = state.clone();
    make_in_turn(&held.inner.asking, state, asked, page).await
}

async fn make_in_turn(
    turns: &Arc<Semaphore>,
    state: PortalState,
    asked: Asked,
    page: impl FnOnce(&Context<'_>) -> Response<Body> + Send + 'static,
) -> Response<Body> {
    let Ok(turn) = Arc::clone(turns).acquire_owned().await else { return respond::failure() };
    let work = move || {
        // A browser that hangs up ends the request, not the work: the turn is held until that is done.
        let _turn = turn;
        let inner = &*state.inner;
        let now = inner.now();
        let https = inner.settings.https;
        let visitor = Visitor::of(&inner.services.people, &asked.headers, https, now);
        inner.lanes.note(&asked.headers, https, &visitor, now);
        let grant = match visitor.person() {
            Some(person) => Ok(person.grant()),
            None => inner.services.identity.authenticate(None, now),
        };
        let grant = match grant {
            Ok(grant) => grant,
            Err(error) => {
                tracing::error!(code = error.code(), "no public grant");
                return respond::failure();
            }
        };
        let snapshot = inner.snapshot();
        let tally = Tally::default();
        let context = Context {
            portal: inner,
            view: snapshot.view(&grant).noted_in(&tally),
            audience: grant.audience(),
            visitor: &visitor,
            seq: snapshot.seq(),
            now,
            headers: &asked.headers,
            query: &asked.query,
        };
        let mut response = page(&context);
        traces::tell(&mut response, &grant, visitor.person().is_some(), &tally, &asked.query);
        visitor.mark(response.headers_mut(), https);
        if let Some(policy) = &inner.policy {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy.clone());
        }
        response
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!("a page failed");
            respond::failure()
        }
    }
}

async fn home(State(state): State<PortalState>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response<Body> {
    make(state, Asked::new(headers, query), pages::home::page).await
}

async fn results(State(state): State<PortalState>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response<Body> {
    make(state, Asked::new(headers, query), pages::results::page).await
}

async fn suggestions(
    State(state): State<PortalState>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response<Body> {
    make(state, Asked::new(headers, query), pages::suggestions::answer).await
}

async fn structure(State(state): State<PortalState>, headers: HeaderMap, Path(id): Path<String>) -> Response<Body> {
    make(state, Asked::new(headers, None), move |context| pages::structure::page(context, &id)).await
}

async fn offer(
    State(state): State<PortalState>,
    headers: HeaderMap,
    Path((region, number)): Path<(String, String)>,
) -> Response<Body> {
    make(state, Asked::new(headers, None), move |context| pages::offer::page(context, &region, &number)).await
}

async fn offer_by_id(State(state): State<PortalState>, headers: HeaderMap, Path(id): Path<String>) -> Response<Body> {
    make(state, Asked::new(headers, None), move |context| pages::offer::by_id(context, &id)).await
}

async fn status(State(state): State<PortalState>, headers: HeaderMap) -> Response<Body> {
    make(state, Asked::new(headers, None), pages::status::page).await
}

async fn traces_read(
    State(state): State<PortalState>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response<Body> {
    make(state, Asked::new(headers, query), pages::traces::page).await
}

async fn about(State(state): State<PortalState>, headers: HeaderMap) -> Response<Body> {
    make(state, Asked::new(headers, None), pages::about::page).await
}

async fn later(State(state): State<PortalState>, headers: HeaderMap, Path(door): Path<String>) -> Response<Body> {
    make(state, Asked::new(headers, None), move |context| pages::later::page(context, &door)).await
}

async fn examples(State(state): State<PortalState>, headers: HeaderMap) -> Response<Body> {
    make(state, Asked::new(headers, None), pages::examples::page).await
}

async fn not_found(State(state): State<PortalState>, headers: HeaderMap) -> Response<Body> {
    make(state, Asked::new(headers, None), pages::not_found::page).await
}

async fn asset(State(state): State<PortalState>, headers: HeaderMap, uri: Uri) -> Response<Body> {
    match state.inner.assets.find(uri.path()) {
        Some(asset) => respond::asset(&headers, asset),
        None => not_found(State(state), headers).await,
    }
}

async fn icon(State(state): State<PortalState>, headers: HeaderMap) -> Response<Body> {
    respond::icon(&headers, &state.inner.assets.icon)
}

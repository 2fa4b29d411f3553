//! The addresses of signing in, acting as and signing out.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::routing::{get, post};
use ror_identity::Secret;
use ror_identity::people::{Callback, SessionError, Visit};

use crate::cookies::{Purpose, Sent};
use crate::forms::{Form, Unread};
use crate::pages::{self, Context, refused};
use crate::respond;
use crate::router::{Asked, make, make_asking};
use crate::state::PortalState;

pub(crate) fn routes() -> Router<PortalState> {
    Router::new()
        .route("/connexion", get(sign_in))
        .route("/connexion/vers/{provider}", get(leave))
        .route("/connexion/bac-a-sable", post(authorize))
        .route("/connexion/retour", get(come_back))
        .route("/session", get(session))
        .route("/session/role", post(act_as))
        .route("/session/habilitations", get(team).post(change_team))
        .route("/deconnexion", get(signed_out).post(sign_out))
}

/// The methods of an address, for whoever used another one.
pub(crate) fn allowed(path: &str) -> &'static str {
    match path {
        "/connexion/bac-a-sable" | "/session/role" => "POST",
        "/deconnexion" | "/session/habilitations" => "GET, HEAD, POST",
        _ => "GET, HEAD",
    }
}

async fn sign_in(State(state): State<PortalState>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response<Body> {
    make(state, Asked::new(headers, query), pages::sign_in::page).await
}

async fn leave(
    State(state): State<PortalState>,
    headers: HeaderMap,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
) -> Response<Body> {
    make_asking(state, Asked::new(headers, query), move |context| pages::sign_in::leave(context, &provider)).await
}

async fn session(State(state): State<PortalState>, headers: HeaderMap) -> Response<Body> {
    make(state, Asked::new(headers, None), pages::session::page).await
}

async fn signed_out(State(state): State<PortalState>, headers: HeaderMap) -> Response<Body> {
    make(state, Asked::new(headers, None), pages::sign_out::page).await
}

/// The built-in provider: somebody chose who to be. Its answer takes the way of any provider's.
async fn authorize(State(state): State<PortalState>, headers: HeaderMap, body: Body) -> Response<Body> {
    let form = Form::read(&headers, body).await;
    make(state, Asked::new(headers, None), move |context| {
        let people = &context.portal.services.people;
        if !people.is_sandbox() {
            return pages::not_found::page(context);
        }
        let form = match form {
            Ok(form) => form,
            Err(Unread { status, why }) => return refused::form(context, status, why),
        };
        match people.authorize(&form.fields, context.now) {
            Ok(address) => respond::redirect(&address),
            Err(error) => refused::form(context, StatusCode::BAD_REQUEST, &error.to_string()),
        }
    })
    .await
}

/// Back from a provider: the one place where somebody becomes signed in.
async fn come_back(State(state): State<PortalState>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response<Body> {
    make_asking(state, Asked::new(headers, query), finish).await
}

fn finish(context: &Context<'_>) -> Response<Body> {
    let https = context.portal.settings.https;
    let once = |name: &str| {
        let mut values = context.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        values.next().filter(|_| values.next().is_none())
    };
    let read = |purpose: Purpose| match purpose.read(context.headers, https) {
        Sent::Once(value) => Some(value),
        Sent::Nothing | Sent::Several => None,
    };
    let (cookie, former) = (read(Purpose::SignIn), read(Purpose::Session));
    let callback = Callback { code: once("code"), state: once("state"), error: once("error") };
    let people = &context.portal.services.people;
    let mut response = match people.finish(cookie.as_deref(), callback, former.as_deref(), context.now) {
        Ok(signed_in) => {
            count_as_person(context, &signed_in.secret);
            let mut response = respond::redirect(&signed_in.back);
            let kept = Purpose::Session.keep(signed_in.secret.expose(), https);
            response.headers_mut().extend(kept.map(|kept| (header::SET_COOKIE, kept)));
            response
        }
        Err(error) => refused::sign_in(context, &error),
    };
    if let Some(forget) = Purpose::SignIn.forget(https) {
        response.headers_mut().append(header::SET_COOKIE, forget);
    }
    response
}

/// Counts a session that has just opened as its person's from its first page on (D61).
fn count_as_person(context: &Context<'_>, secret: &Secret) {
    let portal = context.portal;
    if let Ok(Visit::SignedIn(acting)) = portal.services.people.visit(Some(secret.expose()), context.now) {
        portal.lanes.open(secret.expose(), &acting, context.now);
    }
}

async fn act_as(State(state): State<PortalState>, headers: HeaderMap, body: Body) -> Response<Body> {
    let form = Form::read(&headers, body).await;
    make(state, Asked::new(headers, None), move |context| {
        within_session(context, form, |context, form| {
            let acting = context.visitor.person().ok_or(SessionError::Ended)?;
            let people = &context.portal.services.people;
            match people.act_as(acting, form.field("habilitation"), context.now) {
                Ok(secret) => {
                    count_as_person(context, &secret);
                    let mut response = respond::redirect("/session");
                    let kept = Purpose::Session.keep(secret.expose(), context.portal.settings.https);
                    response.headers_mut().extend(kept.map(|kept| (header::SET_COOKIE, kept)));
                    Ok(response)
                }
                Err(SessionError::SignInFirst) => Ok(respond::redirect("/connexion?encore=1&retour=/session")),
                Err(error) => Err(error),
            }
        })
    })
    .await
}

async fn team(State(state): State<PortalState>, headers: HeaderMap) -> Response<Body> {
    make(state, Asked::new(headers, None), pages::team::page).await
}

async fn change_team(State(state): State<PortalState>, headers: HeaderMap, body: Body) -> Response<Body> {
    let form = Form::read(&headers, body).await;
    make(state, Asked::new(headers, None), move |context| within_session(context, form, pages::team::act)).await
}

async fn sign_out(State(state): State<PortalState>, headers: HeaderMap, body: Body) -> Response<Body> {
    let form = Form::read(&headers, body).await;
    make(state, Asked::new(headers, None), move |context| {
        within_session(context, form, |context, form| {
            let acting = context.visitor.person().ok_or(SessionError::Ended)?;
            let people = &context.portal.services.people;
            if form.field("partout") == "1" {
                people.sign_out_everywhere(acting, context.now)?;
            } else {
                people.sign_out(acting, context.now)?;
            }
            let mut response = match acting.way_out() {
                Some(way_out) => pages::sign_out::leave(context, way_out),
                None => respond::redirect("/deconnexion"),
            };
            // Cookies are not named: browsers would forget those of every site of the domain.
            let clear = HeaderValue::from_static("\"cache\", \"storage\"");
            response.headers_mut().insert(HeaderName::from_static("clear-site-data"), clear);
            let forget = Purpose::Session.forget(context.portal.settings.https);
            response.headers_mut().extend(forget.map(|forget| (header::SET_COOKIE, forget)));
            Ok(response)
        })
    })
    .await
}

/// Does what a form asks: for somebody signed in, whose form it is, for the first time.
fn within_session(
    context: &Context<'_>,
    form: Result<Form, Unread>,
    work: impl FnOnce(&Context<'_>, &Form) -> Result<Response<Body>, SessionError>,
) -> Response<Body> {
    let form = match form {
        Ok(form) => form,
        Err(Unread { status, why }) => return refused::form(context, status, why),
    };
    let done = context.visitor.person().ok_or(SessionError::Ended).and_then(|acting| {
        context.portal.services.people.take_form(acting, form.field("jeton"), context.now)?;
        work(context, &form)
    });
    done.unwrap_or_else(|error| {
        let status = match &error {
            SessionError::Ledger(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::FORBIDDEN,
        };
        tracing::warn!(%error, "a form was refused");
        refused::form(context, status, &error.to_string())
    })
}

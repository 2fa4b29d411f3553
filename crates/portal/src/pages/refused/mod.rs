//! A form or a sign-in that was refused: nothing was done, and how to begin again.

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use ror_identity::people::SignInError;

use super::{Context, Frame};
use crate::{french, respond};

#[derive(Template)]
#[template(path = "pages/refused/page.html")]
struct Page {
    frame: Frame,
    title: &'static str,
    why: String,
    link: (&'static str, &'static str),
}

/// Nobody signed in.
pub(crate) fn sign_in(context: &Context<'_>, error: &SignInError) -> Response<Body> {
    tracing::warn!(code = error.code(), detail = error.detail(), "a sign-in was refused");
    let status = match error {
        SignInError::Unknown => StatusCode::NOT_FOUND,
        SignInError::Provider(_) | SignInError::Ledger(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::FORBIDDEN,
    };
    let link = ("/connexion", "Recommencer la connexion");
    page(context, status, "Connexion refusée", &error.to_string(), link)
}

/// A form that is not taken.
pub(crate) fn form(context: &Context<'_>, status: StatusCode, why: &str) -> Response<Body> {
    let link = match context.visitor.person() {
        Some(_) => ("/session", "Revenir à ma session"),
        None => ("/connexion", "Se connecter"),
    };
    page(context, status, "Demande refusée", why, link)
}

fn page(
    context: &Context<'_>,
    status: StatusCode,
    title: &'static str,
    why: &str,
    link: (&'static str, &'static str),
) -> Response<Body> {
    let why = french::sentence(why);
    let frame = context.frame(format!("{title} – ROR")).not_indexed();
    respond::private_page(status, context.headers, &Page { frame, title, why, link })
}

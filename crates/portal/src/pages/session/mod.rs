//! The session: who is signed in, the rights they may act under, and the way out.

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use ror_identity::people::{Acting, Choice, PersonProfile, Standing};

use super::{Context, Frame};
use crate::{french, respond, visitor};

#[derive(Template)]
#[template(path = "pages/session/page.html")]
struct Page {
    frame: Frame,
    person: String,
    /// When they proved who they are.
    since: Option<String>,
    reads: &'static str,
    roles: Vec<Line>,
    /// Tokens of the two ways out.
    out: String,
    out_everywhere: String,
}

/// A right that may be acted under.
struct Line {
    id: String,
    profile: &'static str,
    scope: String,
    on_behalf_of: Option<String>,
    /// When it was given, and when it lapses.
    notes: Vec<String>,
    is_current: bool,
    needs_sign_in: bool,
    token: String,
}

/// `/session`
pub(crate) fn page(context: &Context<'_>) -> Response<Body> {
    let Some(acting) = context.visitor.person() else { return respond::redirect("/connexion?retour=/session") };
    let people = &context.portal.services.people;
    let token = || people.form_token(acting, context.now);
    let choices = match people.choices(acting, context.now) {
        Ok(choices) => choices,
        Err(error) => {
            tracing::error!(%error, "rights could not be read");
            return respond::failure();
        }
    };
    let page = Page {
        frame: context.frame("Votre session – ROR").not_indexed(),
        person: acting.person.name.clone(),
        since: acting.authenticated_at.map(french::moment),
        reads: reads(acting),
        roles: choices.iter().map(|choice| line(context, choice, token())).collect(),
        out: token(),
        out_everywhere: token(),
    };
    respond::private_page(StatusCode::OK, context.headers, &page)
}

fn line(context: &Context<'_>, choice: &Choice, token: String) -> Line {
    let right = &choice.right;
    let mut notes = Vec::new();
    if right.profile == PersonProfile::Consultant {
        notes.push("Ouvert par votre numéro RPPS.".to_owned());
    } else {
        notes.push(format!("Donné le {}.", french::day(right.given_at)));
    }
    if let Standing::Lapsing(at) = choice.standing {
        notes.push(format!("S’arrête le {} sans connexion d’ici là.", french::day(at)));
    }
    Line {
        id: right.id.clone(),
        profile: right.profile.label(),
        scope: visitor::scope(right, context.finder()),
        on_behalf_of: choice.on_behalf_of.as_ref().map(|person| person.name.clone()),
        notes,
        is_current: choice.is_current,
        needs_sign_in: choice.needs_sign_in,
        token,
    }
}

/// What the role shows, in plain words.
fn reads(acting: &Acting) -> &'static str {
    match acting.right.as_ref().map(|right| right.profile.base().index()) {
        None | Some(0) => "Les pages vous montrent ce que voit le public.",
        Some(1) => {
            "Les pages vous montrent tout, y compris ce qui est réservé à la régulation et à la gestion de crise."
        }
        Some(_) => "Les pages vous montrent aussi ce qui est réservé aux professionnels.",
    }
}

//! The rights that somebody gives: to whom, where, and taking them back (portal.md, page 16).

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use ror_identity::people::{
    Acting, Giver, NewEntitlement, PersonKey, PersonProfile, RightError, Scope, ScopeKind, SessionError,
};

use super::{Context, Frame};
use crate::forms::Form;
use crate::{french, respond, visitor};

#[derive(Template)]
#[template(path = "pages/team/page.html")]
struct Page {
    frame: Frame,
    /// Whether the role of this person is one that is delegated, not one that gives others.
    is_delegation: bool,
    choices: Vec<Choice>,
    given: Vec<Line>,
    token: String,
    done: Option<&'static str>,
    wrong: Option<String>,
    /// What was typed, when it was refused: number, name, codes.
    typed: (String, String, String),
}

/// A profile on one kind of scope.
struct Choice {
    value: String,
    label: String,
}

/// A right that was given.
struct Line {
    id: String,
    name: String,
    profile: &'static str,
    scope: String,
    /// Written before that was refused: told, to be taken back.
    is_to_oneself: bool,
    since: String,
    token: String,
}

/// `/session/habilitations`
pub(crate) fn page(context: &Context<'_>) -> Response<Body> {
    match context.visitor.person() {
        Some(acting) => show(context, acting, None, None, <_>::default()),
        None => respond::redirect("/connexion?retour=/session/habilitations"),
    }
}

/// What the form asks, its token taken.
pub(crate) fn act(context: &Context<'_>, form: &Form) -> Result<Response<Body>, SessionError> {
    let acting = context.visitor.person().ok_or(SessionError::Ended)?;
    let taken_back = form.field("retirer");
    let done = if taken_back.is_empty() {
        give(context, acting, form).map(|_| "L’habilitation est donnée.")
    } else {
        let holders = |kind: ScopeKind, code: &str| visitor::holders(context.reader(), context.finder(), kind, code);
        let people = &context.portal.services.people;
        people
            .take_back(taken_back, Giver::Person(acting, &holders), context.now)
            .map(|()| "L’habilitation est retirée.")
    };
    match done {
        Ok(done) => Ok(show(context, acting, Some(done), None, <_>::default())),
        Err(RightError::Ledger(error)) => Err(SessionError::Ledger(error)),
        Err(error) => {
            let typed = ["rpps", "nom", "codes"].map(|name| form.field(name).to_owned());
            Ok(show(context, acting, None, Some(error.to_string()), typed.into()))
        }
    }
}

fn give(context: &Context<'_>, acting: &Acting, form: &Form) -> Result<String, RightError> {
    let (rpps, people) = (form.field("rpps").trim(), &context.portal.services.people);
    if rpps.len() != 11 || !rpps.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(RightError::Person);
    }
    let (to, name) = (PersonKey::national(&format!("8{rpps}")), form.field("nom").to_owned());
    if is_delegable(acting) {
        return people.delegate(&to, &name, acting, context.now);
    }
    let (code, kind) = form.field("profil").split_once(' ').unwrap_or_default();
    let profile = PersonProfile::of_code(code).ok_or(RightError::NotYours)?;
    let kind = ScopeKind::of_word(kind).ok_or(RightError::Scope)?;
    let codes = form.field("codes").split([',', ' ']).filter(|code| !code.is_empty());
    let new = NewEntitlement { to, name, profile, scope: Scope::of(kind, codes) };
    let holders = |kind: ScopeKind, code: &str| visitor::holders(context.reader(), context.finder(), kind, code);
    people.give(&new, Giver::Person(acting, &holders), context.now)
}

fn show(
    context: &Context<'_>,
    acting: &Acting,
    done: Option<&'static str>,
    wrong: Option<String>,
    typed: (String, String, String),
) -> Response<Body> {
    let people = &context.portal.services.people;
    let given = match people.given_by(acting) {
        Ok(given) => given,
        Err(error) => {
            tracing::error!(%error, "rights could not be read");
            return respond::failure();
        }
    };
    let line = |(right, name): (ror_identity::people::Entitlement, String)| Line {
        scope: visitor::scope(&right, context.finder()),
        is_to_oneself: right.is_self_given(),
        since: french::day(right.given_at),
        profile: right.profile.label(),
        id: right.id,
        name,
        token: people.form_token(acting, context.now),
    };
    let status = if wrong.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
    let wrong = wrong.map(|text| french::sentence(&text));
    let page = Page {
        frame: context.frame("Habilitations – ROR").not_indexed(),
        is_delegation: is_delegable(acting),
        choices: choices(acting),
        given: given.into_iter().map(line).collect(),
        token: people.form_token(acting, context.now),
        done,
        wrong,
        typed,
    };
    respond::private_page(status, context.headers, &page)
}

fn is_delegable(acting: &Acting) -> bool {
    acting.right.as_ref().is_some_and(|right| right.profile.is_delegable() && right.delegated_from.is_none())
}

/// What the role of this person may give: each profile, on each kind of thing where it holds.
fn choices(acting: &Acting) -> Vec<Choice> {
    let held = acting.right.as_ref().filter(|right| right.delegated_from.is_none());
    let gives = held.map(|right| right.profile.gives()).unwrap_or_default();
    let choice = |profile: PersonProfile, kind: ScopeKind| Choice {
        value: format!("{} {}", profile.code(), kind.word()),
        label: format!("{} – {}", profile.label(), words(kind)),
    };
    gives.iter().flat_map(|profile| profile.scopes().iter().map(|kind| choice(*profile, *kind))).collect()
}

const fn words(kind: ScopeKind) -> &'static str {
    match kind {
        ScopeKind::Nation => "toute la France",
        ScopeKind::Region => "une région (code INSEE)",
        ScopeKind::Departement => "un département (code INSEE)",
        ScopeKind::Commune => "des communes (codes INSEE)",
        ScopeKind::Ej => "une entité juridique (FINESS)",
        ScopeKind::Eg => "un établissement (FINESS)",
        ScopeKind::Offer => "des offres (numéros)",
        ScopeKind::Own => "sa propre activité",
    }
}

//! Signing in: the providers to choose from and, in the sandbox, the fictitious persons (D56).

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, header};
use ror_identity::people::{Persona, is_local};

use super::{Context, Frame, refused};
use crate::cookies::Purpose;
use crate::respond;

#[derive(Template)]
#[template(path = "pages/sign_in/page.html")]
struct Page {
    frame: Frame,
    /// Whether somebody signed in must prove again who they are.
    is_again: bool,
    providers: Vec<Provider>,
    /// The question to the built-in provider, that the form repeats.
    question: Vec<(&'static str, String)>,
    personas: Vec<Choice>,
}

struct Provider {
    label: String,
    href: String,
}

struct Choice {
    key: &'static str,
    role: &'static str,
    name: &'static str,
    profiles: String,
}

/// `/connexion?retour=…&encore=1`
pub(crate) fn page(context: &Context<'_>) -> Response<Body> {
    let people = &context.portal.services.people;
    let (back, is_again) = (back(context), context.parameter("encore") == "1");
    let query = |id: &str| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("retour", &back);
        if is_again {
            query.append_pair("encore", "1");
        }
        format!("/connexion/vers/{id}?{}", query.finish())
    };
    let providers =
        people.providers().map(|(id, label)| Provider { label: label.to_owned(), href: query(id) }).collect();
    let begun = match people.is_sandbox().then(|| people.begin(None, &back, is_again, context.now)).transpose() {
        Ok(begun) => begun,
        Err(error) => return refused::sign_in(context, &error),
    };
    let (question, cookie) = begun.map_or_else(Default::default, |begun| (begun.parameters, begun.cookie));
    let personas = if people.is_sandbox() { personas() } else { Vec::new() };
    let frame = context.frame("Se connecter – ROR").not_indexed();
    let page = Page { frame, is_again, providers, question, personas };
    let mut response = respond::private_page(StatusCode::OK, context.headers, &page);
    keep(response.headers_mut(), &cookie, context);
    response
}

/// `/connexion/vers/{provider}`: to the provider, with what the browser must bring back.
pub(crate) fn leave(context: &Context<'_>, provider: &str) -> Response<Body> {
    let people = &context.portal.services.people;
    let is_real = people.providers().any(|(id, _)| id == provider);
    if !is_real {
        return super::not_found::page(context);
    }
    match people.begin(Some(provider), &back(context), context.parameter("encore") == "1", context.now) {
        Ok(begun) => {
            let mut response = respond::redirect(&begun.url());
            keep(response.headers_mut(), &begun.cookie, context);
            response
        }
        Err(error) => refused::sign_in(context, &error),
    }
}

fn keep(headers: &mut HeaderMap, cookie: &str, context: &Context<'_>) {
    let value = Purpose::SignIn.keep(cookie, context.portal.settings.https);
    if let Some(value) = value.filter(|_| !cookie.is_empty()) {
        headers.append(header::SET_COOKIE, value);
    }
}

/// Where to go after: what the link says, else the page of this site that was left.
fn back(context: &Context<'_>) -> String {
    let asked = context.parameter("retour");
    if !asked.is_empty() {
        return if is_local(asked) { asked.to_owned() } else { "/".to_owned() };
    }
    let text = |name| context.headers.get(name).and_then(|value| value.to_str().ok());
    let left = text(header::REFERER).and_then(|referer| {
        let (_, rest) = referer.split_once("://")?;
        let (host, path) = rest.split_at(rest.find('/')?);
        (Some(host) == text(header::HOST)).then_some(path)
    });
    left.filter(|path| is_local(path)).unwrap_or("/").to_owned()
}

fn personas() -> Vec<Choice> {
    let choice = |persona: &Persona| {
        let labels: Vec<&str> = persona.profiles.iter().map(|profile| profile.label()).collect();
        let profiles = if labels.is_empty() { "Professionnel consultant".to_owned() } else { labels.join(", ") };
        Choice { key: persona.key, role: persona.role, name: persona.name, profiles }
    };
    Persona::all().iter().map(choice).collect()
}

//! State of the service: what runs, since when, on what data.

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use ror_search::ResourceType;

use super::{Context, Frame};
use crate::components::facts::{Fact, Facts};
use crate::french;
use crate::respond;

#[derive(Template)]
#[template(path = "pages/status/page.html")]
struct Page {
    frame: Frame,
    facts: Facts,
    is_writable: bool,
}

pub(crate) fn page(context: &Context<'_>) -> Response<Body> {
    let count = |rtype| vec![french::number(context.view.count(rtype))];
    let facts = Facts {
        rows: vec![
            Fact::shown("Version", vec![env!("CARGO_PKG_VERSION").to_owned()]),
            Fact::shown("En service depuis le", vec![french::moment(context.portal.started)]),
            Fact::shown("Heure du serveur", vec![french::moment(context.now)]),
            Fact::shown("Offres publiques", count(ResourceType::HealthcareService)),
            Fact::shown("Structures", count(ResourceType::Organization)),
            Fact::shown("Lieux", count(ResourceType::Location)),
            Fact::shown("Exercices de professionnels de ville", count(ResourceType::PractitionerRole)),
        ],
    };
    let page = Page {
        frame: context.frame("État du service – ROR").not_indexed(),
        facts,
        is_writable: context.portal.services.directory.is_writable(),
    };
    respond::page(StatusCode::OK, context.headers, &page)
}

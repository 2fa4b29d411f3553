//! State of the service: what runs, since when, how well, on what data.

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use ror_confidentiality::Audience;
use ror_search::ResourceType;

use super::{Context, Frame};
use crate::components::facts::{Fact, Facts};
use crate::french;
use crate::respond;
use crate::times::{Figures, LONGEST_MS, Service};

#[derive(Template)]
#[template(path = "pages/status/page.html")]
struct Page {
    frame: Frame,
    facts: Facts,
    services: Vec<Row>,
    is_writable: bool,
}

/// How well a service answers, in words.
struct Row {
    name: &'static str,
    figures: Option<[String; 2]>,
}

pub(crate) fn page(context: &Context<'_>) -> Response<Body> {
    let count = |rtype| vec![french::number(context.view.count(rtype))];
    let offers = if context.audience == Audience::PUBLIC { "Offres publiques" } else { "Offres que vous voyez" };
    let facts = Facts {
        rows: vec![
            Fact::shown("Version", vec![env!("CARGO_PKG_VERSION").to_owned()]),
            Fact::shown("En service depuis le", vec![french::moment(context.portal.started)]),
            Fact::shown("Heure du serveur", vec![french::moment(context.now)]),
            Fact::shown(offers, count(ResourceType::HealthcareService)),
            Fact::shown("Structures", count(ResourceType::Organization)),
            Fact::shown("Lieux", count(ResourceType::Location)),
            Fact::shown("Exercices de professionnels de ville", count(ResourceType::PractitionerRole)),
        ],
    };
    let times = &context.portal.times;
    let row = |service: Service| Row { name: service.name(), figures: times.figures(service).map(told) };
    let page = Page {
        frame: context.frame("État du service – ROR").not_indexed(),
        facts,
        services: Service::ALL.into_iter().map(row).collect(),
        is_writable: context.portal.services.directory.is_writable(),
    };
    respond::page(StatusCode::OK, context.headers, &page)
}

fn told(figures: Figures) -> [String; 2] {
    let percent = match (figures.available / 100, figures.available % 100) {
        (whole, 0) => format!("{whole}\u{a0}%"),
        (whole, hundredths) => format!("{whole},{hundredths:02}\u{a0}%"),
    };
    let bound = |ms: u32| match ms {
        ..1_000 => format!("{ms}\u{a0}ms"),
        _ => format!("{}\u{a0}s", ms / 1_000),
    };
    let longest = bound(LONGEST_MS);
    let times = match (figures.half_ms, figures.most_ms) {
        (Some(half), Some(most)) if half == most => format!("moins de {} pour 95 sur 100", bound(most)),
        (Some(half), Some(most)) => {
            format!("moins de {} pour la moitié, de {} pour 95 sur 100", bound(half), bound(most))
        }
        (Some(half), None) => format!("moins de {} pour la moitié, plus de {longest} pour d’autres", bound(half)),
        (None, _) => format!("plus de {longest} pour la moitié"),
    };
    [percent, times]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_in_french() {
        let figures = Figures { available: 9_999, half_ms: Some(5), most_ms: Some(2_000) };
        assert_eq!(told(figures), ["99,99\u{a0}%", "moins de 5\u{a0}ms pour la moitié, de 2\u{a0}s pour 95 sur 100"]);
        let figures = Figures { available: 10_000, half_ms: None, most_ms: None };
        assert_eq!(told(figures), ["100\u{a0}%", "plus de 5\u{a0}s pour la moitié"]);
    }
}

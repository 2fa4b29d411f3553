//! State of the service: what runs, since when, how well, on what data.

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use ror_confidentiality::Audience;
use ror_identity::{CallKind, Figures, LONGEST_MS};
use ror_search::ResourceType;

use super::{Context, Frame};
use crate::components::facts::{Fact, Facts};
use crate::french;
use crate::respond;
use crate::times::Service;

/// Answers without failure from which a service is said to work, in hundredths of a percent.
const WORKS_MIN: u64 = 9_900;

#[derive(Template)]
#[template(path = "pages/status/page.html")]
struct Page {
    frame: Frame,
    facts: Facts,
    /// Pages, then the API.
    groups: [Group; 2],
    pages: &'static str,
    /// Above so many seconds, a request given up is a failure.
    longest_s: u32,
    is_writable: bool,
}

/// Services of one kind.
struct Group {
    name: &'static str,
    rows: Vec<Row>,
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
    let (times, directory) = (&context.portal.times, &context.portal.services.directory);
    let of = |service: Service| times.of(service).figures();
    let row = |service: Service| Row { name: service.name(), figures: of(service).map(told) };
    let calls = &context.portal.services.api;
    let call = |kind: CallKind| Row { name: name_of(kind), figures: calls.of(kind).figures().map(told) };
    let page = Page {
        frame: context.frame("État du service – ROR").not_indexed(),
        facts,
        groups: [
            Group { name: "Pages", rows: Service::ALL.into_iter().map(row).collect() },
            Group { name: "API FHIR, pour les logiciels", rows: CallKind::ALL.into_iter().map(call).collect() },
        ],
        longest_s: LONGEST_MS / 1_000,
        pages: judged(of(Service::Search), of(Service::Sheets)),
        is_writable: directory.is_writable() && directory.is_following(),
    };
    respond::page(StatusCode::OK, context.headers, &page)
}

/// What calls of a kind are called.
const fn name_of(kind: CallKind) -> &'static str {
    match kind {
        CallKind::Read => "Lectures",
        CallKind::Search => "Recherches",
        CallKind::Write => "Écritures",
    }
}

/// What the figures of the search and of sheets say, in a sentence.
fn judged(search: Option<Figures>, sheets: Option<Figures>) -> &'static str {
    let fails = |figures: Option<Figures>| figures.is_some_and(|figures| figures.available < WORKS_MIN);
    match (fails(search), fails(sheets)) {
        (true, true) => "La recherche et les fiches échouent trop souvent.",
        (true, false) => "La recherche échoue trop souvent.",
        (false, true) => "Les fiches échouent trop souvent.",
        _ if search.is_some() && sheets.is_some() => "La recherche et les fiches fonctionnent.",
        _ => "Le service répond ; trop peu de réponses encore pour en mesurer la qualité.",
    }
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
    fn the_sentence_comes_from_the_figures() {
        let share = |available| Some(Figures { available, half_ms: Some(5), most_ms: Some(5) });
        let (good, bad) = (share(9_900), share(9_899));
        for (search, sheets, told) in [
            (good, good, "La recherche et les fiches fonctionnent."),
            (bad, good, "La recherche échoue trop souvent."),
            (good, bad, "Les fiches échouent trop souvent."),
            (None, bad, "Les fiches échouent trop souvent."),
            (bad, bad, "La recherche et les fiches échouent trop souvent."),
        ] {
            assert_eq!(judged(search, sheets), told);
        }
        for (search, sheets) in [(None, None), (good, None), (None, good)] {
            assert!(judged(search, sheets).starts_with("Le service répond ; trop peu"));
        }
    }

    #[test]
    fn figures_are_told_in_french() {
        let figures = Figures { available: 9_999, half_ms: Some(5), most_ms: Some(2_000) };
        assert_eq!(told(figures), ["99,99\u{a0}%", "moins de 5\u{a0}ms pour la moitié, de 2\u{a0}s pour 95 sur 100"]);
        let figures = Figures { available: 10_000, half_ms: None, most_ms: None };
        assert_eq!(told(figures), ["100\u{a0}%", "plus de 5\u{a0}s pour la moitié"]);
    }
}

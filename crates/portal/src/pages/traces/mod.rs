//! Traces of calls, for the national administrator (D63).

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use ror_identity::people::PersonProfile;
use ror_identity::{Marks, Retention, TraceFilter, TraceLine, TraceRow};

use super::{Context, Frame, refused};
use crate::{french, respond};

/// Lines on a page.
const LINES: usize = 100;
/// Resources named on a line; the others are counted.
const NAMED: usize = 3;

#[derive(Template)]
#[template(path = "pages/traces/page.html")]
struct Page {
    frame: Frame,
    months: u32,
    lines: Vec<Line>,
    /// Before which line the next page is.
    older: Option<u64>,
}

struct Line {
    when: String,
    who: String,
    what: String,
    marks: String,
    about: String,
    outcome: String,
}

/// `/traces`: a page for those who act under the right for it, 403 for all others.
pub(crate) fn page(context: &Context<'_>) -> Response<Body> {
    let right = context.visitor.person().and_then(|acting| acting.right.as_ref());
    if right.is_none_or(|right| right.profile != PersonProfile::AdminNat) {
        let why = "les traces sont lues par l’administrateur national";
        return refused::form(context, StatusCode::FORBIDDEN, why);
    }
    let below = context.parameter("avant").parse().unwrap_or(u64::MAX);
    let found = context
        .portal
        .services
        .traces
        .as_ref()
        .map_or_else(|| Ok(Vec::new()), |traces| traces.search(&TraceFilter::default(), below, LINES + 1));
    let rows = match found {
        Ok(rows) => rows,
        Err(error) => {
            tracing::error!(%error, "traces could not be read");
            return respond::failure();
        }
    };
    let shown = &rows[..rows.len().min(LINES)];
    let page = Page {
        frame: context.frame("Traces des appels – ROR").not_indexed(),
        months: Retention::of_traces().months.unwrap_or_default(),
        lines: shown.iter().map(line).collect(),
        older: shown.last().filter(|_| rows.len() > LINES).map(|row| row.seq),
    };
    respond::private_page(StatusCode::OK, context.headers, &page)
}

fn line(row: &TraceRow) -> Line {
    let trace = &row.trace;
    let mut resources = trace.resources.split(' ').filter(|name| !name.is_empty());
    let mut about: Vec<String> = resources.by_ref().take(NAMED).map(str::to_owned).collect();
    let more = resources.count();
    if more > 0 {
        about.push(format!("et {more} autres"));
    }
    about.extend(Some(trace.criteria.clone()).filter(|text| !text.is_empty()));
    let marks = [(Marks::NAMED_CONTACT, "contact nominatif"), (Marks::LEVEL_3, "niveau 3")];
    let marks: Vec<&str> =
        marks.iter().filter(|(mark, _)| trace.marks.includes(*mark)).map(|(_, text)| *text).collect();
    Line {
        when: french::moment(trace.at),
        who: if trace.actor.is_empty() { "inconnu".to_owned() } else { trace.actor.clone() },
        what: action(&trace.action).to_owned(),
        marks: marks.join(", "),
        about: about.join(" · "),
        outcome: outcome(trace),
    }
}

/// How it ended; a line may stand for many refusals.
fn outcome(trace: &TraceLine) -> String {
    match trace.outcome {
        409 if trace.action == "purge" => {
            format!("{} traces anciennes gardées : l’horloge a sauté, ou rien n’a été tracé longtemps", trace.count)
        }
        ..400 => "accordé".to_owned(),
        status if trace.count > 1 => format!("refusé ({status}), {} fois", french::number(trace.count)),
        status => format!("refusé ({status})"),
    }
}

/// What was asked, in plain words.
fn action(code: &str) -> &str {
    match code {
        "read" => "lecture d’une ressource",
        "search" => "recherche",
        "page" => "page",
        "create" => "création",
        "update" => "mise à jour",
        "validate" => "vérification d’une ressource",
        "token" => "demande de jeton",
        "sign-in" => "connexion",
        "audit" => "lecture des traces",
        "export" => "export",
        "purge" => "fin de garde de traces anciennes",
        _ => "autre appel",
    }
}

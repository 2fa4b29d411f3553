//! What a page leaves in the traces (D63): that a person read what is restricted, that a sheet, a form
//! or a sign-in was refused. Pages of the public leave none.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use ror_confidentiality::Grant;
use ror_identity::{Marks, TraceLine, refused_sign_in};
use ror_index::Tally;

use crate::respond;
use crate::state::PortalState;

/// How long a page waits for room in the queue of lines before it is withheld.
const ROOM_TIME: Duration = Duration::from_secs(2);
/// How a visitor without session is named in traces, as in those of the API.
const ANONYMOUS: &str = "anonyme";
/// The client through which people signed in read.
const PORTAL: &str = "portail";

/// Says with the response who reads, and what of it has its reading kept. What was typed is not
/// kept: the names of the fields are.
pub(crate) fn tell(
    response: &mut Response<Body>,
    grant: &Grant,
    is_signed_in: bool,
    tally: &Tally,
    query: &[(String, String)],
) {
    let (contacts, level_3) = (tally.names_contacts(), tally.holds_level_3());
    // Most pages are the public's and leave nothing; their refusals have a line of their own.
    if !is_signed_in && !contacts && !level_3 {
        return;
    }
    let mut line = anonymous();
    if is_signed_in {
        grant.actor().clone_into(&mut line.actor);
        grant.client().clone_into(&mut line.client);
    }
    line.profile = u8::try_from(grant.audience().index()).ok();
    // A browser that holds this very page is sent nothing.
    if (contacts || level_3) && response.status() != StatusCode::NOT_MODIFIED {
        let resources = tally.resources();
        line.count = resources.len() as u64;
        line.resources = resources.join(" ");
        line.marks = Marks::default()
            .and(if contacts { Marks::NAMED_CONTACT } else { Marks::default() })
            .and(if level_3 { Marks::LEVEL_3 } else { Marks::default() });
    }
    let known = query.iter().map(|(name, _)| name.as_str()).filter(|name| is_plain(name) && name.len() <= 40);
    line.criteria = known.flat_map(|name| ["&", name, "=***"]).collect();
    response.extensions_mut().insert(line);
}

/// Keeps the line of a page, if it has one, before the page leaves.
pub(crate) async fn keep(
    state: &PortalState,
    path: &str,
    time: Duration,
    mut response: Response<Body>,
) -> Response<Body> {
    let told = response.extensions_mut().remove::<TraceLine>();
    let Some(traces) = state.inner.services.traces.clone() else { return response };
    let Some(line) = line(path, response.status(), told) else { return response };
    let now = state.inner.now();
    let line = TraceLine { at: now, duration_us: u64::try_from(time.as_micros()).unwrap_or(u64::MAX), ..line };
    // Anyone can send a flood of refusals: those of strangers are counted once they are many.
    let is_stranger = line.actor.is_empty() || line.actor == ANONYMOUS;
    let kept = if is_stranger && line.outcome >= 400 { traces.offer_refusal(line) } else { traces.offer(line) };
    let Err(unwritten) = kept else { return response };
    if traces.is_worth_waiting() {
        let kept = tokio::task::spawn_blocking(move || traces.offer_within(*unwritten.0, ROOM_TIME)).await;
        if matches!(kept, Ok(Ok(()))) {
            return response;
        }
    }
    tracing::error!("no trace could be kept: a page was withheld");
    respond::failure()
}

/// Counts a page refused for asking too often: to `actor`, when that is somebody signed in.
pub(crate) fn throttled(state: &PortalState, path: &str, actor: Option<&str>) {
    if let Some(traces) = &state.inner.services.traces {
        let mut told = TraceLine { at: state.inner.now(), ..anonymous() };
        if let Some(actor) = actor {
            (told.actor, told.client) = (actor.to_owned(), PORTAL.to_owned());
        }
        traces.throttled(&refused(path, StatusCode::TOO_MANY_REQUESTS, told));
    }
}

/// The line of a page, when one is kept: a restricted reading, or a refusal.
fn line(path: &str, status: StatusCode, told: Option<TraceLine>) -> Option<TraceLine> {
    let is_sheet = path.starts_with("/offre/") || path.starts_with("/structure/");
    if path.starts_with("/connexion") && status.is_client_error() {
        return Some(refused_sign_in(0, PORTAL, status.as_u16(), "refused"));
    }
    let told = told.unwrap_or_else(anonymous);
    match status.as_u16() {
        401 | 403 => Some(refused(path, status, told)),
        200 if path == "/traces" => {
            Some(TraceLine { action: "audit".to_owned(), criteria: String::new(), outcome: 200, ..told })
        }
        404 if is_sheet => Some(refused(path, status, told)),
        _ if !told.marks.is_empty() => Some(TraceLine {
            action: "page".to_owned(),
            criteria: [page(path), &told.criteria].concat(),
            outcome: status.as_u16(),
            ..told
        }),
        _ => None,
    }
}

fn refused(path: &str, status: StatusCode, told: TraceLine) -> TraceLine {
    let reason = match status {
        StatusCode::NOT_FOUND => "unknown-resource",
        StatusCode::TOO_MANY_REQUESTS => "too-many-requests",
        _ => "refused",
    };
    TraceLine {
        action: "page".to_owned(),
        criteria: page(path).to_owned(),
        outcome: status.as_u16(),
        reason: reason.to_owned(),
        resources: String::new(),
        marks: Marks::default(),
        count: 0,
        ..told
    }
}

fn anonymous() -> TraceLine {
    TraceLine { actor: ANONYMOUS.to_owned(), client: ANONYMOUS.to_owned(), profile: Some(0), ..TraceLine::default() }
}

/// The address of a page: numbers of structures and offers, no word that somebody typed.
fn page(path: &str) -> &str {
    if path.len() <= 120 && path.split('/').all(is_plain) { path } else { "?" }
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_kept_of_refusals_and_of_what_is_restricted() {
        let marked = TraceLine { marks: Marks::LEVEL_3, criteria: "&quoi=***".into(), ..anonymous() };
        for (path, status, told, kept) in [
            ("/", 200, None, None),
            ("/recherche", 200, Some(anonymous()), None),
            ("/recherche", 200, Some(marked.clone()), Some("/recherche&quoi=***")),
            ("/offre/84/12", 404, Some(marked.clone()), Some("/offre/84/12")),
            ("/structure/jean%20dupont", 404, None, Some("?")),
            ("/nulle-part", 404, None, None),
            ("/session/role", 403, None, Some("/session/role")),
            ("/connexion/retour", 400, None, Some("provider=portail")),
        ] {
            let line = line(path, StatusCode::from_u16(status).expect("a status"), told);
            assert_eq!(line.as_ref().map(|line| line.criteria.as_str()), kept, "{path}");
            assert!(line.is_none_or(|line| status == 200 || line.marks.is_empty()));
        }
    }
}

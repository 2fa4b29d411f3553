//! Traces as FHIR AuditEvent (FHIR R4 §6.4), read only, for clients that hold the right: calls, and what the
//! ledger holds of writes, sign-ins and changes of rights (D63).
//!
//! The right is the register's alone, so whoever lacks it gets 403 whatever they ask (D81). Reading
//! traces leaves a trace.

mod event;

use std::sync::Arc;

use ror_identity::{Asked, AuditFilter, Below, ToldPage, TraceFilter, Traces, Unread};
use ror_search::{Comparison, Prefix};

use crate::answer::Answer;
use crate::blocking;
use crate::bundle::{self, Bundle};
use crate::call::Call;
use crate::outcome::{Fault, Issue};
use crate::request;

const TYPE: &str = "AuditEvent";
const KNOWN: [&str; 10] =
    ["_count", "_format", "_id", "_page", "_pretty", "action", "altid", "date", "entity", "outcome"];
const COUNT_DEFAULT: usize = 200;
const COUNT_MAX: usize = 1_000;
/// What traces call a read, a write, and the rest, in the letters of FHIR. The ledger has no reads.
const ACTIONS: [(&str, &[&str]); 5] = [
    ("C", &["create"]),
    ("R", &["read", "search", "export", "audit", "page"]),
    ("U", &["update"]),
    ("D", &["withdraw"]),
    (OTHER, &["token", "sign-in", "validate", "operation", "other", "purge"]),
];
/// Whatever is no reading and no writing.
const OTHER: &str = "E";
/// What starts the id of a line of the ledger; those of calls are a number.
const OF_LEDGER: &str = "ledger-";

/// Answers one trace, or those that meet the parameters, newest first.
///
/// # Errors
/// 403 without the right, 404 for a trace that is not held, 400, 503.
pub(crate) async fn audit(call: Call, id: Option<String>) -> Result<Answer, Fault> {
    if !call.grant.rights().audit {
        let text = "Ce client n'a pas le droit de lire les traces.";
        return Err(Fault::new(
            axum::http::StatusCode::FORBIDDEN,
            Issue::error("forbidden", "audit-not-granted", text),
        ));
    }
    let limit = call.state.inner.settings.limits.query_time;
    // Turns of their own: whoever reads traces holds up no search.
    let turns = Arc::clone(&call.state.inner.audits);
    let work = move || match (&call.state.inner.settings.traces, id) {
        (None, _) => Err(unavailable()),
        (Some(traces), Some(id)) => one(&call, traces, &id),
        (Some(traces), None) => page(&call, traces),
    };
    blocking::run_within(limit, &turns, work).await?
}

fn read(call: &Call, traces: &Traces, asked: &Asked, below: Below, limit: usize) -> Result<ToldPage, Fault> {
    let inner = &call.state.inner;
    let told = inner.services.identity.told(traces, asked, below, limit, inner.settings.limits.query_time);
    told.map_err(|unread| match unread {
        Unread::TooLong => Fault::too_costly(),
        Unread::Failed => unavailable(),
    })
}

fn one(call: &Call, traces: &Traces, id: &str) -> Result<Answer, Fault> {
    request::only(&call.pairs, &["_format", "_pretty"])?;
    let mut asked = everything();
    name(&mut asked, id).ok_or_else(Fault::not_found)?;
    let found = read(call, traces, &asked, Below::FIRST, 1)?;
    let line = found.lines.first().ok_or_else(Fault::not_found)?;
    Ok(Answer::node(&event::event(line)).with_count(1))
}

fn page(call: &Call, traces: &Traces) -> Result<Answer, Fault> {
    request::only(&call.pairs, &KNOWN)?;
    let count = match request::value(&call.pairs, "_count") {
        None => COUNT_DEFAULT,
        Some(text) => {
            let count: u64 = text.parse().map_err(|_| wrong("_count", "un nombre"))?;
            usize::try_from(count).unwrap_or(COUNT_MAX).min(COUNT_MAX)
        }
    };
    let below = match request::value(&call.pairs, "_page") {
        None => Below::FIRST,
        Some(text) => below(text).ok_or_else(|| wrong("_page", "un lien de page tel quel"))?,
    };
    let found = read(call, traces, &asked(&call.pairs)?, below, count)?;
    let link = |page: Option<&str>| {
        let pairs = call.pairs.iter().filter(|(name, _)| name != "_page");
        bundle::link(&call.base, TYPE, pairs.map(|(name, value)| (name.as_str(), value.as_str())), page)
    };
    let mut links = vec![("self", link(request::value(&call.pairs, "_page")))];
    if let Some(next) = found.next.filter(|_| count > 0) {
        links.push(("next", link(Some(&format!("{}-{}", next.calls, next.done)))));
    }
    let lines = &found.lines;
    let mut bundle = Bundle::start(&call.base, call.state.random_id(), found.total, &links, 1_024 * (lines.len() + 1));
    for line in lines {
        bundle.push_node(TYPE, &event::id(line), &event::event(line));
    }
    Ok(Answer::ok(bundle.finish()).with_count(lines.len()))
}

/// Where a page begins, as its link says.
fn below(text: &str) -> Option<Below> {
    let (calls, done) = text.split_once('-')?;
    Some(Below { calls: calls.parse().ok()?, done: done.parse().ok()? })
}

fn everything() -> Asked {
    Asked { calls: Some(TraceFilter::default()), done: Some(AuditFilter::default()) }
}

/// Keeps the line of this id alone; `None` when no line has such an id.
fn name(asked: &mut Asked, id: &str) -> Option<()> {
    let (calls, done) = match id.strip_prefix(OF_LEDGER) {
        Some(seq) => (None, Some(seq.parse().ok()?)),
        None => (Some(id.parse().ok()?), None),
    };
    asked.calls = asked.calls.take().filter(|_| calls.is_some()).map(|filter| TraceFilter { seq: calls, ..filter });
    asked.done = asked.done.take().filter(|_| done.is_some()).map(|filter| AuditFilter { seq: done, ..filter });
    Some(())
}

/// What the parameters ask of both logs.
fn asked(pairs: &[(String, String)]) -> Result<Asked, Fault> {
    let (mut calls, mut done) = (TraceFilter::default(), AuditFilter::default());
    let (mut has_calls, mut has_done) = (true, true);
    for (name, value) in pairs {
        match name.as_str() {
            "altid" => (calls.actor, done.actor) = (Some(value.clone()), Some(value.clone())),
            "entity" => (calls.resource, done.target) = (Some(value.clone()), Some(value.clone())),
            "date" => add_date(&mut calls, value)?,
            "action" => {
                let known = ACTIONS.iter().find(|(letter, _)| letter == value);
                let (letter, actions) = known.ok_or_else(|| wrong("action", "C, R, U, D ou E"))?;
                calls.actions = owned(actions);
                (done.actions, done.other_than) = match *letter {
                    OTHER => (Vec::new(), ["create", "update", "withdraw"].map(str::to_owned).to_vec()),
                    _ => (owned(actions), Vec::new()),
                };
                (has_calls, has_done) = (*letter != "D", *letter != "R");
            }
            "outcome" => {
                let granted = match value.as_str() {
                    "0" => true,
                    "4" => false,
                    _ => return Err(wrong("outcome", "0 (accordé) ou 4 (refusé)")),
                };
                (calls.granted, done.done) = (Some(granted), Some(granted));
            }
            _ => {}
        }
    }
    (done.from, done.until) = (calls.from, calls.until);
    let mut asked = Asked { calls: has_calls.then_some(calls), done: has_done.then_some(done) };
    if let Some(id) = request::value(pairs, "_id") {
        name(&mut asked, id).ok_or_else(|| wrong("_id", "l'identifiant d'une trace"))?;
    }
    Ok(asked)
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn add_date(filter: &mut TraceFilter, value: &str) -> Result<(), Fault> {
    let asked =
        Comparison::parse_date(value).map_err(|expected| Fault::invalid_at("invalid-parameter", "date", expected))?;
    let (start, end) = (asked.asked.start.instant(), asked.asked.end.instant());
    let (from, until) = match asked.prefix {
        Prefix::Eq | Prefix::Ap => (Some(start), Some(end)),
        Prefix::Ge => (Some(start), None),
        Prefix::Gt | Prefix::Sa => (Some(end), None),
        Prefix::Lt | Prefix::Eb => (None, Some(start)),
        Prefix::Le => (None, Some(end)),
        Prefix::Ne => return Err(wrong("date", "eq, gt, ge, lt, le, sa, eb ou ap")),
    };
    filter.from = filter.from.max(from);
    filter.until = [filter.until, until].into_iter().flatten().min();
    Ok(())
}

fn wrong(name: &'static str, expected: &str) -> Fault {
    Fault::invalid_at("invalid-parameter", name, format!("Valeur refusée ; attendu : {expected}."))
}

fn unavailable() -> Fault {
    Fault::transient("traces-unavailable", "Les traces ne peuvent pas être lues : réessayez.")
}

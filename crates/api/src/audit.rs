//! Traces of calls as FHIR AuditEvent (FHIR R4 §6.4), read only, for clients that hold the right.
//!
//! The right is the register's alone, so whoever lacks it gets 403 whatever they ask (D81). Reading
//! traces leaves a trace.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ror_fhir::{DateTime, Node, node};
use ror_identity::{Marks, TraceFilter, TraceLine, TraceRow, Traces};
use ror_search::{DateCriterion, Prefix};

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
/// What traces call a read, a write, and the rest, in the letters of FHIR.
const ACTIONS: [(&str, &[&str]); 4] = [
    ("C", &["create"]),
    ("R", &["read", "search", "audit", "page"]),
    ("U", &["update"]),
    ("E", &["token", "sign-in", "validate", "operation", "other", "purge"]),
];

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
    let turns = Arc::clone(&call.state.inner.heavy);
    let work = move || match (&call.state.inner.settings.traces, id) {
        (None, _) => Err(unavailable()),
        (Some(traces), Some(id)) => one(&call, traces, &id),
        (Some(traces), None) => page(&call, traces),
    };
    blocking::run_within(limit, &turns, work).await?
}

fn one(call: &Call, traces: &Traces, id: &str) -> Result<Answer, Fault> {
    request::only(&call.pairs, &["_format", "_pretty"])?;
    let seq = id.parse().map_err(|_| Fault::not_found())?;
    let filter = TraceFilter { seq: Some(seq), ..TraceFilter::default() };
    let rows = traces.search(&filter, u64::MAX, 1).map_err(|_| unavailable())?;
    let row = rows.first().ok_or_else(Fault::not_found)?;
    Ok(Answer::node(&event(row)).with_count(1))
}

fn page(call: &Call, traces: &Traces) -> Result<Answer, Fault> {
    request::only(&call.pairs, &KNOWN)?;
    let number = |name: &'static str| match request::value(&call.pairs, name) {
        None => Ok(None),
        Some(text) => text.parse::<u64>().map(Some).map_err(|_| wrong(name, "un nombre")),
    };
    let count = number("_count")?.map_or(COUNT_DEFAULT, |count| usize::try_from(count).unwrap_or(COUNT_MAX));
    let count = count.min(COUNT_MAX);
    let below = number("_page")?.unwrap_or(u64::MAX);
    let filter = filter(&call.pairs)?;
    let total = traces.count(&filter).map_err(|_| unavailable())?;
    let rows = traces.search(&filter, below, count + 1).map_err(|_| unavailable())?;
    let shown = &rows[..rows.len().min(count)];
    let link = |page: Option<&str>| {
        let pairs = call.pairs.iter().filter(|(name, _)| name != "_page");
        bundle::link(&call.base, TYPE, pairs.map(|(name, value)| (name.as_str(), value.as_str())), page)
    };
    let mut links = vec![("self", link(request::value(&call.pairs, "_page")))];
    if let (true, Some(last)) = (rows.len() > count, shown.last()) {
        links.push(("next", link(Some(&last.seq.to_string()))));
    }
    let mut bundle = Bundle::start(&call.base, call.state.random_id(), total, &links, 1_024 * (shown.len() + 1));
    for row in shown {
        bundle.push_node(TYPE, &row.seq.to_string(), &event(row));
    }
    Ok(Answer::ok(bundle.finish()).with_count(shown.len()))
}

fn filter(pairs: &[(String, String)]) -> Result<TraceFilter, Fault> {
    let mut filter = TraceFilter::default();
    for (name, value) in pairs {
        match name.as_str() {
            "_id" => filter.seq = Some(value.parse().map_err(|_| wrong("_id", "le numéro d'une trace"))?),
            "altid" => filter.actor = Some(value.clone()),
            "entity" => filter.resource = Some(value.clone()),
            "date" => add_date(&mut filter, value)?,
            "action" => {
                let known = ACTIONS.iter().find(|(letter, _)| letter == value);
                let (_, actions) = known.ok_or_else(|| wrong("action", "C, R, U ou E"))?;
                filter.actions = actions.iter().map(|action| (*action).to_owned()).collect();
            }
            "outcome" => match value.as_str() {
                "0" => filter.granted = Some(true),
                "4" => filter.granted = Some(false),
                _ => return Err(wrong("outcome", "0 (accordé) ou 4 (refusé)")),
            },
            _ => {}
        }
    }
    Ok(filter)
}

fn add_date(filter: &mut TraceFilter, value: &str) -> Result<(), Fault> {
    let asked =
        DateCriterion::parse(value).map_err(|expected| Fault::invalid_at("invalid-parameter", "date", expected))?;
    let (start, end) = (asked.value.start, asked.value.end);
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

/// A trace as FHIR has it: what FHIR has no place for is a detail of the first entity.
fn event(row: &TraceRow) -> Node {
    let TraceRow { seq, trace } = row;
    let is_sign_in = matches!(trace.action.as_str(), "token" | "sign-in");
    let (kind, display) = if is_sign_in { ("110114", "User Authentication") } else { ("rest", "RESTful Operation") };
    let system = if is_sign_in {
        "http://dicom.nema.org/resources/ontology/DCM"
    } else {
        "http://terminology.hl7.org/CodeSystem/audit-event-type"
    };
    let action =
        ACTIONS.iter().find(|(_, known)| known.contains(&trace.action.as_str())).map_or("E", |(letter, _)| *letter);
    let mut agent = node!({"requestor": true});
    if let (false, Some(agent)) = (trace.actor.is_empty(), agent.as_object_mut()) {
        agent.insert("altId", trace.actor.as_str());
    }
    let mut event = node!({
        "resourceType": TYPE,
        "id": seq.to_string(),
        "type": {"system": system, "code": kind, "display": display},
        "subtype": [{"system": "urn:ror:action", "code": (trace.action.as_str())}],
        "action": action,
        "recorded": DateTime::format_instant(trace.at),
        "outcome": if trace.outcome < 400 { "0" } else if trace.outcome < 500 { "4" } else { "8" }
    });
    if let Some(members) = event.as_object_mut() {
        if !trace.reason.is_empty() {
            members.insert("outcomeDesc", trace.reason.as_str());
        }
        if !trace.purpose.is_empty() {
            members.insert("purposeOfEvent", vec![node!({"text": (trace.purpose.as_str())})]);
        }
        members.insert("agent", vec![agent]);
        members.insert("source", node!({"observer": {"display": "ror"}}));
        members.insert("entity", entities(trace));
    }
    event
}

fn entities(trace: &TraceLine) -> Vec<Node> {
    let numbers = [("status", u64::from(trace.outcome)), ("count", trace.count), ("duration-us", trace.duration_us)];
    let texts = [
        ("client", trace.client.as_str()),
        ("declared", &trace.declared),
        ("request-id", &trace.request_id),
        ("named-contact", if trace.marks.includes(Marks::NAMED_CONTACT) { "niveau 2" } else { "" }),
        ("restricted", if trace.marks.includes(Marks::LEVEL_3) { "niveau 3" } else { "" }),
    ];
    let detail = |name: &str, value: &str| node!({"type": name, "valueString": value});
    let mut details: Vec<Node> = numbers.iter().map(|(name, value)| detail(name, &value.to_string())).collect();
    details.extend(trace.profile.map(|profile| detail("profile", &profile.to_string())));
    details.extend(texts.iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| detail(name, text)));
    let mut call = node!({"detail": details});
    if let (false, Some(call)) = (trace.criteria.is_empty(), call.as_object_mut()) {
        call.insert("query", STANDARD.encode(&trace.criteria));
    }
    let resources = trace.resources.split(' ').filter(|name| !name.is_empty());
    std::iter::once(call).chain(resources.map(|name| node!({"what": {"reference": name}}))).collect()
}

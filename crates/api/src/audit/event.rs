//! One trace as FHIR has it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ror_fhir::{DateTime, Instant, Node, node};
use ror_identity::{AuditRow, DONE, Marks, Told, TraceLine};

use super::{ACTIONS, OF_LEDGER, OTHER, TYPE};

const REST: [&str; 3] = ["http://terminology.hl7.org/CodeSystem/audit-event-type", "rest", "RESTful Operation"];
const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";

/// Its id: those of calls and of the ledger are numbered apart.
pub(super) fn id(line: &Told) -> String {
    match line {
        Told::Call(row) => row.seq.to_string(),
        Told::Done(row) => format!("{OF_LEDGER}{}", row.seq),
    }
}

/// A trace as FHIR has it: what FHIR has no place for is a detail of the first entity.
pub(super) fn event(line: &Told) -> Node {
    let (action, at, actor) = match line {
        Told::Call(row) => (&row.trace.action, row.trace.at, &row.trace.actor),
        Told::Done(row) => (&row.entry.action, row.entry.at, &row.entry.actor),
    };
    let mut event = heading(&id(line), action, at, outcome(line));
    let Some(members) = event.as_object_mut() else { return event };
    let mut agent = node!({"requestor": true});
    if let (false, Some(agent)) = (actor.is_empty(), agent.as_object_mut()) {
        agent.insert("altId", actor.as_str());
    }
    let (reason, purpose) = match line {
        Told::Call(row) => (row.trace.reason.as_str(), row.trace.purpose.as_str()),
        Told::Done(row) => (Some(row.entry.outcome.as_str()).filter(|outcome| *outcome != DONE).unwrap_or(""), ""),
    };
    if !reason.is_empty() {
        members.insert("outcomeDesc", reason);
    }
    if !purpose.is_empty() {
        members.insert("purposeOfEvent", vec![node!({"text": purpose})]);
    }
    members.insert("agent", vec![agent]);
    members.insert("source", node!({"observer": {"display": "ror"}}));
    members.insert(
        "entity",
        match line {
            Told::Call(row) => entities(&row.trace),
            Told::Done(row) => vec![target(row)],
        },
    );
    event
}

fn heading(id: &str, action: &str, at: Instant, outcome: &str) -> Node {
    let [system, code, display] = kind(action);
    let letter = ACTIONS.iter().find(|(_, known)| known.contains(&action)).map_or(OTHER, |(letter, _)| *letter);
    node!({
        "resourceType": TYPE,
        "id": id,
        "type": {"system": system, "code": code, "display": display},
        "subtype": [{"system": "urn:ror:action", "code": action}],
        "action": letter,
        "recorded": DateTime::format_instant(at),
        "outcome": outcome
    })
}

/// The type of an event (DICOM PS3.16 CID 400): signing in and out, changes of rights and keys, calls.
fn kind(action: &str) -> [&'static str; 3] {
    match action {
        "token" | "sign-in" | "sign-out" | "sign-out-everywhere" | "act-as" => [DICOM, "110114", "User Authentication"],
        "grant-give" | "grant-end" | "client-add" | "client-revoke" | "key-rotate" | "key-replace" => {
            [DICOM, "110113", "Security Alert"]
        }
        "traces-anchor" => [DICOM, "110101", "Audit Log Used"],
        _ => REST,
    }
}

/// 0 when it was done, 4 when it was refused, 8 when it failed.
fn outcome(line: &Told) -> &'static str {
    match line {
        Told::Call(row) if row.trace.outcome < 400 => "0",
        Told::Call(row) if row.trace.outcome < 500 => "4",
        Told::Call(_) => "8",
        Told::Done(row) if row.entry.outcome == DONE => "0",
        Told::Done(_) => "4",
    }
}

/// On what something was done: a resource, or the name of what is none.
fn target(row: &AuditRow) -> Node {
    let target = row.entry.target.as_str();
    if target.starts_with(|first: char| first.is_ascii_uppercase()) {
        node!({"what": {"reference": target}})
    } else {
        node!({"name": target})
    }
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

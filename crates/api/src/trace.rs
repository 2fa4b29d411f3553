//! What is remembered of a call once it is answered (D63): which calls, and what of them.
//!
//! A line is kept of every refusal for want of a right (401, 403, 429, 404 on a resource), of every
//! write that was refused, of every request for a token, and of every answer that holds a named
//! contact of level 2 or anything of level 3. Writes that were done are in the ledger. Reads by the
//! public hold nothing of the kind: two tests of bits, and no line.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri};
use ror_identity::{Marks, TraceLine};
use ror_index::{Hit, Tally};
use ror_search::{ParamType, Registry, ResourceType};

use crate::blocking;
use crate::outcome::Fault;
use crate::request;
use crate::route::Route;
use crate::state::ApiState;

/// The purpose of a reading, as a code; kept when it is given (D63).
pub(crate) const PURPOSE: HeaderName = HeaderName::from_static("x-ror-purpose");
/// How a caller without token is named in traces.
pub(crate) const ANONYMOUS: &str = "anonyme";
/// How long an answer waits for room in the queue of lines before it is withheld.
const ROOM_TIME: Duration = Duration::from_secs(2);
/// Characters of the criteria that are kept.
const CRITERIA_MAX: usize = 2_000;
/// Characters of a value that is kept.
const VALUE_MAX: usize = 200;
/// What stands for a value that may tell of a person.
const MASK: &str = "***";

/// What an answer holds that has its reading kept.
#[derive(Debug, Default)]
pub(crate) struct Disclosed {
    /// The resources that hold it, as `Type/id`, by spaces.
    pub(crate) resources: String,
    pub(crate) marks: Marks,
    /// Parameters of a search, already masked; empty for those of the address.
    pub(crate) criteria: String,
}

impl Disclosed {
    /// Notes a resource about to be sent.
    pub(crate) fn note(&mut self, hit: &Hit) {
        let (named, level_3) = (hit.names_contacts(), hit.holds_level_3());
        if !named && !level_3 {
            return;
        }
        if named {
            self.marks = self.marks.and(Marks::NAMED_CONTACT);
        }
        if level_3 {
            self.marks = self.marks.and(Marks::LEVEL_3);
        }
        self.name(hit.rtype().name(), hit.id());
    }

    /// Notes what a view noted by itself.
    pub(crate) fn take(&mut self, tally: &Tally) {
        if tally.names_contacts() {
            self.marks = self.marks.and(Marks::NAMED_CONTACT);
        }
        if tally.holds_level_3() {
            self.marks = self.marks.and(Marks::LEVEL_3);
        }
        self.resources = tally.resources().join(" ");
    }

    /// Nothing when nothing was noted.
    pub(crate) fn some(self) -> Option<Box<Self>> {
        (!self.marks.is_empty()).then(|| Box::new(self))
    }

    fn name(&mut self, rtype: &str, id: &str) {
        if !self.resources.is_empty() {
            self.resources.push(' ');
        }
        self.resources.extend([rtype, "/", id]);
    }
}

/// Who called and how, for a line.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    /// Under which base the address is; `None` where nothing is served.
    pub(crate) base: Option<&'a str>,
    /// Status of the answer, and our code of a refusal.
    pub(crate) status: StatusCode,
    pub(crate) detail: &'static str,
}

/// Whether a line is kept of this answer.
pub(crate) fn is_kept(asked: &Asked, is_write: bool, disclosed: Option<&Disclosed>) -> bool {
    match asked.status.as_u16() {
        401 | 403 | 429 => true,
        404 if ["unknown-resource", "unknown-export"].contains(&asked.detail) => true,
        400.. => is_write,
        _ => disclosed.is_some(),
    }
}

/// The line of an answer, less who called: action, resources, criteria.
pub(crate) fn line(asked: &Asked, registry: &Registry, disclosed: Option<&Disclosed>) -> TraceLine {
    let path = asked.base.and_then(|base| asked.uri.path().strip_prefix(base)).unwrap_or("");
    let route = Route::parse(asked.method, path).ok();
    let mut line = TraceLine {
        action: route.as_ref().map_or("other", Route::action).to_owned(),
        outcome: asked.status.as_u16(),
        reason: asked.detail.to_owned(),
        ..TraceLine::default()
    };
    let rtype = route.as_ref().and_then(Route::resource_type);
    if let Some(disclosed) = disclosed {
        line.resources.clone_from(&disclosed.resources);
        line.criteria.clone_from(&disclosed.criteria);
        line.marks = disclosed.marks;
    } else if let (Some(rtype), Some(id)) = (rtype, route.as_ref().and_then(Route::id)) {
        line.resources = format!("{rtype}/{}", if is_id(id) { id } else { "?" });
    }
    if line.criteria.is_empty()
        && let Ok(pairs) = request::pairs(asked.uri.query().unwrap_or(""))
    {
        line.criteria = masked(registry, rtype, &pairs);
    }
    line
}

/// Keeps a line; the answer leaves only then. Refusals of callers who are not known are counted once they
/// are many: anyone can send a flood of them.
///
/// # Errors
/// The line again, when there is no room for it: see [`wait`].
pub(crate) fn keep(state: &ApiState, line: TraceLine) -> Result<(), Box<TraceLine>> {
    let Some(traces) = &state.inner.settings.traces else { return Ok(()) };
    if line.outcome == StatusCode::TOO_MANY_REQUESTS.as_u16() {
        traces.throttled(&line);
        return Ok(());
    }
    let is_stranger = line.actor.is_empty() || line.actor == ANONYMOUS || line.action == "token";
    let kept = if is_stranger && line.outcome >= 400 { traces.offer_refusal(line) } else { traces.offer(line) };
    kept.map_err(|unwritten| unwritten.0)
}

/// Waits for room for a line, on a thread of its own when that may help; without it the answer must not
/// leave.
///
/// # Errors
/// 503: nothing is read, and nothing refused, that would not be known afterwards.
pub(crate) async fn wait(state: &ApiState, line: Box<TraceLine>) -> Result<(), Fault> {
    let Some(traces) = state.inner.settings.traces.clone() else { return Ok(()) };
    let is_kept =
        traces.is_worth_waiting() && blocking::run(move || traces.offer_within(*line, ROOM_TIME)).await?.is_ok();
    if is_kept {
        return Ok(());
    }
    tracing::error!("no trace could be kept: an answer was withheld");
    Err(Fault::transient("traces-unavailable", "La trace de cet appel ne peut pas être gardée : réessayez."))
}

/// The same on a thread that may block: for what leaves piece by piece.
///
/// # Errors
/// Whatever has its reading kept must not leave.
pub(crate) fn keep_waiting(state: &ApiState, line: TraceLine) -> std::io::Result<()> {
    let Err(line) = keep(state, line) else { return Ok(()) };
    let Some(traces) = &state.inner.settings.traces else { return Ok(()) };
    if traces.is_worth_waiting() && traces.offer_within(*line, ROOM_TIME).is_ok() {
        return Ok(());
    }
    tracing::error!("no trace could be kept: an answer was broken off");
    Err(std::io::Error::other("no trace could be kept"))
}

/// The purpose that a caller gives, when it looks like a code.
pub(crate) fn purpose(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(PURPOSE)?.to_str().ok()?;
    is_code(text).then(|| text.to_owned())
}

/// What is short and has no room for a sentence, a name or an address.
pub(crate) fn is_code(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (1..=80).contains(&text.len()) && text.bytes().all(is_plain)
}

fn is_id(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

/// Parameters as they are kept: codes, dates, references and what shapes the answer; a text, a
/// position, the identifier of a professional and whatever is not known are masked.
pub(crate) fn masked(registry: &Registry, rtype: Option<ResourceType>, pairs: &[(String, String)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if text.len() > CRITERIA_MAX {
            text.push_str("&…");
            break;
        }
        let is_name = name.len() <= 80
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':'));
        let value = if is_name && is_open(registry, rtype, name) && is_plain(value) { value } else { MASK };
        let separator = if text.is_empty() { "" } else { "&" };
        text.extend([separator, if is_name { name } else { "?" }, "=", value]);
    }
    text
}

/// Whether the values of this parameter tell of no person.
fn is_open(registry: &Registry, rtype: Option<ResourceType>, name: &str) -> bool {
    const SHAPES: [&str; 13] = [
        "_count",
        "_sort",
        "_include",
        "_revinclude",
        "_elements",
        "_summary",
        "_total",
        "_format",
        "_pretty",
        "_type",
        "_since",
        "_outputFormat",
        "includeAssociatedData",
    ];
    let bare = |part: &str| part.split(':').next().unwrap_or_default().to_owned();
    let mut parts = name.split('.').map(bare);
    let (Some(first), last) = (parts.next(), parts.next_back()) else { return false };
    if SHAPES.contains(&first.as_str()) {
        return true;
    }
    let is_chained = last.is_some();
    let of_person = |rtype: ResourceType| matches!(rtype, ResourceType::Practitioner | ResourceType::PractitionerRole);
    let last = last.unwrap_or(first);
    if last == "identifier" && (is_chained || rtype.is_none_or(of_person)) {
        return false;
    }
    let is_code = |rtype: ResourceType| {
        let kind = registry.find(rtype, &last).map(|parameter| parameter.kind);
        matches!(kind, Some(ParamType::Token | ParamType::Date | ParamType::Reference))
    };
    let is_contact = ["telecom", "phone", "email"].contains(&last.as_str());
    !is_contact
        && match rtype {
            Some(rtype) if !is_chained => is_code(rtype),
            _ => ResourceType::ALL.into_iter().any(is_code),
        }
}

/// A code, an address of a list, a date, a reference: no space, no sign of an e-mail.
fn is_plain(value: &str) -> bool {
    value.len() <= VALUE_MAX && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"|:/._,-~+$*".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn criteria(rtype: &str, query: &str) -> String {
        let pairs = request::pairs(query).expect("a query");
        masked(Registry::embedded(), ResourceType::parse(rtype), &pairs)
    }

    #[test]
    fn what_may_tell_of_a_person_is_masked() {
        for (rtype, query, kept) in [
            ("HealthcareService", "specialty=s|SM54&_count=20", "specialty=s|SM54&_count=20"),
            ("HealthcareService", "name=dupont", "name=***"),
            ("HealthcareService", "name:contains=dupont", "name:contains=***"),
            ("HealthcareService", "location.near=45.76|4.84|10|km", "location.near=***"),
            ("Organization", "identifier=010000024", "identifier=010000024"),
            ("Practitioner", "identifier=810000000001", "identifier=***"),
            ("PractitionerRole", "practitioner.identifier=810000000001", "practitioner.identifier=***"),
            ("PractitionerRole", "practitioner:Practitioner.name=martin", "practitioner:Practitioner.name=***"),
            ("HealthcareService", "_lastUpdated=ge2026-01-01", "_lastUpdated=ge2026-01-01"),
            ("HealthcareService", "specialty=Jean+Dupont", "specialty=***"),
            ("HealthcareService", "specialty=jean@exemple.fr", "specialty=***"),
            ("HealthcareService", "nom=dupont&Jean+Dupont=1", "nom=***&?=***"),
            ("HealthcareService", "_page=AbCd", "_page=***"),
        ] {
            assert_eq!(criteria(rtype, query), kept, "{rtype}?{query}");
        }
        let long = "specialty=a&".repeat(400);
        assert!(criteria("HealthcareService", &long).len() < CRITERIA_MAX + 50);
    }

    #[test]
    fn a_purpose_is_a_code() {
        for (text, is) in [("soins", true), ("SAMU-01", true), ("", false), ("pour M. Dupont", false), ("é", false)] {
            assert_eq!(is_code(text), is, "{text}");
        }
    }
}

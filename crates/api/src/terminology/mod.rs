//! Code systems and value sets: read and search (FHIR R4 §4.6, §4.8, §4.9).
//!
//! Lists are the same for everyone; paging and limits are those of any search.

mod operations;

use std::sync::Arc;

use ror_fhir::Node;
use ror_index::{Anchor, Direction};
use ror_search::Summary;
use ror_terminology::{CodeSystem, Criteria, ValueSet};

use crate::answer::Answer;
use crate::blocking;
use crate::bundle::{self, Bundle};
use crate::call::Call;
use crate::cursor::{Binding, Cursor};
use crate::elements::Elements;
use crate::outcome::Fault;
use crate::prune::Shape;
use crate::request;
use crate::route::ListKind;
use crate::search;

pub(crate) use operations::operate;

/// Search parameters of lists, with FHIR's type.
pub(crate) const PARAMETERS: [(&str, &str); 4] =
    [("_id", "token"), ("name", "string"), ("url", "uri"), ("version", "token")];
/// What shapes the answer.
const RESULT: [&str; 7] = ["_count", "_format", "_page", "_pretty", "_summary", "_elements", "_total"];
const COUNT_DEFAULT: usize = 200;
const COUNT_MAX: usize = 1_000;

/// A list by its id.
///
/// # Errors
/// 404, or 400 for an unknown parameter.
pub(crate) fn read(call: &Call, kind: ListKind, id: &str) -> Result<Answer, Fault> {
    request::only(&call.pairs, &["_elements", "_format", "_pretty", "_summary"])?;
    let (summary, elements) = shape(call, kind)?;
    let criteria = Criteria { id: Some(id), ..Criteria::default() };
    let mut resource = found(call, kind, &criteria).first().ok_or_else(Fault::not_found)?.to_resource();
    prune(&mut resource, kind, summary, &elements);
    Ok(Answer::node(&resource).with_count(1))
}

/// Lists by address, name, version or id. Whole lists are long: written on another thread.
///
/// # Errors
/// 400 for parameters that cannot be read, 503 when it takes too long.
pub(crate) async fn search(call: Call, kind: ListKind) -> Result<Answer, Fault> {
    let limit = call.state.inner.settings.limits.query_time;
    let turns = Arc::clone(&call.state.inner.heavy);
    blocking::run_within(limit, &turns, move || page(&call, kind)).await?
}

fn page(call: &Call, kind: ListKind) -> Result<Answer, Fault> {
    let names = PARAMETERS.iter().map(|(name, _)| *name);
    request::only(&call.pairs, &names.chain(RESULT).collect::<Vec<_>>())?;
    let (summary, elements) = shape(call, kind)?;
    let get = |name| request::value(&call.pairs, name);
    let criteria = Criteria { id: get("_id"), url: get("url"), name: get("name"), version: get("version") };
    let count = if summary == Summary::Count {
        0
    } else {
        number(get("_count"), "_count")?.unwrap_or(COUNT_DEFAULT).min(COUNT_MAX)
    };
    let all = found(call, kind, &criteria);

    let parameters: Vec<(String, String)> = call.pairs.iter().filter(|(name, _)| name != "_page").cloned().collect();
    let binding = Binding::new(kind.name(), &parameters, &call.grant);
    let first = match get("_page") {
        Some(page) => offset(&call.state.inner.sealer.open(page, &binding, call.now).map_err(search::refused_cursor)?),
        None => 0,
    };
    let link = |page: Option<&str>| {
        let pairs = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        bundle::link(&call.base, kind.name(), pairs, page)
    };
    let page_at = |offset: usize| {
        let key = (offset as u64).to_be_bytes().to_vec();
        let anchor = Anchor { key, direction: Direction::Forward };
        link(Some(&call.state.inner.sealer.seal(
            &Cursor { anchor, seq: 0, issued: call.now },
            &binding,
            call.state.random(),
        )))
    };
    let mut links = vec![("self", link(get("_page")))];
    if count > 0 {
        links.push(("first", link(None)));
        if first + count < all.len() {
            links.push(("next", page_at(first + count)));
        }
        if first > 0 {
            links.push(("previous", page_at(first.saturating_sub(count))));
        }
    }
    let mut out = Bundle::start(&call.base, call.state.random_id(), all.len() as u64, &links, 64 * 1_024);
    let mut shown = 0;
    for list in all.iter().skip(first).take(count) {
        let mut resource = list.to_resource();
        prune(&mut resource, kind, summary, &elements);
        out.push_node(kind.name(), list.id(), &resource);
        shown += 1;
    }
    let mut answer = Answer::ok(out.finish()).with_count(shown);
    answer.pack(call.encoding);
    Ok(answer)
}

/// A list of either type.
enum List<'a> {
    System(&'a CodeSystem),
    Set(&'a ValueSet),
}

impl List<'_> {
    fn id(&self) -> &'static str {
        match self {
            Self::System(list) => list.heading().id,
            Self::Set(list) => list.heading().id,
        }
    }

    fn to_resource(&self) -> Node {
        match self {
            Self::System(list) => list.to_resource(),
            Self::Set(list) => list.to_resource(),
        }
    }
}

/// Lists that meet the criteria.
fn found<'a>(call: &Call, kind: ListKind, criteria: &'a Criteria<'a>) -> Vec<List<'a>> {
    let terminology = call.state.inner.services.terminology;
    match kind {
        ListKind::CodeSystem => terminology.search_code_systems(criteria).map(List::System).collect(),
        ListKind::ValueSet => terminology.search_value_sets(criteria).map(List::Set).collect(),
    }
}

fn offset(cursor: &Cursor) -> usize {
    let bytes = cursor.anchor.key.as_slice().try_into().unwrap_or_default();
    usize::try_from(u64::from_be_bytes(bytes)).unwrap_or(usize::MAX)
}

/// `_summary` and `_elements` of a list.
fn shape(call: &Call, kind: ListKind) -> Result<(Summary, Vec<String>), Fault> {
    let summary = match request::value(&call.pairs, "_summary") {
        None | Some("false") => Summary::False,
        Some("true") => Summary::True,
        Some("text") => Summary::Text,
        Some("data") => Summary::Data,
        Some("count") => Summary::Count,
        Some(_) => {
            let text = "Valeur attendue pour _summary : true, false, text, data ou count.";
            return Err(Fault::invalid_at("invalid-parameter", "_summary", text));
        }
    };
    let names = request::value(&call.pairs, "_elements").unwrap_or_default().split(',').map(str::trim);
    let elements: Vec<String> = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
    match elements.iter().find(|name| !Elements::of_list(kind).has(name)) {
        Some(_) => {
            let text = format!("Élément inconnu de {}.", kind.name());
            Err(Fault::invalid_at("invalid-parameter", "_elements", text))
        }
        None => Ok((summary, elements)),
    }
}

fn prune(resource: &mut Node, kind: ListKind, summary: Summary, elements: &[String]) {
    let shape = match summary {
        Summary::True => Shape::Summary,
        Summary::Text => Shape::Text,
        _ if elements.is_empty() => Shape::Whole,
        _ => Shape::Elements(elements),
    };
    shape.prune(resource, Elements::of_list(kind));
}

/// A natural number, when given.
fn number(text: Option<&str>, name: &'static str) -> Result<Option<usize>, Fault> {
    let Some(text) = text else { return Ok(None) };
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        let said = format!("Nombre entier attendu pour {name}.");
        return Err(Fault::invalid_at("invalid-parameter", name, said));
    }
    Ok(Some(text.parse().unwrap_or(usize::MAX)))
}

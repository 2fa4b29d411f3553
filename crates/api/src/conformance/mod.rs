//! What describes the service: code systems, value sets, profiles, search parameters, operations
//! (FHIR R4 §4.8, §4.9, §5.3, §3.1.1, §5.6): read and search.
//!
//! The same for everyone; paging and limits are those of any search.

mod operation_definition;
mod search_parameter;

use std::sync::Arc;

use ror_fhir::Node;
use ror_index::{Anchor, Direction};
use ror_profiles::Tables;
use ror_profiles::conformance::{structure_definitions as structures, value_sets};
use ror_search::{Registry, Summary};
use ror_terminology::{CodeSystem, Criteria, ValueSet, fold};

use crate::answer::Answer;
use crate::blocking;
use crate::bundle::{self, Bundle};
use crate::call::Call;
use crate::cursor::{Binding, Cursor};
use crate::elements::Elements;
use crate::outcome::Fault;
use crate::prune::Shape;
use crate::request;
use crate::route::ConformanceKind;
use crate::search;

pub(crate) use operation_definition::of_system;
pub(crate) use search_parameter::{definition_of, definition_of_common, modifiers};

/// What shapes the answer.
const RESULT: [&str; 7] = ["_count", "_format", "_page", "_pretty", "_summary", "_elements", "_total"];
const COUNT_DEFAULT: usize = 200;
const COUNT_MAX: usize = 1_000;

/// What is made from the tables of this program.
pub(crate) struct Definitions {
    structures: Vec<Node>,
    parameters: Vec<Node>,
    operations: Vec<Node>,
    /// Those of the guide itself; the others are in the terminology.
    value_sets: Vec<Node>,
}

impl Definitions {
    fn make(registry: &Registry) -> Self {
        let tables = Tables::embedded();
        Self {
            structures: structures(tables),
            parameters: search_parameter::all(registry, tables.guide()),
            operations: operation_definition::all(tables.guide()),
            value_sets: value_sets(tables),
        }
    }
}

/// One resource by its id.
///
/// # Errors
/// 404, or 400 for an unknown parameter.
pub(crate) fn read(call: &Call, kind: ConformanceKind, id: &str) -> Result<Answer, Fault> {
    request::only(&call.pairs, &["_elements", "_format", "_pretty", "_summary"])?;
    let (summary, elements) = shape(call, kind)?;
    let asked = [("_id".to_owned(), id.to_owned())];
    let mut resource = found(call, kind, &asked).first().ok_or_else(Fault::not_found)?.to_resource();
    prune(&mut resource, kind, summary, &elements);
    Ok(Answer::node(&resource).with_count(1))
}

/// Those that meet the parameters. Whole lists are long: written on another thread.
///
/// # Errors
/// 400 for parameters that cannot be read, 503 when it takes too long.
pub(crate) async fn search(call: Call, kind: ConformanceKind) -> Result<Answer, Fault> {
    let limit = call.state.inner.settings.limits.query_time;
    let turns = Arc::clone(&call.state.inner.heavy);
    blocking::run_within(limit, &turns, move || page(&call, kind)).await?
}

fn page(call: &Call, kind: ConformanceKind) -> Result<Answer, Fault> {
    let names = kind.parameters().iter().map(|(name, _)| *name);
    request::only(&call.pairs, &names.chain(RESULT).collect::<Vec<_>>())?;
    let (summary, elements) = shape(call, kind)?;
    let get = |name| request::value(&call.pairs, name);
    let count = if summary == Summary::Count {
        0
    } else {
        number(get("_count"), "_count")?.unwrap_or(COUNT_DEFAULT).min(COUNT_MAX)
    };
    let all = found(call, kind, &call.pairs);

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
    for one in all.iter().skip(first).take(count) {
        let mut resource = one.to_resource();
        prune(&mut resource, kind, summary, &elements);
        out.push_node(kind.name(), one.id(), &resource);
        shown += 1;
    }
    let mut answer = Answer::ok(out.finish()).with_count(shown);
    answer.pack(call.encoding);
    Ok(answer)
}

/// One resource that describes the service.
enum Found<'a> {
    System(&'a CodeSystem),
    Set(&'a ValueSet),
    Made(&'a Node),
}

impl<'a> Found<'a> {
    fn id(&self) -> &'a str {
        match self {
            Self::System(list) => list.heading().id,
            Self::Set(list) => list.heading().id,
            Self::Made(resource) => resource.str("id").unwrap_or_default(),
        }
    }

    fn to_resource(&self) -> Node {
        match *self {
            Self::System(list) => list.to_resource(),
            Self::Set(list) => list.to_resource(),
            Self::Made(resource) => resource.clone(),
        }
    }
}

/// Those that meet the parameters, in the order of their table.
fn found<'a>(call: &'a Call, kind: ConformanceKind, pairs: &[(String, String)]) -> Vec<Found<'a>> {
    let get = |name| request::value(pairs, name);
    let criteria = Criteria { id: get("_id"), url: get("url"), name: get("name"), version: get("version") };
    let services = &call.state.inner.services;
    let lists = services.terminology;
    let made = || call.state.inner.definitions.get_or_init(|| Definitions::make(services.registry));
    let meeting = |all: &'a [Node]| all.iter().filter(|one| meets(one, pairs)).map(Found::Made);
    match kind {
        ConformanceKind::CodeSystem => lists.search_code_systems(&criteria).map(Found::System).collect(),
        ConformanceKind::ValueSet => {
            lists.search_value_sets(&criteria).map(Found::Set).chain(meeting(&made().value_sets)).collect()
        }
        ConformanceKind::StructureDefinition => meeting(&made().structures).collect(),
        ConformanceKind::SearchParameter => meeting(&made().parameters).collect(),
        ConformanceKind::OperationDefinition => meeting(&made().operations).collect(),
    }
}

/// Whether a resource made here meets each parameter that looks at it.
fn meets(resource: &Node, pairs: &[(String, String)]) -> bool {
    ["_id", "base", "code", "type", "url", "version"].into_iter().all(|name| {
        let element = name.trim_start_matches('_');
        request::value(pairs, name)
            .is_none_or(|asked| resource.items(element).any(|value| value.as_str() == Some(asked)))
    }) && request::value(pairs, "name")
        .is_none_or(|start| fold(resource.str("name").unwrap_or_default()).starts_with(&fold(start)))
}

fn offset(cursor: &Cursor) -> usize {
    let bytes = cursor.anchor.key.as_slice().try_into().unwrap_or_default();
    usize::try_from(u64::from_be_bytes(bytes)).unwrap_or(usize::MAX)
}

/// `_summary` and `_elements`.
fn shape(call: &Call, kind: ConformanceKind) -> Result<(Summary, Vec<String>), Fault> {
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
    match elements.iter().find(|name| !Elements::of_conformance(kind).has(name)) {
        Some(_) => {
            let text = format!("Élément inconnu de {}.", kind.name());
            Err(Fault::invalid_at("invalid-parameter", "_elements", text))
        }
        None => Ok((summary, elements)),
    }
}

fn prune(resource: &mut Node, kind: ConformanceKind, summary: Summary, elements: &[String]) {
    let shape = match summary {
        Summary::True => Shape::Summary,
        Summary::Text => Shape::Text,
        _ if elements.is_empty() => Shape::Whole,
        _ => Shape::Elements(elements),
    };
    shape.prune(resource, Elements::of_conformance(kind));
}

/// A natural number, when given.
pub(crate) fn number(text: Option<&str>, name: &'static str) -> Result<Option<usize>, Fault> {
    let Some(text) = text else { return Ok(None) };
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        let said = format!("Nombre entier attendu pour {name}.");
        return Err(Fault::invalid_at("invalid-parameter", name, said));
    }
    Ok(Some(text.parse().unwrap_or(usize::MAX)))
}

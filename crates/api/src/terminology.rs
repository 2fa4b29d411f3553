//! Operations on code lists: `$expand`, `$lookup`, `$validate-code`, by GET and by POST of a `Parameters`.

use std::sync::Arc;

use axum::body::Body;
use ror_fhir::Node;
use ror_terminology::{Asked, CodeSystem, Criteria, Expansion, Terminology, TerminologyError, ValueSet};

use crate::answer::Answer;
use crate::blocking;
use crate::call::Call;
use crate::conformance::number;
use crate::outcome::Fault;
use crate::request::{self, value};
use crate::route::{ConformanceKind, Operation};

type Pairs = [(String, String)];

/// Runs an operation on a list: the one of `id`, or the one that the parameters name.
///
/// # Errors
/// 400 for parameters that cannot be read, 404 for an unknown list or code, 422 for a list
/// whose contents are not held.
pub(crate) async fn operate(
    call: Call,
    content: Option<Body>,
    kind: ConformanceKind,
    operation: Operation,
    id: Option<String>,
) -> Result<Answer, Fault> {
    let mut pairs = call.pairs.clone();
    if let Some(content) = content {
        let body = request::json(&call.headers, content, call.state.inner.settings.limits.body_time).await?;
        read_parameters(&body, &mut pairs)?;
    }
    let limit = call.state.inner.settings.limits.query_time;
    let turns = Arc::clone(&call.state.inner.heavy);
    blocking::run_within(limit, &turns, move || run(&call, &pairs, kind, operation, id.as_deref())).await?
}

fn run(
    call: &Call,
    pairs: &Pairs,
    kind: ConformanceKind,
    operation: Operation,
    id: Option<&str>,
) -> Result<Answer, Fault> {
    let lists = call.state.inner.services.terminology;
    let result = match operation {
        Operation::Expand => {
            request::only(pairs, &["url", "filter", "offset", "count", "_format", "_pretty"])?;
            let asked = Expansion {
                filter: value(pairs, "filter"),
                offset: number(value(pairs, "offset"), "offset")?.unwrap_or(0),
                count: number(value(pairs, "count"), "count")?,
            };
            value_set(lists, pairs, id)?.expand(&asked, call.now)?
        }
        Operation::Lookup => {
            request::only(pairs, &["system", "code", "version", "_format", "_pretty"])?;
            let system = code_system(lists, pairs, id, "system")?;
            has_version(system.heading().version, pairs)?;
            system.lookup(required(pairs, "code")?, call.now)?
        }
        Operation::ValidateCode => {
            request::only(pairs, &["url", "system", "code", "display", "version", "_format", "_pretty"])?;
            let asked = Asked {
                system: value(pairs, "system"),
                code: required(pairs, "code")?,
                display: value(pairs, "display"),
                at: call.now,
            };
            match kind {
                ConformanceKind::CodeSystem => {
                    let system = code_system(lists, pairs, id, "url")?;
                    has_version(system.heading().version, pairs)?;
                    system.validate_code(&asked)?
                }
                _ => value_set(lists, pairs, id)?.validate_code(&asked)?,
            }
        }
    };
    let mut answer = Answer::node(&result).with_count(1);
    answer.pack(call.encoding);
    Ok(answer)
}

fn value_set<'a>(lists: &'a Terminology, pairs: &Pairs, id: Option<&str>) -> Result<&'a ValueSet, Fault> {
    if let Some(id) = id {
        let criteria = Criteria { id: Some(id), ..Criteria::default() };
        return lists
            .search_value_sets(&criteria)
            .next()
            .map(|set| set.heading().url)
            .and_then(|url| lists.value_set(url))
            .ok_or_else(Fault::not_found);
    }
    let url = required(pairs, "url")?;
    // A canonical address may end with `|version`.
    let (address, version) = url.split_once('|').map_or((url, None), |(address, version)| (address, Some(version)));
    let set = lists.value_set(address).filter(|set| version.is_none_or(|version| set.version() == Some(version)));
    set.ok_or_else(|| TerminologyError::UnknownValueSet(url.to_owned()).into())
}

fn code_system<'a>(
    lists: &'a Terminology,
    pairs: &Pairs,
    id: Option<&str>,
    name: &'static str,
) -> Result<&'a CodeSystem, Fault> {
    let find = |criteria: &Criteria<'_>| {
        let url = lists.search_code_systems(criteria).next()?.url();
        lists.code_system(url)
    };
    if let Some(id) = id {
        return find(&Criteria { id: Some(id), ..Criteria::default() }).ok_or_else(Fault::not_found);
    }
    // `system` and `url` both name the system: clients mix them up.
    let other = if name == "url" { "system" } else { "url" };
    let url = value(pairs, name).or_else(|| value(pairs, other)).map_or_else(|| required(pairs, name), Ok)?;
    find(&Criteria { url: Some(url), ..Criteria::default() })
        .ok_or_else(|| TerminologyError::UnknownSystem(url.to_owned()).into())
}

fn has_version(held: Option<&str>, pairs: &Pairs) -> Result<(), Fault> {
    match value(pairs, "version") {
        Some(asked) if held != Some(asked) => {
            let text = "Cette version de la terminologie n'est pas détenue par ce serveur.";
            Err(Fault::invalid_at("unknown-version", "version", text))
        }
        _ => Ok(()),
    }
}

fn required<'a>(pairs: &'a Pairs, name: &'static str) -> Result<&'a str, Fault> {
    value(pairs, name).filter(|text| !text.is_empty()).ok_or_else(|| {
        let text = format!("Paramètre « {name} » exigé.");
        let issue = crate::outcome::Issue::error("required", "missing-parameter", text).at(name);
        Fault::new(axum::http::StatusCode::BAD_REQUEST, issue)
    })
}

/// Adds the parts of a `Parameters` resource; a `coding` stands for its system, code and label.
fn read_parameters(body: &Node, pairs: &mut Vec<(String, String)>) -> Result<(), Fault> {
    if body.str("resourceType") != Some("Parameters") {
        let text = "Une ressource Parameters est attendue.";
        return Err(Fault::invalid_at("wrong-type", "Parameters.resourceType", text));
    }
    for part in body.items("parameter") {
        let name = part.str("name").unwrap_or_default();
        let coding = part.get("valueCoding").or_else(|| part.get("valueCodeableConcept")?.items("coding").next());
        if let Some(coding) = coding {
            let known = ["system", "code", "display", "version"].into_iter();
            pairs.extend(known.filter_map(|key| Some((key.to_owned(), coding.str(key)?.to_owned()))));
            continue;
        }
        let text = part.as_object().and_then(|members| {
            let (_, value) = members.iter().find(|(key, _)| key.starts_with("value"))?;
            value.as_str().or_else(|| value.as_number())
        });
        let Some(text) = text else {
            let said = "Valeur absente, ou d'un type non pris en charge.";
            let name: String = name.chars().take(80).collect();
            return Err(Fault::invalid_at("invalid-parameter", &name, said));
        };
        pairs.push((name.to_owned(), text.to_owned()));
    }
    Ok(())
}

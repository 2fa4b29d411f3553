//! `$facets`, an operation of our own: for a search, how many of its matches hold each code.
//!
//! Each count is the total of the same search with that code asked for as well, on the caller's own view (D31).

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::http::Method;
use ror_fhir::{Node, Object, node};
use ror_index::{Snapshot, Tally, View};
use ror_search::{ParamType, Parameter, Registry, ResourceType};

use crate::answer::Answer;
use crate::blocking;
use crate::call::Call;
use crate::outcome::Fault;
use crate::search;
use crate::trace::{self, Disclosed};

/// Name of the parameter that names what is counted.
const FACET: &str = "facet";
/// Most parameters counted in one answer.
const FACETS_MAX: usize = 20;
/// Most codes that are each asked for in a search of its own.
const ASKED_MAX: usize = 2_000;
/// What shapes a page of results; there is none here.
const SHAPING: [&str; 12] = [
    "_count",
    "_elements",
    "_explain",
    "_format",
    "_include",
    "_include:iterate",
    "_pretty",
    "_revinclude",
    "_revinclude:iterate",
    "_sort",
    "_summary",
    "_total",
];

/// A code with how many matches hold it.
struct Counted {
    system: String,
    code: String,
    count: u64,
}

/// Answers `$facets` on a type, its parameters in the address or in a form.
///
/// # Errors
/// 400 for parameters that cannot be read or counted, 503 when counting is too costly.
pub(crate) async fn facets(
    mut call: Call,
    method: &Method,
    content: Body,
    rtype: ResourceType,
) -> Result<Answer, Fault> {
    if *method == Method::POST {
        search::form(&mut call, content).await?;
    }
    let (facets, mut pairs): (Vec<_>, Vec<_>) = call.pairs.iter().cloned().partition(|(name, _)| name == FACET);
    pairs.retain(|(name, _)| !SHAPING.contains(&name.as_str()));
    let names: Vec<String> =
        facets.iter().flat_map(|(_, value)| value.split(',').map(|name| name.trim().to_owned())).collect();
    if names.is_empty() || names.len() > FACETS_MAX {
        let text =
            format!("De 1 à {FACETS_MAX} paramètres à compter sont attendus dans « facet » ; lus : {}.", names.len());
        return Err(Fault::invalid_at("invalid-parameter", FACET, text));
    }
    let limit = call.state.inner.settings.limits.query_time;
    let turns = Arc::clone(&call.state.inner.heavy);
    let until = Instant::now() + limit;
    blocking::run_within(limit, &turns, move || answer(&call, rtype, &names, &pairs, until)).await?
}

fn answer(
    call: &Call,
    rtype: ResourceType,
    names: &[String],
    pairs: &[(String, String)],
    until: Instant,
) -> Result<Answer, Fault> {
    let snapshot: Arc<Snapshot> = call.state.inner.services.directory.snapshot();
    let tally = Tally::default();
    let view = snapshot.view(&call.grant).noted_in(&tally);
    let query = call.query(rtype, pairs)?;
    let mut parameters = vec![node!({"name": "total", "valueInteger": (view.total(rtype, &query.filter))})];
    for name in names {
        let counts = Facet { call, rtype, view, pairs, until }.counts(name)?;
        let mut parts = vec![node!({"name": "parameter", "valueString": (name.as_str())})];
        parts.extend(counts.iter().map(|counted| value(call, counted)));
        parameters.push(node!({"name": "facet", "part": parts}));
    }
    let mut answer = Answer::node(&node!({"resourceType": "Parameters", "parameter": parameters}));
    let mut disclosed = Disclosed::default();
    disclosed.take(&tally);
    answer.disclosed = disclosed.some().map(|mut some| {
        some.criteria = trace::masked(call.state.inner.services.registry, Some(rtype), &call.pairs);
        some
    });
    answer.pack(call.encoding);
    Ok(answer.with_count(1))
}

fn value(call: &Call, counted: &Counted) -> Node {
    let mut coding = Object::new();
    if !counted.system.is_empty() {
        coding.insert("system", counted.system.as_str());
    }
    coding.insert("code", counted.code.as_str());
    if let Some(label) = call.state.inner.services.terminology.display(&counted.system, &counted.code) {
        coding.insert("display", label);
    }
    node!({"name": "value", "part": [
        {"name": "coding", "valueCoding": (Node::Object(coding))},
        {"name": "count", "valueInteger": (counted.count)}
    ]})
}

/// One parameter counted among the matches of one search.
struct Facet<'a> {
    call: &'a Call,
    rtype: ResourceType,
    view: View<'a>,
    pairs: &'a [(String, String)],
    until: Instant,
}

impl Facet<'_> {
    /// Most held first, then in the order of codes.
    fn counts(&self, name: &str) -> Result<Vec<Counted>, Fault> {
        let parameter = countable(self.call.state.inner.services.registry, self.rtype, name)?;
        let is_its_own = parameter.rtype == self.rtype && !name.contains('.');
        // A record meets several criteria together: adding one may leave fewer than holding both.
        let mut counts = if is_its_own && parameter.family.is_none() {
            let query = self.call.query(self.rtype, self.pairs)?;
            let counts = self.view.facet(self.rtype, &query.filter, parameter.id).into_iter();
            counts.map(|(system, code, count)| Counted { system: system.into(), code: code.into(), count }).collect()
        } else {
            self.asked_for(name, parameter)?
        };
        counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| (&a.system, &a.code).cmp(&(&b.system, &b.code))));
        Ok(counts)
    }

    /// Asks for each code in turn.
    fn asked_for(&self, name: &str, parameter: &Parameter) -> Result<Vec<Counted>, Fault> {
        let codes: HashSet<(&str, &str)> = self.view.aside().codes(parameter.id).into_iter().collect();
        if codes.len() > ASKED_MAX {
            let text = format!("« {name} » a trop de codes pour être compté ainsi (plus de {ASKED_MAX}).");
            return Err(Fault::invalid_at("too-many-codes", FACET, text));
        }
        let mut counts = Vec::new();
        for (system, code) in codes {
            if Instant::now() > self.until {
                return Err(Fault::too_costly());
            }
            let mut pairs = self.pairs.to_vec();
            pairs.push((name.to_owned(), format!("{}|{}", escaped(system), escaped(code))));
            let count = self.view.total(self.rtype, &self.call.query(self.rtype, &pairs)?.filter);
            if count > 0 {
                counts.push(Counted { system: system.to_owned(), code: code.to_owned(), count });
            }
        }
        Ok(counts)
    }
}

/// The parameter whose codes are counted: a token of the type searched, or of what its references lead to.
fn countable<'r>(registry: &'r Registry, rtype: ResourceType, name: &str) -> Result<&'r Parameter, Fault> {
    let mut at = rtype;
    let mut rest = name;
    while let Some((reference, after)) = rest.split_once('.') {
        let found = registry.find(at, reference).filter(|parameter| parameter.targets.len() == 1);
        at = found.ok_or_else(|| uncountable(name))?.targets[0];
        rest = after;
    }
    let found = registry
        .find(at, rest)
        .filter(|parameter| parameter.kind == ParamType::Token && !["_id", "identifier"].contains(&&*parameter.name));
    found.ok_or_else(|| uncountable(name))
}

fn uncountable(name: &str) -> Fault {
    let name: String = name.chars().take(80).collect();
    let text = format!(
        "« {name} » ne se compte pas : un paramètre de codes est attendu, comme specialty ou location.departement."
    );
    Fault::invalid_at("invalid-parameter", FACET, text)
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if matches!(c, '\\' | ',' | '|' | '$') {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

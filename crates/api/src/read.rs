//! Read by id (FHIR R4 §3.1.0.1).

use axum::http::StatusCode;
use ror_index::Hit;
use ror_search::{ResourceType, Summary};

use crate::answer::{self, Answer};
use crate::call::Call;
use crate::elements::Elements;
use crate::outcome::Fault;
use crate::prune::{self, Shape};
use crate::request;

/// Parameters of a read.
const KNOWN: [&str; 4] = ["_elements", "_format", "_pretty", "_summary"];

/// Answers one resource, or 304 when the caller has this version.
///
/// A hidden resource, one that never was, and an id that cannot be one: the same 404.
///
/// # Errors
/// 404, or 400 for a parameter that a read does not know.
pub(crate) fn read(call: &Call, rtype: ResourceType, id: &str) -> Result<Answer, Fault> {
    let snapshot = call.state.inner.services.directory.snapshot();
    if call.pairs.is_empty() {
        let hit = snapshot.view(&call.grant).read(rtype, id).ok_or_else(Fault::not_found)?;
        return Ok(if answer::is_known(&call.headers, &hit) { unchanged(&hit) } else { whole(call, &hit) });
    }
    request::only(&call.pairs, &KNOWN)?;
    let query = call.query(rtype, &call.pairs)?;
    prune::check(&query.result)?;
    if query.result.summary == Summary::Count {
        let text = "_summary=count compte les résultats d'une recherche ; il n'a pas de sens sur une lecture.";
        return Err(Fault::invalid_at("invalid-parameter", "_summary", text));
    }
    let hit = snapshot.view(&call.grant).read(rtype, id).ok_or_else(Fault::not_found)?;
    if answer::is_known(&call.headers, &hit) {
        return Ok(unchanged(&hit));
    }
    match Shape::of(&query.result) {
        Shape::Whole => Ok(whole(call, &hit)),
        shape => {
            let mut resource = hit.to_node();
            shape.prune(&mut resource, Elements::of(rtype));
            Ok(Answer::node(&resource).with_version(hit.version(), hit.updated()).with_count(1).disclosing(&hit))
        }
    }
}

/// The resource as this audience sees it, copied once.
pub(crate) fn whole(call: &Call, hit: &Hit) -> Answer {
    let mut body = Vec::with_capacity(call.state.room(1));
    hit.write_to(&mut body);
    Answer::ok(body).with_version(hit.version(), hit.updated()).with_count(1).disclosing(hit)
}

fn unchanged(hit: &Hit) -> Answer {
    Answer::new(StatusCode::NOT_MODIFIED, Vec::new()).with_version(hit.version(), hit.updated())
}

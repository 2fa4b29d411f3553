//! What follows from a write of its own accord, in the same transaction: what hangs below a
//! structure that closes (RG_EXP_044), and the places of offers that closed (RG_EXP_047, D37).

use std::collections::HashMap;

use ror_fhir::{DateTime, Instant, Node};
use ror_profiles::capacity;
use ror_profiles::rules::around::all_closed;
use ror_profiles::rules::closing::{Closing, cascade};
use ror_profiles::{Finding, Severity};
use ror_search::ResourceType;

use crate::apply::State;
use crate::graph::Key;

/// The resources that a write changes beside its own, each whole.
///
/// Opening again restores nothing: neither what was closed below, nor numbers (D37).
pub(crate) fn following(
    state: &State,
    key: &Key,
    resource: &Node,
    former: Option<&Node>,
    now: Instant,
) -> Vec<(Key, Node)> {
    let closing = Closing::read(resource);
    let is_new = former.is_none_or(|former| Closing::read(former) != closing);
    if !is_new || closing.kind.is_none() || closing.from.is_none() {
        return Vec::new();
    }
    let mut changed = HashMap::new();
    let mut closed = Vec::new();
    match key.0 {
        ResourceType::Organization => {
            for below in state.graph.below(&key.1) {
                let held = held(state, &below).and_then(|held| cascade(&closing, [&held]).pop());
                if let Some(next) = held {
                    closed.extend((below.0 == ResourceType::HealthcareService).then(|| below.clone()));
                    changed.insert(below, next);
                }
            }
        }
        ResourceType::HealthcareService => closed.push(key.clone()),
        _ => {}
    }
    let of = |offer: &Key| if offer == key { Some(resource.clone()) } else { changed.get(offer).cloned() };
    let mut emptied = Vec::new();
    for place in places(state, &closed, key, resource) {
        let offers: Vec<Node> = state
            .graph
            .offers_of(&place.1)
            .map(|offer| (ResourceType::HealthcareService, offer.clone()))
            .chain((key.0 == ResourceType::HealthcareService).then(|| key.clone()))
            .filter_map(|offer| of(&offer).or_else(|| held(state, &offer)))
            .collect();
        let Some(mut next) = held(state, &place) else { continue };
        let instant = |text: &Option<String>| Some(DateTime::parse(text.as_deref()?).ok()?.start);
        let from = instant(&closing.from).unwrap_or(now);
        if all_closed(&offers.iter().collect::<Vec<_>>(), now)
            && capacity::close(&mut next, from, instant(&closing.until), now) > 0
        {
            emptied.push((place, next));
        }
    }
    let mut all: Vec<(Key, Node)> = changed.into_iter().chain(emptied).collect();
    // The order of rows is that of the ledger: it must not hang on chance.
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    all
}

/// Whether what follows from a write may hang on others: it says that something is closed.
pub(crate) fn closes(resource: &Node) -> bool {
    Closing::read(resource).kind.is_some()
}

/// Tells the author that more was written than what they sent.
pub(crate) fn told(rtype: ResourceType, followers: usize) -> Option<Finding> {
    let (rule, message) = match rtype {
        ResourceType::Organization => {
            ("RG_EXP_044", "Ce qui dépend de cette structure est fermé avec elle, aux mêmes dates.")
        }
        _ => ("RG_EXP_047, D37", "Toutes les offres du lieu sont fermées : ses disponibilités sont mises à 0."),
    };
    (followers > 0).then(|| Finding {
        severity: Severity::Information,
        code: "business-rule",
        expression: rtype.name().to_owned(),
        value: None,
        expected: "rien à faire".to_owned(),
        rule: rule.to_owned(),
        message: message.to_owned(),
    })
}

/// The places of offers that closed, each once.
fn places(state: &State, closed: &[Key], key: &Key, resource: &Node) -> Vec<Key> {
    let named = |offer: &Key| {
        if offer == key { crate::graph::places_named(resource) } else { state.graph.places_of_offer(&offer.1).to_vec() }
    };
    let mut places: Vec<Key> = closed.iter().flat_map(named).map(|id| (ResourceType::Location, id)).collect();
    places.sort_unstable();
    places.dedup();
    places
}

fn held(state: &State, key: &Key) -> Option<Node> {
    let held = state.snapshot.former(key.0, &key.1)?;
    Some(Node::parse(held.body()).expect("the index holds canonical text"))
}

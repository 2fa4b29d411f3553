//! The directory and the oracle, side by side.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ror_confidentiality::{Audience, Grant};
use ror_index::{Page, View};
use ror_search::{Query, ResourceType};
use ror_testkit::{Answer, Ask, Oracle, World, key};

/// Reads: bodies, versions, dates, and what does not exist.
pub(crate) fn same_reads(world: &World, oracle: &Oracle, by: &Grant) -> Result<(), TestCaseError> {
    let snapshot = world.directory().snapshot();
    let view = snapshot.view(by);
    let mut seen = 0;
    for key in oracle.keys() {
        let hit = view.read(key.0, &key.1);
        let text = hit.as_ref().map(|hit| {
            let mut out = Vec::new();
            hit.write_to(&mut out);
            String::from_utf8(out).expect("UTF-8")
        });
        prop_assert_eq!(&text, &oracle.text(by.audience(), key), "{:?} as {}", key, by.audience());
        if let (Some(hit), Some(expected)) = (hit, oracle.seen(by.audience()).get(key)) {
            prop_assert_eq!((hit.version(), hit.updated()), (expected.version, expected.updated), "{:?}", key);
            seen += 1;
        }
    }
    let counted: u64 = ResourceType::ALL.iter().map(|rtype| view.count(*rtype)).sum();
    prop_assert_eq!(counted, seen);
    Ok(())
}

/// A question as the directory reads it; a refusal is a failure that says why.
pub(crate) fn read(ask: &Ask, ids: &BTreeMap<String, String>) -> Result<Query, TestCaseError> {
    ask.try_query(ids).map_err(|errors| TestCaseError::fail(format!("{}?{:?}: {errors:?}", ask.rtype, ask.pairs(ids))))
}

/// One search: every page forwards, then every page back.
pub(crate) fn same_search(
    view: &View<'_>,
    oracle: &Oracle,
    audience: Audience,
    ask: &Ask,
    ids: &BTreeMap<String, String>,
) -> Result<(), TestCaseError> {
    let (query, answer) = (read(ask, ids)?, oracle.answer(ask, audience, ids));
    let expected = &answer.ids;
    let pairs = ask.pairs(ids);
    let mut anchor = None;
    let mut starts = Vec::new();
    let mut at = 0;
    loop {
        let page = view.search(&query, anchor.as_ref(), None).expect("few enough");
        let slice = &expected[at..(at + ask.count).min(expected.len())];
        prop_assert_eq!(page.total as usize, expected.len(), "{} {:?}: {:?}", audience, pairs, expected);
        same_page(&page, slice, oracle, audience, ask, &pairs)?;
        same_scores(&page, &answer, &pairs)?;
        prop_assert_eq!(page.previous.is_some(), at > 0 && ask.count > 0, "{:?}", pairs);
        prop_assert_eq!(page.next.is_some(), ask.count > 0 && at + ask.count < expected.len(), "{:?}", pairs);
        let Some(next) = page.next else { break anchor = page.previous };
        starts.push(at);
        at += ask.count;
        anchor = Some(next);
    }
    while let Some(start) = starts.pop() {
        let page = view.search(&query, anchor.as_ref(), None).expect("few enough");
        same_page(&page, &expected[start..start + ask.count], oracle, audience, ask, &pairs)?;
        prop_assert_eq!(page.previous.is_some(), start > 0, "{:?}", pairs);
        prop_assert!(page.next.is_some());
        anchor = page.previous;
    }
    prop_assert!(anchor.is_none());
    Ok(())
}

/// One page: matches in order, what they bring along, distances.
pub(crate) fn same_page(
    page: &Page<'_>,
    expected: &[String],
    oracle: &Oracle,
    audience: Audience,
    ask: &Ask,
    pairs: &[(String, String)],
) -> Result<(), TestCaseError> {
    let found: Vec<_> = page.matches.iter().map(|hit| hit.id().to_owned()).collect();
    prop_assert_eq!(&found, expected, "{} {}?{:?}", audience, ask.rtype, pairs);
    let included: Vec<_> = page.included.iter().map(|hit| key(hit.rtype(), hit.id())).collect();
    let brought: Vec<_> = oracle.includes(ask, audience, expected).into_iter().collect();
    prop_assert_eq!(&included, &brought, "{} {:?}", audience, pairs);
    for hit in page.matches.iter().chain(&page.included) {
        let place = key(hit.rtype(), hit.id());
        let expected = if place.0 == ResourceType::Location { oracle.distance(ask, audience, &place) } else { None };
        prop_assert_eq!(hit.distance_km, expected, "{:?} {:?}", place, pairs);
    }
    Ok(())
}

/// Scores to the fourth decimal, on matches only.
fn same_scores(page: &Page<'_>, answer: &Answer, pairs: &[(String, String)]) -> Result<(), TestCaseError> {
    for hit in &page.matches {
        let at = answer.ids.iter().position(|id| id == hit.id()).expect("it was found");
        let score = hit.score.map(|score| (score * 10_000.0).round() as u32);
        prop_assert_eq!(score, answer.scores[at], "{} {:?}", hit.id(), pairs);
    }
    prop_assert!(page.included.iter().all(|hit| hit.score.is_none()));
    Ok(())
}

//! The directory answers as brute force does, whatever happened to it (architecture §6).

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use ror_confidentiality::{Audience, Grant};
use ror_index::{Page, View};
use ror_search::ResourceType;
use ror_testkit::step::{step, steps};
use ror_testkit::{Ask, Oracle, World, ask, config, grant, key};

/// Reads: bodies, versions, dates, and what does not exist.
fn same_reads(world: &World, oracle: &Oracle, by: &Grant) -> Result<(), TestCaseError> {
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

/// One search: every page forwards, then every page back.
fn same_search(
    view: &View<'_>,
    oracle: &Oracle,
    audience: Audience,
    ask: &Ask,
    ids: &BTreeMap<String, String>,
) -> Result<(), TestCaseError> {
    let (query, expected) = (ask.query(ids), oracle.answer(ask, audience, ids).ids);
    let pairs = ask.pairs(ids);
    let mut anchor = None;
    let mut starts = Vec::new();
    let mut at = 0;
    loop {
        let page = view.search(&query, anchor.as_ref(), None).expect("few enough");
        let slice = &expected[at..(at + ask.count).min(expected.len())];
        prop_assert_eq!(page.total as usize, expected.len(), "{} {:?}: {:?}", audience, pairs, expected);
        same_page(&page, slice, oracle, audience, ask, &pairs)?;
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

fn same_page(
    page: &Page,
    expected: &[String],
    oracle: &Oracle,
    audience: Audience,
    ask: &Ask,
    pairs: &[(String, String)],
) -> Result<(), TestCaseError> {
    let found: Vec<_> = page.matches.iter().map(|hit| hit.id().to_owned()).collect();
    prop_assert_eq!(&found, expected, "{} {:?}", audience, pairs);
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

proptest! {
    #![proptest_config(config(32))]

    #[test]
    fn the_directory_answers_as_brute_force_does(steps in steps(0..14), asks in vec(ask(), 0..30)) {
        let mut world = World::new();
        let mut oracle = Oracle::default();
        for (at, step) in steps.iter().enumerate() {
            world.run(step);
            if at % 5 == 4 {
                oracle.follow(&world.ledger(), world.now());
                same_reads(&world, &oracle, &grant(Audience::PUBLIC, false))?;
            }
        }
        oracle.follow(&world.ledger(), world.now());
        let (directory, ids) = (world.directory(), world.ids());
        let snapshot = directory.snapshot();
        for audience in Audience::all() {
            let by = grant(audience, false);
            same_reads(&world, &oracle, &by)?;
            for ask in &asks {
                same_search(&snapshot.view(&by), &oracle, audience, ask, &ids)?;
            }
        }
    }
    #[test]
    fn d6_a_kept_order_shows_the_present_and_leaves_out_what_is_gone(
        first in steps(0..10), then in vec(step(), 1..10), asks in vec(ask(), 0..16),
    ) {
        let mut world = World::new();
        world.run_all(&first);
        let (kept, before) = (world.directory().snapshot(), Oracle::of(&world.ledger(), world.now()));
        let ids = world.ids();
        world.run_all(&then);
        let mut now = before.clone();
        now.follow(&world.ledger(), world.now());
        let snapshot = world.directory().snapshot();
        for audience in Audience::all() {
            let by = grant(audience, false);
            for ask in asks.iter().filter(|ask| ask.count > 0) {
                let (query, order) = (ask.query(&ids), before.answer(ask, audience, &ids).ids);
                let mut anchor = None;
                for page in order.chunks(ask.count) {
                    let expected = page.iter().filter(|id| now.seen(audience).contains_key(&key(ask.rtype, id)));
                    let expected: Vec<_> = expected.cloned().collect();
                    let found = snapshot.view(&by).search(&query, anchor.as_ref(), Some(&kept)).expect("few enough");
                    prop_assert_eq!(found.total as usize, order.len());
                    same_page(&found, &expected, &now, audience, ask, &ask.pairs(&ids))?;
                    for hit in &found.matches {
                        let text = now.text(audience, &key(hit.rtype(), hit.id()));
                        prop_assert_eq!(Some(hit.to_node().to_text()), text);
                    }
                    anchor = found.next;
                }
                prop_assert!(anchor.is_none());
            }
        }
    }
}

/// Properties of searches that find nothing would prove nothing.
#[test]
fn the_searches_of_the_mix_find_some_and_leave_out_some() {
    let mut runner = TestRunner::deterministic();
    let (mut some, mut part, mut brought) = (0, 0, 0);
    for _ in 0..20 {
        let steps = steps(30..31).new_tree(&mut runner).expect("a value").current();
        let mut world = World::new();
        world.run_all(&steps);
        let oracle = Oracle::of(&world.ledger(), world.now());
        for _ in 0..20 {
            let ask = ask().new_tree(&mut runner).expect("a value").current();
            let found = oracle.answer(&ask, Audience::ALL_DATA, &world.ids()).ids;
            let all = oracle.keys().filter(|key| key.0 == ask.rtype).count();
            some += usize::from(!found.is_empty());
            part += usize::from(!found.is_empty() && found.len() < all);
            brought += usize::from(!oracle.includes(&ask, Audience::ALL_DATA, &found).is_empty());
        }
    }
    assert!(some > 120 && part > 40 && brought > 40, "of 400: {some} find, {part} a part, {brought} bring along");
}

//! The directory answers as brute force does, whatever happened to it (architecture §6).

mod compare;
mod decisions;
mod language;
mod walk;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use ror_confidentiality::Audience;
use ror_testkit::step::{step, steps};
use ror_testkit::{Oracle, World, ask, config, grant, key};

use compare::{read, same_page, same_reads, same_search};

proptest! {
    #![proptest_config(config(32))]

    #[test]
    fn the_directory_answers_as_brute_force_does(steps in steps(0..14), asks in vec(ask(), 0..10)) {
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
        first in steps(0..10), then in vec(step(), 1..10), asks in vec(ask(), 0..8),
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
                let (query, order) = (read(ask, &ids)?, before.answer(ask, audience, &ids).ids);
                let mut anchor = None;
                for page in order.chunks(ask.count) {
                    let expected = page.iter().filter(|id| now.seen(audience).contains_key(&key(ask.rtype, id)));
                    let expected: Vec<_> = expected.cloned().collect();
                    let found = snapshot.view(&by).search(&query, anchor.as_ref(), Some(&kept)).expect("few enough");
                    prop_assert_eq!(found.total as usize, order.len(), "{} {:?}", audience, ask.pairs(&ids));
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

//! What an audience may not see changes nothing of what it gets (architecture §5).

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use ror_confidentiality::Audience;
use ror_ledger::Ledger;
use ror_search::ResourceType;
use ror_testkit::pair::{Side, audiences, keys, play, round};
use ror_testkit::step::Step;
use ror_testkit::{Slot, World, answers, ask, config, corpus, grant};

/// Any audience from which something is hidden.
fn audience() -> impl Strategy<Value = Audience> {
    select(audiences().collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(config(16))]

    #[test]
    fn two_worlds_that_show_an_audience_the_same_answer_it_the_same(
        audience in audience(), first in vec(round(), 0..14), then in vec(round(), 0..10), asks in vec(ask(), 0..24),
    ) {
        let rounds: Vec<_> = first.iter().chain(&then).cloned().collect();
        let (plain, other, _) = play(audience, &rounds)?;
        let (keys, ids) = (keys([&plain, &other]), plain.world.ids());
        for world in [&plain.world, &other.world] {
            let report = world.ledger().check(&mut |_| ()).expect("readable");
            prop_assert!(report.is_clean(), "{:?}", report);
        }
        let of = |side: &Side| answers(side.world.directory(), None, &grant(audience, false), &keys, &asks, &ids);
        for (plain, other) in of(&plain).into_iter().zip(of(&other)) {
            prop_assert_eq!(plain, other);
        }
    }

    #[test]
    fn an_order_kept_from_before_tells_no_more(
        audience in audience(), first in vec(round(), 0..10), then in vec(round(), 0..6), asks in vec(ask(), 0..16),
    ) {
        let (mut plain, mut other) = (Side::new(audience), Side::new(audience));
        let mut kept = None;
        let at_turn = first.len();
        let rounds: Vec<_> = first.iter().chain(&then).cloned().collect();
        for (at, round) in rounds.iter().enumerate() {
            if at == at_turn {
                kept = Some((plain.world.directory().snapshot(), other.world.directory().snapshot()));
            }
            for (hidden, side) in [(false, &mut plain), (true, &mut other)] {
                side.world.impose(10 * at as i64, 4 * at as u64 + u64::from(hidden));
                for step in round.hidden.iter().filter(|_| hidden) {
                    if side.is_hidden(step) {
                        side.run(step);
                    }
                }
                side.world.impose(10 * at as i64 + 5, 4 * at as u64 + 2);
            }
            if plain.after(&round.shared) == other.after(&round.shared) {
                plain.run(&round.shared);
                other.run(&round.shared);
            }
        }
        let (keys, ids) = (keys([&plain, &other]), plain.world.ids());
        let Some((before, before_other)) = kept else { return Ok(()) };
        let by = grant(audience, false);
        let plain = answers(plain.world.directory(), Some(&before), &by, &keys, &asks, &ids);
        let other = answers(other.world.directory(), Some(&before_other), &by, &keys, &asks, &ids);
        for (plain, other) in plain.into_iter().zip(other) {
            prop_assert_eq!(plain, other);
        }
    }
}

/// The property would hold of worlds that never differ: they do.
#[test]
fn the_second_world_holds_much_that_the_first_does_not() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for audience in audiences() {
        let (mut taken, mut more) = (0, 0);
        for _ in 0..3 {
            let rounds = vec(round(), 20).new_tree(&mut runner).expect("a value").current();
            let (plain, other, hidden) = play(audience, &rounds).expect("plays");
            taken += hidden;
            more += other.oracle.keys().count() - plain.oracle.keys().count();
        }
        assert!(taken > 20 && more > 3, "{audience}: {taken} hidden steps, {more} resources more");
    }
}

/// A slot is where both worlds put the same resource.
#[test]
fn equal_steps_of_two_worlds_draw_equal_ids() {
    let slot = Slot { rtype: ResourceType::Organization, number: 1 };
    let dated = corpus::extension("ror-meta-creation-date", "valueDateTime", "2020-01-01");
    let resource = ror_fhir::node!({"resourceType": "Organization", "name": "CH", "extension": [dated]});
    let drawn = [(); 2].map(|()| {
        let mut world = World::new();
        world.impose(3, 7);
        world.run(&Step::Put { slot, resource: resource.clone() });
        world.id(slot)
    });
    assert_eq!(drawn[0], drawn[1]);
}

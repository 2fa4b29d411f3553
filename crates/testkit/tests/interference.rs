//! What an audience may not see changes nothing of what it gets (architecture §5).
//!
//! Two worlds take the same steps. One of them also takes steps, before and in between, that
//! show the public nothing: the oracle says so beforehand. Then the public asks both.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use ror_confidentiality::{Audience, Grant};
use ror_fhir::Node;
use ror_ledger::Ledger;
use ror_search::ResourceType;
use ror_testkit::step::{Edit, Step, edit_any, put_any, step};
use ror_testkit::{Oracle, Slot, World, answers, ask, config, corpus, grant, key};

/// A world and what the oracle knows of it.
struct Side {
    world: World,
    oracle: Oracle,
}

/// What the public sees: type, id, projection.
type Shown = Vec<((ResourceType, String), Node)>;

impl Side {
    fn new() -> Self {
        Self { world: World::new(), oracle: Oracle::default() }
    }

    fn shown(oracle: &Oracle) -> Shown {
        let seen = oracle.seen(Audience::PUBLIC).iter();
        seen.map(|(key, seen)| (key.clone(), seen.resource.clone())).collect()
    }

    /// What the public would see after a step.
    fn after(&self, step: &Step) -> Shown {
        let mut oracle = self.oracle.clone();
        oracle.try_on(self.world.preview(step));
        Self::shown(&oracle)
    }

    fn run(&mut self, step: &Step) {
        self.world.run(step);
        self.oracle.follow(&self.world.ledger());
    }

    fn is_hidden(&self, step: &Step) -> bool {
        !matches!(step, Step::Wait(_)) && self.after(step) == Self::shown(&self.oracle)
    }
}

/// One step for both worlds, with what only one of them gets.
#[derive(Clone, Debug)]
struct Round {
    /// Before the step, in the second world only.
    hidden: Vec<Step>,
    /// The step of both.
    shared: Step,
    /// What else the second world changes in what it sends.
    twist: Option<Edit>,
}

fn round() -> impl Strategy<Value = Round> {
    let twist = prop_oneof![
        (0..9_u8).prop_map(Edit::Hidden),
        select(vec!["2", "3"]).prop_map(Edit::Level),
        Just(Edit::Sensitive(true)),
    ];
    let hidden = prop_oneof![2 => put_any(), 3 => edit_any(), 1 => step()];
    (vec(hidden, 0..5), step(), option::of(twist)).prop_map(|(hidden, shared, twist)| Round { hidden, shared, twist })
}

fn twisted(step: &Step, twist: &Edit) -> Step {
    let mut step = step.clone();
    match &mut step {
        Step::Put { resource, .. } => twist.make(resource),
        Step::Import(items) => items.iter_mut().for_each(|(_, resource, _)| twist.make(resource)),
        _ => {}
    }
    step
}

/// Plays the rounds; gives the two worlds, and how many steps only the second took.
fn play(rounds: &[Round]) -> Result<(Side, Side, usize), TestCaseError> {
    let (mut plain, mut other) = (Side::new(), Side::new());
    let mut hidden = 0;
    for (at, round) in rounds.iter().enumerate() {
        let (second, seed) = (10 * at as i64, 2 * at as u64);
        other.world.impose(second, 2 * seed + 1);
        for step in &round.hidden {
            if other.is_hidden(step) {
                other.run(step);
                hidden += 1;
            }
        }
        plain.world.impose(second + 5, 2 * seed);
        other.world.impose(second + 5, 2 * seed);
        let expected = plain.after(&round.shared);
        let twist = round.twist.as_ref().map(|twist| twisted(&round.shared, twist));
        let mine = twist.into_iter().chain([round.shared.clone()]).find(|step| other.after(step) == expected);
        // The hidden steps made it impossible to show the same: neither world takes it.
        let Some(mine) = mine else { continue };
        plain.run(&round.shared);
        other.run(&mine);
        prop_assert_eq!(Side::shown(&plain.oracle), Side::shown(&other.oracle), "the oracle foresaw it");
    }
    Ok((plain, other, hidden))
}

fn keys(sides: [&Side; 2]) -> Vec<(ResourceType, String)> {
    let mut keys: Vec<_> = sides.iter().flat_map(|side| side.oracle.keys().cloned()).collect();
    keys.push(key(ResourceType::Location, "nothing-of-that-name"));
    keys.sort();
    keys.dedup();
    keys
}

fn public() -> Grant {
    grant(Audience::PUBLIC, false)
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn two_worlds_that_show_the_public_the_same_answer_it_the_same(
        first in vec(round(), 0..14), then in vec(round(), 0..10), asks in vec(ask(), 0..24),
    ) {
        let rounds: Vec<_> = first.iter().chain(&then).cloned().collect();
        let (plain, other, _) = play(&rounds)?;
        let (keys, ids) = (keys([&plain, &other]), plain.world.ids());
        for world in [&plain.world, &other.world] {
            let report = world.ledger().check(&mut |_| ()).expect("readable");
            prop_assert!(report.is_clean(), "{:?}", report);
        }
        let of = |side: &Side| answers(side.world.directory(), None, &public(), &keys, &asks, &ids);
        for (plain, other) in of(&plain).into_iter().zip(of(&other)) {
            prop_assert_eq!(plain, other);
        }
    }

    #[test]
    fn an_order_kept_from_before_tells_no_more(
        first in vec(round(), 0..10), then in vec(round(), 0..6), asks in vec(ask(), 0..16),
    ) {
        let (mut plain, mut other) = (Side::new(), Side::new());
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
        let plain = answers(plain.world.directory(), Some(&before), &public(), &keys, &asks, &ids);
        let other = answers(other.world.directory(), Some(&before_other), &public(), &keys, &asks, &ids);
        for (plain, other) in plain.into_iter().zip(other) {
            prop_assert_eq!(plain, other);
        }
    }
}

/// The property would hold of worlds that never differ: they do.
#[test]
fn the_second_world_holds_much_that_the_first_does_not() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut taken, mut more) = (0, 0);
    for _ in 0..8 {
        let rounds = vec(round(), 20).new_tree(&mut runner).expect("a value").current();
        let (plain, other, hidden) = play(&rounds).expect("plays");
        taken += hidden;
        more += other.oracle.keys().count() - plain.oracle.keys().count();
    }
    assert!(taken > 100 && more > 20, "{taken} hidden steps, {more} resources more");
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

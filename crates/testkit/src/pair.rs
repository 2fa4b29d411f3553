//! Pairs of worlds that one audience must not tell apart (architecture §5).
//!
//! Two worlds take the same steps. One of them also takes steps, before and in between, that
//! show the audience nothing: the oracle says so beforehand. Then the audience asks both.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use ror_confidentiality::Audience;
use ror_fhir::Node;
use ror_search::ResourceType;

use crate::oracle::{Key, Oracle, key};
use crate::step::{Edit, Step, edit_any, put_any, step};
use crate::world::World;

/// The audiences from which something is hidden: all but profile 1 and the owner.
pub fn audiences() -> impl Iterator<Item = Audience> {
    Audience::all().filter(|audience| ![Audience::ALL_DATA, Audience::OWNER].contains(audience))
}

/// A world and what the oracle knows of it.
pub struct Side {
    /// The directory.
    pub world: World,
    /// What is in it, by brute force.
    pub oracle: Oracle,
    audience: Audience,
}

/// What the audience sees: type, id, projection.
pub type Shown = Vec<(Key, Node)>;

impl Side {
    /// An empty world, to be asked by `audience`.
    pub fn new(audience: Audience) -> Self {
        Self { world: World::new(), oracle: Oracle::default(), audience }
    }

    /// What the audience sees.
    pub fn shown(&self) -> Shown {
        shown(&self.oracle, self.audience)
    }

    /// What the audience would see after a step.
    pub fn after(&self, step: &Step) -> Shown {
        let mut oracle = self.oracle.clone();
        oracle.try_on(self.world.preview(step), self.world.now());
        shown(&oracle, self.audience)
    }

    /// Takes a step.
    pub fn run(&mut self, step: &Step) {
        self.world.run(step);
        self.oracle.follow(&self.world.ledger(), self.world.now());
    }

    /// Whether the audience would see nothing of a step.
    pub fn is_hidden(&self, step: &Step) -> bool {
        !matches!(step, Step::Wait(_)) && self.after(step) == self.shown()
    }
}

fn shown(oracle: &Oracle, audience: Audience) -> Shown {
    let seen = oracle.seen(audience).iter();
    seen.map(|(key, seen)| (key.clone(), seen.resource.clone())).collect()
}

/// One step for both worlds, with what only one of them gets.
#[derive(Clone, Debug)]
pub struct Round {
    /// Before the step, in the second world only.
    pub hidden: Vec<Step>,
    /// The step of both.
    pub shared: Step,
    /// What else the second world changes in what it sends.
    pub twist: Option<Edit>,
}

/// Any round.
pub fn round() -> impl Strategy<Value = Round> {
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

/// Plays the rounds; gives two worlds that `audience` cannot tell apart, and how many steps only
/// the second took.
///
/// # Errors
/// When the oracle foresaw otherwise.
pub fn play(audience: Audience, rounds: &[Round]) -> Result<(Side, Side, usize), TestCaseError> {
    let (mut plain, mut other) = (Side::new(audience), Side::new(audience));
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
        prop_assert_eq!(plain.shown(), other.shown(), "the oracle foresaw it");
    }
    Ok((plain, other, hidden))
}

/// Every resource of either, and one of neither.
pub fn keys(sides: [&Side; 2]) -> Vec<Key> {
    let mut keys: Vec<_> = sides.iter().flat_map(|side| side.oracle.keys().cloned()).collect();
    keys.push(key(ResourceType::Location, "nothing-of-that-name"));
    keys.sort();
    keys.dedup();
    keys
}

//! The whole language on whole corpora: a seeded run, every audience, every writing.
//!
//! `ROR_SEED` chooses the first corpus. `SOAK_MINUTES` makes the run go on for so long. What once
//! failed is kept in `kept.txt`, by seed and number of the question, and asked first; what it
//! taught belongs in `decisions.rs`, since another generator makes other questions of a seed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use ror_confidentiality::Audience;
use ror_fhir::Node;
use ror_search::ResourceType;
use ror_testkit::step::Step;
use ror_testkit::{Ask, Oracle, Slot, World, ask_with, corpus, grant};

use crate::compare::{read, same_page, same_search};

/// Questions of one corpus.
const ASKS: u64 = 350;
/// Corpora of a run: over 20 000 questions.
const CORPORA: u64 = 58;
/// Sizes of corpora in turn, 40 to 280 resources.
const SIZES: [corpus::Size; 5] = [1, 2, 1, 3, 7];
/// What is kept of earlier failures: seed and number.
const KEPT: &str = include_str!("kept.txt");
/// Attempts to make a failure smaller.
const SHRINKS: usize = 400;

/// Resources by their slots.
type Resources = Vec<(Slot, Node)>;

/// What was asked.
#[derive(Default)]
struct Counts {
    corpora: AtomicU64,
    asks: AtomicU64,
    searches: AtomicU64,
    found: AtomicU64,
}

/// A directory and the oracle that knows the same.
struct Sides {
    world: World,
    oracle: Oracle,
    ids: BTreeMap<String, String>,
}

impl Sides {
    fn of(resources: &Resources) -> Self {
        let mut world = World::new();
        let ages = resources.iter().enumerate();
        let items = ages.map(|(at, (slot, resource))| (*slot, resource.clone(), at as i64 * 7_200 % 90_000));
        world.run(&Step::Import(items.collect()));
        let oracle = Oracle::of(&world.ledger(), world.now());
        let ids = world.ids();
        Self { world, oracle, ids }
    }

    /// Every writing by one audience, and one of them by another for one question in four; every page of
    /// one in eight. All audiences have their turn.
    fn judge(&self, ask: &Ask, number: u64, counts: &Counts) -> Result<(), TestCaseError> {
        let snapshot = self.world.directory().snapshot();
        let audiences: Vec<Audience> = Audience::all().collect();
        let turn = |number: u64| audiences[(number % audiences.len() as u64) as usize];
        let second = number.is_multiple_of(4).then(|| (turn(number + 1 + number / 4 % 6), false));
        for (audience, is_chosen) in [(turn(number), true)].into_iter().chain(second) {
            let by = grant(audience, false);
            let view = snapshot.view(&by);
            if is_chosen && number.is_multiple_of(8) && ask.count > 0 {
                same_search(&view, &self.oracle, audience, ask, &self.ids)?;
            }
            let whole = Ask { count: 1_000, ..ask.clone() };
            let answer = self.oracle.answer(&whole, audience, &self.ids);
            let writings = if is_chosen { whole.writings().to_vec() } else { vec![whole.clone()] };
            for writing in writings {
                let page = view.search(&read(&writing, &self.ids)?, None, None).expect("few enough");
                let pairs = writing.pairs(&self.ids);
                prop_assert_eq!(page.total as usize, answer.ids.len(), "{} {}?{:?}", audience, ask.rtype, pairs);
                same_page(&page, &answer.ids, &self.oracle, audience, &writing, &pairs)?;
            }
            counts.searches.fetch_add(1, Ordering::Relaxed);
            counts.found.fetch_add(u64::from(!answer.ids.is_empty()), Ordering::Relaxed);
        }
        Ok(())
    }
}

fn runner(seed: u64, number: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&number.to_le_bytes());
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

fn size_of(seed: u64) -> corpus::Size {
    SIZES[(seed % SIZES.len() as u64) as usize]
}

fn resources_of(seed: u64) -> Resources {
    corpus::resources(size_of(seed)).new_tree(&mut runner(seed, 0)).expect("a corpus").current()
}

fn question(seed: u64, number: u64) -> impl ValueTree<Value = Ask> {
    use ResourceType::{HealthcareService, Location, Organization, Practitioner, PractitionerRole, Questionnaire};
    let types = [
        HealthcareService,
        HealthcareService,
        HealthcareService,
        HealthcareService,
        Location,
        Location,
        Location,
        Organization,
        Organization,
        PractitionerRole,
        Practitioner,
        Questionnaire,
    ];
    let rtype = types[(number % types.len() as u64) as usize];
    ask_with(rtype, 0..3, size_of(seed)).new_tree(&mut runner(seed, number + 1)).expect("a question")
}

/// Asks the questions of a corpus.
fn corpus_agrees(seed: u64, numbers: impl Iterator<Item = u64>, counts: &Counts) {
    let resources = resources_of(seed);
    let sides = Sides::of(&resources);
    counts.corpora.fetch_add(1, Ordering::Relaxed);
    for number in numbers {
        let ask = question(seed, number).current();
        counts.asks.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = sides.judge(&ask, number, counts) {
            shrunk(seed, number, resources, error);
        }
    }
}

/// Makes a failure as small as it gets, and tells it.
fn shrunk(seed: u64, number: u64, mut resources: Resources, mut error: TestCaseError) -> ! {
    let judge = |sides: &Sides, ask: &Ask| sides.judge(ask, number, &Counts::default()).err();
    let sides = Sides::of(&resources);
    let mut tree = question(seed, number);
    let mut ask = tree.current();
    let mut left = SHRINKS;
    let mut goes_on = tree.simplify();
    while goes_on && left > 0 {
        left -= 1;
        let smaller = tree.current();
        goes_on = match judge(&sides, &smaller) {
            Some(found) => {
                (ask, error) = (smaller, found);
                tree.simplify()
            }
            None => tree.complicate(),
        };
    }
    // Half of the resources, a quarter, … one: whatever is not needed goes.
    let mut length = resources.len().next_power_of_two() / 2;
    while length > 0 {
        for start in (0..resources.len()).step_by(length).rev() {
            let mut fewer = resources.clone();
            fewer.drain(start..(start + length).min(resources.len()));
            if let Some(found) = judge(&Sides::of(&fewer), &ask) {
                (resources, error) = (fewer, found);
            }
        }
        length /= 2;
    }
    let held: Vec<_> =
        resources.iter().map(|(slot, resource)| format!("{}: {}", slot.name(), resource.to_text())).collect();
    panic!("to keep: {seed} {number}\n{ask:?}\n{error}\n{}", held.join("\n"));
}

#[expect(clippy::print_stdout, reason = "a run tells what it did")]
fn tell(first: u64, counts: &Counts, since: Instant) {
    let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
    println!(
        "oracle: seeds {first} to {}, {} questions, {} searches by {} audiences, {} of them found something, in {} s",
        first + of(&counts.corpora),
        of(&counts.asks),
        of(&counts.searches),
        Audience::all().count(),
        of(&counts.found),
        since.elapsed().as_secs(),
    );
}

#[test]
fn what_failed_once_agrees() {
    for line in KEPT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (seed, number) = line.split_once(' ').expect("a seed and a number");
        let number: u64 = number.parse().expect("a number");
        corpus_agrees(seed.parse().expect("a seed"), number..=number, &Counts::default());
    }
}

#[test]
fn the_whole_language_is_understood_as_brute_force_does() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let (first, minutes) = (number("ROR_SEED").unwrap_or(1), number("SOAK_MINUTES"));
    let (since, counts, next) = (Instant::now(), Counts::default(), AtomicU64::new(first));
    let goes_on = |seed: u64| match minutes {
        Some(minutes) => since.elapsed() < Duration::from_secs(60 * minutes),
        None => seed < first + CORPORA,
    };
    std::thread::scope(|scope| {
        let work = || loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if !goes_on(seed) {
                break;
            }
            corpus_agrees(seed, 0..ASKS, &counts);
            if minutes.is_some() && seed.is_multiple_of(100) {
                tell(first, &counts, since);
            }
        };
        let threads = [scope.spawn(work), scope.spawn(work)];
        for thread in threads {
            if let Err(failure) = thread.join() {
                std::panic::resume_unwind(failure);
            }
        }
    });
    tell(first, &counts, since);
    let (asks, searches, found) = (counts.asks.into_inner(), counts.searches.into_inner(), counts.found.into_inner());
    assert!(minutes.is_some() || asks >= 20_000, "{asks} questions");
    assert!(found * 4 > searches, "{found} of {searches} found something: the questions are too hard");
}

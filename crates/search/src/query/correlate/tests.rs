//! The tree with independent choices against what a request means, choice by choice, on small
//! worlds drawn at random.

use proptest::prelude::*;

use super::*;
use crate::{ParamId, ResourceType, Term};

/// A resource with what it leads to; things hold letters.
#[derive(Clone, Debug)]
struct Thing {
    letters: Vec<u8>,
    records: Vec<Vec<u8>>,
    /// By reference.
    targets: [Vec<Thing>; 2],
}

const REFERENCES: [ParamId; 2] = [1, 2];
const FAMILY: Family = Family::Capacity;
const LETTERS: u8 = 4;
/// The parameter whose terms letters are.
const PARAMETER: ParamId = 9;

fn step(reference: ParamId) -> Relation {
    Relation::Target { reference, rtype: ResourceType::Location }
}

fn letter(letter: u8) -> Term {
    Term::code(PARAMETER, &letter.to_string())
}

fn criterion(path: Vec<Relation>, family: Option<Family>, letters: &[u8], negated: bool) -> Raw {
    let held = Filter::terms(letters.iter().copied().map(letter).collect());
    let (near, content, reading) = (None, Vec::new(), String::new());
    Raw::Is(Box::new(Criterion {
        path,
        family,
        parameter: PARAMETER,
        held,
        unmet: None,
        negated,
        near,
        content,
        reading,
    }))
}

/// Whether a thing meets a tree: each relation is a choice of its own.
fn meets(filter: &Filter, letters: &[u8], thing: Option<&Thing>) -> bool {
    match filter {
        Filter::All(all) => all.iter().all(|filter| meets(filter, letters, thing)),
        Filter::Any(any) => any.iter().any(|filter| meets(filter, letters, thing)),
        Filter::Not(inner) => !meets(inner, letters, thing),
        Filter::Test(Test::Terms(any)) => letters.iter().any(|held| any.contains(&letter(*held))),
        Filter::Related(Relation::Record(_), inner) => {
            thing.is_some_and(|thing| thing.records.iter().any(|record| meets(inner, record, None)))
        }
        Filter::Related(Relation::Target { reference, .. }, inner) => thing.is_some_and(|thing| {
            let at = REFERENCES.iter().position(|known| known == reference).expect("a reference");
            thing.targets[at].iter().any(|target| meets(inner, &target.letters, Some(target)))
        }),
        other => panic!("{other:?}"),
    }
}

/// The choices of one request: by path a thing, by path and family a record; those left out are none.
#[derive(Default)]
struct Chosen<'a> {
    things: Vec<(Vec<Relation>, &'a Thing)>,
    records: Vec<(Vec<Relation>, &'a [u8])>,
}

/// Whether some choice makes the whole true: what D1 says, word for word.
fn asked_of(raw: &Raw, root: &Thing) -> bool {
    let mut paths = Vec::new();
    collect_paths(raw, &mut paths);
    let mut asked = Vec::new();
    count(raw, &mut asked);
    tries(&paths, 0, root, &mut Chosen::default(), &mut |chosen| truth(raw, false, root, chosen, &asked))
}

/// Each path with all that begin it, the shorter ones first; with its family at the end, if any.
fn collect_paths(raw: &Raw, into: &mut Vec<Vec<Relation>>) {
    match raw {
        Raw::All(parts) | Raw::Any(parts) => parts.iter().for_each(|part| collect_paths(part, into)),
        Raw::Not(inner) => collect_paths(inner, into),
        Raw::Is(criterion) => {
            let mut path = criterion.path.clone();
            path.extend(criterion.family.map(Relation::Record));
            for end in 1..=path.len() {
                if !into.contains(&path[..end].to_vec()) {
                    into.push(path[..end].to_vec());
                }
            }
            into.sort_by_key(Vec::len);
        }
    }
}

/// Tries every choice of every path.
fn tries<'a>(
    paths: &[Vec<Relation>],
    at: usize,
    root: &'a Thing,
    chosen: &mut Chosen<'a>,
    test: &mut impl FnMut(&Chosen<'a>) -> bool,
) -> bool {
    let Some(path) = paths.get(at) else { return test(chosen) };
    let before = &path[..path.len() - 1];
    let from = if before.is_empty() {
        Some(root)
    } else {
        chosen.things.iter().find(|(known, _)| known == before).map(|(_, thing)| *thing)
    };
    // None at all.
    if tries(paths, at + 1, root, chosen, test) {
        return true;
    }
    let Some(from) = from else { return false };
    match path[path.len() - 1] {
        Relation::Record(_) => from.records.iter().any(|record| {
            chosen.records.push((path.clone(), record.as_slice()));
            let found = tries(paths, at + 1, root, chosen, test);
            chosen.records.pop();
            found
        }),
        Relation::Target { reference, .. } => {
            let number = REFERENCES.iter().position(|known| *known == reference).expect("a reference");
            from.targets[number].iter().any(|target| {
                chosen.things.push((path.clone(), target));
                let found = tries(paths, at + 1, root, chosen, test);
                chosen.things.pop();
                found
            })
        }
        other => panic!("{other:?}"),
    }
}

/// The truth of the whole for one choice.
fn truth(raw: &Raw, negate: bool, root: &Thing, chosen: &Chosen<'_>, asked: &Asked<'_>) -> bool {
    let of = |raw: &Raw, negate: bool| truth(raw, negate, root, chosen, asked);
    match raw {
        Raw::Not(inner) => of(inner, !negate),
        Raw::All(parts) if negate => parts.iter().any(|part| of(part, negate)),
        Raw::All(parts) => parts.iter().all(|part| of(part, negate)),
        Raw::Any(parts) if negate => parts.iter().all(|part| of(part, negate)),
        Raw::Any(parts) => parts.iter().any(|part| of(part, negate)),
        Raw::Is(criterion) => {
            let thing = if criterion.path.is_empty() {
                Some(root)
            } else {
                chosen.things.iter().find(|(path, _)| *path == criterion.path).map(|(_, thing)| *thing)
            };
            let Some(thing) = thing else { return false };
            let held = |letters: &[u8]| meets(&criterion.held, letters, None);
            let is_negative = criterion.negated != negate;
            let Some(family) = criterion.family else { return held(&thing.letters) != is_negative };
            let key = (&*criterion.path, family);
            let is_alone = asked.iter().any(|(known, count)| *known == key && *count == 1);
            if is_alone && is_negative {
                return !thing.records.iter().any(|record| held(record));
            }
            let mut path = criterion.path.clone();
            path.push(Relation::Record(family));
            let record = chosen.records.iter().find(|(known, _)| *known == path).map(|(_, record)| *record);
            record.is_some_and(|record| held(record) != is_negative)
        }
    }
}

/// What a thing holds of its records, so that a criterion on all of them is one on the thing.
fn with_letters_of_records(mut thing: Thing) -> Thing {
    let own = thing.letters.clone();
    thing.letters = own.into_iter().chain(thing.records.iter().flatten().copied()).collect();
    thing.targets = thing.targets.map(|targets| targets.into_iter().map(with_letters_of_records).collect());
    thing
}

fn letters() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(0..LETTERS, 0..3)
}

fn thing() -> impl Strategy<Value = Thing> {
    let records = || proptest::collection::vec(letters(), 0..3);
    let leaf = records().prop_map(|records| Thing { letters: Vec::new(), records, targets: [Vec::new(), Vec::new()] });
    leaf.prop_recursive(2, 12, 3, move |inner| {
        let targets = || proptest::collection::vec(inner.clone(), 0..3);
        (records(), targets(), targets()).prop_map(|(records, a, b)| Thing {
            letters: Vec::new(),
            records,
            targets: [a, b],
        })
    })
}

/// Letters of things are apart from those of records.
fn with_own_letters(mut thing: Thing, seed: &mut u64) -> Thing {
    let mut draw = || {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) as u8 % LETTERS
    };
    thing.letters = (0..draw()).map(|_| LETTERS + draw()).collect();
    thing.targets =
        thing.targets.map(|targets| targets.into_iter().map(|target| with_own_letters(target, seed)).collect());
    thing
}

fn raw() -> impl Strategy<Value = Raw> {
    let path = proptest::collection::vec(proptest::sample::select(REFERENCES.to_vec()), 0..3);
    let some = proptest::collection::vec(0..LETTERS, 1..3);
    let leaf = (path, some, any::<bool>(), any::<bool>()).prop_map(
        |(path, letters, on_record, negated): (Vec<_>, Vec<u8>, bool, bool)| {
            let path = path.into_iter().map(step).collect();
            let letters: Vec<u8> =
                letters.iter().map(|letter| if on_record { *letter } else { LETTERS + letter }).collect();
            criterion(path, on_record.then_some(FAMILY), &letters, negated)
        },
    );
    leaf.prop_recursive(4, 10, 3, |inner| {
        let parts = || proptest::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            3 => parts().prop_map(Raw::All),
            3 => parts().prop_map(Raw::Any),
            1 => inner.clone().prop_map(|raw| Raw::Not(Box::new(raw))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn d1_independent_choices_find_what_one_choice_of_all_finds(raw in raw(), thing in thing(), seed in any::<u64>()) {
        let thing = with_own_letters(thing, &mut seed.clone());
        let thing = with_letters_of_records(thing);
        let filter = correlate(&raw).expect("small");
        prop_assert_eq!(meets(&filter, &thing.letters, Some(&thing)), asked_of(&raw, &thing), "{:#?}", filter);
    }
}

fn at(path: &[ParamId], letter: u8) -> Raw {
    criterion(path.iter().copied().map(step).collect(), None, &[letter], false)
}

fn on_record(path: &[ParamId], letter: u8, negated: bool) -> Raw {
    criterion(path.iter().copied().map(step).collect(), Some(FAMILY), &[letter], negated)
}

fn test(number: u8) -> Filter {
    Filter::terms(vec![letter(number)])
}

fn related(reference: ParamId, filter: Filter) -> Filter {
    Filter::related(step(reference), filter)
}

fn record(filter: Filter) -> Filter {
    Filter::related(Relation::Record(FAMILY), filter)
}

#[test]
fn criteria_of_one_place_and_one_record_lie_together() {
    let raw = Raw::All(vec![at(&[1], 0), at(&[], 5), on_record(&[1], 1, false), on_record(&[1], 2, true), at(&[2], 3)]);
    let place = Filter::All(vec![test(0), record(Filter::All(vec![test(1), Filter::negated(test(2))]))]);
    assert_eq!(correlate(&raw), Ok(Filter::All(vec![related(1, place), test(5), related(2, test(3))])));
}

#[test]
fn a_negative_criterion_alone_in_its_family_is_of_the_whole_place() {
    let alone = Raw::All(vec![on_record(&[1], 1, true), on_record(&[], 2, true)]);
    let expected = vec![related(1, Filter::negated(test(1))), Filter::negated(test(2))];
    assert_eq!(correlate(&alone), Ok(Filter::All(expected)));
    assert_eq!(correlate(&on_record(&[1], 1, false)), Ok(related(1, record(test(1)))));
}

#[test]
fn alternatives_are_spread_only_where_they_couple_choices() {
    let apart = Raw::All(vec![Raw::Any(vec![at(&[1], 0), at(&[], 5)]), at(&[2], 3)]);
    let expected = vec![Filter::Any(vec![related(1, test(0)), test(5)]), related(2, test(3))];
    assert_eq!(correlate(&apart), Ok(Filter::All(expected)));
    let coupled = Raw::All(vec![Raw::Any(vec![at(&[1], 0), at(&[], 5)]), at(&[1], 3)]);
    let expected =
        vec![related(1, Filter::All(vec![test(0), test(3)])), Filter::All(vec![test(5), related(1, test(3))])];
    assert_eq!(correlate(&coupled), Ok(Filter::Any(expected)));
    let within = Raw::All(vec![Raw::Any(vec![at(&[1], 0), at(&[1], 1)]), at(&[1], 3)]);
    let expected = related(1, Filter::All(vec![Filter::Any(vec![test(0), test(1)]), test(3)]));
    assert_eq!(correlate(&within), Ok(expected));
}

#[test]
fn alternatives_that_couple_too_much_are_too_costly() {
    let one = |number: u8| Raw::Any(vec![at(&[1], number), at(&[2], number)]);
    assert!(correlate(&Raw::All((0..8).map(one).collect())).is_ok());
    assert_eq!(correlate(&Raw::All((0..100).map(one).collect())), Err(TooCostly));
}

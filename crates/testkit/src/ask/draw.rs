//! Questions drawn by chance, and what is left out of them because no decision settles it.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use ror_search::ResourceType;

use super::tables::{ABOVE, parameters};
use super::vocabulary::{self, DATES, LABELS, MOMENTS, PERIOD_DATES, PREFIXES, VALUE_SETS, WORDS};
use super::write::can_filter;
use super::{
    Ask, AskInclude, AskTest, Bound, Expr, Family, How, Kind, Parameter, Term, Token, Writing, follow, references,
};
use crate::corpus::{self, Size, UNITS};
use crate::world::Slot;

/// Any search.
pub fn ask() -> impl Strategy<Value = Ask> {
    use ResourceType::{HealthcareService, Location, Organization};
    let types = [HealthcareService, HealthcareService, HealthcareService, Location, Location, Organization];
    let types: Vec<_> = corpus::TYPES.into_iter().chain(types).collect();
    (select(types), select(vec![2, 2, 3])).prop_flat_map(|(rtype, criteria)| ask_with(rtype, 0..criteria, 1))
}

/// A search of `rtype` with so many criteria, in a corpus of that size.
pub fn ask_with(rtype: ResourceType, criteria: std::ops::Range<usize>, size: Size) -> impl Strategy<Value = Ask> {
    let sort = vec((select(sort_keys(rtype)), any::<bool>()), 0..3);
    let sort = prop_oneof![2 => Just(vec![]), 1 => sort];
    let alone = vec(criterion(rtype, size), criteria).boxed();
    let criteria = match together(rtype, size) {
        Some(together) => {
            let mixed = (together, vec(criterion(rtype, size), 0..2)).prop_map(|(mut all, more)| {
                all.extend(more);
                all
            });
            prop_oneof![2 => alone, 1 => mixed].boxed()
        }
        None => alone,
    };
    let writing = select(vec![Writing::Plain, Writing::Plain, Writing::Turned, Writing::Filter]);
    (criteria, vec(include(rtype), 0..4), sort, 0..5_usize, writing).prop_map(
        move |(criteria, includes, sort, count, writing)| {
            settled(Ask { rtype, criteria, includes, sort, count, writing })
        },
    )
}

/// A distance under two negations, which is one again or not; alternatives of one parameter of a record, which are
/// one criterion or two (D1).
fn is_of_taste(criterion: &Expr, rtype: ResourceType, is_denied: bool) -> bool {
    match criterion {
        Expr::Is(term) => is_denied && matches!(term.test, AskTest::Near(_) | AskTest::NearCommune(_)),
        Expr::Not(inner) => is_of_taste(inner, rtype, true),
        Expr::All(parts) => parts.iter().any(|part| is_of_taste(part, rtype, is_denied)),
        Expr::Any(parts) => {
            let names: Vec<_> = parts
                .iter()
                .filter_map(|part| match part {
                    Expr::Is(term) if term.family(rtype).is_some() => Some((&term.path, term.name)),
                    _ => None,
                })
                .collect();
            let is_repeated = names.iter().enumerate().any(|(at, name)| names[..at].contains(name));
            is_repeated || parts.iter().any(|part| is_of_taste(part, rtype, is_denied))
        }
    }
}

/// Leaves out what would be a question of taste.
fn settled(mut ask: Ask) -> Ask {
    // Distances are those of one criterion, and the order is by them or by the words.
    let (mut near, mut content) = (false, false);
    ask.criteria.retain(|criterion| {
        if is_of_taste(criterion, ask.rtype, false) {
            return false;
        }
        let one = Ask::of(ask.rtype, vec![criterion.clone()]);
        let is = |kind: fn(&AskTest) -> bool| one.terms().iter().filter(|(term, _)| kind(&term.test)).count();
        let circles = is(|test| matches!(test, AskTest::Near(_) | AskTest::NearCommune(_)));
        let words = is(|test| matches!(test, AskTest::Content(_)));
        if circles + usize::from(near) > 1 || (circles > 0 && (words > 0 || content)) || (words > 0 && near) {
            return false;
        }
        near |= circles > 0;
        content |= words > 0;
        true
    });
    let terms = ask.terms();
    let always: Vec<&Term> = ask.criteria.iter().flat_map(Expr::always).collect();
    let has_distance = always.iter().any(|term| matches!(term.test, AskTest::Near(_) | AskTest::NearCommune(_)));
    let has_score = terms.iter().any(|(term, not)| matches!(term.test, AskTest::Content(_)) && !not);
    let prices: Vec<&Term> =
        terms.iter().map(|(term, _)| *term).filter(|term| term.family(ask.rtype) == Some(Family::Price)).collect();
    // D7 tells which prices sort when the criteria are plain ones on the provider's own.
    let is_plain =
        |term: &&Term| term.path.len() == 1 && !term.above && always.iter().any(|one| std::ptr::eq(*one, *term));
    let sorts_by_price = prices.iter().all(is_plain);
    let keep = |key: &str| match key {
        "near" | "location.near" => has_distance,
        "_score" => has_score,
        _ if key.contains("price-") => sorts_by_price,
        _ => true,
    };
    let sort = ask.sort.iter().filter(|(key, _)| keep(key)).copied().collect();
    ask.sort = sort;
    ask
}

fn sort_keys(rtype: ResourceType) -> Vec<&'static str> {
    let sorts = |row: &Parameter| !matches!(row.kind, Kind::Reference(_) | Kind::Special);
    let mut keys: Vec<&'static str> = parameters(rtype).filter(sorts).map(|row| row.name).collect();
    keys.push("_score");
    keys.extend_from_slice(match rtype {
        ResourceType::HealthcareService => &[
            "organization.name",
            "organization.price-validity-start-date",
            "organization.price-amount-value",
            "location.address-city",
            "location.near",
            "location.nb-capacity",
        ],
        ResourceType::Location => &["organization.name", "near"],
        ResourceType::Organization => &["partof.name", "partof.type"],
        ResourceType::PractitionerRole => &["service.name", "service.specialty", "practitioner.identifier"],
        _ => &[],
    });
    keys
}

fn include(searched: ResourceType) -> BoxedStrategy<AskInclude> {
    let leads =
        |(source, _, _, target): &(ResourceType, &str, &str, ResourceType)| [*source, *target].contains(&searched);
    let all: Vec<_> = references(None).collect();
    let related: Vec<_> = all.iter().filter(|row| leads(row)).copied().collect();
    // Nothing refers to templates, and they refer to nothing that a parameter reads.
    let is_alone = related.is_empty();
    let related = if is_alone { all.clone() } else { related };
    let related = (select(related), any::<bool>()).prop_map(move |((source, name, ..), iterate)| AskInclude {
        source: Some((source, name)),
        reverse: source != searched,
        iterate,
    });
    let named = (select(all), any::<bool>(), any::<bool>())
        .prop_map(|((rtype, name, ..), reverse, iterate)| AskInclude { source: Some((rtype, name)), reverse, iterate });
    let any_one = any::<bool>().prop_map(|iterate| AskInclude { source: None, reverse: false, iterate });
    if is_alone {
        return prop_oneof![4 => named, 1 => any_one].boxed();
    }
    prop_oneof![5 => related, 4 => named, 1 => any_one].boxed()
}

/// One criterion: a test, the contrary of one, or a condition.
fn criterion(rtype: ResourceType, size: Size) -> BoxedStrategy<Expr> {
    let not = filtered(rtype, size).prop_map(|term| Expr::Is(term).negated());
    prop_oneof![6 => term(rtype, size).prop_map(Expr::Is), 1 => not, 2 => condition(rtype, size)].boxed()
}

/// A condition that `_filter` writes.
fn condition(rtype: ResourceType, size: Size) -> BoxedStrategy<Expr> {
    let leaf = move || filtered(rtype, size).prop_map(Expr::Is).boxed();
    let signed = move || prop_oneof![4 => leaf(), 1 => leaf().prop_map(Expr::negated)].boxed();
    tree(signed(), signed)
}

/// Conditions of two or three parts, one of which may be a condition itself.
fn tree(first: BoxedStrategy<Expr>, leaf: impl Fn() -> BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    let inner = (first, leaf(), any::<[bool; 2]>()).prop_map(|(one, two, [all, not])| {
        let both = if all { Expr::All(vec![one, two]) } else { Expr::Any(vec![one, two]) };
        if not && !all { both.negated() } else { both }
    });
    let deeper = (inner.clone(), leaf(), any::<bool>())
        .prop_map(|(one, two, all)| if all { Expr::All(vec![two, one]) } else { Expr::Any(vec![one, two]) });
    prop_oneof![2 => inner, 1 => deeper].boxed()
}

/// Tests of the families of one place or of one provider, which bear on one record (D1).
fn together(rtype: ResourceType, size: Size) -> Option<BoxedStrategy<Vec<Expr>>> {
    let (paths, families): (Vec<Vec<&'static str>>, _) = match rtype {
        ResourceType::HealthcareService => (vec![vec!["location"], vec!["location"], vec!["organization"]], true),
        ResourceType::Location => (vec![vec![], vec![], vec!["organization"]], true),
        ResourceType::Organization => (vec![vec![], vec!["partof"]], true),
        ResourceType::PractitionerRole => (vec![vec!["service", "location"]], true),
        _ => (vec![], false),
    };
    if !families {
        return None;
    }
    Some(select(paths).prop_flat_map(move |path| family_tests(rtype, path, size)).boxed())
}

fn family_tests(rtype: ResourceType, path: Vec<&'static str>, size: Size) -> BoxedStrategy<Vec<Expr>> {
    let target = path.iter().fold(rtype, |at, name| follow(at, name).1);
    let is_place = target == ResourceType::Location;
    let families = if is_place {
        vec![Family::Capacity, Family::Capacity, Family::Equipment, Family::Dwelling]
    } else {
        vec![Family::Price]
    };
    let can_above = (rtype, path.as_slice()) == (ABOVE.0, &[ABOVE.1]);
    let one = move |family: Family| {
        let names: Vec<_> = parameters(target).filter(|row| row.family == Some(family)).collect();
        let path = path.clone();
        let above =
            if can_above { prop_oneof![3 => Just(false), 1 => Just(true)].boxed() } else { Just(false).boxed() };
        (select(names).prop_flat_map(move |row| (Just(row.name), value(row, size))), above)
            .prop_map(move |((name, test), above)| {
                // D9: `:above` is the one modifier there.
                let above = above && is_plain(&test);
                Term { path: path.clone(), name, above, test }
            })
            .boxed()
    };
    let signed = move |family: Family| {
        let one = one(family);
        let filtered = one.clone().prop_filter("as _filter", can_filter);
        prop_oneof![
            5 => one.prop_map(Expr::Is),
            1 => filtered.clone().prop_map(|term| Expr::Is(term).negated()),
            1 => tree(filtered.clone().prop_map(Expr::Is).boxed(), move || filtered.clone().prop_map(Expr::Is).boxed()),
        ]
        .boxed()
    };
    let second = families.clone();
    (select(families), select(second))
        .prop_flat_map(move |(one, other)| (vec(signed(one), 1..4), vec(signed(other), 0..2)))
        .prop_map(|(mut all, more)| {
            all.extend(more);
            all
        })
        .boxed()
}

/// Whether no modifier writes it: only then may `:above` follow.
const fn is_plain(test: &AskTest) -> bool {
    matches!(
        test,
        AskTest::Tokens(_)
            | AskTest::Texts(How::Starts, _)
            | AskTest::Dates(_)
            | AskTest::Numbers(_)
            | AskTest::References(_)
    )
}

fn filtered(rtype: ResourceType, size: Size) -> BoxedStrategy<Term> {
    term(rtype, size).prop_filter("as _filter", can_filter).boxed()
}

/// A test on the type itself, on what its references lead to, on what refers to it.
fn term(rtype: ResourceType, size: Size) -> BoxedStrategy<Term> {
    let direct = test(rtype, size).prop_map(|(name, test)| Term { path: vec![], name, above: false, test });
    let mut any_of = vec![(6, direct.boxed())];
    if references(Some(rtype)).next().is_some() {
        any_of.push((4, chained(rtype, size)));
    }
    if references(None).any(|(.., target)| target == rtype) {
        any_of.push((1, has(rtype, size, 2)));
    }
    Union::new_weighted(any_of).boxed()
}

fn chained(rtype: ResourceType, size: Size) -> BoxedStrategy<Term> {
    let (above_type, above_reference) = ABOVE;
    (path(rtype, 3), any::<bool>())
        .prop_flat_map(move |((path, target), above)| {
            let can_above = above && rtype == above_type && path == [above_reference];
            test(target, size).prop_map(move |(name, test)| {
                let above = can_above && is_plain(&test);
                Term { path: path.clone(), name, above, test }
            })
        })
        .boxed()
}

/// References in a row, and the type they lead to.
fn path(rtype: ResourceType, steps: usize) -> BoxedStrategy<(Vec<&'static str>, ResourceType)> {
    let mine: Vec<_> = references(Some(rtype)).map(|(_, name, _, target)| (name, target)).collect();
    select(mine)
        .prop_flat_map(move |(name, target)| {
            let here = Just((vec![name], target)).boxed();
            if steps == 1 || references(Some(target)).next().is_none() {
                return here;
            }
            let further = path(target, steps - 1).prop_map(move |(mut path, last)| {
                path.insert(0, name);
                (path, last)
            });
            prop_oneof![3 => here, 2 => further].boxed()
        })
        .boxed()
}

/// `_has`, which may hold another one or a chain; no distance and no score come from there.
fn has(rtype: ResourceType, size: Size, depth: u8) -> BoxedStrategy<Term> {
    let from: Vec<_> = references(None).filter(|(.., target)| *target == rtype).collect();
    select(from)
        .prop_flat_map(move |(source, reference, ..)| {
            let direct = test(source, size).prop_map(|(name, test)| Term { path: vec![], name, above: false, test });
            let mut inner = vec![(3, direct.boxed())];
            if references(Some(source)).next().is_some() {
                inner.push((1, chained(source, size)));
            }
            if depth > 1 && references(None).any(|(.., target)| target == source) {
                inner.push((1, has(source, size, depth - 1)));
            }
            let is_quiet = |term: &Term| {
                !term.above && !matches!(term.test, AskTest::Near(_) | AskTest::NearCommune(_) | AskTest::Content(_))
            };
            let inner = Union::new_weighted(inner).prop_filter("neither distance nor score", is_quiet);
            inner.prop_map(move |inner| Term {
                path: vec![],
                name: "_has",
                above: false,
                test: AskTest::Has(source, reference, Box::new(inner)),
            })
        })
        .boxed()
}

/// A parameter of the type, or full text, and a test that suits it.
fn test(rtype: ResourceType, size: Size) -> BoxedStrategy<(&'static str, AskTest)> {
    let rows: Vec<_> = parameters(rtype).collect();
    let named = select(rows).prop_flat_map(move |row| (Just(row.name), value(row, size)));
    let words = select(WORDS.to_vec()).prop_map(|words| ("_content", AskTest::Content(words)));
    prop_oneof![12 => named, 1 => words].boxed()
}

/// What is asked of a parameter.
fn value(row: Parameter, size: Size) -> BoxedStrategy<AskTest> {
    let asked = match (row.name, row.kind) {
        ("near", _) => near(),
        ("near-insee-code", _) => near_commune(),
        ("capacity", _) => composite(),
        ("open-at", _) => select(MOMENTS.to_vec()).prop_map(AskTest::OpenAt).boxed(),
        ("_id", _) => {
            let slots = corpus::slot_of(row.rtype, size).prop_map(|slot| Token::bare(&slot.name()));
            vec(slots, 1..3).prop_map(AskTest::Tokens).boxed()
        }
        (_, Kind::Token) => tokens(row),
        (_, Kind::Text) => {
            let how = select(vec![How::Starts, How::Starts, How::Contains, How::Exact, How::Ends]);
            (how, vec(select(vocabulary::texts(row.name)), 1..3))
                .prop_map(|(how, all)| AskTest::Texts(how, all))
                .boxed()
        }
        ("date" | "_lastUpdated", _) => bounds(DATES.to_vec()).prop_map(AskTest::Dates).boxed(),
        (_, Kind::Date) => bounds(PERIOD_DATES.to_vec()).prop_map(AskTest::Dates).boxed(),
        (_, Kind::Number) => bounds(vocabulary::numbers(row.name)).prop_map(AskTest::Numbers).boxed(),
        (_, Kind::Quantity) => quantities(row.name),
        (_, Kind::Reference(target)) => referred(target, size),
        (other, Kind::Special) => unreachable!("{other} has no values here"),
    };
    // Whether a place has a record or a commune is another parameter's to tell.
    if ["capacity", "near-insee-code"].contains(&row.name) {
        return asked;
    }
    prop_oneof![8 => asked, 1 => any::<bool>().prop_map(AskTest::Missing)].boxed()
}

fn bounds(values: Vec<&'static str>) -> impl Strategy<Value = Vec<Bound>> {
    let one = (select(PREFIXES.to_vec()), select(values)).prop_filter("exact", |bound| !vocabulary::is_guessed(bound));
    vec(one, 1..3)
}

fn tokens(row: Parameter) -> BoxedStrategy<AskTest> {
    let values = vocabulary::codes(row.rtype, row.name);
    let token = (select(values.clone()), 0..10_u8).prop_map(|((system, code), how)| match how {
        0 => Token { system: Some(String::new()), code },
        1 if !system.is_empty() => Token { system: Some(system.to_owned()), code: String::new() },
        2..5 => Token { system: None, code },
        _ if system.is_empty() => Token { system: None, code },
        _ => Token { system: Some(system.to_owned()), code },
    });
    let is_territory = ["departement", "region", "epci"].contains(&row.name);
    let bare = select(values.clone()).prop_map(|(_, code)| Token { system: None, code });
    // No nomenclature of territories is told: codes alone.
    let token = if is_territory { bare.boxed() } else { token.boxed() };
    let mut any_of = vec![(6, vec(token, 1..3).prop_map(AskTest::Tokens).boxed())];
    if row.name == "identifier" {
        let kinds =
            select(vec![("https://example.org/kind", "1"), ("https://example.org/kind", "40"), ("", "25"), ("", "26")]);
        let of_type =
            (kinds, select(values)).prop_map(|((system, code), (_, value))| AskTest::OfType(system, code, value));
        any_of.push((1, of_type.boxed()));
    }
    let is_function_of_place = row.name == "type" && row.rtype == ResourceType::Location;
    if let Some((_, address)) = VALUE_SETS.iter().find(|(name, _)| *name == row.name && !is_function_of_place) {
        any_of.push((1, Just(AskTest::In(address)).boxed()));
    }
    if row.name == "specialty" {
        any_of.push((1, select(LABELS.to_vec()).prop_map(AskTest::Label).boxed()));
    }
    if row.name == "specialty" || row.name == "type" && row.rtype == ResourceType::Organization {
        any_of.push((1, select(vocabulary::below(row.name)).prop_map(|token| AskTest::Below(vec![token])).boxed()));
    }
    Union::new_weighted(any_of).boxed()
}

fn quantities(name: &str) -> BoxedStrategy<AskTest> {
    let values: Vec<(&'static str, Option<&'static str>)> = if name == "limit-value" {
        vec![
            ("180", Some("kg")),
            ("90", Some("kg")),
            ("90.5", Some("kg")),
            ("200000", Some("g")),
            ("85", Some("cm")),
            ("1", Some("m")),
            ("180", None),
            ("2", Some("L")),
            ("900", Some("mm")),
            ("1.8e2", Some("kg")),
        ]
    } else {
        vec![
            ("42", Some("a")),
            ("42", None),
            ("18", Some("a")),
            ("6", Some("mo")),
            ("0.5", Some("a")),
            ("0", None),
            ("60", Some("a")),
            ("182.625", Some("d")),
            ("26", Some("wk")),
            ("216", Some("mo")),
        ]
    };
    let systems: Vec<&'static str> = UNITS.iter().copied().chain([""]).collect();
    let one = (select(PREFIXES.to_vec()), select(values), select(systems))
        .prop_map(|(prefix, (number, unit), system)| ((prefix, number), unit.map(|unit| (system, unit))))
        .prop_filter("exact", |(bound, _)| !vocabulary::is_guessed(bound));
    vec(one, 1..3).prop_map(AskTest::Quantities).boxed()
}

fn referred(target: ResourceType, size: Size) -> BoxedStrategy<AskTest> {
    let slots = vec((corpus::slot_of(target, size).prop_map(Slot::name), any::<bool>()), 1..3);
    let slots = slots.prop_map(AskTest::References);
    let values = vocabulary::codes(target, "identifier");
    let bears = (select(values), any::<bool>()).prop_map(|((system, code), with)| {
        AskTest::Bears(vec![Token { system: with.then(|| system.to_owned()), code }])
    });
    prop_oneof![3 => slots, 1 => bears].boxed()
}

fn near() -> BoxedStrategy<AskTest> {
    let circle = (select(corpus::POSITIONS.to_vec()), select(vec!["0.05", "0.5", "80", "500"]));
    vec(circle, 1..4)
        .prop_map(|circles| AskTest::Near(circles.into_iter().map(|((a, b), c)| (a, b, c)).collect()))
        .boxed()
}

fn near_commune() -> BoxedStrategy<AskTest> {
    let known = vec!["69123", "69381", "01001", "97411"];
    vec((select(known), select(vec!["1", "20", "120", "500"])), 1..3).prop_map(AskTest::NearCommune).boxed()
}

fn composite() -> BoxedStrategy<AskTest> {
    let number = (select(PREFIXES.to_vec()), select(vocabulary::numbers("nb-capacity")));
    let one = (select(vec!["01", "02", "05"]), select(vec!["01", "02", "03"]), number);
    vec(one, 1..3).prop_map(AskTest::Capacity).boxed()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    use ror_confidentiality::Audience;

    use super::*;
    use crate::Oracle;

    /// A parameter that never finds, or never leaves out, would be compared with nothing.
    #[test]
    fn every_parameter_with_every_operator_finds_some_and_leaves_some() {
        let mut runner = TestRunner::deterministic();
        let (mut asked, mut told) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..4 {
            let resources = corpus::resources(6).new_tree(&mut runner).expect("a corpus").current();
            let mut oracle = Oracle::default();
            oracle.try_on(resources.into_iter().map(|(slot, resource)| ((slot.rtype, slot.name()), resource)), 0);
            let questions =
                crate::corpus::TYPES.into_iter().flat_map(|rtype| parameters(rtype).map(move |row| (rtype, row)));
            for (rtype, row) in questions {
                let all = oracle.answer(&Ask::of(rtype, vec![]), Audience::OWNER, &BTreeMap::new()).ids.len();
                for _ in 0..40 {
                    let test = value(row, 6).new_tree(&mut runner).expect("a test").current();
                    let operators = test.operators().into_iter();
                    let names: Vec<_> = operators.map(|operator| format!("{rtype}?{}{operator}", row.name)).collect();
                    let ask = Ask::of(rtype, vec![Expr::is(&[], row.name, test)]);
                    let found = oracle.answer(&ask, Audience::OWNER, &BTreeMap::new()).ids.len();
                    asked.extend(names.iter().cloned());
                    if found > 0 && found < all {
                        told.extend(names);
                    }
                }
            }
        }
        let silent: Vec<_> = asked.difference(&told).collect();
        // All resources of this corpus came at one moment; nothing is without id, nor what the directory numbers.
        let numbered = ["HealthcareService?identifier:missing", "Location?identifier:missing"];
        let is_known =
            |name: &str| name.contains("_lastUpdated") || name.ends_with("_id:missing") || numbered.contains(&name);
        let silent: Vec<_> = silent.into_iter().filter(|name| !is_known(name)).collect();
        assert!(silent.is_empty(), "{} of {} tell nothing: {silent:#?}", silent.len(), asked.len());
    }
}

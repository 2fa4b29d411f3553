//! A search answered by looking at everything (D1).
//!
//! A request speaks of one place, one capacity record, one provider, one price… Each of these
//! is a thing to choose; a resource matches when some choice makes the whole true. So all
//! choices are tried, one after the other.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use ror_confidentiality::Audience;
use ror_fhir::Node;
use ror_search::{Geography, ResourceType, distance_km};

use super::values::{Record, read, records, targets};
use super::{Key, Oracle, Seen, content, open};
use crate::FewCommunes;
use crate::ask::{Ask, AskTest, Expr, Family, Term, follow};

/// References followed one after the other.
type Path<'a> = &'a [&'static str];

/// One question of one audience.
pub(super) struct Question<'a> {
    pub(super) oracle: &'a Oracle,
    pub(super) audience: Audience,
    pub(super) ids: &'a BTreeMap<String, String>,
    /// Places found once by an identifier (D8.3).
    pub(super) identified: RefCell<BTreeMap<String, BTreeSet<String>>>,
}

/// Something to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Var<'a> {
    /// What a reference leads to.
    Target(Path<'a>),
    /// A record of a family there; with `true`, of the whole line above (D9).
    Record(Path<'a>, Family, bool),
}

/// What was chosen; nothing where there is nothing to choose from.
enum Picked<'a> {
    Target(Option<Key>),
    Record(Option<Record<'a>>),
}

/// Criteria, and what they leave to choose.
pub(super) struct Plan<'a> {
    rtype: ResourceType,
    criteria: Vec<&'a Expr>,
    vars: Vec<Var<'a>>,
    /// How many tests bear on each family of each target.
    counts: Vec<(Var<'a>, usize)>,
    /// Whether every choice counts, and not only that there is one.
    wants_all: bool,
}

/// How a resource meets all.
#[derive(Default)]
pub(super) struct Met<'a> {
    /// Distance of the nearest place that makes it so, when a distance was asked for.
    pub(super) nearest: Option<f64>,
    /// The prices of the provider that make it so, when prices were asked for.
    pub(super) prices: Option<Vec<Record<'a>>>,
}

impl<'a> Plan<'a> {
    pub(super) fn of(rtype: ResourceType, criteria: &'a [Expr], wants_all: bool) -> Self {
        let terms = || criteria.iter().flat_map(|criterion| terms(criterion, false));
        let mut counts: Vec<(Var<'a>, usize)> = Vec::new();
        for var in terms().filter_map(|(term, _)| record_of(rtype, term)) {
            match counts.iter_mut().find(|(known, _)| *known == var) {
                Some((_, count)) => *count += 1,
                None => counts.push((var, 1)),
            }
        }
        let mut plan = Self { rtype, criteria: criteria.iter().collect(), vars: vec![], counts, wants_all };
        let mut vars: Vec<Var<'a>> = terms().flat_map(|(term, negated)| plan.needs(term, negated)).collect();
        vars.sort_by_key(|var| match var {
            Var::Target(path) => (path.len(), false),
            Var::Record(path, ..) => (path.len(), true),
        });
        for var in vars {
            if !plan.vars.contains(&var) {
                plan.vars.push(var);
            }
        }
        plan
    }

    fn needs(&self, term: &'a Term, negated: bool) -> Vec<Var<'a>> {
        let record = record_of(self.rtype, term).filter(|_| !self.is_whole(term, negated));
        if term.above {
            // The line above is not chosen: any of it will do.
            return record.into_iter().collect();
        }
        (1..=term.path.len()).map(|length| Var::Target(&term.path[..length])).chain(record).collect()
    }

    /// Alone in its family, `:not` and `:missing` are judged on the whole resource (D1).
    fn is_whole(&self, term: &Term, negated: bool) -> bool {
        let is_of_it = |(var, count): &(Var<'_>, usize)| Some(*var) == record_of(self.rtype, term) && *count == 1;
        (negated || matches!(term.test, AskTest::Missing(_))) && self.counts.iter().any(is_of_it)
    }
}

/// The record that a test bears on.
fn record_of(rtype: ResourceType, term: &Term) -> Option<Var<'_>> {
    let family = if matches!(term.test, AskTest::Has(..)) { None } else { term.family(rtype) };
    family.map(|family| Var::Record(&term.path, family, term.above))
}

fn terms(expr: &Expr, negated: bool) -> Vec<(&Term, bool)> {
    match expr {
        Expr::Is(term) => vec![(term, negated)],
        Expr::Not(inner) => terms(inner, !negated),
        Expr::All(parts) | Expr::Any(parts) => parts.iter().flat_map(|part| terms(part, negated)).collect(),
    }
}

/// One choice.
struct Choice<'c, 'a> {
    root: &'c Key,
    plan: &'c Plan<'c>,
    picked: &'c [Picked<'a>],
}

impl<'c, 'a> Choice<'c, 'a> {
    fn of(&self, var: Var<'_>) -> Option<&'c Picked<'a>> {
        let at = self.plan.vars.iter().position(|known| *known == var)?;
        self.picked.get(at)
    }

    fn target(&self, path: Path<'_>) -> Option<&'c Key> {
        match self.of(Var::Target(path)) {
            _ if path.is_empty() => Some(self.root),
            Some(Picked::Target(key)) => key.as_ref(),
            _ => None,
        }
    }

    fn record(&self, var: Var<'_>) -> Option<&'c Record<'a>> {
        match self.of(var) {
            Some(Picked::Record(record)) => record.as_ref(),
            _ => None,
        }
    }
}

impl<'a> Question<'a> {
    pub(super) fn new(oracle: &'a Oracle, audience: Audience, ids: &'a BTreeMap<String, String>) -> Self {
        Self { oracle, audience, ids, identified: RefCell::default() }
    }

    pub(super) fn seen(&self, key: &Key) -> Option<&'a Seen> {
        self.oracle.seen(self.audience).get(key)
    }

    /// What a reference of a resource leads to, of what this audience sees.
    pub(super) fn targets(&self, key: &Key, reference: &str) -> Vec<Key> {
        let (element, target) = follow(key.0, reference);
        let Some(seen) = self.seen(key) else { return vec![] };
        let keys = targets(&seen.resource, element, target).into_iter().map(|id| (target, id.to_owned()));
        keys.filter(|key| self.seen(key).is_some()).collect()
    }

    /// What references in a row lead to.
    pub(super) fn reached(&self, key: &Key, path: Path<'_>) -> Vec<Key> {
        path.iter().fold(vec![key.clone()], |keys, name| keys.iter().flat_map(|key| self.targets(key, name)).collect())
    }

    /// How a resource meets all criteria, if some choice does.
    pub(super) fn meets(&self, key: &Key, plan: &Plan<'_>) -> Option<Met<'a>> {
        let mut met: Option<Met<'a>> = None;
        self.each(key, plan, &mut Vec::new(), &mut |picked| {
            let choice = Choice { root: key, plan, picked };
            if !plan.criteria.iter().all(|criterion| self.is_true(criterion, false, &choice)) {
                return false;
            }
            let met = met.get_or_insert_default();
            let always = plan.criteria.iter().flat_map(|criterion| criterion.always());
            let mut away = always.filter_map(|term| {
                let place = self.seen(choice.target(&term.path)?)?;
                distance(&term.test, &place.resource)
            });
            met.nearest = met.nearest.into_iter().chain(away.next()).min_by(f64::total_cmp);
            if let Some(Picked::Record(record)) = choice.of(Var::Record(&["organization"], Family::Price, false)) {
                met.prices.get_or_insert_default().extend(record.clone());
            }
            !plan.wants_all
        });
        met
    }

    /// Tries every choice until `done` has enough.
    fn each(
        &self,
        root: &Key,
        plan: &Plan<'_>,
        picked: &mut Vec<Picked<'a>>,
        done: &mut dyn FnMut(&[Picked<'a>]) -> bool,
    ) -> bool {
        let Some(var) = plan.vars.get(picked.len()) else { return done(picked) };
        let candidates = self.candidates(*var, &Choice { root, plan, picked });
        for candidate in candidates {
            picked.push(candidate);
            let is_enough = self.each(root, plan, picked, done);
            picked.pop();
            if is_enough {
                return true;
            }
        }
        false
    }

    /// What there is to choose from, after what was chosen before; without anything, nothing is chosen.
    fn candidates(&self, var: Var<'_>, choice: &Choice<'_, 'a>) -> Vec<Picked<'a>> {
        let found: Vec<Picked<'a>> = match var {
            Var::Target(path) => {
                let (last, before) = path.split_last().expect("a reference");
                let keys = choice.target(before).map(|key| self.targets(key, last)).unwrap_or_default();
                keys.into_iter().map(|key| Picked::Target(Some(key))).collect()
            }
            Var::Record(path, family, above) => {
                let holders =
                    if above { self.line(choice.root) } else { choice.target(path).into_iter().cloned().collect() };
                let resources = holders.iter().filter_map(|key| self.seen(key));
                resources
                    .flat_map(|seen| records(&seen.resource, family))
                    .map(|one| Picked::Record(Some(one)))
                    .collect()
            }
        };
        match var {
            _ if !found.is_empty() => found,
            Var::Target(_) => vec![Picked::Target(None)],
            Var::Record(..) => vec![Picked::Record(None)],
        }
    }

    /// The provider of an offer and all it is part of (D9).
    fn line(&self, offer: &Key) -> Vec<Key> {
        let mut line: Vec<Key> = Vec::new();
        let mut next = self.targets(offer, "organization");
        while let Some(key) = next.pop() {
            if !line.contains(&key) {
                next.extend(self.targets(&key, "partof"));
                line.push(key);
            }
        }
        line
    }

    /// A negation is that of the tests within (De Morgan).
    fn is_true(&self, expr: &Expr, negated: bool, choice: &Choice<'_, 'a>) -> bool {
        let any = |parts: &[Expr]| parts.iter().any(|part| self.is_true(part, negated, choice));
        let all = |parts: &[Expr]| parts.iter().all(|part| self.is_true(part, negated, choice));
        match expr {
            Expr::Is(term) => self.is_met(term, negated, choice),
            Expr::Not(inner) => self.is_true(inner, !negated, choice),
            Expr::All(parts) if negated => any(parts),
            Expr::All(parts) => all(parts),
            Expr::Any(parts) if negated => all(parts),
            Expr::Any(parts) => any(parts),
        }
    }

    /// One test under one choice.
    fn is_met(&self, term: &Term, negated: bool, choice: &Choice<'_, 'a>) -> bool {
        let record = record_of(choice.plan.rtype, term);
        if let Some(var @ Var::Record(path, family, above)) = record {
            if !choice.plan.is_whole(term, negated) {
                // On that record, which must exist.
                let holder = (term.target(choice.plan.rtype), String::new());
                return choice.record(var).is_some_and(|record| self.holds(&holder, term, record) != negated);
            }
            let holders =
                if above { self.line(choice.root) } else { choice.target(path).into_iter().cloned().collect() };
            return !holders.is_empty() && self.holds_whole(term, family, &holders) != negated;
        }
        if term.above {
            // A choice of its own: negated, there is none.
            let is_met = |key: &Key| self.seen(key).is_some_and(|seen| self.holds(key, term, &[&seen.resource]));
            return self.line(choice.root).iter().any(is_met) != negated;
        }
        // "A place that …": the target must exist.
        let Some((key, seen)) = choice.target(&term.path).and_then(|key| Some((key, self.seen(key)?))) else {
            return false;
        };
        match &term.test {
            AskTest::Has(from, reference, inner) => self.is_referred(key, *from, reference, inner) != negated,
            // D11: a place without position never matches; nor does an offer without hours.
            AskTest::Near(_) | AskTest::NearCommune(_) => {
                seen.resource.get("position").is_some() && distance(&term.test, &seen.resource).is_some() != negated
            }
            AskTest::OpenAt(moment) => {
                seen.resource.items("availableTime").next().is_some() && self.is_open(key, moment) != negated
            }
            _ => self.holds(key, term, &[&seen.resource]) != negated,
        }
    }

    /// A test alone in its family: some record meets it; `:missing`: none has a value at all.
    fn holds_whole(&self, term: &Term, family: Family, holders: &[Key]) -> bool {
        let all = holders.iter().filter_map(|key| Some((key, self.seen(key)?)));
        let mut all =
            all.flat_map(|(key, seen)| records(&seen.resource, family).into_iter().map(move |one| (key, one)));
        match term.test {
            AskTest::Missing(missing) => {
                let valued = Term { test: AskTest::Missing(false), ..term.clone() };
                all.any(|(key, record)| self.holds(key, &valued, &record)) != missing
            }
            _ => all.any(|(key, record)| self.holds(key, term, &record)),
        }
    }

    /// Whether something of a type refers to it and meets a test: a question of its own.
    fn is_referred(&self, key: &Key, from: ResourceType, reference: &str, inner: &Term) -> bool {
        let inner = [Expr::Is(inner.clone())];
        let plan = Plan::of(from, &inner, false);
        let all = self.oracle.seen(self.audience).keys().filter(|other| other.0 == from);
        let mut referring = all.filter(|other| self.targets(other, reference).contains(key));
        referring.any(|other| self.meets(other, &plan).is_some())
    }

    /// In the time of one of its places.
    fn is_open(&self, offer: &Key, moment: &str) -> bool {
        let Some(seen) = self.seen(offer) else { return false };
        let departement = |place: &Key| {
            let codes = read(&self.seen(place)?.resource, "@ror-commune-cog/=/coding/code");
            Some(FewCommunes.territory(codes.first()?.as_str()?)?.departement)
        };
        let mut zones: Vec<_> = self.targets(offer, "location").iter().map(departement).collect();
        if zones.is_empty() {
            zones.push(None);
        }
        zones.iter().any(|zone| open::is_open(&seen.resource, moment, zone.as_deref()))
    }

    /// How well a resource answers by its words: the best of the tests that hold, each by any related thing.
    pub(super) fn score(&self, key: &Key, ask: &Ask) -> Option<u32> {
        let terms = ask.terms().into_iter().filter(|(_, negated)| !negated);
        let scores = terms.filter_map(|(term, _)| match term.test {
            AskTest::Content(words) => {
                let things = self.reached(key, &term.path);
                things.iter().filter_map(|key| content::score(key.0, &self.seen(key)?.resource, words)).max()
            }
            _ => None,
        });
        scores.max()
    }
}

/// The distance of a place from the nearest circle of a test that it lies in (D11).
pub(super) fn distance(test: &AskTest, place: &Node) -> Option<f64> {
    let number = |text: &str| text.parse::<f64>().expect("a number");
    let circles: Vec<(f64, f64, f64)> = match test {
        AskTest::Near(circles) => circles.iter().map(|(a, b, c)| (number(a), number(b), number(c))).collect(),
        AskTest::NearCommune(circles) => {
            let centre = |code: &str| FewCommunes.position(code).expect("a commune with a position");
            circles.iter().map(|(code, c)| (centre(code).0, centre(code).1, number(c))).collect()
        }
        _ => return None,
    };
    let position = place.get("position")?;
    let (latitude, longitude) = (position.get("latitude")?.as_f64()?, position.get("longitude")?.as_f64()?);
    let away =
        |(a, b, radius): &(f64, f64, f64)| Some(distance_km(*a, *b, latitude, longitude)).filter(|away| away <= radius);
    circles.iter().filter_map(away).min_by(f64::total_cmp)
}

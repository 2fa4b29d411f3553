//! From criteria that share choices to a tree in which each choice is independent (D1).
//!
//! A request asks that there be a place, on it one capacity record, a provider, one of its prices…
//! that make the whole true. Criteria under one choice are gathered under one
//! [`Filter::Related`]. That may pass inside `or` always, and inside `and` where its parts speak of
//! other choices; where alternatives couple two choices, they are spread out first.

use std::rc::Rc;

use super::raw::{Criterion, Raw};
use crate::{Family, Filter, Relation, Test};

/// Work that spreading out may take beyond what was written, in values copied.
const COST_MAX: usize = 20_000;

/// Alternatives that couple too many choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooCostly;

/// The question with independent choices.
pub(crate) fn correlate(raw: &Raw) -> Result<Filter, TooCostly> {
    let mut asked = Vec::new();
    count(raw, &mut asked);
    let mut left = COST_MAX;
    let formula = formula(raw, false, &asked, &mut left);
    Binder { left }.bind(formula, 0)
}

/// The families asked for, with how many criteria bear on one record of each, and whether one of
/// them is the contrary of what it says.
pub(super) fn families(raw: &Raw) -> Vec<(Family, usize, bool)> {
    let mut asked = Vec::new();
    count(raw, &mut asked);
    asked.into_iter().map(|((path, family), count)| (family, count, has_contrary(raw, false, path, family))).collect()
}

fn has_contrary(raw: &Raw, negate: bool, path: &[Relation], family: Family) -> bool {
    match raw {
        Raw::All(parts) | Raw::Any(parts) => parts.iter().any(|part| has_contrary(part, negate, path, family)),
        Raw::Not(inner) => has_contrary(inner, !negate, path, family),
        Raw::Is(criterion) => criterion.family == Some(family) && criterion.path == path && criterion.negated != negate,
    }
}

/// How many criteria bear on one record.
type Asked<'a> = Vec<((&'a [Relation], Family), usize)>;

fn count<'a>(raw: &'a Raw, asked: &mut Asked<'a>) {
    match raw {
        Raw::All(parts) | Raw::Any(parts) => parts.iter().for_each(|part| count(part, asked)),
        Raw::Not(inner) => count(inner, asked),
        Raw::Is(criterion) => {
            let Some(family) = criterion.family else { return };
            let key = (&*criterion.path, family);
            match asked.iter_mut().find(|(known, _)| *known == key) {
                Some((_, count)) => *count += 1,
                None => asked.push((key, 1)),
            }
        }
    }
}

/// Criteria without negation above them, each at the end of its path.
#[derive(Clone)]
enum Formula {
    All(Vec<Formula>),
    Any(Vec<Formula>),
    Atom(Rc<Atom>),
}

struct Atom {
    path: Vec<Relation>,
    filter: Filter,
    weight: usize,
}

/// Pushes negation down to the criteria, and finds what each bears on. `left` grows by what the
/// criteria weigh: copying each once is no excess.
fn formula(raw: &Raw, negate: bool, asked: &Asked<'_>, left: &mut usize) -> Formula {
    let mut all = |parts: &[Raw]| parts.iter().map(|part| formula(part, negate, asked, left)).collect();
    match raw {
        Raw::Not(inner) => formula(inner, !negate, asked, left),
        Raw::All(parts) if negate => Formula::Any(all(parts)),
        Raw::Any(parts) if negate => Formula::All(all(parts)),
        Raw::All(parts) => Formula::All(all(parts)),
        Raw::Any(parts) => Formula::Any(all(parts)),
        Raw::Is(criterion) => {
            let (path, filter) = bearing(criterion, negate, asked);
            let weight = weight(&filter);
            *left += weight;
            Formula::Atom(Rc::new(Atom { path, filter, weight }))
        }
    }
}

/// What a criterion bears on, and asks of it. A negative one that is alone in its family is judged
/// on the whole thing: no record has the code, or the value at all. On a line of structures, none
/// of any of them.
fn bearing(criterion: &Criterion, negate: bool, asked: &Asked<'_>) -> (Vec<Relation>, Filter) {
    let mut path = criterion.path.clone();
    let filter = criterion.filter(negate);
    let Some(family) = criterion.family else { return (path, filter) };
    let key = (&*criterion.path, family);
    let is_alone = asked.iter().any(|(known, count)| *known == key && *count == 1);
    if !(is_alone && criterion.negated != negate) {
        path.push(Relation::Record(family));
        return (path, filter);
    }
    match path.last() {
        Some(line @ Relation::Line { .. }) => {
            let line = *line;
            path.pop();
            let exists = Filter::related(line, Filter::All(Vec::new()));
            let none = Filter::negated(Filter::related(line, criterion.held.clone()));
            (path, Filter::All(vec![exists, none]))
        }
        _ => (path, filter),
    }
}

fn weight(filter: &Filter) -> usize {
    match filter {
        Filter::All(parts) | Filter::Any(parts) | Filter::FirstOf(parts) => 1 + parts.iter().map(weight).sum::<usize>(),
        Filter::Not(inner) | Filter::Related(_, inner) => 1 + weight(inner),
        Filter::Test(test) => match test {
            Test::Terms(any) => 1 + any.len(),
            Test::StartsWith { any, .. } | Test::Contains { any, .. } | Test::EndsWith { any, .. } => 1 + any.len(),
            Test::Ordered { any, .. } | Test::LastUpdated { any } => 1 + any.len(),
            Test::Near { near, .. } => 1 + near.circles.len(),
            Test::Words { all } => 1 + all.len(),
            Test::Label { any, .. } => 1 + any.iter().map(Vec::len).sum::<usize>(),
            Test::OpenAt { .. } => 1,
        },
    }
}

/// What a formula speaks of, seen from one thing.
#[derive(Default)]
struct Reach {
    /// The thing itself.
    own: bool,
    /// Choices that start from it.
    choices: Vec<Relation>,
}

impl Reach {
    fn of(formula: &Formula, depth: usize) -> Self {
        Self::of_all(std::slice::from_ref(formula), depth)
    }

    fn of_all(parts: &[Formula], depth: usize) -> Self {
        let mut reach = Self::default();
        for part in parts {
            reach.add(part, depth);
        }
        reach
    }

    fn add(&mut self, formula: &Formula, depth: usize) {
        match formula {
            Formula::All(parts) | Formula::Any(parts) => parts.iter().for_each(|part| self.add(part, depth)),
            Formula::Atom(atom) => match atom.path.get(depth) {
                None => self.own = true,
                Some(choice) if !self.choices.contains(choice) => self.choices.push(*choice),
                Some(_) => {}
            },
        }
    }

    /// The one choice that all of it is under.
    fn only(&self) -> Option<Relation> {
        match self.choices[..] {
            [choice] if !self.own => Some(choice),
            _ => None,
        }
    }
}

fn atoms(formula: &Formula) -> usize {
    match formula {
        Formula::All(parts) | Formula::Any(parts) => 1 + parts.iter().map(atoms).sum::<usize>(),
        Formula::Atom(_) => 1,
    }
}

struct Binder {
    left: usize,
}

impl Binder {
    fn charge(&mut self, cost: usize) -> Result<(), TooCostly> {
        self.left = self.left.checked_sub(cost).ok_or(TooCostly)?;
        Ok(())
    }

    /// What a thing at `depth` of the paths must meet.
    fn bind(&mut self, formula: Formula, depth: usize) -> Result<Filter, TooCostly> {
        if let Some(choice) = Reach::of(&formula, depth).only() {
            return Ok(Filter::related(choice, self.bind(formula, depth + 1)?));
        }
        match formula {
            Formula::Atom(atom) => {
                self.charge(atom.weight)?;
                Ok(atom.filter.clone())
            }
            Formula::Any(parts) => {
                let mut bound = Vec::new();
                for part in grouped(parts, depth) {
                    match self.bind(part, depth)? {
                        Filter::Any(more) => bound.extend(more),
                        one => bound.push(one),
                    }
                }
                Ok(Filter::any(bound))
            }
            Formula::All(parts) => self.all(parts, depth),
        }
    }

    fn all(&mut self, parts: Vec<Formula>, depth: usize) -> Result<Filter, TooCostly> {
        let mut flat = Vec::new();
        flatten(parts, &mut flat);
        let mut bound = Vec::new();
        for part in coupled(flat, depth) {
            match self.part(part, depth)? {
                Filter::All(more) => bound.extend(more),
                one => bound.push(one),
            }
        }
        Ok(Filter::all(bound))
    }

    /// Parts of an `and` that share choices.
    fn part(&mut self, mut parts: Vec<Formula>, depth: usize) -> Result<Filter, TooCostly> {
        if parts.len() == 1 {
            return self.bind(parts.remove(0), depth);
        }
        if Reach::of_all(&parts, depth).only().is_some() {
            return self.bind(Formula::All(parts), depth);
        }
        // Some alternatives couple choices: were there none, the parts would not be together.
        let at = parts.iter().position(|part| Reach::of(part, depth).only().is_none()).unwrap_or_default();
        let alternatives = match parts.remove(at) {
            Formula::Any(alternatives) => alternatives,
            other => vec![other],
        };
        let mut bound = Vec::new();
        for alternative in grouped(alternatives, depth) {
            self.charge(parts.iter().map(atoms).sum())?;
            let mut all = vec![alternative];
            all.extend(parts.iter().cloned());
            bound.push(self.all(all, depth)?);
        }
        Ok(Filter::any(bound))
    }
}

/// Alternatives, those under one choice and those on the thing itself each as one.
fn grouped(alternatives: Vec<Formula>, depth: usize) -> Vec<Formula> {
    let mut groups: Vec<(Option<Option<Relation>>, Vec<Formula>)> = Vec::new();
    for alternative in alternatives {
        let reach = Reach::of(&alternative, depth);
        let key = match (reach.only(), &reach.choices[..]) {
            (Some(choice), _) => Some(Some(choice)),
            (None, []) => Some(None),
            _ => None,
        };
        match groups.iter_mut().find(|(known, _)| key.is_some() && *known == key) {
            Some((_, group)) => group.push(alternative),
            None => groups.push((key, vec![alternative])),
        }
    }
    if groups.len() == 1 {
        return groups.remove(0).1;
    }
    let one = |mut group: Vec<Formula>| if group.len() == 1 { group.remove(0) } else { Formula::Any(group) };
    groups.into_iter().map(|(_, group)| one(group)).collect()
}

fn flatten(parts: Vec<Formula>, into: &mut Vec<Formula>) {
    for part in parts {
        match part {
            Formula::All(more) => flatten(more, into),
            other => into.push(other),
        }
    }
}

/// Parts of an `and`, those that share a choice together.
fn coupled(parts: Vec<Formula>, depth: usize) -> Vec<Vec<Formula>> {
    let mut groups: Vec<(Vec<Relation>, Vec<Formula>)> = Vec::new();
    for part in parts {
        let mut choices = Reach::of(&part, depth).choices;
        let mut together = Vec::new();
        let shares = |known: &Vec<Relation>| known.iter().any(|choice| choices.contains(choice));
        let mut at = None;
        let (mut kept, mut joined) = (Vec::new(), Vec::new());
        for (place, group) in groups.into_iter().enumerate() {
            if shares(&group.0) {
                at.get_or_insert(place);
                joined.push(group);
            } else {
                kept.push(group);
            }
        }
        for (known, group) in joined {
            choices.extend(known);
            together.extend(group);
        }
        together.push(part);
        let place = at.unwrap_or(kept.len()).min(kept.len());
        kept.insert(place, (choices, together));
        groups = kept;
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

#[cfg(test)]
mod tests;

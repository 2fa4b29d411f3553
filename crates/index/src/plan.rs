//! A question made ready for one snapshot: terms looked up, costs guessed.
//!
//! Guesses choose between two ways to the same answer, the set of all that pass or one check for each
//! candidate; they never change the answer.

use std::cell::OnceCell;

use croaring::Bitmap;
use ror_confidentiality::AudienceMask;
use ror_search::{Comparison, Family, Filter, Near, ParamId, Relation, ResourceType, Term, Test};

use crate::evaluate::Evaluator;
use crate::snapshot::Snapshot;
use crate::terms::Terms;

/// What is searched: resources of a type, or records of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Resources(ResourceType),
    Records(Family),
}

/// A step of a plan.
pub(crate) struct Step<'f> {
    pub(crate) scope: Scope,
    pub(crate) kind: Kind<'f>,
    /// How many pass at most, as far as one can tell without looking.
    pub(crate) estimate: u64,
    /// Work to find all that pass, in nanoseconds or so.
    pub(crate) cost: u64,
    /// Work to check one candidate.
    pub(crate) probe: u64,
    /// The question itself.
    pub(crate) filter: Option<&'f Filter>,
    /// All that pass, once somebody asked.
    pub(crate) set: OnceCell<Bitmap>,
}

pub(crate) enum Kind<'f> {
    All(Vec<Step<'f>>),
    Any(Vec<Step<'f>>),
    Not(Box<Step<'f>>),
    /// One of these terms, by number, ascending.
    Terms(Vec<u32>),
    Ordered(ParamId, &'f [Comparison]),
    Updated(&'f [Comparison]),
    Near(ParamId, &'f Near),
    OpenAt(ror_fhir::Instant),
    Related(Relation, Box<Step<'f>>),
}

/// More terms than this are not counted one by one.
const COUNTED_MAX: usize = 128;

pub(crate) struct Planner<'a> {
    pub(crate) evaluator: &'a Evaluator<'a>,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) audience: AudienceMask,
}

impl Planner<'_> {
    pub(crate) fn plan<'f>(&self, scope: Scope, filter: &'f Filter) -> Step<'f> {
        let step = match filter {
            Filter::All(all) => self.all(scope, all.iter().map(|filter| self.plan(scope, filter)).collect()),
            Filter::Any(any) => {
                let any: Vec<_> = any.iter().map(|filter| self.plan(scope, filter)).collect();
                let estimate = any.iter().map(|step| step.estimate).sum();
                let (cost, probe) = (any.iter().map(|s| s.cost).sum(), any.iter().map(|s| s.probe).sum());
                step(scope, Kind::Any(any), estimate, cost, probe)
            }
            Filter::FirstOf(any) => self.plan(scope, self.first_of(scope, any)),
            Filter::Not(inner) => {
                let inner = self.plan(scope, inner);
                let all = self.size(scope);
                let (cost, probe) = (inner.cost + all / 8, inner.probe);
                step(scope, Kind::Not(Box::new(inner)), all, cost, probe)
            }
            Filter::Test(test) => self.test(scope, test),
            Filter::Related(relation, inner) => self.related(scope, *relation, inner),
        };
        Step { filter: Some(filter), ..step }
    }

    /// The one that lets fewest pass comes first, unless finding them is a long work.
    fn all<'f>(&self, scope: Scope, mut all: Vec<Step<'f>>) -> Step<'f> {
        all.sort_by_key(|step| (matches!(step.kind, Kind::Not(_)), step.cost + step.estimate * 100));
        let estimate = all.iter().map(|step| step.estimate).min().unwrap_or_else(|| self.size(scope));
        let first = all.first().map_or(estimate / 8, |step| step.cost);
        let probe = all.iter().map(|step| step.probe).sum();
        step(scope, Kind::All(all), estimate, first + estimate * 50, probe)
    }

    /// D8.3: the first that anything meets; the last when nothing meets any.
    fn first_of<'f>(&self, scope: Scope, any: &'f [Filter]) -> &'f Filter {
        static NOTHING: Filter = Filter::Any(Vec::new());
        let is_met = |filter: &&Filter| !self.evaluator.set(&self.plan(scope, filter)).is_empty();
        any.iter().find(is_met).or_else(|| any.last()).unwrap_or(&NOTHING)
    }

    fn test<'f>(&self, scope: Scope, test: &'f Test) -> Step<'f> {
        let terms = self.terms(scope);
        match test {
            Test::Terms(any) => self.numbers(scope, any.iter().filter_map(|term| terms.find(term)).collect()),
            Test::StartsWith { parameter, any } => {
                let starting = |text: &String| starting(terms, &Term::folded(*parameter, text));
                self.numbers(scope, any.iter().flat_map(starting).collect())
            }
            Test::Contains { parameter, any } => {
                self.numbers(scope, any.iter().flat_map(|part| terms.containing(*parameter, part)).collect())
            }
            Test::EndsWith { parameter, any } => {
                self.numbers(scope, any.iter().flat_map(|end| terms.ending(*parameter, end)).collect())
            }
            Test::Label { parameter, any } => {
                self.numbers(scope, any.iter().flat_map(|words| terms.labelled(*parameter, words)).collect())
            }
            Test::Words { all } => {
                let Scope::Resources(rtype) = scope else { return self.numbers(scope, Vec::new()) };
                let word = |word: &String| self.numbers(scope, starting(terms, &Term::word(rtype, word)));
                self.all(scope, all.iter().map(word).collect())
            }
            Test::Ordered { parameter, any } => {
                let most = self.values(scope).len(*parameter, any);
                step(scope, Kind::Ordered(*parameter, any), most, 500 + most * 8, 80)
            }
            Test::LastUpdated { any } => {
                let Scope::Resources(rtype) = scope else { return self.numbers(scope, Vec::new()) };
                let most = self.snapshot.updates[rtype as usize].len() as u64;
                step(scope, Kind::Updated(any), most, 500 + most * 8, 80)
            }
            Test::Near { parameter, near } => {
                let cells: Vec<_> = near.cells(*parameter).iter().filter_map(|cell| terms.find(cell)).collect();
                let around = self.held(scope, &cells);
                step(scope, Kind::Near(*parameter, near), around, 2_000 + around * 150, 150)
            }
            Test::OpenAt { at } => {
                let all = self.size(scope);
                step(scope, Kind::OpenAt(*at), all, all * 500, 500)
            }
        }
    }

    fn related<'f>(&self, scope: Scope, relation: Relation, inner: &'f Filter) -> Step<'f> {
        let inner_scope = match relation {
            Relation::Target { rtype, .. } | Relation::Source { rtype, .. } | Relation::Line { rtype, .. } => {
                Scope::Resources(rtype)
            }
            Relation::Record(family) => Scope::Records(family),
        };
        let inner = self.plan(inner_scope, inner);
        let (each, probe) = match relation {
            Relation::Target { .. } => (120, 200 + inner.probe),
            Relation::Source { .. } => (200, 300 + inner.probe * 2),
            // Whole trees hang below one structure.
            Relation::Line { .. } => (2_000, 400 + inner.probe * 3),
            Relation::Record(_) => (30, 100 + inner.probe * 8),
        };
        let estimate = inner.estimate.saturating_mul(2);
        let cost = inner.cost + inner.estimate * each;
        step(scope, Kind::Related(relation, Box::new(inner)), estimate, cost, probe)
    }

    fn numbers<'f>(&self, scope: Scope, mut numbers: Vec<u32>) -> Step<'f> {
        numbers.sort_unstable();
        numbers.dedup();
        let estimate = self.held(scope, &numbers);
        let (cost, probe) = (estimate / 4 + numbers.len() as u64 * 80, 60 + 30 * numbers.len().min(100) as u64);
        step(scope, Kind::Terms(numbers), estimate, cost, probe)
    }

    /// How many rows hold one of these terms, at most.
    fn held(&self, scope: Scope, numbers: &[u32]) -> u64 {
        let terms = self.terms(scope);
        let counted = numbers.iter().take(COUNTED_MAX).filter_map(|number| terms.of(*number));
        let counted: u64 = counted.map(|posting| posting.len(self.audience)).sum();
        // The rest is taken to be like the first ones.
        counted * numbers.len().max(1) as u64 / numbers.len().clamp(1, COUNTED_MAX) as u64
    }

    /// How many rows there are.
    fn size(&self, scope: Scope) -> u64 {
        let posting = self.terms(scope).posting(&everything(scope));
        posting.map_or(0, |posting| posting.len(self.audience))
    }

    fn terms(&self, scope: Scope) -> &Terms {
        self.snapshot.terms_of(scope)
    }

    fn values(&self, scope: Scope) -> &crate::values::Values {
        self.snapshot.values_of(scope)
    }
}

/// The term that all rows of a scope hold.
pub(crate) fn everything(scope: Scope) -> Term {
    match scope {
        Scope::Resources(rtype) => Term::of_type(rtype),
        Scope::Records(family) => Term::of_family(family),
    }
}

fn starting(terms: &Terms, first: &Term) -> Vec<u32> {
    terms.starting(first).map(|(_, number)| number).collect()
}

fn step(scope: Scope, kind: Kind<'_>, estimate: u64, cost: u64, probe: u64) -> Step<'_> {
    Step { scope, kind, estimate, cost, probe, filter: None, set: OnceCell::new() }
}

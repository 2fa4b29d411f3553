//! What a request asks, as written: criteria that name the choice they bear on (D1).

use crate::{Content, Family, Filter, Near, ParamId, Relation};

/// Criteria and how they are joined.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Raw {
    /// All of these.
    All(Vec<Raw>),
    /// One of these.
    Any(Vec<Raw>),
    /// The contrary, down to each criterion.
    Not(Box<Raw>),
    /// One criterion.
    Is(Box<Criterion>),
}

/// One criterion. Those with the same path bear on the same thing, and with the same family too
/// on the same record of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Criterion {
    /// From the resource searched to the thing.
    pub(crate) path: Vec<Relation>,
    /// Whose record of the thing, if it bears on one.
    pub(crate) family: Option<Family>,
    /// What it tests, for those of a family.
    pub(crate) parameter: ParamId,
    /// What holds when it is met.
    pub(crate) held: Filter,
    /// What holds when it is not, where that is not the mere contrary.
    pub(crate) unmet: Option<Filter>,
    /// It is asked the other way round (`:not`, `:missing=true`).
    pub(crate) negated: bool,
    /// The circles of a `near`.
    pub(crate) near: Option<Near>,
    /// The words of its questions of words, from the thing on.
    pub(crate) content: Vec<Content>,
    /// How it was read, in French.
    pub(crate) reading: String,
}

impl Criterion {
    /// Whether both ask for values of one parameter of one thing or record.
    fn is_same_as(&self, other: &Self) -> bool {
        let is_plain = |criterion: &Self| {
            let is_of_its_own = matches!(criterion.held, Filter::Related(..) | Filter::FirstOf(_));
            !criterion.negated && criterion.unmet.is_none() && criterion.content.is_empty() && !is_of_its_own
        };
        (self.family, self.parameter, &self.path) == (other.family, other.parameter, &other.path)
            && is_plain(self)
            && is_plain(other)
    }

    /// What it asks for, the other way round with `negate`.
    pub(crate) fn filter(&self, negate: bool) -> Filter {
        match (self.negated != negate, &self.unmet) {
            (false, _) => self.held.clone(),
            (true, Some(unmet)) => unmet.clone(),
            (true, None) => Filter::negated(self.held.clone()),
        }
    }
}

impl Raw {
    /// Adds an alternative. `p eq a or p eq b` is `p eq a or b`: one criterion with two values,
    /// which matters where a criterion is alone in its family (D1).
    pub(crate) fn or(self, any: &mut Vec<Self>) {
        if let Self::Is(new) = &self
            && let Some(Self::Is(known)) = any.last_mut()
            && known.is_same_as(new)
        {
            known.held = known.held.clone().or(new.held.clone());
            known.reading = format!("{} ou {}", known.reading, new.reading);
            return;
        }
        any.push(self);
    }

    /// The circles of the first `near` that every match meets, on the thing searched or chained
    /// (D7, D11): neither under `or` nor the other way round.
    pub(crate) fn near(&self) -> Option<&Near> {
        self.nearest(false)
    }

    fn nearest(&self, negate: bool) -> Option<&Near> {
        match self {
            Self::Not(inner) => inner.nearest(!negate),
            Self::All(all) if !negate => all.iter().find_map(|raw| raw.nearest(negate)),
            Self::Any(all) if negate || all.len() == 1 => all.iter().find_map(|raw| raw.nearest(negate)),
            Self::Is(criterion) if criterion.negated == negate => {
                let is_chain = criterion.path.iter().all(|step| matches!(step, Relation::Target { .. }));
                criterion.near.as_ref().filter(|_| is_chain)
            }
            _ => None,
        }
    }

    /// The questions of words that are asked the right way round (D15).
    pub(crate) fn content(&self) -> Vec<Content> {
        let mut all = Vec::new();
        self.collect_content(false, &mut all);
        all
    }

    fn collect_content(&self, negate: bool, into: &mut Vec<Content>) {
        match self {
            Self::Not(inner) => inner.collect_content(!negate, into),
            Self::All(all) | Self::Any(all) => all.iter().for_each(|raw| raw.collect_content(negate, into)),
            Self::Is(criterion) if criterion.negated == negate => {
                into.extend(criterion.content.iter().map(|content| Content {
                    path: criterion.path.iter().chain(&content.path).copied().collect(),
                    ..content.clone()
                }));
            }
            Self::Is(_) => {}
        }
    }

    /// How it was read, in French.
    pub(crate) fn reading(&self) -> String {
        match self {
            Self::Is(criterion) => criterion.reading.clone(),
            Self::Not(inner) => format!("non ({})", inner.reading()),
            Self::All(all) if all.len() == 1 => all[0].reading(),
            Self::Any(any) if any.len() == 1 => any[0].reading(),
            Self::All(all) => joined(all, " et "),
            Self::Any(any) => joined(any, " ou "),
        }
    }
}

fn joined(parts: &[Raw], word: &str) -> String {
    let part = |raw: &Raw| match raw {
        Raw::All(more) | Raw::Any(more) if more.len() > 1 => format!("({})", raw.reading()),
        _ => raw.reading(),
    };
    parts.iter().map(part).collect::<Vec<_>>().join(word)
}

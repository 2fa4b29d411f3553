//! What a search asks, as a tree (D1).

use crate::{Comparison, Near, ParamId, Registry, ResourceType, Term};

/// What a resource must meet, or one of its records.
///
/// In the tree of a [`Query`](super::Query) every [`Related`](Filter::Related) stands for a choice of its own:
/// criteria that bear on one place, or on one record of it, lie together under one node.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Meets all of these; everything does when there are none.
    All(Vec<Filter>),
    /// Meets one of these; nothing does when there are none.
    Any(Vec<Filter>),
    /// Does not meet this.
    Not(Box<Filter>),
    /// A test on the thing itself.
    Test(Test),
    /// Something related to it meets this.
    Related(Relation, Box<Filter>),
    /// Meets the first of these that anything of its type, in the same view, meets (D8.3).
    FirstOf(Vec<Filter>),
}

/// How one thing leads to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// To the resource of that type that its reference names: a chain.
    Target {
        /// The reference.
        reference: ParamId,
        /// The type it must lead to.
        rtype: ResourceType,
    },
    /// To those of that type whose reference names it: `_has`.
    Source {
        /// The reference, a parameter of `rtype`.
        reference: ParamId,
        /// The type that refers.
        rtype: ResourceType,
    },
    /// To the resource that its reference names, and to all above that one (D9).
    Line {
        /// The first reference.
        reference: ParamId,
        /// The type it leads to.
        rtype: ResourceType,
        /// The reference that leads upwards, within that type.
        parent: ParamId,
    },
    /// To its records of one family.
    Record(Family),
}

/// Records that criteria must not mix (D1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Beds and places of a Location.
    Capacity,
    /// One equipment of a Location with one of its limits.
    Equipment,
    /// Dwellings of a Location.
    Dwelling,
    /// Prices of an Organization.
    Price,
}

/// A question of words, whose answers are scored (D15).
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// From the type searched to the type whose words count.
    pub path: Vec<Relation>,
    /// That type.
    pub rtype: ResourceType,
    /// The words, folded.
    pub words: Vec<String>,
}

/// A test on one parameter. Values separated by commas are alternatives.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Holds one of these terms.
    Terms(Vec<Term>),
    /// A text starts with one of these, folded (D12).
    StartsWith {
        /// The parameter.
        parameter: ParamId,
        /// The alternatives.
        any: Vec<String>,
    },
    /// A text holds one of these, folded (`:contains`).
    Contains {
        /// The parameter.
        parameter: ParamId,
        /// The alternatives.
        any: Vec<String>,
    },
    /// A text ends with one of these, folded (`ew` of a filter).
    EndsWith {
        /// The parameter.
        parameter: ParamId,
        /// The alternatives.
        any: Vec<String>,
    },
    /// A label that no list gives, of a code or a concept (`:text`): for one of these, each of
    /// its folded words starts a word of the label. The labels are folded texts of the parameter.
    Label {
        /// The parameter.
        parameter: ParamId,
        /// The words, by alternative.
        any: Vec<Vec<String>>,
    },
    /// A date, number or quantity meets one of these.
    Ordered {
        /// The parameter.
        parameter: ParamId,
        /// The alternatives.
        any: Vec<Comparison>,
    },
    /// The update date meets one of these.
    LastUpdated {
        /// The alternatives.
        any: Vec<Comparison>,
    },
    /// Each of these folded words starts a word of the resource's text (D15).
    Words {
        /// The words.
        all: Vec<String>,
    },
    /// Lies in one of the circles.
    Near {
        /// The parameter.
        parameter: ParamId,
        /// The circles.
        near: Near,
    },
    /// Is open at that moment (D14).
    OpenAt {
        /// The moment.
        at: ror_fhir::Instant,
    },
}

impl Test {
    /// The parameter it reads; `None` for those that read the whole resource or its dates.
    fn parameter(&self) -> Option<ParamId> {
        match self {
            Self::Terms(any) => any.first().map(Term::parameter).filter(|parameter| *parameter != ParamId::MAX),
            Self::StartsWith { parameter, .. }
            | Self::Contains { parameter, .. }
            | Self::EndsWith { parameter, .. }
            | Self::Label { parameter, .. }
            | Self::Ordered { parameter, .. }
            | Self::Near { parameter, .. } => Some(*parameter),
            Self::LastUpdated { .. } | Self::Words { .. } | Self::OpenAt { .. } => None,
        }
    }

    /// The name of what is no parameter of the table.
    const fn own_name(&self) -> &'static str {
        match self {
            Self::LastUpdated { .. } => "_lastUpdated",
            Self::Words { .. } => "_content",
            Self::OpenAt { .. } => "open-at",
            _ => "",
        }
    }
}

impl Filter {
    /// Holds one of these terms.
    pub const fn terms(any: Vec<Term>) -> Self {
        Self::Test(Test::Terms(any))
    }

    /// Meets this or the other.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Test(Test::Terms(mut any)), Self::Test(Test::Terms(more))) => {
                any.extend(more);
                Self::terms(any)
            }
            (
                Self::Test(Test::Ordered { parameter, mut any }),
                Self::Test(Test::Ordered { parameter: same, any: more }),
            ) if parameter == same => {
                any.extend(more);
                Self::Test(Test::Ordered { parameter, any })
            }
            (Self::Any(mut any), one) => {
                any.push(one);
                Self::Any(any)
            }
            (one, another) => Self::Any(vec![one, another]),
        }
    }

    /// Meets one of `filters`, which need not be two.
    pub fn any(mut filters: Vec<Self>) -> Self {
        if filters.len() == 1 { filters.remove(0) } else { Self::Any(filters) }
    }

    /// Meets everything in `filters`, which need not be two.
    pub fn all(mut filters: Vec<Self>) -> Self {
        if filters.len() == 1 { filters.remove(0) } else { Self::All(filters) }
    }

    /// Does not meet `filter`.
    #[must_use]
    pub fn negated(filter: Self) -> Self {
        Self::Not(Box::new(filter))
    }

    /// Something related meets `filter`.
    #[must_use]
    pub fn related(relation: Relation, filter: Self) -> Self {
        Self::Related(relation, Box::new(filter))
    }

    /// Every circle that is asked about and not denied: a place in one tells how far it is (D11).
    pub fn nears(&self) -> Vec<&Near> {
        match self {
            Self::All(inner) | Self::Any(inner) | Self::FirstOf(inner) => inner.iter().flat_map(Self::nears).collect(),
            Self::Related(_, inner) => inner.nears(),
            Self::Test(Test::Near { near, .. }) => vec![near],
            Self::Test(_) | Self::Not(_) => Vec::new(),
        }
    }

    /// The parameters it reads, as written in requests, each once.
    pub fn parameters(&self, registry: &Registry) -> Vec<String> {
        let mut names = Vec::new();
        self.name(registry, "", "", &mut names);
        names.sort_unstable();
        names.dedup();
        names
    }

    fn name(&self, registry: &Registry, before: &str, after: &str, names: &mut Vec<String>) {
        let parameter = |parameter: ParamId| registry.get(parameter).name.to_string();
        match self {
            Self::All(inner) | Self::Any(inner) | Self::FirstOf(inner) => {
                for inner in inner {
                    inner.name(registry, before, after, names);
                }
            }
            Self::Not(inner) => inner.name(registry, before, after, names),
            Self::Test(test) => {
                let read = test.parameter();
                let name = read.map_or_else(|| test.own_name().to_owned(), parameter);
                names.push(format!("{before}{name}{after}"));
            }
            Self::Related(relation, inner) => {
                let (before, after) = match *relation {
                    Relation::Target { reference, .. } => (format!("{before}{}.", parameter(reference)), after),
                    Relation::Source { reference, rtype } => {
                        (format!("{before}_has:{rtype}:{}:", parameter(reference)), after)
                    }
                    Relation::Line { reference, .. } => (format!("{before}{}.", parameter(reference)), ":above"),
                    Relation::Record(_) => (before.to_owned(), after),
                };
                inner.name(registry, &before, after, names);
            }
        }
    }

    /// Whether it asks nothing.
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::All(all) if all.iter().all(Self::is_everything))
    }
}

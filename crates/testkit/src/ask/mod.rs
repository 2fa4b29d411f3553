//! Searches that are both written as requests and understood by the oracle.

mod draw;
mod tables;
mod vocabulary;
mod write;

use std::collections::BTreeMap;

use ror_search::{Handling, Query, QueryError, Registry, ResourceType};
use ror_terminology::Terminology;

pub use draw::{ask, ask_with};
pub(crate) use tables::{Family, Kind, Parameter, follow, parameter, references};

use crate::FewCommunes;

/// A search.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The type searched.
    pub rtype: ResourceType,
    /// What must be met.
    pub criteria: Vec<Expr>,
    /// What is brought along.
    pub includes: Vec<AskInclude>,
    /// Sort keys as written, and whether descending.
    pub sort: Vec<(&'static str, bool)>,
    /// Matches per page.
    pub count: usize,
    /// How it is written.
    pub writing: Writing,
}

/// The writings of one question: their answers are equal, order included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// Parameters as far as they go, in the order of the question.
    Plain,
    /// The same from last to first, with typed chains and the capital words of samples.
    Turned,
    /// One `_filter` as far as it goes, with as few parentheses as its grammar asks for.
    Filter,
}

/// A condition.
#[derive(Clone, Debug)]
pub enum Expr {
    /// One test.
    Is(Term),
    /// Not that.
    Not(Box<Self>),
    /// Each of these.
    All(Vec<Self>),
    /// One of these.
    Any(Vec<Self>),
}

/// References followed, then a test on a parameter.
#[derive(Clone, Debug)]
pub struct Term {
    /// Names of the references, each of the type before.
    pub path: Vec<&'static str>,
    /// The parameter; for `_has`, that word.
    pub name: &'static str,
    /// D9: of the target, or of what it is part of.
    pub above: bool,
    /// The test.
    pub test: AskTest,
}

/// A prefix, or nothing, and a number or a date.
pub type Bound = (&'static str, &'static str);

/// A test. Several values are alternatives.
#[derive(Clone, Debug)]
pub enum AskTest {
    /// Codes.
    Tokens(Vec<Token>),
    /// `:of-type`: system, code, value.
    OfType(&'static str, &'static str, String),
    /// `:text`: words of the label of a code.
    Label(&'static str),
    /// `:in`: the address of a value set.
    In(&'static str),
    /// `:below`
    Below(Vec<Token>),
    /// Texts.
    Texts(How, Vec<&'static str>),
    /// `:missing`
    Missing(bool),
    /// Dates.
    Dates(Vec<Bound>),
    /// Numbers.
    Numbers(Vec<Bound>),
    /// Numbers with system and unit, or neither.
    Quantities(Vec<(Bound, Option<(&'static str, &'static str)>)>),
    /// Latitude, longitude, distance in kilometres.
    Near(Vec<(&'static str, &'static str, &'static str)>),
    /// Commune, distance in kilometres.
    NearCommune(Vec<Bound>),
    /// Names of slots; with `true`, the type is written in front.
    References(Vec<(String, bool)>),
    /// `:identifier` on a reference.
    Bears(Vec<Token>),
    /// `_content`: the words.
    Content(&'static str),
    /// `capacity`: status, horizon, number.
    Capacity(Vec<(&'static str, &'static str, Bound)>),
    /// `open-at`: the moment.
    OpenAt(&'static str),
    /// `_has`: the type that refers, by which reference, and what it must meet.
    Has(ResourceType, &'static str, Box<Term>),
}

/// `system|code`, `|code`, `system|` or `code`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token {
    /// The system; empty: none; absent: any.
    pub system: Option<String>,
    /// The code; empty: any.
    pub code: String,
}

/// How texts are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Starts with.
    Starts,
    /// `:contains`
    Contains,
    /// `:exact`
    Exact,
    /// `ew` in `_filter`.
    Ends,
}

/// One `_include` or `_revinclude`.
#[derive(Clone, Debug)]
pub struct AskInclude {
    /// The type that refers; `None`: `_include=*`.
    pub source: Option<(ResourceType, &'static str)>,
    /// `_revinclude`
    pub reverse: bool,
    /// `:iterate`
    pub iterate: bool,
}

impl Ask {
    /// All of `rtype` that meet `criteria`, by tens.
    pub fn of(rtype: ResourceType, criteria: Vec<Expr>) -> Self {
        Self { rtype, criteria, includes: vec![], sort: vec![], count: 10, writing: Writing::Plain }
    }

    /// The request, names of slots replaced by their ids.
    ///
    /// # Panics
    /// When the directory does not understand it: the tables here and there disagree.
    pub fn query(&self, ids: &BTreeMap<String, String>) -> Query {
        self.try_query(ids).unwrap_or_else(|errors| panic!("{}?{:?}: {errors:?}", self.rtype, self.pairs(ids)))
    }

    /// The same, for those who tell it otherwise.
    ///
    /// # Errors
    /// What the directory does not understand.
    pub fn try_query(&self, ids: &BTreeMap<String, String>) -> Result<Query, Vec<QueryError>> {
        let (registry, terminology) = (Registry::embedded(), Terminology::embedded());
        ror_search::parse(self.rtype, &self.pairs(ids), Handling::Lenient, registry, terminology, &FewCommunes)
    }

    /// The same question in each of its writings.
    pub fn writings(&self) -> [Self; 3] {
        [Writing::Plain, Writing::Turned, Writing::Filter].map(|writing| Self { writing, ..self.clone() })
    }

    /// Every test, with whether it is negated; those within `_has` are of another question.
    pub fn terms(&self) -> Vec<(&Term, bool)> {
        self.criteria.iter().flat_map(|criterion| criterion.terms(false)).collect()
    }
}

impl Expr {
    /// A test on `rtype` itself, or after references.
    pub fn is(path: &[&'static str], name: &'static str, test: AskTest) -> Self {
        Self::Is(Term { path: path.to_vec(), name, above: false, test })
    }

    /// The same with `:above`.
    pub fn above(path: &[&'static str], name: &'static str, test: AskTest) -> Self {
        Self::Is(Term { path: path.to_vec(), name, above: true, test })
    }

    /// Not that.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    fn terms(&self, negated: bool) -> Vec<(&Term, bool)> {
        match self {
            Self::Is(term) => vec![(term, negated)],
            Self::Not(inner) => inner.terms(!negated),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(|part| part.terms(negated)).collect(),
        }
    }

    /// The tests that must hold whatever else does: under neither `or` nor negation.
    pub(crate) fn always(&self) -> Vec<&Term> {
        match self {
            Self::Is(term) => vec![term],
            Self::All(parts) => parts.iter().flat_map(Self::always).collect(),
            Self::Not(_) | Self::Any(_) => vec![],
        }
    }
}

impl AskTest {
    /// The modifiers and prefixes that it is written with.
    pub fn operators(&self) -> Vec<String> {
        let prefixes = |bounds: &[Bound]| bounds.iter().map(|(prefix, _)| (*prefix).to_owned()).collect();
        let one = |name: &str| vec![name.to_owned()];
        match self {
            Self::OfType(..) => one(":of-type"),
            Self::Label(_) => one(":text"),
            Self::In(_) => one(":in"),
            Self::Below(_) => one(":below"),
            Self::Texts(How::Contains, _) => one(":contains"),
            Self::Texts(How::Exact, _) => one(":exact"),
            Self::Texts(How::Ends, _) => one("ew"),
            Self::Missing(_) => one(":missing"),
            Self::Bears(_) => one(":identifier"),
            Self::Dates(bounds) | Self::Numbers(bounds) => prefixes(bounds),
            Self::Quantities(values) => values.iter().map(|((prefix, _), _)| (*prefix).to_owned()).collect(),
            Self::Has(_, _, inner) => inner.test.operators(),
            _ => one(""),
        }
    }
}

impl Token {
    /// A code in any system.
    pub fn bare(code: &str) -> Self {
        Self { system: None, code: code.to_owned() }
    }

    /// A code of a system.
    pub fn of(system: &str, code: &str) -> Self {
        Self { system: Some(system.to_owned()), code: code.to_owned() }
    }
}

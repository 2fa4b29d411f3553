//! Anomalies, and what they are about (D30).

use std::collections::BTreeSet;

use ror_fhir::{Node, Reference};
use ror_search::{Registry, ResourceType, Term, identifier_term, identifier_terms, named_target};
use rpds::HashTrieMapSync;

use super::{Ids, Key};

/// The anomalies held, by id and by what they name.
#[derive(Clone, Debug)]
pub(crate) struct Reports {
    held: HashTrieMapSync<Box<str>, Report>,
    /// From the term of a literal reference, or of an identifier, to those that name it.
    about: HashTrieMapSync<Term, Ids>,
    /// How many objects go by an identifier, by type.
    by_identifier: [u32; ResourceType::ALL.len()],
}

/// What one anomaly says that it is about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Report {
    /// Its objects: one is due.
    pub(crate) objects: Vec<Object>,
    /// The elements that it points at: one at most is due.
    pub(crate) paths: Vec<Box<str>>,
}

/// An object, as an anomaly names it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Object {
    /// By its logical id.
    pub(crate) literal: Option<Key>,
    /// By an identifier: the object, where nothing else names it (D10), else what it is said to bear.
    pub(crate) named: Option<(ResourceType, Term)>,
}

impl Reports {
    pub(super) fn empty() -> Self {
        let (held, about) = (HashTrieMapSync::new_sync(), HashTrieMapSync::new_sync());
        Self { held, about, by_identifier: [0; ResourceType::ALL.len()] }
    }

    /// Takes an anomaly in (`None`: out).
    pub(super) fn put(&mut self, id: &str, task: Option<&Node>) {
        let former = self.held.get(id).cloned();
        former.iter().flat_map(Report::named_types).for_each(|rtype| self.by_identifier[rtype as usize] -= 1);
        for term in former.as_ref().map(Report::terms).unwrap_or_default() {
            let mut ids = self.about.get(&term).cloned().unwrap_or_default();
            ids.retain(|known| **known != *id);
            if ids.is_empty() {
                self.about.remove_mut(&term);
            } else {
                self.about.insert_mut(term, ids);
            }
        }
        self.held.remove_mut(id);
        let Some(report) = task.map(Report::read) else { return };
        report.named_types().for_each(|rtype| self.by_identifier[rtype as usize] += 1);
        for term in report.terms() {
            let mut ids = self.about.get(&term).cloned().unwrap_or_default();
            ids.push(id.into());
            self.about.insert_mut(term, ids);
        }
        self.held.insert_mut(id.into(), report);
    }

    /// What the anomaly of that id is about.
    pub(crate) fn get(&self, id: &str) -> Option<&Report> {
        self.held.get(id)
    }

    /// The anomalies about `key`, whose texts before and after a change are `bodies`: read only where
    /// some go by the identifier of their object.
    pub(crate) fn about(&self, key: &Key, bodies: impl FnOnce() -> Vec<Node>) -> BTreeSet<Key> {
        if self.about.is_empty() || !TYPES.contains(&key.0) {
            return BTreeSet::new();
        }
        let mut terms = vec![literal_term(key)];
        if self.by_identifier[key.0 as usize] > 0 {
            terms.extend(bodies().iter().flat_map(|body| identifier_terms(key.0, body, Registry::embedded())));
        }
        let found = terms.iter().filter_map(|term| self.about.get(term)).flatten();
        found.map(|id| (ResourceType::Task, id.clone())).collect()
    }
}

/// What an anomaly may be about.
const TYPES: [ResourceType; 5] = [
    ResourceType::HealthcareService,
    ResourceType::Location,
    ResourceType::Organization,
    ResourceType::Practitioner,
    ResourceType::PractitionerRole,
];

/// The code of the input that points at an element.
const PATH: &str = "pathElementError";

impl Report {
    fn read(task: &Node) -> Self {
        let says = |input: &&Node| {
            let mut codings = input.items("type").flat_map(|concept| concept.items("coding"));
            codings.any(|coding| coding.str("code") == Some(PATH))
        };
        // Whatever is not written as an expression resolves to nothing.
        let path = |input: &Node| {
            input.get("valueExpression").and_then(|it| it.str("expression")).unwrap_or_default().trim().into()
        };
        Self {
            objects: task.items("focus").map(Object::read).collect(),
            paths: task.items("input").filter(says).map(path).collect(),
        }
    }

    fn terms(&self) -> Vec<Term> {
        let objects = self.objects.iter();
        let mut terms: Vec<Term> =
            objects.flat_map(|it| it.literal.iter().map(literal_term).chain(it.term().cloned())).collect();
        terms.sort_unstable();
        terms.dedup();
        terms
    }

    fn named_types(&self) -> impl Iterator<Item = ResourceType> {
        self.objects.iter().filter_map(|object| Some(object.named.as_ref()?.0))
    }
}

impl Object {
    fn read(focus: &Node) -> Self {
        let registry = Registry::embedded();
        let literal: Option<Key> = focus.str("reference").and_then(|text| match Reference::parse(text) {
            Reference::Local { rtype, id } => Some((ResourceType::parse(rtype)?, id.into())),
            _ => None,
        });
        match literal {
            None => Self { literal, named: named_target(focus, &TYPES, registry) },
            // An anomaly about another one, or itself, would have to be seen to know who sees it.
            Some((rtype, _)) if !TYPES.contains(&rtype) => Self { literal: None, named: None },
            Some((rtype, _)) => {
                let term = focus.get("identifier").and_then(|identifier| identifier_term(rtype, identifier, registry));
                Self { literal, named: term.map(|term| (rtype, term)) }
            }
        }
    }

    /// What it bears, as far as the anomaly says.
    pub(crate) fn term(&self) -> Option<&Term> {
        self.named.as_ref().map(|(_, term)| term)
    }
}

/// Names one resource, whatever anomaly does.
fn literal_term(key: &Key) -> Term {
    Term::reference(Registry::embedded().known(ResourceType::Task, "focus"), key.0, &key.1)
}

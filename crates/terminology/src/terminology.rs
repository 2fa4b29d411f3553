//! All lists together, and how they are found.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::associations::Associations;
use crate::resolve::Addresses;
use crate::{CodeSystem, Concept, ValueSet, fold};

/// The lists that the whole process reads.
static IN_FORCE: OnceLock<Terminology> = OnceLock::new();

/// Identity of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Logical id under `/fhir`, as in `JDV-J17-ActiviteOperationnelle-ROR`.
    pub id: &'static str,
    /// Computer name: letters, digits and underscores.
    pub name: &'static str,
    /// Name in the NOS, as in `JDV_J17-ActiviteOperationnelle-ROR`.
    pub title: &'static str,
    /// Canonical address: an identifier, which need not answer.
    pub url: &'static str,
    /// Object identifier, without `urn:oid:`.
    pub oid: Option<&'static str>,
    /// Version of the list (`AAAAMMJJhhmmss`); of a code system only when it is complete.
    pub version: Option<&'static str>,
    /// Where the list was read.
    pub source: Option<&'static str>,
}

/// Every list, by address and by name.
#[derive(Debug)]
pub struct Terminology {
    pub(crate) systems: Vec<CodeSystem>,
    pub(crate) value_sets: Vec<ValueSet>,
    pub(crate) system_by_url: HashMap<&'static str, usize>,
    pub(crate) value_set_by_name: HashMap<&'static str, usize>,
    pub(crate) addresses: Addresses,
    pub(crate) associations: Associations,
}

/// What a search on lists asks; all that is given must hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct Criteria<'a> {
    /// `_id`
    pub id: Option<&'a str>,
    /// `url`: the canonical address, or another official one.
    pub url: Option<&'a str>,
    /// `name`: start of the computer name or of the name in the NOS, folded (D12).
    pub name: Option<&'a str>,
    /// `version`: whole.
    pub version: Option<&'a str>,
}

impl Terminology {
    /// The lists in force: those inside the program, read on first use, or those that
    /// [`put_in_force`](Self::put_in_force) set before.
    pub fn embedded() -> &'static Self {
        IN_FORCE.get_or_init(Self::of_program)
    }

    /// The lists inside the program, whatever is in force.
    pub fn of_program() -> Self {
        Self::load(include_str!("../data/nomenclatures.tsv")).expect("a test reads the embedded table")
    }

    /// Puts lists in force for the life of the process, at its start.
    ///
    /// # Errors
    /// Gives them back when lists were already used: two answers must not disagree.
    pub fn put_in_force(self) -> Result<(), Box<Self>> {
        IN_FORCE.set(self).map_err(Box::new)
    }

    /// The code system of that canonical address.
    pub fn code_system(&self, url: &str) -> Option<&CodeSystem> {
        self.system_by_url.get(url).map(|at| &self.systems[*at])
    }

    /// Every code system.
    pub fn code_systems(&self) -> impl Iterator<Item = &CodeSystem> {
        self.systems.iter()
    }

    /// The value set of that canonical address, name in the NOS, computer name or id.
    pub fn value_set(&self, url_or_name: &str) -> Option<&ValueSet> {
        self.value_set_by_name.get(url_or_name).map(|at| &self.value_sets[*at])
    }

    /// Every value set.
    pub fn value_sets(&self) -> impl Iterator<Item = &ValueSet> {
        self.value_sets.iter()
    }

    /// The concept of that code in that system.
    pub fn concept(&self, system: &str, code: &str) -> Option<&Concept> {
        self.code_system(system)?.concept(code)
    }

    /// The French label of that code in that system.
    pub fn display(&self, system: &str, code: &str) -> Option<&'static str> {
        self.concept(system, code)?.display
    }

    /// The systems that hold that code: often several.
    pub fn systems_of_code<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a CodeSystem> {
        self.systems.iter().filter(move |system| system.concept(code).is_some())
    }

    /// Code systems that meet all criteria, in the order of the table.
    pub fn search_code_systems<'a, 'c>(&'a self, criteria: &'c Criteria<'c>) -> impl Iterator<Item = &'a CodeSystem> {
        let name = criteria.name.map(fold::fold);
        self.systems.iter().filter(move |system| criteria.meets(&system.heading, system.alias, name.as_deref()))
    }

    /// Value sets that meet all criteria, in the order of the table.
    pub fn search_value_sets<'a, 'c>(&'a self, criteria: &'c Criteria<'c>) -> impl Iterator<Item = &'a ValueSet> {
        let name = criteria.name.map(fold::fold);
        self.value_sets.iter().filter(move |set| criteria.meets(&set.heading, None, name.as_deref()))
    }
}

impl Criteria<'_> {
    fn meets(&self, heading: &Heading, alias: Option<&str>, folded_name: Option<&str>) -> bool {
        self.id.is_none_or(|id| id == heading.id)
            && self.url.is_none_or(|url| url == heading.url || alias == Some(url))
            && self.version.is_none_or(|version| heading.version == Some(version))
            && folded_name.is_none_or(|start| {
                fold::fold(heading.title).starts_with(start) || fold::fold(heading.name).starts_with(start)
            })
    }
}

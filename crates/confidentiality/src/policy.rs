//! The policy: which rule governs which element, as versioned data.
//!
//! Three files: `rules.toml` (who, under which conditions) and `elements.toml` (what), both
//! written by `cargo xtask policy` from the machine-readable model; `datatypes.toml`, the FHIR
//! data types. A rule without alternative for a profile never holds for it, an element without
//! row is governed by `OTHER`: nothing is open unless a line says so.
//!
//! `docs/politique-acces.md` is the whole of it in French, line by line; a test compares. To
//! change it: the model or the generator, `POLICY_VERSION`, then read what changed in that page.

mod elements;
mod render;
mod rules;

use std::sync::OnceLock;

use crate::{Audience, AudienceMask};

use elements::ElementsFile;
pub(crate) use elements::{CapacityStatuses, Element, Kind, Schema, Slice, ToldBy};
use rules::RulesFile;
pub(crate) use rules::{Conditions, Rule, RuleId};

const RULES: &str = include_str!("../data/rules.toml");
const ELEMENTS: &str = include_str!("../data/elements.toml");
const DATATYPES: &str = include_str!("../data/datatypes.toml");

/// Who sees what: the rules in force, and the elements they govern.
#[derive(Debug)]
pub struct Policy {
    version: u32,
    /// The profiles in force, each with the version since which it is decided as now.
    since: Vec<(Audience, u32)>,
    rules: Vec<Rule>,
    schema: Schema,
    elements: ElementsFile,
    /// What no rule names (D18).
    pub(crate) other: RuleId,
    /// Addresses and telecoms of a *lieu de vie* (D26).
    pub(crate) home: RuleId,
    /// Who reports an anomaly or deals with it, when they are a person (D30).
    pub(crate) person: RuleId,
}

/// A table that cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Not the TOML expected.
    #[error("unreadable table")]
    Unreadable(#[from] toml::de::Error),
    /// An element names a rule that does not exist.
    #[error("no rule is called {0}")]
    UnknownRule(String),
    /// A rule names a condition that this program cannot judge.
    #[error("{rule}: no condition is called {condition}")]
    UnknownCondition {
        /// The rule.
        rule: String,
        /// The condition as written.
        condition: String,
    },
    /// A rule is written for a profile that does not exist.
    #[error("{rule}: no profile {profile}")]
    UnknownProfile {
        /// The rule.
        rule: String,
        /// The profile as written.
        profile: String,
    },
    /// A row is not under its resource, or under nothing known.
    #[error("{0}: no element holds it")]
    Orphan(String),
}

impl Policy {
    /// The policy built into this program.
    pub fn embedded() -> &'static Self {
        static EMBEDDED: OnceLock<Policy> = OnceLock::new();
        EMBEDDED.get_or_init(|| Self::read(RULES, ELEMENTS).expect("the embedded tables are read by a test"))
    }

    /// The policy with the rules given and the elements built in. For tests: a server applies
    /// [`Policy::embedded`], and no setting changes who sees what.
    ///
    /// # Errors
    /// [`PolicyError`] when the rules are not what [`Policy::embedded`] is made of.
    #[doc(hidden)]
    pub fn with_rules(rules: &str) -> Result<Self, PolicyError> {
        Self::read(rules, ELEMENTS)
    }

    fn read(rules: &str, elements: &str) -> Result<Self, PolicyError> {
        let file: RulesFile = toml::from_str(rules)?;
        let elements: ElementsFile = toml::from_str(elements)?;
        let rules = file.rules.iter().map(Rule::read).collect::<Result<Vec<_>, _>>()?;
        let since = file.since.iter().map(|(profile, version)| Ok((rules::profile(profile, "since")?, *version)));
        let since = since.collect::<Result<Vec<_>, PolicyError>>()?;
        let schema = Schema::build(&elements, &toml::from_str(DATATYPES)?, &rules)?;
        Ok(Self {
            version: file.version,
            since,
            other: rules::find(&rules, "OTHER")?,
            home: rules::find(&rules, "ORG-HOME")?,
            person: rules::find(&rules, "TASK-PERSON")?,
            rules,
            schema,
            elements,
        })
    }

    /// Its number, stored with every version of a resource, so that a change of policy is seen
    /// and everything projected again.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The profiles whose rules are in force; the others see nothing.
    pub fn open_profiles(&self) -> AudienceMask {
        self.since.iter().map(|(audience, _)| *audience).collect()
    }

    /// The audiences for which everything is decided as policy `version` decided it: what was
    /// counted for them under it still holds (D28). The owner sees all that is served under any.
    pub fn unchanged_since(&self, version: u32) -> AudienceMask {
        let same = self.since.iter().filter(|(_, since)| *since <= version && version <= self.version);
        same.map(|(audience, _)| *audience).chain([Audience::OWNER]).collect()
    }

    /// The policy in French, in a stable order: who sees what, element by element.
    pub fn render(&self) -> String {
        render::render(self)
    }

    /// Who may ever read an element, under the best of circumstances: `element` is a member of
    /// resource type `rtype`, or the address of one of its extensions.
    ///
    /// It depends on the table alone, never on data, so that a criterion on a field one can
    /// never read may be said to be so (D2).
    ///
    /// ```
    /// use ror_confidentiality::{Audience, Policy};
    /// let readers = Policy::embedded().readers("Practitioner", "birthDate");
    /// assert!(!readers.contains(Audience::PUBLIC) && readers.contains(Audience::ALL_DATA));
    /// ```
    pub fn readers(&self, rtype: &str, element: &str) -> AudienceMask {
        let ever = |id: RuleId| self.rule(id).ever();
        let Some(resource) = self.schema.resource(rtype) else { return ever(self.other) };
        let root = self.schema.element(resource.root);
        let readers = match root.member(element).or_else(|| root.extension(element)) {
            None => ever(self.other),
            Some(id) => {
                let element = self.schema.element(id);
                let own = element.rule.map_or(AudienceMask::ALL, ever);
                let slices = element.slices.iter().map(|slice| slice.rule.map_or(AudienceMask::ALL, ever));
                own & slices.reduce(|readers, slice| readers | slice).unwrap_or(AudienceMask::ALL)
            }
        };
        ever(resource.rule) & readers
    }

    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    pub(crate) fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[id.0]
    }

    pub(crate) const fn schema(&self) -> &Schema {
        &self.schema
    }
}

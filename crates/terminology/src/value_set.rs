//! A value set: codes drawn from one or more code systems.

use crate::Heading;
use crate::concept::{Concept, Concepts};

/// A value set (JDV of the NOS, or a list of the ROR guide).
#[derive(Clone, Debug)]
pub struct ValueSet {
    pub(crate) heading: Heading,
    pub(crate) status: Status,
    pub(crate) includes: Vec<Include>,
    /// Addresses of the value sets it is the union of; their includes are in `includes`.
    pub(crate) uses: Vec<&'static str>,
}

/// The codes a value set draws from one code system.
#[derive(Clone, Debug)]
pub struct Include {
    pub(crate) system: &'static str,
    pub(crate) alias: Option<&'static str>,
    pub(crate) whole: bool,
    pub(crate) concepts: Concepts,
}

/// Publication status (FHIR R4 PublicationStatus).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// In use.
    Active,
    /// Withdrawn by its publisher, still readable.
    Retired,
    /// The list read does not say.
    Unknown,
}

/// What is known of a code and a value set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// The value set holds it.
    Member,
    /// The value set does not hold it.
    NotMember,
    /// The value set takes codes of that system, which is not held here (communes).
    Unknown,
}

impl ValueSet {
    /// Id, canonical address, names and version of the list.
    pub fn heading(&self) -> &Heading {
        &self.heading
    }

    /// The canonical address: what a binding names.
    pub fn url(&self) -> &'static str {
        self.heading.url
    }

    /// Name in the NOS, as in `JDV_J17-ActiviteOperationnelle-ROR`.
    #[expect(clippy::misnamed_getters, reason = "the name people use is FHIR's title; its name has no hyphen")]
    pub fn name(&self) -> &'static str {
        self.heading.title
    }

    /// Version, as in `20260928120000`.
    pub fn version(&self) -> Option<&'static str> {
        self.heading.version
    }

    /// Object identifier, without `urn:oid:`.
    pub fn oid(&self) -> Option<&'static str> {
        self.heading.oid
    }

    /// Publication status.
    pub fn status(&self) -> Status {
        self.status
    }

    /// What it draws from each system, in the published order.
    pub fn includes(&self) -> &[Include] {
        &self.includes
    }

    /// Canonical addresses of the systems it draws from.
    pub fn systems(&self) -> impl Iterator<Item = &'static str> {
        self.includes.iter().map(|include| include.system)
    }

    /// Whether the code of that system is in the list. See [`ValueSet::membership`] for
    /// the lists that are not held.
    pub fn contains(&self, system: &str, code: &str) -> bool {
        self.concept(system, code).is_some()
    }

    /// Whether the code of that system is in the list, as far as can be known.
    pub fn membership(&self, system: &str, code: &str) -> Membership {
        if self.contains(system, code) {
            Membership::Member
        } else if self.includes.iter().any(|include| include.is_of(system) && !include.is_held()) {
            Membership::Unknown
        } else {
            Membership::NotMember
        }
    }

    /// The concept of that code, when the list holds it.
    pub fn concept(&self, system: &str, code: &str) -> Option<&Concept> {
        self.includes.iter().filter(|include| include.is_of(system)).find_map(|include| include.concepts.get(code))
    }

    /// Every code of the list with its system, in the published order.
    pub fn concepts(&self) -> impl Iterator<Item = (&'static str, &Concept)> {
        self.includes.iter().flat_map(|include| include.concepts().iter().map(|concept| (include.system, concept)))
    }

    /// Whether all its codes are held here: false for communes, and for the lists made of them.
    pub fn is_held(&self) -> bool {
        self.includes.iter().all(Include::is_held)
    }
}

impl Include {
    /// Canonical address of the system.
    pub fn system(&self) -> &'static str {
        self.system
    }

    /// Whether it takes every code of the system, known here or not.
    pub fn is_whole_system(&self) -> bool {
        self.whole
    }

    /// The codes taken, in the published order.
    pub fn concepts(&self) -> &[Concept] {
        self.concepts.as_slice()
    }

    /// Whether that is the address of its system, or the other official one.
    pub(crate) fn is_of(&self, system: &str) -> bool {
        self.system == system || self.alias == Some(system)
    }

    fn is_held(&self) -> bool {
        !self.whole || !self.concepts.as_slice().is_empty()
    }
}

impl Status {
    /// FHIR's code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Unknown => "unknown",
        }
    }
}

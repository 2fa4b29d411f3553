//! A code system: complete, or the part of it that the other lists show.

use crate::Heading;
use crate::concept::{Concept, Concepts};

/// A code system (TRE of the NOS, or a list of the ROR guide).
#[derive(Clone, Debug)]
pub struct CodeSystem {
    pub(crate) heading: Heading,
    pub(crate) content: Content,
    pub(crate) alias: Option<&'static str>,
    pub(crate) concepts: Concepts,
}

/// How much of a code system is held (FHIR R4 CodeSystemContentMode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Every code, withdrawn ones included.
    Complete,
    /// The codes seen in a value set or an association table: an unseen code may exist.
    Fragment,
    /// None: communes.
    NotPresent,
}

/// A code as the system writes it, read with D4's tolerance on leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadCode<'a> {
    /// The code of the system, or what was written when nothing fits.
    pub code: &'a str,
    /// Whether zeros were added or removed: a warning is due.
    pub corrected: bool,
}

impl CodeSystem {
    /// Id, canonical address, names and version of the list.
    pub fn heading(&self) -> &Heading {
        &self.heading
    }

    /// The canonical address: what `Coding.system` holds.
    pub fn url(&self) -> &'static str {
        self.heading.url
    }

    /// How much of it is held.
    pub fn content(&self) -> Content {
        self.content
    }

    /// Another official address of the same system: the NOS and the guide differ on R345.
    pub fn other_address(&self) -> Option<&'static str> {
        self.alias
    }

    /// The concept of that code.
    pub fn concept(&self, code: &str) -> Option<&Concept> {
        self.concepts.get(code)
    }

    /// The concepts held: in the published order when complete, else by code.
    pub fn concepts(&self) -> &[Concept] {
        self.concepts.as_slice()
    }

    /// Reads a code whose leading zeros are missing or in excess (D4): the one existing
    /// code it can only be; if several or none, what was written.
    pub fn read_code<'a>(&'a self, written: &'a str) -> ReadCode<'a> {
        let as_written = ReadCode { code: written, corrected: false };
        if self.concept(written).is_some() {
            return as_written;
        }
        let bare = written.trim_start_matches('0');
        let mut same = self.concepts().iter().filter(|concept| concept.code.trim_start_matches('0') == bare);
        match (same.next(), same.next()) {
            (Some(only), None) => ReadCode { code: only.code, corrected: true },
            _ => as_written,
        }
    }
}

impl Content {
    /// FHIR's code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Fragment => "fragment",
            Self::NotPresent => "not-present",
        }
    }
}

//! One change asked for, and its outcome.

use ror_confidentiality::{Audience, Grant, Rights};
use ror_fhir::{Instant, Node};
use ror_profiles::Finding;
use ror_search::ResourceType;

use crate::canonical::{self, RefusedShape};
use crate::graph::Key;

/// A change of one resource.
#[derive(Clone, Debug)]
pub enum Change {
    /// A new resource; an id it carries is ignored (FHIR R4 §3.1.0.8).
    Create {
        /// The resource.
        resource: Node,
    },
    /// A whole resource in the place of the former one.
    Update {
        /// Its type.
        rtype: ResourceType,
        /// Its logical id.
        id: String,
        /// The resource.
        resource: Node,
        /// The version it must have now, as this audience numbers it (D28, D41).
        if_match: Option<u32>,
    },
}

/// A change that is durable and visible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Type of the resource.
    pub rtype: ResourceType,
    /// Its logical id.
    pub id: String,
    /// Whether it is new.
    pub created: bool,
    /// Whether anything changed: writing the same content again does nothing (D38).
    pub changed: bool,
    /// Its version, as this audience numbers it.
    pub version: u32,
    /// Its update date, as this audience sees it.
    pub updated: Instant,
    /// What the author is told all the same: warnings.
    pub findings: Vec<Finding>,
}

/// Why a change was refused; nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The body is no resource that the directory keeps, or not the one the address names.
    #[error("{0}")]
    Shape(#[from] RefusedShape),
    /// The resource breaks rules; everything found is listed, in the order of the document.
    #[error("{} findings", .0.len())]
    Invalid(Vec<Finding>),
    /// No such resource for this audience.
    #[error("no such resource")]
    NotFound,
    /// The caller sees the resource but may not write it.
    #[error("no right to write this resource")]
    Forbidden,
    /// The resource is no longer at the version that the caller saw.
    #[error("the resource is now at version {current}")]
    Conflict {
        /// Its version, as this audience numbers it.
        current: u32,
    },
    /// Another resource carries this identifier (D44).
    #[error("an identifier is already taken")]
    Duplicate {
        /// Space of the identifier.
        system: String,
        /// The identifier, as the caller sent it.
        value: String,
    },
    /// No room left on the disk; reading goes on.
    #[error("no room left to write")]
    Full,
    /// The ledger cannot be written just now.
    #[error("the ledger cannot be written just now")]
    Unavailable,
}

/// A change read and checked on the caller's thread, ready for the writer.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) actor: String,
    pub(crate) audience: Audience,
    pub(crate) rights: Rights,
    pub(crate) key: Key,
    pub(crate) is_new: bool,
    pub(crate) resource: Node,
    pub(crate) if_match: Option<u32>,
    /// What was found in it on the caller's thread; told once the right to write it is known.
    pub(crate) findings: Vec<Finding>,
}

impl Request {
    /// Reads what is asked; the findings are still to come.
    pub(crate) fn prepare(grant: &Grant, change: Change, new_id: impl FnOnce() -> String) -> Result<Self, WriteError> {
        let (rtype, id, resource, if_match) = match change {
            Change::Create { resource } => (canonical::resource_type(&resource)?, None, resource, None),
            Change::Update { rtype, id, resource, if_match } => {
                if canonical::resource_type(&resource)? != rtype {
                    let message = format!("L'adresse nomme {rtype} : le corps doit être de ce type.");
                    return Err(RefusedShape { message }.into());
                }
                (rtype, Some(id), resource, if_match)
            }
        };
        let is_new = id.is_none();
        Ok(Self {
            actor: grant.actor().to_owned(),
            audience: grant.audience(),
            rights: grant.rights().clone(),
            key: (rtype, id.unwrap_or_else(new_id).into()),
            is_new,
            resource,
            if_match,
            findings: Vec::new(),
        })
    }
}

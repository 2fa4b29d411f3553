//! `_include` and `_revinclude` (D10).

use super::{QueryError, Reader};
use crate::{ParamId, ResourceType};

/// Resources to bring along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// The type that holds the reference.
    pub source: ResourceType,
    /// The references followed.
    pub target: IncludeTarget,
    /// From the target back to those that refer to it.
    pub reverse: bool,
    /// Until nothing new comes.
    pub iterate: bool,
}

/// Which references of the source type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncludeTarget {
    /// All that have a search parameter.
    Any,
    /// One, possibly only towards one type.
    One {
        /// The parameter.
        reference: ParamId,
        /// The type it must lead to.
        rtype: Option<ResourceType>,
    },
}

impl Reader<'_> {
    pub(super) fn include(&mut self, reverse: bool, suffix: &str, name: &str, value: &str) -> Result<(), QueryError> {
        let iterate = match suffix {
            "" => false,
            ":iterate" => true,
            _ => return Err(QueryError::unknown(name, "Paramètre inconnu", name, ["_include", "_revinclude"])),
        };
        let include = if value == "*" && !reverse {
            Include { source: self.query.rtype, target: IncludeTarget::Any, reverse, iterate }
        } else {
            self.named_include(reverse, iterate, name, value)?
        };
        self.query.includes.push(include);
        Ok(())
    }

    fn named_include(&mut self, reverse: bool, iterate: bool, name: &str, value: &str) -> Result<Include, QueryError> {
        let mut parts = value.split(':');
        let (Some(source), Some(reference), target, None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(QueryError::expected(name, "écriture attendue : Type:paramètre[:Type]", value));
        };
        // A fault of the official samples (D4).
        if reverse && (source, reference) == ("Organization", "healthcareservice") {
            return self.organization_healthcareservice(iterate, name, value);
        }
        let source = self.resource_type(name, source)?;
        let target = target.filter(|t| !t.is_empty()).map(|t| self.resource_type(name, t)).transpose()?;
        let references = || self.registry.of(source).filter(|p| !p.targets.is_empty());
        let parameter = references().find(|p| *p.name == *reference).ok_or_else(|| {
            let what = format!("{source} n'a pas de référence de ce nom");
            QueryError::unknown(name, &what, reference, references().map(|p| &*p.name))
        })?;
        if let Some(target) = target.filter(|target| !parameter.targets.contains(target)) {
            let message = format!("{source}.{reference} ne mène jamais à {target}.");
            return Err(QueryError::new(name, message));
        }
        let target = IncludeTarget::One { reference: parameter.id, rtype: target };
        Ok(Include { source, target, reverse, iterate })
    }

    fn organization_healthcareservice(
        &mut self,
        iterate: bool,
        name: &str,
        value: &str,
    ) -> Result<Include, QueryError> {
        let intended = "HealthcareService:organization";
        if self.query.rtype != ResourceType::Organization {
            let message = format!("Organization n'a pas de référence « healthcareservice » ; voir « {intended} ».");
            return Err(QueryError::new(name, message));
        }
        self.forgive(name, value, intended)?;
        let reference = self.registry.known(ResourceType::HealthcareService, "organization");
        let target = IncludeTarget::One { reference, rtype: None };
        Ok(Include { source: ResourceType::HealthcareService, target, reverse: true, iterate })
    }
}

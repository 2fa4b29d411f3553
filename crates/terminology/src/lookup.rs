//! `CodeSystem/$lookup`: what is known of one code (FHIR R4 §4.8.14).

use ror_fhir::{Instant, Node, node};

use crate::{CodeSystem, Content, Terminology, TerminologyError};

impl Terminology {
    /// The `Parameters` of `$lookup`: name of the system, label, validity at `at`.
    ///
    /// # Errors
    /// [`TerminologyError::UnknownSystem`], and those of [`CodeSystem::lookup`].
    pub fn lookup(&self, system: &str, code: &str, at: Instant) -> Result<Node, TerminologyError> {
        let found = self.code_system(system).ok_or_else(|| TerminologyError::UnknownSystem(system.to_owned()))?;
        found.lookup(code, at)
    }
}

impl CodeSystem {
    /// The `Parameters` of `$lookup` on this system.
    ///
    /// # Errors
    /// [`TerminologyError::UnknownCode`] when the system is complete,
    /// [`TerminologyError::CodeNotHeld`] when only part of it is held,
    /// [`TerminologyError::NotHeld`] when none is.
    pub fn lookup(&self, code: &str, at: Instant) -> Result<Node, TerminologyError> {
        let concept = self.concept(code).ok_or_else(|| self.no_such_code(code))?;
        let mut parameter = vec![node!({"name": "name", "valueString": (self.heading.name)})];
        if let Some(version) = self.heading.version {
            parameter.push(node!({"name": "version", "valueString": version}));
        }
        // FHIR wants a display; a code without label shows itself.
        parameter.push(node!({"name": "display", "valueString": (concept.label())}));
        if let Some(display) = concept.display {
            parameter.push(node!({"name": "designation", "part": [
                {"name": "language", "valueCode": "fr"},
                {"name": "value", "valueString": display}
            ]}));
        }
        // A part of a list does not say which of its codes are still in use.
        if self.content == Content::Complete || concept.end.is_some() {
            let inactive = concept.is_withdrawn(at);
            parameter.push(property("inactive", &node!({"name": "value", "valueBoolean": inactive})));
        }
        for (name, day) in [("dateValid", concept.start), ("dateFin", concept.end)] {
            if let Some(day) = day {
                parameter.push(property(name, &node!({"name": "value", "valueDateTime": day})));
            }
        }
        Ok(node!({"resourceType": "Parameters", "parameter": parameter}))
    }

    /// The error that says how sure the absence of a code is.
    pub(crate) fn no_such_code(&self, code: &str) -> TerminologyError {
        let system = self.heading.title;
        match self.content {
            Content::Complete => TerminologyError::UnknownCode { system, code: code.to_owned() },
            Content::Fragment => TerminologyError::CodeNotHeld { system, code: code.to_owned() },
            Content::NotPresent => TerminologyError::NotHeld(system),
        }
    }
}

fn property(code: &str, value: &Node) -> Node {
    node!({"name": "property", "part": [{"name": "code", "valueCode": code}, value]})
}

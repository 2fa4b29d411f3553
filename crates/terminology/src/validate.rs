//! `$validate-code` on code systems and value sets (FHIR R4 §4.8.14 and §4.9.18).
//!
//! A label never makes a code wrong (D33): labels change while codes stay.

use ror_fhir::{Instant, Node, node};

use crate::{CodeSystem, Concept, Content, Membership, TerminologyError, ValueSet, fold};

/// The code asked of `$validate-code`.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Canonical address of its system; a value set can do without when one system only holds the code.
    pub system: Option<&'a str>,
    /// The code.
    pub code: &'a str,
    /// The label the caller has, if any.
    pub display: Option<&'a str>,
    /// When the question is asked: a code may be withdrawn by then.
    pub at: Instant,
}

impl CodeSystem {
    /// The `Parameters` of `$validate-code`: `result`, a French `message` when there is
    /// something to say, and our label.
    ///
    /// # Errors
    /// [`TerminologyError::NotHeld`] when no code of the system is held.
    pub fn validate_code(&self, asked: &Asked<'_>) -> Result<Node, TerminologyError> {
        if self.content == Content::NotPresent {
            return Err(TerminologyError::NotHeld(self.heading.title));
        }
        Ok(match self.concept(asked.code) {
            Some(concept) => valid(concept, asked),
            None => invalid(&self.no_such_code(asked.code).to_string()),
        })
    }
}

impl ValueSet {
    /// The `Parameters` of `$validate-code`: `result`, a French `message` when there is
    /// something to say, and our label.
    ///
    /// # Errors
    /// [`TerminologyError::NotHeld`] when the list takes codes of a system that is not
    /// held, and the code may be one of them.
    pub fn validate_code(&self, asked: &Asked<'_>) -> Result<Node, TerminologyError> {
        let Some(system) = asked.system else { return self.validate_bare(asked) };
        if let Some(concept) = self.concept(system, asked.code) {
            return Ok(valid(concept, asked));
        }
        if self.membership(system, asked.code) == Membership::Unknown {
            return Err(TerminologyError::NotHeld(self.name()));
        }
        let mut message = self.absent(asked.code);
        if !self.includes().iter().any(|include| include.is_of(system)) {
            message = format!("{message} Il ne prend aucun code dans « {system} ».");
        }
        Ok(invalid(&message))
    }

    /// A code without its system: right when one system only holds it.
    fn validate_bare(&self, asked: &Asked<'_>) -> Result<Node, TerminologyError> {
        let mut holding = self.includes().iter().filter_map(|include| {
            let concept = include.concepts.get(asked.code)?;
            Some((include.system, concept))
        });
        match (holding.next(), holding.next()) {
            (Some((_, concept)), None) => Ok(valid(concept, asked)),
            (Some((first, _)), Some((second, _))) => Ok(invalid(&format!(
                "Le code « {} » existe dans plusieurs systèmes de {} ({first}, {second}) : précisez « system ».",
                asked.code,
                self.name(),
            ))),
            (None, _) if self.is_held() => Ok(invalid(&self.absent(asked.code))),
            (None, _) => Err(TerminologyError::NotHeld(self.name())),
        }
    }

    fn absent(&self, code: &str) -> String {
        format!("Le code « {code} » n'est pas dans {}.", self.name())
    }
}

fn valid(concept: &Concept, asked: &Asked<'_>) -> Node {
    let mut messages = Vec::new();
    if let Some(end) = concept.end.filter(|_| concept.is_withdrawn(asked.at)) {
        messages.push(format!("Code retiré depuis le {}.", day_in_french(end)));
    }
    let differs = |ours: &str| asked.display.is_some_and(|theirs| fold(theirs) != fold(ours));
    if concept.display.is_some_and(differs) {
        messages.push("Le libellé reçu n'est pas celui de la version détenue ; il n'est pas contrôlé.".to_owned());
    }
    let mut parameter = vec![node!({"name": "result", "valueBoolean": true})];
    if !messages.is_empty() {
        parameter.push(node!({"name": "message", "valueString": (messages.join(" "))}));
    }
    if let Some(display) = concept.display {
        parameter.push(node!({"name": "display", "valueString": display}));
    }
    node!({"resourceType": "Parameters", "parameter": parameter})
}

fn invalid(message: &str) -> Node {
    node!({"resourceType": "Parameters", "parameter": [
        {"name": "result", "valueBoolean": false},
        {"name": "message", "valueString": message}
    ]})
}

/// `2026-09-28` as `28/09/2026`.
fn day_in_french(day: &str) -> String {
    let parts: Vec<&str> = day.rsplit('-').collect();
    parts.join("/")
}

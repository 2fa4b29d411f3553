//! `ValueSet/$expand`: the codes of a list, filtered and paged (FHIR R4 §4.9.18.1).

use ror_fhir::{DateTime, Instant, Node, Object, node};

use crate::{Concept, TerminologyError, ValueSet, fold, resource, words};

/// What is asked of `$expand`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expansion<'a> {
    /// Words, each the start of a word of the label, or the start of the code; folded (D12).
    pub filter: Option<&'a str>,
    /// How many matches to leave out first.
    pub offset: usize,
    /// How many to give at most; `None` = all, 0 = only the total.
    pub count: Option<usize>,
}

impl ValueSet {
    /// The value set with its `expansion`, dated `at`; codes withdrawn by then are marked
    /// `inactive`. The order is that of the list.
    ///
    /// # Errors
    /// [`TerminologyError::NotHeld`] when part of the list is not held: a partial answer
    /// would pass for the whole.
    pub fn expand(&self, asked: &Expansion<'_>, at: Instant) -> Result<Node, TerminologyError> {
        if !self.is_held() {
            return Err(TerminologyError::NotHeld(self.name()));
        }
        let filter = Filter::new(asked.filter.unwrap_or_default());
        let found: Vec<_> = self.concepts().filter(|(_, concept)| filter.meets(concept)).collect();
        let page = found.iter().skip(asked.offset).take(asked.count.unwrap_or(usize::MAX));
        let contains: Vec<Node> = page.map(|(system, concept)| contained(system, concept, at)).collect();

        let mut expansion = Object::new();
        expansion.insert("timestamp", DateTime::format_instant(at));
        expansion.insert("total", found.len());
        expansion.insert("offset", asked.offset);
        let parameters = parameters(asked);
        if !parameters.is_empty() {
            expansion.insert("parameter", parameters);
        }
        if !contains.is_empty() {
            expansion.insert("contains", contains);
        }
        let mut out = resource::head("ValueSet", &self.heading, self.status, false);
        out.insert("expansion", expansion);
        Ok(out.into())
    }
}

/// The parameters that shaped the answer, as FHIR wants them repeated.
fn parameters(asked: &Expansion<'_>) -> Vec<Node> {
    let mut all = Vec::new();
    if let Some(filter) = asked.filter {
        all.push(node!({"name": "filter", "valueString": filter}));
    }
    if asked.offset > 0 {
        all.push(node!({"name": "offset", "valueInteger": (asked.offset)}));
    }
    if let Some(count) = asked.count {
        all.push(node!({"name": "count", "valueInteger": count}));
    }
    all
}

fn contained(system: &str, concept: &Concept, at: Instant) -> Node {
    let mut out = Object::new();
    out.insert("system", system);
    if concept.is_withdrawn(at) {
        out.insert("inactive", true);
    }
    out.insert("code", concept.code);
    if let Some(display) = concept.display {
        out.insert("display", display);
    }
    out.into()
}

/// A filter, folded once.
struct Filter {
    text: String,
}

impl Filter {
    fn new(written: &str) -> Self {
        Self { text: fold(written) }
    }

    fn meets(&self, concept: &Concept) -> bool {
        if self.text.is_empty() || fold(concept.code).starts_with(&self.text) {
            return true;
        }
        let Some(label) = concept.display.map(fold) else { return false };
        let mut asked = words(&self.text).peekable();
        // A filter of punctuation alone asks for no word: it is looked for as it is.
        if asked.peek().is_none() {
            return label.contains(&self.text);
        }
        asked.all(|start| words(&label).any(|word| word.starts_with(start)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_finds_starts_of_words_and_of_codes() {
        let concept =
            Concept { code: "0A7", display: Some("Équipe mobile d’urgence (24h/24)"), start: None, end: None };
        for found in ["", "  ", "urg", "URGENCE equipe", "équipe-mobile", "0a", "24h", "d'urgence", "("] {
            assert!(Filter::new(found).meets(&concept), "{found}");
        }
        for missed in ["gence", "urgence fixe", "A7", "°"] {
            assert!(!Filter::new(missed).meets(&concept), "{missed}");
        }
    }
}

//! One code with its label and its days of validity.

use ror_fhir::{DateTime, Instant};

/// A code of a code system.
///
/// All texts are part of the program: copying one costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concept {
    /// The code: a text, whose leading zeros count.
    pub code: &'static str,
    /// The French label; `None` when no list held gives one.
    pub display: Option<&'static str>,
    /// First day of validity (`AAAA-MM-JJ`), where the list says so.
    pub start: Option<&'static str>,
    /// First day on which the code is withdrawn or deprecated, where the list says so.
    pub end: Option<&'static str>,
}

impl Concept {
    /// The label, or the code where there is no label: what a page shows.
    pub fn label(&self) -> &'static str {
        self.display.unwrap_or(self.code)
    }

    /// Since when the code is withdrawn, in milliseconds since 1970 (D33 counts from there).
    pub fn withdrawn_since(&self) -> Option<Instant> {
        self.end.and_then(|day| DateTime::parse(day).ok()).map(|day| day.start)
    }

    /// Whether the code is withdrawn at that instant.
    pub fn is_withdrawn(&self, at: Instant) -> bool {
        self.withdrawn_since().is_some_and(|since| since <= at)
    }
}

/// Concepts in the order of their list, found by code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Concepts {
    list: Vec<Concept>,
    /// Positions in `list`, by code.
    by_code: Vec<u32>,
}

impl Concepts {
    /// `Err` with the code that stands twice.
    pub(crate) fn new(list: Vec<Concept>) -> Result<Self, &'static str> {
        let mut by_code: Vec<u32> = (0..list.len() as u32).collect();
        by_code.sort_unstable_by_key(|at| list[*at as usize].code);
        let twice = by_code.windows(2).find(|pair| list[pair[0] as usize].code == list[pair[1] as usize].code);
        match twice {
            Some(pair) => Err(list[pair[0] as usize].code),
            None => Ok(Self { list, by_code }),
        }
    }

    pub(crate) fn get(&self, code: &str) -> Option<&Concept> {
        let found = self.by_code.binary_search_by(|at| self.list[*at as usize].code.cmp(code)).ok()?;
        Some(&self.list[self.by_code[found] as usize])
    }

    pub(crate) fn as_slice(&self) -> &[Concept] {
        &self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn concept(code: &'static str, end: Option<&'static str>) -> Concept {
        Concept { code, display: None, start: None, end }
    }

    #[test]
    fn a_code_is_found_whatever_the_order_of_its_list() {
        let concepts = Concepts::new(vec![concept("10", None), concept("01", None), concept("1", None)]);
        let concepts = concepts.expect("each code once");
        assert_eq!(concepts.get("1").map(|concept| concept.code), Some("1"));
        assert_eq!(concepts.get("001"), None);
        assert_eq!(concepts.as_slice()[0].code, "10");
        assert_eq!(Concepts::new(vec![concept("1", None), concept("1", None)]).err(), Some("1"));
    }

    #[test]
    fn a_code_is_withdrawn_from_its_last_day_on() {
        let ended = concept("nc", Some("2026-09-28"));
        let since = DateTime::parse("2026-09-28").expect("a day").start;
        assert!(ended.is_withdrawn(since));
        assert!(!ended.is_withdrawn(since - 1));
        assert!(!concept("0", None).is_withdrawn(i64::MAX));
        assert_eq!(ended.label(), "nc");
    }
}

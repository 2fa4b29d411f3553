//! Rules that a resource breaks, told to its author.

/// How much an issue matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueSeverity {
    /// The change is refused.
    Error,
    /// The change is accepted.
    Warning,
}

/// One rule that a resource breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// How much it matters.
    pub severity: IssueSeverity,
    /// FHIR's code of the issue: `structure`, `required`, `business-rule`…
    pub code: &'static str,
    /// FHIRPath of the element.
    pub expression: Option<String>,
    /// What is wrong and what was expected, in French.
    pub message: String,
}

impl Issue {
    pub(crate) fn error(code: &'static str, expression: Option<String>, message: &str) -> Self {
        Self { severity: IssueSeverity::Error, code, expression, message: message.to_owned() }
    }
}

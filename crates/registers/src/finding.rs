//! What was wrong or doubtful in a register file.

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing was lost.
    Information,
    /// Loaded, but doubtful or incomplete.
    Warning,
    /// The line, or the whole file, was rejected.
    Error,
}

/// One thing found in one place of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Name of the file, without its folder.
    pub file: String,
    /// Line in the file, from 1, when the finding is about one.
    pub line: Option<u64>,
    /// Column as the file or its layout names it.
    pub column: Option<String>,
    /// The value read.
    pub value: Option<String>,
    /// Stable code of the rule, such as `finess-key`.
    pub rule: &'static str,
    /// What is wrong and what was expected, in French.
    pub message: String,
}

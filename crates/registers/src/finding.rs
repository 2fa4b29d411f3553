//! What was wrong or doubtful in a register file.

/// Longest value that a finding repeats, in characters: a broken file may hold one line of a megabyte.
const VALUE_CHARACTERS_MAX: usize = 120;

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

impl Finding {
    /// A finding about a file as a whole; the place is added with [`at`](Self::at) and [`on`](Self::on).
    pub fn new(severity: Severity, file: &str, rule: &'static str, message: impl Into<String>) -> Self {
        Self { severity, file: file.to_owned(), line: None, column: None, value: None, rule, message: message.into() }
    }

    /// The same finding, about one line, from 1.
    #[must_use]
    pub fn at(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// The same finding, about one column and the value read there (its first 120 characters).
    #[must_use]
    pub fn on(mut self, column: &str, value: &str) -> Self {
        self.column = Some(column.to_owned());
        self.value = Some(shortened(value));
        self
    }
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(VALUE_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

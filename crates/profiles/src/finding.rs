//! What is wrong with a resource, told to its author.

/// Findings kept of one resource: this many errors, and as many of the others. One more says
/// how many were left out, so that no answer grows with the input.
pub const FINDINGS_MAX: usize = 100;

/// Longest value that a finding repeats, in characters.
pub(crate) const VALUE_SHOWN_MAX: usize = 80;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The resource is refused on write.
    Error,
    /// It is accepted, and its author is told.
    Warning,
    /// Good to know.
    Information,
}

/// One thing that is wrong with a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// FHIR's code of the issue: `structure`, `required`, `value`, `code-invalid`, `invariant`,
    /// `business-rule`, `extension`, `too-costly`, `informational`.
    pub code: &'static str,
    /// FHIRPath of the element, with indices; of the place where it is missing.
    pub expression: String,
    /// What was read; `None` for free text, which may be confidential, and for what is absent.
    pub value: Option<String>,
    /// What was expected, in French.
    pub expected: String,
    /// The rule and its source: `ror-healthcareservice : HealthcareService.type 1..1`,
    /// `JDV_J20-ChampActivite-ROR version 2026-03-30`, `RG_EXP_048`, `D33`.
    pub rule: String,
    /// A French sentence for the author.
    pub message: String,
}

impl Finding {
    /// FHIR's word for the severity.
    pub fn severity_code(&self) -> &'static str {
        match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Information => "information",
        }
    }
}

/// Findings in the order they are made, up to the limit.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    kept: Vec<Finding>,
    errors: usize,
    others: usize,
}

impl Findings {
    /// Whether one more of that severity would be kept: making it may be spared otherwise.
    pub(crate) fn has_room(&self, severity: Severity) -> bool {
        *self.count(severity) < FINDINGS_MAX
    }

    /// Counts a finding, and keeps what `make` gives while there is room.
    pub(crate) fn push(&mut self, severity: Severity, make: impl FnOnce() -> Finding) {
        if self.has_room(severity) {
            self.kept.push(make());
        }
        match severity {
            Severity::Error => self.errors += 1,
            _ => self.others += 1,
        }
    }

    /// Reports a business rule that is broken: an error, of which `make` gives the place and the
    /// French sentence.
    pub(crate) fn broken(&mut self, rule: &str, expected: &str, make: impl FnOnce() -> (String, String)) {
        self.told(Severity::Error, "business-rule", rule, expected, make);
    }

    /// The same, with the code that was read: never free text, which may be confidential.
    pub(crate) fn broken_by(
        &mut self,
        rule: &str,
        expected: &str,
        read: &str,
        make: impl FnOnce() -> (String, String),
    ) {
        self.push(Severity::Error, || {
            let (expression, message) = make();
            let value = Some(read.chars().take(VALUE_SHOWN_MAX).collect());
            let (expected, rule) = (expected.to_owned(), rule.to_owned());
            Finding { severity: Severity::Error, code: "business-rule", expression, value, expected, rule, message }
        });
    }

    /// The same, for what is accepted all the same.
    pub(crate) fn doubtful(&mut self, rule: &str, expected: &str, make: impl FnOnce() -> (String, String)) {
        self.told(Severity::Warning, "business-rule", rule, expected, make);
    }

    /// Reports anything without a value to show.
    pub(crate) fn told(
        &mut self,
        severity: Severity,
        code: &'static str,
        rule: &str,
        expected: &str,
        make: impl FnOnce() -> (String, String),
    ) {
        self.push(severity, || {
            let (expression, message) = make();
            let (expected, rule) = (expected.to_owned(), rule.to_owned());
            Finding { severity, code, expression, value: None, expected, rule, message }
        });
    }

    fn count(&self, severity: Severity) -> &usize {
        match severity {
            Severity::Error => &self.errors,
            _ => &self.others,
        }
    }

    /// The findings, with a last one that says how many were left out.
    pub(crate) fn close(mut self, resource_type: &str) -> Vec<Finding> {
        let left = |count: usize| count.saturating_sub(FINDINGS_MAX);
        let (errors, others) = (left(self.errors), left(self.others));
        if errors + others > 0 {
            self.kept.push(Finding {
                severity: if errors > 0 { Severity::Error } else { Severity::Information },
                code: "informational",
                expression: resource_type.to_owned(),
                value: None,
                expected: format!("au plus {FINDINGS_MAX} erreurs et {FINDINGS_MAX} avertissements"),
                rule: "limite de la validation".to_owned(),
                message: format!("Constats non listés : {errors} erreur(s) et {others} avertissement(s) de plus."),
            });
        }
        self.kept
    }
}

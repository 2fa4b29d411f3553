//! The findings of one reading, with comparisons shown up to a limit.

use std::collections::BTreeMap;

use crate::{Finding, Severity};

/// Findings that one comparison rule shows line by line in one file; the others are counted.
pub(super) const COMPARISONS_SHOWN: usize = 20;

/// What was found so far.
#[derive(Default)]
pub(super) struct Log {
    findings: Vec<Finding>,
    comparisons: BTreeMap<(&'static str, String), usize>,
}

impl Log {
    /// Keeps a finding about data that was rejected, doubtful or absent: always all of them.
    pub(super) fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Keeps all findings of a file.
    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings);
    }

    /// Keeps the result of a comparison that changes nothing of what is loaded: the first
    /// [`COMPARISONS_SHOWN`] of each rule and file, then their number.
    pub(super) fn compare(&mut self, finding: Finding) {
        let count = self.comparisons.entry((finding.rule, finding.file.clone())).or_default();
        *count += 1;
        if *count <= COMPARISONS_SHOWN {
            self.findings.push(finding);
        }
    }

    /// All findings, the comparisons that were not shown as one line of information each.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        let mut findings = self.findings;
        for ((rule, file), count) in self.comparisons {
            if let Some(hidden) = count.checked_sub(COMPARISONS_SHOWN).filter(|&hidden| hidden > 0) {
                let message = format!("{count} écarts de cette nature, dont {hidden} non détaillés.");
                findings.push(Finding::new(Severity::Information, &file, rule, message));
            }
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::{COMPARISONS_SHOWN, Log};
    use crate::{Finding, Severity};

    #[test]
    fn comparisons_are_shown_up_to_a_limit_and_counted() {
        let mut log = Log::default();
        for line in 1..=(COMPARISONS_SHOWN as u64 + 5) {
            log.compare(Finding::new(Severity::Warning, "MCO.csv", "total-different", "écart").at(line));
        }
        log.push(Finding::new(Severity::Error, "MCO.csv", "finess-inconnu", "inconnu").at(3));
        let findings = log.into_findings();
        assert_eq!(findings.len(), COMPARISONS_SHOWN + 2);
        let last = findings.last().expect("a summary");
        assert_eq!((last.line, last.message.as_str()), (None, "25 écarts de cette nature, dont 5 non détaillés."));
    }
}

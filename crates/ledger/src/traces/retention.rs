//! How long what is kept, as data: `data/retention.toml`, with the source of each line.

use std::sync::OnceLock;

use serde::Deserialize;

const TABLE: &str = include_str!("../../data/retention.toml");
/// A month is counted as the longest one: nothing leaves early.
const MONTH_MS: i64 = 31 * 86_400_000;

/// One line of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// What is kept, as a stable code.
    pub what: String,
    /// The file that holds it.
    #[serde(rename = "where")]
    pub file: String,
    /// For how many months; `None` for as long as the file.
    pub months: Option<u32>,
    /// The decision, in French.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    kept: Vec<Retention>,
}

impl Retention {
    /// Every line of the table.
    pub fn all() -> &'static [Self] {
        static READ: OnceLock<Vec<Retention>> = OnceLock::new();
        READ.get_or_init(|| toml::from_str::<Table>(TABLE).expect("the embedded table is read by a test").kept)
    }

    /// The line for traces of calls.
    ///
    /// # Panics
    /// Never: a test reads the table.
    pub fn of_traces() -> &'static Self {
        Self::all().iter().find(|line| line.what == "traces").expect("the embedded table is read by a test")
    }

    /// The moment before which what was kept has had its time, `now` being in ms since 1970 UTC.
    pub fn ends_before(&self, now: i64) -> Option<i64> {
        self.months.map(|months| now.saturating_sub(i64::from(months) * MONTH_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d63_traces_are_kept_twelve_months_and_writes_for_good() {
        let traces = Retention::of_traces();
        assert_eq!((traces.file.as_str(), traces.months), ("audit.sqlite", Some(12)));
        assert_eq!(traces.ends_before(400 * 86_400_000), Some(28 * 86_400_000));
        let writes = Retention::all().iter().find(|line| line.what == "writes").expect("a line");
        assert_eq!(writes.ends_before(400 * 86_400_000), None);
        assert!(Retention::all().iter().all(|line| line.source.starts_with('D')), "each figure has its source");
    }
}

//! What a reading asks of rows, and how long it may take.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::types::Value;

use crate::LedgerError;

/// Steps of SQLite's machine between two looks at the time: some tens of µs.
const STEPS: std::ffi::c_int = 10_000;

/// Conditions that all hold, with their values. Only those that are asked are written: SQLite then finds the
/// index of each.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    sql: String,
    pub(crate) values: Vec<Value>,
}

impl Conditions {
    /// One more condition, with a `?` for each of its values.
    pub(crate) fn add(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        if !self.sql.is_empty() {
            self.sql.push_str(" AND ");
        }
        self.sql.push_str(sql);
        self.values.extend(values);
    }

    /// One more condition when `value` is asked.
    pub(crate) fn add_some<V: Into<Value>>(&mut self, sql: &str, value: Option<V>) {
        if let Some(value) = value {
            self.add(sql, [value.into()]);
        }
    }

    /// One of `names` in `column`, or none of them.
    pub(crate) fn add_names(&mut self, column: &str, is_in: bool, names: &[String]) {
        if !names.is_empty() {
            let marks = vec!["?"; names.len()].join(", ");
            let not = if is_in { "" } else { "NOT " };
            self.add(&format!("{column} {not}IN ({marks})"), names.iter().cloned().map(Value::from));
        }
    }

    /// `WHERE` and the conditions; nothing when there is none.
    pub(crate) fn sql(&self) -> String {
        if self.sql.is_empty() { String::new() } else { format!("WHERE {}", self.sql) }
    }
}

/// SQLite counts in `i64`; no log gets there.
pub(crate) fn bounded(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Cuts every reading of this connection once `time` is over: [`LedgerError::TooLong`].
pub(crate) fn limit_time(connection: &mut Connection, time: Duration) -> Result<(), LedgerError> {
    let began = Instant::now();
    Ok(connection.progress_handler(STEPS, Some(move || began.elapsed() > time))?)
}

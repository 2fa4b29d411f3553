//! Migrations: numbered SQL files, each applied once, in one transaction, with its checksum kept.
//!
//! A file released is never edited: the ledger would refuse it. The next change is the next file.

use rusqlite::{Connection, TransactionBehavior, params};

use crate::LedgerError;
use crate::chain::{Link, sha256};

/// "ROR" and a version of the container, in the header of the file.
const APPLICATION_ID: i32 = 0x524f_5201;

/// Migration n is at n − 1.
const MIGRATIONS: &[&str] =
    &[include_str!("migrations/0001_ledger.sql"), include_str!("migrations/0002_records_and_sessions.sql")];

const MIGRATION_TABLE: &str = "CREATE TABLE IF NOT EXISTS migration (
  number INTEGER PRIMARY KEY,
  sha256 BLOB NOT NULL CHECK (length(sha256) = 32)
) STRICT";

/// Refuses a file that is neither a ledger nor empty, before anything is written to it.
pub(super) fn identify(connection: &Connection) -> Result<(), LedgerError> {
    let found = connection.query_row(
        "SELECT a.application_id, (SELECT count(*) FROM sqlite_schema) FROM pragma_application_id AS a",
        [],
        |row| Ok((row.get::<_, i32>(0)?, row.get::<_, i64>(1)?)),
    );
    match found {
        Ok((APPLICATION_ID, _) | (0, 0)) => Ok(()),
        Ok(_) => Err(LedgerError::Foreign),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => Err(LedgerError::Foreign),
        Err(error) => Err(error.into()),
    }
}

/// Applies what is missing.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), LedgerError> {
    apply(connection, MIGRATIONS)
}

fn apply(connection: &mut Connection, known: &[&str]) -> Result<(), LedgerError> {
    // The usual case takes no lock, so that `ror check` opens while an import writes.
    if applied(connection, known)? == known.len() {
        return Ok(());
    }
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.execute_batch(MIGRATION_TABLE)?;
    // Counted again under the lock: another process may have migrated meanwhile.
    for (index, sql) in known.iter().enumerate().skip(applied(&tx, known)?) {
        tx.execute_batch(sql)?;
        tx.execute("INSERT INTO migration VALUES (?1, ?2)", params![index + 1, sha256(sql.as_bytes())])?;
    }
    tx.commit()?;
    Ok(())
}

/// How many of `known` this file has, after checking that they are these.
fn applied(connection: &Connection, known: &[&str]) -> Result<usize, LedgerError> {
    if !connection.table_exists(None, "migration")? {
        return Ok(0);
    }
    let mut statement = connection.prepare("SELECT number, sha256 FROM migration ORDER BY number")?;
    let rows: Vec<(u32, Link)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for (number, (found, sum)) in (1..).zip(&rows) {
        let Some(sql) = known.get(number as usize - 1) else {
            let found = rows.last().map_or(*found, |last| last.0);
            return Err(LedgerError::Newer { found, known: known.len() as u32 });
        };
        if *found != number || *sum != sha256(sql.as_bytes()) {
            return Err(LedgerError::Altered(number));
        }
    }
    Ok(rows.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE a (x INTEGER) STRICT";
    const SECOND: &str = "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO b VALUES (1)";

    #[test]
    fn each_migration_is_applied_once_and_in_order() {
        let mut connection = Connection::open_in_memory().expect("opens");
        apply(&mut connection, &[FIRST]).expect("first");
        apply(&mut connection, &[FIRST, SECOND]).expect("second");
        apply(&mut connection, &[FIRST, SECOND]).expect("nothing left");
        let rows: i64 = connection.query_row("SELECT count(*) FROM b", [], |row| row.get(0)).expect("b exists");
        assert_eq!(rows, 1);
    }

    #[test]
    fn a_failed_migration_leaves_nothing() {
        let mut connection = Connection::open_in_memory().expect("opens");
        apply(&mut connection, &[FIRST]).expect("first");
        assert!(apply(&mut connection, &[FIRST, "CREATE TABLE b (x INTEGER) STRICT; nonsense"]).is_err());
        assert!(!connection.table_exists(None, "b").expect("reads"));
        assert_eq!(applied(&connection, &[FIRST]).expect("reads"), 1);
    }

    #[test]
    fn an_altered_a_missing_and_a_newer_migration_are_refused() {
        let mut connection = Connection::open_in_memory().expect("opens");
        apply(&mut connection, &[FIRST, SECOND]).expect("both");
        let refusal = |known: &[&str]| applied(&connection, known).expect_err("must refuse");
        assert!(matches!(refusal(&[FIRST]), LedgerError::Newer { found: 2, known: 1 }));
        assert!(matches!(refusal(&["SELECT 1", SECOND]), LedgerError::Altered(1)));
        connection.execute("DELETE FROM migration WHERE number = 1", []).expect("deletes");
        let error = applied(&connection, &[FIRST, SECOND]).expect_err("must refuse");
        assert!(matches!(error, LedgerError::Altered(1)));
    }
}

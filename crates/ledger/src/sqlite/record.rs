//! Product records: appended in one transaction, read by what they are about.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::chain::{Link, record_link};
use crate::{LedgerError, NewRecord, RecordRow, Seq};

/// The columns of [`row`], in its order.
const COLUMNS: &str = "seq, kind, id, ver, subject, at, actor, body";
/// Keeps the newest version of each record only.
const NEWEST: &str = "NOT EXISTS (SELECT 1 FROM record AS n WHERE n.kind = r.kind AND n.id = r.id AND n.ver > r.ver)";

/// Appends records, each the next version of what stands.
pub(super) fn append(tx: &Transaction, entries: &[NewRecord]) -> Result<(), LedgerError> {
    if entries.is_empty() {
        return Ok(());
    }
    let (mut seq, mut link): (Seq, Link) =
        tx.prepare_cached("SELECT seq, chain FROM record_head")?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut standing =
        tx.prepare_cached("SELECT ver, subject FROM record WHERE kind = ?1 AND id = ?2 ORDER BY ver DESC LIMIT 1")?;
    let mut insert = tx.prepare_cached("INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?;
    for (index, entry) in entries.iter().enumerate() {
        let found: Option<(u32, String)> =
            standing.query_row(params![entry.kind, entry.id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let current = found.as_ref().map(|(ver, _)| *ver);
        let is_about_another = found.is_some_and(|(_, subject)| subject != entry.subject);
        if entry.ver != current.unwrap_or(0) + 1 || is_about_another {
            return Err(LedgerError::Conflict { index, current });
        }
        seq += 1;
        link = record_link(&link, seq, entry);
        let NewRecord { kind, id, ver, subject, at, actor, body } = entry;
        insert.execute(params![seq, kind, id, ver, subject, at, actor, body, link])?;
    }
    tx.prepare_cached("UPDATE record_head SET seq = ?1, chain = ?2")?.execute(params![seq, link])?;
    Ok(())
}

/// The newest version of one record.
pub(super) fn newest(connection: &Connection, kind: &str, id: &str) -> Result<Option<RecordRow>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM record WHERE kind = ?1 AND id = ?2 ORDER BY ver DESC LIMIT 1");
    Ok(connection.prepare_cached(&sql)?.query_row(params![kind, id], row).optional()?)
}

/// The newest version of each record of a kind, about one subject or about all, oldest record first.
pub(super) fn list(connection: &Connection, kind: &str, subject: Option<&str>) -> Result<Vec<RecordRow>, LedgerError> {
    let about = if subject.is_some() { "AND r.subject = ?2" } else { "AND ?2 IS NULL" };
    let sql = format!("SELECT {COLUMNS} FROM record AS r WHERE r.kind = ?1 {about} AND {NEWEST} ORDER BY r.seq");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![kind, subject], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every version of one record, oldest first.
pub(super) fn history(connection: &Connection, kind: &str, id: &str) -> Result<Vec<RecordRow>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM record WHERE kind = ?1 AND id = ?2 ORDER BY ver");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![kind, id], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One row, its columns in the order of the table.
pub(super) fn row(row: &Row) -> rusqlite::Result<RecordRow> {
    let entry = NewRecord {
        kind: row.get(1)?,
        id: row.get(2)?,
        ver: row.get(3)?,
        subject: row.get(4)?,
        at: row.get(5)?,
        actor: row.get(6)?,
        body: row.get(7)?,
    };
    Ok(RecordRow { seq: row.get(0)?, entry })
}

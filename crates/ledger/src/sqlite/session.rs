//! Sessions: replaced and thrown away, never a fact.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::{EndSessions, LedgerError, SessionRow};

pub(super) fn find(connection: &Connection, id_sha256: &[u8; 32]) -> Result<Option<SessionRow>, LedgerError> {
    let mut statement =
        connection.prepare_cached("SELECT id_sha256, person, expires_at, body FROM session WHERE id_sha256 = ?1")?;
    let row = statement.query_row([id_sha256], |row| {
        Ok(SessionRow { id_sha256: row.get(0)?, person: row.get(1)?, expires_at: row.get(2)?, body: row.get(3)? })
    });
    Ok(row.optional()?)
}

pub(super) fn put(tx: &Transaction, session: &SessionRow) -> Result<(), LedgerError> {
    let SessionRow { id_sha256, person, expires_at, body } = session;
    tx.prepare_cached("INSERT OR REPLACE INTO session VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id_sha256, person, expires_at, body])?;
    Ok(())
}

/// Changes a session that is still there; says whether it was.
pub(super) fn update(tx: &Transaction, session: &SessionRow) -> Result<bool, LedgerError> {
    let SessionRow { id_sha256, person, expires_at, body } = session;
    let mut update =
        tx.prepare_cached("UPDATE session SET expires_at = ?3, body = ?4 WHERE id_sha256 = ?1 AND person = ?2")?;
    Ok(update.execute(params![id_sha256, person, expires_at, body])? == 1)
}

/// How many ended.
pub(super) fn end(tx: &Transaction, which: EndSessions<'_>) -> Result<usize, LedgerError> {
    Ok(match which {
        EndSessions::One(id) => tx.prepare_cached("DELETE FROM session WHERE id_sha256 = ?1")?.execute([id])?,
        EndSessions::Person(person) => tx.prepare_cached("DELETE FROM session WHERE person = ?1")?.execute([person])?,
        EndSessions::Before(now) => tx.prepare_cached("DELETE FROM session WHERE expires_at <= ?1")?.execute([now])?,
    })
}

//! Clients and settings: small tables that are replaced, not appended to.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::{Client, LedgerError};

pub(super) fn client(connection: &Connection, id: &str) -> Result<Option<Client>, LedgerError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, name, profile, secret_sha256, rights, created_at, revoked_at FROM client WHERE id = ?1",
    )?;
    Ok(statement.query_row([id], client_row).optional()?)
}

pub(super) fn clients(connection: &Connection) -> Result<Vec<Client>, LedgerError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, name, profile, secret_sha256, rights, created_at, revoked_at FROM client ORDER BY id",
    )?;
    let rows = statement.query_map([], client_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn client_row(row: &Row) -> rusqlite::Result<Client> {
    Ok(Client {
        id: row.get(0)?,
        name: row.get(1)?,
        profile: row.get(2)?,
        secret_sha256: row.get(3)?,
        rights: row.get(4)?,
        created_at: row.get(5)?,
        revoked_at: row.get(6)?,
    })
}

pub(super) fn put_client(tx: &Transaction, client: &Client) -> Result<(), LedgerError> {
    let mut put = tx.prepare_cached("INSERT OR REPLACE INTO client VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    let Client { id, name, profile, secret_sha256, rights, created_at, revoked_at } = client;
    put.execute(params![id, name, profile, secret_sha256, rights, created_at, revoked_at])?;
    Ok(())
}

pub(super) fn meta(connection: &Connection, key: &str) -> Result<Option<Vec<u8>>, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

pub(super) fn set_meta(tx: &Transaction, key: &str, value: &[u8]) -> Result<(), LedgerError> {
    tx.prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?.execute(params![key, value])?;
    Ok(())
}

pub(super) fn init_meta(tx: &Transaction, key: &str, value: &[u8]) -> Result<Vec<u8>, LedgerError> {
    tx.prepare_cached("INSERT INTO meta VALUES (?1, ?2) ON CONFLICT DO NOTHING")?.execute(params![key, value])?;
    Ok(tx.prepare_cached("SELECT value FROM meta WHERE key = ?1")?.query_row([key], |row| row.get(0))?)
}

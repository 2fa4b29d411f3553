//! Reading rows back. Texts are unpacked on the thread that asks.

use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension, Params, Row, params, params_from_iter};

use super::conditions::{Conditions, bounded};
use super::error;
use crate::body::Unpacker;
use crate::ledger::SourceKeys;
use crate::{AuditFilter, AuditRow, DONE, Head, LedgerError, NewAudit, Op, Seq, VersionRow};

pub(super) fn head(connection: &Connection) -> Result<Head, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT seq, epoch, chain FROM head")?;
    Ok(statement.query_row([], |row| Ok(Head { seq: row.get(0)?, epoch: row.get(1)?, chain: row.get(2)? }))?)
}

/// Columns of a [`VersionRow`], in the order [`version_row`] reads them.
macro_rules! version_columns {
    () => {
        "version.seq, version.rtype, version.id, version.ver, op, at, updated, actor, audience_mask, policy_ver, body"
    };
}
pub(super) use version_columns;

pub(super) fn tail_each(
    connection: &Connection,
    after: Seq,
    limit: usize,
    each: &mut dyn FnMut(VersionRow) -> ControlFlow<()>,
) -> Result<(), LedgerError> {
    const SQL: &str = concat!("SELECT ", version_columns!(), " FROM version WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    versions(connection, SQL, params![bounded(after), bounded(limit as u64)], each)
}

pub(super) fn current(connection: &Connection, rtype: &str, id: &str) -> Result<Option<VersionRow>, LedgerError> {
    const SQL: &str = concat!(
        "SELECT ",
        version_columns!(),
        " FROM current JOIN version USING (seq) WHERE current.rtype = ?1 AND current.id = ?2"
    );
    let mut found = None;
    versions(connection, SQL, params![rtype, id], &mut |row| {
        found = Some(row);
        ControlFlow::Break(())
    })?;
    Ok(found)
}

pub(super) fn history(connection: &Connection, rtype: &str, id: &str) -> Result<Vec<VersionRow>, LedgerError> {
    const SQL: &str = concat!("SELECT ", version_columns!(), " FROM version WHERE rtype = ?1 AND id = ?2 ORDER BY ver");
    let mut rows = Vec::new();
    versions(connection, SQL, params![rtype, id], &mut |row| {
        rows.push(row);
        ControlFlow::Continue(())
    })?;
    Ok(rows)
}

pub(super) fn holder(
    connection: &Connection,
    rtype: &str,
    system: &str,
    value: &str,
) -> Result<Option<String>, LedgerError> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM uniq WHERE rtype = ?1 AND system = ?2 AND value = ?3")?;
    Ok(statement.query_row(params![rtype, system, value], |row| row.get(0)).optional()?)
}

pub(super) fn source(connection: &Connection, source: &str) -> Result<SourceKeys, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT key, rtype, id FROM source WHERE source = ?1")?;
    let rows = statement.query_map([source], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn audit_tail(connection: &Connection, after: Seq, limit: usize) -> Result<Vec<AuditRow>, LedgerError> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, at, actor, action, target, outcome FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let rows = statement.query_map(params![bounded(after), bounded(limit as u64)], audit_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many traces `filter` lets through, and the newest below `below`. The log has no index but its order: a
/// trace is written with each version, and read by few.
pub(super) fn audit_page(
    connection: &Connection,
    filter: &AuditFilter,
    below: Seq,
    limit: usize,
) -> Result<(u64, Vec<AuditRow>), LedgerError> {
    let mut asked = Conditions::default();
    asked.add_some("seq = ?", filter.seq.map(bounded));
    asked.add_some("at >= ?", filter.from);
    asked.add_some("at < ?", filter.until);
    asked.add_some("actor = ?", filter.actor.clone());
    asked.add_names("action", true, &filter.actions);
    asked.add_names("action", false, &filter.other_than);
    asked.add_some("target = ?", filter.target.clone());
    match filter.done {
        Some(true) => asked.add("outcome = ?", [DONE.to_owned().into()]),
        Some(false) => asked.add("outcome <> ?", [DONE.to_owned().into()]),
        None => {}
    }
    let count = format!("SELECT count(*) FROM audit {}", asked.sql());
    let total = connection.query_row(&count, params_from_iter(&asked.values), |row| row.get(0))?;
    asked.add("seq < ?", [bounded(below).into()]);
    let sql = format!(
        "SELECT seq, at, actor, action, target, outcome FROM audit {} ORDER BY seq DESC LIMIT {limit}",
        asked.sql()
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(&asked.values), audit_row)?;
    Ok((total, rows.collect::<Result<_, _>>()?))
}

/// Reads the columns `seq, at, actor, action, target, outcome`.
pub(super) fn audit_row(row: &Row) -> rusqlite::Result<AuditRow> {
    let entry = NewAudit {
        at: row.get(1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        target: row.get(4)?,
        outcome: row.get(5)?,
    };
    Ok(AuditRow { seq: row.get(0)?, entry })
}

/// Reads the columns of [`version_columns`].
pub(super) fn version_row(row: &Row, unpacker: &mut Unpacker) -> Result<VersionRow, LedgerError> {
    let seq: Seq = row.get(0)?;
    let frame = row.get_ref(10)?.as_blob().map_err(rusqlite::Error::from)?;
    let body = unpacker.unpack(frame).map_err(|detail| LedgerError::Corrupt(format!("body of row {seq}: {detail}")))?;
    Ok(VersionRow {
        seq,
        rtype: row.get(1)?,
        id: row.get(2)?,
        ver: row.get(3)?,
        op: op(row.get(4)?)?,
        at: row.get(5)?,
        updated: row.get(6)?,
        actor: row.get(7)?,
        audience_mask: row.get(8)?,
        policy_ver: row.get(9)?,
        body,
    })
}

fn op(code: u8) -> Result<Op, LedgerError> {
    [Op::Create, Op::Update, Op::Withdraw]
        .into_iter()
        .find(|op| *op as u8 == code)
        .ok_or_else(|| LedgerError::Corrupt(format!("operation {code}")))
}

fn versions(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    each: &mut dyn FnMut(VersionRow) -> ControlFlow<()>,
) -> Result<(), LedgerError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut unpacker = Unpacker::new().map_err(error::engine)?;
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        if each(version_row(row, &mut unpacker)?).is_break() {
            break;
        }
    }
    Ok(())
}

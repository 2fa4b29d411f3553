//! Taking away what had its time. The clock alone does not say so: one that jumps would take all away.

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::file::{self, Edge};
use super::trace::Trace;
use crate::chain::Link;
use crate::{LedgerError, Seq};

/// What the line of a purge is called.
pub(super) const PURGE: &str = "purge";
/// Why lines stay though the clock says that their time is over.
pub(super) const NOT_LIVED: &str = "clock-jumped";
/// A silence between two lines counts for this much at most: a week without one call that leaves a line is
/// rather a clock that jumped, or a server that was stopped.
const SILENCE_MAX_MS: i64 = 7 * 86_400_000;

/// Takes away the lines that were kept for `kept_ms`, from the oldest on up to the first that stays, and adds a
/// line that says so; gives how many left.
///
/// A line has had its time when the clock says so **and** the lines after it span that time. Where they
/// do not, what stays is told by a line of its own, with status 409.
pub(super) fn purge(connection: &mut Connection, kept_ms: i64, now: i64) -> Result<u64, LedgerError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let base = file::edge(&tx)?.base;
    let due = last_before(&tx, now.saturating_sub(kept_ms), now)?;
    if due.is_none() {
        return Ok(0);
    }
    let until = last_before(&tx, lived_since(&tx, now, kept_ms)?, now)?;
    let left = until.map_or(Ok(0), |until| remove(&tx, until, now))?;
    if due > until {
        let stay = due.unwrap_or_default() - until.unwrap_or(base.0);
        file::append_to(&tx, &[Trace { outcome: 409, reason: NOT_LIVED.into(), ..told(now, stay) }])?;
    }
    tx.commit()?;
    // The log still holds what was deleted.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(left)
}

fn remove(tx: &Transaction, until: Seq, now: i64) -> Result<u64, LedgerError> {
    let Edge { base, .. } = file::edge(tx)?;
    let chain: Link = tx.query_row("SELECT chain FROM trace WHERE seq = ?1", [until], |row| row.get(0))?;
    forget(tx, until)?;
    tx.execute("DELETE FROM trace WHERE seq <= ?1", [until])?;
    tx.execute("UPDATE edge SET base_seq = ?1, base_chain = ?2", params![until, chain])?;
    let left = until - base.0;
    file::append_to(tx, &[Trace { criteria: base_text((until, chain)), outcome: 200, ..told(now, left) }])?;
    Ok(left)
}

/// Takes the lines up to `until` out of the index by resource.
fn forget(tx: &Transaction, until: Seq) -> Result<(), LedgerError> {
    let mut lines = tx.prepare_cached("SELECT seq, resources FROM trace WHERE seq <= ?1")?;
    let mut delete = tx.prepare_cached("DELETE FROM about WHERE resource = ?1 AND seq = ?2")?;
    let mut lines = lines.query([until])?;
    while let Some(line) = lines.next()? {
        let (seq, text): (Seq, String) = (line.get(0)?, line.get(1)?);
        for resource in file::resources(&text) {
            delete.execute(params![resource, seq])?;
        }
    }
    Ok(())
}

/// The last line that is older than `before` and has none after `before` ahead of it. A line dated after `now`
/// was written by a clock that was wrong: it holds no other back.
fn last_before(tx: &Transaction, before: i64, now: i64) -> Result<Option<Seq>, LedgerError> {
    // In the order of the chain, which both leave after a few lines.
    let stays: Option<Seq> = tx
        .query_row(
            "SELECT seq FROM trace NOT INDEXED WHERE at >= ?1 AND at <= ?2 ORDER BY seq LIMIT 1",
            params![before, now],
            |row| row.get(0),
        )
        .optional()?;
    let last = tx
        .query_row(
            "SELECT seq FROM trace NOT INDEXED WHERE (?1 IS NULL OR seq < ?1) AND at < ?2 ORDER BY seq DESC LIMIT 1",
            params![stays, before],
            |row| row.get(0),
        )
        .optional()?;
    Ok(last)
}

/// Since when the chain lived for `time`, each silence counted for a week at most; the beginning of time when it
/// did not live as long.
fn lived_since(tx: &Transaction, now: i64, time: i64) -> Result<i64, LedgerError> {
    let mut first = tx.prepare_cached("SELECT min(at) FROM trace WHERE at >= ?1 AND at < ?2")?;
    let mut last = tx.prepare_cached("SELECT max(at) FROM trace WHERE at < ?1")?;
    let (mut at, mut left) = (now, time);
    // Two steps at least cover a week: a year takes a hundred.
    loop {
        let floor = at.saturating_sub(SILENCE_MAX_MS);
        let heard: Option<i64> = first.query_row(params![floor, at], |row| row.get(0))?;
        let lived = heard.map_or(SILENCE_MAX_MS, |heard| at - heard);
        if lived >= left {
            return Ok(at - left);
        }
        left -= lived;
        let before = heard.map_or_else(|| last.query_row([floor], |row| row.get(0)), |heard| Ok(Some(heard)))?;
        let Some(before) = before else { return Ok(i64::MIN) };
        at = before;
    }
}

/// Where a purge says in the chain that the lines held begin.
pub(super) fn base_text((seq, chain): (Seq, Link)) -> String {
    format!("{seq} {}", file::hex(chain))
}

fn told(at: i64, count: u64) -> Trace {
    Trace { at, actor: "system".into(), action: PURGE.into(), count, ..Trace::default() }
}

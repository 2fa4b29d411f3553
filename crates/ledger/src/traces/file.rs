//! The file of traces: one chain, added to at its end and shortened at its beginning.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, params, params_from_iter};

use super::trace::{Marks, Trace, TraceFilter, TraceRow};
use crate::chain::{Link, trace_link};
use crate::sqlite::conditions::{Conditions, bounded};
use crate::sqlite::open;
use crate::{LedgerError, Seq};

/// "ROA": the file of traces of this program, and a version of its container.
const APPLICATION_ID: i32 = 0x524f_4101;
const SCHEMA: &str = include_str!("schema.sql");
const INDEXES: &str = include_str!("indexes.sql");
macro_rules! columns {
    () => {
        "seq, at, actor, client, profile, declared, action, resources, criteria, count, marks, outcome, reason, \
         duration_us, request_id, purpose"
    };
}
pub(super) use columns;

/// Where the lines held begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) base: (Seq, Link),
    pub(super) last: (Seq, Link),
}

/// Opens the file, creating it when there is none.
pub(super) fn open(path: &Path) -> Result<Connection, LedgerError> {
    open::create_file(path)?;
    let mut connection = open::connect(path)?;
    identify(&connection)?;
    open::enter_wal(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What was purged is overwritten: its time is over.
    connection.pragma_update(None, "secure_delete", true)?;
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if !tx.table_exists(None, "edge")? {
        tx.execute_batch(SCHEMA)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    if !tx.table_exists(None, "about")? {
        tx.execute_batch(INDEXES)?;
        index_all(&tx)?;
    }
    tx.commit()?;
    Ok(connection)
}

/// Lines that an earlier program wrote are found by what they are about, too.
fn index_all(tx: &Transaction) -> Result<(), LedgerError> {
    let mut lines = tx.prepare("SELECT seq, resources FROM trace")?;
    let mut lines = lines.query([])?;
    while let Some(line) = lines.next()? {
        index(tx, line.get(0)?, line.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
    }
    Ok(())
}

fn index(tx: &Transaction, seq: Seq, line: &str) -> Result<(), LedgerError> {
    let mut insert = tx.prepare_cached("INSERT INTO about VALUES (?1, ?2)")?;
    for resource in resources(line) {
        insert.execute(params![resource, seq])?;
    }
    Ok(())
}

/// A connection that cannot write.
pub(super) fn reader(path: &Path) -> Result<Connection, LedgerError> {
    let connection = open::reader(path)?;
    identify(&connection)?;
    Ok(connection)
}

fn identify(connection: &Connection) -> Result<(), LedgerError> {
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

/// Adds lines in one durable transaction.
pub(super) fn append(connection: &mut Connection, traces: &[Trace]) -> Result<(), LedgerError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    append_to(&tx, traces)?;
    tx.commit()?;
    Ok(())
}

pub(super) fn append_to(tx: &Transaction, traces: &[Trace]) -> Result<(), LedgerError> {
    // Read under the lock: another process may have added lines.
    let (mut seq, mut link) = edge(tx)?.last;
    let mut insert = tx.prepare_cached(concat!(
        "INSERT INTO trace (",
        columns!(),
        ", chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
    ))?;
    for trace in traces {
        seq += 1;
        link = trace_link(&link, seq, trace);
        insert.execute(params![
            seq,
            trace.at,
            trace.actor,
            trace.client,
            trace.profile,
            trace.declared,
            trace.action,
            trace.resources,
            trace.criteria,
            trace.count,
            trace.marks.0,
            trace.outcome,
            trace.reason,
            trace.duration_us,
            trace.request_id,
            trace.purpose,
            link
        ])?;
        index(tx, seq, &trace.resources)?;
    }
    tx.prepare_cached("UPDATE edge SET seq = ?1, chain = ?2")?.execute(params![seq, link])?;
    Ok(())
}

/// A link as text.
pub(super) fn hex(link: Link) -> String {
    use std::fmt::Write as _;
    link.iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

/// The link of a line, or of the last one taken away.
pub(super) fn link_at(connection: &Connection, seq: Seq) -> Result<Option<Link>, LedgerError> {
    let Edge { base, .. } = edge(connection)?;
    if base.0 == seq {
        return Ok(Some(base.1));
    }
    let found = connection.query_row("SELECT chain FROM trace WHERE seq = ?1", [seq], |row| row.get(0));
    Ok(found.optional()?)
}

pub(super) fn edge(connection: &Connection) -> Result<Edge, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT base_seq, base_chain, seq, chain FROM edge")?;
    Ok(statement
        .query_row([], |row| Ok(Edge { base: (row.get(0)?, row.get(1)?), last: (row.get(2)?, row.get(3)?) }))?)
}

/// The newest traces that `filter` lets through, below `below`, newest first.
pub(super) fn search(
    connection: &Connection,
    filter: &TraceFilter,
    below: Seq,
    limit: usize,
) -> Result<Vec<TraceRow>, LedgerError> {
    let mut asked = conditions(filter);
    asked.add("seq < ?", [bounded(below).into()]);
    let sql = format!(concat!("SELECT ", columns!(), " FROM trace {} ORDER BY seq DESC LIMIT {}"), asked.sql(), limit);
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(asked.values), row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many traces `filter` lets through.
pub(super) fn count(connection: &Connection, filter: &TraceFilter) -> Result<u64, LedgerError> {
    let asked = conditions(filter);
    let sql = format!("SELECT count(*) FROM trace {}", asked.sql());
    Ok(connection.query_row(&sql, params_from_iter(asked.values), |row| row.get(0))?)
}

/// What a filter asks of a line; `indexes.sql` has an index for each.
fn conditions(filter: &TraceFilter) -> Conditions {
    let mut asked = Conditions::default();
    asked.add_some("seq = ?", filter.seq.map(bounded));
    asked.add_some("at >= ?", filter.from);
    asked.add_some("at < ?", filter.until);
    asked.add_some("actor = ?", filter.actor.clone());
    asked.add_names("action", true, &filter.actions);
    asked.add_some("seq IN (SELECT seq FROM about WHERE resource = ?)", filter.resource.clone());
    match filter.granted {
        Some(true) => asked.add("outcome < 400", []),
        Some(false) => asked.add("outcome >= 400", []),
        None => {}
    }
    asked
}

/// The resources that a line names, each once.
pub(super) fn resources(line: &str) -> impl Iterator<Item = &str> {
    line.split(' ').filter(|name| !name.is_empty()).collect::<BTreeSet<_>>().into_iter()
}

pub(super) fn row(row: &Row) -> rusqlite::Result<TraceRow> {
    let trace = Trace {
        at: row.get(1)?,
        actor: row.get(2)?,
        client: row.get(3)?,
        profile: row.get(4)?,
        declared: row.get(5)?,
        action: row.get(6)?,
        resources: row.get(7)?,
        criteria: row.get(8)?,
        count: row.get(9)?,
        marks: Marks(row.get(10)?),
        outcome: row.get(11)?,
        reason: row.get(12)?,
        duration_us: row.get(13)?,
        request_id: row.get(14)?,
        purpose: row.get(15)?,
    };
    Ok(TraceRow { seq: row.get(0)?, trace })
}

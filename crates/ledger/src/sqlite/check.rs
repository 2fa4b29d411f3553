//! Reading the whole file again, within one read transaction.
//!
//! The logs are walked row by row against their links; then each derived table is compared with
//! the logs in both directions, so that a missing entry and an invented one both show. Nothing
//! is held in memory but one row and the names of records: a national ledger is checked in a few
//! tens of megabytes.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{error, read, record};
use crate::body::Unpacker;
use crate::chain::{Entry, Link, ORIGIN, audit_link, record_link, unpack_pairs, version_link};
use crate::{CheckReport, Fault, LedgerError, Log, Op, Seq};

/// Rows between two calls of `progress`.
const PROGRESS_ROWS: u64 = 1000;

/// See [`Ledger::check`](crate::Ledger::check).
pub(super) fn check(connection: &Connection, progress: &mut dyn FnMut(Seq)) -> Result<CheckReport, LedgerError> {
    let moment = connection.unchecked_transaction()?;
    let mut report = CheckReport::new(read::head(&moment)?);
    let mut checker = Checker { db: &moment, report: &mut report };
    match checker.run(progress) {
        // A page so damaged that SQLite stops reading is what the check is there to tell.
        Err(LedgerError::Corrupt(detail)) => report.add(Fault::File { detail }),
        other => other?,
    }
    Ok(report)
}

struct Checker<'a> {
    db: &'a Connection,
    report: &'a mut CheckReport,
}

impl Checker<'_> {
    fn run(&mut self, progress: &mut dyn FnMut(Seq)) -> Result<(), LedgerError> {
        self.file()?;
        self.versions(progress)?;
        self.audit()?;
        self.records()?;
        self.resources()?;
        self.current()?;
        self.identifiers()?;
        self.source_keys()
    }

    /// SQLite's own check: pages, and each index against its table.
    fn file(&mut self) -> Result<(), LedgerError> {
        let mut statement = self.db.prepare("PRAGMA integrity_check(20)")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let detail: String = row.get(0)?;
            if detail != "ok" {
                self.report.add(Fault::File { detail });
            }
        }
        Ok(())
    }

    /// Every version in order: no gap, every link, the source key it gave, the head.
    fn versions(&mut self, progress: &mut dyn FnMut(Seq)) -> Result<(), LedgerError> {
        const SQL: &str =
            concat!("SELECT ", read::version_columns!(), ", identifiers, source, chain FROM version ORDER BY seq");
        let mut walk = Walk::new(Log::Versions);
        let mut unpacker = Unpacker::new().map_err(error::engine)?;
        let mut statement = self.db.prepare(SQL)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (seq, link): (Seq, Link) = (row.get(0)?, row.get(13)?);
            let previous = walk.advance(seq, link, self.report);
            match recomputed(row, &mut unpacker, &previous) {
                Ok(expected) if expected == link => {}
                Ok(_) => self.report.add(Fault::Chain { log: Log::Versions, seq }),
                Err(failure) => self.report.add(Fault::Unreadable { seq, detail: failure.to_string() }),
            }
            self.given_key(seq, row.get_ref(12)?.as_blob().map_err(rusqlite::Error::from)?)?;
            self.report.versions += 1;
            if self.report.versions.is_multiple_of(PROGRESS_ROWS) {
                progress(seq);
            }
        }
        progress(walk.seq);
        let head = self.report.head;
        walk.finish(head.seq, head.chain, self.report);
        Ok(())
    }

    /// A key given by a row is listed, as given by that row or a later one.
    fn given_key(&mut self, seq: Seq, packed: &[u8]) -> Result<(), LedgerError> {
        // An unreadable pair already broke the link of the row.
        for (source, key) in unpack_pairs(packed).unwrap_or_default() {
            let mut statement = self.db.prepare_cached("SELECT seq FROM source WHERE source = ?1 AND key = ?2")?;
            let listed: Option<Seq> = statement.query_row(params![source, key], |row| row.get(0)).optional()?;
            if listed.is_none_or(|listed| listed < seq) {
                let (source, key) = (source.to_owned(), key.to_owned());
                self.report.add(Fault::SourceKey { source, key, seq });
            }
        }
        Ok(())
    }

    /// Every trace in order: no gap, every link, the head.
    fn audit(&mut self) -> Result<(), LedgerError> {
        let mut walk = Walk::new(Log::Audit);
        let mut statement =
            self.db.prepare("SELECT seq, at, actor, action, target, outcome, chain FROM audit ORDER BY seq")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (trace, link) = (read::audit_row(row)?, row.get(6)?);
            let previous = walk.advance(trace.seq, link, self.report);
            if audit_link(&previous, trace.seq, &trace.entry) != link {
                self.report.add(Fault::Chain { log: Log::Audit, seq: trace.seq });
            }
            self.report.audit += 1;
        }
        let (seq, chain) =
            self.db.query_row("SELECT audit_seq, audit_chain FROM head", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        walk.finish(seq, chain, self.report);
        Ok(())
    }

    fn records(&mut self) -> Result<(), LedgerError> {
        let mut walk = Walk::new(Log::Records);
        let mut newest: BTreeMap<(String, String), u32> = BTreeMap::new();
        let mut statement =
            self.db.prepare("SELECT seq, kind, id, ver, subject, at, actor, body, chain FROM record ORDER BY seq")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (found, link) = (record::row(row)?, row.get(8)?);
            let previous = walk.advance(found.seq, link, self.report);
            if record_link(&previous, found.seq, &found.entry) != link {
                self.report.add(Fault::Chain { log: Log::Records, seq: found.seq });
            }
            let ver = newest.entry((found.entry.kind, found.entry.id)).or_default();
            if found.entry.ver != *ver + 1 {
                self.report.add(Fault::Gap { log: Log::Records, after: found.seq - 1, found: found.seq });
            }
            *ver = found.entry.ver;
            self.report.records += 1;
        }
        let (seq, chain) =
            self.db.query_row("SELECT seq, chain FROM record_head", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        walk.finish(seq, chain, self.report);
        Ok(())
    }

    /// Version by version of each resource: numbers 1, 2, 3… in the order of the rows, and
    /// `current` at the last of them.
    fn resources(&mut self) -> Result<(), LedgerError> {
        let mut statement = self.db.prepare("SELECT rtype, id, ver, seq, op FROM version ORDER BY rtype, id, ver")?;
        let mut rows = statement.query([])?;
        let mut newest: Option<Version> = None;
        while let Some(row) = rows.next()? {
            let version = Version::read(row)?;
            let former = newest.take_if(|former| former.resource == version.resource);
            if former.is_none() {
                self.newest(newest.take())?;
            }
            self.numbering(former, &version);
            newest = Some(version);
        }
        self.newest(newest)
    }

    fn numbering(&mut self, former: Option<Version>, version: &Version) {
        let (expected, after) = former.map_or((1, 0), |former| (former.ver + 1, former.seq));
        let creation = version.op == Op::Create as u8;
        if version.ver != expected || version.seq <= after || creation != (version.ver == 1) {
            let (seq, found, resource) = (version.seq, version.ver, version.name());
            self.report.add(Fault::Numbering { seq, resource, expected, found });
        }
    }

    /// `current` points to the newest version of a resource and knows whether it is withdrawn.
    fn newest(&mut self, newest: Option<Version>) -> Result<(), LedgerError> {
        let Some(newest) = newest else { return Ok(()) };
        self.report.resources += 1;
        let mut statement =
            self.db.prepare_cached("SELECT seq, ver, deleted FROM current WHERE rtype = ?1 AND id = ?2")?;
        let (rtype, id) = &newest.resource;
        let listed: Option<(Seq, u32, bool)> =
            statement.query_row(params![rtype, id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        if listed != Some((newest.seq, newest.ver, newest.op == Op::Withdraw as u8)) {
            let (resource, recorded) = (newest.name(), listed.map(|listed| listed.0));
            self.report.add(Fault::Current { resource, recorded, newest: Some(newest.seq) });
        }
        self.carried_identifiers(&newest)
    }

    /// Each identifier of a newest version is attributed to its resource.
    fn carried_identifiers(&mut self, newest: &Version) -> Result<(), LedgerError> {
        let (rtype, id) = &newest.resource;
        for (system, value) in self.identifiers_at(newest.seq)? {
            let recorded = read::holder(self.db, rtype, &system, &value)?;
            if recorded.as_ref() != Some(id) {
                let (rtype, carried) = (rtype.clone(), Some(id.clone()));
                self.report.add(Fault::Identifier { rtype, system, value, recorded, carried });
            }
        }
        Ok(())
    }

    fn identifiers_at(&self, seq: Seq) -> Result<BTreeSet<(String, String)>, LedgerError> {
        let mut statement = self.db.prepare_cached("SELECT identifiers FROM version WHERE seq = ?1")?;
        let packed: Option<Vec<u8>> = statement.query_row([seq], |row| row.get(0)).optional()?;
        let pairs = unpack_pairs(packed.as_deref().unwrap_or_default()).unwrap_or_default();
        Ok(pairs.into_iter().map(|(system, value)| (system.to_owned(), value.to_owned())).collect())
    }

    /// No entry of `current` without a version.
    fn current(&mut self) -> Result<(), LedgerError> {
        let mut statement = self.db.prepare(
            "SELECT rtype, id, seq FROM current AS c
             WHERE NOT EXISTS (SELECT 1 FROM version AS v WHERE v.rtype = c.rtype AND v.id = c.id)",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let resource = format!("{}/{}", row.get::<_, String>(0)?, row.get::<_, String>(1)?);
            self.report.add(Fault::Current { resource, recorded: Some(row.get(2)?), newest: None });
        }
        Ok(())
    }

    /// No identifier attributed to a resource whose newest version does not carry it.
    fn identifiers(&mut self) -> Result<(), LedgerError> {
        let mut statement = self.db.prepare(
            "SELECT rtype, system, value, id,
                    (SELECT max(seq) FROM version AS v WHERE v.rtype = uniq.rtype AND v.id = uniq.id) FROM uniq",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let pair = (row.get(1)?, row.get(2)?);
            let newest: Option<Seq> = row.get(4)?;
            if !self.identifiers_at(newest.unwrap_or(0))?.contains(&pair) {
                let (rtype, recorded, (system, value)) = (row.get(0)?, Some(row.get(3)?), pair);
                self.report.add(Fault::Identifier { rtype, system, value, recorded, carried: None });
            }
        }
        Ok(())
    }

    /// No source key that the row it names did not give to that resource.
    fn source_keys(&mut self) -> Result<(), LedgerError> {
        let mut statement = self.db.prepare(
            "SELECT s.source, s.key, s.seq, v.source, v.rtype = s.rtype AND v.id = s.id
             FROM source AS s LEFT JOIN version AS v ON v.seq = s.seq",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (source, key): (String, String) = (row.get(0)?, row.get(1)?);
            let given: Option<Vec<u8>> = row.get(3)?;
            let same_resource: Option<bool> = row.get(4)?;
            let pairs = unpack_pairs(given.as_deref().unwrap_or_default()).unwrap_or_default();
            if same_resource != Some(true) || pairs != [(source.as_str(), key.as_str())] {
                self.report.add(Fault::SourceKey { source, key, seq: row.get(2)? });
            }
        }
        Ok(())
    }
}

/// Where the walk of one log stands. Links are compared with the link *stored* before them, so
/// that one altered row is one fault and not a fault on every row after it.
struct Walk {
    log: Log,
    seq: Seq,
    link: Link,
}

impl Walk {
    fn new(log: Log) -> Self {
        Self { log, seq: 0, link: ORIGIN }
    }

    /// Steps to the next row and gives the link it must follow.
    fn advance(&mut self, seq: Seq, link: Link, report: &mut CheckReport) -> Link {
        if seq != self.seq + 1 {
            report.add(Fault::Gap { log: self.log, after: self.seq, found: seq });
        }
        self.seq = seq;
        std::mem::replace(&mut self.link, link)
    }

    fn finish(self, recorded: Seq, chain: Link, report: &mut CheckReport) {
        if (recorded, chain) != (self.seq, self.link) {
            report.add(Fault::Head { log: self.log, recorded, last: self.seq });
        }
    }
}

/// One line of the index of versions.
struct Version {
    resource: (String, String),
    ver: u32,
    seq: Seq,
    op: u8,
}

impl Version {
    fn read(row: &Row) -> rusqlite::Result<Self> {
        Ok(Self { resource: (row.get(0)?, row.get(1)?), ver: row.get(2)?, seq: row.get(3)?, op: row.get(4)? })
    }

    fn name(&self) -> String {
        format!("{}/{}", self.resource.0, self.resource.1)
    }
}

/// The link the row should carry after `previous`.
fn recomputed(row: &Row, unpacker: &mut Unpacker, previous: &Link) -> Result<Link, LedgerError> {
    let version = read::version_row(row, unpacker)?;
    let entry = Entry {
        seq: version.seq,
        rtype: &version.rtype,
        id: &version.id,
        ver: version.ver,
        op: version.op,
        at: version.at,
        updated: version.updated,
        actor: &version.actor,
        audience_mask: version.audience_mask,
        policy_ver: version.policy_ver,
        identifiers: row.get_ref(11)?.as_blob().map_err(rusqlite::Error::from)?,
        source: row.get_ref(12)?.as_blob().map_err(rusqlite::Error::from)?,
        body: &version.body,
    };
    Ok(version_link(previous, &entry))
}

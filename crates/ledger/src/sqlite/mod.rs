//! The ledger of a single machine: one SQLite file in WAL mode.
//!
//! * One writing connection behind a lock, so this process writes one batch at a time; between
//!   processes SQLite's own lock decides (D65).
//! * A few reading connections: a reader sees one committed moment and never waits for a writer.
//! * `synchronous = FULL`: a batch that was acknowledged survives a power cut.

mod append;
mod check;
pub(crate) mod conditions;
mod error;
mod migrate;
pub(crate) mod open;
mod read;
mod record;
mod register;
mod session;

use std::ops::{ControlFlow, Deref};
use std::path::{Path, PathBuf};
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::body::Packer;
use crate::ledger::SourceKeys;
use crate::{
    AuditFilter, AuditRow, CheckReport, Client, EndSessions, Head, Ledger, LedgerError, NewAudit, NewRecord,
    NewVersion, RecordRow, Seq, SessionRow, VersionRow,
};

/// Reading connections kept open when idle; more are opened while more threads read.
const IDLE_READERS_MAX: usize = 8;

/// A ledger in a SQLite file.
pub struct SqliteLedger {
    path: PathBuf,
    writer: Mutex<Connection>,
    idle_readers: Mutex<Vec<Connection>>,
}

impl SqliteLedger {
    /// Opens the ledger at `path`, creating the file (readable by its owner only) when there is
    /// none, and applies the migrations it lacks. The directory must exist.
    ///
    /// # Errors
    /// [`Foreign`](LedgerError::Foreign), [`Newer`](LedgerError::Newer) or
    /// [`Altered`](LedgerError::Altered) for a file this program must not touch; otherwise when
    /// the file cannot be created, read or migrated.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        open::create_file(path)?;
        Self::open_existing(path)
    }

    /// Opens the ledger at `path`, never creating one: a misspelt path is not an empty ledger.
    ///
    /// # Errors
    /// [`Missing`](LedgerError::Missing) when there is no file, else as [`open`](Self::open).
    pub fn open_existing(path: &Path) -> Result<Self, LedgerError> {
        if !path.exists() {
            return Err(LedgerError::Missing(path.to_owned()));
        }
        // Readers open later: they must find the same file wherever the process stands then.
        let path = path.canonicalize().map_err(error::file)?;
        let mut writer = open::writer(&path)?;
        migrate::migrate(&mut writer)?;
        Ok(Self { path, writer: Mutex::new(writer), idle_readers: Mutex::new(Vec::new()) })
    }

    /// Refuses writes of this handle with [`Full`](LedgerError::Full) once the main file would
    /// exceed `bytes_max`; `None` lifts the limit. Rounded to whole pages, not kept in the file.
    ///
    /// # Errors
    /// When the engine cannot read.
    pub fn limit_file(&self, bytes_max: Option<u64>) -> Result<(), LedgerError> {
        open::limit_file(&self.writer.lock(), bytes_max)
    }

    /// Runs `work` in the one writing transaction; nothing of it remains when it fails.
    ///
    /// `BEGIN IMMEDIATE` takes the lock between processes before anything is read, so what
    /// `work` reads is still true when it commits.
    fn write<T>(&self, work: impl FnOnce(&Transaction) -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        let mut writer = self.writer.lock();
        let tx = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = work(&tx)?;
        tx.commit()?;
        Ok(result)
    }

    /// A connection to read with, put back when dropped.
    fn reader(&self) -> Result<Reader<'_>, LedgerError> {
        let idle = self.idle_readers.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open::reader(&self.path)?,
        };
        Ok(Reader { ledger: self, connection: Some(connection) })
    }
}

/// A reading connection on loan.
struct Reader<'a> {
    ledger: &'a SqliteLedger,
    connection: Option<Connection>,
}

impl Deref for Reader<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("taken only by drop")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut idle = self.ledger.idle_readers.lock();
        if idle.len() < IDLE_READERS_MAX {
            idle.extend(self.connection.take());
        }
    }
}

impl Ledger for SqliteLedger {
    fn head(&self) -> Result<Head, LedgerError> {
        read::head(&*self.reader()?)
    }

    fn append(&self, base: Seq, batch: &[NewVersion], audit: &[NewAudit]) -> Result<Head, LedgerError> {
        // Packed before the lock is taken: other writers wait for the disk only.
        let frames = pack(batch)?;
        self.write(|tx| {
            let head = append::versions(tx, base, batch, &frames)?;
            append::audit(tx, audit)?;
            Ok(head)
        })
    }

    fn audit(&self, audit: &[NewAudit]) -> Result<(), LedgerError> {
        self.write(|tx| append::audit(tx, audit))
    }

    fn tail_each(
        &self,
        after: Seq,
        limit: usize,
        each: &mut dyn FnMut(VersionRow) -> ControlFlow<()>,
    ) -> Result<(), LedgerError> {
        read::tail_each(&*self.reader()?, after, limit, each)
    }

    fn current(&self, rtype: &str, id: &str) -> Result<Option<VersionRow>, LedgerError> {
        read::current(&*self.reader()?, rtype, id)
    }

    fn history(&self, rtype: &str, id: &str) -> Result<Vec<VersionRow>, LedgerError> {
        read::history(&*self.reader()?, rtype, id)
    }

    fn holder(&self, rtype: &str, system: &str, value: &str) -> Result<Option<String>, LedgerError> {
        read::holder(&*self.reader()?, rtype, system, value)
    }

    fn source(&self, source: &str) -> Result<SourceKeys, LedgerError> {
        read::source(&*self.reader()?, source)
    }

    fn audit_tail(&self, after: Seq, limit: usize) -> Result<Vec<AuditRow>, LedgerError> {
        read::audit_tail(&*self.reader()?, after, limit)
    }

    fn audit_page(
        &self,
        filter: &AuditFilter,
        below: Seq,
        limit: usize,
        time: Duration,
    ) -> Result<(u64, Vec<AuditRow>), LedgerError> {
        // A connection of its own: the limit goes with it.
        let mut connection = open::reader(&self.path)?;
        conditions::limit_time(&mut connection, time)?;
        let moment = connection.unchecked_transaction()?;
        read::audit_page(&moment, filter, below, limit)
    }

    fn client(&self, id: &str) -> Result<Option<Client>, LedgerError> {
        register::client(&*self.reader()?, id)
    }

    fn clients(&self) -> Result<Vec<Client>, LedgerError> {
        register::clients(&*self.reader()?)
    }

    fn put_client_audited(&self, client: &Client, audit: &[NewAudit]) -> Result<(), LedgerError> {
        self.write(|tx| {
            register::put_client(tx, client)?;
            append::audit(tx, audit)
        })
    }

    fn append_records(&self, records: &[NewRecord], audit: &[NewAudit]) -> Result<(), LedgerError> {
        self.write(|tx| {
            record::append(tx, records)?;
            append::audit(tx, audit)
        })
    }

    fn record(&self, kind: &str, id: &str) -> Result<Option<RecordRow>, LedgerError> {
        record::newest(&*self.reader()?, kind, id)
    }

    fn records(&self, kind: &str, subject: Option<&str>) -> Result<Vec<RecordRow>, LedgerError> {
        record::list(&*self.reader()?, kind, subject)
    }

    fn record_history(&self, kind: &str, id: &str) -> Result<Vec<RecordRow>, LedgerError> {
        record::history(&*self.reader()?, kind, id)
    }

    fn session(&self, id_sha256: &[u8; 32]) -> Result<Option<SessionRow>, LedgerError> {
        session::find(&*self.reader()?, id_sha256)
    }

    fn open_session(
        &self,
        session: &SessionRow,
        former: Option<&[u8; 32]>,
        records: &[NewRecord],
        audit: &[NewAudit],
    ) -> Result<(), LedgerError> {
        self.write(|tx| {
            if let Some(former) = former {
                session::end(tx, EndSessions::One(former))?;
            }
            session::put(tx, session)?;
            record::append(tx, records)?;
            append::audit(tx, audit)
        })
    }

    fn replace_session(
        &self,
        former: &[u8; 32],
        session: &SessionRow,
        audit: &[NewAudit],
    ) -> Result<bool, LedgerError> {
        self.write(|tx| {
            let is_there = session::end(tx, EndSessions::One(former))? == 1;
            if is_there {
                session::put(tx, session)?;
                append::audit(tx, audit)?;
            }
            Ok(is_there)
        })
    }

    fn update_session(&self, session: &SessionRow) -> Result<bool, LedgerError> {
        self.write(|tx| session::update(tx, session))
    }

    fn end_sessions(&self, which: EndSessions<'_>, audit: &[NewAudit]) -> Result<usize, LedgerError> {
        self.write(|tx| {
            let ended = session::end(tx, which)?;
            append::audit(tx, audit)?;
            Ok(ended)
        })
    }

    fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, LedgerError> {
        register::meta(&*self.reader()?, key)
    }

    fn set_meta(&self, key: &str, value: &[u8]) -> Result<(), LedgerError> {
        self.write(|tx| register::set_meta(tx, key, value))
    }

    fn init_meta(&self, key: &str, value: &[u8]) -> Result<Vec<u8>, LedgerError> {
        self.write(|tx| register::init_meta(tx, key, value))
    }

    fn check(&self, progress: &mut dyn FnMut(Seq)) -> Result<CheckReport, LedgerError> {
        check::check(&open::thorough_reader(&self.path)?, progress)
    }
}

fn pack(batch: &[NewVersion]) -> Result<Vec<Vec<u8>>, LedgerError> {
    let mut packer = Packer::new().map_err(error::engine)?;
    let pack = |(index, new): (usize, &NewVersion)| match new.body.len() {
        bytes if bytes > crate::BODY_BYTES_MAX => Err(LedgerError::TooLarge { index, bytes }),
        _ => packer.pack(&new.body).map_err(error::engine),
    };
    batch.iter().enumerate().map(pack).collect()
}

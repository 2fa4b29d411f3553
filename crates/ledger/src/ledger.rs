//! What every engine of the ledger does.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::{
    AuditFilter, AuditRow, CheckReport, Client, EndSessions, Head, LedgerError, NewAudit, NewRecord, NewVersion,
    RecordRow, Seq, SessionRow, VersionRow,
};

/// Keys of one source, each with the (type, id) of its resource.
pub type SourceKeys = HashMap<String, (String, String)>;

/// The append-only record of every change.
///
/// Several processes may hold the same ledger open. A writer proves with `base` that it has
/// seen all the others wrote; a reader follows with [`tail`](Self::tail). Every method may be
/// called from any thread and blocks it; none may be called from an async task directly.
///
/// Rows come back with their text unpacked on the calling thread, so readers do not queue
/// behind one another.
pub trait Ledger: Send + Sync {
    /// Position and chain of the last row.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn head(&self) -> Result<Head, LedgerError>;

    /// Appends a batch with its traces: one transaction, one flush. Durable when it returns.
    ///
    /// All or nothing. Rows apply in order, each seeing the rows before it.
    ///
    /// # Errors
    /// [`HeadMoved`](LedgerError::HeadMoved) when the last row is no longer `base`, before any
    /// row is judged; then [`Conflict`](LedgerError::Conflict),
    /// [`Duplicate`](LedgerError::Duplicate), [`SourceTaken`](LedgerError::SourceTaken) for the
    /// first row at fault; [`Full`](LedgerError::Full) when there is no room.
    fn append(&self, base: Seq, batch: &[NewVersion], audit: &[NewAudit]) -> Result<Head, LedgerError>;

    /// Adds traces alone: a refused write is worth remembering too (D63).
    ///
    /// # Errors
    /// When the engine cannot write.
    fn audit(&self, audit: &[NewAudit]) -> Result<(), LedgerError>;

    /// Hands over the rows after `after`, in order, at most `limit`, until `each` says stop.
    ///
    /// All rows belong to one moment. `each` should be quick: while it runs, the engine keeps
    /// that moment readable.
    ///
    /// # Errors
    /// When the engine cannot read, or [`Corrupt`](LedgerError::Corrupt) at the first row that
    /// cannot be understood.
    fn tail_each(
        &self,
        after: Seq,
        limit: usize,
        each: &mut dyn FnMut(VersionRow) -> ControlFlow<()>,
    ) -> Result<(), LedgerError>;

    /// The rows after `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// As [`tail_each`](Self::tail_each).
    fn tail(&self, after: Seq, limit: usize) -> Result<Vec<VersionRow>, LedgerError> {
        let mut rows = Vec::new();
        self.tail_each(after, limit, &mut |row| {
            rows.push(row);
            ControlFlow::Continue(())
        })?;
        Ok(rows)
    }

    /// The newest version of a resource, also when it is a withdrawal.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn current(&self, rtype: &str, id: &str) -> Result<Option<VersionRow>, LedgerError>;

    /// Every version of a resource, oldest first; empty when it never existed.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn history(&self, rtype: &str, id: &str) -> Result<Vec<VersionRow>, LedgerError>;

    /// The (type, id) of the resource that holds, or held until withdrawn, this identifier.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn holder(&self, rtype: &str, system: &str, value: &str) -> Result<Option<String>, LedgerError>;

    /// Every key of one import source.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn source(&self, source: &str) -> Result<SourceKeys, LedgerError>;

    /// Traces after `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn audit_tail(&self, after: Seq, limit: usize) -> Result<Vec<AuditRow>, LedgerError>;

    /// How many traces `filter` lets through, and the newest of them below position `below`, newest first, at
    /// most `limit`; all of one moment.
    ///
    /// # Errors
    /// [`TooLong`](LedgerError::TooLong) when that took longer than `time`; when the engine cannot read.
    fn audit_page(
        &self,
        filter: &AuditFilter,
        below: Seq,
        limit: usize,
        time: Duration,
    ) -> Result<(u64, Vec<AuditRow>), LedgerError>;

    /// One client, revoked or not.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn client(&self, id: &str) -> Result<Option<Client>, LedgerError>;

    /// All clients, in the order of their ids.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn clients(&self) -> Result<Vec<Client>, LedgerError>;

    /// Adds a client, or replaces the one with its id.
    ///
    /// # Errors
    /// When the engine cannot write.
    fn put_client(&self, client: &Client) -> Result<(), LedgerError> {
        self.put_client_audited(client, &[])
    }

    /// [`put_client`](Self::put_client) with its traces, in one transaction.
    ///
    /// # Errors
    /// When the engine cannot write.
    fn put_client_audited(&self, client: &Client, audit: &[NewAudit]) -> Result<(), LedgerError>;

    /// Appends product records (D53) with their traces: one transaction, all or nothing.
    ///
    /// # Errors
    /// [`Conflict`](LedgerError::Conflict) for the first record that is not the next version of
    /// what stands, or is about something else; otherwise when the engine cannot write.
    fn append_records(&self, records: &[NewRecord], audit: &[NewAudit]) -> Result<(), LedgerError>;

    /// The newest version of one record.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn record(&self, kind: &str, id: &str) -> Result<Option<RecordRow>, LedgerError>;

    /// The newest version of each record of a kind, about `subject` or, with `None`, about
    /// anything; in the order in which these versions were written.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn records(&self, kind: &str, subject: Option<&str>) -> Result<Vec<RecordRow>, LedgerError>;

    /// Every version of one record, oldest first; empty when it never existed.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn record_history(&self, kind: &str, id: &str) -> Result<Vec<RecordRow>, LedgerError>;

    /// The session of this hash, its time over or not.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn session(&self, id_sha256: &[u8; 32]) -> Result<Option<SessionRow>, LedgerError>;

    /// Opens a session, ending `former` and appending records and traces in the same transaction.
    ///
    /// # Errors
    /// As [`append_records`](Self::append_records).
    fn open_session(
        &self,
        session: &SessionRow,
        former: Option<&[u8; 32]>,
        records: &[NewRecord],
        audit: &[NewAudit],
    ) -> Result<(), LedgerError>;

    /// Puts a session in the place of `former`, with traces, in the same transaction; `false` when
    /// `former` has ended meanwhile, and then nothing is written: what was ended does not live on
    /// under another name.
    ///
    /// # Errors
    /// When the engine cannot write.
    fn replace_session(&self, former: &[u8; 32], session: &SessionRow, audit: &[NewAudit])
    -> Result<bool, LedgerError>;

    /// Changes what an open session holds; `false` when it has ended meanwhile, and then nothing
    /// brings it back.
    ///
    /// # Errors
    /// When the engine cannot write.
    fn update_session(&self, session: &SessionRow) -> Result<bool, LedgerError>;

    /// Ends sessions, with traces; gives how many there were.
    ///
    /// # Errors
    /// When the engine cannot write.
    fn end_sessions(&self, which: EndSessions<'_>, audit: &[NewAudit]) -> Result<usize, LedgerError>;

    /// A setting of this ledger.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, LedgerError>;

    /// Sets or replaces a setting.
    ///
    /// # Errors
    /// When the engine cannot write.
    fn set_meta(&self, key: &str, value: &[u8]) -> Result<(), LedgerError>;

    /// Sets a setting unless it is set, and gives the value that stands: when two processes
    /// race to create a key, both end with the same one.
    ///
    /// # Errors
    /// When the engine cannot write.
    fn init_meta(&self, key: &str, value: &[u8]) -> Result<Vec<u8>, LedgerError>;

    /// Reads the whole ledger again and reports every contradiction; changes nothing.
    ///
    /// `progress` hears the position reached, every thousand rows or so and at the end.
    /// Writers go on meanwhile: the report is about the moment it began.
    ///
    /// # Errors
    /// When the engine cannot read. Damage found is not an error: it is in the report.
    fn check(&self, progress: &mut dyn FnMut(Seq)) -> Result<CheckReport, LedgerError>;
}

// Callers hold a `dyn Ledger`, so that the engine is a choice of configuration.
const _: fn(&dyn Ledger) = |_| {};

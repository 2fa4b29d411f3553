//! Opening the file: who may read it, how it is written, whether it is ours at all.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{error, migrate};
use crate::LedgerError;

/// How long a writer waits for a writer of another process. An import holds the file for one
/// batch at a time, far less.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Pages written to the log before they are copied to the file: 32 MiB, so that an import does
/// not pay that copy at each batch, and a restart replays little.
const CHECKPOINT_PAGES: i64 = 8_000;

/// The log is cut back to this size after a checkpoint, however long a reader made it grow.
const LOG_BYTES_KEPT: i64 = 64 * 1024 * 1024;

/// Page cache of a connection that works all over the file, the writer's and the check's, in
/// KiB (negative by SQLite's convention): identifiers and ids of a region arrive in any order.
const LARGE_CACHE_KIB: i64 = -64 * 1024;

/// Prepared statements kept by each connection: all of this crate's.
const STATEMENTS_KEPT: usize = 64;

/// Creates an empty file that only its owner reads, unless there is one; its log and shared
/// memory take their rights from it. It holds hashes of secrets and keys.
pub(crate) fn create_file(path: &Path) -> Result<(), LedgerError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => file.sync_all().and_then(|()| sync_directory(path)).map_err(error::file),
        Err(failure) if failure.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(failure) => Err(error::file(failure)),
    }
}

/// Without this, a power cut may forget the name of a file whose content is safe.
fn sync_directory(path: &Path) -> std::io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

/// The writing connection.
pub(super) fn writer(path: &Path) -> Result<Connection, LedgerError> {
    let connection = connect(path)?;
    migrate::identify(&connection)?;
    enter_wal(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_KEPT)?;
    connection.pragma_update(None, "cache_size", LARGE_CACHE_KIB)?;
    Ok(connection)
}

/// A connection that cannot write.
pub(crate) fn reader(path: &Path) -> Result<Connection, LedgerError> {
    let connection = connect(path)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// A connection that cannot write and is about to read everything.
pub(super) fn thorough_reader(path: &Path) -> Result<Connection, LedgerError> {
    let connection = reader(path)?;
    connection.pragma_update(None, "cache_size", LARGE_CACHE_KIB)?;
    Ok(connection)
}

/// See [`SqliteLedger::limit_file`](super::SqliteLedger::limit_file).
pub(super) fn limit_file(connection: &Connection, bytes_max: Option<u64>) -> Result<(), LedgerError> {
    let page_bytes: u64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    // 0 would ask for the limit instead of setting it; SQLite lowers what it cannot reach.
    let pages = bytes_max.map_or(u32::MAX - 1, |bytes| (bytes / page_bytes).clamp(1, u64::from(u32::MAX - 1)) as u32);
    connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    Ok(())
}

/// A connection that may write.
pub(crate) fn connect(path: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(connection)
}

/// Switches the file to WAL. SQLite does not wait for others in this one step, so two processes
/// that create a ledger together need to try again.
pub(crate) fn enter_wal(connection: &Connection) -> Result<(), LedgerError> {
    const ATTEMPTS: u32 = 200;
    const PAUSE: Duration = Duration::from_millis(25);
    for _ in 0..ATTEMPTS {
        let entered = connection
            .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0))
            .map_err(LedgerError::from);
        match entered {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => return Err(LedgerError::Corrupt(format!("journal mode {mode} instead of wal"))),
            Err(LedgerError::Busy) => sleep(PAUSE),
            Err(other) => return Err(other),
        }
    }
    Err(LedgerError::Busy)
}

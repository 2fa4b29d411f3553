//! What SQLite's failures mean to a caller who does not know SQLite.

use std::error::Error;

use rusqlite::{ErrorCode, ffi};

use crate::LedgerError;

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        match &error {
            E::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Self::Full,
                ErrorCode::SystemIoFailure if refused_to_grow(failure.extended_code) => Self::Full,
                ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Self::ReadOnly,
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
                ErrorCode::OperationInterrupted => Self::TooLong,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupt(error.to_string()),
                _ => engine(error),
            },
            E::InvalidColumnType(..)
            | E::IntegralValueOutOfRange(..)
            | E::FromSqlConversionFailure(..)
            | E::Utf8Error(..) => Self::Corrupt(error.to_string()),
            _ => engine(error),
        }
    }
}

/// A quota, a file size limit or a full shared-memory file shows as a write error, not as a
/// full disk. A truly broken disk shows the same way; for the caller it is the same refusal.
fn refused_to_grow(extended_code: i32) -> bool {
    matches!(extended_code, ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE)
}

/// A failure that only an operator can read.
pub(super) fn engine(error: impl Error + Send + Sync + 'static) -> LedgerError {
    LedgerError::Engine(Box::new(error))
}

/// A failure of the file system outside SQLite.
pub(super) fn file(error: std::io::Error) -> LedgerError {
    use std::io::ErrorKind as K;
    match error.kind() {
        K::StorageFull | K::QuotaExceeded | K::FileTooLarge => LedgerError::Full,
        K::PermissionDenied | K::ReadOnlyFilesystem => LedgerError::ReadOnly,
        _ => engine(error),
    }
}

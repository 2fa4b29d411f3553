//! Why the ledger refused or failed, without a word of any engine.

use std::error::Error;
use std::path::PathBuf;

use crate::Head;

/// Why an operation was refused or failed. A refused write left nothing behind.
///
/// `index` is the position in the batch of the first row at fault.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Somebody else wrote since `base`: tail up to this head, judge again, retry.
    #[error("the ledger is now at row {}", .0.seq)]
    HeadMoved(Head),
    /// The row expected another version of its resource than `current`.
    #[error("row {index} of the batch does not apply: current version {current:?}")]
    Conflict {
        /// Row at fault.
        index: usize,
        /// Version that stands; `None` when the resource does not exist.
        current: Option<u32>,
    },
    /// The identifier belongs to another resource of the type, perhaps withdrawn.
    #[error("row {index} of the batch claims an identifier held by {rtype}/{id}")]
    Duplicate {
        /// Row at fault.
        index: usize,
        /// System of the identifier.
        system: String,
        /// Value of the identifier.
        value: String,
        /// Type of the holder.
        rtype: String,
        /// Logical id of the holder.
        id: String,
    },
    /// The source key belongs to another resource that is not withdrawn.
    #[error("row {index} of the batch claims a key of source {source_name} held by {rtype}/{id}")]
    SourceTaken {
        /// Row at fault.
        index: usize,
        /// Name of the source.
        source_name: String,
        /// Key within the source.
        key: String,
        /// Type of the holder.
        rtype: String,
        /// Logical id of the holder.
        id: String,
    },
    /// The body is larger than [`BODY_BYTES_MAX`](crate::BODY_BYTES_MAX).
    #[error("row {index} of the batch has a body of {bytes} bytes")]
    TooLarge {
        /// Row at fault.
        index: usize,
        /// Its size.
        bytes: usize,
    },
    /// No room left for the write. Reads go on; writes work again once there is room.
    #[error("no room left to write the ledger")]
    Full,
    /// The file or its directory cannot be written by this process.
    #[error("the ledger cannot be written")]
    ReadOnly,
    /// Another process held the ledger for longer than a writer waits.
    #[error("the ledger is busy")]
    Busy,
    /// The reading took longer than it was given.
    #[error("the reading took too long")]
    TooLong,
    /// There is no ledger at this place.
    #[error("no ledger at {}", .0.display())]
    Missing(PathBuf),
    /// The file belongs to another program.
    #[error("the file is not a ledger")]
    Foreign,
    /// A newer program has migrated this ledger.
    #[error("the ledger has migration {found}, this program knows {known}")]
    Newer {
        /// Highest migration applied to the ledger.
        found: u32,
        /// Highest migration this program knows.
        known: u32,
    },
    /// A migration applied to this ledger is not the one this program knows by that number.
    #[error("migration {0} of the ledger is not the one of this program")]
    Altered(u32),
    /// The content contradicts itself; see [`Ledger::check`](crate::Ledger::check).
    #[error("the ledger is damaged: {0}")]
    Corrupt(String),
    /// Any other failure of the engine.
    #[error("the storage engine failed")]
    Engine(#[source] Box<dyn Error + Send + Sync>),
}

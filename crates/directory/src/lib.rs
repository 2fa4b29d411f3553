//! The directory as a service: write path, tail of the ledger, snapshots.

//! The read model: snapshots, views, search.

//! The read model: everything a search or a read answers from, in memory.
//!
//! A [`Snapshot`] is immutable and shares all that did not change with the one before it.
//! Nothing in it can be read without a [`View`], which holds one audience and shows exactly
//! what the directory would hold if it held only that audience's projections.
//!
//! It knows neither who is asking, nor SQL, HTTP, clocks or chance. It is disposable:
//! `ror-directory` builds it again from the ledger.

mod body;
mod document;
mod evaluate;
mod eyes;
mod ids;
mod include;
mod order;
mod plan;
mod posting;
mod records;
mod score;
mod shared;
mod snapshot;
mod tally;
mod terms;
mod values;
mod view;

pub use document::{Document, DocumentGroup, Stamp};
pub use evaluate::Explained;
pub use order::{Anchor, Direction};
pub use snapshot::{Former, Snapshot};
pub use tally::Tally;
pub use view::{Hit, Page, SearchError, View};

//! What proves the directory right: corpora made up at random, an oracle that answers by
//! brute force, and pairs of worlds that one audience must not tell apart.
//!
//! * [`corpus`]: plausible resources, with everything that may go wrong in them.
//! * [`step`]: what happens to a directory: writes, imports, restarts, a second process.
//! * [`World`]: a directory on a ledger of its own, with an imposed clock.
//! * [`Ask`]: a search that can be written as a request *and* understood by the oracle.
//! * [`Oracle`]: reads the ledger, projects everything, and walks JSON.
//! * [`pair`]: two worlds that one audience must not tell apart.
//! * [`http`]: a world over HTTP, asked by clients of each profile.
//! * [`answers()`]: all that one caller can learn, as text to compare.
//!
//! # Adding to the mix
//!
//! * *A search parameter*: one row in `ask/tables.rs` (name, where it is read), its values in
//!   `ask/vocabulary.rs`. The oracle, the comparisons and the non-interference then use it.
//! * *An element*: put it in `corpus/`, with a value that is only there when it should be
//!   hidden, so that a leak changes an answer.
//! * *A kind of write*: a variant of [`Step`](step::Step), with what [`World::run`] does for it.
//! * *An interaction or an endpoint*: append its whole answer, status and headers included,
//!   to what [`answers()`] collects; non-interference then holds for it or the test fails.
//!
//! `PROPTEST_CASES` scales every property; a failure prints the smallest corpus found.
//!
//! The oracle trusts `ror-confidentiality` for what a projection is, `ror-fhir` for what a date
//! is, `ror-terminology` for labels, families and value sets; it shares no code with the index,
//! nor with how terms are read.

mod answers;
mod ask;
pub mod corpus;
mod facets;
mod geography;
pub mod http;
mod oracle;
pub mod pair;
pub mod sealed;
pub mod step;
mod walk;
mod world;

pub use answers::answers;
pub use ask::{Ask, AskInclude, AskTest, Bound, Expr, How, Term, Token, Writing, ask, ask_with};
pub use facets::facet_agrees;
pub use geography::FewCommunes;
pub use oracle::{Answer, Key, Oracle, Seen, key};
pub use walk::walk;
pub use world::{Slot, World, grant};

use proptest::prelude::ProptestConfig;

/// Settings of a property: so many cases, unless `PROPTEST_CASES` asks for another number.
pub fn config(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let cases = asked.unwrap_or(cases);
    ProptestConfig { cases, max_shrink_iters: 4_000, failure_persistence: None, ..ProptestConfig::default() }
}

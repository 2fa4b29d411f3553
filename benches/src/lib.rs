//! What the benchmarks share: data, a directory loaded with it, the machine, tables.
//!
//! * `import`: files to a searchable directory, beside reading alone and the disk alone.
//! * `search`: the query mix in process.
//! * `http`: answers beside nginx serving files of the same bytes.
//! * `pages`: how long pages for people take, beside the same.
//! * `peer`: the query mix beside PostgreSQL asked the same.
//! * `validate`: an offer judged by the guide, beside reading its bytes.
//!
//! Each prints ratios of one run, because machines are noisy; none fails for being slow. A wrong
//! answer does stop it: a rate of errors measures nothing.

pub mod data;
pub mod draw;
pub mod machine;
pub mod nginx;
pub mod peer;
pub mod postgres;
pub mod queries;
pub mod report;
pub mod web;
pub mod world;

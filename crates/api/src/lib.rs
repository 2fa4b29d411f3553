//! FHIR over HTTP.
//!
//! * [`Site`]: every address, with one [`ApiState`] behind.
//! * [`endpoints`]: the list of those addresses, for tests that must leave none out.
//! * [`serve`]: takes connections until told to stop; [`Doors`] let it begin before the data
//!   are read, with [`starting`] in the place of the site.
//!
//! A request becomes a `Grant` (crate `identity`), its parameters a typed query (crate
//! `search`), the answer one buffer copied from a view of the present snapshot (crate
//! `index`). Changes go through the directory. Refusals are made in one file, `outcome`.
//!
//! This crate decides nothing about who sees what, and reads no body that it serves.

mod answer;
mod audit;
mod blocking;
mod bundle;
mod call;
mod capabilities;
mod compression;
mod conformance;
mod create;
mod cursor;
mod discovery;
mod doors;
mod elements;
mod export;
mod facets;
mod health;
mod limits;
mod metrics;
mod negotiation;
mod outcome;
mod patience;
mod peer;
mod prune;
mod read;
mod request;
mod route;
mod router;
mod search;
mod serve;
mod starting;
mod state;
mod terminology;
mod tls;
mod token;
mod trace;
mod update;
mod validate;
mod work;
mod write;

pub use doors::{Doors, Site};
pub use export::Exports;
pub use limits::Limits;
pub use outcome::SYSTEM as ERROR_SYSTEM;
pub use peer::Proxies;
pub use router::endpoints;
pub use serve::{Connections, serve};
pub use starting::starting;
pub use state::{ApiState, Services, Settings};
pub use tls::{Material, Security, TlsError};

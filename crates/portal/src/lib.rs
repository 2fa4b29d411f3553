//! The pages for people: search, results, sheets, state of the service.
//!
//! * [`router`]: every address of the portal, with one [`PortalState`] behind; [`starting`]: what
//!   answers until there is one.
//! * `pages`: one folder per page; `components`: one folder per piece of page, each with its
//!   template, options, examples and tests.
//! * `question`: from what is typed to what is asked; `find`: from what is asked to results;
//!   `sheet`: from resources to what a sheet shows.
//!
//! * `visitor`: who reads; `people`: signing in and out, acting as.
//!
//! Everything is read through the view of a grant that `ror-identity` gives, to the public or to
//! a person under the one right they act under (D32), so a page shows nothing that the API would
//! hide from that access profile. This crate knows nothing of the ledger. Pages work without scripts; the script only suggests.

mod assets;
mod components;
mod cookies;
mod digest;
mod find;
mod forms;
mod french;
mod lanes;
mod map;
mod needs;
mod outlines;
mod pages;
mod people;
mod place;
mod question;
mod respond;
mod router;
mod sheet;
mod state;
mod tiles;
mod times;
mod traces;
mod visitor;

pub use router::{router, starting};
pub use state::{PortalState, Services, Settings};
pub use tiles::{Tiles, TilesError};

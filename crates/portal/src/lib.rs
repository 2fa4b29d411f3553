//! The pages for people: search, results, sheets, state of the service.
//!
//! * [`router`]: every address of the portal, with one [`PortalState`] behind; [`starting`]: what
//!   answers until there is one.
//! * `pages`: one folder per page; `components`: one folder per piece of page, each with its
//!   template, options, examples and tests.
//! * `question`: from what is typed to what is asked; `find`: from what is asked to results;
//!   `sheet`: from resources to what a sheet shows.
//!
//! Everything is read through the view of a grant that `ror-identity` gives to the public, so
//! a page shows nothing that the API would hide from profile 0. This crate knows nothing of
//! the ledger and writes nothing. Pages work without scripts; the script only suggests.

mod assets;
mod components;
mod digest;
mod find;
mod french;
mod map;
mod needs;
mod outlines;
mod pages;
mod place;
mod question;
mod respond;
mod router;
mod sheet;
mod state;
mod tiles;
mod times;

pub use router::{router, starting};
pub use state::{PortalState, Services, Settings};
pub use tiles::{Tiles, TilesError};

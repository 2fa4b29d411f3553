//! Communes, departments and regions (code officiel géographique), with positions; intercommunalities.
//!
//! [`Cog::embedded`] is the vintage inside the program; [`read`] reads the same tables for a newer year,
//! which the server then keeps as [`Cog::to_bytes`].

mod epci;
mod locality;
mod packed;
mod read;
mod table;
#[cfg(test)]
mod tests;

pub use epci::{Epci, EpciError, EpciTable};
pub use packed::PackedError;
pub use read::{FileKind, kind_of_header, read};
pub use table::{
    Cog, Commune, CommuneKind, Departement, FinessCommuneError, Former, FormerKind, Position, Region, Resolved,
};

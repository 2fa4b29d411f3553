//! Communes, departments and regions (code officiel géographique), with positions.

mod table;

pub use table::Position;

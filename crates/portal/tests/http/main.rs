//! The pages over HTTP, on an invented territory.

mod closings;
mod common;
mod help;
mod hidden;
mod hostile;
mod limits;
mod matrix;
mod pages;
mod people;
mod providers;
mod traces;
mod unplaced;

//! Code and data generation, repository checks.
fn main() {}

//! Code systems and value sets of the directory, embedded and versioned.

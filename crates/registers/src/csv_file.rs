//! Separated-value files: encoding and separator detected, columns found by name.

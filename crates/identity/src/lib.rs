//! Clients, tokens and grants.

//! Who may see what: audiences, facts, policy table, projections, grants.

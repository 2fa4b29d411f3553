//! FINESS, SAE, COG: read, reconcile, propose changes with findings.

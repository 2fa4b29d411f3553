//! FHIR over HTTP.

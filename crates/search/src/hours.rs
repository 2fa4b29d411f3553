//! Opening hours (D14).

use ror_fhir::Instant;

/// When an offer is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours;

impl Hours {
    /// Whether it is open at that moment, in that time zone.
    pub fn is_open_at(&self, _at: Instant, _zone: &str) -> bool {
        false
    }
}

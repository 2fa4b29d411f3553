//! One request, understood: who asks, where from, and in which form to answer.

use axum::http::{HeaderMap, HeaderName};
use ror_confidentiality::Grant;
use ror_fhir::Instant;
use ror_search::{Handling, Query, ResourceType};

use crate::negotiation::{Encoding, Format, Prefer};
use crate::outcome::{Fault, Issue};
use crate::state::ApiState;

/// What every interaction works with.
pub(crate) struct Call {
    pub(crate) state: ApiState,
    pub(crate) grant: Grant,
    /// Whether the caller is known: without token, it is the public.
    pub(crate) has_token: bool,
    pub(crate) headers: HeaderMap,
    /// `scheme://host[:port]` and the base path that the client used (D16).
    pub(crate) base: String,
    /// The parameters of the address.
    pub(crate) pairs: Vec<(String, String)>,
    pub(crate) prefer: Prefer,
    pub(crate) format: Format,
    pub(crate) encoding: Option<Encoding>,
    pub(crate) now: Instant,
}

/// What the caller declares about its user: recorded, never a right (D16).
pub(crate) const DECLARED: [HeaderName; 4] = [
    HeaderName::from_static("ror-profil-utilisateur-code"),
    HeaderName::from_static("ror-profil-utilisateur-system"),
    HeaderName::from_static("ror-role-metier-code"),
    HeaderName::from_static("ror-role-metier-system"),
];

impl Call {
    /// Strict mode wants the four declaring headers on reads of content (D16).
    pub(crate) fn check_declared(&self) -> Result<(), Fault> {
        if self.prefer.handling == Handling::Lenient {
            return Ok(());
        }
        let missing: Vec<Issue> = DECLARED
            .iter()
            .filter(|name| !self.headers.contains_key(*name))
            .map(|name| {
                let text = format!("En-tête {name} exigé en mode strict.");
                Issue::error("required", "missing-header", text).at(name.as_str())
            })
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(Fault::all(axum::http::StatusCode::BAD_REQUEST, missing)) }
    }

    /// Reads search parameters (D3).
    pub(crate) fn query(&self, rtype: ResourceType, pairs: &[(String, String)]) -> Result<Query, Fault> {
        let services = &self.state.inner.services;
        ror_search::parse(
            rtype,
            pairs,
            self.prefer.handling,
            services.registry,
            services.terminology,
            &*services.geography,
        )
        .map_err(|errors| Fault::query(&errors))
    }
}

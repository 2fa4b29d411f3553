//! What the query language must know of the map, handed in by whoever holds it.

/// The official geographic code, as far as a request needs it (D11, D12).
pub trait Geography: Send + Sync {
    /// The codes that a commune code also stands for: the arrondissements of Paris, Lyon
    /// and Marseille, the commune that absorbed a former one, and the reverse. The code
    /// itself is not repeated.
    fn also(&self, commune: &str) -> Vec<String>;

    /// Latitude and longitude of the town hall of a commune, else its centroid (D11).
    fn position(&self, commune: &str) -> Option<(f64, f64)> {
        let _ = commune;
        None
    }

    /// The territory a commune lies in.
    fn territory(&self, commune: &str) -> Option<Territory> {
        let _ = commune;
        None
    }
}

/// What a commune lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Territory {
    /// Code of the département.
    pub departement: String,
    /// Code of the region.
    pub region: String,
    /// SIREN of the intercommunality, when there is one.
    pub epci: Option<String>,
}

/// Knows no commune: each code stands for itself.
#[derive(Debug, Default)]
pub struct NoGeography;

impl Geography for NoGeography {
    fn also(&self, _commune: &str) -> Vec<String> {
        Vec::new()
    }
}

/// The time zone of a département (D14).
pub fn zone_of_departement(_code: &str) -> &'static str {
    "Europe/Paris"
}

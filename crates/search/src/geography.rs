//! What the query language must know of the map, handed in by whoever holds it.

/// The official geographic code, as far as a request needs it (D11, D12).
pub trait Geography: Send + Sync {
    /// The codes that a commune code also stands for: the arrondissements of Paris, Lyon
    /// and Marseille, the commune that absorbed a former one, and the reverse. The code
    /// itself is not repeated.
    fn also(&self, commune: &str) -> Vec<String>;
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

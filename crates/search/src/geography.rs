//! What the query language must know of the map, handed in by whoever holds it.

/// The official geographic code, as far as a request needs it (D11, D12).
pub trait Geography: Send + Sync {
    /// The codes that a commune code also stands for: the arrondissements of Paris, Lyon
    /// and Marseille, the commune that absorbed a former one, and the reverse. The code
    /// itself is not repeated.
    fn also(&self, commune: &str) -> Vec<String>;

    /// Where a commune is: its town hall, else its centroid (D11); former and arrondissement codes too.
    /// Latitude, longitude.
    fn position(&self, commune: &str) -> Option<(f64, f64)>;

    /// The territories that a commune lies in; former and arrondissement codes too.
    fn territory(&self, commune: &str) -> Option<Territory>;

    /// The name of an intercommunality, by its code; none where names are not held.
    fn epci_name(&self, _epci: &str) -> Option<String> {
        None
    }
}

/// What a commune lies in, by the official codes: INSEE for the département and the region, SIREN for
/// the intercommunality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Territory {
    /// The département, or the overseas collectivity: `01`, `2A`, `976`, `987`.
    pub departement: String,
    /// The region; an overseas collectivity is its own, as in the list of regions (TRE R30).
    pub region: String,
    /// The intercommunality with its own taxes. A few islands and the overseas collectivities have none.
    pub epci: Option<String>,
}

/// Knows no commune: each code stands for itself, and lies nowhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoGeography;

impl Geography for NoGeography {
    fn also(&self, _commune: &str) -> Vec<String> {
        Vec::new()
    }

    fn position(&self, _commune: &str) -> Option<(f64, f64)> {
        None
    }

    fn territory(&self, _commune: &str) -> Option<Territory> {
        None
    }
}

/// The time zone (IANA name) of a département or overseas collectivity, by its INSEE code: opening hours
/// are local to the place (D14). French Polynesia has one code, so one zone here, though the Marquesas and
/// the Gambier Islands are ahead of Tahiti. Every other code is on the time of Paris.
///
/// ```
/// use ror_search::zone_of_departement;
/// assert_eq!(zone_of_departement("976"), "Indian/Mayotte");
/// assert_eq!(zone_of_departement("2A"), "Europe/Paris");
/// ```
pub fn zone_of_departement(code: &str) -> &'static str {
    match code {
        "971" => "America/Guadeloupe",
        "972" => "America/Martinique",
        "973" => "America/Cayenne",
        "974" => "Indian/Reunion",
        "975" => "America/Miquelon",
        "976" => "Indian/Mayotte",
        "977" => "America/St_Barthelemy",
        "978" => "America/Marigot",
        "984" => "Indian/Kerguelen",
        "986" => "Pacific/Wallis",
        "987" => "Pacific/Tahiti",
        "988" => "Pacific/Noumea",
        _ => "Europe/Paris",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d14_each_overseas_territory_has_its_hours() {
        let overseas = ["971", "972", "973", "974", "975", "976", "977", "978", "984", "986", "987", "988"];
        let zones: std::collections::BTreeSet<_> = overseas.map(zone_of_departement).into();
        assert_eq!(zones.len(), overseas.len(), "one zone each");
        assert!(!zones.contains("Europe/Paris"));
        assert_eq!(zone_of_departement("974"), "Indian/Reunion");
        for code in ["01", "2A", "2B", "75", "95", "", "97", "9741", "inconnu"] {
            assert_eq!(zone_of_departement(code), "Europe/Paris", "{code}");
        }
    }
}

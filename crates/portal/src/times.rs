//! Which pages are measured: what the state of the service tells of each (D79). Only pages that anyone may ask
//! for.

use ror_identity::Meter;

/// A kind of page that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Home,
    Search,
    Sheets,
    Suggestions,
}

impl Service {
    pub(crate) const ALL: [Self; 4] = [Self::Home, Self::Search, Self::Sheets, Self::Suggestions];

    /// The service that answers at that path.
    pub(crate) fn at(path: &str) -> Option<Self> {
        match path {
            "/" => Some(Self::Home),
            "/recherche" => Some(Self::Search),
            "/api/suggestions" => Some(Self::Suggestions),
            _ if path.starts_with("/offre/") || path.starts_with("/structure/") => Some(Self::Sheets),
            _ => None,
        }
    }

    /// What it is called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Home => "Accueil",
            Self::Search => "Recherche",
            Self::Sheets => "Fiches",
            Self::Suggestions => "Suggestions",
        }
    }
}

/// What is measured, by service.
#[derive(Default)]
pub(crate) struct Times([Meter; Service::ALL.len()]);

impl Times {
    /// The measures of one service.
    pub(crate) const fn of(&self, service: Service) -> &Meter {
        &self.0[service as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_for_all_are_measured() {
        let services = ["/", "/recherche", "/offre/84/1", "/structure/1", "/api/suggestions"];
        assert!(services.into_iter().all(|path| Service::at(path).is_some()));
        assert!(["/etat", "/fichiers/x.css", "/fhir/Location"].into_iter().all(|path| Service::at(path).is_none()));
    }
}

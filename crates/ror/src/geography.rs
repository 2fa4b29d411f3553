//! The official geographic code in force: the one loaded, else the one inside the program.

use anyhow::Context as _;
use ror_ledger::Ledger;
use ror_registers::cog::{Cog, CommuneKind, EpciTable, Resolved};
use ror_search::{Geography, Territory};

/// Where a loaded code is kept.
const META: &str = "cog";

/// The code in force.
pub(crate) enum Communes {
    Embedded(&'static Cog),
    Loaded(Box<Cog>),
}

impl Communes {
    pub(crate) fn embedded() -> Self {
        Self::Embedded(Cog::embedded())
    }

    pub(crate) fn read(ledger: &dyn Ledger) -> anyhow::Result<Self> {
        Ok(match ledger.meta(META)? {
            Some(bytes) => {
                Self::Loaded(Box::new(Cog::from_bytes(&bytes).context("code officiel géographique chargé")?))
            }
            None => Self::embedded(),
        })
    }

    pub(crate) fn store(ledger: &dyn Ledger, cog: &Cog) -> anyhow::Result<()> {
        Ok(ledger.set_meta(META, &cog.to_bytes())?)
    }

    /// The code for the life of the program: loaded once, it is never freed.
    pub(crate) fn for_good(self) -> &'static Cog {
        match self {
            Self::Embedded(cog) => cog,
            Self::Loaded(cog) => Box::leak(cog),
        }
    }

    pub(crate) fn cog(&self) -> &Cog {
        match self {
            Self::Embedded(cog) => cog,
            Self::Loaded(cog) => cog,
        }
    }
}

impl Geography for Communes {
    /// The arrondissements of a commune, what absorbed a former one, and the reverse (D12).
    fn also(&self, commune: &str) -> Vec<String> {
        let cog = self.cog();
        let mut also: Vec<String> = cog.members(commune).map(|member| member.code.to_string()).collect();
        if let Some(Resolved::Former(_, current)) = cog.resolve(commune) {
            also.push(current.code.to_string());
        }
        also.extend(cog.absorbed(commune).map(|former| former.code.to_string()));
        also.retain(|code| code != commune);
        also.sort_unstable();
        also.dedup();
        also
    }

    fn position(&self, commune: &str) -> Option<(f64, f64)> {
        let position = self.cog().commune(commune)?.position()?;
        Some((position.latitude, position.longitude))
    }

    /// Regions as the list of regions counts them (TRE R30): an overseas collectivity is its own, though
    /// Saint-Martin and Saint-Barthélemy share the agency of Guadeloupe.
    fn territory(&self, commune: &str) -> Option<Territory> {
        let cog = self.cog();
        let commune = cog.commune(commune)?;
        let departement = commune.departement();
        let region = match commune.kind {
            CommuneKind::Collectivite => departement,
            CommuneKind::Commune | CommuneKind::Arrondissement { .. } => commune.region()?,
        };
        Some(Territory {
            departement: departement.to_owned(),
            region: region.to_owned(),
            epci: EpciTable::embedded().of(commune, cog).map(|epci| epci.code.to_string()),
        })
    }

    fn epci_name(&self, epci: &str) -> Option<String> {
        EpciTable::embedded().get(epci).map(|epci| epci.name.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d12_a_code_stands_for_its_parts_and_its_past() {
        let communes = Communes::embedded();
        assert_eq!(communes.also("75056").len(), 20);
        assert!(communes.also("69123").contains(&"69381".to_owned()));
        // Arbignieu became part of Arboys-en-Bugey, which kept its code; Saint-Bois did not.
        assert!(communes.also("01340").contains(&"01015".to_owned()));
        assert!(communes.also("01015").contains(&"01340".to_owned()));
        assert_eq!(communes.also("99999"), Vec::<String>::new());
    }

    #[test]
    fn a_commune_lies_in_its_territories() {
        let communes = Communes::embedded();
        let told = |code: &str| {
            let Territory { departement, region, epci } = communes.territory(code)?;
            Some(format!("{departement} {region} {}", epci.as_deref().unwrap_or("none")))
        };
        for (code, expected) in [
            ("01053", Some("01 84 200071751")),
            ("75112", Some("75 11 200054781")),
            ("75056", Some("75 11 200054781")),
            // Saint-Bois, now in Arboys en Bugey.
            ("01340", Some("01 84 200040350")),
            ("2A004", Some("2A 94 242010056")),
            ("97608", Some("976 06 200050532")),
            // Ouessant belongs to no intercommunality.
            ("29155", Some("29 53 none")),
            ("97801", Some("978 978 none")),
            ("98735", Some("987 987 none")),
            ("99999", None),
            ("", None),
        ] {
            assert_eq!(told(code).as_deref(), expected, "{code}");
        }
        assert_eq!(communes.epci_name("200071751").as_deref(), Some("CA du Bassin de Bourg-en-Bresse"));
        assert_eq!(communes.epci_name("010000024"), None);
    }

    #[test]
    fn d11_a_commune_is_where_its_town_hall_is() {
        let communes = Communes::embedded();
        assert_eq!(communes.position("75056"), Some((48.856_59, 2.342_92)));
        assert_ne!(communes.position("75112"), communes.position("75056"));
        assert_eq!(communes.position("01340"), communes.position("01015"), "a former commune: what it belongs to");
        assert!(communes.position("97608").is_some());
        // On no map of the program, or no commune.
        assert_eq!((communes.position("97801"), communes.position("99999")), (None, None));
    }
}

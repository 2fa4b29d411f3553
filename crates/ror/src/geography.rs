//! The official geographic code in force: the one loaded, else the one inside the program.

use anyhow::Context as _;
use ror_ledger::Ledger;
use ror_registers::cog::{Cog, Resolved};
use ror_search::Geography;

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
}

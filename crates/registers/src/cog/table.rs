//! The table itself and its lookups. Depends on no other register code, so that search can take it
//! as it is.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::locality::{self, Locality};

/// A point on the ground, WGS 84, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// −90 to 90, north positive.
    pub latitude: f64,
    /// −180 to 180, east positive.
    pub longitude: f64,
}

/// Mean radius of the Earth (D11).
const EARTH_RADIUS_M: f64 = 6_371_008.8;

impl Position {
    /// Great-circle distance in metres, on the sphere of D11.
    pub fn metres_to(self, other: Self) -> f64 {
        let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
        let cosines = self.latitude.to_radians().cos() * other.latitude.to_radians().cos();
        let chord = half(self.latitude - other.latitude) + cosines * half(self.longitude - other.longitude);
        2.0 * EARTH_RADIUS_M * chord.sqrt().min(1.0).asin()
    }
}

/// What an INSEE code of five characters in force stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommuneKind {
    /// A commune of the métropole or of a DROM.
    Commune,
    /// An arrondissement of Paris, Lyon or Marseille.
    Arrondissement {
        /// INSEE code of the city.
        commune: Box<str>,
    },
    /// A commune, or what stands for one, of an overseas collectivity.
    Collectivite,
}

/// A commune or arrondissement in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Commune {
    /// INSEE code.
    pub code: Box<str>,
    /// Name with accents and article.
    pub name: Box<str>,
    /// What the code stands for.
    pub kind: CommuneKind,
    /// Legal municipal population.
    pub population: Option<u32>,
    /// Centre of the territory.
    pub centroid: Option<Position>,
    /// The town hall.
    pub town_hall: Option<Position>,
    pub(super) postal_codes: Box<str>,
    pub(super) region: Option<Box<str>>,
}

impl Commune {
    /// Its postal codes; many to many (a postal code has several communes too), CEDEX codes left out.
    pub fn postal_codes(&self) -> impl Iterator<Item = &str> {
        self.postal_codes.split('|').filter(|code| !code.is_empty())
    }

    /// INSEE code of its department or overseas collectivity.
    pub fn departement(&self) -> &str {
        departement_of(&self.code)
    }

    /// INSEE code of its region. Saint-Martin and Saint-Barthélemy go with Guadeloupe (01), whose agency and
    /// FINESS department they share; the other overseas collectivities have no region.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The town hall, else the centroid (D11).
    pub fn position(&self) -> Option<Position> {
        self.town_hall.or(self.centroid)
    }
}

/// How a former code came to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormerKind {
    /// Commune déléguée of a commune nouvelle.
    Deleguee,
    /// Commune associée.
    Associee,
    /// Code that Saint-Martin and Saint-Barthélemy had as communes of Guadeloupe, until 2007; FINESS still writes it.
    Collectivite,
}

/// A former commune and the one it belongs to now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    /// Its INSEE code. For the chief town of a commune nouvelle, also the code of the latter.
    pub code: Box<str>,
    /// Its name.
    pub name: Box<str>,
    /// What became of it.
    pub kind: FormerKind,
    /// INSEE code of the commune it belongs to now.
    pub current: Box<str>,
}

/// A department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departement {
    /// INSEE code: `01`, `2A`, `971`.
    pub code: Box<str>,
    /// Name.
    pub name: Box<str>,
    /// INSEE code of its region.
    pub region: Box<str>,
    /// INSEE code of its chief town.
    pub chef_lieu: Box<str>,
    /// First characters of the FINESS numbers created there: `01`, `9701`.
    pub finess_prefix: Box<str>,
    /// Code that FINESS files give it: `01`, `9A`.
    pub finess_code: Box<str>,
    /// Population.
    pub population: Option<u32>,
}

/// A region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// INSEE code, also its code in TRE_R30.
    pub code: Box<str>,
    /// Name.
    pub name: Box<str>,
    /// INSEE code of its chief town.
    pub chef_lieu: Box<str>,
    /// Population.
    pub population: Option<u32>,
}

/// What a code stands for today.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resolved<'a> {
    /// A commune, arrondissement or collectivity in force.
    Current(&'a Commune),
    /// A former code, and the commune it belongs to now.
    Former(&'a Former, &'a Commune),
}

impl<'a> Resolved<'a> {
    /// The commune in force.
    pub fn commune(self) -> &'a Commune {
        match self {
            Self::Current(commune) | Self::Former(_, commune) => commune,
        }
    }
}

/// Why a FINESS commune code names no commune.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinessCommuneError {
    /// Not the three characters (or five, department included) that FINESS writes.
    #[error("code commune incomplet")]
    Truncated,
    /// No department of that code.
    #[error("département FINESS inconnu")]
    UnknownDepartement,
    /// The department has no commune of that code, now or before.
    #[error("commune {0} inconnue du code officiel géographique")]
    UnknownCommune(String),
}

/// The geography: communes, former communes, departments, regions.
#[derive(Clone, Debug, PartialEq)]
pub struct Cog {
    /// Sorted by code.
    pub(super) communes: Vec<Commune>,
    /// Sorted by code.
    pub(super) former: Vec<Former>,
    pub(super) departements: Vec<Departement>,
    pub(super) regions: Vec<Region>,
    /// Postal code and place in `communes`, sorted.
    by_postal_code: Vec<(Box<str>, u32)>,
    /// Places in `communes` of the arrondissements.
    arrondissements: Vec<u32>,
    /// Folded name and places in `communes`, of the communes in force.
    by_name: HashMap<String, Vec<u32>>,
    /// Folded name and places in `former`.
    by_former_name: HashMap<String, Vec<u32>>,
}

impl Cog {
    /// The vintage inside the program.
    ///
    /// ```
    /// use ror_registers::cog::Cog;
    /// let cog = Cog::embedded();
    /// assert_eq!(&*cog.commune("01451").unwrap().name, "Viriat");
    /// assert_eq!(&*cog.commune("01033").unwrap().name, "Valserhône"); // Bellegarde-sur-Valserine
    /// assert_eq!(&*cog.find("01440", "VIRIAT").unwrap().code, "01451");
    /// assert!(cog.commune("01999").is_none());
    /// ```
    pub fn embedded() -> &'static Self {
        static EMBEDDED: OnceLock<Cog> = OnceLock::new();
        const BYTES: &[u8] = include_bytes!("../../data/cog.zst");
        EMBEDDED.get_or_init(|| Self::from_bytes(BYTES).expect("the table inside the program is whole"))
    }

    /// Sorts and indexes the tables; a code given twice keeps its first row.
    pub(super) fn build(
        mut communes: Vec<Commune>,
        mut former: Vec<Former>,
        departements: Vec<Departement>,
        regions: Vec<Region>,
    ) -> Self {
        communes.sort_by(|a, b| a.code.cmp(&b.code));
        communes.dedup_by(|later, first| later.code == first.code);
        former.sort_by(|a, b| a.code.cmp(&b.code));
        let region_of: HashMap<_, _> = departements.iter().map(|dept| (&*dept.code, &*dept.region)).collect();
        for commune in &mut communes {
            let departement = departement_of(&commune.code);
            let agency = if matches!(departement, "977" | "978") { "971" } else { departement };
            commune.region = region_of.get(agency).map(|&region| region.into());
        }
        let mut by_postal_code = Vec::new();
        let mut arrondissements = Vec::new();
        let (mut by_name, mut by_former_name) = (HashMap::new(), HashMap::new());
        for (place, commune) in communes.iter().enumerate() {
            by_postal_code.extend(commune.postal_codes().map(|code| (Box::from(code), place as u32)));
            if matches!(commune.kind, CommuneKind::Arrondissement { .. }) {
                arrondissements.push(place as u32);
            }
            by_name.entry(locality::fold(&commune.name)).or_insert_with(Vec::new).push(place as u32);
        }
        for (place, commune) in former.iter().enumerate() {
            by_former_name.entry(locality::fold(&commune.name)).or_insert_with(Vec::new).push(place as u32);
        }
        by_postal_code.sort();
        Self { communes, former, departements, regions, by_postal_code, arrondissements, by_name, by_former_name }
    }

    /// What a code of five characters stands for: current, arrondissement, collectivity, or former.
    pub fn resolve(&self, code: &str) -> Option<Resolved<'_>> {
        if let Some(commune) = self.current(code) {
            return Some(Resolved::Current(commune));
        }
        let former = self.former.binary_search_by(|former| (*former.code).cmp(code)).ok()?;
        let former = &self.former[former];
        Some(Resolved::Former(former, self.current(&former.current)?))
    }

    /// The commune in force that a code belongs to; see [`resolve`](Self::resolve) for what the code itself is.
    pub fn commune(&self, code: &str) -> Option<&Commune> {
        self.resolve(code).map(Resolved::commune)
    }

    fn current(&self, code: &str) -> Option<&Commune> {
        let place = self.communes.binary_search_by(|commune| (*commune.code).cmp(code)).ok()?;
        Some(&self.communes[place])
    }

    /// All communes, arrondissements and collectivities in force, by code.
    pub fn communes(&self) -> &[Commune] {
        &self.communes
    }

    /// The communes that use a postal code, by INSEE code; for Paris, Lyon and Marseille both the city and
    /// the arrondissement.
    pub fn by_postal_code(&self, postal_code: &str) -> impl Iterator<Item = &Commune> {
        let start = self.by_postal_code.partition_point(|(code, _)| **code < *postal_code);
        let rest = self.by_postal_code[start..].iter();
        rest.take_while(move |(code, _)| **code == *postal_code).map(|(_, place)| &self.communes[*place as usize])
    }

    /// The communes of that name, whatever the case, accents, hyphens and `ST` for `SAINT`.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Commune> {
        let places = self.by_name.get(&locality::fold(name)).map(Vec::as_slice).unwrap_or_default();
        places.iter().map(|place| &self.communes[*place as usize])
    }

    /// The commune of an address, or its arrondissement; none when unknown or ambiguous.
    ///
    /// The postal code and the name must agree. A CEDEX postal code, which the official base does not hold,
    /// is looked up by name within its department. A former commune gives the current one.
    pub fn find(&self, postal_code: &str, locality: &str) -> Option<&Commune> {
        let locality = Locality::read(locality);
        if locality.name.is_empty() {
            let whole = |commune: &&Commune| self.members(&commune.code).next().is_none();
            return single(self.by_postal_code(postal_code).filter(whole));
        }
        let candidates: Vec<_> = self.by_name_or_former(&locality.name);
        let at_code = |commune: &&&Commune| commune.postal_codes().any(|code| code == postal_code);
        let same_code = single(candidates.iter().filter(at_code).copied());
        let near = || {
            let departements = departements_of_postal_code(postal_code);
            single(candidates.iter().filter(|commune| departements.contains(&commune.departement())).copied())
        };
        let commune = same_code.or_else(near)?;
        Some(self.arrondissement(commune, postal_code, locality.number).unwrap_or(commune))
    }

    /// Communes in force of that folded name, then those that a former commune of that name belongs to.
    fn by_name_or_former(&self, folded: &str) -> Vec<&Commune> {
        let current = self.by_name.get(folded).into_iter().flatten().map(|place| &self.communes[*place as usize]);
        let former = self.by_former_name.get(folded).into_iter().flatten();
        let former = former.filter_map(|place| self.current(&self.former[*place as usize].current));
        let mut communes: Vec<&Commune> = Vec::new();
        for commune in current.chain(former) {
            if !communes.iter().any(|known| known.code == commune.code) {
                communes.push(commune);
            }
        }
        communes
    }

    /// The arrondissement of a city that the postal code, else the number after the name, points at.
    fn arrondissement(&self, city: &Commune, postal_code: &str, number: Option<u8>) -> Option<&Commune> {
        let mut members = self.members(&city.code).peekable();
        members.peek()?;
        let (by_code, by_number): (Vec<_>, Vec<_>) =
            members.enumerate().partition(|(_, member)| member.postal_codes().any(|code| code == postal_code));
        let numbered = || by_number.into_iter().find(|(place, _)| number.map(usize::from) == Some(place + 1));
        by_code.into_iter().next().or_else(numbered).map(|(_, member)| member)
    }

    /// The arrondissements of Paris (75056), Lyon (69123) or Marseille (13055), in order; none elsewhere.
    pub fn members(&self, code: &str) -> impl Iterator<Item = &Commune> {
        let all = self.arrondissements.iter().map(|place| &self.communes[*place as usize]);
        all.filter(move |member| matches!(&member.kind, CommuneKind::Arrondissement { commune } if **commune == *code))
    }

    /// All former communes whose name is kept, sorted by code.
    pub fn former_communes(&self) -> &[Former] {
        &self.former
    }

    /// The former communes that now belong to `code`.
    pub fn absorbed(&self, code: &str) -> impl Iterator<Item = &Former> {
        self.former.iter().filter(move |former| *former.current == *code)
    }

    /// The commune that FINESS writes as a department (`01`, `9A`) and the last three characters of a code.
    ///
    /// # Errors
    /// [`FinessCommuneError`] says which part names nothing.
    ///
    /// ```
    /// use ror_registers::cog::{Cog, FinessCommuneError};
    /// let cog = Cog::embedded();
    /// assert_eq!(&*cog.commune_of_finess("9D", "411").unwrap().code, "97411");
    /// assert_eq!(&*cog.commune_of_finess("9A", "127").unwrap().name, "Saint-Martin");
    /// assert_eq!(cog.commune_of_finess("29", ""), Err(FinessCommuneError::Truncated));
    /// ```
    pub fn commune_of_finess(&self, departement: &str, commune: &str) -> Result<&Commune, FinessCommuneError> {
        if departement.len() != 2 || commune.len() != 3 {
            return Err(FinessCommuneError::Truncated);
        }
        let prefix = match departement.as_bytes() {
            b"9A" | b"9B" | b"9C" | b"9D" | b"9F" => "97",
            b"9J" => "98",
            _ if self.departements.iter().any(|known| *known.code == *departement) => departement,
            _ => return Err(FinessCommuneError::UnknownDepartement),
        };
        let code = format!("{prefix}{commune}");
        self.commune(&code).ok_or(FinessCommuneError::UnknownCommune(code))
    }

    /// The commune of a code of five characters in FINESS coding (`9A101`), as SAE writes it.
    ///
    /// # Errors
    /// As [`commune_of_finess`](Self::commune_of_finess).
    pub fn commune_of_cominsee(&self, code: &str) -> Result<&Commune, FinessCommuneError> {
        let (departement, commune) = code.split_at_checked(2).ok_or(FinessCommuneError::Truncated)?;
        match self.commune_of_finess(departement, commune) {
            // Already an INSEE code: `97411`.
            Err(FinessCommuneError::UnknownDepartement) if code.len() == 5 => {
                self.commune(code).ok_or(FinessCommuneError::UnknownDepartement)
            }
            result => result,
        }
    }

    /// A department by its INSEE code.
    pub fn departement(&self, code: &str) -> Option<&Departement> {
        self.departements.iter().find(|departement| *departement.code == *code)
    }

    /// A department by the code that FINESS files give it: `9A` is Guadeloupe.
    pub fn departement_of_finess(&self, code: &str) -> Option<&Departement> {
        self.departements.iter().find(|departement| *departement.finess_code == *code)
    }

    /// All departments, by code.
    pub fn departements(&self) -> &[Departement] {
        &self.departements
    }

    /// A region by its INSEE code.
    pub fn region(&self, code: &str) -> Option<&Region> {
        self.regions.iter().find(|region| *region.code == *code)
    }

    /// All regions, by code.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }
}

/// First two characters, three overseas.
fn departement_of(code: &str) -> &str {
    let length = if code.starts_with("97") || code.starts_with("98") { 3 } else { 2 };
    code.get(..length).unwrap_or(code)
}

/// The departments that postal codes starting so may belong to; the collectivities of 971 share its codes.
fn departements_of_postal_code(postal_code: &str) -> Vec<&str> {
    match departement_of(postal_code) {
        "20" => vec!["2A", "2B"],
        "971" => vec!["971", "977", "978"],
        departement => vec![departement],
    }
}

fn single<'a>(mut communes: impl Iterator<Item = &'a Commune>) -> Option<&'a Commune> {
    let first = communes.next()?;
    communes.next().is_none().then_some(first)
}

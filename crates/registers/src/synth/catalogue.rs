//! The readable tables of `data/synth-*.toml`, and what each column means.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// All tables.
#[derive(Debug)]
pub(super) struct Catalogue {
    pub(super) owners: Vec<Owner>,
    pub(super) structures: Vec<StructureKind>,
    pub(super) offers: Vec<OfferKind>,
    pub(super) professions: Vec<Profession>,
    pub(super) names: Names,
}

/// An entité juridique shared by several structures.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Owner {
    pub(super) key: String,
    pub(super) names: Vec<String>,
    /// Names outside Ain.
    #[serde(default)]
    pub(super) elsewhere: Vec<String>,
    pub(super) status: String,
}

/// A kind of structure.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StructureKind {
    pub(super) key: String,
    pub(super) category: String,
    /// Seats in Ain, as ranks of communes by population.
    #[serde(default)]
    pub(super) ranks: Vec<usize>,
    #[serde(default)]
    pub(super) names: Vec<String>,
    /// Patterns of names outside Ain, in turn.
    #[serde(default)]
    pub(super) elsewhere: Vec<String>,
    /// How many in Ain, when there are no seats.
    #[serde(default)]
    pub(super) count: usize,
    #[serde(default)]
    pub(super) spread: f64,
    /// Smallest population of a commune that has one.
    #[serde(default)]
    pub(super) large: u32,
    pub(super) pattern: Option<String>,
    pub(super) owner: Vec<String>,
    pub(super) status: Option<String>,
    pub(super) sph: Option<String>,
    #[serde(default)]
    pub(super) internal: bool,
    /// Rank in the ORSAN plan of a hospital with emergencies.
    pub(super) emergency: Option<String>,
    #[serde(default)]
    pub(super) price: bool,
}

/// A kind of offer carried by a structure.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "yes-or-no columns of a table, read one by one")]
pub(super) struct OfferKind {
    pub(super) of: BTreeMap<String, f64>,
    pub(super) name: String,
    pub(super) field: String,
    pub(super) mode: String,
    pub(super) category: Option<String>,
    pub(super) ao: Vec<String>,
    pub(super) family: Vec<String>,
    pub(super) acts: Vec<String>,
    /// Acts performed outside the practice.
    pub(super) outside: Vec<String>,
    /// `system:code`
    pub(super) staff: Vec<String>,
    pub(super) equip: Vec<String>,
    /// `system:code`
    pub(super) level: Vec<String>,
    pub(super) modality: Vec<String>,
    pub(super) public: Vec<String>,
    pub(super) skill: Vec<String>,
    pub(super) special: Vec<String>,
    pub(super) management: Vec<String>,
    pub(super) ages: Option<(u32, u32)>,
    pub(super) place: String,
    pub(super) beds: Option<(i64, i64)>,
    pub(super) nature: Option<String>,
    pub(super) temporality: Option<String>,
    pub(super) hours: Hours,
    /// Feature and value of the limit of the first equipment.
    pub(super) limit: Option<(String, u32)>,
    pub(super) pole: Option<String>,
    pub(super) service: Option<String>,
    pub(super) sector: Option<String>,
    /// Profession of the people named in the offer.
    pub(super) team: Option<String>,
    pub(super) critical: bool,
    pub(super) consent: bool,
    pub(super) sensitive: bool,
    /// One in the department, at its first establishment of the kind.
    pub(super) single: bool,
    /// Serves the communes around.
    pub(super) territory: bool,
    /// Uses the place of the first offer of the structure.
    pub(super) shared: bool,
    /// The place has dwellings.
    pub(super) dwellings: bool,
}

/// When an offer is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Hours {
    /// Day and night.
    Continuous,
    /// Working days, office hours.
    #[default]
    Office,
    /// Every day but Sunday, from early to evening.
    Day,
    /// A stay: hours of visits.
    Stay,
    /// A practice: consultations with and without appointment.
    Practice,
}

/// A profession of the register.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Profession {
    pub(super) key: String,
    pub(super) code: String,
    pub(super) skill: Vec<String>,
    #[serde(default)]
    pub(super) liberal: usize,
    #[serde(default)]
    pub(super) salaried: usize,
    #[serde(default)]
    pub(super) described: usize,
    #[serde(default)]
    pub(super) offer: String,
    #[serde(default)]
    pub(super) cabinet: String,
    pub(super) category: Option<String>,
    #[serde(default)]
    pub(super) ao: Vec<String>,
    #[serde(default)]
    pub(super) orient: Vec<String>,
    #[serde(default)]
    pub(super) acts: Vec<String>,
    #[serde(default)]
    pub(super) outside: Vec<String>,
    #[serde(default)]
    pub(super) equip: Vec<String>,
    #[serde(default)]
    pub(super) place: String,
    #[serde(default)]
    pub(super) home: f64,
    pub(super) ages: Option<(u32, u32)>,
    #[serde(default)]
    pub(super) sector: Vec<String>,
    #[serde(default)]
    pub(super) titled: bool,
}

/// Word lists.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Names {
    pub(super) women: Vec<String>,
    pub(super) men: Vec<String>,
    pub(super) surnames: Vec<String>,
    pub(super) houses: Vec<String>,
    /// Type (J219) and name.
    pub(super) streets: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct StructuresFile {
    owner: Vec<Owner>,
    structure: Vec<StructureKind>,
}

#[derive(Deserialize)]
struct OffersFile {
    offer: Vec<OfferKind>,
}

#[derive(Deserialize)]
struct CityFile {
    profession: Vec<Profession>,
}

impl Catalogue {
    /// The tables inside the program, read on first use.
    pub(super) fn embedded() -> &'static Self {
        static EMBEDDED: OnceLock<Catalogue> = OnceLock::new();
        EMBEDDED.get_or_init(|| Self::load().expect("a test reads the embedded tables"))
    }

    fn load() -> Result<Self, toml::de::Error> {
        let structures: StructuresFile = toml::from_str(include_str!("../../data/synth-structures.toml"))?;
        let hospital: OffersFile = toml::from_str(include_str!("../../data/synth-hospital.toml"))?;
        let medico_social: OffersFile = toml::from_str(include_str!("../../data/synth-medicosocial.toml"))?;
        let city: CityFile = toml::from_str(include_str!("../../data/synth-city.toml"))?;
        let names: Names = toml::from_str(include_str!("../../data/synth-names.toml"))?;
        Ok(Self {
            owners: structures.owner,
            structures: structures.structure,
            offers: hospital.offer.into_iter().chain(medico_social.offer).collect(),
            professions: city.profession,
            names,
        })
    }

    /// The profession of that key.
    pub(super) fn profession(&self, key: &str) -> Option<&Profession> {
        self.professions.iter().find(|profession| profession.key == key)
    }
}

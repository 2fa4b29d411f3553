//! Everyday words and the official codes they stand for: the table `data/mots-courants.toml`.

use std::collections::HashMap;
use std::sync::OnceLock;

use ror_search::{ParamId, Registry, ResourceType, Term};
use ror_terminology::{fold, words};
use serde::Deserialize;

/// Code systems of the columns of the table.
const ACTIVITY: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_R211-ActiviteOperationnelle/FHIR/TRE-R211-ActiviteOperationnelle";
const ORGANIZATION: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_R244-CategorieOrganisation/FHIR/TRE-R244-CategorieOrganisation";
const MODE: &str = "https://mos.esante.gouv.fr/NOS/TRE_R213-ModePriseEnCharge/FHIR/TRE-R213-ModePriseEnCharge";
const FIELD: &str = "https://mos.esante.gouv.fr/NOS/TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite";
const CATEGORY: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement";
/// Most words in one spelling of a need.
const SPELLING_WORDS_MAX: usize = 5;

/// Offers, or the structures that bear them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum Kind {
    /// HealthcareService
    #[default]
    #[serde(rename = "offres")]
    Offers,
    /// Organization at an address
    #[serde(rename = "structures")]
    Structures,
}

/// What people call a kind of care, and the codes that mean it.
#[derive(Debug)]
pub(crate) struct Need {
    /// Shown as what was understood.
    pub(crate) label: String,
    /// The spelling to type, for links.
    pub(crate) spelling: String,
    /// What is shown first.
    pub(crate) first: Kind,
    /// Terms of which an offer has one; empty when no offer is meant.
    pub(crate) offers: Vec<Term>,
    /// Terms of which a structure has one.
    pub(crate) structures: Vec<Term>,
    /// Folded names that structures of these categories bear when they are not what is meant.
    pub(crate) except: Vec<String>,
    /// Label on the home page.
    pub(crate) home: Option<String>,
}

/// The table.
#[derive(Debug)]
pub(crate) struct Needs {
    list: Vec<Need>,
    by_spelling: HashMap<String, usize>,
    /// Every word of every spelling, for mending typing mistakes.
    vocabulary: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    mot: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    mots: Vec<String>,
    #[serde(rename = "libelle")]
    label: String,
    raison: String,
    vers: Kind,
    #[serde(default)]
    activites: Vec<String>,
    #[serde(default)]
    organisations: Vec<String>,
    #[serde(default)]
    modes: Vec<String>,
    #[serde(default)]
    champs: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
    #[serde(default)]
    sauf: Vec<String>,
    #[serde(rename = "accueil")]
    home: Option<String>,
}

impl Need {
    /// Whether a structure of that name, folded words with blanks around, is what is meant.
    pub(crate) fn means(&self, name: &str) -> bool {
        !self.except.iter().any(|except| name.contains(except))
    }
}

impl Needs {
    /// The table inside the program.
    pub(crate) fn embedded() -> &'static Self {
        static EMBEDDED: OnceLock<Needs> = OnceLock::new();
        EMBEDDED.get_or_init(|| {
            Self::read(include_str!("../data/mots-courants.toml"), Registry::embedded())
                .expect("a test reads the table")
        })
    }

    fn read(text: &str, registry: &Registry) -> Result<Self, String> {
        let table: Table = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut needs = Self { list: Vec::new(), by_spelling: HashMap::new(), vocabulary: Vec::new() };
        for row in table.mot {
            needs.add(row, registry)?;
        }
        needs.vocabulary.sort_unstable();
        needs.vocabulary.dedup();
        Ok(needs)
    }

    fn add(&mut self, row: Row, registry: &Registry) -> Result<(), String> {
        if row.raison.is_empty() {
            return Err(format!("{} : raison attendue", row.label));
        }
        let at = self.list.len();
        for spelling in &row.mots {
            let key = key_of(spelling);
            if key.split(' ').count() > SPELLING_WORDS_MAX {
                return Err(format!("{spelling} : trop de mots"));
            }
            self.vocabulary.extend(key.split(' ').filter(|word| word.len() > 3).map(str::to_owned));
            if self.by_spelling.insert(key, at).is_some_and(|known| known != at) {
                return Err(format!("{spelling} : deux sens"));
            }
        }
        let offer = |name| registry.known(ResourceType::HealthcareService, name);
        let mut offers = terms(offer("specialty"), ACTIVITY, &row.activites);
        offers.extend(terms(offer("service-category"), ORGANIZATION, &row.organisations));
        offers.extend(terms(offer("characteristic"), MODE, &row.modes));
        offers.extend(terms(offer("service-type"), FIELD, &row.champs));
        let structures = terms(registry.known(ResourceType::Organization, "type"), CATEGORY, &row.categories);
        let spelling = row.mots.first().cloned().ok_or("un mot attendu")?;
        let except = row.sauf.iter().map(|name| format!(" {} ", fold(name))).collect();
        let (label, first, home) = (row.label, row.vers, row.home);
        self.list.push(Need { label, spelling, first, offers, structures, except, home });
        Ok(())
    }

    /// The need that all these folded words name, plural or not.
    pub(crate) fn of(&self, words: &[String]) -> Option<&Need> {
        let key = words.iter().map(|word| singular(word)).collect::<Vec<_>>().join(" ");
        Some(&self.list[*self.by_spelling.get(&key)?])
    }

    /// The longest run of words that names a need, and where it stands.
    pub(crate) fn within(&self, words: &[String]) -> Option<(&Need, std::ops::Range<usize>)> {
        for length in (1..=words.len().min(SPELLING_WORDS_MAX)).rev() {
            for start in 0..=words.len() - length {
                if let Some(need) = self.of(&words[start..start + length]) {
                    return Some((need, start..start + length));
                }
            }
        }
        None
    }

    /// Needs whose spelling or label has a word that starts so.
    pub(crate) fn starting<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Need> {
        let mut matching: Vec<usize> = self
            .by_spelling
            .iter()
            .filter(|(key, _)| key.starts_with(prefix) || key.contains(&format!(" {prefix}")))
            .map(|(_, at)| *at)
            .collect();
        matching.sort_unstable();
        matching.dedup();
        matching.into_iter().map(|at| &self.list[at])
    }

    /// The needs of the home page.
    pub(crate) fn home(&self) -> impl Iterator<Item = &Need> {
        self.list.iter().filter(|need| need.home.is_some())
    }

    /// Folded words that the table knows.
    pub(crate) fn vocabulary(&self) -> &[String] {
        &self.vocabulary
    }
}

fn terms(parameter: ParamId, system: &str, codes: &[String]) -> Vec<Term> {
    codes.iter().map(|code| Term::system_code(parameter, system, code)).collect()
}

/// A spelling as it is looked up: folded words, each in the singular.
fn key_of(spelling: &str) -> String {
    let folded = fold(spelling);
    words(&folded).map(singular).collect::<Vec<_>>().join(" ")
}

/// A word without the ending of its plural; short words, and those that end so in the singular, as they are.
fn singular(word: &str) -> &str {
    if word.len() > 3 { word.strip_suffix(['s', 'x']).unwrap_or(word) } else { word }
}

#[cfg(test)]
mod tests {
    use ror_terminology::Terminology;

    use super::*;

    fn folded(text: &str) -> Vec<String> {
        let text = fold(text);
        words(&text).map(str::to_owned).collect()
    }

    #[test]
    fn everyday_words_name_a_need() {
        for (typed, label) in [
            ("kiné", "Kinésithérapie"),
            ("Maisons de retraite", "Maisons de retraite (EHPAD)"),
            ("urgences", "Urgences"),
            ("sages-femmes", "Suivi de grossesse"),
            ("HOPITAUX", "Hôpitaux"),
            ("soins palliatifs", "Soins palliatifs"),
            ("clinique des lilas", "-"),
        ] {
            let found = Needs::embedded().of(&folded(typed)).map_or("-", |need| &need.label);
            assert_eq!(found, label, "{typed}");
        }
    }

    #[test]
    fn the_longest_spelling_wins() {
        let words = folded("soins infirmiers à domicile viriat");
        let (need, at) = Needs::embedded().within(&words).expect("known");
        assert_eq!((need.label.as_str(), at), ("Soins infirmiers à domicile (SSIAD)", 0..4));
    }

    #[test]
    fn every_code_of_the_table_exists() {
        let table: Table = toml::from_str(include_str!("../data/mots-courants.toml")).expect("a table");
        let known = |set: &str, code: &String| {
            let set = Terminology::embedded().value_set(set).expect("a list");
            set.concepts().any(|(_, concept)| concept.code == code)
        };
        for row in &table.mot {
            for (set, codes) in [
                ("JDV_J17-ActiviteOperationnelle-ROR", &row.activites),
                ("JDV_J19-ModePriseEnCharge-ROR", &row.modes),
                ("JDV_J20-ChampActivite-ROR", &row.champs),
                ("JDV_J55-CategorieEG-ROR", &row.categories),
            ] {
                for code in codes {
                    assert!(known(set, code), "{} : {code} n'est pas dans {set}", row.label);
                }
            }
            for code in &row.organisations {
                assert!(Terminology::embedded().display(ORGANIZATION, code).is_some(), "{} : {code}", row.label);
            }
        }
    }
}

//! From the place that is typed to an area: communes of today and before, postal codes, departments,
//! regions, "ici".

mod written;

use std::collections::HashMap;

use ror_registers::cog::{Cog, Commune, CommuneKind, Former, Position};

use written::{arrondissement, here, is_of_postal_code, is_postal_code, key, split_departement};

/// A place this many times as populous as the next of its name is the one meant.
const DOMINANT_TIMES: u32 = 40;
/// Most candidates listed when a name is shared.
const CANDIDATES_MAX: usize = 30;
/// A longer name is offered beside the exact one when that much more populous than it, and than
/// a village.
const LONGER_TIMES: u32 = 5;
const LONGER_MIN: u32 = 2_000;
const LONGER_MAX: usize = 5;
/// Longest name of a place, in words.
pub(crate) const NAME_WORDS_MAX: usize = 7;
/// Shorter names are not mended: too many are one letter apart.
const MENDED_LETTERS_MIN: usize = 5;
/// Longest names that are mended by one letter only.
const MENDED_ONCE_LETTERS_MAX: usize = 8;
/// Nearest names offered.
const NEAREST_MAX: usize = 5;
/// At the end of a line of words, only a town is read into a word that is no place.
const MENDED_TOWN_MIN: u32 = 2_000;
/// What people call regions, folded, beside their names.
const REGIONS: [(&str, &str); 12] = [
    ("paca", "93"),
    ("sud", "93"),
    ("idf", "11"),
    ("aura", "84"),
    ("hdf", "32"),
    ("nouvelle aquitaine", "75"),
    ("bfc", "27"),
    ("bourgogne franche comte", "27"),
    ("cvdl", "24"),
    ("centre", "24"),
    ("pdl", "52"),
    ("pays de loire", "52"),
];
/// Codes that people write for the whole of a town that has one by arrondissement.
const TOWNS: [(&str, &str); 3] = [("75000", "75056"), ("13000", "13055"), ("69000", "69123")];

/// Where results are looked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Area {
    /// Around a point, nearest first.
    Around {
        /// How the place is called.
        label: String,
        /// Centre of the circle; `None` for the few communes without one.
        position: Option<Position>,
        /// Codes of the communes at the centre, their arrondissements included.
        communes: Vec<String>,
        /// The former commune that was typed, when the place is the one it belongs to now.
        formerly: Option<String>,
    },
    /// Somewhere in a department.
    Departement {
        /// How it is called.
        label: String,
        /// Codes of its communes.
        communes: Vec<String>,
        /// Its code, for the map.
        code: String,
    },
    /// Somewhere in a region.
    Region {
        /// How it is called.
        label: String,
        /// Its code in TRE_R30.
        code: String,
    },
}

/// What a typed place stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reading {
    /// Nothing was typed.
    Anywhere,
    /// One place, and others of the same name.
    One(Area, Vec<Candidate>),
    /// Several places of that name: which one?
    Several(Vec<Candidate>),
    /// No such place, but surely that one, mistyped; and others as near.
    Mended(Area, Vec<Candidate>),
    /// No such place; the nearest names, if any.
    Unknown(Vec<Candidate>),
    /// "Ici" without a position: a script gives it.
    Here,
}

/// A place to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// What to type to name it and no other.
    pub(crate) typed: String,
    /// What kind of place it is, and where.
    pub(crate) hint: String,
    pub(crate) population: u32,
}

/// The names of places.
pub(crate) struct Places {
    cog: &'static Cog,
    /// Folded names in order, with what they name.
    names: Vec<(String, Named)>,
    by_name: HashMap<String, Vec<Named>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Commune(u32),
    Departement(u32),
    Region(u32),
    Former(u32),
}

impl Area {
    /// How the area is called.
    pub(crate) fn label(&self) -> &str {
        match self {
            Self::Around { label, .. } | Self::Departement { label, .. } | Self::Region { label, .. } => label,
        }
    }

    /// The point that distances are from.
    pub(crate) fn position(&self) -> Option<Position> {
        match self {
            Self::Around { position, .. } => *position,
            Self::Departement { .. } | Self::Region { .. } => None,
        }
    }
}

impl Places {
    /// Reads the names of the code in force.
    pub(crate) fn new(cog: &'static Cog) -> Self {
        let mut names = Vec::with_capacity(cog.communes().len() + 200);
        for (at, commune) in cog.communes().iter().enumerate() {
            names.push((key(&commune.name), Named::Commune(at as u32)));
        }
        for (at, departement) in cog.departements().iter().enumerate() {
            names.push((key(&departement.name), Named::Departement(at as u32)));
            names.push((departement.code.to_lowercase(), Named::Departement(at as u32)));
        }
        for (at, region) in cog.regions().iter().enumerate() {
            names.push((key(&region.name), Named::Region(at as u32)));
            let short = REGIONS.iter().filter(|(_, code)| *code == &*region.code);
            names.extend(short.map(|(short, _)| ((*short).to_owned(), Named::Region(at as u32))));
        }
        for (at, former) in cog.former_communes().iter().enumerate() {
            let key = key(&former.name);
            // The chief town of a new commune often gave it its name.
            if cog.commune(&former.current).is_some_and(|current| self::key(&current.name) != key) {
                names.push((key, Named::Former(at as u32)));
            }
        }
        names.sort_unstable();
        names.dedup();
        let mut by_name: HashMap<String, Vec<Named>> = HashMap::with_capacity(names.len());
        for (name, named) in &names {
            by_name.entry(name.clone()).or_default().push(*named);
        }
        Self { cog, names, by_name }
    }

    /// What `typed` stands for.
    pub(crate) fn read(&self, typed: &str) -> Reading {
        let typed = typed.trim();
        if let Some(here) = here(typed) {
            return here;
        }
        let (name, departement) = split_departement(typed);
        let folded = key(name);
        if folded.is_empty() {
            return if typed.is_empty() { Reading::Anywhere } else { Reading::Unknown(Vec::new()) };
        }
        if let Some(area) = self.postal_code(&folded) {
            return Reading::One(area, Vec::new());
        }
        let mut named = self.named(&folded);
        if let Some(departement) = &departement {
            named.retain(|named| self.departement_of(*named).eq_ignore_ascii_case(departement));
        }
        let whole = key(typed);
        let longer = if departement.is_none() { self.longer(&folded, &named) } else { Vec::new() };
        self.choose(named)
            .map(|reading| self.beside(reading, &longer))
            .or_else(|| self.with_more(&whole))
            .or_else(|| self.without_article(&folded))
            .or_else(|| {
                whole.split(' ').find_map(|word| self.postal_code(word)).map(|area| Reading::One(area, Vec::new()))
            })
            .unwrap_or_else(|| self.mended(&folded, departement.as_deref()))
    }

    /// The town that the end of a line of words names, but for a typing mistake.
    pub(crate) fn mistyped(&self, typed: &str) -> Option<Candidate> {
        let folded = key(typed);
        let found = self.nearest(&folded, |name| name.chars().next() == folded.chars().next());
        let surely = self.surely(&found).map(|named| self.candidate(named))?;
        (surely.population >= MENDED_TOWN_MIN).then_some(surely)
    }

    /// A name that is not known: the one surely meant, else the nearest ones.
    fn mended(&self, folded: &str, departement: Option<&str>) -> Reading {
        let mut found = self.nearest(folded, |_| true);
        let is_there = |named| departement.is_none_or(|code| self.departement_of(named).eq_ignore_ascii_case(code));
        if found.iter().any(|(_, named)| is_there(*named)) {
            found.retain(|(_, named)| is_there(*named));
        }
        let candidates = found.iter().map(|(_, named)| self.candidate(*named)).take(NEAREST_MAX);
        match self.surely(&found) {
            Some(named) => Reading::Mended(self.area(named), candidates.skip(1).collect()),
            None => Reading::Unknown(candidates.collect()),
        }
    }

    /// The first of the nearest names, when nothing as near could be meant instead.
    fn surely(&self, nearest: &[(usize, Named)]) -> Option<Named> {
        let (first, others) = nearest.split_first()?;
        let is_beaten = |(letters, named): &(usize, Named)| *letters > first.0 || self.is_dominant(first.1, *named);
        others.iter().all(is_beaten).then_some(first.1)
    }

    /// A commune and what tells it from others of its name: `69003 Lyon`, `Saint-Denis 93`,
    /// `Oyonnax (Ain)`, `69317 Lyon Cedex 04`.
    fn with_more(&self, folded: &str) -> Option<Reading> {
        let mut words: Vec<&str> = folded.split(' ').take_while(|word| *word != "cedex").collect();
        if let Some(at) = words.iter().position(|word| is_postal_code(word)) {
            let code = words.remove(at);
            let communes = self.communes_named(&words.join(" "), |departement| is_of_postal_code(departement, code));
            let named = self.choose(communes)?;
            // The code of a street, or one of a company, which is no place.
            return Some(self.postal_code(code).map_or(named, |area| Reading::One(area, Vec::new())));
        }
        (1..words.len()).find_map(|at| {
            let (name, end) = (words[..at].join(" "), words[at..].join(" "));
            let departement = self.by_name.get(&end)?.iter().find(|named| matches!(named, Named::Departement(_)))?;
            let code = self.departement_of(*departement);
            self.choose(self.communes_named(&name, |departement| departement == code))
        })
    }

    fn communes_named(&self, folded: &str, is_of: impl Fn(&str) -> bool) -> Vec<Named> {
        let named = self.named(folded).into_iter();
        let is_commune = |named: &Named| matches!(named, Named::Commune(_) | Named::Former(_));
        named.filter(|named| is_commune(named) && is_of(self.departement_of(*named))).collect()
    }

    /// `havre`, `réunion`: names that people write without their article.
    fn without_article(&self, folded: &str) -> Option<Reading> {
        ["la", "le", "les"].iter().find_map(|article| self.choose(self.named(&format!("{article} {folded}"))))
    }

    /// Whether these folded words name a place exactly.
    pub(crate) fn is_name(&self, words: &[String]) -> bool {
        let folded = key(&words.join(" "));
        !folded.is_empty()
            && (self.postal_code(&folded).is_some()
                || !self.named(&folded).is_empty()
                || self.with_more(&folded).is_some())
    }

    /// Places whose name starts so, the most populous first.
    pub(crate) fn starting(&self, prefix: &str, limit: usize) -> Vec<Candidate> {
        let prefix = key(prefix);
        if prefix.is_empty() {
            return Vec::new();
        }
        if prefix.bytes().all(|byte| byte.is_ascii_digit()) && prefix.len() == 5 {
            let communes = self.cog.by_postal_code(&prefix);
            return communes.take(limit).map(|commune| self.candidate_of_commune(commune)).collect();
        }
        let start = self.names.partition_point(|(name, _)| *name < prefix);
        let matching = self.names[start..].iter().take_while(|(name, _)| name.starts_with(&prefix));
        let mut found: Vec<Candidate> = matching.map(|(_, named)| self.candidate(*named)).collect();
        found.sort_by(|a, b| b.population.cmp(&a.population).then_with(|| a.typed.cmp(&b.typed)));
        found.dedup_by(|a, b| a.typed == b.typed);
        if found.is_empty() {
            found.extend(self.nearest(&prefix, |_| true).into_iter().map(|(_, named)| self.candidate(named)));
        }
        found.truncate(limit);
        found
    }

    /// What that folded name names; arrondissements and former communes included.
    fn named(&self, folded: &str) -> Vec<Named> {
        if let Some(named) = self.by_name.get(folded) {
            return named.clone();
        }
        if let Some(arrondissement) = arrondissement(folded)
            && let Some(named) = self.by_name.get(&arrondissement)
        {
            return named.clone();
        }
        Vec::new()
    }

    /// Names that only start so, of communes much more populous: Aix-en-Provence, for `aix`.
    fn longer(&self, folded: &str, named: &[Named]) -> Vec<Named> {
        let prefix = format!("{folded} ");
        let most = named.iter().map(|named| self.candidate(*named).population).max().unwrap_or(0);
        let start = self.names.partition_point(|(name, _)| *name < prefix);
        let longer = self.names[start..].iter().take_while(|(name, _)| name.starts_with(&prefix));
        let mut longer: Vec<Named> = longer
            .filter(|(name, named)| !name.ends_with("arrondissement") && matches!(named, Named::Commune(_)))
            .map(|(_, named)| *named)
            .filter(|named| self.candidate(*named).population > most.max(LONGER_MIN).saturating_mul(LONGER_TIMES))
            .collect();
        longer.sort_by_key(|named| std::cmp::Reverse(self.candidate(*named).population));
        longer.truncate(LONGER_MAX);
        longer
    }

    fn choose(&self, mut named: Vec<Named>) -> Option<Reading> {
        // A department and the region of the same name are the same ground overseas.
        if named.iter().any(|named| matches!(named, Named::Departement(_))) {
            named.retain(|named| !matches!(named, Named::Region(_)));
        }
        let population = |named: &Named| self.candidate(*named).population;
        // Paris is a commune and a department: the commune has a centre.
        if let [Named::Commune(commune), Named::Departement(departement)] = named[..] {
            let commune = &self.cog.communes()[commune as usize];
            if commune.departement() == &*self.cog.departements()[departement as usize].code {
                named.truncate(1);
            }
        }
        named.sort_by_key(|named| std::cmp::Reverse(population(named)));
        let candidates = |named: &[Named]| named.iter().take(CANDIDATES_MAX).map(|n| self.candidate(*n)).collect();
        match named[..] {
            [] => None,
            [only] => Some(Reading::One(self.area(only), Vec::new())),
            [first, second, ..] if self.is_dominant(first, second) => {
                Some(Reading::One(self.area(first), candidates(&named[1..])))
            }
            _ => Some(Reading::Several(candidates(&named))),
        }
    }

    /// A reading, and these places after those it offers.
    fn beside(&self, reading: Reading, more: &[Named]) -> Reading {
        let more = more.iter().map(|named| self.candidate(*named));
        match reading {
            Reading::One(area, others) => Reading::One(area, others.into_iter().chain(more).collect()),
            Reading::Several(candidates) => Reading::Several(candidates.into_iter().chain(more).collect()),
            other => other,
        }
    }

    fn is_dominant(&self, first: Named, second: Named) -> bool {
        let population = |named| self.candidate(named).population;
        population(first) > population(second).saturating_mul(DOMINANT_TIMES)
    }

    fn departement_of(&self, named: Named) -> &str {
        match named {
            Named::Commune(at) => self.cog.communes()[at as usize].departement(),
            Named::Departement(at) => &self.cog.departements()[at as usize].code,
            Named::Region(_) => "",
            Named::Former(at) => self.current(at).map_or("", |(_, current)| current.departement()),
        }
    }

    fn area(&self, named: Named) -> Area {
        match named {
            Named::Commune(at) => self.around(&self.cog.communes()[at as usize], None),
            Named::Departement(at) => {
                let departement = &self.cog.departements()[at as usize];
                let inside = |commune: &&Commune| commune.departement() == &*departement.code;
                let communes = self.cog.communes().iter().filter(inside).map(|commune| commune.code.to_string());
                Area::Departement {
                    label: format!("{} ({})", departement.name, departement.code),
                    communes: communes.collect(),
                    code: departement.code.to_string(),
                }
            }
            Named::Region(at) => {
                let region = &self.cog.regions()[at as usize];
                Area::Region { label: region.name.to_string(), code: region.code.to_string() }
            }
            Named::Former(at) => {
                let (former, current) = self.current(at).expect("only those that belong to a commune are named");
                self.around(current, Some(former.name.to_string()))
            }
        }
    }

    /// A former commune and the one it belongs to now.
    fn current(&self, at: u32) -> Option<(&'static Former, &'static Commune)> {
        let former = &self.cog.former_communes()[at as usize];
        Some((former, self.cog.commune(&former.current)?))
    }

    fn around(&self, commune: &Commune, formerly: Option<String>) -> Area {
        let mut communes = vec![commune.code.to_string()];
        communes.extend(self.cog.members(&commune.code).map(|member| member.code.to_string()));
        Area::Around { label: label(commune), position: commune.position(), communes, formerly }
    }

    fn postal_code(&self, folded: &str) -> Option<Area> {
        if !is_postal_code(folded) {
            return None;
        }
        if let Some((_, town)) = TOWNS.iter().find(|(code, _)| *code == folded) {
            return self.cog.commune(town).map(|town| self.around(town, None));
        }
        let mut communes: Vec<&Commune> = self.cog.by_postal_code(folded).collect();
        // In Paris, Lyon and Marseille a postal code is an arrondissement.
        if communes.iter().any(|commune| matches!(commune.kind, CommuneKind::Arrondissement { .. })) {
            communes.retain(|commune| matches!(commune.kind, CommuneKind::Arrondissement { .. }));
        }
        communes.sort_by_key(|commune| std::cmp::Reverse(commune.population));
        let first = communes.first()?;
        let codes = communes.iter().map(|commune| commune.code.to_string()).collect();
        let label = format!("{folded} ({})", first.name);
        Some(Area::Around { label, position: first.position(), communes: codes, formerly: None })
    }

    /// Names one typing mistake away, or two when long, the nearest and then the most populous first.
    fn nearest(&self, folded: &str, is_compared: impl Fn(&str) -> bool) -> Vec<(usize, Named)> {
        let letters = folded.chars().count();
        if letters < MENDED_LETTERS_MIN {
            return Vec::new();
        }
        let most = if letters > MENDED_ONCE_LETTERS_MAX { 2 } else { 1 };
        let alike = self.names.iter().filter(|(name, _)| name.len().abs_diff(folded.len()) <= most);
        let mut found: Vec<(usize, Named)> = alike
            .filter(|(name, _)| is_compared(name))
            .map(|(name, named)| (strsim::osa_distance(name, folded), *named))
            .filter(|(distance, _)| *distance <= most)
            .collect();
        found.sort_by_cached_key(|(distance, named)| (*distance, std::cmp::Reverse(self.candidate(*named).population)));
        found
    }

    fn candidate(&self, named: Named) -> Candidate {
        match named {
            Named::Commune(at) => self.candidate_of_commune(&self.cog.communes()[at as usize]),
            Named::Departement(at) => {
                let departement = &self.cog.departements()[at as usize];
                let hint = "département".to_owned();
                let typed = format!("{} ({})", departement.name, departement.code);
                Candidate { typed, hint, population: departement.population.unwrap_or(0) }
            }
            Named::Region(at) => {
                let region = &self.cog.regions()[at as usize];
                let population = region.population.unwrap_or(0);
                Candidate { typed: region.name.to_string(), hint: "région".to_owned(), population }
            }
            Named::Former(at) => {
                let (former, current) = self.current(at).expect("only those that belong to a commune are named");
                let typed = format!("{} ({})", former.name, current.departement());
                let hint = format!("ancienne commune, aujourd’hui {}", current.name);
                // No longer counted apart: a commune of today comes first.
                Candidate { typed, hint, population: 0 }
            }
        }
    }

    fn candidate_of_commune(&self, commune: &Commune) -> Candidate {
        let departement = self.cog.departement(commune.departement());
        let hint = departement.map_or_else(|| "commune".to_owned(), |known| format!("commune, {}", known.name));
        Candidate { typed: label(commune), hint, population: commune.population.unwrap_or(0) }
    }
}

/// `Oyonnax (01)`
fn label(commune: &Commune) -> String {
    format!("{} ({})", commune.name, commune.departement())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        Places::new(Cog::embedded())
    }

    fn told(reading: &Reading) -> String {
        match reading {
            Reading::One(area, _) => area.label().to_owned(),
            Reading::Mended(area, _) => format!("compris {}", area.label()),
            Reading::Several(list) => format!("lequel ? {}", list.len()),
            Reading::Unknown(near) => format!("inconnu {}", near.first().map_or("", |near| &near.typed)),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn places_are_read_as_people_write_them() {
        let places = places();
        for (typed, expected) in [
            ("bourg en bresse", "Bourg-en-Bresse (01)"),
            ("OYONNAX", "Oyonnax (01)"),
            ("lyon", "Lyon (69)"),
            ("Lyon 3", "Lyon 3e Arrondissement (69)"),
            ("69003", "69003 (Lyon 3e Arrondissement)"),
            ("01100", "01100 (Oyonnax)"),
            ("Ain", "Ain (01)"),
            ("69", "Rhône (69)"),
            ("2a", "Corse-du-Sud (2A)"),
            ("bretagne", "Bretagne"),
            ("Paris", "Paris (75)"),
            ("Saint-Denis (93)", "Saint-Denis (93)"),
            ("st denis (974)", "Saint-Denis (974)"),
            ("", "Anywhere"),
            ("ici", "Here"),
            ("46.2051, 5.2263", "votre position"),
            ("PACA", "Provence-Alpes-Côte d'Azur"),
            ("idf", "Île-de-France"),
            ("75000", "Paris (75)"),
            ("13000", "Marseille (13)"),
            ("69000 Lyon", "Lyon (69)"),
            ("69003 Lyon", "69003 (Lyon 3e Arrondissement)"),
            ("Lyon (69003)", "69003 (Lyon 3e Arrondissement)"),
            ("01100 Oyonnax", "01100 (Oyonnax)"),
            ("69317 Lyon Cedex 04", "Lyon (69)"),
            ("lyon 69", "Lyon (69)"),
            ("Oyonnax (Ain)", "Oyonnax (01)"),
            ("Saint-Denis, 974", "Saint-Denis (974)"),
            ("20000 Ajaccio", "20000 (Ajaccio)"),
            ("marseille nord", "inconnu "),
            ("havre", "Le Havre (76)"),
            ("Réunion", "La Réunion (974)"),
            ("12 rue de la Gare 01000 Bourg-en-Bresse", "01000 (Bourg-en-Bresse)"),
            ("oyonax", "compris Oyonnax (01)"),
            ("nante", "compris Nantes (44)"),
            ("bourg en brese", "compris Bourg-en-Bresse (01)"),
            ("marseile (13)", "compris Marseille (13)"),
            ("chateaunef", "inconnu Châteauneuf (42)"),
            ("Bellegarde-sur-Valserine", "Valserhône (01)"),
            ("01200 Bellegarde sur Valserine", "01200 (Valserhône)"),
            ("bellegarde sur valserine (01)", "Valserhône (01)"),
            ("lomme", "Lille (59)"),
            ("zzz", "inconnu "),
            ("😀", "inconnu "),
        ] {
            assert_eq!(told(&places.read(typed)), expected, "{typed}");
        }
    }

    #[test]
    fn a_shared_name_is_asked_about() {
        let Reading::Several(list) = places().read("Saint-Denis") else { panic!("several communes are called so") };
        let first: Vec<&str> = list.iter().take(2).map(|candidate| &*candidate.typed).collect();
        assert!(first.contains(&"Saint-Denis (93)") && first.contains(&"Saint-Denis (974)"), "{first:?}");
    }

    #[test]
    fn the_beginning_of_a_name_offers_the_town_it_starts() {
        for (typed, expected) in [("Aix", "Aix-en-Provence (13)"), ("aix", "Aix-les-Bains (73)")] {
            let (Reading::One(_, offered) | Reading::Several(offered)) = places().read(typed) else {
                panic!("{typed} is a name")
            };
            assert!(offered.iter().any(|candidate| candidate.typed == expected), "{offered:?}");
        }
        assert!(matches!(places().read("Lyon"), Reading::One(_, others) if others.is_empty()));
    }

    #[test]
    fn the_position_of_a_person_is_rounded() {
        let Reading::One(area, _) = places().read("46.20513,5.22634") else { panic!("a position") };
        assert_eq!(area.position(), Some(Position { latitude: 46.21, longitude: 5.23 }));
        assert!(matches!(places().read("946.2,5.2"), Reading::Unknown(_)));
    }

    #[test]
    fn suggestions_start_with_the_most_populous() {
        let found = places().starting("saint-e", 3);
        assert_eq!(found[0].typed, "Saint-Étienne (42)");
    }
}

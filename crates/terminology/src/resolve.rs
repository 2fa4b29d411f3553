//! Addresses of code systems as requests write them (D4).
//!
//! The official samples hold a short list of misspellings; each is read with the meaning
//! intended and told to the caller. Nothing outside that list is guessed.

use std::collections::HashMap;

use crate::{CodeSystem, Terminology, ValueSet};

/// What an address written in a request stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved<'a> {
    /// The canonical addresses meant; the address as written when it is none of ours.
    pub systems: Vec<&'a str>,
    /// How it was read.
    pub reading: Reading,
}

/// How an address was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It is a canonical address of ours.
    Canonical,
    /// It is a usual writing of a canonical address.
    Usual,
    /// It is a misspelling of D4's list.
    Corrected,
    /// It is the address of a value set: any of its systems is meant (D4).
    ValueSet,
    /// It is no address of ours; kept as written.
    Foreign,
}

impl Resolved<'_> {
    /// Whether the caller is to be warned, or refused in strict mode (D17).
    pub fn warning_due(&self) -> bool {
        matches!(self.reading, Reading::Corrected | Reading::ValueSet)
    }
}

/// Addresses that are no code system here: written, read as, how.
const ELSEWHERE: &[(&str, &str, Reading)] = &[
    ("http://sirene.fr", "https://sirene.fr", Reading::Corrected),
    ("https://unitsofmeasure.org", "http://unitsofmeasure.org", Reading::Usual),
];

impl Terminology {
    /// Reads the address of a code system as D4 allows it to be written.
    ///
    /// ```
    /// use ror_terminology::{Reading, Terminology};
    /// let lists = Terminology::embedded();
    /// let written = "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE_R66-CategorieEtablissement";
    /// let resolved = lists.resolve_system(written);
    /// assert!(resolved.systems[0].ends_with("/TRE-R66-CategorieEtablissement"));
    /// assert!(resolved.warning_due());
    /// assert_eq!(lists.resolve_system("http://loinc.org").reading, Reading::Foreign);
    /// ```
    pub fn resolve_system<'a>(&'a self, written: &'a str) -> Resolved<'a> {
        if let Some((_, read, reading)) = ELSEWHERE.iter().find(|known| known.0 == written) {
            return Resolved { systems: vec![read], reading: *reading };
        }
        match self.addresses.0.get(written) {
            Some(Meaning::System(at, reading)) => {
                Resolved { systems: vec![self.systems[*at].heading.url], reading: *reading }
            }
            Some(Meaning::ValueSet(at)) => {
                let mut systems: Vec<&str> = self.value_sets[*at].systems().collect();
                systems.dedup();
                Resolved { systems, reading: Reading::ValueSet }
            }
            None => Resolved { systems: vec![written], reading: Reading::Foreign },
        }
    }

    /// Reads the address of a code system with the code it goes with: the address of a
    /// value set then means the systems through which that value set holds the code (D4);
    /// if none does, all its systems.
    pub fn resolve_coding<'a>(&'a self, written: &'a str, code: &str) -> Resolved<'a> {
        let mut resolved = self.resolve_system(written);
        if let Some(Meaning::ValueSet(at)) = self.addresses.0.get(written) {
            let set = &self.value_sets[*at];
            let holding: Vec<&str> =
                resolved.systems.iter().copied().filter(|system| set.contains(system, code)).collect();
            if !holding.is_empty() {
                resolved.systems = holding;
            }
        }
        resolved
    }
}

/// Every address that can be read.
#[derive(Debug)]
pub(crate) struct Addresses(HashMap<Box<str>, Meaning>);

#[derive(Clone, Copy, Debug)]
enum Meaning {
    System(usize, Reading),
    ValueSet(usize),
}

impl Addresses {
    pub(crate) fn of(systems: &[CodeSystem], value_sets: &[ValueSet]) -> Self {
        let mut all = HashMap::with_capacity(3 * (systems.len() + value_sets.len()));
        for (at, system) in systems.iter().enumerate() {
            for written in misspelt_system(system.heading.url) {
                all.insert(written.into(), Meaning::System(at, Reading::Corrected));
            }
        }
        for (at, set) in value_sets.iter().enumerate().filter(|(_, set)| set.heading.title.starts_with("JDV_")) {
            for address in [set.heading.url.to_owned(), swap_separator(set.heading.url)] {
                all.insert(format!("{address}/").into(), Meaning::ValueSet(at));
                all.insert(address.into(), Meaning::ValueSet(at));
            }
        }
        for (at, system) in systems.iter().enumerate() {
            all.insert(system.heading.url.into(), Meaning::System(at, Reading::Canonical));
        }
        Self(all)
    }
}

/// The misspellings of the canonical address of a code system of the NOS.
fn misspelt_system(url: &str) -> Vec<String> {
    if !url.contains("/TRE_") {
        return Vec::new();
    }
    let mut all = vec![swap_separator(url)];
    // The list of communes is also written without its "OM", in one place or both.
    if let Some((folder, last)) = url.rsplit_once('/').filter(|_| url.contains("/TRE_R13-CommuneOM/")) {
        let short = |part: &str| part.replace("-CommuneOM", "-Commune");
        for (folder, last) in
            [(short(folder), last.to_owned()), (folder.to_owned(), short(last)), (short(folder), short(last))]
        {
            let address = format!("{folder}/{last}");
            all.push(swap_separator(&address));
            all.push(address);
        }
    }
    all
}

/// The same address with the first separator of its last segment written the other way:
/// `TRE-R66-…` and `TRE_R66-…`.
fn swap_separator(url: &str) -> String {
    let Some((folder, last)) = url.rsplit_once('/') else { return url.to_owned() };
    let swapped = match (last.split_at_checked(3), last.as_bytes().get(3)) {
        (Some((kind, rest)), Some(b'-')) => format!("{kind}_{}", &rest[1..]),
        (Some((kind, rest)), Some(b'_')) => format!("{kind}-{}", &rest[1..]),
        _ => last.to_owned(),
    };
    format!("{folder}/{swapped}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOS: &str = "https://mos.esante.gouv.fr/NOS";

    fn check(written: &str, systems: &[&str], reading: Reading) {
        let written = written.replace("NOS:", NOS);
        let systems: Vec<String> = systems.iter().map(|system| system.replace("NOS:", NOS)).collect();
        let resolved = Terminology::embedded().resolve_system(&written);
        assert_eq!(resolved.systems, systems, "{written}");
        assert_eq!(resolved.reading, reading, "{written}");
    }

    #[test]
    fn d4_an_underscore_in_the_last_segment_is_a_hyphen() {
        let canonical = "NOS:/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement";
        check(canonical, &[canonical], Reading::Canonical);
        let written = "NOS:/TRE_R66-CategorieEtablissement/FHIR/TRE_R66-CategorieEtablissement";
        check(written, &[canonical], Reading::Corrected);
    }

    #[test]
    fn d4_r345_is_the_other_way_round() {
        let canonical = "NOS:/TRE_R345-TypeIdentifiantAutre/FHIR/TRE_R345-TypeIdentifiantAutre";
        check(canonical, &[canonical], Reading::Canonical);
        let hyphen = "NOS:/TRE_R345-TypeIdentifiantAutre/FHIR/TRE-R345-TypeIdentifiantAutre";
        check(hyphen, &[canonical], Reading::Corrected);
    }

    #[test]
    fn d4_communes_without_om() {
        let canonical = "NOS:/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM";
        check(canonical, &[canonical], Reading::Canonical);
        for written in [
            "NOS:/TRE_R13-Commune/FHIR/TRE-R13-Commune",
            "NOS:/TRE_R13-Commune/FHIR/TRE_R13-Commune",
            "NOS:/TRE_R13-CommuneOM/FHIR/TRE-R13-Commune",
            "NOS:/TRE_R13-Commune/FHIR/TRE-R13-CommuneOM",
            "NOS:/TRE_R13-CommuneOM/FHIR/TRE_R13-CommuneOM",
        ] {
            check(written, &[canonical], Reading::Corrected);
        }
    }

    #[test]
    fn d4_the_address_of_a_value_set_means_its_systems() {
        let systems = &[
            "NOS:/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante",
            "NOS:/TRE_R356-ProfessionRessource/FHIR/TRE-R356-ProfessionRessource",
        ];
        let written = "NOS:/JDV_J229-ProfessionSante-ROR/FHIR/JDV-J229-ProfessionSante-ROR";
        check(written, systems, Reading::ValueSet);
        check(&format!("{written}/"), systems, Reading::ValueSet);
    }

    #[test]
    fn d4_nothing_else_is_guessed() {
        for written in [
            "http://loinc.org",
            "NOS:/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement/",
            "NOS:/TRE_R66-CategorieEtablissement",
            "nos:/tre",
            "",
            "/",
        ] {
            check(written, &[written], Reading::Foreign);
        }
        check("http://sirene.fr", &["https://sirene.fr"], Reading::Corrected);
        check("https://unitsofmeasure.org", &["http://unitsofmeasure.org"], Reading::Usual);
    }

    #[test]
    fn d4_a_value_set_and_a_code_name_the_system_that_holds_it() {
        let lists = Terminology::embedded();
        let written = format!("{NOS}/JDV_J55-CategorieEG-ROR/FHIR/JDV-J55-CategorieEG-ROR/");
        let resolved = lists.resolve_coding(&written, "355");
        assert_eq!(
            resolved.systems,
            [format!("{NOS}/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement")]
        );
        assert!(resolved.warning_due());
        assert_eq!(lists.resolve_coding(&written, "inconnu").systems.len(), 2);
    }
}

//! Which offers are presumed sensitive: the words of requirement CO3, applied at import (D34).

use unicode_normalization::UnicodeNormalization;

/// Words of a name that make the offer presumed sensitive, without case nor accents (CO3).
const WORDS: [&str; 16] = [
    "uhsi",
    "securisee interregionale",
    "securite inter-regionale",
    "securise",
    "detenus",
    "usmp",
    "penitentia",
    "uhsa",
    "specialement amenage",
    "service medico-psycologique",
    "service medico-psychologique regional",
    "ufdh",
    "umdh",
    "nrbc",
    "decontamin",
    "contamine",
];

/// Médecine pénitentiaire (J17).
const PRISON_MEDICINE: &str = "089";

/// Whether an offer of this name and activity is presumed sensitive.
pub(super) fn is_presumed(name: &str, activity: &str) -> bool {
    let name: String = name.nfd().filter(char::is_ascii).collect::<String>().to_ascii_lowercase();
    let regional_service = name.contains("smpr") && !name.contains("readaptation");
    activity == PRISON_MEDICINE || regional_service || WORDS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::is_presumed;

    #[test]
    fn detention_and_contamination_are_presumed_and_nothing_else() {
        for name in ["Psychiatrie en milieu pénitentiaire", "UHSA de Lyon", "Unité NRBC", "SMPR"] {
            assert!(is_presumed(name, "229"), "{name}");
        }
        assert!(is_presumed("Consultations", "089"));
        for name in ["Psychiatrie adulte", "Réanimation adulte", "SMPR, réadaptation"] {
            assert!(!is_presumed(name, "229"), "{name}");
        }
    }
}

//! A French name in the code is a name of the field: docs/glossaire.md holds it once.

use std::collections::BTreeSet;

use super::repository::Repository;

/// French words of the field, unaccented, as names in the code use them. A word that is also
/// English, or that FHIR uses, is left out: it would tell nothing.
const FRENCH: &str = "\
    accueil activite adresse adulte agrement ambulatoire annuaire anomalie arrete arrondissement autorisation \
    besoin capacite categorie chambre champ chirurgie de departement dialyse diffusion disponibilite \
    disponible domicile donnee eg ej entite equipement etablissement exercice fermeture filiere fonction \
    fournisseur geographique gestion groupe habitation hebergement heure horaire imagerie installe interne \
    journee juridique libelle lieu lieux lit lits medecine medico metier nature obstetrique offre \
    operationnel operationnelle ouverture perimetre perinatalite personne plateau praticien prise \
    professionnel psychiatrie rattachement reanimation recours regroupement rubrique sanitaire secteur sejour \
    semaine sensible situation social soin soins specialite statut structure surveillance tarif tarifaire \
    territoire titre urgence urgences usage vie ville voie";

/// Words that are French here only beside another French one (`SituationOperationnelle`, but `situation`).
const ALSO_ENGLISH: &str = "de interne nature personne plateau situation social structure surveillance usage";

pub(crate) fn listed(repository: &Repository) -> Vec<String> {
    let glossary = names_in(repository.text("docs/glossaire.md"));
    let mut faults = BTreeSet::new();
    for (path, text) in repository.sources().filter(|(path, _)| !path.starts_with("xtask/")) {
        for name in text.lines().filter_map(declared) {
            if glossary.contains(&words(name).concat()) {
                continue;
            }
            for run in french_runs(name) {
                if !glossary.contains(&run.concat()) && !glossary.contains(&core(&run).concat()) {
                    let french = run.join("_");
                    faults.insert(format!("{path}: `{name}`: add `{french}` to docs/glossaire.md"));
                }
            }
        }
    }
    faults.into_iter().collect()
}

/// Names between back-quotes, folded.
fn names_in(glossary: &str) -> BTreeSet<String> {
    glossary.split('`').skip(1).step_by(2).map(|name| words(name).concat()).collect()
}

/// The name that a line declares: type, function, module, constant, field or variant.
fn declared(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("pub(crate) ").or_else(|| line.strip_prefix("pub(super) ")).unwrap_or(line);
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let word = |text: &'static str| line.strip_prefix(text);
    let after = ["struct ", "enum ", "trait ", "type ", "mod ", "fn ", "const fn ", "const ", "static "]
        .into_iter()
        .find_map(word);
    let text = after.unwrap_or(line);
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let is_field = after.is_none() && rest.starts_with(": ") && line.ends_with(',');
    let is_variant = after.is_none()
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && [",", " {", "("].iter().any(|next| rest.starts_with(next))
        && !rest.contains("::");
    ((after.is_some() || is_field || is_variant) && !name.is_empty()).then_some(name)
}

/// The French stretches of a name, word by word.
fn french_runs(name: &str) -> Vec<Vec<String>> {
    let words = words(name);
    let runs = words.split(|word| !is_in(FRENCH, word));
    runs.filter(|run| !core(run).is_empty()).map(<[String]>::to_vec).collect()
}

/// A stretch without the words at its ends that may be English.
fn core(run: &[String]) -> &[String] {
    let french = |word: &String| !is_in(ALSO_ENGLISH, word);
    let start = run.iter().position(french).unwrap_or(run.len());
    let end = run.iter().rposition(french).map_or(start, |last| last + 1);
    &run[start..end]
}

fn is_in(list: &str, word: &str) -> bool {
    list.split(' ').any(|listed| listed == word)
}

/// The words of a name in either case, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for letter in name.chars() {
        if letter == '_' || (letter.is_ascii_uppercase() && after_lower) {
            words.push(String::new());
        }
        if letter.is_ascii_alphanumeric() {
            words.last_mut().expect("never empty").push(letter.to_ascii_lowercase());
        }
        after_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_names_are_found() {
        let runs = |name| french_runs(name).iter().map(|run| run.join("_")).collect::<Vec<_>>();
        assert_eq!(runs("EntiteGeographique"), ["entite_geographique"]);
        assert_eq!(runs("read_entite_juridique_number"), ["entite_juridique"]);
        assert_eq!(runs("HealthcareService"), Vec::<String>::new());
        assert_eq!(runs("structure"), Vec::<String>::new());
        assert_eq!(runs("SituationOperationnelle"), ["situation_operationnelle"]);
        assert_eq!(runs("lieu_de_vie"), ["lieu_de_vie"]);
        assert_eq!(core(&words("structure_ej")), ["ej"]);
        assert!(names_in("| `EntiteGeographique`, `lieu_de_vie` |").contains("lieudevie"));
    }

    #[test]
    fn declarations_are_told_from_uses() {
        for (line, name) in [
            ("pub struct EntiteJuridique {", Some("EntiteJuridique")),
            ("    pub(crate) fn lieu(&self) {", Some("lieu")),
            ("    EntiteGeographique,", Some("EntiteGeographique")),
            ("    Offre {", Some("Offre")),
            ("    pub champ: String,", Some("champ")),
            ("let lieu = 1;", None),
            ("// lieu: a comment,", None),
        ] {
            assert_eq!(declared(line), name, "{line}");
        }
    }
}

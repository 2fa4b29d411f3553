//! Every rule number of the exposure model, from 002 to 049: what it is about, what is done
//! about it, and where. `docs/regles.md` shows this table to people; a test keeps them equal.

use std::fmt::Write as _;

/// What the server does about a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// A write that breaks it is refused (422).
    Block,
    /// It is written or computed by itself; what was sent may be told to differ.
    Derive,
    /// It is kept when the resource is shown.
    Filter,
    /// A form proposes it; nothing else is done.
    Propose,
    /// It is how versions and dates are stored.
    Store,
    /// It allows something that the profile allows already.
    Permit,
    /// Its text is in no source that could be read: nothing is guessed.
    Unknown,
}

impl Reaction {
    /// The word that people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Block => "refus",
            Self::Derive => "calcul",
            Self::Filter => "filtre à la diffusion",
            Self::Propose => "proposition",
            Self::Store => "enregistrement",
            Self::Permit => "permis",
            Self::Unknown => "texte non trouvé",
        }
    }
}

/// A rule number.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// `002` for RG_EXP_002.
    pub number: &'static str,
    /// The element it bears on, and in a few words what it asks, in French.
    pub about: &'static str,
    /// What is done, the main thing first.
    pub reactions: &'static [Reaction],
    /// Where its text was read.
    pub source: &'static str,
    /// Where it is: a function of this crate (`rules::…`, `capacity::…`), of another
    /// (`directory::…`), or a row of the profile tables (`profil …`).
    pub place: &'static str,
    /// Who applies it, in the words that the page explains; empty where nobody can.
    pub who: &'static str,
}

/// Exposure model 3.0.1, as the product's domain reference recalls it.
const MODEL: &str = "modèle d'exposition 3.0.1";
/// The rules as the ANS republishes them beside its logical model of the ROR (v0.1.0).
const LOGICAL: &str = "modèle logique ROR 0.1.0 (ANS)";

const fn entry(
    number: &'static str,
    about: &'static str,
    reactions: &'static [Reaction],
    source: &'static str,
    place: &'static str,
    who: &'static str,
) -> Entry {
    Entry { number, about, reactions, source, place, who }
}

use Reaction::{Block, Derive, Filter, Permit, Propose, Store, Unknown};

/// The rules, by number. 030 is two: the ANS gave the number to two rules.
pub const CATALOGUE: &[Entry] = &[
    entry(
        "002",
        "élément obligatoire absent : objet non exposé, ni ce qui en dépend ; seuil appliqué : offre sans identifiant, champ, structure porteuse connue ou activité (D34)",
        &[Filter, Derive],
        MODEL,
        "rules::exposure::missing_for_exposure, rules::exposure::not_exposable, directory::graph, confidentiality::project",
        "validation, import, projection",
    ),
    entry(
        "003",
        "fermeture d'une structure : définitive si elle n'est ni provisoire ni prévisionnelle",
        &[Derive],
        LOGICAL,
        "rules::closing::is_definitive",
        "écriture",
    ),
    entry(
        "004",
        "idNat_Struct d'une EJ : FINESS d'abord, sinon SIREN",
        &[Derive],
        MODEL,
        "rules::identity::national_structure_identifier",
        "validation",
    ),
    entry(
        "005",
        "idNat_Struct d'une EG : FINESS d'abord, sinon SIRET",
        &[Derive],
        MODEL,
        "rules::identity::national_structure_identifier",
        "validation",
    ),
    entry(
        "006",
        "contacts d'une EG : directeur, cellule d'alerte",
        &[Permit],
        LOGICAL,
        "profil Organization.contact",
        "validation",
    ),
    entry(
        "007",
        "famille d'activité obligatoire en médico-social",
        &[Block],
        MODEL,
        "rules::activity::family_is_given_in_medico_social",
        "validation",
    ),
    entry(
        "008",
        "public pris en charge obligatoire en médico-social",
        &[Block],
        MODEL,
        "rules::activity::public_is_given_in_medico_social",
        "validation",
    ),
    entry(
        "009",
        "zone d'intervention faite de communes",
        &[Block],
        MODEL,
        "rules::activity::zone_is_made_of_communes",
        "validation",
    ),
    entry(
        "010",
        "un seul champ d'activité, invariable ; une nouvelle offre est proposée",
        &[Block, Propose],
        MODEL,
        "rules::activity::field_is_one, rules::transition::transition, rules::transition::as_new_offer",
        "validation, écriture, formulaire à venir",
    ),
    entry(
        "011",
        "un seul mode de prise en charge, invariable ; une nouvelle offre est proposée",
        &[Block, Propose],
        MODEL,
        "rules::activity::care_mode_is_one, rules::transition::transition, rules::transition::as_new_offer",
        "validation, écriture, formulaire à venir",
    ),
    entry("012", "", &[Unknown], "", "", ""),
    entry(
        "013",
        "contacts d'une organisation interne : responsable, secrétariat, permanence",
        &[Permit],
        LOGICAL,
        "profil Organization.contact",
        "validation",
    ),
    entry(
        "014",
        "horaire : un jour de semaine ou une période",
        &[Block],
        MODEL,
        "rules::schedule::slot_has_a_day_or_a_period",
        "validation",
    ),
    entry(
        "015",
        "horaire sans période : à partir du jour de lecture, en semaine glissante",
        &[Derive],
        MODEL,
        "profil HealthcareService.availableTime",
        "lecteur",
    ),
    entry(
        "016",
        "horaire de semaine : vaut chaque semaine jusqu'au suivant",
        &[Derive],
        MODEL,
        "profil HealthcareService.availableTime",
        "lecteur",
    ),
    entry(
        "017",
        "horaire daté : transmis si la période est en cours ou à venir",
        &[Filter],
        MODEL,
        "rules::schedule::is_expired, confidentiality::project, directory::calendar",
        "projection",
    ),
    entry(
        "018",
        "horaire daté échu : jamais transmis, sauf au propriétaire (D80) ; une fermeture datée n'est pas un horaire",
        &[Filter],
        MODEL,
        "rules::schedule::is_expired, confidentiality::project, directory::calendar",
        "projection",
    ),
    entry("019", "", &[Unknown], "", "", ""),
    entry("020", "dates à la seconde", &[Store], MODEL, "rules::dates::to_the_second", "écriture"),
    entry("021", "", &[Unknown], "", "", ""),
    entry("022", "", &[Unknown], "", "", ""),
    entry(
        "023",
        "date de création : celle de la première mise à jour",
        &[Store],
        MODEL,
        "directory::canonical",
        "écriture",
    ),
    entry("024", "date de mise à jour : bouge avec tout attribut", &[Store], MODEL, "directory::dates", "écriture"),
    entry(
        "025",
        "création, rattachement ou retrait d'un objet : bouge la date de son parent",
        &[Store],
        MODEL,
        "rules::dates::parents_moved, directory::apply",
        "écriture",
    ),
    entry(
        "026",
        "un forfait socle par combinaison",
        &[Block],
        MODEL,
        "rules::price::one_base_price_each",
        "validation",
    ),
    entry(
        "027",
        "un montant par combinaison, pour les autres tarifs",
        &[Block],
        MODEL,
        "rules::price::one_amount_each",
        "validation",
    ),
    entry("028", "un seul type d'offre", &[Block], LOGICAL, "profil HealthcareService.category", "validation"),
    entry(
        "029",
        "supplément d'hébergement : chambre simple",
        &[Block],
        MODEL,
        "rules::price::supplement_is_for_a_single_room",
        "validation",
    ),
    entry("030", "professionnel : RPPS d'abord, sinon ADELI", &[Derive], MODEL, "", "import des registres à venir"),
    entry(
        "030",
        "territoire de santé d'une EG : division territoriale de type 4",
        &[Block],
        LOGICAL,
        "profil Organization.extension:ror-territorial-division",
        "validation",
    ),
    entry(
        "031",
        "données des registres de professionnels : jamais modifiées ici",
        &[Block],
        MODEL,
        "rules::transition::transition",
        "écriture",
    ),
    entry(
        "032",
        "niveau d'un contact : 2 par défaut",
        &[Derive],
        MODEL,
        "rules::levels::level, confidentiality::project::levels",
        "projection, validation",
    ),
    entry(
        "033",
        "niveau d'une télécommunication : 2 par défaut",
        &[Derive],
        MODEL,
        "rules::levels::level, confidentiality::project::levels",
        "projection, validation",
    ),
    entry(
        "034",
        "télécommunication au moins aussi restreinte que son contact",
        &[Block],
        MODEL,
        "rules::contact::telecom_of_an_offer_is_as_strict_as_its_contact",
        "validation",
    ),
    entry(
        "035",
        "unité sensible : non par défaut, sauf présomption (D34)",
        &[Derive],
        MODEL,
        "rules::sensitive::give_default_flag",
        "import, validation",
    ),
    entry(
        "036",
        "prestation supplémentaire : nommée par un code ou par un texte",
        &[Block],
        MODEL,
        "rules::price::extra_service_is_named_once",
        "validation",
    ),
    entry(
        "037",
        "idNat_Struct d'une EJ : le rang RPPS ou ADELI, s'il y en a un",
        &[Derive],
        MODEL,
        "rules::identity::national_structure_identifier",
        "validation",
    ),
    entry(
        "038",
        "idNat_Struct d'une EG : le rang RPPS ou ADELI, s'il y en a un",
        &[Derive],
        MODEL,
        "rules::identity::national_structure_identifier",
        "validation",
    ),
    entry(
        "039",
        "unité sensible : contacts au niveau 3",
        &[Derive],
        MODEL,
        "rules::sensitive::contacts_of_a_sensitive_unit_are_of_level_3, confidentiality::project::scope",
        "projection, validation",
    ),
    entry(
        "040",
        "contact d'un service : une nature, ni nom ni fonction",
        &[Block],
        MODEL,
        "rules::contact::service_of_an_offer_has_no_name",
        "validation",
    ),
    entry(
        "041",
        "contact d'une personne : une fonction et un nom, pas de nature",
        &[Block],
        MODEL,
        "rules::contact::person_of_an_offer_has_a_name",
        "validation",
    ),
    entry(
        "042",
        "offre transférée : garde son identifiant",
        &[Block],
        MODEL,
        "rules::transition::transition",
        "écriture",
    ),
    entry(
        "043",
        "un type et une date de fermeture, ou aucun des deux",
        &[Block],
        MODEL,
        "rules::closing::date_goes_with_type",
        "validation",
    ),
    entry(
        "044",
        "une fermeture ferme tout ce qui est au-dessous, dans la même écriture ; un formulaire le montre avant",
        &[Derive, Propose],
        MODEL,
        "rules::closing::cascade, rules::around::related, directory::follow",
        "écriture, validation, formulaire à venir",
    ),
    entry(
        "045",
        "date de réouverture : pour une fermeture temporaire seulement",
        &[Block],
        MODEL,
        "rules::closing::only_a_temporary_closing_reopens",
        "validation",
    ),
    entry(
        "046",
        "date de réouverture ôtée à la réouverture",
        &[Block],
        MODEL,
        "rules::closing::reopening_is_reset",
        "validation",
    ),
    entry(
        "047",
        "offre fermée : rien de disponible, dès l'écriture, ou le jour d'une fermeture annoncée",
        &[Derive],
        MODEL,
        "capacity::close, rules::around::related, directory::follow, directory::calendar",
        "écriture, jour venu, validation",
    ),
    entry(
        "048",
        "unités d'âge : a, mo, wk, d",
        &[Block],
        MODEL,
        "rules::schedule::age_units_are_years_months_weeks_or_days",
        "validation",
    ),
    entry(
        "049",
        "horaires d'une personne : 03, 06 ou 07",
        &[Block],
        MODEL,
        "rules::schedule::hours_of_a_person_are_on_call_or_consultation",
        "validation",
    ),
];

const INTRODUCTION: &str = "\
# Règles de gestion

Chaque numéro RG_EXP du modèle d'exposition du ROR, de 002 à 049 : ce qu'il demande, la réaction, qui l'applique, où. Page écrite d'après `rules::catalogue` ; un test compare les deux.

Qui applique :

* **validation** : chaque écriture par API (422 si c'est un refus), `$validate`, `ror validate` et l'import, qui prend tout et en fait un constat ;
* **écriture** : le répertoire, dans la même transaction ; à l'import, seulement ce qui date et conserve ;
* **jour venu** : le répertoire, sans que personne écrive, dans une version signée `ror:calendar` ;
* **projection** : ce que chaque destinataire voit ; ce qui est enregistré ne change pas ;
* **import** : le chargement d'un fichier ;
* **lecteur** : l'élément est transmis comme il est écrit ; qui le lit l'entend ainsi ;
* **formulaire à venir** : un écran du portail, avec la saisie ; d'ici là, le message du refus dit que faire.

| RG_EXP | Porte sur | Réaction | Appliquée par | Source | Dans le code |
|---|---|---|---|---|---|
";

/// The catalogue as a page in French.
pub fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    for entry in CATALOGUE {
        let Entry { number, about, source, place, who, .. } = entry;
        let labels: Vec<&str> = entry.reactions.iter().map(|reaction| reaction.label()).collect();
        let or_dash = |text: &'static str| if text.is_empty() { "–" } else { text };
        let place = if place.is_empty() { "–".to_owned() } else { format!("`{}`", place.replace(", ", "`, `")) };
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "| {number} | {} | {} | {} | {} | {place} |",
            or_dash(about),
            labels.join(", "),
            or_dash(who),
            or_dash(source)
        );
    }
    page.push_str(
        "\nLes numéros dont le texte n'a pas été trouvé ne sont pas devinés. L'ANS donne le numéro 030 à deux règles. Les règles du produit (D24 : pas de téléphone dans un texte ; D35, D36 : enregistrements de capacité ; CO3 : unité sensible présumée) sont vérifiées avec celles-ci.\n\nCalculés, sans règle à tenir : le statut de peuplement (`population`), que `ror import` donne à la fin ; et, sans lecteur encore, la capacité opérationnelle (`capacity::operational`) et l'âge d'une disponibilité au regard de son rythme (`capacity::freshness`, seuils de `data/freshness.tsv`), pour les pages du portail qui montreront les lits.\n",
    );
    page
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{CATALOGUE, Reaction, page};
    use crate::rules::RULES;

    fn sources(folder: &Path) -> String {
        let mut all = String::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|kind| kind == "rs") {
                    all.push_str(&std::fs::read_to_string(&path).expect("a source"));
                }
            }
        }
        all
    }

    #[test]
    fn every_number_is_there_once() {
        let mut numbers: Vec<&str> = CATALOGUE.iter().map(|entry| entry.number).collect();
        numbers.dedup();
        let wanted: Vec<String> = (2..=49).map(|number| format!("{number:03}")).collect();
        assert_eq!(numbers, wanted);
    }

    #[test]
    fn every_place_exists_and_every_rule_has_its_test() {
        let here = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
        for entry in CATALOGUE.iter().filter(|entry| !entry.reactions.contains(&Reaction::Unknown)) {
            for place in
                entry.place.split(", ").filter(|place| place.starts_with("rules::") || place.starts_with("capacity::"))
            {
                let name = place.rsplit("::").next().unwrap_or_default();
                let is_there = here.contains(&format!("fn {name}(")) || here.contains(&format!("fn {name}<"));
                assert!(is_there, "{} {place}", entry.number);
            }
            let is_ours = entry.place.starts_with("rules::") || entry.place.starts_with("capacity::");
            let tests: Vec<&str> = here.lines().filter(|line| line.trim_start().starts_with("fn rg_exp_")).collect();
            let has_test = tests.iter().any(|line| line.contains(entry.number));
            assert!(has_test || !is_ours, "no test named after RG_EXP_{}", entry.number);
        }
    }

    #[test]
    fn every_blocking_rule_of_one_body_is_in_the_table() {
        for (name, ..) in RULES {
            let Some(number) = name.strip_prefix("RG_EXP_") else { continue };
            assert!(CATALOGUE.iter().any(|entry| entry.number == number), "{name}");
        }
        let blocking = CATALOGUE.iter().filter(|entry| entry.reactions.contains(&Reaction::Block));
        for entry in
            blocking.filter(|entry| entry.place.starts_with("rules::") && !entry.place.starts_with("rules::transition"))
        {
            let name = format!("RG_EXP_{}", entry.number);
            assert!(RULES.iter().any(|(other, ..)| *other == name), "{name}");
        }
    }

    /// `INSTA_UPDATE=always` renews it, as for golden files: look at the difference.
    #[test]
    fn the_page_is_the_table() {
        let place = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/regles.md");
        if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
            std::fs::write(place, page()).expect("written");
        }
        let written = std::fs::read_to_string(place).expect("a page");
        assert_eq!(written, page(), "docs/regles.md is not what rules::catalogue::page gives");
    }

    #[test]
    fn every_rule_that_is_read_has_someone_who_applies_it() {
        for entry in CATALOGUE {
            assert_eq!(entry.who.is_empty(), entry.reactions.contains(&Reaction::Unknown), "{}", entry.number);
        }
    }
}

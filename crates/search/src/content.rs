//! The words of a resource: names, comments, labels of its codes, city (D15).
//!
//! They are read from a projection, so a hidden value gives no word; and a word says
//! nothing of how many resources hold it.

use ror_fhir::Node;
use ror_terminology::{Terminology, fold, words};

use crate::{ResourceType, Term};

/// Elements whose text is searched, at any depth.
const TEXTS: [&str; 9] =
    ["name", "title", "alias", "comment", "description", "city", "family", "given", "exerciseLastName"];
/// Elements that hold no text to search: what they label is not the offer.
const LEFT_OUT: [&str; 4] = ["meta", "identifier", "telecom", "reference"];
/// Words that carry no meaning in a French question (D15).
const STOP_WORDS: [&str; 24] = [
    "a", "au", "aux", "avec", "d", "dans", "de", "des", "du", "en", "et", "l", "la", "le", "les", "ou", "par", "pour",
    "s", "sur", "un", "une", "chez", "pres",
];

/// The words of a question: folded, without stop words unless there is nothing else.
///
/// ```
/// use ror_search::question_words;
/// assert_eq!(question_words("Soins à Domicile"), ["soins", "domicile"]);
/// assert_eq!(question_words("Le Un"), ["le", "un"]);
/// ```
pub fn question_words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let all: Vec<&str> = words(&folded).collect();
    let telling: Vec<&str> = all.iter().copied().filter(|word| !STOP_WORDS.contains(word)).collect();
    let kept = if telling.is_empty() { all } else { telling };
    kept.into_iter().map(str::to_owned).collect()
}

/// The terms of the words of `resource`; those of its name are told apart too.
pub(crate) fn terms(rtype: ResourceType, resource: &Node, into: &mut Vec<Term>) {
    let Some(object) = resource.as_object() else { return };
    for (key, value) in object.iter().filter(|(key, _)| !LEFT_OUT.contains(key)) {
        read(rtype, key, value, into);
    }
    for text in names(resource) {
        let folded = fold(text);
        for word in words(&folded) {
            into.push(Term::word(rtype, word));
            into.push(Term::name_word(rtype, word));
        }
    }
}

/// What a resource is called: a person in parts, everything else by its name, aliases and title.
fn names(resource: &Node) -> impl Iterator<Item = &str> {
    let of_thing = ["name", "alias", "title"].into_iter().flat_map(|key| resource.items(key));
    let of_person = resource
        .items("name")
        .flat_map(|name| ["family", "given", "text"].into_iter().flat_map(move |key| name.items(key)));
    of_thing.chain(of_person).filter_map(Node::as_str)
}

fn read(rtype: ResourceType, key: &str, node: &Node, into: &mut Vec<Term>) {
    match node {
        Node::String(text) if TEXTS.contains(&key) => add(rtype, text, into),
        Node::Array(items) => items.iter().for_each(|item| read(rtype, key, item, into)),
        Node::Object(object) => {
            if let (Some(system), Some(code)) = (node.str("system"), node.str("code"))
                && let Some(label) = Terminology::embedded().display(system, code)
            {
                add(rtype, label, into);
            }
            // A contact's telecom is an extension: its channel is not what is offered.
            if node.str("url").is_some_and(|url| url.ends_with("-telecom")) {
                return;
            }
            let texts_of_extension = node.str("url").is_some_and(|url| TEXTS.iter().any(|text| url.ends_with(text)));
            for (key, value) in object.iter().filter(|(key, _)| !LEFT_OUT.contains(key)) {
                let key = if key == "valueString" && texts_of_extension { "comment" } else { key };
                read(rtype, key, value, into);
            }
        }
        _ => {}
    }
}

fn add(rtype: ResourceType, text: &str, into: &mut Vec<Term>) {
    let folded = fold(text);
    into.extend(words(&folded).map(|word| Term::word(rtype, word)));
}

#[cfg(test)]
mod tests {
    use ror_fhir::node;

    use super::*;

    #[test]
    fn the_words_of_a_name_are_told_apart() {
        let of = |rtype, resource: Node| {
            let mut found = Vec::new();
            terms(rtype, &resource, &mut found);
            let word = |term: &Term| Term::name_word_text(term.as_bytes(), rtype).map(str::to_owned);
            let mut words: Vec<_> = found.iter().filter_map(word).collect();
            assert!(words.iter().all(|word| found.contains(&Term::word(rtype, word))), "{found:?}");
            words.sort_unstable();
            words
        };
        let place = node!({"name": "Bâtiment Nord", "alias": ["L'Étoile"], "address": {"city": "Lyon"},
            "extension": [{"url": "x", "extension": [{"name": "non"}]}]});
        assert_eq!(of(ResourceType::Location, place), ["batiment", "etoile", "l", "nord"]);
        let person = node!({"name": [{"family": "Du Pont", "given": ["Zoé"], "text": "Dr Zoé Du Pont"}]});
        assert_eq!(of(ResourceType::Practitioner, person), ["dr", "du", "du", "pont", "pont", "zoe", "zoe"]);
        let template = node!({"title": "Maternité", "description": "accouchement"});
        assert_eq!(of(ResourceType::Questionnaire, template), ["maternite"]);
    }

    #[test]
    fn names_labels_and_city_are_words_and_telecoms_are_not() {
        let system = "https://mos.esante.gouv.fr/NOS/TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite";
        let resource = node!({"resourceType": "HealthcareService", "name": "Réanimation d'Été",
            "type": [{"coding": [{"system": system, "code": "03"}]}], "meta": {"tag": [{"code": "84"}]},
            "telecom": [{"value": "0400000000"}],
            "extension": [{"url": "https://x/ror-comment", "valueString": "Ascenseur"},
                {"url": "https://x/ror-contact-telecom", "extension": [{"url": "description", "valueString": "secret"}]}]});
        let mut found = Vec::new();
        terms(ResourceType::HealthcareService, &resource, &mut found);
        let has = |word: &str| found.contains(&Term::word(ResourceType::HealthcareService, word));
        assert!(has("reanimation") && has("ete") && has("ascenseur") && has("psychiatrie"), "{found:?}");
        assert!(!has("0400000000") && !has("secret") && !has("84"));
    }
}

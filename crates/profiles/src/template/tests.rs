//! Templates are right by the profile, the code lists and the model.

use std::collections::BTreeSet;

use ror_fhir::Node;
use ror_terminology::Terminology;

use super::{LIBERAL_QUESTIONS_MAX, questions, templates};
use crate::tables::Tables;
use crate::{Context, Handling, validate};

const GUIDE: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/";

fn made() -> Vec<Node> {
    templates().iter().map(|it| it.to_questionnaire("https://ror.exemple.fr/fhir", Terminology::embedded())).collect()
}

/// All items, whatever their depth.
fn items(questionnaire: &Node) -> Vec<&Node> {
    let mut all: Vec<&Node> = Vec::new();
    let mut waiting: Vec<&Node> = questionnaire.items("item").collect();
    while let Some(item) = waiting.pop() {
        waiting.extend(item.items("item"));
        all.push(item);
    }
    all
}

#[test]
fn each_template_is_valid_in_strict_handling() {
    assert_eq!(made().len(), 12);
    for questionnaire in made() {
        // 2026-11-21.
        let context = Context { terminology: Terminology::embedded(), now: 1_795_300_000_000 };
        assert_eq!(validate(&questionnaire, Handling::Strict, &context), [], "{:?}", questionnaire.str("title"));
    }
}

#[test]
fn every_code_exists_and_has_its_label() {
    for questionnaire in made() {
        let name = questionnaire.str("name").unwrap_or_default().to_owned();
        let options =
            items(&questionnaire).into_iter().flat_map(|item| item.items("answerOption").map(move |it| (item, it)));
        for (item, option) in options {
            let coding = option.get("valueCoding").expect("a coding");
            let question = item.str("linkId").unwrap_or_default();
            let key = question.rsplit('.').next().unwrap_or_default();
            let list = questions()[key].list.as_deref().expect("a list");
            let set = Terminology::embedded().value_set(list).expect("a list that is held");
            let is_member =
                coding.str("system").zip(coding.str("code")).is_some_and(|(system, code)| set.contains(system, code));
            assert!(is_member && coding.str("display").is_some(), "{name} {question} {coding:?}");
        }
        for context in questionnaire.items("useContext") {
            let value = context.get("valueCodeableConcept").expect("a value");
            assert!(value.items("coding").all(|coding| coding.str("display").is_some()), "{name} {value:?}");
        }
    }
}

#[test]
fn every_list_is_that_of_its_element() {
    for (key, question) in questions() {
        let Some(list) = &question.list else { continue };
        let (id, path) = question.definition.split_once('#').expect("profile # element");
        let bound = match Tables::embedded().profiles().iter().find(|profile| profile.id == id) {
            Some(profile) => {
                let wanted = path.strip_prefix("HealthcareService.").expect("an offer");
                profile.elements.iter().find(|row| row.path == wanted).and_then(|row| row.value_set)
            }
            None => of_extension(id, path).1,
        };
        let is_bound = bound.is_some_and(|url| url.contains(list.as_str()));
        // Communes are one of the lists that divisions draw from; RG_EXP_009 narrows to them.
        assert!(is_bound || key == "zone", "{key}: {list} is not {bound:?}");
    }
}

/// Whether an element of an extension exists, and its value set.
fn of_extension(id: &str, path: &str) -> (bool, Option<&'static str>) {
    let found = Tables::embedded().extensions().iter().find(|extension| extension.id == id);
    let Some(extension) = found else { return (false, None) };
    let rest = path.strip_prefix("Extension").expect("an extension");
    match rest.strip_prefix(".extension:") {
        None => ((rest.is_empty() && extension.is_complex) || rest == ".value[x]", extension.value_set),
        Some(rest) => {
            let (part, value) = rest.split_once('.').expect("a part and its value");
            let part = extension.parts.iter().find(|other| other.url == part);
            let (kind, bound) = value.strip_prefix("value[x]").map_or(("?", ""), |bound| ("value[x]", bound));
            let is_there = part.is_some_and(|part| {
                kind == "value[x]"
                    && (bound.is_empty()
                        || part.types.iter().any(|name| {
                            let elements = Tables::embedded().elements(name).unwrap_or_default();
                            elements.iter().any(|element| Some(element.name) == bound.strip_prefix('.'))
                        }))
            });
            (is_there, part.and_then(|part| part.value_set))
        }
    }
}

#[test]
fn every_definition_leads_to_an_element_of_the_model() {
    for questionnaire in made() {
        for item in items(&questionnaire) {
            let definition = item.str("definition").and_then(|text| text.strip_prefix(GUIDE)).expect("of the guide");
            let (id, path) = definition.split_once('#').expect("profile # element");
            let profile = Tables::embedded().profiles().iter().find(|profile| profile.id == id);
            let is_there = match profile {
                Some(profile) => {
                    let wanted = path.strip_prefix("HealthcareService.").expect("an offer");
                    profile.elements.iter().any(|row| row.path == wanted)
                }
                None => of_extension(id, path).0,
            };
            assert!(is_there, "{definition}");
        }
    }
}

#[test]
fn what_repeats_may_repeat() {
    let offer = Tables::embedded().profile("HealthcareService").expect("a profile");
    for (key, question) in questions() {
        let Some(path) = question.definition.strip_prefix("ror-healthcareservice#HealthcareService.") else { continue };
        let row = offer.elements.iter().find(|row| row.path == path).expect("a row");
        assert_eq!(question.repeats, row.max != Some(1), "{key}");
    }
}

#[test]
fn a_liberal_profession_is_asked_at_most_twelve_questions() {
    let liberal: Vec<_> = templates().iter().filter(|it| !it.professions.is_empty()).collect();
    assert_eq!(liberal.len(), 2);
    for template in liberal {
        assert!(template.questions() <= LIBERAL_QUESTIONS_MAX, "{}: {}", template.title, template.questions());
        let made = template.to_questionnaire("https://x", Terminology::embedded());
        let asked =
            items(&made).into_iter().filter(|it| it.str("type") != Some("group") && it.get("readOnly").is_none());
        assert_eq!(asked.count(), template.questions());
    }
}

#[test]
fn each_template_asks_what_an_offer_must_have() {
    for template in templates() {
        let keys: BTreeSet<&str> = template.ask.iter().map(|ask| ask.question.as_str()).collect();
        let mut wanted = vec!["nom", "champ", "mode", "activite", "age-min", "age-max", "unite-sensible", "contact"];
        if template.fields == ["04"] {
            // RG_EXP_007, RG_EXP_008.
            wanted.extend(["famille", "public"]);
        }
        assert!(wanted.iter().all(|key| keys.contains(key)), "{}: {keys:?}", template.title);
        assert_eq!(keys.len(), template.ask.len(), "{}: a question twice", template.title);
    }
    let numbers: BTreeSet<&str> = templates().iter().map(|it| it.identifier.as_str()).collect();
    assert_eq!(numbers.len(), templates().len());
}

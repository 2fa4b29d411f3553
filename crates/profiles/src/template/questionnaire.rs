//! A template as a FHIR Questionnaire (profile `ror-questionnaire-healthcareservice`).

use ror_fhir::{Node, Object, node};
use ror_terminology::Terminology;

use super::{Ask, Question, Template, VERSION, questions};

const GUIDE: &str = "https://interop.esante.gouv.fr/ig/fhir/ror";
const SDC: &str = "http://hl7.org/fhir/uv/sdc/StructureDefinition";
const NOS: &str = "https://mos.esante.gouv.fr/NOS";
/// Years.
const UCUM: &str = "http://unitsofmeasure.org";

/// Value sets of the use contexts.
const CATEGORIES: &str = "JDV_J55-CategorieEG-ROR";
const FIELDS: &str = "JDV_J20-ChampActivite-ROR";
const PROFESSIONS: &str = "JDV_J229-ProfessionSante-ROR";
const SPECIALITIES: &str = "JDV_J210-SpecialiteOrdinale-ROR";

impl Template {
    /// The Questionnaire, with its address under `base` (`https://ror.exemple.fr/fhir`); labels
    /// are those of the code lists in force.
    pub fn to_questionnaire(&self, base: &str, terminology: &Terminology) -> Node {
        let url = format!("{}/Questionnaire/{}", base.trim_end_matches('/'), self.identifier);
        let launch = self.launch_context();
        let contexts = self.contexts(terminology);
        let items: Vec<Node> = self.ask.iter().map(|ask| item(ask, terminology)).collect();
        let description = format!(
            "Modèle de saisie proposé pour : {}. Il n'a pas été validé par la profession concernée.",
            self.title
        );
        node!({"resourceType": "Questionnaire",
            "extension": [
                {"url": (format!("{SDC}/sdc-questionnaire-launchContext")), "extension": launch},
                {"url": (format!("{SDC}/sdc-questionnaire-itemExtractionContext")), "valueCode": "HealthcareService"}],
            "url": url, "identifier": [{"value": (self.identifier)}], "version": VERSION,
            "name": (self.identifier), "title": (self.title), "status": "active",
            "subjectType": ["HealthcareService"], "description": description,
            "useContext": contexts, "item": items})
    }

    fn launch_context(&self) -> Vec<Node> {
        let system = format!("{GUIDE}/CodeSystem/ror-launch-context-codesystem");
        vec![
            node!({"url": "name", "valueCoding": {"system": system, "code": "ror-structure", "display": "ROR Structure"}}),
            node!({"url": "type", "valueCode": "HealthcareService"}),
            node!({"url": "description", "valueString": (self.title)}),
        ]
    }

    fn contexts(&self, terminology: &Terminology) -> Vec<Node> {
        let nos = |name: &str| format!("{NOS}/{name}/FHIR/{}", name.replacen('_', "-", 1));
        let kinds = [
            (nos("TRE_R67-TypeStructure-EJ-EG"), "EG", "Entité géographique", CATEGORIES, &self.categories),
            (nos("TRE_R288-TypeProfession"), "P01", "Profession de santé", PROFESSIONS, &self.professions),
            (nos("TRE_R04-TypeSavoirFaire"), "S", "Spécialité ordinale", SPECIALITIES, &self.specialities),
            (
                format!("{GUIDE}/CodeSystem/usage-context-ror-codesystem"),
                "champAct",
                "Champ d'activité",
                FIELDS,
                &self.fields,
            ),
        ];
        let made = kinds.into_iter().flat_map(|(system, code, display, list, values)| {
            let kind = node!({"system": system, "code": code, "display": display});
            values.iter().map(move |value| {
                let value = coding(list, value, terminology);
                node!({"code": kind, "valueCodeableConcept": {"coding": [value]}})
            })
        });
        made.collect()
    }
}

/// A code of a list, `R356:112` where two of its systems share the number; without system or
/// label when it is in none, which a test forbids.
fn coding(list: &str, code: &str, terminology: &Terminology) -> Node {
    let (from, code) = code.split_once(':').map_or((None, code), |(from, code)| (Some(from), code));
    let set = terminology.value_set(list);
    let is_from = |system: &str| from.is_none_or(|name| system.contains(&format!("{name}-")));
    let found = set.and_then(|set| set.concepts().find(|(system, it)| it.code == code && is_from(system)));
    match found {
        Some((system, concept)) => node!({"system": system, "code": code, "display": (concept.label())}),
        None => node!({"code": code}),
    }
}

fn item(ask: &Ask, terminology: &Terminology) -> Node {
    let question = &questions()[&ask.question];
    let said = Said {
        link: ask.question.clone(),
        text: ask.text.as_deref().unwrap_or(&question.text),
        required: ask.required.unwrap_or(question.required),
        fixed: ask.fixed.as_deref(),
        codes: &ask.codes,
    };
    let mut made = one(question, &said, terminology);
    if !question.children.is_empty() {
        let children: Vec<Node> = question.children.iter().map(|name| child(ask, name, terminology)).collect();
        made.insert("item", children);
    }
    Node::Object(made)
}

fn child(ask: &Ask, name: &str, terminology: &Terminology) -> Node {
    let question = &questions()[name];
    let said = Said {
        link: format!("{}.{name}", ask.question),
        text: &question.text,
        required: question.required,
        fixed: ask.fix.get(name).map(String::as_str),
        codes: ask.narrow.get(name).map_or(&[], Vec::as_slice),
    };
    Node::Object(one(question, &said, terminology))
}

/// How a template asks a question.
struct Said<'a> {
    link: String,
    text: &'a str,
    required: bool,
    fixed: Option<&'a str>,
    codes: &'a [String],
}

fn one(question: &Question, said: &Said<'_>, terminology: &Terminology) -> Object {
    let mut made = Object::new();
    let (id, element) = question.definition.split_once('#').unwrap_or((&question.definition, ""));
    made.insert("linkId", said.link.as_str());
    made.insert("definition", format!("{GUIDE}/StructureDefinition/{id}#{element}"));
    made.insert("text", said.text);
    made.insert("type", question.kind.as_str());
    made.insert("required", said.required);
    made.insert("repeats", question.repeats);
    if let Some(fixed) = said.fixed {
        made.insert("readOnly", true);
        fix(&mut made, question, fixed, terminology);
    } else if let Some(list) = &question.list {
        answers(&mut made, list, said.codes, terminology);
    } else if question.kind == "quantity" {
        let value = if said.link == "age-min" { 0 } else { 120 };
        made.insert("initial", node!([{"valueQuantity": {"value": value, "unit": "an", "system": UCUM, "code": "a"}}]));
    } else if question.kind == "boolean" {
        made.insert("initial", node!([{"valueBoolean": false}]));
    }
    made
}

/// The answer that the template knows.
fn fix(made: &mut Object, question: &Question, fixed: &str, terminology: &Terminology) {
    match (&question.list, question.kind.as_str()) {
        (Some(list), _) => {
            let coding = coding(list, fixed, terminology);
            made.insert("answerOption", node!([{"valueCoding": coding, "initialSelected": true}]));
        }
        (None, "boolean") => {
            made.insert("initial", node!([{"valueBoolean": (fixed == "true")}]));
        }
        (None, _) => {
            made.insert("initial", node!([{"valueString": fixed}]));
        }
    }
}

/// The codes that make sense, or the whole list.
fn answers(made: &mut Object, list: &str, codes: &[String], terminology: &Terminology) {
    if codes.is_empty() {
        let url = terminology.value_set(list).map(ror_terminology::ValueSet::url).unwrap_or_default();
        made.insert("answerValueSet", url);
        return;
    }
    let options: Vec<Node> = codes
        .iter()
        .map(|code| {
            let coding = coding(list, code, terminology);
            node!({"valueCoding": coding})
        })
        .collect();
    made.insert("answerOption", options);
}

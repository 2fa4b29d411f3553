//! One value: its JSON type and form, its pattern, its parts.

use ror_fhir::{Node, Reference};
use ror_terminology::Reading;

use super::{Frame, Told, Walk};
use crate::finding::{Severity, VALUE_SHOWN_MAX};
use crate::identifier::{is_finess, is_rpps, is_siren, is_siret};
use crate::primitive::{self, Fault};
use crate::rule::Rule;
use crate::tables::{BaseElement, How};
use crate::work::work;

/// Where the extensions of the guide are defined: another address there is a misspelling.
const GUIDE: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/";

/// A key check: system of the identifier, code of its type (any when empty), the number it is,
/// the check, and whether a wrong key is an error. About one SIRET in a hundred that hospitals
/// hold fails its key, so those only warn.
type Key = (&'static str, &'static str, &'static str, fn(&str) -> bool, bool);

const KEYS: &[Key] = &[
    ("https://finess.esante.gouv.fr", "", "FINESS", is_finess, true),
    ("https://sirene.fr", "2", "SIREN", is_siren, false),
    ("https://sirene.fr", "3", "SIRET", is_siret, false),
    ("urn:oid:1.2.250.1.71.4.2.1", "", "idNat_PS", is_national_person, true),
    ("urn:oid:1.2.250.1.71.4.2.2", "", "idNat_Struct", is_national_structure, false),
];

/// A national person identifier: 8 then an RPPS number, or that number alone; ADELI has no key.
fn is_national_person(text: &str) -> bool {
    match (text.len(), text.as_bytes().first()) {
        (12, Some(b'8')) => is_rpps(&text[1..]),
        (11, Some(b'1')) => is_rpps(text),
        _ => true,
    }
}

/// A national structure identifier: 1 then FINESS, 2 SIREN, 3 SIRET; the others have no key here.
fn is_national_structure(text: &str) -> bool {
    match text.as_bytes().first() {
        Some(b'1') => is_finess(&text[1..]),
        Some(b'2') => is_siren(&text[1..]),
        Some(b'3') => is_siret(&text[1..]),
        _ => true,
    }
}

impl Walk<'_> {
    /// Looks at one value.
    pub(super) fn value(
        &mut self,
        value: &Node,
        type_name: &'static str,
        element: &'static BaseElement,
        rules: &[&'static Rule],
    ) {
        let named = self.named.len();
        self.named.extend(rules.last());
        self.of_type(value, type_name, element, rules);
        self.named.truncate(named);
    }

    fn of_type(
        &mut self,
        value: &Node,
        type_name: &'static str,
        element: &'static BaseElement,
        rules: &[&'static Rule],
    ) {
        if type_name == "Resource" {
            return self.contained();
        }
        if type_name.starts_with(|first: char| first.is_ascii_lowercase()) {
            return self.primitive(value, type_name, element, rules);
        }
        if value.as_object().is_none() {
            return self.wrong_kind(value, "un objet");
        }
        match type_name {
            "Coding" => self.coding(value),
            "Identifier" => self.identifier(value),
            "Reference" => self.reference(value, element, rules),
            _ => {}
        }
        self.pattern(value, rules);
        self.bound(value, type_name, rules);
        if type_name == "Extension" {
            self.extension(value, rules);
        } else {
            self.object(value, type_name, rules);
        }
    }

    fn contained(&mut self) {
        self.report(Severity::Error, "business-rule", "", || Told {
            expected: "une ressource à part, et une référence vers elle".to_owned(),
            rule: "D18".to_owned(),
            message: "Une ressource contenue échapperait aux règles de confidentialité : la créer à part.".to_owned(),
            value: None,
        });
    }

    fn primitive(&mut self, value: &Node, type_name: &str, element: &'static BaseElement, rules: &[&'static Rule]) {
        match primitive::check(value, type_name) {
            Err(Fault::Kind(expected)) => return self.wrong_kind(value, expected),
            Err(Fault::Form(expected)) => {
                self.report(Severity::Error, "value", "", || Told {
                    expected: expected.to_owned(),
                    rule: format!("FHIR R4 : {type_name}"),
                    message: "Cette valeur n'a pas la forme attendue.".to_owned(),
                    value: quoted(value, type_name),
                });
                return;
            }
            Ok(()) => {}
        }
        // A list of the guide stands in the place of FHIR's.
        let is_narrowed = rules.iter().any(|rule| rule.value_set.is_some_and(|url| self.is_listed(url)));
        if let (Some(name), Some(code), false) = (element.codes, value.as_str(), is_narrowed) {
            self.listed(code, name);
        }
        if type_name == "canonical" {
            self.answers(value);
        }
        self.pattern(value, rules);
        self.bound(value, type_name, rules);
    }

    /// The answers of an entry template come from a value set that is held here: from another
    /// one, nobody could choose.
    fn answers(&mut self, value: &Node) {
        let is_answers = |frame: &Frame<'_>| frame.owner == "Questionnaire.item" && frame.name == "answerValueSet";
        let Some(text) = value.as_str().filter(|_| self.frames.last().is_some_and(is_answers)) else { return };
        let url = text.split_once('|').map_or(text, |(url, _)| url);
        if self.context.terminology.value_set(url).is_some_and(|set| set.url() == url) || self.tables.set(url).is_some()
        {
            return;
        }
        self.report(Severity::Error, "value", "", || Told {
            expected: "l'adresse d'un jeu de valeurs tenu ici".to_owned(),
            rule: "Questionnaire.item.answerValueSet → ValueSet".to_owned(),
            message: "Aucun jeu de valeurs n'est tenu à cette adresse : la question n'aurait pas de réponse."
                .to_owned(),
            value: Some(shown(text)),
        });
    }

    /// A code of a small list of FHIR R4 itself.
    fn listed(&mut self, code: &str, name: &'static str) {
        let Some(codes) = self.tables.codes(name).filter(|codes| !codes.contains(&code)) else { return };
        self.report(Severity::Error, "code-invalid", "", || Told {
            expected: if codes.len() > 20 { format!("un code de {name}") } else { codes.join(", ") },
            rule: format!("FHIR R4 : {name}"),
            message: format!("Ce code n'est pas dans la liste {name} de FHIR R4."),
            value: Some(shown(code)),
        });
    }

    /// What the guide fixes.
    fn pattern(&mut self, value: &Node, rules: &[&'static Rule]) {
        for rule in rules {
            let Some(pattern) = rule.pattern.as_ref().filter(|pattern| !self.has_pattern(value, pattern)) else {
                continue;
            };
            // D34: the type of an identifier without its system.
            let lacks_system = |coding: &Node| coding.get("system").is_none();
            let severity = match pattern.items("coding").next().and_then(|coding| coding.str("code")) {
                Some(code) if value.items("coding").any(|it| it.str("code") == Some(code) && lacks_system(it)) => {
                    self.tolerated()
                }
                _ => Severity::Error,
            };
            self.report(severity, "value", "", || Told {
                expected: fixed(pattern),
                rule: format!("{} = {}", rule.source, fixed(pattern)),
                message: "Le guide fixe cette valeur, et ce n'est pas celle qui est donnée.".to_owned(),
                value: written(value),
            });
        }
    }

    /// Whether a value holds at least what the pattern does (FHIR R4 §5.3, `pattern[x]`);
    /// systems are compared as D4 reads them.
    pub(super) fn has_pattern(&self, value: &Node, pattern: &Node) -> bool {
        work(1);
        match pattern {
            Node::Object(members) => members.iter().all(|(key, wanted)| {
                let Some(held) = value.get(key) else { return false };
                match (key, held.as_str(), wanted.as_str()) {
                    ("system", Some(held), Some(wanted)) => {
                        held == wanted || self.context.terminology.resolve_system(held).systems.contains(&wanted)
                    }
                    _ => self.has_pattern(held, wanted),
                }
            }),
            Node::Array(wanted) => {
                let held = value.as_array().unwrap_or_default();
                wanted.iter().all(|wanted| held.iter().any(|held| self.has_pattern(held, wanted)))
            }
            Node::String(wanted) => value.as_str().is_some_and(|held| {
                held == &**wanted || self.context.terminology.resolve_system(held).systems.contains(&&**wanted)
            }),
            scalar => value == scalar,
        }
    }

    fn identifier(&mut self, identifier: &Node) {
        let (Some(system), Some(value)) = (identifier.str("system"), identifier.str("value")) else { return };
        let resolved = self.context.terminology.resolve_system(system);
        if resolved.reading == Reading::Corrected {
            self.misspelt_system(system, resolved.systems.first().copied().unwrap_or_default());
        }
        let has_type = |code: &str| {
            let kind = identifier.get("type");
            code.is_empty() || kind.is_some_and(|kind| kind.items("coding").any(|it| it.str("code") == Some(code)))
        };
        let known = KEYS.iter().find(|(of, code, ..)| resolved.systems.contains(of) && has_type(code));
        let Some((_, _, name, check, is_error)) = known else { return };
        if !check(value) {
            let severity = if *is_error { Severity::Error } else { Severity::Warning };
            self.report(severity, "value", ".value", || Told {
                expected: form_of(name).to_owned(),
                rule: format!("clé {name}"),
                message: format!("Le numéro {name} n'existe pas : une erreur de frappe est probable."),
                value: Some(shown(value)),
            });
        }
    }

    /// An address of D4's list, read with the meaning intended.
    pub(super) fn misspelt_system(&mut self, written: &str, meant: &str) {
        self.report(self.tolerated(), "value", ".system", || Told {
            expected: meant.to_owned(),
            rule: "D4".to_owned(),
            message: format!("L'adresse du système est mal écrite ; elle est lue comme {meant}."),
            value: Some(shown(written)),
        });
    }

    fn reference(&mut self, reference: &Node, element: &BaseElement, rules: &[&'static Rule]) {
        let stated = rules.iter().rev().find(|rule| !rule.targets.is_empty());
        let (targets, source) = match stated {
            Some(rule) => (&rule.targets, rule.source.clone()),
            None => (&element.targets, format!("FHIR R4 : {}", element.name)),
        };
        self.reference_type(reference, targets, &source);
        let Some(text) = reference.str("reference") else { return };
        let (is_good, expected) = match Reference::parse(text) {
            Reference::Absolute(_) => (true, String::new()),
            Reference::Local { rtype, .. } => {
                (targets.is_empty() || targets.contains(&"Resource") || targets.contains(&rtype), targets.join(" ou "))
            }
            Reference::Contained(_) | Reference::Malformed(_) => {
                (false, if targets.is_empty() { "une ressource".to_owned() } else { targets.join(" ou ") })
            }
        };
        if !is_good {
            self.report(Severity::Error, "structure", ".reference", || Told {
                rule: format!("{source} → {}", targets.join(" | ")),
                message: "Cette référence ne mène pas où il faut.".to_owned(),
                value: Some(shown(text)),
                expected: format!("une référence à {expected}, par exemple {}", example_of(targets)),
            });
        }
    }

    /// The type that a reference tells: one of the targets, and that of the address beside it. A
    /// reference by identifier has nothing else to be judged by.
    fn reference_type(&mut self, reference: &Node, targets: &[&'static str], source: &str) {
        let Some(told) = reference.str("type") else { return };
        let is_target = targets.is_empty() || targets.contains(&"Resource") || targets.contains(&told);
        let is_that_of_address = match reference.str("reference").map(Reference::parse) {
            Some(Reference::Local { rtype, .. }) => rtype == told,
            _ => true,
        };
        if !is_target || !is_that_of_address {
            self.report(Severity::Error, "structure", ".type", || Told {
                expected: if is_target { "le type de la référence".to_owned() } else { targets.join(" ou ") },
                rule: format!("{source} → {}", targets.join(" | ")),
                message: if is_target {
                    "Le type de la référence contredit son adresse.".to_owned()
                } else {
                    "Une référence de ce type n'est pas admise ici.".to_owned()
                },
                value: Some(shown(told)),
            });
        }
    }

    fn extension(&mut self, extension: &Node, rules: &[&'static Rule]) {
        let url = extension.str("url").unwrap_or_default();
        let Some(content) = self.rules.extension(url) else {
            if url.starts_with(GUIDE) {
                self.report(Severity::Warning, "extension", ".url", || Told {
                    expected: "une extension du guide ROR 0.7.0".to_owned(),
                    rule: "guide ROR 0.7.0".to_owned(),
                    message: "Le guide ROR ne définit pas d'extension à cette adresse.".to_owned(),
                    value: Some(shown(url)),
                });
            }
            self.value_or_parts(extension, rules);
            return self.object(extension, "Extension", rules);
        };
        let is_of_profile = rules.iter().any(|rule| matches!(rule.how, How::Url(_)));
        if !is_of_profile {
            self.context_of(url);
        }
        let all: Vec<&'static Rule> = [content].into_iter().chain(rules.iter().copied()).collect();
        if rules.is_empty() {
            self.named.push(content);
        }
        self.object(extension, "Extension", &all);
    }

    /// FHIR's ext-1, for the extensions that no table describes.
    fn value_or_parts(&mut self, extension: &Node, rules: &[&'static Rule]) {
        let asks_value = rules.iter().any(|rule| rule.child("value[x]").is_some_and(|value| value.min > 0));
        let has_value = extension
            .as_object()
            .is_some_and(|object| object.iter().any(|(key, _)| key.trim_start_matches('_').starts_with("value")));
        if !asks_value && has_value == extension.get("extension").is_some() {
            self.report(Severity::Error, "invariant", "", || Told {
                expected: "une valeur, ou des parties".to_owned(),
                rule: "FHIR R4 : ext-1".to_owned(),
                message: "Une extension porte soit une valeur, soit des parties.".to_owned(),
                value: None,
            });
        }
    }

    /// Reports an extension of the guide that stands where neither the profile nor its declared
    /// contexts put it. Contexts are read as elements whatever their declared type (trap 10).
    fn context_of(&mut self, url: &str) {
        let contexts = self.tables.extension(url).map(|extension| extension.contexts.as_slice()).unwrap_or_default();
        let shape = self.shape.strip_suffix(".extension").unwrap_or(&self.shape);
        let holder = self.frames.iter().rev().nth(1);
        let is_there = |context: &&'static str| match holder {
            None => *context == shape || *context == "DomainResource",
            Some(frame) => {
                let (owner, name) = context.split_once('.').unwrap_or_default();
                *context == shape
                    || *context == frame.type_name
                    || (*context == "BackboneElement" && frame.type_name.contains('.'))
                    || (owner == frame.owner && name == frame.name)
            }
        };
        if contexts.is_empty() || contexts.iter().any(is_there) {
            return;
        }
        self.report(Severity::Error, "extension", "", || Told {
            expected: format!("l'extension sur {}", contexts.join(" ou ")),
            rule: format!("{} : contexte", url.rsplit('/').next().unwrap_or(url)),
            message: "Cette extension n'a pas sa place ici.".to_owned(),
            value: Some(shown(url)),
        });
    }
}

/// What a pattern fixes, as people write it: `système#code`.
fn fixed(pattern: &Node) -> String {
    let coding = pattern.items("coding").next().unwrap_or(pattern);
    match (coding.str("system"), coding.str("code"), pattern.as_str()) {
        (Some(system), Some(code), _) => format!("{system}#{code}"),
        (_, _, Some(text)) => text.to_owned(),
        _ => pattern.to_text(),
    }
}

/// What is written where the guide fixes a code: codes only, never free text.
fn written(value: &Node) -> Option<String> {
    let coding = value.items("coding").next().unwrap_or(value);
    coding
        .str("code")
        .map(|code| shown(&coding.str("system").map_or_else(|| code.to_owned(), |of| format!("{of}#{code}"))))
}

/// A reference as one is written.
pub(super) fn example_of(targets: &[&str]) -> String {
    let target = targets.iter().find(|target| **target != "Resource").copied().unwrap_or("Organization");
    format!("{target}/0190a3c5")
}

/// How a number is made, for whoever must mend one.
fn form_of(name: &str) -> &'static str {
    match name {
        "FINESS" => "9 caractères, dont le dernier est une clé, par exemple 010000024",
        "SIREN" => "9 chiffres, dont le dernier est une clé, par exemple 732829320",
        "SIRET" => "14 chiffres : le SIREN puis 5 chiffres, dont le dernier est une clé, par exemple 73282932000074",
        "idNat_PS" => "8 suivi des 11 chiffres du numéro RPPS, dont le dernier est une clé",
        _ => "1 suivi du FINESS, 2 du SIREN ou 3 du SIRET, par exemple 1010000024",
    }
}

/// A value that a finding may repeat: never free text, which may be confidential.
fn quoted(value: &Node, type_name: &str) -> Option<String> {
    if ["string", "markdown", "xhtml", "base64Binary", "url"].contains(&type_name) {
        return None;
    }
    value.as_str().or_else(|| value.as_number()).map(shown)
}

/// The start of a value, for a finding.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(VALUE_SHOWN_MAX).collect()
}

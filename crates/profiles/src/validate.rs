//! Everything that is wrong with one resource, in the order of the document.
//!
//! One walk over the resource, the rules of the profile beside it: what is missing at an
//! element first, then each of its members as written. Each node is looked at once, with a
//! number of rules that the tables bound: the time is linear in the size of the input.

mod alone;
mod base;
mod binding;
mod invariants;
mod items;
mod missing;
mod value;

use std::cell::RefCell;

pub use alone::make_lists;
pub use base::validate_base;
use binding::List;
use missing::told_missing;
use ror_fhir::{Instant, Node};
use ror_terminology::Terminology;

use crate::finding::{Finding, Findings, Severity};
use crate::label::label;
use crate::rule::{Rule, Rules};
use crate::rules;
use crate::tables::{BaseElement, How, Tables};
use crate::work::work;

/// Deepest nesting that is looked into; FHIR resources need about ten levels.
pub const DEPTH_MAX: usize = 32;

/// Longest name of an unknown element that a finding repeats.
const NAME_SHOWN_MAX: usize = 64;

/// What is tolerated (D17): nothing else depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// The tolerances of D4 and D34 are warnings.
    Lenient,
    /// They are errors.
    Strict,
}

/// What validation needs to know beside the resource.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The code lists in force.
    pub terminology: &'a Terminology,
    /// The present: a code withdrawn for less than twelve months is still taken (D33).
    pub now: Instant,
}

/// Finds everything that is wrong with `resource`, in the order of the document; the business
/// rules it breaks come last.
///
/// The profile is that of its type: `meta.profile` is not looked at (D29). At most
/// [`FINDINGS_MAX`](crate::FINDINGS_MAX) errors and as many warnings are given, then one more
/// finding says how many were left out.
///
/// ```
/// use ror_fhir::node;
/// use ror_profiles::{Context, Handling, Severity, validate};
/// use ror_terminology::Terminology;
/// let context = Context { terminology: Terminology::embedded(), now: 1_790_000_000_000 };
/// let place = node!({"resourceType": "Location", "name": 3});
/// let findings = validate(&place, Handling::Lenient, &context);
/// assert!(findings.iter().any(|finding| finding.expression == "Location.name" && finding.code == "structure"));
/// assert!(findings.iter().all(|finding| finding.severity != Severity::Information));
/// ```
pub fn validate(resource: &Node, handling: Handling, context: &Context<'_>) -> Vec<Finding> {
    let resource_type = resource.str("resourceType").unwrap_or("Resource");
    let mut walk = Walk::new(shown(resource_type), handling, context);
    match (resource.as_object(), walk.rules.profile(resource_type)) {
        (None, _) => walk.report(Severity::Error, "structure", "", || Told {
            expected: "une ressource FHIR (objet JSON)".to_owned(),
            rule: "FHIR R4".to_owned(),
            message: format!("Une ressource FHIR est attendue ; lu : {}.", resource.kind()),
            value: None,
        }),
        (_, None) => walk.report(Severity::Error, "not-supported", "", || Told {
            expected: "un type de ressource décrit par le guide ROR".to_owned(),
            rule: "guide ROR 0.7.0".to_owned(),
            message: "Le guide ROR ne décrit pas ce type de ressource.".to_owned(),
            value: resource.str("resourceType").map(|name| shown(name).to_owned()),
        }),
        (_, Some(rule)) => {
            let known = walk.tables.profile(resource_type).map_or("Resource", |profile| profile.resource_type);
            walk.object(resource, known, &[rule]);
            rules::check(resource, known, &mut walk.findings);
        }
    }
    let mut findings = std::mem::take(&mut walk.findings).close(shown(resource_type));
    walk.count_unlabelled(&mut findings);
    findings
}

/// The findings of one extension alone, where `context` puts it: for the tests of the tables.
#[cfg(test)]
pub(crate) fn validate_extension(
    extension: &Node,
    context_path: &'static str,
    handling: Handling,
    context: &Context<'_>,
) -> Vec<Finding> {
    let mut walk = Walk::new(context_path, handling, context);
    let is_resource = context_path == "DomainResource" || walk.tables.profile(context_path).is_some();
    if !is_resource {
        let (owner, name) = context_path.split_once('.').unwrap_or(("Ailleurs", "ici"));
        let type_name = if context_path == "BackboneElement" { "Ailleurs.ici" } else { context_path };
        walk.frames.push(Frame { type_name, owner, name });
    }
    walk.frames.push(Frame { type_name: "Extension", owner: "Element", name: "extension" });
    walk.shape.push_str(".extension");
    walk.path.push_str(".extension[0]");
    let elements = walk.tables.elements("Element").unwrap_or_default();
    walk.value(extension, "Extension", &elements[1], &[]);
    walk.findings.close(context_path)
}

fn shown(text: &str) -> &str {
    text.char_indices().nth(NAME_SHOWN_MAX).map_or(text, |(end, _)| &text[..end])
}

/// What a finding tells, beside its place.
struct Told {
    value: Option<String>,
    expected: String,
    rule: String,
    message: String,
}

/// An element that the walk is in.
#[derive(Clone, Copy)]
struct Frame<'a> {
    /// Type of its value.
    type_name: &'a str,
    /// Type or backbone that it is an element of.
    owner: &'a str,
    /// Its name there.
    name: &'a str,
}

struct Walk<'a> {
    tables: &'static Tables,
    rules: &'static Rules,
    context: &'a Context<'a>,
    handling: Handling,
    findings: Findings,
    /// FHIRPath of the present element, with indices.
    path: String,
    /// The same without indices.
    shape: String,
    frames: Vec<Frame<'static>>,
    /// The rules of those elements that have one: what they are called.
    named: Vec<&'static Rule>,
    /// The value sets met so far, by the place of their address.
    lists: RefCell<Vec<(&'static str, Option<List<'a>>)>>,
    /// Codes without label so far.
    unlabelled: usize,
}

impl<'a> Walk<'a> {
    fn new(root: &str, handling: Handling, context: &'a Context<'a>) -> Self {
        Self {
            tables: Tables::embedded(),
            rules: Rules::embedded(),
            context,
            handling,
            findings: Findings::default(),
            path: root.to_owned(),
            shape: root.to_owned(),
            frames: Vec::new(),
            named: Vec::new(),
            lists: RefCell::default(),
            unlabelled: 0,
        }
    }
}

impl Walk<'_> {
    /// Reports at the present element, or at `suffix` below it.
    ///
    /// The sentence begins with what people call the element, where they call it anything.
    fn report(&mut self, severity: Severity, code: &'static str, suffix: &str, make: impl FnOnce() -> Told) {
        let path = &self.path;
        let named = self.named.last().and_then(|rule| label(&rule.source));
        self.findings.push(severity, || {
            let Told { value, expected, rule, message } = make();
            let message = named.map_or_else(|| message.clone(), |name| about(name, &message));
            Finding { severity, code, expression: format!("{path}{suffix}"), value, expected, rule, message }
        });
    }

    /// The severity of what D4 and D34 tolerate in lenient handling.
    fn tolerated(&self) -> Severity {
        match self.handling {
            Handling::Lenient => Severity::Warning,
            Handling::Strict => Severity::Error,
        }
    }

    /// Looks at the parts of a resource, backbone or data type.
    fn object(&mut self, node: &Node, type_name: &'static str, rules: &[&'static Rule]) {
        let (Some(object), Some(elements)) = (node.as_object(), self.tables.elements(type_name)) else { return };
        if object.is_empty() {
            self.report(Severity::Error, "structure", "", || Told {
                expected: "au moins un élément".to_owned(),
                rule: "FHIR R4 : ele-1".to_owned(),
                message: "Un objet vide n'est pas admis par FHIR.".to_owned(),
                value: None,
            });
            return;
        }
        if self.frames.len() >= DEPTH_MAX {
            self.report(Severity::Error, "too-costly", "", || Told {
                expected: format!("au plus {DEPTH_MAX} niveaux"),
                rule: "limite de la validation".to_owned(),
                message: "L'imbrication est trop profonde : la suite n'est pas lue.".to_owned(),
                value: None,
            });
            return;
        }
        work(object.len());
        self.invariants(node, type_name, rules);
        self.missing(node, elements, rules);
        let is_root = self.frames.is_empty();
        let mut chosen: Vec<(&str, &str)> = Vec::new();
        for (key, value) in object.iter().filter(|(key, _)| !(is_root && *key == "resourceType")) {
            let found = find(elements, key);
            if let Some((element, kind, _)) = found.filter(|(element, ..)| element.name.ends_with("[x]")) {
                match chosen.iter().find(|(name, _)| *name == element.name) {
                    None => chosen.push((element.name, kind)),
                    Some((_, first)) if *first == kind => {}
                    Some((_, first)) => self.second_choice(stem(element.name), first, kind),
                }
            }
            self.member(key, value, node, (type_name, elements), found, rules);
        }
    }

    /// Reports a second type of value where FHIR takes one: a reader would drop either.
    fn second_choice(&mut self, name: &str, first: &str, second: &str) {
        self.report(Severity::Error, "structure", &format!(".{name}"), || Told {
            expected: "une seule valeur, d'un seul type".to_owned(),
            rule: "FHIR R4 §2.6.4 : choix de types".to_owned(),
            message: format!("Deux valeurs sont données au même endroit, l'une {first}, l'autre {second}."),
            value: None,
        });
    }

    /// Reports the elements that must be there and are not.
    fn missing(&mut self, node: &Node, elements: &'static [BaseElement], rules: &[&'static Rule]) {
        for element in elements {
            let asked = rules.iter().filter_map(|rule| rule.child(element.name));
            let mut wholes = asked.clone().rev().filter(|rule| rule.min > 0 && !rule.min_is_that_of_slices());
            let whole = wholes.next();
            let by_slices = asked.flat_map(|rule| &rule.slices).filter(|slice| slice.min > 0);
            let is_asked = element.min > 0 || whole.is_some() || by_slices.clone().next().is_some();
            if !is_asked || is_present(node, element) {
                continue;
            }
            let name = stem(element.name);
            match whole {
                Some(rule) => self.absent(name, Some(rule), element),
                None if element.min > 0 => self.absent(name, None, element),
                None => {}
            }
            // Two rules may ask for one extension: the closer one speaks.
            let is_told_later = |at: usize, slice: &Rule| {
                matches!(slice.how, How::Url(_)) && by_slices.clone().skip(at + 1).any(|later| later.how == slice.how)
            };
            for (_, slice) in by_slices.clone().enumerate().filter(|(at, slice)| !is_told_later(*at, slice)) {
                self.absent(name, Some(slice), element);
            }
        }
    }

    fn absent(&mut self, name: &str, rule: Option<&'static Rule>, element: &BaseElement) {
        let severity = if rule.is_some_and(|rule| rule.may_be_missing) { self.tolerated() } else { Severity::Error };
        let suffix = format!(".{name}");
        let example = rule.and_then(|rule| self.example(rule, severity));
        self.report(severity, "required", &suffix, || told_missing(rule, element.name, example.as_deref()));
    }

    /// Looks at one member of an object.
    fn member(
        &mut self,
        key: &str,
        value: &Node,
        node: &Node,
        (owner, elements): (&'static str, &'static [BaseElement]),
        found: Option<Found>,
        rules: &[&'static Rule],
    ) {
        let Some((element, type_name, is_companion)) = found else {
            let suffix = format!(".{}", shown(key));
            self.report(Severity::Error, "structure", &suffix, || Told {
                expected: match closest(elements, key) {
                    Some(name) => format!("un élément de {owner}, peut-être {name}"),
                    None => format!("un élément de {owner}"),
                },
                rule: format!("FHIR R4 : {owner}"),
                message: format!("FHIR R4 n'a pas d'élément « {} » ici.", shown(key)),
                value: None,
            });
            return;
        };
        let name = stem(element.name);
        let (path_end, shape_end) = (self.path.len(), self.shape.len());
        for text in [&mut self.path, &mut self.shape] {
            text.push('.');
            text.push_str(name);
        }
        let below: Vec<&'static Rule> = rules.iter().filter_map(|rule| rule.child(element.name)).collect();
        self.frames.push(Frame { type_name, owner, name });
        let named = self.named.len();
        self.named.extend(below.last());
        if is_companion {
            self.companions(value, &below);
        } else {
            self.items(value, node, element, type_name, &below);
        }
        self.named.truncate(named);
        self.frames.pop();
        self.path.truncate(path_end);
        self.shape.truncate(shape_end);
    }

    /// What stands beside primitive values (`_name`): an id, extensions.
    fn companions(&mut self, value: &Node, rules: &[&'static Rule]) {
        match value {
            Node::Array(items) => {
                for (at, item) in items.iter().enumerate().filter(|(_, item)| **item != Node::Null) {
                    self.indexed(at, |walk| walk.companion(item, rules));
                }
            }
            one => self.companion(one, rules),
        }
    }

    fn companion(&mut self, value: &Node, rules: &[&'static Rule]) {
        if value.as_object().is_some() {
            self.object(value, "Element", rules);
        } else {
            self.wrong_kind(value, "un objet");
        }
    }

    /// Runs `look` at the item `at` of the present list.
    fn indexed(&mut self, at: usize, look: impl FnOnce(&mut Self)) {
        let end = self.path.len();
        push_index(&mut self.path, at);
        look(self);
        self.path.truncate(end);
    }

    fn wrong_kind(&mut self, value: &Node, expected: &str) {
        let type_name = self.frames.last().map_or("Resource", |frame| frame.type_name);
        self.report(Severity::Error, "structure", "", || Told {
            expected: expected.to_owned(),
            rule: format!("FHIR R4 : {type_name}"),
            message: "Cette valeur n'a pas la forme attendue.".to_owned(),
            value: Some(
                match value.kind() {
                    "chaîne" => "un texte entre guillemets",
                    "liste" => "une liste entre crochets",
                    "objet" => "un objet entre accolades",
                    other => other,
                }
                .to_owned(),
            ),
        });
    }
}

/// Appends `[3]`: one digit nearly always, which needs no formatting.
fn push_index(path: &mut String, at: usize) {
    use std::fmt::Write as _;
    match u8::try_from(at) {
        Ok(digit @ 0..=9) => {
            path.push('[');
            path.push(char::from(b'0' + digit));
            path.push(']');
        }
        // Writing to a string cannot fail.
        _ => drop(write!(path, "[{at}]")),
    }
}

/// A sentence about something: `Champ d'activité : ce code…`.
fn about(name: &str, sentence: &str) -> String {
    let (mut head, mut tail) = (name.chars(), sentence.chars());
    let capital = head.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let first = tail.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
    // A word of capitals (FHIR, JSON) keeps them.
    let rest =
        if tail.as_str().starts_with(char::is_uppercase) { sentence } else { &format!("{first}{}", tail.as_str()) };
    format!("{capital}{} : {rest}", head.as_str())
}

/// The name of an element without the mark of a choice of types.
fn stem(name: &str) -> &str {
    name.strip_suffix("[x]").unwrap_or(name)
}

/// The element that an unknown name was likely meant for: it begins the same.
fn closest(elements: &'static [BaseElement], key: &str) -> Option<&'static str> {
    let is_close =
        |name: &str| key.get(..4).is_some_and(|head| name.get(..4).is_some_and(|it| it.eq_ignore_ascii_case(head)));
    elements.iter().map(|element| element.name).find(|name| name.eq_ignore_ascii_case(key) || is_close(name))
}

/// An element, the type of its value, whether a key is that of what stands beside the value.
type Found = (&'static BaseElement, &'static str, bool);

/// The element that a JSON key stands for, the type of its value, and whether the key is that of
/// what stands beside the value (`_name`).
fn find(elements: &'static [BaseElement], key: &str) -> Option<Found> {
    let bare = key.strip_prefix('_').unwrap_or(key);
    let is_companion = bare.len() != key.len();
    let found = elements.iter().find_map(|element| match element.name.strip_suffix("[x]") {
        None => (element.name == bare).then(|| (element, element.types.first().copied().unwrap_or_default())),
        Some(stem) => {
            let told = bare.strip_prefix(stem)?;
            element.types.iter().find(|name| is_capital_of(told, name)).map(|name| (element, *name))
        }
    });
    let (element, type_name) = found?;
    let is_primitive = type_name.starts_with(|first: char| first.is_ascii_lowercase());
    (!is_companion || is_primitive).then_some((element, type_name, is_companion))
}

/// Whether `told` is `name` with a capital: `DateTime` for `dateTime`.
fn is_capital_of(told: &str, name: &str) -> bool {
    let mut letters = told.chars();
    letters.next().is_some_and(|first| {
        first.is_ascii_uppercase()
            && name.starts_with([first, first.to_ascii_lowercase()])
            && letters.as_str() == &name[1..]
    })
}

/// Whether an object has a value for the element, or something beside it.
fn is_present(node: &Node, element: &'static BaseElement) -> bool {
    let Some(object) = node.as_object() else { return false };
    work(object.len());
    object.iter().any(|(key, _)| {
        let bare = key.strip_prefix('_').unwrap_or(key);
        match element.name.strip_suffix("[x]") {
            None => bare == element.name,
            // A value of a type that is not allowed has a finding of its own.
            Some(stem) => {
                bare.strip_prefix(stem).is_some_and(|told| told.starts_with(|c: char| c.is_ascii_uppercase()))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use ror_fhir::node;

    use super::*;

    fn errors(resource: &Node) -> Vec<Finding> {
        let context = Context { terminology: Terminology::embedded(), now: 1_790_000_000_000 };
        let findings = validate(resource, Handling::Lenient, &context).into_iter();
        findings.filter(|one| one.severity == Severity::Error).collect()
    }

    #[test]
    fn a_choice_takes_one_value() {
        let comment = |more: &Node| {
            let mut comment = node!({"url": "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-comment", "valueString": "x"});
            let members = more.as_object().into_iter().flat_map(ror_fhir::Object::iter);
            for (key, value) in members {
                comment.as_object_mut().expect("an object").insert(key, value.clone());
            }
            errors(&node!({"resourceType": "Location", "extension": [comment]}))
        };
        let is_it = |finding: &&Finding| finding.rule.ends_with("choix de types");
        let found = comment(&node!({"valueCode": "y"}));
        let told: Vec<_> = found.iter().filter(is_it).collect();
        assert_eq!(told.len(), 1, "{found:#?}");
        assert_eq!(told[0].expression, "Location.extension[0].value");
        // What stands beside the one value is no second one.
        assert_eq!(comment(&node!({"_valueString": {"id": "a"}})).iter().filter(is_it).count(), 0);
        assert_eq!(comment(&node!({"_valueCode": {"id": "a"}})).iter().filter(is_it).count(), 1);
    }

    #[test]
    fn sentences_name_the_element_in_french_and_give_an_example() {
        let offer = node!({
            "resourceType": "HealthcareService",
            "type": [{"coding": [{"code": "99", "system": "https://mos.esante.gouv.fr/NOS/TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite", "display": "x"}]}]
        });
        let found = errors(&offer);
        let at = |expression: &str, code: &str| {
            let found = found.iter().find(|it| it.expression == expression && it.code == code);
            found.map(|it| (it.message.as_str(), it.expected.as_str())).unwrap_or_default()
        };
        let (message, expected) = at("HealthcareService.type[0].coding[0].code", "code-invalid");
        assert_eq!(message, "Champ d'activité : ce code n'est pas dans la liste en vigueur.");
        assert!(
            expected.contains("JDV_J20-ChampActivite-ROR : 01 (") || expected.contains("par exemple 01 ("),
            "{expected}"
        );
        let (message, expected) = at("HealthcareService.specialty", "required");
        assert_eq!(message, "Il manque un élément obligatoire : activité opérationnelle.");
        assert!(expected.starts_with("au moins une valeur, un code de la liste JDV_J17-"), "{expected}");
        assert_eq!(about("nom", "FHIR dit"), "Nom : FHIR dit");
    }
}

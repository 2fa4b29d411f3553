//! The same for extensions, each alone where its contexts put it.

use ror_fhir::{Node, node};
use ror_terminology::Terminology;

use super::sample::{Change, object, segments};
use super::{NOW, is_held, label};
use crate::rule::Rules;
use crate::tables::{Extension, How, Part, Tables};
use crate::validate::{Context, Handling, validate_extension};
use crate::{Finding, Severity};

/// A type that no extension of the guide stands on.
const ELSEWHERE: &str = "Money";

fn findings(extension: &Node, context_path: &'static str) -> Vec<Finding> {
    let context = Context { terminology: Terminology::embedded(), now: NOW };
    validate_extension(extension, context_path, Handling::Strict, &context)
}

fn instance(extension: &Extension, path: &'static str, how: How, change: &Change) -> Node {
    let content = Rules::embedded().extension(extension.instance_url).expect("a rule");
    let path = if path.is_empty() { Vec::new() } else { segments(path) };
    let mut made = object("Extension", &[content], &path, how, change);
    made.as_object_mut().expect("an object").insert("url", extension.instance_url);
    made
}

fn first_context(extension: &Extension) -> &'static str {
    extension.contexts.first().copied().unwrap_or(ELSEWHERE)
}

/// Checks that the one finding has that code.
fn check(extension: &Extension, what: &str, made: &Node, code: &str, faults: &mut Vec<String>) {
    let found = findings(made, first_context(extension));
    let is_one = matches!(found.as_slice(), [one] if one.code == code);
    if !is_one {
        let found: Vec<String> = found.iter().map(label).collect();
        faults.push(format!("{} {what}: {found:?} {}", extension.id, made.to_text()));
    }
}

fn check_value(extension: &Extension, path: &'static str, list: Option<&str>, faults: &mut Vec<String>) {
    let make = |change: &Change| instance(extension, path, How::Whole, change);
    check(extension, &format!("{path} absent"), &make(&Change::Omit), "required", faults);
    check(extension, &format!("{path} type"), &make(&Change::Type("Attachment")), "structure", faults);
    if list.is_some_and(is_held) {
        let made = make(&Change::Code("code-inconnu"));
        check(extension, &format!("{path} binding"), &made, "code-invalid", faults);
    }
}

fn check_part(extension: &Extension, part: &Part, faults: &mut Vec<String>) {
    let name = part.url.rsplit('/').next().unwrap_or(part.url);
    let path: &'static str = format!("extension:{name}").leak();
    let make = |change: &Change| instance(extension, path, How::Url(part.url), change);
    check_good(extension, &make(&Change::Keep), faults);
    if part.min > 0 {
        check(extension, &format!("{path} min"), &make(&Change::Omit), "required", faults);
    }
    if let Some(max) = part.max {
        check(extension, &format!("{path} max"), &make(&Change::Times(max as usize + 1)), "structure", faults);
    }
    if !part.types.is_empty() {
        check_value(extension, format!("{path}.value[x]").leak(), part.value_set, faults);
    }
}

fn check_good(extension: &Extension, made: &Node, faults: &mut Vec<String>) {
    let contexts = if extension.contexts.is_empty() { vec![ELSEWHERE] } else { extension.contexts.clone() };
    for context in contexts {
        let found: Vec<String> = findings(made, context).iter().map(label).collect();
        if !found.is_empty() {
            faults.push(format!("{} on {context}: {found:?} {}", extension.id, made.to_text()));
        }
    }
}

#[test]
fn each_constraint_of_an_extension_is_kept_by_one_instance_and_broken_by_another() {
    let mut faults = Vec::new();
    for extension in Tables::embedded().extensions() {
        let good = instance(extension, "", How::Whole, &Change::Keep);
        check_good(extension, &good, &mut faults);
        if !extension.contexts.is_empty() {
            let found = findings(&good, ELSEWHERE);
            if !matches!(found.as_slice(), [one] if one.code == "extension" && one.severity == Severity::Error) {
                faults.push(format!("{} elsewhere: {found:?}", extension.id));
            }
        }
        let mut other = good.clone();
        let added = other.as_object_mut().expect("an object");
        if extension.is_complex {
            added.insert("valueString", "texte");
            extension.parts.iter().for_each(|part| check_part(extension, part, &mut faults));
        } else {
            added.insert("extension", node!([{"url": "urn:exemple:autre", "valueString": "texte"}]));
            check_value(extension, "value[x]", extension.value_set, &mut faults);
        }
        check(extension, "both value and parts", &other, "structure", &mut faults);
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn an_unknown_extension_is_kept_but_not_one_of_the_guide() {
    let of_guide = node!({"url": "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition-ror-comment", "valueString": "x"});
    let found = findings(&of_guide, "Location");
    assert!(matches!(found.as_slice(), [one] if one.severity == Severity::Warning && one.code == "extension"));
    assert_eq!(findings(&node!({"url": "urn:exemple:x", "valueString": "x"}), "Location"), []);
    assert_eq!(findings(&node!({"url": "urn:exemple:x"}), "Location").len(), 1);
}

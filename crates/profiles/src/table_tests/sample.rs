//! Instances made from the tables: what is required, the element wanted, and one change of it.

use ror_fhir::{Node, Object, node};
use ror_terminology::Terminology;

use crate::rule::{Rule, Rules};
use crate::tables::{BaseElement, How, Tables};

/// What happens to the element wanted.
#[derive(Clone)]
pub(super) enum Change {
    /// As it should be.
    Keep,
    /// Left out.
    Omit,
    /// So many times.
    Times(usize),
    /// In a list although there is one.
    InList,
    /// Another value.
    Value(Node),
    /// With that code in the place of its own.
    Code(&'static str),
    /// With that system in the place of its own.
    System(&'static str),
    /// A value of that type in the place of its own (choices of types).
    Type(&'static str),
}

/// `identifier:finess.type` in segments.
pub(super) fn segments(path: &'static str) -> Vec<(&'static str, Option<&'static str>)> {
    let split = |segment: &'static str| segment.split_once(':').map_or((segment, None), |(name, it)| (name, Some(it)));
    path.split('.').map(split).collect()
}

/// An object of that type: what the rules require, the element wanted, changed.
pub(super) fn object(
    type_name: &'static str,
    rules: &[&'static Rule],
    wanted: &[(&'static str, Option<&'static str>)],
    how: How,
    change: &Change,
) -> Node {
    let mut out = Object::new();
    let mut rules = rules.to_vec();
    let (before, mut needs_value) = (rules.len(), false);
    if Tables::embedded().profile(type_name).is_some() {
        out.insert("resourceType", type_name);
    }
    if type_name == "Extension" {
        let url = rules.iter().find_map(|rule| if let How::Url(url) = rule.how { Some(url) } else { None });
        if let Some(url) = url {
            out.insert("url", url);
            rules.extend(Rules::embedded().extension(url));
            needs_value = Rules::embedded().extension(url).is_none() && rules.len() == before;
        }
    }
    for element in Tables::embedded().elements(type_name).expect("a known type") {
        if !(type_name == "Extension" && element.name == "url") {
            member(&mut out, element, &rules, wanted, how, change, needs_value);
        }
    }
    overlay(&mut out, type_name, &rules);
    if out.is_empty() || (out.len() == 1 && out.get("url").is_some() && rules.iter().all(|rule| rule.how == How::Whole))
    {
        fill(&mut out, type_name);
    }
    Node::Object(out)
}

fn member(
    out: &mut Object,
    element: &'static BaseElement,
    rules: &[&'static Rule],
    wanted: &[(&'static str, Option<&'static str>)],
    how: How,
    change: &Change,
    needs_value: bool,
) {
    let below: Vec<&'static Rule> = rules.iter().filter_map(|rule| rule.child(element.name)).collect();
    let is_last = wanted.len() == 1;
    let has_target = wanted.first().is_some_and(|(name, _)| *name == element.name);
    let items = items_of(element, &below, wanted, how, needs_value);
    let (mut values, mut companion, mut key) = (Vec::new(), None, String::new());
    for (slice, is_target) in items {
        let all: Vec<&'static Rule> = below.iter().copied().chain(slice).collect();
        let changed = is_target && is_last;
        let kind = chosen_type(element, &all, if changed { change } else { &Change::Keep });
        let of_type = below.iter().flat_map(|rule| &rule.slices).find(|slice| slice.how == How::Type(kind));
        let all: Vec<&'static Rule> = all.into_iter().chain(of_type).collect();
        key = key_of(element, kind);
        let rest = if is_target { &wanted[1..] } else { &[] };
        let value = typed(kind, element, &all, rest, how, change);
        if is_primitive(kind) && !rest.is_empty() {
            companion = Some(object("Element", &all, rest, how, change));
        }
        let is_forbidden = all.iter().any(|rule| rule.max == Some(0));
        let times = match change {
            Change::Omit if changed => 0,
            Change::Times(times) if changed => *times,
            _ => usize::from(!is_forbidden),
        };
        values.extend(std::iter::repeat_n(if changed { apply(value, change) } else { value }, times));
    }
    let Some(first) = values.first().cloned() else { return };
    let is_list = element.max != Some(1);
    out.insert(
        &key,
        if is_list || matches!(change, Change::InList) && has_target && is_last { Node::Array(values) } else { first },
    );
    if let Some(companion) = companion {
        out.insert(&format!("_{key}"), if is_list { node!([companion]) } else { companion });
    }
}

/// The items an element must have, and the one wanted: the slices of each, whether it is that one.
fn items_of(
    element: &'static BaseElement,
    below: &[&'static Rule],
    wanted: &[(&'static str, Option<&'static str>)],
    how: How,
    needs_value: bool,
) -> Vec<(Vec<&'static Rule>, bool)> {
    let target = wanted.first().filter(|(name, _)| *name == element.name);
    let is_last = wanted.len() == 1;
    let mut items: Vec<(Vec<&'static Rule>, bool)> = Vec::new();
    for slice in below.iter().flat_map(|rule| &rule.slices).filter(|slice| slice.min > 0) {
        let is_there = items.iter().any(|(held, _)| held.iter().any(|one| is_same(one, slice)));
        if !is_there {
            items.extend((0..slice.min).map(|_| (same_slices(below, slice), false)));
        }
    }
    match target {
        Some((_, Some(name))) => {
            let named = find_slice(below, name, if is_last { how } else { How::Whole });
            match items.iter_mut().find(|(held, _)| held.iter().any(|one| is_same(one, named))) {
                Some(item) => item.1 = true,
                None => items.push((same_slices(below, named), true)),
            }
        }
        Some(_) if is_last && !items.is_empty() => items[0].1 = true,
        Some(_) => items.push((Vec::new(), true)),
        None => {}
    }
    let least = below.iter().map(|rule| rule.min).chain([element.min]).max().unwrap_or(0) as usize;
    let is_asked = needs_value && element.name == "value[x]" || below.iter().any(|rule| fixes(rule));
    let least = least.max(usize::from(is_asked));
    while items.len() < least {
        items.push((Vec::new(), false));
    }
    items
}

/// Two rules may speak of one slice of extensions.
fn is_same(one: &Rule, other: &Rule) -> bool {
    std::ptr::eq(one, other) || (matches!(one.how, How::Url(_)) && one.how == other.how)
}

fn same_slices(below: &[&'static Rule], slice: &Rule) -> Vec<&'static Rule> {
    below.iter().flat_map(|rule| &rule.slices).filter(|other| is_same(other, slice)).collect()
}

fn find_slice(below: &[&'static Rule], name: &str, how: How) -> &'static Rule {
    let mut slices = below.iter().flat_map(|rule| &rule.slices);
    let by_name = slices.clone().find(|slice| slice.source.ends_with(&format!(":{name}")));
    by_name.or_else(|| slices.find(|slice| slice.how == how)).expect("the slice of a row")
}

/// Whether a rule fixes a value somewhere below: what tells a slice.
fn fixes(rule: &Rule) -> bool {
    rule.how == How::Whole
        && (rule.pattern.is_some() || rule.children.iter().any(|(_, child)| fixes(child)))
        && rule.slices.is_empty()
        && rule.child("extension").is_none()
}

fn chosen_type(element: &'static BaseElement, rules: &[&'static Rule], change: &Change) -> &'static str {
    if let Change::Type(kind) = change {
        return kind;
    }
    if !element.name.ends_with("[x]") {
        return element.types[0];
    }
    let told = rules.iter().find_map(|rule| if let How::Type(kind) = rule.how { Some(kind) } else { None });
    let asked = rules.iter().flat_map(|rule| &rule.types).find(|kind| **kind != "*").copied();
    let usual = element.types.iter().find(|kind| **kind == "string").or(element.types.first()).copied();
    told.or(asked).or(usual).expect("a choice has types")
}

fn key_of(element: &BaseElement, kind: &str) -> String {
    match element.name.strip_suffix("[x]") {
        None => element.name.to_owned(),
        Some(stem) => format!("{stem}{}{}", kind[..1].to_ascii_uppercase(), &kind[1..]),
    }
}

fn is_primitive(kind: &str) -> bool {
    kind.starts_with(|first: char| first.is_ascii_lowercase())
}

fn typed(
    kind: &'static str,
    element: &'static BaseElement,
    rules: &[&'static Rule],
    rest: &[(&'static str, Option<&'static str>)],
    how: How,
    change: &Change,
) -> Node {
    if !is_primitive(kind) {
        if kind == "Reference" {
            let targets = rules.iter().rev().map(|rule| &rule.targets).find(|targets| !targets.is_empty());
            let target = targets.unwrap_or(&element.targets).iter().find(|target| **target != "Resource");
            return node!({"reference": format!("{}/1", target.unwrap_or(&"Organization"))});
        }
        return object(kind, rules, rest, how, change);
    }
    if let Some(pattern) = rules.iter().find_map(|rule| rule.pattern.clone()) {
        return pattern;
    }
    if let Some((_, code, _)) = rules.iter().find_map(|rule| rule.value_set).and_then(first_code) {
        return Node::string(code);
    }
    match element.codes.and_then(|name| Tables::embedded().codes(name)) {
        Some(codes) => Node::from(codes[0]),
        None if element.targets == ["ValueSet"] => {
            let list = Terminology::embedded().value_set("JDV_J20-ChampActivite-ROR").expect("held");
            Node::from(list.url())
        }
        None => primitive(kind),
    }
}

fn primitive(kind: &str) -> Node {
    match kind {
        "boolean" => node!(true),
        "integer" | "positiveInt" | "unsignedInt" => node!(1),
        "decimal" => node!(1.5),
        "date" => node!("2026-01-15"),
        "dateTime" | "instant" => node!("2026-01-15T08:00:00+01:00"),
        "time" => node!("08:00:00"),
        "uri" | "url" | "oid" => node!("urn:oid:1.2.3"),
        "canonical" => node!("https://exemple.fr/Questionnaire/1|1"),
        "id" | "code" => node!("a"),
        _ => node!("texte"),
    }
}

/// A code of a value set with its system and label.
fn first_code(url: &'static str) -> Option<(&'static str, String, String)> {
    if let Some(set) = Terminology::embedded().value_set(url) {
        let current = set.concepts().find(|(_, concept)| {
            // RG_EXP_049: not every hour suits a person.
            !concept.is_withdrawn(super::NOW) && (!url.contains("TypeHoraire") || concept.code == "03")
        });
        let found = current.map(|(system, concept)| (system, concept.code.to_owned(), concept.label().to_owned()));
        // Communes are not held: any code of their system will do.
        return found.or_else(|| Some((set.systems().next()?, "75056".to_owned(), "Paris".to_owned())));
    }
    let (system, codes) = Tables::embedded().set(url)?.includes.first()?;
    let held = Terminology::embedded().code_system(system).and_then(|held| held.concepts().first().copied());
    let code = codes.first().copied().or(held.map(|concept| concept.code)).unwrap_or("a");
    Some((system, code.to_owned(), code.to_owned()))
}

/// The code or pattern that the rules ask of an object.
fn overlay(out: &mut Object, type_name: &str, rules: &[&'static Rule]) {
    let coding = || {
        let (system, code, display) = rules.iter().find_map(|rule| rule.value_set).and_then(first_code)?;
        Some(node!({"system": system, "code": code, "display": display}))
    };
    if let Some(Node::Object(pattern)) = rules.iter().find_map(|rule| rule.pattern.clone()) {
        for (key, value) in pattern.iter() {
            out.insert(key, value.clone());
        }
    } else if type_name == "CodeableConcept" {
        if let Some(coding) = coding() {
            out.insert("coding", node!([coding]));
        }
    } else if let (true, Some(Node::Object(coding))) = (type_name == "Coding", coding()) {
        for (key, value) in coding.iter() {
            out.insert(key, value.clone());
        }
    }
    if type_name == "Quantity" {
        out.insert("value", node!(1.5));
        out.insert("system", "http://unitsofmeasure.org");
        out.insert("code", "a");
    }
    let asks_system = rules.iter().any(|rule| rule.child("system").is_some_and(|system| system.min > 0));
    if type_name == "ContactPoint" && out.get("value").is_some() && !asks_system {
        out.insert("system", "phone");
    }
    if type_name == "Expression" {
        out.insert("expression", "Location.name");
    }
    if type_name == "Identifier" && out.get("value").is_some_and(|value| value.as_str() == Some("texte")) {
        number(out);
    }
    if let Some(Node::Array(codings)) = out.get_mut("coding") {
        for coding in codings.iter_mut().filter_map(Node::as_object_mut) {
            label(coding);
        }
    }
    if type_name == "Coding" && out.get("code").is_some() {
        label(out);
    }
}

/// A number whose key is right.
fn number(identifier: &mut Object) {
    let has_code = |code: &str| {
        identifier.get("type").is_some_and(|kind| kind.items("coding").any(|it| it.str("code") == Some(code)))
    };
    let value = match identifier.get("system").and_then(Node::as_str) {
        Some("https://finess.esante.gouv.fr") => "010000024",
        Some("https://sirene.fr") if has_code("2") => "732829320",
        Some("https://sirene.fr") => "73282932000074",
        _ => return,
    };
    identifier.insert("value", value);
}

fn label(coding: &mut Object) {
    if coding.get("display").is_none() {
        coding.insert("display", "libellé");
    }
}

/// Something in an object of which nothing is required.
fn fill(out: &mut Object, type_name: &str) {
    let elements = Tables::embedded().elements(type_name).expect("a known type");
    let filler = elements.iter().find(|element| {
        let kind = element.types[0];
        is_primitive(kind)
            && kind != "xhtml"
            && element.codes.is_none()
            && element.max == Some(1)
            && !["id", "url"].contains(&element.name)
            && !element.name.ends_with("[x]")
    });
    match filler {
        Some(element) => out.insert(element.name, primitive(element.types[0])),
        None => out.insert("id", "a"),
    };
}

fn apply(mut value: Node, change: &Change) -> Node {
    let first_coding = |value: &mut Node, key: &str, text: &str| {
        let coding = match value.get_mut("coding") {
            Some(Node::Array(codings)) => codings.first_mut().and_then(Node::as_object_mut),
            _ => value.as_object_mut(),
        };
        if let Some(coding) = coding {
            coding.insert(key, text);
        }
    };
    match change {
        Change::Value(other) => return other.clone(),
        Change::Code(code) if value.as_str().is_some() => return Node::from(*code),
        Change::Code(code) => first_coding(&mut value, "code", code),
        Change::System(system) => first_coding(&mut value, "system", system),
        _ => {}
    }
    value
}

//! Every constraint of the tables has an instance that keeps it and one that breaks it, both
//! made from the tables; the second one has exactly the finding expected.

mod extensions;
mod obey;
mod sample;

use std::collections::BTreeMap;

use ror_fhir::{Node, node};
use ror_terminology::Terminology;

use crate::rule::{Rule, Rules};
use crate::tables::{Element, How, Profile, Strength, Tables};
use crate::validate::{Context, Handling, validate};
use crate::{Finding, Severity};
use sample::{Change, object, segments};

/// 2026-09-21: lists in force at that day.
const NOW: i64 = 1_790_000_000_000;

fn findings(resource: &Node, handling: Handling) -> Vec<Finding> {
    validate(resource, handling, &Context { terminology: Terminology::embedded(), now: NOW })
}

fn instance(profile: &Profile, row: &'static Element, change: &Change) -> Node {
    let rule = Rules::embedded().profile(profile.resource_type).expect("a rule");
    let mut made = object(profile.resource_type, &[rule], &segments(row.path), row.how, change);
    obey::obey(&mut made);
    made
}

/// The rule of a row.
fn rule_of(profile: &Profile, row: &'static Element) -> &'static Rule {
    let mut rule = Rules::embedded().profile(profile.resource_type).expect("a rule");
    for (name, slice) in segments(row.path) {
        rule = rule.child(name).expect("the rule of a row");
        if let Some(slice) = slice {
            let by_name = rule.slices.iter().find(|one| one.source.ends_with(&format!(":{slice}")));
            rule = by_name.or_else(|| rule.slices.iter().find(|one| one.how == row.how)).expect("its slice");
        }
    }
    rule
}

/// What a row asks, as the test shows it.
type Constraint = (&'static str, Change, &'static str);

/// The constraints of a row, each with the change that breaks it and the code of the finding.
fn constraints(profile: &Profile, row: &'static Element) -> Vec<Constraint> {
    let rule = rule_of(profile, row);
    let is_slice = row.how != How::Whole;
    let tells = tells_its_slice(profile, row);
    let mut all: Vec<Constraint> = Vec::new();
    let is_unknown = row.how == How::System && !row.value_set.is_some_and(is_held);
    if row.how == How::Never || is_unknown {
        return all;
    }
    if row.min > 0 && !tells && !rule.min_is_that_of_slices() {
        all.push(("min", Change::Omit, "required"));
    }
    let is_list = is_list(profile, row);
    match row.max {
        Some(max) if is_list => all.push(("max", Change::Times(max as usize + 1), "structure")),
        Some(1) if !is_slice && !row.path.ends_with("[x]") && !tells => all.push(("max", Change::InList, "structure")),
        _ => {}
    }
    if let Some(url) = row.value_set.filter(|url| is_held(url)) {
        let is_code = row.types == ["code"];
        all.push((
            "binding",
            Change::Code("code-inconnu"),
            if is_code || !url.is_empty() { "code-invalid" } else { "" },
        ));
    }
    if row.pattern.is_some() && !tells {
        all.push(("pattern", another(row), "value"));
    } else if row.pattern.is_some() && row.path.contains("identifier:") && row.types == ["CodeableConcept"] {
        all.push(("pattern", Change::System("urn:oid:1.2.3"), "value"));
    }
    if row.types == ["Reference"] && !row.targets.contains(&"Resource") {
        all.push(("target", Change::Value(node!({"reference": "Medication/1"})), "structure"));
    }
    if row.path.ends_with("value[x]") && row.types != ["*"] && !tells {
        all.push(("type", Change::Type("Attachment"), "structure"));
    } else if !is_slice && rule.slices.is_empty() && !tells && row.max != Some(0) {
        all.push(("type", Change::Value(node!(["non"])), "structure"));
    }
    all
}

/// Another value than the one fixed.
fn another(row: &Element) -> Change {
    if row.types == ["CodeableConcept"] { Change::Code("1") } else { Change::Value(node!("urn:oid:1.2.3")) }
}

/// Whether the row is what its slice is told by: without it, or with another value, the item is
/// of no slice.
fn tells_its_slice(profile: &Profile, row: &'static Element) -> bool {
    let slices = profile.elements.iter().filter(|other| other.how != How::Whole);
    slices.into_iter().any(|slice| {
        let Some(below) = row.path.strip_prefix(slice.path).and_then(|rest| rest.strip_prefix('.')) else {
            return false;
        };
        match slice.how {
            How::TypeCode(_) => below.starts_with("type"),
            How::Pattern(part) => below == part,
            How::Id(_) => below == "id",
            How::Act(_) => below.starts_with("extension:ror-act-type.value"),
            _ => false,
        }
    })
}

fn is_list(profile: &Profile, row: &'static Element) -> bool {
    let mut type_name = profile.resource_type;
    let mut is_list = false;
    for (name, _) in segments(row.path) {
        let owner = if Tables::embedded().elements(type_name).is_some() { type_name } else { "Element" };
        let element = Tables::embedded().elements(owner).expect("a type").iter().find(|one| one.name == name);
        let element = element.expect("an element");
        is_list = element.max != Some(1);
        type_name = if name == "value[x]" { row_type(profile, row) } else { element.types[0] };
    }
    is_list
}

/// The type of a value that a row goes through: the guide constrains parts of periods only.
fn row_type(_: &Profile, _: &Element) -> &'static str {
    "Period"
}

/// Whether all codes of a value set are held: not those of communes, nor of lists of FR Core.
fn is_held(url: &str) -> bool {
    let terminology = Terminology::embedded();
    let name = url.rsplit('/').next().unwrap_or_default();
    match (terminology.value_set(url), Tables::embedded().set(url)) {
        (Some(set), _) => set.is_held(),
        (_, Some(set)) => {
            set.includes.iter().all(|(system, codes)| !codes.is_empty() || terminology.code_system(system).is_some())
        }
        _ => Tables::embedded().codes(name).is_some(),
    }
}

/// The element of which a rule is a slice.
fn whole(rule: &Rule) -> &str {
    rule.source
        .rsplit_once(':')
        .filter(|_| rule.how == How::Id("closingReopeningDate"))
        .map_or("rien", |(whole, _)| whole)
}

/// The part of a list's address that its name keeps: `J20-ChampActivite-ROR`.
fn list_name(last: &'static str) -> &'static str {
    match last {
        "ror-questionnaire-status-vs" => "RORQuestionnaireStatusVS",
        other => other.trim_start_matches("JDV-"),
    }
}

fn label(finding: &Finding) -> String {
    format!("{:?} {} {} [{}] {}", finding.severity, finding.code, finding.expression, finding.rule, finding.message)
}

#[test]
fn what_a_profile_requires_is_enough() {
    for profile in Tables::embedded().profiles() {
        let rule = Rules::embedded().profile(profile.resource_type).expect("a rule");
        let mut least = object(profile.resource_type, &[rule], &[], How::Whole, &Change::Keep);
        obey::obey(&mut least);
        let found: Vec<String> = findings(&least, Handling::Strict).iter().map(label).collect();
        assert!(found.is_empty(), "{}: {found:#?}\n{}", profile.id, least.to_text());
    }
}

#[test]
fn each_constraint_of_a_profile_is_kept_by_one_instance_and_broken_by_another() {
    let (mut faults, mut counts) = (Vec::new(), BTreeMap::<&str, usize>::new());
    for profile in Tables::embedded().profiles() {
        for row in &profile.elements {
            for finding in findings(&instance(profile, row, &Change::Keep), Handling::Strict) {
                faults.push(format!("{} {}: {}", profile.id, row.path, label(&finding)));
            }
            for (name, change, code) in constraints(profile, row) {
                *counts.entry(name).or_default() += 1;
                let found = findings(&instance(profile, row, &change), Handling::Strict);
                if !is_expected(&found, profile, row, name, code) {
                    let found: Vec<String> = found.iter().map(label).collect();
                    faults.push(format!("{} {} {name}: {found:?}", profile.id, row.path));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
    // A table that lost its constraints would have nothing to break.
    let expected = [("binding", 55), ("max", 279), ("min", 107), ("pattern", 18), ("target", 18), ("type", 172)];
    assert_eq!(counts, BTreeMap::from(expected));
}

#[test]
fn rows_without_constraint_are_listed() {
    let mut lines = Vec::new();
    for profile in Tables::embedded().profiles() {
        for row in profile.elements.iter().filter(|row| constraints(profile, row).is_empty()) {
            let reason = if row.how == How::Never {
                "nothing tells the slice"
            } else if row.how == How::System {
                "its list is not held"
            } else if tells_its_slice(profile, row) {
                "tells its slice: otherwise the item is of no slice"
            } else {
                "any number; its content has constraints of its own"
            };
            lines.push(format!("{} {}: {reason}", profile.id, row.path));
        }
    }
    let listed = include_str!("table_tests/without_constraint.txt");
    assert_eq!(lines.join("\n"), listed.trim_end(), "rows without constraint");
}

#[test]
fn what_may_be_missing_is_a_warning_in_lenient_handling() {
    let mut tolerated = Vec::new();
    for profile in Tables::embedded().profiles() {
        for row in &profile.elements {
            let is_asked = constraints(profile, row).iter().any(|(name, ..)| *name == "min");
            let found = findings(&instance(profile, row, &Change::Omit), Handling::Lenient);
            if is_asked && found.iter().all(|finding| finding.severity == Severity::Warning) {
                tolerated.push(format!("{}.{}", profile.resource_type, row.path));
            }
        }
    }
    let creation = "extension:ror-meta-creation-date";
    let mut expected: Vec<String> = Vec::new();
    for name in ["Organization", "HealthcareService", "Location", "Practitioner", "PractitionerRole"] {
        expected.extend([format!("{name}.meta.lastUpdated"), format!("{name}.{creation}")]);
        match name {
            "Organization" => {
                expected
                    .extend(["Organization.telecom.system", "Organization.contact.telecom.system"].map(String::from));
            }
            "HealthcareService" => expected.push("HealthcareService.characteristic:careMode".to_owned()),
            _ => {}
        }
    }
    assert_eq!(tolerated, expected);
}

/// Whether the one finding is that of the constraint: its code, its severity, its source.
fn is_expected(found: &[Finding], profile: &Profile, row: &'static Element, name: &str, code: &str) -> bool {
    let [finding] = found else { return false };
    let rule = rule_of(profile, row);
    let list = row.value_set.and_then(|url| url.rsplit('/').next()).unwrap_or_default();
    let is_from = match name {
        "binding" => finding.rule.contains(list_name(list)),
        // An act without type is a specific act that lacks it.
        "min" => finding.rule == rule.cardinality().replace("outsideOfficeAct", "specificAct"),
        // Where the whole has the same limit, it speaks.
        "max" if is_list(profile, row) => finding.rule == rule.cardinality() || finding.rule.starts_with(whole(rule)),
        "pattern" => finding.rule.starts_with(&rule.source) && finding.rule.contains(" = "),
        "target" => finding.rule.starts_with(&rule.source) && finding.rule.contains(" → "),
        _ => true,
    };
    let is_warning = row.strength == Some(Strength::Extensible) && name == "binding";
    let severity = if is_warning { Severity::Warning } else { Severity::Error };
    finding.code == code && finding.severity == severity && is_from
}

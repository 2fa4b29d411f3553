//! What is told of an element that is missing: what it is called, and what may stand there.

use super::value::example_of;
use super::{Told, Walk};
use crate::finding::Severity;
use crate::label::label;
use crate::rule::Rule;

/// What is told of an element that is missing; `example` is something it takes.
pub(super) fn told_missing(rule: Option<&Rule>, name: &str, example: Option<&str>) -> Told {
    let last = rule.map_or(name, |rule| rule.source.rsplit(['.', ' ']).next().unwrap_or(name));
    let what = last.split_once(':').map_or(last, |(_, slice)| slice);
    let what = rule.and_then(|rule| label(&rule.source)).unwrap_or(what);
    let count = match rule.map_or(1, |rule| rule.min) {
        0 | 1 => "au moins une valeur".to_owned(),
        min => format!("au moins {min} valeurs"),
    };
    Told {
        value: None,
        expected: example.map_or_else(|| count.clone(), |example| format!("{count}, {example}")),
        rule: rule.map_or_else(|| format!("FHIR R4 : {name} 1..*"), Rule::cardinality),
        message: format!("Il manque un élément obligatoire : {what}."),
    }
}

impl Walk<'_> {
    /// What may stand where nothing does: codes of the list it is bound to, or a value of its type,
    /// its own or that of the extension that it is.
    pub(super) fn example(&self, rule: &Rule, severity: Severity) -> Option<String> {
        let content = rule.url().and_then(|url| self.rules.extension(url));
        let all = || [Some(rule), rule.child("value[x]"), content.and_then(|content| content.child("value[x]"))];
        let bound = |rule: &Rule| rule.value_set.and_then(|url| self.choices(url, severity));
        let codes = all().into_iter().flatten().find_map(bound);
        codes.or_else(|| all().into_iter().flatten().find_map(of_type))
    }
}

/// A value of the only type that a rule takes.
fn of_type(rule: &Rule) -> Option<String> {
    let example = match rule.types.as_slice() {
        ["boolean"] => "true ou false".to_owned(),
        ["integer" | "positiveInt" | "unsignedInt"] => "un nombre, par exemple 12".to_owned(),
        ["dateTime" | "instant"] => "une date, par exemple 2026-01-31T08:30:00+01:00".to_owned(),
        ["date"] => "une date, par exemple 2026-01-31".to_owned(),
        ["Reference"] => format!("une référence, par exemple {}", example_of(&rule.targets)),
        _ => return None,
    };
    Some(example)
}

//! The tables as trees: for one resource type, what is asked of each element and slice.

use std::collections::HashMap;
use std::sync::OnceLock;

use ror_fhir::Node;

use crate::tables::{Element, Extension, How, Part, Strength, Tables};

/// What is asked of an element, a slice of it, or the content of an extension.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Where it is written: `ror-healthcareservice : HealthcareService.type`.
    pub(crate) source: String,
    pub(crate) min: u32,
    pub(crate) max: Option<u32>,
    /// Empty: those of the base.
    pub(crate) types: Vec<&'static str>,
    pub(crate) targets: Vec<&'static str>,
    pub(crate) value_set: Option<&'static str>,
    pub(crate) strength: Option<Strength>,
    pub(crate) pattern: Option<Node>,
    pub(crate) how: How,
    /// Whether D34 tolerates that it is missing.
    pub(crate) may_be_missing: bool,
    pub(crate) children: Vec<(&'static str, Rule)>,
    pub(crate) slices: Vec<Rule>,
}

/// What D34 lets be missing in lenient handling: resource type (`*`: all), path.
const MAY_BE_MISSING: &[(&str, &str)] = &[
    ("HealthcareService", "name"),
    ("HealthcareService", "characteristic:careMode"),
    ("Organization", "telecom.system"),
    ("Organization", "contact.telecom.system"),
    ("*", "meta.lastUpdated"),
    ("*", "extension:ror-meta-creation-date"),
];

/// Bounds that the guide states in words, not in its rows: resource type, path, source.
const STATED_IN_WORDS: &[(&str, &str, &str)] = &[
    ("HealthcareService", "name", "D34"),
    ("Organization", "identifier.type", "FrOrganization (FR Core 1.1.0)"),
    ("Organization", "identifier.system", "FrOrganization (FR Core 1.1.0)"),
    ("Organization", "identifier.value", "FrOrganization (FR Core 1.1.0)"),
];

/// The part of an extension whose two bounds are both asked, in words only.
const AGE_RANGE: &str = "ageRange";

impl Rule {
    fn new(source: String) -> Self {
        Self {
            source,
            min: 0,
            max: None,
            types: Vec::new(),
            targets: Vec::new(),
            value_set: None,
            strength: None,
            pattern: None,
            how: How::Whole,
            may_be_missing: false,
            children: Vec::new(),
            slices: Vec::new(),
        }
    }

    /// What is asked of the part `name`.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|(other, _)| *other == name).map(|(_, rule)| rule)
    }

    /// Whether the fewest items of the whole are only those that its slices ask.
    pub(crate) fn min_is_that_of_slices(&self) -> bool {
        self.min > 0 && self.slices.iter().map(|slice| slice.min).sum::<u32>() >= self.min
    }

    /// `ror-healthcareservice : HealthcareService.type 1..1`.
    pub(crate) fn cardinality(&self) -> String {
        let max = self.max.map_or("*".to_owned(), |max| max.to_string());
        format!("{} {}..{max}", self.source, self.min)
    }

    /// The address of the extension it is a slice of.
    pub(crate) fn url(&self) -> Option<&'static str> {
        match self.how {
            How::Url(url) => Some(url),
            _ => None,
        }
    }

    fn child_mut(&mut self, name: &'static str) -> &mut Self {
        let at = self.children.iter().position(|(other, _)| *other == name).unwrap_or_else(|| {
            let source = format!("{}.{name}", self.source);
            self.children.push((name, Self::new(source)));
            self.children.len() - 1
        });
        &mut self.children[at].1
    }

    /// The slice of that name; two slices of one extension are one (trap 4 of the model).
    fn slice_mut(&mut self, name: &str, how: How) -> &mut Self {
        let source = format!("{}:{name}", self.source);
        let is_same = |slice: &Self| slice.source == source || (matches!(how, How::Url(_)) && slice.how == how);
        let at = self.slices.iter().position(is_same).unwrap_or_else(|| {
            self.slices.push(Self { how, ..Self::new(source) });
            self.slices.len() - 1
        });
        &mut self.slices[at]
    }

    fn fill(&mut self, row: &Element) {
        self.min = row.min;
        self.max = row.max;
        self.types.clone_from(&row.types);
        self.targets.clone_from(&row.targets);
        self.value_set = row.value_set;
        self.strength = row.strength;
        self.pattern.clone_from(&row.pattern);
    }
}

/// All trees.
#[derive(Debug)]
pub(crate) struct Rules {
    profiles: HashMap<&'static str, Rule>,
    extensions: HashMap<&'static str, Rule>,
}

impl Rules {
    /// The trees of the embedded tables.
    pub(crate) fn embedded() -> &'static Self {
        static EMBEDDED: OnceLock<Rules> = OnceLock::new();
        EMBEDDED.get_or_init(|| Self::of(Tables::embedded()))
    }

    /// What is asked of a resource of that type.
    pub(crate) fn profile(&self, resource_type: &str) -> Option<&Rule> {
        self.profiles.get(resource_type)
    }

    /// What is asked of the content of the extension that instances name so.
    pub(crate) fn extension(&self, url: &str) -> Option<&Rule> {
        self.extensions.get(url)
    }

    fn of(tables: &'static Tables) -> Self {
        let profiles = tables.profiles().iter().map(|profile| {
            let name = profile.resource_type;
            let mut root = Rule::new(format!("{} : {name}", profile.id));
            for row in &profile.elements {
                place(&mut root, row.path, row.how).fill(row);
            }
            for (_, path, source) in STATED_IN_WORDS.iter().filter(|(of, ..)| *of == name) {
                let rule = place(&mut root, path, How::Whole);
                (rule.min, rule.max, rule.source) = (1, Some(1), format!("{source} : {name}.{path}"));
            }
            for (of, path) in MAY_BE_MISSING {
                let has_row = profile.elements.iter().any(|row| row.path == *path) || (*path == "name" && *of == name);
                if (*of == name || *of == "*") && has_row {
                    let how = profile.elements.iter().find(|row| row.path == *path).map_or(How::Whole, |row| row.how);
                    place(&mut root, path, how).may_be_missing = true;
                }
            }
            (name, root)
        });
        let profiles = profiles.collect();
        let extensions = tables.extensions().iter().map(|extension| (extension.instance_url, content(extension)));
        Self { profiles, extensions: extensions.collect() }
    }
}

/// The rule at a path of the table, made where it is not there yet.
fn place<'a>(root: &'a mut Rule, path: &'static str, how: How) -> &'a mut Rule {
    path.split('.').fold(root, |rule, segment| match segment.split_once(':') {
        None => rule.child_mut(segment),
        Some((name, slice)) => {
            // A sub-extension without a row of its own is told by its name.
            let told = if how == How::Whole && name == "extension" { How::Url(slice) } else { how };
            rule.child_mut(name).slice_mut(slice, told)
        }
    })
}

/// What an extension asks of its own content.
fn content(extension: &Extension) -> Rule {
    let mut rule = Rule::new(extension.id.to_owned());
    rule.child_mut("value[x]").fill_value(&extension.types, extension.value_set, extension.strength);
    rule.child_mut("value[x]").targets.clone_from(&extension.targets);
    if extension.is_complex {
        let value = rule.child_mut("value[x]");
        (value.min, value.max) = (0, Some(0));
        for part in &extension.parts {
            part_of(&mut rule, part);
        }
    } else {
        rule.child_mut("extension").max = Some(0);
    }
    rule
}

fn part_of(rule: &mut Rule, part: &Part) {
    let name = part.url.rsplit('/').next().unwrap_or(part.url);
    let slice = rule.child_mut("extension").slice_mut(name, How::Url(part.url));
    (slice.min, slice.max) = (part.min, part.max);
    if part.types.is_empty() {
        return;
    }
    let value = slice.child_mut("value[x]");
    value.fill_value(&part.types, part.value_set, part.strength);
    if part.url == AGE_RANGE {
        for bound in ["low", "high"] {
            let bound = value.child_mut(bound);
            (bound.min, bound.max) = (1, Some(1));
        }
    }
}

impl Rule {
    /// FHIR's ext-1 asks a value where there are no parts, whatever the guide's 0..1.
    fn fill_value(&mut self, types: &[&'static str], value_set: Option<&'static str>, strength: Option<Strength>) {
        (self.min, self.max) = (1, Some(1));
        types.clone_into(&mut self.types);
        (self.value_set, self.strength) = (value_set, strength);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_its_rule() {
        let offer = Rules::embedded().profile("HealthcareService").expect("a profile");
        assert_eq!(
            offer.child("type").map(Rule::cardinality).as_deref(),
            Some("ror-healthcareservice : HealthcareService.type 1..1")
        );
        let characteristic = offer.child("characteristic").expect("a rule");
        assert_eq!(characteristic.slices.len(), 12);
        assert!(characteristic.min_is_that_of_slices());
        let care_mode =
            characteristic.slices.iter().find(|slice| slice.source.ends_with(":careMode")).expect("a slice");
        assert!(care_mode.may_be_missing && care_mode.min == 1);
        assert_eq!(care_mode.child("extension").map(|rule| rule.slices[0].max), Some(Some(0)));
    }

    #[test]
    fn two_slices_of_one_extension_are_one() {
        let structure = Rules::embedded().profile("Organization").expect("a profile");
        let slices = &structure.child("extension").expect("a rule").slices;
        let periods =
            slices.iter().filter(|slice| matches!(slice.how, How::Url(url) if url.ends_with("organization-period")));
        assert_eq!(periods.count(), 1);
    }

    #[test]
    fn an_extension_asks_either_a_value_or_parts() {
        let rules = Rules::embedded();
        let capacity = rules
            .extension("https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-location-supported-capacity")
            .expect("a rule");
        assert_eq!(capacity.child("value[x]").map(|value| value.max), Some(Some(0)));
        assert_eq!(capacity.child("extension").map(|parts| parts.slices.len()), Some(12));
        let comment = rules
            .extension("https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-comment")
            .expect("a rule");
        assert_eq!(comment.child("value[x]").map(|value| value.min), Some(1));
    }
}

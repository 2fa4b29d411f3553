//! The items of an element: how many, in which slice.

use ror_fhir::Node;

use super::missing::told_missing;
use super::{Told, Walk, alone};
use crate::finding::Severity;
use crate::rule::Rule;
use crate::tables::{BaseElement, How};
use crate::work::work;

/// The extension that tells specific acts from acts outside the practice.
const ACT_TYPE: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-act-type";

impl Walk<'_> {
    /// Looks at all the items of an element.
    pub(super) fn items(
        &mut self,
        value: &Node,
        node: &Node,
        element: &'static BaseElement,
        type_name: &'static str,
        rules: &[&'static Rule],
    ) {
        let is_list = element.max != Some(1);
        let items = match value {
            Node::Array(items) if is_list => items.as_slice(),
            one if is_list && alone::is_tolerated(element.name, one) => {
                self.value_alone();
                std::slice::from_ref(one)
            }
            _ if is_list => return self.wrong_kind(value, "une liste"),
            Node::Array(_) => return self.wrong_kind(value, "une seule valeur, sans liste"),
            one => std::slice::from_ref(one),
        };
        if items.is_empty() {
            return self.wrong_kind_of_list();
        }
        if !self.is_type_allowed(type_name, rules) {
            return;
        }
        let sliced: Vec<(&'static Rule, Vec<Option<usize>>)> = rules
            .iter()
            .filter(|rule| !rule.slices.is_empty())
            .map(|rule| (*rule, items.iter().map(|item| self.slice_of(item, type_name, rule)).collect()))
            .collect();
        self.count(items.len(), element, rules, &sliced);
        // Looked for once: an object may have as many members as the list has nulls.
        let companions = items.contains(&Node::Null).then(|| node.get(&format!("_{}", element.name)));
        let beside = companions.flatten().and_then(Node::as_array);
        work(items.len());
        for (at, item) in items.iter().enumerate() {
            let of_slice = sliced.iter().filter_map(|(rule, slots)| slots[at].map(|slot| &rule.slices[slot]));
            let all: Vec<&'static Rule> = rules.iter().copied().chain(of_slice).collect();
            if *item == Node::Null {
                self.null(at, is_list, beside);
            } else if is_list {
                self.indexed(at, |walk| walk.value(item, type_name, element, &all));
            } else {
                self.value(item, type_name, element, &all);
            }
        }
    }

    fn value_alone(&mut self) {
        self.report(self.tolerated(), "structure", "", || Told {
            expected: "une liste".to_owned(),
            rule: "D4".to_owned(),
            message: "Une liste est attendue, même pour une seule valeur ; elle est lue comme une liste d'une valeur."
                .to_owned(),
            value: None,
        });
    }

    fn wrong_kind_of_list(&mut self) {
        self.report(Severity::Error, "structure", "", || Told {
            expected: "au moins une valeur, ou pas d'élément".to_owned(),
            rule: "FHIR R4 : JSON".to_owned(),
            message: "Une liste vide n'est pas admise par FHIR.".to_owned(),
            value: None,
        });
    }

    /// A null lines a primitive value up with what stands beside it; that is all it may do.
    fn null(&mut self, at: usize, is_list: bool, beside: Option<&[Node]>) {
        if is_list && beside.is_some_and(|beside| beside.get(at).is_some_and(|item| *item != Node::Null)) {
            return;
        }
        let suffix = if is_list { format!("[{at}]") } else { String::new() };
        self.report(Severity::Error, "structure", &suffix, || Told {
            expected: "une valeur".to_owned(),
            rule: "FHIR R4 : JSON".to_owned(),
            message: "La valeur null n'est pas admise ici.".to_owned(),
            value: None,
        });
    }

    /// Whether the type of a choice is one of those the rules allow; reports it when not.
    fn is_type_allowed(&mut self, type_name: &'static str, rules: &[&'static Rule]) -> bool {
        let refusing = rules.iter().find(|rule| {
            rule.max != Some(0)
                && !rule.types.is_empty()
                && !rule.types.iter().any(|kind| *kind == "*" || *kind == type_name || is_backbone(kind, type_name))
        });
        let Some(rule) = refusing else { return true };
        self.report(Severity::Error, "structure", "", || Told {
            expected: format!("une valeur de type {}", rule.types.join(" ou ")),
            rule: format!("{} : {}", rule.source, rule.types.join(" | ")),
            message: "Ce type de valeur n'est pas admis ici.".to_owned(),
            value: Some(type_name.to_owned()),
        });
        false
    }

    /// Compares the number of items with the bounds of the rules and of their slices.
    fn count(
        &mut self,
        count: usize,
        element: &'static BaseElement,
        rules: &[&'static Rule],
        sliced: &[(&'static Rule, Vec<Option<usize>>)],
    ) {
        let is_over = |rule: &&&Rule| rule.max.is_some_and(|max| count > max as usize);
        let over = rules.iter().find(is_over);
        if let Some(rule) = over {
            self.too_many(rule, count, rule.max.unwrap_or(0) as usize, element);
        }
        let is_under = |rule: &&&Rule| count < rule.min as usize && !rule.min_is_that_of_slices();
        if let Some(rule) = rules.iter().find(is_under) {
            let example = self.example(rule, Severity::Error);
            self.report(Severity::Error, "required", "", || told_missing(Some(rule), element.name, example.as_deref()));
        }
        // Two rules may bound one extension: the closer one speaks.
        let mut told: Vec<(bool, How)> = Vec::new();
        for (rule, slots) in sliced.iter().rev() {
            work(rule.slices.len() * slots.len());
            for (slot, slice) in rule.slices.iter().enumerate().filter(|(_, slice)| slice.how != How::Never) {
                let mut held = slots.iter().enumerate().filter(|(_, other)| **other == Some(slot)).map(|(at, _)| at);
                let found = held.clone().count();
                let is_told = |is_over: bool| {
                    matches!(slice.how, How::Url(_)) && told.contains(&(is_over, slice.how))
                        || is_over && over.is_some_and(|rule| slice.max >= rule.max)
                };
                let excess = slice.max.and_then(|max| held.nth(max as usize));
                if let Some(excess) = excess.filter(|_| !is_told(true)) {
                    self.too_many(slice, found, excess, element);
                    told.push((true, slice.how));
                } else if found < slice.min as usize && !is_told(false) {
                    let severity = if slice.may_be_missing { self.tolerated() } else { Severity::Error };
                    let example = self.example(slice, severity);
                    self.report(severity, "required", "", || {
                        told_missing(Some(slice), element.name, example.as_deref())
                    });
                    told.push((false, slice.how));
                }
            }
        }
    }

    /// Reports at the first item in excess.
    fn too_many(&mut self, rule: &'static Rule, found: usize, excess: usize, element: &BaseElement) {
        let suffix = if element.max == Some(1) { String::new() } else { format!("[{excess}]") };
        let max = rule.max.unwrap_or(0);
        self.named.push(rule);
        self.report(Severity::Error, "structure", &suffix, || Told {
            expected: match max {
                0 => "aucune valeur".to_owned(),
                1 => "une seule valeur".to_owned(),
                max => format!("{max} valeurs au plus"),
            },
            rule: rule.cardinality(),
            message: if max == 0 { "Cet élément n'est pas admis ici." } else { "Trop de valeurs sont données." }
                .to_owned(),
            value: Some(format!("{found} {}", if found < 2 { "valeur" } else { "valeurs" })),
        });
        self.named.pop();
    }

    /// The slice that an item belongs to, by its place in the rule.
    ///
    /// Two slices may draw from one system: the one whose value set holds the code wins, so
    /// that a code of neither is reported once.
    fn slice_of(&self, item: &Node, type_name: &str, rule: &'static Rule) -> Option<usize> {
        work(rule.slices.len());
        self.slice_among(item, type_name, rule, true).or_else(|| {
            // Only codes are written in more than one way.
            let is_coded = rule.slices.iter().any(|slice| matches!(slice.how, How::System | How::Act(_)));
            if is_coded { self.slice_among(item, type_name, rule, false) } else { None }
        })
    }

    /// The same, with systems as they are usually written (`usual`), or read as D4 does.
    fn slice_among(&self, item: &Node, type_name: &str, rule: &'static Rule, usual: bool) -> Option<usize> {
        let mut candidates =
            rule.slices.iter().enumerate().filter(|(_, slice)| self.is_in(item, type_name, slice, usual));
        let first = candidates.next()?;
        let Some(second) = candidates.next() else { return Some(first.0) };
        let mut all = [first, second].into_iter().chain(candidates);
        all.find(|(_, slice)| self.holds(item, type_name, slice)).map_or(Some(first.0), |(at, _)| Some(at))
    }

    fn is_in(&self, item: &Node, type_name: &str, slice: &Rule, usual: bool) -> bool {
        let has_system = || {
            if usual { self.names_system(item, type_name, slice) } else { self.has_system(item, type_name, slice) }
        };
        match slice.how {
            How::Url(url) => item.str("url") == Some(url),
            How::TypeCode(code) => {
                item.get("type").is_some_and(|kind| kind.items("coding").any(|coding| coding.str("code") == Some(code)))
            }
            How::System => has_system(),
            // An act without type is reported as a specific act that lacks it.
            How::Act(act) => {
                let told = item.extensions(ACT_TYPE).find_map(|extension| extension.str("valueCode"));
                let is_other = !matches!(told, Some("specificAct" | "outsideOfficeAct"));
                (told == Some(act) || (is_other && act == "specificAct")) && has_system()
            }
            How::Id(id) => item.str("id") == Some(id),
            How::Pattern(part) => {
                let pattern = slice.child(part).and_then(|rule| rule.pattern.as_ref());
                pattern.is_some_and(|pattern| item.get(part).is_some_and(|value| self.has_pattern(value, pattern)))
            }
            How::Type(wanted) => wanted == type_name,
            How::Whole | How::Never => false,
        }
    }
}

/// The guide says BackboneElement where the base names the backbone by its path.
fn is_backbone(kind: &str, type_name: &str) -> bool {
    kind == "BackboneElement" && type_name.contains('.')
}

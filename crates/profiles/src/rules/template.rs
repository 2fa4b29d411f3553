//! The entry template a record was typed with.

use std::collections::HashSet;

use ror_fhir::Node;

use super::{extensions, guide, rtype};
use crate::Severity;
use crate::finding::{Findings, VALUE_SHOWN_MAX};
use crate::work::work;

/// A condition of an entry template names a question of that template: FHIR states it in words
/// only (`Questionnaire.item.enableWhen.question`).
pub(super) fn conditions_name_a_question(questionnaire: &Node, findings: &mut Findings) {
    let mut all: Vec<&Node> = Vec::new();
    let mut waiting: Vec<&Node> = questionnaire.items("item").collect();
    while let Some(item) = waiting.pop() {
        work(1);
        waiting.extend(item.items("item"));
        all.push(item);
    }
    let links: HashSet<&str> = all.iter().filter_map(|item| item.str("linkId")).collect();
    let asked = all.iter().flat_map(|item| item.items("enableWhen").map(|when| (*item, when)));
    for (item, when) in asked {
        if when.str("question").is_some_and(|link| !links.contains(link)) {
            findings.broken("FHIR R4 : Questionnaire.item.enableWhen.question", "le linkId d'une question", || {
                let link = item.str("linkId").unwrap_or_default().chars().take(VALUE_SHOWN_MAX).collect::<String>();
                let message = format!("La question {link} dépend d'une question qui n'existe pas dans ce modèle.");
                ("Questionnaire.item.enableWhen.question".to_owned(), message)
            });
        }
    }
}

const TEMPLATE: &str = guide!("ror-meta-questionnaire-used-as-a-template");

/// Invariant `ror-questionnaire-version-required` of the guide: the template is named with its
/// version, `adresse|version`.
pub(super) fn template_is_named_with_its_version(resource: &Node, findings: &mut Findings) {
    for (at, extension) in extensions(resource, TEMPLATE) {
        if extension.str("valueCanonical").is_some_and(|text| !text.contains('|')) {
            let rule = "ror-questionnaire-version-required";
            findings.told(Severity::Error, "invariant", rule, "une adresse suivie de |version", || {
                let message = "Le modèle de saisie est donné sans sa version : adresse|version.";
                (format!("{}.extension[{at}].value", rtype(resource)), message.to_owned())
            });
        }
    }
}

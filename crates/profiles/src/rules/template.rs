//! The entry template a record was typed with.

use ror_fhir::Node;

use super::{extensions, guide, rtype};
use crate::Severity;
use crate::finding::Findings;

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

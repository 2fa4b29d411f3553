//! The entry template a record was typed with.

use ror_fhir::Node;

use super::{broken, guide};
use crate::finding::Finding;

const TEMPLATE: &str = guide!("ror-meta-questionnaire-used-as-a-template");

/// Invariant `ror-questionnaire-version-required` of the guide: the template is named with its
/// version, `adresse|version`.
pub(super) fn template_is_named_with_its_version(resource: &Node) -> Vec<Finding> {
    let extensions = resource.get("extension").and_then(Node::as_array).unwrap_or_default().iter().enumerate();
    let templates = extensions.filter(|(_, extension)| extension.str("url") == Some(TEMPLATE));
    let bare =
        templates.filter(|(_, extension)| extension.str("valueCanonical").is_some_and(|text| !text.contains('|')));
    let rtype = resource.str("resourceType").unwrap_or("Resource");
    bare.map(|(at, _)| {
        let message = "Le modèle de saisie est donné sans sa version : adresse|version.".to_owned();
        let expression = format!("{rtype}.extension[{at}].value");
        let rule = "ror-questionnaire-version-required";
        Finding { code: "invariant", ..broken(expression, rule, "une adresse suivie de |version", message) }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ror_fhir::node;

    #[test]
    fn a_template_without_version_is_refused() {
        let place = |template: &str| node!({"resourceType": "Location", "extension": [{"url": TEMPLATE, "valueCanonical": template}]});
        assert_eq!(template_is_named_with_its_version(&place("https://exemple.fr/MS-141|1")), []);
        let found = template_is_named_with_its_version(&place("https://exemple.fr/MS-141"));
        assert_eq!(
            found.iter().map(|one| one.expression.as_str()).collect::<Vec<_>>(),
            ["Location.extension[0].value"]
        );
    }
}

//! What is exposed: RG_EXP_002, and the lower threshold of D34.

use ror_fhir::Node;

use super::activity::{FIELDS, fields};
use super::{codes_from, rtype};
use crate::{Finding, Severity};

/// Nomenclature of activities.
const ACTIVITIES: &[&str] = &["R211-", "J17-"];

/// How the provider of an offer is called.
const PROVIDER: &str = "structure porteuse";

/// What an offer lacks to be exposed at all (D34): an identifier, a field, a provider that
/// exists, an activity. `provider_exists` is for whoever sees other resources to say.
///
/// Missing anything else, it is exposed with findings and its author sees "à compléter".
pub fn missing_for_exposure(offer: &Node, provider_exists: bool) -> Vec<&'static str> {
    let has_provider = provider_exists && offer.get("providedBy").is_some();
    let told = |element, lists| codes_from(offer, element, lists).any(|(_, code)| is_said(code));
    let has_field = told("type", FIELDS) || fields(offer).any(is_said);
    let needs = [
        ("identifiant", offer.items("identifier").filter_map(|it| it.str("value")).any(is_said)),
        ("champ d'activité", has_field),
        (PROVIDER, has_provider),
        ("activité opérationnelle", told("specialty", ACTIVITIES)),
    ];
    needs.into_iter().filter(|(_, is_there)| !is_there).map(|(name, _)| name).collect()
}

/// Blanks say nothing.
fn is_said(text: &str) -> bool {
    !text.trim().is_empty()
}

/// Whether an offer is exposed (D34).
pub fn is_exposed(offer: &Node, provider_exists: bool) -> bool {
    missing_for_exposure(offer, provider_exists).is_empty()
}

/// The finding that an offer is not exposed, with what it lacks; `None` when it is.
pub fn not_exposed(offer: &Node, provider_exists: bool) -> Option<Finding> {
    let missing = missing_for_exposure(offer, provider_exists);
    (!missing.is_empty()).then(|| not_exposed_without(&missing))
}

/// The finding that an offer whose provider is not known is not exposed.
pub fn not_exposed_without_provider() -> Finding {
    not_exposed_without(&[PROVIDER])
}

fn not_exposed_without(missing: &[&str]) -> Finding {
    Finding {
        severity: Severity::Warning,
        code: "business-rule",
        expression: "HealthcareService".to_owned(),
        value: None,
        expected: "un identifiant, un champ d'activité, une structure porteuse connue et une activité".to_owned(),
        rule: "RG_EXP_002, D34".to_owned(),
        message: format!("Offre non exposée : manque {}. Seul son propriétaire la voit.", missing.join(", ")),
    }
}

/// RG_EXP_002 to the letter: the finding that a resource, and what hangs below it, would not be
/// exposed, given its own findings; `None` when nothing mandatory is missing.
///
/// For the author's page and for quality work. It hides nothing unless the region says so (D34).
pub fn not_exposable(resource: &Node, findings: &[Finding]) -> Option<Finding> {
    let missing: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.code == "required" && !finding.expression.ends_with(".display"))
        .map(|finding| finding.expression.as_str())
        .collect();
    (!missing.is_empty()).then(|| Finding {
        severity: Severity::Information,
        code: "business-rule",
        expression: rtype(resource).to_owned(),
        value: None,
        expected: "tous les éléments obligatoires".to_owned(),
        rule: "RG_EXP_002".to_owned(),
        message: format!("Non exposable à la lettre du modèle, avec ce qui en dépend : manque {}.", missing.join(", ")),
    })
}

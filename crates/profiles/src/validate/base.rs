//! A resource against FHIR R4 alone, without a profile.

use ror_fhir::Node;

use super::{Context, Handling, Told, Walk, shown};
use crate::finding::{Finding, Severity};

/// Finds what is wrong with `resource` as FHIR R4 describes its type: elements, cardinalities,
/// types, codes of small required bindings.
///
/// For what the server makes itself and for what packages bring: CapabilityStatement, CodeSystem,
/// OperationDefinition, SearchParameter, StructureDefinition and ValueSet are described beside the types of
/// profiles.
/// What only the national guide asks (a label with each code) is a warning at most.
pub fn validate_base(resource: &Node, context: &Context<'_>) -> Vec<Finding> {
    let resource_type = resource.str("resourceType").unwrap_or("Resource");
    let mut walk = Walk::new(shown(resource_type), Handling::Lenient, context);
    let known = walk.tables.base.get_key_value(resource_type).map(|(name, _)| *name);
    match known.filter(|name| resource.as_object().is_some() && is_resource(name)) {
        Some(known) => walk.object(resource, known, &[]),
        None => walk.report(Severity::Error, "not-supported", "", || Told {
            expected: "un type de ressource connu de ce programme".to_owned(),
            rule: "FHIR R4".to_owned(),
            message: "Ce type de ressource n'est pas décrit par les tables de ce programme.".to_owned(),
            value: Some(shown(resource_type).to_owned()),
        }),
    }
    std::mem::take(&mut walk.findings).close(shown(resource_type))
}

/// Data types and backbones stand in the same table; only resources have these elements.
fn is_resource(name: &str) -> bool {
    let tables = crate::Tables::embedded();
    tables.elements(name).is_some_and(|elements| elements.iter().any(|element| element.name == "implicitRules"))
}

#[cfg(test)]
mod tests {
    use ror_fhir::node;
    use ror_terminology::Terminology;

    use super::*;

    fn errors(resource: &Node) -> Vec<(String, &'static str)> {
        let context = Context { terminology: Terminology::embedded(), now: 1_790_000_000_000 };
        let findings = validate_base(resource, &context).into_iter();
        findings.filter(|one| one.severity == Severity::Error).map(|one| (one.expression, one.code)).collect()
    }

    #[test]
    fn fhir_alone_is_asked() {
        let set = node!({"resourceType": "ValueSet", "status": "active"});
        assert_eq!(errors(&set), []);
        let wrong = node!({"resourceType": "ValueSet", "status": "actif", "compose": {"exclude": [{}]}, "x": 1});
        let expected = [
            ("ValueSet.status", "code-invalid"),
            ("ValueSet.compose.include", "required"),
            ("ValueSet.compose.exclude[0]", "structure"),
            ("ValueSet.x", "structure"),
        ];
        assert_eq!(errors(&wrong), expected.map(|(at, code)| (at.to_owned(), code)));
    }

    #[test]
    fn what_is_no_resource_is_refused() {
        for other in [node!({"resourceType": "Coding"}), node!({"resourceType": "Patient"}), node!([1])] {
            assert_eq!(errors(&other).first().map(|(_, code)| *code), Some("not-supported"));
        }
    }
}

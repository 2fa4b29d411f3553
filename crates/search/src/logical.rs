//! References that name their target by what it bears, not by its logical id (D10).
//!
//! An anomaly may name its object by `type` and `identifier` alone; a report names its indicator
//! by a canonical address. Neither says which resource that is: whoever follows them asks who
//! bears the term, as far as they see.

use ror_fhir::{Node, Reference};

use crate::extract::{Extracted, OutgoingReference};
use crate::param::{reference, token};
use crate::{ParamId, Parameter, Registry, ResourceType, Term};

/// A reference that leads to every resource that bears a term.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogicalReference {
    /// The parameter that reads it.
    pub parameter: ParamId,
    /// Type of the targets.
    pub rtype: ResourceType,
    /// What each of them bears.
    pub term: Term,
}

/// Internal parameter of Measure: the canonical address under which reports name it.
const URL: &str = "~url";
/// What FHIR puts before the name of a type where it writes it as an address.
const TYPE_PREFIX: &str = "http://hl7.org/fhir/StructureDefinition/";

/// Reads one value of a reference parameter that may be followed so.
pub(crate) fn read(parameter: &Parameter, node: &Node, registry: &Registry, out: &mut Extracted) {
    match (parameter.rtype, &*parameter.name) {
        (ResourceType::Task, "focus") => {
            let named = named_target(node, &parameter.targets, registry);
            out.logical.extend(named.map(|(rtype, term)| LogicalReference { parameter: parameter.id, rtype, term }));
        }
        (ResourceType::MeasureReport, "measure") => canonical(parameter, node, registry, out),
        _ => {}
    }
}

/// The type and the term that a Reference names its target by, where it holds no literal reference
/// to a resource of the directory; `None` where it names none, or another type than `targets`.
///
/// An identifier without system is one of any system, as in a search (D8).
///
/// ```
/// use ror_fhir::node;
/// use ror_search::{Registry, ResourceType, named_target};
/// let focus = node!({"type": "HealthcareService", "identifier": {"value": "84/99000074"}});
/// let named = named_target(&focus, &[ResourceType::HealthcareService], Registry::embedded());
/// assert!(named.is_some_and(|(rtype, _)| rtype == ResourceType::HealthcareService));
/// ```
pub fn named_target(node: &Node, targets: &[ResourceType], registry: &Registry) -> Option<(ResourceType, Term)> {
    if reference::target(node).is_some() {
        return None;
    }
    let rtype = node.str("type")?;
    let rtype = ResourceType::parse(rtype.strip_prefix(TYPE_PREFIX).unwrap_or(rtype))?;
    let term = identifier_term(rtype, node.get("identifier")?, registry)?;
    targets.contains(&rtype).then_some((rtype, term))
}

/// The term that every resource of `rtype` with that Identifier bears.
pub fn identifier_term(rtype: ResourceType, identifier: &Node, registry: &Registry) -> Option<Term> {
    let parameter = registry.find(rtype, "identifier")?.id;
    let value = token::normal_identifier(identifier.str("value")?);
    if value.is_empty() {
        return None;
    }
    Some(match identifier.str("system").map(str::trim).filter(|system| !system.is_empty()) {
        Some(system) => Term::system_code(parameter, system, &value),
        None => Term::code(parameter, &value),
    })
}

/// The terms that [`identifier_term`] finds a resource by, derived identifiers included (D8.2).
pub fn identifier_terms(rtype: ResourceType, resource: &Node, registry: &Registry) -> Vec<Term> {
    let Some(parameter) = registry.find(rtype, "identifier") else { return Vec::new() };
    let mut terms = Vec::new();
    for node in parameter.paths.iter().flat_map(|path| path.select(resource)) {
        token::terms(parameter.id, node, &mut terms, &mut |_: &str| {});
    }
    token::derived_identifiers(rtype, parameter.id, resource, &mut terms);
    terms
}

/// A canonical: `Measure/id`, or the address of a Measure, whose version does not count.
fn canonical(parameter: &Parameter, node: &Node, registry: &Registry, out: &mut Extracted) {
    let Some(written) = node.as_str() else { return };
    let address = written.split('|').next().unwrap_or_default().trim();
    if let Reference::Local { rtype: "Measure", id } = Reference::parse(address) {
        let (parameter, rtype) = (parameter.id, ResourceType::Measure);
        out.terms.push(Term::reference(parameter, rtype, id));
        out.references.push(OutgoingReference { parameter, rtype, id: id.into() });
    } else if !address.is_empty() {
        let rtype = ResourceType::Measure;
        let term = Term::code(registry.known(rtype, URL), address);
        out.logical.push(LogicalReference { parameter: parameter.id, rtype, term });
    }
}

#[cfg(test)]
mod tests {
    use ror_fhir::node;

    use super::*;
    use crate::{NoGeography, extract};

    fn focus_of(focus: &Node) -> Vec<LogicalReference> {
        let task = node!({"resourceType": "Task", "focus": (focus.clone())});
        extract(ResourceType::Task, "t1", &task, Registry::embedded(), &NoGeography).logical
    }

    #[test]
    fn d10_a_focus_by_identifier_leads_to_who_bears_it() {
        let registry = Registry::embedded();
        let national = "urn:oid:1.2.250.1.71.4.2.2";
        let named =
            focus_of(&node!({"type": "Organization", "identifier": {"system": national, "value": "1010000024"}}));
        let structure = node!({"resourceType": "Organization", "identifier":
            [{"system": "https://finess.esante.gouv.fr", "value": "010000024"}]});
        let borne = identifier_terms(ResourceType::Organization, &structure, registry);
        assert_eq!(named.len(), 1);
        assert!(borne.contains(&named[0].term), "the derived identifier counts (D8.2)");
        assert_eq!(named[0].parameter, registry.known(ResourceType::Task, "focus"));
        let read = extract(ResourceType::Organization, "o1", &structure, registry, &NoGeography);
        assert!(read.terms.contains(&named[0].term) && read.logical.is_empty());
        let bare = focus_of(&node!({"type": "Organization", "identifier": {"value": " 010000024 "}}));
        assert!(borne.contains(&bare[0].term), "without system: any");
        let elsewhere = focus_of(
            &node!({"type": "Organization", "identifier": {"system": "https://x.example", "value": "010000024"}}),
        );
        assert!(!borne.contains(&elsewhere[0].term));
        let written =
            focus_of(&node!({"type": format!("{TYPE_PREFIX}Organization"), "identifier": {"value": "010000024"}}));
        assert_eq!(written, bare);
    }

    #[test]
    fn d10_a_literal_reference_comes_first_and_what_names_nothing_leads_nowhere() {
        let identifier = node!({"value": "84/1"});
        for focus in [
            node!({"reference": "HealthcareService/h1", "type": "HealthcareService", "identifier": (identifier.clone())}),
            node!({"identifier": (identifier.clone())}),
            node!({"type": "HealthcareService"}),
            node!({"type": "HealthcareService", "identifier": {"value": "  "}}),
            node!({"type": "Patient", "identifier": (identifier.clone())}),
            node!({"type": "Questionnaire", "identifier": (identifier.clone())}),
            node!("HealthcareService/h1"),
        ] {
            assert_eq!(focus_of(&focus), [], "{focus:?}");
        }
        let elsewhere = node!({"reference": "https://elsewhere.example/fhir/HealthcareService/1",
            "type": "HealthcareService", "identifier": identifier});
        assert_eq!(focus_of(&elsewhere).len(), 1, "what is held elsewhere is no literal reference here");
    }

    #[test]
    fn a_report_names_its_indicator_by_address_or_by_id() {
        let registry = Registry::embedded();
        let read = |measure: &str| {
            let report = node!({"resourceType": "MeasureReport", "measure": measure});
            extract(ResourceType::MeasureReport, "m1", &report, registry, &NoGeography)
        };
        let measure = node!({"resourceType": "Measure", "url": "https://x.example/Measure/EX2"});
        let borne = extract(ResourceType::Measure, "i1", &measure, registry, &NoGeography).terms;
        let parameter = registry.known(ResourceType::MeasureReport, "measure");
        for written in ["https://x.example/Measure/EX2", "https://x.example/Measure/EX2|2026"] {
            let named = read(written);
            assert!(named.references.is_empty() && named.terms.contains(&Term::present(parameter)));
            assert_eq!(named.logical.iter().filter(|one| borne.contains(&one.term)).count(), 1, "{written}");
        }
        let literal = read("Measure/i1");
        assert_eq!((literal.references[0].rtype, &*literal.references[0].id), (ResourceType::Measure, "i1"));
        assert!(literal.logical.is_empty());
        assert!(literal.terms.contains(&Term::reference(parameter, ResourceType::Measure, "i1")));
        assert!(read("https://x.example/Measure/autre").logical.iter().all(|one| !borne.contains(&one.term)));
    }
}

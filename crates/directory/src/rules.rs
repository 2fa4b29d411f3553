//! What a write is judged by: the guide, the references, what never changes.

use std::fmt::Write as _;

use ror_fhir::{Instant, Node, Reference};
use ror_index::View;
use ror_profiles::rules::around::{Around, related};
use ror_profiles::rules::exposure::{not_exposable, not_exposed};
use ror_profiles::rules::sensitive;
use ror_profiles::rules::transition::{Origin, transition};
use ror_profiles::{Context, FINDINGS_MAX, Finding, Handling, Severity, validate};
use ror_search::{ANYWHERE, Registry, ResourceType};
use ror_terminology::Terminology;

use crate::graph::names_one_provider;
use crate::identifier::MintedKind;

/// The rules that writes are judged by.
#[derive(Clone, Copy)]
pub(crate) enum Rules {
    /// Those of the guide and of the decisions, with the code lists in force.
    Guide(&'static Terminology),
    /// None: for corpora that hold what no rule takes.
    None,
}

impl Rules {
    /// Whether there are any.
    pub(crate) fn are_in_force(self) -> bool {
        matches!(self, Self::Guide(_))
    }

    /// Everything wrong with a resource to write, in the order of the document. `view` is that
    /// of its author: a target that they do not see is no target (D2).
    pub(crate) fn findings(self, resource: &Node, handling: Handling, now: Instant, view: &View<'_>) -> Vec<Finding> {
        let Self::Guide(terminology) = self else { return Vec::new() };
        let mut findings = validate(resource, handling, &Context { terminology, now });
        let mut more = Vec::new();
        let root = resource.str("resourceType").unwrap_or_default();
        dangling(resource, &mut root.to_owned(), view, &mut more);
        let (above, offers) = (above(resource, view), neighbours(resource, view));
        let (above, offers): (Vec<&Node>, Vec<&Node>) = (above.iter().collect(), offers.iter().collect());
        more.extend(unknown_template(resource, view));
        more.extend(related(resource, &Around { above: &above, offers: &offers, now, terminology }));
        findings.append(&mut more);
        // What is refused is not kept: whether it would be exposed is not the question.
        if !has_errors(&findings) {
            findings.extend(not_exposable(resource, &findings));
            // A provider that leads nowhere is refused above; one that is no reference of this directory is here.
            // Whoever writes an offer that nobody sees, themselves included, could not mend it.
            findings.extend(unexposed(resource).map(|finding| Finding { severity: Severity::Error, ..finding }));
        }
        sort(&mut findings, resource);
        findings
    }

    /// What is wrong with a resource that an import takes all the same (D34). An offer that does
    /// not say whether it is a sensitive unit is made to: until then nobody would see it.
    pub(crate) fn take(self, resource: &mut Node, now: Instant) -> Vec<Finding> {
        let Self::Guide(terminology) = self else { return Vec::new() };
        let mut findings = validate(resource, Handling::Lenient, &Context { terminology, now });
        findings.retain(|finding| !is_about_a_label(finding));
        findings.extend(not_exposable(resource, &findings));
        findings.extend(unexposed(resource));
        if resource.str("resourceType") == Some("HealthcareService")
            && let Some(flag) = sensitive::give_default_flag(resource)
        {
            findings.push(settled(flag));
        }
        findings
    }

    /// Adds what an update changes that never changes (D43) to what was found in the resource,
    /// in the order in which it is kept. Both are canonical.
    pub(crate) fn add_changes(self, former: &Node, resource: &Node, findings: &mut Vec<Finding>) {
        if self.are_in_force() {
            findings.extend(transition(former, resource, Origin::Other));
        }
        // Only a refusal counts: one identifier where a list is due is a mere warning there (D4).
        let is_refused = |it: &Finding| it.severity == Severity::Error && it.expression.ends_with(".identifier");
        let is_told = findings.iter().any(is_refused);
        findings.extend(other_identifier(resource, former).filter(|_| !is_told));
        sort(findings, resource);
    }
}

/// An offer, a place or an organisation interne keeps its identifier for good (D43): leaving it
/// out says nothing, another one is refused.
fn other_identifier(resource: &Node, former: &Node) -> Option<Finding> {
    let rtype = ResourceType::parse(resource.str("resourceType")?)?;
    let kind = MintedKind::of(rtype)?;
    let (held, sent) = (kind.find(former)?, kind.find(resource)?);
    (held != sent).then(|| Finding {
        severity: Severity::Error,
        code: "business-rule",
        expression: format!("{rtype}.identifier"),
        value: Some(sent.to_owned()),
        expected: "l'identifiant enregistré, ou aucun".to_owned(),
        rule: "D43".to_owned(),
        message: "L'identifiant fonctionnel ne change jamais : le laisser tel quel, ou l'omettre.".to_owned(),
    })
}

/// Tells an offer that only its owner sees (RG_EXP_002, D34); the provider it names is taken to
/// exist.
fn unexposed(resource: &Node) -> Option<Finding> {
    let is_offer = resource.str("resourceType") == Some(ResourceType::HealthcareService.name());
    is_offer.then(|| not_exposed(resource, names_one_provider(resource))).flatten()
}

/// Tells which flag an offer was given (RG_EXP_035, D34).
fn settled(flag: bool) -> Finding {
    let (severity, message) = if flag {
        (Severity::Warning, "Le nom ou l'activité font présumer une unité sensible : l'offre est chargée comme telle.")
    } else {
        (Severity::Information, "L'offre ne dit pas si elle est une unité sensible : elle est chargée comme ordinaire.")
    };
    Finding {
        severity,
        code: "business-rule",
        expression: "HealthcareService.extension".to_owned(),
        value: None,
        expected: "ror-healthcareservice-sensitive-unit".to_owned(),
        rule: "RG_EXP_035, D34".to_owned(),
        message: message.to_owned(),
    }
}

/// Whether a finding says that a code has no label: what is kept has none, ours are given when
/// it is shown (D33).
pub fn is_about_a_label(finding: &Finding) -> bool {
    finding.code == "required" && finding.expression.ends_with(".display")
}

/// Whether findings refuse a write.
pub(crate) fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// Structures above one another are looked up this far: a longer chain is a fault, or a cycle.
const ABOVE_MAX: usize = 8;
/// Longest reference that a finding repeats, in characters.
const VALUE_SHOWN_MAX: usize = 80;
/// Offers of one place that are looked at: a place has a few.
const NEIGHBOURS_MAX: usize = 64;

/// The structures that a resource hangs below, nearest first, as far as the reader sees them.
fn above(resource: &Node, view: &View<'_>) -> Vec<Node> {
    let key = match resource.str("resourceType") {
        Some("HealthcareService") => "providedBy",
        Some("Organization") => "partOf",
        Some("Location") => "managingOrganization",
        _ => return Vec::new(),
    };
    let parent = |node: &Node, key: &str| target(node.get(key)?, ResourceType::Organization, view);
    let mut above: Vec<Node> = parent(resource, key).into_iter().collect();
    while let Some(next) = above.last().filter(|_| above.len() < ABOVE_MAX).and_then(|last| parent(last, "partOf")) {
        above.push(next);
    }
    above
}

/// The offers of a place, or the other ones at the places of an offer, as far as the reader sees
/// them.
fn neighbours(resource: &Node, view: &View<'_>) -> Vec<Node> {
    let own = resource.str("id").unwrap_or_default();
    let used = |place: &str| {
        let anywhere = Registry::embedded().known(ResourceType::HealthcareService, ANYWHERE);
        let offers = view.referring(anywhere, ResourceType::Location, place).into_iter();
        offers.filter(|hit| hit.id() != own).take(NEIGHBOURS_MAX).map(|hit| hit.to_node()).collect::<Vec<_>>()
    };
    match resource.str("resourceType") {
        Some("Location") => used(own),
        Some("HealthcareService") => {
            let places = resource.items("location").filter_map(|place| place.str("reference"));
            let ids = places.filter_map(|text| match Reference::parse(text) {
                Reference::Local { rtype: "Location", id } => Some(id),
                _ => None,
            });
            ids.take(NEIGHBOURS_MAX).flat_map(used).take(NEIGHBOURS_MAX).collect()
        }
        _ => Vec::new(),
    }
}

fn target(reference: &Node, wanted: ResourceType, view: &View<'_>) -> Option<Node> {
    match Reference::parse(reference.str("reference")?) {
        Reference::Local { rtype, id } if rtype == wanted.name() => Some(view.read(wanted, id)?.to_node()),
        _ => None,
    }
}

/// Finds the references that lead nowhere, for that reader.
fn dangling(node: &Node, path: &mut String, view: &View<'_>, lost: &mut Vec<Finding>) {
    references(node, path, &mut |path, text| {
        if lost.len() < FINDINGS_MAX && !leads_somewhere(text, view) {
            lost.push(lost_reference(path.to_owned(), text));
        }
    });
}

/// Looks at each reference of a resource, with its path, in the order of the document.
pub(crate) fn references(node: &Node, path: &mut String, look: &mut dyn FnMut(&str, &str)) {
    match node {
        Node::Object(object) => {
            for (key, value) in object.iter() {
                let end = path.len();
                path.push('.');
                path.push_str(name_of(key));
                match value.as_str().filter(|_| key == "reference") {
                    Some(text) => look(path, text),
                    None => references(value, path, look),
                }
                path.truncate(end);
            }
        }
        Node::Array(items) => each(items, path, |item, path| references(item, path, look)),
        _ => {}
    }
}

/// The extension that names the entry template that a resource was made with.
const TEMPLATE: &str =
    "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-meta-questionnaire-used-as-a-template";

/// Tells an entry template that is not held: a warning, for a canonical address may lead to
/// another server.
fn unknown_template(resource: &Node, view: &View<'_>) -> Option<Finding> {
    let mut extensions = resource.items("extension").enumerate();
    let (at, extension) = extensions.find(|(_, extension)| extension.str("url") == Some(TEMPLATE))?;
    let named = extension.str("valueCanonical")?;
    let (url, version) = named.split_once('|')?;
    if is_template_held(url, version, view) {
        return None;
    }
    Some(Finding {
        severity: Severity::Warning,
        code: "business-rule",
        expression: format!("{}.extension[{at}].value", resource.str("resourceType").unwrap_or_default()),
        value: Some(named.chars().take(VALUE_SHOWN_MAX).collect()),
        expected: "l'adresse et la version d'un modèle tenu ici : adresse|version".to_owned(),
        rule: "ror-meta-questionnaire-used-as-a-template → Questionnaire".to_owned(),
        message: "Modèle de saisie : aucun modèle n'est tenu sous cette adresse et cette version.".to_owned(),
    })
}

/// Templates of one version are few, and an address and a version name one.
fn is_template_held(url: &str, version: &str, view: &View<'_>) -> bool {
    let asked = [("version".to_owned(), version.to_owned())];
    let terminology = Terminology::embedded();
    let query = ror_search::parse(
        ResourceType::Questionnaire,
        &asked,
        ror_search::Handling::Strict,
        Registry::embedded(),
        terminology,
        &ror_search::NoGeography,
    );
    let Some(found) = query.ok().and_then(|query| view.search(&query, None, None).ok()) else { return false };
    found.matches.iter().any(|hit| hit.to_node().str("url") == Some(url))
}

/// Elements of other servers, and texts that are no reference at all, are not for us to find.
fn leads_somewhere(text: &str, view: &View<'_>) -> bool {
    match Reference::parse(text) {
        Reference::Local { rtype, id } => {
            ResourceType::parse(rtype).is_some_and(|rtype| view.read(rtype, id).is_some())
        }
        _ => true,
    }
}

/// What is told of a reference that leads nowhere.
pub(crate) fn lost_reference(expression: String, text: &str) -> Finding {
    Finding {
        severity: Severity::Error,
        code: "business-rule",
        expression,
        value: Some(text.chars().take(VALUE_SHOWN_MAX).collect()),
        expected: "une ressource de ce répertoire : son type, une barre, son identifiant technique".to_owned(),
        rule: "référence : la cible existe".to_owned(),
        message: "Cette référence ne mène à rien : aucune ressource n'est tenue sous ce type et cet identifiant."
            .to_owned(),
    }
}

/// Runs `look` at each item, with its index in the path.
fn each<'a>(items: &'a [Node], path: &mut String, mut look: impl FnMut(&'a Node, &mut String)) {
    for (at, item) in items.iter().enumerate() {
        let end = path.len();
        // Writing to a string cannot fail.
        let _ = write!(path, "[{at}]");
        look(item, path);
        path.truncate(end);
    }
}

/// FHIRPath names a choice by its stem.
fn name_of(key: &str) -> &str {
    let is_choice = key.strip_prefix("value").is_some_and(|kind| kind.starts_with(|c: char| c.is_ascii_uppercase()));
    if is_choice { "value" } else { key }
}

/// Puts findings in the order of the document; what is missing comes at the element it is
/// missing from. The one that counts those left out stays last.
///
/// Only the paths of findings are followed, and there are few: the work does not grow with the
/// number of elements times the length of their names.
pub(crate) fn sort(findings: &mut [Finding], resource: &Node) {
    findings.sort_by_cached_key(|finding| (finding.code == "informational", place(resource, &finding.expression)));
}

/// Where a path leads, as the rank of each step among its siblings: places compare as the
/// document is written. Ends where the resource has nothing more of the path.
fn place(resource: &Node, expression: &str) -> Vec<usize> {
    let (mut node, mut place) = (resource, Vec::new());
    for step in expression.split(['.', '[']).skip(1) {
        let next = match node {
            Node::Object(object) => {
                let is_named = |key: &str| name_of(key.strip_prefix('_').unwrap_or(key)) == step;
                object.iter().enumerate().find_map(|(at, (key, value))| is_named(key).then_some((at, value)))
            }
            Node::Array(items) => {
                let at = step.strip_suffix(']').and_then(|at| at.parse().ok());
                at.and_then(|at: usize| Some((at, items.get(at)?)))
            }
            _ => None,
        };
        let Some((at, value)) = next else { break };
        place.push(at);
        node = value;
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use ror_fhir::node;

    #[test]
    fn a_long_name_over_many_items_costs_nothing() {
        // 20 000 characters over 10 000 items: a path kept for each would take 200 MB.
        let mut resource = node!({"resourceType": "Location", "z": 1});
        let items: Vec<Node> = (0..10_000).map(|_| node!(0)).collect();
        resource.as_object_mut().expect("an object").insert(&"k".repeat(20_000), items);
        assert_eq!(place(&resource, "Location.z"), [1]);
        assert_eq!(place(&resource, &format!("Location.{}[9999].x", "k".repeat(20_000))), [2, 9_999]);
        assert_eq!(place(&resource, "Location.absent[3]"), [0_usize; 0]);
    }

    #[test]
    fn d43_a_warning_about_the_form_does_not_hide_another_identifier() {
        let of = |value: &str| node!({"resourceType": "HealthcareService", "identifier": [{"value": value}]});
        let found = |severity| {
            let expression = "HealthcareService.identifier".to_owned();
            let mut findings = vec![Finding { severity, rule: "D4".to_owned(), ..lost_reference(expression, "x") }];
            Rules::None.add_changes(&of("84/1"), &of("84/2"), &mut findings);
            findings.iter().any(|finding| finding.rule == "D43")
        };
        assert!(found(Severity::Warning));
        assert!(!found(Severity::Error), "once is enough");
    }

    #[test]
    fn findings_are_sorted_as_the_document_is_written() {
        let resource =
            node!({"resourceType": "Location", "b": [{"valueReference": {"reference": "x"}}, {}], "a": {"c": 1}});
        let at = |expression: &str, code| {
            let finding = lost_reference(expression.to_owned(), "x");
            Finding { code, ..finding }
        };
        let mut findings = vec![
            at("Location", "informational"),
            at("Location.a.c", "value"),
            at("Location.b[1].missing", "required"),
            at("Location.b[0].value.reference", "value"),
            at("Location.missing", "required"),
        ];
        sort(&mut findings, &resource);
        let order: Vec<&str> = findings.iter().map(|finding| finding.expression.as_str()).collect();
        assert_eq!(
            order,
            ["Location.missing", "Location.b[0].value.reference", "Location.b[1].missing", "Location.a.c", "Location"]
        );
    }
}

//! The CapabilityStatement, made from the tables that requests are read with.

use axum::http::StatusCode;
use ror_fhir::{Node, node};
use ror_profiles::{Profile, Tables};
use ror_search::{ParamType, Parameter, Registry, ResourceType};

use crate::answer::Answer;
use crate::call::Call;
use crate::conformance;
use crate::outcome::Fault;
use crate::request;
use crate::route::{ConformanceKind, Operation, is_written};
use crate::token::TOKEN_PATH;

/// Day of the last change of what is stated here; the tables have versions of their own.
const DATE: &str = "2026-11-22";
const VALIDATE: &str = "http://hl7.org/fhir/OperationDefinition/Resource-validate";

/// Answers what is served at this base.
///
/// # Errors
/// 400 for a parameter that is none of its own.
pub(crate) fn statement(call: &Call) -> Result<Answer, Fault> {
    request::only(&call.pairs, &["_format", "_pretty", "mode"])?;
    if request::value(&call.pairs, "mode").is_some_and(|mode| mode != "full") {
        let text = "Seul mode=full est servi.";
        let issue = crate::outcome::Issue::error("invalid", "invalid-parameter", text).at("mode");
        return Err(Fault::new(StatusCode::BAD_REQUEST, issue));
    }
    let origin =
        call.base.find("://").and_then(|at| call.base[at + 3..].find('/').map(|path| &call.base[..at + 3 + path]));
    let token = format!("{}{TOKEN_PATH}", origin.unwrap_or(&call.base));
    let inner = &call.state.inner;
    let takes_certificates = inner.settings.security.as_ref().is_some_and(|security| security.asks_for_certificates());
    Ok(Answer::node(&build(inner.services.registry, &call.base, &token, takes_certificates)))
}

/// The statement for a base address and a token address.
fn build(registry: &Registry, base: &str, token: &str, takes_certificates: bool) -> Node {
    let tables = Tables::embedded();
    let resources: Vec<Node> = ResourceType::ALL
        .into_iter()
        .map(|rtype| content(registry, rtype))
        .chain(ConformanceKind::ALL.into_iter().map(described))
        .chain([traces()])
        .collect();
    let guide = tables.guide();
    let guide = format!("{}/ImplementationGuide/{}|{}", guide.address, guide.package, guide.version);
    let security = format!(
        "Jeton OAuth 2.0 (client_credentials) demandé à {token}, envoyé dans « Authorization: Bearer ». \
         Sans jeton, l'appelant lit ce que voit le grand public (profil d'accès 0). Un jeton refusé donne 401."
    );
    let service = |code: &str, text: &str| {
        let system = "http://terminology.hl7.org/CodeSystem/restful-security-service";
        node!({"coding": [{"system": system, "code": code, "display": code}], "text": text})
    };
    let mut services = vec![service("OAuth", "client_credentials")];
    if takes_certificates {
        services.push(service("Certificates", "tls_client_auth (RFC 8705), profils 1 à 5"));
    }
    node!({
        "resourceType": "CapabilityStatement",
        "language": "fr",
        "name": "RepertoireOffreRessources",
        "title": "Répertoire de l'offre et des ressources en santé",
        "status": "active",
        "date": DATE,
        "kind": "instance",
        "description": "Offres de santé et d'accompagnement, lieux, structures, professionnels, modèles de saisie, anomalies et indicateurs, selon le guide national du ROR. Les paramètres de recherche inconnus sont refusés (400), jamais ignorés.",
        "software": {"name": "ror", "version": (env!("CARGO_PKG_VERSION"))},
        "implementation": {"description": "Répertoire de l'offre et des ressources en santé", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "implementationGuide": [guide],
        "rest": [{
            "mode": "server",
            "security": {
                "cors": false,
                "service": services,
                "description": security
            },
            "resource": resources,
            "operation": (conformance::of_system(tables.guide()))
        }]
    })
}

fn content(registry: &Registry, rtype: ResourceType) -> Node {
    let profiles: Vec<Node> =
        Tables::embedded().profile(rtype.name()).map(|profile| canonical(profile).into()).into_iter().collect();
    let include: Vec<Node> = std::iter::once(Node::from("*"))
        .chain(references(registry, rtype).map(|parameter| Node::from(include_name(parameter))))
        .collect();
    let reverse: Vec<Node> = ResourceType::ALL
        .into_iter()
        .flat_map(|source| references(registry, source))
        .filter(|parameter| parameter.targets.contains(&rtype))
        .map(|parameter| Node::from(include_name(parameter)))
        .collect();
    let parameters: Vec<Node> = registry.of(rtype).map(parameter).collect();
    let mut resource = node!({
        "type": (rtype.name()),
        "supportedProfile": profiles,
        "interaction": (interactions(rtype)),
        "versioning": "versioned",
        "readHistory": false,
        "updateCreate": false,
        "conditionalCreate": false,
        "conditionalRead": "not-match",
        "conditionalUpdate": false,
        "conditionalDelete": "not-supported",
        "referencePolicy": ["literal", "local"],
        "searchInclude": include
    });
    if let Some(resource) = resource.as_object_mut() {
        if !reverse.is_empty() {
            resource.insert("searchRevInclude", reverse);
        }
        resource.insert("searchParam", parameters);
        resource.insert("operation", node!([{"name": "validate", "definition": VALIDATE}]));
    }
    resource
}

/// What may be asked of a type of content.
fn interactions(rtype: ResourceType) -> Node {
    let written: &[&str] = if is_written(rtype) { &["update", "create"] } else { &[] };
    let codes = ["read"].iter().chain(written).chain(&["search-type"]);
    Node::Array(codes.map(|code| node!({"code": (*code)})).collect())
}

fn references(registry: &Registry, rtype: ResourceType) -> impl Iterator<Item = &Parameter> {
    registry.of(rtype).filter(|parameter| !parameter.targets.is_empty())
}

fn include_name(parameter: &Parameter) -> String {
    format!("{}:{}", parameter.rtype, parameter.name)
}

fn parameter(parameter: &Parameter) -> Node {
    let name: &str = &parameter.name;
    let written =
        conformance::modifiers(parameter).into_iter().map(|(_, written)| written).collect::<Vec<_>>().join(", ");
    let more = match parameter.kind {
        ParamType::Date | ParamType::Number | ParamType::Quantity => " ; préfixes eq ne gt lt ge le sa eb ap",
        ParamType::Special if *parameter.name == *"near" => " ; latitude|longitude[|distance[|km ou m]]",
        _ => "",
    };
    let documentation = format!("Lit {}. Modificateurs : {written}{more}.", parameter.expression);
    let definition = conformance::definition_of(parameter);
    node!({"name": name, "definition": definition, "type": (parameter.kind.code()), "documentation": documentation})
}

/// A type that describes what is served.
fn described(kind: ConformanceKind) -> Node {
    let name = kind.name();
    let parameters: Vec<Node> = kind
        .parameters()
        .iter()
        .map(|(parameter, of)| {
            node!({"name": parameter, "definition": (conformance::definition_of_common(name, parameter)), "type": of})
        })
        .collect();
    let operations: Vec<Node> = kind.operations().iter().map(|operation| defined(name, *operation)).collect();
    let mut resource = node!({
        "type": name,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchParam": parameters
    });
    if let Some(resource) = resource.as_object_mut().filter(|_| !operations.is_empty()) {
        resource.insert("operation", operations);
    }
    resource
}

/// The traces of calls. Their parameters are FHIR's own: no SearchParameter of ours defines them.
fn traces() -> Node {
    node!({
        "type": "AuditEvent",
        "documentation": "Traces des appels, des écritures, des connexions et des changements de droits, pour les clients qui peuvent les lire ; 403 pour les autres. Paramètres : _id, action, altid (client ou personne), date, entity (Type/id), outcome.",
        "interaction": [{"code": "read"}, {"code": "search-type"}]
    })
}

fn canonical(profile: &Profile) -> String {
    format!("{}|{}", profile.url, profile.version)
}

fn defined(rtype: &str, operation: Operation) -> Node {
    let name = operation.name();
    let definition = format!("http://hl7.org/fhir/OperationDefinition/{rtype}-{name}");
    node!({"name": name, "definition": definition})
}

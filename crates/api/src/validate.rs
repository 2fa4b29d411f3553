//! `$validate` (FHIR R4, Resource-validate): what a write would find, without writing.
//!
//! The answer is 200 with an OperationOutcome, whatever is found. Everything is judged as the
//! caller sees it: a hidden instance is a 404, a hidden target is no target.

use std::cell::RefCell;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use ror_directory::is_about_a_label;
use ror_fhir::Node;
use ror_profiles::{Handling, Tables};
use ror_search::ResourceType;

use crate::answer::Answer;
use crate::blocking;
use crate::call::Call;
use crate::negotiation;
use crate::outcome::{self, Fault, Issue};
use crate::request::{self, BODY_BYTES_MAX};
use crate::trace::Disclosed;

/// Parameters in the address.
const KNOWN: [&str; 4] = ["_format", "_pretty", "mode", "profile"];
/// Modes of FHIR R4 (resource-validation-mode).
const MODES: [&str; 4] = ["create", "update", "delete", "profile"];

/// What is asked: from a body that is the resource itself or a Parameters, else from the address.
#[derive(Debug, Default)]
struct Request {
    resource: Option<Node>,
    mode: Option<String>,
    profile: Option<String>,
}

/// How tolerant validation is (D17).
pub(crate) fn handling(call: &Call) -> Handling {
    match call.prefer.handling {
        ror_search::Handling::Strict => Handling::Strict,
        ror_search::Handling::Lenient => Handling::Lenient,
    }
}

/// Answers `$validate` on a type that a profile describes, or on one instance.
///
/// # Errors
/// 400 for what cannot be read, 404 for an instance that the caller does not see.
pub(crate) async fn validate(
    call: Call,
    method: &Method,
    content: Body,
    rtype: &'static str,
    id: Option<String>,
) -> Result<Answer, Fault> {
    request::only(&call.pairs, &KNOWN)?;
    let value = |name: &str| request::value(&call.pairs, name).map(str::to_owned);
    let mut asked = Request { resource: None, mode: value("mode"), profile: value("profile") };
    if *method == Method::POST {
        let limits = &call.state.inner.settings.limits;
        let text = request::body(content, BODY_BYTES_MAX, limits.body_time).await?;
        if !text.is_empty() {
            if !negotiation::is_json(&call.headers) || negotiation::is_packed(&call.headers) {
                return Err(Fault::media_type("application/fhir+json en UTF-8"));
            }
            asked.read(Node::parse(&text).map_err(|error| Fault::json(&error))?)?;
        }
    }
    asked.check(rtype, id.is_some())?;
    blocking::run(move || answer(&call, &asked, rtype, id.as_deref())).await?
}

fn answer(call: &Call, asked: &Request, rtype: &str, id: Option<&str>) -> Result<Answer, Fault> {
    let directory = &call.state.inner.services.directory;
    // Findings quote what the resource holds: to have it judged is to read it.
    let disclosed = RefCell::new(Disclosed::default());
    let held = |id: &str| {
        let snapshot = directory.snapshot();
        let hit = snapshot.view(&call.grant).read(ResourceType::parse(rtype)?, id)?;
        disclosed.borrow_mut().note(&hit);
        Some(hit.to_node())
    };
    let instance = match id {
        Some(id) => Some(held(id).ok_or_else(Fault::not_found)?),
        None => None,
    };
    if asked.mode.as_deref() == Some("delete") {
        let text = "Une ressource ne se supprime pas : une offre, une structure ou un lieu se ferme.";
        return Ok(answered(&Fault::new(StatusCode::OK, Issue::error("not-supported", "no-delete", text)).to_node()));
    }
    let resource = asked.resource.as_ref().or(instance.as_ref());
    let resource = resource.ok_or_else(|| Fault::invalid("not-a-resource", "Une ressource à valider est attendue."))?;
    let is_update = asked.mode.as_deref() == Some("update");
    let former = match (is_update, &instance) {
        (true, Some(_)) => instance.clone(),
        (true, None) => resource.str("id").and_then(held),
        (false, _) => None,
    };
    let mut findings = directory.validate(&call.grant, resource, former.as_ref(), handling(call));
    if asked.resource.is_none() {
        // Labels are ours to give, and are not stored.
        findings.retain(|finding| !is_about_a_label(finding));
    }
    let mut answer = answered(&outcome::findings(&findings));
    answer.disclosed = disclosed.into_inner().some();
    Ok(answer)
}

fn answered(outcome: &Node) -> Answer {
    Answer::node(outcome).with_count(1)
}

impl Request {
    /// Takes a body in: the resource itself, or a Parameters that holds it.
    fn read(&mut self, body: Node) -> Result<(), Fault> {
        if body.str("resourceType") != Some("Parameters") {
            self.resource = Some(body);
            return Ok(());
        }
        for parameter in body.items("parameter") {
            let text = |key: &str| parameter.str(key).map(str::to_owned);
            match parameter.str("name") {
                Some("resource") => self.resource = parameter.get("resource").cloned(),
                Some("mode") => self.mode = text("valueCode").or(text("valueString")),
                Some("profile") => self.profile = text("valueUri").or(text("valueCanonical")).or(text("valueString")),
                name => {
                    let text = "Paramètre inconnu ici ; admis : resource, mode, profile.";
                    let name: String = name.unwrap_or("parameter").chars().take(80).collect();
                    return Err(Fault::invalid_at("invalid-parameter", &name, text));
                }
            }
        }
        Ok(())
    }

    fn check(&self, rtype: &str, is_instance: bool) -> Result<(), Fault> {
        if let Some(mode) = self.mode.as_deref().filter(|mode| !MODES.contains(mode)) {
            let mode: String = mode.chars().take(40).collect();
            let text = format!("Mode inconnu : « {mode} » ; admis : {}.", MODES.join(", "));
            return Err(Fault::invalid_at("invalid-parameter", "mode", text));
        }
        if self.mode.as_deref() == Some("profile") && self.profile.is_none() {
            return Err(Fault::invalid_at("invalid-parameter", "profile", "Le mode profile demande le profil."));
        }
        if let (Some(asked), Some(known)) = (&self.profile, Tables::embedded().profile(rtype)) {
            let (url, version) = asked.split_once('|').map_or((asked.as_str(), None), |(url, v)| (url, Some(v)));
            if url != known.url || version.is_some_and(|version| version != known.version) {
                let text = format!("Profil non tenu pour {rtype} ; tenu : {}|{}.", known.url, known.version);
                return Err(Fault::invalid_at("unknown-profile", "profile", text));
            }
        }
        match &self.resource {
            Some(resource) if resource.as_object().is_none() => {
                let text = format!("Une ressource {rtype} est attendue ; lu : {}.", resource.kind());
                Err(Fault::invalid("not-a-resource", text))
            }
            Some(resource) if resource.str("resourceType") != Some(rtype) => {
                let text = format!("Une ressource {rtype} est attendue à cette adresse.");
                Err(Fault::invalid_at("wrong-type", &format!("{rtype}.resourceType"), text))
            }
            None if !is_instance && self.mode.as_deref() != Some("delete") => {
                Err(Fault::invalid("not-a-resource", format!("Une ressource {rtype} à valider est attendue.")))
            }
            _ => Ok(()),
        }
    }
}

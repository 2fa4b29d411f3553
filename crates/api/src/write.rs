//! What create and update share: the body, the write itself, the answer.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use ror_directory::{Change, WriteError, Written};
use ror_fhir::Node;
use ror_profiles::Severity;
use ror_search::ResourceType;

use crate::answer::Answer;
use crate::blocking;
use crate::call::Call;
use crate::negotiation::Return;
use crate::outcome::{self, Fault, Issue};
use crate::read;
use crate::request;
use crate::validate;

/// How many warnings an accepted write has; `Prefer: return=OperationOutcome` lists them.
const WARNINGS: HeaderName = HeaderName::from_static("x-ror-warnings");

/// Parameters of a write.
const KNOWN: [&str; 2] = ["_format", "_pretty"];

/// Reads the resource to write, and checks that it is of the type of the address.
///
/// # Errors
/// 400, 413, 415.
pub(crate) async fn resource(call: &Call, content: Body, rtype: ResourceType) -> Result<Node, Fault> {
    request::only(&call.pairs, &KNOWN)?;
    let resource = request::json(&call.headers, content, call.state.inner.settings.limits.body_time).await?;
    if resource.as_object().is_none() {
        let text = format!("Une ressource {rtype} est attendue ; lu : {}.", resource.kind());
        return Err(Fault::invalid("not-a-resource", text));
    }
    if resource.str("resourceType") != Some(rtype.name()) {
        let text = format!("Une ressource {rtype} est attendue à cette adresse.");
        return Err(Fault::invalid_at("wrong-type", &format!("{rtype}.resourceType"), text));
    }
    Ok(resource)
}

/// Writes, off the threads that answer: a write waits for the disk.
///
/// # Errors
/// Those of [`WriteError`], as D62 has them.
pub(crate) async fn apply(call: Call, change: Change) -> Result<Answer, Fault> {
    let work = move || {
        let directory = &call.state.inner.services.directory;
        let written = directory.write(&call.grant, change, validate::handling(&call));
        written.map(|written| answer(&call, &written)).map_err(refused)
    };
    blocking::run(work).await?
}

/// 201 or 200 with `Location`, `ETag`, `Last-Modified`, and the body that was preferred.
fn answer(call: &Call, written: &Written) -> Answer {
    let (rtype, id, version) = (written.rtype, &written.id, written.version);
    let snapshot = call.state.inner.services.directory.snapshot();
    let stored = || snapshot.view(&call.grant).read(rtype, id);
    let mut disclosed = None;
    let body = match call.prefer.returning {
        Return::Minimal => Vec::new(),
        Return::Outcome => {
            let text = if written.changed {
                "La ressource est enregistrée."
            } else {
                "La ressource était déjà ainsi : rien n'a changé."
            };
            outcome::done(text, &written.findings).to_bytes()
        }
        Return::Representation => stored()
            .map(|hit| {
                let answer = read::whole(call, &hit);
                // A write that was done is in the ledger; one that changes nothing only reads.
                disclosed = answer.disclosed.filter(|_| !written.changed);
                answer.body
            })
            .unwrap_or_default(),
    };
    let status = if written.created { StatusCode::CREATED } else { StatusCode::OK };
    let mut answer = Answer::new(status, body).with_version(version, written.updated).with_count(1);
    answer.disclosed = disclosed;
    let warnings = written.findings.iter().filter(|finding| finding.severity == Severity::Warning).count();
    if warnings > 0 {
        answer.headers.insert(WARNINGS, HeaderValue::from(warnings));
    }
    if written.created {
        let location = format!("{}/{rtype}/{id}/_history/{version}", call.base);
        if let Ok(location) = HeaderValue::from_str(&location) {
            answer.headers.insert(header::LOCATION, location);
        }
    }
    answer
}

fn refused(error: WriteError) -> Fault {
    match error {
        WriteError::Shape(shape) => Fault::invalid("not-a-resource", shape.message),
        WriteError::Invalid(findings) => {
            Fault::all(StatusCode::UNPROCESSABLE_ENTITY, findings.iter().map(Issue::found).collect())
        }
        WriteError::NotFound => Fault::not_found(),
        WriteError::Forbidden => Fault::forbidden(),
        WriteError::Conflict { current } => {
            let text = format!("La ressource est à la version {current} : relisez-la avant de la remplacer.");
            Fault::new(
                StatusCode::PRECONDITION_FAILED,
                Issue::error("conflict", "version-conflict", text).at("If-Match"),
            )
        }
        WriteError::Duplicate { value, .. } => {
            let text = format!("L'identifiant {value} est déjà porté par une autre ressource.");
            Fault::new(StatusCode::CONFLICT, Issue::error("duplicate", "duplicate-identifier", text))
        }
        WriteError::Full => {
            Fault::transient("disk-full", "Espace disque épuisé : l'écriture est refusée, la lecture continue.")
        }
        WriteError::Unavailable => {
            Fault::transient("ledger-unavailable", "Écriture momentanément indisponible : réessayez.")
        }
    }
}

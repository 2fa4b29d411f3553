//! From method and path to what is asked.
//!
//! One function reads every FHIR address, so that what is served, what is refused with
//! `Allow` and what does not exist are decided in one place.

use axum::http::Method;
use ror_profiles::Tables;
use ror_search::ResourceType;

use crate::export;
use crate::outcome::Fault;
use crate::request::{DecodeError, decode};

/// The base paths that serve everything (D16).
pub(crate) const FULL_BASES: [&str; 2] = ["/fhir", "/ws-diffusion-fhir"];
/// The base paths of one interaction each, which nothing serves yet.
pub(crate) const RESERVED_BASES: [&str; 2] = ["/ws-synchro-dispo-lits-fhir", "/anomalies"];

/// Every FHIR address without its values. A route takes its own from here, so that the matrix of
/// who sees what (`crates/testkit`) knows each and fails for one it has no row for.
pub(crate) const TEMPLATES: [&str; 19] = [
    "metadata",
    "{type}/{id}",
    "{type}",
    "{type}/_search",
    "{type} (create)",
    "{type}/{id} (update)",
    "{type}/$validate",
    "{type}/{id}/$validate",
    "{list}/{id}",
    "{list}",
    "{list}/$expand",
    "{list}/$lookup",
    "{list}/$validate-code",
    "AuditEvent",
    "AuditEvent/{id}",
    "{type}/$facets",
    "$export",
    "$export-poll-status",
    "$export-get-file/{job}/{file}",
];

/// What a FHIR request asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Capabilities,
    Read { rtype: ResourceType, id: String },
    Search { rtype: ResourceType },
    SearchForm { rtype: ResourceType },
    Facets { rtype: ResourceType },
    Create { rtype: ResourceType },
    Update { rtype: ResourceType, id: String },
    Validate { rtype: &'static str, id: Option<String> },
    ReadConformance { kind: ConformanceKind, id: String },
    SearchConformance { kind: ConformanceKind },
    SearchConformanceForm { kind: ConformanceKind },
    Operate { kind: ConformanceKind, operation: Operation, id: Option<String> },
    Audit { id: Option<String> },
    Export,
    ExportPoll,
    ExportCancel,
    ExportFile { job: String, name: String },
}

/// The types that describe what is served: the same for everyone, read only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConformanceKind {
    CodeSystem,
    ValueSet,
    StructureDefinition,
    SearchParameter,
    OperationDefinition,
}

/// Operations on lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Expand,
    Lookup,
    ValidateCode,
}

impl ConformanceKind {
    pub(crate) const ALL: [Self; 5] =
        [Self::CodeSystem, Self::ValueSet, Self::StructureDefinition, Self::SearchParameter, Self::OperationDefinition];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::CodeSystem => "CodeSystem",
            Self::ValueSet => "ValueSet",
            Self::StructureDefinition => "StructureDefinition",
            Self::SearchParameter => "SearchParameter",
            Self::OperationDefinition => "OperationDefinition",
        }
    }

    pub(crate) const fn operations(self) -> &'static [Operation] {
        match self {
            Self::CodeSystem => &[Operation::Lookup, Operation::ValidateCode],
            Self::ValueSet => &[Operation::Expand, Operation::ValidateCode],
            Self::StructureDefinition | Self::SearchParameter | Self::OperationDefinition => &[],
        }
    }

    /// Its search parameters, with FHIR's type.
    pub(crate) const fn parameters(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::CodeSystem | Self::ValueSet => {
                &[("_id", "token"), ("name", "string"), ("url", "uri"), ("version", "token")]
            }
            Self::StructureDefinition => {
                &[("_id", "token"), ("name", "string"), ("type", "uri"), ("url", "uri"), ("version", "token")]
            }
            Self::OperationDefinition => {
                &[("_id", "token"), ("code", "token"), ("name", "string"), ("url", "uri"), ("version", "token")]
            }
            Self::SearchParameter => &[
                ("_id", "token"),
                ("base", "token"),
                ("code", "token"),
                ("name", "string"),
                ("type", "token"),
                ("url", "uri"),
                ("version", "token"),
            ],
        }
    }
}

impl Operation {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::Lookup => "lookup",
            Self::ValidateCode => "validate-code",
        }
    }
}

const READ_ONLY: &str = "GET, HEAD";
const INSTANCE: &str = "GET, HEAD, PUT";
const TYPE: &str = "GET, HEAD, POST";
const FORM: &str = "POST";
/// Beginning an export is no reading: HEAD, which reads without body, has no sense there.
const KICK_OFF: &str = "GET, POST";
const POLL: &str = "GET, HEAD, DELETE";

impl Route {
    /// Reads the path below the base.
    ///
    /// # Errors
    /// 400 for a path that cannot be decoded, 404 for an address that serves nothing, 405.
    pub(crate) fn parse(method: &Method, path: &str) -> Result<Self, Fault> {
        let mut segments = Vec::with_capacity(4);
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            segments.push(decode(segment, false).map_err(DecodeError::in_path)?);
        }
        let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        let is_get = method == Method::GET || method == Method::HEAD;
        match segments[..] {
            ["AuditEvent"] => only(is_get, READ_ONLY, Self::Audit { id: None }),
            ["AuditEvent", id] if id != "$validate" => only(is_get, READ_ONLY, Self::Audit { id: Some(id.to_owned()) }),
            ["metadata"] => only(is_get, READ_ONLY, Self::Capabilities),
            [export::KICK_OFF] => only(method == Method::GET || method == Method::POST, KICK_OFF, Self::Export),
            [export::POLL] if method == Method::DELETE => Ok(Self::ExportCancel),
            [export::POLL] => only(is_get, POLL, Self::ExportPoll),
            [export::GET_FILE, job, name] => {
                only(is_get, READ_ONLY, Self::ExportFile { job: job.to_owned(), name: name.to_owned() })
            }
            // Each type that a profile describes, kept by the directory or not.
            [first, ref rest @ .., "$validate"] if rest.len() <= 1 => {
                let profile = Tables::embedded().profile(first).ok_or_else(Fault::no_such_address)?;
                let id = rest.first().map(|id| (*id).to_owned());
                let (allowed, allow) = if id.is_some() { (is_get, TYPE) } else { (false, FORM) };
                only(allowed || method == Method::POST, allow, Self::Validate { rtype: profile.resource_type, id })
            }
            [first, ref rest @ ..] => {
                if let Some(rtype) = ResourceType::parse(first) {
                    Self::resource(method, rtype, rest)
                } else if let Some(kind) = ConformanceKind::ALL.into_iter().find(|kind| kind.name() == first) {
                    Self::conformance(method, kind, rest)
                } else {
                    Err(Fault::no_such_address())
                }
            }
            [] => Err(Fault::no_such_address()),
        }
    }

    fn resource(method: &Method, rtype: ResourceType, rest: &[&str]) -> Result<Self, Fault> {
        let is_get = method == Method::GET || method == Method::HEAD;
        match rest {
            [] if is_get => Ok(Self::Search { rtype }),
            ["_search"] => only(method == Method::POST, FORM, Self::SearchForm { rtype }),
            ["$facets"] => only(is_get || method == Method::POST, TYPE, Self::Facets { rtype }),
            [id] if is_get => Ok(Self::Read { rtype, id: (*id).to_owned() }),
            [] | [_] if !is_written(rtype) => Err(Fault::method(READ_ONLY)),
            [] => only(method == Method::POST, TYPE, Self::Create { rtype }),
            [id] => only(method == Method::PUT, INSTANCE, Self::Update { rtype, id: (*id).to_owned() }),
            _ => Err(Fault::no_such_address()),
        }
    }

    fn conformance(method: &Method, kind: ConformanceKind, rest: &[&str]) -> Result<Self, Fault> {
        let is_get = method == Method::GET || method == Method::HEAD;
        let operation = |name: &str, id: Option<&str>| {
            let name = name.strip_prefix('$')?;
            let operation = kind.operations().iter().copied().find(|operation| operation.name() == name)?;
            Some(Self::Operate { kind, operation, id: id.map(str::to_owned) })
        };
        let operated = match *rest {
            [name] if name.starts_with('$') => Some(operation(name, None)),
            [id, name] if name.starts_with('$') => Some(operation(name, Some(id))),
            _ => None,
        };
        match (operated, rest) {
            (Some(Some(route)), _) => only(is_get || method == Method::POST, TYPE, route),
            (None, []) => only(is_get, READ_ONLY, Self::SearchConformance { kind }),
            (None, ["_search"]) => only(method == Method::POST, FORM, Self::SearchConformanceForm { kind }),
            (None, [id]) => only(is_get, READ_ONLY, Self::ReadConformance { kind, id: (*id).to_owned() }),
            _ => Err(Fault::no_such_address()),
        }
    }

    /// The address without its values, for logs and counters: one of [`TEMPLATES`].
    pub(crate) const fn template(&self) -> &'static str {
        match self {
            Self::Capabilities => TEMPLATES[0],
            Self::Read { .. } => TEMPLATES[1],
            Self::Search { .. } => TEMPLATES[2],
            Self::SearchForm { .. } => TEMPLATES[3],
            Self::Create { .. } => TEMPLATES[4],
            Self::Update { .. } => TEMPLATES[5],
            Self::Validate { id: None, .. } => TEMPLATES[6],
            Self::Validate { id: Some(_), .. } => TEMPLATES[7],
            Self::ReadConformance { .. } => TEMPLATES[8],
            Self::SearchConformance { .. } | Self::SearchConformanceForm { .. } => TEMPLATES[9],
            Self::Operate { operation, .. } => match operation {
                Operation::Expand => TEMPLATES[10],
                Operation::Lookup => TEMPLATES[11],
                Operation::ValidateCode => TEMPLATES[12],
            },
            Self::Audit { id: None } => TEMPLATES[13],
            Self::Audit { id: Some(_) } => TEMPLATES[14],
            Self::Facets { .. } => TEMPLATES[15],
            Self::Export => TEMPLATES[16],
            Self::ExportPoll | Self::ExportCancel => TEMPLATES[17],
            Self::ExportFile { .. } => TEMPLATES[18],
        }
    }
}

impl Route {
    /// What is asked, as traces name it (D63).
    pub(crate) const fn action(&self) -> &'static str {
        match self {
            Self::Capabilities => "capabilities",
            Self::Read { .. } => "read",
            Self::Search { .. } | Self::SearchForm { .. } | Self::Facets { .. } => "search",
            Self::Create { .. } => "create",
            Self::Update { .. } => "update",
            Self::Validate { .. } => "validate",
            Self::ReadConformance { .. } | Self::SearchConformance { .. } | Self::SearchConformanceForm { .. } => {
                "list"
            }
            Self::Operate { .. } => "operation",
            Self::Audit { .. } => "audit",
            Self::Export | Self::ExportPoll | Self::ExportCancel | Self::ExportFile { .. } => "export",
        }
    }

    /// The type of content that it is about.
    pub(crate) fn resource_type(&self) -> Option<ResourceType> {
        match self {
            Self::Read { rtype, .. }
            | Self::Search { rtype }
            | Self::SearchForm { rtype }
            | Self::Facets { rtype }
            | Self::Create { rtype }
            | Self::Update { rtype, .. } => Some(*rtype),
            Self::Validate { rtype, .. } => ResourceType::parse(rtype),
            _ => None,
        }
    }

    /// The one resource that it names.
    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::Read { id, .. } | Self::Update { id, .. } | Self::Validate { id: Some(id), .. } => Some(id),
            _ => None,
        }
    }
}

/// Whether resources of that type are created and replaced by address. Anomalies and indicators are
/// only read so far: they come by import.
pub(crate) const fn is_written(rtype: ResourceType) -> bool {
    !matches!(rtype, ResourceType::Task | ResourceType::Measure | ResourceType::MeasureReport)
}

fn only(allowed: bool, allow: &'static str, route: Route) -> Result<Route, Fault> {
    if allowed { Ok(route) } else { Err(Fault::method(allow)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: &str, path: &str) -> u16 {
        let method = method.parse().expect("a method");
        Route::parse(&method, path).map_or_else(|fault| fault.status.as_u16(), |_| 200)
    }

    #[test]
    fn each_address_takes_its_methods_and_no_other() {
        let cases = [
            ("GET", "metadata", 200),
            ("POST", "metadata", 405),
            ("GET", "", 404),
            ("GET", "Location", 200),
            ("GET", "Location/", 200),
            ("HEAD", "Location/a", 200),
            ("PUT", "Location/a", 200),
            ("PUT", "Location", 405),
            ("POST", "Location", 200),
            ("POST", "Location/a", 405),
            ("DELETE", "Location/a", 405),
            ("PATCH", "Location/a", 405),
            ("POST", "Location/_search", 200),
            ("GET", "Location/_search", 405),
            ("GET", "Location/$facets", 200),
            ("PUT", "Location/$facets", 405),
            ("GET", "location", 404),
            ("GET", "Patient", 404),
            ("GET", "Location/a/_history/1", 404),
            ("GET", "Location/%zz", 400),
            ("GET", "Location/%ff", 400),
            ("GET", "AuditEvent", 200),
            ("GET", "AuditEvent/7", 200),
            ("POST", "AuditEvent", 405),
            ("DELETE", "AuditEvent/7", 405),
            ("GET", "AuditEvent/7/x", 404),
            ("GET", "$export", 200),
            ("POST", "%24export", 200),
            ("HEAD", "$export", 405),
            ("DELETE", "$export-poll-status", 200),
            ("POST", "$export-poll-status", 405),
            ("GET", "$export-get-file/a/b.json", 200),
            ("DELETE", "$export-get-file/a/b.json", 405),
            ("GET", "$export-get-file/a", 404),
            ("GET", "ValueSet", 200),
            ("GET", "StructureDefinition/x", 200),
            ("GET", "StructureDefinition/$expand", 404),
            ("POST", "StructureDefinition/$validate", 404),
            ("POST", "SearchParameter/_search", 200),
            ("PUT", "SearchParameter/x", 405),
            ("POST", "ValueSet", 405),
            ("GET", "ValueSet/$expand", 200),
            ("POST", "ValueSet/%24expand", 200),
            ("GET", "ValueSet/x/$expand", 200),
            ("GET", "ValueSet/$lookup", 404),
            ("PUT", "CodeSystem/$lookup", 405),
            ("PUT", "CodeSystem/x", 405),
            ("POST", "Location/$validate", 200),
            ("GET", "Location/$validate", 405),
            ("GET", "Location/a/$validate", 200),
            ("POST", "Task/$validate", 200),
            ("GET", "Task", 200),
            ("GET", "Task/a", 200),
            ("POST", "Task/_search", 200),
            ("GET", "Task/_search", 405),
            ("POST", "Task", 405),
            ("PUT", "Task/a", 405),
            ("PATCH", "Task/a", 405),
            ("GET", "Measure/a", 200),
            ("POST", "Measure", 405),
            ("GET", "MeasureReport", 200),
            ("PUT", "MeasureReport/a", 405),
            ("POST", "Patient/$validate", 404),
            ("POST", "Location/a/b/$validate", 404),
        ];
        for (method, path, expected) in cases {
            assert_eq!(status(method, path), expected, "{method} {path}");
        }
    }
}

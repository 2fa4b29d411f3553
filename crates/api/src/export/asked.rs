//! What an export asks: its parameters, read (D47, Bulk Data 2.0 §`$export`).

use axum::http::{HeaderValue, StatusCode};
use ror_fhir::{DateTime, Instant, Precision};
use ror_search::{Filter, QueryWarning, ResourceType};

use crate::call::Call;
use crate::outcome::{Fault, Issue};
use crate::request;
use crate::trace;

/// The types that are exported: the five of the guide's exposition (D47).
pub(crate) const TYPES: [ResourceType; 5] = [
    ResourceType::HealthcareService,
    ResourceType::Location,
    ResourceType::Organization,
    ResourceType::Practitioner,
    ResourceType::PractitionerRole,
];
/// The one documented value of `includeAssociatedData`.
pub(crate) const COMPLETE: &str = "_myCompleteExtract";
/// Every parameter, with whether it may be repeated.
const KNOWN: [(&str, bool); 7] = [
    ("_format", true),
    ("_outputFormat", false),
    ("_pretty", true),
    ("_since", false),
    ("_type", true),
    ("_typeFilter", true),
    ("includeAssociatedData", false),
];
/// What shapes the answer of a search has no sense on files.
const SHAPES: [&str; 11] = [
    "_count",
    "_elements",
    "_explain",
    "_format",
    "_include",
    "_page",
    "_pretty",
    "_revinclude",
    "_sort",
    "_summary",
    "_total",
];

/// An export, understood.
pub(super) struct Asked {
    /// Without double, in the order of [`TYPES`].
    pub(super) types: Vec<ResourceType>,
    /// What a resource of a type must meet; one of several is enough.
    pub(super) filters: Vec<(ResourceType, Filter)>,
    /// Changed at that moment or later.
    pub(super) since: Option<Instant>,
    pub(super) output: Output,
    /// Filters read otherwise than written (D4).
    pub(super) warnings: Vec<QueryWarning>,
    /// The parameters, as traces keep them.
    pub(super) criteria: String,
}

/// The form of the files (D47).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Output {
    /// Slices, each a Bundle.
    #[default]
    Fhir,
    /// The same under the generic name.
    Json,
    /// One resource on a line, one file for a type.
    Ndjson,
}

impl Output {
    /// The form of that name; a raw `+` of an address is read as a space.
    pub(super) fn parse(written: &str) -> Option<Self> {
        match written.replace(' ', "+").to_ascii_lowercase().as_str() {
            "application/fhir+json" => Some(Self::Fhir),
            "application/json" => Some(Self::Json),
            "application/fhir+ndjson" | "application/ndjson" | "ndjson" => Some(Self::Ndjson),
            _ => None,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Fhir => "application/fhir+json",
            Self::Json => "application/json",
            Self::Ndjson => "application/fhir+ndjson",
        }
    }

    pub(super) const fn content_type(self) -> HeaderValue {
        match self {
            Self::Fhir => HeaderValue::from_static("application/fhir+json;charset=utf-8"),
            Self::Json => HeaderValue::from_static("application/json;charset=utf-8"),
            Self::Ndjson => HeaderValue::from_static("application/fhir+ndjson;charset=utf-8"),
        }
    }
}

impl Asked {
    /// Offers alone bring all that is linked to them (D47).
    pub(super) fn is_complete(&self) -> bool {
        self.types == [ResourceType::HealthcareService]
    }

    /// Reads the parameters of an export.
    ///
    /// # Errors
    /// 400 with every fault found.
    pub(super) fn read(call: &Call, pairs: &[(String, String)]) -> Result<Self, Fault> {
        let mut asked = Self {
            types: Vec::new(),
            filters: Vec::new(),
            since: None,
            output: Output::default(),
            warnings: Vec::new(),
            criteria: criteria(call, pairs),
        };
        let mut wrong = Vec::new();
        for (at, (name, value)) in pairs.iter().enumerate() {
            let is_second = pairs[..at].iter().any(|(known, _)| known == name);
            match KNOWN.iter().find(|(known, _)| known == name) {
                None => wrong.push(unknown(name)),
                Some((_, false)) if is_second => {
                    wrong.push(fault(name, format!("« {name} » est donné deux fois : lequel compte ?")));
                }
                Some(_) => asked.parameter(call, name, value, &mut wrong),
            }
        }
        asked.settle_types(&mut wrong);
        if wrong.is_empty() { Ok(asked) } else { Err(Fault::all(StatusCode::BAD_REQUEST, wrong)) }
    }

    fn parameter(&mut self, call: &Call, name: &str, value: &str, wrong: &mut Vec<Issue>) {
        match name {
            "_outputFormat" => match Output::parse(value) {
                Some(output) => self.output = output,
                None => wrong.push(fault(
                    name,
                    "Format non pris en charge ; servis : application/fhir+json, application/json, \
                     application/fhir+ndjson.",
                )),
            },
            "_since" => match instant(value) {
                Some(since) => self.since = Some(since),
                None => wrong.push(fault(name, "Instant attendu : AAAA-MM-JJThh:mm:ss[.sss]±hh:mm.")),
            },
            "_type" => {
                for written in value.split(',') {
                    match exported(written.trim()) {
                        Some(rtype) => self.types.push(rtype),
                        None => wrong.push(fault(name, format!("Type non exporté ; admis : {}.", names()))),
                    }
                }
            }
            "_typeFilter" => match filter(call, value) {
                Ok((rtype, filter, warnings)) => {
                    self.filters.push((rtype, filter));
                    self.warnings.extend(warnings);
                }
                Err(issues) => wrong.extend(issues),
            },
            "includeAssociatedData" if value != COMPLETE => {
                wrong.push(fault(name, format!("Valeur inconnue ; admise : {COMPLETE}.")));
            }
            _ => {}
        }
    }

    /// Without `_type`, the types that the filters name, or else all: whoever filters offers by region asks for
    /// that region, not for the places of the whole country beside it (S10).
    fn settle_types(&mut self, wrong: &mut Vec<Issue>) {
        let is_told = !self.types.is_empty();
        let filtered = |rtype: ResourceType| self.filters.iter().any(|(of, _)| *of == rtype);
        if is_told && TYPES.into_iter().any(|rtype| filtered(rtype) && !self.types.contains(&rtype)) {
            wrong.push(fault("_typeFilter", "Ce filtre porte sur un type que _type ne demande pas."));
        }
        let kept = |rtype: &ResourceType| {
            if is_told { self.types.contains(rtype) } else { self.filters.is_empty() || filtered(*rtype) }
        };
        self.types = TYPES.into_iter().filter(kept).collect();
    }
}

fn exported(name: &str) -> Option<ResourceType> {
    ResourceType::parse(name).filter(|rtype| TYPES.contains(rtype))
}

fn names() -> String {
    TYPES.map(ResourceType::name).join(", ")
}

fn instant(value: &str) -> Option<Instant> {
    // A `+` of an offset arrives as a space when it was not percent-encoded.
    let read = DateTime::parse(&value.replacen(' ', "+", 1)).ok()?;
    (read.precision >= Precision::Second).then_some(read.start)
}

/// `Type?query`, the query being one of a search, less what shapes an answer.
fn filter(call: &Call, value: &str) -> Result<(ResourceType, Filter, Vec<QueryWarning>), Vec<Issue>> {
    const NAME: &str = "_typeFilter";
    let (rtype, query) = value.split_once('?').unwrap_or((value, ""));
    let Some(rtype) = exported(rtype).filter(|_| !query.is_empty()) else {
        let text = format!("Type?critères attendus, encodés ; types admis : {}.", names());
        return Err(vec![fault(NAME, text)]);
    };
    // Several in one value: the comma would be read as an alternative of the last criterion.
    if TYPES.into_iter().any(|rtype| query.contains(&format!(",{rtype}?"))) {
        return Err(vec![fault(NAME, "Un seul filtre par paramètre : répétez _typeFilter pour les suivants.")]);
    }
    let pairs = request::pairs(query)
        .map_err(|_| vec![fault(NAME, "Critères illisibles : « % » doit être suivi de deux chiffres hexadécimaux.")])?;
    let bare = |name: &str| name.split(':').next().unwrap_or_default().to_owned();
    let shapes: Vec<Issue> = pairs
        .iter()
        .filter(|(name, _)| SHAPES.contains(&bare(name).as_str()))
        .map(|(name, _)| fault(name, "Ce paramètre met en forme une réponse : il n'a pas de sens dans _typeFilter."))
        .collect();
    if !shapes.is_empty() {
        return Err(shapes);
    }
    let query = call.query(rtype, &pairs).map_err(Fault::into_issues)?;
    Ok((rtype, query.filter, query.warnings))
}

/// The parameters as traces keep them (D63): those of each filter masked as those of a search are.
fn criteria(call: &Call, pairs: &[(String, String)]) -> String {
    let registry = call.state.inner.services.registry;
    let told = pairs.iter().map(|(name, value)| {
        let filter = value.split_once('?').filter(|_| name == "_typeFilter");
        match filter.and_then(|(rtype, query)| Some((exported(rtype)?, request::pairs(query).ok()?))) {
            Some((rtype, pairs)) => format!("{name}={rtype}?{}", trace::masked(registry, Some(rtype), &pairs)),
            None => trace::masked(registry, None, &[(name.clone(), value.clone())]),
        }
    });
    told.collect::<Vec<_>>().join("&")
}

fn unknown(name: &str) -> Issue {
    let known = KNOWN.map(|(known, _)| known).join(", ");
    let name: String = name.chars().take(80).collect();
    Issue::error("invalid", "invalid-parameter", format!("Paramètre inconnu de $export ; admis : {known}.")).at(name)
}

fn fault(name: &str, text: impl Into<String>) -> Issue {
    Issue::error("invalid", "invalid-parameter", text).at(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d47_the_forms_of_files_and_their_names() {
        for (written, expected) in [
            ("application/fhir+json", Some(Output::Fhir)),
            ("application/fhir json", Some(Output::Fhir)),
            ("application/json", Some(Output::Json)),
            ("application/fhir+ndjson", Some(Output::Ndjson)),
            ("application/ndjson", Some(Output::Ndjson)),
            ("ndjson", Some(Output::Ndjson)),
            ("json", None),
            ("application/fhir+xml", None),
            ("", None),
        ] {
            assert_eq!(Output::parse(written), expected, "{written}");
        }
    }

    #[test]
    fn since_is_a_moment_to_the_second_at_least() {
        for (written, is_read) in [
            ("2026-01-15T08:00:00Z", true),
            ("2026-01-15T08:00:00.250+01:00", true),
            ("2026-01-15T08:00:00 01:00", true),
            ("2026-01-15T08:00", false),
            ("2026-01-15", false),
            ("ge2026-01-15T08:00:00Z", false),
            ("hier", false),
            ("", false),
        ] {
            assert_eq!(instant(written).is_some(), is_read, "{written}");
        }
    }
}

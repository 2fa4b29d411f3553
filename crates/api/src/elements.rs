//! Top-level elements of the types served, with FHIR R4's summary flag.

use ror_search::ResourceType;

use crate::route::ConformanceKind;

/// Elements of every resource that tell what the others mean: never left out.
const ALWAYS: [&str; 5] = ["resourceType", "id", "meta", "implicitRules", "modifierExtension"];
/// Elements that every resource may have besides.
const COMMON: [&str; 4] = ["language", "text", "contained", "extension"];

/// The elements of one type.
pub(crate) struct Elements {
    /// Those that FHIR marks as summary.
    summary: &'static [&'static str],
    /// The others.
    rest: &'static [&'static str],
    /// Those without which the resource is not valid.
    mandatory: &'static [&'static str],
}

const HEALTHCARE_SERVICE: Elements = Elements {
    summary: &[
        "identifier",
        "active",
        "providedBy",
        "category",
        "type",
        "specialty",
        "location",
        "name",
        "comment",
        "photo",
    ],
    rest: &[
        "extraDetails",
        "telecom",
        "coverageArea",
        "serviceProvisionCode",
        "eligibility",
        "program",
        "characteristic",
        "communication",
        "referralMethod",
        "appointmentRequired",
        "availableTime",
        "notAvailable",
        "availabilityExceptions",
        "endpoint",
    ],
    mandatory: &[],
};

const LOCATION: Elements = Elements {
    summary: &[
        "identifier",
        "status",
        "operationalStatus",
        "name",
        "description",
        "mode",
        "type",
        "physicalType",
        "managingOrganization",
    ],
    rest: &[
        "alias",
        "telecom",
        "address",
        "position",
        "partOf",
        "hoursOfOperation",
        "availabilityExceptions",
        "endpoint",
    ],
    mandatory: &[],
};

const ORGANIZATION: Elements = Elements {
    summary: &["identifier", "active", "type", "name", "partOf"],
    rest: &["alias", "telecom", "address", "contact", "endpoint"],
    mandatory: &[],
};

const PRACTITIONER: Elements = Elements {
    summary: &["identifier", "active", "name", "telecom", "address", "gender", "birthDate"],
    rest: &["photo", "qualification", "communication"],
    mandatory: &[],
};

const PRACTITIONER_ROLE: Elements = Elements {
    summary: &[
        "identifier",
        "active",
        "period",
        "practitioner",
        "organization",
        "code",
        "specialty",
        "location",
        "telecom",
    ],
    rest: &["healthcareService", "availableTime", "notAvailable", "availabilityExceptions", "endpoint"],
    mandatory: &[],
};

const QUESTIONNAIRE: Elements = Elements {
    summary: &[
        "url",
        "identifier",
        "version",
        "name",
        "title",
        "status",
        "experimental",
        "subjectType",
        "date",
        "publisher",
        "contact",
        "useContext",
        "jurisdiction",
        "effectivePeriod",
        "code",
    ],
    rest: &["derivedFrom", "description", "purpose", "copyright", "approvalDate", "lastReviewDate", "item"],
    mandatory: &["status"],
};

const TASK: Elements = Elements {
    summary: &[
        "instantiatesCanonical",
        "instantiatesUri",
        "basedOn",
        "groupIdentifier",
        "partOf",
        "status",
        "statusReason",
        "businessStatus",
        "intent",
        "code",
        "description",
        "focus",
        "for",
        "encounter",
        "executionPeriod",
        "lastModified",
        "requester",
        "owner",
        "location",
    ],
    rest: &[
        "identifier",
        "priority",
        "authoredOn",
        "performerType",
        "reasonCode",
        "reasonReference",
        "insurance",
        "note",
        "relevantHistory",
        "restriction",
        "input",
        "output",
    ],
    mandatory: &["status", "intent"],
};

const MEASURE: Elements = Elements {
    summary: &[
        "url",
        "identifier",
        "version",
        "name",
        "title",
        "status",
        "experimental",
        "date",
        "publisher",
        "contact",
        "description",
        "useContext",
        "jurisdiction",
        "effectivePeriod",
        "disclaimer",
        "scoring",
        "compositeScoring",
        "type",
        "riskAdjustment",
        "rateAggregation",
        "rationale",
        "clinicalRecommendationStatement",
        "improvementNotation",
        "definition",
        "guidance",
    ],
    rest: &[
        "subtitle",
        "subjectCodeableConcept",
        "subjectReference",
        "purpose",
        "usage",
        "copyright",
        "approvalDate",
        "lastReviewDate",
        "topic",
        "author",
        "editor",
        "reviewer",
        "endorser",
        "relatedArtifact",
        "library",
        "group",
        "supplementalData",
    ],
    mandatory: &["status"],
};

const MEASURE_REPORT: Elements = Elements {
    summary: &[
        "identifier",
        "status",
        "type",
        "measure",
        "subject",
        "date",
        "reporter",
        "period",
        "improvementNotation",
    ],
    rest: &["group", "evaluatedResource"],
    mandatory: &["status", "type", "measure", "period"],
};

const CODE_SYSTEM: Elements = Elements {
    summary: &[
        "url",
        "identifier",
        "version",
        "name",
        "title",
        "status",
        "experimental",
        "date",
        "publisher",
        "contact",
        "useContext",
        "jurisdiction",
        "caseSensitive",
        "valueSet",
        "hierarchyMeaning",
        "compositional",
        "versionNeeded",
        "content",
        "supplements",
        "count",
        "filter",
        "property",
    ],
    rest: &["description", "purpose", "copyright", "concept"],
    mandatory: &["status", "content"],
};

const VALUE_SET: Elements = Elements {
    summary: &[
        "url",
        "identifier",
        "version",
        "name",
        "title",
        "status",
        "experimental",
        "date",
        "publisher",
        "contact",
        "useContext",
        "jurisdiction",
        "immutable",
    ],
    rest: &["description", "purpose", "copyright", "compose", "expansion"],
    mandatory: &["status"],
};

const STRUCTURE_DEFINITION: Elements = Elements {
    summary: &[
        "url",
        "identifier",
        "version",
        "name",
        "title",
        "status",
        "experimental",
        "date",
        "publisher",
        "contact",
        "useContext",
        "jurisdiction",
        "keyword",
        "fhirVersion",
        "kind",
        "abstract",
        "context",
        "contextInvariant",
        "type",
        "baseDefinition",
        "derivation",
    ],
    rest: &["description", "purpose", "copyright", "mapping", "snapshot", "differential"],
    mandatory: &["url", "name", "status", "kind", "abstract", "type"],
};

const SEARCH_PARAMETER: Elements = Elements {
    summary: &[
        "url",
        "version",
        "name",
        "status",
        "experimental",
        "date",
        "publisher",
        "contact",
        "description",
        "useContext",
        "jurisdiction",
        "code",
        "base",
        "type",
    ],
    rest: &[
        "derivedFrom",
        "purpose",
        "expression",
        "xpath",
        "xpathUsage",
        "target",
        "multipleOr",
        "multipleAnd",
        "comparator",
        "modifier",
        "chain",
        "component",
    ],
    mandatory: &["url", "name", "status", "description", "code", "base", "type"],
};

const OPERATION_DEFINITION: Elements = Elements {
    summary: &[
        "url",
        "version",
        "name",
        "title",
        "status",
        "kind",
        "experimental",
        "date",
        "publisher",
        "contact",
        "useContext",
        "jurisdiction",
        "affectsState",
        "code",
        "base",
        "resource",
        "system",
        "type",
        "instance",
    ],
    rest: &["description", "purpose", "comment", "inputProfile", "outputProfile", "parameter", "overload"],
    mandatory: &["name", "status", "kind", "code", "system", "type", "instance"],
};

impl Elements {
    /// The elements of a content type.
    pub(crate) const fn of(rtype: ResourceType) -> &'static Self {
        match rtype {
            ResourceType::HealthcareService => &HEALTHCARE_SERVICE,
            ResourceType::Location => &LOCATION,
            ResourceType::Measure => &MEASURE,
            ResourceType::MeasureReport => &MEASURE_REPORT,
            ResourceType::Organization => &ORGANIZATION,
            ResourceType::Practitioner => &PRACTITIONER,
            ResourceType::PractitionerRole => &PRACTITIONER_ROLE,
            ResourceType::Questionnaire => &QUESTIONNAIRE,
            ResourceType::Task => &TASK,
        }
    }

    /// The elements of a type that describes what is served.
    pub(crate) const fn of_conformance(kind: ConformanceKind) -> &'static Self {
        match kind {
            ConformanceKind::CodeSystem => &CODE_SYSTEM,
            ConformanceKind::ValueSet => &VALUE_SET,
            ConformanceKind::StructureDefinition => &STRUCTURE_DEFINITION,
            ConformanceKind::SearchParameter => &SEARCH_PARAMETER,
            ConformanceKind::OperationDefinition => &OPERATION_DEFINITION,
        }
    }

    /// Whether `_elements` may name it.
    pub(crate) fn has(&self, name: &str) -> bool {
        [self.summary, self.rest, &ALWAYS, &COMMON].iter().any(|list| list.contains(&name))
    }

    /// Whether the resource cannot do without it.
    pub(crate) fn is_kept(&self, name: &str) -> bool {
        ALWAYS.contains(&name) || self.mandatory.contains(&name)
    }

    /// Whether `_summary=true` shows it.
    pub(crate) fn is_summary(&self, name: &str) -> bool {
        self.is_kept(name) || self.summary.contains(&name)
    }
}

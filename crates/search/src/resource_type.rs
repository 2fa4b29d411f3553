//! The resource types that the directory serves.

use std::fmt;

/// A resource type of the directory's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceType {
    /// The offer.
    HealthcareService,
    /// The place.
    Location,
    /// The definition of an indicator.
    Measure,
    /// A value of an indicator.
    MeasureReport,
    /// EJ, EG and organisations internes.
    Organization,
    /// The professional.
    Practitioner,
    /// The situation opérationnelle: a professional within an offer.
    PractitionerRole,
    /// The entry template (modèle de saisie).
    Questionnaire,
    /// The anomaly reported on one of the others.
    Task,
}

impl ResourceType {
    /// All of them, in alphabetical order.
    pub const ALL: [Self; 9] = [
        Self::HealthcareService,
        Self::Location,
        Self::Measure,
        Self::MeasureReport,
        Self::Organization,
        Self::Practitioner,
        Self::PractitionerRole,
        Self::Questionnaire,
        Self::Task,
    ];

    /// FHIR's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HealthcareService => "HealthcareService",
            Self::Location => "Location",
            Self::Measure => "Measure",
            Self::MeasureReport => "MeasureReport",
            Self::Organization => "Organization",
            Self::Practitioner => "Practitioner",
            Self::PractitionerRole => "PractitionerRole",
            Self::Questionnaire => "Questionnaire",
            Self::Task => "Task",
        }
    }

    /// The type of that name, in exactly that case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rtype| rtype.name() == name)
    }

    /// The type of that name, whatever its case (D4).
    pub fn parse_any_case(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rtype| rtype.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

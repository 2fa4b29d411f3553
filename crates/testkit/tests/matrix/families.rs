//! Families of resources: one structure, its unit, its place, its offers and who works there.

use ror_fhir::{Node, node};
use ror_search::ResourceType;
use ror_testkit::corpus::{SPECIALTY, concept, extension, system};

use crate::expected::Case;

/// A family: the facts of everything in it follow from this alone.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    /// Sensitive or not, and champ d'activité, of each offer; all at one place, of one unit.
    pub(crate) offers: &'static [(bool, &'static str)],
    /// Category of the establishment.
    pub(crate) category: &'static str,
}

/// {sensitive or not} × {médico-social, ville, other}, then what is shared, hidden or alone.
pub(crate) const FAMILIES: [Family; 12] = [
    Family { name: "o04", offers: &[(false, "04")], category: "500" },
    Family { name: "o05", offers: &[(false, "05")], category: "603" },
    Family { name: "o01", offers: &[(false, "01")], category: "355" },
    Family { name: "s04", offers: &[(true, "04")], category: "500" },
    Family { name: "s05", offers: &[(true, "05")], category: "603" },
    Family { name: "s01", offers: &[(true, "01")], category: "355" },
    Family { name: "mix", offers: &[(true, "01"), (false, "01")], category: "355" },
    Family { name: "two", offers: &[(false, "04"), (false, "01")], category: "500" },
    Family { name: "pro", offers: &[(true, "05"), (false, "01")], category: "355" },
    Family { name: "viv", offers: &[(false, "04")], category: "462" },
    Family { name: "soc", offers: &[(false, "06")], category: "355" },
    Family { name: "nul", offers: &[], category: "355" },
];

/// What a resource is to its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Entity,
    Establishment,
    Unit,
    Place,
    Person,
    Offer,
    Role,
    Template,
    /// Reported on an offer.
    Anomaly,
    Indicator,
    /// A value of the indicator: the second one on public data.
    Report,
}

/// One resource of one family.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) kind: Kind,
    pub(crate) family: &'static Family,
    /// Which offer it is, or belongs to.
    pub(crate) offer: usize,
}

impl Kind {
    pub(crate) const fn rtype(self) -> ResourceType {
        match self {
            Self::Entity | Self::Establishment | Self::Unit => ResourceType::Organization,
            Self::Place => ResourceType::Location,
            Self::Person => ResourceType::Practitioner,
            Self::Offer => ResourceType::HealthcareService,
            Self::Role => ResourceType::PractitionerRole,
            Self::Template => ResourceType::Questionnaire,
            Self::Anomaly => ResourceType::Task,
            Self::Indicator => ResourceType::Measure,
            Self::Report => ResourceType::MeasureReport,
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Entity => "ej",
            Self::Establishment => "eg",
            Self::Unit => "oi",
            Self::Place => "lieu",
            Self::Person => "ps",
            Self::Offer => "offre",
            Self::Role => "so",
            Self::Template => "modele",
            Self::Anomaly => "anomalie",
            Self::Indicator => "indicateur",
            Self::Report => "releve",
        }
    }

    /// The rule of the whole.
    pub(crate) const fn base(self) -> &'static str {
        match self {
            Self::Entity | Self::Establishment => "ORG-ALL",
            Self::Unit => "ORG-OI",
            Self::Place => "LOC-BASE",
            Self::Person | Self::Role => "PRAC-BASE",
            Self::Offer => "HS-BASE",
            Self::Template => "TPL-ALL",
            Self::Anomaly => "TASK-ALL",
            Self::Indicator => "MEA-ALL",
            Self::Report => "MEA-REPORT",
        }
    }

    /// Whether clients may write some: the others come by import.
    pub(crate) const fn is_written(self) -> bool {
        !matches!(self, Self::Anomaly | Self::Indicator | Self::Report)
    }
}

/// Every resource.
pub(crate) fn all() -> Vec<Held> {
    let mut all = Vec::new();
    for family in &FAMILIES {
        let alone = [Kind::Entity, Kind::Establishment, Kind::Unit, Kind::Place, Kind::Person];
        all.extend(alone.map(|kind| Held { kind, family, offer: 0 }));
        for offer in 0..family.offers.len() {
            all.extend([Kind::Offer, Kind::Role, Kind::Anomaly].map(|kind| Held { kind, family, offer }));
        }
    }
    let (family, first) = (&FAMILIES[0], 0);
    all.extend([Kind::Template, Kind::Indicator, Kind::Report].map(|kind| Held { kind, family, offer: first }));
    all.push(Held { kind: Kind::Report, family, offer: 1 });
    all
}

impl Held {
    fn sibling(&self, kind: Kind) -> Self {
        Self { kind, ..*self }
    }

    pub(crate) fn id(&self) -> String {
        let is_one_of_several = matches!(self.kind, Kind::Offer | Kind::Role | Kind::Anomaly | Kind::Report);
        let number = if is_one_of_several { self.offer.to_string() } else { String::new() };
        format!("{}-{}{number}", self.kind.prefix(), self.family.name)
    }

    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.kind.rtype(), self.id())
    }

    /// What it refers to: parameter, target.
    pub(crate) fn references(&self) -> Vec<(&'static str, Self)> {
        let to = |name, kind| (name, self.sibling(kind));
        match self.kind {
            Kind::Entity | Kind::Person | Kind::Template | Kind::Indicator => vec![],
            Kind::Anomaly => vec![to("focus", Kind::Offer)],
            Kind::Report => vec![to("measure", Kind::Indicator)],
            Kind::Establishment => vec![to("partof", Kind::Entity)],
            Kind::Unit => vec![to("partof", Kind::Establishment)],
            Kind::Place => vec![to("organization", Kind::Establishment)],
            Kind::Offer => vec![to("organization", Kind::Unit), to("location", Kind::Place)],
            Kind::Role => vec![
                to("organization", Kind::Establishment),
                to("practitioner", Kind::Person),
                to("service", Kind::Offer),
            ],
        }
    }

    /// The resource, before anything is planted in it.
    pub(crate) fn resource(&self) -> Node {
        let reference = |kind| node!({"reference": (self.sibling(kind).path())});
        let is = |list, code| node!([concept(system(list), code)]);
        let mut bare = node!({"resourceType": (self.kind.rtype().name()), "id": (self.id())});
        let object = bare.as_object_mut().expect("an object");
        match self.kind {
            Kind::Entity => drop(object.insert("type", is("ej", "13"))),
            Kind::Establishment => {
                object.insert("type", is("eg", self.family.category));
                object.insert("partOf", reference(Kind::Entity));
            }
            Kind::Unit => {
                object.insert("type", is("oi", "3"));
                object.insert("partOf", reference(Kind::Establishment));
            }
            Kind::Place => drop(object.insert("managingOrganization", reference(Kind::Establishment))),
            Kind::Offer => {
                let (sensitive, field) = self.family.offers[self.offer];
                let flag = extension("ror-healthcareservice-sensitive-unit", "valueBoolean", sensitive);
                object.insert("extension", node!([flag]));
                object.insert("type", is("field", field));
                // What exposing an offer takes (D34); its words are nobody's probe.
                object.insert("identifier", node!([{"value": (self.id())}]));
                object.insert("specialty", node!([concept(SPECIALTY, "a")]));
                object.insert("providedBy", reference(Kind::Unit));
                object.insert("location", node!([reference(Kind::Place)]));
            }
            Kind::Role => {
                object.insert("practitioner", reference(Kind::Person));
                object.insert("organization", reference(Kind::Establishment));
                object.insert("healthcareService", node!([reference(Kind::Offer)]));
            }
            Kind::Template => drop(object.insert("date", "2026-01-05")),
            Kind::Anomaly => {
                object.insert("authoredOn", "2026-01-05");
                object.insert("focus", reference(Kind::Offer));
                object.insert("requester", reference(Kind::Person));
            }
            Kind::Report => {
                let value = if self.offer == 1 { "EX1-public" } else { "EX1" };
                object.insert("identifier", node!([{ "value": value }]));
                object.insert("date", "2026-01-05");
                object.insert("measure", self.sibling(Kind::Indicator).path());
            }
            Kind::Person | Kind::Indicator => {}
        }
        bare
    }

    /// A lieu de vie, or a place of one (D26).
    pub(crate) fn is_home(&self) -> bool {
        self.family.category == "462" && matches!(self.kind, Kind::Establishment | Kind::Place)
    }

    /// The cases in which rules are judged, in the words of the model.
    pub(crate) fn cases(&self) -> Vec<Case> {
        let offers = self.family.offers;
        let of_offer = |(is_sensitive, field): (bool, &str)| {
            let words = [("ns", !is_sensitive), ("ms", field == "04"), ("ville", field == "05")];
            Case { words: holding(&words), is_sensitive }
        };
        let none = !offers.is_empty();
        let ms = self.family.category == "500";
        match self.kind {
            Kind::Offer | Kind::Role => vec![of_offer(offers[self.offer])],
            Kind::Person => offers.iter().copied().map(of_offer).collect(),
            Kind::Place => {
                let all_ordinary = none && offers.iter().all(|(sensitive, _)| !sensitive);
                let words = [
                    ("nsAny", offers.iter().any(|(sensitive, _)| !sensitive)),
                    ("nsAll", all_ordinary),
                    ("msAll", none && offers.iter().all(|(_, field)| *field == "04")),
                ];
                vec![Case { words: holding(&words), is_sensitive: !all_ordinary }]
            }
            Kind::Unit => {
                let all_sensitive = none && offers.iter().all(|(sensitive, _)| *sensitive);
                let words = [("oiNotAllSensitive", !all_sensitive), ("ms", ms)];
                vec![Case { words: holding(&words), is_sensitive: all_sensitive }]
            }
            Kind::Report => vec![Case { words: holding(&[("public", self.offer == 1)]), is_sensitive: false }],
            Kind::Entity | Kind::Establishment | Kind::Template | Kind::Anomaly | Kind::Indicator => {
                vec![Case { words: holding(&[("ms", ms)]), is_sensitive: false }]
            }
        }
    }
}

fn holding(words: &[(&'static str, bool)]) -> Vec<&'static str> {
    words.iter().filter(|(_, holds)| *holds).map(|(word, _)| *word).collect()
}

//! Anomalies about a few of the planted defects, one at least of each business status, and two
//! indicators with the values that the territory has: on all data, and on what the public sees (D31).

use ror_fhir::{Instant, Node, Object, node};

use super::defects::{Defect, DefectKind};
use super::draw::DAY_MS;
use super::elements::{concept, date_time, day, object, reference, system};
use super::territory::World;
use crate::shapes::{ROR_EXTENSION, system::FINESS};

/// Anomalies of one kind of defect, at most.
const PER_KIND: usize = 5;

/// What runs through a generation for them; its size does not grow with the territory.
#[derive(Debug, Default)]
pub(super) struct Reported {
    defects: Vec<Defect>,
    sites: u64,
    closed_sites: u64,
    offers: Rate,
    public_offers: Rate,
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default)]
struct Rate {
    compliant: u64,
    all: u64,
}

impl Rate {
    fn count(&mut self, is_compliant: bool) {
        self.all += 1;
        self.compliant += u64::from(is_compliant);
    }

    /// In percent, with two decimals (D51).
    fn percent(self) -> Node {
        let hundredths = (self.compliant * 10_000).checked_div(self.all).unwrap_or_default();
        Node::Number(format!("{}.{:02}", hundredths / 100, hundredths % 100).into())
    }
}

impl Reported {
    /// Keeps a defect, when one of its kind is still to be reported.
    pub(super) fn note(&mut self, defect: &Defect) {
        self.closed_sites += u64::from(defect.kind == DefectKind::ClosedInRegister);
        let is_room = || self.defects.iter().filter(|known| known.kind == defect.kind).count() < PER_KIND;
        if Told::of(defect.kind).is_some() && is_room() {
            self.defects.push(defect.clone());
        }
    }

    /// Counts a resource for the indicators.
    pub(super) fn count(&mut self, key: &str, resource: &Node, updated: Instant, now: Instant) {
        let is_fresh = updated >= now - 365 * DAY_MS;
        if key.starts_with("offre/") {
            self.offers.count(is_fresh);
            if is_public(resource) {
                self.public_offers.count(is_fresh);
            }
        } else if key.starts_with("eg/") {
            self.sites += 1;
        }
    }

    /// The sites that the register does not know to be closed (EX2).
    fn open_sites(&self) -> Rate {
        Rate { compliant: self.sites.saturating_sub(self.closed_sites), all: self.sites }
    }
}

/// Whether the public sees an offer: no sensitive unit, and all that exposing it takes (D34).
fn is_public(offer: &Node) -> bool {
    let flag = format!("{ROR_EXTENSION}ror-healthcareservice-sensitive-unit");
    let is_ordinary =
        offer.extensions(&flag).all(|flag| flag.get("valueBoolean").and_then(Node::as_bool) == Some(false));
    let activities = system("R211-ActiviteOperationnelle");
    let mut codings = offer.items("specialty").flat_map(|concept| concept.items("coding"));
    is_ordinary && codings.any(|coding| coding.str("system") == Some(&activities))
}

/// How a kind of defect is reported.
struct Told {
    /// R350.
    theme: &'static str,
    /// R349.
    action: &'static str,
    /// The requirement that sees it, when one does (`indicators.md` §5).
    rule: Option<&'static str>,
    /// The element in error, when there is one.
    path: Option<String>,
    text: &'static str,
}

impl Told {
    fn of(kind: DefectKind) -> Option<Self> {
        let told = |theme, action, rule, path: Option<&str>, text| {
            Some(Self { theme, action, rule, path: path.map(str::to_owned), text })
        };
        match kind {
            DefectKind::ClosedInRegister => told("06", "COR", Some("EX2"), None, "Établissement fermé dans FINESS."),
            DefectKind::OtherCategory => {
                let text = "La catégorie n'est pas celle de FINESS.";
                told("03", "COR", Some("CO4"), Some("Organization.type"), text)
            }
            DefectKind::MissingActivity => told("01", "AJO", None, None, "L'activité opérationnelle manque."),
            DefectKind::MissingAges => told("01", "AJO", None, None, "Les âges de la patientèle manquent."),
            DefectKind::MissingContact => told("01", "AJO", None, None, "Aucun contact n'est donné."),
            DefectKind::IncompleteAddress => {
                told("01", "AJO", None, Some("Location.address"), "L'adresse est incomplète.")
            }
            DefectKind::MissingInstalledPlaces => {
                told("02", "AJO", Some("CP6"), None, "Les places installées ne sont pas déclarées.")
            }
            DefectKind::MisnamedEmergency => {
                let text = "Le nom ne dit pas qu'il s'agit d'urgences.";
                told("06", "COR", Some("CO1"), Some("HealthcareService.name"), text)
            }
            DefectKind::MalformedTelecom => {
                let path =
                    format!("HealthcareService.extension.where(url='{ROR_EXTENSION}ror-healthcareservice-contact')");
                told("06", "COR", None, Some(&path), "Un numéro ou une adresse ne peut pas fonctionner.")
            }
            DefectKind::UnknownRpps => {
                let text = "Numéro inconnu du registre des professionnels.";
                told("06", "COR", None, Some("Practitioner.identifier"), text)
            }
            _ => None,
        }
    }
}

/// Business status (R352) and the FHIR status that follows from it (D46), whether it was sent to
/// someone, and whether it is over.
const STATUSES: [(&str, &str, bool, bool); 11] = [
    ("02", "in-progress", false, false),
    ("10", "in-progress", false, false),
    ("08", "completed", true, true),
    ("05", "in-progress", true, false),
    ("01", "requested", false, false),
    ("09", "rejected", true, true),
    ("06", "on-hold", true, false),
    ("03", "cancelled", false, true),
    ("04", "on-hold", false, false),
    ("07", "completed", true, true),
    ("11", "on-hold", true, false),
];

/// Hands over the anomalies and the indicators, once all that they are about has been.
pub(super) fn generate(world: &mut World<'_>) {
    let reported = std::mem::take(&mut world.reported);
    for (rank, defect) in reported.defects.iter().enumerate() {
        if let Some(told) = Told::of(defect.kind) {
            let days = i64::try_from(rank % 60).unwrap_or_default() + 2;
            let authored = world.now - days * DAY_MS;
            let task = task(rank, defect, &told, authored);
            world.propose(&format!("anomalie/{}", rank + 1), task, authored + DAY_MS);
        }
    }
    let closed = "Part des établissements tenus pour ouverts qui ne sont pas fermés dans FINESS.";
    let fresh = "Part des offres mises à jour depuis moins d'un an.";
    // Structures are seen by everyone: both bases hold the same ones.
    let (sites, offers, public) = (reported.open_sites(), reported.offers, reported.public_offers);
    for (code, theme, kind, purpose, rates) in
        [("EX2", "02", "structure", closed, [sites, sites]), ("RE1.2", "04", "process", fresh, [offers, public])]
    {
        world.propose(&format!("indicateur/{code}"), measure(code, theme, kind, purpose, world.now), world.now);
        for (rate, base) in rates.into_iter().zip(["", "-public"]) {
            let report = report(code, rate, base, world.now);
            world.propose(&format!("releve/{code}{base}"), report, world.now);
        }
    }
}

fn task(rank: usize, defect: &Defect, told: &Told, authored: Instant) -> Node {
    let (code, status, is_sent, is_over) = STATUSES[rank % STATUSES.len()];
    let modified = authored + if is_over || is_sent { DAY_MS } else { 0 };
    let mut members = Object::new();
    members.insert("resourceType", "Task");
    members.insert("identifier", node!([{"value": format!("ANO-{:06}", rank + 1)}]));
    members.insert("status", status);
    members.insert("businessStatus", concept("R352-StatutMetierAnomalie", code));
    members.insert("intent", "order");
    members.insert("code", concept("R350-ThematiqueAnomalie", told.theme));
    members.insert("description", told.text);
    members.insert("focus", focus(&defect.key));
    let mut period = Object::new();
    if is_sent {
        period.insert("start", date_time(authored));
    }
    if is_over {
        period.insert("end", date_time(modified));
    }
    if !period.is_empty() {
        members.insert("executionPeriod", period);
    }
    members.insert("authoredOn", date_time(authored));
    members.insert("lastModified", date_time(modified));
    members.insert("reasonCode", concept("R349-ActionAnomalie", told.action));
    members.insert("input", Node::Array(inputs(told)));
    Node::Object(members)
}

/// A structure goes by its FINESS number, as the quality engine names it (`indicators.md` §10); the
/// identifiers of the others are drawn when they are loaded.
fn focus(key: &str) -> Node {
    match key.strip_prefix("eg/") {
        Some(finess) => node!({"type": "Organization", "identifier": {"system": FINESS, "value": finess}}),
        None => reference(key),
    }
}

fn inputs(told: &Told) -> Vec<Node> {
    let input = |code: &str, member: &str, value: Node| {
        let list = "https://interop.esante.gouv.fr/ig/fhir/ror/CodeSystem/input-task-ror-codesystem";
        object([("type", node!({"coding": [{"system": list, "code": code}]})), (member, value)])
    };
    let mut inputs = vec![input("systemRequester", "valueString", "Moteur qualité (données fictives)".into())];
    inputs.extend(told.rule.map(|rule| input("ruleErrorId", "valueString", rule.into())));
    inputs.extend(told.path.as_deref().map(|path| {
        input("pathElementError", "valueExpression", node!({"language": "text/fhirpath", "expression": path}))
    }));
    inputs
}

/// The address of an indicator, at a base that is nobody's.
fn address(code: &str) -> String {
    format!("https://ror.exemple.fr/fhir/Measure/{code}")
}

fn measure(code: &str, theme: &str, kind: &str, purpose: &str, now: Instant) -> Node {
    node!({
        "resourceType": "Measure",
        "url": (address(code)),
        "identifier": [{"value": code}],
        "title": (format!("Indicateur {code} (données fictives)")),
        "status": "active",
        "date": (day(now)),
        "purpose": purpose,
        "topic": [(concept("R350-ThematiqueAnomalie", theme))],
        "type": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/measure-type", "code": kind}]}],
        "group": [{"code": {"text": "territoire"}, "description": "Tout le territoire fictif"}]
    })
}

fn report(code: &str, rate: Rate, base: &str, now: Instant) -> Node {
    let population = |code: &str, count: u64| {
        let list = "http://terminology.hl7.org/CodeSystem/measure-population";
        node!({"code": {"coding": [{"system": list, "code": code}]}, "count": (Node::Number(count.to_string().into()))})
    };
    node!({
        "resourceType": "MeasureReport",
        "identifier": [{"value": (format!("{code}-{}{base}", day(now)))}],
        "status": "complete",
        "type": "summary",
        "measure": (address(code)),
        "date": (date_time(now)),
        "period": {"start": (day(now - 6 * DAY_MS)), "end": (day(now))},
        "group": [{
            "code": {"text": "territoire"},
            "population": [(population("initial-population", rate.all)), (population("numerator", rate.compliant))],
            "measureScore": {"value": (rate.percent()), "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
        }]
    })
}

//! What is planted in each resource, and which rules decide who reads it.

use ror_fhir::{Node, node};
use ror_testkit::corpus::{ROR, concept, extension, system};

use crate::expected::{Ruled, Rules};
use crate::families::{Held, Kind};

/// An element that holds a word found nowhere else.
pub(crate) struct Probe {
    pub(crate) kind: Kind,
    /// What it is, and under which levels.
    pub(crate) name: String,
    /// All must be passed, besides the rule of the whole.
    rules: Vec<Ruled>,
    /// Withheld with the door of a lieu de vie.
    home: bool,
    /// Nobody's, not even the owner's.
    is_nobody: bool,
    /// The parameter that reads it.
    pub(crate) parameter: Option<&'static str>,
    /// Its element, for `_elements`.
    pub(crate) top: &'static str,
    plant: Plant,
}

/// Puts a word in a resource.
type Plant = Box<dyn Fn(&mut Node, &str)>;

/// A probe in a resource.
pub(crate) struct Planted<'a> {
    pub(crate) probe: &'a Probe,
    pub(crate) held: Held,
    pub(crate) word: String,
}

impl Planted<'_> {
    /// Whether an audience reads it; 6 is the owner.
    pub(crate) fn is_read(&self, rules: &Rules, audience: usize) -> bool {
        if self.probe.is_nobody || !is_seen(rules, &self.held, audience) {
            return false;
        }
        let home = Ruled { rule: "ORG-HOME", levels: vec![], words: &[] };
        let is_hidden_home = self.probe.home && self.held.is_home() && !pass(rules, &self.held, &home, audience);
        !is_hidden_home && self.probe.rules.iter().all(|ruled| pass(rules, &self.held, ruled, audience))
    }
}

/// Whether a resource exists for an audience; 6 is the owner.
pub(crate) fn is_seen(rules: &Rules, held: &Held, audience: usize) -> bool {
    // D30: an anomaly exists for who sees its object.
    let objects = held.references().into_iter().filter(|_| held.kind == Kind::Anomaly);
    let mut hidden = objects.filter(|(_, object)| !is_seen(rules, object, audience));
    hidden.next().is_none()
        && pass(rules, held, &Ruled { rule: held.kind.base(), levels: vec![], words: &[] }, audience)
}

fn pass(rules: &Rules, held: &Held, ruled: &Ruled, audience: usize) -> bool {
    // Where there is no case at all, as for a professional without role: profile 1 only (D22).
    audience == 6 || audience == 1 || rules.pass(audience, ruled, &held.cases())
}

impl Probe {
    /// The ids of the rules it is about.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &'static str> {
        let home = self.home.then_some("ORG-HOME");
        self.rules.iter().map(|ruled| ruled.rule).chain(home).chain([self.kind.base()])
    }

    /// Plants it in `resource`.
    pub(crate) fn plant(&self, resource: &mut Node, word: &str) {
        (self.plant)(resource, word);
    }

    fn new(kind: Kind, top: &'static str, plant: impl Fn(&mut Node, &str) + 'static) -> Self {
        let (rules, plant) = (Vec::new(), Box::new(plant));
        Self { kind, name: top.into(), rules, home: false, is_nobody: false, parameter: None, top, plant }
    }

    fn rule(mut self, rule: &'static str) -> Self {
        self.rules.push(Ruled { rule, levels: vec![], words: &[] });
        self
    }

    fn words(mut self, rule: &'static str, words: &'static [&'static str]) -> Self {
        self.rules.push(Ruled { rule, levels: vec![], words });
        self
    }

    fn levels(mut self, rule: &'static str, levels: &[Option<&'static str>]) -> Self {
        self.name = format!("{} {levels:?}", self.name);
        self.rules.push(Ruled { rule, levels: levels.to_vec(), words: &[] });
        self
    }

    fn by(mut self, parameter: &'static str) -> Self {
        self.parameter = Some(parameter);
        self
    }

    fn home(mut self) -> Self {
        self.home = true;
        self
    }
}

const LEVELS: [Option<&str>; 4] = [Some("1"), Some("2"), Some("3"), None];
const PAIRS: [[Option<&str>; 2]; 6] = [
    [Some("1"), Some("1")],
    [Some("1"), Some("2")],
    [Some("2"), Some("1")],
    [Some("1"), Some("3")],
    [Some("3"), Some("1")],
    [Some("1"), None],
];

/// Every probe.
pub(crate) fn all() -> Vec<Probe> {
    let mut all = Vec::new();
    for kind in [Kind::Entity, Kind::Establishment, Kind::Unit] {
        all.extend(structure(kind));
    }
    all.extend(place());
    all.extend(offer());
    all.extend(people());
    all.extend(template());
    all.extend(anomaly());
    all.extend(indicator());
    for kind in [
        Kind::Entity,
        Kind::Establishment,
        Kind::Unit,
        Kind::Place,
        Kind::Offer,
        Kind::Person,
        Kind::Role,
        Kind::Template,
        Kind::Anomaly,
        Kind::Indicator,
        Kind::Report,
    ] {
        all.extend(anywhere(kind));
    }
    all
}

/// What any resource may hold.
fn anywhere(kind: Kind) -> Vec<Probe> {
    let unknown = |resource: &mut Node, word: &str| {
        push(resource, "extension", node!({"url": "https://example.org/x", "valueString": (word)}));
    };
    let narrative = |resource: &mut Node, word: &str| set(resource, "text", node!({"div": (word)}));
    let source = |resource: &mut Node, word: &str| meta(resource, "source", word.into());
    let tag = |resource: &mut Node, word: &str| {
        meta(resource, "tag", node!([{"system": (system("region")), "code": (word)}]));
    };
    let mut all = vec![
        Probe::new(kind, "extension", unknown).rule("OTHER"),
        Probe { is_nobody: true, ..Probe::new(kind, "text", narrative) },
        Probe::new(kind, "meta", source).rule("OTHER"),
    ];
    if kind != Kind::Template && kind.is_written() {
        all.push(Probe::new(kind, "meta", tag).by("_tag"));
    }
    all
}

fn structure(kind: Kind) -> Vec<Probe> {
    let text = |name: &'static str| move |resource: &mut Node, word: &str| set(resource, name, word.into());
    let in_address = |name: &'static str| move |resource: &mut Node, word: &str| address(resource, true, name, word);
    let extended = |name: &'static str| {
        move |resource: &mut Node, word: &str| push(resource, "extension", extension(name, "valueString", word))
    };
    let mut all = vec![
        Probe::new(kind, "name", text("name")).by("name"),
        Probe::new(kind, "alias", |resource, word| push(resource, "alias", word.into())).by("name"),
        Probe::new(kind, "identifier", identifier("1")).by("identifier"),
        Probe::new(kind, "type", |resource, word| push(resource, "type", concept("https://example.org/t", word)))
            .by("type"),
        Probe::new(kind, "address", in_address("city")),
        Probe::new(kind, "address", in_address("line")).home(),
        Probe::new(kind, "extension", extended("ror-organization-drop-zone")).rule("ORG-P14"),
        Probe::new(kind, "extension", extended("ror-organization-level-recours-orsan")).rule("ORG-P14"),
    ];
    for level in LEVELS {
        let contact = move |resource: &mut Node, word: &str| {
            let contact = carrying("ror-contact-confidentiality-level", level, node!({"name": {"text": (word)}}));
            push(resource, "contact", contact);
        };
        all.push(Probe::new(kind, "contact", contact).levels("ORG-CONTACT", &[level]));
        all.push(Probe::new(kind, "telecom", telecom(level)).levels("ORG-MSS", &[level]).home());
    }
    for [contact_level, level] in PAIRS {
        let point = move |resource: &mut Node, word: &str| {
            let telecom = carrying("ror-telecom-confidentiality-level", level, node!({"value": (word)}));
            let contact = node!({"name": {"text": "A"}, "telecom": [telecom]});
            push(resource, "contact", carrying("ror-contact-confidentiality-level", contact_level, contact));
        };
        let probe = Probe::new(kind, "contact", point).levels("ORG-CONTACT", &[contact_level]);
        all.push(probe.levels("ORG-CONTACT-TELECOM", &[contact_level, level]).home());
    }
    all
}

fn place() -> Vec<Probe> {
    let kind = Kind::Place;
    let text = |name: &'static str| move |resource: &mut Node, word: &str| set(resource, name, word.into());
    let in_address = |name: &'static str| move |resource: &mut Node, word: &str| address(resource, false, name, word);
    let commune = |resource: &mut Node, word: &str| {
        push(resource, "extension", extension("ror-commune-cog", "valueCodeableConcept", concept(system("cog"), word)));
    };
    let equipment = |resource: &mut Node, word: &str| {
        let parts = node!([{"url": "equipmentType", "valueCodeableConcept": {"text": (word)}}]);
        push(resource, "extension", node!({"url": (format!("{ROR}ror-location-equipment")), "extension": parts}));
    };
    let position = |resource: &mut Node, word: &str| {
        set(resource, "position", node!({"latitude": (Node::Number(word.into())), "longitude": 5}));
    };
    let mut all = vec![
        Probe::new(kind, "name", text("name")),
        Probe::new(kind, "identifier", identifier("25")).by("identifier"),
        Probe::new(kind, "identifier", identifier("26")).rule("LOC-TEXT").by("identifier"),
        Probe::new(kind, "alias", |resource, word| push(resource, "alias", word.into())).rule("LOC-TEXT"),
        Probe::new(kind, "description", text("description")).rule("LOC-TEXT"),
        Probe::new(kind, "extension", |resource, word| {
            push(resource, "extension", extension("ror-comment", "valueString", word));
        })
        .rule("LOC-TEXT"),
        Probe::new(kind, "extension", equipment).rule("LOC-EQUIP"),
        Probe::new(kind, "extension", commune).by("commune-cog"),
        Probe::new(kind, "type", |resource, word| push(resource, "type", concept("https://example.org/f", word)))
            .by("type"),
        Probe::new(kind, "address", in_address("city")).by("address-city"),
        Probe::new(kind, "address", in_address("postalCode")).by("address-postalcode"),
        Probe::new(kind, "address", in_address("line")).home(),
        Probe::new(kind, "position", position).by("near").home(),
    ];
    for level in LEVELS {
        all.push(Probe::new(kind, "telecom", telecom(level)).levels("LOC-TELECOM", &[level]).home());
    }
    all.extend(capacities());
    all
}

/// D25: installed, available, additional by its status or by a part, of an unknown status.
fn capacities() -> Vec<Probe> {
    let record = |status: &'static str, part: Option<&'static str>| {
        move |resource: &mut Node, word: &str| {
            let mut parts = vec![
                node!({"url": "capacityStatus", "valueCodeableConcept": (concept(system("status"), status))}),
                node!({"url": "comment", "valueString": (word)}),
            ];
            parts.extend(part.map(|part| node!({"url": (part), "valueCodeableConcept": {"text": "x"}})));
            let url = format!("{ROR}ror-location-supported-capacity");
            push(resource, "extension", node!({"url": (url), "extension": (Node::Array(parts))}));
        }
    };
    let probe = |status, part, words| {
        let mut probe = Probe::new(Kind::Place, "extension", record(status, part)).words("LOC-CAPA", words);
        probe.name = format!("capacité {status} {part:?}");
        probe
    };
    vec![
        probe("01", None, &["installed", "notAdditional"]),
        probe("02", None, &["notAdditional"]),
        probe("06", None, &[]),
        probe("01", Some("additionalBedType"), &["installed"]),
        probe("02", Some("crisisType"), &[]),
        probe("99", None, &["notAdditional"]).rule("OTHER"),
    ]
}

fn offer() -> Vec<Probe> {
    let kind = Kind::Offer;
    let list = |name: &str| format!("https://mos.esante.gouv.fr/NOS/{name}/FHIR/{}", name.replacen('_', "-", 1));
    let characteristic = |name: &str| {
        let list = list(name);
        move |resource: &mut Node, word: &str| push(resource, "characteristic", concept(&list, word))
    };
    let coded = |name: &'static str| {
        move |resource: &mut Node, word: &str| push(resource, name, concept("https://example.org/c", word))
    };
    let mut all = vec![
        Probe::new(kind, "name", |resource, word| set(resource, "name", word.into())).by("name"),
        Probe::new(kind, "identifier", identifier("x")).by("identifier"),
        Probe::new(kind, "category", coded("category")).by("service-category"),
        Probe::new(kind, "specialty", coded("specialty")).by("specialty"),
        Probe::new(kind, "characteristic", characteristic("TRE_R213-ModePriseEnCharge")).by("characteristic"),
    ];
    for name in [
        "TRE_R210-ActeSpecifique",
        "TRE_R245-SpecialisationDePriseEnCharge",
        "TRE_R95-UsagerTitre",
        "TRE_R243-CompetenceSpecifique",
    ] {
        all.push(Probe::new(kind, "characteristic", characteristic(name)).rule("HS-ACTE").by("characteristic"));
    }
    all.push(
        Probe::new(kind, "characteristic", characteristic("TRE_R999-Inconnue")).rule("OTHER").by("characteristic"),
    );
    for level in LEVELS {
        let contact = move |resource: &mut Node, word: &str| {
            push(
                resource,
                "extension",
                offer_contact(level, &node!({"url": "name", "valueHumanName": {"text": (word)}})),
            );
        };
        all.push(Probe::new(kind, "extension", contact).levels("HS-CONTACT", &[level]));
        all.push(Probe::new(kind, "telecom", telecom(level)).levels("HS-MSS", &[level]));
    }
    for [contact_level, level] in PAIRS {
        let point = move |resource: &mut Node, word: &str| {
            let point = node!({"url": (format!("{ROR}ror-healthcareservice-contact-telecom")),
                "extension": [{"url": "telecomAddress", "valueString": (word)}]});
            let point = carrying("ror-telecom-confidentiality-level", level, point);
            push(resource, "extension", offer_contact(contact_level, &point));
        };
        let probe = Probe::new(kind, "extension", point).levels("HS-CONTACT", &[contact_level]);
        all.push(probe.levels("HS-CONTACT-TELECOM", &[contact_level, level]));
    }
    all
}

fn people() -> Vec<Probe> {
    let mut all = vec![
        Probe::new(Kind::Role, "code", |resource, word| push(resource, "code", concept("https://example.org/c", word))),
        Probe::new(Kind::Role, "identifier", identifier("x")).by("identifier"),
        Probe::new(Kind::Person, "identifier", identifier("x")).by("identifier"),
        Probe::new(Kind::Person, "name", |resource, word| push(resource, "name", node!({"family": (word)}))),
        Probe::new(Kind::Person, "birthDate", |resource, word| set(resource, "birthDate", word.into())).rule("OTHER"),
    ];
    for level in LEVELS {
        all.push(Probe::new(Kind::Role, "telecom", telecom(level)).levels("PR-TELECOM", &[level]));
        all.push(Probe::new(Kind::Person, "telecom", telecom(level)).levels("PRAC-MSS", &[level]));
    }
    all
}

fn template() -> Vec<Probe> {
    let kind = Kind::Template;
    let text = |name: &'static str| move |resource: &mut Node, word: &str| set(resource, name, word.into());
    let context = |resource: &mut Node, word: &str| {
        push(resource, "useContext", node!({"valueCodeableConcept": (concept("https://example.org/c", word))}));
    };
    let mut all: Vec<Probe> = ["title", "description", "name", "status", "version"]
        .map(|name| Probe::new(kind, name, text(name)).by(name))
        .into();
    all.push(Probe::new(kind, "identifier", identifier("x")).by("identifier"));
    all.push(Probe::new(kind, "useContext", context).by("context"));
    all
}

/// D30: what is reported, and who reports it.
fn anomaly() -> Vec<Probe> {
    let kind = Kind::Anomaly;
    let said = |list: &'static str, code: &'static str, member: &'static str| {
        move |resource: &mut Node, word: &str| {
            let mut item = node!({"type": (concept("https://example.org/i", code))});
            let value = if member == "valueString" { word.into() } else { node!({ "value": word }) };
            set(&mut item, member, value);
            push(resource, list, item);
        }
    };
    let named = |resource: &mut Node, word: &str| {
        let mut requester = resource.get("requester").expect("one").clone();
        set(&mut requester, "display", word.into());
        set(resource, "requester", requester);
    };
    let note = |resource: &mut Node, word: &str| push(resource, "note", node!({ "text": word }));
    let status = |resource: &mut Node, word: &str| {
        set(resource, "businessStatus", concept("https://example.org/b", word));
    };
    let number = |resource: &mut Node, word: &str| push(resource, "identifier", node!({ "value": word }));
    vec![
        Probe::new(kind, "description", |resource, word| set(resource, "description", word.into())),
        Probe::new(kind, "identifier", number).by("identifier"),
        Probe::new(kind, "businessStatus", status).by("business-status"),
        Probe::new(kind, "input", said("input", "errorValue", "valueString")),
        Probe::new(kind, "input", said("input", "identifierRequester", "valueIdentifier")).rule("TASK-PERSON"),
        Probe::new(kind, "input", said("input", "unknown", "valueString")).rule("OTHER"),
        Probe::new(kind, "output", said("output", "newValue", "valueString")),
        Probe::new(kind, "output", said("output", "identifierAnalyst", "valueIdentifier")).rule("TASK-PERSON"),
        Probe::new(kind, "requester", named).rule("TASK-PERSON"),
        Probe::new(kind, "note", note).rule("OTHER"),
    ]
}

/// D31: an indicator, and its values.
fn indicator() -> Vec<Probe> {
    let topic = |resource: &mut Node, word: &str| push(resource, "topic", concept("https://example.org/t", word));
    let group = |resource: &mut Node, word: &str| {
        push(resource, "group", node!({"code": (concept("https://example.org/g", word))}));
    };
    vec![
        Probe::new(Kind::Indicator, "purpose", |resource, word| set(resource, "purpose", word.into())),
        Probe::new(Kind::Indicator, "identifier", identifier("x")).by("identifier"),
        Probe::new(Kind::Indicator, "topic", topic).by("topic"),
        Probe::new(Kind::Report, "group", group),
        Probe::new(Kind::Report, "evaluatedResource", |resource, word| {
            push(resource, "evaluatedResource", node!({ "display": word }));
        })
        .rule("OTHER"),
    ]
}

fn identifier(code: &'static str) -> impl Fn(&mut Node, &str) {
    move |resource, word| {
        let kind = node!({"coding": [{"code": (code)}]});
        push(resource, "identifier", node!({"type": kind, "system": "https://example.org/id", "value": (word)}));
    }
}

fn telecom(level: Option<&'static str>) -> impl Fn(&mut Node, &str) {
    move |resource, word| {
        let point = node!({"system": "email", "value": (word)});
        push(resource, "telecom", carrying("ror-telecom-confidentiality-level", level, point));
    }
}

fn offer_contact(level: Option<&str>, part: &Node) -> Node {
    let mut contact = node!({"url": (format!("{ROR}ror-healthcareservice-contact")), "extension": [(part.clone())]});
    if let Some(level) = level {
        let level = extension("ror-confidentiality-level", "valueCodeableConcept", concept(system("level"), level));
        push(&mut contact, "extension", level);
    }
    contact
}

/// `node` with its level written at `carrier`.
fn carrying(carrier: &str, level: Option<&str>, mut node: Node) -> Node {
    if let Some(level) = level {
        push(&mut node, "extension", extension(carrier, "valueCodeableConcept", concept(system("level"), level)));
    }
    node
}

fn address(resource: &mut Node, is_list: bool, member: &str, word: &str) {
    let mut address = match resource.get("address") {
        Some(Node::Array(items)) => items[0].clone(),
        Some(address) => address.clone(),
        None => node!({}),
    };
    set(&mut address, member, if member == "line" { node!([(word)]) } else { word.into() });
    set(resource, "address", if is_list { node!([address]) } else { address });
}

fn meta(resource: &mut Node, member: &str, value: Node) {
    let mut meta = resource.get("meta").cloned().unwrap_or_else(|| node!({}));
    set(&mut meta, member, value);
    set(resource, "meta", meta);
}

fn set(target: &mut Node, member: &str, value: Node) {
    target.as_object_mut().expect("an object").insert(member, value);
}

fn push(target: &mut Node, member: &str, value: Node) {
    let mut items: Vec<Node> = target.items(member).cloned().collect();
    items.push(value);
    set(target, member, Node::Array(items));
}

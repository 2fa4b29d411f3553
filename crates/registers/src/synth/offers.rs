//! Offers (HealthcareService), of structures and of practices alike.

use ror_fhir::{Instant, Node, Object};

use super::catalogue::OfferKind;
use super::contacts::{self, Telecom};
use super::defects::{DefectKind, spoil_offer};
use super::draw::{DAY_MS, Draw};
use super::elements::{
    coded, concept, concepts, created, date_time, meta, object, part, push, reference, ror, ror_complex,
};
use super::establishments::{Closure, Site};
use super::hours;
use super::names::mailbox;
use super::territory::World;

/// Categories of EG whose offers of mode 46, 47 or 48 owe installed places (CP6, `indicators.md` §5).
const OWES_PLACES: [&str; 43] = [
    "178", "182", "183", "186", "188", "189", "190", "192", "194", "195", "196", "197", "198", "202", "207", "209",
    "221", "228", "238", "246", "249", "252", "253", "255", "354", "370", "377", "379", "381", "382", "390", "395",
    "396", "402", "437", "445", "446", "448", "449", "460", "500", "501", "502",
];

/// Whether an offer of a site of that category must declare installed places.
pub(super) fn wants_installed_places(kind: &OfferKind, category: &str) -> bool {
    matches!(kind.mode.as_str(), "46" | "47" | "48")
        && kind.category.as_deref() != Some("25")
        && OWES_PLACES.contains(&category)
}

/// An offer, before its resource.
pub(super) struct Offer<'a> {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) kind: &'a OfferKind,
    pub(super) site: &'a Site,
    /// Key of the structure that carries it.
    pub(super) provider: String,
    /// Keys of its places.
    pub(super) places: Vec<String>,
    /// When it is closed, or its site is.
    pub(super) closure: Option<Closure>,
    /// Whether it is an offer of a practice.
    pub(super) practice: bool,
    /// Whether professionals visit homes.
    pub(super) home: bool,
}

/// Hands over the offer, with the defects due.
pub(super) fn propose(world: &mut World<'_>, offer: &Offer<'_>) {
    let mut draw = Draw::new(world.seed, &[&offer.key]);
    let updated = draw.updated(world.now);
    let mut resource = build(world, offer, updated, &mut draw);
    spoil_offer(world, &offer.key, &mut resource);
    if updated < world.now - 365 * DAY_MS {
        let what = format!("dernière mise à jour le {}", super::elements::day(updated));
        world.tell(DefectKind::NotUpdatedForAYear, &offer.key, what);
    }
    world.propose(&offer.key, resource, updated);
}

fn build(world: &World<'_>, offer: &Offer<'_>, updated: Instant, draw: &mut Draw) -> Node {
    let kind = offer.kind;
    let born = draw.created(updated);
    let closure = offer.closure.as_ref();
    let mut members = Object::new();
    members.insert("resourceType", "HealthcareService");
    members.insert("meta", meta(&world.region));
    members.insert("extension", extensions(world, offer, born, draw));
    members.insert("providedBy", reference(&offer.provider));
    if let Some(category) = &kind.category {
        members.insert("category", Node::Array(vec![concept("R244-CategorieOrganisation", category)]));
    }
    members.insert("type", Node::Array(vec![concept("R227-ChampActivite", &kind.field)]));
    members.insert("specialty", specialties(kind));
    members.insert("location", Node::Array(offer.places.iter().map(|place| reference(place)).collect()));
    members.insert("name", offer.name.as_str());
    if draw.chance(0.05) {
        members.insert("comment", "Fiche relue par le référent ROR de la structure.");
    }
    let mut resource = Node::Object(members);
    if draw.chance(0.3) {
        let secure = Telecom::secure_mailbox(&mailbox(&offer.name), if kind.sensitive { 3 } else { 2 });
        push(&mut resource, "telecom", secure.to_contact_point());
    }
    crate::shapes::set(&mut resource, "characteristic", characteristics(offer, closure, draw));
    crate::shapes::set_list(&mut resource, "availableTime", hours::slots(kind.hours, offer.home, world.now, draw));
    if let Some(closure) = closure {
        push(&mut resource, "notAvailable", not_available(closure));
    }
    resource
}

fn extensions(world: &World<'_>, offer: &Offer<'_>, born: Instant, draw: &mut Draw) -> Vec<Node> {
    let kind = offer.kind;
    let mut extensions = Vec::new();
    if kind.territory {
        extensions.extend(served(world, offer.site, draw));
    }
    extensions.push(ror("ror-healthcareservice-sensitive-unit", "valueBoolean", kind.sensitive));
    if kind.consent {
        extensions.push(ror("ror-healthcareservice-no-consent-habilitation", "valueBoolean", true));
    }
    if let Some(sector) = &kind.sector {
        let sector = format!("{}{:02}", world.fill(sector), draw.between(1, 9));
        extensions.push(ror("ror-healthcareservice-psychiatric-sector", "valueString", sector));
    }
    extensions.push(patients(kind));
    let acute = kind.critical || kind.mode == "33";
    let contacts = if offer.practice {
        contacts::of_practice(draw)
    } else {
        contacts::of_offer(world.catalogue, &offer.name, acute, kind.sensitive, draw)
    };
    extensions.extend(contacts.iter().map(contacts::Contact::to_extension));
    extensions.push(created(born));
    extensions
}

/// Communes served: the nearest ones, more or less of them (RG_EXP_009: communes only).
fn served(world: &World<'_>, site: &Site, draw: &mut Draw) -> Vec<Node> {
    let mut towns: Vec<_> = (0..world.towns.len()).collect();
    towns.sort_by_key(|place| world.towns[*place].apart(&world.towns[site.town]));
    let division = |place: usize| {
        let parts = vec![
            coded("typeTerritorialDivision", "R201-TypeDivisionTerritoriale", "3"),
            coded("codeTerritorialDivision", "R13-CommuneOM", &world.towns[place].code),
        ];
        ror_complex("ror-territorial-division", parts)
    };
    towns.into_iter().take(draw.between(8, 30) as usize).map(division).collect()
}

fn patients(kind: &OfferKind) -> Node {
    let mut parts: Vec<_> =
        kind.public.iter().map(|code| coded("supportedPatientInfo", "R239-PublicPrisEnCharge", code)).collect();
    let (low, high) = kind.ages.unwrap_or((0, 120));
    let bound = |years: u32| {
        let system = super::elements::system("R247-UcumUniteMesure");
        object([("value", years.into()), ("system", system.into()), ("code", "a".into())])
    };
    parts.push(part("ageRange", "valueRange", object([("low", bound(low)), ("high", bound(high))])));
    ror_complex("ror-healthcareservice-patient-type", parts)
}

/// One CodeableConcept per slice, since each slice is at most one; its codings are the activities, and
/// for medico-social offers the families they belong to (RG_EXP_007).
fn specialties(kind: &OfferKind) -> Node {
    let mut specialties = vec![concepts("R211-ActiviteOperationnelle", &kind.ao)];
    if !kind.family.is_empty() {
        let family = |code: &String| {
            // Families out of SERAFIN-PH have two digits, those of SERAFIN-PH three.
            let tre = if code.len() == 2 {
                "R266-FamilleActiviteOperationnelleHorsSerafin"
            } else {
                "R265-PrestationPilotageSerafin"
            };
            super::elements::coding(tre, code)
        };
        specialties.push(object([("coding", Node::Array(kind.family.iter().map(family).collect()))]));
    }
    Node::Array(specialties)
}

fn characteristics(offer: &Offer<'_>, closure: Option<&Closure>, draw: &mut Draw) -> Vec<Node> {
    let kind = offer.kind;
    let all = |tre: &str, codes: &[String]| codes.iter().map(|code| concept(tre, code)).collect::<Vec<_>>();
    let mut list = Vec::new();
    list.extend(kind.temporality.iter().map(|code| concept("R240-TemporaliteAccueil", code)));
    list.push(concept("R213-ModePriseEnCharge", &kind.mode));
    list.extend(modalities(offer, draw));
    list.extend(all("R236-ModeGestion", &kind.management));
    list.extend(kind.acts.iter().map(|code| act("specificAct", code)));
    list.extend(kind.outside.iter().map(|code| act("outsideOfficeAct", code)));
    list.extend(all("R245-SpecialisationDePriseEnCharge", &kind.special));
    list.extend(annual_opening(kind).map(|code| concept("R238-OuvertureAnnuelle", code)));
    list.extend(kind.staff.iter().map(|staff| prefixed(staff)));
    list.extend(all("R243-CompetenceSpecifique", &kind.skill));
    if draw.chance(0.06) {
        list.push(concept("R243-CompetenceSpecifique", draw.word(&["01", "06"])));
    }
    list.extend(kind.level.iter().map(|level| prefixed(level)));
    list.extend(closure.map(|closure| concept("R286-TypeFermeture", closure.kind)));
    list
}

fn modalities(offer: &Offer<'_>, draw: &mut Draw) -> Vec<Node> {
    let mut codes: Vec<&str> = offer.kind.modality.iter().map(String::as_str).collect();
    if offer.practice || offer.kind.mode == "32" {
        codes.push("03");
        if draw.chance(0.2) {
            codes.push("04");
        }
    }
    if offer.home {
        codes.push("05");
    }
    codes.into_iter().map(|code| concept("R338-ModaliteAccueil", code)).collect()
}

/// An act, told apart by the extension `ror-act-type`.
fn act(kind: &str, code: &str) -> Node {
    let mut concept = concept("R210-ActeSpecifique", code);
    push(&mut concept, "extension", ror("ror-act-type", "valueCode", kind));
    concept
}

/// `R356:112` as a concept.
fn prefixed(code: &str) -> Node {
    let (prefix, code) = code.split_once(':').expect("a test reads the tables");
    let tre = match prefix {
        "G15" => "G15-ProfessionSante",
        "R85" => "R85-RolePriseCharge",
        "R94" => "R94-ProfessionSocial",
        "R95" => "R95-UsagerTitre",
        "R253" => "R253-TypeMaternite",
        "R344" => "R344-NiveauExpertise",
        _ => "R356-ProfessionRessource",
    };
    concept(tre, code)
}

fn annual_opening(kind: &OfferKind) -> Option<&'static str> {
    use super::catalogue::Hours;
    match (kind.field.as_str(), kind.hours) {
        ("05", _) => None,
        (_, Hours::Continuous | Hours::Stay) => Some("03"),
        (_, Hours::Day) => Some("02"),
        _ => Some("04"),
    }
}

fn not_available(closure: &Closure) -> Node {
    let mut during = Object::new();
    during.insert("start", date_time(closure.from));
    if let Some(until) = closure.until {
        during.insert("end", date_time(until));
    }
    object([
        ("id", "closingReopeningDate".into()),
        ("description", "Période de fermeture et de réouverture prévisionnelle".into()),
        ("during", during.into()),
    ])
}

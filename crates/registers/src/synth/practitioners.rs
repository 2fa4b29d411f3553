//! People: the practitioner, and the role they have in one offer.

use ror_fhir::{Node, Object};

use super::catalogue::{OfferKind, Profession};
use super::contacts::Telecom;
use super::defects::DefectKind;
use super::draw::{DAY_MS, Draw, hash};
use super::elements::{coded, concept, created, meta, object, part, push, reference, ror_coded, ror_complex};
use super::hours;
use super::names::Person;
use super::offers::Offer;
use super::territory::World;

/// Extensions of the national directory that the guide takes over.
const ANNUAIRE: &str = "https://apifhir.annuaire.sante.fr/ws-sync/exposed/structuredefinition/";

/// Someone with a sheet.
#[derive(Clone, Debug)]
pub(super) struct Practitioner {
    pub(super) rpps: String,
    pub(super) person: Person,
    key: String,
}

/// How someone practises in an offer.
pub(super) struct Practice<'a> {
    pub(super) profession: &'a Profession,
    /// Ordinal speciality, when another than the profession's.
    pub(super) speciality: Option<&'a str>,
    pub(super) liberal: bool,
}

/// Someone new, handed over.
pub(super) fn propose(world: &mut World<'_>) -> Practitioner {
    let rpps = world.numbers.rpps();
    let key = format!("ps/{rpps}");
    let mut draw = Draw::new(world.seed, &[&key]);
    let person = Person::draw(world.catalogue, &mut draw);
    let updated = draw.updated(world.now);
    let prefix = if person.woman { "MME" } else { "M" };
    let mut name = Object::new();
    name.insert("family", person.family.as_str());
    name.insert("given", Node::Array(vec![person.given.as_str().into()]));
    name.insert("prefix", Node::Array(vec![prefix.into()]));
    // National identifier: 8 for a RPPS number, then the number.
    let identifier = object([("system", "urn:oid:1.2.250.1.71.4.2.1".into()), ("value", format!("8{rpps}").into())]);
    let mut members = Object::new();
    members.insert("resourceType", "Practitioner");
    members.insert("meta", meta(&world.region));
    members.insert("extension", Node::Array(vec![created(draw.created(updated))]));
    members.insert("identifier", Node::Array(vec![identifier]));
    members.insert("name", Node::Array(vec![name.into()]));
    let mut resource = Node::Object(members);
    if draw.chance(0.7) {
        let level = if draw.chance(0.15) { 1 } else { 2 };
        let mailbox = Telecom::secure_mailbox(&person.mailbox(), level);
        push(&mut resource, "telecom", mailbox.to_contact_point());
    }
    crate::shapes::set(&mut resource, "gender", if person.woman { "female" } else { "male" });
    world.propose(&key, resource, updated);
    if world.plan.due(DefectKind::UnknownRpps) {
        world.tell(DefectKind::UnknownRpps, &key, "numéro que le registre ne connaît pas");
    }
    Practitioner { rpps, person, key }
}

/// Hands over the role of someone in an offer.
pub(super) fn propose_role(
    world: &mut World<'_>,
    practitioner: &Practitioner,
    practice: &Practice<'_>,
    offer: &Offer<'_>,
) {
    let tail = offer.key.trim_start_matches("offre/");
    let key = format!("role/{}/{tail}", practitioner.rpps);
    let mut draw = Draw::new(world.seed, &[&key]);
    let updated = draw.updated(world.now);
    let mut members = Object::new();
    members.insert("resourceType", "PractitionerRole");
    members.insert("meta", meta(&world.region));
    let born = created(draw.created(updated).max(updated - 2500 * DAY_MS));
    members.insert("extension", extensions(practitioner, practice, born, &mut draw));
    if world.shape.rare {
        // Number of the situation in the directory of its region.
        let number = format!("{}/{:08}", world.region, hash(&key) % 100_000_000);
        members.insert("identifier", Node::Array(vec![object([("value", number.into())])]));
    }
    members.insert("practitioner", reference(&practitioner.key));
    members.insert("organization", reference(&offer.site.key));
    members.insert("code", Node::Array(vec![concept("G15-ProfessionSante", &practice.profession.code)]));
    members.insert("specialty", specialties(practice, &mut draw));
    members.insert("location", Node::Array(offer.places.iter().take(1).map(|place| reference(place)).collect()));
    members.insert("healthcareService", Node::Array(vec![reference(&offer.key)]));
    let mut resource = Node::Object(members);
    if draw.chance(0.4) {
        let level = if practice.liberal && draw.chance(0.6) { 1 } else { 2 };
        push(&mut resource, "telecom", Telecom::landline(&mut draw, level).to_contact_point());
    }
    if draw.chance(0.25) {
        push(&mut resource, "availableTime", hours::of_role(&mut draw));
    }
    world.propose(&key, resource, updated);
}

/// The slices of `specialty`: kind of savoir-faire, ordinal speciality, sometimes a particular skill.
fn specialties(practice: &Practice<'_>, draw: &mut Draw) -> Node {
    let kind = practice.profession.skill.first().map_or("CM", String::as_str);
    let own = practice.profession.skill.get(1).map(String::as_str);
    let mut specialties = vec![concept("R04-TypeSavoirFaire", kind)];
    specialties.extend(practice.speciality.or(own).map(|code| concept("R38-SpecialiteOrdinale", code)));
    if draw.chance(0.08) {
        specialties.push(concept("R243-CompetenceSpecifique", draw.word(&["01", "06", "62"])));
    }
    Node::Array(specialties)
}

fn extensions(practitioner: &Practitioner, practice: &Practice<'_>, born: Node, draw: &mut Draw) -> Node {
    let mode = if practice.liberal { "L" } else { "S" };
    let mut name = Vec::new();
    if practice.profession.titled {
        name.push(coded("exerciseTitle", "R11-CiviliteExercice", "DR"));
    }
    name.push(part("exerciseLastName", "valueString", practitioner.person.family.as_str()));
    name.push(part("exerciseFirstName", "valueString", practitioner.person.given.as_str()));
    let mut extensions = vec![
        ror_coded("ror-practitionerrole-unit-exercise-mode", "R23-ModeExercice", mode),
        ror_complex("ror-practitionerrole-name", name),
    ];
    if practice.liberal && !practice.profession.sector.is_empty() {
        let sector = draw.pick(&practice.profession.sector);
        let url = format!("{ANNUAIRE}practitionerRole-contracted");
        extensions.push(coded(&url, "R282-CNAMAmeliSecteurConventionnement", sector));
        if practice.profession.titled {
            let signed = sector == "c3" && draw.chance(0.5);
            extensions.push(part(&format!("{ANNUAIRE}practitionerRole-hasCAS"), "valueBoolean", signed));
        }
        let vitale = draw.chance(0.95);
        extensions.push(part(&format!("{ANNUAIRE}practitionerRole-vitaleAccepted"), "valueBoolean", vitale));
    }
    extensions.push(born);
    Node::Array(extensions)
}

/// Names people in an offer of a structure: the team of a health house, two heads in some offers of
/// hospitals, two nurses in some of other structures. Nobody is named in a sensitive unit.
pub(super) fn named_in_structure(world: &mut World<'_>, offer: &Offer<'_>, draw: &mut Draw) {
    let catalogue = world.catalogue;
    if let Some(profession) = offer.kind.team.as_deref().and_then(|team| catalogue.profession(team)) {
        for _ in 0..draw.between(1, 4) {
            let practitioner = propose(world);
            let practice = Practice { profession, speciality: None, liberal: offer.site.category == "603" };
            propose_role(world, &practitioner, &practice, offer);
        }
        return;
    }
    if offer.kind.sensitive {
        return;
    }
    let hospital = matches!(offer.kind.field.as_str(), "01" | "02" | "03");
    let (heads, nurses) = world.shape.named;
    let (key, share) = if hospital { ("medecin-generaliste", heads) } else { ("infirmier", nurses) };
    let Some(profession) = catalogue.profession(key).filter(|_| draw.chance(share)) else { return };
    for _ in 0..2 {
        let practitioner = propose(world);
        let speciality = hospital.then(|| speciality_of(offer.kind));
        propose_role(world, &practitioner, &Practice { profession, speciality, liberal: false }, offer);
    }
}

/// Ordinal speciality of the heads of a hospital offer, from the doctors it mobilises.
fn speciality_of(kind: &OfferKind) -> &'static str {
    let first = kind.staff.iter().find_map(|staff| staff.strip_prefix("R356:"));
    match first {
        Some("63" | "121") => "SM04",
        Some("70") => "SM08",
        Some("81") => "SM18",
        Some("83" | "82") => "SM20",
        Some("87") => "SM02",
        Some("94") => "SM29",
        Some("96") => "SM30",
        Some("98") => "SM32",
        Some("101") => "SM36",
        Some("105" | "127") => "SM40",
        Some("107") => "SM41",
        Some("108") => "SM42",
        Some("43") => "SM43",
        Some("109") => "SM44",
        Some("112") => "SM46",
        Some("115") => "SM59",
        Some("120") => "SM14",
        _ => "SM54",
    }
}

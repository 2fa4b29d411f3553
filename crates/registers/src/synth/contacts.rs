//! Contacts and telecoms, in the two shapes of the guide, with believable levels.
//!
//! A contact is a service (nature, no name) or a named person (function and name), never both
//! (RG_EXP_040, RG_EXP_041); a telecom is at least as strict as its contact (RG_EXP_034).

use ror_fhir::Node;

use super::catalogue::Catalogue;
use super::draw::Draw;
use super::elements::{coded, object, part, ror, ror_coded, ror_complex};
use super::names::{Person, landline, mailbox, mobile};
use crate::shapes::ROR_EXTENSION;

/// Landline, mobile, e-mail, web site, alert line and fax of J225, and the secure mailbox.
const MOBILE: &str = "1";
const LANDLINE: &str = "2";
const EMAIL: &str = "3";
const WEBSITE: &str = "4";
const ALERT_LINE: &str = "8";
const MSSANTE: &str = "MSSANTE";

/// A way to reach someone.
#[derive(Clone, Debug)]
pub(super) struct Telecom {
    channel: &'static str,
    value: String,
    usage: Option<&'static str>,
    level: u8,
}

/// Who to reach, and how.
#[derive(Clone, Debug)]
pub(super) struct Contact {
    /// Nature of the service (J221).
    purpose: Option<&'static str>,
    /// Function (J220) and person.
    person: Option<(&'static str, Person)>,
    description: Option<&'static str>,
    level: u8,
    telecoms: Vec<Telecom>,
}

impl Telecom {
    fn new(channel: &'static str, value: String, level: u8) -> Self {
        Self { channel, value, usage: None, level }
    }

    /// A secure mailbox.
    pub(super) fn secure_mailbox(left: &str, level: u8) -> Self {
        Self::new(MSSANTE, format!("{left}@exemple.mssante.fr"), level)
    }

    /// A landline.
    pub(super) fn landline(draw: &mut Draw, level: u8) -> Self {
        Self::new(LANDLINE, landline(draw), level)
    }

    /// Channel, usage and level as the guide's three extensions.
    fn extensions(&self) -> Vec<Node> {
        let tre = if self.channel == MSSANTE { "R256-TypeMessagerie" } else { "R200-CanalCommunication" };
        let mut extensions = vec![ror_coded("ror-telecom-communication-channel", tre, self.channel)];
        extensions.extend(self.usage.map(|usage| ror("ror-telecom-usage", "valueString", usage)));
        extensions.push(level("ror-telecom-confidentiality-level", self.level));
        extensions
    }

    /// A native ContactPoint.
    pub(super) fn to_contact_point(&self) -> Node {
        let kind = match self.channel {
            EMAIL | MSSANTE => "email",
            WEBSITE => "url",
            _ => "phone",
        };
        object([
            ("extension", Node::Array(self.extensions())),
            ("system", kind.into()),
            ("value", self.value.as_str().into()),
        ])
    }

    /// The extension that stands for a telecom in a contact of an offer.
    fn to_extension(&self) -> Node {
        let mut parts = self.extensions();
        parts.push(part("telecomAddress", "valueString", self.value.as_str()));
        ror_complex("ror-healthcareservice-contact-telecom", parts)
    }
}

impl Contact {
    fn service(purpose: &'static str, level: u8, telecoms: Vec<Telecom>) -> Self {
        Self { purpose: Some(purpose), person: None, description: None, level, telecoms }
    }

    /// `Organization.contact`.
    pub(super) fn to_backbone(&self) -> Node {
        let mut extensions = Vec::new();
        let function = self.person.as_ref().map(|(function, _)| *function);
        extensions.extend(function.map(|code| ror_coded("ror-contact-function-contact", "R251-FonctionContact", code)));
        extensions.extend(self.description.map(|text| ror("ror-contact-description", "valueString", text)));
        extensions.push(level("ror-contact-confidentiality-level", self.level));
        let mut contact = object([("extension", Node::Array(extensions))]);
        let Some(members) = contact.as_object_mut() else { return contact };
        if let Some(purpose) = self.purpose {
            members.insert("purpose", super::elements::concept("R287-NatureContact", purpose));
        }
        if let Some((_, person)) = &self.person {
            members.insert("name", human_name(person));
        }
        members.insert("telecom", Node::Array(self.telecoms.iter().map(Telecom::to_contact_point).collect()));
        contact
    }

    /// The extension `ror-healthcareservice-contact`.
    pub(super) fn to_extension(&self) -> Node {
        let mut parts = Vec::new();
        if let Some((function, person)) = &self.person {
            parts.push(part("name", "valueHumanName", human_name(person)));
            parts.push(ror_coded("ror-contact-function-contact", "R251-FonctionContact", function));
        }
        parts.extend(self.purpose.map(|purpose| coded("purposeContact", "R287-NatureContact", purpose)));
        parts.extend(self.description.map(|text| part("description", "valueString", text)));
        parts.push(level("ror-confidentiality-level", self.level));
        parts.extend(self.telecoms.iter().map(Telecom::to_extension));
        ror_complex("ror-healthcareservice-contact", parts)
    }
}

/// The contacts of a site: its public switchboard, often a named director, sometimes a crisis line.
pub(super) fn of_site(catalogue: &Catalogue, name: &str, crisis: bool, draw: &mut Draw) -> Vec<Contact> {
    let domain = mailbox(name);
    let mut telecoms = vec![Telecom::landline(draw, 1)];
    if draw.chance(0.7) {
        telecoms.push(Telecom::new(EMAIL, format!("accueil.{domain}@example.fr"), 1));
    }
    if draw.chance(0.3) {
        telecoms.push(Telecom::new(WEBSITE, format!("https://www.example.fr/{domain}"), 1));
    }
    let mut contacts = vec![Contact::service("06", 1, telecoms)];
    if draw.chance(0.5) {
        let person = Person::draw(catalogue, draw);
        let email = Telecom::new(EMAIL, format!("{}@example.fr", person.mailbox()), 2);
        let telecoms = vec![Telecom::landline(draw, 2), email];
        let contact = Contact { purpose: None, person: Some(("01", person)), description: None, level: 2, telecoms };
        contacts.push(contact);
    }
    if crisis {
        let line = Telecom::new(ALERT_LINE, landline(draw), 3);
        let description = Some("Cellule de crise, plan blanc");
        contacts.push(Contact { description, ..Contact::service("08", 3, vec![line]) });
    }
    contacts
}

/// The contacts of an offer of a structure: secretariat, then, more or less often, the admissions
/// mailbox, a named head, the direct line kept for regulation. All at level 3 in a sensitive unit
/// (RG_EXP_039).
pub(super) fn of_offer(
    catalogue: &Catalogue,
    name: &str,
    acute: bool,
    sensitive: bool,
    draw: &mut Draw,
) -> Vec<Contact> {
    let mut contacts = vec![secretariat(name, draw)];
    if draw.chance(0.35) {
        let mailbox = Telecom::secure_mailbox(&mailbox(&format!("admission {name}")), 2);
        contacts.push(Contact::service("03", 2, vec![mailbox, Telecom::landline(draw, 2)]));
    }
    if draw.chance(0.15) {
        let person = Person::draw(catalogue, draw);
        let mailbox = Telecom::secure_mailbox(&person.mailbox(), 2);
        let function = if acute { "10" } else { "03" };
        let person = Some((function, person));
        contacts.push(Contact { purpose: None, person, description: None, level: 2, telecoms: vec![mailbox] });
    }
    if acute {
        let mut line = Telecom::new(LANDLINE, landline(draw), 3);
        line.usage = Some("Ligne directe réservée à la régulation, jour et nuit");
        let mut telecoms = vec![line];
        if draw.chance(0.4) {
            telecoms.push(Telecom::new(MOBILE, mobile(draw), 3));
        }
        contacts.push(Contact::service("13", 3, telecoms));
    }
    if sensitive {
        for contact in &mut contacts {
            contact.level = 3;
            contact.telecoms.iter_mut().for_each(|telecom| telecom.level = 3);
        }
    }
    contacts
}

fn secretariat(name: &str, draw: &mut Draw) -> Contact {
    let level = if draw.chance(0.75) { 1 } else { 2 };
    let mut telecoms = vec![Telecom::landline(draw, level)];
    if draw.chance(0.5) {
        // A public secretariat may keep its e-mail for professionals.
        let mail_level = if draw.chance(0.5) { 2 } else { level };
        telecoms.push(Telecom::new(EMAIL, format!("secretariat.{}@example.fr", mailbox(name)), mail_level.max(level)));
    }
    let purpose = draw.word(&["07", "01", "02"]);
    Contact::service(purpose, level, telecoms)
}

/// The contacts of an offer of city practice: appointments for all, sometimes a line for colleagues.
pub(super) fn of_practice(draw: &mut Draw) -> Vec<Contact> {
    let mut phone = Telecom::landline(draw, 1);
    phone.usage = Some("Prise de rendez-vous");
    let mut telecoms = vec![phone];
    if draw.chance(0.25) {
        telecoms.push(Telecom::new(WEBSITE, format!("https://www.example.fr/rendez-vous/{}", draw.below(9000)), 1));
    }
    let mut contacts = vec![Contact::service("02", 1, telecoms)];
    if draw.chance(0.25) {
        let mut line = Telecom::new(MOBILE, mobile(draw), 2);
        line.usage = Some("Numéro pour les confrères");
        contacts.push(Contact::service("04", 2, vec![line]));
    }
    contacts
}

/// A level of confidentiality (J222) in the extension of that id.
fn level(id: &str, level: u8) -> Node {
    ror_coded(id, "R283-NiveauConfidentialite", &level.to_string())
}

fn human_name(person: &Person) -> Node {
    object([("family", person.family.as_str().into()), ("given", Node::Array(vec![person.given.as_str().into()]))])
}

/// The address of the first telecom of an offer's contacts, to change in place.
pub(super) fn first_telecom_of_offer(offer: &mut Node) -> Option<&mut Node> {
    let contact = child(offer, "ror-healthcareservice-contact")?;
    let telecom = child(contact, "ror-healthcareservice-contact-telecom")?;
    let Some(Node::Array(parts)) = telecom.get_mut("extension") else { return None };
    parts.iter_mut().find(|part| part.str("url") == Some("telecomAddress"))?.get_mut("valueString")
}

fn child<'a>(parent: &'a mut Node, id: &str) -> Option<&'a mut Node> {
    let Some(Node::Array(children)) = parent.get_mut("extension") else { return None };
    children.iter_mut().find(|child| child.str("url").and_then(|url| url.strip_prefix(ROR_EXTENSION)) == Some(id))
}

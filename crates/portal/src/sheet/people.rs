//! Professionals in an offer: in city practice only, for the public (domain §7.3).

use ror_fhir::Node;
use ror_index::Hit;

use super::{Reader, contacts, hours, node};
use crate::components::contacts::Contacts;
use crate::components::tables::Hours;

/// A professional as the sheet of an offer shows them.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) profession: String,
    /// Convention, Vitale card and the like.
    pub(crate) notes: Vec<String>,
    pub(crate) contacts: Contacts,
    pub(crate) hours: Vec<Hours>,
}

/// The professionals of an offer, by name.
pub(crate) fn of_offer(reader: Reader<'_>, offer: &Hit) -> Vec<Person> {
    let roles = reader.referring(offer, ror_search::ResourceType::PractitionerRole, "service");
    let mut people: Vec<Person> = roles.iter().filter_map(|role| person(reader, &role.to_node())).collect();
    people.sort_by(|a, b| a.name.cmp(&b.name));
    people
}

fn person(reader: Reader<'_>, role: &Node) -> Option<Person> {
    let parts = node::extension(role, "ror-practitionerrole-name")?;
    let text = |name: &'static str| node::part(parts, name).and_then(|part| part.str("valueString"));
    let title = node::part(parts, "exerciseTitle").and_then(|part| node::label(part.get("valueCodeableConcept")?));
    let names = [title.as_deref(), text("exerciseFirstName"), text("exerciseLastName")];
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let profession = role.items("code").find_map(node::label);
    let specialty = node::labels(role, "specialty", "TRE_R38-SpecialiteOrdinale");
    let told: Vec<String> =
        profession.into_iter().chain(specialty.into_iter().map(|label| without_mark(&label))).collect();
    let skills = node::labels(role, "specialty", "TRE_R243-CompetenceSpecifique");
    let yes = |name| node::extension(role, name).and_then(|known| known.get("valueBoolean")?.as_bool());
    let mut notes: Vec<String> = skills;
    notes.extend(node::extension_label(role, "practitionerRole-contracted"));
    notes.extend(match yes("practitionerRole-vitaleAccepted") {
        Some(true) => Some("carte Vitale acceptée".to_owned()),
        Some(false) => Some("carte Vitale non acceptée".to_owned()),
        None => None,
    });
    if yes("practitionerRole-hasCAS") == Some(true) {
        notes.push("dépassements d’honoraires maîtrisés (OPTAM)".to_owned());
    }
    (!name.is_empty()).then(|| Person {
        name,
        profession: told.join(", "),
        notes,
        contacts: Contacts { items: contacts::of_telecoms(role) },
        hours: hours::read(role, reader.now),
    })
}

/// `Pédiatrie (SM)`: the mark is of use to registers only.
fn without_mark(label: &str) -> String {
    for mark in [" (SM)", " (SCD)", " (SI)"] {
        if let Some(bare) = label.strip_suffix(mark) {
            return bare.to_owned();
        }
    }
    label.to_owned()
}

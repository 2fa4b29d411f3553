//! Makes an instance of the tables keep the business rules too: a constraint is then broken
//! alone.

use ror_fhir::{Node, node};

const GUIDE: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/";
const PERIOD: &str = "http://hl7.org/fhir/StructureDefinition/organization-period";
const CLOSING_TYPES: &str = "https://mos.esante.gouv.fr/NOS/TRE_R286-TypeFermeture/FHIR/TRE-R286-TypeFermeture";
const COMMUNES: &str = "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM";

/// Adds or corrects what the rules ask, and nothing else.
pub(super) fn obey(resource: &mut Node) {
    match resource.str("resourceType") {
        Some("HealthcareService") => {
            each(resource, "extension", &mut of_offer);
            each(resource, "availableTime", &mut |slot| {
                add(slot, "daysOfWeek", &node!(["mon"]));
            });
            close_offer(resource);
        }
        Some("Organization") => {
            add(resource, "name", &node!("texte"));
            each(resource, "extension", &mut of_structure);
            each(resource, "contact", &mut |contact| {
                if contact.items("extension").any(|it| is(it, "ror-contact-function-contact")) {
                    add(contact, "name", &node!({"text": "texte"}));
                }
            });
            close_structure(resource);
        }
        Some("MeasureReport") if resource.get("group").is_some() && resource.str("type").is_some() => {
            resource.as_object_mut().expect("an object").insert("type", "summary");
        }
        Some("Questionnaire") => each(resource, "item", &mut |item| {
            if item.str("type").is_some() {
                item.as_object_mut().expect("an object").insert("type", "choice");
            }
        }),
        _ => {}
    }
}

fn is(extension: &Node, id: &str) -> bool {
    extension.str("url").is_some_and(|url| url.strip_prefix(GUIDE) == Some(id))
}

fn each(node: &mut Node, key: &str, change: &mut dyn FnMut(&mut Node)) {
    if let Some(Node::Array(items)) = node.get_mut(key) {
        items.iter_mut().for_each(change);
    }
}

/// Adds a member where there is none.
fn add(node: &mut Node, key: &str, value: &Node) {
    if let Some(members) = node.as_object_mut().filter(|members| members.get(key).is_none()) {
        members.insert(key, value.clone());
    }
}

fn set_codes(node: &mut Node, key: &str, value: &str) {
    if let Some(concept) = node.get_mut("valueCodeableConcept") {
        each(concept, "coding", &mut |coding| {
            if let Some(members) = coding.as_object_mut() {
                members.insert(key, value);
            }
        });
    }
}

/// No sensitive unit, and communes.
fn of_offer(extension: &mut Node) {
    if is(extension, "ror-healthcareservice-sensitive-unit") && extension.get("valueBoolean") == Some(&node!(true)) {
        extension.as_object_mut().expect("an object").insert("valueBoolean", false);
    }
    if is(extension, "ror-territorial-division") {
        each(extension, "extension", &mut |part| {
            if part.str("url") == Some("codeTerritorialDivision") {
                set_codes(part, "system", COMMUNES);
                set_codes(part, "code", "38185");
            }
        });
    }
}

/// No housing supplement: it would be that of a single room.
fn of_structure(extension: &mut Node) {
    if is(extension, "ror-organization-price") {
        each(extension, "extension", &mut |part| {
            if part.str("url") == Some("priceType") {
                set_codes(part, "code", "03");
            }
        });
    }
}

fn closing_type() -> Node {
    node!({"coding": [{"system": CLOSING_TYPES, "code": "PRO", "display": "Provisoire"}]})
}

/// A type, a date, or neither.
fn close_offer(offer: &mut Node) {
    let drawn = |concept: &Node| concept.items("coding").any(|coding| coding.str("system") == Some(CLOSING_TYPES));
    let has_type = offer.items("characteristic").any(drawn);
    let is_slot =
        |slot: &Node| slot.get("during").is_some_and(|it| it.get("start").is_some() || it.get("end").is_some());
    let has_date = offer.items("notAvailable").any(is_slot);
    if has_type && !has_date {
        let description = "Période de fermeture et de réouverture prévisionnelle";
        let slot = node!({"id": "closingReopeningDate", "description": description, "during": {"start": "2026-01-15"}});
        add(offer, "notAvailable", &node!([slot]));
    } else if has_date {
        if !has_type {
            push(offer, "characteristic", closing_type());
        }
        each(offer, "notAvailable", &mut |slot| {
            if let Some(during) = slot.get_mut("during") {
                add(during, "start", &node!("2025-01-15"));
            }
        });
    }
}

fn close_structure(structure: &mut Node) {
    let has = |id: &str| structure.items("extension").any(|it| is(it, id));
    let has_type = has("ror-organization-closing-type");
    let is_ended = |it: &Node| it.get("valuePeriod").is_some_and(|period| period.get("end").is_some());
    let has_period = structure.items("extension").any(|it| it.str("url") == Some(PERIOD));
    let has_date = structure.items("extension").any(is_ended);
    let is_closed = has_type || has_date || has("ror-organization-reopening-date");
    if is_closed && !has_type {
        let concept = closing_type();
        let url = format!("{GUIDE}ror-organization-closing-type");
        push(structure, "extension", node!({"url": url, "valueCodeableConcept": concept}));
    }
    if is_closed && !has_period {
        push(structure, "extension", node!({"url": PERIOD, "valuePeriod": {"end": "2026-01-15"}}));
    }
}

fn push(resource: &mut Node, key: &str, value: Node) {
    if let Some(Node::Array(items)) = resource.get_mut(key) {
        items.push(value);
    }
}

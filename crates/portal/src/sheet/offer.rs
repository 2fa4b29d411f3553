//! An offer: HealthcareService with its places, its structure and its professionals.

use ror_fhir::{Instant, Node};
use ror_index::Hit;
use ror_registers::cog::Position;
use ror_search::{ResourceType, distance_km};
use ror_terminology::fold;

use super::address::Address;
use super::people::{self, Person};
use super::structure::Fallback;
use super::{Reader, closing, contacts, hours, node, structure};
use crate::components::contacts::Contacts;
use crate::components::facts::{Fact, Facts};
use crate::components::freshness::Freshness;
use crate::components::result::{Card, Phone};
use crate::components::tables::Hours;
use crate::french;

const ACTIVITY: &str = "TRE_R211-ActiviteOperationnelle";
const MODE: &str = "TRE_R213-ModePriseEnCharge";
const FIELD: &str = "TRE_R227-ChampActivite";
const CATEGORY: &str = "TRE_R244-CategorieOrganisation";
/// How it is said to be closed.
const CLOSED: &str = "Fermée";
/// Communes of the zone named before "et … autres".
const ZONE_SHOWN: usize = 12;
/// Ages above which there is no limit.
const AGE_OPEN: i64 = 120;

/// A link to another sheet.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) text: String,
    pub(crate) href: String,
}

/// A place of an offer.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) address: Address,
    /// How to get in, works, state of the place.
    pub(crate) notes: Vec<String>,
    pub(crate) contacts: Contacts,
}

/// Everything that the sheet of an offer shows.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) title: String,
    pub(crate) organization: Option<Link>,
    /// Field, mode and ages on one line.
    pub(crate) summary: Vec<String>,
    pub(crate) closing: Option<String>,
    pub(crate) comment: Option<String>,
    pub(crate) what: Facts,
    pub(crate) who: Facts,
    pub(crate) contacts: Contacts,
    /// Contacts of the structure, when the offer has no telephone that people may call.
    pub(crate) fallback: Option<Fallback>,
    pub(crate) hours: Vec<Hours>,
    pub(crate) places: Vec<Place>,
    pub(crate) people: Vec<Person>,
    pub(crate) identity: Facts,
    pub(crate) freshness: Freshness,
}

impl Sheet {
    /// The telephones to call first: its own, else those of its places, else that of its structure.
    pub(crate) fn calls(&self) -> Vec<Phone> {
        let places = self.places.iter().flat_map(|place| &place.contacts.items);
        let own = contacts::calls(self.contacts.items.iter().chain(places));
        if own.is_empty() { self.fallback.as_ref().and_then(Fallback::phone).into_iter().collect() } else { own }
    }
}

/// Address of the sheet of an offer.
pub(crate) fn href(hit: &Hit, offer: &Node) -> String {
    let number = node::identifier(offer, "35").or_else(|| offer.items("identifier").next()?.str("value"));
    match number.and_then(|number| number.split_once('/')) {
        Some((region, number)) => format!("/offre/{}/{}", structure::segment(region), structure::segment(number)),
        None => format!("/offre/{}", structure::segment(hit.id())),
    }
}

/// An offer among results.
pub(crate) fn card(reader: Reader<'_>, hit: &Hit, from: Option<Position>) -> Card {
    let offer = hit.to_node();
    let places: Vec<Node> = reader.targets(hit, ResourceType::Location, "location").iter().map(Hit::to_node).collect();
    let addresses: Vec<Address> = places.iter().map(|place| Address::of_place(place, reader.cog)).collect();
    let nearest = nearest(&addresses, from);
    let bearer = bearer(reader, hit);
    let link = bearer.as_ref().map(|(bearer, node)| structure::link(bearer, node));
    let (title, organization) = titled(title(&offer), link);
    let mut known = contacts::of_offer(&offer);
    known.extend(places.iter().flat_map(contacts::of_telecoms));
    let own = contacts::first_phone(&known)
        .and_then(|phone| Some(Phone { shown: phone.shown.clone(), link: phone.link.clone()?, whose: String::new() }));
    let of_bearer = || bearer.as_ref().and_then(|(bearer, node)| structure::contacts(reader, bearer, node)?.phone());
    let phone = own.or_else(of_bearer);
    let address = nearest
        .and_then(|(_, address)| address.line())
        .or_else(|| Address::of_structure(&bearer.as_ref()?.1, reader.cog)?.line());
    Card {
        number: 0,
        is_numbered: true,
        title,
        href: href(hit, &offer),
        kind: subtitle(&offer),
        organization: organization.map(|link| (link.text, link.href)),
        address,
        distance: nearest.and_then(|(km, _)| km).map(french::distance),
        position: nearest.and_then(|(_, address)| address.position),
        phone,
        badges: badges(&offer, reader.now),
        freshness: Freshness::new(reader.now, hit.updated()),
    }
}

/// The whole sheet.
pub(crate) fn sheet(reader: Reader<'_>, hit: &Hit) -> Sheet {
    let offer = hit.to_node();
    let places: Vec<Place> = reader
        .targets(hit, ResourceType::Location, "location")
        .iter()
        .map(|place| read_place(&place.to_node(), reader))
        .collect();
    let bearer = bearer(reader, hit);
    let own = Contacts { items: contacts::of_offer(&offer) };
    let has_phone = contacts::first_phone(&own.items).is_some()
        || places.iter().any(|place| contacts::first_phone(&place.contacts.items).is_some());
    let of_bearer = || bearer.as_ref().and_then(|(bearer, node)| structure::contacts(reader, bearer, node));
    let fallback = if has_phone { None } else { of_bearer() };
    Sheet {
        title: title(&offer),
        organization: bearer.as_ref().map(|(bearer, node)| structure::link(bearer, node)),
        summary: summary(&offer),
        closing: closing::words(&offer, CLOSED, reader.now),
        comment: offer.str("comment").map(str::to_owned),
        what: what(&offer),
        who: who(&offer, reader),
        contacts: own,
        fallback,
        hours: hours::read(&offer, reader.now),
        places,
        people: people::of_offer(reader, hit),
        identity: identity(&offer, hit),
        freshness: Freshness::new(reader.now, hit.updated()),
    }
}

/// The structure that bears an offer.
fn bearer<'a>(reader: Reader<'a>, hit: &Hit) -> Option<(Hit<'a>, Node)> {
    let bearer = reader.target(hit, ResourceType::Organization, "organization")?;
    Some((bearer, bearer.to_node()))
}

fn nearest(addresses: &[Address], from: Option<Position>) -> Option<(Option<f64>, &Address)> {
    let km = |address: &Address| {
        let (from, at) = (from?, address.position?);
        Some(distance_km(from.latitude, from.longitude, at.latitude, at.longitude))
    };
    let all = addresses.iter().map(|address| (km(address), address));
    all.min_by(|a, b| a.0.unwrap_or(f64::INFINITY).total_cmp(&b.0.unwrap_or(f64::INFINITY)))
}

/// The name of an offer, or what it does when it has none.
pub(crate) fn title(offer: &Node) -> String {
    let named = offer.str("name").map(french::name).filter(|name| !name.trim().is_empty());
    let activity = || node::labels(offer, "specialty", ACTIVITY).into_iter().next();
    named.or_else(activity).unwrap_or_else(|| "Offre sans nom".to_owned())
}

/// The title of an offer among others, with the name of its structure unless it names one already;
/// then the structure, when it is left to be said apart.
fn titled(title: String, bearer: Option<Link>) -> (String, Option<Link>) {
    let Some(bearer) = bearer else { return (title, None) };
    if fold(&title).contains(&fold(&bearer.text)) {
        (title, None)
    } else if title.contains(" - ") || title.contains(" – ") {
        // "Kinésithérapie - Jeanne Exemple": who it is comes before where it is.
        (title, Some(bearer))
    } else {
        (format!("{title} – {}", bearer.text), None)
    }
}

fn subtitle(offer: &Node) -> String {
    let title = title(offer);
    let mut parts: Vec<String> = node::labels(offer, "specialty", ACTIVITY).into_iter().take(1).collect();
    parts.retain(|activity| !title.starts_with(activity));
    parts.extend(node::labels(offer, "characteristic", MODE));
    parts.join(" · ")
}

fn summary(offer: &Node) -> Vec<String> {
    let mut parts = node::labels(offer, "type", FIELD);
    parts.extend(node::labels(offer, "characteristic", MODE));
    parts.extend(ages(offer));
    parts
}

/// What helps to choose, from the offer's own words.
fn badges(offer: &Node, now: Instant) -> Vec<String> {
    let mut badges: Vec<String> = Vec::new();
    badges.extend(closing::words(offer, CLOSED, now));
    for coding in node::codings(offer, "characteristic", "TRE_R338-ModaliteAccueil") {
        let badge = match coding.str("code") {
            Some("05" | "27") => "Se déplace à domicile",
            Some("04") => "Téléconsultation",
            Some("06") => "Sans rendez-vous",
            _ => continue,
        };
        badges.push(badge.to_owned());
    }
    badges
}

fn what(offer: &Node) -> Facts {
    Facts {
        rows: vec![
            Fact::shown("Activités", node::labels(offer, "specialty", ACTIVITY)),
            Fact::known("Prestations", node::labels(offer, "specialty", "TRE_R265-PrestationPilotageSerafin")),
            Fact::known("Autres prestations", node::labels(offer, "specialty", "TRE_R266")),
            Fact::shown("Mode de prise en charge", node::labels(offer, "characteristic", MODE)),
            Fact::known("Modalités d’accueil", node::labels(offer, "characteristic", "TRE_R338-ModaliteAccueil")),
            Fact::known("Temporalité", node::labels(offer, "characteristic", "TRE_R240-TemporaliteAccueil")),
            Fact::known("Type de maternité", node::labels(offer, "characteristic", "TRE_R253-TypeMaternite")),
            Fact::known("Niveau d’expertise", node::labels(offer, "characteristic", "TRE_R344-NiveauExpertise")),
            Fact::shown("Champ d’activité", node::labels(offer, "type", FIELD)),
            Fact::known("Type d’offre", node::labels(offer, "category", CATEGORY)),
            Fact::shown("Ouverture dans l’année", node::labels(offer, "characteristic", "TRE_R238-OuvertureAnnuelle")),
        ],
    }
}

fn who(offer: &Node, reader: Reader<'_>) -> Facts {
    let publics = node::extensions(offer, "ror-healthcareservice-patient-type");
    let publics =
        publics.filter_map(|kind| node::label(node::part(kind, "supportedPatientInfo")?.get("valueCodeableConcept")?));
    let sector = node::extension_text(offer, "ror-healthcareservice-psychiatric-sector").map(str::to_owned);
    let no_consent = node::extension(offer, "ror-healthcareservice-no-consent-habilitation")
        .and_then(|known| known.get("valueBoolean")?.as_bool())
        .map(|yes| if yes { "Oui" } else { "Non" }.to_owned());
    Facts {
        rows: vec![
            Fact::shown("Âges", ages(offer).into_iter().collect()),
            Fact::shown("Public", publics.collect()),
            Fact::known("Zone d’intervention", zone(offer, reader)),
            Fact::known("Secteur de psychiatrie", sector.into_iter().collect()),
            Fact::known("Habilité aux soins sans consentement", no_consent.into_iter().collect()),
        ],
    }
}

fn ages(offer: &Node) -> Option<String> {
    let range = node::extensions(offer, "ror-healthcareservice-patient-type")
        .find_map(|kind| node::part(kind, "ageRange")?.get("valueRange"))?;
    let bound = |key| {
        let bound = range.get(key)?;
        let value = bound.get("value")?.as_f64()? as i64;
        let unit = match bound.str("code") {
            Some("mo") => "mois",
            Some("d") => "jours",
            _ => "ans",
        };
        Some((value, unit))
    };
    Some(match (bound("low"), bound("high")) {
        (None | Some((0, _)), None | Some((AGE_OPEN.., "ans"))) => "tous les âges".to_owned(),
        (Some((low, unit)), None | Some((AGE_OPEN.., "ans"))) => format!("{low} {unit} et plus"),
        (None | Some((0, _)), Some((high, unit))) => format!("jusqu’à {high} {unit}"),
        (Some((low, from)), Some((high, to))) if from == to => format!("de {low} à {high} {to}"),
        (Some((low, from)), Some((high, to))) => format!("de {low} {from} à {high} {to}"),
    })
}

fn zone(offer: &Node, reader: Reader<'_>) -> Vec<String> {
    let codes = node::extensions(offer, "ror-territorial-division").filter_map(|division| {
        node::part(division, "codeTerritorialDivision")?.get("valueCodeableConcept")?.items("coding").next()
    });
    let mut names: Vec<String> = codes
        .filter_map(|coding| match reader.cog.commune(coding.str("code")?) {
            Some(commune) if coding.str("system").is_some_and(|system| system.contains("R13-Commune")) => {
                Some(commune.name.to_string())
            }
            _ => node::coding_label(coding),
        })
        .collect();
    names.sort();
    names.dedup();
    if names.len() <= ZONE_SHOWN {
        return if names.is_empty() { names } else { vec![names.join(", ")] };
    }
    let more = names.split_off(ZONE_SHOWN).len();
    vec![format!("{} et {more} autres communes", names.join(", "))]
}

fn read_place(place: &Node, reader: Reader<'_>) -> Place {
    let mut notes: Vec<String> = Vec::new();
    match place.get("operationalStatus").and_then(|status| status.str("code")) {
        Some("1") => notes.push("Ce lieu est fermé définitivement.".to_owned()),
        Some("2") => notes.push("Ce lieu est fermé temporairement.".to_owned()),
        _ => {}
    }
    notes.extend(place.str("description").map(str::to_owned));
    notes.extend(node::extension_text(place, "ror-comment").map(str::to_owned));
    Place {
        name: place.str("name").map(french::name).unwrap_or_default(),
        address: Address::of_place(place, reader.cog),
        notes,
        contacts: Contacts { items: contacts::of_telecoms(place) },
    }
}

fn identity(offer: &Node, hit: &Hit) -> Facts {
    let number = node::identifier(offer, "35").or_else(|| offer.items("identifier").next()?.str("value"));
    let created = node::extension(offer, "ror-meta-creation-date").and_then(|date| date.str("valueDateTime"));
    let region = offer.get("meta").and_then(|meta| meta.items("tag").find_map(node::coding_label));
    Facts {
        rows: vec![
            Fact::shown("Numéro de l’offre", number.map(str::to_owned).into_iter().collect()),
            Fact::known("Région", region.into_iter().collect()),
            Fact::known("Décrite depuis le", created.map(french::day_of).into_iter().collect()),
            Fact::shown("Mise à jour le", vec![french::moment(hit.updated())]),
        ],
    }
}

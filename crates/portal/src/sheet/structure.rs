//! A structure: Organization, with the one above, those below, and their offers.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ror_fhir::Node;
use ror_index::Hit;
use ror_registers::cog::Position;
use ror_search::{ResourceType, distance_km};

use super::address::Address;
use super::offer::Link;
use super::{Reader, closing, contacts as telecoms, node, offer, prices};
use crate::components::contacts::Contacts;
use crate::components::facts::{Fact, Facts};
use crate::components::freshness::Freshness;
use crate::components::result::{Card, Phone};
use crate::components::tables::Prices;
use crate::french;

/// What a segment of an address holds as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// Offers or structures listed on one sheet: beyond, a search finds them.
const LISTED_MAX: usize = 300;
/// How it is said to be closed.
const CLOSED: &str = "Fermé";
/// Steps up to the structure at an address, from an organisation interne.
const STEPS_MAX: usize = 4;

/// Offers of one field.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) field: String,
    pub(crate) offers: Vec<OfferLine>,
}

/// An offer in the list of its structure.
#[derive(Clone, Debug)]
pub(crate) struct OfferLine {
    pub(crate) link: Link,
    /// Modes of care, or what tells it from others of its name.
    pub(crate) about: String,
}

/// Everything that the sheet of a structure shows.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) title: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) category: Option<String>,
    pub(crate) closing: Option<String>,
    pub(crate) comment: Option<String>,
    pub(crate) address: Option<Address>,
    pub(crate) contacts: Contacts,
    /// Contacts of the one above, when it has no telephone of its own.
    pub(crate) fallback: Option<Fallback>,
    pub(crate) above: Option<Link>,
    pub(crate) groups: Vec<Group>,
    pub(crate) offers_total: u64,
    pub(crate) below: Vec<Link>,
    pub(crate) practical: Facts,
    pub(crate) prices: Vec<Prices>,
    pub(crate) identity: Facts,
    pub(crate) freshness: Freshness,
}

/// Contacts of another structure, for want of a telephone of one's own.
#[derive(Clone, Debug)]
pub(crate) struct Fallback {
    /// Whose they are.
    pub(crate) whose: Link,
    /// Whether it is the structure asked about, and not one above it.
    pub(crate) is_own: bool,
    pub(crate) contacts: Contacts,
}

impl Fallback {
    /// Its first telephone, and who answers.
    pub(crate) fn phone(&self) -> Option<Phone> {
        let contact = telecoms::first_phone(&self.contacts.items)?;
        let whose = if self.is_own { "numéro de la structure" } else { "numéro du gestionnaire" };
        Some(Phone { shown: contact.shown.clone(), link: contact.link.clone()?, whose: whose.to_owned() })
    }
}

impl Sheet {
    /// The telephones to call first.
    pub(crate) fn calls(&self) -> Vec<Phone> {
        let own = telecoms::calls(&self.contacts.items);
        if own.is_empty() { self.fallback.as_ref().and_then(Fallback::phone).into_iter().collect() } else { own }
    }
}

/// Text as one segment of an address.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Address of the sheet of a structure: its FINESS number, else its national one, else its logical id.
pub(crate) fn href(hit: &Hit, structure: &Node) -> String {
    let number = ["1", "40", "42"].into_iter().find_map(|kind| node::identifier(structure, kind));
    format!("/structure/{}", segment(number.unwrap_or(hit.id())))
}

/// Name and address of a structure, for a link.
pub(crate) fn link(hit: &Hit, structure: &Node) -> Link {
    Link { text: title(structure), href: href(hit, structure) }
}

/// Contacts of a structure, else of the nearest above it that has a telephone.
pub(crate) fn contacts(reader: Reader<'_>, hit: &Hit, structure: &Node) -> Option<Fallback> {
    let mut above = None;
    for step in 0..STEPS_MAX {
        let (at, node) = above.as_ref().map_or((hit, structure), |(at, node)| (at, node));
        let items = telecoms::of_structure(node);
        if telecoms::first_phone(&items).is_some() {
            return Some(Fallback { whose: link(at, node), is_own: step == 0, contacts: Contacts { items } });
        }
        let next = reader.target(at, ResourceType::Organization, "partof")?;
        above = Some((next, next.to_node()));
    }
    None
}

/// A structure among results.
pub(crate) fn card(reader: Reader<'_>, hit: &Hit, from: Option<Position>) -> Card {
    let structure = hit.to_node();
    let address = Address::of_structure(&structure, reader.cog);
    let position = address.as_ref().and_then(|address| address.position);
    let distance =
        from.zip(position).map(|(from, at)| distance_km(from.latitude, from.longitude, at.latitude, at.longitude));
    let reached = contacts(reader, hit, &structure);
    let phone = reached.and_then(|reached| {
        let phone = reached.phone()?;
        Some(if reached.is_own { Phone { whose: String::new(), ..phone } } else { phone })
    });
    Card {
        number: 0,
        is_numbered: true,
        title: title(&structure),
        href: href(hit, &structure),
        kind: category(&structure).unwrap_or_default(),
        organization: None,
        address: address.and_then(|address| address.line()),
        distance: distance.map(french::distance),
        position,
        phone,
        badges: closing::words(&structure, CLOSED, reader.now).into_iter().collect(),
        freshness: Freshness::new(reader.now, hit.updated()),
    }
}

/// The whole sheet.
pub(crate) fn sheet(reader: Reader<'_>, hit: &Hit) -> Sheet {
    let structure = hit.to_node();
    let own = telecoms::of_structure(&structure);
    let above = reader.target(hit, ResourceType::Organization, "partof");
    let fallback = if telecoms::first_phone(&own).is_none() { contacts(reader, hit, &structure) } else { None };
    let below = reader.referring(hit, ResourceType::Organization, "partof");
    let mut offers = reader.referring(hit, ResourceType::HealthcareService, "organization");
    // What its parts do, it does.
    offers
        .extend(below.iter().flat_map(|part| reader.referring(part, ResourceType::HealthcareService, "organization")));
    let offers_total = offers.len() as u64;
    let title = title(&structure);
    Sheet {
        title: title.clone(),
        aliases: aliases(&structure),
        category: category(&structure),
        closing: closing::words(&structure, CLOSED, reader.now),
        comment: node::extension_text(&structure, "ror-organization-comment").map(str::to_owned),
        address: Address::of_structure(&structure, reader.cog),
        contacts: Contacts { items: own },
        fallback,
        above: above.map(|above| link(&above, &above.to_node())),
        groups: groups(&title, &offers),
        offers_total,
        below: links(&below),
        practical: practical(&structure),
        prices: prices::read(&structure),
        identity: identity(&structure, hit),
        freshness: Freshness::new(reader.now, hit.updated()),
    }
}

fn title(structure: &Node) -> String {
    structure.str("name").map_or_else(|| "Structure sans nom".to_owned(), french::name)
}

fn aliases(structure: &Node) -> Vec<String> {
    let mut names: Vec<String> = structure.items("alias").filter_map(Node::as_str).map(french::name).collect();
    let more = structure.get("_name").and_then(|name| node::extension_text(name, "ror-organization-additional-name"));
    names.extend(more.map(french::name));
    let title = title(structure);
    names.retain(|name| *name != title);
    names
}

fn category(structure: &Node) -> Option<String> {
    let coding = node::category(structure)
        .or_else(|| node::codings(structure, "type", "TRE_R207-TypeOrganisationInterne").next())
        .or_else(|| node::codings(structure, "type", "TRE_R72-FinessStatutJuridique").next())?;
    node::coding_label(coding)
}

fn groups(title: &str, offers: &[Hit]) -> Vec<Group> {
    let mut by_field: BTreeMap<String, Vec<OfferLine>> = BTreeMap::new();
    for hit in offers.iter().take(LISTED_MAX) {
        let node = hit.to_node();
        let field = node::labels(&node, "type", "TRE_R227-ChampActivite").into_iter().next();
        let field = field.unwrap_or_else(|| "Autres".to_owned());
        // Here, the name of the structure goes without saying.
        let text = offer::title(&node);
        let text = text.strip_suffix(title).and_then(|bare| bare.strip_suffix(" - ")).unwrap_or(&text).to_owned();
        let link = Link { text, href: offer::href(hit, &node) };
        let about = node::labels(&node, "characteristic", "TRE_R213-ModePriseEnCharge").join(", ");
        by_field.entry(field).or_default().push(OfferLine { link, about });
    }
    let group = |(field, mut offers): (String, Vec<OfferLine>)| {
        offers.sort_by(|a, b| (&a.link.text, &a.about, &a.link.href).cmp(&(&b.link.text, &b.about, &b.link.href)));
        Group { field, offers }
    };
    by_field.into_iter().map(group).collect()
}

fn links(hits: &[Hit]) -> Vec<Link> {
    let mut links: Vec<Link> = hits.iter().take(LISTED_MAX).map(|hit| link(hit, &hit.to_node())).collect();
    links.sort_by(|a, b| (&a.text, &a.href).cmp(&(&b.text, &b.href)));
    links
}

fn practical(structure: &Node) -> Facts {
    let whole = |name| node::extension(structure, name).and_then(|known| known.get("valueInteger")?.as_i64());
    let yes_or_no = |name| {
        let known = node::extension(structure, name)?.get("valueBoolean")?.as_bool()?;
        Some(if known { "Oui" } else { "Non" }.to_owned())
    };
    let places = |name| whole(name).map(|places| places.to_string()).into_iter().collect();
    let territories = node::extensions(structure, "ror-territorial-division").filter_map(|division| {
        node::label(node::part(division, "codeTerritorialDivision")?.get("valueCodeableConcept")?)
    });
    Facts {
        rows: vec![
            Fact::shown(
                "Accessibilité du lieu",
                node::extension_labels(structure, "ror-organization-accessibility-location"),
            ),
            Fact::known("Aides financières", node::extension_labels(structure, "ror-organization-financial-help-type")),
            Fact::known(
                "Places habilitées à l’aide sociale, séjour permanent",
                places("ror-organization-nb-permanent-social-help-place"),
            ),
            Fact::known(
                "Places habilitées à l’aide sociale, séjour temporaire",
                places("ror-organization-nb-temporary-social-help-place"),
            ),
            Fact::known(
                "Hébergement des familles",
                yes_or_no("ror-organization-accomodation-family").into_iter().collect(),
            ),
            Fact::known("Statut", node::labels(structure, "type", "TRE_R73-ESPIC")),
            Fact::known("Statut juridique", node::labels(structure, "type", "TRE_R72-FinessStatutJuridique")),
            Fact::known("Territoire", territories.collect()),
        ],
    }
}

fn identity(structure: &Node, hit: &Hit) -> Facts {
    let number = |kind| node::identifier(structure, kind).map(str::to_owned).into_iter().collect();
    let opened =
        node::extension(structure, "organization-period").and_then(|period| period.get("valuePeriod")?.str("start"));
    let region = structure.get("meta").and_then(|meta| meta.items("tag").find_map(node::coding_label));
    Facts {
        rows: vec![
            Fact::shown("FINESS", number("1")),
            Fact::known("SIRET", number("3")),
            Fact::known("SIREN", number("2")),
            Fact::known("Identifiant national", number("40")),
            Fact::known("Ouverture", opened.map(french::day_of).into_iter().collect()),
            Fact::known("Région", region.into_iter().collect()),
            Fact::shown("Mise à jour le", vec![french::moment(hit.updated())]),
        ],
    }
}

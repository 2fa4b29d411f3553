//! What ordering and counting need of each resource that one audience sees, read once per version.
//!
//! Each audience has digests of its own. An entry is made from its projection of a resource and
//! kept under the version that it sees (D28). It is only ever looked up for a resource found in
//! the view of that audience at that very moment, so nothing that has become hidden can come out
//! of it.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::quality::RandomState;
use parking_lot::RwLock;
use ror_fhir::{Instant, Node};
use ror_index::{Hit, View};
use ror_registers::cog::{Cog, Commune, Position};
use ror_search::{Query, ResourceType, ResultParameters};

use crate::sheet::{closing, node};

/// Resources read at a time when reading ahead.
const PAGE: usize = 2_000;

/// An offer, for filters.
#[derive(Debug, Default)]
pub(crate) struct OfferDigest {
    /// Code of the field of activity (J20).
    pub(crate) field: Option<Box<str>>,
    /// Codes of the modes of care (J19).
    pub(crate) modes: Box<[Box<str>]>,
    /// Since when it is closed for good.
    pub(crate) closed: Option<Instant>,
    /// The words of its name, folded, with blanks around: for the order of those that share a distance.
    pub(crate) name: Box<str>,
}

/// A structure, for distance and filters.
#[derive(Debug, Default)]
pub(crate) struct StructureDigest {
    /// Where it is, when the source says so.
    pub(crate) position: Option<Position>,
    /// Its commune.
    pub(crate) commune: Option<Home>,
    /// Code of its category (R66).
    pub(crate) category: Option<Box<str>>,
    /// Since when it is closed for good.
    pub(crate) closed: Option<Instant>,
    /// The words of its name, folded, with blanks around: for the order of those that share a distance.
    pub(crate) name: Box<str>,
}

/// The commune of something, for what has no position of its own.
#[derive(Debug)]
pub(crate) struct Home {
    /// INSEE code.
    pub(crate) code: Box<str>,
    /// The centre of the commune in force.
    pub(crate) centre: Option<Position>,
}

/// A place, for distance.
#[derive(Debug, Default)]
pub(crate) struct PlaceDigest {
    /// Where it is, when the source says so.
    pub(crate) position: Option<Position>,
    /// Its commune.
    pub(crate) commune: Option<Home>,
}

/// All digests of one audience.
pub(crate) struct Digests {
    cog: &'static Cog,
    places: Shelf<PlaceDigest>,
    offers: Shelf<OfferDigest>,
    structures: Shelf<StructureDigest>,
}

/// By logical id: version, update date and digest.
type Shelf<T> = RwLock<HashMap<Box<str>, (u32, Instant, Arc<T>), RandomState>>;

impl Digests {
    /// No digest yet; communes are those of this geography.
    pub(crate) fn new(cog: &'static Cog) -> Self {
        Self { cog, places: Shelf::default(), offers: Shelf::default(), structures: Shelf::default() }
    }

    fn home(&self, code: &str) -> Home {
        Home { code: code.into(), centre: self.cog.commune(code).and_then(Commune::position) }
    }

    /// The digest of an offer.
    pub(crate) fn offer(&self, hit: &Hit) -> Arc<OfferDigest> {
        read(&self.offers, hit, offer)
    }

    /// The digest of a structure.
    pub(crate) fn structure(&self, hit: &Hit) -> Arc<StructureDigest> {
        read(&self.structures, hit, |resource| structure(resource, |code| self.home(code)))
    }

    /// The digest of a place.
    pub(crate) fn place(&self, hit: &Hit) -> Arc<PlaceDigest> {
        read(&self.places, hit, |place| PlaceDigest {
            position: node::position(place),
            commune: node::commune_of_place(place).map(|code| self.home(code)),
        })
    }

    /// Reads everything in a view.
    pub(crate) fn read_all(&self, view: View<'_>) {
        for rtype in [ResourceType::Organization, ResourceType::HealthcareService, ResourceType::Location] {
            let result = ResultParameters { count: PAGE, ..ResultParameters::default() };
            let query = Query::everything(rtype, result);
            let mut anchor = None;
            while let Ok(page) = view.search(&query, anchor.as_ref(), None) {
                for hit in &page.matches {
                    match rtype {
                        ResourceType::Organization => drop(self.structure(hit)),
                        ResourceType::Location => drop(self.place(hit)),
                        _ => drop(self.offer(hit)),
                    }
                }
                anchor = page.next;
                if anchor.is_none() {
                    break;
                }
            }
        }
    }
}

fn read<T>(shelf: &Shelf<T>, hit: &Hit, make: impl FnOnce(&Node) -> T) -> Arc<T> {
    let stamp = (hit.version(), hit.updated());
    if let Some((version, updated, digest)) = shelf.read().get(hit.id())
        && (*version, *updated) == stamp
    {
        return Arc::clone(digest);
    }
    let digest = Arc::new(make(&hit.aside().to_node()));
    shelf.write().insert(hit.id().into(), (stamp.0, stamp.1, Arc::clone(&digest)));
    digest
}

fn offer(resource: &Node) -> OfferDigest {
    let of_system = |key: &'static str, system: &'static str| {
        resource
            .items(key)
            .flat_map(|concept| concept.items("coding"))
            .filter(move |coding| coding.str("system").is_some_and(|known| known.contains(system)))
            .filter_map(|coding| coding.str("code"))
    };
    OfferDigest {
        field: of_system("type", "TRE_R227-ChampActivite").next().map(Into::into),
        modes: of_system("characteristic", "TRE_R213-ModePriseEnCharge").map(Into::into).collect(),
        closed: closing::for_good_since(resource),
        name: folded_name(resource),
    }
}

fn structure(resource: &Node, home: impl Fn(&str) -> Home) -> StructureDigest {
    let address = resource.items("address").next();
    let point = address.and_then(|address| node::extension(address, "geolocation"));
    let degrees = |name| point.and_then(|point| node::part(point, name)?.get("valueDecimal")?.as_f64());
    let position = match (degrees("latitude"), degrees("longitude")) {
        (Some(latitude), Some(longitude)) => Some(Position { latitude, longitude }),
        _ => None,
    };
    StructureDigest {
        position,
        commune: address.and_then(node::commune).map(home),
        category: node::category(resource).and_then(|coding| coding.str("code")).map(Into::into),
        closed: closing::for_good_since(resource),
        name: folded_name(resource),
    }
}

fn folded_name(resource: &Node) -> Box<str> {
    let folded = ror_terminology::fold(resource.str("name").unwrap_or_default());
    let words: Vec<&str> = ror_terminology::words(&folded).collect();
    format!(" {} ", words.join(" ")).into()
}

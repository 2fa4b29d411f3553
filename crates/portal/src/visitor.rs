//! Who reads a page: the public, or a person under one of their rights.

use axum::http::{HeaderMap, HeaderValue, header};
use ror_fhir::Instant;
use ror_identity::people::{Acting, Entitlement, Held, People, Person, ScopeKind, Visit};
use ror_index::Hit;
use ror_registers::cog::Cog;
use ror_search::ResourceType;

use crate::components::role::Role;
use crate::cookies::{Purpose, Sent};
use crate::find::Finder;
use crate::sheet::{Reader, node};

/// Structures climbed from an offer to its legal entity, at most.
const HOLDERS_MAX: usize = 6;

/// Who reads.
pub(crate) enum Visitor {
    /// Nobody known.
    Public,
    /// The public, in a browser whose session has ended.
    Ended,
    /// Somebody signed in.
    Person(Box<Acting>),
}

impl Visitor {
    /// Who sent this request. A register that cannot be read knows nobody: the page is then that
    /// of the public, never more.
    pub(crate) fn of(people: &People, headers: &HeaderMap, https: bool, now: Instant) -> Self {
        let visit = match Purpose::Session.read(headers, https) {
            Sent::Nothing => return Self::Public,
            Sent::Several => Ok(Visit::Ended),
            Sent::Once(secret) => people.visit(Some(&secret), now),
        };
        match visit {
            Ok(Visit::SignedIn(acting)) => Self::Person(acting),
            Ok(Visit::Ended) => Self::Ended,
            Ok(Visit::Public) => Self::Public,
            Err(error) => {
                tracing::error!(%error, "a session could not be read");
                Self::Public
            }
        }
    }

    /// The person, if one is signed in.
    pub(crate) fn person(&self) -> Option<&Acting> {
        match self {
            Self::Person(acting) => Some(acting),
            Self::Public | Self::Ended => None,
        }
    }

    /// Says to caches whose page this is, and has the browser forget a session that has ended.
    pub(crate) fn mark(&self, headers: &mut HeaderMap, https: bool) {
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding, Cookie"));
        if !matches!(self, Self::Public) {
            // Not even by this browser: the next person at the screen would go back to it.
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            headers.remove(header::ETAG);
        }
        let is_set = headers.contains_key(header::SET_COOKIE);
        if let (Self::Ended, false, Some(forget)) = (self, is_set, Purpose::Session.forget(https)) {
            headers.append(header::SET_COOKIE, forget);
        }
    }
}

/// What a person is at this moment, in words. Names are those that they may read.
pub(crate) fn role(acting: &Acting, finder: Finder<'_>) -> Role {
    let right = acting.right.as_ref();
    Role {
        person: acting.person.name.clone(),
        profile: right.map_or("visiteur, sans habilitation", |right| right.profile.label()).to_owned(),
        scope: right.map_or_else(String::new, |right| scope(right, finder)),
        on_behalf_of: acting.on_behalf_of.as_ref().map(|Person { name, .. }| name.clone()),
    }
}

/// Where a right holds: `toute la France`, `Hôpital de Belley`, `Belley et 2 autres communes`.
pub(crate) fn scope(right: &Entitlement, finder: Finder<'_>) -> String {
    let codes = &right.scope.codes;
    let Some(first) = codes.first() else {
        return match right.scope.kind {
            ScopeKind::Own => "votre activité".to_owned(),
            _ => "toute la France".to_owned(),
        };
    };
    let (one, others) = match right.scope.kind {
        ScopeKind::Region => ("autre région", "autres régions"),
        ScopeKind::Departement => ("autre département", "autres départements"),
        ScopeKind::Commune => ("autre commune", "autres communes"),
        ScopeKind::Ej | ScopeKind::Eg => ("autre établissement", "autres établissements"),
        ScopeKind::Offer | ScopeKind::Nation | ScopeKind::Own => ("autre offre", "autres offres"),
    };
    let name = named(right.scope.kind, first, finder).unwrap_or_else(|| format!("n° {first}"));
    match codes.len() - 1 {
        0 => name,
        more => format!("{name} et {}", crate::french::count(more as u64, one, others)),
    }
}

/// What holds an establishment or an offer, as this person may read: from the offer to its
/// establishments and legal entities, then to department and region.
pub(crate) fn holders(reader: Reader<'_>, finder: Finder<'_>, kind: ScopeKind, code: &str) -> Held {
    let mut found = Vec::new();
    let first = match kind {
        ScopeKind::Departement => {
            found.extend(finder.cog.departement(code).map(|known| (ScopeKind::Region, known.region.to_string())));
            Ok(None)
        }
        ScopeKind::Commune => {
            around(code, finder.cog, &mut found);
            Ok(None)
        }
        ScopeKind::Offer => finder
            .alone(ResourceType::HealthcareService, code)
            .map(|offer| offer.and_then(|offer| reader.target(&offer, ResourceType::Organization, "organization"))),
        ScopeKind::Ej | ScopeKind::Eg => finder.alone(ResourceType::Organization, code),
        ScopeKind::Nation | ScopeKind::Region | ScopeKind::Own => Ok(None),
    };
    let Ok(first) = first else { return Held::Ambiguous };
    climb(reader, finder, first, &mut found);
    Held::By(found)
}

/// From a structure to its legal entities, with the place of the first that has one.
fn climb(reader: Reader<'_>, finder: Finder<'_>, first: Option<Hit<'_>>, found: &mut Vec<(ScopeKind, String)>) {
    let mut holder = first;
    let mut is_placed = false;
    // A structure that holds itself would otherwise be climbed for ever.
    for _ in 0..HOLDERS_MAX {
        let Some(hit) = holder else { break };
        let structure = hit.to_node();
        let numbers = structure.items("identifier").filter_map(|identifier| identifier.str("value"));
        for number in numbers {
            found.extend([ScopeKind::Eg, ScopeKind::Ej].map(|kind| (kind, number.to_owned())));
        }
        // The nearest address tells the region: a site is not where its legal entity has its seat.
        let commune = structure.items("address").next().and_then(node::commune);
        if let Some(commune) = commune.filter(|_| !is_placed) {
            around(commune, finder.cog, found);
            is_placed = true;
        }
        holder = reader.target(&hit, ResourceType::Organization, "partof");
    }
}

/// The department and the region of a commune.
fn around(commune: &str, cog: &Cog, found: &mut Vec<(ScopeKind, String)>) {
    if let Some(commune) = cog.commune(commune) {
        found.push((ScopeKind::Departement, commune.departement().to_owned()));
        found.extend(commune.region().map(|region| (ScopeKind::Region, region.to_owned())));
    }
}

fn named(kind: ScopeKind, code: &str, finder: Finder<'_>) -> Option<String> {
    let cog: &Cog = finder.cog;
    // A name that is one of several would tell something wrong: the number is shown.
    let resource = |rtype| finder.alone(rtype, code).ok()??.to_node().str("name").map(str::to_owned);
    match kind {
        ScopeKind::Region => cog.region(code).map(|region| region.name.to_string()),
        ScopeKind::Departement => cog.departement(code).map(|departement| departement.name.to_string()),
        ScopeKind::Commune => cog.commune(code).map(|commune| commune.name.to_string()),
        ScopeKind::Ej | ScopeKind::Eg => resource(ResourceType::Organization).map(|name| crate::french::name(&name)),
        ScopeKind::Offer => resource(ResourceType::HealthcareService).map(|name| crate::french::name(&name)),
        ScopeKind::Nation | ScopeKind::Own => None,
    }
}

//! Offers: HealthcareService.

use std::collections::BTreeMap;
use std::sync::Arc;

use ror_index::Hit;
use ror_registers::cog::Position;
use ror_search::{Circle, Filter, Near, Relation, ResourceType, Term, Test};

use super::order::{self, Distance, Phrase, Reach, Standing};
use super::{ANYWHERE_KM, Ask, Counts, Finder, Found, Match, Wanted, count_radii, furthest_km, narrowest, neutral};
use crate::digest::{OfferDigest, PlaceDigest};
use crate::place::Area;
use crate::question::What;

const REGION: &str = "https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM";
/// Above so many offers that meet the words, those around are sought by their places: measuring
/// each would take longer.
const MEASURED_MAX: usize = 6_000;

struct Candidate<'a> {
    hit: Hit<'a>,
    digest: Arc<OfferDigest>,
    reach: Reach,
}

impl<'a> Finder<'a> {
    pub(super) fn offers(&self, ask: Ask<'_>, wanted: Wanted) -> Found<'a> {
        let Some(mut criteria) = Self::offer_criteria(ask.what) else { return Found::default() };
        if let Some(Area::Around { position: Some(from), communes: own, .. }) = ask.area {
            let hits = self.view.matching(ResourceType::HealthcareService, &Filter::All(criteria.clone()));
            if hits.len() <= MEASURED_MAX || ask.is_far {
                let all = self.reached(hits, ask, *from, own);
                return narrowest(ask, |radius| self.offers_found(&all, ask, wanted, Some((radius, ANYWHERE_KM))));
            }
            return narrowest(ask, |radius| {
                let hits = self.hits_around(&criteria, *from, own, radius);
                let around = self.reached(hits, ask, *from, own);
                self.offers_found(&around, ask, wanted, Some((radius, radius)))
            });
        }
        criteria.extend(ask.area.map(|area| self.offers_of_area(area)));
        let hits = self.view.matching(ResourceType::HealthcareService, &Filter::All(criteria));
        let all = self.open_offers(hits, |_| Reach::default());
        self.offers_found(&all, ask, wanted, None)
    }

    /// `None` when the question is not about offers.
    fn offer_criteria(what: &What<'_>) -> Option<Vec<Filter>> {
        let mut criteria = Vec::new();
        if let Some(need) = what.need {
            if need.offers.is_empty() {
                return None;
            }
            criteria.push(Filter::Test(Test::Terms(need.offers.clone())));
        }
        criteria.extend(Self::words(what));
        Some(criteria)
    }

    /// Being in an area without a centre.
    fn offers_of_area(&self, area: &Area) -> Filter {
        match area {
            Area::Region { code, .. } => {
                let tag = self.registry.known(ResourceType::HealthcareService, "_tag");
                Filter::Test(Test::Terms(vec![Term::system_code(tag, REGION, code)]))
            }
            Area::Departement { communes, .. } | Area::Around { communes, .. } => {
                self.at_places(vec![self.in_communes(communes)])
            }
        }
    }

    /// Those with a position within the radius, and those with a place without position in the communes around.
    fn hits_around(&self, criteria: &[Filter], from: Position, own: &[String], radius_km: u32) -> Vec<Hit<'a>> {
        let parameter = self.registry.known(ResourceType::Location, "near");
        let circle = Circle { latitude: from.latitude, longitude: from.longitude, radius_km: f64::from(radius_km) };
        let near = Filter::Test(Test::Near { parameter, near: Near { circles: vec![circle] } });
        let missing = Filter::negated(Filter::Test(Test::Terms(vec![Term::present(parameter)])));
        let communes = self.in_communes(&order::communes_within(self.cog, from, own, radius_km));
        let hits = |places| {
            let criteria: Vec<Filter> = criteria.iter().cloned().chain([self.at_places(places)]).collect();
            self.view.matching(ResourceType::HealthcareService, &Filter::All(criteria))
        };
        let mut found = hits(vec![near]);
        found.extend(hits(vec![missing, communes]));
        // An offer may have one place with a position, and one without.
        found.sort_unstable_by(|a, b| a.id().cmp(b.id()));
        found.dedup_by(|a, b| a.id() == b.id());
        found
    }

    fn in_communes(&self, codes: &[String]) -> Filter {
        let parameter = self.registry.known(ResourceType::Location, "commune-cog");
        let any = codes.iter().map(|code| Term::code(parameter, code)).collect();
        Filter::Test(Test::Terms(any))
    }

    /// Tests on one and the same place of an offer (D1).
    fn at_places(&self, criteria: Vec<Filter>) -> Filter {
        let reference = self.registry.known(ResourceType::HealthcareService, "location");
        Filter::related(Relation::Target { reference, rtype: ResourceType::Location }, Filter::All(criteria))
    }

    /// Open offers, each with how far it is.
    fn reached(&self, hits: Vec<Hit<'a>>, ask: Ask<'_>, from: Position, own: &[String]) -> Vec<Candidate<'a>> {
        let limit_km = furthest_km(ask);
        self.open_offers(hits, |hit| {
            let mut reach = Reach::default();
            for place in self.places(hit) {
                if let Some(at) = place.position {
                    let km = order::km_within(from, at, limit_km);
                    reach.placed_km = reach.placed_km.into_iter().chain(km).min_by(f64::total_cmp);
                } else if let Some(home) = &place.commune
                    && let Some(km) = order::to_commune(from, own, home, limit_km)
                    && reach.commune.as_ref().is_none_or(|(known, _)| km < *known)
                {
                    reach.commune = Some((km, home.code.clone()));
                }
            }
            reach
        })
    }

    fn open_offers(&self, hits: Vec<Hit<'a>>, reach: impl Fn(&Hit<'a>) -> Reach) -> Vec<Candidate<'a>> {
        let with_digest = hits.into_iter().map(|hit| (hit, self.digests.offer(&hit)));
        let open = with_digest.filter(|(_, digest)| self.is_open(digest.closed));
        open.map(|(hit, digest)| Candidate { reach: reach(&hit), hit, digest }).collect()
    }

    /// The visible places of an offer.
    fn places(&self, hit: &Hit<'a>) -> impl Iterator<Item = Arc<PlaceDigest>> {
        let references = hit.references().filter(|reference| reference.rtype == ResourceType::Location);
        references.filter_map(|place| Some(self.digests.place(&self.view.read(ResourceType::Location, &place.id)?)))
    }

    /// What is found among candidates, within a radius; and how far all candidates are known.
    fn offers_found(
        &self,
        candidates: &[Candidate<'a>],
        ask: Ask<'_>,
        wanted: Wanted,
        around: Option<(u32, u32)>,
    ) -> Found<'a> {
        let radius_km = around.map(|(radius, _)| radius);
        let field = |one: &Candidate<'_>| is_of(ask.filters.field.as_deref(), one.digest.field.as_slice());
        let mode = |one: &Candidate<'_>| is_of(ask.filters.mode.as_deref(), &one.digest.modes);
        let mut kept = Vec::new();
        let mut counts = Counts::default();
        let (mut fields, mut modes) = (Tally::default(), Tally::default());
        for one in candidates {
            let Some(distance) = radius_km.map_or(Some(Distance::Vague), |radius| one.reach.within(radius)) else {
                continue;
            };
            let (is_of_field, is_of_mode) = (field(one), mode(one));
            if is_of_field && is_of_mode {
                kept.push((one, distance));
            }
            if is_of_mode {
                fields.add(one.digest.field.as_slice());
            }
            if is_of_field {
                modes.add(&one.digest.modes);
            }
        }
        let total = kept.len() as u64;
        let unplaced = kept.iter().filter(|(_, distance)| matches!(distance, Distance::Commune(..))).count() as u64;
        let shown_radius_km = radius_km.filter(|radius| *radius < ANYWHERE_KM);
        let Wanted::Page(page) = wanted else { return Found { total, unplaced, ..Found::default() } };
        (counts.fields, counts.modes) = (fields.named(), modes.named());
        if let Some((_, known_km)) = around.filter(|_| shown_radius_km.is_some()) {
            let all = candidates.iter().filter(|one| field(one) && mode(one));
            counts.radii_km = count_radii(all.filter_map(|one| one.reach.km()), known_km);
        }
        let matches = self.offers_page(kept, ask.what, page);
        Found { total, matches, unplaced, counts, radius_km: shown_radius_km }
    }

    fn offers_page(&self, kept: Vec<(&Candidate<'a>, Distance<'_>)>, what: &What<'_>, page: usize) -> Vec<Match<'a>> {
        let phrase = match what.words[..] {
            [] => Phrase::of(&ror_terminology::words(&ror_terminology::fold(&what.typed)).collect::<Vec<_>>()),
            _ => Phrase::of(&what.words),
        };
        let today = neutral::day(self.now);
        let one =
            |one: &Candidate<'a>, distance: Distance<'_>| Match { hit: one.hit, distance_km: distance.shown_km() };
        if kept.iter().all(|(_, distance)| *distance == Distance::Vague) {
            let drawn = kept.into_iter().map(|(candidate, distance)| {
                let id = candidate.hit.id();
                ((neutral::rank(today, id), id), one(candidate, distance))
            });
            return Found::page(drawn.collect(), page);
        }
        let ranked = kept.into_iter().map(|(candidate, distance)| {
            let is_named_so = phrase.is_in(&candidate.digest.name);
            let hit = candidate.hit;
            let standing = Standing { id: hit.id(), is_named_so, updated: hit.updated() };
            (order::rank(today, distance, &standing), one(candidate, distance))
        });
        Found::page(ranked.collect(), page)
    }
}

fn is_of(asked: Option<&str>, codes: &[Box<str>]) -> bool {
    asked.is_none_or(|asked| codes.iter().any(|code| **code == *asked))
}

/// How many candidates have each code; codes are few.
#[derive(Default)]
struct Tally<'d>(Vec<(&'d str, u64)>);

impl<'d> Tally<'d> {
    fn add(&mut self, codes: &'d [Box<str>]) {
        for code in codes {
            match self.0.iter_mut().find(|(known, _)| **known == **code) {
                Some((_, count)) => *count += 1,
                None => self.0.push((code, 1)),
            }
        }
    }

    fn named(self) -> BTreeMap<String, u64> {
        self.0.into_iter().map(|(code, count)| (code.to_owned(), count)).collect()
    }
}

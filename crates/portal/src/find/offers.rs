//! Offers: HealthcareService.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use ror_index::Hit;
use ror_registers::cog::Position;
use ror_search::{Chain, Criterion, ResourceType, Term, Test, distance_km};

use super::order::{self, Distance, Standing};
use super::{Ask, Counts, Finder, Found, Match, circle, count_radii, neutral};
use crate::digest::{OfferDigest, PlaceDigest};
use crate::place::Area;
use crate::question::What;

const REGION: &str = "https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM";

struct Candidate<'a> {
    hit: Hit<'a>,
    digest: Arc<OfferDigest>,
    distance: Distance,
}

impl<'a> Finder<'a> {
    pub(super) fn offers(&self, ask: Ask<'_>, radius_km: Option<u32>) -> Found<'a> {
        let Some(criteria) = Self::offer_criteria(ask.what) else { return Found::default() };
        let candidates = self.offers_in(&criteria, ask, radius_km);
        let field = |candidate: &&Candidate| is_of(ask.filters.field.as_deref(), candidate.digest.field.as_slice());
        let mode = |candidate: &&Candidate| is_of(ask.filters.mode.as_deref(), &candidate.digest.modes);
        let counts = Counts {
            fields: tally(candidates.iter().filter(mode), |digest| digest.field.as_slice()),
            modes: tally(candidates.iter().filter(field), |digest| &digest.modes),
            categories: BTreeMap::new(),
            radii_km: count_radii(
                candidates.iter().filter(field).filter(mode).filter_map(|candidate| candidate.distance.counted_km()),
                radius_km,
            ),
        };
        let kept: Vec<Match<'a>> = candidates
            .iter()
            .filter(field)
            .filter(mode)
            .map(|candidate| Match { hit: candidate.hit, distance_km: candidate.distance.shown_km() })
            .collect();
        Found::page(kept, ask.page, counts, radius_km)
    }

    /// `None` when the question is not about offers.
    fn offer_criteria(what: &What<'_>) -> Option<Vec<Criterion>> {
        let mut criteria = Vec::new();
        if let Some(need) = what.need {
            if need.offers.is_empty() {
                return None;
            }
            criteria.push(Criterion::Test(Test::Terms { any: need.offers.clone(), not: false }));
        }
        criteria.extend(Self::words(what));
        Some(criteria)
    }

    fn offers_in(&self, criteria: &[Criterion], ask: Ask<'_>, radius_km: Option<u32>) -> Vec<Candidate<'a>> {
        let with = |more: Criterion| {
            let mut all = criteria.to_vec();
            all.push(more);
            self.open_offers(all)
        };
        match ask.area {
            None => self.drawn(self.open_offers(criteria.to_vec())),
            Some(Area::Region { code, .. }) => {
                let tag = self.registry.known(ResourceType::HealthcareService, "_tag");
                let any = vec![Term::system_code(tag, REGION, code)];
                self.drawn(with(Criterion::Test(Test::Terms { any, not: false })))
            }
            Some(Area::Departement { communes: codes, .. }) => {
                self.drawn(with(self.at_places(vec![self.in_communes(codes)])))
            }
            Some(around @ Area::Around { communes: codes, .. }) => {
                let (Some(from), Some(radius)) = (around.position(), radius_km) else {
                    return self.drawn(with(self.at_places(vec![self.in_communes(codes)])));
                };
                self.offers_around(ask, from, codes, radius, &with)
            }
        }
    }

    /// Those with a position within the radius, then those without in the communes around.
    fn offers_around(
        &self,
        ask: Ask<'_>,
        from: Position,
        own: &[String],
        radius_km: u32,
        with: &dyn Fn(Criterion) -> Vec<Candidate<'a>>,
    ) -> Vec<Candidate<'a>> {
        let parameter = self.registry.known(ResourceType::Location, "near");
        let near = Criterion::Test(Test::Near { parameter, near: circle(from, radius_km) });
        let mut found = with(self.at_places(vec![near]));
        for candidate in &mut found {
            candidate.distance = self.nearest(&candidate.hit, from).map_or(Distance::Vague, Distance::Measured);
        }
        let placed: HashSet<String> = found.iter().map(|candidate| candidate.hit.id().to_owned()).collect();
        let communes = order::communes_within(self.cog, from, own, radius_km);
        let missing = Criterion::Test(Test::Missing { parameter, missing: true });
        let unplaced = with(self.at_places(vec![missing, self.in_communes(&communes)]));
        // An offer may have one place with a position, and one without.
        found.extend(unplaced.into_iter().filter(|candidate| !placed.contains(candidate.hit.id())).map(|candidate| {
            let distance = self.nearest_commune(&candidate.hit, from, own);
            Candidate { distance, ..candidate }
        }));
        let phrase = match ask.what.words[..] {
            [] => ror_terminology::fold(&ask.what.typed),
            _ => ask.what.words.join(" "),
        };
        found.sort_by_cached_key(|Candidate { hit, digest, distance }| {
            let is_named_so = !phrase.is_empty() && digest.name.contains(&phrase);
            order::rank(self.now, distance, &Standing { id: hit.id(), is_named_so, updated: hit.updated() })
        });
        found
    }

    fn in_communes(&self, codes: &[String]) -> Criterion {
        let parameter = self.registry.known(ResourceType::Location, "commune-cog");
        let any = codes.iter().map(|code| Term::code(parameter, code)).collect();
        Criterion::Test(Test::Terms { any, not: false })
    }

    /// Tests on one and the same place of an offer (D1).
    fn at_places(&self, criteria: Vec<Criterion>) -> Criterion {
        let reference = self.registry.known(ResourceType::HealthcareService, "location");
        Criterion::Chain(Chain { reference, target: ResourceType::Location, criteria })
    }

    fn open_offers(&self, criteria: Vec<Criterion>) -> Vec<Candidate<'a>> {
        let hits = self.all(ResourceType::HealthcareService, criteria).into_iter();
        let candidates = hits.map(|hit| Candidate { digest: self.digests.offer(&hit), hit, distance: Distance::Vague });
        candidates.filter(|candidate| self.is_open(candidate.digest.closed)).collect()
    }

    fn drawn(&self, mut candidates: Vec<Candidate<'a>>) -> Vec<Candidate<'a>> {
        candidates.sort_by_cached_key(|candidate| neutral::rank(self.now, candidate.hit.id()));
        candidates
    }

    /// Distance of the nearest visible place of an offer, in kilometres.
    fn nearest(&self, hit: &Hit, from: Position) -> Option<f64> {
        let distances = self.places(hit).filter_map(|place| {
            let at = place.position?;
            Some(distance_km(from.latitude, from.longitude, at.latitude, at.longitude))
        });
        distances.min_by(f64::total_cmp)
    }

    /// The nearest commune where a place of an offer has no position.
    fn nearest_commune(&self, hit: &Hit, from: Position, own: &[String]) -> Distance {
        let unplaced = self.places(hit).filter(|place| place.position.is_none());
        let communes = unplaced.filter_map(|place| order::to_commune(self.cog, from, own, place.commune.as_deref()?));
        let km = |distance: &Distance| distance.counted_km().unwrap_or(f64::MAX);
        communes.min_by(|a, b| km(a).total_cmp(&km(b))).unwrap_or_default()
    }

    /// The visible places of an offer.
    fn places(&self, hit: &Hit) -> impl Iterator<Item = Arc<PlaceDigest>> {
        let references = hit.references().filter(|reference| reference.rtype == ResourceType::Location);
        references.filter_map(|place| Some(self.digests.place(&self.view.read(ResourceType::Location, &place.id)?)))
    }
}

fn is_of(asked: Option<&str>, codes: &[Box<str>]) -> bool {
    asked.is_none_or(|asked| codes.iter().any(|code| **code == *asked))
}

fn tally<'a>(
    candidates: impl Iterator<Item = &'a Candidate<'a>>,
    codes: impl Fn(&'a OfferDigest) -> &'a [Box<str>],
) -> BTreeMap<String, u64> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for candidate in candidates {
        for code in codes(&candidate.digest) {
            *counts.entry(code).or_default() += 1;
        }
    }
    counts.into_iter().map(|(code, count)| (code.to_owned(), count)).collect()
}

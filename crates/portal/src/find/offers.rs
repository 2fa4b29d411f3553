//! Offers: HealthcareService.

use std::collections::BTreeMap;
use std::sync::Arc;

use ror_index::Hit;
use ror_search::{Chain, Criterion, ResourceType, Term, Test, distance_km};

use super::{Ask, Counts, Finder, Found, Match, circle, count_radii, neutral, page_of};
use crate::digest::OfferDigest;
use crate::place::Area;
use crate::question::What;

const REGION: &str = "https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM";

struct Candidate {
    hit: Hit,
    digest: Arc<OfferDigest>,
    distance_km: Option<f64>,
}

impl Finder<'_> {
    pub(super) fn offers(&self, ask: Ask<'_>, radius_km: Option<u32>) -> Found {
        let Some(criteria) = Self::offer_criteria(ask.what) else { return Found::default() };
        let candidates = self.offers_in(&criteria, ask.area, radius_km);
        let field = |candidate: &&Candidate| is_of(ask.filters.field.as_deref(), candidate.digest.field.as_slice());
        let mode = |candidate: &&Candidate| is_of(ask.filters.mode.as_deref(), &candidate.digest.modes);
        let counts = Counts {
            fields: tally(candidates.iter().filter(mode), |digest| digest.field.as_slice()),
            modes: tally(candidates.iter().filter(field), |digest| &digest.modes),
            categories: BTreeMap::new(),
            radii_km: count_radii(
                candidates.iter().filter(field).filter(mode).filter_map(|candidate| candidate.distance_km),
                radius_km,
            ),
        };
        let kept: Vec<Match> = candidates
            .iter()
            .filter(field)
            .filter(mode)
            .map(|candidate| Match { hit: candidate.hit.clone(), distance_km: candidate.distance_km })
            .collect();
        Found { total: kept.len() as u64, matches: page_of(kept, ask.page), counts, radius_km }
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

    fn offers_in(&self, criteria: &[Criterion], area: Option<&Area>, radius_km: Option<u32>) -> Vec<Candidate> {
        let known = |rtype, name| self.registry.known(rtype, name);
        let tag = known(ResourceType::HealthcareService, "_tag");
        let near = known(ResourceType::Location, "near");
        let communes = |codes: &[String]| {
            let parameter = known(ResourceType::Location, "commune-cog");
            let any = codes.iter().map(|code| Term::code(parameter, code)).collect();
            Criterion::Test(Test::Terms { any, not: false })
        };
        let with = |more: Criterion| {
            let mut all = criteria.to_vec();
            all.push(more);
            self.open_offers(all)
        };
        match area {
            None => self.drawn(self.open_offers(criteria.to_vec())),
            Some(Area::Region { code, .. }) => {
                let any = vec![Term::system_code(tag, REGION, code)];
                self.drawn(with(Criterion::Test(Test::Terms { any, not: false })))
            }
            Some(Area::Departement { communes: codes, .. }) => self.drawn(with(self.at_places(vec![communes(codes)]))),
            Some(around @ Area::Around { communes: codes, .. }) => {
                let Some(circle) = circle(Some(around), radius_km) else {
                    return self.drawn(with(self.at_places(vec![communes(codes)])));
                };
                let test = Criterion::Test(Test::Near { parameter: near, near: circle });
                let mut found = with(self.at_places(vec![test]));
                for candidate in &mut found {
                    candidate.distance_km = around.position().and_then(|from| self.nearest_km(&candidate.hit, from));
                }
                let unplaced = Criterion::Test(Test::Missing { parameter: near, missing: true });
                found.extend(self.drawn(with(self.at_places(vec![communes(codes), unplaced]))));
                found
            }
        }
    }

    /// Tests on one and the same place of an offer (D1).
    fn at_places(&self, criteria: Vec<Criterion>) -> Criterion {
        let reference = self.registry.known(ResourceType::HealthcareService, "location");
        Criterion::Chain(Chain { reference, target: ResourceType::Location, criteria })
    }

    fn open_offers(&self, criteria: Vec<Criterion>) -> Vec<Candidate> {
        let hits = self.all(ResourceType::HealthcareService, criteria).into_iter();
        let candidates = hits.map(|hit| Candidate { digest: self.digests.offer(&hit), hit, distance_km: None });
        candidates.filter(|candidate| self.is_open(candidate.digest.closed)).collect()
    }

    fn drawn(&self, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
        candidates.sort_by_cached_key(|candidate| neutral::rank(self.now, candidate.hit.id()));
        candidates
    }

    /// Distance of the nearest visible place of an offer.
    fn nearest_km(&self, hit: &Hit, from: ror_registers::cog::Position) -> Option<f64> {
        let places = hit.references().filter(|reference| reference.rtype == ResourceType::Location);
        let distances = places.filter_map(|place| {
            let place = self.view.read(ResourceType::Location, &place.id)?;
            let at = self.digests.place(&place).position?;
            Some(distance_km(from.latitude, from.longitude, at.latitude, at.longitude))
        });
        distances.min_by(f64::total_cmp)
    }
}

fn is_of(asked: Option<&str>, codes: &[Box<str>]) -> bool {
    asked.is_none_or(|asked| codes.iter().any(|code| **code == *asked))
}

fn tally<'a>(
    candidates: impl Iterator<Item = &'a Candidate>,
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

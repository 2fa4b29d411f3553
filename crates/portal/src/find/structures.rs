//! Structures: Organization with an address, which the field calls entité géographique.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use ror_index::Hit;
use ror_search::{Filter, ResourceType, Term, Test};

use super::order::{self, Distance, Phrase, Reach, Standing};
use super::{ANYWHERE_KM, Ask, Counts, Finder, Found, Match, Wanted, count_radii, furthest_km, narrowest, neutral};
use crate::digest::StructureDigest;
use crate::place::Area;

const REGION: &str = "https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM";
/// Systems of the category of a structure at an address; neither EJ nor OI has one.
const CATEGORIES: [&str; 2] = [
    "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement",
    "https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite",
];

struct Candidate<'a> {
    hit: Hit<'a>,
    digest: Arc<StructureDigest>,
    reach: Reach,
    /// Whether its name holds the words as they were typed.
    is_named_so: bool,
}

impl<'a> Finder<'a> {
    pub(super) fn structures(&self, ask: Ask<'_>, wanted: Wanted) -> Found<'a> {
        let Some(criteria) = self.structure_criteria(ask) else { return Found::default() };
        let candidates = self.structures_in(&criteria, ask);
        if ask.area.is_some_and(|area| area.position().is_some()) {
            return narrowest(ask, |radius| self.structures_found(&candidates, ask, wanted, Some(radius)));
        }
        self.structures_found(&candidates, ask, wanted, None)
    }

    /// What is found among candidates, within a radius.
    fn structures_found(
        &self,
        candidates: &[Candidate<'a>],
        ask: Ask<'_>,
        wanted: Wanted,
        radius_km: Option<u32>,
    ) -> Found<'a> {
        let is_asked = |one: &Candidate<'_>| {
            ask.filters.category.as_deref().is_none_or(|asked| one.digest.category.as_deref() == Some(asked))
        };
        let mut kept = Vec::new();
        let mut categories: BTreeMap<&str, u64> = BTreeMap::new();
        for one in candidates {
            let Some(distance) = radius_km.map_or(Some(Distance::Vague), |radius| one.reach.within(radius)) else {
                continue;
            };
            if is_asked(one) {
                kept.push((one, distance));
            }
            if let Some(code) = one.digest.category.as_deref() {
                *categories.entry(code).or_default() += 1;
            }
        }
        let total = kept.len() as u64;
        let unplaced = kept.iter().filter(|(_, distance)| matches!(distance, Distance::Commune(..))).count() as u64;
        let shown_radius_km = radius_km.filter(|radius| *radius < ANYWHERE_KM);
        let Wanted::Page(page) = wanted else { return Found { total, unplaced, ..Found::default() } };
        let categories = categories.into_iter().map(|(code, count)| (code.to_owned(), count)).collect();
        let mut counts = Counts { categories, ..Counts::default() };
        if shown_radius_km.is_some() {
            let all = candidates.iter().filter(|one| is_asked(one));
            counts.radii_km = count_radii(all.filter_map(|one| one.reach.km()), ANYWHERE_KM);
        }
        let matches = self.structures_page(kept, page);
        Found { total, matches, unplaced, counts, radius_km: shown_radius_km }
    }

    fn structures_page(&self, kept: Vec<(&Candidate<'a>, Distance<'_>)>, page: usize) -> Vec<Match<'a>> {
        let one =
            |one: &Candidate<'a>, distance: Distance<'_>| Match { hit: one.hit, distance_km: distance.shown_km() };
        let today = neutral::day(self.now);
        if kept.iter().all(|(_, distance)| *distance == Distance::Vague) {
            // Those named so first, else as drawn (D68).
            let drawn = kept.into_iter().map(|(candidate, distance)| {
                let id = candidate.hit.id();
                ((Reverse(candidate.is_named_so), neutral::rank(today, id), id), one(candidate, distance))
            });
            return Found::page(drawn.collect(), page);
        }
        let ranked = kept.into_iter().map(|(candidate, distance)| {
            let (hit, is_named_so) = (candidate.hit, candidate.is_named_so);
            let standing = Standing { id: hit.id(), is_named_so, updated: hit.updated() };
            (order::rank(today, distance, &standing), one(candidate, distance))
        });
        Found::page(ranked.collect(), page)
    }

    /// `None` when the question is not about structures.
    fn structure_criteria(&self, ask: Ask<'_>) -> Option<Filter> {
        let kind = self.registry.known(ResourceType::Organization, "type");
        let any = match ask.what.need {
            Some(need) if need.structures.is_empty() => return None,
            Some(need) => need.structures.clone(),
            None => CATEGORIES.iter().map(|system| Term::system(kind, system)).collect(),
        };
        let mut criteria = vec![Filter::Test(Test::Terms(any))];
        criteria.extend(Self::words(ask.what));
        if let Some(Area::Region { code, .. }) = ask.area {
            let tag = self.registry.known(ResourceType::Organization, "_tag");
            let any = vec![Term::system_code(tag, REGION, code)];
            criteria.push(Filter::Test(Test::Terms(any)));
        }
        Some(Filter::All(criteria))
    }

    /// Open structures that meet the criteria; those of the area, when it has no centre.
    fn structures_in(&self, criteria: &Filter, ask: Ask<'_>) -> Vec<Candidate<'a>> {
        let communes: Option<HashSet<&str>> = match ask.area {
            Some(Area::Around { communes, position: None, .. } | Area::Departement { communes, .. }) => {
                Some(communes.iter().map(String::as_str).collect())
            }
            Some(Area::Region { .. } | Area::Around { .. }) | None => None,
        };
        let phrase = Phrase::of(&ask.what.words);
        let hits = self.view.matching(ResourceType::Organization, criteria).into_iter();
        hits.filter_map(|hit| {
            let digest = self.digests.structure(&hit);
            // Words added to the need may well name what it leaves out.
            let is_meant = !ask.what.words.is_empty() || ask.what.need.is_none_or(|need| need.means(&digest.name));
            let is_in = communes
                .as_ref()
                .is_none_or(|communes| digest.commune.as_ref().is_some_and(|home| communes.contains(&*home.code)));
            if !is_in || !self.is_open(digest.closed) || !is_meant {
                return None;
            }
            let reach = Self::structure_reach(&digest, ask);
            let is_named_so = phrase.is_in(&digest.name);
            Some(Candidate { hit, digest, reach, is_named_so })
        })
        .collect()
    }

    /// How far a structure is from the point that is asked about; by its commune when it has no position.
    fn structure_reach(digest: &StructureDigest, ask: Ask<'_>) -> Reach {
        let Some(Area::Around { position: Some(from), communes: own, .. }) = ask.area else { return Reach::default() };
        let limit_km = furthest_km(ask);
        if let Some(at) = digest.position {
            return Reach { placed_km: order::km_within(*from, at, limit_km), commune: None };
        }
        let commune = digest
            .commune
            .as_ref()
            .and_then(|home| Some((order::to_commune(*from, own, home, limit_km)?, home.code.clone())));
        Reach { placed_km: None, commune }
    }
}

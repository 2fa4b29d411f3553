//! Structures: Organization with an address, which the field calls entité géographique.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use ror_index::Hit;
use ror_search::{Criterion, ResourceType, Term, Test, distance_km};

use super::order::{self, Distance, Standing};
use super::{Ask, Counts, Finder, Found, Match, count_radii, neutral};
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
    distance: Distance,
    /// Whether its name holds the words as they were typed.
    is_named_so: bool,
}

impl<'a> Finder<'a> {
    pub(super) fn structures(&self, ask: Ask<'_>, radius_km: Option<u32>) -> Found<'a> {
        let Some(criteria) = self.structure_criteria(ask) else { return Found::default() };
        let mut candidates = self.structures_in(criteria, ask, radius_km);
        if radius_km.is_some() {
            candidates.sort_by_cached_key(|Candidate { hit, distance, is_named_so, .. }| {
                let standing = Standing { id: hit.id(), is_named_so: *is_named_so, updated: hit.updated() };
                order::rank(self.now, distance, &standing)
            });
        } else {
            // Those named so first, else as drawn (D68).
            candidates.sort_by_cached_key(|candidate| {
                (Reverse(candidate.is_named_so), neutral::rank(self.now, candidate.hit.id()))
            });
        }
        let category = |candidate: &&Candidate| {
            ask.filters.category.as_deref().is_none_or(|asked| candidate.digest.category.as_deref() == Some(asked))
        };
        let mut categories: BTreeMap<String, u64> = BTreeMap::new();
        for code in candidates.iter().filter_map(|candidate| candidate.digest.category.as_deref()) {
            *categories.entry(code.to_owned()).or_default() += 1;
        }
        let kept = || candidates.iter().filter(category);
        let radii_km = count_radii(kept().filter_map(|candidate| candidate.distance.counted_km()), radius_km);
        let counts = Counts { categories, radii_km, ..Counts::default() };
        let found =
            |candidate: &Candidate<'a>| Match { hit: candidate.hit, distance_km: candidate.distance.shown_km() };
        Found::page(kept().map(found).collect(), ask.page, counts, radius_km)
    }

    /// `None` when the question is not about structures.
    fn structure_criteria(&self, ask: Ask<'_>) -> Option<Vec<Criterion>> {
        let kind = self.registry.known(ResourceType::Organization, "type");
        let any = match ask.what.need {
            Some(need) if need.structures.is_empty() => return None,
            Some(need) => need.structures.clone(),
            None => CATEGORIES.iter().map(|system| Term::system(kind, system)).collect(),
        };
        let mut criteria = vec![Criterion::Test(Test::Terms { any, not: false })];
        criteria.extend(Self::words(ask.what));
        if let Some(Area::Region { code, .. }) = ask.area {
            let tag = self.registry.known(ResourceType::Organization, "_tag");
            let any = vec![Term::system_code(tag, REGION, code)];
            criteria.push(Criterion::Test(Test::Terms { any, not: false }));
        }
        Some(criteria)
    }

    fn structures_in(&self, criteria: Vec<Criterion>, ask: Ask<'_>, radius_km: Option<u32>) -> Vec<Candidate<'a>> {
        let communes: HashSet<&str> = match ask.area {
            Some(Area::Around { communes, .. } | Area::Departement { communes, .. }) => {
                communes.iter().map(String::as_str).collect()
            }
            Some(Area::Region { .. }) | None => HashSet::new(),
        };
        let phrase = ask.what.words.join(" ");
        let hits = self.all(ResourceType::Organization, criteria).into_iter();
        hits.filter_map(|hit| {
            let digest = self.digests.structure(&hit);
            // Words added to the need may well name what it leaves out.
            let is_meant = !phrase.is_empty() || ask.what.need.is_none_or(|need| need.means(&digest.name));
            if !self.is_open(digest.closed) || !is_meant {
                return None;
            }
            let distance = self.structure_distance(&digest, ask.area);
            let in_commune = digest.commune.as_deref().is_some_and(|commune| communes.contains(commune));
            let is_in = match ask.area {
                None | Some(Area::Region { .. }) => true,
                Some(Area::Departement { .. }) => in_commune,
                Some(Area::Around { .. }) => match (distance.counted_km(), radius_km) {
                    (Some(km), Some(radius)) => km <= f64::from(radius),
                    _ => in_commune,
                },
            };
            let is_named_so = !phrase.is_empty() && digest.name.contains(&phrase);
            is_in.then_some(Candidate { hit, digest, distance, is_named_so })
        })
        .collect()
    }

    /// How far a structure is from the point of an area; by its commune when it has no position.
    fn structure_distance(&self, digest: &StructureDigest, area: Option<&Area>) -> Distance {
        let Some(Area::Around { position: Some(from), communes: own, .. }) = area else { return Distance::Vague };
        match (digest.position, digest.commune.as_deref()) {
            (Some(at), _) => Distance::Measured(distance_km(from.latitude, from.longitude, at.latitude, at.longitude)),
            (None, Some(commune)) => order::to_commune(self.cog, *from, own, commune).unwrap_or_default(),
            (None, None) => Distance::Vague,
        }
    }
}

//! Structures: Organization with an address, which the field calls entité géographique.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use ror_index::Hit;
use ror_search::{Criterion, ResourceType, Term, Test, distance_km};

use super::{Ask, Counts, Finder, Found, Match, count_radii, neutral, page_of};
use crate::digest::StructureDigest;
use crate::place::Area;

const REGION: &str = "https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM";
/// Systems of the category of a structure at an address; neither EJ nor OI has one.
const CATEGORIES: [&str; 2] = [
    "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement",
    "https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite",
];

struct Candidate {
    hit: Hit,
    digest: Arc<StructureDigest>,
    distance_km: Option<f64>,
    /// Whether its name holds the words as they were typed.
    is_named_so: bool,
}

impl Finder<'_> {
    pub(super) fn structures(&self, ask: Ask<'_>, radius_km: Option<u32>) -> Found {
        let Some(criteria) = self.structure_criteria(ask) else { return Found::default() };
        let mut candidates = self.structures_in(criteria, ask, radius_km);
        candidates.sort_by_cached_key(|candidate| neutral::rank(self.now, candidate.hit.id()));
        candidates.sort_by(order);
        let category = |candidate: &&Candidate| {
            ask.filters.category.as_deref().is_none_or(|asked| candidate.digest.category.as_deref() == Some(asked))
        };
        let mut categories: BTreeMap<String, u64> = BTreeMap::new();
        for code in candidates.iter().filter_map(|candidate| candidate.digest.category.as_deref()) {
            *categories.entry(code.to_owned()).or_default() += 1;
        }
        let kept: Vec<Match> = candidates
            .iter()
            .filter(category)
            .map(|candidate| Match { hit: candidate.hit.clone(), distance_km: candidate.distance_km })
            .collect();
        let radii_km = count_radii(kept.iter().filter_map(|kept| kept.distance_km), radius_km);
        let counts = Counts { categories, radii_km, ..Counts::default() };
        Found { total: kept.len() as u64, matches: page_of(kept, ask.page), counts, radius_km }
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

    fn structures_in(&self, criteria: Vec<Criterion>, ask: Ask<'_>, radius_km: Option<u32>) -> Vec<Candidate> {
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
            let in_commune = digest.commune.as_deref().is_some_and(|commune| communes.contains(commune));
            let from = ask.area.and_then(Area::position);
            let distance_km = match (from, digest.position) {
                (Some(from), Some(at)) => Some(distance_km(from.latitude, from.longitude, at.latitude, at.longitude)),
                _ => None,
            };
            let is_in = match ask.area {
                None | Some(Area::Region { .. }) => true,
                Some(Area::Departement { .. }) => in_commune,
                Some(Area::Around { .. }) => match (distance_km, radius_km) {
                    (Some(distance), Some(radius)) => distance <= f64::from(radius),
                    _ => in_commune,
                },
            };
            let is_named_so = !phrase.is_empty() && digest.name.contains(&phrase);
            is_in.then_some(Candidate { hit, digest, distance_km, is_named_so })
        })
        .collect()
    }
}

/// Nearest first, then by name; without distance, those named so first, else as drawn (D68).
fn order(a: &Candidate, b: &Candidate) -> Ordering {
    match (a.distance_km, b.distance_km) {
        (Some(left), Some(right)) => left.total_cmp(&right).then_with(|| a.digest.name.cmp(&b.digest.name)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => b.is_named_so.cmp(&a.is_named_so),
    }
}

//! What the relations keep of each resource, whole: what contradicts itself is judged by who asks.

use ror_confidentiality::{OfferFacts, OrganizationKind, is_medico_social_category};
use ror_fhir::{Node, Reference};
use ror_profiles::rules::exposure;
use ror_search::ResourceType;

use super::Ids;

/// How relations are read, by the version of the policy in force when a row was written: what was
/// told then is told again (D28, ADR 0050).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reading {
    /// Up to version 3: every offer is exposed, the last of several references counts, the first
    /// word on what a structure is, hours end by the clock of Paris.
    Third,
    /// As decided now.
    Present,
}

impl Reading {
    /// How a row was read that was judged by that version of the policy.
    pub(crate) const fn of(policy_version: u32) -> Self {
        if policy_version <= 3 { Self::Third } else { Self::Present }
    }
}

/// An offer, as far as relations go.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Offer {
    pub(super) facts: OfferFacts,
    pub(super) places: Ids,
    pub(super) providers: Ids,
    /// It has all that exposing it takes (D34), but for the provider, which is another resource.
    pub(super) is_complete: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Structure {
    /// What the first of its codings says.
    pub(super) first_kind: OrganizationKind,
    /// What all its codings leave it to be.
    pub(super) kind: OrganizationKind,
    /// Its codings agree on what it is.
    pub(super) agrees: bool,
    pub(super) parents: Ids,
    /// Of category 462, and where it says so (D26).
    pub(super) lieu_de_vie: Option<LieuDeVie>,
    /// All its categories belong to the domain *Médico-social* (D26).
    pub(super) medico_social: bool,
    pub(super) identifiers: Ids,
}

/// Where a *lieu de vie* says to be one; the first counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LieuDeVie {
    /// In the nomenclature of categories.
    Category,
    /// Under another address, or none.
    Elsewhere,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) managers: Ids,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Role {
    pub(super) offers: Ids,
    pub(super) practitioners: Ids,
}

/// The places that an offer names; an area covered is a use of the place like any other (D21).
pub(crate) fn places_named(offer: &Node) -> Ids {
    let mut places = targets(offer, "location", ResourceType::Location);
    places.extend(targets(offer, "coverageArea", ResourceType::Location));
    places.sort_unstable();
    places.dedup();
    places
}

/// Whether an offer names one provider, and no other, among the structures held here.
pub(crate) fn names_one_provider(offer: &Node) -> bool {
    targets(offer, "providedBy", ResourceType::Organization).len() == 1
}

impl Offer {
    pub(super) fn read(resource: &Node) -> Self {
        Self {
            facts: OfferFacts::read(resource),
            places: places_named(resource),
            providers: targets(resource, "providedBy", ResourceType::Organization),
            is_complete: exposure::is_exposed(resource, true),
        }
    }
}

/// Category *lieu de vie* (D26).
const LIEU_DE_VIE: &str = "462";

impl Structure {
    pub(super) fn read(resource: &Node) -> Self {
        let mut kinds = Vec::new();
        let mut homes = Vec::new();
        let (mut categories, mut all_medico_social) = (0, true);
        for coding in resource.items("type").flat_map(|concept| concept.items("coding")) {
            let (system, code) = (coding.str("system").unwrap_or_default(), coding.str("code").unwrap_or_default());
            kinds.extend(kind_of(system, code));
            let is_category = system.contains("TRE_R66-");
            if code.trim() == LIEU_DE_VIE {
                let is_written_so = is_category && code == LIEU_DE_VIE;
                homes.push(if is_written_so { LieuDeVie::Category } else { LieuDeVie::Elsewhere });
            }
            if is_category {
                categories += 1;
                all_medico_social &= is_medico_social_category(code);
            }
        }
        let identifiers = resource.items("identifier").filter_map(|identifier| Some(identifier.str("value")?.into()));
        Self {
            first_kind: kinds.first().copied().unwrap_or(OrganizationKind::OrganisationInterne),
            kind: strictest(&kinds),
            agrees: kinds.iter().all(|kind| *kind == kinds[0]),
            parents: targets(resource, "partOf", ResourceType::Organization),
            lieu_de_vie: homes.into_iter().min(),
            medico_social: categories > 0 && all_medico_social,
            identifiers: identifiers.collect(),
        }
    }
}

/// What says nothing of its kind, or says organisation interne among others, is judged as one,
/// which may be hidden (D23). The two others are always visible.
fn strictest(kinds: &[OrganizationKind]) -> OrganizationKind {
    match kinds {
        [first, rest @ ..] if rest.iter().all(|kind| kind == first) => *first,
        [] => OrganizationKind::OrganisationInterne,
        _ if kinds.contains(&OrganizationKind::OrganisationInterne) => OrganizationKind::OrganisationInterne,
        _ => OrganizationKind::EntiteGeographique,
    }
}

/// What the nomenclature of a type says of an Organization (model: slices of `type`).
fn kind_of(system: &str, code: &str) -> Option<OrganizationKind> {
    let nomenclature = system.strip_prefix("https://mos.esante.gouv.fr/NOS/")?.split('-').next()?;
    match (nomenclature, code) {
        ("TRE_R72" | "TRE_R69", _) | ("TRE_R67", "EJ") => Some(OrganizationKind::EntiteJuridique),
        ("TRE_R66" | "TRE_R02", _) | ("TRE_R67", "EG") => Some(OrganizationKind::EntiteGeographique),
        ("TRE_R207", _) => Some(OrganizationKind::OrganisationInterne),
        _ => None,
    }
}

impl Place {
    pub(super) fn read(resource: &Node) -> Self {
        Self { managers: targets(resource, "managingOrganization", ResourceType::Organization) }
    }
}

impl Role {
    pub(super) fn read(resource: &Node) -> Self {
        Self {
            offers: targets(resource, "healthcareService", ResourceType::HealthcareService),
            practitioners: targets(resource, "practitioner", ResourceType::Practitioner),
        }
    }
}

/// Ids of the local targets of `element` that are of type `rtype`.
fn targets(resource: &Node, element: &str, rtype: ResourceType) -> Ids {
    let texts = resource.items(element).filter_map(|reference| reference.str("reference"));
    texts
        .filter_map(|text| match Reference::parse(text) {
            Reference::Local { rtype: found, id } if found == rtype.name() => Some(id.into()),
            _ => None,
        })
        .collect()
}

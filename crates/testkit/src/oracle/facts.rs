//! Facts read straight off the resources (D21–D23, D26).

use std::collections::BTreeSet;

use ror_confidentiality::{Audience, Field, OfferFacts, OrganizationKind, OwnFacts};
use ror_fhir::Node;
use ror_search::ResourceType;

use super::values::targets;
use super::{Key, Oracle};
use crate::corpus;

impl Oracle {
    pub(super) fn facts(&self, key: &Key) -> OwnFacts {
        let id = key.1.as_str();
        let resource = &self.resources[key];
        match key.0 {
            ResourceType::HealthcareService => OwnFacts::HealthcareService { exposed: self.is_exposed(resource) },
            ResourceType::Location => OwnFacts::Location {
                offers: self.offers().filter(|offer| uses(offer, id)).map(|offer| self.tells(offer)).collect(),
                lieu_de_vie: self.is_place_of_lieu_de_vie(id, resource),
            },
            ResourceType::Organization => OwnFacts::Organization {
                kind: kind(resource),
                all_offers_sensitive: self.are_all_offers_sensitive(id, resource),
                lieu_de_vie: is_lieu_de_vie(resource),
                medico_social: self.is_medico_social(id),
            },
            ResourceType::PractitionerRole => OwnFacts::PractitionerRole {
                offer: self.offer_of(resource),
                exposed: self.offers_held(resource).iter().flatten().all(|offer| self.is_exposed(offer)),
            },
            ResourceType::Practitioner => {
                let roles = self.of_type(ResourceType::PractitionerRole).map(|(_, role)| role);
                let mine = roles.filter(|role| targets(role, "practitioner", key.0).contains(&id));
                let is_clear = |role: &&Node| {
                    let offers = self.offers_held(role);
                    let is_shown = offers.iter().flatten().all(|offer| self.is_exposed(offer));
                    is_shown && targets(role, "practitioner", key.0).len() < 2
                };
                let offers = mine.map(|role| Some(role).filter(is_clear).and_then(|role| self.offer_of(role)));
                OwnFacts::Practitioner { roles: offers.map(|offer| offer.unwrap_or(OfferFacts::UNRESOLVED)).collect() }
            }
            ResourceType::Questionnaire => OwnFacts::Questionnaire,
            ResourceType::Measure => OwnFacts::Measure,
            ResourceType::MeasureReport => OwnFacts::MeasureReport,
            // No corpus holds an anomaly yet: it would be one about nothing that is known.
            ResourceType::Task => OwnFacts::Task { readers: Audience::ALL_DATA.mask() | Audience::OWNER.mask() },
        }
    }

    fn of_type(&self, rtype: ResourceType) -> impl Iterator<Item = (&str, &Node)> {
        let found = self.resources.iter().filter(move |(key, _)| key.0 == rtype);
        found.map(|(key, resource)| (key.1.as_str(), resource))
    }

    fn offers(&self) -> impl Iterator<Item = &Node> {
        self.of_type(ResourceType::HealthcareService).map(|(_, offer)| offer)
    }

    /// The offers that a role names, where they are held.
    fn offers_held(&self, role: &Node) -> Vec<Option<&Node>> {
        let rtype = ResourceType::HealthcareService;
        let ids = targets(role, "healthcareService", rtype).into_iter();
        ids.map(|id| self.resources.get(&(rtype, id.to_owned()))).collect()
    }

    /// What a role's offer says of it; several say what the strictest of them would.
    fn offer_of(&self, role: &Node) -> Option<OfferFacts> {
        let offers = self.offers_held(role);
        let all: Vec<OfferFacts> = offers.iter().flatten().map(|offer| OfferFacts::read(offer)).collect();
        let first = *all.first().filter(|_| all.len() == offers.len())?;
        let field = if all.iter().all(|offer| offer.field == first.field) { first.field } else { Field::Unknown };
        Some(OfferFacts { sensitive: all.iter().any(|offer| offer.sensitive), field })
    }

    /// D34: an identifier, a field, a provider that is held, an activity.
    fn is_exposed(&self, offer: &Node) -> bool {
        let coded = |element: &str| {
            let codings: Vec<&Node> = offer.items(element).flat_map(|concept| concept.items("coding")).collect();
            let said = codings.into_iter().filter_map(|coding| {
                coding.str("code")?;
                Some(coding.str("system").unwrap_or_default())
            });
            said.collect::<Vec<_>>()
        };
        let providers = targets(offer, "providedBy", ResourceType::Organization);
        let is_activity = |system: &&str| system.contains("TRE_R211-") || system.contains("JDV_J17-");
        offer.items("identifier").any(|identifier| identifier.str("value").is_some())
            && !coded("type").is_empty()
            && coded("specialty").iter().any(is_activity)
            && matches!(providers[..], [provider] if self.structure(provider).is_some())
    }

    /// What a place hears of an offer: nothing that opens, when it is not exposed.
    fn tells(&self, offer: &Node) -> OfferFacts {
        if self.is_exposed(offer) { OfferFacts::read(offer) } else { OfferFacts::UNRESOLVED }
    }

    fn structure(&self, id: &str) -> Option<&Node> {
        self.resources.get(&(ResourceType::Organization, id.to_owned()))
    }

    /// A structure and all it is part of, each once.
    fn ancestors<'a>(&'a self, structure: &'a str) -> BTreeSet<&'a str> {
        let mut line = BTreeSet::new();
        let mut next = vec![structure];
        while let Some(id) = next.pop() {
            if line.insert(id) {
                next.extend(self.structure(id).map(parents).unwrap_or_default());
            }
        }
        line
    }

    /// D26: an establishment by its categories, a unit by the establishment it is in, an entité
    /// juridique when it has establishments and all are.
    fn is_medico_social(&self, id: &str) -> bool {
        let Some(resource) = self.structure(id).filter(|it| said_kinds(it).len() < 2) else { return false };
        match kind(resource) {
            OrganizationKind::EntiteGeographique => has_medico_social_categories(resource),
            OrganizationKind::OrganisationInterne => {
                let parent = self.parent(id);
                // A unit in a ring of units is in no establishment.
                let is_ring = self.ancestors(id).iter().all(|above| self.is_unit(above));
                let parent = parent.filter(|above| {
                    !is_ring
                        && self.structure(above).is_some_and(|above| kind(above) != OrganizationKind::EntiteJuridique)
                });
                parent.is_some_and(|above| self.is_medico_social(above))
            }
            OrganizationKind::EntiteJuridique => {
                let below: Vec<(&str, &Node)> =
                    self.of_type(ResourceType::Organization).filter(|(other, _)| self.is_under(other, id)).collect();
                let mut mine = below.iter().filter(|(_, it)| kind(it) == OrganizationKind::EntiteGeographique);
                let is_doubtful = |it: &Node| said_kinds(it).len() > 1 || parents(it).len() > 1;
                mine.clone().next().is_some()
                    && mine.all(|(_, it)| has_medico_social_categories(it))
                    && !below.iter().any(|(_, it)| is_doubtful(it))
            }
        }
    }

    fn is_unit(&self, id: &str) -> bool {
        self.structure(id).is_none_or(|it| kind(it) == OrganizationKind::OrganisationInterne)
    }

    /// Whether an establishment hangs under an entité juridique, with no other establishment between.
    fn is_under(&self, establishment: &str, entity: &str) -> bool {
        let mut met = BTreeSet::from([establishment]);
        let mut next = self.parent(establishment);
        while let Some(id) = next.filter(|id| met.insert(id)) {
            if id == entity {
                return true;
            }
            let stops = self.structure(id).is_none_or(|it| kind(it) == OrganizationKind::EntiteGeographique);
            next = if stops { None } else { self.parent(id) };
        }
        false
    }

    /// What a structure is part of, when it names one.
    fn parent(&self, id: &str) -> Option<&str> {
        self.structure(id).map(parents).filter(|parents| parents.len() == 1)?.pop()
    }

    /// D26: its managing structure, the provider of one of its offers, or what they are part of.
    fn is_place_of_lieu_de_vie(&self, place: &str, resource: &Node) -> bool {
        let organization = ResourceType::Organization;
        let mut structures = targets(resource, "managingOrganization", organization);
        let offers = self.offers().filter(|offer| uses(offer, place));
        structures.extend(offers.flat_map(|offer| targets(offer, "providedBy", organization)));
        structures.iter().flat_map(|id| self.ancestors(id)).any(|id| self.structure(id).is_some_and(is_lieu_de_vie))
    }

    /// D23: at least one sensitive offer, its own or below, and no ordinary one that is exposed and
    /// leaves no doubt on where it is.
    fn are_all_offers_sensitive(&self, id: &str, resource: &Node) -> bool {
        if kind(resource) != OrganizationKind::OrganisationInterne {
            return false;
        }
        let organization = ResourceType::Organization;
        let below = |offer: &&Node| {
            targets(offer, "providedBy", organization).iter().any(|provider| self.ancestors(provider).contains(id))
        };
        let is_sensitive = |offer: &Node| OfferFacts::read(offer).sensitive;
        let mut ordinary = self.offers().filter(|offer| !is_sensitive(offer) && self.is_exposed(offer));
        let opens = ordinary.any(|offer| {
            let mut provider = targets(offer, "providedBy", organization).pop();
            let mut met = BTreeSet::new();
            while let Some(at) = provider.filter(|at| *at != id && met.insert(*at)) {
                provider = self.parent(at);
            }
            provider == Some(id)
        });
        !opens && self.offers().filter(below).any(is_sensitive)
    }
}

/// D21: by `location` or `coverageArea`.
fn uses(offer: &Node, place: &str) -> bool {
    ["location", "coverageArea"].iter().any(|element| targets(offer, element, ResourceType::Location).contains(&place))
}

fn types(structure: &Node) -> impl Iterator<Item = (&str, &str)> {
    let codings = structure.items("type").flat_map(|concept| concept.items("coding"));
    codings.filter_map(|coding| Some((coding.str("system")?, coding.str("code")?)))
}

/// The domain Médico-social among the categories that the corpus draws.
fn has_medico_social_categories(structure: &Node) -> bool {
    let categories: Vec<&str> =
        types(structure).filter(|(system, _)| system.contains("/TRE_R66-")).map(|(_, code)| code).collect();
    !categories.is_empty() && categories.iter().all(|code| corpus::MEDICO_SOCIAL.contains(code))
}

/// D26: category 462, whatever its nomenclature is called.
fn is_lieu_de_vie(structure: &Node) -> bool {
    let mut codings = structure.items("type").flat_map(|concept| concept.items("coding"));
    codings.any(|coding| coding.str("code") == Some("462"))
}

/// All that a structure says it is part of.
fn parents(structure: &Node) -> Vec<&str> {
    targets(structure, "partOf", ResourceType::Organization)
}

/// A structure that says it is an organisation interne.
pub(super) fn is_internal(structure: &Node) -> bool {
    let is_numbered = structure.items("identifier").any(|it| it.str("system") == Some("https://oi.esante.gouv.fr"));
    is_numbered || types(structure).any(|(system, _)| system.contains("R207-") || system.contains("J203-"))
}

/// A structure that says it is an establishment, and nothing stricter.
pub(super) fn is_establishment(structure: &Node) -> bool {
    kind(structure) == OrganizationKind::EntiteGeographique
}

/// What the codings of a structure say that it is: EJ, EG, OI.
fn said_kinds(structure: &Node) -> BTreeSet<&'static str> {
    let lists = [("/TRE_R72-", "EJ"), ("/TRE_R66-", "EG"), ("/TRE_R02-", "EG"), ("/TRE_R207-", "OI")];
    let said = types(structure).filter_map(|(system, _)| lists.iter().find(|(part, _)| system.contains(part)));
    said.map(|(_, kind)| *kind).collect()
}

/// Where codings disagree, what may be hidden; else what is always shown.
fn kind(structure: &Node) -> OrganizationKind {
    let said = said_kinds(structure);
    if said.is_empty() || said.contains("OI") {
        OrganizationKind::OrganisationInterne
    } else if said.contains("EG") {
        OrganizationKind::EntiteGeographique
    } else {
        OrganizationKind::EntiteJuridique
    }
}

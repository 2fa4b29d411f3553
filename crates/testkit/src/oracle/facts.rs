//! Facts read straight off the resources (D21–D23, D26).

use std::collections::BTreeSet;

use ror_confidentiality::{OfferFacts, OrganizationKind, OwnFacts};
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
            ResourceType::HealthcareService => OwnFacts::HealthcareService,
            ResourceType::Location => OwnFacts::Location {
                offers: self.offers().filter(|offer| uses(offer, id)).map(OfferFacts::read).collect(),
                lieu_de_vie: self.is_place_of_lieu_de_vie(id, resource),
            },
            ResourceType::Organization => OwnFacts::Organization {
                kind: kind(resource),
                all_offers_sensitive: self.are_all_offers_sensitive(id, resource),
                lieu_de_vie: is_lieu_de_vie(resource),
                medico_social: self.is_medico_social(id),
            },
            ResourceType::PractitionerRole => OwnFacts::PractitionerRole { offer: self.offer_of(resource) },
            ResourceType::Practitioner => {
                let roles = self.of_type(ResourceType::PractitionerRole);
                let mine = roles.filter(|(_, role)| targets(role, "practitioner", key.0).contains(&id));
                let offers = mine.map(|(_, role)| self.offer_of(role).unwrap_or(OfferFacts::UNRESOLVED));
                OwnFacts::Practitioner { roles: offers.collect() }
            }
            ResourceType::Questionnaire => OwnFacts::Questionnaire,
        }
    }

    fn of_type(&self, rtype: ResourceType) -> impl Iterator<Item = (&str, &Node)> {
        let found = self.resources.iter().filter(move |(key, _)| key.0 == rtype);
        found.map(|(key, resource)| (key.1.as_str(), resource))
    }

    fn offers(&self) -> impl Iterator<Item = &Node> {
        self.of_type(ResourceType::HealthcareService).map(|(_, offer)| offer)
    }

    fn offer_of(&self, role: &Node) -> Option<OfferFacts> {
        let rtype = ResourceType::HealthcareService;
        let id = targets(role, "healthcareService", rtype).pop()?;
        self.resources.get(&(rtype, id.to_owned())).map(OfferFacts::read)
    }

    fn structure(&self, id: &str) -> Option<&Node> {
        self.resources.get(&(ResourceType::Organization, id.to_owned()))
    }

    /// A structure and all it is part of, each once.
    fn ancestors<'a>(&'a self, structure: &'a str) -> BTreeSet<&'a str> {
        let mut line = BTreeSet::new();
        let mut next = Some(structure);
        while let Some(id) = next.filter(|id| line.insert(*id)) {
            next = self.structure(id).and_then(|it| targets(it, "partOf", ResourceType::Organization).pop());
        }
        line
    }

    /// D26: an establishment by its categories, a unit by the establishment it is in, an entité
    /// juridique when it has establishments and all are.
    fn is_medico_social(&self, id: &str) -> bool {
        let Some(resource) = self.structure(id) else { return false };
        match kind(resource) {
            OrganizationKind::EntiteGeographique => has_medico_social_categories(resource),
            OrganizationKind::OrganisationInterne => {
                let parent = targets(resource, "partOf", ResourceType::Organization).pop();
                // A unit in a ring of units is in no establishment.
                let is_ring = self.ancestors(id).iter().all(|above| self.is_unit(above));
                let parent = parent.filter(|above| {
                    !is_ring
                        && self.structure(above).is_some_and(|above| kind(above) != OrganizationKind::EntiteJuridique)
                });
                parent.is_some_and(|above| self.is_medico_social(above))
            }
            OrganizationKind::EntiteJuridique => {
                let mine = self.of_type(ResourceType::Organization).filter(|(other, structure)| {
                    kind(structure) == OrganizationKind::EntiteGeographique && self.is_under(other, id)
                });
                let mine: Vec<bool> = mine.map(|(_, structure)| has_medico_social_categories(structure)).collect();
                !mine.is_empty() && !mine.contains(&false)
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

    fn parent(&self, id: &str) -> Option<&str> {
        self.structure(id).and_then(|it| targets(it, "partOf", ResourceType::Organization).pop())
    }

    /// D26: its managing structure, the provider of one of its offers, or what they are part of.
    fn is_place_of_lieu_de_vie(&self, place: &str, resource: &Node) -> bool {
        let organization = ResourceType::Organization;
        let mut structures = targets(resource, "managingOrganization", organization);
        let offers = self.offers().filter(|offer| uses(offer, place));
        structures.extend(offers.flat_map(|offer| targets(offer, "providedBy", organization)));
        structures.iter().flat_map(|id| self.ancestors(id)).any(|id| self.structure(id).is_some_and(is_lieu_de_vie))
    }

    /// D23: at least one offer, its own or below, and none ordinary.
    fn are_all_offers_sensitive(&self, id: &str, resource: &Node) -> bool {
        if kind(resource) != OrganizationKind::OrganisationInterne {
            return false;
        }
        let organization = ResourceType::Organization;
        let below = |offer: &&Node| {
            targets(offer, "providedBy", organization).iter().any(|provider| self.ancestors(provider).contains(id))
        };
        let offers: Vec<_> = self.offers().filter(below).map(OfferFacts::read).collect();
        !offers.is_empty() && offers.iter().all(|offer| offer.sensitive)
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

fn is_lieu_de_vie(structure: &Node) -> bool {
    types(structure).any(|(system, code)| system.contains("/TRE_R66-") && code == "462")
}

/// A structure that says it is an organisation interne.
pub(super) fn is_internal(structure: &Node) -> bool {
    let is_numbered = structure.items("identifier").any(|it| it.str("system") == Some("https://oi.esante.gouv.fr"));
    is_numbered || types(structure).any(|(system, _)| system.contains("R207-") || system.contains("J203-"))
}

fn kind(structure: &Node) -> OrganizationKind {
    let holds = |part: &str| types(structure).any(|(system, _)| system.contains(part));
    if holds("/TRE_R72-") {
        OrganizationKind::EntiteJuridique
    } else if holds("/TRE_R66-") {
        OrganizationKind::EntiteGeographique
    } else {
        OrganizationKind::OrganisationInterne
    }
}

//! Who belongs to whom: the relations that the facts of a projection are read from
//! (`Facts`, D21–D23). Built from whole resources, never served.
//!
//! Copying a graph costs nothing, as for a snapshot: a change is tried on a copy.

use std::collections::HashSet;

use ror_confidentiality::{OfferFacts, OrganizationKind, OwnFacts, is_medico_social_category};
use ror_fhir::{Node, Reference};
use ror_search::ResourceType;
use rpds::HashTrieMapSync;

/// Type and logical id.
pub(crate) type Key = (ResourceType, Box<str>);
pub(crate) type Ids = Vec<Box<str>>;

/// An offer, as far as relations go.
#[derive(Clone, Debug, PartialEq)]
struct Offer {
    facts: OfferFacts,
    places: Ids,
    provider: Option<Box<str>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Structure {
    kind: OrganizationKind,
    part_of: Option<Box<str>>,
    lieu_de_vie: bool,
    /// All its categories belong to the domain *Médico-social* (D26).
    medico_social: bool,
    identifiers: Ids,
}

#[derive(Clone, Debug, PartialEq)]
struct Place {
    manager: Option<Box<str>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Role {
    offer: Option<Box<str>>,
    practitioner: Option<Box<str>>,
}

/// The relations of one moment.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    offers: HashTrieMapSync<Box<str>, Offer>,
    structures: HashTrieMapSync<Box<str>, Structure>,
    places: HashTrieMapSync<Box<str>, Place>,
    roles: HashTrieMapSync<Box<str>, Role>,
    offers_of_place: Many,
    offers_of_structure: Many,
    parts_of_structure: Many,
    places_of_structure: Many,
    roles_of_offer: Many,
    roles_of_practitioner: Many,
}

/// From one id to many.
#[derive(Clone, Debug)]
struct Many(HashTrieMapSync<Box<str>, Ids>);

/// Chains of `partOf` longer than this are cut: a cycle, or a fault.
const PARTS_MAX: usize = 16;

impl Graph {
    pub(crate) fn empty() -> Self {
        let many = || Many(HashTrieMapSync::new_sync());
        Self {
            offers: HashTrieMapSync::new_sync(),
            structures: HashTrieMapSync::new_sync(),
            places: HashTrieMapSync::new_sync(),
            roles: HashTrieMapSync::new_sync(),
            offers_of_place: many(),
            offers_of_structure: many(),
            parts_of_structure: many(),
            places_of_structure: many(),
            roles_of_offer: many(),
            roles_of_practitioner: many(),
        }
    }

    /// Takes a resource in (`None`: out), and gives the others whose facts may follow.
    pub(crate) fn put(&mut self, key: &Key, resource: Option<&Node>) -> Vec<Key> {
        let mut touched = Vec::new();
        let id = &key.1;
        match key.0 {
            ResourceType::HealthcareService => {
                self.touch_offer(id, &mut touched);
                self.put_offer(id, resource.map(Offer::read));
                self.touch_offer(id, &mut touched);
            }
            ResourceType::Organization => {
                let was_medico_social = self.is_in_medico_social(id);
                self.touch_structure(id, &mut touched);
                self.put_structure(id, resource.map(Structure::read));
                self.touch_structure(id, &mut touched);
                if self.is_in_medico_social(id) != was_medico_social {
                    let parts = self.with_parts(id).into_iter();
                    touched.extend(parts.map(|part| (ResourceType::Organization, part)));
                }
            }
            ResourceType::Location => self.put_place(id, resource.map(Place::read)),
            ResourceType::PractitionerRole => {
                self.touch_role(id, &mut touched);
                self.put_role(id, resource.map(Role::read));
                self.touch_role(id, &mut touched);
            }
            ResourceType::Practitioner | ResourceType::Questionnaire => {}
        }
        touched
    }

    /// The facts of one resource as the relations stand.
    pub(crate) fn facts(&self, key: &Key) -> OwnFacts {
        let id = &key.1;
        match key.0 {
            ResourceType::HealthcareService => OwnFacts::HealthcareService,
            ResourceType::Location => OwnFacts::Location {
                offers: self.offers_of_place.of(id).filter_map(|offer| Some(self.offers.get(offer)?.facts)).collect(),
                lieu_de_vie: self.is_place_of_lieu_de_vie(id),
            },
            ResourceType::Organization => {
                let structure = self.structures.get(id);
                OwnFacts::Organization {
                    kind: structure.map_or(OrganizationKind::OrganisationInterne, |structure| structure.kind),
                    all_offers_sensitive: self.are_all_offers_sensitive(id),
                    lieu_de_vie: structure.is_some_and(|structure| structure.lieu_de_vie),
                    medico_social: match structure.map(|structure| structure.kind) {
                        Some(OrganizationKind::EntiteJuridique) => self.has_only_medico_social(id),
                        _ => self.is_in_medico_social(id),
                    },
                }
            }
            ResourceType::PractitionerRole => {
                OwnFacts::PractitionerRole { offer: self.roles.get(id).and_then(|role| self.offer_facts(role)) }
            }
            ResourceType::Practitioner => {
                let roles = self.roles_of_practitioner.of(id).filter_map(|role| self.roles.get(role));
                OwnFacts::Practitioner { roles: roles.filter_map(|role| self.offer_facts(role)).collect() }
            }
            ResourceType::Questionnaire => OwnFacts::Questionnaire,
        }
    }

    /// The structures that answer for a resource, from its own up to the entité juridique (D81).
    pub(crate) fn owners(&self, key: &Key) -> Vec<Box<str>> {
        let id = &key.1;
        let starts: Vec<Box<str>> = match key.0 {
            ResourceType::Organization => vec![id.clone()],
            ResourceType::HealthcareService => {
                self.offers.get(id).and_then(|o| o.provider.clone()).into_iter().collect()
            }
            ResourceType::Location => {
                let offers = self.offers_of_place.of(id).filter_map(|offer| self.offers.get(offer)?.provider.clone());
                let manager = self.places.get(id).and_then(|place| place.manager.clone());
                offers.chain(manager).collect()
            }
            ResourceType::PractitionerRole => {
                let offer = self.roles.get(id).and_then(|role| role.offer.as_ref());
                offer.and_then(|offer| self.offers.get(offer)?.provider.clone()).into_iter().collect()
            }
            ResourceType::Practitioner => {
                let roles = self.roles_of_practitioner.of(id).filter_map(|role| self.roles.get(role)?.offer.as_ref());
                roles.filter_map(|offer| self.offers.get(offer)?.provider.clone()).collect()
            }
            // Everyone's, hence no structure's: a right of its own (D81).
            ResourceType::Questionnaire => Vec::new(),
        };
        starts.iter().flat_map(|start| self.line(start)).collect()
    }

    /// The identifiers of a structure, as written.
    pub(crate) fn identifiers(&self, structure: &str) -> &[Box<str>] {
        self.structures.get(structure).map_or(&[], |structure| &structure.identifiers)
    }

    /// The places that an offer uses.
    pub(crate) fn places_of_offer(&self, offer: &str) -> &[Box<str>] {
        self.offers.get(offer).map_or(&[], |offer| &offer.places)
    }

    /// The offers that use a place.
    pub(crate) fn offers_of(&self, place: &str) -> impl Iterator<Item = &Box<str>> {
        self.offers_of_place.of(place)
    }

    /// The structures and offers below a structure, itself left out.
    pub(crate) fn below(&self, structure: &str) -> Vec<Key> {
        let parts = self.with_parts(structure);
        let offers = parts.iter().flat_map(|part| self.offers_of_structure.of(part).cloned());
        let offers: Vec<Key> = offers.map(|offer| (ResourceType::HealthcareService, offer)).collect();
        let parts = parts.into_iter().filter(|part| **part != *structure);
        parts.map(|part| (ResourceType::Organization, part)).chain(offers).collect()
    }

    /// Whether the structure is held.
    pub(crate) fn holds_structure(&self, structure: &str) -> bool {
        self.structures.contains_key(structure)
    }

    fn offer_facts(&self, role: &Role) -> Option<OfferFacts> {
        Some(self.offers.get(role.offer.as_ref()?)?.facts)
    }

    /// A structure and those it is part of, nearest first.
    fn line(&self, structure: &str) -> Vec<Box<str>> {
        let mut line: Vec<Box<str>> = vec![structure.into()];
        while line.len() < PARTS_MAX {
            let last = &line[line.len() - 1];
            let Some(parent) = self.structures.get(last).and_then(|structure| structure.part_of.clone()) else { break };
            if line.contains(&parent) {
                break;
            }
            line.push(parent);
        }
        line
    }

    /// D23: at least one offer, itself or below, and all of them sensitive.
    fn are_all_offers_sensitive(&self, structure: &str) -> bool {
        let is_internal = |id: &str| {
            self.structures.get(id).is_none_or(|structure| structure.kind == OrganizationKind::OrganisationInterne)
        };
        // EJ and EG are always visible: no need to walk a hospital's offers.
        if !is_internal(structure) {
            return false;
        }
        let mut pending: Ids = vec![structure.into()];
        let mut seen: Ids = Vec::new();
        let mut any = false;
        while let Some(id) = pending.pop() {
            if seen.contains(&id) {
                continue;
            }
            for offer in self.offers_of_structure.of(&id).filter_map(|offer| self.offers.get(offer)) {
                any = true;
                if !offer.facts.sensitive {
                    return false;
                }
            }
            pending.extend(self.parts_of_structure.of(&id).cloned());
            seen.push(id);
        }
        any
    }

    fn is_place_of_lieu_de_vie(&self, place: &str) -> bool {
        let manager = self.places.get(place).and_then(|place| place.manager.as_ref());
        let mut providers =
            self.offers_of_place.of(place).filter_map(|offer| self.offers.get(offer)?.provider.as_ref());
        manager.is_some_and(|id| self.is_in_lieu_de_vie(id)) || providers.any(|id| self.is_in_lieu_de_vie(id))
    }

    fn touch_offer(&self, id: &str, touched: &mut Vec<Key>) {
        if let Some(offer) = self.offers.get(id) {
            touched.extend(offer.places.iter().map(|place| (ResourceType::Location, place.clone())));
            let line = offer.provider.iter().flat_map(|provider| self.line(provider));
            touched.extend(line.map(|structure| (ResourceType::Organization, structure)));
        }
        for role in self.roles_of_offer.of(id) {
            touched.push((ResourceType::PractitionerRole, role.clone()));
            self.touch_role(role, touched);
        }
    }

    fn touch_role(&self, id: &str, touched: &mut Vec<Key>) {
        let practitioner = self.roles.get(id).and_then(|role| role.practitioner.clone());
        touched.extend(practitioner.map(|practitioner| (ResourceType::Practitioner, practitioner)));
    }

    fn touch_structure(&self, id: &str, touched: &mut Vec<Key>) {
        touched.extend(self.line(id).into_iter().map(|structure| (ResourceType::Organization, structure)));
        // Only a lieu de vie changes what is seen of places; they are few and small.
        if self.is_in_lieu_de_vie(id) {
            for structure in self.with_parts(id) {
                let managed = self.places_of_structure.of(&structure).cloned();
                let offers = self.offers_of_structure.of(&structure);
                let offered = offers.filter_map(|offer| Some(self.offers.get(offer)?.places.clone()));
                touched.extend(managed.chain(offered.flatten()).map(|place| (ResourceType::Location, place)));
            }
        }
    }

    /// A structure and all that is part of it, each once.
    fn with_parts(&self, structure: &str) -> Ids {
        let mut all: Ids = vec![structure.into()];
        let mut at = 0;
        while at < all.len() {
            let parts = self.parts_of_structure.of(&all[at]);
            let new: Ids = parts.filter(|part| !all.contains(part)).cloned().collect();
            all.extend(new);
            at += 1;
        }
        all
    }

    /// Whether a structure, or one it is part of, is a lieu de vie (D26).
    fn is_in_lieu_de_vie(&self, structure: &str) -> bool {
        self.line(structure).iter().any(|id| self.structures.get(id).is_some_and(|structure| structure.lieu_de_vie))
    }

    /// D26: whether the establishment that a structure is, or is in, is médico-social; false
    /// when there is none.
    fn is_in_medico_social(&self, structure: &str) -> bool {
        let line = self.line(structure);
        let mut known = line.iter().filter_map(|id| self.structures.get(id));
        let first = known.find(|structure| structure.kind != OrganizationKind::OrganisationInterne);
        first.is_some_and(|structure| structure.kind == OrganizationKind::EntiteGeographique && structure.medico_social)
    }

    /// D26: whether an entité juridique has establishments, all of them médico-sociaux.
    fn has_only_medico_social(&self, structure: &str) -> bool {
        let mut pending: Ids = vec![structure.into()];
        let mut seen: HashSet<Box<str>> = HashSet::new();
        let mut any = false;
        while let Some(id) = pending.pop() {
            match self.structures.get(&id) {
                Some(found) if found.kind == OrganizationKind::EntiteGeographique => {
                    any = true;
                    if !found.medico_social {
                        return false;
                    }
                }
                _ if seen.insert(id.clone()) => pending.extend(self.parts_of_structure.of(&id).cloned()),
                _ => {}
            }
        }
        any
    }

    fn put_offer(&mut self, id: &str, offer: Option<Offer>) {
        let former = self.offers.get(id).cloned();
        if let Some(former) = &former {
            former.places.iter().for_each(|place| self.offers_of_place.remove(place, id));
            former.provider.iter().for_each(|provider| self.offers_of_structure.remove(provider, id));
        }
        let Some(offer) = offer else {
            self.offers.remove_mut(id);
            return;
        };
        offer.places.iter().for_each(|place| self.offers_of_place.add(place, id));
        offer.provider.iter().for_each(|provider| self.offers_of_structure.add(provider, id));
        self.offers.insert_mut(id.into(), offer);
    }

    fn put_structure(&mut self, id: &str, structure: Option<Structure>) {
        if let Some(parent) = self.structures.get(id).and_then(|former| former.part_of.clone()) {
            self.parts_of_structure.remove(&parent, id);
        }
        let Some(structure) = structure else {
            self.structures.remove_mut(id);
            return;
        };
        structure.part_of.iter().for_each(|parent| self.parts_of_structure.add(parent, id));
        self.structures.insert_mut(id.into(), structure);
    }

    fn put_place(&mut self, id: &str, place: Option<Place>) {
        if let Some(manager) = self.places.get(id).and_then(|former| former.manager.clone()) {
            self.places_of_structure.remove(&manager, id);
        }
        let Some(place) = place else {
            self.places.remove_mut(id);
            return;
        };
        place.manager.iter().for_each(|manager| self.places_of_structure.add(manager, id));
        self.places.insert_mut(id.into(), place);
    }

    fn put_role(&mut self, id: &str, role: Option<Role>) {
        if let Some(former) = self.roles.get(id).cloned() {
            former.offer.iter().for_each(|offer| self.roles_of_offer.remove(offer, id));
            former.practitioner.iter().for_each(|person| self.roles_of_practitioner.remove(person, id));
        }
        let Some(role) = role else {
            self.roles.remove_mut(id);
            return;
        };
        role.offer.iter().for_each(|offer| self.roles_of_offer.add(offer, id));
        role.practitioner.iter().for_each(|person| self.roles_of_practitioner.add(person, id));
        self.roles.insert_mut(id.into(), role);
    }
}

impl Many {
    fn of(&self, from: &str) -> impl Iterator<Item = &Box<str>> {
        self.0.get(from).into_iter().flatten()
    }

    fn add(&mut self, from: &str, to: &str) {
        let mut ids = self.0.get(from).cloned().unwrap_or_default();
        if !ids.iter().any(|id| **id == *to) {
            ids.push(to.into());
            self.0.insert_mut(from.into(), ids);
        }
    }

    fn remove(&mut self, from: &str, to: &str) {
        let mut ids = self.0.get(from).cloned().unwrap_or_default();
        ids.retain(|id| **id != *to);
        if ids.is_empty() {
            self.0.remove_mut(from);
        } else {
            self.0.insert_mut(from.into(), ids);
        }
    }
}

/// The places that an offer names; an area covered is a use of the place like any other (D21).
pub(crate) fn places_named(offer: &Node) -> Ids {
    let mut places = targets(offer, "location", ResourceType::Location);
    places.extend(targets(offer, "coverageArea", ResourceType::Location));
    places.sort_unstable();
    places.dedup();
    places
}

impl Offer {
    fn read(resource: &Node) -> Self {
        let places = places_named(resource);
        let provider = targets(resource, "providedBy", ResourceType::Organization).pop();
        Self { facts: OfferFacts::read(resource), places, provider }
    }
}

impl Structure {
    fn read(resource: &Node) -> Self {
        let mut kind = None;
        let mut lieu_de_vie = false;
        let (mut categories, mut all_medico_social) = (0, true);
        for coding in resource.items("type").flat_map(|concept| concept.items("coding")) {
            let (system, code) = (coding.str("system").unwrap_or_default(), coding.str("code").unwrap_or_default());
            kind = kind.or(kind_of(system, code));
            lieu_de_vie |= code == "462" && system.contains("TRE_R66-");
            if system.contains("TRE_R66-") {
                categories += 1;
                all_medico_social &= is_medico_social_category(code);
            }
        }
        let identifiers = resource.items("identifier").filter_map(|identifier| Some(identifier.str("value")?.into()));
        Self {
            // What says nothing of its kind is judged as an organisation interne, which may be hidden.
            kind: kind.unwrap_or(OrganizationKind::OrganisationInterne),
            part_of: targets(resource, "partOf", ResourceType::Organization).pop(),
            lieu_de_vie,
            medico_social: categories > 0 && all_medico_social,
            identifiers: identifiers.collect(),
        }
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
    fn read(resource: &Node) -> Self {
        Self { manager: targets(resource, "managingOrganization", ResourceType::Organization).pop() }
    }
}

impl Role {
    fn read(resource: &Node) -> Self {
        Self {
            offer: targets(resource, "healthcareService", ResourceType::HealthcareService).pop(),
            practitioner: targets(resource, "practitioner", ResourceType::Practitioner).pop(),
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

#[cfg(test)]
mod tests;

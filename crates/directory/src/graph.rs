//! Who belongs to whom: the relations that the facts of a projection are read from
//! (`Facts`, D21–D23). Built from whole resources, never served.
//!
//! Contradiction closes: what names several where one is due opens nothing that each of them would
//! not (D27). Copying a graph costs nothing, as for a snapshot: a change is tried on a copy.

mod many;
mod put;
mod read;
mod reports;

use std::collections::HashSet;

use ror_confidentiality::{OfferFacts, OrganizationKind, OwnFacts};
use ror_fhir::Node;
use ror_search::ResourceType;
use rpds::HashTrieMapSync;

use many::Many;
use read::{LieuDeVie, Offer, Place, Role, Structure};
pub(crate) use read::{Reading, names_one_provider, places_named};
pub(crate) use reports::Object;
use reports::Reports;

/// Type and logical id.
pub(crate) type Key = (ResourceType, Box<str>);
pub(crate) type Ids = Vec<Box<str>>;

/// The relations of one moment.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    reading: Reading,
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
    reports: Reports,
}

/// Chains of `partOf` longer than this are cut: a cycle, or a fault.
const PARTS_MAX: usize = 16;

impl Graph {
    pub(crate) fn empty() -> Self {
        let many = Many::empty;
        Self {
            reading: Reading::Present,
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
            reports: Reports::empty(),
        }
    }

    /// How what is held is read.
    pub(crate) const fn reading(&self) -> Reading {
        self.reading
    }

    /// Reads all that is held otherwise: any fact may follow.
    pub(crate) const fn read_as(&mut self, reading: Reading) {
        self.reading = reading;
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
                let was_held = self.holds_structure(id);
                self.touch_structure(id, &mut touched);
                self.put_structure(id, resource.map(Structure::read));
                self.touch_structure(id, &mut touched);
                if self.is_in_medico_social(id) != was_medico_social {
                    let parts = self.with_parts(id).into_iter();
                    touched.extend(parts.map(|part| (ResourceType::Organization, part)));
                }
                if self.holds_structure(id) != was_held {
                    self.touch_offers_of(id, &mut touched);
                }
            }
            ResourceType::Location => self.put_place(id, resource.map(Place::read)),
            ResourceType::PractitionerRole => {
                self.touch_role(id, &mut touched);
                self.put_role(id, resource.map(Role::read));
                self.touch_role(id, &mut touched);
            }
            ResourceType::Task => self.reports.put(id, resource),
            ResourceType::Practitioner
            | ResourceType::Questionnaire
            | ResourceType::Measure
            | ResourceType::MeasureReport => {}
        }
        touched
    }

    /// The facts of one resource as the relations stand.
    pub(crate) fn facts(&self, key: &Key) -> OwnFacts {
        let id = &key.1;
        match key.0 {
            ResourceType::HealthcareService => OwnFacts::HealthcareService { exposed: self.is_exposed(id) },
            ResourceType::Location => OwnFacts::Location {
                offers: self.offers_of_place.of(id).filter_map(|offer| self.offer_facts(offer)).collect(),
                lieu_de_vie: self.is_place_of_lieu_de_vie(id),
            },
            ResourceType::Organization => {
                let structure = self.structures.get(id);
                let kind = structure.map_or(OrganizationKind::OrganisationInterne, |structure| self.kind(structure));
                OwnFacts::Organization {
                    kind,
                    all_offers_sensitive: self.are_all_offers_sensitive(id),
                    lieu_de_vie: structure.is_some_and(|structure| self.is_lieu_de_vie(structure)),
                    medico_social: match kind {
                        OrganizationKind::EntiteJuridique => self.has_only_medico_social(id),
                        _ => self.is_in_medico_social(id),
                    },
                }
            }
            ResourceType::PractitionerRole => {
                let role = self.roles.get(id);
                OwnFacts::PractitionerRole {
                    offer: role.and_then(|role| self.role_facts(role)),
                    exposed: role.is_none_or(|role| self.is_role_exposed(role)),
                }
            }
            ResourceType::Practitioner => {
                let roles = self.roles_of_practitioner.of(id).filter_map(|role| self.roles.get(role));
                let roles = roles.filter(|role| self.named(&role.practitioners).contains(id));
                OwnFacts::Practitioner { roles: roles.map(|role| self.practitioner_facts(role)).collect() }
            }
            ResourceType::Questionnaire => OwnFacts::Questionnaire,
            ResourceType::Measure => OwnFacts::Measure,
            ResourceType::MeasureReport => OwnFacts::MeasureReport,
            // Relations do not tell it: how its object is projected does.
            ResourceType::Task => OwnFacts::Other,
        }
    }

    /// The structures that answer for a resource, from its own up to the entité juridique (D81).
    /// Where one is due and several are named, none does.
    pub(crate) fn owners(&self, key: &Key) -> Vec<Box<str>> {
        let id = &key.1;
        let provider = |offer: &str| sole(&self.offers.get(offer)?.providers);
        let starts: Vec<&str> = match key.0 {
            ResourceType::Organization => vec![id],
            ResourceType::HealthcareService => provider(id).into_iter().collect(),
            ResourceType::Location => {
                // A place that names several belongs to someone: it is not there for the taking.
                let manager = self.places.get(id).and_then(|place| place.managers.last());
                self.offers_of_place.of(id).filter_map(|offer| provider(offer)).chain(manager.map(|id| &**id)).collect()
            }
            ResourceType::PractitionerRole => {
                let offer = self.roles.get(id).and_then(|role| sole(&role.offers));
                offer.and_then(provider).into_iter().collect()
            }
            ResourceType::Practitioner => {
                let roles = self.roles_of_practitioner.of(id).filter_map(|role| sole(&self.roles.get(role)?.offers));
                roles.filter_map(provider).collect()
            }
            // Templates are everyone's, hence no structure's: a right of its own (D81). Nor does any
            // write what is said of it, or counted.
            ResourceType::Questionnaire | ResourceType::Task | ResourceType::Measure | ResourceType::MeasureReport => {
                Vec::new()
            }
        };
        starts.iter().flat_map(|start| self.line(start, &sole_parent)).collect()
    }

    /// The anomalies, with what they are about.
    pub(crate) const fn reports(&self) -> &Reports {
        &self.reports
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

    /// Whether all that exposing an offer takes is there, its provider included (RG_EXP_002, D34).
    fn is_exposed(&self, offer: &str) -> bool {
        self.reading == Reading::Third
            || self.offers.get(offer).is_some_and(|offer| {
                offer.is_complete && sole(&offer.providers).is_some_and(|provider| self.holds_structure(provider))
            })
    }

    /// What an offer tells of what is tied to it: nothing that opens, where it is not exposed.
    fn offer_facts(&self, offer: &str) -> Option<OfferFacts> {
        let facts = self.offers.get(offer)?.facts;
        Some(if self.is_exposed(offer) { facts } else { OfferFacts::UNRESOLVED })
    }

    /// Those of the ids named where one is due that are read: formerly the last, now all.
    fn named<'a>(&self, ids: &'a Ids) -> &'a [Box<str>] {
        match self.reading {
            Reading::Third => &ids[ids.len().saturating_sub(1)..],
            Reading::Present => ids,
        }
    }

    /// The offer of a role; the strictest reading of several. `None` when one does not resolve.
    fn role_facts(&self, role: &Role) -> Option<OfferFacts> {
        let offers = self.named(&role.offers).iter().map(|offer| Some(self.offers.get(offer)?.facts));
        OfferFacts::strictest(offers.collect::<Option<Vec<_>>>()?)
    }

    /// Whether every offer held that a role names is exposed.
    fn is_role_exposed(&self, role: &Role) -> bool {
        let mut held = self.named(&role.offers).iter().filter(|offer| self.offers.contains_key(*offer));
        held.all(|offer| self.is_exposed(offer))
    }

    /// What a role tells of its professional: nothing that opens, where it names several of them.
    fn practitioner_facts(&self, role: &Role) -> OfferFacts {
        let is_sure = self.named(&role.practitioners).len() == 1 && self.is_role_exposed(role);
        self.role_facts(role).filter(|_| is_sure).unwrap_or(OfferFacts::UNRESOLVED)
    }

    fn kind(&self, structure: &Structure) -> OrganizationKind {
        match self.reading {
            Reading::Third => structure.first_kind,
            Reading::Present => structure.kind,
        }
    }

    fn is_lieu_de_vie(&self, structure: &Structure) -> bool {
        match self.reading {
            Reading::Third => structure.lieu_de_vie == Some(LieuDeVie::Category),
            Reading::Present => structure.lieu_de_vie.is_some(),
        }
    }

    /// Whether what a structure says of its kind and of what it is part of leaves no doubt.
    fn is_sure(&self, structure: &Structure) -> bool {
        self.reading == Reading::Third || (structure.agrees && structure.parents.len() <= 1)
    }

    /// A structure and those it is part of, as far as `parents` says, nearest first.
    fn line<'a>(&'a self, structure: &str, parents: &dyn Fn(&'a Structure) -> &'a [Box<str>]) -> Ids {
        let mut line: Ids = vec![structure.into()];
        let mut at = 0;
        while at < line.len() && line.len() < PARTS_MAX {
            for parent in self.structures.get(&line[at]).map_or(&[][..], parents) {
                if !line.contains(parent) && line.len() < PARTS_MAX {
                    line.push(parent.clone());
                }
            }
            at += 1;
        }
        line
    }

    /// A structure and all that it says to be part of.
    fn above(&self, structure: &str) -> Ids {
        self.line(structure, &|structure| &structure.parents)
    }

    /// The offers that a structure provides, as read.
    fn offers_under<'a>(&'a self, structure: &'a str) -> impl Iterator<Item = (&'a Box<str>, &'a Offer)> {
        let held = self.offers_of_structure.of(structure).filter_map(|id| Some((id, self.offers.get(id)?)));
        held.filter(move |(_, offer)| self.named(&offer.providers).iter().any(|id| **id == *structure))
    }

    /// The parts of a structure, as read.
    fn parts_under<'a>(&'a self, structure: &'a str) -> impl Iterator<Item = (&'a Box<str>, &'a Structure)> {
        let held = self.parts_of_structure.of(structure).filter_map(|id| Some((id, self.structures.get(id)?)));
        held.filter(move |(_, part)| self.named(&part.parents).iter().any(|id| **id == *structure))
    }

    /// D23: at least one sensitive offer, itself or below, and no other that shows: exposed, and
    /// without doubt there.
    fn are_all_offers_sensitive(&self, structure: &str) -> bool {
        let kind = self.structures.get(structure).map(|structure| self.kind(structure));
        // EJ and EG are always visible: no need to walk a hospital's offers.
        if kind.is_some_and(|kind| kind != OrganizationKind::OrganisationInterne) {
            return false;
        }
        let mut pending: Vec<(&str, bool)> = vec![(structure, true)];
        let mut seen: Vec<&str> = Vec::new();
        let mut any = false;
        while let Some((id, is_sure)) = pending.pop() {
            if seen.contains(&id) {
                continue;
            }
            for (offer, held) in self.offers_under(id) {
                any |= held.facts.sensitive;
                let is_there = is_sure && self.named(&held.providers).len() == 1;
                if !held.facts.sensitive && is_there && self.is_exposed(offer) {
                    return false;
                }
            }
            let parts = self.parts_under(id);
            pending.extend(parts.map(|(part, held)| (&**part, is_sure && self.named(&held.parents).len() == 1)));
            seen.push(id);
        }
        any
    }

    fn is_place_of_lieu_de_vie(&self, place: &str) -> bool {
        let managers = self.places.get(place).map_or(&[][..], |place| self.named(&place.managers));
        let offers = self.offers_of_place.of(place).filter_map(|offer| self.offers.get(offer));
        let mut structures = offers.flat_map(|offer| self.named(&offer.providers)).chain(managers);
        structures.any(|id| self.is_in_lieu_de_vie(id))
    }

    fn touch_offer(&self, id: &str, touched: &mut Vec<Key>) {
        if let Some(offer) = self.offers.get(id) {
            touched.extend(offer.places.iter().map(|place| (ResourceType::Location, place.clone())));
            let line = offer.providers.iter().flat_map(|provider| self.above(provider));
            touched.extend(line.map(|structure| (ResourceType::Organization, structure)));
        }
        for role in self.roles_of_offer.of(id) {
            touched.push((ResourceType::PractitionerRole, role.clone()));
            self.touch_role(role, touched);
        }
    }

    /// The offers of a structure that comes or goes: whether they are exposed follows (D34).
    fn touch_offers_of(&self, structure: &str, touched: &mut Vec<Key>) {
        for offer in self.offers_of_structure.of(structure) {
            touched.push((ResourceType::HealthcareService, offer.clone()));
            self.touch_offer(offer, touched);
        }
    }

    fn touch_role(&self, id: &str, touched: &mut Vec<Key>) {
        let practitioners = self.roles.get(id).into_iter().flat_map(|role| role.practitioners.iter().cloned());
        touched.extend(practitioners.map(|practitioner| (ResourceType::Practitioner, practitioner)));
    }

    fn touch_structure(&self, id: &str, touched: &mut Vec<Key>) {
        touched.extend(self.above(id).into_iter().map(|structure| (ResourceType::Organization, structure)));
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
        let line = self.line(structure, &|structure| self.named(&structure.parents));
        line.iter().any(|id| self.structures.get(id).is_some_and(|structure| self.is_lieu_de_vie(structure)))
    }

    /// D26: whether the establishment that a structure is, or is in, is médico-social; false
    /// when there is none, or where that is not sure.
    fn is_in_medico_social(&self, structure: &str) -> bool {
        let mut line = self.line(structure, &|structure| self.named(&structure.parents)).into_iter();
        while let Some(held) = line.next().and_then(|id| self.structures.get(&id)) {
            if self.kind(held) != OrganizationKind::OrganisationInterne || !self.is_sure(held) {
                let is_one = self.kind(held) == OrganizationKind::EntiteGeographique && held.medico_social;
                return is_one && (self.reading == Reading::Third || held.agrees);
            }
        }
        false
    }

    /// D26: whether an entité juridique has establishments, all of them médico-sociaux.
    fn has_only_medico_social(&self, structure: &str) -> bool {
        let mut pending: Vec<&str> = vec![structure];
        let mut seen: HashSet<&str> = HashSet::new();
        let mut any = false;
        while let Some(id) = pending.pop() {
            let held = self.structures.get(id);
            if id != structure && held.is_some_and(|held| !self.is_sure(held)) {
                return false;
            }
            match held {
                Some(found) if self.kind(found) == OrganizationKind::EntiteGeographique => {
                    any = true;
                    if !found.medico_social {
                        return false;
                    }
                }
                _ if seen.insert(id) => pending.extend(self.parts_under(id).map(|(part, _)| &**part)),
                _ => {}
            }
        }
        any
    }
}

/// The one id named, where one is due.
fn sole(ids: &[Box<str>]) -> Option<&str> {
    ids.first().filter(|_| ids.len() == 1).map(|id| &**id)
}

/// What a structure is part of, where it leaves no doubt.
fn sole_parent(structure: &Structure) -> &[Box<str>] {
    if structure.parents.len() == 1 { &structure.parents } else { &[] }
}

#[cfg(test)]
mod tests;

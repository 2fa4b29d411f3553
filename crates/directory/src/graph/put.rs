//! Taking resources into the relations, and out of them.

use super::Graph;
use super::read::{Offer, Place, Role, Structure};

impl Graph {
    pub(super) fn put_offer(&mut self, id: &str, offer: Option<Offer>) {
        let former = self.offers.get(id).cloned();
        if let Some(former) = &former {
            former.places.iter().for_each(|place| self.offers_of_place.remove(place, id));
            former.providers.iter().for_each(|provider| self.offers_of_structure.remove(provider, id));
        }
        let Some(offer) = offer else {
            self.offers.remove_mut(id);
            return;
        };
        offer.places.iter().for_each(|place| self.offers_of_place.add(place, id));
        offer.providers.iter().for_each(|provider| self.offers_of_structure.add(provider, id));
        self.offers.insert_mut(id.into(), offer);
    }

    pub(super) fn put_structure(&mut self, id: &str, structure: Option<Structure>) {
        if let Some(former) = self.structures.get(id).cloned() {
            former.parents.iter().for_each(|parent| self.parts_of_structure.remove(parent, id));
        }
        let Some(structure) = structure else {
            self.structures.remove_mut(id);
            return;
        };
        structure.parents.iter().for_each(|parent| self.parts_of_structure.add(parent, id));
        self.structures.insert_mut(id.into(), structure);
    }

    pub(super) fn put_place(&mut self, id: &str, place: Option<Place>) {
        if let Some(former) = self.places.get(id).cloned() {
            former.managers.iter().for_each(|manager| self.places_of_structure.remove(manager, id));
        }
        let Some(place) = place else {
            self.places.remove_mut(id);
            return;
        };
        place.managers.iter().for_each(|manager| self.places_of_structure.add(manager, id));
        self.places.insert_mut(id.into(), place);
    }

    pub(super) fn put_role(&mut self, id: &str, role: Option<Role>) {
        if let Some(former) = self.roles.get(id).cloned() {
            former.offers.iter().for_each(|offer| self.roles_of_offer.remove(offer, id));
            former.practitioners.iter().for_each(|person| self.roles_of_practitioner.remove(person, id));
        }
        let Some(role) = role else {
            self.roles.remove_mut(id);
            return;
        };
        role.offers.iter().for_each(|offer| self.roles_of_offer.add(offer, id));
        role.practitioners.iter().for_each(|person| self.roles_of_practitioner.add(person, id));
        self.roles.insert_mut(id.into(), role);
    }
}

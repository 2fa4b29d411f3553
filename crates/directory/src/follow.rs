//! What follows from a write of its own accord, in the same transaction: what hangs below a
//! structure that closes (RG_EXP_044), and the places whose offers are all closed by it, or by
//! the day that an announced closing begins (RG_EXP_047, D37).

use std::collections::{BTreeSet, HashMap};

use ror_confidentiality::Audience;
use ror_fhir::{DateTime, Instant, Node};
use ror_profiles::capacity;
use ror_profiles::rules::around::all_closed;
use ror_profiles::rules::closing::{Closing, cascade};
use ror_profiles::{Finding, Severity};
use ror_search::ResourceType;

use crate::apply::{self, State};
use crate::graph::{Key, places_named};

/// Who the ledger names as author of what the day brings.
pub(crate) const CALENDAR: &str = "ror:calendar";

/// The resources that a write changes beside its own, each whole.
///
/// Opening again restores nothing: neither what was closed below, nor numbers (D37).
pub(crate) fn following(
    state: &State,
    key: &Key,
    resource: &Node,
    former: Option<&Node>,
    now: Instant,
) -> Vec<(Key, Node)> {
    let closing = Closing::read(resource);
    let is_new = former.is_none_or(|former| Closing::read(former) != closing);
    let closes = is_new && closing.kind.is_some() && closing.from.is_some();
    let mut next = Next { state, changed: HashMap::from([(key.clone(), resource.clone())]) };
    let mut emptied = Vec::new();
    match key.0 {
        ResourceType::Organization if closes => {
            next.close_below(&closing, &key.1);
            emptied = next.emptied(next.places_of_begun(now), None, now);
        }
        ResourceType::HealthcareService => {
            let held = state.graph.places_of_offer(&key.1).iter().cloned().collect::<BTreeSet<_>>();
            let named = places_named(resource).into_iter().collect::<BTreeSet<_>>();
            let begins = closes && next.begins_anew(key, resource, now);
            if begins {
                emptied = next.emptied(named.clone(), None, now);
            }
            // Where it comes or goes, those that stay may all be closed: from now on.
            let mut moved: BTreeSet<_> = held.difference(&named).cloned().collect();
            if !begins && closing.is_under_way(now) {
                moved.extend(named.difference(&held).cloned());
            }
            emptied.extend(next.emptied(moved, Some(now), now));
        }
        _ => {}
    }
    next.changed.remove(key);
    let mut all: Vec<(Key, Node)> = next.changed.into_iter().chain(emptied).collect();
    // The order of rows is that of the ledger: it must not hang on chance.
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    all
}

/// Those of `places` that still are to be emptied at `now`.
pub(crate) fn emptied(state: &State, places: BTreeSet<Box<str>>, now: Instant) -> Vec<(Key, Node)> {
    Next { state, changed: HashMap::new() }.emptied(places, None, now)
}

/// The places left without open offer by closings that were announced and begin by `now`.
pub(crate) fn begun(state: &State, offers: &[Key], now: Instant) -> Vec<(Key, Node)> {
    let places = offers.iter().flat_map(|offer| state.graph.places_of_offer(&offer.1).iter().cloned());
    emptied(state, places.collect(), now)
}

/// Whether what follows from a write may hang on others written with it: it says that something
/// is closed, or leaves a place to other offers.
pub(crate) fn hangs_on_others(state: &State, key: &Key, resource: &Node) -> bool {
    let leaves = || {
        let named = places_named(resource);
        state.graph.places_of_offer(&key.1).iter().any(|place| !named.contains(place))
    };
    Closing::read(resource).kind.is_some() || (key.0 == ResourceType::HealthcareService && leaves())
}

/// Tells the author that more was written than what they sent, as far as all that it says can be
/// seen by them: that a place is emptied says that each of its offers is closed.
pub(crate) fn told(state: &State, rtype: ResourceType, followers: &[Key], audience: Audience) -> Option<Finding> {
    let is_seen = |rtype: ResourceType, id: &str| {
        state.snapshot.former(rtype, id).is_some_and(|held| held.visible().contains(audience))
    };
    let is_known = |key: &Key| {
        let mut offers = state.graph.offers_of(&key.1);
        let is_place = key.0 == ResourceType::Location;
        is_seen(key.0, &key.1) && (!is_place || offers.all(|offer| is_seen(ResourceType::HealthcareService, offer)))
    };
    let (rule, message) = match rtype {
        ResourceType::Organization => {
            ("RG_EXP_044", "Ce qui dépend de cette structure est fermé avec elle, aux mêmes dates.")
        }
        _ => ("RG_EXP_047, D37", "Toutes les offres du lieu sont fermées : ses disponibilités sont mises à 0."),
    };
    followers.iter().any(is_known).then(|| Finding {
        severity: Severity::Information,
        code: "business-rule",
        expression: rtype.name().to_owned(),
        value: None,
        expected: "rien à faire".to_owned(),
        rule: rule.to_owned(),
        message: message.to_owned(),
    })
}

/// A moment, with what a write changes of it.
struct Next<'a> {
    state: &'a State,
    changed: HashMap<Key, Node>,
}

impl Next<'_> {
    /// Closes what is below a structure (RG_EXP_044).
    fn close_below(&mut self, closing: &Closing, structure: &str) {
        for below in self.state.graph.below(structure) {
            let next = self.held(&below).and_then(|held| cascade(closing, [&held]).pop());
            self.changed.extend(next.map(|next| (below, next)));
        }
    }

    /// The places of the offers whose closing is new.
    fn places_of_begun(&self, now: Instant) -> BTreeSet<Box<str>> {
        let offers = self.changed.iter().filter(|(key, _)| key.0 == ResourceType::HealthcareService);
        let begun = offers.filter(|(key, offer)| self.begins_anew(key, offer, now));
        begun.flat_map(|(_, offer)| places_named(offer)).collect()
    }

    /// Whether the closing of an offer is another than the one under way: moving the planned
    /// reopening alone closes nothing, and a number sent since stays (D37).
    fn begins_anew(&self, key: &Key, offer: &Node, now: Instant) -> bool {
        let Some(was) = self.held(key).map(|held| Closing::read(&held)) else { return true };
        let is = Closing::read(offer);
        !(was.is_under_way(now) && was.kind == is.kind && was.from == is.from)
    }

    /// Those of `places` that have offers, all closed at `now`, and said that something was
    /// available: with 0 at each horizon at which all still are (D37), as of `since`, or of the
    /// last closing.
    fn emptied(&self, places: BTreeSet<Box<str>>, since: Option<Instant>, now: Instant) -> Vec<(Key, Node)> {
        let emptied = places.into_iter().filter_map(|place| {
            let offers = self.offers_of(&place);
            let offers: Vec<&Node> = offers.iter().collect();
            if !all_closed(&offers, now) {
                return None;
            }
            let key = (ResourceType::Location, place);
            let mut next = self.held(&key)?;
            let since = since.or_else(|| offers.iter().filter_map(|offer| begins(offer)).max()).unwrap_or(now);
            (capacity::close(&mut next, since, now, |at| all_closed(&offers, at)) > 0).then_some((key, next))
        });
        emptied.collect()
    }

    /// The offers of a place once the write is made.
    fn offers_of(&self, place: &str) -> Vec<Node> {
        let held = self.state.graph.offers_of(place).map(|id| (ResourceType::HealthcareService, id.clone()));
        let held = held.filter(|key| !self.changed.contains_key(key)).filter_map(|key| self.held(&key));
        let uses = |offer: &&Node| places_named(offer).iter().any(|named| **named == *place);
        let offers = self.changed.iter().filter(|(key, _)| key.0 == ResourceType::HealthcareService);
        held.chain(offers.map(|(_, offer)| offer).filter(uses).cloned()).collect()
    }

    fn held(&self, key: &Key) -> Option<Node> {
        apply::held(&self.state.snapshot, key)
    }
}

/// When the closing of an offer begins.
fn begins(offer: &Node) -> Option<Instant> {
    Some(DateTime::parse(&Closing::read(offer).from?).ok()?.start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::{Author, Row, Tables};
    use ror_fhir::node;
    use ror_search::NoGeography;

    const ROR: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition";

    fn at(text: &str) -> Instant {
        DateTime::parse(text).expect("a date").start
    }

    fn key(rtype: ResourceType, id: &str) -> Key {
        (rtype, id.into())
    }

    fn put(state: &mut State, id: &str, resource: Node, when: &str) {
        let tables = Tables::embedded(&NoGeography);
        let rtype = ResourceType::parse(resource.str("resourceType").expect("a type")).expect("a known type");
        let row = Row { key: key(rtype, id), resource: Some(resource), updated: at(when) };
        state.apply(vec![row], Author::Client, at(when), tables);
    }

    /// A place with three beds available now.
    fn beds() -> Node {
        let coded = |url: &str, code: &str| node!({"url": url, "valueCodeableConcept": {"coding": [{"code": code}]}});
        node!({"resourceType": "Location", "extension": [
            {"url": (format!("{ROR}/ror-location-supported-capacity")), "extension": [
                (coded("capacityStatus", "02")), (coded("temporalityCapacity", "01")),
                {"url": "nbCapacity", "valueInteger": 3}]}]})
    }

    fn offer(sensitive: bool, closing: Option<(&str, &str)>) -> Node {
        let url = format!("{ROR}/ror-healthcareservice-sensitive-unit");
        let mut offer = node!({"resourceType": "HealthcareService", "identifier": [{"value": "84/1"}],
            "type": [{"coding": [{"code": "01"}]}],
            "specialty": [{"coding": [{"system": "TRE_R211-ActiviteOperationnelle", "code": "107"}]}], "providedBy": {"reference": "Organization/o"},
            "extension": [{"url": url, "valueBoolean": sensitive}], "location": [{"reference": "Location/l"}]});
        if let Some((from, until)) = closing {
            let (kind, from, until) = (Some("PRO".to_owned()), Some(from.to_owned()), Some(until.to_owned()));
            Closing { kind, from, until }.write(&mut offer);
        }
        offer
    }

    fn world() -> State {
        let tables = Tables::embedded(&NoGeography);
        let mut state = State::empty(tables);
        put(&mut state, "o", node!({"resourceType": "Organization"}), "2026-01-01");
        put(&mut state, "l", beds(), "2026-01-02");
        state
    }

    #[test]
    fn d37_moving_the_reopening_of_a_closing_under_way_empties_nothing() {
        let mut state = world();
        put(&mut state, "h", offer(false, Some(("2026-02-01", "2026-03-01"))), "2026-01-03");
        put(&mut state, "l", beds(), "2026-02-10");
        let offer_key = key(ResourceType::HealthcareService, "h");
        let after = |state: &State, from: &str, until: &str, now: &str| {
            let former = apply::held(&state.snapshot, &offer_key);
            following(state, &offer_key, &offer(false, Some((from, until))), former.as_ref(), at(now)).len()
        };
        assert_eq!(after(&state, "2026-02-01", "2026-04-01", "2026-02-12"), 0, "3 was said on the tenth: it stays");
        assert_eq!(after(&state, "2026-02-11", "2026-04-01", "2026-02-12"), 1, "another closing");
        assert_eq!(after(&state, "2026-02-01", "2026-04-01", "2026-03-02"), 1, "it was open again");
        // Through its structure, likewise.
        let structure = |until: &str| {
            let mut structure = node!({"resourceType": "Organization"});
            let (kind, from) = (Some("PRO".to_owned()), Some("2026-02-01".to_owned()));
            Closing { kind, from, until: Some(until.to_owned()) }.write(&mut structure);
            structure
        };
        put(&mut state, "o", structure("2026-03-01"), "2026-02-11");
        let former = apply::held(&state.snapshot, &key(ResourceType::Organization, "o"));
        let next = structure("2026-04-01");
        let rows = following(&state, &key(ResourceType::Organization, "o"), &next, former.as_ref(), at("2026-02-12"));
        let keys: Vec<Key> = rows.into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, [offer_key], "the offer reopens later, its place keeps what was said");
    }

    #[test]
    fn d37_that_a_place_is_emptied_is_told_to_who_sees_all_its_offers() {
        let place = [key(ResourceType::Location, "l")];
        let is_told =
            |state: &State, audience| told(state, ResourceType::HealthcareService, &place, audience).is_some();
        let mut state = world();
        put(&mut state, "h", offer(false, None), "2026-01-03");
        let professional = Audience::profile(2).expect("a profile");
        assert!(is_told(&state, Audience::ALL_DATA) && is_told(&state, professional));
        put(&mut state, "s", offer(true, None), "2026-01-04");
        assert!(is_told(&state, Audience::ALL_DATA));
        assert!(!is_told(&state, professional), "it would tell that the hidden offer is closed");
        assert!(told(&state, ResourceType::HealthcareService, &[], Audience::ALL_DATA).is_none());
    }
}

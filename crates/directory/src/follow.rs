//! What follows from a write of its own accord, in the same transaction: what hangs below a
//! structure that closes (RG_EXP_044), and the places whose offers are all closed by it, or by
//! the day that an announced closing begins (RG_EXP_047, D37).

use std::collections::{BTreeSet, HashMap};

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
            emptied = next.emptied(next.places_of_changed(), None, now);
        }
        ResourceType::HealthcareService => {
            let held = state.graph.places_of_offer(&key.1).iter().cloned().collect::<BTreeSet<_>>();
            let named = places_named(resource).into_iter().collect::<BTreeSet<_>>();
            if closes {
                emptied = next.emptied(named.clone(), None, now);
            }
            // Where it comes or goes, those that stay may all be closed: from now on.
            let mut moved: BTreeSet<_> = held.difference(&named).cloned().collect();
            if !closes && closing.is_under_way(now) {
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

/// The places left without open offer by closings that were announced and begin by `now`.
pub(crate) fn begun(state: &State, offers: &[Key], now: Instant) -> Vec<(Key, Node)> {
    let places = offers.iter().flat_map(|offer| state.graph.places_of_offer(&offer.1).iter().cloned());
    Next { state, changed: HashMap::new() }.emptied(places.collect(), None, now)
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

/// Tells the author that more was written than what they sent.
pub(crate) fn told(rtype: ResourceType, followers: usize) -> Option<Finding> {
    let (rule, message) = match rtype {
        ResourceType::Organization => {
            ("RG_EXP_044", "Ce qui dépend de cette structure est fermé avec elle, aux mêmes dates.")
        }
        _ => ("RG_EXP_047, D37", "Toutes les offres du lieu sont fermées : ses disponibilités sont mises à 0."),
    };
    (followers > 0).then(|| Finding {
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

    /// The places of the offers that change.
    fn places_of_changed(&self) -> BTreeSet<Box<str>> {
        let offers = self.changed.iter().filter(|(key, _)| key.0 == ResourceType::HealthcareService);
        offers.flat_map(|(_, offer)| places_named(offer)).collect()
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

//! Who sees an anomaly: who sees what it is about (D30).

use std::collections::BTreeSet;

use ror_confidentiality::{Audience, AudienceMask, OwnFacts};
use ror_index::Snapshot;
use ror_search::{Registry, ResourceType, Term, identifier_terms};

use super::{State, Tables, held};
use crate::graph::{Key, Object};

/// Who sees an anomaly about something that is not known.
const UNKNOWN: AudienceMask = AudienceMask(Audience::ALL_DATA.bit() | Audience::OWNER.bit());

impl State {
    /// The facts of one resource: read from the relations, but for an anomaly, which follows from
    /// how its object is projected.
    pub(super) fn own_facts(&self, key: &Key, tables: Tables) -> OwnFacts {
        match key.0 {
            ResourceType::Task => OwnFacts::Task { readers: self.readers_of_report(&key.1, tables) },
            _ => self.graph.facts(key),
        }
    }

    /// The anomalies about `key`, as it was in `before` and as it is now.
    pub(super) fn reports_about(&self, key: &Key, before: &Snapshot) -> BTreeSet<Key> {
        let bodies = || [held(before, key), held(&self.snapshot, key)].into_iter().flatten().collect();
        self.graph.reports().about(key, bodies)
    }

    /// Those of `reports` that were projected under other facts than those of now.
    pub(super) fn moved(&self, mut reports: BTreeSet<Key>, tables: Tables) -> BTreeSet<Key> {
        reports.retain(|key| self.facts.get(key).is_some_and(|facts| self.own_facts(key, tables) != *facts));
        reports
    }

    fn readers_of_report(&self, id: &str, tables: Tables) -> AudienceMask {
        let Some(report) = self.graph.reports().get(id) else { return UNKNOWN };
        let objects = report.objects.iter().map(|object| self.readers_of_object(object, &report.paths, tables));
        // Of several, one is meant: which one is not said.
        objects.reduce(|one, other| one & other).unwrap_or(UNKNOWN)
    }

    fn readers_of_object(&self, object: &Object, paths: &[Box<str>], tables: Tables) -> AudienceMask {
        let keys: Vec<Key> = match (&object.literal, object.term()) {
            (Some(key), _) => vec![key.clone()],
            (None, Some(term)) => {
                let bearers = self.snapshot.owner_view().bearing(term).into_iter();
                bearers.map(|hit| (hit.rtype(), hit.id().into())).collect()
            }
            (None, None) => Vec::new(),
        };
        let readers = keys.iter().map(|key| self.readers_of_target(key, object.term(), paths, tables));
        readers.reduce(|one, other| one & other).unwrap_or(UNKNOWN)
    }

    /// Who sees a resource, bearing `term` if the anomaly says that it does, and all of what `paths`
    /// select in it.
    fn readers_of_target(&self, key: &Key, term: Option<&Term>, paths: &[Box<str>], tables: Tables) -> AudienceMask {
        let Some(resource) = held(&self.snapshot, key) else { return UNKNOWN };
        if term.is_none() && paths.is_empty() {
            return self.visible(key);
        }
        let projection = self.project(key, &resource, tables);
        let bears =
            |resource| term.is_none_or(|term| identifier_terms(key.0, resource, Registry::embedded()).contains(term));
        let named = projection.groups().iter().filter(|group| bears(&group.resource));
        let readers = named.fold(AudienceMask::NONE, |mask, group| mask | group.audiences);
        paths.iter().fold(readers, |readers, path| readers & projection.readers(path))
    }
}

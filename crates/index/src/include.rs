//! What a search brings along: `_include` and `_revinclude` (D10).

use std::collections::BTreeMap;
use std::sync::Arc;

use croaring::Bitmap;
use ror_search::{Include, IncludeTarget, ParamId, ResourceType};

use crate::document::Doc;
use crate::eyes::Eyes;
use crate::snapshot::Snapshot;
use crate::view::SearchError;

/// Most resources that a page may bring along (D5).
const INCLUDED_MAX: usize = 20_000;

pub(crate) struct Includer<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) eyes: &'a Eyes,
    pub(crate) searched: ResourceType,
    pub(crate) includes: &'a [Include],
}

impl Includer<'_> {
    /// The included document numbers, by type and id; matches are never among them.
    pub(crate) fn bring(&self, matches: &[u32]) -> Result<Vec<u32>, SearchError> {
        if self.includes.is_empty() {
            return Ok(Vec::new());
        }
        let mut matched: Vec<u32> = matches.to_vec();
        matched.sort_unstable();
        let mut brought: BTreeMap<(ResourceType, Arc<str>), u32> = BTreeMap::new();
        let mut frontier: Vec<u32> = matches.to_vec();
        let mut is_match = true;
        while !frontier.is_empty() {
            let mut next = Vec::new();
            for number in frontier {
                let Some(Some(doc)) = self.snapshot.docs.get(number as usize) else { continue };
                for include in self.includes.iter().filter(|include| self.applies(include, doc, is_match)) {
                    self.follow(include, number, doc, |found, target| {
                        let known = matched.binary_search(&found).is_ok();
                        let key = || (target.rtype, Arc::clone(&target.id));
                        if !known && brought.insert(key(), found).is_none() {
                            next.push(found);
                        }
                    });
                }
                if brought.len() > INCLUDED_MAX {
                    return Err(SearchError::TooManyIncluded { max: INCLUDED_MAX });
                }
            }
            frontier = next;
            is_match = false;
        }
        Ok(brought.into_values().collect())
    }

    /// Whether an include applies to a document: to matches, when it starts from the type
    /// searched; to whatever the others bring, when it starts elsewhere or iterates.
    fn applies(&self, include: &Include, doc: &Doc, is_match: bool) -> bool {
        let starts_at = |rtype: ResourceType| {
            if include.reverse { self.leads_to(include, rtype) } else { include.source == rtype }
        };
        starts_at(doc.rtype) && (is_match || include.iterate || !starts_at(self.searched))
    }

    fn leads_to(&self, include: &Include, rtype: ResourceType) -> bool {
        match &include.target {
            IncludeTarget::Any => false,
            IncludeTarget::One { rtype: Some(only), .. } => *only == rtype,
            IncludeTarget::One { reference, .. } => self.snapshot.registry.get(*reference).targets.contains(&rtype),
        }
    }

    fn follow(&self, include: &Include, number: u32, doc: &Doc, mut found: impl FnMut(u32, &Doc)) {
        let mut bring = |number: u32| {
            let Some(Some(target)) = self.snapshot.docs.get(number as usize) else { return };
            if self.eyes.see(target.visible) {
                found(number, target);
            }
        };
        if include.reverse {
            let IncludeTarget::One { reference, .. } = include.target else { return };
            let mut sources = Bitmap::new();
            self.snapshot.sources_into(number, reference, self.eyes, &mut sources);
            sources.iter().for_each(&mut bring);
            return;
        }
        for reference in &doc.references {
            let outgoing = &reference.outgoing;
            if self.is_followed(include, outgoing.parameter, outgoing.rtype) && self.eyes.see(reference.audiences) {
                bring(reference.target);
            }
        }
        for (logical, mask) in &doc.logical {
            if self.is_followed(include, logical.parameter, logical.rtype)
                && self.eyes.see(*mask)
                && let Some(bearers) = self.snapshot.posting(&logical.term)
            {
                bearers.bitmap(self.eyes).iter().for_each(&mut bring);
            }
        }
    }

    fn is_followed(&self, include: &Include, parameter: ParamId, target: ResourceType) -> bool {
        match &include.target {
            IncludeTarget::Any => !self.snapshot.registry.get(parameter).internal,
            IncludeTarget::One { reference, rtype } => {
                *reference == parameter && rtype.is_none_or(|rtype| rtype == target)
            }
        }
    }
}

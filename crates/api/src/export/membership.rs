//! Which resources an export holds: those that searches of its caller find, and what they bring along.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use ror_index::{Hit, SearchError, View};
use ror_search::{Filter, ResourceType};

use super::asked::{Asked, Output, TYPES};
use super::jobs::Progress;
use super::stored::Names;
use crate::call::Call;
use crate::outcome::Fault;

/// Offers, or resources of the type, in a slice (D47).
const SLICE: usize = 1_000;
/// Linked resources from which on a slice is full, however few offers it holds.
const LINKED_MAX: usize = 20_000;
/// What completes an offer: its provider and all above it, its places, the professionals who work there
/// (`{INC}` of the scenarios).
const LINKED: [(&str, &str); 5] = [
    ("_include", "HealthcareService:organization"),
    ("_include:iterate", "Organization:partof"),
    ("_include", "HealthcareService:location"),
    ("_revinclude", "PractitionerRole:service"),
    ("_include", "PractitionerRole:practitioner"),
];

/// Why an export has no files.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotPrepared {
    /// Or its time is over.
    #[error("cancelled")]
    Cancelled,
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// With our code of the refusal: an offer that brings more than a page may.
    #[error("refused by the engine: {0}")]
    Refused(&'static str),
}

impl From<Fault> for NotPrepared {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault.detail())
    }
}

type Linked<'a> = BTreeSet<(ResourceType, &'a str)>;

/// What writes the names of the resources of one export.
pub(super) struct Membership<'a> {
    pub(super) call: &'a Call,
    pub(super) asked: &'a Asked,
    pub(super) view: View<'a>,
    pub(super) names: &'a mut Names,
    pub(super) progress: &'a Progress,
}

impl<'a> Membership<'a> {
    /// Writes them all, file by file, in the order of ids.
    pub(super) fn write(mut self) -> Result<(), NotPrepared> {
        let is_by_line = self.asked.output == Output::Ndjson;
        match (self.asked.is_complete(), is_by_line) {
            (true, true) => self.complete_lines(),
            (true, false) => self.complete_slices(),
            (false, true) => self.each_type(|membership, rtype, found| {
                membership.begin(format!("{rtype}.ndjson"), rtype);
                membership.push_all(rtype, found)
            }),
            (false, false) => self.each_type(|membership, rtype, found| {
                for (number, slice) in found.chunks(SLICE).enumerate() {
                    membership.begin(slice_name(rtype, number), rtype);
                    membership.push_all(rtype, slice)?;
                }
                Ok(())
            }),
        }
    }

    fn each_type(
        &mut self,
        mut write: impl FnMut(&mut Self, ResourceType, &[&'a str]) -> Result<(), NotPrepared>,
    ) -> Result<(), NotPrepared> {
        for rtype in self.asked.types.clone() {
            let found = self.found(rtype);
            let changed: Vec<&'a str> = found.iter().filter(|hit| self.is_recent(hit)).map(Hit::id).collect();
            if !changed.is_empty() {
                write(self, rtype, &changed)?;
            }
        }
        Ok(())
    }

    /// Offers, then what is linked to them, one file for a type.
    fn complete_lines(&mut self) -> Result<(), NotPrepared> {
        let offers = self.found(ResourceType::HealthcareService);
        let mut linked = Linked::new();
        for group in offers.chunks(SLICE) {
            self.link(group, &mut linked)?;
        }
        let changed = offers.iter().filter(|hit| self.is_recent(hit));
        let mut by_type: BTreeMap<ResourceType, Vec<&'a str>> = BTreeMap::new();
        for (rtype, id) in changed.map(|hit| (hit.rtype(), hit.id())).chain(linked) {
            by_type.entry(rtype).or_default().push(id);
        }
        for rtype in TYPES {
            if let Some(ids) = by_type.get(&rtype) {
                self.begin(format!("{rtype}.ndjson"), rtype);
                self.push_all(rtype, ids)?;
            }
        }
        Ok(())
    }

    /// Slices of offers, each with what is linked to them, once. Where only what changed is asked, few remain
    /// of each thousand: they are gathered until a slice is full.
    fn complete_slices(&mut self) -> Result<(), NotPrepared> {
        let offers = self.found(ResourceType::HealthcareService);
        let (mut slice, mut linked, mut number) = (Vec::new(), Linked::new(), 0);
        for group in offers.chunks(SLICE) {
            let mut around = Linked::new();
            self.link(group, &mut around)?;
            let changed: Vec<&'a str> = group.iter().filter(|hit| self.is_recent(hit)).map(Hit::id).collect();
            if slice.len() + changed.len() > SLICE || linked.len() + around.len() > LINKED_MAX {
                self.slice(&mut number, &mut slice, &mut linked)?;
            }
            slice.extend(changed);
            linked.extend(around);
        }
        self.slice(&mut number, &mut slice, &mut linked)
    }

    /// Writes a slice and empties what it was gathered in.
    fn slice(
        &mut self,
        number: &mut usize,
        offers: &mut Vec<&'a str>,
        linked: &mut Linked<'a>,
    ) -> Result<(), NotPrepared> {
        if offers.is_empty() && linked.is_empty() {
            return Ok(());
        }
        self.begin(slice_name(ResourceType::HealthcareService, *number), ResourceType::HealthcareService);
        *number += 1;
        self.push_all(ResourceType::HealthcareService, offers)?;
        for (rtype, id) in std::mem::take(linked) {
            self.names.push(rtype, id)?;
        }
        offers.clear();
        Ok(())
    }

    fn begin(&mut self, name: String, rtype: ResourceType) {
        self.names.begin(name, rtype);
    }

    fn push_all(&mut self, rtype: ResourceType, ids: &[&str]) -> Result<(), NotPrepared> {
        for id in ids {
            self.names.push(rtype, id)?;
        }
        self.progress.add(ids.len());
        self.go_on()
    }

    fn go_on(&self) -> Result<(), NotPrepared> {
        if self.progress.is_cancelled() { Err(NotPrepared::Cancelled) } else { Ok(()) }
    }

    /// What the filters of a type let through, in the order of ids.
    fn found(&self, rtype: ResourceType) -> Vec<Hit<'a>> {
        let filters: Vec<&Filter> =
            self.asked.filters.iter().filter(|(of, _)| *of == rtype).map(|(_, filter)| filter).collect();
        let mut found = match filters[..] {
            [] => self.view.matching(rtype, &Filter::All(Vec::new())),
            [one] => self.view.matching(rtype, one),
            ref several => self.view.matching(rtype, &Filter::Any(several.iter().copied().cloned().collect())),
        };
        found.sort_unstable_by_key(Hit::id);
        found
    }

    /// Whether it changed for this caller since the moment asked about.
    fn is_recent(&self, hit: &Hit<'_>) -> bool {
        self.asked.since.is_none_or(|since| hit.updated() >= since)
    }

    /// What is linked to some offers, none left out: a group that brings too much for one page is halved.
    fn link(&self, offers: &[Hit<'a>], linked: &mut Linked<'a>) -> Result<(), NotPrepared> {
        self.go_on()?;
        if offers.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = offers.iter().map(Hit::id).collect();
        let own = [("_id".to_owned(), ids.join(",")), ("_count".to_owned(), SLICE.to_string())];
        let brought = LINKED.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let pairs: Vec<(String, String)> = own.into_iter().chain(brought).collect();
        let query = self.call.query(ResourceType::HealthcareService, &pairs)?;
        // What was found is told by the numbers of the filters alone, never by this way of reading it.
        match self.view.aside().search(&query, None, None) {
            Ok(page) => {
                let recent = page.included.iter().filter(|hit| self.is_recent(hit));
                linked.extend(recent.map(|hit| (hit.rtype(), hit.id())));
                self.progress.add(page.included.len());
                Ok(())
            }
            Err(SearchError::TooManyIncluded { .. }) if offers.len() > 1 => {
                let (first, second) = offers.split_at(offers.len() / 2);
                self.link(first, linked)?;
                self.link(second, linked)
            }
            Err(error) => Err(Fault::from(error).into()),
        }
    }
}

fn slice_name(rtype: ResourceType, number: usize) -> String {
    format!("{rtype}-{:04}.json", number + 1)
}

//! What newer lists change, code by code.

use std::collections::HashMap;

use crate::{Concept, Terminology};

/// A code of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coded {
    /// Canonical address of its system.
    pub system: &'static str,
    /// The code.
    pub code: &'static str,
    /// Its label, the former one for a code that goes.
    pub display: Option<&'static str>,
}

/// What changes in one list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListChange {
    /// Canonical address of the list.
    pub url: &'static str,
    /// Name that people use.
    pub title: &'static str,
    /// Version before; `None` for a list that is new or has none.
    pub before: Option<&'static str>,
    /// Version after.
    pub after: Option<&'static str>,
    /// Codes that were not there, or not in use.
    pub added: Vec<Coded>,
    /// Codes whose label changes: the code with its former label, and the new label.
    pub renamed: Vec<(Coded, Option<&'static str>)>,
    /// Codes that go, or that the list now says withdrawn.
    pub closed: Vec<Coded>,
}

/// A list as it is compared.
struct Listed {
    title: &'static str,
    version: Option<&'static str>,
    codes: Vec<(&'static str, Concept)>,
}

impl Terminology {
    /// What changes from these lists to `new` in the lists of these addresses; a list that stays
    /// as it was is left out.
    pub fn changes(&self, new: &Self, urls: impl IntoIterator<Item = &'static str>) -> Vec<ListChange> {
        urls.into_iter().filter_map(|url| change(url, self.listed(url), &new.listed(url)?)).collect()
    }

    fn listed(&self, url: &str) -> Option<Listed> {
        if let Some(set) = self.value_sets.iter().find(|set| set.url() == url) {
            let codes = set.concepts().map(|(system, concept)| (system, *concept)).collect();
            return Some(Listed { title: set.name(), version: set.version(), codes });
        }
        let system = self.code_system(url)?;
        let codes = system.concepts().iter().map(|concept| (system.url(), *concept)).collect();
        Some(Listed { title: system.heading().title, version: system.heading().version, codes })
    }
}

fn change(url: &'static str, old: Option<Listed>, new: &Listed) -> Option<ListChange> {
    let is_new = old.is_none();
    let old = old.unwrap_or(Listed { title: new.title, version: None, codes: Vec::new() });
    let index = |list: &Listed| -> HashMap<(&'static str, &'static str), Concept> {
        list.codes.iter().map(|(system, one)| ((*system, one.code), *one)).collect()
    };
    let (held, held_now) = (index(&old), index(new));
    let coded = |system: &'static str, one: &Concept| Coded { system, code: one.code, display: one.display };
    let mut out = ListChange {
        url,
        title: new.title,
        before: old.version,
        after: new.version,
        added: Vec::new(),
        renamed: Vec::new(),
        closed: Vec::new(),
    };
    for (system, one) in &new.codes {
        let former = held.get(&(*system, one.code)).filter(|former| former.end.is_none());
        match former {
            _ if one.end.is_some() => {}
            None => out.added.push(coded(system, one)),
            Some(former) if former.display != one.display => out.renamed.push((coded(system, former), one.display)),
            Some(_) => {}
        }
    }
    for (system, one) in old.codes.iter().filter(|(_, one)| one.end.is_none()) {
        if held_now.get(&(*system, one.code)).is_none_or(|now| now.end.is_some()) {
            out.closed.push(coded(system, one));
        }
    }
    let says_something = !(out.added.is_empty() && out.renamed.is_empty() && out.closed.is_empty());
    (is_new || says_something || out.before != out.after).then_some(out)
}

//! One direction of a relation.

use rpds::HashTrieMapSync;

use super::Ids;

/// From one id to many.
#[derive(Clone, Debug)]
pub(super) struct Many(HashTrieMapSync<Box<str>, Ids>);

impl Many {
    pub(super) fn empty() -> Self {
        Self(HashTrieMapSync::new_sync())
    }

    pub(super) fn of(&self, from: &str) -> impl Iterator<Item = &Box<str>> {
        self.0.get(from).into_iter().flatten()
    }

    pub(super) fn add(&mut self, from: &str, to: &str) {
        let mut ids = self.0.get(from).cloned().unwrap_or_default();
        if !ids.iter().any(|id| **id == *to) {
            ids.push(to.into());
            self.0.insert_mut(from.into(), ids);
        }
    }

    pub(super) fn remove(&mut self, from: &str, to: &str) {
        let mut ids = self.0.get(from).cloned().unwrap_or_default();
        ids.retain(|id| **id != *to);
        if ids.is_empty() {
            self.0.remove_mut(from);
        } else {
            self.0.insert_mut(from.into(), ids);
        }
    }
}

//! Which of the resources read through a view have their reading kept (D63).

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::Hit;

/// What was read of a view, for its trace. It notes only what [`Hit::names_contacts`] or
/// [`Hit::holds_level_3`] tell of; reading the same twice is reading it once.
#[derive(Debug, Default)]
pub struct Tally(RefCell<Noted>);

#[derive(Debug, Default)]
struct Noted {
    names_contacts: bool,
    holds_level_3: bool,
    resources: BTreeSet<String>,
}

impl Tally {
    pub(crate) fn note(&self, hit: &Hit<'_>) {
        let (names_contacts, holds_level_3) = (hit.names_contacts(), hit.holds_level_3());
        if names_contacts || holds_level_3 {
            let mut noted = self.0.borrow_mut();
            noted.names_contacts |= names_contacts;
            noted.holds_level_3 |= holds_level_3;
            noted.resources.insert(format!("{}/{}", hit.rtype(), hit.id()));
        }
    }

    /// Notes that something of level 3 was told, without a resource that shows it.
    pub(crate) fn note_level_3(&self) {
        self.0.borrow_mut().holds_level_3 = true;
    }

    /// Whether a contact of level 2 that names a person was read.
    pub fn names_contacts(&self) -> bool {
        self.0.borrow().names_contacts
    }

    /// Whether something of level 3 was read, or told by a count or a suggestion.
    pub fn holds_level_3(&self) -> bool {
        self.0.borrow().holds_level_3
    }

    /// The resources that hold it, as `Type/id`, in the order of this text.
    pub fn resources(&self) -> Vec<String> {
        self.0.borrow().resources.iter().cloned().collect()
    }
}

//! Whose eyes a search is made with.

use std::cell::Cell;

use ror_confidentiality::{Audience, AudienceMask};

/// Who must see a thing for it to count, and whether anything met on the way is of level 3.
#[derive(Debug)]
pub(crate) struct Eyes {
    audience: AudienceMask,
    /// Whose dates count: those who ask.
    reader: Audience,
    /// Who sees what these eyes see less what is of level 3; absent for those who see nothing of it.
    without: Option<AudienceMask>,
    met: Cell<bool>,
}

impl Eyes {
    /// Of one audience, by its own dates.
    pub(crate) const fn of(audience: Audience) -> Self {
        Self { audience: audience.mask(), reader: audience, without: without_level_3(audience), met: Cell::new(false) }
    }

    /// Of one audience, closed to what is of level 3; `None` when that is all it sees.
    pub(crate) fn less_level_3(audience: Audience) -> Option<Self> {
        let mask = without_level_3(audience)?;
        Some(Self { audience: mask, reader: audience, without: None, met: Cell::new(false) })
    }

    /// Whether what `mask` may see counts.
    pub(crate) fn see(&self, mask: AudienceMask) -> bool {
        let sees = mask.includes(self.audience);
        if sees && self.without.is_some_and(|without| !mask.includes(without)) {
            self.met.set(true);
        }
        sees
    }

    pub(crate) const fn audience(&self) -> AudienceMask {
        self.audience
    }

    pub(crate) const fn reader(&self) -> Audience {
        self.reader
    }

    /// Whether something that others do not see was met: without it, nothing else could have been found.
    pub(crate) const fn met_level_3(&self) -> bool {
        self.met.get()
    }
}

/// Who sees what `audience` sees less what is of level 3; `None` for those who see nothing of it, so that
/// their reads cost no more.
pub(crate) const fn without_level_3(audience: Audience) -> Option<AudienceMask> {
    match audience {
        Audience::PUBLIC | Audience::ALL_BUT_LEVEL_3 => None,
        other => Some(AudienceMask(other.mask().0 | Audience::ALL_BUT_LEVEL_3.mask().0)),
    }
}

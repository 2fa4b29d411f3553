//! The parts of a written resource, with who sees each.

use crate::AudienceMask;

/// One part: an object's member (key included) or an array's item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// Where it starts in the text.
    pub(super) start: u32,
    /// Where it ends.
    pub(super) end: u32,
    /// Who sees it; never more than who sees the part that holds it.
    pub(super) mask: AudienceMask,
    /// How many marks it and its parts take. One: all of it is seen alike.
    pub(super) size: u32,
}

/// The parts of a resource in the order of its text, each before its own parts.
#[derive(Debug, Default)]
pub(super) struct Marks(Vec<Mark>);

impl Marks {
    /// Adds a part that is seen whole or not at all.
    pub(super) fn leaf(&mut self, start: usize, end: usize, mask: AudienceMask) {
        self.0.push(Mark { start: start as u32, end: end as u32, mask, size: 1 });
    }

    /// Starts a part made of parts; gives where to close it.
    pub(super) fn open(&mut self, start: usize) -> usize {
        self.leaf(start, start, AudienceMask::NONE);
        self.0.len() - 1
    }

    /// Ends the part opened at `at`, seen by `mask`, and narrows what it holds to that; its own
    /// parts are kept only if some are seen otherwise than it.
    pub(super) fn close(&mut self, at: usize, end: usize, mask: AudienceMask) {
        let mut alike = true;
        for part in &mut self.0[at + 1..] {
            part.mask &= mask;
            alike &= part.mask == mask;
        }
        if alike {
            self.0.truncate(at + 1);
        }
        let size = (self.0.len() - at) as u32;
        self.0[at] = Mark { end: end as u32, mask, size, ..self.0[at] };
    }

    /// Who sees the resource.
    pub(super) fn root(&self) -> AudienceMask {
        self.0.first().map_or(AudienceMask::NONE, |root| root.mask)
    }

    /// Every part.
    pub(super) fn all(&self) -> &[Mark] {
        &self.0
    }

    /// The parts directly under the one at `at`, with their places; none when it is seen alike.
    pub(super) fn parts(&self, at: usize) -> impl Iterator<Item = (usize, Mark)> {
        let end = at + self.0[at].size as usize;
        let mut next = at + 1;
        std::iter::from_fn(move || {
            let here = next;
            let part = *self.0[..end].get(here)?;
            next += part.size as usize;
            Some((here, part))
        })
    }
}

//! Writing a body for one audience: copies between the cuts, nothing parsed.

use std::ops::Range;

use ror_confidentiality::AudienceMask;

use crate::document::Doc;

const META: &[u8] = b",\"meta\":{";

impl Doc {
    /// Appends the resource as `audience` sees it; nothing when it does not exist for it.
    pub(crate) fn write_to(&self, audience: AudienceMask, out: &mut Vec<u8>) {
        let Some(head) = self.heads.of(audience) else { return };
        let cuts = self.cuts_of(audience);
        // `{"resourceType":"…"` is written by the head.
        let start = b"{\"resourceType\":\"\"".len() + self.rtype.name().len();
        let has_meta = self.body[start..].starts_with(META);
        let meta_is_cut = cuts.iter().any(|cut| cut.contains(&(start as u32)));
        out.extend_from_slice(head);
        if has_meta && !meta_is_cut {
            out.push(b',');
            self.copy_from(start + META.len(), cuts, out);
        } else {
            out.push(b'}');
            self.copy_from(start, cuts, out);
        }
    }

    /// Whether `body` less `cuts` is what `audience` sees of this one, dates and versions aside.
    pub(crate) fn is_same(&self, audience: AudienceMask, body: &[u8], cuts: &[Range<u32>]) -> bool {
        let mut mine = pieces(&self.body, 0, self.cuts_of(audience)).flatten();
        let mut other = pieces(body, 0, cuts).flatten();
        loop {
            match (mine.next(), other.next()) {
                (None, None) => return true,
                (mine, other) if mine == other => {}
                _ => return false,
            }
        }
    }

    fn copy_from(&self, start: usize, cuts: &[Range<u32>], out: &mut Vec<u8>) {
        out.reserve(self.body.len());
        for piece in pieces(&self.body, start, cuts) {
            out.extend_from_slice(piece);
        }
    }

    fn cuts_of(&self, audience: AudienceMask) -> &[Range<u32>] {
        self.cuts.of(audience).unwrap_or_default()
    }
}

/// What remains of `body` from `start` on.
fn pieces<'a>(body: &'a [u8], start: usize, cuts: &'a [Range<u32>]) -> impl Iterator<Item = &'a [u8]> {
    let mut at = start;
    let ends = cuts.iter().map(|cut| (cut.start as usize, cut.end as usize));
    ends.chain([(body.len(), body.len())]).filter_map(move |(cut, resume)| {
        let piece = (cut > at).then(|| &body[at..cut]);
        at = at.max(resume);
        piece
    })
}

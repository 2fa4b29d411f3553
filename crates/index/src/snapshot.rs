//! One moment of the directory, and how the next one is made from it.

use std::ops::Range;
use std::sync::Arc;

use ror_confidentiality::{AUDIENCES, Audience, AudienceMask, Grant};
use ror_search::{Registry, ResourceType, Term};
use rpds::{RedBlackTreeMapSync, VectorSync};

use crate::document::{self, Doc, Document, Stamp};
use crate::ids::{Ids, Numbered, numbered};
use crate::posting::Posting;
use crate::view::View;

/// One moment of the directory: copying it costs nothing, since copies share everything.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) registry: &'static Registry,
    seq: u64,
    /// By document number; numbers never leave the snapshot. The vector itself holds each by a shared pointer.
    pub(crate) docs: VectorSync<Option<Doc>>,
    pub(crate) ids: Ids,
    pub(crate) dictionary: Numbered<Term>,
    /// The folded texts again, in order, for prefixes.
    pub(crate) texts: RedBlackTreeMapSync<Term, u32>,
    pub(crate) postings: VectorSync<Posting>,
}

/// What the index holds of a resource before a change; for the write path.
#[derive(Clone, Copy, Debug)]
pub struct Former<'a> {
    doc: &'a Doc,
}

impl Snapshot {
    /// The directory before its first row.
    pub fn empty(registry: &'static Registry) -> Self {
        Self {
            registry,
            seq: 0,
            docs: VectorSync::new_sync(),
            ids: Ids::new(),
            dictionary: numbered(),
            texts: RedBlackTreeMapSync::new_sync(),
            postings: VectorSync::new_sync(),
        }
    }

    /// The last row of the ledger that this snapshot shows.
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Says that all rows up to `seq` are shown.
    pub const fn advance(&mut self, seq: u64) {
        self.seq = seq;
    }

    /// The only way to read: what the audience of `grant` may see.
    pub fn view<'a>(&'a self, grant: &Grant) -> View<'a> {
        View::new(self, grant.audience())
    }

    /// Everything, for the write path and re-projection: never for an answer.
    #[doc(hidden)]
    pub fn owner_view(&self) -> View<'_> {
        View::new(self, Audience::OWNER)
    }

    /// How many resources, visible or not: for the operator only, never for an answer.
    pub fn size(&self) -> usize {
        self.ids.size()
    }

    /// What is held of a resource now; for the write path.
    #[doc(hidden)]
    pub fn former(&self, rtype: ResourceType, id: &str) -> Option<Former<'_>> {
        Some(Former { doc: self.doc(rtype, id)? })
    }

    /// Puts a resource in, in the place of its former version.
    pub fn put(&mut self, document: Document) {
        let held = self.ids.get(document.rtype, &document.id);
        let former = held.and_then(|number| self.docs.get(number as usize)?.as_ref());
        let id = former.map_or_else(|| Arc::from(&*document.id), |doc| Arc::clone(&doc.id));
        let former_terms = former.map(|doc| doc.terms.clone()).unwrap_or_default();
        let number = held.unwrap_or_else(|| {
            let number = u32::try_from(self.docs.len()).expect("fewer than 2^32 resources");
            self.docs.push_back_mut(None);
            self.ids.insert(document.rtype, &id, number);
            number
        });
        let terms = self.number_terms(&document);
        self.replace_terms(number, &former_terms, &terms);
        self.docs.set_mut(number as usize, Some(keep(document, id, terms)));
    }

    /// Takes a resource out; nothing when it is not there.
    pub fn remove(&mut self, rtype: ResourceType, id: &str) {
        let Some(number) = self.ids.get(rtype, id) else { return };
        let doc = self.docs.get(number as usize).and_then(Option::as_ref);
        let terms = doc.map(|doc| doc.terms.clone()).unwrap_or_default();
        self.replace_terms(number, &terms, &[]);
        self.docs.set_mut(number as usize, None);
        self.ids.remove(rtype, id);
    }

    pub(crate) fn doc(&self, rtype: ResourceType, id: &str) -> Option<&Doc> {
        self.docs.get(self.ids.get(rtype, id)? as usize)?.as_ref()
    }

    pub(crate) fn number(&self, rtype: ResourceType, id: &str) -> Option<u32> {
        self.ids.get(rtype, id)
    }

    pub(crate) fn posting(&self, term: &Term) -> Option<&Posting> {
        self.postings.get(*self.dictionary.get(term)? as usize)
    }

    /// The terms of all projections, each with everyone who sees it, by number.
    fn number_terms(&mut self, document: &Document) -> Vec<(u32, AudienceMask)> {
        let mut terms: Vec<(u32, AudienceMask)> = Vec::new();
        for group in &document.groups {
            for term in &group.extracted.terms {
                terms.push((self.term_number(term), group.audiences));
            }
        }
        terms.sort_unstable_by_key(|(number, _)| *number);
        terms.dedup_by(|next, first| {
            let same = next.0 == first.0;
            if same {
                first.1 |= next.1;
            }
            same
        });
        terms
    }

    fn term_number(&mut self, term: &Term) -> u32 {
        if let Some(number) = self.dictionary.get(term) {
            return *number;
        }
        let number = u32::try_from(self.postings.len()).expect("fewer than 2^32 terms");
        self.dictionary.insert_mut(term.clone(), number);
        if term.is_ordered() {
            self.texts.insert_mut(term.clone(), number);
        }
        self.postings.push_back_mut(Posting::default());
        number
    }

    /// Both lists are ascending; only what differs is touched.
    fn replace_terms(&mut self, document: u32, old: &[(u32, AudienceMask)], new: &[(u32, AudienceMask)]) {
        for (term, audiences) in missing(old, new) {
            self.change_posting(*term, |posting| posting.remove(document, *audiences));
        }
        for (term, audiences) in missing(new, old) {
            self.change_posting(*term, |posting| posting.add(document, *audiences));
        }
    }

    fn change_posting(&mut self, term: u32, change: impl FnOnce(&mut Posting)) {
        let mut posting = self.postings.get(term as usize).cloned().unwrap_or_default();
        change(&mut posting);
        self.postings.set_mut(term as usize, posting);
    }
}

/// The entries of `list` that `other` lacks; both are ascending.
fn missing<'a>(
    list: &'a [(u32, AudienceMask)],
    other: &'a [(u32, AudienceMask)],
) -> impl Iterator<Item = &'a (u32, AudienceMask)> {
    list.iter().filter(move |(term, audiences)| {
        let found = other.binary_search_by_key(term, |(number, _)| *number);
        found.map_or(true, |at| other[at].1 != *audiences)
    })
}

impl Former<'_> {
    /// Version and update date of each audience.
    pub fn stamps(&self) -> [Stamp; AUDIENCES] {
        *self.doc.stamps
    }

    /// Who sees it.
    pub fn visible(&self) -> AudienceMask {
        self.doc.visible
    }

    /// The whole text, as the ledger holds it: for the write path, never for an answer.
    pub fn body(&self) -> &[u8] {
        &self.doc.body
    }

    /// Whether `body` less `cuts` is what `audience` sees of it already.
    pub fn is_same(&self, audience: Audience, body: &[u8], cuts: &[Range<u32>]) -> bool {
        self.doc.visible.contains(audience) && self.doc.is_same(audience.mask(), body, cuts)
    }
}

fn keep(document: Document, id: Arc<str>, terms: Vec<(u32, AudienceMask)>) -> Doc {
    let heads = document::heads(&document);
    let mut doc = Doc {
        rtype: document.rtype,
        id,
        visible: AudienceMask::NONE,
        sight: document.sight,
        body: document.body,
        cuts: std::iter::empty().collect(),
        stamps: Box::new(document.stamps),
        heads,
        terms: terms.into(),
        columns: Box::default(),
        references: Box::default(),
        positions: Box::default(),
    };
    let (mut cuts, mut columns, mut references, mut positions) = (vec![], vec![], vec![], vec![]);
    for group in document.groups {
        doc.visible |= group.audiences;
        cuts.push((group.audiences, group.cuts.into_vec()));
        columns.extend(group.extracted.columns.into_iter().map(|column| (group.audiences, column)));
        references.extend(group.extracted.references.into_iter().map(|reference| (group.audiences, reference)));
        positions.extend(group.extracted.position.map(|(latitude, longitude)| (group.audiences, latitude, longitude)));
    }
    (doc.cuts, doc.columns) = (cuts.into_iter().collect(), columns.into());
    (doc.references, doc.positions) = (references.into(), positions.into());
    doc
}

//! One moment of the directory, and how the next one is made from it.

use std::ops::Range;
use std::sync::Arc;

use croaring::Bitmap;
use ror_confidentiality::{AUDIENCES, Audience, AudienceMask, Grant};
use ror_search::{LogicalReference, Ordered, OutgoingReference, ParamId, Registry, ResourceType, Span, Term};
use rpds::{HashTrieMapSync, VectorSync};
use smallvec::SmallVec;

use crate::document::{self, Doc, Document, Reference, Stamp, merged};
use crate::eyes::Eyes;
use crate::ids::Ids;
use crate::plan::Scope;
use crate::posting::Posting;
use crate::records::Records;
use crate::terms::Terms;
use crate::values::{Spans, Values};
use crate::view::View;

/// One moment of the directory: copying it costs nothing, since copies share everything.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) registry: &'static Registry,
    seq: u64,
    /// By document number; numbers never leave the snapshot. The vector itself holds each by a shared pointer.
    pub(crate) docs: VectorSync<Option<Doc>>,
    pub(crate) ids: Ids,
    pub(crate) terms: Terms,
    pub(crate) values: Values,
    /// Update dates, by type.
    pub(crate) updates: [Spans; ResourceType::ALL.len()],
    pub(crate) records: Records,
    /// By document number: who refers to it.
    incoming: VectorSync<Incoming>,
    /// By the parameter that reads it and the term that the target bears: who refers so (D10).
    naming: HashTrieMapSync<(ParamId, Term), Posting, foldhash::quality::RandomState>,
}

/// Numbers of what a document refers to.
pub(crate) type Targets = SmallVec<[u32; 4]>;

/// The documents that refer to one, by parameter.
type Incoming = SmallVec<[(ParamId, Posting); 1]>;

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
            terms: Terms::new(registry),
            values: Values::new(),
            updates: std::array::from_fn(|_| Spans::default()),
            records: Records::new(registry),
            incoming: VectorSync::new_sync(),
            naming: HashTrieMapSync::new_with_hasher_and_ptr_kind(foldhash::quality::RandomState::default()),
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
    pub fn put(&mut self, mut document: Document) {
        let rtype = document.rtype;
        let number = self.numbered(rtype, &document.id);
        let terms = self.number_terms(&document);
        let values = merged(&mut document.groups, |read| std::mem::take(&mut read.values));
        let records = merged(&mut document.groups, |read| std::mem::take(&mut read.records));
        let references = merged(&mut document.groups, |read| std::mem::take(&mut read.references));
        let logical = merged(&mut document.groups, |read| std::mem::take(&mut read.logical));
        let references: Vec<Reference> = references.into_iter().map(|reference| self.refer(reference)).collect();
        // Copying a vector shares all of it: the former version is read while the new one takes its place.
        let docs = self.docs.clone();
        let former = docs.get(number as usize).and_then(Option::as_ref);
        self.replace_terms(number, former.map_or(&[], |doc| &doc.terms), &terms);
        self.replace_values(number, former.map_or(&[], |doc| &doc.values), &values);
        self.replace_references(number, former.map_or(&[], |doc| &doc.references), &references);
        self.replace_logical(number, former.map_or(&[], |doc| &doc.logical), &logical);
        self.replace_updates(rtype, number, former, Some((&document.stamps, visible(&document))));
        let records = self.records.replace(number, former.map_or(&[], |doc| &doc.records), records);
        let id = former.map_or_else(|| self.ids.key(rtype, &document.id), |doc| Arc::clone(&doc.id));
        let mut doc = keep(document, id, terms);
        (doc.values, doc.records) = (values.into(), records);
        (doc.references, doc.logical) = (references.into(), logical.into());
        self.ids.order(rtype, &doc.id, number);
        self.docs.set_mut(number as usize, Some(doc));
    }

    /// Takes a resource out; nothing when it is not there. Its number stays: others may refer to it.
    pub fn remove(&mut self, rtype: ResourceType, id: &str) {
        let Some(number) = self.ids.get(rtype, id) else { return };
        let docs = self.docs.clone();
        let Some(former) = docs.get(number as usize).and_then(Option::as_ref) else { return };
        self.replace_terms(number, &former.terms, &[]);
        self.replace_values(number, &former.values, &[]);
        self.replace_references(number, &former.references, &[]);
        self.replace_logical(number, &former.logical, &[]);
        self.replace_updates(rtype, number, Some(former), None);
        self.records.replace(number, &former.records, Vec::new());
        self.docs.set_mut(number as usize, None);
        self.ids.remove(rtype, id);
    }

    /// The number of a document, held or only referred to.
    fn numbered(&mut self, rtype: ResourceType, id: &str) -> u32 {
        self.ids.get(rtype, id).unwrap_or_else(|| {
            let number = u32::try_from(self.docs.len()).expect("fewer than 2^32 resources");
            self.docs.push_back_mut(None);
            self.incoming.push_back_mut(Incoming::new());
            self.ids.insert(rtype, id, number);
            number
        })
    }

    fn refer(&mut self, (outgoing, audiences): (OutgoingReference, AudienceMask)) -> Reference {
        let target = self.numbered(outgoing.rtype, &outgoing.id);
        Reference { outgoing, audiences, target }
    }

    pub(crate) fn doc(&self, rtype: ResourceType, id: &str) -> Option<&Doc> {
        self.docs.get(self.ids.get(rtype, id)? as usize)?.as_ref()
    }

    pub(crate) fn number(&self, rtype: ResourceType, id: &str) -> Option<u32> {
        self.ids.get(rtype, id)
    }

    pub(crate) fn posting(&self, term: &Term) -> Option<&Posting> {
        self.terms.posting(term)
    }

    /// The terms of resources, or of records.
    pub(crate) const fn terms_of(&self, scope: Scope) -> &Terms {
        match scope {
            Scope::Resources(_) => &self.terms,
            Scope::Records(_) => &self.records.terms,
        }
    }

    /// The values of resources, or of records.
    pub(crate) const fn values_of(&self, scope: Scope) -> &Values {
        match scope {
            Scope::Resources(_) => &self.values,
            Scope::Records(_) => &self.records.values,
        }
    }

    /// Where the references `parameter` of a document lead, within one type.
    pub(crate) fn targets(&self, doc: &Doc, parameter: ParamId, rtype: ResourceType, eyes: &Eyes) -> Targets {
        let mut targets: Targets = doc.targets(parameter, rtype, eyes).collect();
        for (reference, mask) in &doc.logical {
            if reference.parameter == parameter
                && reference.rtype == rtype
                && eyes.see(*mask)
                && let Some(bearers) = self.terms.posting(&reference.term)
            {
                targets.extend(bearers.bitmap(eyes).iter());
            }
        }
        targets
    }

    /// Adds the documents whose reference `parameter` leads to that of this number.
    pub(crate) fn sources_into(&self, number: u32, parameter: ParamId, eyes: &Eyes, into: &mut Bitmap) {
        let literal = self.incoming.get(number as usize).into_iter().flatten();
        for (_, posting) in literal.filter(|(known, _)| *known == parameter) {
            posting.union_into(eyes, into);
        }
        if self.naming.is_empty() || !self.is_named_by(parameter) {
            return;
        }
        let terms = self.docs.get(number as usize).and_then(Option::as_ref).map_or(&[][..], |doc| &doc.terms);
        for (term, _) in terms.iter().filter(|(_, mask)| eyes.see(*mask)) {
            let naming = self.terms.term(*term).and_then(|term| self.naming.get(&(parameter, term.clone())));
            if let Some(posting) = naming {
                posting.union_into(eyes, into);
            }
        }
    }

    /// Whether references of this parameter may name their targets by what these bear.
    fn is_named_by(&self, parameter: ParamId) -> bool {
        matches!(self.registry.get(parameter).rtype, ResourceType::Task | ResourceType::MeasureReport)
    }

    /// The terms of all projections, each with everyone who sees it, by number.
    fn number_terms(&mut self, document: &Document) -> Vec<(u32, AudienceMask)> {
        let mut terms: Vec<(u32, AudienceMask)> = Vec::new();
        for group in &document.groups {
            for term in &group.extracted.terms {
                terms.push((self.terms.number(term), group.audiences));
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

    /// Both lists are ascending; only what differs is touched.
    fn replace_terms(&mut self, document: u32, old: &[(u32, AudienceMask)], new: &[(u32, AudienceMask)]) {
        for (term, audiences) in missing(old, new) {
            self.terms.remove(*term, document, *audiences);
        }
        for (term, audiences) in missing(new, old) {
            self.terms.add(*term, document, *audiences);
        }
    }

    fn replace_values(&mut self, document: u32, old: &[(Ordered, AudienceMask)], new: &[(Ordered, AudienceMask)]) {
        for (value, _) in old.iter().filter(|value| !new.contains(value)) {
            self.values.remove(value, document);
        }
        for (value, audiences) in new.iter().filter(|value| !old.contains(value)) {
            self.values.add(value, document, *audiences);
        }
    }

    fn replace_references(&mut self, document: u32, old: &[Reference], new: &[Reference]) {
        let edge = |reference: &Reference| (reference.target, reference.outgoing.parameter, reference.audiences);
        let is_in = |list: &[Reference], reference: &Reference| list.iter().any(|other| edge(other) == edge(reference));
        for reference in old.iter().filter(|reference| !is_in(new, reference)) {
            self.change_incoming(reference, |posting| posting.remove(document, reference.audiences));
        }
        for reference in new.iter().filter(|reference| !is_in(old, reference)) {
            self.change_incoming(reference, |posting| posting.add(document, reference.audiences));
        }
    }

    fn replace_logical(
        &mut self,
        document: u32,
        old: &[(LogicalReference, AudienceMask)],
        new: &[(LogicalReference, AudienceMask)],
    ) {
        for (reference, audiences) in old.iter().filter(|reference| !new.contains(reference)) {
            self.change_naming(reference, |posting| posting.remove(document, *audiences));
        }
        for (reference, audiences) in new.iter().filter(|reference| !old.contains(reference)) {
            self.change_naming(reference, |posting| posting.add(document, *audiences));
        }
    }

    fn change_naming(&mut self, reference: &LogicalReference, change: impl FnOnce(&mut Posting)) {
        let key = (reference.parameter, reference.term.clone());
        let mut posting = self.naming.get(&key).cloned().unwrap_or_default();
        change(&mut posting);
        self.naming.insert_mut(key, posting);
    }

    fn change_incoming(&mut self, reference: &Reference, change: impl FnOnce(&mut Posting)) {
        let parameter = reference.outgoing.parameter;
        let mut incoming = self.incoming.get(reference.target as usize).cloned().unwrap_or_default();
        let at = incoming.iter().position(|(known, _)| *known == parameter).unwrap_or_else(|| {
            incoming.push((parameter, Posting::default()));
            incoming.len() - 1
        });
        change(&mut incoming[at].1);
        self.incoming.set_mut(reference.target as usize, incoming);
    }

    fn replace_updates(
        &mut self,
        rtype: ResourceType,
        number: u32,
        old: Option<&Doc>,
        new: Option<(&[Stamp; AUDIENCES], AudienceMask)>,
    ) {
        let old = old.map(|doc| by_date(&doc.stamps, doc.visible)).unwrap_or_default();
        let new = new.map(|(stamps, visible)| by_date(stamps, visible)).unwrap_or_default();
        let dates = &mut self.updates[rtype as usize];
        for (span, _) in old.iter().filter(|date| !new.contains(date)) {
            dates.remove(*span, number);
        }
        for (span, audiences) in new.iter().filter(|date| !old.contains(date)) {
            dates.add(*span, number, *audiences);
        }
    }
}

/// The update dates, each with those for whom it is the date.
fn by_date(stamps: &[Stamp; AUDIENCES], visible: AudienceMask) -> SmallVec<[(Span, AudienceMask); 2]> {
    let mut dates: SmallVec<[(Span, AudienceMask); 2]> = SmallVec::new();
    for audience in visible.iter() {
        let date = document::date(stamps[audience.index()]);
        match dates.iter_mut().find(|(known, _)| *known == date) {
            Some((_, mask)) => *mask |= audience.mask(),
            None => dates.push((date, audience.mask())),
        }
    }
    dates
}

fn visible(document: &Document) -> AudienceMask {
    document.groups.iter().fold(AudienceMask::NONE, |visible, group| visible | group.audiences)
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

fn keep(mut document: Document, id: Arc<str>, terms: Vec<(u32, AudienceMask)>) -> Doc {
    let columns = merged(&mut document.groups, |read| std::mem::take(&mut read.columns));
    let positions = merged(&mut document.groups, |read| read.position.take().into_iter().collect());
    let hours = merged(&mut document.groups, |read| read.hours.take().into_iter().collect());
    let departements = merged(&mut document.groups, |read| read.departement.take().into_iter().collect());
    let heads = document::heads(&document);
    let visible = visible(&document);
    let cuts = document.groups.into_iter().map(|group| (group.audiences, group.cuts.into_vec())).collect();
    Doc {
        rtype: document.rtype,
        id,
        visible,
        sight: document.sight,
        body: document.body,
        cuts,
        stamps: Box::new(document.stamps),
        heads,
        terms: terms.into(),
        values: Box::default(),
        records: Box::default(),
        columns: columns.into(),
        references: Box::default(),
        logical: Box::default(),
        positions: positions.into(),
        hours: hours.into(),
        departements: departements.into(),
    }
}

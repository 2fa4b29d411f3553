//! A snapshot as one audience sees it: the only thing that can be read.

use croaring::Bitmap;
use ror_confidentiality::{Audience, AudienceMask};
use ror_fhir::{Instant, Node};
use ror_search::{Filter, OutgoingReference, ParamId, Query, ResourceType, Term};

use crate::document::Doc;
use crate::evaluate::{Evaluator, Explained};
use crate::eyes::{Eyes, without_level_3};
use crate::include::Includer;
use crate::order::{Anchor, Ordering};
use crate::plan::Scope;
use crate::score::Scorer;
use crate::snapshot::Snapshot;
use crate::tally::Tally;

/// What one audience sees of one moment of the directory.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    snapshot: &'a Snapshot,
    audience: Audience,
    tally: Option<&'a Tally>,
}

/// A resource that this audience sees.
#[derive(Clone, Copy, Debug)]
pub struct Hit<'a> {
    /// Borrowed from the snapshot: counting each hit of a page atomically would cost more than finding it.
    doc: &'a Doc,
    audience: Audience,
    tally: Option<&'a Tally>,
    /// Distance from the point asked about, when the place met the criterion (D11).
    pub distance_km: Option<f64>,
    /// How well it meets the words asked for, 0 to 1 (D15).
    pub score: Option<f64>,
}

/// One page of results.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// How many resources match in all: exact.
    pub total: u64,
    /// The matches of this page, in order.
    pub matches: Vec<Hit<'a>>,
    /// What they bring along, by type and id.
    pub included: Vec<Hit<'a>>,
    /// Where the page before starts, when there is one.
    pub previous: Option<Anchor>,
    /// Where the page after starts, when there is one.
    pub next: Option<Anchor>,
    /// Whether the answer tells of level 3, be it by its total alone: its reading is kept (D63).
    pub tells_level_3: bool,
}

/// Why a search has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchError {
    /// The page would bring along more than this many resources (D5).
    TooManyIncluded {
        /// The limit.
        max: usize,
    },
}

impl<'a> View<'a> {
    pub(crate) const fn new(snapshot: &'a Snapshot, audience: Audience) -> Self {
        Self { snapshot, audience, tally: None }
    }

    /// The same view, with what is read through it noted in `tally` (D63).
    #[must_use]
    pub const fn noted_in(self, tally: &'a Tally) -> Self {
        Self { tally: Some(tally), ..self }
    }

    /// The same view, for what is counted or read but not told to whoever asks: no tally notes it.
    #[must_use]
    pub const fn aside(self) -> Self {
        Self { tally: None, ..self }
    }

    /// A resource by its logical id; `None` when it does not exist for this audience.
    pub fn read(&self, rtype: ResourceType, id: &str) -> Option<Hit<'a>> {
        let doc = self.snapshot.doc(rtype, id)?;
        doc.visible.contains(self.audience).then(|| self.hit(doc))
    }

    /// One page of the resources that meet `query`.
    ///
    /// `order_of` gives the moment whose order is kept while paging (D6); what the caller
    /// no longer sees now is left out of the page.
    ///
    /// # Errors
    /// [`SearchError::TooManyIncluded`].
    pub fn search(
        &self,
        query: &Query,
        anchor: Option<&Anchor>,
        order_of: Option<&Snapshot>,
    ) -> Result<Page<'a>, SearchError> {
        let past = order_of.unwrap_or(self.snapshot);
        let evaluator = Evaluator::of(past, self.audience);
        let plan = evaluator.plan(Scope::Resources(query.rtype), &query.filter);
        let found = evaluator.set(&plan);
        let scorer = Scorer::new(&evaluator, &query.content);
        let ordering = Ordering { evaluator: &evaluator, query, plan: &plan, scorer: &scorer };
        let slice = ordering.page(&found, anchor);
        let (previous, next) = slice.anchors();
        let numbers = self.still_seen(past, slice.numbers);
        let eyes = Eyes::of(self.audience);
        let includer =
            Includer { snapshot: self.snapshot, eyes: &eyes, searched: query.rtype, includes: &query.includes };
        let included = includer.bring(&numbers.iter().map(|(_, today)| *today).collect::<Vec<_>>())?;
        let nears = query.filter.nears();
        let hit = |number: u32| {
            let doc = self.snapshot.docs.get(number as usize)?.as_ref()?;
            let distance_km =
                nears.iter().filter_map(|near| doc.distance_km(self.audience, near)).min_by(f64::total_cmp);
            Some(Hit { distance_km, ..self.hit(doc) })
        };
        let scored = |(then, today)| Some(Hit { score: scorer.score(then), ..hit(today)? });
        let matches: Vec<Hit<'a>> = numbers.into_iter().filter_map(scored).collect();
        let included: Vec<Hit<'a>> = included.into_iter().filter_map(hit).collect();
        self.note_found(&evaluator, query.rtype, &query.filter, &found);
        let tells_level_3 = matches.iter().chain(&included).any(Hit::holds_level_3)
            || self.tells_level_3(&evaluator, query.rtype, &query.filter, &found);
        Ok(Page { total: found.cardinality(), matches, included, previous, next, tells_level_3 })
    }

    /// Every resource of `rtype` that meets `filter`, in no order that tells anything: for those who order by
    /// themselves, whom a page of all of it would cost as much again.
    pub fn matching(&self, rtype: ResourceType, filter: &Filter) -> Vec<Hit<'a>> {
        let found = self.found(rtype, filter);
        let docs = found.iter().filter_map(|number| self.snapshot.docs.get(number as usize)?.as_ref());
        docs.map(|doc| self.hit(doc)).collect()
    }

    /// How many resources of `rtype` meet `filter`: for the counts beside filters.
    pub fn total(&self, rtype: ResourceType, filter: &Filter) -> u64 {
        self.found(rtype, filter).cardinality()
    }

    fn found(&self, rtype: ResourceType, filter: &Filter) -> Bitmap {
        let evaluator = Evaluator::of(self.snapshot, self.audience);
        let found = evaluator.find(rtype, filter);
        self.note_found(&evaluator, rtype, filter, &found);
        found
    }

    /// Words that start with `prefix` in the text of resources of `rtype`, in alphabetical
    /// order, each with how many of them this audience sees; at most `limit` words.
    pub fn vocabulary(&self, rtype: ResourceType, prefix: &str, limit: usize) -> Vec<(String, u64)> {
        let first = Term::word(rtype, prefix);
        let words = self.snapshot.terms.starting(&first);
        let without = without_level_3(self.audience);
        words
            .filter_map(|(term, number)| {
                let posting = self.snapshot.terms.of(number)?;
                let count = posting.len(self.audience.mask());
                let word = Term::word_text(term.as_bytes(), rtype)?;
                (count > 0).then(|| {
                    let is_level_3 = without.is_some_and(|without| posting.len(without) == 0);
                    if let Some(tally) = self.tally.filter(|_| is_level_3) {
                        tally.note_level_3();
                    }
                    (word.to_owned(), count)
                })
            })
            .take(limit)
            .collect()
    }

    /// The codes of a token parameter that this audience sees somewhere, with their systems (empty: none),
    /// in alphabetical order.
    pub fn codes(&self, parameter: ParamId) -> Vec<(&'a str, &'a str)> {
        let mask = self.audience.mask();
        let all = self.snapshot.terms.starting(&Term::system_codes(parameter));
        let seen = all.filter(|(_, number)| self.snapshot.terms.of(*number).is_some_and(|rows| rows.len(mask) > 0));
        seen.filter_map(|(term, _)| term.system_and_code()).collect()
    }

    /// How many of those that meet `filter` hold each code of a token parameter of their own type: its total if
    /// that code was asked for as well. Codes that none holds are left out.
    pub fn facet(&self, rtype: ResourceType, filter: &Filter, parameter: ParamId) -> Vec<(&'a str, &'a str, u64)> {
        let (found, eyes) = (self.found(rtype, filter), Eyes::of(self.audience));
        let mut counts = Vec::new();
        for (term, number) in self.snapshot.terms.starting(&Term::system_codes(parameter)) {
            let rows = self.snapshot.terms.of(number).map(|posting| posting.bitmap(&eyes).and_cardinality(&found));
            if let (Some(count @ 1..), Some((system, code))) = (rows, term.system_and_code()) {
                counts.push((system, code, count));
            }
        }
        if let Some(tally) = self.tally.filter(|_| eyes.met_level_3()) {
            tally.note_level_3();
        }
        counts
    }

    /// How `filter` is answered, step by step: what each step asks, how many meet it alone, how many are left
    /// after it. Counts are of this view alone (D78). With a clock, in microseconds, how long each takes.
    pub fn explain(&self, rtype: ResourceType, filter: &Filter, clock_us: Option<&dyn Fn() -> u64>) -> Vec<Explained> {
        let evaluator = Evaluator::of(self.snapshot, self.audience);
        let plan = evaluator.plan(Scope::Resources(rtype), filter);
        let steps = evaluator.explain(&plan, clock_us);
        let found = evaluator.set(&plan);
        self.note_found(&evaluator, rtype, filter, &found);
        steps
    }

    /// Notes that what was found tells of level 3, though nothing of it may be shown.
    fn note_found(&self, evaluator: &Evaluator<'_>, rtype: ResourceType, filter: &Filter, found: &Bitmap) {
        if let Some(tally) = self.tally
            && !tally.holds_level_3()
            && self.tells_level_3(evaluator, rtype, filter, found)
        {
            tally.note_level_3();
        }
    }

    /// Whether something else would be found if nothing of level 3 was seen. A question that asks nothing counts
    /// everything, and tells of nothing.
    fn tells_level_3(&self, by: &Evaluator<'_>, rtype: ResourceType, filter: &Filter, found: &Bitmap) -> bool {
        if filter.is_everything() || !by.eyes.met_level_3() {
            return false;
        }
        let Some(eyes) = Eyes::less_level_3(self.audience) else { return false };
        Evaluator { snapshot: by.snapshot, eyes }.find(rtype, filter) != *found
    }

    /// How many resources of `rtype` this audience sees.
    pub fn count(&self, rtype: ResourceType) -> u64 {
        self.snapshot.posting(&Term::of_type(rtype)).map_or(0, |posting| posting.len(self.audience.mask()))
    }

    /// The resources whose reference `parameter` leads to `rtype/id`.
    pub fn referring(&self, parameter: ParamId, rtype: ResourceType, id: &str) -> Vec<Hit<'a>> {
        self.bearing(&Term::reference(parameter, rtype, id))
    }

    /// The resources that bear a term, in what this audience sees of them.
    pub fn bearing(&self, term: &Term) -> Vec<Hit<'a>> {
        let numbers = self.posting(term);
        let docs = numbers.into_iter().filter_map(|number| self.snapshot.docs.get(number as usize)?.as_ref());
        docs.map(|doc| self.hit(doc)).collect()
    }

    fn posting(&self, term: &Term) -> Vec<u32> {
        let eyes = Eyes::of(self.audience);
        self.snapshot.posting(term).map(|posting| posting.bitmap(&eyes).to_vec()).unwrap_or_default()
    }

    /// The numbers, then and today, of documents found in an earlier order, less those that are gone
    /// or no longer visible.
    fn still_seen(&self, past: &Snapshot, numbers: Vec<u32>) -> Vec<(u32, u32)> {
        if past.seq() == self.snapshot.seq() {
            return numbers.into_iter().map(|number| (number, number)).collect();
        }
        let today = |then: u32| {
            let doc = past.docs.get(then as usize)?.as_ref()?;
            let number = self.snapshot.number(doc.rtype, &doc.id)?;
            let today = self.snapshot.docs.get(number as usize)?.as_ref()?;
            today.visible.contains(self.audience).then_some((then, number))
        };
        numbers.into_iter().filter_map(today).collect()
    }

    fn hit(&self, doc: &'a Doc) -> Hit<'a> {
        Hit { doc, audience: self.audience, tally: self.tally, distance_km: None, score: None }
    }
}

impl<'a> Hit<'a> {
    /// The type.
    pub fn rtype(&self) -> ResourceType {
        self.doc.rtype
    }

    /// The logical id.
    pub fn id(&self) -> &'a str {
        &self.doc.id
    }

    /// `meta.versionId` for this audience (D28).
    pub fn version(&self) -> u32 {
        self.doc.stamps[self.audience.index()].version
    }

    /// `meta.lastUpdated` for this audience (D28).
    pub fn updated(&self) -> Instant {
        self.doc.stamps[self.audience.index()].updated
    }

    /// Whether this audience sees in it a contact of level 2 that names a person: its reading is
    /// kept (D63). Decided when the resource was written.
    pub fn names_contacts(&self) -> bool {
        self.doc.sight.named_contact.contains(self.audience)
    }

    /// Whether this audience sees in it something of level 3: its reading is kept (D63).
    pub fn holds_level_3(&self) -> bool {
        self.doc.sight.level_3.contains(self.audience)
    }

    /// The same hit, for what is read but not shown: a tally does not note it.
    #[must_use]
    pub const fn aside(self) -> Self {
        Self { tally: None, ..self }
    }

    /// Notes that it is shown, when what shows it was made before.
    pub fn shown(&self) {
        if let Some(tally) = self.tally {
            tally.note(self);
        }
    }

    /// Appends the resource's text as this audience sees it.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        self.shown();
        self.doc.write_to(self.audience.mask(), out);
    }

    /// The resource as this audience sees it, as a tree: for pages and for `_elements`.
    pub fn to_node(&self) -> Node {
        let mut text = Vec::with_capacity(self.doc.body.len() + 128);
        self.write_to(&mut text);
        Node::parse(&text).expect("the index holds canonical text")
    }

    /// References to other resources, by parameter.
    pub fn references(&self) -> impl Iterator<Item = &'a OutgoingReference> + use<'a> {
        let audience: AudienceMask = self.audience.mask();
        let seen = self.doc.references.iter().filter(move |reference| reference.audiences.includes(audience));
        seen.map(|reference| &reference.outgoing)
    }
}

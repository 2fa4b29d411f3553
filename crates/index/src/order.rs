//! The order of results, and one page of it (D5, D7).
//!
//! Each match gets a key of bytes: its sort values, then its id. Keys compare as bytes, so
//! a page boundary is one key, and paging goes on from it whatever came or went meanwhile.

use std::cmp::Ordering as Compared;

use croaring::Bitmap;
use ror_search::{Axis, Family, ParamId, ParamType, Query, ResourceType, Sort, SortBy, Span, Term};

use crate::document::Doc;
use crate::evaluate::Evaluator;
use crate::plan::{Kind, Step};
use crate::score::Scorer;

/// Above one match in this many documents of the type, the ids are walked in their order
/// rather than collected and sorted.
const WALK_ABOVE_ONE_IN: u64 = 16;

/// Where a page starts: after this key, or before it when going back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The key of the last match seen.
    pub key: Vec<u8>,
    /// Which way the page goes from there.
    pub direction: Direction,
}

/// Which way a page goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Matches after the anchor.
    Forward,
    /// Matches before the anchor.
    Backward,
}

/// Matches of one page, in order, and the keys at its two ends.
pub(crate) struct Slice {
    pub(crate) numbers: Vec<u32>,
    pub(crate) first: Vec<u8>,
    pub(crate) last: Vec<u8>,
    pub(crate) before: bool,
    pub(crate) after: bool,
}

impl Slice {
    /// A page of matches, each with its key.
    fn of<K: AsRef<[u8]>>(matches: &[(K, u32)], before: bool, after: bool) -> Self {
        let key = |end: Option<&(K, u32)>| end.map(|(key, _)| key.as_ref().to_vec()).unwrap_or_default();
        let numbers = matches.iter().map(|(_, number)| *number).collect();
        Self { numbers, first: key(matches.first()), last: key(matches.last()), before, after }
    }

    /// Where the page before starts, and the page after, when there are such pages.
    pub(crate) fn anchors(&self) -> (Option<Anchor>, Option<Anchor>) {
        let at = |is: bool, key: &Vec<u8>, direction| {
            (is && !self.numbers.is_empty()).then(|| Anchor { key: key.clone(), direction })
        };
        (at(self.before, &self.first, Direction::Backward), at(self.after, &self.last, Direction::Forward))
    }
}

pub(crate) struct Ordering<'a> {
    pub(crate) evaluator: &'a Evaluator<'a>,
    pub(crate) query: &'a Query,
    /// The question, which tells the places that make a match one (D7).
    pub(crate) plan: &'a Step<'a>,
    pub(crate) scorer: &'a Scorer<'a>,
}

/// The keys of many matches, one after the other, and where each ends.
#[derive(Default)]
struct Keys {
    bytes: Vec<u8>,
    /// End of the key, and the match.
    ends: Vec<(usize, u32)>,
}

impl Keys {
    fn close(&mut self, number: u32) {
        self.ends.push((self.bytes.len(), number));
    }

    fn iter(&self) -> impl Iterator<Item = (&[u8], u32)> {
        let mut start = 0;
        self.ends.iter().map(move |(end, number)| {
            let key = &self.bytes[start..*end];
            start = *end;
            (key, *number)
        })
    }
}

impl Ordering<'_> {
    /// Takes one page out of `found`.
    pub(crate) fn page(&self, found: &Bitmap, anchor: Option<&Anchor>) -> Slice {
        let count = self.query.result.count;
        let by_id = self.query.result.sort.is_empty() && self.default_sort().is_none();
        let of_type = self.evaluator.snapshot.posting(&Term::of_type(self.query.rtype));
        let all = of_type.map_or(0, |posting| posting.len(self.evaluator.eyes.audience()));
        if by_id && found.cardinality() * WALK_ABOVE_ONE_IN > all {
            self.walk(found, anchor, count)
        } else {
            self.sorted(found, anchor, count)
        }
    }

    /// D7: by distance where one is asked about, by score where words are.
    fn default_sort(&self) -> Option<Sort> {
        if self.query.near().is_some() {
            return Some(Sort { by: SortBy::Distance, descending: false });
        }
        (!self.query.content.is_empty()).then_some(Sort { by: SortBy::Score, descending: true })
    }

    /// Walks the ids in their order and keeps those found.
    fn walk(&self, found: &Bitmap, anchor: Option<&Anchor>, count: usize) -> Slice {
        let ids = &self.evaluator.snapshot.ids;
        let rtype = self.query.rtype;
        let keep = |(_, number): &(&str, u32)| found.contains(*number);
        let from = anchor.map(|anchor| String::from_utf8_lossy(&anchor.key));
        let is_back = anchor.is_some_and(|anchor| anchor.direction == Direction::Backward);
        // One more than the page tells whether another follows.
        let take = count.saturating_add(1);
        let mut matches: Vec<(&str, u32)> = Vec::new();
        match from.as_deref().filter(|_| is_back) {
            Some(from) => matches.extend(ids.before(rtype, from).filter(keep).take(take)),
            None => matches.extend(ids.after(rtype, from.as_deref()).filter(keep).take(take)),
        }
        let more = matches.len() > count;
        matches.truncate(count);
        if is_back {
            matches.reverse();
            return Slice::of(&matches, more, true);
        }
        let is_at = |from: &str| ids.get(rtype, from).is_some_and(|number| found.contains(number));
        let before = from.is_some_and(|from| is_at(&from) || ids.before(rtype, &from).any(|entry| keep(&entry)));
        Slice::of(&matches, before, more)
    }

    fn sorted(&self, found: &Bitmap, anchor: Option<&Anchor>, count: usize) -> Slice {
        let sorts: Vec<Sort> = match &self.query.result.sort[..] {
            [] => self.default_sort().into_iter().collect(),
            sorts => sorts.to_vec(),
        };
        let mut keys = Keys::default();
        for number in found.iter() {
            if let Some(doc) = self.evaluator.doc(number) {
                self.key(number, doc, &sorts, &mut keys.bytes);
                keys.close(number);
            }
        }
        let is_back = anchor.is_some_and(|anchor| anchor.direction == Direction::Backward);
        let on_this_side = |key: &[u8]| match (anchor, is_back) {
            (None, _) => true,
            (Some(anchor), false) => key > &*anchor.key,
            (Some(anchor), true) => key < &*anchor.key,
        };
        let mut keyed: Vec<(&[u8], u32)> = keys.iter().filter(|(key, _)| on_this_side(key)).collect();
        let is_other_side_empty = keyed.len() == keys.ends.len();
        let more = keyed.len() > count;
        let in_page_order =
            |a: &(&[u8], u32), b: &(&[u8], u32)| -> Compared { if is_back { b.cmp(a) } else { a.cmp(b) } };
        if more && count > 0 {
            keyed.select_nth_unstable_by(count - 1, in_page_order);
        }
        keyed.truncate(count);
        keyed.sort_unstable();
        let (before, after) = if is_back { (more, !is_other_side_empty) } else { (!is_other_side_empty, more) };
        Slice::of(&keyed, before, after)
    }

    fn key(&self, number: u32, doc: &Doc, sorts: &[Sort], key: &mut Vec<u8>) {
        for sort in sorts {
            self.push(number, doc, sort, key);
        }
        key.extend_from_slice(doc.id.as_bytes());
    }

    /// Appends one sort value: absent ones last in both directions (D7).
    fn push(&self, number: u32, doc: &Doc, sort: &Sort, key: &mut Vec<u8>) {
        let start = key.len();
        key.push(0);
        let is_there = match &sort.by {
            SortBy::Id => push_text(&doc.id, key),
            SortBy::LastUpdated => {
                push_number(crate::document::updated(doc, self.evaluator.eyes.reader()).start.0, key)
            }
            SortBy::Parameter(parameter) => self.push_value(doc, *parameter, sort.descending, key),
            SortBy::Chained { reference, target, parameter } => {
                self.push_chained(doc, (*reference, *target), *parameter, sort.descending, key)
            }
            SortBy::Distance => self.nearest_km(self.plan, number).is_some_and(|km| push_number(km.to_bits(), key)),
            SortBy::Score => self.scorer.score(number).is_some_and(|score| push_number(score.to_bits(), key)),
        };
        if !is_there {
            key.truncate(start);
            key.push(1);
        } else if sort.descending {
            key[start + 1..].iter_mut().for_each(|byte| *byte = !*byte);
        }
    }

    /// The least or the greatest value of a parameter.
    fn push_value(&self, doc: &Doc, parameter: ParamId, descending: bool, key: &mut Vec<u8>) -> bool {
        if is_ordered(self.evaluator.snapshot.registry.get(parameter).kind) {
            let values = doc.values(parameter, &self.evaluator.eyes);
            return edge(values.map(|value| (value.axis != Axis::Number, value.span)), descending)
                .is_some_and(|edge| push_number(edge, key));
        }
        let mut columns = doc.columns.iter().filter(|(column, _)| column.parameter == parameter);
        let seen = columns.find(|(_, mask)| self.evaluator.eyes.see(*mask));
        seen.is_some_and(|(column, _)| push_text(if descending { &column.max } else { &column.min }, key))
    }

    /// The least or the greatest value among what a reference leads to.
    fn push_chained(
        &self,
        doc: &Doc,
        (reference, target): (ParamId, ResourceType),
        parameter: ParamId,
        descending: bool,
        key: &mut Vec<u8>,
    ) -> bool {
        let evaluator = self.evaluator;
        let is_price = evaluator.snapshot.registry.get(parameter).family == Some(Family::Price);
        let price_steps = if is_price { prices(self.plan, reference) } else { Vec::new() };
        let mut best: Option<Vec<u8>> = None;
        for at in evaluator.targets(doc, reference, target) {
            let Some(leads_to) = evaluator.seen(at) else { continue };
            let mut value = Vec::new();
            let is_there = if price_steps.is_empty() || !is_ordered(evaluator.snapshot.registry.get(parameter).kind) {
                self.push_value(leads_to, parameter, descending, &mut value)
            } else {
                self.push_price(leads_to, &price_steps, parameter, descending, &mut value)
            };
            let is_better = |best: &Vec<u8>| if descending { value > *best } else { value < *best };
            if is_there && best.as_ref().is_none_or(is_better) {
                best = Some(value);
            }
        }
        best.is_some_and(|value| {
            key.extend_from_slice(&value);
            true
        })
    }

    /// D7: among the prices that meet what is asked of a price.
    fn push_price(
        &self,
        doc: &Doc,
        asked: &[&Step<'_>],
        parameter: ParamId,
        descending: bool,
        key: &mut Vec<u8>,
    ) -> bool {
        let evaluator = self.evaluator;
        let passes = |row: &&u32| asked.iter().any(|step| evaluator.passes(step, **row));
        let rows = doc.records.iter().filter(passes).filter_map(|row| evaluator.snapshot.records.get(*row));
        let rows = rows.filter(|record| record.family == Family::Price && evaluator.eyes.see(record.audiences));
        let values = rows.flat_map(|record| &record.values).filter(|value| value.parameter == parameter);
        edge(values.map(|value| (value.axis != Axis::Number, value.span)), descending)
            .is_some_and(|edge| push_number(edge, key))
    }

    /// Distance of the nearest place that makes a match one (D7).
    fn nearest_km(&self, step: &Step<'_>, number: u32) -> Option<f64> {
        let evaluator = self.evaluator;
        match &step.kind {
            Kind::Near(_, near) => {
                let (latitude, longitude) = evaluator.doc(number)?.position(&evaluator.eyes)?;
                near.distance_km(latitude, longitude)
            }
            Kind::All(all) => all.iter().filter_map(|step| self.nearest_km(step, number)).min_by(f64::total_cmp),
            Kind::Any(any) => {
                let met = any.iter().filter(|step| evaluator.passes(step, number));
                met.filter_map(|step| self.nearest_km(step, number)).min_by(f64::total_cmp)
            }
            Kind::Related(ror_search::Relation::Target { reference, rtype }, inner) => {
                let targets = evaluator.targets(evaluator.doc(number)?, *reference, *rtype).into_iter();
                let met = targets.filter(|row| evaluator.seen(*row).is_some() && evaluator.passes(inner, *row));
                met.filter_map(|row| self.nearest_km(inner, row)).min_by(f64::total_cmp)
            }
            _ => None,
        }
    }
}

/// What is asked of the prices of those that `reference` leads to.
fn prices<'s>(step: &'s Step<'s>, reference: ParamId) -> Vec<&'s Step<'s>> {
    match &step.kind {
        Kind::All(steps) | Kind::Any(steps) => steps.iter().flat_map(|step| prices(step, reference)).collect(),
        Kind::Related(ror_search::Relation::Target { reference: known, .. }, inner) if *known == reference => {
            records_asked(inner)
        }
        _ => Vec::new(),
    }
}

fn records_asked<'s>(step: &'s Step<'s>) -> Vec<&'s Step<'s>> {
    match &step.kind {
        Kind::All(steps) | Kind::Any(steps) => steps.iter().flat_map(records_asked).collect(),
        Kind::Related(ror_search::Relation::Record(Family::Price), inner) => vec![inner],
        _ => Vec::new(),
    }
}

const fn is_ordered(kind: ParamType) -> bool {
    matches!(kind, ParamType::Date | ParamType::Number | ParamType::Quantity)
}

/// Where the first value starts, or the last one ends; those in a basic unit count before bare numbers.
fn edge(values: impl Iterator<Item = (bool, Span)>, descending: bool) -> Option<u64> {
    let all: Vec<(bool, Span)> = values.collect();
    let has_unit = all.iter().any(|(in_unit, _)| *in_unit);
    let spans = all.iter().filter(|(in_unit, _)| *in_unit == has_unit).map(|(_, span)| span);
    if descending { spans.map(|span| span.end.0).max() } else { spans.map(|span| span.start.0).min() }
}

fn push_number(number: u64, key: &mut Vec<u8>) -> bool {
    key.extend_from_slice(&number.to_be_bytes());
    true
}

/// Text ended so that a prefix sorts before what it starts, also when all bytes are inverted.
fn push_text(text: &str, key: &mut Vec<u8>) -> bool {
    key.extend_from_slice(text.as_bytes());
    key.push(0);
    true
}

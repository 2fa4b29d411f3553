//! The order of results, and one page of it (D5, D7).
//!
//! Each match gets a key of bytes: its sort values, then its id. Keys compare as bytes, so
//! a page boundary is one key, and paging goes on from it whatever came or went meanwhile.

use croaring::Bitmap;
use ror_confidentiality::{Audience, AudienceMask};
use ror_search::{Criterion, Near, ParamId, Query, ResourceType, Sort, SortBy, Term, Test};

use crate::document::Doc;
use crate::evaluate::Evaluator;
use crate::snapshot::Snapshot;

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
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) audience: Audience,
    pub(crate) query: &'a Query,
    pub(crate) near: Option<NearPath<'a>>,
}

/// From a match to the places that make it one, and the circles they lie in (D7).
pub(crate) struct NearPath<'a> {
    steps: Vec<Step>,
    near: &'a Near,
}

/// A reference on the way, and which of its targets count.
struct Step {
    reference: ParamId,
    target: ResourceType,
    /// The targets that meet everything asked of them; absent when only the distance is.
    meeting: Option<Bitmap>,
}

impl<'a> NearPath<'a> {
    /// The way to the circles of the first `near` among `criteria`.
    pub(crate) fn of(evaluator: &Evaluator<'_>, criteria: &'a [Criterion]) -> Option<Self> {
        criteria.iter().find_map(|criterion| match criterion {
            Criterion::Test(Test::Near { near, .. }) => Some(Self { steps: Vec::new(), near }),
            Criterion::Test(_) => None,
            Criterion::Chain(chain) => {
                let mut path = Self::of(evaluator, &chain.criteria)?;
                let meeting = (chain.criteria.len() > 1).then(|| evaluator.all(chain.target, &chain.criteria));
                path.steps.insert(0, Step { reference: chain.reference, target: chain.target, meeting });
                Some(path)
            }
        })
    }
}

impl Ordering<'_> {
    /// Takes one page out of `found`.
    pub(crate) fn page(&self, found: &Bitmap, anchor: Option<&Anchor>) -> Slice {
        let count = self.query.result.count;
        let by_id = self.query.result.sort.is_empty() && self.near.is_none();
        let of_type = self.snapshot.posting(&Term::of_type(self.query.rtype));
        let all = of_type.map_or(0, |posting| posting.len(self.audience.mask()));
        if by_id && found.cardinality() * WALK_ABOVE_ONE_IN > all {
            self.walk(found, anchor, count)
        } else {
            self.sorted(found, anchor, count)
        }
    }

    /// Walks the ids in their order and keeps those found.
    fn walk(&self, found: &Bitmap, anchor: Option<&Anchor>, count: usize) -> Slice {
        let ids = &self.snapshot.ids;
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
        let mut keyed: Vec<_> = found
            .iter()
            .filter_map(|number| Some((self.key(self.snapshot.docs.get(number as usize)?.as_ref()?), number)))
            .collect();
        let (mut start, mut end) = (0, keyed.len());
        keyed.sort_unstable();
        if let Some(anchor) = anchor {
            match anchor.direction {
                Direction::Forward => start = keyed.partition_point(|(key, _)| *key <= anchor.key),
                Direction::Backward => {
                    end = keyed.partition_point(|(key, _)| *key < anchor.key);
                    start = end.saturating_sub(count);
                }
            }
        }
        end = end.min(start.saturating_add(count));
        let (before, after) = (start > 0, end < keyed.len());
        Slice::of(&keyed[start..end], before, after)
    }

    fn key(&self, doc: &Doc) -> Vec<u8> {
        let mut key = Vec::with_capacity(48);
        if self.query.result.sort.is_empty() && self.near.is_some() {
            self.push(doc, &Sort { by: SortBy::Distance, descending: false }, &mut key);
        }
        for sort in &self.query.result.sort {
            self.push(doc, sort, &mut key);
        }
        key.extend_from_slice(doc.id.as_bytes());
        key
    }

    /// Appends one sort value: absent ones last in both directions (D7).
    fn push(&self, doc: &Doc, sort: &Sort, key: &mut Vec<u8>) {
        let value: Option<Vec<u8>> = match &sort.by {
            SortBy::Id => Some(text(&doc.id)),
            SortBy::LastUpdated => {
                let updated = doc.stamps[self.audience.index()].updated;
                Some((updated as u64 ^ (1 << 63)).to_be_bytes().to_vec())
            }
            SortBy::Parameter(parameter) => self.column(doc, *parameter, sort.descending).map(text),
            SortBy::Chained { reference, target, parameter } => {
                let values = self.targets(doc, *reference, *target);
                let values = values.filter_map(|doc| self.column(doc, *parameter, sort.descending));
                if sort.descending { values.max() } else { values.min() }.map(text)
            }
            SortBy::Distance => self.distance_km(doc).map(|km| km.to_bits().to_be_bytes().to_vec()),
        };
        match value {
            None => key.push(1),
            Some(value) => {
                key.push(0);
                key.extend(value.into_iter().map(|byte| if sort.descending { !byte } else { byte }));
            }
        }
    }

    fn column<'d>(&self, doc: &'d Doc, parameter: ParamId, descending: bool) -> Option<&'d str> {
        let seen = |(mask, _): &&(AudienceMask, _)| mask.contains(self.audience);
        let column = doc.columns.iter().filter(seen).find(|(_, column)| column.parameter == parameter);
        column.map(|(_, column)| if descending { &*column.max } else { &*column.min })
    }

    fn targets<'d>(&'d self, doc: &'d Doc, reference: ParamId, target: ResourceType) -> impl Iterator<Item = &'d Doc> {
        doc.references
            .iter()
            .filter(move |(mask, out)| {
                mask.contains(self.audience) && out.parameter == reference && out.rtype == target
            })
            .filter_map(|(_, out)| self.snapshot.doc(out.rtype, &out.id))
            .filter(|doc| doc.visible.contains(self.audience))
    }

    /// Distance of the nearest place that makes `doc` a match (D7).
    fn distance_km(&self, doc: &Doc) -> Option<f64> {
        let path = self.near.as_ref()?;
        self.nearest_km(doc, path.near, &path.steps)
    }

    fn nearest_km(&self, doc: &Doc, near: &Near, steps: &[Step]) -> Option<f64> {
        let [step, further @ ..] = steps else { return doc.distance_km(self.audience, near) };
        let counts = |target: &&Doc| match &step.meeting {
            None => true,
            Some(meeting) => self.snapshot.number(target.rtype, &target.id).is_some_and(|at| meeting.contains(at)),
        };
        let targets = self.targets(doc, step.reference, step.target).filter(counts);
        targets.filter_map(|target| self.nearest_km(target, near, further)).min_by(f64::total_cmp)
    }
}

/// Text ended so that a prefix sorts before what it starts, also when all bytes are inverted.
fn text(value: &str) -> Vec<u8> {
    let mut bytes = value.as_bytes().to_vec();
    bytes.push(0);
    bytes
}

//! Dates, numbers and quantities, in the order of each axis.

use std::ops::Range;

use croaring::Bitmap;
use imbl::OrdMap;
use ror_confidentiality::AudienceMask;
use ror_search::{Axis, Comparison, Key, Ordered, ParamId, Prefix, Span};
use rpds::HashTrieMapSync;

use crate::eyes::Eyes;

/// The values of all rows.
#[derive(Clone, Debug)]
pub(crate) struct Values {
    axes: HashTrieMapSync<(ParamId, Axis), Spans, foldhash::quality::RandomState>,
}

/// The values of one parameter along one axis.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spans {
    /// By start, end and row: who knows it.
    all: OrdMap<(Key, Key, u32), AudienceMask>,
    /// No span was ever longer: how far before a point one that reaches it may start.
    longest: u64,
}

impl Values {
    pub(crate) fn new() -> Self {
        let state = foldhash::quality::RandomState::default();
        Self { axes: HashTrieMapSync::new_with_hasher_and_ptr_kind(state) }
    }

    pub(crate) fn add(&mut self, value: &Ordered, row: u32, audiences: AudienceMask) {
        self.change(value, |spans| spans.add(value.span, row, audiences));
    }

    pub(crate) fn remove(&mut self, value: &Ordered, row: u32) {
        self.change(value, |spans| spans.remove(value.span, row));
    }

    fn change(&mut self, value: &Ordered, change: impl FnOnce(&mut Spans)) {
        let axis = (value.parameter, value.axis.clone());
        let mut spans = self.axes.get(&axis).cloned().unwrap_or_default();
        change(&mut spans);
        self.axes.insert_mut(axis, spans);
    }

    /// How many values `any` of the comparisons may have to look at.
    pub(crate) fn len(&self, parameter: ParamId, any: &[Comparison]) -> u64 {
        any.iter().filter_map(|test| self.axis(parameter, &test.axis)).map(|spans| spans.all.len() as u64).sum()
    }

    /// The rows with a value that meets `any` of the comparisons.
    pub(crate) fn rows(&self, parameter: ParamId, any: &[Comparison], eyes: &Eyes) -> Bitmap {
        let mut rows = Vec::new();
        for test in any {
            if let Some(spans) = self.axis(parameter, &test.axis) {
                rows.extend(spans.meeting(test).filter(|(_, mask)| eyes.see(*mask)).map(|(row, _)| row));
            }
        }
        Bitmap::of(&rows)
    }

    fn axis(&self, parameter: ParamId, axis: &Axis) -> Option<&Spans> {
        self.axes.get(&(parameter, axis.clone()))
    }
}

impl Spans {
    pub(crate) fn add(&mut self, span: Span, row: u32, audiences: AudienceMask) {
        self.longest = self.longest.max(span.end.0.saturating_sub(span.start.0));
        self.all.insert((span.start, span.end, row), audiences);
    }

    pub(crate) fn remove(&mut self, span: Span, row: u32) {
        self.all.remove(&(span.start, span.end, row));
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// The rows whose value passes, and who knows it.
    pub(crate) fn meeting(&self, test: &Comparison) -> impl Iterator<Item = (u32, AudienceMask)> {
        let starts = self.starts(test);
        let range = (starts.start, Key::MIN, 0)..=(starts.end, Key::MAX, u32::MAX);
        let meets = |(start, end): (Key, Key)| test.matches(Span { start, end });
        let found = self.all.range(range).filter(move |((start, end, _), _)| meets((*start, *end)));
        found.map(|((_, _, row), mask)| (*row, *mask))
    }

    /// Where values that pass may start, both ends included: a superset.
    fn starts(&self, test: &Comparison) -> Range<Key> {
        let Span { start, end } = test.asked;
        let reaching = |key: Key| Key(key.0.saturating_sub(self.longest));
        match test.prefix {
            Prefix::Eq => start..end,
            Prefix::Ne => Key::MIN..Key::MAX,
            Prefix::Gt => reaching(end)..Key::MAX,
            Prefix::Ge => reaching(start)..Key::MAX,
            Prefix::Lt | Prefix::Eb => Key::MIN..start,
            Prefix::Le => Key::MIN..end,
            Prefix::Sa => end..Key::MAX,
            Prefix::Ap => reaching(start)..end,
        }
    }
}

//! The random sequence of the generator.
//!
//! Not the `rand` crate: its generators may change between versions, and the same seed must
//! give the same territory for years. `SplitMix64` is ten lines and good enough to choose names.

use ror_fhir::Instant;

/// One day, in milliseconds.
pub(super) const DAY_MS: i64 = 86_400_000;

/// A sequence of choices; each structure, offer and person has its own, drawn from the seed and
/// its key, so that adding a structure does not change the others.
#[derive(Clone, Debug)]
pub(super) struct Draw(u64);

impl Draw {
    /// The sequence of `parts` under `seed`.
    pub(super) fn new(seed: u64, parts: &[&str]) -> Self {
        let start = mix(seed ^ 0x5f3c_91a7_0e2d_b864);
        Self(parts.iter().fold(start, |state, part| mix(state ^ hash(part))))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number under `limit`; 0 when `limit` is 0.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.next()) * limit as u128) >> 64) as usize
    }

    /// A number from `low` to `high`, both possible.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as usize) as i64
    }

    /// A number from 0 to 1, 1 excluded.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True `share` of the time.
    pub(super) fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// One of `items`, which is not empty.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// One of `words`, which is not empty.
    pub(super) fn word(&mut self, words: &[&'static str]) -> &'static str {
        words[self.below(words.len())]
    }

    /// How many of something expected `mean` times: its whole part, and one more by chance.
    pub(super) fn about(&mut self, mean: f64) -> usize {
        mean as usize + usize::from(self.chance(mean - mean.floor()))
    }

    /// When a record was last touched: three in ten more than a year ago, one in five this month,
    /// none older than eighteen months or later than `now`. To the second.
    pub(super) fn updated(&mut self, now: Instant) -> Instant {
        let share = self.unit();
        let days = match share {
            _ if share < 0.30 => self.between(366, 546),
            _ if share < 0.50 => self.between(0, 29),
            _ => self.between(30, 364),
        };
        to_second(now - days * DAY_MS - self.between(0, 86_399) * 1000)
    }

    /// A date of creation one to seven years before `updated`.
    pub(super) fn created(&mut self, updated: Instant) -> Instant {
        to_second(updated - self.between(200, 2500) * DAY_MS)
    }
}

fn to_second(instant: Instant) -> Instant {
    instant - instant.rem_euclid(1000)
}

/// 64 bits of a text (FNV-1a): to tell keys apart, not to protect anything.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |state, byte| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Spreads every bit of `state` over all bits (the last step of `SplitMix64`).
pub(super) const fn mix(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// Shares a whole number among receivers met one after the other: what is left of each share is
/// carried over, so that the sum is right without knowing the receivers beforehand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carry(f64);

impl Carry {
    /// Starts with `ahead` of one unit already due, from 0 to 1.
    pub(super) const fn new(ahead: f64) -> Self {
        Self(ahead)
    }

    /// The whole units due once `share` more is.
    pub(super) fn take(&mut self, share: f64) -> usize {
        self.0 += share;
        let whole = (self.0 + 1e-9).floor();
        self.0 -= whole;
        whole as usize
    }
}

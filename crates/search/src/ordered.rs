//! Dates, numbers and quantities: values with an order, and how they are compared
//! (FHIR R4 §3.1.1.4.6, §3.1.1.4.7, §3.1.1.5.3).

use ror_fhir::{DateTime, Instant};

use crate::ParamId;

/// A point of an axis; keys compare as the values do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u64);

/// From one point to another, the second excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First point of it.
    pub start: Key,
    /// First point after it.
    pub end: Key,
}

/// What a value measures: only values of one axis are compared (D13).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Axis {
    /// Moments, in milliseconds.
    Time,
    /// A number, whatever its unit.
    Number,
    /// A quantity in a basic unit: `d`, `kg`, `m`; in its own, where none is known.
    Unit(Box<str>),
}

/// A value of a resource or record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ordered {
    /// The parameter.
    pub parameter: ParamId,
    /// What it measures.
    pub axis: Axis,
    /// The value.
    pub span: Span,
}

/// One test on values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// How.
    pub prefix: Prefix,
    /// Of what.
    pub axis: Axis,
    /// With what: a point or, where the precision written counts, all that it stands for.
    pub asked: Span,
}

/// How a value is compared (FHIR R4 §3.1.1.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// Contained in the value asked for.
    Eq,
    /// Not contained in it.
    Ne,
    /// Partly after.
    Gt,
    /// Partly before.
    Lt,
    /// After, or contained.
    Ge,
    /// Before, or contained.
    Le,
    /// Wholly after.
    Sa,
    /// Wholly before.
    Eb,
    /// About: overlaps what is asked, already widened where that means something.
    Ap,
}

impl Key {
    /// Before everything.
    pub const MIN: Self = Self(0);
    /// After everything.
    pub const MAX: Self = Self(u64::MAX);

    /// The key of a moment.
    pub const fn of_instant(instant: Instant) -> Self {
        Self(instant.cast_unsigned() ^ (1 << 63))
    }

    /// The moment of a key.
    pub const fn instant(self) -> Instant {
        (self.0 ^ (1 << 63)).cast_signed()
    }

    /// The key of a number that is not NaN; both zeros are one.
    pub fn of_number(number: f64) -> Self {
        let bits = (number + 0.0).to_bits();
        Self(if bits >> 63 == 0 { bits | 1 << 63 } else { !bits })
    }

    const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl Span {
    /// One number alone.
    pub fn of_number(number: f64) -> Self {
        let start = Key::of_number(number);
        Self { start, end: start.next() }
    }

    /// The numbers from `low` up to `high`, this one excluded.
    pub fn between(low: f64, high: f64) -> Self {
        Self { start: Key::of_number(low), end: Key::of_number(high) }
    }

    /// The numbers from `low` up to `high`, this one included.
    pub fn closed(low: f64, high: f64) -> Self {
        Self { start: Key::of_number(low), end: Key::of_number(high).next() }
    }

    /// All that a date stands for.
    pub const fn of_date(date: DateTime) -> Self {
        Self { start: Key::of_instant(date.start), end: Key::of_instant(date.end) }
    }
}

impl Comparison {
    /// Whether `value`, of the same axis, passes.
    pub fn matches(&self, value: Span) -> bool {
        let asked = self.asked;
        let contained = asked.start <= value.start && value.end <= asked.end;
        match self.prefix {
            Prefix::Eq => contained,
            Prefix::Ne => !contained,
            Prefix::Gt => value.end > asked.end,
            Prefix::Lt => value.start < asked.start,
            Prefix::Ge => contained || value.end > asked.end,
            Prefix::Le => contained || value.start < asked.start,
            Prefix::Sa => value.start >= asked.end,
            Prefix::Eb => value.end <= asked.start,
            Prefix::Ap => value.start < asked.end && asked.start < value.end,
        }
    }
}

impl Prefix {
    /// Splits `ge2026-01-15` into prefix and value; no prefix is `eq`. `None` for two
    /// letters that are no prefix.
    pub fn split(text: &str) -> Option<(Self, &str)> {
        if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Some((Self::Eq, text));
        }
        let (prefix, value) = text.split_at_checked(2)?;
        Some((Self::parse(prefix)?, value))
    }

    /// Reads `ge`.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "eq" => Self::Eq,
            "ne" => Self::Ne,
            "gt" => Self::Gt,
            "lt" => Self::Lt,
            "ge" => Self::Ge,
            "le" => Self::Le,
            "sa" => Self::Sa,
            "eb" => Self::Eb,
            "ap" => Self::Ap,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_compare_as_numbers_and_moments_do(a in any::<f64>(), b in any::<f64>(), s in any::<i64>(), t in any::<i64>()) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            prop_assert_eq!(Key::of_number(a).cmp(&Key::of_number(b)), (a + 0.0).partial_cmp(&(b + 0.0)).expect("numbers"));
            prop_assert_eq!(Key::of_instant(s).cmp(&Key::of_instant(t)), s.cmp(&t));
            prop_assert_eq!(Key::of_instant(s).instant(), s);
        }
    }

    #[test]
    fn a_number_is_compared_as_itself_and_equals_within_the_precision_written() {
        let test =
            |prefix, asked, value| Comparison { prefix, axis: Axis::Number, asked }.matches(Span::of_number(value));
        let point = Span::of_number(70.0);
        for (prefix, below, at, above) in [
            (Prefix::Gt, false, false, true),
            (Prefix::Ge, false, true, true),
            (Prefix::Lt, true, false, false),
            (Prefix::Le, true, true, false),
            (Prefix::Sa, false, false, true),
            (Prefix::Eb, true, false, false),
        ] {
            let found = (test(prefix, point, 69.99), test(prefix, point, 70.0), test(prefix, point, 70.01));
            assert_eq!(found, (below, at, above), "{prefix:?}");
        }
        let written = Span::between(69.5, 70.5);
        assert!(test(Prefix::Eq, written, 69.5) && test(Prefix::Eq, written, 70.4) && !test(Prefix::Eq, written, 70.5));
        assert!(test(Prefix::Ne, written, 70.5) && !test(Prefix::Ne, written, 70.0));
    }
}

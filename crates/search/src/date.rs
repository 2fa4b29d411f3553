//! Date parameters: intervals and prefixes (FHIR R4 §3.1.1.4.7, D14).

use ror_fhir::{DateTime, Instant, Precision};

use crate::Column;

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
    /// About: within a tenth of the distance to now is not known here, so it overlaps.
    Ap,
}

impl Prefix {
    /// Splits `ge2026-01-15` into prefix and value; no prefix is `eq`. `None` for two
    /// letters that are no prefix.
    pub fn split(text: &str) -> Option<(Self, &str)> {
        if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Some((Self::Eq, text));
        }
        let (prefix, value) = text.split_at_checked(2)?;
        let prefix = match prefix {
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
        };
        Some((prefix, value))
    }
}

/// One date test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateCriterion {
    /// How.
    pub prefix: Prefix,
    /// With what.
    pub value: DateTime,
}

impl DateCriterion {
    /// Reads `ge2026-01-15T08:00`.
    ///
    /// # Errors
    /// A French sentence saying what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (prefix, value) = Prefix::split(text).ok_or("préfixe attendu : eq, ne, gt, lt, ge, le, sa, eb ou ap")?;
        // A `+` of an offset arrives as a space when it was not percent-encoded.
        let value = DateTime::parse(&value.replacen(' ', "+", 1))
            .map_err(|_| "date attendue : AAAA, AAAA-MM, AAAA-MM-JJ ou AAAA-MM-JJThh:mm[:ss][±hh:mm]")?;
        Ok(Self { prefix, value })
    }

    /// Whether the interval of a resource passes.
    pub fn matches(&self, target: DateTime) -> bool {
        let asked = self.value;
        let contained = asked.start <= target.start && target.end <= asked.end;
        match self.prefix {
            Prefix::Eq => contained,
            Prefix::Ne => !contained,
            Prefix::Gt => target.end > asked.end,
            Prefix::Lt => target.start < asked.start,
            Prefix::Ge => contained || target.end > asked.end,
            Prefix::Le => contained || target.start < asked.start,
            Prefix::Sa => target.start >= asked.end,
            Prefix::Eb => target.end <= asked.start,
            Prefix::Ap => target.start < asked.end && asked.start < target.end,
        }
    }
}

/// An instant as a sort key: texts of equal length, in the order of time.
pub(crate) fn key(instant: Instant) -> String {
    format!("{:016x}", instant.cast_unsigned() ^ (1 << 63))
}

impl Column {
    /// The period that it holds, for a date parameter.
    pub fn period(&self) -> Option<DateTime> {
        let read = |key: &str| Some((u64::from_str_radix(key, 16).ok()? ^ (1 << 63)).cast_signed());
        Some(DateTime { start: read(&self.min)?, end: read(&self.max)?, precision: Precision::Millisecond })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_follow_the_interval_rules() {
        let day = DateTime::parse("2026-01-15").expect("valid");
        let noon = DateTime::at(DateTime::parse("2026-01-15T12:00").expect("valid").start);
        let next = DateTime::at(day.end);
        let cases = [
            ("2026-01-15", noon, true),
            ("eq2026-01-15", next, false),
            ("ne2026-01-15", next, true),
            ("gt2026-01-15", noon, false),
            ("gt2026-01-15", next, true),
            ("ge2026-01-15", noon, true),
            ("lt2026-01-15", noon, false),
            ("le2026-01-15", noon, true),
            ("sa2026-01-15", next, true),
            ("eb2026-01-16", noon, true),
            ("eb2026-01-15", noon, false),
            ("ap2026-01", noon, true),
        ];
        for (text, target, expected) in cases {
            assert_eq!(DateCriterion::parse(text).expect("valid").matches(target), expected, "{text}");
        }
    }

    #[test]
    fn ill_formed_dates_and_prefixes_are_refused() {
        for text in ["", "xx2026", "ge", "hier", "2026-13", "é2026"] {
            assert!(DateCriterion::parse(text).is_err(), "{text}");
        }
    }
}

//! Date parameters: intervals and prefixes (FHIR R4 §3.1.1.4.7, D14).

use ror_fhir::{DateTime, Instant};

use crate::{Axis, Comparison, Prefix, Span};

impl Comparison {
    /// Reads `ge2026-01-15T08:00`.
    ///
    /// # Errors
    /// A French sentence saying what was expected.
    pub fn parse_date(text: &str) -> Result<Self, String> {
        let (prefix, value) = Prefix::split(text).ok_or("préfixe attendu : eq, ne, gt, lt, ge, le, sa, eb ou ap")?;
        // A `+` of an offset arrives as a space when it was not percent-encoded.
        let value = DateTime::parse(&value.replacen(' ', "+", 1))
            .map_err(|_| "date attendue : AAAA, AAAA-MM, AAAA-MM-JJ ou AAAA-MM-JJThh:mm[:ss][±hh:mm]")?;
        Ok(Self { prefix, axis: Axis::Time, asked: Span::of_date(value) })
    }
}

/// An instant as a sort key: texts of equal length, in the order of time.
pub(crate) fn key(instant: Instant) -> String {
    format!("{:016x}", crate::Key::of_instant(instant).0)
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
            assert_eq!(Comparison::parse_date(text).expect("valid").matches(Span::of_date(target)), expected, "{text}");
        }
    }

    #[test]
    fn ill_formed_dates_and_prefixes_are_refused() {
        for text in ["", "xx2026", "ge", "hier", "2026-13", "é2026"] {
            assert!(Comparison::parse_date(text).is_err(), "{text}");
        }
    }
}

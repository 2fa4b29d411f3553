//! Date parameters: intervals and prefixes (FHIR R4 §3.1.1.4.7, D14).

use ror_fhir::{DateTime, Node};

use super::ask::{Asked, How, Leaf, compared, unescape};
use crate::query::{Filter, QueryError};
use crate::{Axis, Comparison, Extracted, Key, Ordered, ParamId, Parameter, Prefix, Span, Test};

/// What a question may write.
const EXPECTED: &str = "date attendue : AAAA, AAAA-MM, AAAA-MM-JJ ou AAAA-MM-JJThh:mm[:ss][±hh:mm]";

/// A date, or a period that may be open at an end.
pub(crate) fn extract(parameter: ParamId, node: &Node, out: &mut Extracted) {
    if let Some(span) = span(node) {
        out.values.push(Ordered { parameter, axis: Axis::Time, span });
    }
}

fn span(node: &Node) -> Option<Span> {
    if let Some(text) = node.as_str() {
        return DateTime::parse(text).ok().map(Span::of_date);
    }
    let bound = |key| node.get(key).map(|bound| DateTime::parse(bound.as_str()?).ok());
    // A bound that cannot be read says nothing of where the period ends.
    let (start, end) = match (bound("start"), bound("end")) {
        (None, None) | (Some(None), _) | (_, Some(None)) => return None,
        (start, end) => (start.flatten(), end.flatten()),
    };
    let start = start.map_or(Key::MIN, |date| Key::of_instant(date.start));
    let end = end.map_or(Key::MAX, |date| Key::of_instant(date.end));
    (start < end).then_some(Span { start, end })
}

/// `ge2026-01-15T08:00`.
pub(crate) fn ask(parameter: &Parameter, how: How<'_>, asked: &Asked<'_>) -> Result<Leaf, QueryError> {
    let any = compared(parameter, how, asked, |prefix, text| Comparison::of_date(prefix, &unescape(text)))?;
    Ok(Leaf::new(Filter::Test(match &*parameter.name {
        "_lastUpdated" => Test::LastUpdated { any },
        _ => Test::Ordered { parameter: parameter.id, any },
    })))
}

/// A date as requests write it: the `+` of an offset arrives as a space when it was not
/// percent-encoded.
pub(crate) fn moment(text: &str) -> Result<DateTime, String> {
    DateTime::parse(&text.trim().replacen(' ', "+", 1)).map_err(|_| EXPECTED.to_owned())
}

impl Comparison {
    /// Reads `ge2026-01-15T08:00`.
    ///
    /// # Errors
    /// A French sentence saying what was expected.
    pub fn parse_date(text: &str) -> Result<Self, String> {
        let (prefix, value) = Prefix::split(text).ok_or("préfixe attendu : eq, ne, gt, lt, ge, le, sa, eb ou ap")?;
        Self::of_date(prefix, value)
    }

    fn of_date(prefix: Prefix, text: &str) -> Result<Self, String> {
        Ok(Self { prefix, axis: Axis::Time, asked: Span::of_date(moment(text)?) })
    }
}

#[cfg(test)]
mod tests {
    use ror_fhir::node;

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

    #[test]
    fn a_period_may_be_open_at_an_end() {
        let meets = |node: &Node, text: &str| {
            let test = Comparison::parse_date(text).expect("valid");
            span(node).is_some_and(|span| test.matches(span))
        };
        let closing = node!({"start": "2026-03-01"});
        assert!(meets(&closing, "ge2026-03-01") && meets(&closing, "gt2030") && meets(&closing, "sa2026-02"));
        assert!(!meets(&closing, "lt2026-03-01") && !meets(&closing, "2026"));
        let both = node!({"start": "2026-03-01", "end": "2026-03-31"});
        assert!(meets(&both, "2026-03") && meets(&both, "ap2026-03-15") && !meets(&both, "eb2026-03-31"));
        for nothing in [node!({}), node!({"start": "hier"}), node!({"start": "2026", "end": "2025"}), node!(3)] {
            assert_eq!(span(&nothing), None, "{nothing:?}");
        }
    }
}

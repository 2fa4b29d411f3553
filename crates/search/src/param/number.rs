//! Number parameters (FHIR R4 §3.1.1.4.5).

use ror_fhir::{Decimal, Node};

use super::ask::{Asked, How, Leaf, compared};
use crate::query::{Filter, QueryError};
use crate::{Axis, Comparison, Extracted, Ordered, ParamId, Parameter, Prefix, Span, Test};

/// A number: that of an integer or a decimal.
pub(crate) fn extract(parameter: ParamId, node: &Node, out: &mut Extracted) {
    if let Some(number) = node.as_number().and_then(|text| Decimal::parse(text).ok()) {
        out.values.push(Ordered { parameter, axis: Axis::Number, span: Span::of_number(number.to_f64()) });
    }
}

/// `gt0`, `le70.5`, `1e2`.
pub(crate) fn ask(parameter: &Parameter, how: How<'_>, asked: &Asked<'_>) -> Result<Leaf, QueryError> {
    let any = compared(parameter, how, asked, |prefix, text| {
        let written = Written::parse(text)?;
        Ok(Comparison { prefix, axis: Axis::Number, asked: written.span(prefix, None) })
    })?;
    Ok(Leaf::new(Filter::Test(Test::Ordered { parameter: parameter.id, any })))
}

/// A number as written in a question.
pub(crate) struct Written {
    value: Decimal,
    /// From the value to each end of what its writing stands for.
    half: Decimal,
}

/// What a question may write.
const EXPECTED: &str = "nombre attendu, avec un point décimal";

impl Written {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let value = Decimal::parse(text.trim()).map_err(|_| EXPECTED)?;
        Ok(Self { value, half: half(text.trim()).ok_or(EXPECTED)? })
    }

    /// What is compared, in a unit that is worth `factor` basic ones: `eq` and `ne` with all that
    /// the writing stands for, `ap` with a tenth more and less, the others with the number as such.
    pub(crate) fn span(&self, prefix: Prefix, factor: Option<Decimal>) -> Span {
        let by = |number: Decimal| match factor {
            Some(factor) => number.times(factor).map_or_else(|| number.to_f64() * factor.to_f64(), Decimal::to_f64),
            None => number.to_f64(),
        };
        let ends = |distance: Decimal| {
            let minus = Decimal::parse("-1").ok().and_then(|minus| distance.times(minus));
            let low = minus.and_then(|minus| self.value.plus(minus)).map(by);
            low.zip(self.value.plus(distance).map(by))
        };
        let tenth = || Decimal::parse("0.1").ok().and_then(|tenth| self.value.times(tenth));
        let found = match prefix {
            Prefix::Eq | Prefix::Ne => ends(self.half).map(|(low, high)| Span::between(low, high)),
            Prefix::Ap => tenth().and_then(ends).map(|(a, b)| Span::closed(a.min(b), a.max(b))),
            _ => None,
        };
        found.unwrap_or_else(|| Span::of_number(by(self.value)))
    }
}

/// Half of the last digit written: 70 is [69.5, 70.5), 70.0 is [69.95, 70.05). With an exponent,
/// half of the digit after it: FHIR's own example is 1e2, "the range [95 … 105)".
fn half(text: &str) -> Option<Decimal> {
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        None => (text, 0),
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()? - 1),
    };
    let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len() as i32);
    let last = exponent - decimals;
    let zeros = |count: i32| "0".repeat(count.unsigned_abs() as usize);
    let text = if last > 0 { format!("5{}", zeros(last - 1)) } else { format!("0.{}5", zeros(last)) };
    Decimal::parse(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meets(text: &str, prefix: Prefix, value: f64) -> bool {
        let asked = Written::parse(text).expect("a number").span(prefix, None);
        Comparison { prefix, axis: Axis::Number, asked }.matches(Span::of_number(value))
    }

    #[test]
    fn equality_is_within_the_precision_written() {
        for (text, low, high) in [
            ("70", 69.5, 70.5),
            ("70.0", 69.95, 70.05),
            ("-3", -3.5, -2.5),
            ("0", -0.5, 0.5),
            ("1e2", 95.0, 105.0),
            ("1.0e2", 99.5, 100.5),
            ("1e1", 9.5, 10.5),
            ("5.40e-3", 0.005_399_5, 0.005_400_5),
        ] {
            let inside = f64::midpoint(low, high);
            assert!(meets(text, Prefix::Eq, low) && meets(text, Prefix::Eq, inside), "{text}");
            assert!(!meets(text, Prefix::Eq, high) && meets(text, Prefix::Ne, high), "{text}");
        }
    }

    #[test]
    fn about_is_a_tenth_more_or_less_and_order_is_that_of_the_number() {
        for (value, expected) in [(62.9, false), (63.0, true), (77.0, true), (77.1, false)] {
            assert_eq!(meets("70", Prefix::Ap, value), expected, "{value}");
        }
        assert!(meets("-10", Prefix::Ap, -11.0) && meets("-10", Prefix::Ap, -9.0) && !meets("-10", Prefix::Ap, -8.9));
        assert!(meets("70", Prefix::Gt, 70.1) && !meets("70", Prefix::Gt, 70.0) && meets("70", Prefix::Le, 70.0));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "abc", "1,5", "+1", "NaN", "1e", "1e400", "e5", "--1", "1e99999999999"] {
            assert!(Written::parse(text).is_err(), "{text}");
        }
    }
}

//! Decimals compared by value, with the precision that was written.

/// A FHIR decimal: its value and how many decimals were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(rust_decimal::Decimal);

/// A text that is no FHIR decimal, or has more than 28 significant digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal of at most 28 digits")]
pub struct DecimalError;

impl Decimal {
    /// Reads a decimal as FHIR R4 §2.24.0.1 writes it: `1.00`, `-3`, `1e3`.
    ///
    /// # Errors
    /// [`DecimalError`] for anything else, such as `1,5`.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if !digits.starts_with(|c: char| c.is_ascii_digit()) || text.contains('_') {
            return Err(DecimalError);
        }
        let value = if text.contains(['e', 'E']) {
            rust_decimal::Decimal::from_scientific(text)
        } else {
            rust_decimal::Decimal::from_str_exact(text)
        };
        value.map(Self).map_err(|_| DecimalError)
    }

    /// The interval of values that this writing stands for: `1.00` is [0.995, 1.005)
    /// (FHIR R4 §3.1.1.5.4).
    pub fn implied_interval(self) -> (Self, Self) {
        let half = rust_decimal::Decimal::new(5, self.0.scale() + 1);
        (Self(self.0 - half), Self(self.0 + half))
    }

    /// The product, exact; `None` when it has more digits than a decimal holds.
    #[must_use]
    pub fn times(self, factor: Self) -> Option<Self> {
        self.0.checked_mul(factor.0).map(Self)
    }

    /// The sum, exact; `None` when it has more digits than a decimal holds.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The nearest float.
    pub fn to_f64(self) -> f64 {
        // Through the text: exact to the nearest float, and no feature of the library is needed.
        self.0.to_string().parse().unwrap_or(f64::NAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_with_other_precision_compare_equal_but_imply_other_intervals() {
        let one = Decimal::parse("1").expect("valid");
        let one_00 = Decimal::parse("1.00").expect("valid");
        assert_eq!(one, one_00);
        assert_ne!(one.implied_interval(), one_00.implied_interval());
        assert_eq!(one_00.implied_interval().0, Decimal::parse("0.995").expect("valid"));
    }

    #[test]
    fn other_writings_are_refused() {
        for text in ["", "1,5", "abc", "+1", ".5", "1_000", "NaN", "1e400"] {
            assert!(Decimal::parse(text).is_err(), "{text}");
        }
    }
}

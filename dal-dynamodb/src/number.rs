//! DynamoDB's numbers: decimal, compared by value, kept without leading and trailing zeros.

/// A number as the places of its significant digits, so that `1.50`, `1.5` and `15e-1` are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Decimal {
    negative: bool,
    /// From the first to the last digit that is not zero; empty for zero.
    digits: String,
    /// The power of ten of the first digit.
    first: i64,
}

impl Decimal {
    /// Reads a number as DynamoDB writes and accepts it: sign, digits, point, exponent. The texts of
    /// numbers that DynamoDB holds have no other form.
    pub(crate) fn read(number: &str) -> Self {
        let (mantissa, exponent) = number
            .split_once(['e', 'E'])
            .map_or((number, 0), |(mantissa, exponent)| {
                (mantissa, exponent.parse::<i64>().unwrap_or(0))
            });
        let unsigned = mantissa.trim_start_matches(['-', '+']);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all = [whole, fraction].concat();
        let leading = all.len() - all.trim_start_matches('0').len();
        let digits = all.trim_matches('0').to_owned();
        let place = |index: usize| i64::try_from(index).unwrap_or(i64::MAX);
        let first = place(whole.len())
            .saturating_add(exponent)
            .saturating_sub(place(leading))
            .saturating_sub(1);
        if digits.is_empty() {
            return Self {
                negative: false,
                digits,
                first: 0,
            };
        }
        Self {
            negative: mantissa.starts_with('-'),
            digits,
            first,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_by_value() {
        for (one, other) in [
            ("1.50", "1.5"),
            ("1e3", "1000"),
            ("-0", "0"),
            ("0.00", "0"),
            ("+7", "7"),
            ("0015E-1", "1.5"),
            ("100", "1E2"),
        ] {
            assert_eq!(Decimal::read(one), Decimal::read(other), "{one} {other}");
        }
        for (one, other) in [("1", "-1"), ("1", "10"), ("1.5", "1.51"), ("0", "1")] {
            assert_ne!(Decimal::read(one), Decimal::read(other), "{one} {other}");
        }
    }
}

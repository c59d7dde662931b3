//! Decimal numbers written as text, in one form for each value.

use super::Tree;

/// The name of a number that neither an integer nor an `f64` holds exactly.
pub(crate) const NUMBER: &str = "Number";

/// Longer integers fit in no `u128`.
const MOST_DIGITS: i64 = 39;

/// Longer numbers are written with an exponent.
const LONGEST_PLAIN: i64 = 64;

/// `digits` times ten to the power of `exponent`; no zero at either end of the digits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Reads `-12.50`, `1e-7` and the like.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, power) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, power.parse::<i64>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = || whole.bytes().chain(fraction.bytes());
        if all().next().is_none() || !all().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        let significant = digits.trim_end_matches('0');
        if significant.is_empty() {
            return Some(Self {
                negative: false,
                digits: "0".to_owned(),
                exponent: 0,
            });
        }
        let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
        let exponent = power
            .checked_sub(i64::try_from(fraction.len()).ok()?)?
            .checked_add(zeros)?;
        Some(Self {
            negative,
            digits: significant.to_owned(),
            exponent,
        })
    }

    /// An integer where the value is one that fits, else the number as a text.
    pub(crate) fn into_tree(self) -> Tree {
        self.integer().unwrap_or_else(|| Tree::Newtype {
            name: NUMBER,
            value: Box::new(Tree::Str(self.text())),
        })
    }

    fn integer(&self) -> Option<Tree> {
        let length = self.length()?;
        if self.exponent < 0 || length > MOST_DIGITS {
            return None;
        }
        let text = self.text();
        let negative = text.parse().map(Tree::Int);
        negative.or_else(|_| text.parse().map(Tree::uint)).ok()
    }

    /// The digits of the integer that this is, were it one.
    fn length(&self) -> Option<i64> {
        i64::try_from(self.digits.len())
            .ok()?
            .checked_add(self.exponent)
    }

    fn text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let digits = &self.digits;
        let plain = self.length().unwrap_or(i64::MAX);
        if self.exponent >= 0 && plain <= LONGEST_PLAIN {
            let zeros = usize::try_from(self.exponent).unwrap_or_default();
            return format!("{sign}{digits}{}", "0".repeat(zeros));
        }
        if self.exponent < 0 && self.exponent >= -LONGEST_PLAIN {
            let behind = usize::try_from(self.exponent.unsigned_abs()).unwrap_or_default();
            let padded = format!("{digits:0>width$}", width = behind + 1);
            let (whole, fraction) = padded
                .split_at_checked(padded.len() - behind)
                .unwrap_or((&padded, ""));
            return format!("{sign}{whole}.{fraction}");
        }
        format!("{sign}{digits}e{}", self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(number: &str) -> String {
        match Decimal::parse(number).unwrap().into_tree() {
            Tree::Newtype { value, .. } => value.as_str().unwrap().to_owned(),
            integer => integer.to_string(),
        }
    }

    #[test]
    fn each_value_has_one_form() {
        for (written, form) in [
            ("12.50", "12.5"),
            ("012.5000", "12.5"),
            ("1.25e1", "12.5"),
            ("0.05", "0.05"),
            ("1.0", "1"),
            ("-0.0", "0"),
            ("1e3", "1000"),
            (
                "340282366920938463463374607431768211455",
                "340282366920938463463374607431768211455",
            ),
            ("1e400", "1e400"),
            ("1e-400", "1e-400"),
            (
                "0.12345678901234567890123456789",
                "0.12345678901234567890123456789",
            ),
        ] {
            assert_eq!(text(written), form, "{written}");
        }
    }

    #[test]
    fn what_is_no_number_stays_a_text() {
        for written in ["", ".", "-", "1.2.3", "1e", "abc", "0x10", "NaN", "1 "] {
            assert_eq!(Decimal::parse(written), None, "{written}");
        }
    }
}

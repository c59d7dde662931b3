//! How large an item is.

use bigdecimal::{BigDecimal, Signed, Zero};

use super::{ItemValue, encode};
use crate::{Record, Result};

/// The bytes of the record's item, as DynamoDB counts them ("DynamoDB item sizes and formats").
///
/// # Errors
/// As [`encode`](super::encode()).
pub fn size(record: &Record) -> Result<usize> {
    let attributes = &record.entity().attributes;
    let items = encode(record)?;
    let sizes = items.iter().map(|(place, value)| {
        let name = attributes.get(*place).map_or(0, |found| found.name.len());
        name + of(value)
    });
    Ok(sizes.sum())
}

fn of(value: &ItemValue) -> usize {
    match value {
        ItemValue::S(text) => text.len(),
        ItemValue::N(digits) => number_size(digits),
        ItemValue::B(bytes) => bytes.len(),
        ItemValue::Bool(_) | ItemValue::Null => 1,
        ItemValue::Ss(texts) => texts.iter().map(String::len).sum(),
        // Three bytes for the list or map, one for each of its members.
        ItemValue::L(items) => 3 + items.iter().map(|item| 1 + of(item)).sum::<usize>(),
        ItemValue::M(members) => {
            let sizes = members.iter().map(|(name, item)| 1 + name.len() + of(item));
            3 + sizes.sum::<usize>()
        }
    }
}

/// The bytes of a number: one, one for a minus sign, and one for each pair of significant digits. Pairs
/// are counted from the decimal point, so that a number of 38 digits may need 20. The guide calls the
/// size of a number approximate: this is the upper end.
pub fn number_size(digits: &str) -> usize {
    let Ok(number) = digits.parse::<BigDecimal>() else {
        return digits.len();
    };
    if number.is_zero() {
        return 1;
    }
    let last = -number.normalized().fractional_digit_count();
    let first = number.order_of_magnitude();
    let pairs = first.div_euclid(2) - last.div_euclid(2) + 1;
    1 + usize::from(number.is_negative()) + usize::try_from(pairs).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_that_dynamodb_counts() {
        let text = |text: &str| ItemValue::S(text.to_owned());
        let number = |digits: &str| ItemValue::N(digits.to_owned());
        for (value, size) in [
            (text("a\u{e4}\u{1f600}"), 7),
            (number("0"), 1),
            (number("7"), 2),
            (number("-7"), 3),
            (number("123"), 3),
            (number("1200"), 2),
            (number("0.05"), 2),
            (number("-12.345"), 5),
            (number("1e30"), 2),
            (number("10"), 2),
            (number("101"), 3),
            (number("1.5"), 3),
            (number("99999999999999999999999999999999999999"), 20),
            (number("9999999999999999999999999999999999999.9"), 21),
            (ItemValue::B(vec![0; 5]), 5),
            (ItemValue::Bool(true), 1),
            (ItemValue::Null, 1),
            (ItemValue::Ss(vec!["ab".to_owned(), "c".to_owned()]), 3),
            (ItemValue::L(vec![]), 3),
            (ItemValue::L(vec![ItemValue::Null, text("ab")]), 8),
            (ItemValue::M(vec![("key".to_owned(), text("ab"))]), 9),
        ] {
            assert_eq!(of(&value), size, "{value:?}");
        }
    }
}

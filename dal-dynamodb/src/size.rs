//! The size of an item and of a key by DynamoDB's own rules.
//!
//! Sources: Developer Guide, "DynamoDB item sizes and formats" (the rules) and "Constraints in Amazon
//! DynamoDB" (the limits). The guide calls the size of a number approximate; what is computed here is
//! the upper end.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::Item;

/// The largest item, attribute names included, in bytes ("Constraints", "Item size").
pub const MAX_ITEM_BYTES: usize = 400 * 1024;
/// The largest value of a partition key, in bytes ("Constraints", "Partition key length").
pub const MAX_PARTITION_KEY_BYTES: usize = 2048;
/// The largest value of a sort key, in bytes ("Constraints", "Sort key length").
pub const MAX_SORT_KEY_BYTES: usize = 1024;
/// The most actions in one transaction ("Constraints", "DynamoDB transactions").
pub const MAX_TRANSACTION_ACTIONS: usize = 100;
/// The most bytes of items in one transaction ("Constraints", "DynamoDB transactions").
pub const MAX_TRANSACTION_BYTES: usize = 4 * 1024 * 1024;

/// What a list or map takes besides its content, and what each of its elements takes, in bytes.
const CONTAINER: usize = 3;
const ELEMENT: usize = 1;

/// The size of an item in bytes: the names and the values of its attributes.
pub fn item_size(item: &Item) -> usize {
    item.iter().fold(0, |sum, (name, value)| {
        sum.saturating_add(name.len())
            .saturating_add(value_size(value))
    })
}

/// The size of one value in bytes, without its name.
pub fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number_size(number),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Ss(set) => set.iter().map(String::len).sum(),
        AttributeValue::Ns(set) => set.iter().map(|number| number_size(number)).sum(),
        AttributeValue::Bs(set) => set.iter().map(|bytes| bytes.as_ref().len()).sum(),
        AttributeValue::L(list) => {
            CONTAINER + list.iter().map(|v| ELEMENT + value_size(v)).sum::<usize>()
        }
        AttributeValue::M(map) => {
            CONTAINER
                + map
                    .iter()
                    .map(|(name, v)| ELEMENT + name.len() + value_size(v))
                    .sum::<usize>()
        }
        // NULL and BOOL, and what a later SDK may add.
        _ => 1,
    }
}

/// One byte, one for a minus sign, and one for each pair of significant digits. Pairs are counted
/// from the decimal point, so that a number of 38 digits may need 20 pairs.
fn number_size(number: &str) -> usize {
    let (mantissa, exponent) = number
        .split_once(['e', 'E'])
        .map_or((number, 0), |(mantissa, exponent)| {
            (mantissa, exponent.parse::<i64>().unwrap_or(0))
        });
    let negative = usize::from(mantissa.starts_with('-'));
    let unsigned = mantissa.trim_start_matches(['-', '+']);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits: String = [whole, fraction].concat();
    let Some(first) = digits.find(|digit| digit != '0') else {
        return 1;
    };
    let last = digits.rfind(|digit| digit != '0').unwrap_or(first);
    // Places left of the decimal point; a place of the last digit at or right of it is negative.
    let point = i64::try_from(whole.len())
        .unwrap_or(i64::MAX)
        .saturating_add(exponent);
    let place = |index: usize| point.saturating_sub(i64::try_from(index).unwrap_or(i64::MAX)) - 1;
    let pairs = place(first).div_euclid(2) - place(last).div_euclid(2) + 1;
    1 + negative + usize::try_from(pairs).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::primitives::Blob;

    fn n(number: &str) -> usize {
        value_size(&AttributeValue::N(number.to_owned()))
    }

    #[test]
    fn texts_count_in_utf_8_and_names_count_too() {
        let item = Item::from([("naïve".to_owned(), AttributeValue::S("ß🙂".to_owned()))]);
        assert_eq!(item_size(&item), 6 + 2 + 4);
    }

    #[test]
    fn numbers_count_their_significant_digits_in_pairs() {
        assert_eq!([n("0"), n("-0"), n("000")], [1, 1, 1]);
        assert_eq!(
            [n("1"), n("10"), n("99"), n("100"), n("101")],
            [2, 2, 2, 2, 3]
        );
        assert_eq!([n("-1"), n("1e20"), n("1.5"), n("0.05")], [3, 2, 3, 2]);
        assert_eq!(n("99999999999999999999999999999999999999"), 20);
        assert_eq!(n("9999999999999999999999999999999999999.9"), 21);
    }

    #[test]
    fn containers_cost_three_bytes_and_one_for_each_element() {
        let list = AttributeValue::L(vec![AttributeValue::Bool(true), AttributeValue::Null(true)]);
        assert_eq!(value_size(&list), 3 + 2 + 2);
        let map = AttributeValue::M(Item::from([("ab".to_owned(), list)]));
        assert_eq!(value_size(&map), 3 + 1 + 2 + 7);
        let set = AttributeValue::Bs(vec![Blob::new(vec![0; 5])]);
        assert_eq!(value_size(&set), 5);
    }
}

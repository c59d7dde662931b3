//! The size of an item and of a key by DynamoDB's own rules.
//!
//! Sources: Developer Guide, "DynamoDB item sizes and formats" (the rules) and "Constraints in Amazon
//! DynamoDB" (the limits). The size of a number is that of `dal_traits::item`.

use aws_sdk_dynamodb::types::AttributeValue;
use dal_traits::item::number_size;

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

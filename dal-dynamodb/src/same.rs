//! Whether two items are the same to DynamoDB, which gives numbers and sets back in its own form.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::Item;
use crate::number::Decimal;

/// Whether two items are equal: numbers by value, sets without order.
pub(crate) fn same_item(one: &Item, other: &Item) -> bool {
    one.len() == other.len()
        && one.iter().all(|(name, value)| {
            other
                .get(name)
                .is_some_and(|other| same_value(value, other))
        })
}

fn same_value(one: &AttributeValue, other: &AttributeValue) -> bool {
    match (one, other) {
        (AttributeValue::N(one), AttributeValue::N(other)) => {
            Decimal::read(one) == Decimal::read(other)
        }
        (AttributeValue::Ns(one), AttributeValue::Ns(other)) => {
            let set = |numbers: &[String]| -> HashSet<Decimal> {
                numbers.iter().map(|number| Decimal::read(number)).collect()
            };
            set(one) == set(other)
        }
        (AttributeValue::Ss(one), AttributeValue::Ss(other)) => {
            one.iter().collect::<HashSet<_>>() == other.iter().collect()
        }
        (AttributeValue::Bs(one), AttributeValue::Bs(other)) => {
            let set = |blobs: &'_ [aws_sdk_dynamodb::primitives::Blob]| -> HashSet<Vec<u8>> {
                blobs.iter().map(|blob| blob.as_ref().to_vec()).collect()
            };
            set(one) == set(other)
        }
        (AttributeValue::L(one), AttributeValue::L(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| same_value(one, other))
        }
        (AttributeValue::M(one), AttributeValue::M(other)) => same_item(one, other),
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::primitives::Blob;

    fn n(number: &str) -> AttributeValue {
        AttributeValue::N(number.to_owned())
    }

    fn ss(texts: &[&str]) -> AttributeValue {
        AttributeValue::Ss(texts.iter().map(|&text| text.to_owned()).collect())
    }

    #[test]
    fn numbers_by_value_and_sets_without_order_at_any_depth() {
        let ns = |numbers: [&str; 2]| AttributeValue::Ns(numbers.map(str::to_owned).to_vec());
        let bs =
            |blobs: [u8; 2]| AttributeValue::Bs(blobs.map(|byte| Blob::new(vec![byte])).to_vec());
        let map = |value| AttributeValue::M(Item::from([("deep".to_owned(), value)]));
        for (one, other) in [
            (n("1.50"), n("1.5")),
            (n("1e3"), n("1000")),
            (ss(&["b", "a"]), ss(&["a", "b"])),
            (ns(["2.0", "1"]), ns(["1", "2"])),
            (bs([2, 1]), bs([1, 2])),
            (
                AttributeValue::L(vec![map(n("1.0"))]),
                AttributeValue::L(vec![map(n("1"))]),
            ),
        ] {
            assert!(same_value(&one, &other), "{one:?} {other:?}");
        }
        for (one, other) in [
            (n("1"), AttributeValue::S("1".to_owned())),
            (ss(&["a"]), ss(&["a", "b"])),
            (map(n("1")), map(n("2"))),
        ] {
            assert!(!same_value(&one, &other), "{one:?} {other:?}");
        }
    }
}

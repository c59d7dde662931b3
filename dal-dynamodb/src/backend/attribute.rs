//! Values of items, with and without the SDK.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use dal_traits::item::ItemValue;
use dal_traits::{Error, ErrorKind, Result};

/// The SDK's form of a value.
pub(super) fn write(value: ItemValue) -> Result<AttributeValue> {
    Ok(match value {
        ItemValue::S(text) => AttributeValue::S(text),
        ItemValue::N(number) => AttributeValue::N(number),
        ItemValue::B(bytes) => AttributeValue::B(Blob::new(bytes)),
        ItemValue::Bool(value) => AttributeValue::Bool(value),
        ItemValue::Null => AttributeValue::Null(true),
        ItemValue::Ss(texts) => AttributeValue::Ss(texts),
        ItemValue::L(list) => {
            AttributeValue::L(list.into_iter().map(write).collect::<Result<_>>()?)
        }
        ItemValue::M(members) => {
            let members = members
                .into_iter()
                .map(|(name, value)| Ok((name, write(value)?)));
            AttributeValue::M(members.collect::<Result<_>>()?)
        }
        _ => {
            let message = "this version of the backend cannot write a value of that type";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
    })
}

/// The value without the SDK; none for a type that no field has (NS, BS).
pub(super) fn read(value: &AttributeValue) -> Option<ItemValue> {
    Some(match value {
        AttributeValue::S(text) => ItemValue::S(text.clone()),
        AttributeValue::N(number) => ItemValue::N(number.clone()),
        AttributeValue::B(bytes) => ItemValue::B(bytes.as_ref().to_vec()),
        AttributeValue::Bool(value) => ItemValue::Bool(*value),
        AttributeValue::Null(_) => ItemValue::Null,
        AttributeValue::Ss(texts) => ItemValue::Ss(texts.clone()),
        AttributeValue::L(list) => ItemValue::L(list.iter().map(read).collect::<Option<_>>()?),
        AttributeValue::M(members) => {
            let member =
                |(name, value): (&String, &AttributeValue)| Some((name.clone(), read(value)?));
            ItemValue::M(members.iter().map(member).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_survives_both_ways() {
        let all = ItemValue::M(vec![(
            "list".to_owned(),
            ItemValue::L(vec![
                ItemValue::S("a".to_owned()),
                ItemValue::N("1.5".to_owned()),
                ItemValue::B(vec![0, 255]),
                ItemValue::Bool(true),
                ItemValue::Null,
                ItemValue::Ss(vec!["x".to_owned(), "y".to_owned()]),
            ]),
        )]);
        assert_eq!(read(&write(all.clone()).unwrap()), Some(all));
        let numbers = AttributeValue::L(vec![AttributeValue::Ns(vec!["1".to_owned()])]);
        assert_eq!(read(&numbers), None);
    }
}

use proptest::prelude::*;

use super::*;
use crate::value::any;

/// The types of attributes that a column can have.
fn attribute_types(column_type: &ColumnType) -> Vec<AttributeType> {
    use AttributeType::{B, Bool, L, M, N, S, Ss};
    match column_type {
        ColumnType::Bool => vec![Bool, N, S],
        ColumnType::Decimal { precision, .. } if *precision > 38 => vec![S],
        ColumnType::Integer { .. }
        | ColumnType::Bit(_)
        | ColumnType::Decimal { .. }
        | ColumnType::Float
        | ColumnType::Double
        | ColumnType::Year
        | ColumnType::Timestamp(0) => vec![N, S],
        ColumnType::Set(_) => vec![Ss, S],
        ColumnType::Binary(_) | ColumnType::Varbinary(_) | ColumnType::Blob(_) => vec![B],
        ColumnType::Json => vec![M, L, S],
        _ => vec![S],
    }
}

/// What is legal in MySQL and in no item.
fn is_refused(error: &Error) -> bool {
    error.kind() == ErrorKind::InvalidValue
}

prop_compose! {
    fn column()(column_type in any::column_type(), nullable in any::<bool>())(
        attribute_type in prop::sample::select(attribute_types(&column_type)),
        value in if nullable {
            prop_oneof![1 => Just(Value::Null), 4 => any::value_of(&column_type)].boxed()
        } else {
            any::value_of(&column_type)
        },
        column_type in Just(column_type),
        nullable in Just(nullable),
    ) -> (ColumnType, bool, AttributeType, Value) {
        (column_type, nullable, attribute_type, value)
    }
}

fn is_part(column_type: &ColumnType) -> bool {
    column_type.is_exact_number()
        || column_type.is_date()
        || column_type.is_text()
        || matches!(column_type, ColumnType::Enum(_) | ColumnType::Time(_))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn a_record_is_read_back_from_its_item(columns in prop::collection::vec(column(), 1..6)) {
        let mut maker = Maker::new().field("int", 0).attribute(AttributeType::N, Expr::Column(0));
        let mut values = vec![Value::Int(1)];
        for (place, (column_type, nullable, attribute_type, value)) in columns.into_iter().enumerate() {
            maker.push(column_type, nullable, place + 1);
            maker = maker.attribute(attribute_type, Expr::Column(place + 1));
            values.push(value);
        }
        let record = maker.record(values);
        match back(&record) {
            Ok(found) => prop_assert_eq!(found, record),
            Err(error) => prop_assert!(is_refused(&error), "{}", error),
        }
    }

    #[test]
    fn a_record_is_read_back_from_an_object(
        columns in prop::collection::vec(column(), 1..6),
        is_text in any::<bool>(),
    ) {
        let mut maker = Maker::new().field("int", 0).attribute(AttributeType::N, Expr::Column(0));
        let mut values = vec![Value::Int(1)];
        let mut members = Vec::new();
        for (place, (column_type, nullable, _, value)) in columns.into_iter().enumerate() {
            maker.push(column_type, nullable, 1);
            members.push((format!("m{place}"), place + 1));
            values.push(value);
        }
        let attribute_type = if is_text { AttributeType::S } else { AttributeType::M };
        let record = maker.attribute(attribute_type, Expr::Object(members)).record(values);
        match back(&record) {
            Ok(found) => prop_assert_eq!(found, record),
            Err(error) => prop_assert!(
                is_refused(&error) || (is_text && error.kind() == ErrorKind::Unsupported),
                "{}",
                error
            ),
        }
    }

    #[test]
    fn a_key_is_read_back_or_refused(
        columns in prop::collection::vec(
            column().prop_filter("a part of a text", |(column_type, ..)| is_part(column_type)),
            2..4,
        ),
        separator in prop::sample::select(vec!["#", "##", "_#", "|"]),
    ) {
        let mut maker = Maker::new();
        let mut values = Vec::new();
        let mut parts = Vec::new();
        for (place, (column_type, _, _, value)) in columns.into_iter().enumerate() {
            maker.push(column_type, false, 0);
            parts.push(text(separator));
            parts.push(Expr::Column(place));
            values.push(value);
        }
        let record = maker.attribute(AttributeType::S, template(&parts)).record(values);
        match back(&record) {
            Ok(found) => {
                let key = key(&record, 0).unwrap().unwrap();
                prop_assert!(is_key(record.entity(), 0, &key), "{:?}", key);
                prop_assert_eq!(found, record);
            }
            Err(error) => prop_assert!(is_refused(&error), "{}", error),
        }
    }

    #[test]
    fn any_item_is_read_or_an_error(
        (column_type, nullable, attribute_type, _) in column(),
        digits in "[-0-9.e]{0,12}",
        other in any::json(),
    ) {
        let maker = || {
            let mut maker = Maker::new();
            maker.push(column_type.clone(), nullable, 0);
            maker.attribute(attribute_type, Expr::Column(0))
        };
        for item in [
            s(&digits),
            n(&digits),
            s(&other.to_string()),
            ItemValue::B(digits.clone().into_bytes()),
            ItemValue::Ss(vec![digits.clone()]),
            ItemValue::L(vec![s(&digits), n(&digits)]),
            ItemValue::M(vec![(digits.clone(), n(&digits))]),
        ] {
            if let Err(error) = decoded(maker(), &[item]) {
                prop_assert_eq!(error.kind(), ErrorKind::Decode);
            }
        }
    }
}

//! Types of columns and their values, for property tests.

use bigdecimal::BigDecimal;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::subsequence;
use time::{Date, Duration, PrimitiveDateTime, Time};

use super::fit::integer_range;
use super::{Value, fit};
use crate::catalog::ColumnType;

/// Every type that dal stores.
pub(crate) fn column_type() -> impl Strategy<Value = ColumnType> {
    let labels = || vec("[a-zA-Zé ]{0,3}", 1..4).prop_map(distinct);
    prop_oneof![
        Just(ColumnType::Bool),
        (prop::sample::select(vec![8, 16, 24, 32, 64]), any::<bool>())
            .prop_map(|(bits, unsigned)| ColumnType::Integer { bits, unsigned }),
        (1..=64_u8).prop_map(ColumnType::Bit),
        (1..=65_u8, 0..=30_u8, any::<bool>()).prop_map(|(precision, scale, unsigned)| {
            ColumnType::Decimal {
                precision,
                scale: scale.min(precision),
                unsigned,
            }
        }),
        Just(ColumnType::Float),
        Just(ColumnType::Double),
        (0..9_u32).prop_map(ColumnType::Char),
        (0..9_u32).prop_map(ColumnType::Varchar),
        Just(ColumnType::Text(255)),
        labels().prop_map(ColumnType::Enum),
        labels().prop_map(ColumnType::Set),
        Just(ColumnType::Date),
        (0..=6_u8).prop_map(ColumnType::DateTime),
        (0..=6_u8).prop_map(ColumnType::Timestamp),
        (0..=6_u8).prop_map(ColumnType::Time),
        Just(ColumnType::Year),
        (0..9_u32).prop_map(ColumnType::Binary),
        (0..9_u32).prop_map(ColumnType::Varbinary),
        Just(ColumnType::Blob(255)),
        Just(ColumnType::Json),
    ]
}

fn distinct(labels: Vec<String>) -> Vec<String> {
    let mut held: Vec<String> = Vec::new();
    for label in labels {
        // A SET that holds only the empty label has the text of an empty set.
        if !label.is_empty() && !held.contains(&label) {
            held.push(label);
        }
    }
    if held.is_empty() {
        held.push("x".to_owned());
    }
    held
}

/// Every value that a column of this type can hold, NULL aside.
pub(crate) fn value_of(column_type: &ColumnType) -> BoxedStrategy<Value> {
    let fitted = column_type.clone();
    unfitted(column_type)
        .prop_filter_map("not a value of the column", move |value| {
            fit(value, &fitted).ok()
        })
        .boxed()
}

/// Values that a program may give for a column of this type; not each one fits.
pub(crate) fn unfitted(column_type: &ColumnType) -> BoxedStrategy<Value> {
    let text = |most: u32| {
        let most = usize::try_from(most).unwrap();
        vec(prop_oneof![any::<char>(), Just(' '), Just('#')], 0..=most)
            .prop_map(|chars| Value::Text(chars.into_iter().collect()))
    };
    let bytes = |most: usize| vec(any::<u8>(), 0..=most).prop_map(Value::Bytes);
    match column_type {
        ColumnType::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        ColumnType::Integer { bits, unsigned } => {
            let (least, greatest) = integer_range(*bits, *unsigned);
            prop_oneof![
                (least..=greatest),
                Just(least),
                Just(greatest),
                Just(0),
                Just(1)
            ]
            .prop_map(Value::Int)
            .boxed()
        }
        ColumnType::Bit(bits) => (0..=integer_range(*bits, true).1)
            .prop_map(Value::Int)
            .boxed(),
        ColumnType::Year => prop_oneof![Just(0), 1901..=2155_i128]
            .prop_map(Value::Int)
            .boxed(),
        ColumnType::Decimal { precision, .. } => {
            let digits = vec(0..10_u8, 1..=usize::from(*precision));
            (any::<bool>(), digits, 0..35_i64)
                .prop_map(|(negative, digits, scale)| {
                    let sign = if negative { "-" } else { "" };
                    let digits: String = digits.iter().map(u8::to_string).collect();
                    let digits = format!("{sign}{digits}").parse().unwrap();
                    Value::Decimal(BigDecimal::new(digits, scale))
                })
                .boxed()
        }
        ColumnType::Float | ColumnType::Double => {
            prop_oneof![any::<f64>(), -1e6..1e6_f64, Just(0.1), Just(-0.0)]
                .prop_map(Value::Float)
                .boxed()
        }
        ColumnType::Char(most) | ColumnType::Varchar(most) => text(*most).boxed(),
        ColumnType::Text(_) => text(60).boxed(),
        ColumnType::Enum(labels) => prop::sample::select(labels.clone())
            .prop_map(Value::Text)
            .boxed(),
        ColumnType::Set(labels) => subsequence(labels.clone(), 0..=labels.len())
            .prop_map(Value::Set)
            .boxed(),
        ColumnType::Date => date().prop_map(Value::Date).boxed(),
        ColumnType::DateTime(_) => moment(253_402_300_799).prop_map(Value::DateTime).boxed(),
        ColumnType::Timestamp(_) => moment(2_147_483_647).prop_map(Value::Timestamp).boxed(),
        ColumnType::Time(_) => (-3_020_399_000_000..=3_020_399_000_000_i64)
            .prop_map(Value::Time)
            .boxed(),
        ColumnType::Binary(most) | ColumnType::Varbinary(most) => {
            bytes(usize::try_from(*most).unwrap()).boxed()
        }
        ColumnType::Blob(_) => bytes(40).boxed(),
        ColumnType::Json => json().prop_map(Value::Json).boxed(),
        ColumnType::Other(_) => Just(Value::Null).boxed(),
    }
}

fn date() -> impl Strategy<Value = Date> {
    // 0000-01-01 to 9999-12-31.
    (1_721_060..=5_373_484_i32).prop_map(|day| Date::from_julian_day(day).unwrap())
}

fn moment(last: i64) -> impl Strategy<Value = PrimitiveDateTime> {
    (1..=last, 0..1_000_000_000_i64).prop_map(|(second, nanos)| {
        let epoch = Date::from_ordinal_date(1970, 1).unwrap().midnight();
        let at = epoch.checked_add(Duration::seconds(second));
        let at = at.and_then(|at| at.checked_add(Duration::nanoseconds(nanos)));
        at.unwrap_or_else(|| epoch.date().with_time(Time::MIDNIGHT))
    })
}

/// JSON of few levels, without empty names.
pub(crate) fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        (-1e6..1e6_f64).prop_map(Into::into),
        any::<f64>()
            .prop_filter("held by DynamoDB", |f| (1e-120..1e120).contains(&f.abs()))
            .prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(serde_json::Value::Array),
            btree_map("[^\u{0}]{1,3}", inner, 0..4)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Every value that a cursor may hold.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    let one = column_type()
        .prop_flat_map(|column_type| value_of(&column_type))
        .boxed();
    prop_oneof![
        1 => Just(Value::Null),
        20 => one.clone(),
        1 => vec(vec(one, 0..3), 0..3).prop_map(Value::Rows),
    ]
}

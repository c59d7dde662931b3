//! Values that hurt: few for each type, so that sequences meet the same ones again.

use dal_traits::catalog::ColumnType;
use dal_traits::model::{Field, Member, ValueType};
use dal_traits::value::Value;
use serde_json::json;
use time::macros::{date, datetime};

use super::choices::Choices;

fn texts(all: &[&str]) -> Vec<Value> {
    let text = |text: &&str| Value::Text((*text).to_owned());
    all.iter().map(text).collect()
}

fn ints(all: &[i128]) -> Vec<Value> {
    all.iter().map(|number| Value::Int(*number)).collect()
}

fn decimals(all: &[&str]) -> Vec<Value> {
    let decimal = |number: &&str| Value::Decimal(number.parse().unwrap());
    all.iter().map(decimal).collect()
}

/// The values of a type, the plain ones first; some that the type refuses are last.
fn all(column_type: &ColumnType) -> Vec<Value> {
    match column_type {
        ColumnType::Bool => vec![Value::Bool(false), Value::Bool(true), Value::Int(2)],
        ColumnType::Integer { bits, unsigned } => {
            let (least, greatest) = if *unsigned {
                (0, (1_i128 << bits) - 1)
            } else {
                (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1)
            };
            ints(&[
                1,
                2,
                9,
                10,
                100,
                0,
                greatest,
                least,
                greatest + 1,
                least - 1,
            ])
        }
        ColumnType::Bit(_) => ints(&[1, 2, 10, 0, 4095, 4096]),
        ColumnType::Decimal { precision, .. } if *precision > 38 => {
            decimals(&["1", "-1.5", "99999999999999999999999999999999999", "1e-30"])
        }
        ColumnType::Decimal { .. } => decimals(&[
            "1",
            "9.50",
            "10",
            "-0.01",
            "0.005",
            "99999999.99",
            "100000000",
        ]),
        ColumnType::Float | ColumnType::Double => {
            [1.0, 0.5, -0.0, 0.1, 1e30, -1e-30, f64::INFINITY]
                .map(Value::Float)
                .to_vec()
        }
        ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text(_) => texts(&[
            "a",
            "b",
            "A",
            "á",
            "a ",
            "ab",
            "x#y",
            "\u{1f600}",
            "e\u{301}",
            "é",
            "",
            "\u{0}",
        ]),
        ColumnType::Enum(labels) => {
            let mut all: Vec<Value> = labels.iter().map(|l| Value::Text(l.clone())).collect();
            all.push(Value::Text("none".to_owned()));
            all
        }
        ColumnType::Set(labels) => vec![
            Value::Set(labels.iter().take(1).cloned().collect()),
            Value::Set(labels.iter().rev().take(2).cloned().collect()),
            Value::Set(vec!["none".to_owned()]),
        ],
        ColumnType::Date => [date!(2024 - 02 - 29), date!(2025 - 01 - 01)]
            .map(Value::Date)
            .to_vec(),
        ColumnType::DateTime(_) => [
            datetime!(2025-01-02 03:04:05),
            datetime!(2025-01-02 03:04:05.1234567),
            datetime!(2025-12-31 23:59:59.9999999),
        ]
        .map(Value::DateTime)
        .to_vec(),
        ColumnType::Timestamp(_) => [
            datetime!(2025-01-02 03:04:05),
            datetime!(2025-01-02 03:04:05.123456),
            datetime!(1970-01-01 00:00:01),
            datetime!(2038-01-19 03:14:07),
            datetime!(2038-01-19 03:14:09),
        ]
        .map(Value::Timestamp)
        .to_vec(),
        ColumnType::Time(_) => [0, 1_500_000, -3_020_399_000_000, 3_020_400_000_000]
            .map(Value::Time)
            .to_vec(),
        ColumnType::Year => ints(&[2025, 1901, 2155, 1900]),
        ColumnType::Binary(_) | ColumnType::Varbinary(_) | ColumnType::Blob(_) => vec![
            Value::Bytes(vec![1]),
            Value::Bytes(vec![0, 255]),
            Value::Bytes(Vec::new()),
            Value::Bytes(vec![7; 17]),
        ],
        ColumnType::Json => vec![
            Value::Json(json!({"a": 1})),
            Value::Json(json!({"b": [1, -2.5, null, true, {"c": "é"}]})),
            Value::Json(json!({"n": 1.0, "m": 1e30})),
        ],
        _ => vec![Value::Null],
    }
}

/// A value for a field, now and then NULL.
pub fn value(field: &Field, choices: &mut Choices<'_>) -> Value {
    match &field.value_type {
        ValueType::Column(column_type) => one(column_type, field.nullable, 6, choices),
        ValueType::Rows(_) if choices.once_in(24) => Value::Null,
        ValueType::Rows(members) => rows(members, choices),
        ValueType::Composed => Value::Null,
    }
}

/// An array: one number stands for all of its elements, which have more members than an operation
/// has numbers. Zero is an array without elements.
fn rows(members: &[Member], choices: &mut Choices<'_>) -> Value {
    let mut state = u64::try_from(choices.below(1 << 16)).unwrap();
    let mut next = || {
        // Knuth's multiplier of MMIX; zero stays zero.
        state = state.wrapping_mul(6_364_136_223_846_793_005);
        u16::try_from(state >> 48).unwrap()
    };
    let count = next() % 4;
    let is_wide = members.len() > 12;
    let row = |_| {
        let numbers: Vec<u16> = (0..4 * members.len()).map(|_| next()).collect();
        let mut choices = Choices::new(&numbers);
        let member = |member: &Member| {
            if is_wide && member.nullable && !choices.once_in(3) {
                return Value::Null;
            }
            one(&member.column_type, member.nullable, 40, &mut choices)
        };
        members.iter().map(member).collect()
    };
    Value::Rows((0..count).map(row).collect())
}

/// A value of a column, once in so many times one that hurts.
fn one(column_type: &ColumnType, nullable: bool, times: usize, choices: &mut Choices<'_>) -> Value {
    if choices.once_in(if nullable { 4 } else { 24 }) {
        return Value::Null;
    }
    let all = all(column_type);
    // Mostly one of few, so that sequences meet the same ones again.
    if choices.once_in(times) {
        return choices.one_of(&all);
    }
    choices.one_of(all.get(..5).unwrap_or(&all[..1]))
}

/// A value that a query looks for: mostly one that many records have.
pub fn wanted(field: &Field, choices: &mut Choices<'_>) -> Value {
    let ValueType::Column(column_type) = &field.value_type else {
        return Value::Null;
    };
    let all = all(column_type);
    if choices.once_in(6) {
        return choices.one_of(&all);
    }
    choices.one_of(all.get(..2).unwrap_or(&all))
}

/// A number to add to a field.
pub fn delta(field: &Field, choices: &mut Choices<'_>) -> Value {
    match &field.value_type {
        ValueType::Column(ColumnType::Decimal { .. }) => {
            choices.one_of(&decimals(&["1", "-0.5", "0.005", "99999999"]))
        }
        _ => choices.one_of(&ints(&[1, -1, 10, -10, 0, 255])),
    }
}

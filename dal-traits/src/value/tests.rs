use bigdecimal::BigDecimal;
use proptest::prelude::*;
use serde_json::json;
use time::macros::{date, datetime};
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

use super::*;
use crate::catalog::ColumnType;

fn column(text: &str) -> ColumnType {
    text.parse().unwrap()
}

fn decimal(text: &str) -> Value {
    Value::Decimal(text.parse().unwrap())
}

fn set(labels: &[&str]) -> Value {
    Value::Set(labels.iter().map(|label| (*label).to_owned()).collect())
}

#[test]
fn each_type_has_its_canonical_text() {
    let moment = datetime!(2025-01-02 03:04:05.120);
    let cases: Vec<(&str, Value, &str)> = vec![
        ("tinyint(1)", true.into(), "1"),
        ("bigint unsigned", u64::MAX.into(), "18446744073709551615"),
        ("bigint", i64::MIN.into(), "-9223372036854775808"),
        ("bit(3)", 5_u8.into(), "5"),
        ("year", 2025_u16.into(), "2025"),
        ("year", 0_u16.into(), "0000"),
        ("decimal(10,2)", decimal("12.5"), "12.50"),
        ("decimal(10,0)", decimal("12"), "12"),
        (
            "decimal(65,30)",
            decimal("-0.1"),
            "-0.100000000000000000000000000000",
        ),
        ("float", 0.1_f32.into(), "0.1"),
        ("double", 0.1.into(), "0.1"),
        ("double", 1e100.into(), "1e100"),
        ("double", (-1.5e-9).into(), "-1.5e-9"),
        ("varchar(9)", "a b ".into(), "a b "),
        ("enum('b','a')", "a".into(), "a"),
        ("set('c','a','b')", set(&["c", "b"]), "c,b"),
        ("set('c')", set(&[]), ""),
        ("date", date!(0987 - 01 - 02).into(), "0987-01-02"),
        (
            "datetime",
            datetime!(2025-01-02 03:04:05).into(),
            "2025-01-02 03:04:05",
        ),
        ("datetime(6)", moment.into(), "2025-01-02 03:04:05.120000"),
        ("datetime(2)", moment.into(), "2025-01-02 03:04:05.12"),
        (
            "timestamp(3)",
            Value::Timestamp(moment),
            "2025-01-02 03:04:05.120",
        ),
        ("time", Duration::hours(-838).into(), "-838:00:00"),
        (
            "time(1)",
            Duration::milliseconds(-500).into(),
            "-00:00:00.5",
        ),
        ("time(6)", Value::Time(3_723_000_004), "01:02:03.000004"),
        (
            "json",
            json!({"b": [1, 1.5, null], "a": {"y": "é\"", "x": true}}).into(),
            r#"{"a":{"x":true,"y":"é\""},"b":[1,1.5,null]}"#,
        ),
    ];
    for (column_type, value, expected) in cases {
        let column_type = column(column_type);
        assert_eq!(
            text(&value, &column_type).as_deref(),
            Some(expected),
            "{column_type}"
        );
        assert_eq!(
            read_text(expected, &column_type),
            Some(value),
            "{column_type}"
        );
    }
    for value in [Value::Null, Value::Bytes(vec![1]), Value::Rows(Vec::new())] {
        assert_eq!(text(&value, &column("blob")), None);
    }
}

#[test]
fn texts_that_other_loaders_wrote_are_read() {
    let cases: Vec<(&str, &str, Value)> = vec![
        ("tinyint(1)", "true", true.into()),
        ("tinyint(1)", "1.000", true.into()),
        ("tinyint", "-007", Value::Int(-7)),
        ("int", "2.0000000000", Value::Int(2)),
        ("int", "1e3", Value::Int(1000)),
        ("year", "1999.0", Value::Int(1999)),
        ("decimal(10,2)", "012.5", decimal("12.50")),
        ("decimal(10,2)", "12.5000", decimal("12.50")),
        ("double", "1E2", 100.0.into()),
        ("float", "0.10000000149011612", 0.1_f32.into()),
        ("char(3)", "a  ", "a".into()),
        ("set('a','b')", "b,a", set(&["a", "b"])),
        ("date", "2025-01-02T00:00:00Z", date!(2025 - 01 - 02).into()),
        (
            "datetime",
            "2025-01-02T03:04:05Z",
            datetime!(2025-01-02 03:04:05).into(),
        ),
        (
            "datetime(6)",
            "2025-01-02 03:04",
            datetime!(2025-01-02 03:04).into(),
        ),
        (
            "datetime(3)",
            "2025-01-02",
            datetime!(2025-01-02 0:00).into(),
        ),
        (
            "timestamp(3)",
            "2025-01-02T03:04:05.120000000000+00:00",
            Value::Timestamp(datetime!(2025-01-02 03:04:05.12)),
        ),
        ("time(6)", "01:02:03", Value::Time(3_723_000_000)),
        ("json", " {\"a\": 1, \"a\": 2}", json!({"a": 2}).into()),
    ];
    for (column_type, text, expected) in cases {
        let found = read_text(text, &column(column_type));
        assert_eq!(found, Some(expected), "{column_type} {text}");
    }
}

#[test]
fn a_text_that_is_not_of_the_type_is_not_read() {
    for (column_type, text) in [
        ("tinyint(1)", "2"),
        ("tinyint(1)", ""),
        ("tinyint", "128"),
        ("int", "1.5"),
        ("int", "1e999999999"),
        ("int", "--1"),
        ("int", "1_000"),
        ("bit(2)", "4"),
        ("decimal(4,2)", "1.005"),
        ("decimal(4,2)", "100"),
        ("decimal(4,2)", "1e999999999999"),
        ("decimal(4,2)", " 1"),
        ("decimal(4,2) unsigned", "-1"),
        ("double", "NaN"),
        ("double", "inf"),
        ("double", "1e126"),
        ("varchar(2)", "abc"),
        ("varchar(2)", "ab "),
        ("enum('a')", "A"),
        ("set('a')", "a,b"),
        ("date", "0000-00-00"),
        ("date", "2025-02-29"),
        ("date", "2025-01-02 00:00:01"),
        ("date", "25-01-02"),
        ("datetime", "2025-01-02 03:04:05.5"),
        ("datetime", "2025-01-02 24:00:00"),
        ("datetime", "2025-01-02 03:04:05+01:00"),
        ("datetime", "2025-01-02 03:04:05.x"),
        ("datetime", "2025-01-02 03:04.5"),
        ("timestamp", "1970-01-01 00:00:00"),
        ("time", "839:00:00"),
        ("time", "1:00:00"),
        ("time", "00:60:00"),
        ("time(3)", "00:00:00.0005"),
        ("year", "1900"),
        ("json", "{"),
        ("blob", "a"),
        ("geometry", "a"),
    ] {
        assert_eq!(
            read_text(text, &column(column_type)),
            None,
            "{column_type} {text}"
        );
    }
}

#[test]
fn what_strict_mysql_rounds_or_cuts_is_rounded_or_cut() {
    let bytes = |bytes: &[u8]| Value::from(bytes);
    let cases: Vec<(&str, Value, Value)> = vec![
        ("tinyint(1)", Value::Int(1), true.into()),
        ("tinyint", true.into(), Value::Int(1)),
        ("bigint unsigned", u64::MAX.into(), u64::MAX.into()),
        ("bigint", i64::MIN.into(), i64::MIN.into()),
        ("int", decimal("7.00"), Value::Int(7)),
        ("decimal(4,2)", Value::Int(7), decimal("7")),
        ("decimal(4,2)", decimal("1.005"), decimal("1.01")),
        ("decimal(4,2)", decimal("-1.005"), decimal("-1.01")),
        ("decimal(4,2)", decimal("1.0049"), decimal("1")),
        ("decimal(4,2)", decimal("99.994"), decimal("99.99")),
        ("decimal(4,2)", decimal("1e-999999999"), decimal("0")),
        ("decimal(4,2) unsigned", decimal("-0.004"), decimal("0")),
        ("double", Value::Int(3), 3.0.into()),
        ("double", decimal("0.1"), 0.1.into()),
        ("double", (-0.0).into(), 0.0.into()),
        ("float", 0.1.into(), 0.1_f32.into()),
        ("float", 1e-60.into(), 0.0.into()),
        ("char(3)", "a b  ".into(), "a b".into()),
        ("char(3)", "a\t".into(), "a\t".into()),
        ("varchar(3)", "éäö".into(), "éäö".into()),
        ("varchar(3)", "ab    ".into(), "ab ".into()),
        ("tinytext", "a ".into(), "a ".into()),
        ("binary(3)", bytes(&[1]), bytes(&[1, 0, 0])),
        ("varbinary(3)", bytes(&[1]), bytes(&[1])),
        ("set('c','a')", set(&["a", "c", "a"]), set(&["c", "a"])),
        (
            "datetime",
            datetime!(2025-01-02 03:04:59.5).into(),
            datetime!(2025-01-02 03:05).into(),
        ),
        (
            "datetime(3)",
            datetime!(2025-01-02 03:04:05.000_499_999).into(),
            datetime!(2025-01-02 03:04:05).into(),
        ),
        (
            "datetime(6)",
            datetime!(2025-12-31 23:59:59.999_999_5).into(),
            datetime!(2026-01-01 0:00).into(),
        ),
        (
            "timestamp(6)",
            Value::Timestamp(datetime!(2038-01-19 03:14:07.999_999)),
            Value::Timestamp(datetime!(2038-01-19 03:14:07.999_999)),
        ),
        (
            "timestamp",
            Value::Timestamp(datetime!(1970-01-01 00:00:00.5)),
            Value::Timestamp(datetime!(1970-01-01 00:00:01)),
        ),
        ("time", Value::Time(-500_000), Value::Time(-1_000_000)),
        ("time", Value::Time(499_999), Value::Time(0)),
        ("time(1)", Value::Time(-149_999), Value::Time(-100_000)),
        ("json", Value::Null, Value::Null),
    ];
    for (column_type, given, expected) in cases {
        let column_type = column(column_type);
        assert_eq!(fit(given, &column_type), Ok(expected), "{column_type}");
    }
}

#[test]
fn what_strict_mysql_refuses_is_refused() {
    let cases: Vec<(&str, Value)> = vec![
        ("tinyint(1)", Value::Int(2)),
        ("tinyint(1)", "1".into()),
        ("tinyint", Value::Int(-129)),
        ("tinyint unsigned", Value::Int(256)),
        ("smallint", Value::Int(32768)),
        ("mediumint", Value::Int(8_388_608)),
        ("mediumint unsigned", Value::Int(16_777_216)),
        ("int unsigned", Value::Int(-1)),
        ("int", Value::Int(2_147_483_648)),
        ("bigint", Value::Int(i128::from(i64::MAX) + 1)),
        ("bigint unsigned", Value::Int(i128::from(u64::MAX) + 1)),
        ("int", decimal("7.5")),
        ("int", 7.0.into()),
        ("bit(3)", Value::Int(8)),
        ("year", Value::Int(70)),
        ("year", Value::Int(2156)),
        ("decimal(4,2)", decimal("99.995")),
        ("decimal(4,2)", decimal("-100")),
        ("decimal(4,2)", decimal("1e999999999")),
        ("decimal(4,2)", 1.5.into()),
        ("decimal(4,2) unsigned", decimal("-0.01")),
        ("double", f64::NAN.into()),
        ("double", f64::INFINITY.into()),
        ("double", 1e126.into()),
        ("double", 1e-131.into()),
        ("float", 1e39.into()),
        ("double", "1".into()),
        ("char(3)", "abcd".into()),
        ("varchar(3)", "abcd".into()),
        ("tinytext", "é".repeat(128).into()),
        ("enum('a')", "A".into()),
        ("enum('a')", "".into()),
        ("set('a')", set(&["a", "b"])),
        ("binary(1)", Value::Bytes(vec![0, 0])),
        ("tinyblob", Value::Bytes(vec![0; 256])),
        ("blob", "a".into()),
        ("varchar(3)", Value::Bytes(vec![97])),
        ("date", datetime!(2025-01-02 0:00).into()),
        ("date", date!(-0001 - 01 - 02).into()),
        ("datetime", datetime!(9999-12-31 23:59:59.5).into()),
        ("datetime", OffsetDateTime::UNIX_EPOCH.into()),
        ("timestamp", datetime!(2025-01-02 0:00).into()),
        ("timestamp", OffsetDateTime::UNIX_EPOCH.into()),
        (
            "timestamp",
            Value::Timestamp(datetime!(2038-01-19 03:14:07.5)),
        ),
        ("time", Value::Time(838 * 3_600_000_000 + 3_599_500_000)),
        ("time", Value::Time(i64::MIN)),
        ("json", "1".into()),
        ("geometry", "a".into()),
    ];
    for (column_type, given) in cases {
        let column_type = column(column_type);
        assert!(fit(given, &column_type).is_err(), "{column_type}");
    }
    let deep = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    assert!(fit(deep(100).into(), &ColumnType::Json).is_ok());
    assert!(fit(deep(101).into(), &ColumnType::Json).is_err());
}

#[test]
fn a_refusal_does_not_show_the_value() {
    let secret = "s3cret";
    for (column_type, value) in [
        ("varchar(3)", Value::from(secret)),
        ("enum('a')", secret.into()),
        ("set('a')", set(&[secret])),
        ("date", secret.into()),
    ] {
        let misfit = fit(value, &column(column_type)).unwrap_err();
        assert!(!misfit.to_string().contains(secret), "{misfit}");
    }
}

#[test]
fn json_compares_by_value() {
    let same = [
        (json!(1), json!(1.0)),
        (json!(0), json!(-0.0)),
        (json!({"a": [1, 2]}), json!({"a": [1.0, 2]})),
        (json!(10_000_000_000_000_000_000_u64), json!(1e19)),
    ];
    for (a, b) in same {
        assert_eq!(Value::Json(a), Value::Json(b));
    }
    let other = [
        (json!(1), json!(1.5)),
        (
            json!(9_007_199_254_740_993_u64),
            json!(9_007_199_254_740_992.0),
        ),
        (json!([1]), json!([1, 1])),
        (json!({"a": 1}), json!({"b": 1})),
        (json!({"a": 1}), json!({"a": 1, "b": 1})),
        (json!("1"), json!(1)),
    ];
    for (a, b) in other {
        assert_ne!(Value::Json(a), Value::Json(b));
    }
}

#[test]
fn types_of_a_program_convert_there_and_back() {
    fn there_and_back<T: FromValue + Into<Value> + Clone + PartialEq + std::fmt::Debug>(given: T) {
        assert_eq!(T::from_value(given.clone().into()), Ok(given));
        assert!(T::from_value(Value::Rows(Vec::new())).is_err());
    }
    there_and_back(true);
    there_and_back(i8::MIN);
    there_and_back(u64::MAX);
    there_and_back(i64::MIN);
    there_and_back(0.1_f32);
    there_and_back(0.1_f64);
    there_and_back("a".to_owned());
    there_and_back(vec!["a".to_owned()]);
    there_and_back(vec![1_u8]);
    there_and_back(date!(2025 - 01 - 02));
    there_and_back(datetime!(2025-01-02 03:04:05));
    there_and_back(OffsetDateTime::UNIX_EPOCH);
    there_and_back(Duration::microseconds(-1));
    there_and_back("1.50".parse::<BigDecimal>().unwrap());
    there_and_back(json!({"a": 1}));
    there_and_back(Some(7_u8));
    there_and_back(None::<u8>);
    assert_eq!(u8::from_value(Value::Null), Err(Mismatch { wanted: "u8" }));
    assert_eq!(
        u8::from_value(Value::Int(256)),
        Err(Mismatch { wanted: "u8" })
    );
    assert!(f32::from_value(0.1.into()).is_err());
}

#[test]
fn a_moment_with_a_zone_is_kept_in_utc() {
    let there = OffsetDateTime::parse(
        "2025-01-02T03:04:05+02:00",
        &time::format_description::well_known::Rfc3339,
    );
    let expected = Value::Timestamp(datetime!(2025-01-02 01:04:05));
    assert_eq!(Value::from(there.unwrap()), expected);
    let last = PrimitiveDateTime::MAX.assume_offset(time::macros::offset!(-1));
    assert!(fit(last.into(), &ColumnType::Timestamp(0)).is_err());
}

#[test]
fn a_type_of_a_program_holds_columns_of_its_range() {
    assert!(u64::holds(&column("bigint unsigned")));
    assert!(!i64::holds(&column("bigint unsigned")));
    assert!(i64::holds(&column("int unsigned")));
    assert!(!u32::holds(&column("int")));
    assert!(u8::holds(&column("bit(8)")));
    assert!(!u8::holds(&column("bit(9)")));
    assert!(u16::holds(&column("year")) && !u8::holds(&column("year")));
    assert!(bool::holds(&column("tinyint(1)")) && !bool::holds(&column("tinyint")));
    assert!(f32::holds(&column("float")) && !f32::holds(&column("double")));
    assert!(String::holds(&column("enum('a')")) && !String::holds(&column("json")));
    assert!(<Option<String>>::holds(&column("text")));
    const { assert!(<Option<String> as FromValue>::NULLABLE && !<String as FromValue>::NULLABLE) };
}

#[test]
fn the_kind_of_a_type_suits_the_columns_that_fit_its_values() {
    let samples: Vec<(ValueKind, Vec<Value>)> = vec![
        (ValueKind::Bool, vec![true.into()]),
        (ValueKind::Int, vec![Value::Int(1), Value::Int(2000)]),
        (ValueKind::Decimal, vec![decimal("1"), decimal("2000")]),
        (ValueKind::Float, vec![1.0.into()]),
        (ValueKind::Text, vec!["a".into()]),
        (ValueKind::Set, vec![set(&["a"])]),
        (ValueKind::Bytes, vec![vec![1_u8].into()]),
        (ValueKind::Date, vec![date!(2025 - 01 - 02).into()]),
        (ValueKind::DateTime, vec![datetime!(2025-01-02 0:00).into()]),
        (
            ValueKind::Timestamp,
            vec![Value::Timestamp(datetime!(2025-01-02 0:00))],
        ),
        (ValueKind::Time, vec![Value::Time(1)]),
        (ValueKind::Json, vec![json!(1).into()]),
    ];
    for column_type in [
        "tinyint(1)",
        "int",
        "bit(8)",
        "year",
        "decimal(4,0)",
        "float",
        "double",
        "char(1)",
        "varchar(1)",
        "text",
        "enum('a')",
        "set('a')",
        "date",
        "datetime",
        "timestamp",
        "time(6)",
        "binary(1)",
        "varbinary(1)",
        "blob",
        "json",
        "geometry",
    ] {
        let column_type = column(column_type);
        for (kind, values) in &samples {
            // A BOOLEAN takes 1 alone.
            let fits = values
                .iter()
                .any(|value| fit(value.clone(), &column_type).is_ok());
            assert_eq!(kind.suits(&column_type), fits, "{kind:?} {column_type}");
        }
        assert!(ValueKind::Any.suits(&column_type));
    }
}

fn of_a_column(
    values: fn(&ColumnType) -> BoxedStrategy<Value>,
) -> impl Strategy<Value = (ColumnType, Value)> {
    any::column_type().prop_flat_map(move |column_type| {
        let values = values(&column_type);
        (Just(column_type), values)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn a_text_is_read_as_the_value_it_was_made_of((column_type, value) in of_a_column(any::value_of)) {
        if let Some(written) = text(&value, &column_type) {
            prop_assert_eq!(read_text(&written, &column_type), Some(value));
        }
    }

    #[test]
    fn what_fits_stays_as_it_is((column_type, value) in of_a_column(any::unfitted)) {
        if let Ok(fitted) = fit(value, &column_type) {
            prop_assert_eq!(fit(fitted.clone(), &column_type), Ok(fitted));
        }
    }

    #[test]
    fn any_text_is_read_or_not_but_never_panics(
        column_type in any::column_type(),
        text in prop_oneof![any::<String>(), "[-0-9.eE:TZ +]{0,30}"],
    ) {
        if let Some(value) = read_text(&text, &column_type) {
            prop_assert_eq!(fit(value.clone(), &column_type), Ok(value));
        }
    }
}

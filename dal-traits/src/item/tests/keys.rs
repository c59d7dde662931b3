//! Keys, and texts that are made of several values.

use time::macros::{date, datetime};

use super::*;
use crate::model::DatePart;

#[test]
fn a_key_of_the_table_has_a_value() {
    let key = |column_type: &str, value: Value| {
        Maker::new()
            .field(column_type, 0)
            .attribute(AttributeType::S, Expr::Column(0))
            .record(vec![value])
    };
    refused(&key("varchar(9)", Value::Null), "f0");
    refused(&key("varchar(9)", "".into()), "f0");
    let bytes = Maker::new()
        .field("varbinary(9)", 0)
        .attribute(AttributeType::B, Expr::Column(0));
    refused(&bytes.record(vec![Vec::<u8>::new().into()]), "f0");
    refused(
        &pair("int", "int?").record(vec![Value::Int(1), Value::Null]),
        "f0, f1",
    );
    // The literals leave a text.
    let record = pair("varchar(9)", "varchar(9)").record(vec!["".into(), "".into()]);
    assert_eq!(key_text(&record), "USER##");
    assert_eq!(back(&record).unwrap(), record);
}

fn key_text(record: &Record) -> String {
    match key(record, record.entity().partition_key).unwrap() {
        Some(ItemValue::S(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_of_an_index_may_be_absent() {
    let direct = || plain("varchar(9)?", AttributeType::S).index(1, None);
    let absent = direct().record(vec![Value::Int(1), Value::Null]);
    assert_eq!(key(&absent, 1).unwrap(), None);
    assert_eq!(back(&absent).unwrap(), absent);
    refused(&direct().record(vec![Value::Int(1), "".into()]), "f1");

    // The template carries neither column.
    let composed = || {
        let parts = [Expr::Column(1), text("#"), Expr::Column(2)];
        plain("varchar(9)?", AttributeType::S)
            .field("varchar(9)?", 3)
            .attribute(AttributeType::S, template(&parts))
            .attribute(AttributeType::S, Expr::Column(2))
            .index(2, None)
    };
    let record = |one: Value, other: Value| composed().record(vec![Value::Int(1), one, other]);
    assert_eq!(
        key(&record("a".into(), "b".into()), 2).unwrap(),
        Some(s("a#b"))
    );
    for (one, other) in [
        (Value::Null, Value::from("b")),
        ("a".into(), Value::Null),
        ("".into(), "b".into()),
        ("a".into(), "".into()),
    ] {
        let record = record(one, other);
        assert_eq!(key(&record, 2).unwrap(), None);
        assert_eq!(back(&record).unwrap(), record);
    }
    refused(&record("secret#".into(), "b".into()), "f1");
}

#[test]
fn a_value_that_only_an_absent_key_would_hold_is_refused() {
    let parts = [Expr::Column(1), text("#"), Expr::Column(2)];
    let record = |other: Value| {
        Maker::new()
            .field("int", 0)
            .field("varchar(9)", 1)
            .field("varchar(9)?", 1)
            .attribute(AttributeType::N, Expr::Column(0))
            .attribute(AttributeType::S, template(&parts))
            .index(1, None)
            .record(vec![Value::Int(1), "secret".into(), other])
    };
    refused(&record(Value::Null), "f1");
    refused(&record("".into()), "f1");
    assert_eq!(back(&record("x".into())).unwrap(), record("x".into()));
}

#[test]
fn a_separator_inside_a_part_of_a_key_is_refused() {
    let record = |one: &str, other: &str| {
        pair("varchar(20)", "varchar(20)").record(vec![one.into(), other.into()])
    };
    refused(&record("secret#b", "c"), "f0");
    let last = record("a", "b#c");
    assert_eq!(key_text(&last), "USER#a#b#c");
    assert_eq!(back(&last).unwrap(), last);
    // A text and its separator must not hold an earlier separator together.
    let parts = [Expr::Column(0), text("##"), Expr::Column(1)];
    let twice = |one: &str| {
        Maker::new()
            .field("varchar(9)", 0)
            .field("varchar(9)", 0)
            .attribute(AttributeType::S, template(&parts))
            .record(vec![one.into(), "b".into()])
    };
    refused(&twice("secret#"), "f0");
    assert_eq!(back(&twice("a#c")).unwrap(), twice("a#c"));
    // Elsewhere nothing is read back.
    let free = [Expr::Column(1), text("#"), Expr::Column(1)];
    let record = plain("varchar(9)", AttributeType::S)
        .attribute(AttributeType::S, template(&free))
        .record(vec![Value::Int(1), "a#b".into()]);
    assert_eq!(held(&encode(&record).unwrap(), 2), Some(s("a#b#a#b")));
}

#[test]
fn dates_may_contain_their_separator() {
    let parts = [
        Expr::Column(0),
        text("-"),
        Expr::Column(1),
        text(" "),
        Expr::Column(2),
    ];
    let record = Maker::new()
        .field("date", 0)
        .field("datetime(3)", 0)
        .field("int", 0)
        .attribute(AttributeType::S, template(&parts))
        .record(vec![
            date!(2025 - 01 - 02).into(),
            datetime!(2025-01-02 03:04:05.120).into(),
            Value::Int(-7),
        ]);
    assert_eq!(key_text(&record), "2025-01-02-2025-01-02 03:04:05.120 -7");
    assert_eq!(back(&record).unwrap(), record);
}

#[test]
fn numbers_and_dates_are_written_in_their_formats() {
    let number = |value: &str, format| {
        let value = Value::Decimal(value.parse().unwrap());
        template::number_text(&value, format).unwrap()
    };
    assert_eq!(number("42", NumberFormat::Padded(5)), "00042");
    assert_eq!(number("-42", NumberFormat::Padded(5)), "-0042");
    assert_eq!(number("123456", NumberFormat::Padded(5)), "123456");
    assert_eq!(number("2.5", NumberFormat::Padded(3)), "003");
    assert_eq!(number("2.345", NumberFormat::Fixed(2)), "2.35");
    assert_eq!(number("-2.345", NumberFormat::Fixed(2)), "-2.35");
    assert_eq!(number("2", NumberFormat::Fixed(2)), "2.00");
    let pattern = [
        DatePart::Day,
        DatePart::Literal(".".to_owned()),
        DatePart::Month,
        DatePart::Year,
        DatePart::Hour,
        DatePart::Minute,
        DatePart::Second,
        DatePart::Millisecond,
    ];
    let moment = datetime!(2025-01-02 03:04:05.678_9);
    let written = template::date_text(&Value::DateTime(moment), &pattern);
    assert_eq!(written.as_deref(), Some("02.012025030405678"));
    assert_eq!(template::date_text(&Value::Int(1), &pattern), None);
}

#[test]
fn formatted_numbers_are_read_back() {
    let of = |column: usize, format| Expr::NumberFormat {
        of: Box::new(Expr::Column(column)),
        format,
    };
    let parts = [
        text("P#"),
        of(0, NumberFormat::Padded(10)),
        text("#"),
        Expr::Column(1),
    ];
    let record = Maker::new()
        .field("int", 0)
        .field("varchar(9)", 0)
        .field("decimal(10,2)", 1)
        .attribute(AttributeType::S, template(&parts))
        .attribute(AttributeType::N, of(2, NumberFormat::Fixed(2)))
        .record(vec![
            Value::Int(42),
            "x".into(),
            Value::Decimal("1.50".parse().unwrap()),
        ]);
    let item = encode(&record).unwrap();
    assert_eq!(held(&item, 0), Some(s("P#0000000042#x")));
    assert_eq!(held(&item, 1), Some(n("1.50")));
    assert_eq!(back(&record).unwrap(), record);
}

#[test]
fn a_text_that_no_record_has_is_no_key() {
    let day = Expr::DateFormat {
        of: Box::new(Expr::Column(0)),
        pattern: vec![
            DatePart::Year,
            DatePart::Literal("-".to_owned()),
            DatePart::Month,
        ],
    };
    let number = Expr::NumberFormat {
        of: Box::new(Expr::Column(1)),
        format: NumberFormat::Padded(3),
    };
    let sort = [text("D#"), day, text("-"), number, text("#END")];
    let entity = Maker::new()
        .field("date", 1)
        .field("int", 1)
        .field("int", 0)
        .field("varchar(3)", 2)
        .attribute(AttributeType::S, template(&[text("U#"), Expr::Column(2)]))
        .attribute(AttributeType::S, template(&sort))
        .attribute(AttributeType::S, Expr::Column(3))
        .entity;
    for (place, item, is_one) in [
        (0, s("U#1"), true),
        (0, s("U#-12"), true),
        (0, s("U#"), false),
        (0, s("U#x"), false),
        (0, s("U#1#2"), false),
        (0, s("V#1"), false),
        (0, n("1"), false),
        (1, s("D#2025-01-007#END"), true),
        (1, s("D#2025-1-007#END"), false),
        (1, s("D#2025-01-x#END"), false),
        (1, s("D#2025-01-#END"), false),
        (1, s("D#2025-01-007"), false),
        (1, s("D#2025-01-007#END#"), false),
        (2, s("abc"), true),
        (2, s("abcd"), false),
        (2, n("1"), false),
        (3, s("x"), false),
    ] {
        assert_eq!(is_key(&entity, place, &item), is_one, "{place} {item:?}");
    }
}

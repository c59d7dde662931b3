//! Items of other loaders, and items that are none of the entity.

use time::macros::datetime;

use super::*;

#[test]
fn items_of_other_loaders_are_read() {
    use AttributeType::{Bool, L, M, N, S, Ss};
    let cases: Vec<(&str, AttributeType, ItemValue, Value)> = vec![
        ("tinyint(1)", Bool, n("1"), true.into()),
        ("tinyint(1)", Bool, s("0"), false.into()),
        ("tinyint", N, ItemValue::Bool(true), Value::Int(1)),
        ("int", N, s("2.0000000000"), Value::Int(2)),
        ("int", S, n("2"), Value::Int(2)),
        (
            "timestamp",
            S,
            n("1735787045"),
            Value::Timestamp(datetime!(2025-01-02 03:04:05)),
        ),
        (
            "timestamp",
            N,
            s("2025-01-02T03:04:05Z"),
            Value::Timestamp(datetime!(2025-01-02 03:04:05)),
        ),
        ("json", M, s(r#"{"a": 1}"#), json!({"a": 1}).into()),
        ("json", L, s("[1]"), json!([1]).into()),
        (
            "json",
            S,
            ItemValue::M(vec![("a".to_owned(), n("1.0"))]),
            json!({"a": 1}).into(),
        ),
        ("set('a','b')", Ss, s("b,a"), set(&["a", "b"])),
        ("set('a','b')", Ss, ItemValue::L(vec![s("b")]), set(&["b"])),
        ("int?", N, ItemValue::Null, Value::Null),
    ];
    for (column_type, attribute_type, item, expected) in cases {
        let found = decoded(plain(column_type, attribute_type), &[n("1"), item]).unwrap();
        assert_eq!(found[1], expected, "{column_type} {attribute_type}");
    }
}

#[test]
fn what_is_no_value_of_its_field_is_an_error_that_names_the_attribute() {
    use AttributeType::{B, Bool, M, N, S, Ss};
    let cases: Vec<(&str, AttributeType, ItemValue)> = vec![
        ("tinyint(1)", Bool, n("2")),
        ("int", N, s("secret")),
        ("int", N, n("1.5")),
        ("int", N, ItemValue::Null),
        ("varchar(3)", S, s("secret")),
        ("varchar(30)", S, n("1")),
        ("enum('a')", S, s("secret")),
        ("set('a')", Ss, ItemValue::Ss(vec!["secret".to_owned()])),
        ("datetime", S, n("1735787045")),
        ("timestamp", N, n("1e99999999")),
        ("timestamp", N, n("0.5e-99999999")),
        ("blob", B, s("secret")),
        ("json", M, s("secret")),
        ("json", M, ItemValue::B(vec![1])),
    ];
    for (column_type, attribute_type, item) in cases {
        let error = decoded(plain(column_type, attribute_type), &[n("1"), item]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{column_type}");
        assert!(
            error.context().contains(&("attribute", "a1".to_owned())),
            "{error}"
        );
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let missing = decoded(plain("int", N), &[n("1")]).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Decode);
    let closed = || {
        let parts = [text("<"), Expr::Column(0), text(">")];
        Maker::new()
            .field("int", 0)
            .attribute(AttributeType::S, template(&parts))
    };
    assert_eq!(decoded(closed(), &[s("<1>")]).unwrap(), [Value::Int(1)]);
    for key in ["<1", "<1>2", "1>"] {
        let error = decoded(closed(), &[s(key)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{key}");
    }
    for key in ["USER#1", "USR#1#2", "USER#1#2#3", "USER#x#2"] {
        let error = decoded(pair("int", "int"), &[s(key)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{key}");
    }
}

#[test]
fn a_derived_text_is_written_and_read() {
    let pattern = vec![DatePart::Year];
    let mut maker = plain("date?", AttributeType::S).attribute(
        AttributeType::S,
        Expr::DateFormat {
            of: Box::new(Expr::Column(1)),
            pattern,
        },
    );
    maker.push(ColumnType::Json, true, 2);
    let derived = maker.entity.fields.last_mut().unwrap();
    derived.source = FieldSource::Derived;
    derived.value_type = ValueType::Composed;
    let entity = maker.entity.clone();
    let day = date!(2025 - 01 - 02).into();
    let record = maker.record(vec![Value::Int(1), day, "2025".into()]);
    assert_eq!(back(&record).unwrap(), record);
    let none = Record::new(Arc::new(entity), vec![Value::Int(1)]);
    assert_eq!(back(&none).unwrap(), none);
}

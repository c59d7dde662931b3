mod keys;
mod properties;
mod reading;

use std::sync::Arc;

use serde_json::json;
use time::macros::{date, datetime};

use super::*;
use crate::catalog::ColumnType;
use crate::model::{
    Attribute, AttributeType, Children, DatePart, Entity, Expr, Field, FieldSource, Hop, IndexKey,
    Lookup, NumberFormat, References, ValueType,
};
use crate::value::Value;
use crate::{Error, ErrorKind, Record};

/// An entity of the first attribute as its partition key, and of one field for each column.
struct Maker {
    entity: Entity,
}

impl Maker {
    fn new() -> Self {
        Self {
            entity: Entity {
                name: "Things".to_owned(),
                place: 0,
                table: 0,
                source: 0,
                fields: Vec::new(),
                identity: vec![0],
                attributes: Vec::new(),
                partition_key: 0,
                sort_key: None,
                index_keys: Vec::new(),
                unique: Vec::new(),
                paths: Vec::new(),
                read_only: Vec::new(),
                references: References::Declare,
            },
        }
    }

    /// The next column; NULL is one of its values when its type ends with `?`.
    fn field(mut self, column_type: &str, attribute: usize) -> Self {
        let nullable = column_type.ends_with('?');
        let found = column_type.trim_end_matches('?').parse().unwrap();
        self.push(found, nullable, attribute);
        self
    }

    fn push(&mut self, column_type: ColumnType, nullable: bool, attribute: usize) {
        let column = self.entity.fields.len();
        self.entity.fields.push(Field {
            name: format!("f{column}"),
            source: FieldSource::Column(column),
            value_type: ValueType::Column(column_type),
            nullable,
            default: None,
            on_update_now: false,
            auto_increment: false,
            attribute,
            range: None,
            compare: crate::model::Compare::default(),
            sensitive: false,
        });
    }

    fn attribute(mut self, attribute_type: AttributeType, expr: Expr) -> Self {
        let place = self.entity.attributes.len();
        self.entity.attributes.push(Attribute {
            name: format!("a{place}"),
            attribute_type,
            expr,
        });
        self
    }

    fn index(mut self, partition_key: usize, sort_key: Option<usize>) -> Self {
        self.entity.index_keys.push(Some(IndexKey {
            partition_key,
            sort_key,
        }));
        self
    }

    fn record(self, values: Vec<Value>) -> Record {
        Record::new(Arc::new(self.entity), values)
    }
}

fn text(text: &str) -> Expr {
    Expr::Constant(text.to_owned())
}

fn template(parts: &[Expr]) -> Expr {
    Expr::Template(parts.to_vec())
}

/// `USER#{f0}#{f1}` as the table's key, which carries both columns.
fn pair(first: &str, second: &str) -> Maker {
    let parts = [text("USER#"), Expr::Column(0), text("#"), Expr::Column(1)];
    Maker::new()
        .field(first, 0)
        .field(second, 0)
        .attribute(AttributeType::S, template(&parts))
}

/// A key `f0`, and `f1` in an attribute of its own.
fn plain(column_type: &str, attribute_type: AttributeType) -> Maker {
    Maker::new()
        .field("int", 0)
        .field(column_type, 1)
        .attribute(AttributeType::N, Expr::Column(0))
        .attribute(attribute_type, Expr::Column(1))
}

fn s(text: &str) -> ItemValue {
    ItemValue::S(text.to_owned())
}

fn n(digits: &str) -> ItemValue {
    ItemValue::N(digits.to_owned())
}

fn held(item: &[(usize, ItemValue)], place: usize) -> Option<ItemValue> {
    let found = item.iter().find(|(found, _)| *found == place);
    found.map(|(_, value)| value.clone())
}

fn back(record: &Record) -> crate::Result<Record> {
    let item = encode(record)?;
    decode(record.entity(), |place| held(&item, place))
}

fn decoded(maker: Maker, attributes: &[ItemValue]) -> crate::Result<Vec<Value>> {
    let record = decode(&Arc::new(maker.entity), |place| {
        attributes.get(place).cloned()
    });
    record.map(Record::into_values)
}

fn set(labels: &[&str]) -> Value {
    Value::Set(labels.iter().map(|label| (*label).to_owned()).collect())
}

/// The error that names the field, and no value.
fn refused(record: &Record, field: &str) -> Error {
    let error = encode(record).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidValue, "{error}");
    assert!(
        error.context().contains(&("field", field.to_owned())),
        "{error}"
    );
    assert!(!error.to_string().contains("secret"), "{error}");
    error
}

#[test]
fn each_value_has_the_form_of_its_attribute() {
    use AttributeType::{B, Bool, L, M, N, S, Ss};
    let moment = datetime!(2025-01-02 03:04:05);
    let cases: Vec<(&str, AttributeType, Value, Option<ItemValue>)> = vec![
        ("tinyint(1)", Bool, true.into(), Some(ItemValue::Bool(true))),
        ("tinyint(1)", N, true.into(), Some(n("1"))),
        ("tinyint(1)", S, false.into(), Some(s("0"))),
        (
            "bigint unsigned",
            N,
            u64::MAX.into(),
            Some(n("18446744073709551615")),
        ),
        (
            "bigint unsigned",
            S,
            u64::MAX.into(),
            Some(s("18446744073709551615")),
        ),
        (
            "decimal(10,2)",
            N,
            Value::Decimal("12.50".parse().unwrap()),
            Some(n("12.5")),
        ),
        (
            "decimal(10,2)",
            S,
            Value::Decimal("12.50".parse().unwrap()),
            Some(s("12.50")),
        ),
        ("float", N, 0.1_f32.into(), Some(n("0.1"))),
        ("double", N, 1e100.into(), Some(n("1e100"))),
        ("year", N, Value::Int(0), Some(n("0"))),
        ("year", S, Value::Int(0), Some(s("0000"))),
        ("varchar(9)", S, "".into(), Some(s(""))),
        ("varchar(9)?", S, Value::Null, None),
        ("enum('a')", S, "a".into(), Some(s("a"))),
        (
            "set('a','b')",
            Ss,
            set(&["a"]),
            Some(ItemValue::Ss(vec!["a".to_owned()])),
        ),
        ("set('a','b')", Ss, set(&[]), None),
        ("set('a','b')?", S, set(&[]), Some(s(""))),
        (
            "date",
            S,
            date!(2025 - 01 - 02).into(),
            Some(s("2025-01-02")),
        ),
        (
            "timestamp",
            N,
            Value::Timestamp(moment),
            Some(n("1735787045")),
        ),
        (
            "timestamp",
            S,
            Value::Timestamp(moment),
            Some(s("2025-01-02 03:04:05")),
        ),
        (
            "varbinary(9)",
            B,
            vec![1_u8].into(),
            Some(ItemValue::B(vec![1])),
        ),
        ("json", S, json!({"a": 1}).into(), Some(s(r#"{"a":1}"#))),
        ("json", S, json!(null).into(), Some(s("null"))),
        (
            "json",
            L,
            json!([-8.405_295_127_247_514e18]).into(),
            Some(ItemValue::L(vec![n("-8405295127247513600")])),
        ),
        (
            "json",
            M,
            json!({"a": null}).into(),
            Some(ItemValue::M(vec![("a".to_owned(), ItemValue::Null)])),
        ),
        (
            "json",
            L,
            json!([1.5, "x", true]).into(),
            Some(ItemValue::L(vec![n("1.5"), s("x"), ItemValue::Bool(true)])),
        ),
    ];
    for (column_type, attribute_type, value, expected) in cases {
        let record = plain(column_type, attribute_type).record(vec![Value::Int(1), value]);
        let item = encode(&record).unwrap();
        assert_eq!(held(&item, 1), expected, "{column_type} {attribute_type}");
        assert_eq!(
            back(&record).unwrap(),
            record,
            "{column_type} {attribute_type}"
        );
    }
}

#[test]
fn what_no_attribute_can_hold_is_refused_by_the_name_of_its_field() {
    use AttributeType::{L, M, S, Ss};
    let deep = (0..32).fold(json!(1), |inner, _| json!([inner]));
    let cases: Vec<(&str, AttributeType, Value)> = vec![
        ("set('a')?", Ss, set(&[])),
        ("json", M, json!(["secret"]).into()),
        ("json", M, json!(null).into()),
        ("json", L, json!({"a": "secret"}).into()),
        ("json", L, deep.into()),
        ("json", L, json!([1e126]).into()),
        ("json", L, json!([{"": "secret"}]).into()),
        ("blob", S, vec![1_u8].into()),
    ];
    for (column_type, attribute_type, value) in cases {
        refused(
            &plain(column_type, attribute_type).record(vec![Value::Int(1), value]),
            "f1",
        );
    }
    let deepest = (0..31).fold(json!(1), |inner, _| json!([inner]));
    let record = plain("json", L).record(vec![Value::Int(1), deepest.into()]);
    assert_eq!(back(&record).unwrap(), record);
}

#[test]
fn an_object_holds_columns_of_its_row() {
    let members = vec![
        ("x".to_owned(), 1),
        ("y".to_owned(), 2),
        ("z".to_owned(), 3),
    ];
    let record = |attribute_type, values: Vec<Value>| {
        Maker::new()
            .field("int", 0)
            .field("decimal(40,2)", 1)
            .field("json?", 1)
            .field("set('a')", 1)
            .attribute(AttributeType::N, Expr::Column(0))
            .attribute(attribute_type, Expr::Object(members.clone()))
            .record([vec![Value::Int(1)], values].concat())
    };
    let decimal = || Value::Decimal("12.50".parse().unwrap());
    for values in [
        vec![decimal(), json!("1").into(), set(&["a"])],
        vec![
            decimal(),
            json!(2_085_952_243_640_431.2).into(),
            set(&["a"]),
        ],
        vec![decimal(), Value::Null, set(&[])],
    ] {
        for attribute_type in [AttributeType::M, AttributeType::S] {
            let record = record(attribute_type, values.clone());
            assert_eq!(back(&record).unwrap(), record);
        }
    }
    // The map itself is a level.
    let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    let deep = |levels| {
        let values = vec![decimal(), nested(levels).into(), set(&[])];
        record(AttributeType::M, values)
    };
    assert_eq!(back(&deep(30)).unwrap(), deep(30));
    refused(&deep(31), "f2");
    let null = record(
        AttributeType::M,
        vec![decimal(), json!(null).into(), set(&[])],
    );
    refused(&null, "f2");
    let found = encode(&record(
        AttributeType::M,
        vec![decimal(), Value::Null, set(&[])],
    ))
    .unwrap();
    let expected = vec![
        ("x".to_owned(), s("12.50")),
        ("y".to_owned(), ItemValue::Null),
    ];
    assert_eq!(held(&found, 1), Some(ItemValue::M(expected)));
}

#[test]
fn what_is_not_built_yet_is_refused_by_name() {
    let lookup = Expr::Lookup(Lookup {
        hops: vec![Hop {
            table: 1,
            on: vec![(0, 0)],
        }],
        column: 1,
        absent: None,
    });
    let children = Expr::Children(Children {
        table: 1,
        on: vec![(0, 0)],
        members: Vec::new(),
        order: Vec::new(),
    });
    for expr in [
        lookup.clone(),
        children,
        template(&[text("a#"), lookup]),
        Expr::Column(9),
    ] {
        let record = plain("int", AttributeType::N)
            .attribute(AttributeType::S, expr)
            .record(vec![Value::Int(1), Value::Int(2)]);
        let error = encode(&record).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("entity=Things"), "{error}");
    }
}

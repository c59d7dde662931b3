//! Conditions of writes mean the same to DynamoDB as to the program.

use aws_sdk_dynamodb::types::AttributeValue;
use dal_traits::ErrorKind;
use dal_traits::condition::{Comparison, Condition};
use dal_traits::op::Change;
use dal_traits::value::Value;

use super::{Backend, PLACES, at, decimal, kind, on_each};

/// Conditions over every type that DynamoDB compares as the values compare.
fn conditions(store: &Backend) -> Vec<Condition> {
    use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
    let place = |name: &str| store.place("Visits", name);
    let mut all = Vec::new();
    let values: [(&str, Vec<Value>); 8] = [
        (
            "place",
            vec!["".into(), "a".into(), "a ".into(), "é".into()],
        ),
        ("score", vec![5.into(), 10.into()]),
        ("balance", vec![decimal("9.50"), decimal("-0.01")]),
        ("hours", vec![9.into(), (-1).into()]),
        (
            "at",
            vec![
                at("2025-01-02 03:04:05.000000"),
                at("2024-12-31 23:59:59.999999"),
            ],
        ),
        ("note", vec!["".into(), "n".into()]),
        ("id", vec![1.into(), 3.into()]),
        ("user_id", vec![1.into()]),
    ];
    for (field, values) in values {
        for value in values.iter().chain([&Value::Null]) {
            for comparison in [Eq, Ne, Lt, Le, Gt, Ge] {
                all.push(Condition::Compare(place(field), comparison, value.clone()));
            }
        }
        all.push(Condition::In(place(field), values));
        all.push(Condition::IsNull(place(field)));
    }
    for value in [Value::Bool(true), Value::Bool(false), Value::Null] {
        for comparison in [Eq, Ne] {
            all.push(Condition::Compare(place("open"), comparison, value.clone()));
        }
    }
    for value in [7.into(), 8.into(), Value::Null] {
        all.push(Condition::Compare(place("level"), Eq, value.clone()));
        all.push(Condition::Compare(place("level"), Ne, value));
    }
    for comparison in [Lt, Le, Gt, Ge] {
        let weight = Value::Float(0.1 + 0.2);
        all.push(Condition::Compare(place("weight"), comparison, weight));
    }
    all.push(Condition::In(
        place("score"),
        (0..250).map(Value::from).collect(),
    ));
    all.push(Condition::In(place("score"), Vec::new()));
    all.push(Condition::In(place("place"), vec![Value::Null]));
    for prefix in ["", "a", "b", "é"] {
        all.push(Condition::BeginsWith(place("place"), prefix.to_owned()));
    }
    let simple = all.clone();
    for condition in &simple {
        all.push(Condition::Not(Box::new(condition.clone())));
    }
    for pair in simple.chunks(2).step_by(5) {
        all.push(Condition::And(pair.to_vec()));
        all.push(Condition::Or(pair.to_vec()));
        let or = Condition::Or(pair.to_vec());
        all.push(Condition::Not(Box::new(Condition::And(vec![
            or,
            pair[0].clone(),
        ]))));
    }
    all.push(Condition::And(Vec::new()));
    all.push(Condition::Or(Vec::new()));
    all
}

#[test]
fn dynamodb_decides_each_condition_as_the_program_does() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        let full = [
            ("place", "a".into()),
            ("balance", decimal("9.50")),
            ("hours", 9.into()),
            ("open", Value::Bool(true)),
            ("weight", Value::Float(0.3)),
            ("note", "n".into()),
        ];
        let other = [
            ("place", "é".into()),
            ("score", 200.into()),
            ("balance", decimal("-3.00")),
            ("hours", (-5).into()),
            ("level", 10.into()),
            ("open", Value::Bool(false)),
            ("weight", Value::Float(0.300_000_000_000_000_04)),
            ("note", "".into()),
        ];
        let records = [
            store.visit(1, &full),
            store.visit(2, &other),
            store.visit(3, &[]),
        ];
        let mut held = 0;
        for (record, id) in records.iter().zip(1..) {
            store.insert(record).await.unwrap();
            assert_eq!(store.by_id("Visits", id).await.as_ref(), Some(record));
            let level = store.place("Visits", "level");
            let same = vec![Change::Set(level, record.value(level).clone())];
            for condition in conditions(&store) {
                let shown = format!("{id} {condition:?}");
                let expected = condition.holds(record);
                let ended = store
                    .update("Visits", id, same.clone(), Some(condition))
                    .await;
                if expected {
                    held += 1;
                    ended.unwrap_or_else(|error| panic!("{shown}: {error:?}"));
                } else {
                    let error = ended.expect_err(&shown);
                    assert_eq!(
                        error.kind(),
                        ErrorKind::ConditionFailed,
                        "{shown}: {error:?}"
                    );
                }
            }
        }
        assert!(held > 200, "{held}");
    });
}

#[test]
fn what_dynamodb_would_compare_otherwise_is_refused_without_a_request() {
    on_each(&PLACES, async |stage| {
        let store = stage.faulty();
        let place = |name: &str| store.place("Visits", name);
        let level = Condition::Compare(place("level"), Comparison::Lt, 10.into());
        let weight = Condition::Compare(place("weight"), Comparison::Eq, Value::Float(0.5));
        let open = Condition::Compare(place("open"), Comparison::Ge, Value::Bool(true));
        let long = Condition::In(place("score"), (0..2000).map(Value::from).collect());
        for condition in [level, weight, open, long] {
            let hidden = Condition::Not(Box::new(Condition::Or(vec![condition])));
            let changes = vec![Change::Set(place("score"), 1.into())];
            let updated = store
                .update("Visits", 1, changes, Some(hidden.clone()))
                .await;
            assert_eq!(kind(updated), ErrorKind::Unsupported);
            let deleted = store.delete("Visits", 1, Some(hidden)).await;
            assert_eq!(kind(deleted), ErrorKind::Unsupported);
        }
        assert_eq!(stage.faults.seen(), [""; 0]);
    });
}

#[test]
fn a_value_in_the_form_of_another_program_is_never_silently_false() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        store.insert(&store.visit(1, &[])).await.unwrap();
        // A number as another loader wrote it, in an attribute that dal writes as text.
        let write = stage.client.update_item().table_name(stage.table("Visits"));
        let write = write.key("id", AttributeValue::N("1".to_owned()));
        let write = write.update_expression("SET #l = :l");
        let write = write.expression_attribute_names("#l", "level");
        let foreign = AttributeValue::S("7.0000".to_owned());
        let write = write.expression_attribute_values(":l", foreign);
        write.send().await.unwrap();
        let level = store.place("Visits", "level");
        let when = Condition::Compare(level, Comparison::Eq, 7.into());
        let score = store.place("Visits", "score");
        let changes = vec![Change::Set(score, 6.into())];
        let ended = store.update("Visits", 1, changes, Some(when.clone())).await;
        assert_eq!(kind(ended), ErrorKind::Decode);
        assert_eq!(
            kind(store.delete("Visits", 1, Some(when)).await),
            ErrorKind::Decode
        );
        assert_eq!(store.by_id("Visits", 1).await, Some(store.visit(1, &[])));
    });
}

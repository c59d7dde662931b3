//! Conditions of writes mean the same to DynamoDB as to the program.

use aws_sdk_dynamodb::types::AttributeValue;
use dal_traits::ErrorKind;
use dal_traits::condition::{Comparison, Condition};
use dal_traits::op::Change;
use dal_traits::value::Value;

use super::{Backend, PLACES, Stage, at, decimal, item_key, kind, on_each};

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

/// What other programs could have written in the place of a visit's attributes.
fn foreign_forms() -> [Vec<(&'static str, AttributeValue)>; 2] {
    let s = |text: &str| AttributeValue::S(text.to_owned());
    let null = || AttributeValue::Null(true);
    [
        vec![
            ("balance", s("9.5000")),
            ("hours", null()),
            ("level", s("7.0")),
            ("open", AttributeValue::N("1".to_owned())),
            ("at", s("2025-01-02T03:04:05Z")),
            ("note", null()),
        ],
        vec![
            ("balance", s("9.50")),
            ("hours", s("9")),
            ("level", AttributeValue::N("7".to_owned())),
            ("open", s("0")),
            // As long as the form that dal writes.
            ("at", s("2025-01-02 03:04:05.00000Z")),
            ("weight", s("0.3")),
        ],
    ]
}

/// Changes attributes of the visit 1 as another program would.
async fn write_foreign(stage: &Stage, attributes: &[(&str, AttributeValue)]) {
    for (name, value) in attributes {
        let write = stage.client.update_item().table_name(stage.table("Visits"));
        let write = write.key("id", AttributeValue::N("1".to_owned()));
        let write = write.update_expression("SET #a = :a");
        let write = write.expression_attribute_names("#a", *name);
        let write = write.expression_attribute_values(":a", value.clone());
        write.send().await.unwrap();
    }
}

#[test]
fn no_condition_is_decided_by_the_form_that_another_program_wrote() {
    use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        let (mut held, mut failed, mut refused) = (0, 0, 0);
        for forms in foreign_forms() {
            let note = [("note", "n".into())];
            store.put(&store.visit(1, &note)).await.unwrap();
            write_foreign(&stage, &forms).await;
            let record = store.by_id("Visits", 1).await.unwrap();
            let same = vec![Change::Set(store.place("Visits", "user_id"), 1.into())];
            let values: [(&str, [Value; 2]); 7] = [
                ("balance", [decimal("9.50"), decimal("1.00")]),
                ("hours", [9.into(), 8.into()]),
                ("level", [7.into(), 8.into()]),
                ("open", [Value::Bool(true), Value::Bool(false)]),
                (
                    "at",
                    ["05.000000", "06.000000"].map(|end| at(&format!("2025-01-02 03:04:{end}"))),
                ),
                ("note", ["n".into(), "".into()]),
                ("weight", [Value::Float(0.3), Value::Float(0.2)]),
            ];
            let mut conditions = Vec::new();
            for (field, values) in values {
                let field = store.place("Visits", field);
                for value in &values {
                    for comparison in [Eq, Ne, Lt, Le, Gt, Ge] {
                        conditions.push(Condition::Compare(field, comparison, value.clone()));
                    }
                }
                conditions.push(Condition::In(field, values.to_vec()));
                conditions.push(Condition::IsNull(field));
            }
            for condition in conditions {
                for condition in [condition.clone(), Condition::Not(Box::new(condition))] {
                    let expected = condition.holds(&record);
                    let shown = format!("{condition:?} of {record:?}");
                    let when = Some(condition);
                    match store.update("Visits", 1, same.clone(), when).await {
                        Ok(()) => {
                            assert!(expected, "{shown}");
                            held += 1;
                        }
                        Err(error) => match error.kind() {
                            ErrorKind::ConditionFailed => {
                                assert!(!expected, "{shown}");
                                failed += 1;
                            }
                            ErrorKind::Decode => {
                                assert!(expected, "{shown}");
                                refused += 1;
                            }
                            // What DynamoDB does not compare in any form.
                            kind => assert_eq!(kind, ErrorKind::Unsupported, "{shown}"),
                        },
                    }
                }
            }
        }
        let counts = format!("held {held}, failed {failed}, refused {refused}");
        assert!(held > 20 && failed > 100 && refused > 80, "{counts}");
    });
}

#[test]
fn a_negated_condition_deletes_nothing_that_only_has_another_form() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        let place = |name: &str| store.place("Visits", name);
        for forms in foreign_forms() {
            store.put(&store.visit(1, &[])).await.unwrap();
            write_foreign(&stage, &forms).await;
            let seven = Condition::Compare(place("level"), Comparison::Ne, 7.into());
            let nine = Condition::Compare(place("balance"), Comparison::Eq, decimal("9.50"));
            let not_nine = Condition::Not(Box::new(nine));
            let begins = Condition::Compare(
                place("at"),
                Comparison::Gt,
                at("2025-01-02 03:04:05.000000"),
            );
            for when in [seven, not_nine, begins] {
                let deleted = store.delete("Visits", 1, Some(when)).await;
                assert_eq!(kind(deleted), ErrorKind::ConditionFailed);
            }
        }
        // The value in another form fulfils the condition: reading it decides, or it is refused.
        let level = Condition::Compare(place("level"), Comparison::Ne, 8.into());
        assert!(store.delete("Visits", 1, Some(level)).await.unwrap());
    });
}

#[test]
fn a_filter_drops_no_record_for_the_form_that_another_program_wrote() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        for forms in foreign_forms() {
            for id in [1, 2] {
                let balance = [("balance", decimal("9.50"))];
                store.put(&store.visit(id, &balance)).await.unwrap();
            }
            write_foreign(&stage, &forms).await;
            for (field, value) in [("level", 7.into()), ("balance", decimal("9.50"))] {
                let mut query = store.query("Visits", "by_user", &[1.into()]);
                let field = store.place("Visits", field);
                let is = Condition::Compare(field, Comparison::Eq, value);
                query.filter = Some(is.clone());
                let mut ids = store.ids(&query).await.concat();
                ids.sort_unstable();
                assert_eq!(ids, [1, 2]);
                query.filter = Some(Condition::Not(Box::new(is)));
                assert_eq!(store.ids(&query).await, [[0; 0]]);
            }
        }
        // What is no value of the field in any form fails the read, and names the item.
        write_foreign(&stage, &[("level", AttributeValue::S("x".to_owned()))]).await;
        let mut query = store.query("Visits", "by_user", &[1.into()]);
        let level = store.place("Visits", "level");
        query.filter = Some(Condition::Compare(level, Comparison::Eq, 8.into()));
        let error = store.page(&query).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let key = item_key(&error);
        assert_eq!(key.get()["id"], AttributeValue::N("1".to_owned()));
    });
}

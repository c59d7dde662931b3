//! Conditions mean the same in MySQL as in the program.

use dal_traits::Record;
use dal_traits::condition::{Comparison, Condition};
use dal_traits::value::Value;

use crate::support::{Db, int, on, record, text};

const SCHEMA: &str = "
    CREATE TABLE words (id INT NOT NULL PRIMARY KEY,
        folded VARCHAR(20) COLLATE utf8mb4_0900_ai_ci NOT NULL,
        padded VARCHAR(20) COLLATE utf8mb4_bin,
        latin VARCHAR(20) CHARACTER SET latin1,
        label ENUM('b','a','C'),
        number INT);
";
const CONTRACT: &str = r#"{"tables": [{"table": "Words", "type": "single-entity",
    "source_table": "words", "pk": "id", "attributes": [
    {"name": "id", "type": "N", "source_table": "words", "source_column": "id"},
    {"name": "folded", "type": "S", "source_table": "words", "source_column": "folded"},
    {"name": "padded", "type": "S", "source_table": "words", "source_column": "padded"},
    {"name": "latin", "type": "S", "source_table": "words", "source_column": "latin"},
    {"name": "label", "type": "S", "source_table": "words", "source_column": "label"},
    {"name": "number", "type": "N", "source_table": "words", "source_column": "number"}]}]}"#;

const WORDS: [&str; 9] = ["", "a", "A", "ä", "a ", "a\t", "b", "ß", "ss"];

fn leaf() -> Condition {
    let field = fastrand::usize(1..=5);
    let value = |field| match field {
        5 => int(fastrand::i128(-1..=2)),
        4 => text(fastrand::choice(["a", "b", "C"]).unwrap()),
        _ => text(fastrand::choice(WORDS).unwrap()),
    };
    let comparison = fastrand::choice([
        Comparison::Eq,
        Comparison::Ne,
        Comparison::Lt,
        Comparison::Le,
        Comparison::Gt,
        Comparison::Ge,
    ])
    .unwrap();
    match fastrand::u8(0..6) {
        0 => Condition::IsNull(field),
        1 => Condition::In(
            field,
            (0..fastrand::usize(0..4)).map(|_| value(field)).collect(),
        ),
        2 if field != 5 => Condition::BeginsWith(field, fastrand::choice(WORDS).unwrap().into()),
        3 => Condition::Compare(field, comparison, Value::Null),
        _ => Condition::Compare(field, comparison, value(field)),
    }
}

fn condition(depth: u8) -> Condition {
    let some = || {
        (0..fastrand::usize(0..4))
            .map(|_| condition(depth - 1))
            .collect()
    };
    match fastrand::u8(0..4) {
        _ if depth == 0 => leaf(),
        0 => Condition::And(some()),
        1 => Condition::Or(some()),
        2 => Condition::Not(Box::new(condition(depth - 1))),
        _ => leaf(),
    }
}

fn rows(db: &Db) -> Vec<Record> {
    let entity = db.entity("Words");
    let mut records = Vec::new();
    for id in 0..60 {
        let word = || text(fastrand::choice(WORDS).unwrap());
        let perhaps = |value: Value| {
            if fastrand::u8(0..4) == 0 {
                Value::Null
            } else {
                value
            }
        };
        let latin = text(fastrand::choice(["", "a", "A", "ä", "a "]).unwrap());
        let values = [
            ("id", int(id)),
            ("folded", word()),
            ("padded", perhaps(word())),
            ("latin", perhaps(latin)),
            (
                "label",
                perhaps(text(fastrand::choice(["a", "b", "C"]).unwrap())),
            ),
            ("number", perhaps(int(fastrand::i128(-1..=2)))),
        ];
        records.push(record(&entity, &values));
    }
    records
}

#[test]
fn random_conditions_hold_for_the_same_records() {
    on(SCHEMA, CONTRACT, async |db: Db| {
        fastrand::seed(7);
        let records = rows(&db);
        for record in &records {
            db.insert(record.clone()).await.unwrap();
        }
        let mut some = 0;
        for _ in 0..400 {
            let condition = condition(3);
            let expected: Vec<&Record> = records.iter().filter(|r| condition.holds(r)).collect();
            let scan = dal_traits::op::Scan {
                entity: db.entity("Words"),
                filter: Some(condition.clone()),
                limit: 100,
                after: None,
            };
            let reply = db.call(dal_traits::op::Op::Scan(scan)).await.unwrap();
            let dal_traits::op::Reply::Page(page) = reply else {
                panic!("{reply:?}");
            };
            let found: Vec<&Record> = page.records.iter().collect();
            assert_eq!(found, expected, "{condition:?}");
            some += usize::from(!expected.is_empty() && expected.len() < records.len());
        }
        assert!(some > 100, "too few conditions tell records apart: {some}");
    });
}

#[test]
fn json_is_asked_for_null_only_and_other_types_are_refused() {
    let schema = "CREATE TABLE notes (id INT NOT NULL PRIMARY KEY, body JSON)";
    let contract = r#"{"tables": [{"table": "Notes", "type": "single-entity",
        "source_table": "notes", "pk": "id", "attributes": [
        {"name": "id", "type": "N", "source_table": "notes", "source_column": "id"},
        {"name": "body", "type": "S", "source_table": "notes", "source_column": "body"}]}]}"#;
    on(schema, contract, async |db: Db| {
        let body = Value::Json(serde_json::Value::Null);
        let notes = db.entity("Notes");
        db.insert(record(&notes, &[("id", int(1)), ("body", body.clone())]))
            .await
            .unwrap();
        db.insert(record(&notes, &[("id", int(2))])).await.unwrap();
        let null = || Some(Condition::IsNull(1));
        assert!(db.delete("Notes", &[int(2)], null()).await.unwrap());
        let not_null = db.delete("Notes", &[int(1)], null()).await;
        assert_eq!(
            crate::support::kind(not_null),
            dal_traits::ErrorKind::ConditionFailed
        );
        let compared = Some(Condition::Compare(1, Comparison::Eq, body));
        let refused = db.delete("Notes", &[int(1)], compared).await;
        assert_eq!(
            crate::support::kind(refused),
            dal_traits::ErrorKind::Unsupported
        );
        let other = Some(Condition::Compare(0, Comparison::Eq, text("1")));
        let refused = db.delete("Notes", &[int(1)], other).await;
        assert_eq!(
            crate::support::kind(refused),
            dal_traits::ErrorKind::InvalidValue
        );
    });
}

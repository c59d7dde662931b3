//! Which error, and which of several.

use dal_traits::condition::{Comparison, Condition};
use dal_traits::op::{Change, NextId, Op};
use dal_traits::value::Value;
use dal_traits::{Effect, ErrorKind, Record};

use crate::support::{Db, int, kind, on, on_shop, record, text};
use crate::writes::user;

const SCHEMA: &str = "
    CREATE TABLE parents (id INT NOT NULL PRIMARY KEY);
    CREATE TABLE things (id INT NOT NULL PRIMARY KEY, parent INT, code VARCHAR(20) NOT NULL,
        amount INT NOT NULL, UNIQUE KEY things_code (code),
        CONSTRAINT things_parent FOREIGN KEY (parent) REFERENCES parents (id),
        CONSTRAINT things_amount CHECK (amount BETWEEN 0 AND 9),
        CONSTRAINT things_both CHECK (amount <> id + 1000));
    INSERT INTO parents VALUES (1);
";
const CONTRACT: &str = r#"{"tables": [
    {"table": "Parents", "type": "single-entity", "source_table": "parents", "pk": "id",
     "attributes": [
        {"name": "id", "type": "N", "source_table": "parents", "source_column": "id"}]},
    {"table": "Things", "type": "single-entity", "source_table": "things", "pk": "id",
     "attributes": [
        {"name": "id", "type": "N", "source_table": "things", "source_column": "id"},
        {"name": "parent", "type": "N", "source_table": "things", "source_column": "parent"},
        {"name": "code", "type": "S", "source_table": "things", "source_column": "code"},
        {"name": "amount", "type": "N", "source_table": "things", "source_column": "amount"}]}]}"#;

fn thing(db: &Db, id: i128, parent: Value, code: &str, amount: i128) -> Record {
    let values = [
        ("id", int(id)),
        ("parent", parent),
        ("code", text(code)),
        ("amount", int(amount)),
    ];
    record(&db.entity("Things"), &values)
}

#[test]
fn each_constraint_is_named_and_the_identity_comes_first() {
    on(SCHEMA, CONTRACT, async |db: Db| {
        db.insert(thing(&db, 1, int(1), "a", 5)).await.unwrap();
        let cases = [
            // id, parent, code, amount
            ((1, int(1), "new", 5), ErrorKind::AlreadyExists, None),
            ((1, int(1), "a", 5), ErrorKind::AlreadyExists, None),
            ((1, int(9), "new", 5), ErrorKind::AlreadyExists, None),
            ((1, int(9), "a", 99), ErrorKind::AlreadyExists, None),
            (
                (2, int(1), "a", 5),
                ErrorKind::UniqueViolation,
                Some("things_code"),
            ),
            (
                (2, int(1), "A", 5),
                ErrorKind::UniqueViolation,
                Some("things_code"),
            ),
            (
                (2, int(9), "b", 5),
                ErrorKind::ReferenceViolation,
                Some("things_parent"),
            ),
            (
                (2, int(1), "b", 10),
                ErrorKind::ConstraintViolation,
                Some("things_amount"),
            ),
        ];
        for ((id, parent, code, amount), expected, constraint) in cases {
            let case = format!("{id} {parent:?} {code} {amount}");
            let error = db
                .insert(thing(&db, id, parent, code, amount))
                .await
                .unwrap_err();
            assert_eq!(error.kind(), expected, "{case}");
            assert_eq!(error.effect(), Effect::None, "{case}");
            assert_eq!(error.class().constraint.as_deref(), constraint, "{case}");
        }
        assert_eq!(db.scan("Things", 10, None).await.records.len(), 1);
        let parent = db.delete("Parents", &[int(1)], None).await;
        assert_eq!(kind(parent), ErrorKind::ReferenceViolation);
    });
}

#[test]
fn an_update_is_judged_by_existence_then_condition_then_range_then_constraints() {
    on(SCHEMA, CONTRACT, async |db: Db| {
        db.insert(thing(&db, 1, int(1), "a", 5)).await.unwrap();
        db.insert(thing(&db, 2, int(1), "b", 5)).await.unwrap();
        let things = db.entity("Things");
        let [parent, code, amount] = ["parent", "code", "amount"].map(|f| things.field(f).unwrap());
        let no = || Some(Condition::Compare(amount, Comparison::Gt, int(5)));
        let yes = || Some(Condition::Compare(amount, Comparison::Eq, int(5)));
        let too_much = Change::Add(amount, int(i32::MAX.into()));
        let beyond_check = Change::Add(amount, int(5));
        let taken = Change::Set(code, text("b"));
        let orphan = Change::Set(parent, int(9));
        let cases = [
            (
                3,
                vec![too_much.clone(), taken.clone()],
                no(),
                ErrorKind::NotFound,
            ),
            (
                1,
                vec![too_much.clone(), taken.clone()],
                no(),
                ErrorKind::ConditionFailed,
            ),
            (
                1,
                vec![too_much.clone(), taken.clone()],
                yes(),
                ErrorKind::InvalidValue,
            ),
            (1, vec![beyond_check], yes(), ErrorKind::InvalidValue),
            (1, vec![taken.clone()], yes(), ErrorKind::UniqueViolation),
            (1, vec![taken], None, ErrorKind::UniqueViolation),
            (1, vec![orphan], None, ErrorKind::ReferenceViolation),
            (
                1,
                vec![Change::Set(amount, int(10))],
                None,
                ErrorKind::ConstraintViolation,
            ),
            (
                1,
                vec![Change::Set(0, int(10))],
                None,
                ErrorKind::InvalidValue,
            ),
            (
                1,
                vec![Change::Set(amount, Value::Null)],
                None,
                ErrorKind::InvalidValue,
            ),
        ];
        for (id, changes, when, expected) in cases {
            let found = db.update("Things", &[int(id)], &changes, when).await;
            assert_eq!(kind(found), expected, "{id} {changes:?}");
        }
        let found = db.get("Things", "id", &[int(1)]).await.unwrap();
        assert_eq!(
            found,
            Some(thing(&db, 1, int(1), "a", 5)),
            "nothing changed"
        );
    });
}

#[test]
fn another_check_than_that_of_the_field_stays_a_constraint() {
    on(SCHEMA, CONTRACT, async |db: Db| {
        db.sql("ALTER TABLE things DROP CHECK things_both, ADD CONSTRAINT things_both CHECK (amount <> id + 6)")
            .await;
        db.insert(thing(&db, 1, int(1), "a", 5)).await.unwrap();
        let amount = db.entity("Things").field("amount").unwrap();
        let change = Change::Add(amount, int(2));
        let error = db
            .update("Things", &[int(1)], &[change], None)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConstraintViolation);
        assert_eq!(error.class().constraint.as_deref(), Some("things_both"));
    });
}

#[test]
fn errors_hold_no_values() {
    on_shop(async |db: Db| {
        db.insert(user(&db, int(1), "secret@x")).await.unwrap();
        let taken = db.insert(user(&db, int(2), "secret@x")).await.unwrap_err();
        let twice = db.insert(user(&db, int(1), "secret@x")).await.unwrap_err();
        for error in [taken, twice] {
            assert!(
                !format!("{error} {error:?}").contains("secret"),
                "{error:?}"
            );
        }
    });
}

#[test]
fn there_is_no_next_id_without_a_row() {
    on_shop(async |db: Db| {
        let entity = db.entity("Users");
        let next = db.call(Op::NextId(NextId { entity })).await;
        assert_eq!(kind(next), ErrorKind::Unsupported);
    });
}

#[test]
fn an_identity_that_is_not_whole_is_refused_before_it_is_sent() {
    on(SCHEMA, CONTRACT, async |db: Db| {
        let entity = db.entity("Things");
        let none = record(&entity, &[("code", text("a")), ("amount", int(1))]);
        assert_eq!(kind(db.insert(none.clone()).await), ErrorKind::InvalidValue);
        assert_eq!(kind(db.put(none).await), ErrorKind::InvalidValue);
        let short = db.update("Things", &[], &[], None).await;
        assert_eq!(kind(short), ErrorKind::InvalidValue);
    });
}

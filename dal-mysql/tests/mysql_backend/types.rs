//! Every type of column, there and back.

use dal_traits::value::Value;
use dal_traits::{ErrorKind, Record};
use time::macros::{date, datetime};

use crate::support::{Db, int, kind, on, record, text};

const SCHEMA: &str = "
    CREATE TABLE every (
        id BIGINT NOT NULL PRIMARY KEY,
        a_bool BOOLEAN, a_tiny TINYINT, a_small SMALLINT UNSIGNED, a_medium MEDIUMINT,
        an_int INT, a_big BIGINT, a_big_unsigned BIGINT UNSIGNED, a_filled INT(8) UNSIGNED ZEROFILL,
        a_bit BIT(64), a_bit5 BIT(5), a_decimal DECIMAL(10,2), a_wide DECIMAL(65,30), a_float FLOAT,
        a_double DOUBLE, a_char CHAR(5), a_varchar VARCHAR(50), a_latin VARCHAR(50) CHARACTER SET latin1,
        a_text LONGTEXT, an_enum ENUM('b','a','it''s'), a_set SET('x','y','z') NOT NULL,
        a_date DATE, a_datetime DATETIME(6), a_datetime0 DATETIME, a_timestamp TIMESTAMP(3) NULL,
        a_time TIME(6), a_year YEAR, a_binary BINARY(4), a_varbinary VARBINARY(50), a_blob LONGBLOB,
        a_json JSON);
";

fn contract() -> String {
    let attributes = [
        ("id", "N"),
        ("a_bool", "BOOL"),
        ("a_tiny", "N"),
        ("a_small", "N"),
        ("a_medium", "N"),
        ("an_int", "N"),
        ("a_big", "N"),
        ("a_big_unsigned", "N"),
        ("a_filled", "S"),
        ("a_bit", "N"),
        ("a_bit5", "N"),
        ("a_decimal", "S"),
        ("a_wide", "S"),
        ("a_float", "N"),
        ("a_double", "N"),
        ("a_char", "S"),
        ("a_varchar", "S"),
        ("a_latin", "S"),
        ("a_text", "S"),
        ("an_enum", "S"),
        ("a_set", "SS"),
        ("a_date", "S"),
        ("a_datetime", "S"),
        ("a_datetime0", "S"),
        ("a_timestamp", "S"),
        ("a_time", "S"),
        ("a_year", "N"),
        ("a_binary", "B"),
        ("a_varbinary", "B"),
        ("a_blob", "B"),
        ("a_json", "S"),
    ];
    let attributes: Vec<String> = attributes
        .iter()
        .map(|(name, attribute_type)| {
            format!(
                r#"{{"name": "{name}", "type": "{attribute_type}", "source_table": "every", "source_column": "{name}"}}"#
            )
        })
        .collect();
    format!(
        r#"{{"tables": [{{"table": "Every", "type": "single-entity", "source_table": "every",
            "pk": "id", "attributes": [{}]}}]}}"#,
        attributes.join(", ")
    )
}

fn decimal(text: &str) -> Value {
    Value::Decimal(text.parse().unwrap())
}

fn set(labels: &[&str]) -> Value {
    Value::Set(labels.iter().map(|label| (*label).to_owned()).collect())
}

fn json(text: &str) -> Value {
    Value::Json(serde_json::from_str(text).unwrap())
}

const HOUR: i64 = 3_600_000_000;

/// A field, a value, and what MySQL shows of it.
fn cases() -> Vec<(&'static str, Value, &'static str)> {
    let nines = format!("{}.{}", "9".repeat(35), "9".repeat(30));
    let nines: &'static str = nines.leak();
    vec![
        ("a_bool", Value::Bool(true), "1"),
        ("a_bool", Value::Bool(false), "0"),
        ("a_tiny", int(-128), "-128"),
        ("a_small", int(65535), "65535"),
        ("a_medium", int(-8_388_608), "-8388608"),
        ("an_int", int(2_147_483_647), "2147483647"),
        ("a_big", int(i64::MIN.into()), "-9223372036854775808"),
        ("a_big", int(i64::MAX.into()), "9223372036854775807"),
        (
            "a_big_unsigned",
            int(u64::MAX.into()),
            "18446744073709551615",
        ),
        ("a_big_unsigned", int(0), "0"),
        ("a_filled", int(42), "00000042"),
        ("a_bit", int(u64::MAX.into()), "18446744073709551615"),
        ("a_bit", int(1), "1"),
        ("a_bit5", int(21), "21"),
        ("a_decimal", decimal("12.50"), "12.50"),
        ("a_decimal", decimal("-99999999.99"), "-99999999.99"),
        ("a_wide", decimal(nines), nines),
        (
            "a_wide",
            decimal("-0.000000000000000000000000000001"),
            "-0.000000000000000000000000000001",
        ),
        ("a_float", Value::Float(f64::from(0.1_f32)), "0.1"),
        (
            "a_float",
            Value::Float(f64::from(16_777_217_f32)),
            "16777200",
        ),
        ("a_double", Value::Float(0.1), "0.1"),
        ("a_double", Value::Float(1e-300), "1e-300"),
        ("a_char", text("ab"), "ab"),
        ("a_char", text(""), ""),
        (
            "a_varchar",
            text("Ann \u{1F980} \\ ' \" "),
            "Ann \u{1F980} \\ ' \" ",
        ),
        ("a_varchar", text(""), ""),
        ("a_latin", text("Müller"), "Müller"),
        ("a_text", text("a\0b"), "a\0b"),
        ("an_enum", text("it's"), "it's"),
        ("an_enum", text("a"), "a"),
        ("a_set", set(&["x", "z"]), "x,z"),
        ("a_set", set(&[]), ""),
        ("a_date", Value::Date(date!(9999 - 12 - 31)), "9999-12-31"),
        ("a_date", Value::Date(date!(1000 - 01 - 01)), "1000-01-01"),
        (
            "a_datetime",
            Value::DateTime(datetime!(2025-01-02 03:04:05.678901)),
            "2025-01-02 03:04:05.678901",
        ),
        (
            "a_datetime",
            Value::DateTime(datetime!(2025-01-02 00:00:00)),
            "2025-01-02 00:00:00.000000",
        ),
        (
            "a_datetime0",
            Value::DateTime(datetime!(2025-01-02 03:04:05)),
            "2025-01-02 03:04:05",
        ),
        (
            "a_timestamp",
            Value::Timestamp(datetime!(2025-07-02 03:04:05.678)),
            "2025-07-02 03:04:05.678",
        ),
        (
            "a_time",
            Value::Time(838 * HOUR + 59 * 60_000_000 + 59_000_000),
            "838:59:59.000000",
        ),
        (
            "a_time",
            Value::Time(-(838 * HOUR + 59 * 60_000_000 + 59_000_000)),
            "-838:59:59.000000",
        ),
        ("a_time", Value::Time(-1), "-00:00:00.000001"),
        ("a_time", Value::Time(0), "00:00:00.000000"),
        ("a_year", int(2155), "2155"),
        ("a_year", int(1901), "1901"),
        ("a_binary", Value::Bytes(vec![1, 0, 255, 0]), "AQD/AA=="),
        ("a_varbinary", Value::Bytes(vec![0, 32, 255]), "ACD/"),
        ("a_varbinary", Value::Bytes(Vec::new()), ""),
        ("a_blob", Value::Bytes(vec![0; 70]), ""),
        (
            "a_json",
            json(r#"{"b": [1, -2, 1.5, null, true, "x\"y"], "a": 18446744073709551615}"#),
            r#"{"a": 18446744073709551615, "b": [1, -2, 1.5, null, true, "x\"y"]}"#,
        ),
        ("a_json", json("null"), "null"),
    ]
}

/// One value, and nothing else.
fn single(db: &Db, id: i128, field: &str, value: Value) -> Record {
    let entity = db.entity("Every");
    record(
        &entity,
        &[("id", int(id)), ("a_set", set(&[])), (field, value)],
    )
}

#[test]
fn every_value_is_stored_as_mysql_shows_it_and_read_as_it_was_given() {
    on(SCHEMA, &contract(), async |db: Db| {
        // Here a session of the application is in UTC too; that the backend's is, `sessions` shows.
        for (id, (field, value, shown)) in (1..).zip(cases()) {
            let inserted = single(&db, id, field, value.clone());
            db.insert(inserted.clone()).await.unwrap();
            let found = db.get("Every", "id", &[int(id)]).await.unwrap().unwrap();
            assert_eq!(found, inserted, "{field} {value:?}");
            assert_eq!(
                format!("{:?}", found.get(field)),
                format!("{:?}", Some(&value)),
                "the scale too"
            );
            let select = match value {
                Value::Bytes(ref bytes) if bytes.len() < 50 => {
                    format!("SELECT TO_BASE64({field}) FROM every WHERE id = {id}")
                }
                Value::Bytes(_) => continue,
                Value::Int(_) if field.starts_with("a_bit") => {
                    format!("SELECT CAST({field} + 0 AS CHAR) FROM every WHERE id = {id}")
                }
                _ => format!("SELECT CAST({field} AS CHAR) FROM every WHERE id = {id}"),
            };
            assert_eq!(db.texts(&select).await, [Some(shown.to_owned())], "{field}");
        }
    });
}

#[test]
fn null_is_null_in_every_type() {
    on(SCHEMA, &contract(), async |db: Db| {
        let entity = db.entity("Every");
        let none = record(&entity, &[("id", int(1)), ("a_set", set(&[]))]);
        db.insert(none.clone()).await.unwrap();
        let found = db.get("Every", "id", &[int(1)]).await.unwrap();
        assert_eq!(found, Some(none.clone()));
        // And again by an update of each.
        for (field, value, _) in cases() {
            let place = entity.field(field).unwrap();
            for value in [value, none.value(place).clone()] {
                let change = dal_traits::op::Change::Set(place, value.clone());
                db.update("Every", &[int(1)], &[change], None)
                    .await
                    .unwrap();
                let found = db.get("Every", "id", &[int(1)]).await.unwrap().unwrap();
                assert_eq!(found.value(place), &value, "{field}");
            }
        }
    });
}

#[test]
fn each_value_is_found_by_a_condition_that_compares_with_it() {
    use dal_traits::condition::{Comparison, Condition};
    on(SCHEMA, &contract(), async |db: Db| {
        let entity = db.entity("Every");
        for (id, (field, value, _)) in (1..).zip(cases()) {
            if matches!(value, Value::Json(_)) {
                continue;
            }
            let inserted = single(&db, id, field, value.clone());
            db.insert(inserted.clone()).await.unwrap();
            let place = entity.field(field).unwrap();
            for comparison in [
                Comparison::Eq,
                Comparison::Ne,
                Comparison::Lt,
                Comparison::Le,
                Comparison::Gt,
                Comparison::Ge,
            ] {
                let condition = Condition::Compare(place, comparison, value.clone());
                let holds = condition.holds(&inserted);
                let changed = db.update("Every", &[int(id)], &[], Some(condition)).await;
                assert_eq!(changed.is_ok(), holds, "{field} {comparison:?} {value:?}");
            }
            let one_of = Condition::In(place, vec![Value::Null, value.clone()]);
            db.update("Every", &[int(id)], &[], Some(one_of))
                .await
                .unwrap();
        }
    });
}

#[test]
fn what_no_value_can_be_is_a_decode_error_that_names_the_column() {
    on(SCHEMA, &contract(), async |db: Db| {
        let rows = [
            ("a_bool", "2"),
            ("a_date", "'0000-00-00'"),
            ("a_date", "'2025-00-10'"),
            ("a_datetime", "'0000-00-00 00:00:00'"),
            ("a_timestamp", "'0000-00-00 00:00:00'"),
            ("an_enum", "'none of them'"),
        ];
        for (id, (column, value)) in (1..).zip(rows) {
            let mut connection = db.mysql.pool().acquire().await.unwrap();
            connection.close_on_drop();
            for statement in [
                "SET SESSION sql_mode = ''".to_owned(),
                format!("INSERT INTO every (id, a_set, {column}) VALUES ({id}, '', {value})"),
            ] {
                sqlx::query(sqlx::AssertSqlSafe(statement))
                    .execute(&mut *connection)
                    .await
                    .unwrap();
            }
            let error = db.get("Every", "id", &[int(id)]).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{column}");
            assert!(
                error.to_string().contains(&format!("`{column}`")),
                "{error}"
            );
        }
        assert_eq!(
            kind(db.get("Every", "id", &[int(1)]).await),
            ErrorKind::Decode
        );
    });
}

#[test]
fn a_sum_is_exact_in_every_type_that_adds() {
    use dal_traits::op::Change;
    on(SCHEMA, &contract(), async |db: Db| {
        let entity = db.entity("Every");
        let sums = [
            ("a_small", int(5), int(-5), Ok(int(0))),
            ("a_small", int(5), int(-6), Err(ErrorKind::InvalidValue)),
            ("a_small", int(65535), int(1), Err(ErrorKind::InvalidValue)),
            ("a_tiny", int(-100), int(-28), Ok(int(-128))),
            ("a_tiny", int(-100), int(-29), Err(ErrorKind::InvalidValue)),
            (
                "a_big",
                int(i64::MAX.into()),
                int(1),
                Err(ErrorKind::InvalidValue),
            ),
            (
                "a_big",
                int(i64::MIN.into()),
                int(i64::MAX.into()),
                Ok(int(-1)),
            ),
            (
                "a_big_unsigned",
                int(0),
                int(-1),
                Err(ErrorKind::InvalidValue),
            ),
            (
                "a_big_unsigned",
                int(1),
                int(i128::from(u64::MAX) - 1),
                Ok(int(u64::MAX.into())),
            ),
            (
                "a_big_unsigned",
                int(u64::MAX.into()),
                int(1),
                Err(ErrorKind::InvalidValue),
            ),
            ("a_bit5", int(30), int(1), Ok(int(31))),
            ("a_bit5", int(31), int(1), Err(ErrorKind::InvalidValue)),
            (
                "a_decimal",
                decimal("0.10"),
                decimal("-0.30"),
                Ok(decimal("-0.20")),
            ),
            (
                "a_decimal",
                decimal("99999999.99"),
                decimal("0.01"),
                Err(ErrorKind::InvalidValue),
            ),
            ("a_small", Value::Null, int(1), Ok(Value::Null)),
            ("a_decimal", Value::Null, decimal("1.00"), Ok(Value::Null)),
        ];
        for (id, (field, before, added, after)) in (1..).zip(sums) {
            let place = entity.field(field).unwrap();
            db.insert(single(&db, id, field, before.clone()))
                .await
                .unwrap();
            let change = Change::Add(place, added.clone());
            let done = db.update("Every", &[int(id)], &[change], None).await;
            let found = db.get("Every", "id", &[int(id)]).await.unwrap().unwrap();
            match after {
                Ok(after) => {
                    done.unwrap();
                    assert_eq!(found.value(place), &after, "{field} {before:?} {added:?}");
                }
                Err(expected) => {
                    assert_eq!(kind(done), expected, "{field} {before:?} {added:?}");
                    assert_eq!(found.value(place), &before, "nothing changed");
                }
            }
        }
    });
}

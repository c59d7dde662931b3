//! Arrays of owned children, as rows of MySQL.

use dal_traits::ErrorKind::UniqueViolation;
use dal_traits::op::Change;
use dal_traits::value::Value;
use dal_traits::{Record, Result};
use sqlx::Row;

use crate::support::{Db, int, ints, kind, on, on_shop, record, text};

/// `parts` have a column that the array does not show and no foreign key; `seats` have two unique
/// keys; `labels` have only an id, which is not shown either.
const SCHEMA: &str = "
    CREATE TABLE boxes (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20));
    CREATE TABLE parts (box_id BIGINT UNSIGNED NOT NULL, nr INT NOT NULL, weight INT,
        kept VARCHAR(20) NOT NULL DEFAULT 'new', PRIMARY KEY (box_id, nr));
    CREATE TABLE seats (box_id BIGINT UNSIGNED NOT NULL, nr INT NOT NULL,
        name VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL,
        PRIMARY KEY (box_id, nr), UNIQUE KEY names (box_id, name),
        FOREIGN KEY (box_id) REFERENCES boxes (id));
    CREATE TABLE labels (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        box_id BIGINT UNSIGNED NOT NULL, body VARCHAR(20) NOT NULL,
        FOREIGN KEY (box_id) REFERENCES boxes (id) ON DELETE CASCADE);
";

fn array(name: &str, order: &str, members: &[&str]) -> String {
    let members = members.iter().map(|m| format!(r#""{m}": "{name}.{m}""#));
    let members: Vec<_> = members.collect();
    format!(
        r#"{{"name": "{name}", "type": "L", "source_table": "boxes", "source_column": "id", "join": {{
            "type": "json-construction", "target_table": "{name}",
            "join_condition": "{name}.box_id = boxes.id",
            "construction": {{"type": "array", {order} "select_columns": {{{}}}}}}}}}"#,
        members.join(", ")
    )
}

fn contract() -> String {
    let arrays = [
        array(
            "parts",
            r#""order_by": "parts.weight DESC","#,
            &["nr", "weight"],
        ),
        array("seats", "", &["name", "nr"]),
        array("labels", "", &["body"]),
    ];
    format!(
        r#"{{"tables": [{{"table": "Boxes", "type": "single-entity", "source_table": "boxes", "pk": "id",
            "attributes": [
                {{"name": "id", "type": "N", "source_table": "boxes", "source_column": "id"}},
                {{"name": "name", "type": "S", "source_table": "boxes", "source_column": "name"}},
                {}]}}]}}"#,
        arrays.join(", ")
    )
}

fn on_boxes(test: impl AsyncFnOnce(Db)) {
    on(SCHEMA, &contract(), test);
}

fn parts(rows: &[(i128, i128)]) -> Value {
    let row = |(nr, weight): &(i128, i128)| vec![int(*nr), int(*weight)];
    Value::Rows(rows.iter().map(row).collect())
}

fn seats(rows: &[(&str, i128)]) -> Value {
    let row = |(name, nr): &(&str, i128)| vec![text(name), int(*nr)];
    Value::Rows(rows.iter().map(row).collect())
}

fn labels(rows: &[&str]) -> Value {
    Value::Rows(rows.iter().map(|body| vec![text(body)]).collect())
}

fn whole(db: &Db, id: i128, arrays: [Value; 3]) -> Record {
    let [parts, seats, labels] = arrays;
    let values = [
        ("id", int(id)),
        ("name", text("box")),
        ("parts", parts),
        ("seats", seats),
        ("labels", labels),
    ];
    record(&db.entity("Boxes"), &values)
}

async fn get(db: &Db, id: i128) -> Record {
    db.get("Boxes", "id", &[int(id)]).await.unwrap().unwrap()
}

async fn set(db: &Db, field: &str, value: Value) -> Result<()> {
    let field = db.entity("Boxes").field(field).unwrap();
    db.update("Boxes", &[int(1)], &[Change::Set(field, value)], None)
        .await
}

async fn rows(db: &Db, select: &str) -> Vec<String> {
    let texts = db.texts(select).await.into_iter();
    texts.map(Option::unwrap).collect()
}

#[test]
fn several_arrays_are_read_beside_each_other_and_do_not_multiply() {
    on_boxes(async |db: Db| {
        let arrays = [
            parts(&[(2, 9), (3, 9), (1, 4)]),
            seats(&[("b", 1), ("a", 2)]),
            labels(&["z", "a", "z", "m"]),
        ];
        let full = db.insert(whole(&db, 1, arrays)).await.unwrap();
        let arrays = [parts(&[]), seats(&[("b", 7)]), labels(&[])];
        let poor = db.insert(whole(&db, 2, arrays)).await.unwrap();
        let arrays = [parts(&[]), seats(&[]), labels(&[])];
        let empty = db.insert(whole(&db, 3, arrays)).await.unwrap();
        assert_eq!(get(&db, 1).await, full);
        let keys: Vec<Vec<Value>> = [3, 1, 4, 2].map(|id| vec![int(id)]).to_vec();
        let many = db.get_many("Boxes", &keys).await;
        let expected = [
            Some(empty.clone()),
            Some(full.clone()),
            None,
            Some(poor.clone()),
        ];
        assert_eq!(many, expected);
        let page = db.scan("Boxes", 2, None).await;
        assert_eq!(page.records, [full, poor]);
        let page = db.scan("Boxes", 2, page.next).await;
        assert_eq!((page.records, page.next), (vec![empty], None));
    });
}

#[test]
fn records_larger_than_what_mysql_sorts_with_are_read_in_pages() {
    on_boxes(async |db: Db| {
        db.sql("ALTER TABLE boxes MODIFY name LONGTEXT").await;
        for id in 1..=3 {
            let arrays = [parts(&[(2, 1), (1, 1)]), seats(&[]), labels(&["b", "a"])];
            db.insert(whole(&db, id, arrays)).await.unwrap();
        }
        db.sql("UPDATE boxes SET name = REPEAT('x', 1000000 + id)")
            .await;
        let mut found = db.scan("Boxes", 2, None).await;
        assert_eq!(ints(&found.records, "id"), [1, 2]);
        found = db.scan("Boxes", 2, found.next).await;
        assert_eq!(ints(&found.records, "id"), [3]);
        let keys: Vec<Vec<Value>> = [3, 1].map(|id| vec![int(id)]).to_vec();
        let many: Vec<Record> = db
            .get_many("Boxes", &keys)
            .await
            .into_iter()
            .flatten()
            .collect();
        assert_eq!(ints(&many, "id"), [3, 1]);
        for record in many {
            let place = record.entity().field("labels").unwrap();
            assert_eq!(*record.value(place), labels(&["b", "a"]));
        }
    });
}

#[test]
fn rows_that_stay_keep_what_their_array_does_not_show() {
    on_boxes(async |db: Db| {
        let arrays = [parts(&[(1, 1), (2, 2), (3, 3)]), seats(&[]), labels(&[])];
        db.insert(whole(&db, 1, arrays)).await.unwrap();
        db.sql("UPDATE parts SET kept = 'mine'").await;
        let kept = "SELECT CONCAT_WS(' ', nr, weight, kept) FROM parts ORDER BY nr";
        set(&db, "parts", parts(&[(1, 9), (2, 2), (4, 4)]))
            .await
            .unwrap();
        assert_eq!(rows(&db, kept).await, ["1 9 mine", "2 2 mine", "4 4 new"]);
        let arrays = [parts(&[(4, 4), (2, 0)]), seats(&[]), labels(&[])];
        db.put(whole(&db, 1, arrays)).await.unwrap();
        assert_eq!(rows(&db, kept).await, ["2 0 mine", "4 4 new"]);
        set(&db, "parts", parts(&[])).await.unwrap();
        assert_eq!(rows(&db, kept).await, [""; 0]);
    });
}

#[test]
fn children_may_exchange_the_values_of_their_unique_keys() {
    on_boxes(async |db: Db| {
        let arrays = [
            parts(&[]),
            seats(&[("a", 1), ("b", 2), ("c", 3)]),
            labels(&[]),
        ];
        db.insert(whole(&db, 1, arrays)).await.unwrap();
        set(&db, "seats", seats(&[("b", 1), ("a", 2), ("c", 3)]))
            .await
            .unwrap();
        let held = "SELECT CONCAT(nr, name) FROM seats ORDER BY nr";
        assert_eq!(rows(&db, held).await, ["1b", "2a", "3c"]);
    });
}

#[test]
fn children_without_a_key_keep_the_order_in_which_they_were_written() {
    on_boxes(async |db: Db| {
        let arrays = [parts(&[]), seats(&[]), labels(&["z", "a", "z"])];
        db.insert(whole(&db, 1, arrays)).await.unwrap();
        let ids = "SELECT CAST(id AS CHAR) FROM labels ORDER BY id";
        let before = rows(&db, ids).await;
        set(&db, "labels", labels(&["z", "a", "z"])).await.unwrap();
        assert_eq!(rows(&db, ids).await, before, "what is equal is not written");
        set(&db, "labels", labels(&["m", "z", "a"])).await.unwrap();
        let held = db.entity("Boxes").field("labels").unwrap();
        assert_eq!(*get(&db, 1).await.value(held), labels(&["m", "z", "a"]));
        assert_eq!(
            rows(&db, "SELECT body FROM labels ORDER BY id").await,
            ["m", "z", "a"]
        );
    });
}

#[test]
fn no_row_outlives_its_record_whatever_the_foreign_keys_say() {
    on_boxes(async |db: Db| {
        for id in [1, 2] {
            let arrays = [parts(&[(1, 1)]), seats(&[("a", 1)]), labels(&["x"])];
            db.insert(whole(&db, id, arrays)).await.unwrap();
        }
        assert!(db.delete("Boxes", &[int(1)], None).await.unwrap());
        let left = "SELECT CONCAT(box_id) FROM parts UNION ALL SELECT box_id FROM seats \
                    UNION ALL SELECT box_id FROM labels";
        assert_eq!(rows(&db, left).await, ["2", "2", "2"]);
        // A row that belongs to no record is in the way of the next one, and is not taken for its own.
        db.sql("INSERT INTO parts (box_id, nr) VALUES (3, 1)").await;
        let arrays = [parts(&[(1, 1)]), seats(&[]), labels(&[])];
        assert_eq!(
            kind(db.insert(whole(&db, 3, arrays)).await),
            UniqueViolation
        );
        assert_eq!(rows(&db, "SELECT CONCAT(id) FROM boxes").await, ["2"]);
    });
}

#[test]
fn many_children_take_few_statements() {
    on_boxes(async |db: Db| {
        let all: Vec<(i128, i128)> = (0..700).map(|nr| (nr, -nr)).collect();
        let arrays = [parts(&all), seats(&[]), labels(&[])];
        let stored = db.insert(whole(&db, 1, arrays)).await.unwrap();
        assert_eq!(get(&db, 1).await, stored);
        let half: Vec<(i128, i128)> = all.iter().copied().filter(|(nr, _)| nr % 2 == 0).collect();
        set(&db, "parts", parts(&half)).await.unwrap();
        let place = db.entity("Boxes").field("parts").unwrap();
        assert_eq!(*get(&db, 1).await.value(place), parts(&half));
        let inserts = "SELECT CONCAT(p.SQL_TEXT) FROM performance_schema.prepared_statements_instances \
                       p JOIN performance_schema.threads t ON t.THREAD_ID = p.OWNER_THREAD_ID \
                       WHERE t.PROCESSLIST_DB = DATABASE() AND p.SQL_TEXT LIKE 'INSERT INTO `parts`%'";
        // 700 = 256 + 256 + 128 + 32 + 16 + 12 rows; two statements have the same text.
        assert_eq!(rows(&db, inserts).await.len(), 5);
    });
}

/// The orders of the shop, written by other code.
async fn orders(db: &Db) {
    db.sql(
        "INSERT INTO orders (id, user_id, placed_at, total)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
         SELECT i, i % 3, TIMESTAMP('2025-01-01') + INTERVAL i % 7 MINUTE, i FROM n",
    )
    .await;
    db.sql(
        "INSERT INTO order_lines (order_id, product_id, quantity, price)
         SELECT o.id, p.id, 1, o.id FROM orders o JOIN orders p ON p.id <= o.id % 5",
    )
    .await;
    db.sql("ANALYZE TABLE orders, order_lines").await;
}

#[test]
fn pages_of_records_with_children_are_as_long_as_asked_in_every_order() {
    on_shop(async |db: Db| {
        orders(&db).await;
        let place = db.entity("Orders").field("lines").unwrap();
        for backward in [false, true] {
            let mut query = db.query("Orders", "by_user", &[int(1)]);
            query.backward = backward;
            let all = db.page(query.clone()).await.unwrap();
            assert_eq!((all.records.len(), all.next), (40, None));
            for limit in [1, 7, 40] {
                query.limit = limit;
                assert_eq!(db.drain(query.clone()).await, all.records, "{limit}");
            }
            for order in &all.records {
                let [id] = ints(std::slice::from_ref(order), "id")[..] else {
                    unreachable!()
                };
                let line = |product| vec![int(product), int(1), int(id)];
                let lines = (1..=id % 5).map(line).collect();
                assert_eq!(*order.value(place), Value::Rows(lines), "{id}");
            }
        }
    });
}

#[test]
fn children_are_found_by_their_key() {
    on_shop(async |db: Db| {
        orders(&db).await;
        let mut query = db.query("Orders", "by_user", &[int(1)]);
        query.limit = 2;
        db.page(query).await.unwrap();
        db.get("Orders", "id", &[int(4)]).await.unwrap().unwrap();
        db.get_many("Orders", &[vec![int(4)], vec![int(5)]]).await;
        let ran = rows(
            &db,
            "SELECT CONCAT(p.SQL_TEXT) FROM performance_schema.prepared_statements_instances p \
             JOIN performance_schema.threads t ON t.THREAD_ID = p.OWNER_THREAD_ID \
             WHERE t.PROCESSLIST_DB = DATABASE() AND p.SQL_TEXT LIKE 'SELECT p.%'",
        );
        let ran: Vec<String> = ran.await;
        assert_eq!(ran.len(), 3, "one statement each: {ran:?}");
        for text in ran {
            let explain = sqlx::AssertSqlSafe(format!("EXPLAIN FORMAT=TRADITIONAL {text}"));
            let mut explain = sqlx::query(explain);
            for _ in 0..text.matches('?').count() {
                explain = explain.bind(1_i64);
            }
            let plan = explain.fetch_all(db.mysql.pool()).await.unwrap();
            let children = plan.iter().find(|row| {
                let table: Option<String> = row.get("table");
                table.as_deref() == Some("c0")
            });
            let key: Option<String> = children.unwrap().get("key");
            assert_eq!(key.as_deref(), Some("PRIMARY"), "{text}");
            let access: Option<String> = children.unwrap().get("type");
            assert_eq!(access.as_deref(), Some("ref"), "{text}");
        }
    });
}

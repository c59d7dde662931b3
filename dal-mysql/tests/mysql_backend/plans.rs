//! How MySQL finds what is asked for, and in how many statements.

use std::ops::Bound;
use std::time::Duration;

use dal_traits::condition::{Comparison, Condition};
use dal_traits::op::Change;
use dal_traits::value::Value;
use sqlx::Row;

use crate::support::{Db, int, on_shop, text};
use crate::writes::{product, user};

/// The texts that the backend prepared on its connections, with how often each ran.
async fn statements(db: &Db) -> Vec<(String, u64)> {
    let rows = sqlx::query(
        "SELECT p.SQL_TEXT, CAST(SUM(p.COUNT_EXECUTE) AS UNSIGNED) \
         FROM performance_schema.prepared_statements_instances p \
         JOIN performance_schema.threads t ON t.THREAD_ID = p.OWNER_THREAD_ID \
         WHERE t.PROCESSLIST_DB = DATABASE() AND p.SQL_TEXT REGEXP '`(users|products)`' \
         GROUP BY p.SQL_TEXT",
    )
    .fetch_all(db.mysql.pool())
    .await
    .unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn count(db: &Db) -> u64 {
    statements(db).await.iter().map(|(_, count)| count).sum()
}

#[test]
fn each_operation_takes_one_statement_and_only_refusals_take_more() {
    on_shop(async |db: Db| {
        let products = db.entity("Products");
        let stock = products.field("stock").unwrap();
        let is = |number| Some(Condition::Compare(stock, Comparison::Eq, int(number)));
        let take = [Change::Add(stock, int(-1))];
        db.insert(user(&db, int(1), "a@x")).await.unwrap();
        db.insert(product(&db, int(1), "books", 1)).await.unwrap();
        let mut before = 0;
        // The server counts a statement shortly after it has replied.
        let mut took = async |expected: u64, what: &str| {
            for _ in 0..200 {
                tokio::time::sleep(Duration::from_millis(20)).await;
                if count(&db).await >= before + expected {
                    break;
                }
            }
            let now = count(&db).await;
            assert_eq!(now - before, expected, "{what}");
            before = now;
        };
        took(2, "two inserts").await;
        db.insert(product(&db, Value::Null, "books", 2))
            .await
            .unwrap();
        took(1, "insert").await;
        db.get("Users", "users_email", &[text("a@x")])
            .await
            .unwrap();
        took(1, "get").await;
        db.get_many(
            "Products",
            &(0..100).map(|id| vec![int(id)]).collect::<Vec<_>>(),
        )
        .await;
        took(1, "get_many").await;
        db.page(db.query("Products", "by_category", &[text("books")]))
            .await
            .unwrap();
        took(1, "query").await;
        db.update("Products", &[int(1)], &take, is(10))
            .await
            .unwrap();
        took(1, "update").await;
        db.update("Products", &[int(9)], &take, None)
            .await
            .unwrap_err();
        took(1, "update of nothing").await;
        db.update("Products", &[int(1)], &take, is(10))
            .await
            .unwrap_err();
        took(3, "update whose condition fails").await;
        db.put(product(&db, int(1), "books", 3)).await.unwrap();
        took(1, "put over a record").await;
        db.put(product(&db, int(8), "books", 3)).await.unwrap();
        took(2, "put of a new record").await;
        db.delete("Products", &[int(8)], None).await.unwrap();
        took(1, "delete").await;
    });
}

#[test]
fn the_paths_of_the_shop_seek_in_their_index_and_sort_nothing() {
    on_shop(async |db: Db| {
        for id in 1..=300 {
            let category = format!("c{}", id % 20);
            db.insert(product(&db, int(id), &category, id % 50))
                .await
                .unwrap();
        }
        db.sql("UPDATE products SET seller = CONCAT('s', id % 20)")
            .await;
        db.sql("ANALYZE TABLE products").await;
        let mut by_price = db.query("Products", "by_category", &[text("c1")]);
        by_price.limit = 2;
        by_price.range = (Bound::Included(int(0)), Bound::Included(int(40)));
        let mut by_seller = db.query("Products", "by_seller", &[text("s1")]);
        by_seller.limit = 2;
        for mut query in [by_price, by_seller] {
            for backward in [false, true] {
                query.backward = backward;
                query.after = None;
                query.after = db.page(query.clone()).await.unwrap().next;
                assert!(query.after.is_some());
                db.page(query.clone()).await.unwrap();
            }
        }
        let ran = statements(&db).await;
        let queries: Vec<&str> = ran
            .iter()
            .map(|(text, _)| text.as_str())
            .filter(|text| text.contains(" ORDER BY "))
            .collect();
        assert_eq!(
            queries.len(),
            8,
            "two paths, two directions, with a cursor and without"
        );
        for query in queries {
            let explain = sqlx::AssertSqlSafe(format!("EXPLAIN FORMAT=TRADITIONAL {query}"));
            let (first, index) = if query.contains("`seller` = ") {
                ("s1", "products_seller")
            } else {
                ("c1", "products_category")
            };
            let mut explain = sqlx::query(explain).bind(first);
            for _ in 1..query.matches('?').count() {
                explain = explain.bind(3_i64);
            }
            let row = explain.fetch_one(db.mysql.pool()).await.unwrap();
            let key: Option<String> = row.get("key");
            assert_eq!(key.as_deref(), Some(index), "{query}");
            let extra: Option<String> = row.get("Extra");
            assert!(!extra.unwrap_or_default().contains("filesort"), "{query}");
        }
    });
}

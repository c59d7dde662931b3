//! The servers themselves: each engine answers, and says which it is.

use dal_testkit::servers::{DynamoDbKind, Engine, announce, dynamodb, mysql, runtime};

#[test]
fn every_engine_of_the_run_answers_with_its_version() {
    let engines = announce("servers", &[Engine::MySql, Engine::Embedded, Engine::Local]);
    runtime().block_on(async {
        if engines.contains(&Engine::MySql) {
            let pool = mysql().fresh_pool().await.unwrap();
            let collation: String = sqlx::query_scalar("SELECT @@collation_database")
                .fetch_one(&pool)
                .await
                .unwrap();
            // The defaults are the ones that matter: this is what a new database has.
            assert_eq!(collation, "utf8mb4_0900_ai_ci");
        }
        for (engine, kind) in [
            (Engine::Embedded, DynamoDbKind::Embedded),
            (Engine::Local, DynamoDbKind::Local),
        ] {
            if engines.contains(&engine) {
                let tables = dynamodb(kind).client().list_tables().send().await.unwrap();
                assert!(tables.table_names().is_empty());
            }
        }
    });
}

#[test]
fn two_databases_are_never_the_same() {
    if announce("servers", &[Engine::MySql]).is_empty() {
        return;
    }
    let (one, two) = runtime().block_on(async {
        (
            mysql().fresh_database().await.unwrap(),
            mysql().fresh_database().await.unwrap(),
        )
    });
    assert_ne!(one, two);
    assert!(one.contains("/dal_test_"));
}

//! Making a table while the service is not ready for it, and inserts whose reply is lost.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dal_testkit::faults::HttpFault;
use dal_traits::{Effect, ErrorKind, OpCx, Retry};
use serde_json::json;
use tokio::time::Instant;

use super::dynamodb_faults::behind;
use super::{create, expect, item, on_dynamodb};

/// `DescribeTable` says that the table is in this state.
fn described(status: &str, index: &str) -> HttpFault {
    HttpFault::Answer {
        status: 200,
        body: json!({"Table": {
            "TableStatus": status,
            "GlobalSecondaryIndexes": [{"IndexName": "by_category", "IndexStatus": index}],
        }}),
    }
}

#[test]
fn a_table_that_is_not_known_yet_is_waited_for() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        for _ in 0..3 {
            let unknown = HttpFault::exception("ResourceNotFoundException");
            faults.next("DescribeTable", unknown);
        }
        create(&db, &format!("{table}_late")).await;
        assert_eq!(faults.count("DescribeTable"), 4);
    });
}

#[test]
fn a_service_that_makes_too_many_tables_is_asked_again() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        for _ in 0..6 {
            faults.next(
                "CreateTable",
                HttpFault::exception("LimitExceededException"),
            );
        }
        create(&db, &format!("{table}_many")).await;
        assert_eq!(faults.count("CreateTable"), 7);
    });
}

#[test]
fn a_table_that_is_being_deleted_is_made_anew() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        faults.next(
            "CreateTable",
            HttpFault::exception("ResourceInUseException"),
        );
        faults.next("DescribeTable", described("DELETING", "DELETING"));
        create(&db, &format!("{table}_anew")).await;
        assert_eq!(faults.count("CreateTable"), 2);

        faults.next("DescribeTable", described("DELETING", "DELETING"));
        let error = db.wait_until_active(&table).await.unwrap_err();
        let missing = (ErrorKind::NoSuchTable, Retry::Never, Effect::None);
        expect(error.class(), "deleting", missing);
        assert!(error.to_string().contains("being deleted"), "{error}");
    });
}

#[test]
fn a_table_that_is_being_updated_can_be_used_and_an_index_being_made_cannot() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        faults.next("DescribeTable", described("UPDATING", "CREATING"));
        faults.next("DescribeTable", described("UPDATING", "UPDATING"));
        db.wait_until_active(&table).await.unwrap();
        assert_eq!(faults.count("DescribeTable"), 2);
    });
}

#[test]
fn a_table_that_is_never_ready_is_a_time_out_at_the_deadline() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        faults.always("DescribeTable", described("CREATING", "CREATING"));
        let cx = OpCx::new().with_deadline(Instant::now() + Duration::from_millis(300));
        let error = cx.scope(db.wait_until_active(&table)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    });
}

#[test]
fn an_insert_whose_reply_is_lost_finds_its_item_whatever_form_numbers_and_sets_have() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        let texts = |texts: [&str; 3]| texts.map(str::to_owned).to_vec();
        let mut ours = item("a", "ours");
        for (name, value) in [
            ("price", AttributeValue::N("1.50".to_owned())),
            ("views", AttributeValue::N("1e3".to_owned())),
            ("tags", AttributeValue::Ss(texts(["c", "a", "b"]))),
            ("sizes", AttributeValue::Ns(texts(["3.0", "10", "0.5"]))),
            (
                "nested",
                AttributeValue::L(vec![AttributeValue::N("7.00".to_owned())]),
            ),
        ] {
            ours.insert(name.to_owned(), value);
        }
        faults.next("PutItem", HttpFault::ReplyLost);
        db.insert_item(&table, "pk", ours).await.unwrap();
        assert_eq!(faults.count("PutItem"), 2);
    });
}

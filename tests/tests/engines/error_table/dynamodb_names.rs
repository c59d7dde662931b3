//! DynamoDB's exceptions: every row of the table, on the wire, read from both forms of the SDK's
//! errors.

use dal_dynamodb::{ERROR_TABLE, VALIDATION_TEXTS};
use dal_testkit::faults::HttpFault;
use dal_traits::{Class, Effect, ErrorKind, Retry};

use super::dynamodb_faults::behind;
use super::{expect, key, on_dynamodb};

#[test]
fn every_row_is_what_the_client_reads_in_both_forms() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        for row in ERROR_TABLE {
            faults.next("UpdateItem", HttpFault::exception(row.name));
            let error = db
                .client()
                .update_item()
                .table_name(&table)
                .set_key(Some(key("any")))
                .send()
                .await
                .unwrap_err();
            let expected = (row.kind, row.retry, row.effect);
            expect(&dal_dynamodb::classify(&error), row.name, expected);
            let any = dal_dynamodb::classify_any(&aws_sdk_dynamodb::Error::from(error));
            expect(&any, row.name, expected);
        }
    });
}

#[test]
fn every_text_of_a_validation_is_what_the_client_reads() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        for &(text, kind) in VALIDATION_TEXTS {
            let text = format!("One: {} two", text.to_uppercase());
            let fault = HttpFault::exception_with("ValidationException", &text);
            faults.next("UpdateItem", fault);
            let error = db
                .client()
                .update_item()
                .table_name(&table)
                .set_key(Some(key("any")))
                .send()
                .await
                .unwrap_err();
            let expected = Class::new(kind).effect(Effect::None);
            let class = dal_dynamodb::classify(&error);
            assert_eq!((class.kind, class.effect), (kind, Effect::None), "{text}");
            assert_eq!(class, expected, "{text}");
        }
    });
}

#[test]
fn a_signature_that_a_clock_spoiled_is_for_the_moment_and_a_wrong_key_is_not() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        let moment = (ErrorKind::Credentials, Retry::Backoff, Effect::None);
        let wrong = (ErrorKind::Credentials, Retry::Never, Effect::None);
        for (text, expected) in [
            (
                "Signature expired: 20261127T101500Z is now earlier than 20261127T102000Z",
                moment,
            ),
            (
                "Signature not yet current: 20261127T104500Z is still later than 20261127T102000Z",
                moment,
            ),
            (
                "The request signature we calculated does not match the signature you provided.",
                wrong,
            ),
        ] {
            let fault = HttpFault::exception_with("InvalidSignatureException", text);
            faults.next("UpdateItem", fault);
            let error = db
                .client()
                .update_item()
                .table_name(&table)
                .set_key(Some(key("any")))
                .send()
                .await
                .unwrap_err();
            expect(&dal_dynamodb::classify(&error), text, expected);
            assert!(dal_dynamodb::classify(&error).is_transient() == (expected == moment));
            let any = dal_dynamodb::classify_any(&aws_sdk_dynamodb::Error::from(error));
            expect(&any, text, expected);
        }
    });
}

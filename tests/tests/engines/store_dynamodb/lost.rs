//! Replies that are lost after the write was applied.

use dal_testkit::faults::HttpFault;
use dal_traits::op::Change;
use dal_traits::{Effect, ErrorKind};

use super::{PLACES, SHOP, kind, on_each};

#[test]
fn a_transaction_whose_reply_is_lost_happens_once() {
    on_each(&SHOP, async |stage| {
        let store = stage.faulty();
        let ann = store.user(1, "ann@x");
        stage
            .faults
            .next("TransactWriteItems", HttpFault::ReplyLost);
        assert_eq!(store.insert(&ann).await.unwrap(), ann);
        assert_eq!(stage.faults.count("TransactWriteItems"), 2);
        assert_eq!(stage.own_items("guard#").await, 2);
        let email = store.place("Users", "email");
        let changes = vec![Change::Set(email, "new@x".into())];
        stage
            .faults
            .next("TransactWriteItems", HttpFault::ReplyLost);
        store.update("Users", 1, changes, None).await.unwrap();
        stage
            .faults
            .next("TransactWriteItems", HttpFault::ReplyLost);
        store.put(&store.user(1, "put@x")).await.unwrap();
        stage
            .faults
            .next("TransactWriteItems", HttpFault::ReplyLost);
        assert!(store.delete("Users", 1, None).await.unwrap());
        assert_eq!(stage.own_items("guard#").await, 0);
    });
}

#[test]
fn a_refusal_after_a_lost_request_does_not_claim_that_nothing_was_written() {
    on_each(&SHOP, async |stage| {
        let store = stage.faulty();
        store.insert(&store.user(1, "ann@x")).await.unwrap();
        stage
            .faults
            .next("TransactWriteItems", HttpFault::RequestLost);
        let error = store.insert(&store.user(1, "bob@x")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        // The first attempt may still be on its way, and the transaction that was refused keeps no token.
        assert_eq!(error.effect(), Effect::Unknown);
    });
}

#[test]
fn an_insert_without_guards_whose_reply_is_lost_is_not_repeated() {
    on_each(&PLACES, async |stage| {
        let store = stage.faulty();
        let visit = store.visit(1, &[("place", "a".into())]);
        stage.faults.next("PutItem", HttpFault::ReplyLost);
        let error = store.insert(&visit).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.effect(), Effect::Unknown);
        assert_eq!(kind(store.insert(&visit).await), ErrorKind::AlreadyExists);
        // An equal record that another caller inserted is never taken for one's own.
        stage.faults.next("PutItem", HttpFault::RequestLost);
        let error = store.insert(&visit).await.unwrap_err();
        assert_eq!(error.effect(), Effect::Unknown);
        assert_eq!(store.by_id("Visits", 1).await, Some(visit));
    });
}

#[test]
fn an_update_whose_reply_is_lost_is_not_repeated() {
    on_each(&PLACES, async |stage| {
        let store = stage.faulty();
        store.insert(&store.visit(1, &[])).await.unwrap();
        let score = store.place("Visits", "score");
        stage.faults.next("UpdateItem", HttpFault::ReplyLost);
        let added = store
            .update("Visits", 1, vec![Change::Add(score, 1.into())], None)
            .await;
        let error = added.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.effect(), Effect::Unknown);
        let found = store.by_id("Visits", 1).await;
        assert_eq!(found, Some(store.visit(1, &[("score", 6.into())])));
        // What had no effect is repeated.
        stage.faults.next("UpdateItem", HttpFault::throttled());
        stage.faults.next("UpdateItem", HttpFault::conflict());
        store
            .update("Visits", 1, vec![Change::Add(score, 1.into())], None)
            .await
            .unwrap();
        let found = store.by_id("Visits", 1).await;
        assert_eq!(found, Some(store.visit(1, &[("score", 7.into())])));
        stage.faults.next("DeleteItem", HttpFault::ReplyLost);
        let error = store.delete("Visits", 1, None).await.unwrap_err();
        assert_eq!(error.effect(), Effect::Unknown);
        assert!(store.by_id("Visits", 1).await.is_none());
    });
}

//! Guards of records that something else wrote: unusable until they are filled.

use aws_sdk_dynamodb::types::AttributeValue;
use dal_testkit::faults::HttpFault;
use dal_traits::op::{Change, GetMany, Op};
use dal_traits::{ErrorKind, Record, Result};

use super::{Backend, PLACES, SHOP, Stage, constraint, id_of, kind, on_each};

/// Writes items of users as another program would: without guards, and before dal knew the table.
async fn write_users(stage: &Stage, users: &[(i64, &str)]) {
    let reply = stage.client.scan().table_name(stage.table("dal"));
    for item in reply.send().await.unwrap().items.unwrap_or_default() {
        remove(stage, "dal", "pk", item["pk"].clone()).await;
    }
    for (id, email) in users {
        let s = |text: &str| AttributeValue::S(text.to_owned());
        let put = stage.client.put_item().table_name(stage.table("Users"));
        let put = put.item("id", AttributeValue::N(id.to_string()));
        let put = put.item("email", s(email)).item("name", s(&id.to_string()));
        let put = put.item("created_at", s("2025-01-02T03:04:05Z"));
        put.send().await.unwrap();
    }
}

async fn remove(stage: &Stage, table: &str, key: &str, value: AttributeValue) {
    let delete = stage.client.delete_item().table_name(stage.table(table));
    delete.key(key, value).send().await.unwrap();
}

async fn by_email(store: &Backend, email: &str) -> Result<Option<i128>> {
    let found = store.get("Users", "users_email", &[email.into()]).await;
    found.map(|found| found.as_ref().map(id_of))
}

fn incomplete<T: std::fmt::Debug>(result: Result<T>) -> String {
    let (kind, name) = constraint(result);
    assert_eq!(kind, ErrorKind::Config, "{name}");
    name
}

#[test]
fn without_its_marker_a_unique_key_is_not_used_and_the_error_says_what_to_do() {
    on_each(&SHOP, async |stage| {
        write_users(&stage, &[(1, "ann@x")]).await;
        let store = stage.backend();
        // It sees that the table has items.
        store.provision().await.unwrap();
        assert_eq!(stage.own_items("").await, 0);
        assert_eq!(incomplete(by_email(&store, "ann@x").await), "users_email");
        let query = store.query("Users", "users_email", &["ann@x".into()]);
        assert_eq!(incomplete(store.page(&query).await), "users_email");
        // Any of the unique keys that a write needs.
        let known = ["users_email", "users_name"];
        let user = store.user(2, "ann@x");
        let place = |name: &str| store.place("Users", name);
        let rename = vec![Change::Set(place("name"), "x".into())];
        for name in [
            incomplete(store.insert(&user).await),
            incomplete(store.put(&user).await),
            incomplete(store.delete("Users", 1, None).await),
        ] {
            assert!(known.contains(&name.as_str()), "{name}");
        }
        let renamed = store.update("Users", 1, rename, None).await;
        let error = renamed.unwrap_err();
        assert!(error.to_string().contains("fill_guards"), "{error}");
        assert_eq!(incomplete(Err::<(), _>(error)), "users_name");
        // What needs no guard goes on.
        let created = vec![Change::Set(
            place("created_at"),
            super::at("2026-01-01 00:00:00"),
        )];
        store.update("Users", 1, created, None).await.unwrap();
        assert!(store.by_id("Users", 1).await.is_some());
        assert_eq!(stage.own_items("").await, 0);
    });
}

#[test]
fn a_record_that_only_its_guard_leads_to_needs_it_for_every_read() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        store.insert(&store.parcel(1, "north", None)).await.unwrap();
        for item in ["complete#parcels#PRIMARY", "complete#parcels#parcels_label"] {
            remove(&stage, "dal", "pk", AttributeValue::S(item.to_owned())).await;
        }
        assert!(store.by_id("Parcels", 1).await.is_some(), "it is known");
        let fresh = stage.backend();
        let found = fresh.get("Parcels", "id", &[1.into()]).await;
        assert_eq!(kind(found), ErrorKind::Config);
        let entity = fresh.entity("Parcels");
        let keys = vec![vec![1.into()]];
        let found = fresh.send(Op::GetMany(GetMany { entity, keys })).await;
        assert_eq!(kind(found), ErrorKind::Config);
        let filled = fresh.fill_guards().await.unwrap();
        assert_eq!((filled.written, filled.kept), (0, 1));
        assert!(fresh.by_id("Parcels", 1).await.is_some());
    });
}

#[test]
fn filled_guards_are_complete_and_filling_them_again_changes_nothing() {
    on_each(&SHOP, async |stage| {
        let users = [(1, "ann@x"), (2, "bob@x"), (3, "cy@x")];
        write_users(&stage, &users).await;
        let store = stage.faulty();
        // Filling ends in the middle, and is repeated.
        for _ in 0..2 {
            stage
                .faults
                .next("PutItem", HttpFault::Delay(std::time::Duration::ZERO));
        }
        let denied = HttpFault::exception("AccessDeniedException");
        stage.faults.always("PutItem", denied);
        assert_eq!(kind(store.fill_guards().await), ErrorKind::AccessDenied);
        stage.faults.heal();
        assert_eq!(incomplete(by_email(&store, "ann@x").await), "users_email");
        let filled = store.fill_guards().await.unwrap();
        assert_eq!(filled.written + filled.kept, 6);
        assert!(filled.duplicates.is_empty());
        assert_eq!(stage.own_items("guard#").await, 6);
        for (id, email) in users {
            assert_eq!(by_email(&store, email).await.unwrap(), Some(id.into()));
        }
        let twin = store.insert(&store.user(4, "ann@x")).await;
        let taken = (ErrorKind::UniqueViolation, "users_email".to_owned());
        assert_eq!(constraint(twin), taken);
        let filled = store.fill_guards().await.unwrap();
        assert_eq!((filled.written, filled.kept), (0, 6));
        // The marker is read once.
        assert!(by_email(&store, "ann@x").await.unwrap().is_some());
        let before = stage.faults.seen().len();
        assert!(by_email(&store, "ann@x").await.unwrap().is_some());
        assert_eq!(stage.faults.seen()[before..], ["GetItem", "GetItem"]);
        // Another program changes a value; the guard of the old one is taken over.
        write_users(&stage, &[]).await;
        let filled = store.fill_guards().await.unwrap();
        assert_eq!((filled.written, filled.kept), (6, 0));
        let put = stage.client.update_item().table_name(stage.table("Users"));
        for (id, email) in [("1", "bob@x"), ("2", "dan@x")] {
            let put = put.clone().key("id", AttributeValue::N(id.to_owned()));
            let put = put.update_expression("SET email = :email");
            let email = AttributeValue::S(email.to_owned());
            let put = put.expression_attribute_values(":email", email);
            put.send().await.unwrap();
        }
        let filled = store.fill_guards().await.unwrap();
        assert_eq!((filled.written, filled.kept), (2, 4));
        assert_eq!(by_email(&store, "bob@x").await.unwrap(), Some(1));
        assert_eq!(by_email(&store, "dan@x").await.unwrap(), Some(2));
    });
}

#[test]
fn two_records_with_one_value_are_listed_and_leave_only_their_unique_key_unusable() {
    on_each(&SHOP, async |stage| {
        write_users(&stage, &[(1, "ann@x"), (2, "bob@x"), (3, "ann@x")]).await;
        let store = stage.backend();
        let filled = store.fill_guards().await.unwrap();
        assert_eq!((filled.written, filled.kept), (5, 0));
        let [twins] = filled.duplicates.as_slice() else {
            panic!("{filled:?}");
        };
        assert_eq!(twins.entity, "Users");
        assert_eq!(twins.constraint, "users_email");
        let mut ids: Vec<_> = twins.items.iter().map(|key| &key.get()["id"]).collect();
        ids.sort_by_key(|id| id.as_n().unwrap().clone());
        assert_eq!(
            ids,
            ["1", "3"]
                .map(|id| AttributeValue::N(id.to_owned()))
                .each_ref()
        );
        assert_eq!(incomplete(by_email(&store, "ann@x").await), "users_email");
        let by_name = store.get("Users", "users_name", &["3".into()]).await;
        assert_eq!(by_name.unwrap().as_ref().map(id_of), Some(3));
        // Both records are there.
        let found: Vec<Option<Record>> =
            futures::future::join_all([1, 3].map(|id| store.by_id("Users", id))).await;
        assert!(found.iter().all(Option::is_some));
        remove(&stage, "Users", "id", AttributeValue::N("3".to_owned())).await;
        let filled = store.fill_guards().await.unwrap();
        assert!(filled.duplicates.is_empty(), "{filled:?}");
        assert_eq!(by_email(&store, "ann@x").await.unwrap(), Some(1));
    });
}

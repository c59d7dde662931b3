//! Ids that the store gives.

use std::sync::Arc;

use async_trait::async_trait;
use dal_memory::MemoryBackend;
use dal_traits::model::Model;
use dal_traits::op::{Op, Reply};
use dal_traits::store::Store;
use dal_traits::{Capability, ErrorKind, OpCx, Result, Service};

use crate::{int, kind, refused, shop, shop_model, things, users, values};

#[tokio::test]
async fn ids_go_on_after_the_greatest_and_survive_deletes() {
    let things = things();
    let next = async || {
        let record = things.insert(values! {kind: "k"}).await.unwrap();
        int(&record, "id")
    };
    assert_eq!((next().await, next().await), (1, 2));
    assert!(things.delete(2).await.unwrap());
    assert_eq!(next().await, 3);
    things.insert(values! {id: 10, kind: "k"}).await.unwrap();
    things.insert(values! {id: 5, kind: "k"}).await.unwrap();
    assert_eq!(next().await, 11);
    things.put(values! {id: 20, kind: "k"}).await.unwrap();
    assert_eq!(next().await, 21);
    assert_eq!(things.next_id().await.unwrap(), 22);
    assert_eq!(next().await, 23);
    things.pass_id(30).await.unwrap();
    things.pass_id(4).await.unwrap();
    assert_eq!(next().await, 31);
}

#[tokio::test]
async fn zero_is_an_id_and_null_is_none() {
    let things = things();
    let zero = things.insert(values! {id: 0, kind: "k"}).await.unwrap();
    assert_eq!(int(&zero, "id"), 0);
    let null = things
        .insert(values! {id: None::<i64>, kind: "k"})
        .await
        .unwrap();
    assert_eq!(int(&null, "id"), 1);
}

#[tokio::test]
async fn ids_that_the_column_cannot_hold_are_used_up() {
    let things = things();
    things.insert(values! {id: 255, kind: "k"}).await.unwrap();
    assert_eq!(
        kind(things.insert(values! {kind: "k"}).await),
        ErrorKind::Limit
    );
    assert_eq!(kind(things.next_id().await), ErrorKind::Limit);
    refused(
        things.pass_id(256).await,
        ErrorKind::InvalidValue,
        &["`id`"],
    );
}

#[tokio::test]
async fn without_auto_increment_there_is_no_next_id() {
    let carts = shop().entity("Carts").unwrap();
    assert_eq!(kind(carts.next_id().await), ErrorKind::Unsupported);
    assert_eq!(kind(carts.pass_id(1).await), ErrorKind::Unsupported);
    let missing = carts.insert(values! {user_id: 1, quantity: 1}).await;
    refused(missing, ErrorKind::InvalidValue, &["`product_id`"]);
}

/// A backend that gives ids with an insert, or does not.
struct Ids(MemoryBackend, Capability);

#[async_trait]
impl Service for Ids {
    fn model(&self) -> &Arc<Model> {
        self.0.model()
    }

    fn capability(&self) -> &Capability {
        &self.1
    }

    async fn call(&self, cx: &OpCx, op: Op) -> Result<Reply> {
        match &op {
            Op::Insert(insert) => {
                let is_given = !insert.record.identity()[0].is_null();
                assert!(is_given || self.1.generates_ids);
            }
            Op::NextId(_) => assert!(!self.1.generates_ids),
            _ => {}
        }
        self.0.call(cx, op).await
    }
}

#[tokio::test]
async fn where_an_insert_gives_no_id_the_next_one_is_taken_before() {
    let memory = MemoryBackend::new(shop_model());
    let capability = Capability {
        generates_ids: false,
        ..*memory.capability()
    };
    let users = Store::open(Ids(memory, capability))
        .entity("Users")
        .unwrap();
    for expected in [1, 2] {
        let name = expected.to_string();
        let given = values! {email: name.clone(), name: name};
        assert_eq!(int(&users.insert(given).await.unwrap(), "id"), expected);
    }
    // An id that the caller gives is kept.
    let given = values! {id: 9, email: "x", name: "x"};
    assert_eq!(int(&users.insert(given).await.unwrap(), "id"), 9);
}

#[tokio::test]
async fn where_an_insert_gives_an_id_none_is_taken_before() {
    let memory = MemoryBackend::new(shop_model());
    let capability = *memory.capability();
    let users = Store::open(Ids(memory, capability))
        .entity("Users")
        .unwrap();
    let given = values! {email: "x", name: "x"};
    assert_eq!(int(&users.insert(given).await.unwrap(), "id"), 1);
}

#[tokio::test]
async fn two_at_once_get_two_ids() {
    let users = users();
    let one = users.insert(values! {email: "a", name: "a"}).send();
    let other = users.insert(values! {email: "b", name: "b"}).send();
    let (one, other) = tokio::join!(one, other);
    assert_ne!(int(&one.unwrap(), "id"), int(&other.unwrap(), "id"));
}

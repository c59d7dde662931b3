//! Counters of ids.

use dal_testkit::faults::HttpFault;
use dal_traits::ErrorKind;

use super::{PLACES, SHOP, kind, on_each};

#[test]
fn a_counter_gives_each_id_once_from_where_it_was_initialised() {
    on_each(&SHOP, async |stage| {
        let store = stage.backend();
        let error = store.next_id("Users").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("pass_id"), "{error}");
        store.pass_id("Users", 41).await.unwrap();
        assert_eq!(store.next_id("Users").await.unwrap(), 42);
        // An id that was passed already moves nothing back.
        store.pass_id("Users", 7).await.unwrap();
        assert_eq!(store.next_id("Users").await.unwrap(), 43);
        assert_eq!(kind(store.next_id("Products").await), ErrorKind::Config);
        let all = futures::future::join_all((0..8).map(|_| store.next_id("Users"))).await;
        let mut all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
        all.sort_unstable();
        assert_eq!(all, (44..52).collect::<Vec<_>>());
    });
}

#[test]
fn a_record_with_its_own_id_moves_a_counter_that_exists() {
    on_each(&SHOP, async |stage| {
        let store = stage.faulty();
        store.insert(&store.user(5, "five@x")).await.unwrap();
        assert_eq!(kind(store.next_id("Users").await), ErrorKind::Config);
        store.pass_id("Users", 5).await.unwrap();
        store.insert(&store.user(100, "hundred@x")).await.unwrap();
        assert_eq!(store.next_id("Users").await.unwrap(), 101);
        store.put(&store.user(200, "two@x")).await.unwrap();
        assert_eq!(store.next_id("Users").await.unwrap(), 201);
        // An id that came from the counter costs no request.
        let before = stage.faults.count("UpdateItem");
        store.insert(&store.user(201, "next@x")).await.unwrap();
        store.insert(&store.user(50, "below@x")).await.unwrap();
        assert_eq!(stage.faults.count("UpdateItem"), before);
        assert_eq!(store.next_id("Users").await.unwrap(), 202);
    });
}

#[test]
fn used_up_ids_are_a_limit_and_a_lost_reply_only_skips_one() {
    on_each(&PLACES, async |stage| {
        let store = stage.faulty();
        store.pass_id("Parcels", 252).await.unwrap();
        assert_eq!(store.next_id("Parcels").await.unwrap(), 253);
        stage.faults.next("UpdateItem", HttpFault::ReplyLost);
        assert_eq!(store.next_id("Parcels").await.unwrap(), 255);
        assert_eq!(kind(store.next_id("Parcels").await), ErrorKind::Limit);
        assert_eq!(kind(store.next_id("Visits").await), ErrorKind::Config);
    });
}

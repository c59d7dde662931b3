//! Pages of paths: order, ranges, filters, cursors.

use std::ops::Bound;

use dal_traits::condition::{Comparison, Condition};
use dal_traits::op::{Op, Query, Reply, Scan};
use dal_traits::value::Value;
use dal_traits::{ErrorKind, Record};

use super::{Backend, PLACES, SHOP, at, id_of, kind, on_each};

fn moment(day: i64) -> Value {
    at(&format!("2025-01-{day:02} 00:00:00.000000"))
}

/// Visits 1 to 12 of user 1: two of each day, ids against the order of days.
async fn visits(store: &Backend) {
    for id in 1..=12 {
        let day = 6 - (id - 1) / 2;
        let visit = store.visit(id, &[("at", moment(day)), ("score", (id % 3).into())]);
        store.insert(&visit).await.unwrap();
    }
    let of_another = store.visit(50, &[("user_id", 2.into()), ("at", moment(1))]);
    store.insert(&of_another).await.unwrap();
}

#[test]
fn a_composite_sort_key_orders_pages_in_both_directions() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        visits(&store).await;
        let mut query = store.query("Visits", "by_user", &[1.into()]);
        // By the text of `at#id`: 11 and 12 of the first day, and 9 after 10 of the second.
        let order = [11, 12, 10, 9, 7, 8, 5, 6, 3, 4, 1, 2];
        assert_eq!(store.ids(&query).await, [order]);
        for limit in [1, 2, 3, 5, 11, 12, 13] {
            query.limit = limit;
            query.backward = false;
            let pages = store.ids(&query).await;
            assert_eq!(pages.concat(), order);
            let size = usize::try_from(limit).unwrap();
            assert_eq!(
                pages.len(),
                12_usize.div_ceil(size),
                "no empty page at the end"
            );
            query.backward = true;
            let reversed: Vec<i128> = order.iter().rev().copied().collect();
            assert_eq!(store.ids(&query).await.concat(), reversed);
        }
        let page = store.page(&query).await.unwrap();
        assert_eq!(
            page.records[0].get("level"),
            Some(&7.into()),
            "the record is whole"
        );
    });
}

#[test]
fn ranges_and_prefixes_of_a_composite_sort_key() {
    use Bound::{Excluded, Included, Unbounded};
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        visits(&store).await;
        let query = |least: Bound<i64>, greatest: Bound<i64>| Query {
            range: (least.map(moment), greatest.map(moment)),
            ..store.query("Visits", "by_user", &[1.into()])
        };
        for (least, greatest, expected) in [
            (Included(2), Included(3), vec![10, 9, 7, 8]),
            (Excluded(2), Included(3), vec![7, 8]),
            (Included(2), Excluded(3), vec![10, 9]),
            (Excluded(2), Excluded(3), vec![]),
            (Included(5), Unbounded, vec![3, 4, 1, 2]),
            (Excluded(5), Unbounded, vec![1, 2]),
            (Unbounded, Included(1), vec![11, 12]),
            (Unbounded, Excluded(2), vec![11, 12]),
            (Unbounded, Excluded(1), vec![]),
            (Included(3), Included(2), vec![]),
        ] {
            let mut query = query(least, greatest);
            query.limit = 3;
            assert_eq!(
                store.ids(&query).await.concat(),
                expected,
                "{least:?} {greatest:?}"
            );
            query.backward = true;
            let reversed: Vec<i128> = expected.into_iter().rev().collect();
            assert_eq!(
                store.ids(&query).await.concat(),
                reversed,
                "{least:?} {greatest:?}"
            );
        }
        let day = store.query("Visits", "by_user", &[1.into(), moment(2)]);
        assert_eq!(store.ids(&day).await, [[10, 9]]);
        let one = store.query("Visits", "by_user", &[1.into(), moment(2), 9.into()]);
        assert_eq!(store.ids(&one).await, [[9]]);
        let none = store.query("Visits", "by_user", &[1.into(), moment(2), 8.into()]);
        assert_eq!(store.ids(&none).await, [[0_i128; 0]]);
    });
}

#[test]
fn a_page_has_its_limit_of_matching_records_and_a_next_only_when_another_matches() {
    on_each(&PLACES, async |stage| {
        let store = stage.faulty();
        for id in 1..=230 {
            let level = if [3, 120, 229].contains(&id) { 1 } else { 2 };
            store
                .insert(&store.visit(id, &[("level", level.into()), ("place", "p".into())]))
                .await
                .unwrap();
        }
        let level = store.place("Visits", "level");
        for path in ["by_user", "by_place"] {
            let key = if path == "by_user" {
                Value::from(1)
            } else {
                "p".into()
            };
            let mut query = store.query("Visits", path, &[key]);
            query.filter = Some(Condition::Compare(level, Comparison::Eq, 1.into()));
            query.limit = 1;
            let pages = store.ids(&query).await;
            assert_eq!(pages.len(), 3, "{pages:?}");
            let mut ids = pages.concat();
            ids.sort_unstable();
            assert_eq!(ids, [3, 120, 229]);
            query.limit = 3;
            assert_eq!(store.page(&query).await.unwrap().next, None);
            query.filter = Some(Condition::Or(Vec::new()));
            assert_eq!(
                store.page(&query).await.unwrap(),
                dal_traits::op::Page::default()
            );
        }
    });
}

#[test]
fn a_cursor_survives_the_deletion_of_its_record() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        visits(&store).await;
        for backward in [false, true] {
            let mut query = store.query("Visits", "by_user", &[1.into()]);
            query.backward = backward;
            let all = store.ids(&query).await.concat();
            query.limit = 4;
            let page = store.page(&query).await.unwrap();
            let last = i64::try_from(id_of(page.records.last().unwrap())).unwrap();
            let record = store.by_id("Visits", last).await.unwrap();
            assert!(store.delete("Visits", last, None).await.unwrap());
            query.after = page.next;
            assert_eq!(store.ids(&query).await.concat(), all[4..]);
            store.insert(&record).await.unwrap();
        }
    });
}

#[test]
fn a_cursor_of_another_query_is_refused() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        visits(&store).await;
        let mut query = store.query("Visits", "by_user", &[1.into()]);
        query.limit = 2;
        let next = store.page(&query).await.unwrap().next;
        let mut backward = query.clone();
        backward.backward = true;
        let mut other_key = query.clone();
        other_key.key = vec![2.into()];
        for mut other in [backward, other_key] {
            other.after.clone_from(&next);
            assert_eq!(kind(store.page(&other).await), ErrorKind::InvalidCursor);
        }
    });
}

#[test]
fn ties_are_paged_without_loss_and_an_index_that_lacks_fields_is_completed() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        for id in 1..=25 {
            let visit = store.visit(
                id,
                &[
                    ("place", "p".into()),
                    ("score", (id % 2).into()),
                    ("note", "n".into()),
                ],
            );
            store.insert(&visit).await.unwrap();
        }
        let mut query = store.query("Visits", "by_place", &["p".into()]);
        query.limit = 4;
        for backward in [false, true] {
            query.backward = backward;
            let mut records: Vec<Record> = Vec::new();
            let mut next = query.clone();
            loop {
                let page = store.page(&next).await.unwrap();
                records.extend(page.records);
                match page.next {
                    Some(cursor) => next.after = Some(cursor),
                    None => break,
                }
            }
            let score = |record: &Record| match record.get("score") {
                Some(Value::Int(score)) => *score,
                other => panic!("{other:?}"),
            };
            let mut scores: Vec<i128> = records.iter().map(score).collect();
            if backward {
                scores.reverse();
            }
            assert!(scores.is_sorted(), "{scores:?}");
            assert!(
                records
                    .iter()
                    .all(|record| record.get("note") == Some(&"n".into()))
            );
            let mut ids: Vec<i128> = records.iter().map(id_of).collect();
            ids.sort_unstable();
            assert_eq!(ids, (1..=25).collect::<Vec<_>>());
        }
        query.backward = false;
        query.range = (Bound::Excluded(0.into()), Bound::Unbounded);
        assert_eq!(store.ids(&query).await.concat().len(), 13);
        query.range = (Bound::Unbounded, Bound::Excluded(1.into()));
        assert_eq!(store.ids(&query).await.concat().len(), 12);
        query.range = (Bound::Included(0.into()), Bound::Included(0.into()));
        assert_eq!(store.ids(&query).await.concat().len(), 12);
    });
}

#[test]
fn a_record_with_null_in_a_key_of_an_index_is_not_in_it() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        store
            .insert(&store.visit(1, &[("place", "p".into())]))
            .await
            .unwrap();
        store.insert(&store.visit(2, &[])).await.unwrap();
        let query = store.query("Visits", "by_place", &["p".into()]);
        assert_eq!(store.ids(&query).await, [[1]]);
        let place = store.place("Visits", "place");
        let enter = vec![dal_traits::op::Change::Set(place, "p".into())];
        store.update("Visits", 2, enter, None).await.unwrap();
        assert_eq!(store.ids(&query).await.concat().len(), 2);
        let leave = vec![dal_traits::op::Change::Set(place, Value::Null)];
        store.update("Visits", 1, leave, None).await.unwrap();
        assert_eq!(store.ids(&query).await, [[2]]);
    });
}

#[test]
fn an_entry_whose_record_is_gone_or_moved_by_now_is_dropped() {
    on_each(&PLACES, async |stage| {
        let (slow, quick) = (stage.faulty(), stage.backend());
        for id in 1..=4 {
            quick
                .insert(&quick.visit(id, &[("at", moment(id))]))
                .await
                .unwrap();
        }
        let query = quick.query("Visits", "by_user", &[1.into()]);
        // The index is read at once, the records late.
        let pause = dal_testkit::faults::HttpFault::Delay(std::time::Duration::from_secs(1));
        stage.faults.next("BatchGetItem", pause);
        let write = async {
            stage.reached("BatchGetItem", 1).await;
            assert!(quick.delete("Visits", 2, None).await.unwrap());
            let moved = quick.visit(3, &[("at", moment(9))]);
            quick.put(&moved).await.unwrap();
            let changed = quick.visit(4, &[("at", moment(4)), ("note", "new".into())]);
            quick.put(&changed).await.unwrap();
        };
        let (page, ()) = tokio::join!(slow.page(&query), write);
        let records = page.unwrap().records;
        let ids: Vec<i128> = records.iter().map(id_of).collect();
        assert_eq!(ids, [1, 4]);
        assert_eq!(records[1].get("note"), Some(&"new".into()));
    });
}

#[test]
fn an_index_with_whole_items_is_read_in_one_request_a_page() {
    on_each(&SHOP, async |stage| {
        let store = stage.faulty();
        for id in 1..=6 {
            let product = store.record(
                "Products",
                &[
                    ("id", id.into()),
                    ("seller", "s".into()),
                    ("category", "books".into()),
                    ("name", "n".into()),
                    ("description", "".into()),
                    ("price", (100 * (id % 3)).into()),
                    ("stock", 1.into()),
                ],
            );
            store.insert(&product).await.unwrap();
        }
        let before = stage.faults.seen().len();
        let mut query = store.query("Products", "by_category", &["books".into()]);
        query.range = (Bound::Included(100.into()), Bound::Included(200.into()));
        let ids = store.ids(&query).await.concat();
        assert_eq!(stage.faults.seen()[before..], ["Query"]);
        let mut first: Vec<i128> = ids[..2].to_vec();
        first.sort_unstable();
        assert_eq!((first, ids.len()), (vec![1, 4], 4));
        let seller = store.query("Products", "by_seller", &["s".into()]);
        assert_eq!(store.ids(&seller).await, [[1, 2, 3, 4, 5, 6]]);
    });
}

#[test]
fn a_scan_reads_every_record_once_page_by_page() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        visits(&store).await;
        let score = store.place("Visits", "score");
        for (filter, expected) in [
            (None, 13),
            (Some(Condition::Compare(score, Comparison::Eq, 1.into())), 4),
        ] {
            let mut scan = Scan {
                entity: store.entity("Visits"),
                filter,
                limit: 3,
                after: None,
            };
            let mut ids = Vec::new();
            let mut pages = 0;
            loop {
                let reply = store.send(Op::Scan(scan.clone())).await.unwrap();
                let Reply::Page(page) = reply else { panic!() };
                pages += 1;
                assert!(page.records.len() <= 3);
                ids.extend(page.records.iter().map(id_of));
                match page.next {
                    Some(cursor) => scan.after = Some(cursor),
                    None => break,
                }
            }
            assert_eq!(pages, ids.len().div_ceil(3));
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), expected);
        }
    });
}

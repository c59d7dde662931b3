//! Reads that match little end, and go on where they ended.

use dal_dynamodb::DynamoDbBackend;
use dal_traits::condition::{Comparison, Condition};
use dal_traits::op::{Op, Page, Reply, Scan};
use dal_traits::store::{Entity, Path, Store};
use dal_traits::{Cursor, Error, ErrorKind, Result, Unfinished};

use super::{Backend, PLACES, Stage, id_of, on_each};

const BUDGET: usize = 20;

/// What a read may send: some of the requests are for the rest of a page.
const REQUESTS: usize = 3;

fn within_budget(stage: &Stage) -> DynamoDbBackend {
    let db = dal_dynamodb::from_client(&stage.faults.client(&stage.client));
    let backend = DynamoDbBackend::new(db, stage.model.clone());
    backend.table_prefix(&stage.prefix).read_budget(BUDGET)
}

/// Visits 1 to 70 of user 1, of which 3, 45 and 70 have the level 1.
async fn visits(store: &Backend) {
    let level = |id: i64| if [3, 45, 70].contains(&id) { 1 } else { 2 };
    let records: Vec<_> = (1..=70)
        .map(|id| store.visit(id, &[("level", level(id).into()), ("place", "p".into())]))
        .collect();
    let inserted = records.iter().map(|record| store.insert(record));
    futures::future::try_join_all(inserted).await.unwrap();
}

/// Every record that a read finds, and how often its budget was used up.
async fn drain(
    stage: &Stage,
    limit: usize,
    read: impl AsyncFn(Option<Cursor>) -> Result<Page>,
) -> (Vec<i128>, usize) {
    let (mut ids, mut exceeded, mut after) = (Vec::new(), 0, None);
    loop {
        let before = stage.faults.seen().len();
        let (records, next) = match read(after.take()).await {
            Ok(page) => (page.records, page.next),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::BudgetExceeded, "{error:?}");
                assert!(!format!("{error:?}").contains("level"), "{error:?}");
                exceeded += 1;
                let unfinished = Unfinished::of(&error).unwrap();
                (unfinished.records.clone(), Some(unfinished.next.clone()))
            }
        };
        let reads = stage.faults.seen()[before..].to_vec();
        let reads = reads
            .iter()
            .filter(|seen| ["Query", "Scan"].contains(&seen.as_str()));
        assert!(reads.count() <= REQUESTS);
        assert!(records.len() <= limit);
        ids.extend(records.iter().map(id_of));
        match next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    ids.sort_unstable();
    (ids, exceeded)
}

#[test]
fn a_read_that_passes_over_too_many_items_ends_and_goes_on_behind_them() {
    on_each(&PLACES, async |stage| {
        let store = Backend(within_budget(&stage));
        visits(&store).await;
        let level = store.place("Visits", "level");
        let is = |level_is: i64| Condition::Compare(level, Comparison::Eq, level_is.into());
        for limit in [1, 5] {
            let size = usize::try_from(limit).unwrap();
            for (path, key) in [("by_user", 1.into()), ("by_place", "p".into())] {
                let mut query = store.query("Visits", path, &[key]);
                query.limit = limit;
                query.filter = Some(is(1));
                let read = async |after| {
                    let mut query = query.clone();
                    query.after = after;
                    store.page(&query).await
                };
                let (ids, exceeded) = drain(&stage, size, read).await;
                assert_eq!(ids, [3, 45, 70], "{path}");
                assert!(exceeded >= 2, "{exceeded}");
            }
            let scan = async |after| {
                let scan = Scan {
                    entity: store.entity("Visits"),
                    filter: Some(is(1)),
                    limit,
                    after,
                };
                match store.send(Op::Scan(scan)).await? {
                    Reply::Page(page) => Ok(page),
                    other => panic!("{other:?}"),
                }
            };
            let (ids, exceeded) = drain(&stage, size, scan).await;
            assert_eq!(ids, [3, 45, 70]);
            assert!(exceeded >= 2, "{exceeded}");
        }
        // What is returned is not passed over.
        let mut query = store.query("Visits", "by_user", &[1.into()]);
        query.filter = Some(is(2));
        assert_eq!(store.page(&query).await.unwrap().records.len(), 67);
        query.filter = None;
        assert_eq!(store.page(&query).await.unwrap().records.len(), 70);
    });
}

#[test]
fn a_scan_that_meets_no_record_of_its_entity_has_no_place_to_go_on() {
    on_each(&PLACES, async |stage| {
        let store = Backend(within_budget(&stage));
        for id in 1..=25 {
            let person = store.record("Data.PERSON", &[("id", id.into())]);
            store.insert(&person).await.unwrap();
        }
        let scan = Scan {
            entity: store.entity("Data.STAY"),
            filter: None,
            limit: 1,
            after: None,
        };
        let error = store.send(Op::Scan(scan)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BudgetExceeded);
        assert!(Unfinished::of(&error).is_none());
    });
}

#[derive(Debug, Entity)]
#[dal("Visits")]
struct Visit {
    id: u64,
    level: i32,
}

#[derive(Path)]
#[dal(Visit, "by_user")]
struct OfUser {
    user_id: u64,
}

#[test]
fn structs_go_on_as_well() {
    on_each(&PLACES, async |stage| {
        visits(&stage.backend()).await;
        let store = Store::open(within_budget(&stage));
        let store = store.verify::<(Visit, OfUser)>().unwrap();
        let query = || {
            store
                .query(OfUser { user_id: 1 })
                .filter(Visit::LEVEL.eq(1))
        };
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = match query().after(after).await {
                Ok(page) => page,
                Err(error) => store.unfinished::<Visit>(&error).unwrap().unwrap(),
            };
            assert!(page.records.iter().all(|visit| visit.level == 1));
            ids.extend(page.records.iter().map(|visit| visit.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        ids.sort_unstable();
        assert_eq!(ids, [3, 45, 70]);
        let other = Error::new(ErrorKind::BudgetExceeded, "of another backend");
        assert!(store.unfinished::<Visit>(&other).unwrap().is_none());
    });
}

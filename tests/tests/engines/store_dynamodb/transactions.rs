//! Several writes in one `TransactWriteItems`.

use std::time::Duration;

use dal_dynamodb::MAX_TRANSACTION_ACTIONS;
use dal_testkit::faults::HttpFault;
use dal_traits::condition::{Comparison, Condition};
use dal_traits::op::{Change, Check, Delete, Insert, Op, Put, Reply, Step, Transact, Update};
use dal_traits::value::Value;
use dal_traits::{ErrorKind, Record, Result};

use super::{Backend, PLACES, SHOP, on_each};

const WRITE: &str = "TransactWriteItems";

/// How long a request is held back: longer than what overtakes it takes.
const PAUSE: Duration = Duration::from_millis(500);

impl Backend {
    async fn transact(&self, steps: Vec<Step>) -> Result<Vec<Reply>> {
        match self.send(Op::Transact(Transact { steps })).await? {
            Reply::Transacted(replies) => Ok(replies),
            other => panic!("{other:?}"),
        }
    }

    fn added(&self, id: i64, field: &str, number: i64) -> Step {
        self.changed("Visits", id, vec![self.add(field, number)], None)
    }

    fn add(&self, field: &str, number: i64) -> Change {
        let place = self.place("Visits", field);
        match field {
            "balance" => Change::Add(place, super::decimal(&number.to_string())),
            _ => Change::Add(place, number.into()),
        }
    }

    fn changed(
        &self,
        entity: &str,
        id: i64,
        changes: Vec<Change>,
        when: Option<Condition>,
    ) -> Step {
        Step::Update(Update {
            entity: self.entity(entity),
            identity: vec![id.into()],
            changes,
            when,
        })
    }

    fn deleted(&self, entity: &str, id: i64, when: Option<Condition>) -> Step {
        Step::Delete(Delete {
            entity: self.entity(entity),
            identity: vec![id.into()],
            when,
        })
    }

    fn checked(&self, entity: &str, id: i64, when: Option<Condition>) -> Step {
        Step::Check(Check {
            entity: self.entity(entity),
            identity: vec![id.into()],
            when,
        })
    }

    fn is(&self, entity: &str, field: &str, value: impl Into<Value>) -> Condition {
        let place = self.place(entity, field);
        Condition::Compare(place, Comparison::Eq, value.into())
    }

    fn inserted(record: &Record) -> Step {
        let record = record.clone();
        Step::Insert(Insert { record })
    }

    async fn score(&self, id: i64) -> Value {
        let visit = self.by_id("Visits", id).await.unwrap();
        visit.get("score").unwrap().clone()
    }
}

fn refusal(result: Result<Vec<Reply>>) -> (ErrorKind, Option<usize>) {
    let error = result.unwrap_err();
    (error.kind(), error.step())
}

#[test]
fn what_follows_from_the_arguments_is_one_request_and_a_lost_reply_has_its_effect_once() {
    on_each(&PLACES, async |stage| {
        let store = stage.faulty();
        for id in [1, 2, 3] {
            store.insert(&store.visit(id, &[])).await.unwrap();
        }
        let steps = || {
            let score = Some(store.is("Visits", "score", 5));
            vec![
                Backend::inserted(&store.visit(4, &[])),
                store.added(1, "score", 2),
                store.deleted("Visits", 2, score.clone()),
                store.checked("Visits", 3, score),
            ]
        };
        stage.faults.next(WRITE, HttpFault::ReplyLost);
        let replies = store.transact(steps()).await.unwrap();
        let new = Reply::Inserted(store.visit(4, &[]));
        assert_eq!(
            replies,
            [new, Reply::Done, Reply::Existed(true), Reply::Done]
        );
        assert_eq!(stage.faults.count(WRITE), 2);
        assert_eq!(stage.faults.count("GetItem"), 0);
        assert_eq!(store.score(1).await, 7.into());
        assert!(store.by_id("Visits", 2).await.is_none());
        // The same again is another transaction.
        assert_eq!(
            refusal(store.transact(steps()).await),
            (ErrorKind::AlreadyExists, Some(1))
        );
        assert_eq!(store.score(1).await, 7.into());
    });
}

#[test]
fn a_step_that_is_refused_by_a_read_is_decided_together_with_the_steps_before_it() {
    on_each(&PLACES, async |stage| {
        let store = stage.faulty();
        store.insert(&store.visit(1, &[])).await.unwrap();
        let stamp = store.place("Parcels", "stamp");
        let label = store.place("Parcels", "label");
        let set = |place, text: &str| vec![Change::Set(place, text.into())];
        let of_missing = || store.changed("Parcels", 1, set(label, "x"), None);
        let false_one = Some(store.is("Visits", "score", 4));
        let steps = vec![
            store.changed("Visits", 1, vec![store.add("score", 1)], false_one),
            of_missing(),
        ];
        let refused = refusal(store.transact(steps).await);
        assert_eq!(refused, (ErrorKind::ConditionFailed, Some(1)));
        let steps = vec![store.added(1, "score", 1), of_missing()];
        let before = stage.faults.count(WRITE);
        let refused = refusal(store.transact(steps).await);
        assert_eq!(refused, (ErrorKind::NotFound, Some(2)));
        assert_eq!(stage.faults.count(WRITE), before + 1);
        assert_eq!(store.score(1).await, 5.into());

        // Records whose identity does not lead to their item.
        store
            .insert(&store.parcel(1, "north", Some("a")))
            .await
            .unwrap();
        store
            .insert(&store.parcel(2, "north", Some("b")))
            .await
            .unwrap();
        let depot = store.place("Parcels", "depot");
        let steps = vec![
            store.deleted("Parcels", 9, None),
            store.checked("Parcels", 2, Some(store.is("Parcels", "label", "b"))),
            store.changed("Parcels", 1, set(depot, "south"), None),
        ];
        let replies = store.transact(steps).await.unwrap();
        assert_eq!(replies, [Reply::Existed(false), Reply::Done, Reply::Done]);
        let moved = store.parcel(1, "south", Some("a"));
        assert_eq!(store.by_id("Parcels", 1).await, Some(moved));
        let steps = vec![
            store.changed("Parcels", 1, set(stamp, "red"), None),
            store.checked("Parcels", 2, Some(store.is("Parcels", "label", "a"))),
        ];
        let refused = refusal(store.transact(steps).await);
        assert_eq!(refused, (ErrorKind::ConditionFailed, Some(2)));
        // Both change the place of the record and what is unique.
        let moved =
            |label_to: &str, depot_to: &str| [set(label, label_to), set(depot, depot_to)].concat();
        let steps = vec![
            store.changed("Parcels", 1, moved("c", "east"), None),
            store.changed("Parcels", 2, moved("a", "west"), None),
            Backend::inserted(&store.parcel(3, "east", Some("b"))),
        ];
        store.transact(steps).await.unwrap();
        for (id, depot, label) in [(1, "east", "c"), (2, "west", "a"), (3, "east", "b")] {
            let path = [Value::from(label)];
            let found = store.get("Parcels", "parcels_label", &path).await.unwrap();
            assert_eq!(found, Some(store.parcel(id, depot, Some(label))));
        }
        assert_eq!(stage.own_items("guard#").await, 6);
    });
}

#[test]
fn an_addition_to_null_is_planned_anew_and_stays_null() {
    on_each(&PLACES, async |stage| {
        let store = stage.faulty();
        store.insert(&store.visit(1, &[])).await.unwrap();
        store.insert(&store.visit(2, &[])).await.unwrap();
        let both = vec![store.add("score", 1), store.add("balance", 3)];
        let steps = vec![
            store.changed("Visits", 1, both, None),
            store.added(2, "score", 1),
        ];
        store.transact(steps).await.unwrap();
        assert_eq!(stage.faults.count(WRITE), 2);
        let found = store.by_id("Visits", 1).await.unwrap();
        assert_eq!(found.get("score"), Some(&6.into()));
        assert_eq!(found.get("balance"), Some(&Value::Null));
        assert_eq!(store.score(2).await, 6.into());
        let steps = vec![store.added(2, "score", 1), store.added(1, "score", -7)];
        let refused = refusal(store.transact(steps).await);
        assert_eq!(refused, (ErrorKind::InvalidValue, Some(2)));
        assert_eq!(store.score(2).await, 6.into());
    });
}

#[test]
fn a_transaction_that_others_overtake_is_planned_anew() {
    on_each(&SHOP, async |stage| {
        let (slow, quick) = (stage.faulty(), stage.backend());
        quick.insert(&quick.user(1, "ann@x")).await.unwrap();
        let email = quick.place("Users", "email");
        let set = |to: &str| vec![Change::Set(email, to.into())];
        let steps = || {
            vec![
                slow.deleted("Users", 2, None),
                slow.changed("Users", 1, set("slow@x"), None),
            ]
        };
        // The slow one has read that there is no user 2, and the address of user 1.
        stage.faults.next(WRITE, HttpFault::Delay(PAUSE));
        let overtaking = async {
            stage.reached(WRITE, 1).await;
            quick.insert(&quick.user(2, "ben@x")).await.unwrap();
            quick
                .update("Users", 1, set("quick@x"), None)
                .await
                .unwrap();
        };
        let (done, ()) = tokio::join!(slow.transact(steps()), overtaking);
        assert_eq!(done.unwrap(), [Reply::Existed(true), Reply::Done]);
        assert_eq!(stage.faults.count(WRITE), 2);
        assert!(quick.by_id("Users", 2).await.is_none());
        assert_eq!(stage.own_items("guard#").await, 2);

        let reasons = ["None", "ConditionalCheckFailed", "None", "None"];
        stage.faults.always(WRITE, HttpFault::cancelled(&reasons));
        let before = stage.faults.count(WRITE);
        let ended = refusal(slow.transact(steps()).await);
        assert_eq!(ended, (ErrorKind::Conflict, Some(2)));
        assert_eq!(stage.faults.count(WRITE), before + 10);
        stage.faults.heal();
    });
}

#[test]
fn more_than_dynamodb_takes_at_once_is_refused_before_it_is_sent() {
    on_each(&PLACES, async |stage| {
        let store = stage.faulty();
        let parcels = |count: u8| {
            let steps = (1..=count).map(|id| {
                let label = format!("label {id}");
                Backend::inserted(&store.parcel(id.into(), "north", Some(&label)))
            });
            steps.collect::<Vec<_>>()
        };
        // An item and two guards each, and one without a label: 100 actions.
        let mut steps = parcels(32);
        let record = store.parcel(40, "north", None);
        steps.push(Step::Put(Put { record }));
        steps.push(store.checked("Visits", 1, None));
        steps.push(Backend::inserted(&store.visit(2, &[])));
        let refused = refusal(store.transact(steps.clone()).await);
        assert_eq!(refused, (ErrorKind::NotFound, Some(34)));
        assert_eq!(stage.faults.count(WRITE), 1);
        steps.push(Backend::inserted(&store.visit(3, &[])));
        let error = store.transact(steps).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        let limit = ("limit", MAX_TRANSACTION_ACTIONS.to_string());
        assert!(error.context().contains(&limit), "{error}");

        let note = "n".repeat(390 * 1024);
        let large = (1..=11)
            .map(|id| Backend::inserted(&store.visit(id, &[("note", note.as_str().into())])));
        let error = store.transact(large.collect()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert_eq!(stage.faults.count(WRITE), 1, "nothing more was sent");
    });
}

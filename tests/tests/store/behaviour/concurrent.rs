//! Writers and readers of one record at the same time.

use dal_testkit::servers::{Engine, runtime};
use dal_traits::store::{EntityStore, Store};
use dal_traits::value::Value;
use dal_traits::{ErrorKind, Record};
use time::macros::datetime;

use super::orders::{get, lines};
use super::{int, of, value};
use crate::stores::{SHOP, engines, fresh, on_every_store};

const ROUNDS: i128 = 100;
const READS: usize = 3000;

fn whole(total: i128, held: Value) -> [(&'static str, Value); 5] {
    [
        ("id", int(1)),
        ("user_id", int(1)),
        ("placed_at", Value::DateTime(datetime!(2025-01-02 03:04:05))),
        ("total", int(total)),
        ("lines", held),
    ]
}

/// As often as others are in the way; the store itself says that it is worth it.
async fn set(orders: &EntityStore, held: Value) {
    loop {
        match orders.update(int(1)).set("lines", held.clone()).await {
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            done => return done.unwrap(),
        }
    }
}

#[test]
fn two_replaces_of_one_array_leave_one_of_the_two() {
    on_every_store(&SHOP, async |store: Store| {
        let orders = of(&store, "Orders");
        for round in 0..ROUNDS {
            orders.put(whole(0, lines(&[]))).await.unwrap();
            let one = lines(&[(1, 1, round), (3, 1, 1)]);
            let other = lines(&[(2, 2, round), (3, 2, 2)]);
            tokio::join!(set(&orders, one.clone()), set(&orders, other.clone()));
            let held = value(&get(&orders, &int(1)).await.unwrap(), "lines");
            assert!(held == one || held == other, "round {round}: {held:?}");
        }
    });
}

/// The total is the sum of the lines in every state that was written.
fn is_whole(order: &Record) -> bool {
    let Value::Rows(rows) = value(order, "lines") else {
        return false;
    };
    let prices = rows.iter().map(|line| match line[2] {
        Value::Int(price) => price,
        _ => 0,
    });
    value(order, "total") == int(prices.sum())
}

#[test]
fn no_read_beside_a_writer_is_torn() {
    for engine in engines("store") {
        // DynamoDB reads an item at once by nature.
        let reads = match engine {
            Engine::Embedded => READS / 10,
            Engine::Local => continue,
            _ => READS,
        };
        runtime().block_on(async {
            let store = fresh(engine, &SHOP).await;
            let orders = of(&store, "Orders");
            let states = [
                (6, lines(&[(1, 1, 1), (2, 1, 2), (3, 1, 3)])),
                (0, lines(&[])),
                (9, lines(&[(2, 1, 4), (4, 1, 5)])),
            ];
            orders.put(whole(6, states[0].1.clone())).await.unwrap();
            let write = async {
                let mut written = 0;
                for (total, held) in states.iter().cycle() {
                    let update = orders.update(int(1)).set("total", int(*total));
                    update.set("lines", held.clone()).await.unwrap();
                    written += 1;
                    if engine == Engine::Memory {
                        tokio::task::yield_now().await;
                    }
                }
                written
            };
            let read = async {
                let mut seen = [0; 3];
                for place in 0..reads {
                    let order = if place % 2 == 0 {
                        get(&orders, &int(1)).await.unwrap()
                    } else {
                        let found = orders.query("of-user").equal("user_id", int(1)).await;
                        found.unwrap().records.remove(0)
                    };
                    assert!(is_whole(&order), "{engine:?}, read {place}: {order:?}");
                    let total = value(&order, "total");
                    let state = states.iter().position(|(sum, _)| int(*sum) == total);
                    seen[state.unwrap()] += 1;
                    if engine == Engine::Memory {
                        tokio::task::yield_now().await;
                    }
                }
                seen
            };
            let seen = tokio::select! {
                _ = write => unreachable!("the writer never ends"),
                seen = read => seen,
            };
            // Reads met every state, so that there was something to tear.
            assert!(seen.iter().all(|count| *count > 0), "{engine:?}: {seen:?}");
        });
    }
}

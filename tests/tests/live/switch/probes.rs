//! Probes: records that differ between the stores, so that an answer tells which store gave it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dal_shadow::{Phase, Store};
use serde_json::json;
use shop::Repositories;
use shop::contents::Contents;
use shop::model::{CartLine, Listed, Order, Product, User};
use time::macros::datetime;
use tokio::task::JoinHandle;

use super::setup::{ENTITIES, Stores, Taken};
use dal_tests::http::{Client, Reply};

/// The id of the records that are on both stores, with other values. The greatest of the probes'
/// ids, so that no shopper is given one of them.
const SEEN: u64 = 3;
/// The id of the records that are on DynamoDB only. MySQL refuses a write of one because it is not
/// there, DynamoDB for another reason: a write that one store made and the other one refused would
/// be repaired, and the probe with it.
const WRITTEN: u64 = 2;
/// The user whose cart is too big for an order on DynamoDB, and empty on MySQL.
const BUYER: u64 = 1;
/// A name that only DynamoDB has given away.
const TAKEN: &str = "taken";
/// More lines than an order takes.
const LINES: u64 = 41;

/// Puts the probes' records; once more after a copy, which makes the stores equal.
pub async fn place(stores: &Stores) {
    records(&stores.on_mysql, Store::MySql).await;
    records(&stores.on_dynamodb, Store::DynamoDb).await;
}

async fn records(on: &Repositories, store: Store) {
    let mysql = store == Store::MySql;
    let number = if mysql { 1 } else { 2 };
    on.users
        .put_exact(&user(SEEN, store.as_str()))
        .await
        .unwrap();
    on.products.put_exact(&product(SEEN, number)).await.unwrap();
    on.carts.put_exact(&line(SEEN, SEEN, number)).await.unwrap();
    let order = Order {
        id: SEEN,
        user_id: SEEN,
        placed_at: datetime!(2025-01-01 0:00 UTC),
        total: u64::from(number),
        lines: Vec::new(),
    };
    on.orders.put_exact(&order).await.unwrap();
    if mysql {
        on.users.remove(WRITTEN).await.unwrap();
        on.users.remove(BUYER).await.unwrap();
        on.products.remove(WRITTEN).await.unwrap();
        on.carts.clear(BUYER).await.unwrap();
    } else {
        on.users.put_exact(&user(WRITTEN, "written")).await.unwrap();
        on.users.put_exact(&user(BUYER, TAKEN)).await.unwrap();
        on.products.put_exact(&product(WRITTEN, 1)).await.unwrap();
        for product in 1..=LINES {
            on.carts.put_exact(&line(BUYER, product, 1)).await.unwrap();
        }
    }
}

fn user(id: u64, name: &str) -> User {
    User {
        id,
        email: format!("probe{id}@example.com"),
        name: format!("probe {name}"),
        created_at: datetime!(2025-01-01 0:00 UTC),
    }
}

fn product(id: u64, number: u32) -> Product {
    Product {
        listed: Listed {
            id,
            seller: "probe".to_owned(),
            category: "probe".to_owned(),
            name: "probe".to_owned(),
            price: 1,
            stock: number,
        },
        description: String::new(),
    }
}

fn line(user_id: u64, product_id: u64, quantity: u32) -> CartLine {
    CartLine {
        user_id,
        product_id,
        quantity,
    }
}

/// Takes out what belongs to the probes.
pub fn without(mut contents: Contents) -> Contents {
    let mine = [SEEN, WRITTEN, BUYER];
    contents.users.retain(|user| !mine.contains(&user.id));
    contents.products.retain(|it| !mine.contains(&it.listed.id));
    contents.lines.retain(|line| !mine.contains(&line.user_id));
    contents.orders.retain(|order| order.id != SEEN);
    contents
}

/// What a probe saw: when it asked, when it was answered, and by which store.
#[derive(Clone, Debug)]
struct Seen {
    asked: Instant,
    answered: Instant,
    by: Result<Store, String>,
}

/// Probes for each entity that read, and that write.
pub struct Probes {
    stop: Arc<AtomicBool>,
    tasks: Vec<(&'static str, Kind, JoinHandle<Vec<Seen>>)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Reads,
    Writes,
}

impl Probes {
    pub fn start(client: Client) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let tasks = ENTITIES
            .into_iter()
            .flat_map(|entity| [(entity, Kind::Reads), (entity, Kind::Writes)])
            // No write of a cart is refused by both stores for different reasons.
            .filter(|probe| *probe != ("cart", Kind::Writes))
            .map(|(entity, kind)| {
                let task = tokio::spawn(watch(client, entity, kind, Arc::clone(&stop)));
                (entity, kind, task)
            })
            .collect();
        Self { stop, tasks }
    }

    /// Ends the watch. Every call that was asked after a step was acknowledged, and answered before
    /// the next one was asked for, must have been answered by the store of that phase. Gives the
    /// number of such calls.
    pub async fn check(self, taken: &[Taken]) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        let mut checked = 0;
        for (entity, kind, task) in self.tasks {
            let seen = task.await.unwrap();
            let steps: Vec<&Taken> = taken.iter().filter(|it| it.entity == entity).collect();
            for (index, step) in steps.iter().enumerate() {
                let end = steps.get(index + 1).map(|next| next.asked);
                let within = seen.iter().filter(|seen| {
                    seen.asked >= step.acknowledged && end.is_none_or(|end| seen.answered <= end)
                });
                for seen in within {
                    assert_eq!(
                        seen.by,
                        Ok(answers(step.phase, kind)),
                        "{entity} {kind:?} in {}, asked {:?} after the step was acknowledged",
                        step.phase,
                        seen.asked - step.acknowledged
                    );
                    checked += 1;
                }
            }
        }
        checked
    }
}

/// The store whose answer the caller gets, as the published table of phases has it.
fn answers(phase: Phase, kind: Kind) -> Store {
    match (phase, kind) {
        (Phase::DynamoDbRead, Kind::Reads) | (Phase::DynamoDbLeads | Phase::DynamoDbOnly, _) => {
            Store::DynamoDb
        }
        _ => Store::MySql,
    }
}

async fn watch(
    client: Client,
    entity: &'static str,
    kind: Kind,
    stop: Arc<AtomicBool>,
) -> Vec<Seen> {
    let mut seen = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let asked = Instant::now();
        let reply = ask(client, entity, kind).await;
        seen.push(Seen {
            asked,
            answered: Instant::now(),
            by: store(entity, kind, &reply),
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    seen
}

async fn ask(client: Client, entity: &str, kind: Kind) -> Reply {
    match (entity, kind) {
        ("user", Kind::Reads) => client.get(&format!("/users/{SEEN}")).await,
        ("product", Kind::Reads) => client.get(&format!("/products/{SEEN}")).await,
        ("cart", Kind::Reads) => client.get(&format!("/users/{SEEN}/cart/{SEEN}")).await,
        (_, Kind::Reads) => client.get(&format!("/orders/{SEEN}")).await,
        ("user", Kind::Writes) => {
            let (path, name) = (format!("/users/{WRITTEN}/name"), format!("probe {TAKEN}"));
            client.put(&path, json!({ "name": name })).await
        }
        ("product", Kind::Writes) => {
            let path = format!("/products/{WRITTEN}/take");
            client
                .send("POST", &path, Some(json!({ "quantity": 2 }).to_string()))
                .await
        }
        (_, Kind::Writes) => {
            let path = format!("/users/{BUYER}/orders");
            client.send("POST", &path, None).await
        }
    }
}

/// Which store gave this answer.
fn store(entity: &str, kind: Kind, reply: &Reply) -> Result<Store, String> {
    let json = reply.json();
    let (mysql, dynamodb) = match (entity, kind) {
        ("user", Kind::Reads) => (
            json["name"] == "probe mysql",
            json["name"] == "probe dynamodb",
        ),
        ("product", Kind::Reads) => (json["listed"]["stock"] == 1, json["listed"]["stock"] == 2),
        ("cart", Kind::Reads) => (json["quantity"] == 1, json["quantity"] == 2),
        (_, Kind::Reads) => (json["total"] == 1, json["total"] == 2),
        ("order", Kind::Writes) => (reply.code() == "EmptyCart", reply.code() == "CartTooBig"),
        ("user", Kind::Writes) => (reply.status == 404, reply.code() == "NameTaken"),
        (_, Kind::Writes) => (reply.status == 404, reply.code() == "OutOfStock"),
    };
    match (mysql, dynamodb) {
        (true, _) => Ok(Store::MySql),
        (_, true) => Ok(Store::DynamoDb),
        _ => Err(format!("{} {}", reply.status, reply.body)),
    }
}

//! Writers that meet at a few records of the shop leave both stores alike, in the default mode, in
//! which no caller waits for a secondary write.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use dal_shadow::source::Fixed;
use dal_shadow::{Harness, Phase, Repairs};
use dal_testkit::servers::{Engine, announce, runtime};
use dal_testkit::volume;
use dal_tests::stores::{fresh_dynamodb, fresh_mysql};
use shop::Repositories;
use shop::contents::Contents;
use shop::model::{NewProduct, NewUser, Order};
use shop::shadow::ENTITIES;
use time::OffsetDateTime;

const SUITE: &str = "shop_converge";
const WRITERS: u64 = 32;
const RECORDS: u64 = 8;
const STOCK: u32 = 100_000;

#[test]
fn thirty_two_writers_on_eight_records_leave_embedded_dynamodb_like_mysql() {
    on(Engine::Embedded);
}

#[test]
fn thirty_two_writers_on_eight_records_leave_dynamodb_local_like_mysql() {
    on(Engine::Local);
}

fn on(engine: Engine) {
    if announce(SUITE, &[Engine::MySql, engine]).len() < 2 {
        return;
    }
    runtime().block_on(async {
        for phase in [Phase::DualWrite, Phase::DynamoDbRead, Phase::DynamoDbLeads] {
            meet(engine, phase).await;
        }
    });
}

/// The shop, and what its stock should be.
struct Shop {
    repositories: Repositories,
    /// Pieces that came in by themselves, by product.
    stock: BTreeMap<u64, AtomicI64>,
    users: Vec<u64>,
}

async fn meet(engine: Engine, phase: Phase) {
    let mysql = fresh_mysql().await;
    let (dynamodb, table) = fresh_dynamodb(engine).await;
    let harness = Harness::builder(Fixed::new(phase))
        .best_effort_writes()
        .stores_hold_the_same()
        .repairs(Repairs {
            late_effect: Duration::from_secs(1),
            ..Repairs::default()
        })
        .start()
        .await
        .unwrap();
    let repositories = Repositories::shadowed(
        &Repositories::mysql(&mysql),
        &Repositories::dynamodb(&dynamodb, &table),
        &harness,
    );
    let shop = Arc::new(Shop::open(repositories).await);
    let writers = (0..WRITERS).map(|writer| {
        let shop = Arc::clone(&shop);
        tokio::spawn(async move { shop.write(fastrand::Rng::with_seed(writer)).await })
    });
    for writer in futures::future::join_all(writers).await {
        writer.unwrap();
    }
    let status = || harness.status();
    assert!(
        harness.drain(Duration::from_mins(2)).await,
        "{:?}",
        status()
    );
    let one = Contents::of_mysql(&mysql).await.unwrap();
    let other = Contents::of_dynamodb(&dynamodb, &table).await.unwrap();
    assert_eq!(one.users, other.users, "{phase}");
    assert_eq!(one.products, other.products, "{phase}");
    assert_eq!(one.lines, other.lines, "{phase}");
    assert_eq!(one.orders, other.orders, "{phase}");
    shop.adds_up(&one);
    let transferred: u64 = status().iter().map(|status| status.transferred).sum();
    let writes = harness.report().total().writes;
    eprintln!("{SUITE}: {engine:?}, {phase}: {writes} writes, {transferred} transfers");

    // After the hand-over the next id is new on both stores.
    let rest = Phase::ALL
        .into_iter()
        .filter(|next| *next > phase && *next <= Phase::DynamoDbLeads);
    for next in rest {
        for entity in ENTITIES {
            harness.step(entity, next).await.unwrap();
        }
    }
    let new = NewUser {
        email: "late@example.com".to_owned(),
        name: "late".to_owned(),
    };
    let late = shop.repositories.users.register(&new).await.unwrap();
    assert!(one.users.iter().all(|user| user.id < late.id), "{late:?}");
    assert!(harness.drain(Duration::from_mins(1)).await);
    let one = Contents::of_mysql(&mysql).await.unwrap();
    assert_eq!(one.users.last(), Some(&late));
}

impl Shop {
    async fn open(repositories: Repositories) -> Self {
        let (mut stock, mut users) = (BTreeMap::new(), Vec::new());
        for number in 0..RECORDS {
            let new = NewProduct {
                seller: "ada".to_owned(),
                category: "tea".to_owned(),
                name: format!("mug {number}"),
                description: String::new(),
                price: 100 + number,
                stock: STOCK,
            };
            let product = repositories.products.add(&new).await.unwrap();
            stock.insert(product.listed.id, AtomicI64::new(i64::from(STOCK)));
            let new = NewUser {
                email: format!("{number}@example.com"),
                name: format!("user {number}"),
            };
            users.push(repositories.users.register(&new).await.unwrap().id);
        }
        Self {
            repositories,
            stock,
            users,
        }
    }

    /// One writer. A call may be refused: by a name that is taken, an empty cart, a lock.
    async fn write(&self, mut rng: fastrand::Rng) {
        let products: Vec<u64> = self.stock.keys().copied().collect();
        for _ in 0..volume(12) {
            let user = self.users[rng.usize(0..self.users.len())];
            let product = products[rng.usize(0..products.len())];
            let pieces = rng.u32(1..5);
            let Repositories {
                users,
                products,
                carts,
                orders,
            } = &self.repositories;
            let ended = match rng.u8(0..12) {
                0..2 => {
                    let added = products.restock(product, pieces).await;
                    self.moved(product, i64::from(pieces), added.is_ok());
                    added.map(drop)
                }
                2..4 => {
                    let taken = products.take(product, pieces).await;
                    self.moved(product, -i64::from(pieces), taken.is_ok());
                    taken.map(drop)
                }
                4 => products.set_price(product, rng.u64(1..1_000)).await,
                5..7 => {
                    let name = format!("user {}", rng.u64(0..=RECORDS));
                    users.rename(user, &name).await
                }
                7..10 => carts.add(user, product, pieces).await.map(drop),
                10 => carts.remove(user, product).await.map(drop),
                _ => orders
                    .checkout(user, OffsetDateTime::UNIX_EPOCH)
                    .await
                    .map(drop),
            };
            // A refusal is an answer; what counts is that both stores agree in the end.
            let _refused = ended.is_err();
        }
    }

    fn moved(&self, product: u64, pieces: i64, made: bool) {
        if made {
            self.stock[&product].fetch_add(pieces, Ordering::Relaxed);
        }
    }

    /// The stock is what came in less what was sold, and an order costs what its lines cost.
    fn adds_up(&self, contents: &Contents) {
        let mut sold: BTreeMap<u64, i64> = BTreeMap::new();
        for order in &contents.orders {
            assert_eq!(order.total, cost(order), "{order:?}");
            for line in &order.lines {
                *sold.entry(line.product_id).or_default() += i64::from(line.quantity);
            }
        }
        assert!(!contents.orders.is_empty());
        for product in &contents.products {
            let id = product.listed.id;
            let came = self.stock[&id].load(Ordering::Relaxed);
            let left = came - sold.get(&id).copied().unwrap_or_default();
            assert_eq!(i64::from(product.listed.stock), left, "{product:?}");
        }
    }
}

fn cost(order: &Order) -> u64 {
    let lines = order.lines.iter();
    lines
        .map(|line| line.price * u64::from(line.quantity))
        .sum()
}

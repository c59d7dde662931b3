//! Calls of the shop that meet: what one of them stores belongs together, at every isolation.

use std::collections::BTreeMap;

use dal_mysql::MySql;
use dal_testkit::servers::{self, Engine, announce, runtime};
use dal_tests::stores::fresh_mysql;
use shop::model::{NewProduct, Order};
use shop::{Repositories, schema};
use sqlx::{AssertSqlSafe, Executor as _};
use time::OffsetDateTime;

const SUITE: &str = "shop_concurrent";
const ISOLATIONS: [&str; 2] = ["READ COMMITTED", "REPEATABLE READ"];
const ORDERS: u64 = 400;
const STOCK: u32 = 1_000_000;

/// An empty shop whose sessions have this isolation.
async fn shop_at(isolation: &'static str) -> MySql {
    let url = servers::mysql().fresh_database().await.unwrap();
    let pool = dal_mysql::pool_options()
        .after_connect(move |connection, _| {
            Box::pin(async move {
                let set = format!("SET SESSION TRANSACTION ISOLATION LEVEL {isolation}");
                connection.execute(AssertSqlSafe(set)).await.map(drop)
            })
        })
        .connect_with(dal_mysql::connect_options(&url).unwrap())
        .await
        .unwrap();
    let found: String = sqlx::query_scalar("SELECT @@SESSION.transaction_isolation")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(found.replace('-', " "), isolation);
    let db = dal_mysql::from_pool(pool).await.unwrap();
    schema::create_mysql(&db).await.unwrap();
    db
}

async fn product(shop: &Repositories, price: u64) -> u64 {
    let new = NewProduct {
        seller: "ada".to_owned(),
        category: "tea".to_owned(),
        name: "mug".to_owned(),
        description: String::new(),
        price,
        stock: STOCK,
    };
    shop.products.add(&new).await.unwrap().listed.id
}

fn sum(order: &Order) -> u64 {
    let line = |line: &shop::model::OrderLine| line.price * u64::from(line.quantity);
    order.lines.iter().map(line).sum()
}

#[test]
fn an_order_is_stored_as_it_was_drafted_while_its_cart_is_being_filled() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    runtime().block_on(async {
        for isolation in ISOLATIONS {
            let shop = Repositories::mysql(&shop_at(isolation).await);
            let mut products = Vec::new();
            for price in [100, 10, 1] {
                products.push(product(&shop, price).await);
            }
            let [first, second, third] = products[..] else {
                unreachable!()
            };
            let mut orders = Vec::new();
            for users in (1..=ORDERS).collect::<Vec<_>>().chunks(20) {
                let shoppers = users.iter().map(|&user| {
                    let shop = shop.clone();
                    tokio::spawn(async move {
                        shop.carts.add(user, first, 1).await.unwrap();
                        let (order, ..) = tokio::join!(
                            shop.orders.checkout(user, OffsetDateTime::UNIX_EPOCH),
                            shop.carts.add(user, second, 2),
                            shop.carts.add(user, third, 3),
                        );
                        order.unwrap()
                    })
                });
                for shopper in shoppers.collect::<Vec<_>>() {
                    orders.push(shopper.await.unwrap());
                }
            }
            let (mut differ, mut lost) = (0, 0);
            let mut pieces: BTreeMap<u64, u32> = BTreeMap::new();
            for order in &orders {
                let stored = shop.orders.get(order.id).await.unwrap().unwrap();
                differ += u32::from(sum(&stored) != stored.total || stored != *order);
                for line in &stored.lines {
                    *pieces.entry(line.product_id).or_default() += line.quantity;
                }
                // What was not bought is still in the cart.
                let left = shop.carts.lines(order.user_id, None, 10).await.unwrap();
                lost += u32::from(stored.lines.len() + left.items.len() != 3);
            }
            eprintln!(
                "{isolation}: {differ} of {} orders differ, {lost} lost lines",
                orders.len()
            );
            assert_eq!(
                (differ, lost),
                (0, 0),
                "{isolation}: orders that differ from what was drafted, carts that lost lines"
            );
            for id in products {
                let stock = shop.products.get(id).await.unwrap().unwrap().listed.stock;
                let sold = pieces.get(&id).copied().unwrap_or_default();
                assert_eq!(STOCK - stock, sold, "{isolation}: product {id}");
            }
        }
    });
}

#[test]
fn puts_of_one_record_that_meet_all_succeed() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    runtime().block_on(async {
        for isolation in ISOLATIONS {
            let shop = Repositories::mysql(&shop_at(isolation).await);
            for id in 1..=50 {
                let puts = (1..=4).map(|total| {
                    let shop = shop.clone();
                    tokio::spawn(async move {
                        let order = Order {
                            id,
                            user_id: 1,
                            placed_at: OffsetDateTime::UNIX_EPOCH,
                            total,
                            lines: Vec::new(),
                        };
                        shop.orders.put_exact(&order).await
                    })
                });
                for put in puts.collect::<Vec<_>>() {
                    put.await
                        .unwrap()
                        .unwrap_or_else(|error| panic!("{isolation}, order {id}: {error}"));
                }
            }
        }
    });
}

#[test]
fn the_settings_of_the_run_are_in_force() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    let wanted = |variable: &str| std::env::var(variable).unwrap_or_default();
    let (isolation, url) = (wanted("DAL_TEST_ISOLATION"), wanted("DAL_MYSQL_URL"));
    runtime().block_on(async {
        let db = fresh_mysql().await;
        let (_, cipher): (String, String) = sqlx::query_as("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
            .fetch_one(db.pool())
            .await
            .unwrap();
        let found = &db.session().isolation;
        eprintln!("isolation {found}, cipher `{cipher}`");
        assert!(isolation.is_empty() || found.replace('-', " ") == isolation);
        assert!(!url.contains("ssl-mode=REQUIRED") || !cipher.is_empty());
        assert!(!url.contains("ssl-mode=DISABLED") || cipher.is_empty());
    });
}

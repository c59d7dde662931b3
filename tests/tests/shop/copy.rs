//! After a copy both stores hold the same and answer alike, ids included.

use dal_testkit::servers::{Engine, announce, runtime};
use dal_tests::stores::{fresh_dynamodb, fresh_mysql};
use shop::Repositories;
use shop::contents::Contents;
use shop::copy::{dynamodb_to_mysql, mysql_to_dynamodb};
use shop::model::{NewUser, Prices};
use shop::seed::{self, Size};
use time::macros::datetime;

const SUITE: &str = "shop_copy";
const SIZE: Size = Size {
    users: 60,
    products: 40,
    orders: 50,
};

/// The engines of this suite, each with MySQL at its side.
fn dynamodbs() -> Vec<Engine> {
    let mut engines = announce(SUITE, &[Engine::MySql, Engine::Embedded, Engine::Local]);
    if !engines.contains(&Engine::MySql) {
        return Vec::new();
    }
    engines.retain(|engine| *engine != Engine::MySql);
    engines
}

fn person(name: &str) -> NewUser {
    NewUser {
        email: format!("{name}@x"),
        name: name.to_owned(),
    }
}

/// Answers of every list and of single records.
async fn answers(shop: &Repositories) -> Vec<String> {
    let mut answers = Vec::new();
    for name in ["user00007", "USER00007", "last"] {
        answers.push(format!("{:?}", shop.users.by_name(name).await.unwrap()));
    }
    answers.push(format!(
        "{:?}",
        shop.users.by_email("user00060@example.com").await.unwrap()
    ));
    answers.push(format!("{:?}", shop.users.list(None, 100).await.unwrap()));
    for category in ["books", "Books", "café", "none"] {
        let prices = Prices {
            min: 100,
            max: 3_000,
        };
        let page = shop
            .products
            .by_category(category, prices, None, 5)
            .await
            .unwrap();
        answers.push(format!("{page:?}"));
    }
    for seller in ["Zoë", "zoe"] {
        answers.push(format!(
            "{:?}",
            shop.products.by_seller(seller, None, 7).await.unwrap()
        ));
    }
    for id in 1..=10 {
        answers.push(format!("{:?}", shop.products.get(id).await.unwrap()));
        answers.push(format!(
            "{:?}",
            shop.carts.lines(id, None, 9).await.unwrap()
        ));
        answers.push(format!(
            "{:?}",
            shop.orders.of_user(id, None, 9).await.unwrap()
        ));
        answers.push(format!("{:?}", shop.orders.get(id).await.unwrap()));
    }
    answers
}

#[test]
fn after_a_copy_both_stores_answer_alike_and_give_the_same_ids() {
    for engine in dynamodbs() {
        runtime().block_on(async {
            let mysql = fresh_mysql().await;
            let (dynamodb, table) = fresh_dynamodb(engine).await;
            seed::fill_mysql(&mysql, SIZE).await.unwrap();
            let (a, b) = (
                Repositories::mysql(&mysql),
                Repositories::dynamodb(&dynamodb, &table),
            );
            // The newest ids are gone again: MAX(id) would give them a second time.
            let last = a.users.register(&person("last")).await.unwrap();
            a.users.remove(last.id).await.unwrap();
            a.products.remove(SIZE.products).await.unwrap();

            let copied = mysql_to_dynamodb(&mysql, &dynamodb, &table).await.unwrap();
            assert_eq!((copied.removed, copied.equal), (0, 0));
            let contents = Contents::of_mysql(&mysql).await.unwrap();
            assert_eq!(contents.len(), copied.put);
            assert_eq!(contents.newest.user, last.id);
            assert_eq!(
                Contents::of_dynamodb(&dynamodb, &table).await.unwrap(),
                contents
            );
            assert_eq!(answers(&a).await, answers(&b).await);

            let next = person("next");
            let (on_a, on_b) = (a.users.register(&next).await, b.users.register(&next).await);
            let (on_a, on_b) = (on_a.unwrap(), on_b.unwrap());
            assert_eq!((on_a.id, on_b.id), (last.id + 1, last.id + 1));
        });
    }
}

#[test]
fn a_copy_removes_what_the_source_does_not_have_and_settles_swapped_names() {
    for engine in dynamodbs() {
        runtime().block_on(async {
            let mysql = fresh_mysql().await;
            let (dynamodb, table) = fresh_dynamodb(engine).await;
            seed::fill_mysql(&mysql, SIZE).await.unwrap();
            mysql_to_dynamodb(&mysql, &dynamodb, &table).await.unwrap();
            let (a, b) = (
                Repositories::mysql(&mysql),
                Repositories::dynamodb(&dynamodb, &table),
            );

            a.users.rename(1, "aside").await.unwrap();
            a.users.rename(2, "user00001").await.unwrap();
            a.users.rename(1, "user00002").await.unwrap();
            a.users.remove(3).await.unwrap();
            a.carts.clear(4).await.unwrap();
            a.orders
                .checkout(6, datetime!(2025-01-01 0:00 UTC))
                .await
                .unwrap();
            a.orders.remove(1).await.unwrap();
            b.users.register(&person("extra")).await.unwrap();
            b.products.describe(5, "changed").await.unwrap();

            let copied = mysql_to_dynamodb(&mysql, &dynamodb, &table).await.unwrap();
            assert!(copied.equal > copied.put && copied.removed > 0);
            let (mut on_a, mut on_b) = (
                Contents::of_mysql(&mysql).await.unwrap(),
                Contents::of_dynamodb(&dynamodb, &table).await.unwrap(),
            );
            // DynamoDB gave one id more, and never goes back.
            assert_eq!(
                (on_a.newest.user, on_b.newest.user),
                (SIZE.users, SIZE.users + 1)
            );
            (on_a.newest, on_b.newest) = Default::default();
            assert_eq!(on_a, on_b);

            b.users.rename(10, "user00011 ").await.unwrap();
            b.orders
                .checkout(8, datetime!(2025-01-02 0:00 UTC))
                .await
                .unwrap();
            dynamodb_to_mysql(&dynamodb, &table, &mysql).await.unwrap();
            assert_eq!(
                Contents::of_mysql(&mysql).await.unwrap(),
                Contents::of_dynamodb(&dynamodb, &table).await.unwrap()
            );
            let again = mysql_to_dynamodb(&mysql, &dynamodb, &table).await.unwrap();
            assert_eq!((again.put, again.removed), (0, 0));
        });
    }
}

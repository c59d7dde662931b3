//! Each operation of the shop's repositories: the same scenario with the same outcome on every store.

mod shop_stores;

use std::fmt::Debug;

use dal_testkit::servers::{Engine, announce, runtime};
use dal_traits::Classify;
use shop::Repositories;
use shop::error::RepoError;
use shop::model::{
    CartLine, Listed, MAX_DESCRIPTION, MAX_LINES, MAX_QUANTITY, MAX_STOCK, MAX_TEXT, NewProduct,
    NewUser, Order, OrderLine, Page, Prices, Product, User,
};
use shop_stores::{fresh_dynamodb, fresh_mysql};
use time::macros::datetime;

const SUITE: &str = "shop_repositories";

/// Runs a scenario on an empty shop on every store.
fn on_every_store(scenario: impl AsyncFn(Repositories)) {
    let engines = announce(SUITE, &[Engine::MySql, Engine::Embedded, Engine::Local]);
    runtime().block_on(async {
        for engine in engines {
            let shop = if engine == Engine::MySql {
                Repositories::mysql(&fresh_mysql().await)
            } else {
                let (db, table) = fresh_dynamodb(engine).await;
                Repositories::dynamodb(&db, &table)
            };
            eprintln!("on {engine:?}");
            scenario(shop).await;
        }
    });
}

/// The code of the error by which a call was refused.
fn refused<T: Debug>(answer: Result<T, RepoError>) -> String {
    answer.unwrap_err().classify().code.unwrap().into_owned()
}

fn person(email: &str, name: &str) -> NewUser {
    NewUser {
        email: email.to_owned(),
        name: name.to_owned(),
    }
}

fn article(category: &str, seller: &str, price: u64, stock: u32) -> NewProduct {
    NewProduct {
        seller: seller.to_owned(),
        category: category.to_owned(),
        name: "article".to_owned(),
        description: String::new(),
        price,
        stock,
    }
}

/// All pages of a list, each of at most two records.
async fn drain<T>(page: impl AsyncFn(Option<&str>) -> Result<Page<T>, RepoError>) -> Vec<T> {
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = page(after.as_deref()).await.unwrap();
        assert!(page.items.len() <= 2);
        assert!(page.next.is_none() || page.items.len() == 2);
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

#[test]
fn users_are_unique_by_email_and_name_to_the_byte() {
    on_every_store(async |shop| {
        let users = shop.users;
        let ann = users.register(&person("ann@x", "ann")).await.unwrap();
        assert_eq!(ann.created_at.nanosecond() % 1_000, 0);
        assert_eq!(users.get(ann.id).await.unwrap().as_ref(), Some(&ann));
        assert_eq!(users.by_email("ann@x").await.unwrap().as_ref(), Some(&ann));
        assert_eq!(users.by_name("ann").await.unwrap().as_ref(), Some(&ann));

        assert_eq!(
            refused(users.register(&person("ann@x", "bob")).await),
            "EmailTaken"
        );
        assert_eq!(
            refused(users.register(&person("bob@x", "ann")).await),
            "NameTaken"
        );
        assert_eq!(
            refused(users.register(&person("ann@x", "ann")).await),
            "EmailTaken"
        );
        assert_eq!(users.by_name("bob").await.unwrap(), None);
        assert_eq!(users.by_email("bob@x").await.unwrap(), None);

        for variant in [
            "ANN",
            "ann ",
            " ann",
            "änn",
            "a\u{308}nn",
            "ann\0",
            "ann🙂",
            "#",
            "a#b",
        ] {
            assert_eq!(users.by_name(variant).await.unwrap(), None, "{variant:?}");
            assert_eq!(users.by_email(variant).await.unwrap(), None, "{variant:?}");
            let other = users.register(&person(variant, variant)).await.unwrap();
            assert!(other.id > ann.id);
            assert_eq!(users.by_name(variant).await.unwrap().as_ref(), Some(&other));
            assert_eq!(
                users.by_email(variant).await.unwrap().as_ref(),
                Some(&other)
            );
        }
        assert_eq!(users.get(u64::MAX).await.unwrap(), None);
    });
}

#[test]
fn texts_out_of_bounds_are_refused_or_found_nowhere() {
    on_every_store(async |shop| {
        let users = shop.users;
        let longest = "🙂".repeat(MAX_TEXT);
        let longer = "a".repeat(MAX_TEXT + 1);
        assert_eq!(refused(users.register(&person("", "ann")).await), "Invalid");
        assert_eq!(
            refused(users.register(&person("ann@x", "")).await),
            "Invalid"
        );
        assert_eq!(
            refused(users.register(&person(&longer, "ann")).await),
            "TooLong"
        );
        assert_eq!(
            refused(users.register(&person("ann@x", &longer)).await),
            "TooLong"
        );
        let user = users.register(&person(&longest, &longest)).await.unwrap();
        assert_eq!(users.by_name(&longest).await.unwrap().as_ref(), Some(&user));
        assert_eq!(
            users.by_email(&longest).await.unwrap().as_ref(),
            Some(&user)
        );
        assert_eq!(refused(users.rename(user.id, "").await), "Invalid");
        assert_eq!(refused(users.rename(user.id, &longer).await), "TooLong");
        for nobody in ["", &longer, &"x".repeat(5_000)] {
            assert_eq!(users.by_name(nobody).await.unwrap(), None);
            assert_eq!(users.by_email(nobody).await.unwrap(), None);
        }

        let products = shop.products;
        let refuse = async |new: NewProduct| refused(products.add(&new).await);
        assert_eq!(refuse(article("", "s", 1, 1)).await, "Invalid");
        assert_eq!(refuse(article("c", "", 1, 1)).await, "Invalid");
        assert_eq!(refuse(article(&longer, "s", 1, 1)).await, "TooLong");
        assert_eq!(
            refuse(article("c", "s", 1, MAX_STOCK + 1)).await,
            "StockLimit"
        );
        let mut new = article(&longest, &longest, u64::MAX, MAX_STOCK);
        new.description = "🙂".repeat(MAX_DESCRIPTION / 4);
        let product = products.add(&new).await.unwrap();
        assert_eq!(
            products.get(product.listed.id).await.unwrap().as_ref(),
            Some(&product)
        );
        new.description.push_str("more");
        assert_eq!(refuse(new.clone()).await, "TooLong");
        assert_eq!(
            refused(products.describe(product.listed.id, &new.description).await),
            "TooLong"
        );
        let all = Prices {
            min: 0,
            max: u64::MAX,
        };
        for nothing in ["", &longer, &"x".repeat(5_000)] {
            assert!(
                products
                    .by_category(nothing, all, None, 9)
                    .await
                    .unwrap()
                    .items
                    .is_empty()
            );
            assert!(
                products
                    .by_seller(nothing, None, 9)
                    .await
                    .unwrap()
                    .items
                    .is_empty()
            );
        }
    });
}

#[test]
fn a_rename_moves_the_name_and_a_removal_frees_both() {
    on_every_store(async |shop| {
        let users = shop.users;
        let ann = users.register(&person("ann@x", "ann")).await.unwrap();
        let bob = users.register(&person("bob@x", "bob")).await.unwrap();
        assert_eq!(refused(users.rename(ann.id, "bob").await), "NameTaken");
        users.rename(ann.id, "ann").await.unwrap();
        users.rename(ann.id, "anna").await.unwrap();
        assert_eq!(users.by_name("ann").await.unwrap(), None);
        let anna = User {
            name: "anna".to_owned(),
            ..ann
        };
        assert_eq!(users.by_name("anna").await.unwrap().as_ref(), Some(&anna));
        assert_eq!(users.by_email("ann@x").await.unwrap().as_ref(), Some(&anna));
        users.rename(bob.id, "ann").await.unwrap();

        assert!(users.remove(anna.id).await.unwrap());
        assert!(!users.remove(anna.id).await.unwrap());
        assert_eq!(refused(users.rename(anna.id, "x").await), "NoSuchUser");
        assert_eq!(users.get(anna.id).await.unwrap(), None);
        assert_eq!(users.by_email("ann@x").await.unwrap(), None);
        assert_eq!(users.by_name("anna").await.unwrap(), None);
        let again = users.register(&person("ann@x", "anna")).await.unwrap();
        assert!(again.id > bob.id);
    });
}

#[test]
fn users_are_listed_in_the_byte_order_of_their_names() {
    on_every_store(async |shop| {
        let users = shop.users;
        let names = ["B", "Z", "a", "a ", "aa", "b", "é", "\u{ffff}", "🙂"];
        for name in names.iter().rev() {
            users.register(&person(name, name)).await.unwrap();
        }
        let listed = drain(async |after| users.list(after, 2).await).await;
        let listed: Vec<&str> = listed.iter().map(|user| user.name.as_str()).collect();
        assert_eq!(listed, names);

        let page = users.list(None, 3).await.unwrap();
        assert!(users.remove(page.items.last().unwrap().id).await.unwrap());
        let next = users.list(page.next.as_deref(), 100).await.unwrap();
        assert_eq!(
            next.items.first().unwrap().name,
            "a ",
            "a cursor outlives its record"
        );
        assert_eq!(next.next, None);

        assert_eq!(refused(users.list(None, 0).await), "Invalid");
        for wrong in ["", "u1.", "u1.zz", "c1.1-2"] {
            assert_eq!(
                refused(users.list(Some(wrong), 2).await),
                "BadCursor",
                "{wrong}"
            );
        }
    });
}

#[test]
fn a_user_put_exactly_keeps_its_id_and_time_and_moves_the_ids() {
    on_every_store(async |shop| {
        let users = shop.users;
        let ann = User {
            id: 1_000,
            email: "ann@x".to_owned(),
            name: "ann".to_owned(),
            created_at: datetime!(1999-12-31 23:59:59.999_999 UTC),
        };
        users.put_exact(&ann).await.unwrap();
        users.put_exact(&ann).await.unwrap();
        assert_eq!(users.get(1_000).await.unwrap().as_ref(), Some(&ann));
        let bob = users.register(&person("bob@x", "bob")).await.unwrap();
        assert!(bob.id > 1_000);

        let taken = User {
            email: "bob@x".to_owned(),
            ..ann.clone()
        };
        assert_eq!(refused(users.put_exact(&taken).await), "EmailTaken");
        let taken = User {
            name: "bob".to_owned(),
            id: 5,
            email: "new@x".to_owned(),
            ..ann.clone()
        };
        assert_eq!(refused(users.put_exact(&taken).await), "NameTaken");
        assert_eq!(users.get(5).await.unwrap(), None);

        let changed = User {
            email: "new@x".to_owned(),
            name: "new".to_owned(),
            ..ann
        };
        users.put_exact(&changed).await.unwrap();
        assert_eq!(users.by_email("ann@x").await.unwrap(), None);
        assert_eq!(users.by_name("ann").await.unwrap(), None);
        assert_eq!(users.by_name("new").await.unwrap(), Some(changed));
    });
}

#[test]
fn products_are_listed_by_price_then_id_and_by_seller_newest_first() {
    on_every_store(async |shop| {
        let products = shop.products;
        let mut ids = Vec::new();
        for price in [10, 2, u64::MAX, 2, 0, 9_007_199_254_740_993] {
            let new = article("books", "Zoë", price, 1);
            ids.push(products.add(&new).await.unwrap().listed.id);
        }
        products.add(&article("Books", "zoe", 5, 1)).await.unwrap();
        let list = async |min, max| {
            let prices = Prices { min, max };
            let found =
                drain(async |after| products.by_category("books", prices, after, 2).await).await;
            found.iter().map(|p: &Listed| p.id).collect::<Vec<_>>()
        };
        let by_price = [ids[4], ids[1], ids[3], ids[0], ids[5], ids[2]];
        assert_eq!(list(0, u64::MAX).await, by_price);
        assert_eq!(list(2, 10).await, [ids[1], ids[3], ids[0]]);
        assert_eq!(list(u64::MAX, u64::MAX).await, [ids[2]]);
        assert_eq!(
            list(9_007_199_254_740_992, 9_007_199_254_740_993).await,
            [ids[5]]
        );
        assert!(list(10, 2).await.is_empty());
        let by_seller = drain(async |after| products.by_seller("Zoë", after, 2).await).await;
        let by_seller: Vec<u64> = by_seller.iter().map(|p| p.id).collect();
        assert!(by_seller.iter().eq(ids.iter().rev()));

        products.set_price(ids[4], 11).await.unwrap();
        assert_eq!(list(10, 11).await, [ids[0], ids[4]]);
        assert_eq!(refused(products.set_price(9_999, 1).await), "NoSuchProduct");
        let all = Prices {
            min: 0,
            max: u64::MAX,
        };
        assert_eq!(
            refused(products.by_category("books", all, Some("s1.1"), 1).await),
            "BadCursor"
        );
        assert_eq!(
            refused(products.by_category("books", all, None, 0).await),
            "Invalid"
        );
        assert_eq!(
            refused(products.by_seller("Zoë", Some("c1.1-1"), 1).await),
            "BadCursor"
        );
        assert_eq!(refused(products.by_seller("Zoë", None, 0).await), "Invalid");
    });
}

#[test]
fn stock_is_never_below_zero_nor_above_the_limit() {
    on_every_store(async |shop| {
        let products = shop.products;
        let id = products
            .add(&article("c", "s", 1, 2))
            .await
            .unwrap()
            .listed
            .id;
        assert_eq!(products.take(id, 1).await.unwrap(), 1);
        assert_eq!(refused(products.take(id, 2).await), "OutOfStock");
        assert_eq!(products.take(id, 1).await.unwrap(), 0);
        assert_eq!(refused(products.take(id, 1).await), "OutOfStock");
        assert_eq!(products.restock(id, MAX_STOCK).await.unwrap(), MAX_STOCK);
        assert_eq!(refused(products.restock(id, 1).await), "StockLimit");
        for wrong in [0, MAX_STOCK + 1, u32::MAX] {
            assert_eq!(refused(products.take(id, wrong).await), "Invalid");
            assert_eq!(refused(products.restock(id, wrong).await), "Invalid");
        }
        assert_eq!(refused(products.take(99, 1).await), "NoSuchProduct");
        assert_eq!(refused(products.restock(99, 1).await), "NoSuchProduct");
        assert_eq!(
            products.get(id).await.unwrap().unwrap().listed.stock,
            MAX_STOCK
        );
    });
}

#[test]
fn concurrent_buyers_get_no_more_than_there_is() {
    on_every_store(async |shop| {
        let id = shop
            .products
            .add(&article("c", "s", 1, 5))
            .await
            .unwrap()
            .listed
            .id;
        let buyers: Vec<_> = (0..12)
            .map(|_| {
                let products = shop.products.clone();
                tokio::spawn(async move { products.take(id, 1).await.is_ok() })
            })
            .collect();
        let mut sold = 0;
        for buyer in buyers {
            sold += u32::from(buyer.await.unwrap());
        }
        assert_eq!(sold, 5);
    });
}

#[test]
fn a_product_is_described_replaced_and_removed_as_a_whole() {
    on_every_store(async |shop| {
        let products = shop.products;
        let mut product = products.add(&article("c", "s", 1, 2)).await.unwrap();
        let id = product.listed.id;
        assert_eq!(products.get(id).await.unwrap().as_ref(), Some(&product));
        products.describe(id, "é 🙂\n").await.unwrap();
        product.description = "é 🙂\n".to_owned();
        assert_eq!(products.get(id).await.unwrap().as_ref(), Some(&product));
        products.describe(id, "").await.unwrap();

        let other = Product {
            listed: Listed {
                category: "d".to_owned(),
                price: 7,
                stock: 0,
                ..product.listed
            },
            description: "other".to_owned(),
        };
        products.put_exact(&other).await.unwrap();
        products.put_exact(&other).await.unwrap();
        assert_eq!(products.get(id).await.unwrap().as_ref(), Some(&other));
        let all = Prices {
            min: 0,
            max: u64::MAX,
        };
        assert!(
            products
                .by_category("c", all, None, 9)
                .await
                .unwrap()
                .items
                .is_empty()
        );
        assert_eq!(
            products.by_category("d", all, None, 9).await.unwrap().items,
            std::slice::from_ref(&other.listed)
        );
        let far = Product {
            listed: Listed {
                id: 500,
                ..other.listed
            },
            ..other
        };
        products.put_exact(&far).await.unwrap();
        assert!(
            products
                .add(&article("c", "s", 1, 2))
                .await
                .unwrap()
                .listed
                .id
                > 500
        );

        assert!(products.remove(id).await.unwrap());
        assert!(!products.remove(id).await.unwrap());
        assert_eq!(products.get(id).await.unwrap(), None);
        assert_eq!(
            refused(products.describe(id, "gone").await),
            "NoSuchProduct"
        );
        assert_eq!(products.get(id).await.unwrap(), None);
    });
}

#[test]
fn a_cart_has_one_line_for_each_product() {
    on_every_store(async |shop| {
        let carts = shop.carts;
        assert_eq!(carts.add(1, 10, 3).await.unwrap(), 3);
        assert_eq!(carts.add(1, 10, 4).await.unwrap(), 7);
        let line = CartLine {
            user_id: 1,
            product_id: 10,
            quantity: 7,
        };
        assert_eq!(carts.line(1, 10).await.unwrap(), Some(line));
        assert_eq!(carts.line(10, 1).await.unwrap(), None);
        assert_eq!(
            refused(carts.add(1, 10, MAX_QUANTITY - 6).await),
            "QuantityLimit"
        );
        assert_eq!(
            carts.add(1, 10, MAX_QUANTITY - 7).await.unwrap(),
            MAX_QUANTITY
        );
        carts.set(1, 10, 1).await.unwrap();
        carts.set(1, 10, 1).await.unwrap();
        assert_eq!(carts.line(1, 10).await.unwrap().unwrap().quantity, 1);
        assert_eq!(refused(carts.set(1, 11, 1).await), "NoSuchLine");
        for wrong in [0, MAX_QUANTITY + 1] {
            assert_eq!(refused(carts.add(1, 10, wrong).await), "Invalid");
            assert_eq!(refused(carts.set(1, 10, wrong).await), "Invalid");
        }
        let line = CartLine {
            user_id: 1,
            product_id: 10,
            quantity: MAX_QUANTITY,
        };
        carts.put_exact(&line).await.unwrap();
        carts.put_exact(&line).await.unwrap();
        assert_eq!(carts.line(1, 10).await.unwrap(), Some(line));
        assert!(carts.remove(1, 10).await.unwrap());
        assert!(!carts.remove(1, 10).await.unwrap());
        assert_eq!(carts.line(1, 10).await.unwrap(), None);
    });
}

#[test]
fn a_cart_is_listed_in_pages_by_product_and_cleared_whole() {
    on_every_store(async |shop| {
        let carts = shop.carts;
        for product in [100, 9, u64::MAX, 10, 0] {
            carts.add(7, product, 1).await.unwrap();
        }
        carts.add(70, 1, 1).await.unwrap();
        let lines = drain(async |after| carts.lines(7, after, 2).await).await;
        let lines: Vec<u64> = lines.iter().map(|line| line.product_id).collect();
        assert_eq!(lines, [0, 9, 10, 100, u64::MAX]);
        assert_eq!(refused(carts.lines(7, None, 0).await), "Invalid");
        assert_eq!(refused(carts.lines(7, Some("l1.x"), 1).await), "BadCursor");
        for product in 1_000..1_100 {
            carts.add(7, product, 1).await.unwrap();
        }
        assert_eq!(carts.lines(7, None, 1_000).await.unwrap().items.len(), 100);
        assert_eq!(carts.clear(7).await.unwrap(), 105);
        assert_eq!(carts.clear(7).await.unwrap(), 0);
        assert!(carts.lines(70, None, 5).await.unwrap().items.len() == 1);
    });
}

#[test]
fn a_checkout_moves_stock_and_cart_into_an_order_at_once() {
    on_every_store(async |shop| {
        let time = datetime!(2025-01-02 03:04:05.678_901_999 +2);
        let one = shop
            .products
            .add(&article("c", "s", 5, 3))
            .await
            .unwrap()
            .listed
            .id;
        let two = shop
            .products
            .add(&article("c", "s", 70, 1))
            .await
            .unwrap()
            .listed
            .id;
        assert_eq!(refused(shop.orders.checkout(1, time).await), "EmptyCart");
        shop.carts.add(1, two, 1).await.unwrap();
        shop.carts.add(1, one, 2).await.unwrap();
        let order = shop.orders.checkout(1, time).await.unwrap();
        let expected = Order {
            id: order.id,
            user_id: 1,
            placed_at: datetime!(2025-01-02 01:04:05.678_901 UTC),
            total: 80,
            lines: vec![
                OrderLine {
                    product_id: one,
                    quantity: 2,
                    price: 5,
                },
                OrderLine {
                    product_id: two,
                    quantity: 1,
                    price: 70,
                },
            ],
        };
        assert_eq!(order, expected);
        assert_eq!(shop.orders.get(order.id).await.unwrap(), Some(expected));
        assert_eq!(shop.orders.get(order.id + 1).await.unwrap(), None);
        assert_eq!(
            shop.products.get(one).await.unwrap().unwrap().listed.stock,
            1
        );
        assert_eq!(
            shop.products.get(two).await.unwrap().unwrap().listed.stock,
            0
        );
        assert!(shop.carts.lines(1, None, 9).await.unwrap().items.is_empty());

        shop.carts.add(1, one, 1).await.unwrap();
        shop.carts.add(1, two, 1).await.unwrap();
        assert_eq!(refused(shop.orders.checkout(1, time).await), "OutOfStock");
        shop.products.remove(two).await.unwrap();
        assert_eq!(
            refused(shop.orders.checkout(1, time).await),
            "NoSuchProduct"
        );
        assert_eq!(
            shop.products.get(one).await.unwrap().unwrap().listed.stock,
            1
        );
        assert_eq!(shop.carts.lines(1, None, 9).await.unwrap().items.len(), 2);
        assert_eq!(
            refused(
                shop.orders
                    .checkout(1, datetime!(1969-01-01 0:00 UTC))
                    .await
            ),
            "Invalid"
        );
    });
}

#[test]
fn an_order_takes_so_many_lines_and_no_more() {
    on_every_store(async |shop| {
        let time = datetime!(2025-01-02 03:04:05 UTC);
        for _ in 0..=MAX_LINES {
            let id = shop
                .products
                .add(&article("c", "s", 1, 1))
                .await
                .unwrap()
                .listed
                .id;
            shop.carts.add(1, id, 1).await.unwrap();
        }
        assert_eq!(refused(shop.orders.checkout(1, time).await), "CartTooBig");
        let last = shop
            .carts
            .lines(1, None, 100)
            .await
            .unwrap()
            .items
            .pop()
            .unwrap();
        shop.carts.remove(1, last.product_id).await.unwrap();
        let order = shop.orders.checkout(1, time).await.unwrap();
        assert_eq!(order.lines.len(), MAX_LINES);
        assert_eq!(shop.orders.get(order.id).await.unwrap(), Some(order));
    });
}

#[test]
fn orders_of_a_user_come_newest_first() {
    on_every_store(async |shop| {
        let orders = shop.orders;
        let times = [
            datetime!(1970-01-01 0:00 UTC),
            datetime!(2025-01-01 0:00:00.000_001 UTC),
            datetime!(2025-01-01 0:00:00.000_001 UTC),
            datetime!(2025-01-01 0:00 UTC),
            datetime!(9999-12-31 23:59:59.999_999 UTC),
        ];
        for (id, placed_at) in (1..).zip(times) {
            let lines = vec![OrderLine {
                product_id: 1,
                quantity: 2,
                price: id,
            }];
            let order = Order {
                id,
                user_id: 1,
                placed_at,
                total: id,
                lines,
            };
            orders.put_exact(&order).await.unwrap();
        }
        let other = Order {
            id: 9,
            user_id: 10,
            placed_at: times[0],
            total: 0,
            lines: Vec::new(),
        };
        orders.put_exact(&other).await.unwrap();
        let list = drain(async |after| orders.of_user(1, after, 2).await).await;
        let ids: Vec<u64> = list.iter().map(|order| order.id).collect();
        assert_eq!(ids, [5, 3, 2, 4, 1]);
        assert_eq!(orders.of_user(10, None, 1).await.unwrap().items, [other]);
        assert_eq!(refused(orders.of_user(1, None, 0).await), "Invalid");
        for wrong in ["o1.1", "l1.1", "o1.18446744073709551615-1"] {
            assert_eq!(
                refused(orders.of_user(1, Some(wrong), 1).await),
                "BadCursor"
            );
        }
        assert!(orders.remove(5).await.unwrap());
        assert!(!orders.remove(5).await.unwrap());
        assert_eq!(orders.get(5).await.unwrap(), None);
        assert_eq!(orders.of_user(1, None, 1).await.unwrap().items[0].id, 3);
    });
}

#[test]
fn an_order_is_applied_once() {
    on_every_store(async |shop| {
        let time = datetime!(2025-01-02 03:04:05 UTC);
        let product = shop
            .products
            .add(&article("c", "s", 5, 3))
            .await
            .unwrap()
            .listed
            .id;
        shop.carts.add(1, product, 2).await.unwrap();
        let line = OrderLine {
            product_id: product,
            quantity: 2,
            price: 5,
        };
        let order = Order {
            id: 77,
            user_id: 1,
            placed_at: time,
            total: 10,
            lines: vec![line],
        };
        shop.orders.apply(&order).await.unwrap();
        shop.orders.apply(&order).await.unwrap();
        assert_eq!(shop.orders.get(77).await.unwrap().as_ref(), Some(&order));
        assert_eq!(
            shop.products
                .get(product)
                .await
                .unwrap()
                .unwrap()
                .listed
                .stock,
            1
        );
        assert_eq!(shop.carts.line(1, product).await.unwrap(), None);

        let next = Order {
            id: 78,
            ..order.clone()
        };
        assert_eq!(refused(shop.orders.apply(&next).await), "OutOfStock");
        shop.products.remove(product).await.unwrap();
        assert_eq!(refused(shop.orders.apply(&next).await), "NoSuchProduct");
        assert_eq!(shop.orders.get(78).await.unwrap(), None);

        let product = shop
            .products
            .add(&article("c", "s", 5, 3))
            .await
            .unwrap()
            .listed
            .id;
        shop.carts.add(2, product, 1).await.unwrap();
        assert!(shop.orders.checkout(2, time).await.unwrap().id > 77);
    });
}

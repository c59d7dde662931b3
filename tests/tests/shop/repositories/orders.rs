//! Orders: the checkout, lists, records put as they are.

use shop::model::{MAX_LINES, Order, OrderLine};
use time::macros::datetime;

use super::{SUITE, article, drain, on_every_store, refused};

#[test]
fn a_checkout_moves_stock_and_cart_into_an_order_at_once() {
    on_every_store(SUITE, async |shop| {
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
    on_every_store(SUITE, async |shop| {
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
    on_every_store(SUITE, async |shop| {
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
    on_every_store(SUITE, async |shop| {
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

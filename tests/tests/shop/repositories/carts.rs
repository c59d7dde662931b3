//! Carts: one line for each product, in pages.

use shop::model::{CartLine, MAX_QUANTITY};

use super::{SUITE, drain, on_every_store, refused};

#[test]
fn a_cart_has_one_line_for_each_product() {
    on_every_store(SUITE, async |shop| {
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
    on_every_store(SUITE, async |shop| {
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

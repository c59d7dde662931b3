//! Products: lists, stock, descriptions.

use shop::model::{Listed, MAX_STOCK, Prices, Product};

use super::{SUITE, article, drain, on_every_store, refused};

#[test]
fn products_are_listed_by_price_then_id_and_by_seller_newest_first() {
    on_every_store(SUITE, async |shop| {
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
    on_every_store(SUITE, async |shop| {
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
    on_every_store(SUITE, async |shop| {
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
    on_every_store(SUITE, async |shop| {
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

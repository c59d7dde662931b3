//! Paths with a sort key, and numbers.

use dal_traits::ErrorKind::{ConditionFailed, InvalidValue, NoPath, NotFound};
use dal_traits::Record;
use dal_traits::store::{EntityStore, Store};
use dal_traits::value::Value;

use super::{int, kind, of, text, value, values};
use crate::stores::{SHOP, on_every_store};

async fn add(products: &EntityStore, category: &str, price: i128, stock: i128) -> Record {
    products
        .insert([
            ("seller", text("ann")),
            ("category", text(category)),
            ("name", text("thing")),
            ("description", text("")),
            ("price", int(price)),
            ("stock", int(stock)),
        ])
        .await
        .unwrap()
}

async fn stock(products: &EntityStore, id: &Value) -> Value {
    let found = products.get("id", [("id", id.clone())]).await.unwrap();
    value(&found.unwrap(), "stock")
}

#[test]
fn records_of_a_path_come_in_the_order_of_its_sort_key() {
    on_every_store(&SHOP, async |store: Store| {
        let products = of(&store, "Products");
        // Prices that would sort otherwise as text, and two that are equal.
        for price in [100, 9, 20, 1000, 20] {
            add(&products, "books", price, 1).await;
        }
        add(&products, "toys", 15, 1).await;
        let books = || {
            products
                .query("by_category")
                .equal("category", text("books"))
        };
        let prices = |found: dal_traits::op::Page| values(&found.records, "price");
        assert_eq!(
            prices(books().await.unwrap()),
            [int(9), int(20), int(20), int(100), int(1000)]
        );
        let ids = values(&books().await.unwrap().records, "id");
        assert_eq!(ids, [int(2), int(3), int(5), int(1), int(4)]);
        for (range, expected) in [
            ((20..=100), vec![20, 20, 100]),
            ((21..=99), vec![]),
            ((0..=9), vec![9]),
        ] {
            let found = books().range("price", int(*range.start())..=int(*range.end()));
            let expected: Vec<Value> = expected.into_iter().map(int).collect();
            assert_eq!(prices(found.await.unwrap()), expected, "{range:?}");
        }
        let open = books()
            .range("price", int(20)..int(1000))
            .backward()
            .await
            .unwrap();
        assert_eq!(prices(open), [int(100), int(20), int(20)]);
        let exact = books()
            .equal("price", int(20))
            .range("id", int(4)..)
            .await
            .unwrap();
        assert_eq!(values(&exact.records, "id"), [int(5)]);
        assert_eq!(books().count().await.unwrap(), 5);
        let newest = products
            .query("by_seller")
            .equal("seller", text("ann"))
            .backward()
            .limit(2);
        let newest = newest.await.unwrap();
        assert_eq!(values(&newest.records, "id"), [int(6), int(5)]);
        assert!(newest.next.is_some());
    });
}

#[test]
fn a_filter_leaves_out_records_and_the_page_is_full_all_the_same() {
    on_every_store(&SHOP, async |store: Store| {
        let products = of(&store, "Products");
        for stock in 0..12 {
            add(&products, "books", 100 + stock, stock % 3).await;
        }
        let in_stock = products.field("stock").unwrap().gt(int(0));
        let query = products
            .query("by_category")
            .equal("category", text("books"))
            .filter(in_stock)
            .limit(4);
        let mut pages = query.pages();
        let mut sizes = Vec::new();
        while let Some(page) = pages.next().await.unwrap() {
            sizes.push((page.records.len(), page.next.is_some()));
        }
        assert_eq!(sizes, [(4, true), (4, false)]);
    });
}

#[test]
fn a_record_moves_in_its_paths_when_what_they_order_by_changes() {
    on_every_store(&SHOP, async |store: Store| {
        let products = of(&store, "Products");
        let first = value(&add(&products, "books", 10, 1).await, "id");
        add(&products, "books", 20, 1).await;
        products
            .update(first.clone())
            .set("price", int(30))
            .await
            .unwrap();
        let of_category = async |category: &str| {
            let query = products
                .query("by_category")
                .equal("category", text(category));
            values(&query.await.unwrap().records, "price")
        };
        assert_eq!(of_category("books").await, [int(20), int(30)]);
        products
            .update(first.clone())
            .set("category", text("toys"))
            .await
            .unwrap();
        assert_eq!(of_category("books").await, [int(20)]);
        assert_eq!(of_category("toys").await, [int(30)]);
        products
            .update(first.clone())
            .add("price", int(12))
            .await
            .unwrap();
        assert_eq!(of_category("toys").await, [int(42)]);
        assert!(products.delete(first).await.unwrap());
        assert_eq!(of_category("toys").await, [0; 0].map(int));
    });
}

#[test]
fn what_is_added_keeps_the_number_in_its_range() {
    on_every_store(&SHOP, async |store: Store| {
        let products = of(&store, "Products");
        let id = value(&add(&products, "books", 10, 5).await, "id");
        products
            .update(id.clone())
            .add("stock", int(-5))
            .await
            .unwrap();
        assert_eq!(stock(&products, &id).await, int(0));
        let below = products.update(id.clone()).add("stock", int(-1)).await;
        assert_eq!(kind(below), InvalidValue);
        let most = i128::from(u32::MAX);
        products
            .update(id.clone())
            .add("stock", int(most))
            .await
            .unwrap();
        let above = products.update(id.clone()).add("stock", int(1)).await;
        assert_eq!(kind(above), InvalidValue);
        assert_eq!(stock(&products, &id).await, int(most));
        let greatest = i128::from(u64::MAX);
        products
            .update(id.clone())
            .set("price", int(greatest))
            .await
            .unwrap();
        let found = products
            .get("id", [("id", id.clone())])
            .await
            .unwrap()
            .unwrap();
        assert_eq!(value(&found, "price"), int(greatest));
        let above = products.update(id.clone()).add("price", int(1)).await;
        assert_eq!(kind(above), InvalidValue);

        assert_eq!(
            kind(products.update(int(99)).add("stock", int(1)).await),
            NotFound
        );
        let few = products.field("stock").unwrap().lt(int(3));
        let refused = products.update(id.clone()).add("stock", int(-7)).when(few);
        assert_eq!(kind(refused.await), ConditionFailed);
        let over = products.update(id).set("stock", int(most + 1)).await;
        assert_eq!(kind(over), InvalidValue);
    });
}

#[test]
fn a_query_that_no_path_serves_is_refused_with_the_paths_that_exist() {
    on_every_store(&SHOP, async |store: Store| {
        let products = of(&store, "Products");
        let unknown = products.query("by_price").await.unwrap_err();
        assert_eq!(unknown.kind(), NoPath);
        for name in ["id", "by_category", "browse", "by_seller"] {
            assert!(
                unknown.to_string().contains(name),
                "{name} is missing in {unknown}"
            );
        }
        let without_key = products.query("by_category").await;
        assert_eq!(kind(without_key), NoPath);
        let category = || products.query("by_category").equal("category", text("x"));
        assert_eq!(kind(category().equal("stock", int(1)).await), NoPath);
        assert_eq!(
            kind(category().range("id", int(1)..).await),
            NoPath,
            "the price comes first"
        );
        assert_eq!(
            kind(category().equal("price", text("ten")).await),
            InvalidValue
        );
    });
}

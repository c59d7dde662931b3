//! Queries by paths, pages and cursors.

use std::ops::Bound;

use dal_traits::op::Page;
use dal_traits::store::{EntityStore, QueryRequest, Store};
use dal_traits::value::Value;
use dal_traits::{ErrorKind, Record};
use time::macros::datetime;

use crate::{
    decimal, int, kind, products, refused, shop_model, things, things_model, users, values,
};

async fn product(products: &EntityStore, category: &str, price: i64) -> Record {
    let given = values! {
        seller: "s", category: category, name: "n", description: "", price: price, stock: price,
    };
    products.insert(given).await.unwrap()
}

/// Prices out of order, two of them equal, and another category.
async fn shelf() -> EntityStore {
    let products = products();
    for price in [30, 9, 100, 30, 1] {
        product(&products, "books", price).await;
    }
    product(&products, "toys", 5).await;
    products
}

fn ids(page: &Page) -> Vec<i128> {
    page.records
        .iter()
        .map(|record| int(record, "id"))
        .collect()
}

async fn found(request: QueryRequest) -> Vec<i128> {
    let page = request.await.unwrap();
    assert_eq!(page.next, None);
    ids(&page)
}

fn books(products: &EntityStore) -> QueryRequest {
    products.query("by_category").equal("category", "books")
}

#[tokio::test]
async fn a_path_gives_its_records_in_its_order_either_way() {
    let products = shelf().await;
    assert_eq!(found(books(&products)).await, [5, 2, 1, 4, 3]);
    assert_eq!(found(books(&products).backward()).await, [3, 4, 1, 2, 5]);
    let by_alias = products.query("browse").equal("category", "toys");
    assert_eq!(found(by_alias).await, [6]);
    assert_eq!(found(books(&products).equal("price", 30)).await, [1, 4]);
}

#[tokio::test]
async fn a_range_has_its_bounds() {
    let products = shelf().await;
    let books = || books(&products);
    assert_eq!(found(books().range("price", 9..=30)).await, [2, 1, 4]);
    assert_eq!(found(books().range("price", 9..30)).await, [2]);
    assert_eq!(found(books().range("price", 30..)).await, [1, 4, 3]);
    assert_eq!(found(books().range("price", ..=9)).await, [5, 2]);
    let above = (Bound::Excluded(30), Bound::Unbounded);
    assert_eq!(found(books().range("price", above)).await, [3]);
    // Nothing lies between: no error, no records.
    let turned = (Bound::Included(30), Bound::Included(9));
    assert_eq!(found(books().range("price", turned)).await, [0; 0]);
    let touching = (Bound::Excluded(9), Bound::Included(9));
    assert_eq!(found(books().range("price", touching)).await, [0; 0]);
    assert_eq!(found(books().range("price", 9..=9)).await, [2]);
    assert_eq!(found(books().range("price", 30..30)).await, [0; 0]);
    let range = books().range("price", 9..=30).backward();
    assert_eq!(found(range).await, [4, 1, 2]);
}

#[tokio::test]
async fn a_page_ends_where_the_next_begins() {
    let products = shelf().await;
    for backward in [false, true] {
        let query = || {
            let query = books(&products).limit(2);
            if backward { query.backward() } else { query }
        };
        let mut pages = query().pages();
        let mut seen = Vec::new();
        let mut sizes = Vec::new();
        while let Some(page) = pages.next().await.unwrap() {
            sizes.push(page.records.len());
            seen.extend(ids(&page));
        }
        let mut expected = vec![5, 2, 1, 4, 3];
        if backward {
            expected.reverse();
        }
        assert_eq!(seen, expected);
        assert_eq!(sizes, [2, 2, 1]);
        assert_eq!(query().count().await.unwrap(), 5);
    }
}

#[tokio::test]
async fn a_cursor_exists_exactly_when_another_record_matches() {
    let products = shelf().await;
    let whole = books(&products).limit(5).await.unwrap();
    assert!(whole.next.is_none());
    let most = books(&products).limit(4).await.unwrap();
    assert!(most.next.is_some());
    // What the filter leaves out counts for nothing.
    let stock = products.field("stock").unwrap();
    let cheap = books(&products).filter(stock.lt(10)).limit(2);
    let page = cheap.await.unwrap();
    assert_eq!(ids(&page), [5, 2]);
    assert_eq!(page.next, None);
    let page = books(&products).filter(stock.ne(9)).limit(2).await.unwrap();
    assert_eq!(ids(&page), [5, 1]);
    let rest = books(&products).filter(stock.ne(9)).limit(2);
    assert_eq!(found(rest.after(page.next)).await, [4, 3]);
}

#[tokio::test]
async fn a_cursor_survives_the_deletion_of_its_record_and_of_others() {
    let products = shelf().await;
    let page = books(&products).limit(3).await.unwrap();
    assert_eq!(ids(&page), [5, 2, 1]);
    products.delete(1).await.unwrap();
    products.delete(4).await.unwrap();
    product(&products, "books", 30).await;
    product(&products, "books", 2).await;
    // One behind the position is seen, one before it is not.
    assert_eq!(found(books(&products).after(page.next)).await, [7, 3]);
}

#[tokio::test]
async fn a_cursor_belongs_to_its_query_in_its_direction() {
    let products = shelf().await;
    let stock = products.field("stock").unwrap();
    let page = books(&products).limit(1).await.unwrap();
    let of_books = || page.next.clone().unwrap();
    for other in [
        books(&products).backward(),
        books(&products).range("price", 0..),
        books(&products).filter(stock.gt(0)),
        books(&products).equal("price", 30),
        products.query("by_category").equal("category", "toys"),
        products.query("by_seller").equal("seller", "books"),
    ] {
        assert_eq!(
            kind(other.after(of_books()).await),
            ErrorKind::InvalidCursor
        );
    }
    let mut broken = of_books();
    broken.position.pop();
    assert_eq!(
        kind(books(&products).after(broken).await),
        ErrorKind::InvalidCursor
    );
    // A cursor comes from outside, with whatever values.
    for forged in [
        Value::Null,
        Value::from(-1),
        Value::from("1"),
        decimal("1e1000000000"),
    ] {
        let mut cursor = of_books();
        cursor.position[0] = forged;
        assert_eq!(
            kind(books(&products).after(cursor).await),
            ErrorKind::InvalidCursor
        );
    }
    // Another page length and consistency are the same query.
    let next = books(&products).limit(9).eventual().after(of_books());
    assert_eq!(found(next).await, [2, 1, 4, 3]);
}

#[tokio::test]
async fn a_cursor_is_good_in_another_process() {
    // The values are part of the format of cursors: a change makes those that are out invalid.
    let query = |store: &Store| {
        let products = store.entity("Products").unwrap();
        products.query("by_category").equal("category", "books")
    };
    let store = || Store::open(dal_memory::MemoryBackend::new(shop_model()));
    let one = store();
    let products = one.entity("Products").unwrap();
    product(&products, "books", 1).await;
    product(&products, "books", 2).await;
    let cursor = query(&one).limit(1).await.unwrap().next.unwrap();
    assert_eq!(cursor.position, [1.into(), 1.into(), Value::from("books")]);
    let other = store();
    let products = other.entity("Products").unwrap();
    product(&products, "books", 1).await;
    product(&products, "books", 2).await;
    assert_eq!(found(query(&other).after(cursor)).await, [2]);
}

#[tokio::test]
async fn a_record_without_an_index_key_is_not_on_its_path() {
    let things = things();
    let at = |minute: u8| {
        Value::DateTime(
            datetime!(2025-01-02 03:00:00)
                .replace_minute(minute)
                .unwrap(),
        )
    };
    let mut given = vec![("kind", "k".into()), ("at", at(5))];
    things.insert(given.clone()).await.unwrap();
    given.push(("owner", "o".into()));
    things.insert(given.clone()).await.unwrap();
    given[1].1 = at(4);
    things.insert(given).await.unwrap();
    let of_owner = || things.query("by_owner").equal("owner", "o");
    assert_eq!(found(of_owner()).await, [3, 2]);
    assert_eq!(found(of_owner().equal("at", at(5))).await, [2]);
    assert_eq!(found(of_owner().range("at", at(5)..)).await, [2]);
    // The amount is NULL in all of them.
    let of_kind = || things.query("by_kind").equal("kind", "k");
    assert_eq!(found(of_kind()).await, [0; 0]);
    things.update(1).set("amount", decimal("2")).await.unwrap();
    things
        .update(2)
        .set("amount", decimal("-10"))
        .await
        .unwrap();
    assert_eq!(found(of_kind()).await, [2, 1]);
    things.update(2).set("amount", Value::Null).await.unwrap();
    assert_eq!(found(of_kind()).await, [1]);
    refused(
        things.query("by_owner").equal("owner", Value::Null).await,
        ErrorKind::InvalidValue,
        &["`owner`"],
    );
}

#[tokio::test]
async fn a_unique_index_finds_only_what_is_in_it() {
    let things = things();
    things.insert(values! {kind: "k", serial: 7}).await.unwrap();
    let by_index = async || things.get("by_serial", values! {serial: 7}).await.unwrap();
    assert_eq!(by_index().await, None);
    let by_key = things.get("things_serial", values! {serial: 7}).await;
    assert!(by_key.unwrap().is_some());
    things.update(1).set("amount", 1).await.unwrap();
    assert!(by_index().await.is_some());
}

#[tokio::test]
async fn an_encoded_key_orders_as_text() {
    let things = things();
    let at = || Value::DateTime(datetime!(2025-01-02 03:00:00));
    for id in [9, 10, 100] {
        let given = [
            ("id", id.into()),
            ("kind", "k".into()),
            ("owner", "o".into()),
            ("at", at()),
        ];
        things.insert(given).await.unwrap();
    }
    let of_owner = || things.query("by_owner").equal("owner", "o");
    assert_eq!(found(of_owner()).await, [10, 100, 9]);
    let one = of_owner().equal("at", at()).equal("id", 100);
    assert_eq!(found(one).await, [100]);
    let range = of_owner().equal("at", at()).range("id", 10..);
    refused(range.await, ErrorKind::NoPath, &["`id`", "order"]);
    // The moment before it is not given.
    let gap = of_owner().equal("id", 9).await;
    refused(gap, ErrorKind::NoPath, &["by_owner", "id"]);
}

#[tokio::test]
async fn the_table_orders_by_its_own_sort_key() {
    let carts = crate::shop().entity("Carts").unwrap();
    for (user, product) in [(1, 100), (1, 9), (2, 10), (1, 10)] {
        let given = values! {user_id: user, product_id: product, quantity: 1};
        carts.insert(given).await.unwrap();
    }
    let of_user = || carts.query("Carts").equal("user_id", 1);
    let products = async |request: QueryRequest| {
        let page = request.await.unwrap();
        let records = page.records.iter();
        records
            .map(|line| int(line, "product_id"))
            .collect::<Vec<_>>()
    };
    assert_eq!(products(of_user()).await, [9, 10, 100]);
    assert_eq!(products(of_user().backward().limit(1)).await, [100]);
    assert_eq!(
        products(of_user().range("product_id", 10..)).await,
        [10, 100]
    );
    assert_eq!(products(of_user().equal("product_id", 10)).await, [10]);
    let one = carts.get("id", values! {product_id: 10, user_id: 2}).await;
    assert_eq!(int(&one.unwrap().unwrap(), "product_id"), 10);
    let identity = [Value::from(2), Value::from(10)];
    assert!(carts.delete(identity).await.unwrap());
}

#[tokio::test]
async fn what_no_path_serves_names_the_paths_and_what_they_need() {
    let products = products();
    let paths = [
        "id (id)",
        "by_category or browse (category; by price)",
        "by_seller (seller; by id)",
    ];
    let books = || books(&products);
    for request in [
        products.query("by_stock").equal("stock", 1),
        products.query("by_category"),
        products.query("by_category").equal("price", 1),
        products.query("by_category").range("price", 1..),
        books().equal("stock", 1),
        books().range("stock", 1..),
        books().range("price", 1..).range("price", ..9),
        books().equal("price", 1).range("price", 1..),
        products.query("id").equal("id", 1).range("price", 1..),
    ] {
        refused(request.await, ErrorKind::NoPath, &paths);
    }
    let several = products.get("by_category", values! {category: "books"});
    refused(several.await, ErrorKind::NoPath, &["by_category"]);
    let too_much = products.get("id", values! {id: 1, price: 1}).await;
    refused(too_much, ErrorKind::NoPath, &["price"]);
    let twice = books().equal("category", "toys").await;
    refused(
        twice,
        ErrorKind::InvalidValue,
        &["`category`", "more than once"],
    );
    let no_field = books().equal("colour", "red").await;
    refused(
        no_field,
        ErrorKind::InvalidValue,
        &["`colour`", "price, stock"],
    );
    assert_eq!(kind(books().limit(0).await), ErrorKind::InvalidValue);
}

#[tokio::test]
async fn a_unique_path_can_be_queried_too() {
    let users = users();
    users.insert(values! {email: "a", name: "a"}).await.unwrap();
    assert_eq!(
        found(users.query("users_email").equal("email", "a")).await,
        [1]
    );
    assert_eq!(
        found(users.query("users_email").equal("email", "b")).await,
        [0; 0]
    );
}

#[tokio::test]
async fn a_scan_needs_to_be_allowed_and_gives_everything_once() {
    let store = Store::open(dal_memory::MemoryBackend::new(things_model()));
    let refused_one = store.entity("Things").unwrap().scan().await;
    refused(refused_one, ErrorKind::Unsupported, &["allow_scans"]);
    let things = store.allow_scans().entity("Things").unwrap();
    for level in 0..5 {
        things
            .insert(values! {kind: "k", level: level})
            .await
            .unwrap();
    }
    let level = things.field("level").unwrap();
    let mut pages = things.scan().filter(level.ge(1)).limit(3).pages();
    let mut seen = Vec::new();
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        sizes.push(page.records.len());
        seen.extend(ids(&page));
    }
    seen.sort_unstable();
    assert_eq!(seen, [2, 3, 4, 5]);
    assert_eq!(sizes, [3, 1]);
    let page = things.scan().limit(1).await.unwrap();
    let other = things.scan().filter(level.ge(1)).after(page.next).await;
    assert_eq!(kind(other), ErrorKind::InvalidCursor);
}

use std::ops::RangeFrom;
use std::sync::Arc;

use dal_memory::MemoryBackend;
use dal_traits::ErrorKind;
use dal_traits::store::{Child, Entity, Insert, Path, Shape, Store};
use time::PrimitiveDateTime;

use super::every::{Every, every};
use super::{Product, shop};
use crate::{shop_model, things_model};

fn mistakes<S: Shape>(store: Store) -> String {
    let error = store.verify::<S>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    error.to_string()
}

#[test]
fn every_mistake_is_found_at_once() {
    #[derive(Entity)]
    #[dal("Prodcts")]
    #[expect(dead_code, reason = "verified only")]
    struct Unknown {
        id: u64,
    }
    #[derive(Entity)]
    #[dal("Products")]
    #[expect(dead_code, reason = "verified only")]
    struct Wrong {
        id: u32,
        nam: String,
        #[dal("id")]
        again: u64,
        stock: String,
    }
    #[derive(Insert)]
    #[dal(Product)]
    struct Poor<'a> {
        seller: &'a str,
        price: &'a str,
        stock: Option<u32>,
    }
    #[derive(Path)]
    #[dal(Product, "by_categry")]
    struct NoPath {
        category: String,
    }
    #[derive(Path)]
    #[dal(Unknown, "id")]
    struct OfUnknown {
        id: u64,
    }
    let text = mistakes::<(Unknown, Wrong, Poor, NoPath, OfUnknown)>(shop());
    let expected = "config: 11 mistakes in the structs of the store: \
        `Unknown`: there is no entity `Prodcts`; did you mean `Products`?; \
        `Wrong.id`: `u32` cannot hold every value of a column of type bigint unsigned; \
        `Wrong.nam`: there is no column `nam`; did you mean `name`?; \
        `Wrong.id`: another field is the same column; \
        `Wrong.stock`: `alloc::string::String` cannot hold every value of a column of type int unsigned; \
        `Poor.price`: a column of type bigint unsigned does not store `&str`; \
        `Poor.stock`: the column takes no NULL: write the type without `Option`; \
        `Poor.category`: it must be given, because the column has no default; \
        `Poor.name`: it must be given, because the column has no default; \
        `Poor.description`: it must be given, because the column has no default; \
        `NoPath`: there is no path `by_categry`; did you mean `by_category`?";
    assert_eq!(text, expected);
}

#[test]
fn a_key_must_be_one_that_its_path_takes() {
    #[derive(Path)]
    #[dal(Product, "by_category")]
    struct NoCategory {
        price: u64,
    }
    #[derive(Path)]
    #[dal(Product, "by_category")]
    struct Range {
        category: std::ops::Range<String>,
    }
    #[derive(Path)]
    #[dal(Product, "by_category")]
    struct Beside {
        category: String,
        stock: u32,
    }
    #[derive(Path)]
    #[dal(Product, "by_category")]
    struct Optional {
        category: Option<String>,
    }
    #[derive(Debug, Entity)]
    #[dal("things")]
    #[expect(dead_code, reason = "verified only")]
    struct Thing {
        id: u8,
        owner: String,
    }
    #[derive(Path)]
    #[dal(Thing, "by_owner")]
    struct Since {
        owner: String,
        at: RangeFrom<PrimitiveDateTime>,
        id: u8,
    }
    #[derive(Path)]
    #[dal(Thing, "by_owner")]
    struct Ids {
        owner: String,
        at: PrimitiveDateTime,
        id: RangeFrom<u8>,
    }
    let text = mistakes::<(NoCategory, Range, Beside, Optional)>(shop());
    for part in [
        "`NoCategory`: the path `by_category` needs `category`",
        "`Range`: the path `by_category` takes one value of `category`, no range",
        "`Beside`: the path `by_category` takes category, price, from the first on",
        "`Optional.category`: a key is never NULL",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }

    let things = || Store::open(MemoryBackend::new(things_model()));
    let text = mistakes::<(Thing, Since, Ids)>(things());
    for part in [
        "`Thing.owner`: the column takes NULL: write `Option<..>`",
        "`Since`: the path `by_owner` takes owner, at, id, from the first on",
        "`Ids`: the path `by_owner` does not order by `id` as MySQL does",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn an_entity_that_is_not_built_yet_is_a_mistake() {
    #[derive(Entity)]
    #[dal("orders")]
    #[expect(dead_code, reason = "verified only")]
    struct Order {
        id: u64,
    }
    let mut model = dal_traits::model::Model::clone(&shop_model());
    let place = model.entity("Orders").unwrap().place;
    let mut orders = dal_traits::model::Entity::clone(&model.entities[place]);
    orders.identity.clear();
    model.entities[place] = Arc::new(orders);
    let text = mistakes::<Order>(Store::open(MemoryBackend::new(Arc::new(model))));
    assert!(
        text.contains("`Order`: the entity `Orders` is not supported yet"),
        "{text}"
    );
}

#[test]
fn the_elements_of_an_array_are_verified_with_their_struct() {
    #[derive(Child)]
    struct Wrong {
        product: u64,
        quantity: String,
        price: u32,
        #[dal("price")]
        again: u64,
    }
    #[derive(Child)]
    struct Short {
        product_id: u64,
    }
    #[derive(Entity)]
    #[dal("orders")]
    #[expect(dead_code, reason = "verified only")]
    struct Order {
        id: u64,
        lines: Vec<Wrong>,
    }
    #[derive(Entity)]
    #[dal("orders")]
    #[expect(dead_code, reason = "verified only")]
    struct NoArray {
        id: Vec<Short>,
        lines: Vec<String>,
    }
    #[derive(Entity)]
    #[dal("orders")]
    #[expect(dead_code, reason = "verified only")]
    struct Right {
        lines: Vec<Short>,
    }
    #[derive(Insert)]
    #[dal(Right)]
    struct NewOrder {
        user_id: u64,
        placed_at: PrimitiveDateTime,
        total: u64,
        lines: Vec<Short>,
    }
    let text = mistakes::<(Order, NoArray, NewOrder)>(shop());
    for part in [
        "config: 7 mistakes",
        "`Order.lines.product`: there is no member `product`; there are: product_id, quantity, price",
        "`Order.lines.quantity`: `alloc::string::String` cannot hold every value of a column of type \
         int unsigned",
        "`Order.lines.price`: `u32` cannot hold every value of a column of type bigint unsigned",
        "`Order.lines.price`: another field is the same member",
        "`NoArray.lines`: it is an array of rows: write `Vec<..>` of a struct that derives `Child`",
        "`NewOrder.lines`: its elements are written with every member: add the missing ones",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(text.contains("`NoArray.id`: `alloc::vec::Vec<"), "{text}");
}

#[test]
fn what_cannot_be_inserted_is_a_mistake() {
    #[derive(Insert)]
    #[dal(Every)]
    struct Poor {
        note: String,
    }
    #[derive(Entity)]
    #[dal("logs")]
    #[expect(dead_code, reason = "verified only")]
    struct Log {
        kind: String,
    }
    #[derive(Insert)]
    #[dal(Log)]
    struct NewLog {
        kind: String,
    }
    let text = mistakes::<(Poor, NewLog)>(every());
    for part in [
        "`Poor.token`: it must be given: only MySQL can compute its default",
        "`Poor.flag`: it must be given, because the column has no default",
        "`NewLog`: `Logs` is read only: its key is not unique",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(
        !text.contains("`Poor.id`") && !text.contains("`Poor.small`"),
        "{text}"
    );
}

//! Structs in the place of names.

use std::ops::{RangeFrom, RangeInclusive};

use dal_memory::MemoryBackend;
use dal_traits::store::{Entity, Insert, Path, Shape, Store, TypedStore};
use dal_traits::value::Value;
use dal_traits::{Cursor, ErrorKind};
use serde_json::json;
use time::macros::{date, datetime};
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime};

use super::{model, shop, shop_model, things_model};

#[derive(Clone, Debug, PartialEq, Entity)]
#[dal("users")]
struct User {
    id: u64,
    email: String,
    #[dal("name")]
    called: String,
    created_at: PrimitiveDateTime,
}

/// A projection of users.
#[derive(Debug, PartialEq, Entity)]
#[dal("Users")]
struct Email {
    email: String,
}

#[derive(Insert)]
#[dal(User)]
struct NewUser<'a> {
    email: &'a str,
    name: String,
}

/// A user with everything.
#[derive(Insert)]
#[dal(User)]
struct WholeUser {
    id: u64,
    email: String,
    name: String,
    created_at: Option<PrimitiveDateTime>,
}

#[derive(Path)]
#[dal(User, "users_email")]
struct ByEmail<'a> {
    email: &'a str,
}

#[derive(Path)]
#[dal(Email, "id")]
struct EmailOf {
    id: u64,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[dal("products")]
struct Product {
    id: u64,
    category: String,
    name: String,
    price: u64,
    stock: u32,
}

#[derive(Clone, Insert)]
#[dal(Product)]
struct NewProduct {
    seller: String,
    category: String,
    name: String,
    description: String,
    price: u64,
    stock: u32,
}

#[derive(Path)]
#[dal(Product, "by_category")]
struct InCategory<'a> {
    category: &'a str,
    price: RangeInclusive<u64>,
}

#[derive(Path)]
#[dal(Product, "browse")]
struct Browse<'a> {
    category: &'a str,
}

fn store() -> TypedStore {
    type Users<'a> = (User, NewUser<'a>, Email, ByEmail<'a>, EmailOf);
    shop()
        .verify::<(Users, Product, NewProduct, InCategory, Browse)>()
        .unwrap()
}

fn product(name: &str, price: u64) -> NewProduct {
    NewProduct {
        seller: "Sue".to_owned(),
        category: "books".to_owned(),
        name: name.to_owned(),
        description: String::new(),
        price,
        stock: 5,
    }
}

fn ann() -> NewUser<'static> {
    NewUser {
        email: "ann@x",
        name: "Ann".to_owned(),
    }
}

#[tokio::test]
async fn a_struct_is_inserted_and_read_by_paths() {
    let store = store();
    let ann: User = store.insert(ann()).await.unwrap();
    assert_eq!((ann.id, ann.called.as_str()), (1, "Ann"));
    let found = store.get(ByEmail { email: "ann@x" }).await.unwrap();
    assert_eq!(found, Some(ann.clone()));
    let missing = store.get(ByEmail { email: "bob@x" }).await.unwrap();
    assert_eq!(missing, None);
    let email = store.get(EmailOf { id: ann.id }).await.unwrap();
    let expected = Email {
        email: "ann@x".to_owned(),
    };
    assert_eq!(email, Some(expected));
    let many = store.get_many::<User>([ann.id, 99, ann.id]).await.unwrap();
    assert_eq!(many, [Some(ann.clone()), None, Some(ann)]);
}

#[tokio::test]
async fn an_id_may_be_given_or_left_to_the_store() {
    #[derive(Insert)]
    #[dal(User)]
    struct MayHaveId {
        id: Option<u64>,
        email: &'static str,
        name: &'static str,
    }
    let store = shop().verify::<MayHaveId>().unwrap();
    let user = |id, name| MayHaveId {
        id,
        email: name,
        name,
    };
    assert_eq!(store.insert(user(Some(7), "a")).await.unwrap().id, 7);
    assert_eq!(store.insert(user(None, "b")).await.unwrap().id, 8);
    let error = store.insert(user(Some(8), "c")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}

#[tokio::test]
async fn a_page_follows_the_one_before() {
    let store = store();
    for (name, price) in [("a", 3), ("b", 1), ("c", 2), ("d", 9)] {
        store.insert(product(name, price)).await.unwrap();
    }
    let cheap = || InCategory {
        category: "books",
        price: 0..=5,
    };
    let first = store.query(cheap()).limit(2).await.unwrap();
    let names = |products: &[Product]| products.iter().map(|p| p.name.clone()).collect::<String>();
    assert_eq!(names(&first.records), "bc");
    // The cursor travels as text.
    let next: Cursor = first.next.unwrap().to_string().parse().unwrap();
    let second = store.query(cheap()).limit(2).after(next).await.unwrap();
    assert_eq!((names(&second.records).as_str(), second.next), ("a", None));
    let all = store
        .query(Browse { category: "books" })
        .backward()
        .await
        .unwrap();
    assert_eq!(names(&all.records), "dacb");
    let few = store
        .query(Browse { category: "books" })
        .filter(Product::PRICE.gt(1).and(!Product::NAME.eq("d")))
        .filter(
            Product::NAME
                .begins_with("c")
                .or(Product::STOCK.is_in([1, 2])),
        );
    assert_eq!(names(&few.await.unwrap().records), "c");
    let either = Product::PRICE.eq(1).and(Product::NAME.eq("d"));
    let either = either.or(Product::NAME.eq("c"));
    let found = store.query(Browse { category: "books" }).filter(either);
    assert_eq!(names(&found.await.unwrap().records), "c");
    #[expect(clippy::reversed_empty_ranges, reason = "nothing is within it")]
    let empty = InCategory {
        category: "books",
        price: 5..=0,
    };
    assert_eq!(store.query(empty).await.unwrap().records, []);
}

#[tokio::test]
async fn fields_are_changed_by_their_tokens() {
    let store = store();
    let id = store.insert(product("a", 3)).await.unwrap().id;
    let take = |count: i32| {
        let update = store.update::<Product>(id).add(Product::STOCK, -count);
        update
            .set(Product::CATEGORY, "taken")
            .when(Product::STOCK.ge(2))
    };
    take(4).await.unwrap();
    let error = take(1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConditionFailed);
    let found = store
        .get_many::<Product>([id])
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    assert_eq!((found.stock, found.category.as_str()), (1, "taken"));
    let delete = |price: u64| store.delete::<Product>(id).when(Product::PRICE.eq(price));
    assert_eq!(
        delete(4).await.unwrap_err().kind(),
        ErrorKind::ConditionFailed
    );
    assert!(delete(3).await.unwrap());
    assert!(!store.delete::<Product>((id,)).await.unwrap());
    let gone = take(1).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_whole_record_is_put() {
    #[derive(Insert)]
    #[dal(User)]
    struct Given {
        id: u64,
        email: &'static str,
        name: Value,
    }

    let store = shop().verify::<(User, WholeUser, EmailOf)>().unwrap_err();
    assert!(
        store.to_string().contains("`WholeUser.created_at`"),
        "{store}"
    );
    // NULL is refused when the program runs, too.
    let store = shop().verify::<Given>().unwrap();
    let given = |name: Value| Given {
        id: 7,
        email: "a",
        name,
    };
    store.put(given("Ann".into())).await.unwrap();
    store.put(given("Bea".into())).await.unwrap();
    let found = store.get_many::<User>([7_u64]).await.unwrap();
    assert_eq!(found[0].as_ref().unwrap().called, "Bea");
    let error = store.put(given(Value::Null)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidValue);
}

#[tokio::test]
async fn what_was_not_verified_is_refused() {
    let store = shop().verify::<User>().unwrap();
    let error = store.get(ByEmail { email: "a" }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error.to_string().contains("`ByEmail` was not verified"),
        "{error}"
    );
    let error = store.insert(ann()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let error = store
        .update::<Product>(1_u64)
        .add(Product::STOCK, 1)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn a_path_that_may_find_several_records_is_queried() {
    let store = store();
    let one = store.get(Browse { category: "books" }).await.unwrap_err();
    assert_eq!(one.kind(), ErrorKind::NoPath);
    let range = InCategory {
        category: "books",
        price: 0..=1,
    };
    assert_eq!(
        store.get(range).await.unwrap_err().kind(),
        ErrorKind::NoPath
    );
}

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
    let text = mistakes::<Order>(Store::open(MemoryBackend::new(shop_model())));
    assert!(
        text.contains("`Order`: the entity `Orders` is not supported yet"),
        "{text}"
    );
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[dal("every")]
struct Every {
    id: u64,
    flag: bool,
    small: Option<i8>,
    bits: u16,
    price: bigdecimal::BigDecimal,
    ratio: f32,
    exact: Option<f64>,
    tag: String,
    note: Option<String>,
    state: String,
    marks: Vec<String>,
    day: Date,
    at: PrimitiveDateTime,
    moment: Option<OffsetDateTime>,
    span: Duration,
    year: u16,
    hash: Vec<u8>,
    body: Option<Vec<u8>>,
    extra: serde_json::Value,
    wide: u16,
    high: u16,
    token: String,
}

#[derive(Insert)]
#[dal(Every)]
struct NewEvery {
    flag: bool,
    small: Option<i8>,
    bits: u16,
    price: bigdecimal::BigDecimal,
    ratio: f32,
    exact: Option<f64>,
    tag: String,
    note: Option<&'static str>,
    state: String,
    marks: Vec<String>,
    day: Date,
    at: PrimitiveDateTime,
    moment: Option<OffsetDateTime>,
    span: Duration,
    year: u16,
    hash: &'static [u8],
    body: Option<Vec<u8>>,
    extra: serde_json::Value,
    wide: u16,
    high: u16,
    token: String,
}

/// A projection whose fields have other places.
#[derive(Debug, PartialEq, Entity)]
#[dal("Every")]
struct Notes {
    note: Option<String>,
    small: Option<i8>,
}

fn every() -> Store {
    Store::open(MemoryBackend::new(model(
        include_str!("fixtures/every.json"),
        include_str!("fixtures/every.catalog.json"),
    )))
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

#[tokio::test]
async fn each_type_of_a_program_is_stored_as_mysql_would() {
    let store = every();
    let store = store.verify::<(Every, NewEvery, Notes)>().unwrap();
    let new = NewEvery {
        flag: true,
        small: None,
        bits: 511,
        price: "1.005".parse().unwrap(),
        ratio: 0.1,
        exact: Some(-0.0),
        tag: "a ".to_owned(),
        note: Some(""),
        state: "old".to_owned(),
        marks: vec!["c".to_owned(), "a".to_owned()],
        day: date!(2025 - 01 - 02),
        at: datetime!(2025-01-02 03:04:05.6789),
        moment: Some(datetime!(2025-01-02 03:04:05 +2)),
        span: Duration::milliseconds(-150),
        year: 2025,
        hash: &[1],
        body: None,
        extra: json!({"a": [1, null]}),
        wide: 2,
        high: 3,
        token: "t".to_owned(),
    };
    let stored = Every {
        id: 1,
        flag: true,
        small: None,
        bits: 511,
        price: "1.01".parse().unwrap(),
        ratio: 0.1,
        exact: Some(0.0),
        tag: "a".to_owned(),
        note: Some(String::new()),
        state: "old".to_owned(),
        marks: vec!["a".to_owned(), "c".to_owned()],
        day: date!(2025 - 01 - 02),
        at: datetime!(2025-01-02 03:04:05.679),
        moment: Some(datetime!(2025-01-02 01:04:05 UTC)),
        span: Duration::milliseconds(-200),
        year: 2025,
        hash: vec![1, 0, 0, 0],
        body: None,
        extra: json!({"a": [1, null]}),
        wide: 2,
        high: 3,
        token: "t".to_owned(),
    };
    assert_eq!(store.insert(new).await.unwrap(), stored);
    let small = store
        .update::<Every>(1)
        .set(Every::SMALL, -3)
        .set(Every::NOTE, None)
        .set(Every::WIDE, 7);
    small.when(Every::SMALL.is_null()).await.unwrap();
    let null = store.update::<Notes>(1).set(Notes::NOTE, None);
    null.when(Notes::NOTE.is_null()).await.unwrap();
    let found = store.get_many::<Every>([1]).await.unwrap();
    let changed = Every {
        small: Some(-3),
        note: None,
        wide: 7,
        ..stored
    };
    assert_eq!(found, [Some(changed)]);
    let error = store
        .update::<Every>(1)
        .set(Every::SMALL, -3)
        .when(Every::SMALL.eq(4));
    assert_eq!(error.await.unwrap_err().kind(), ErrorKind::ConditionFailed);
}

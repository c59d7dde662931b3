//! Structs in the place of names.

mod every;
mod mistakes;
mod transact;

use std::ops::RangeInclusive;

use dal_traits::store::{Entity, Insert, Path, TypedStore};
use dal_traits::value::Value;
use dal_traits::{Cursor, ErrorKind};
use time::PrimitiveDateTime;

use super::shop;

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

//! Transactions of structs.

use dal_traits::ErrorKind;
use dal_traits::store::{Entity, Insert, TypedStore};

use super::{ByEmail, Email, NewProduct, NewUser, Product, User, shop, store};

fn user<'a>(email: &'a str, name: &str) -> NewUser<'a> {
    let name = name.to_owned();
    NewUser { email, name }
}

async fn product(store: &TypedStore) -> Product {
    let new = NewProduct {
        seller: "s".to_owned(),
        category: "books".to_owned(),
        name: "Atlas".to_owned(),
        description: String::new(),
        price: 30,
        stock: 5,
    };
    store.insert(new).await.unwrap()
}

#[tokio::test]
async fn steps_of_several_entities_happen_together_and_give_back_what_they_inserted() {
    let store = store();
    let atlas = product(&store).await;
    let ann: User = store.insert(user("ann@x", "Ann")).await.unwrap();
    let mut tx = store.transact();
    let ben = tx.insert(user("ben@x", "Ben"));
    tx.update::<Product>(atlas.id)
        .add(Product::STOCK, -2)
        .set(Product::NAME, "Old atlas")
        .when(Product::STOCK.ge(2_u32))
        .when(Product::PRICE.eq(30_u64));
    let gone = tx.delete::<User>(ann.id).number();
    let none = tx.delete::<User>(9_u64).number();
    let done = tx.commit().await.unwrap();
    let id: u64 = done.id(ben).unwrap();
    let ben = done.record(ben).unwrap();
    assert_eq!((ben.id, ben.called.as_str()), (id, "Ben"));
    assert_eq!(done.existed(gone), Some(true));
    assert_eq!(done.existed(none), Some(false));
    let found = store.get(ByEmail { email: "ben@x" }).await.unwrap();
    assert_eq!(found, Some(ben));
    let found = store.get_many::<Product>([atlas.id]).await.unwrap();
    let found = found[0].as_ref().unwrap();
    assert_eq!((found.name.as_str(), found.stock), ("Old atlas", 3));
}

/// A user whose id is known.
#[derive(Insert)]
#[dal(User)]
struct KnownUser {
    id: u64,
    email: String,
    name: String,
}

#[tokio::test]
async fn the_step_that_is_refused_is_known_and_nothing_was_done() {
    type Shapes<'a> = (User, KnownUser, ByEmail<'a>, Product, NewProduct);
    let store = shop().verify::<Shapes<'_>>().unwrap();
    let atlas = product(&store).await;
    let mut tx = store.transact();
    let cay = KnownUser {
        id: 7,
        email: "cay@x".to_owned(),
        name: "Cay".to_owned(),
    };
    assert_eq!(tx.put(cay), 1);
    let checked = tx.check::<Product>(atlas.id).when(Product::STOCK.gt(5_u32));
    assert_eq!(checked.number(), 2);
    let error = tx.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConditionFailed);
    assert_eq!(error.step(), Some(2));
    let shown = error.to_string();
    assert!(shown.contains("step 2 (check of Products): "), "{shown}");
    assert_eq!(store.get(ByEmail { email: "cay@x" }).await.unwrap(), None);
}

#[derive(Debug, Entity)]
#[dal("users")]
struct Unverified {
    #[expect(dead_code, reason = "it is never read")]
    id: u64,
}

#[tokio::test]
async fn a_struct_that_was_not_verified_is_refused_with_its_step() {
    let store = store();
    let mut tx = store.transact();
    tx.check::<Email>(1_u64);
    tx.delete::<Unverified>(2_u64)
        .when(Unverified::ID.eq(2_u64));
    let error = tx.commit().await.unwrap_err();
    assert_eq!((error.kind(), error.step()), (ErrorKind::Config, Some(2)));
    // A handle of another transaction.
    let (mut one, mut other) = (store.transact(), store.transact());
    let of_one = one.insert(user("ann@x", "Ann"));
    other.delete::<User>(1_u64);
    let done = other.commit().await.unwrap();
    assert_eq!(
        done.record(of_one).unwrap_err().kind(),
        ErrorKind::Unexpected
    );
    assert_eq!(done.existed(0), None);
}

//! A primary key of two columns, and a CHECK constraint.

use dal_traits::ErrorKind::{AlreadyExists, InvalidValue, NotFound};
use dal_traits::Result;
use dal_traits::store::{EntityStore, Store};
use dal_traits::value::Value;

use super::{int, kind, of, values};
use crate::stores::{SHOP, on_every_store};

async fn line(carts: &EntityStore, user: i128, product: i128, quantity: i128) -> Result<()> {
    let values = [
        ("user_id", int(user)),
        ("product_id", int(product)),
        ("quantity", int(quantity)),
    ];
    carts.insert(values).await.map(drop)
}

fn key(user: i128, product: i128) -> [Value; 2] {
    [int(user), int(product)]
}

#[test]
fn lines_are_found_by_both_columns_and_listed_by_the_first() {
    on_every_store(&SHOP, async |store: Store| {
        let carts = of(&store, "Carts");
        for (user, product) in [(1, 10), (1, 9), (2, 9), (1, 100)] {
            line(&carts, user, product, 1).await.unwrap();
        }
        assert_eq!(kind(line(&carts, 1, 9, 2).await), AlreadyExists);
        let of_user = |user| carts.query("cart").equal("user_id", int(user));
        let products = values(&of_user(1).await.unwrap().records, "product_id");
        assert_eq!(products, [int(9), int(10), int(100)]);
        let few = of_user(1)
            .range("product_id", int(10)..)
            .limit(1)
            .await
            .unwrap();
        assert_eq!(values(&few.records, "product_id"), [int(10)]);
        assert!(few.next.is_some());
        let one = carts
            .get("id", [("product_id", int(9)), ("user_id", int(2))])
            .await;
        assert!(one.unwrap().is_some());
        let found = carts.get_many([key(2, 9), key(2, 10)]).await.unwrap();
        assert_eq!(
            found.iter().map(Option::is_some).collect::<Vec<_>>(),
            [true, false]
        );

        carts
            .update(key(1, 9))
            .add("quantity", int(3))
            .await
            .unwrap();
        assert_eq!(
            kind(carts.update(key(9, 9)).add("quantity", int(3)).await),
            NotFound
        );
        assert!(carts.delete(key(1, 10)).await.unwrap());
        assert!(!carts.delete(key(1, 10)).await.unwrap());
        let quantities = values(&of_user(1).await.unwrap().records, "quantity");
        assert_eq!(quantities, [int(4), int(1)]);
    });
}

#[test]
fn a_check_constraint_holds_on_every_store() {
    on_every_store(&SHOP, async |store: Store| {
        let carts = of(&store, "Carts");
        for wrong in [0, 1001] {
            assert_eq!(
                kind(line(&carts, 1, 1, wrong).await),
                InvalidValue,
                "{wrong}"
            );
        }
        line(&carts, 1, 1, 1000).await.unwrap();
        let over = carts.update(key(1, 1)).add("quantity", int(1)).await;
        assert_eq!(kind(over), InvalidValue);
        let under = carts.update(key(1, 1)).add("quantity", int(-1000)).await;
        assert_eq!(kind(under), InvalidValue);
        carts
            .update(key(1, 1))
            .add("quantity", int(-999))
            .await
            .unwrap();
        let none = carts.update(key(1, 1)).set("quantity", int(0)).await;
        assert_eq!(kind(none), InvalidValue);
    });
}

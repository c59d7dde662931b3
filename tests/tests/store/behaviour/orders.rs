//! Arrays of owned children: the lines of an order.

use dal_traits::ErrorKind::{
    AlreadyExists, ConditionFailed, InvalidValue, NotFound, UniqueViolation, Unsupported,
};
use dal_traits::store::{Child, Entity, EntityStore, Insert, Path, Store};
use dal_traits::value::Value;
use dal_traits::{Record, Result};
use time::macros::datetime;

use super::{int, kind, of, refused, value, values};
use crate::stores::{SHOP, on_every_store};

/// Lines by product, quantity and price.
pub fn lines(lines: &[(i128, i128, i128)]) -> Value {
    let line = |(product, quantity, price): &(i128, i128, i128)| {
        [product, quantity, price].map(|n| int(*n)).to_vec()
    };
    Value::Rows(lines.iter().map(line).collect())
}

/// A new order of a user, placed so many seconds after the others.
async fn place(orders: &EntityStore, user: i128, second: i64, held: Value) -> Result<Record> {
    let at = datetime!(2025-01-02 03:04:05) + time::Duration::seconds(second);
    let values = [
        ("user_id", int(user)),
        ("placed_at", Value::DateTime(at)),
        ("total", int(0)),
        ("lines", held),
    ];
    orders.insert(values).await
}

pub async fn get(orders: &EntityStore, id: &Value) -> Option<Record> {
    orders.get("id", [("id", id.clone())]).await.unwrap()
}

#[test]
fn an_order_is_read_with_its_lines_in_their_order_however_they_were_given() {
    on_every_store(&SHOP, async |store: Store| {
        let orders = of(&store, "Orders");
        let given = lines(&[(10, 1, 5), (9, 2, 7), (100, 3, 1)]);
        let sorted = lines(&[(9, 2, 7), (10, 1, 5), (100, 3, 1)]);
        let order = place(&orders, 1, 0, given).await.unwrap();
        assert_eq!(value(&order, "id"), int(1));
        assert_eq!(value(&order, "lines"), sorted);
        assert_eq!(get(&orders, &int(1)).await, Some(order.clone()));
        let empty = place(&orders, 1, 1, lines(&[])).await.unwrap();
        let left_out = orders.insert([
            ("user_id", int(1)),
            ("placed_at", value(&order, "placed_at")),
            ("total", int(0)),
        ]);
        let left_out = left_out.await.unwrap();
        for without in [&empty, &left_out] {
            assert_eq!(value(without, "lines"), lines(&[]));
            let id = value(without, "id");
            assert_eq!(get(&orders, &id).await.as_ref(), Some(without));
        }
        let many = orders.get_many([int(3), int(1), int(9), int(1)]).await;
        let many = many.unwrap();
        assert_eq!(
            many,
            [Some(left_out), Some(order.clone()), None, Some(order)]
        );
    });
}

#[test]
fn pages_count_orders_and_not_their_lines() {
    on_every_store(&SHOP, async |store: Store| {
        let orders = of(&store, "Orders");
        let mut placed = Vec::new();
        // Two at one moment, and one of another user.
        for (user, second, count) in [(1, 0, 3), (1, 1, 0), (2, 1, 4), (1, 2, 2), (1, 2, 5)] {
            let held: Vec<_> = (0..count).map(|product| (product, 1, 1)).collect();
            placed.push(place(&orders, user, second, lines(&held)).await.unwrap());
        }
        let of_user = || orders.query("of-user").equal("user_id", int(1)).limit(2);
        for backward in [false, true] {
            let query = if backward {
                of_user().backward()
            } else {
                of_user()
            };
            let mut pages = query.pages();
            let (mut found, mut sizes) = (Vec::new(), Vec::new());
            while let Some(page) = pages.next().await.unwrap() {
                sizes.push((page.records.len(), page.next.is_some()));
                found.extend(page.records);
            }
            let mut expected = [0, 1, 3, 4].map(|place: usize| placed[place].clone());
            if backward {
                expected.reverse();
            }
            assert_eq!(found, expected, "backward: {backward}");
            assert_eq!(sizes, [(2, true), (2, false)]);
        }
        let later = of_user()
            .range("placed_at", value(&placed[1], "placed_at")..)
            .filter(orders.field("id").unwrap().ne(int(4)));
        let later = later.await.unwrap();
        assert_eq!(values(&later.records, "id"), [int(2), int(5)]);
        assert_eq!(later.records[1], placed[4]);
    });
}

#[test]
fn an_array_is_replaced_as_a_whole_together_with_the_rest_of_the_record() {
    on_every_store(&SHOP, async |store: Store| {
        let orders = of(&store, "Orders");
        let first = lines(&[(1, 1, 1), (2, 2, 2), (3, 3, 3)]);
        let mut order = place(&orders, 1, 0, first).await.unwrap();
        let other = place(&orders, 1, 0, lines(&[(1, 9, 9)])).await.unwrap();
        let id = value(&order, "id");
        let place_of = |name: &str| order.entity().field(name).unwrap();
        let (total, held) = (place_of("total"), place_of("lines"));
        // One stays, one changes, one goes, one comes; then none; then some again.
        for (sum, new) in [
            (7, lines(&[(4, 4, 4), (1, 1, 1), (2, 5, 2)])),
            (8, lines(&[(4, 4, 4), (1, 1, 1), (2, 5, 2)])),
            (0, lines(&[])),
            (9, lines(&[(3, 1, 1), (2, 1, 1)])),
        ] {
            let update = orders.update(id.clone()).set("total", int(sum));
            update.set("lines", new.clone()).await.unwrap();
            order.set(total, int(sum));
            let Value::Rows(mut rows) = new else {
                unreachable!()
            };
            rows.sort_by(|one, other| one[0].order(&other[0]).unwrap());
            order.set(held, Value::Rows(rows));
            assert_eq!(get(&orders, &id).await.as_ref(), Some(&order));
        }
        // Alone, and under a condition.
        let when = |sum| orders.field("total").unwrap().eq(int(sum));
        let set = |new| orders.update(id.clone()).set("lines", new);
        set(lines(&[(7, 7, 7)])).when(when(9)).await.unwrap();
        order.set(held, lines(&[(7, 7, 7)]));
        assert_eq!(get(&orders, &id).await.as_ref(), Some(&order));
        let refused = set(lines(&[(8, 8, 8)])).when(when(8)).await;
        assert_eq!(kind(refused), ConditionFailed);
        let missing = orders.update(int(99)).set("lines", lines(&[(1, 1, 1)]));
        assert_eq!(kind(missing.await), NotFound);
        // What an update does not name stays.
        orders
            .update(id.clone())
            .add("total", int(1))
            .await
            .unwrap();
        order.set(total, int(10));
        assert_eq!(get(&orders, &id).await.as_ref(), Some(&order));
        let other_id = value(&other, "id");
        assert_eq!(get(&orders, &other_id).await, Some(other));
    });
}

#[test]
fn an_array_takes_only_what_its_rows_can_hold() {
    on_every_store(&SHOP, async |store: Store| {
        let orders = of(&store, "Orders");
        let order = place(&orders, 1, 0, lines(&[(1, 1, 1)])).await.unwrap();
        let id = value(&order, "id");
        let too_wide = Value::Rows(vec![vec![int(1), int(1)]]);
        let no_number = Value::Rows(vec![vec![int(1), Value::from("one"), int(1)]]);
        let null = Value::Rows(vec![vec![int(1), Value::Null, int(1)]]);
        let beyond = lines(&[(1, 1, 1), (2, 1 << 32, 1)]);
        for wrong in [Value::Null, int(1), too_wide, no_number, null, beyond] {
            let set = orders.update(id.clone()).set("lines", wrong.clone());
            assert_eq!(kind(set.await), InvalidValue, "{wrong:?}");
            let insert = place(&orders, 1, 0, wrong.clone()).await;
            assert_eq!(kind(insert), InvalidValue, "{wrong:?}");
        }
        let twice = lines(&[(1, 1, 1), (2, 1, 1), (1, 2, 2)]);
        let expected = (UniqueViolation, "order_lines.PRIMARY".to_owned());
        let set = orders.update(id.clone()).set("lines", twice.clone());
        assert_eq!(refused(set.await), expected);
        assert_eq!(refused(place(&orders, 1, 0, twice).await), expected);
        let field = orders.field("lines").unwrap();
        let compared = orders.update(id.clone()).set("total", int(1));
        assert_eq!(kind(compared.when(field.eq(lines(&[]))).await), Unsupported);
        assert_eq!(
            kind(orders.update(id.clone()).add("lines", int(1)).await),
            Unsupported
        );
        // An array is never NULL, one without elements neither.
        for held in [lines(&[]), lines(&[(1, 1, 1)])] {
            let set = || orders.update(id.clone()).set("lines", held.clone());
            assert_eq!(kind(set().when(field.is_null()).await), ConditionFailed);
            let not_null = dal_traits::condition::Condition::Not(Box::new(field.is_null()));
            set().when(not_null).await.unwrap();
            let of_user = orders.query("of-user").equal("user_id", int(1));
            let found = of_user.filter(field.is_null()).await.unwrap();
            assert_eq!(found.records, []);
        }
        assert_eq!(get(&orders, &id).await, Some(order));
    });
}

#[test]
fn a_put_replaces_the_lines_of_what_was_there() {
    on_every_store(&SHOP, async |store: Store| {
        let orders = of(&store, "Orders");
        let placed = Value::DateTime(datetime!(2025-01-02 03:04:05));
        let whole = |id: i128, held: Option<Value>| {
            let mut values = vec![
                ("id", int(id)),
                ("user_id", int(1)),
                ("placed_at", placed.clone()),
                ("total", int(id)),
            ];
            values.extend(held.map(|held| ("lines", held)));
            values
        };
        let held = async |id: i128| value(&get(&orders, &int(id)).await.unwrap(), "lines");
        orders
            .put(whole(7, Some(lines(&[(1, 1, 1), (2, 2, 2)]))))
            .await
            .unwrap();
        assert_eq!(held(7).await, lines(&[(1, 1, 1), (2, 2, 2)]));
        orders
            .put(whole(7, Some(lines(&[(2, 3, 2), (3, 3, 3)]))))
            .await
            .unwrap();
        assert_eq!(held(7).await, lines(&[(2, 3, 2), (3, 3, 3)]));
        let again = orders.insert(whole(7, Some(lines(&[(9, 9, 9)])))).await;
        assert_eq!(kind(again), AlreadyExists);
        assert_eq!(held(7).await, lines(&[(2, 3, 2), (3, 3, 3)]));
        // What is not given is filled in as in a new record.
        orders.put(whole(7, None)).await.unwrap();
        assert_eq!(held(7).await, lines(&[]));
        let next = place(&orders, 1, 0, lines(&[(1, 1, 1)])).await.unwrap();
        assert_eq!(value(&next, "id"), int(8));
    });
}

#[test]
fn lines_go_with_their_order() {
    on_every_store(&SHOP, async |store: Store| {
        let orders = of(&store, "Orders");
        let first = place(&orders, 1, 0, lines(&[(1, 1, 1), (2, 2, 2)]))
            .await
            .unwrap();
        let second = place(&orders, 1, 0, lines(&[(1, 1, 1)])).await.unwrap();
        let id = value(&first, "id");
        let total = orders.field("total").unwrap();
        let refused = orders.delete(id.clone()).when(total.eq(int(5)));
        assert_eq!(kind(refused.await), ConditionFailed);
        assert_eq!(get(&orders, &id).await.as_ref(), Some(&first));
        assert!(
            orders
                .delete(id.clone())
                .when(total.eq(int(0)))
                .await
                .unwrap()
        );
        assert_eq!(get(&orders, &id).await, None);
        assert!(!orders.delete(id.clone()).await.unwrap());
        let missing = orders.delete(id.clone()).when(total.eq(int(0)));
        assert_eq!(kind(missing.await), NotFound);
        // Another order with this id has none of them.
        let again = orders.put([
            ("id", id.clone()),
            ("user_id", int(1)),
            ("placed_at", value(&first, "placed_at")),
            ("total", int(0)),
        ]);
        again.await.unwrap();
        let held = value(&get(&orders, &id).await.unwrap(), "lines");
        assert_eq!(held, lines(&[]));
        assert_eq!(get(&orders, &value(&second, "id")).await, Some(second));
    });
}

#[derive(Clone, Debug, PartialEq, Child)]
struct Line {
    price: u64,
    #[dal("product_id")]
    product: u64,
    quantity: u32,
}

#[derive(Debug, PartialEq, Child)]
struct Product {
    #[dal("product_id")]
    id: u64,
}

#[derive(Debug, Entity)]
#[dal("Orders")]
struct Order {
    id: u64,
    lines: Vec<Line>,
    total: u64,
}

#[derive(Debug, Entity)]
#[dal("Orders")]
struct Bought {
    lines: Vec<Product>,
}

#[derive(Insert)]
#[dal(Order)]
struct NewOrder<'a> {
    lines: &'a [Line],
    user_id: u64,
    placed_at: time::PrimitiveDateTime,
    total: u64,
}

#[derive(Path)]
#[dal(Order, "id")]
struct ById {
    id: u64,
}

#[derive(Path)]
#[dal(Bought, "of-user")]
struct OfUser {
    user_id: u64,
}

#[test]
fn structs_hold_the_elements_whatever_the_order_of_their_fields() {
    on_every_store(&SHOP, async |store: Store| {
        let store = store
            .verify::<(Order, Bought, NewOrder<'_>, ById, OfUser)>()
            .unwrap();
        let line = |product, quantity, price| Line {
            price,
            product,
            quantity,
        };
        let new = NewOrder {
            lines: &[line(2, 20, 200), line(1, 10, 100)],
            user_id: 1,
            placed_at: datetime!(2025-01-02 03:04:05),
            total: 300,
        };
        let order: Order = store.insert(new).await.unwrap();
        assert_eq!(order.lines, [line(1, 10, 100), line(2, 20, 200)]);
        let fewer = vec![line(2, 21, 200)];
        let update = store.update::<Order>(order.id).set(Order::LINES, &fewer);
        update.add(Order::TOTAL, -100).await.unwrap();
        let read = store.get(ById { id: order.id }).await.unwrap().unwrap();
        assert_eq!((read.lines, read.total), (fewer, 200));
        let bought = store.query(OfUser { user_id: 1 }).await.unwrap();
        assert_eq!(bought.records[0].lines, [Product { id: 2 }]);
        // Elements that lack members are read, and not written.
        let short = vec![Product { id: 3 }];
        let update = store.update::<Bought>(order.id).set(Bought::LINES, short);
        assert_eq!(kind(update.await), InvalidValue);
        let read = store.get(ById { id: order.id }).await.unwrap().unwrap();
        assert_eq!(read.lines, [line(2, 21, 200)]);
    });
}

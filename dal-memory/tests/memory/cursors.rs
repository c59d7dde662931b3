//! What tells one query from another, and where a cursor stands.

use std::ops::Bound;

use dal_traits::condition::{Comparison, Condition};
use dal_traits::op::{Query, Scan};
use dal_traits::value::Value;
use dal_traits::{Cursor, ErrorKind, Record};

use crate::{kind, shop_model};

fn books() -> Query {
    let products = shop_model().entity("Products").unwrap().clone();
    Query {
        path: products.path("by_category").unwrap(),
        entity: products,
        key: vec!["books".into()],
        range: (Bound::Unbounded, Bound::Unbounded),
        filter: None,
        backward: false,
        limit: 10,
        after: None,
        eventual: true,
    }
}

fn changed(change: impl FnOnce(&mut Query)) -> u64 {
    let mut query = books();
    change(&mut query);
    query.fingerprint()
}

#[test]
fn each_part_of_a_query_is_in_its_fingerprint() {
    let price = |comparison, value: i64| Condition::Compare(5, comparison, value.into());
    let one = || price(Comparison::Eq, 1);
    let all = [
        changed(|_| {}),
        changed(|query| query.entity = shop_model().entity("Users").unwrap().clone()),
        changed(|query| query.path = 2),
        changed(|query| query.key = vec!["toys".into()]),
        changed(|query| query.key.push(1.into())),
        changed(|query| query.range.0 = Bound::Included(1.into())),
        changed(|query| query.range.0 = Bound::Excluded(1.into())),
        changed(|query| query.range.0 = Bound::Included(2.into())),
        changed(|query| query.range.1 = Bound::Included(1.into())),
        changed(|query| query.range.1 = Bound::Excluded(1.into())),
        changed(|query| query.backward = true),
        changed(|query| query.filter = Some(one())),
        changed(|query| query.filter = Some(price(Comparison::Eq, 2))),
        changed(|query| query.filter = Some(price(Comparison::Ne, 1))),
        changed(|query| query.filter = Some(price(Comparison::Lt, 1))),
        changed(|query| query.filter = Some(price(Comparison::Le, 1))),
        changed(|query| query.filter = Some(price(Comparison::Gt, 1))),
        changed(|query| query.filter = Some(price(Comparison::Ge, 1))),
        changed(|query| query.filter = Some(Condition::Compare(6, Comparison::Eq, 1.into()))),
        changed(|query| query.filter = Some(Condition::In(5, vec![1.into()]))),
        changed(|query| query.filter = Some(Condition::In(5, vec![1.into(), 2.into()]))),
        changed(|query| query.filter = Some(Condition::IsNull(5))),
        changed(|query| query.filter = Some(Condition::IsNull(6))),
        changed(|query| query.filter = Some(Condition::BeginsWith(3, "a".to_owned()))),
        changed(|query| query.filter = Some(Condition::BeginsWith(3, "b".to_owned()))),
        changed(|query| query.filter = Some(Condition::Not(Box::new(one())))),
        changed(|query| query.filter = Some(Condition::And(vec![one()]))),
        changed(|query| query.filter = Some(Condition::Or(vec![one()]))),
        changed(|query| {
            query.filter = Some(Condition::And(vec![Condition::And(vec![one()]), one()]));
        }),
        changed(|query| {
            query.filter = Some(Condition::And(vec![Condition::And(vec![one(), one()])]));
        }),
        Scan {
            entity: books().entity,
            filter: None,
            limit: 10,
            after: None,
        }
        .fingerprint(),
    ];
    for (i, one) in all.iter().enumerate() {
        for (j, other) in all[..i].iter().enumerate() {
            assert_ne!(one, other, "{i} and {j}");
        }
    }
}

#[test]
fn what_does_not_change_the_records_is_not_in_it_and_it_never_changes() {
    // Other processes, of this version or the next, read the cursors that are out.
    let known = 6_510_223_353_863_030_477;
    assert_eq!(books().fingerprint(), known);
    assert_eq!(changed(|query| query.limit = 1), known);
    assert_eq!(changed(|query| query.eventual = false), known);
}

#[test]
fn a_position_holds_the_order_then_the_identity_then_the_keys() {
    let query = books();
    let names = |fields: Vec<usize>| -> Vec<String> {
        let fields = fields.into_iter();
        fields
            .map(|at| query.entity.fields[at].name.clone())
            .collect()
    };
    assert_eq!(names(query.position_fields()), ["price", "id", "category"]);
    let mut record = Record::new(query.entity.clone(), Vec::new());
    for (place, value) in [(0, 7.into()), (2, "books".into()), (5, 30.into())] {
        record.set(place, value);
    }
    let mut after = books();
    after.after = Some(query.cursor_behind(&record));
    assert_eq!(after.position().unwrap(), Some(record));
    assert_eq!(query.position().unwrap(), None);
}

#[test]
fn a_position_that_no_record_has_is_refused() {
    let good = [Value::from(30), Value::from(7), Value::from("books")];
    for (place, bad) in [
        (0, Value::Null),
        (1, Value::from(-1)),
        (1, Value::from("7")),
        (2, Value::from("a".repeat(201))),
    ] {
        let mut query = books();
        let mut position = good.to_vec();
        position[place] = bad;
        query.after = Some(Cursor {
            fingerprint: query.fingerprint(),
            position,
        });
        assert_eq!(kind(query.position()), ErrorKind::InvalidCursor);
    }
}

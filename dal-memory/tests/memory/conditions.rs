//! Conditions of writes and filters of reads.

use dal_traits::ErrorKind;
use dal_traits::condition::Condition;
use dal_traits::store::EntityStore;
use dal_traits::value::Value;

use crate::{decimal, refused, things, values};

async fn record(things: &EntityStore) {
    let given = values! {kind: "Kind", small: 5, amount: decimal("1.50"), weight: 0.5};
    things.insert(given).await.unwrap();
}

/// Whether the record with the id 1 fulfils the condition.
async fn holds(things: &EntityStore, condition: Condition) -> bool {
    match things.update(1).set("level", 1).when(condition).await {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::ConditionFailed, "{error}");
            false
        }
    }
}

#[tokio::test]
async fn values_compare_as_the_program_sees_them() {
    let things = things();
    record(&things).await;
    let of = |name: &str| things.field(name).unwrap();
    for (condition, expected) in [
        (of("small").eq(5), true),
        (of("small").ne(5), false),
        (of("small").ne(6), true),
        (of("small").lt(5), false),
        (of("small").le(5), true),
        (of("small").gt(4), true),
        (of("small").ge(6), false),
        (of("amount").eq(decimal("1.5")), true),
        (of("amount").gt(1), true),
        (of("weight").lt(0.75), true),
        // By bytes: capitals come first, and another case is another text.
        (of("kind").eq("kind"), false),
        (of("kind").lt("a"), true),
        (of("kind").begins_with("Ki"), true),
        (of("kind").begins_with("ki"), false),
        (of("small").is_in([4, 5]), true),
        (of("small").is_in([4, 6]), false),
        (of("small").is_in([0; 0]), false),
        (of("label").eq("new"), true),
    ] {
        let text = format!("{condition:?}");
        assert_eq!(holds(&things, condition).await, expected, "{text}");
    }
}

#[tokio::test]
async fn no_comparison_with_null_holds_and_not_has_two_values() {
    let things = things();
    record(&things).await;
    let of = |name: &str| things.field(name).unwrap();
    let not = |condition| Condition::Not(Box::new(condition));
    for (condition, expected) in [
        (of("owner").eq("o"), false),
        (of("owner").ne("o"), false),
        (of("owner").lt("o"), false),
        (of("owner").begins_with(""), false),
        (of("owner").is_in(["o"]), false),
        (of("owner").eq(Value::Null), false),
        (of("small").ne(Value::Null), false),
        (of("owner").is_null(), true),
        (of("small").is_null(), false),
        (not(of("owner").eq("o")), true),
        (not(of("owner").ne("o")), true),
        (not(of("small").eq(Value::Null)), true),
        (not(of("owner").is_null()), false),
        (Condition::And(vec![]), true),
        (Condition::Or(vec![]), false),
        (
            Condition::And(vec![of("small").eq(5), of("owner").is_null()]),
            true,
        ),
        (
            Condition::And(vec![of("small").eq(5), of("owner").eq("o")]),
            false,
        ),
        (
            Condition::Or(vec![of("small").eq(6), of("owner").is_null()]),
            true,
        ),
    ] {
        let text = format!("{condition:?}");
        assert_eq!(holds(&things, condition).await, expected, "{text}");
    }
}

#[tokio::test]
async fn conditions_given_one_after_the_other_all_hold() {
    let things = things();
    record(&things).await;
    let small = things.field("small").unwrap();
    let level = things.field("level").unwrap();
    let update = || things.update(1).set("level", 2).when(small.eq(5));
    let failed = update().when(level.eq(1)).when(level.eq(3)).await;
    refused(failed, ErrorKind::ConditionFailed, &["operation=update"]);
    update().when(level.eq(1)).when(level.lt(2)).await.unwrap();
}

#[tokio::test]
async fn comparisons_that_the_stores_would_answer_otherwise_are_refused() {
    let things = things();
    record(&things).await;
    let of = |name: &str| things.field(name).unwrap();
    for (condition, field) in [
        (of("extra").eq(Value::Null), "extra"),
        (of("weight").eq(0.5), "weight"),
        (of("weight").is_in([0.5]), "weight"),
        (of("small").begins_with("5"), "small"),
    ] {
        let refusal = things.update(1).set("level", 1).when(condition.clone());
        let field = &format!("`{field}`");
        refused(refusal.await, ErrorKind::Unsupported, &[field]);
        let not = Condition::Not(Box::new(Condition::And(vec![condition])));
        let query = things.query("by_kind").equal("kind", "k").filter(not);
        refused(query.await, ErrorKind::Unsupported, &[field]);
    }
    let mut deep = of("small").eq(5);
    for _ in 0..40 {
        deep = Condition::Not(Box::new(deep));
    }
    let refusal = things.update(1).set("level", 1).when(deep).await;
    refused(refusal, ErrorKind::Unsupported, &["32 levels"]);
    // A value that would be rounded is another one, and one that does not fit is none.
    for condition in [
        of("amount").gt(decimal("1.005")),
        of("small").eq(128),
        of("small").eq("5"),
        of("kind").eq("too long a text"),
        // A VARCHAR is cut when it is stored; no stored one has these spaces.
        of("kind").eq("Kind           "),
        of("label").eq("other"),
    ] {
        let refusal = things.delete(1).when(condition).await;
        refused(refusal, ErrorKind::InvalidValue, &["operation=delete"]);
    }
    things
        .update(1)
        .set("level", 1)
        .when(of("extra").is_null())
        .await
        .unwrap();
}

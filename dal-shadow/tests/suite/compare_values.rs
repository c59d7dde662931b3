//! Values are compared typed, by path, without a text format in between.

use std::collections::{BTreeMap, HashMap};

use dal_shadow::answer::Answer;
use dal_shadow::compare::{CallOutcome, MAX_DIFFERENCES, Verdict, Why, compare};
use dal_shadow::rules::Rules;
use dal_shadow::tree::{self, Tree};
use serde::{Serialize, Serializer};

#[derive(Clone, Serialize)]
struct Line {
    book: u64,
    price: f64,
}

#[derive(Clone, Serialize)]
enum State {
    Open,
    Paid { by: String },
    Sent(u8, String),
}

#[derive(Clone, Serialize)]
struct Order {
    id: u64,
    note: Option<String>,
    lines: Vec<Line>,
    state: State,
    tags: BTreeMap<String, i8>,
}

fn order() -> Order {
    let line = |book| Line { book, price: 9.5 };
    Order {
        id: 7,
        note: None,
        lines: vec![line(1), line(2), line(3)],
        state: State::Paid { by: "ann".into() },
        tags: BTreeMap::from([("red".into(), 1)]),
    }
}

fn verdict<A: Serialize, B: Serialize>(first: A, second: B) -> Verdict {
    compare(
        &Answer::value(&first),
        &Answer::value(&second),
        &Rules::none(),
    )
}

fn paths(verdict: &Verdict) -> Vec<String> {
    let found = verdict.differences.iter();
    found
        .map(|difference| difference.path.to_string())
        .collect()
}

#[test]
fn the_same_value_is_equal() {
    assert_eq!(verdict(order(), order()).outcome, CallOutcome::Equal);
    assert_eq!(verdict(order(), Some(order())).outcome, CallOutcome::Equal);
}

#[test]
fn integers_are_equal_by_value_whatever_their_width() {
    assert!(verdict(1_u8, 1_i64).is_equal());
    assert!(verdict(u64::MAX, u128::from(u64::MAX)).is_equal());
    assert!(!verdict(u128::MAX, -1_i128).is_equal());
    assert!(!verdict(u64::MAX, -1_i64).is_equal());
}

#[test]
fn values_of_different_types_differ() {
    assert!(!verdict(1, "1").is_equal());
    assert!(!verdict(1, 1.0).is_equal());
    assert!(!verdict(1, true).is_equal());
    assert!(!verdict(1.0_f32, 1.0_f64).is_equal());
    assert!(!verdict("", None::<String>).is_equal());
    assert!(!verdict(Some(None::<u8>), None::<Option<u8>>).is_equal());
}

#[test]
fn nan_equals_nan_and_zero_equals_minus_zero() {
    assert!(verdict(f64::NAN, f64::NAN).is_equal());
    assert!(verdict(0.0, -0.0).is_equal());
    assert!(!verdict(f64::NAN, 0.0).is_equal());
}

#[test]
fn a_difference_names_its_path_and_both_sides() {
    let mut other = order();
    other.lines[1].price = 9.25;
    other.state = State::Paid { by: "bob".into() };
    other.tags.insert("blue".into(), 2);
    other.note = Some("x".into());
    let verdict = verdict(order(), other);
    assert_eq!(verdict.outcome, CallOutcome::Different);
    let expected = ["note", "lines[1].price", "state.Paid.by", "tags[\"blue\"]"];
    assert_eq!(paths(&verdict), expected);
    let price = &verdict.differences[1];
    assert_eq!(price.primary, Some(Tree::Float(9.5)));
    assert_eq!(price.secondary, Some(Tree::Float(9.25)));
    assert_eq!(verdict.differences[3].primary, None);
}

#[test]
fn variants_differ_as_a_whole() {
    let open = Order {
        state: State::Open,
        ..order()
    };
    let sent = Order {
        state: State::Sent(1, "dhl".into()),
        ..order()
    };
    assert_eq!(paths(&verdict(open.clone(), order())), ["state"]);
    assert_eq!(paths(&verdict(open, sent)), ["state"]);
}

#[test]
fn one_missing_element_is_one_difference() {
    let mut other = order();
    other.lines.remove(0);
    assert_eq!(paths(&verdict(order(), other)), ["lines[0]"]);
}

#[test]
fn nothing_against_something_is_missing_on_that_side() {
    assert_eq!(
        verdict(None::<Order>, Some(order())).outcome,
        CallOutcome::MissingInPrimary
    );
    assert_eq!(
        verdict(Some(order()), None::<Order>).outcome,
        CallOutcome::MissingInSecondary
    );
    assert_eq!(
        verdict(Vec::<u8>::new(), vec![1]).outcome,
        CallOutcome::MissingInPrimary
    );
    assert_eq!(
        verdict(vec![1], Vec::<u8>::new()).outcome,
        CallOutcome::MissingInSecondary
    );
    // Two kinds of nothing are different, not missing.
    assert_eq!(
        verdict(None::<u8>, Vec::<u8>::new()).outcome,
        CallOutcome::Different
    );
}

#[test]
fn the_same_elements_in_another_order_are_order() {
    let mut other = order();
    other.lines.reverse();
    assert_eq!(verdict(order(), other).outcome, CallOutcome::Order);
    assert_eq!(verdict([1, 1, 2], [2, 1, 1]).outcome, CallOutcome::Order);
    assert_eq!(
        verdict([1, 1, 2], [2, 2, 1]).outcome,
        CallOutcome::Different
    );
}

#[test]
fn maps_are_compared_as_sets_of_entries() {
    let many: HashMap<u32, u32> = (0..100).map(|key| (key, key)).collect();
    let again: HashMap<u32, u32> = (0..100).rev().map(|key| (key, key)).collect();
    assert_eq!(verdict(many, again).outcome, CallOutcome::Equal);
}

#[test]
fn differences_are_bounded_in_number() {
    let (first, second): (Vec<u32>, Vec<u32>) = ((0..500).collect(), (500..1000).collect());
    assert_eq!(verdict(first, second).differences.len(), MAX_DIFFERENCES);
}

struct Refuses;

impl Serialize for Refuses {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("no"))
    }
}

#[test]
fn a_value_that_refuses_to_be_serialized_is_inconclusive() {
    let expected = CallOutcome::Inconclusive(Why::Unserializable);
    assert_eq!(verdict(Refuses, 1).outcome, expected);
    assert_eq!(verdict(vec![Refuses], vec![Refuses]).outcome, expected);
}

/// A random tree; shapes repeat often enough that equal ones occur.
fn random(rng: &mut fastrand::Rng, depth: u8) -> Tree {
    match rng.u8(..if depth == 0 { 5 } else { 8 }) {
        0 => Tree::Null,
        1 => Tree::Bool(rng.bool()),
        2 => Tree::Int(i128::from(rng.i8(-2..2))),
        3 => Tree::Float(f64::from(rng.i8(-1..2)) / 2.0),
        4 => Tree::Str(["", "a", "b"][rng.usize(..3)].into()),
        5 => Tree::Seq((0..rng.u8(..4)).map(|_| random(rng, depth - 1)).collect()),
        6 => Tree::Struct {
            name: "S",
            fields: vec![("x", random(rng, depth - 1)), ("y", random(rng, depth - 1))],
        },
        _ => {
            let values = ["k", "l"].map(|key| (Tree::Str(key.into()), random(rng, depth - 1)));
            Tree::Map(values.into())
        }
    }
}

#[test]
fn differences_are_found_exactly_where_trees_are_unequal_and_mirror_each_other() {
    let mut rng = fastrand::Rng::with_seed(1);
    let mut equal = 0;
    for _ in 0..5000 {
        let (a, b) = (random(&mut rng, 3), random(&mut rng, 3));
        let (first, second) = (Answer::Value(a.clone()), Answer::Value(b.clone()));
        let there = compare(&first, &second, &Rules::none());
        let back = compare(&second, &first, &Rules::none());
        assert_eq!(there.is_equal(), a == b);
        assert_eq!(there.differences.is_empty(), a == b, "{a} {b}");
        assert_eq!(there.differences.len(), back.differences.len(), "{a} {b}");
        assert!(compare(&first, &first, &Rules::none()).is_equal());
        // The order of trees agrees with their equality.
        assert_eq!(a.cmp(&b).is_eq(), a == b);
        assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        equal += u32::from(a == b);
    }
    assert!(equal > 100, "only {equal} equal pairs");
}

#[test]
fn a_type_keeps_its_names_in_the_tree() {
    let tree = tree::of(&order()).unwrap();
    assert_eq!(
        tree.to_string(),
        r#"Order { id: 7, note: null, lines: [Line { book: 1, price: 9.5 }, Line { book: 2, price: 9.5 }, Line { book: 3, price: 9.5 }], state: Paid { by: "ann" }, tags: {"red": 1} }"#
    );
}

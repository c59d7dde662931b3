//! Numbers and raw JSON are read as what they are, however serde hands them over.

use std::sync::Arc;

use dal_shadow::answer::Answer;
use dal_shadow::compare::{CallOutcome, compare};
use dal_shadow::rules::{MethodRules, RuleSet, Rules, rules_from_json};
use dal_shadow::tree::{self, Tree};
use dal_traits::SystemClock;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A number as `serde_json` hands it over with its feature `arbitrary_precision`, which a test
/// cannot turn on for itself alone.
struct Arbitrary(&'static str);

impl Serialize for Arbitrary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const TOKEN: &str = "$serde_json::private::Number";
        let mut number = serializer.serialize_struct(TOKEN, 1)?;
        number.serialize_field(TOKEN, self.0)?;
        number.end()
    }
}

/// A decimal type as most of them reach serde: as a text.
#[derive(Serialize)]
struct Price {
    amount: &'static str,
}

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

fn outcome(primary: impl Serialize, secondary: impl Serialize, rules: &Rules) -> CallOutcome {
    compare(&Answer::value(&primary), &Answer::value(&secondary), rules).outcome
}

fn numeric(path: &str) -> Rules {
    let json = r#"[{"id": "r", "owner": "o", "reason": "x", "action": {"numeric": "PATH"}}]"#;
    let rules = rules_from_json(&json.replace("PATH", path)).unwrap();
    let set = RuleSet::new(rules, Arc::new(SystemClock)).unwrap();
    set.for_method(&MethodRules {
        entity: "order",
        method: "get",
        ignore: &[],
        unordered: &[],
        presence: &[],
        normalize: &[],
    })
}

#[test]
fn a_number_of_arbitrary_precision_is_the_number_that_it_is() {
    let none = Rules::none();
    assert_eq!(tree::of(&Arbitrary("42")).unwrap(), Tree::Int(42));
    assert_eq!(tree::of(&Arbitrary("1.5")).unwrap(), Tree::Float(1.5));
    assert_eq!(outcome(Arbitrary("42"), 42_u8, &none), CallOutcome::Equal);
    assert_eq!(outcome(Arbitrary("0.1"), 0.1, &none), CallOutcome::Equal);
    let different = CallOutcome::Different;
    // An integer is no float without the rule, as everywhere.
    assert_eq!(outcome(Arbitrary("1.0"), 1, &none), different);
    // More digits than an `f64` has are not lost.
    let long = || Arbitrary("0.1000000000000000055511151231257827");
    assert_eq!(outcome(long(), 0.1, &none), different);
    assert_eq!(outcome(long(), long(), &none), CallOutcome::Equal);
    let large = "170141183460469231731687303715884105728000";
    assert_eq!(
        outcome(Arbitrary(large), Arbitrary(large), &none),
        CallOutcome::Equal
    );
}

#[test]
fn raw_json_is_compared_by_its_values_and_not_by_its_text() {
    let none = Rules::none();
    let one = raw(r#"{"b": [1, 2.50, null, true, "x"], "a": {}}"#);
    let other = raw(r#"{ "a":{}, "b":[1,2.5,null,true,"\u0078"] }"#);
    assert_eq!(outcome(&one, &other, &none), CallOutcome::Equal);
    let value: serde_json::Value = serde_json::from_str(one.get()).unwrap();
    assert_eq!(outcome(&one, &value, &none), CallOutcome::Equal);
    let wrong = raw(r#"{"a": {}, "b": [1, 2.5, null, false, "x"]}"#);
    let verdict = compare(&Answer::value(&one), &Answer::value(&wrong), &none);
    assert_eq!(verdict.differences[0].path.to_string(), r#"["b"][3]"#);
    // The digits of raw numbers are all compared.
    let exact = outcome(
        raw("0.12345678901234567890"),
        raw("0.12345678901234567891"),
        &none,
    );
    assert_eq!(exact, CallOutcome::Different);
}

#[test]
fn raw_json_that_is_nested_too_deep_is_compared_as_a_text() {
    let deep = |inner: &str| {
        raw(&format!(
            "{}{inner}{}",
            "[".repeat(5_000),
            "]".repeat(5_000)
        ))
    };
    let none = Rules::none();
    assert_eq!(outcome(deep("1"), deep("1"), &none), CallOutcome::Equal);
    assert_eq!(outcome(deep("1"), deep("2"), &none), CallOutcome::Different);
}

#[test]
fn decimals_that_are_texts_are_numbers_under_the_rule_and_only_there() {
    let (one, other) = (|| Price { amount: "12.50" }, || Price { amount: "12.5" });
    let rules = numeric("Price.amount");
    assert!(outcome(one(), other(), &rules).is_equal());
    assert_eq!(
        outcome(one(), other(), &Rules::none()),
        CallOutcome::Different
    );
    let wrong = Price { amount: "12.51" };
    assert_eq!(outcome(one(), wrong, &rules), CallOutcome::Different);
    let root = numeric("");
    assert!(outcome("12.50", 12.5, &root).is_equal());
    assert!(outcome("1e3", 1_000, &root).is_equal());
    assert!(outcome(Arbitrary("12.50"), "12.5", &root).is_equal());
    assert!(outcome(f64::NAN, f64::NAN, &root).is_equal());
    assert!(!outcome("abc", 12.5, &root).is_equal());
}

//! Accepted differences: a method's words and rules given as data.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dal_shadow::answer::Answer;
use dal_shadow::compare::{CallOutcome, RuleId, Verdict, compare};
use dal_shadow::rules::{
    Day, MethodRules, Pattern, RuleError, RuleSet, RuleState, Rules, rules_from_json,
};
use dal_shadow::tree::Tree;
use dal_traits::{Class, Clock, ErrorKind, SystemClock};
use serde::Serialize;

#[derive(Clone, Serialize)]
struct User {
    id: u64,
    email: String,
    created_at: u64,
    roles: Vec<String>,
}

#[derive(Clone, Serialize)]
struct Page {
    items: Vec<User>,
    next: Option<String>,
}

fn user() -> User {
    User {
        id: 1,
        email: "ann@x".into(),
        created_at: 100,
        roles: vec!["a".into(), "b".into()],
    }
}

const NONE: MethodRules = MethodRules {
    entity: "user",
    method: "get",
    ignore: &[],
    unordered: &[],
    presence: &[],
    normalize: &[],
};

fn set(json: &str) -> Result<RuleSet, RuleError> {
    RuleSet::new(rules_from_json(json)?, Arc::new(SystemClock))
}

fn one(action: &str) -> RuleSet {
    let rule = r#"[{"id": "r", "owner": "team", "reason": "because", "action": ACTION}]"#;
    set(&rule.replace("ACTION", action)).unwrap()
}

fn values<T: Serialize>(first: &T, second: &T, rules: &Rules) -> Verdict {
    compare(&Answer::value(first), &Answer::value(second), rules)
}

fn lower(tree: &mut Tree) {
    if let Tree::Str(text) = tree {
        *text = text.to_lowercase();
    }
}

#[test]
fn an_ignored_field_of_a_struct_is_left_out_wherever_the_struct_is() {
    let rules = RuleSet::new([], Arc::new(SystemClock)).unwrap();
    let ignore = rules.for_method(&MethodRules {
        ignore: &["User.created_at"],
        ..NONE
    });
    let later = User {
        created_at: 200,
        ..user()
    };
    let id = RuleId::new(r#"user.get: ignore = "User.created_at""#);
    assert_eq!(
        values(&user(), &later, &ignore).outcome,
        CallOutcome::EqualAfterRule(id.clone())
    );
    let page = |user| Page {
        items: vec![user],
        next: None,
    };
    assert_eq!(
        values(&page(user()), &page(later), &ignore).outcome,
        CallOutcome::EqualAfterRule(id)
    );
    let other = User {
        id: 2,
        created_at: 200,
        ..user()
    };
    let verdict = values(&user(), &other, &ignore);
    let paths: Vec<_> = verdict
        .differences
        .iter()
        .map(|d| d.path.to_string())
        .collect();
    assert_eq!(paths, ["id"]);
    assert_eq!(
        values(&user(), &user(), &ignore).outcome,
        CallOutcome::Equal
    );
}

#[test]
fn an_unordered_list_is_a_multiset_even_when_its_elements_have_ignored_fields() {
    let rules = RuleSet::new([], Arc::new(SystemClock)).unwrap();
    let rules = rules.for_method(&MethodRules {
        ignore: &["User.id"],
        unordered: &["items", "User.roles"],
        ..NONE
    });
    let named = |id, email: &str| User {
        id,
        email: email.into(),
        ..user()
    };
    let page = |items| Page { items, next: None };
    let first = page(vec![named(1, "ann"), named(2, "bob"), named(3, "bob")]);
    let mut second = page(vec![named(9, "bob"), named(8, "ann"), named(7, "bob")]);
    second.items[0].roles.reverse();
    assert!(values(&first, &second, &rules).is_equal());
    second.items[0].email = "ann".into();
    assert!(!values(&first, &second, &rules).is_equal());
}

#[test]
fn normalize_brings_both_sides_into_a_common_form() {
    let set = RuleSet::new([], Arc::new(SystemClock)).unwrap();
    let rules = set.for_method(&MethodRules {
        normalize: &[("User.email", lower)],
        ..NONE
    });
    let loud = User {
        email: "ANN@X".into(),
        ..user()
    };
    assert!(values(&user(), &loud, &rules).is_equal());
    let other = User {
        email: "BOB@X".into(),
        ..user()
    };
    let outcome = values(&user(), &other, &rules).outcome;
    assert_eq!(outcome, CallOutcome::Different);
    assert_eq!(
        set.report()[0].hits,
        1,
        "a rule that did not help has no hit"
    );
}

#[test]
fn numbers_and_presence_are_compared_as_their_rules_say() {
    let numeric = one(r#"{"numeric": "[]"}"#).for_method(&NONE);
    let compared = |a: Tree, b: Tree, rules: &Rules| {
        let list = |tree| Answer::Value(Tree::Seq(vec![tree]));
        compare(&list(a), &list(b), rules).is_equal()
    };
    assert!(compared(Tree::Int(1), Tree::Float(1.0), &numeric));
    assert!(compared(Tree::F32(0.5), Tree::Float(0.5), &numeric));
    assert!(!compared(Tree::Int(1), Tree::Float(1.5), &numeric));
    let text = |number: &str| Tree::Str(number.into());
    assert!(compared(text("1.50"), text("1.5"), &numeric));
    assert!(compared(text("1.50"), Tree::Float(1.5), &numeric));
    assert!(compared(Tree::Int(1), text("1.00"), &numeric));
    assert!(!compared(text("1.50"), text("1.51"), &numeric));
    assert!(!compared(text("one"), Tree::Int(1), &numeric));
    assert!(!compared(
        text("0.1000000000000000000001"),
        text("0.1"),
        &numeric
    ));
    let presence = one(r#"{"presence": "[]"}"#).for_method(&NONE);
    assert!(compared(Tree::Int(1), Tree::Int(2), &presence));
    assert!(!compared(Tree::Int(1), Tree::Null, &presence));
}

#[test]
fn a_rule_may_take_two_errors_for_the_same() {
    let set = one(
        r#"{"errors": {"primary": "unique_violation.EmailTaken", "secondary": "already_exists"}}"#,
    );
    let rules = set.for_method(&NONE);
    let error = |class| Answer::error(class, &"text");
    let taken = error(Class::new(ErrorKind::UniqueViolation).code("EmailTaken"));
    let name = error(Class::new(ErrorKind::UniqueViolation).code("NameTaken"));
    let exists = error(Class::new(ErrorKind::AlreadyExists).code("Whatever"));
    let by_rule = CallOutcome::EqualAfterRule(RuleId::new("r"));
    assert_eq!(compare(&taken, &exists, &rules).outcome, by_rule);
    assert!(!compare(&exists, &taken, &rules).is_equal());
    assert!(!compare(&name, &exists, &rules).is_equal());
    assert_eq!(set.report()[0].hits, 1);
    let ok = one(r#"{"errors": {"primary": "ok", "secondary": "not_found"}}"#).for_method(&NONE);
    let gone = error(Class::new(ErrorKind::NotFound));
    assert_eq!(compare(&Answer::value(&1), &gone, &ok).outcome, by_rule);
}

#[test]
fn unexpected_and_transient_errors_cannot_be_ruled_equal() {
    for word in ["unexpected", "throttled", "nonsense"] {
        let json = r#"[{"id": "r", "owner": "o", "reason": "x",
            "action": {"errors": {"primary": "WORD", "secondary": "not_found"}}}]"#;
        let refused = rules_from_json(&json.replace("WORD", word));
        assert!(matches!(refused, Err(RuleError::Unreadable(_))), "{word}");
    }
}

struct At(&'static str);

impl Clock for At {
    fn now(&self) -> SystemTime {
        let days = match self.0 {
            "2024-02-29" => 19_782,
            "2024-03-01" => 19_783,
            other => panic!("no such day in this test: {other}"),
        };
        SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400 + 86_399)
    }
}

#[test]
fn a_rule_ends_with_its_last_day_and_is_reported_as_expired() {
    let json = r#"[{"id": "r", "owner": "o", "reason": "x", "expires": "2024-02-29",
        "action": {"ignore": "User.created_at"}}]"#;
    let later = User {
        created_at: 200,
        ..user()
    };
    for (day, holds, state) in [
        ("2024-02-29", true, RuleState::Used),
        ("2024-03-01", false, RuleState::Expired),
    ] {
        let set = RuleSet::new(rules_from_json(json).unwrap(), Arc::new(At(day))).unwrap();
        let rules = set.for_method(&NONE);
        assert_eq!(values(&user(), &later, &rules).is_equal(), holds);
        assert_eq!(set.report()[0].state, state);
    }
}

#[test]
fn a_rule_holds_in_its_scope_only() {
    let json = r#"[{"id": "r", "owner": "o", "reason": "x", "action": {"ignore": "created_at"},
        "scope": {"entity": "user", "method": "get"}}]"#;
    let set = set(json).unwrap();
    let later = User {
        created_at: 200,
        ..user()
    };
    let holds = |entity, method| {
        let rules = set.for_method(&MethodRules {
            entity,
            method,
            ..NONE
        });
        values(&user(), &later, &rules).is_equal()
    };
    assert!(holds("user", "get"));
    assert!(!holds("user", "list"));
    assert!(!holds("order", "get"));
}

#[test]
fn only_rules_that_were_needed_are_counted_and_unused_ones_are_reported() {
    let json = r#"[
        {"id": "a", "owner": "o", "reason": "x", "action": {"ignore": "User.created_at"}},
        {"id": "b", "owner": "o", "reason": "x", "action": {"ignore": "User.email"}},
        {"id": "c", "owner": "o", "reason": "x", "action": {"unordered": "User.roles"}}]"#;
    let set = set(json).unwrap();
    let rules = set.for_method(&NONE);
    let mut other = User {
        created_at: 200,
        ..user()
    };
    other.roles.reverse();
    let last = CallOutcome::EqualAfterRule(RuleId::new("c"));
    assert_eq!(values(&user(), &other, &rules).outcome, last);
    let hits: Vec<_> = set
        .report()
        .iter()
        .map(|rule| (rule.hits, rule.state))
        .collect();
    let expected = [
        (1, RuleState::Used),
        (0, RuleState::Unused),
        (1, RuleState::Used),
    ];
    assert_eq!(hits, expected);
}

#[test]
fn a_word_whose_path_cannot_be_read_is_reported_as_broken_and_changes_nothing() {
    let set = RuleSet::new([], Arc::new(SystemClock)).unwrap();
    let rules = set.for_method(&MethodRules {
        ignore: &["User..id"],
        ..NONE
    });
    assert!(!values(&user(), &User { id: 2, ..user() }, &rules).is_equal());
    assert_eq!(set.report()[0].state, RuleState::Broken);
}

#[test]
fn rules_as_data_must_be_signed_unique_and_readable() {
    let rule = |id: &str, owner: &str, path: &str| {
        format!(
            r#"{{"id": "{id}", "owner": "{owner}", "reason": "x", "action": {{"ignore": "{path}"}}}}"#
        )
    };
    let refused = |list: &[String]| set(&format!("[{}]", list.join(","))).unwrap_err();
    let good = rule("a", "o", "x");
    assert!(matches!(
        refused(&[good.clone(), good]),
        RuleError::Duplicate(_)
    ));
    assert!(matches!(
        refused(&[rule("a", " ", "x")]),
        RuleError::Anonymous(_)
    ));
    assert!(matches!(
        refused(&[rule("a", "o", "x[y]")]),
        RuleError::Path { .. }
    ));
    assert!(matches!(refused(&["7".into()]), RuleError::Unreadable(_)));
}

#[test]
fn patterns_and_days_that_mean_nothing_are_refused() {
    for text in [".", "a.", ".a", "a[", "a[x]", "a]b[", "a[]b"] {
        assert!(Pattern::parse(text).is_err(), "{text}");
    }
    for text in [
        "2023-02-29",
        "2024-13-01",
        "2024-00-10",
        "1969-01-01",
        "24-01-01",
        "2024-1-1",
    ] {
        assert!(Day::parse(text).is_err(), "{text}");
    }
    assert_eq!(Day::parse("2024-02-29").unwrap().to_string(), "2024-02-29");
}

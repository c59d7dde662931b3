//! Whatever a file holds, reading it ends with findings that have a place.

use dal_contract::{Contract, Mode, Severity, Sources, load, render};
use proptest::prelude::*;
use serde_json::Value;

use crate::shop::{CATALOG, CONTRACT};

fn read(text: &str) -> Contract {
    let sources = Sources {
        contract: text,
        sidecar: Some(text),
    };
    load(sources, None, Mode::Strict);
    let read = load(sources, Some(&CATALOG), Mode::Lenient);
    render(&read.diagnostics, sources, "contract", "sidecar");
    for found in &read.diagnostics {
        assert!(text.get(found.span.clone()).is_some(), "{found:?}");
        let lines = text.matches('\n').count() + 1;
        assert!(
            (1..=lines).contains(&found.line) && found.column >= 1,
            "{found:?}"
        );
        assert!(
            !found.message.is_empty() && !found.help.is_empty(),
            "{found:?}"
        );
    }
    let refused = read.entities.iter().find(|entity| !entity.loaded);
    let has_error = read
        .diagnostics
        .iter()
        .any(|found| found.severity == Severity::Error);
    assert!(
        has_error || refused.is_none(),
        "{refused:?} without an error"
    );
    read
}

fn json() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "tables",
        "table",
        "pk",
        "sk",
        "attributes",
        "entities",
        "name",
        "type",
        "S",
        "N",
        "users",
        "id",
        "join",
        "gsis",
        "x-dal",
        "",
        "a#b",
        "#",
        "{id}",
        "{",
        "äß€",
        "users.id = users.id",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    let tree = leaf.prop_recursive(6, 64, 6, move |inner| {
        let member = (word.clone().prop_map(str::to_owned), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Value::from),
            prop::collection::vec(member, 0..6)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    });
    tree.prop_map(|value| value.to_string())
}

/// Places of a value.
fn places(value: &Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    match value {
        Value::Array(all) => {
            for (i, value) in all.iter().enumerate() {
                places(value, &format!("{pointer}/{i}"), found);
            }
        }
        Value::Object(all) => {
            for (name, value) in all {
                places(value, &format!("{pointer}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// The value at a path of a finding: `tables[2].attributes[0].join`, `select["a b"]`.
fn at<'a>(mut value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let mut step = serde_json::Deserializer::from_str(inside).into_iter::<Value>();
            value = match step.next()?.ok()? {
                Value::Number(place) => value.get(usize::try_from(place.as_u64()?).ok()?)?,
                name => value.get(name.as_str()?)?,
            };
            rest = inside[step.byte_offset()..].strip_prefix(']')?;
        } else {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let (name, more) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
            (value, rest) = (value.get(name)?, more);
        }
    }
    Some(value)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        read(&text);
    }

    #[test]
    fn any_json_is_read(text in json()) {
        read(&text);
    }

    #[test]
    fn a_contract_with_bytes_cut_out_is_read(start in 0..CONTRACT.len(), length in 0..200_usize) {
        let end = CONTRACT.floor_char_boundary(start + length);
        let start = CONTRACT.floor_char_boundary(start).min(end);
        read(&format!("{}{}", &CONTRACT[..start], &CONTRACT[end..]));
    }

    #[test]
    fn a_contract_with_other_values_is_read_and_each_finding_has_its_path(
        changes in prop::collection::vec((any::<prop::sample::Index>(), json()), 1..4),
    ) {
        let mut contract: Value = serde_json::from_str(CONTRACT).unwrap();
        for (index, value) in &changes {
            let mut all = Vec::new();
            places(&contract, "", &mut all);
            let place = &all[index.index(all.len())];
            *contract.pointer_mut(place).unwrap() = serde_json::from_str(value).unwrap();
        }
        let text = serde_json::to_string_pretty(&contract).unwrap();
        let found = read(&text).diagnostics;
        for found in found.iter().filter(|found| found.file == dal_contract::File::Contract) {
            prop_assert!(at(&contract, &found.path).is_some(), "{:?}\n{}", found, text);
        }
    }
}

#[test]
fn deep_nesting_ends_in_a_finding() {
    for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        assert_eq!(read(&text).diagnostics[0].code, "E-JSON");
    }
    read(&("[".repeat(500) + &"]".repeat(500)));
}

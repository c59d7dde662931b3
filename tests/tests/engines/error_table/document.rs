//! The tables of `docs/errors.md` are those of the code. `DAL_WRITE_DOCS=1` writes them anew.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use dal_traits::{Effect, ErrorKind, Retry};

use super::events::EVENTS;

type Key = (ErrorKind, &'static str, &'static str);

fn retry(retry: Retry) -> &'static str {
    match retry {
        Retry::Never => "never",
        _ => "backoff",
    }
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::None => "none",
        Effect::Unknown => "**unknown**",
    }
}

/// One row for each kind, retry and effect, with all that are read so.
fn table(title: &str, entries: impl Iterator<Item = (Key, String)>) -> String {
    let mut rows: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    for (key, entry) in entries {
        rows.entry(key).or_default().push(entry);
    }
    let mut text = format!("| kind | retry | effect | {title} |\n|---|---|---|---|\n");
    for ((kind, retry, effect), entries) in rows {
        let entries = entries.join(", ");
        writeln!(text, "| `{kind:?}` | {retry} | {effect} | {entries} |").unwrap();
    }
    text
}

fn mysql() -> String {
    let rows = dal_mysql::ERROR_TABLE.iter().map(|row| {
        let class = row.class();
        let key = (row.kind, retry(class.retry), effect(class.effect));
        (key, format!("{} `{}`", row.number, row.symbol))
    });
    table("numbers", rows)
}

fn states() -> String {
    let rows = dal_mysql::SQLSTATES.iter().map(|&(state, kind)| {
        let class = dal_traits::Class::new(kind);
        ((kind, retry(class.retry), "none"), format!("`{state}`"))
    });
    table("SQLSTATE begins with", rows)
}

fn dynamodb() -> String {
    let rows = dal_dynamodb::ERROR_TABLE.iter().map(|row| {
        let key = (row.kind, retry(row.retry), effect(row.effect));
        (key, format!("`{}`", row.name))
    });
    table("exceptions", rows)
}

fn texts() -> String {
    let rows = dal_dynamodb::VALIDATION_TEXTS.iter().map(|&(text, kind)| {
        let class = dal_traits::Class::new(kind);
        ((kind, retry(class.retry), "none"), format!("“{text}”"))
    });
    table("the text contains", rows)
}

/// One row for each event, in the order in which they are listed.
fn events() -> String {
    let mut text = "| event | MySQL | DynamoDB | kind | retry | effect |\n".to_owned();
    text.push_str("|---|---|---|---|---|---|\n");
    for event in EVENTS {
        let (kind, again, done, cells) = event.row();
        let (again, done) = (retry(again), effect(done));
        writeln!(text, "| {cells} | `{kind:?}` | {again} | {done} |").unwrap();
    }
    text
}

#[test]
fn the_tables_of_the_document_are_those_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors.md");
    let found = std::fs::read_to_string(&path).unwrap();
    let mut expected = found.clone();
    for (name, table) in [
        ("events", events()),
        ("mysql", mysql()),
        ("sqlstate", states()),
        ("dynamodb", dynamodb()),
        ("validation", texts()),
    ] {
        let (open, close) = (
            format!("<!-- table: {name} -->\n"),
            format!("<!-- end: {name} -->"),
        );
        let (before, rest) = expected.split_once(&open).expect(&open);
        let (_, after) = rest.split_once(&close).expect(&close);
        expected = format!("{before}{open}{table}{close}{after}");
    }
    if std::env::var_os("DAL_WRITE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
        return;
    }
    assert!(
        found == expected,
        "docs/errors.md differs from the tables in the code; write it anew: \
         DAL_WRITE_DOCS=1 cargo test --workspace --test engines the_tables_of_the_document"
    );
}

//! `dal check` as a team with a contract uses it, on the built program.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const CONTRACT: &str = r#"{
  "tables": [
    {
      "table": "Users", "source_table": "users", "pk": "id",
      "gsis": [{"index_name": "by_email", "pk": "email"}],
      "attributes": [
        {"name": "id", "type": "N", "source_table": "users", "source_column": "id"},
        {"name": "email", "type": "S", "source_table": "users", "source_column": "email"}
      ]
    },
    {
      "table": "Orders", "source_table": "orders", "pk": "id",
      "attributes": [
        {"name": "id", "type": "N", "source_table": "orders", "source_column": "ide"}
      ]
    }
  ]
}"#;
const CATALOG: &str = r#"{"tables": [
  {"name": "orders", "columns": [{"name": "id", "type": "bigint"}], "primary_key": ["id"]},
  {"name": "users", "columns": [
    {"name": "id", "type": "bigint"},
    {"name": "email", "type": "varchar(100)", "collation": "utf8mb4_0900_bin"}
  ], "primary_key": ["id"]}
]}"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("contract.json"), CONTRACT).unwrap();
    std::fs::write(folder.path().join("catalog.json"), CATALOG).unwrap();
    folder
}

fn check(folder: &Path, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dal"))
        .args(["check", "contract.json"])
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn an_entity_that_is_not_understood_is_named_and_the_others_load() {
    let folder = folder();
    let human = check(folder.path(), "--catalog catalog.json");
    assert_eq!(human.status.code(), Some(1), "{human:?}");
    let text = out(&human);
    for part in [
        "error[E-NO-COLUMN]: the table `orders` has no column `ide`",
        "contract.json:14:80",
        "^^^^^ tables[1].attributes[0].source_column",
        "help: is `id` meant?",
        "Users: loaded (users -> Users)",
        "path       id (id): strong, one record",
        "path       by_email (email): eventual",
        "Orders: NOT LOADED (orders -> Orders): E-NO-COLUMN",
        "1 of 2 entities are loaded",
    ] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    assert!(!text.contains("Not checked"), "{text}");

    let json = check(folder.path(), "--catalog catalog.json --format json");
    assert_eq!(json.status.code(), Some(1));
    let report: Value = serde_json::from_str(&out(&json)).unwrap();
    let (users, orders) = (&report["entities"][0], &report["entities"][1]);
    assert_eq!(users["loaded"], true);
    assert_eq!(users["partition_key"]["expression"], "id");
    assert_eq!(users["paths"][1]["consistency"], "eventual");
    assert_eq!(orders["loaded"], false);
    assert_eq!(orders["refused_by"][0], "E-NO-COLUMN");
    let errors: Vec<_> = report["diagnostics"].as_array().unwrap().iter().collect();
    let found = errors
        .iter()
        .find(|found| found["code"] == "E-NO-COLUMN")
        .unwrap();
    assert_eq!((&found["line"], &found["column"]), (&14.into(), &80.into()));
}

#[test]
fn one_entity_is_looked_at_alone() {
    let folder = folder();
    let users = check(folder.path(), "--catalog catalog.json --entity Users");
    assert_eq!(users.status.code(), Some(0), "{users:?}");
    assert!(!out(&users).contains("Orders"), "{users:?}");
    let orders = check(folder.path(), "--catalog catalog.json --entity Orders");
    assert_eq!(orders.status.code(), Some(1), "{orders:?}");
    let strict = check(
        folder.path(),
        "--catalog catalog.json --entity Users --strict",
    );
    assert_eq!(strict.status.code(), Some(1), "{strict:?}");
    assert!(out(&strict).contains("error[W-KEY-EMPTY]"), "{strict:?}");
    let other = check(folder.path(), "--entity Carts");
    assert_eq!(other.status.code(), Some(2), "{other:?}");
    let why = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(why.contains("it has: Users, Orders"), "{why}");
}

#[test]
fn without_a_catalog_the_program_says_what_is_not_checked() {
    let folder = folder();
    let alone = check(folder.path(), "");
    assert_eq!(alone.status.code(), Some(0), "{alone:?}");
    let text = out(&alone);
    assert!(
        text.contains("Not checked, because there is no catalog"),
        "{text}"
    );
}

#[test]
fn a_sidecar_beside_the_contract_is_read() {
    let folder = folder();
    let sidecar = r#"{"tables": {"Users": {"attributes": {"mail": {}}}}}"#;
    std::fs::write(folder.path().join("contract.dal.json"), sidecar).unwrap();
    let text = out(&check(folder.path(), "--catalog catalog.json"));
    assert!(text.contains("warning[W-SIDECAR]"), "{text}");
    assert!(text.contains("contract.dal.json:1:"), "{text}");
}

#[test]
fn what_cannot_run_says_what_to_do() {
    let folder = folder();
    let missing = check(folder.path(), "--catalog none.json");
    assert_eq!(missing.status.code(), Some(2), "{missing:?}");
    std::fs::write(folder.path().join("catalog.json"), "{\"table\": []}").unwrap();
    let wrong = check(folder.path(), "--catalog catalog.json");
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
    let why = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(why.contains("dal catalog --mysql URL"), "{why}");
    let refused = check(
        folder.path(),
        "--mysql mysql://nobody:secret@127.0.0.1:9/none",
    );
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!why.contains("secret"), "{why}");
}

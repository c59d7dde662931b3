//! `dal generate rust`: the shop's records are what it writes, and a stale file is found.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn generate(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dal"))
        .args(["generate", "rust"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Its contract and its schema.
const SHOP: [&str; 3] = [
    "examples/shop/contract/migrationContract.json",
    "--catalog",
    "examples/shop/contract/catalog.json",
];
const TYPES: [&str; 3] = [
    "tests/fixtures/types.contract.json",
    "--catalog",
    "tests/fixtures/types.catalog.json",
];

#[test]
fn what_is_written_is_what_the_shop_and_the_tests_compile() {
    for (contract, output) in [
        (SHOP, "examples/shop/src/store/records.rs"),
        (TYPES, "tests/tests/store/records.rs"),
    ] {
        let arguments: Vec<_> = contract
            .into_iter()
            .chain(["--output", output, "--check"])
            .collect();
        let checked = generate(&root(), &arguments);
        let (said, why) = (text(&checked.stdout), text(&checked.stderr));
        assert_eq!(checked.status.code(), Some(0), "{output}: {said}\n{why}");
    }
}

#[test]
fn a_stale_file_is_shown_and_not_changed_and_one_that_is_missing_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("records.rs");
    let at = written.to_str().unwrap();
    let with = |more: &[&str]| generate(&root(), &[&SHOP, more].concat());
    let missing = with(&["--output", at, "--check"]);
    assert_eq!(missing.status.code(), Some(2), "{missing:?}");
    assert!(text(&missing.stderr).contains(at));
    assert_eq!(with(&["--output", at]).status.code(), Some(0));
    assert_eq!(with(&["--output", at, "--check"]).status.code(), Some(0));
    let fresh = std::fs::read_to_string(&written).unwrap();
    assert_eq!(text(&with(&[]).stdout), fresh);
    let stale = fresh.replace("pub email: String", "pub mail: String");
    std::fs::write(&written, &stale).unwrap();
    let found = with(&["--output", at, "--check"]);
    assert_eq!(found.status.code(), Some(1), "{found:?}");
    let said = text(&found.stdout);
    assert!(said.contains("-        pub mail: String"), "{said}");
    assert!(said.contains("+        pub email: String"), "{said}");
    assert!(text(&found.stderr).contains("without `--check`"));
    assert_eq!(std::fs::read_to_string(&written).unwrap(), stale);
}

#[test]
fn without_a_schema_it_says_what_to_give() {
    let none = generate(&root(), &SHOP[..1]);
    assert_eq!(none.status.code(), Some(2), "{none:?}");
    let why = text(&none.stderr);
    assert!(
        why.contains("--catalog FILE") && why.contains("dal catalog"),
        "{why}"
    );
}

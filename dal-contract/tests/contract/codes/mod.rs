//! Each code, with a contract that has it, the path and the line.

mod documents;
mod meaning;
mod names;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use dal_contract::{CODES, Mode, Sources, load};
use dal_traits::catalog::Catalog;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../fixtures/codes.catalog.json")).unwrap()
});

/// A code, where it is expected, and the contract: the line counts from 1.
struct Case(&'static str, &'static str, usize, String);

/// A table of users: its members on line 3, then `id`, `email`, and these attributes, one a line from
/// line 6.
fn users(members: &str, attributes: &str) -> String {
    let comma = if attributes.is_empty() { "" } else { "," };
    format!(
        r#"{{"tables": [
{{"table": "Users", "type": "single-entity", "source_table": "users",
{members}
"attributes": [{{"name": "id", "type": "N", "source_table": "users", "source_column": "id"}},
{{"name": "email", "type": "S", "source_table": "users", "source_column": "email"}}{comma}
{attributes}]}}]}}"#
    )
}

/// Users with one more attribute, on line 6.
fn attribute(text: &str) -> String {
    users(r#""pk": "id","#, text)
}

/// A table of one source table, with its members on line 2 and the attributes from line 3.
fn table(source: &str, members: &str, attributes: &str) -> String {
    format!(
        r#"{{"tables": [{{"table": "Table", "type": "single-entity", "source_table": "{source}",
{members}, "attributes": [
{attributes}]}}]}}"#
    )
}

fn column(name: &str, attribute_type: &str, source: &str) -> String {
    format!(
        r#"{{"name": "{name}", "type": "{attribute_type}", "source_table": "{source}", "source_column": "{name}"}}"#
    )
}

/// Entities of one table, one a line from line 3.
fn entities(entities: &str) -> String {
    format!(
        r#"{{"tables": [{{"table": "Data", "type": "multi-entity",
"entities": [
{entities}]}}]}}"#
    )
}

/// Two attributes, an `id` and a join, of products.
fn join(join: &str) -> String {
    let id = column("id", "N", "products");
    table(
        "products",
        r#""pk": "id""#,
        &format!(
            "{id},\n{{\"name\": \"category\", \"type\": \"S\", \"source_table\": \"products\", \
             \"source_column\": \"category_id\",\n\"join\": {join}}}"
        ),
    )
}

const BY_ID: &str = r#"{"type": "foreign-key", "target_table": "categories",
"join_condition": "categories.id = products.category_id",
"select_column": "categories.name"}"#;

#[test]
fn each_code_is_found_where_its_cause_stands() {
    let mut covered = BTreeSet::from(["W-SIDECAR"]); // has a test of its own, below
    for Case(code, path, line, contract) in documents::cases()
        .into_iter()
        .chain(names::cases())
        .chain(meaning::cases())
    {
        covered.insert(code);
        let found = crate::read(&contract, Some(&CATALOG));
        let mut same = found.diagnostics.iter().filter(|found| found.code == code);
        assert!(
            same.any(|found| found.path == path && found.line == line),
            "{code} at `{path}`, line {line}, is not in {:#?}\n{contract}",
            found.diagnostics
        );
    }
    let all: BTreeSet<&str> = CODES.iter().map(|code| code.name).collect();
    assert_eq!(covered, all);
}

#[test]
fn a_name_in_the_sidecar_that_the_contract_does_not_have_is_found_in_the_sidecar() {
    let contract = users(r#""pk": "id","#, "");
    let sidecar = "{\"tables\": {\"Users\": {\n\"attributes\": {\"mail\": {}}}}}";
    let sources = Sources {
        contract: &contract,
        sidecar: Some(sidecar),
    };
    let read = load(sources, Some(&CATALOG), Mode::Lenient);
    let found = read.diagnostics.last().unwrap();
    assert_eq!(
        (found.code, found.file),
        ("W-SIDECAR", dal_contract::File::Sidecar)
    );
    assert_eq!(
        (found.path.as_str(), found.line),
        ("tables.Users.attributes.mail", 2)
    );
    assert_eq!(found.help, "is `email` meant?");
    assert!(read.entities[0].loaded);
}

#[test]
fn an_error_refuses_its_entity_and_no_other() {
    let broken = attribute(r#"{"name": "nick", "type": "S", "source_column": "nik"}"#);
    let whole = r#"]}, {"table": "Products", "source_table": "products", "pk": "id", "attributes": [
        {"name": "id", "type": "N", "source_column": "id"}]}]}"#;
    let contract = broken.replace("]}]}", whole);
    let read = crate::read(&contract, Some(&CATALOG));
    let loaded: Vec<_> = read
        .entities
        .iter()
        .map(|e| (e.name.as_str(), e.loaded))
        .collect();
    assert_eq!(loaded, [("Users", false), ("Products", true)]);
    assert_eq!(read.model.entities.len(), 1);
    assert_eq!(read.model.entities[0].table, 0);
    assert_eq!(read.model.tables[0].name, "Products");
}

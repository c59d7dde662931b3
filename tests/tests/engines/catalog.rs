//! The schema of a live server as data.

use dal_testkit::servers::{self, Engine, announce, runtime};
use dal_traits::ErrorKind;
use dal_traits::catalog::{Catalog, ColumnDefault, ReferenceAction, SourceTable};
use sqlx::Executor;

const SUITE: &str = "catalog";

/// Runs statements in a database of their own, and reads its schema.
fn catalog_of(statements: &[&'static str]) -> Option<Catalog> {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return None;
    }
    let read = async {
        let url = servers::mysql().fresh_database().await.unwrap();
        let pool = dal_mysql::pool(&url).await.unwrap();
        for statement in statements {
            pool.execute(*statement).await.unwrap();
        }
        dal_mysql::catalog(&url).await.unwrap()
    };
    Some(runtime().block_on(read))
}

fn types(table: &SourceTable) -> Vec<(String, String)> {
    let columns = table.columns.iter();
    columns
        .map(|column| (column.name.clone(), column.column_type.to_string()))
        .collect()
}

#[test]
fn every_type_is_read_as_it_was_declared() {
    let Some(catalog) = catalog_of(&["CREATE TABLE t (
        a BOOLEAN, b TINYINT, c SMALLINT UNSIGNED, d MEDIUMINT, e INT, f BIGINT UNSIGNED,
        g BIT(5), h DECIMAL(65,30), i DECIMAL(10,2) UNSIGNED, j FLOAT, k DOUBLE, l CHAR(3),
        m VARCHAR(200), n TINYTEXT, o TEXT, p MEDIUMTEXT, q LONGTEXT, r ENUM('x','it''s',')'),
        s SET('x','y'), t DATE, u DATETIME(6), v TIMESTAMP(3) NULL, w TIME(2), x YEAR,
        y BINARY(16), z VARBINARY(255), aa BLOB, ab LONGBLOB, ac JSON, ad GEOMETRY)"])
    else {
        return;
    };
    let found = types(&catalog.tables[0]);
    let found: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
    let declared = [
        "tinyint(1)",
        "tinyint",
        "smallint unsigned",
        "mediumint",
        "int",
        "bigint unsigned",
        "bit(5)",
        "decimal(65,30)",
        "decimal(10,2) unsigned",
        "float",
        "double",
        "char(3)",
        "varchar(200)",
        "tinytext",
        "text",
        "mediumtext",
        "longtext",
        "enum('x','it''s',')')",
        "set('x','y')",
        "date",
        "datetime(6)",
        "timestamp(3)",
        "time(2)",
        "year",
        "binary(16)",
        "varbinary(255)",
        "blob",
        "longblob",
        "json",
        "geometry",
    ];
    assert_eq!(found, declared);
}

#[test]
fn keys_defaults_checks_and_triggers_are_read() {
    let Some(catalog) = catalog_of(&[
        "CREATE TABLE parents (
            a INT NOT NULL, b INT NOT NULL, PRIMARY KEY (b, a))",
        "CREATE TABLE children (
            id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
            parent_b INT NULL, parent_a INT NULL,
            code VARCHAR(40) COLLATE utf8mb4_0900_bin NOT NULL DEFAULT 'new',
            at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
            twice INT GENERATED ALWAYS AS (kept * 2) STORED,
            quantity INT NOT NULL, kept INT,
            UNIQUE KEY by_code (code, quantity), UNIQUE KEY by_start (code(4)),
            UNIQUE KEY by_lower ((LOWER(code))), KEY by_at (at, code(4), id),
            CONSTRAINT to_parent FOREIGN KEY (parent_b, parent_a) REFERENCES parents (b, a)
                ON DELETE SET NULL,
            CONSTRAINT in_range CHECK (quantity BETWEEN 1 AND 9),
            CONSTRAINT not_kept CHECK (kept > 0) NOT ENFORCED)",
        "CREATE TRIGGER before_insert BEFORE INSERT ON children FOR EACH ROW SET NEW.kept = 1",
        "CREATE VIEW seen AS SELECT * FROM children",
    ]) else {
        return;
    };
    let names: Vec<_> = catalog.tables.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["children", "parents"]);
    assert_eq!(catalog.tables[1].primary_key, ["b", "a"]);
    let children = &catalog.tables[0];
    let column = |name: &str| &children.columns[children.position(name).unwrap()];
    assert!(column("id").auto_increment && !column("id").nullable);
    assert!(column("parent_a").nullable);
    assert_eq!(
        column("code").collation.as_deref(),
        Some("utf8mb4_0900_bin")
    );
    assert_eq!(
        column("code").default,
        Some(ColumnDefault::Literal("new".into()))
    );
    assert_eq!(
        column("at").default,
        Some(ColumnDefault::Expression("CURRENT_TIMESTAMP(6)".into()))
    );
    assert!(column("twice").generated && column("twice").default.is_none());
    assert!(!column("at").generated);
    let key = |name: &str| {
        children
            .unique_keys
            .iter()
            .find(|key| key.name == name)
            .unwrap()
    };
    assert_eq!(key("by_code").columns, ["code", "quantity"]);
    assert!(!key("by_code").prefix && key("by_start").prefix && key("by_lower").prefix);
    assert!(children.is_unique(&["quantity", "code"]) && !children.is_unique(&["code"]));
    let by_at = children
        .indexes
        .iter()
        .find(|index| index.name == "by_at")
        .unwrap();
    assert_eq!(by_at.columns, ["at"]);
    let [to_parent] = children.foreign_keys.as_slice() else {
        panic!("{children:#?}");
    };
    assert_eq!(to_parent.columns, ["parent_b", "parent_a"]);
    assert_eq!(
        (to_parent.parent.as_str(), to_parent.on_delete),
        ("parents", ReferenceAction::SetNull)
    );
    assert_eq!(to_parent.parent_columns, ["b", "a"]);
    assert_eq!(children.triggers, ["before_insert"]);
    let checks: Vec<_> = children
        .checks
        .iter()
        .map(|check| check.name.as_str())
        .collect();
    assert_eq!(checks, ["in_range"]);
    let text = serde_json::to_string(&catalog).unwrap();
    assert_eq!(serde_json::from_str::<Catalog>(&text).unwrap(), catalog);
}

#[test]
fn the_contract_of_a_shop_loads_on_its_schema() {
    let schema = include_str!("../../../examples/shop/schema/mysql.sql");
    let statements: Vec<&str> = schema
        .split(';')
        .filter(|text| text.contains("CREATE"))
        .collect();
    let Some(catalog) = catalog_of(&statements) else {
        return;
    };
    let contract = include_str!("../../../dal-contract/tests/fixtures/shop.json");
    let sources = dal_contract::Sources {
        contract,
        sidecar: None,
    };
    let read = dal_contract::load(sources, Some(&catalog), dal_contract::Mode::Lenient);
    assert!(
        read.entities.iter().all(|entity| entity.loaded),
        "{:#?}",
        read.diagnostics
    );
    let carts = read.model.entity("Carts").unwrap();
    let range = carts.fields[2].range.as_ref().unwrap();
    assert_eq!(range.greatest, Some(("1000".to_owned(), true)));
    // The fixture's catalog is that of the schema.
    let fixture = include_str!("../../../dal-contract/tests/fixtures/shop.catalog.json");
    assert_eq!(serde_json::from_str::<Catalog>(fixture).unwrap(), catalog);
}

#[test]
fn a_url_without_a_database_or_a_server_says_so() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    let failed = |url: &str| runtime().block_on(dal_mysql::catalog(url)).unwrap_err();
    let error = failed("mysql://root:secret@127.0.0.1:9/");
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("names no database"), "{error}");
    let error = failed("mysql://root:secret@127.0.0.1:9/none");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(!error.to_string().contains("secret"), "{error}");
}

//! A large contract.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

use dal_traits::catalog::{Catalog, Column, SourceTable};

/// Three hundred entities of ten attributes, two of them with a join, and one index.
fn large() -> (String, Catalog) {
    let column = |name: &str, column_type: &str| Column {
        name: name.to_owned(),
        column_type: column_type.parse().unwrap(),
        nullable: false,
        default: None,
        collation: None,
        auto_increment: false,
        generated: false,
        on_update_now: false,
    };
    let (mut contract, mut catalog) = (String::from("{\"tables\": ["), Catalog::default());
    for i in 0..300 {
        let before = (i + 299) % 300;
        let mut columns = vec![
            column("id", "bigint unsigned"),
            column("before", "bigint unsigned"),
        ];
        let mut attributes =
            vec![r#"{"name": "id", "type": "N", "source_column": "id"}"#.to_owned()];
        for a in 0..7 {
            columns.push(column(&format!("c{a}"), "int"));
            attributes.push(format!(
                r#"{{"name": "c{a}", "type": "N", "source_column": "c{a}"}}"#
            ));
        }
        for a in 0..2 {
            attributes.push(format!(
                r#"{{"name": "j{a}", "type": "N", "source_column": "before", "join": {{
                    "type": "foreign-key", "target_table": "t{before}",
                    "join_condition": "t{before}.id = t{i}.before", "select_column": "t{before}.c{a}"}}}}"#
            ));
        }
        if i > 0 {
            contract.push(',');
        }
        write!(
            contract,
            r#"{{"table": "Table{i}", "type": "single-entity", "source_table": "t{i}", "pk": "id",
            "gsis": [{{"index_name": "by_c0", "pk": "c0", "sk": "id"}}], "attributes": [{}]}}"#,
            attributes.join(",\n")
        )
        .unwrap();
        catalog.tables.push(SourceTable {
            name: format!("t{i}"),
            columns,
            primary_key: vec!["id".to_owned()],
            ..SourceTable::default()
        });
    }
    contract.push_str("]}");
    (contract, catalog)
}

#[test]
fn three_hundred_entities_compile_in_a_tenth_of_a_second() {
    let (contract, catalog) = large();
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        let read = crate::read(&contract, Some(&catalog));
        best = best.min(start.elapsed());
        assert_eq!(read.model.entities.len(), 300, "{:#?}", read.diagnostics);
    }
    let _ = writeln!(
        std::io::stderr(),
        "dal-contract: 300 entities compile in {best:?}"
    );
    // The promise is for optimised code; without optimisation it takes some times as long.
    let most = if cfg!(debug_assertions) { 1_000 } else { 100 };
    assert!(best < Duration::from_millis(most), "{best:?}");
}

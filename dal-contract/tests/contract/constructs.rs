//! Constructs that load, beside the nearest ones that do not.

use dal_traits::catalog::Catalog;
use dal_traits::model::{AttributeType, PathOrder};

use crate::{codes, read};

const CATALOG: &str = r#"{"tables": [
    {"name": "boxes", "columns": [
        {"name": "id", "type": "int unsigned"}, {"name": "owner_id", "type": "int unsigned"},
        {"name": "maker_id", "type": "int unsigned"},
        {"name": "label", "type": "varchar(9)", "collation": "utf8mb4_0900_bin"}],
     "primary_key": ["id"], "unique_keys": [{"name": "boxes_label", "columns": ["label"]}]},
    {"name": "parts", "columns": [
        {"name": "box_id", "type": "int unsigned"}, {"name": "nr", "type": "int unsigned"},
        {"name": "weight", "type": "int"}, {"name": "note", "type": "text", "nullable": true}],
     "primary_key": ["box_id", "nr"]},
    {"name": "people", "columns": [
        {"name": "id", "type": "int unsigned"},
        {"name": "name", "type": "varchar(9)", "collation": "utf8mb4_0900_bin"},
        {"name": "nick", "type": "varchar(9)", "collation": "utf8mb4_0900_bin"}],
     "primary_key": ["id"], "unique_keys": [{"name": "people_name", "columns": ["name"]}]}
]}"#;

fn catalog() -> Catalog {
    serde_json::from_str(CATALOG).unwrap()
}

fn boxes(members: &str, attributes: &[&str]) -> String {
    let id = r#"{"name": "id", "type": "N", "source_column": "id"}"#;
    let attributes = [&[id], attributes].concat().join(", ");
    format!(
        r#"{{"tables": [{{"table": "Boxes", "source_table": "boxes", {members}, "attributes": [{attributes}]}}]}}"#
    )
}

const LABEL: &str = r#"{"name": "label", "type": "S", "source_column": "label"}"#;
const OWNER: &str = r#"{"name": "owner", "type": "S", "source_column": "owner_id", "join": {"type": "foreign-key",
    "target_table": "people", "join_condition": "people.id = boxes.owner_id", "select_column": "people.name"}}"#;
const PARTS: &str = r#"{"name": "parts", "type": "L", "source_column": "id", "join": {"type": "json-construction",
    "target_table": "parts", "join_condition": "parts.box_id = boxes.id",
    "construction": {"type": "array", "select_columns": {"nr": "parts.nr", "weight": "parts.weight"}}}}"#;

#[test]
fn an_array_is_owned_only_when_it_is_all_there_is_to_its_children() {
    let of = |contract: &str| read(contract, Some(&catalog()));
    let owned = of(&boxes(r#""pk": "id""#, &[PARTS]));
    assert!(owned.entities[0].loaded, "{:#?}", owned.diagnostics);
    for (from, to, why) in [
        (
            "boxes.id\"",
            "boxes.owner_id\"",
            "is not about the primary key",
        ),
        (r#", "weight": "parts.weight""#, "", "`weight` of a child"),
        (r#""nr": "parts.nr", "#, "", "`nr` of a child"),
        (
            r#""type": "array","#,
            r#""type": "array", "limit": 3,"#,
            "`limit`",
        ),
        (
            r#""type": "array","#,
            r#""type": "object","#,
            "an object of another row",
        ),
    ] {
        let other = of(&boxes(r#""pk": "id""#, &[&PARTS.replace(from, to)]));
        let found = other
            .diagnostics
            .iter()
            .find(|found| found.code == "E-NOT-BUILT");
        assert!(
            found.is_some_and(|found| found.message.contains(why)),
            "{why}: {:#?}",
            other.diagnostics
        );
    }
    let entity = r#"]}, {"table": "Parts", "source_table": "parts", "pk": "box_id", "sk": "nr", "attributes": [
        {"name": "weight", "type": "N", "source_column": "weight"}]}]}"#;
    let both = of(&boxes(r#""pk": "id""#, &[PARTS]).replace("]}]}", entity));
    let loaded: Vec<_> = both.entities.iter().map(|entity| entity.loaded).collect();
    assert_eq!(loaded, [false, true], "{:#?}", both.diagnostics);
}

#[test]
fn an_object_is_of_the_same_row() {
    let object = r#"{"name": "makers", "type": "M", "source_column": "id", "join": {"type": "json-construction",
        "target_table": "boxes", "join_condition": "boxes.id = boxes.id",
        "construction": {"type": "object", "select_columns": {"owner": "boxes.owner_id", "maker": "boxes.maker_id"}}}}"#;
    let of = |object: &str| read(&boxes(r#""pk": "id""#, &[LABEL, object]), Some(&catalog()));
    let found = of(object);
    let fields: Vec<_> = found.model.entities[0]
        .fields
        .iter()
        .map(|f| f.name.as_str())
        .collect();
    assert_eq!(fields, ["id", "owner_id", "maker_id", "label"]);
    let other = of(&object.replace("boxes.id = boxes.id", "boxes.owner_id = boxes.owner_id"));
    assert!(
        codes(&other).contains(&"E-NOT-BUILT"),
        "{:#?}",
        other.diagnostics
    );
}

#[test]
fn a_looked_up_name_distinguishes_rows_only_if_it_is_unique() {
    let key = r#""pk": "label", "sk": "owner""#;
    let by = |column: &str| {
        let owner = OWNER.replace("people.name", column);
        let catalog: Catalog = serde_json::from_str(
            &CATALOG.replace(r#""primary_key": ["id"], "unique_keys": [{"name": "boxes_label", "columns": ["label"]}]"#,
                r#""primary_key": ["label", "owner_id"]"#),
        )
        .unwrap();
        codes(&read(&boxes(key, &[LABEL, &owner]), Some(&catalog))).contains(&"W-KEY-NOT-UNIQUE")
    };
    assert!(!by("people.name"));
    assert!(by("people.nick"));
}

#[test]
fn the_order_of_one_path_leaves_the_others() {
    let with = |own: &str| {
        let gsis = r#""pk": "id", "gsis": [{"index_name": "one", "pk": "label", "sk": "owner_id#maker_id"},
            {"index_name": "two", "pk": "owner_id", "sk": "label#maker_id"}]"#;
        let members = format!("{gsis}, \"x-dal\": {{\"order\": {own}}}");
        let found = read(&boxes(&members, &[LABEL]), Some(&catalog()));
        let entity = &found.model.entities[0];
        let order = |name: &str| entity.paths.iter().find(|p| p.name == name).unwrap().order;
        (order("one"), order("two"))
    };
    assert_eq!(
        with(r#"{"one": "column"}"#),
        (PathOrder::Column, PathOrder::Encoded)
    );
    assert_eq!(with(r#""column""#), (PathOrder::Column, PathOrder::Column));
    assert_eq!(
        with(r#"{"two": "encoded"}"#),
        (PathOrder::Encoded, PathOrder::Encoded)
    );
}

#[test]
fn a_path_keeps_its_order_where_the_encoding_does() {
    let order = |sort: &str, attributes: &[&str]| {
        let members = format!(
            r#""pk": "id", "gsis": [{{"index_name": "one", "pk": "maker_id", "sk": "{sort}"}}]"#
        );
        let found = read(&boxes(&members, attributes), Some(&catalog()));
        found.model.entities[0]
            .paths
            .iter()
            .find(|p| p.name == "one")
            .unwrap()
            .order
    };
    let padded = |width: &str| {
        format!(
            r#"{{"name": "padded", "type": "S", "source_column": "owner_id",
            "transformation": {{"type": "number-format", "format": "%0{width}d"}}}}"#
        )
    };
    assert_eq!(order("owner_id", &[]), PathOrder::Same);
    assert_eq!(order("label", &[LABEL]), PathOrder::Same);
    assert_eq!(
        order("padded#label", &[LABEL, &padded("10")]),
        PathOrder::Same
    );
    // Ten digits do not fit into nine; text ends before the next value begins.
    assert_eq!(
        order("padded#label", &[LABEL, &padded("9")]),
        PathOrder::Encoded
    );
    assert_eq!(
        order("label#padded", &[LABEL, &padded("10")]),
        PathOrder::Encoded
    );
}

#[test]
fn an_access_pattern_is_served_by_what_is_given_and_the_beginning_of_the_order() {
    let served = |pattern: &str| {
        let members = format!(
            r#""pk": "id", "gsis": [{{"index_name": "one", "pk": "label", "sk": "owner_id#maker_id"}}],
            "x-dal": {{"access_patterns": [{{"id": "p", {pattern}}}]}}"#
        );
        !codes(&read(&boxes(&members, &[]), Some(&catalog()))).contains(&"E-ACCESS-PATTERN")
    };
    assert!(served(r#""given": ["id"]"#));
    assert!(served(
        r#""given": "label", "order": ["owner_id", "maker_id"]"#
    ));
    assert!(served(
        r#""given": ["label", "owner_id"], "order": "maker_id""#
    ));
    let only_index = |pattern: &str| {
        // Without the unique key nothing but the index finds a label.
        let catalog = CATALOG.replace(
            r#", "unique_keys": [{"name": "boxes_label", "columns": ["label"]}]"#,
            "",
        );
        let members = format!(
            r#""pk": "id", "gsis": [{{"index_name": "one", "pk": "label", "sk": "owner_id#maker_id"}}],
            "x-dal": {{"access_patterns": [{{"id": "p", {pattern}}}]}}"#
        );
        let catalog: Catalog = serde_json::from_str(&catalog).unwrap();
        !codes(&read(&boxes(&members, &[]), Some(&catalog))).contains(&"E-ACCESS-PATTERN")
    };
    assert!(only_index(r#""given": ["label", "owner_id"]"#));
    assert!(only_index(r#""given": ["label"], "order": ["owner_id"]"#));
    assert!(!only_index(r#""given": ["label", "maker_id"]"#));
    assert!(!only_index(
        r#""given": ["label", "owner_id", "maker_id", "id"]"#
    ));
    assert!(!only_index(r#""given": ["label"], "order": ["maker_id"]"#));
    assert!(!only_index(r#""given": ["owner_id"]"#));
}

#[test]
fn a_name_by_convention_must_have_one_meaning() {
    let contract = |maker: &str| {
        format!(
            r#"{{"tables": [{{"table": "Boxes", "type": "multi-entity", "entities": [{{"entity_type": "BOX",
            "source_table": "boxes", "pk_template": "B#{{id}}", "sk_template": "O#{{people_nick}}",
            "attributes": [{OWNER}, {maker}]}}]}}]}}"#
        )
    };
    let maker = OWNER.replace("owner", "maker");
    assert!(codes(&read(&contract(LABEL), Some(&catalog()))).contains(&"W-TEMPLATE-CONVENTION"));
    assert!(codes(&read(&contract(&maker), Some(&catalog()))).contains(&"E-TEMPLATE-TOKEN"));
}

#[test]
fn a_chain_leads_from_row_to_row() {
    let chain = r#"{"name": "owner", "type": "S", "source_column": "box_id", "join": {"type": "chain", "joins": [
        {"target_table": "boxes", "join_condition": "boxes.id = parts.box_id", "select_column": "boxes.owner_id"},
        {"target_table": "people", "join_condition": "people.id = boxes.owner_id", "select_column": "people.name"}]}}"#;
    let contract = |chain: &str| {
        format!(
            r#"{{"table": "Parts", "source_table": "parts", "pk": "box_id", "sk": "nr", "attributes": [{chain}]}}"#
        )
    };
    let found = read(&contract(chain), Some(&catalog()));
    let entity = &found.model.entities[0];
    let text = dal_contract::describe(
        &entity.attributes[0].expr,
        entity.source,
        &found.model.catalog,
    );
    assert_eq!(text, "(people.name by box_id, then owner_id)");
    let backwards = chain.replace("people.id = boxes.owner_id", "people.id = parts.nr");
    assert!(codes(&read(&contract(&backwards), Some(&catalog()))).contains(&"E-JOIN-CONDITION"));
    let missing = chain.replace("boxes.owner_id\"}", "boxes.ownerid\"}");
    assert!(codes(&read(&contract(&missing), Some(&catalog()))).contains(&"E-NO-COLUMN"));
}

#[test]
fn each_type_holds_what_it_can() {
    let fitting: [(&str, &[&str]); 22] = [
        ("tinyint(1)", &["S", "N", "BOOL"]),
        ("tinyint", &["S", "N"]),
        ("bigint unsigned", &["S", "N"]),
        ("bit(8)", &["S", "N"]),
        ("decimal(38,4)", &["S", "N"]),
        ("decimal(39,4)", &["S"]),
        ("decimal(65,0)", &["S"]),
        ("double", &["S", "N"]),
        ("varchar(10)", &["S"]),
        ("enum('a')", &["S"]),
        ("set('a')", &["S", "SS"]),
        ("date", &["S"]),
        ("datetime(6)", &["S"]),
        ("timestamp", &["S", "N"]),
        ("timestamp(3)", &["S"]),
        ("time", &["S"]),
        ("year", &["S", "N"]),
        ("binary(4)", &["B"]),
        ("varbinary(4)", &["B"]),
        ("blob", &["B"]),
        ("json", &["S", "M", "L"]),
        ("geometry", &[]),
    ];
    for (column, types) in fitting {
        let catalog: Catalog = serde_json::from_str(&format!(
            r#"{{"tables": [{{"name": "t", "columns": [{{"name": "id", "type": "int"}}, {{"name": "v", "type": "{column}"}}], "primary_key": ["id"]}}]}}"#
        ))
        .unwrap();
        for (name, _) in AttributeType::ALL {
            let contract = format!(
                r#"{{"table": "Table", "source_table": "t", "pk": "id", "attributes": [{{"name": "v", "type": "{name}", "source_column": "v"}}]}}"#
            );
            let loaded = read(&contract, Some(&catalog)).entities[0].loaded;
            assert_eq!(loaded, types.contains(&name), "{column} as {name}");
        }
    }
}

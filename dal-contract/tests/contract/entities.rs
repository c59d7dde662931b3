//! What becomes of entities: read-only, sparse, shared tables, references between them.

use dal_contract::describe;
use dal_traits::catalog::Catalog;
use dal_traits::model::{Entity, FieldSource, PathKind};

use crate::{codes, read};

/// People with an e-mail that may be NULL, visits of them by day, and two tables that refer to them.
fn catalog() -> Catalog {
    serde_json::from_str(
        r#"{"tables": [
        {"name": "badges", "columns": [
            {"name": "id", "type": "int"}, {"name": "person_id", "type": "int"}],
         "primary_key": ["id"],
         "foreign_keys": [{"name": "badges_person", "columns": ["person_id"], "parent": "people", "parent_columns": ["id"]}]},
        {"name": "people", "columns": [
            {"name": "id", "type": "int"},
            {"name": "email", "type": "varchar(99)", "collation": "utf8mb4_0900_ai_ci", "nullable": true},
            {"name": "age", "type": "int", "nullable": true}],
         "primary_key": ["id"],
         "unique_keys": [{"name": "people_email", "columns": ["email"]}],
         "checks": [{"name": "old", "clause": "(`age` >= 0)"}, {"name": "young", "clause": "(`age` < 150)"}]},
        {"name": "visits", "columns": [
            {"name": "person_id", "type": "int"}, {"name": "day", "type": "date"},
            {"name": "place", "type": "varchar(20)", "collation": "utf8mb4_0900_bin"}],
         "primary_key": ["person_id", "day"],
         "foreign_keys": [{"name": "visits_person", "columns": ["person_id"], "parent": "people", "parent_columns": ["id"]}]}
        ]}"#,
    )
    .unwrap()
}

const TABLE: &str = r#"{"tables": [{
    "table": "Data", "type": "multi-entity",
    "gsis": [{"index_name": "by_place", "pk": "place", "sk": "day"}],
    "entities": [
        {"entity_type": "PERSON", "source_table": "people", "pk_template": "P#{id}", "sk_template": "P",
         "attributes": [
            {"name": "id", "type": "N", "source_column": "id"},
            {"name": "email", "type": "S", "source_column": "email"},
            {"name": "age", "type": "N", "source_column": "age"}]},
        {"entity_type": "VISIT", "source_table": "visits", "pk_template": "P#{person_id}", "sk_template": "V#{day}",
         "attributes": [
            {"name": "day", "type": "S", "source_column": "day"},
            {"name": "place", "type": "S", "source_column": "place"}]}]}]}"#;

fn names<'a>(entity: &'a Entity, places: &[usize]) -> Vec<&'a str> {
    let name = |place: &usize| entity.fields[*place].name.as_str();
    places.iter().map(name).collect()
}

#[test]
fn a_key_template_carries_its_columns() {
    let read = read(TABLE, Some(&catalog()));
    let visit = read.model.entity("Data.VISIT").unwrap();
    assert_eq!(names(visit, &visit.identity), ["person_id", "day"]);
    // `day` from its own attribute, `person_id` from the key alone.
    let person = &visit.fields[visit.identity[0]];
    assert_eq!(person.source, FieldSource::Column(0));
    let attribute = &visit.attributes[person.attribute];
    assert_eq!(attribute.name, "PK");
    let text = describe(&attribute.expr, visit.source, &read.model.catalog);
    assert_eq!(text, r#""P#" + person_id"#);
    let path = visit.paths.iter().find(|path| path.name == "Data").unwrap();
    assert_eq!(
        (names(visit, &path.equal), names(visit, &path.sort)),
        (vec!["person_id"], vec!["day"])
    );
}

#[test]
fn an_entity_without_an_index_key_is_not_in_the_index() {
    let read = read(TABLE, Some(&catalog()));
    let person = read.model.entity("Data.PERSON").unwrap();
    assert_eq!(person.index_keys, [None]);
    let visit = read.model.entity("Data.VISIT").unwrap();
    assert!(visit.index_keys[0].is_some());
    let path = visit
        .paths
        .iter()
        .find(|path| path.name == "by_place")
        .unwrap();
    assert_eq!(path.kind, PathKind::Index(0));
    assert_eq!(read.model.tables[0].indexes[0].partition_key.name, "place");
}

#[test]
fn a_folded_unique_key_needs_a_guard_even_as_the_tables_key() {
    let contract = r#"{"table": "People", "source_table": "people", "pk": "email", "attributes": [
        {"name": "id", "type": "N", "source_column": "id"},
        {"name": "email", "type": "S", "source_column": "email"}]}"#;
    let read = read(contract, Some(&catalog()));
    let people = read.model.entity("People").unwrap();
    let guards: Vec<_> = people
        .unique
        .iter()
        .map(|key| (key.name.as_str(), key.guard))
        .collect();
    // Ann@x and ann@x are one e-mail for MySQL, and two keys for DynamoDB.
    assert_eq!(guards, [("PRIMARY", true), ("people_email", true)]);
    assert_eq!(people.paths[0].kind, PathKind::Guard);
    assert!(people.read_only.is_empty());
}

#[test]
fn a_key_that_rows_can_share_makes_an_entity_read_only() {
    let contract = r#"{"table": "Visits", "source_table": "visits", "pk": "person_id", "attributes": [
        {"name": "day", "type": "S", "source_column": "day"}]}"#;
    let read = read(contract, Some(&catalog()));
    assert!(codes(&read).contains(&"W-KEY-NOT-UNIQUE"));
    let visits = read.model.entity("Visits").unwrap();
    assert_eq!(visits.read_only, ["its key is not unique"]);
}

#[test]
fn a_second_check_of_a_column_is_not_kept_and_said_to_be_so() {
    let read = read(TABLE, Some(&catalog()));
    let person = read.model.entity("Data.PERSON").unwrap();
    let age = person
        .fields
        .iter()
        .find(|field| field.name == "age")
        .unwrap();
    assert_eq!(
        age.range.as_ref().unwrap().least,
        Some(("0".to_owned(), true))
    );
    let unkept: Vec<_> = read
        .diagnostics
        .iter()
        .filter(|found| found.code == "W-CHECK")
        .collect();
    assert_eq!(unkept.len(), 1, "{unkept:#?}");
    assert!(unkept[0].message.contains("`young`"), "{unkept:#?}");
}

#[test]
fn a_restricting_key_is_exact_only_over_a_strong_path() {
    let read = read(TABLE, Some(&catalog()));
    let found: Vec<_> = read
        .diagnostics
        .iter()
        .filter(|found| found.code == "W-DELETE")
        .collect();
    // Visits are found by the table's key; nothing finds badges.
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].message.contains("`badges_person`"), "{found:#?}");
    let other = TABLE.replace(
        "]}]}]}",
        r#"]}]}, {"table": "Badges", "source_table": "badges", "pk": "id",
        "gsis": [{"index_name": "by_person", "pk": "person_id"}],
        "attributes": [{"name": "id", "type": "N", "source_column": "id"}, {"name": "person_id", "type": "N", "source_column": "person_id"}]}]}"#,
    );
    let read = crate::read(&other, Some(&catalog()));
    let found = read
        .diagnostics
        .iter()
        .find(|found| found.code == "W-DELETE")
        .unwrap();
    assert!(found.message.contains("racy"), "{found:#?}");
    let declared = other.replacen(
        "\"entities\"",
        r#""x-dal": {"references": "declare"}, "entities""#,
        1,
    );
    assert!(!codes(&crate::read(&declared, Some(&catalog()))).contains(&"W-DELETE"));
}

#[test]
fn a_pattern_above_several_entities_names_its_own() {
    let with = |pattern: &str| {
        let own = format!(r#""x-dal": {{"access_patterns": [{pattern}]}}, "entities""#);
        read(&TABLE.replacen("\"entities\"", &own, 1), Some(&catalog()))
    };
    let unnamed = with(r#"{"id": "one", "given": ["id"]}"#);
    assert!(codes(&unnamed).contains(&"W-PATTERN-ENTITY"));
    let named = with(r#"{"id": "one", "entity": "PERSON", "given": ["id"]}"#);
    let person = named.model.entity("Data.PERSON").unwrap();
    assert_eq!(person.paths[0].aliases, ["one"]);
    let wrong = with(r#"{"id": "one", "entity": "PERSON", "given": ["age"]}"#);
    assert!(codes(&wrong).contains(&"E-ACCESS-PATTERN"));
    let loaded: Vec<_> = wrong.entities.iter().map(|entity| entity.loaded).collect();
    assert_eq!(loaded, [false, true]);
}

#[test]
fn a_broken_attribute_is_reported_once() {
    for (whole, broken, code) in [
        (
            r#""source_column": "place"}"#,
            r#""source_column": "plase"}"#,
            "E-NO-COLUMN",
        ),
        (
            r#""source_column": "day"}"#,
            r#""source_column": "day", "calculation": {"type": "case"}}"#,
            "E-NOT-BUILT",
        ),
        (
            r#""N", "source_column": "id"}"#,
            r#""Z", "source_column": "id"}"#,
            "E-MEMBER-VALUE",
        ),
    ] {
        let contract = TABLE.replace(whole, broken);
        let read = read(&contract, Some(&catalog()));
        let errors: Vec<_> = codes(&read)
            .into_iter()
            .filter(|code| code.starts_with('E'))
            .collect();
        assert_eq!(errors, [code], "{:#?}", read.diagnostics);
        let about = |name: &str| {
            let outcome = read
                .entities
                .iter()
                .find(|entity| entity.name == name)
                .unwrap();
            outcome.diagnostics.len()
        };
        let refused = read.entities.iter().find(|entity| !entity.loaded).unwrap();
        assert_eq!(about(&refused.name), 1, "{:#?}", read.diagnostics);
    }
}

#[test]
fn a_key_carries_what_can_be_read_back_from_it() {
    let carries = |template: &str| {
        let contract = TABLE.replace(
            r#"{"name": "day", "type": "S", "source_column": "day"},"#,
            "",
        );
        let contract = contract.replace("\"sk\": \"day\"", "\"sk\": null");
        let read = read(&contract.replace("V#{day}", template), Some(&catalog()));
        let visit = read.model.entity("Data.VISIT").unwrap();
        visit.read_only.is_empty()
    };
    // Dates have one width, and text is last, or may not contain what follows it.
    for template in ["V#{day}", "V#{day}-{place}", "V#{place}#{day}"] {
        assert!(carries(template), "{template}");
    }
    // Where one value ends and the next begins is not known.
    for template in ["V#{day}{place}", "V#{person_id}-{day}"] {
        assert!(!carries(template), "{template}");
    }
}

#[test]
fn a_text_of_a_date_and_a_place_can_be_read_back() {
    let place = r#"{"name": "place", "type": "S", "source_column": "place"}"#;
    let carries = |format: &str| {
        let text = format!(
            r#"{{"name": "text", "type": "S", "transformation": {{"type": "string-format", "format": "{format}"}}}}"#
        );
        let contract = TABLE
            .replace(place, &text)
            .replace("\"pk\": \"place\", \"sk\": \"day\"", "\"pk\": \"day\"");
        let read = read(&contract, Some(&catalog()));
        let visit = read.model.entity("Data.VISIT").unwrap();
        visit.fields.iter().any(|field| field.name == "place")
    };
    assert!(carries("{day}-{place}"));
    assert!(!carries("{place}-{day}"));
}

#[test]
fn the_nearest_x_dal_decides() {
    let table = TABLE.replacen(
        "\"entities\"",
        r#""x-dal": {"references": "declare"}, "entities""#,
        1,
    );
    let entity = table.replacen(
        r#""entity_type": "PERSON","#,
        r#""entity_type": "PERSON", "x-dal": {"references": "enforce"},"#,
        1,
    );
    let read = read(&entity, Some(&catalog()));
    let of = |name: &str| read.model.entity(name).unwrap().references;
    assert_eq!(of("Data.PERSON"), dal_traits::model::References::Enforce);
    assert_eq!(of("Data.VISIT"), dal_traits::model::References::Declare);
}

#[test]
fn a_token_is_underlined_by_itself() {
    let contract = TABLE.replace("V#{day}", "V#{dey}");
    let read = read(&contract, Some(&catalog()));
    let found = read
        .diagnostics
        .iter()
        .find(|found| found.code == "E-TEMPLATE-TOKEN")
        .unwrap();
    assert_eq!(&contract[found.span.clone()], "{dey}");
    assert_eq!(found.help, "is `day` meant?");
}

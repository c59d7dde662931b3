//! What its names stand for.

use super::{BY_ID, Case, attribute, column, entities, join, table, users};

#[expect(clippy::too_many_lines, reason = "a table")]
pub fn cases() -> Vec<Case> {
    let of = |member: &str| -> &'static str { format!("tables[0].attributes[2]{member}").leak() };
    let text = |format: &str| {
        attribute(&format!(
            r#"{{"name": "text", "type": "S", "transformation": {{"type": "string-format", "format": "{format}"}}}}"#
        ))
    };
    let entity = |kind: &str, source: &str, pk: &str, sk: &str, attributes: &str| {
        format!(
            r#"{{"entity_type": "{kind}", "source_table": "{source}", "pk_template": "{pk}", "sk_template": "{sk}", "attributes": [{attributes}]}}"#
        )
    };
    let joined = format!(
        r#"{{"name": "category", "type": "S", "source_table": "products", "source_column": "category_id", "join": {BY_ID}}}"#
    );
    vec![
        Case(
            "E-NO-TABLE",
            "tables[0].source_table",
            2,
            users(r#""pk": "id","#, "").replacen("\"users\"", "\"user\"", 1),
        ),
        Case(
            "E-NO-COLUMN",
            of(".source_column"),
            6,
            attribute(r#"{"name": "nick", "type": "S", "source_column": "nik"}"#),
        ),
        Case(
            "E-ATTR-TABLE",
            of(".source_table"),
            6,
            attribute(
                r#"{"name": "nick", "type": "S", "source_table": "products", "source_column": "title"}"#,
            ),
        ),
        Case(
            "E-COLUMN-TYPE",
            "tables[0].attributes[1].name",
            4,
            table(
                "odd",
                r#""pk": "id""#,
                &format!(
                    "{},\n{}",
                    column("id", "N", "odd"),
                    column("shape", "S", "odd")
                ),
            ),
        ),
        Case(
            "E-TYPE",
            of(".name"),
            6,
            attribute(r#"{"name": "nick", "type": "N", "source_column": "nick"}"#),
        ),
        Case(
            "E-TYPE",
            "tables[0].attributes[1].name",
            4,
            table(
                "odd",
                r#""pk": "id", "sk": "weight""#,
                &format!(
                    "{},\n{}",
                    column("id", "N", "odd"),
                    column("weight", "N", "odd")
                ),
            ),
        ),
        Case(
            "E-KEY-UNRESOLVED",
            "tables[0].pk",
            3,
            users(r#""pk": "uid","#, ""),
        ),
        Case(
            "E-KEY-UNRESOLVED",
            "tables[0].gsis[0].sk",
            3,
            users(
                r#""pk": "id", "gsis": [{"index_name": "by_email", "pk": "email", "sk": "since"}],"#,
                "",
            ),
        ),
        Case(
            "E-KEY-TYPE",
            of(".name"),
            6,
            users(
                r#""pk": "flag","#,
                r#"{"name": "flag", "type": "BOOL", "transformation": {"type": "static", "value": "true"}}"#,
            ),
        ),
        Case(
            "E-COMPOSITE-SEGMENT",
            "tables[0].sk",
            3,
            users(r#""pk": "id", "sk": "email#since","#, ""),
        ),
        Case(
            "E-TEMPLATE-TOKEN",
            of(".transformation.format"),
            6,
            text("{mail}"),
        ),
        Case(
            "E-TEMPLATE-TOKEN",
            of(".transformation.format"),
            6,
            text("{categories.name}"),
        ),
        Case(
            "E-TEMPLATE-MISMATCH",
            "tables[0].entities[0].attributes[0].name",
            3,
            entities(&entity(
                "USER",
                "users",
                "USER#{id}",
                "PROFILE",
                r#"{"name": "PK", "type": "S", "source_column": "email"}"#,
            )),
        ),
        Case(
            "E-ENTITY-OVERLAP",
            "tables[0].entities[1].sk_template",
            4,
            entities(&format!(
                "{},\n{}",
                entity("USER", "users", "A#{id}", "X", &column("id", "N", "users")),
                entity(
                    "PRODUCT",
                    "products",
                    "A#{id}",
                    "{title}",
                    &column("id", "N", "products")
                )
            )),
        ),
        Case(
            "E-KEY-TYPE",
            "tables[0].entities[1].attributes[0].name",
            4,
            entities(&format!(
                "{},\n{}",
                entity("USER", "users", "A#{id}", "X", ""),
                entity(
                    "PRODUCT",
                    "products",
                    "B",
                    "Y",
                    r#"{"name": "PK", "type": "N", "transformation": {"type": "static", "value": "B"}}"#
                )
            )),
        ),
        Case(
            "E-SQL",
            "tables[0].attributes[1].join.join_condition",
            6,
            join(&BY_ID.replace("categories.id = ", "categories.id = = ")),
        ),
        Case(
            "E-JOIN-CONDITION",
            "tables[0].attributes[1].join.join_condition",
            6,
            join(&BY_ID.replace(" = ", " < ")),
        ),
        Case(
            "E-JOIN-CONDITION",
            "tables[0].attributes[1].join.join_condition",
            6,
            join(&BY_ID.replace("products.category_id", "users.id")),
        ),
        Case(
            "E-JOIN-NOT-UNIQUE",
            "tables[0].attributes[1].join.join_condition",
            6,
            join(&BY_ID.replace("categories.id", "categories.parent_id")),
        ),
        Case(
            "E-NOT-BUILT",
            "tables[0].attributes[1].join.select_column",
            7,
            join(&BY_ID.replace("\"categories.name\"", "\"UPPER(categories.name)\"")),
        ),
        Case(
            "E-NOT-BUILT",
            "tables[0].attributes[1].join.type",
            5,
            join(&BY_ID.replace("foreign-key", "conditional")),
        ),
        Case(
            "E-SELF-COMPARE",
            "tables[0].attributes[1].join.join_condition",
            4,
            table(
                "categories",
                r#""pk": "id""#,
                &format!(
                    "{},\n{}",
                    column("id", "N", "categories"),
                    r#"{"name": "parent", "type": "S", "source_column": "name", "join": {"type": "foreign-key", "target_table": "categories", "join_condition": "categories.id = categories.parent_id", "select_column": "categories.name"}}"#
                ),
            ),
        ),
        Case(
            "E-FORMAT",
            of(".transformation.format"),
            6,
            attribute(
                r#"{"name": "text", "type": "S", "source_column": "born", "transformation": {"type": "date-format", "format": "YYYY-WW"}}"#,
            ),
        ),
        Case(
            "E-FORMAT",
            of(".name"),
            6,
            attribute(
                r#"{"name": "text", "type": "S", "source_column": "born", "transformation": {"type": "date-format", "format": "HH"}}"#,
            ),
        ),
        Case(
            "E-FORMAT",
            of(".transformation.format"),
            6,
            attribute(
                r#"{"name": "text", "type": "S", "source_column": "id", "transformation": {"type": "number-format", "format": "%5d"}}"#,
            ),
        ),
        Case(
            "E-FORMAT",
            of(".name"),
            6,
            attribute(
                r#"{"name": "text", "type": "S", "source_column": "nick", "transformation": {"type": "number-format", "format": "%05d"}}"#,
            ),
        ),
        Case(
            "W-KEY-COLUMN",
            "tables[0].gsis[0].pk",
            3,
            users(
                r#""pk": "id", "gsis": [{"index_name": "by_nick", "pk": "nick"}],"#,
                "",
            ),
        ),
        Case(
            "W-KEY-CONVENTION",
            "tables[0].pk",
            3,
            users(r#""pk": "user_id","#, ""),
        ),
        Case(
            "W-TEMPLATE-CONVENTION",
            "tables[0].entities[0].sk_template",
            5,
            entities(&entity(
                "P",
                "products",
                "P#{id}",
                "C#{category_name}",
                &joined,
            ))
            .replace("\"sk_template\"", "\n\n\"sk_template\""),
        ),
        Case(
            "W-SELF-COMPARE",
            "tables[0].attributes[1].join.join_condition",
            4,
            table(
                "categories",
                r#""pk": "id""#,
                &format!(
                    "{},\n{}",
                    column("id", "N", "categories"),
                    r#"{"name": "parent", "type": "S", "source_column": "parent_id", "join": {"type": "foreign-key", "target_table": "categories", "join_condition": "categories.id = categories.parent_id", "select_column": "categories.name"}}"#
                ),
            ),
        ),
        Case(
            "W-SELF-JOIN-OTHER-TABLE",
            "tables[0].attributes[1].join.join_alias",
            5,
            join(
                r#"{"type": "self-join", "join_alias": "c", "join_condition": "c.id = products.category_id", "select_column": "c.name"}"#,
            ),
        ),
    ]
}

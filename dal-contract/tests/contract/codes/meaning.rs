//! What is read, but surprises.

use super::{BY_ID, Case, attribute, column, join, table, users};

pub fn cases() -> Vec<Case> {
    let activities = |members: &str, more: &str| {
        let names = ["user_id", "activity_id", "note", "created_at"];
        let types = ["N", "N", "S", "S"];
        let own = names
            .iter()
            .zip(types)
            .map(|(name, t)| column(name, t, "activities"));
        let own: Vec<String> = own
            .chain((!more.is_empty()).then(|| more.to_owned()))
            .collect();
        table("activities", members, &own.join(",\n"))
    };
    let odd = |names: &[(&str, &str)]| {
        let all: Vec<_> = names
            .iter()
            .map(|(name, t)| column(name, t, "odd"))
            .collect();
        table("odd", r#""pk": "id""#, &all.join(",\n"))
    };
    let products = |members: &str| {
        let names = [
            ("id", "N"),
            ("category_id", "N"),
            ("title", "S"),
            ("price", "N"),
        ];
        let all: Vec<_> = names
            .iter()
            .map(|(n, t)| column(n, t, "products"))
            .collect();
        table("products", members, &all.join(",\n"))
    };
    let notes = r#"{"name": "notes", "type": "L", "source_column": "id", "join": {"type": "json-construction", "target_table": "notes", "join_condition": "notes.user_id = users.id",
"construction": {"type": "array", "select_columns": {"text": "notes.text"}}}}"#;
    let at_table = "tables[0].table";
    vec![
        Case("E-UNIQUE-CONSTRAINT", "tables[0].x-dal.unique_constraints[0]", 3, users(r#""pk": "id", "x-dal": {"unique_constraints": [{"name": "nick", "columns": ["nick"]}]},"#, "")),
        Case("E-ACCESS-PATTERN", "tables[0].x-dal.access_patterns[0].id", 3, users(r#""pk": "id", "x-dal": {"access_patterns": [{"id": "by nick", "given": ["nick"]}]},"#, "")),
        Case("E-COLLATION", at_table, 1, odd(&[("id", "N"), ("code", "S")])),
        Case("W-KEY-NOT-UNIQUE", at_table, 2, users(r#""pk": "nick","#, r#"{"name": "nick", "type": "S", "source_column": "nick"}"#)),
        Case("W-KEY-NULLABLE", "tables[0].attributes[2].name", 6, users(r#""pk": "id", "sk": "nick","#, r#"{"name": "nick", "type": "S", "source_column": "nick"}"#)),
        Case("W-KEY-EMPTY", "tables[0].attributes[1].name", 5, users(r#""pk": "email","#, "")),
        Case("W-KEY-MUTABLE", "tables[0].attributes[1].name", 5, users(r#""pk": "email","#, "")),
        Case("W-COLLATION", "tables[0].attributes[2].name", 5, products(r#""pk": "id", "gsis": [{"index_name": "by_title", "pk": "title"}]"#)),
        Case("W-NUMERIC-STRING-SORT", "tables[0].sk", 2, activities(r#""pk": "user_id", "sk": "created_at#activity_id""#, "")),
        Case("W-COMPOSITE-TEXT", "tables[0].sk", 2, activities(r#""pk": "user_id", "sk": "note#activity_id""#, "")),
        Case("W-ORDER", "tables[0].sk", 2, activities(r#""pk": "user_id", "sk": "created_at#activity_id""#, "")),
        Case("W-MYSQL-INDEX", "tables[0].attributes[1].name", 4, products(r#""pk": "id", "gsis": [{"index_name": "by_category", "pk": "category_id"}]"#)),
        Case("W-RESOLVE-SCAN", "tables[0].attributes[1].name", 4, join(BY_ID)),
        Case("W-STALE", "tables[0].attributes[1].name", 4, join(BY_ID)),
        Case("W-REFERENCE", at_table, 1, products(r#""pk": "id""#)),
        Case("W-COLUMN-UNMAPPED", at_table, 2, users(r#""pk": "id","#, "")),
        Case("W-COLUMN-REQUIRED", at_table, 1, join(BY_ID)),
        Case("W-IDENTITY-UNMAPPED", at_table, 1, table("categories", r#""pk": "name""#, &column("name", "S", "categories"))),
        Case("W-NO-PRIMARY-KEY", at_table, 1, table("log", r#""pk": "line""#, &column("line", "N", "log"))),
        Case("W-SHARED-SOURCE", at_table, 2, users(r#""pk": "id","#, "").replace("]}]}", "]}, {\"table\": \"Others\", \"source_table\": \"users\", \"pk\": \"id\", \"attributes\": [{\"name\": \"id\", \"type\": \"N\", \"source_column\": \"id\"}]}]}")),
        Case("W-CHILD-ID", "tables[0].attributes[2].join", 6, attribute(notes)),
        Case("W-GENERATED", "tables[0].attributes[1].name", 4, odd(&[("id", "N"), ("twice", "N")])),
        Case("W-TRIGGER", at_table, 1, odd(&[("id", "N")])),
        Case("W-PREFIX-KEY", at_table, 1, odd(&[("id", "N")])),
        Case("W-EXPRESSION-DEFAULT", "tables[0].attributes[1].name", 4, odd(&[("id", "N"), ("token", "S")])),
        Case("W-CHECK", at_table, 1, odd(&[("id", "N")])),
        Case("W-DELETE", at_table, 2, users(r#""pk": "id","#, "")),
        Case("W-KEY-SIZE", "tables[0].attributes[1].name", 4, table("notes", r#""pk": "id", "sk": "text""#, &format!("{},\n{}", column("id", "N", "notes"), column("text", "S", "notes")))),
        Case("W-PATTERN-ENTITY", "tables[0].x-dal.access_patterns[0].entity", 3, users(r#""pk": "id", "x-dal": {"access_patterns": [{"id": "get", "entity": "User", "given": ["id"]}]},"#, "")),
        Case("W-ORDER-PATH", "tables[0].x-dal.order.by_mail", 3, users(r#""pk": "id", "x-dal": {"order": {"by_mail": "column"}},"#, "")),
        Case("I-SAME-EXPRESSION", "tables[0].attributes[2].name", 6, attribute(r#"{"name": "mail", "type": "S", "source_column": "email"}"#)),
        Case("I-GUARD", at_table, 2, users(r#""pk": "id","#, "")),
    ]
}

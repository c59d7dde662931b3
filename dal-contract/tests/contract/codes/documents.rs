//! How a contract is written.

use super::{BY_ID, Case, attribute, column, table, users};

#[expect(clippy::too_many_lines, reason = "a table")]
pub fn cases() -> Vec<Case> {
    let name = |attribute: &str| format!("tables[0].attributes[2]{attribute}");
    let third: &'static str = name("").leak();
    let of = |member: &str| -> &'static str { name(member).leak() };
    let plain = |text: &str| attribute(text);
    let user = r#"{"name": "nick", "type": "S", "source_table": "users", "source_column": "nick""#;
    vec![
        Case("E-JSON", "", 2, "{\"tables\": [\n// none\n]}".into()),
        Case("E-JSON", "", 1, String::new()),
        Case("E-JSON", "", 2, "{\"tables\":\n[1,]}".into()),
        Case("E-SHAPE", "", 1, "{\"ddb_query_plan\": {}}".into()),
        Case(
            "E-SHAPE-B",
            "",
            2,
            "\n{\"table\": \"Users\", \"pk\": \"id\", \"attributes\": {\"id\": {\"type\": \"N\"}}}"
                .into(),
        ),
        Case(
            "E-SHAPE-C",
            "",
            1,
            "{\"contract_version\": \"1\", \"table_definitions\": []}".into(),
        ),
        Case(
            "E-SHAPE-C",
            "tables[0]",
            1,
            "{\"tables\": [{\"table_name\": \"Users\"}]}".into(),
        ),
        Case(
            "E-MISSING",
            third,
            6,
            plain(r#"{"name": "nick", "source_column": "nick"}"#),
        ),
        Case("E-MISSING", "tables[0]", 2, users("", "")),
        Case(
            "E-MEMBER-TYPE",
            of(".source_column"),
            6,
            plain(r#"{"name": "nick", "type": "S", "source_column": 7}"#),
        ),
        Case(
            "E-MEMBER-VALUE",
            of(".type"),
            6,
            plain(r#"{"name": "nick", "type": "string", "source_column": "nick"}"#),
        ),
        Case(
            "E-MEMBER-VALUE",
            "tables[0].type",
            1,
            table("users", r#""pk": "id""#, &column("id", "N", "users"))
                .replace("single-entity", "single"),
        ),
        Case(
            "E-DUPLICATE",
            of(".name"),
            6,
            plain(r#"{"name": "email", "type": "S", "source_column": "email"}"#),
        ),
        Case(
            "E-TABLE-NAME",
            "tables[0].table",
            2,
            users(r#""pk": "id","#, "").replace("\"Users\"", "\"U!\""),
        ),
        Case(
            "E-BODY",
            "tables[0]",
            1,
            "{\"tables\": [{\"table\": \"Users\", \"pk\": \"id\", \"source_table\": \"users\"}]}"
                .into(),
        ),
        Case("E-LIMIT", "tables[0].gsis[20]", 3, {
            let index = |i: usize| format!("{{\"index_name\": \"index{i}\", \"pk\": \"email\"}}");
            let all: Vec<String> = (0..21).map(index).collect();
            users(&format!(r#""pk": "id", "gsis": [{}],"#, all.join(", ")), "")
        }),
        Case(
            "E-PROJECTION",
            "tables[0].gsis[0].projected_attributes[0]",
            3,
            users(
                r#""pk": "id", "gsis": [{"index_name": "by_email", "pk": "email", "projected_attributes": ["email"]}],"#,
                "",
            ),
        ),
        Case(
            "E-PROJECTION",
            "tables[0].gsis[0].projected_attributes[0]",
            3,
            users(
                r#""pk": "id", "gsis": [{"index_name": "by_email", "pk": "email", "projection": "INCLUDE", "projected_attributes": ["mail"]}],"#,
                "",
            ),
        ),
        Case(
            "E-JOIN-AND-CALC",
            of(".calculation"),
            7,
            plain(&format!(
                "{user},\n\"calculation\": {{\"type\": \"case\", \"cases\": []}}, \"join\": {BY_ID}}}"
            )),
        ),
        Case(
            "E-CALC-UNDEFINED",
            of(".calculation.type"),
            6,
            plain(&format!(
                "{user}, \"calculation\": {{\"type\": \"concat\"}}}}"
            )),
        ),
        Case(
            "E-NOT-BUILT",
            of(".calculation.type"),
            6,
            plain(&format!(
                "{user}, \"calculation\": {{\"type\": \"aggregate\"}}}}"
            )),
        ),
        Case(
            "E-NOT-BUILT",
            of(".transformation.type"),
            6,
            plain(&format!(
                "{user}, \"transformation\": {{\"type\": \"json-parse\"}}}}"
            )),
        ),
        Case(
            "E-NOT-BUILT",
            of(".x-dal.compare"),
            6,
            plain(&format!("{user}, \"x-dal\": {{\"compare\": \"folded\"}}}}")),
        ),
        Case(
            "E-NOT-BUILT",
            "tables[0].x-dal.ttl",
            3,
            users(r#""pk": "id", "x-dal": {"ttl": "born"},"#, ""),
        ),
        Case(
            "E-TEMPLATE-SYNTAX",
            of(".transformation.format"),
            6,
            plain(&format!(
                "{user}, \"transformation\": {{\"type\": \"string-format\", \"format\": \"{{nick\"}}}}"
            )),
        ),
        Case(
            "W-TABLE-TYPE",
            "tables[0].type",
            2,
            users(r#""pk": "id","#, "").replace("single-entity", "multi-entity"),
        ),
        Case(
            "W-UNKNOWN-MEMBER",
            of(".sourcetable"),
            6,
            plain(&format!("{user}, \"sourcetable\": \"users\"}}")),
        ),
        Case(
            "W-ITEM-SIZE",
            "tables[0].estimated_item_size_bytes",
            3,
            users(r#""pk": "id", "estimated_item_size_bytes": 500000,"#, ""),
        ),
        Case(
            "W-TEMPLATE",
            of(".transformation.type"),
            6,
            plain(&format!(
                "{user}, \"transformation\": {{\"type\": \"template\", \"format\": \"{{nick}}\"}}}}"
            )),
        ),
        Case(
            "W-SOURCE-FORMAT",
            of(".transformation.source_format"),
            6,
            plain(
                r#"{"name": "year", "type": "S", "source_column": "born", "transformation": {"type": "date-format", "format": "YYYY", "source_format": "epoch"}}"#,
            ),
        ),
    ]
}

//! `dal copy` on a real MySQL and an embedded DynamoDB: every row has its item, or is named.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use dal_contract::{Mode, Sources, load};
use dal_dynamodb::DynamoDbBackend;
use dal_mysql::MySqlBackend;
use dal_testkit::servers::{self, DynamoDbKind, Engine, announce, runtime};
use dal_traits::model::Model;
use dal_traits::store::Store;
use dal_traits::value::Value;
use dal_traits::{Cursor, ErrorKind, Record};
use serde_json::Value as Json;
use sqlx::mysql::MySqlPool;
use sqlx::{AssertSqlSafe, Executor as _};

/// A database with a schema, empty tables of DynamoDB, and the model of a contract.
struct Stores {
    contract: PathBuf,
    url: String,
    pool: MySqlPool,
    model: Arc<Model>,
    prefix: String,
    folder: tempfile::TempDir,
}

impl Stores {
    async fn new(contract: &Path, schema: &str) -> Self {
        let url = servers::mysql().fresh_database().await.unwrap();
        let pool = MySqlPool::connect(&url).await.unwrap();
        servers::mysql().drop_with(&pool);
        pool.execute(AssertSqlSafe(schema)).await.unwrap();
        let catalog = dal_mysql::catalog(&url).await.unwrap();
        let text = std::fs::read_to_string(contract).unwrap();
        let sources = Sources {
            contract: &text,
            sidecar: None,
        };
        let read = load(sources, Some(&catalog), Mode::Lenient);
        let prefix = servers::dynamodb(DynamoDbKind::Embedded).fresh_prefix();
        Self {
            contract: contract.to_owned(),
            url,
            pool,
            model: Arc::new(read.model),
            prefix,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    async fn sql(&self, sql: &str) {
        self.pool.execute(AssertSqlSafe(sql)).await.unwrap();
    }

    /// As a session of an application that is not strict.
    async fn lax(&self, sql: &str) {
        let mut connection = self.pool.acquire().await.unwrap();
        connection.execute("SET sql_mode = ''").await.unwrap();
        connection.execute(AssertSqlSafe(sql)).await.unwrap();
        connection.close().await.unwrap();
    }

    async fn mysql(&self) -> Store {
        let db = dal_mysql::connect(&self.url).await.unwrap();
        Store::open(MySqlBackend::new(&db, self.model.clone()))
    }

    fn dynamodb(&self) -> Store {
        let client = servers::dynamodb(DynamoDbKind::Embedded).client();
        let backend = DynamoDbBackend::new(dal_dynamodb::from_client(&client), self.model.clone());
        Store::open(backend.table_prefix(self.prefix.as_str()))
    }

    fn copy(&self, more: &[&str]) -> Output {
        let dynamodb = servers::dynamodb(DynamoDbKind::Embedded).endpoint();
        Command::new(env!("CARGO_BIN_EXE_dal"))
            .arg("copy")
            .arg(&self.contract)
            .args(["--mysql", &self.url, "--dynamodb", dynamodb])
            .args(["--table-prefix", &self.prefix])
            .args(more)
            .current_dir(self.folder.path())
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
            .output()
            .unwrap()
    }

    /// The lines of a copy with `--format json`: the rows, then the report.
    fn copied(&self, code: i32, more: &[&str]) -> (Vec<Json>, Json) {
        let output = self.copy(&[&["--format", "json"], more].concat());
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let mut lines: Vec<Json> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let report = lines.pop().unwrap();
        (lines, report)
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn with_both(test: impl AsyncFn()) {
    let engines = announce("copy", &[Engine::MySql, Engine::Embedded]);
    if engines.len() == 2 {
        runtime().block_on(async { test().await });
    }
}

fn counts(report: &Json, entity: usize) -> [u64; 4] {
    let counts = &report["entities"][entity]["counts"];
    ["copied", "present", "rejected", "different"].map(|name| counts[name].as_u64().unwrap())
}

/// Every identity of the lines, with what became of it.
fn named(lines: &[Json]) -> Vec<(String, String)> {
    let mut named: Vec<_> = lines
        .iter()
        .map(|line| {
            let key = line["key"].as_object().unwrap().values();
            let key: Vec<_> = key.map(|value| value.as_str().unwrap()).collect();
            (key.join("|"), line["outcome"].as_str().unwrap().to_owned())
        })
        .collect();
    named.sort();
    named
}

const ROWS: u64 = 600;

/// Rows as SQL of an application makes them: values that `Store` would round or refuse among them.
fn raw_rows() -> String {
    let rows = (1..=ROWS).map(|n| {
        let text = ["''", "'a '", "'ß🙂'", "NULL", "'e\u{301}'"][usize::try_from(n % 5).unwrap()];
        let number = |of: u64| n.wrapping_mul(2_654_435_761) % of;
        format!(
            "({}, {}, {}, {}, {}, {text}, {}, '{}', '2025-01-0{} 03:04:05.678', '1970-01-0{} 00:00:01.000001', \
             '{}:59:59.99', '{{\"n\": {}, \"f\": 1.50}}', X'{:02X}00')",
            n % 2,
            number(65_536),
            i64::try_from(number(1 << 60)).unwrap() - (1 << 59),
            u64::MAX - n,
            format_args!("'{}.{:02}'", number(10_000_000), n % 100),
            format_args!("{}e{}", n % 7, i64::try_from(n % 60).unwrap() - 30),
            ["x", "x,z", "y", "x,y,z"][usize::try_from(n % 4).unwrap()],
            n % 9 + 1,
            n % 8 + 2,
            n % 838,
            number(1_000),
            n % 256,
        )
    });
    let rows: Vec<_> = rows.collect();
    format!(
        "INSERT INTO things (flag, small, big, greatest, price, body, wide, tags, moment, seen, took, \
         doc, raw) VALUES {}",
        rows.join(",")
    )
}

#[test]
fn every_row_has_its_item_or_is_named_with_the_reason() {
    with_both(async || {
        let fixtures = root().join("tests/fixtures");
        let schema = std::fs::read_to_string(fixtures.join("types.sql")).unwrap();
        let stores = Stores::new(&fixtures.join("types.contract.json"), &schema).await;
        stores.sql(&raw_rows()).await;
        stores
            .sql(
                "INSERT INTO parts (thing_id, nr, price, `groups`, doc)
                 SELECT t.id, n.nr, 1.5, 'y', '{\"a\": 1.0}' FROM things t
                 JOIN (SELECT 1 AS nr UNION SELECT 2 UNION SELECT 3) n ON n.nr <= t.id % 4",
            )
            .await;
        stores
            .sql("INSERT INTO notes (thing_id, body) SELECT id, id % 3 FROM things WHERE id % 2")
            .await;
        // What MySQL took without the strict mode, and what no item can hold.
        stores
            .lax("INSERT INTO things (day) VALUES ('0000-00-00')")
            .await;
        stores
            .lax("INSERT INTO things (seen) VALUES ('not a time')")
            .await;
        stores.lax("INSERT INTO things (label) VALUES ('c')").await;
        stores.lax("INSERT INTO things (flag) VALUES (2)").await;
        let long = format!(
            "INSERT INTO things (doc_text) VALUES ('\"{}\"')",
            "x".repeat(410_000)
        );
        stores.sql(&long).await;
        // The newest ids that MySQL gave have no rows any more.
        stores
            .sql("INSERT INTO things (plain) VALUES (1), (2)")
            .await;
        let newest = ROWS + 7;
        stores
            .sql(&format!("DELETE FROM things WHERE id > {}", newest - 2))
            .await;

        let (lines, report) = stores.copied(1, &["--create-tables"]);
        assert_eq!(counts(&report, 0), [ROWS, 0, 5, 0], "{report}");
        let rejected = (ROWS + 1..=ROWS + 5).map(|id| (id.to_string(), "rejected".to_owned()));
        assert_eq!(named(&lines), rejected.collect::<Vec<_>>());
        for (line, reason) in lines
            .iter()
            .zip(["day", "seen", "label", "flag", "limit=409600"])
        {
            let said = line["reason"].as_str().unwrap();
            assert!(said.contains(reason), "{reason}: {said}");
        }

        let (mysql, dynamodb) = (stores.mysql().await, stores.dynamodb());
        let (mysql, dynamodb) = (mysql.entity("Things"), dynamodb.entity("Things"));
        let (mysql, dynamodb) = (mysql.unwrap(), dynamodb.unwrap());
        let ids: Vec<_> = (1..=ROWS).map(Value::from).collect();
        for some in ids.chunks(100) {
            let both = [&mysql, &dynamodb].map(|store| store.get_many(some.to_vec()));
            let [rows, items] = both;
            let (rows, items) = (rows.await.unwrap(), items.await.unwrap());
            assert!(rows.iter().all(Option::is_some));
            for (row, item) in rows.iter().zip(&items) {
                let [row, item] = [row, item].map(|found| found.as_ref().map(Record::values));
                assert_eq!(row, item);
            }
        }
        assert_eq!(dynamodb.next_id().await.unwrap(), i128::from(newest) + 1);

        // Once more: what is there is compared and left alone.
        dynamodb
            .update(Value::from(3))
            .set("plain", 9)
            .send()
            .await
            .unwrap();
        dynamodb.delete(Value::from(4)).send().await.unwrap();
        let (lines, report) = stores.copied(1, &[]);
        assert_eq!(counts(&report, 0), [1, ROWS - 2, 5, 1], "{report}");
        let different = lines
            .iter()
            .find(|line| line["outcome"] == "different")
            .unwrap();
        assert_eq!(different["key"]["id"], "3");
        assert!(different["reason"].as_str().unwrap().contains("plain"));
        let kept = dynamodb
            .get("id", [("id", Value::from(3))])
            .send()
            .await
            .unwrap();
        let kept = kept.unwrap();
        assert_eq!(kept.get("plain"), Some(&Value::from(9)));
        let Some(Value::Rows(parts)) = kept.get("parts") else {
            panic!("{kept:?}");
        };
        assert_eq!(parts.len(), 3);
    });
}

/// Records whose key is two texts with `#` between them.
const PAIRS: &str = r#"{"tables": [{
    "table": "Pairs", "source_table": "pairs", "pk": "a#b",
    "attributes": [
        {"name": "a", "type": "S", "source_table": "pairs", "source_column": "a"},
        {"name": "b", "type": "S", "source_table": "pairs", "source_column": "b"},
        {"name": "n", "type": "N", "source_table": "pairs", "source_column": "n"}
    ]}]}"#;

#[test]
fn two_rows_never_become_one_item_and_a_page_ends_where_the_next_one_begins() {
    with_both(async || {
        let folder = tempfile::tempdir().unwrap();
        let contract = folder.path().join("pairs.json");
        std::fs::write(&contract, PAIRS).unwrap();
        let text = "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE";
        let schema = format!(
            "CREATE TABLE pairs (a {text} utf8mb4_0900_bin NOT NULL, b {text} utf8mb4_0900_bin NOT NULL, \
             n INT NOT NULL, PRIMARY KEY (a, b))"
        );
        let stores = Stores::new(&contract, &schema).await;
        // More than two pages of keys that begin alike.
        let texts = ["B", "a", "É", "f", "z", "Ö ", "ä", "0"];
        let rows = (0..420_usize).map(|n| format!("('k{}', '{}{n}', {n})", n / 40, texts[n % 8]));
        let rows: Vec<_> = rows.collect();
        stores
            .sql(&format!("INSERT INTO pairs VALUES {}", rows.join(",")))
            .await;
        stores
            .sql("INSERT INTO pairs VALUES ('x#y', 'z', 1), ('x', 'y#z', 2), ('', 'empty', 3)")
            .await;
        let (lines, report) = stores.copied(1, &["--create-tables"]);
        assert_eq!(counts(&report, 0), [422, 0, 1, 0], "{report}\n{lines:?}");
        assert_eq!(named(&lines), [("x#y|z".to_owned(), "rejected".to_owned())]);
        let dynamodb = stores.dynamodb();
        let of = dynamodb.entity("Pairs").unwrap();
        for (a, b, n) in [("x", "y#z", 2), ("", "empty", 3), ("k10", "z404", 404)] {
            let key = [("a", Value::from(a)), ("b", Value::from(b))];
            let found = of.get("id", key).send().await.unwrap().unwrap();
            assert_eq!(found.get("n"), Some(&Value::from(n)), "{a}, {b}");
        }
    });
}

#[test]
fn guards_are_made() {
    with_both(async || {
        let shop = root().join("examples/shop");
        let schema = std::fs::read_to_string(shop.join("schema/mysql.sql")).unwrap();
        let stores = Stores::new(&shop.join("contract/migrationContract.json"), &schema).await;
        let users = (1..=250).map(|n| format!("('{n}@x', 'user {n}')"));
        let users: Vec<_> = users.collect();
        stores
            .sql(&format!(
                "INSERT INTO users (email, name) VALUES {}",
                users.join(",")
            ))
            .await;

        let without = stores.copy(&[]);
        assert_eq!(without.status.code(), Some(2), "{without:?}");
        let why = String::from_utf8(without.stderr).unwrap();
        assert!(why.contains("--create-tables"), "{why}");

        let (lines, report) = stores.copied(0, &["--create-tables"]);
        assert!(lines.is_empty(), "{lines:?}");
        assert_eq!(counts(&report, 0), [250, 0, 0, 0], "{report}");
        let dynamodb = stores.dynamodb();
        let of = dynamodb.entity("Users").unwrap();
        let email = || [("email", Value::from("7@x"))];
        let found = of
            .get("users_email", email())
            .send()
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.get("name"), Some(&Value::from("user 7")));
        let taken = of.insert([
            ("email", Value::from("7@x")),
            ("name", Value::from("another")),
        ]);
        let taken = taken.send().await.unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::UniqueViolation);

        // Without guards and the markers of complete ones, as when another program wrote the items.
        let client = servers::dynamodb(DynamoDbKind::Embedded).client();
        let own = format!("{}dal", stores.prefix);
        let items = client.scan().table_name(&own).send().await.unwrap().items;
        for item in items.unwrap() {
            if !item["pk"].as_s().unwrap().starts_with("counter#") {
                let delete = client.delete_item().table_name(&own);
                let delete = delete.key("pk", item["pk"].clone());
                delete.send().await.unwrap();
            }
        }
        let without = stores.copy(&["--create-tables"]);
        assert_eq!(without.status.code(), Some(2), "{without:?}");
        let why = String::from_utf8(without.stderr).unwrap();
        assert!(why.contains("dal copy --guards"), "{why}");
        let (_, filled) = stores.copied(0, &["--guards"]);
        assert_eq!(counts(&filled, 0), [0, 250, 0, 0], "{filled}");
        let found = of.get("users_email", email()).send().await.unwrap();
        assert!(found.is_some());
        // Two items with one value are named, and left.
        let users = format!("{}Users", stores.prefix);
        let items = client.scan().table_name(&users).send().await.unwrap().items;
        let items = items.unwrap();
        let item = |email: &str| {
            let mut items = items.iter();
            items
                .find(|item| item["email"].as_s().unwrap() == email)
                .unwrap()
                .clone()
        };
        let put = async |item| {
            let put = client.put_item().table_name(&users).set_item(Some(item));
            put.send().await.unwrap();
        };
        let mut twin = item("8@x");
        twin.insert("email".to_owned(), item("7@x")["email"].clone());
        put(twin).await;
        let twins = stores.copy(&["--guards"]);
        assert_eq!(twins.status.code(), Some(2), "{twins:?}");
        let why = String::from_utf8(twins.stderr).unwrap();
        assert!(why.contains("`users_email`: id 7; id 8"), "{why}");
        put(item("8@x")).await;
        stores.copied(0, &["--guards"]);
    });
}

#[test]
fn a_copy_that_was_stopped_goes_on_and_one_that_has_ended_begins_anew() {
    with_both(async || {
        let shop = root().join("examples/shop");
        let schema = std::fs::read_to_string(shop.join("schema/mysql.sql")).unwrap();
        let stores = Stores::new(&shop.join("contract/migrationContract.json"), &schema).await;
        let users = (1..=250).map(|n| format!("('{n}@x', 'user {n}')"));
        let users: Vec<_> = users.collect();
        stores
            .sql(&format!(
                "INSERT INTO users (email, name) VALUES {}",
                users.join(",")
            ))
            .await;
        let state = ["--create-tables", "--state", "copy.json"];
        let (_, report) = stores.copied(0, &state);
        assert_eq!(counts(&report, 0), [250, 0, 0, 0], "{report}");
        let dynamodb = stores.dynamodb();
        let of = dynamodb.entity("Users").unwrap();
        // It has come to its end, so that the same command looks at every row again.
        let path = stores.folder.path().join("copy.json");
        let text = std::fs::read_to_string(&path).unwrap();
        let mut kept: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(kept["entities"], serde_json::json!({}));
        stores
            .sql("INSERT INTO users (email, name) VALUES ('late@x', 'late')")
            .await;
        of.delete(Value::from(1)).send().await.unwrap();
        let (_, again) = stores.copied(0, &state);
        assert_eq!(counts(&again, 0), [2, 249, 0, 0], "{again}");
        // One that was stopped goes on behind the rows that it has seen.
        let seen = Cursor {
            fingerprint: 0,
            position: vec![Value::from(200)],
        };
        let counted = serde_json::json!({
            "copied": 200, "present": 0, "gone": 0, "rejected": 0, "different": 0,
        });
        kept["entities"]["Users"] = serde_json::json!({
            "after": seen.to_string(), "done": false, "counts": counted,
        });
        std::fs::write(&path, kept.to_string()).unwrap();
        of.delete(Value::from(1)).send().await.unwrap();
        let (_, more) = stores.copied(0, &state);
        assert_eq!(counts(&more, 0), [200, 51, 0, 0], "{more}");
        // It is of this contract and these tables.
        kept["of"] = "0".into();
        std::fs::write(&path, kept.to_string()).unwrap();
        let other = stores.copy(&state);
        assert_eq!(other.status.code(), Some(2), "{other:?}");
        let why = String::from_utf8(other.stderr).unwrap();
        assert!(why.contains("another copy"), "{why}");
    });
}

/// An entity whose unique key folds case, which DynamoDB cannot keep yet, before one whose key begins
/// with an ENUM.
const NOTES: &str = r#"{"tables": [
    {"table": "Tags", "source_table": "tags", "pk": "id", "attributes": [
        {"name": "id", "type": "N", "source_table": "tags", "source_column": "id"},
        {"name": "label", "type": "S", "source_table": "tags", "source_column": "label"}]},
    {"table": "Notes", "source_table": "notes", "pk": "kind", "sk": "id", "attributes": [
        {"name": "kind", "type": "S", "source_table": "notes", "source_column": "kind"},
        {"name": "id", "type": "N", "source_table": "notes", "source_column": "id"}]}]}"#;

#[test]
fn an_entity_that_cannot_be_copied_is_named_and_the_others_are_copied_whole() {
    with_both(async || {
        let folder = tempfile::tempdir().unwrap();
        let contract = folder.path().join("notes.json");
        std::fs::write(&contract, NOTES).unwrap();
        // MySQL orders an ENUM by number: `z` comes first.
        let schema = "CREATE TABLE tags (id INT PRIMARY KEY, label VARCHAR(20) NOT NULL UNIQUE) \
                      COLLATE utf8mb4_0900_ai_ci; \
                      CREATE TABLE notes (kind ENUM('z','a') CHARACTER SET utf8mb4 COLLATE \
                      utf8mb4_0900_bin NOT NULL, id INT NOT NULL, PRIMARY KEY (kind, id))";
        let stores = Stores::new(&contract, schema).await;
        let rows = (0..500).map(|n| format!("('{}', {n})", ["z", "a"][n % 2]));
        let rows: Vec<_> = rows.collect();
        let rows = format!("INSERT INTO notes VALUES {}", rows.join(","));
        stores.sql(&rows).await;
        stores.sql("INSERT INTO tags VALUES (1, 'one')").await;
        let (lines, report) = stores.copied(1, &["--create-tables"]);
        assert!(lines.is_empty(), "{lines:?}");
        assert_eq!(report["not_copied"][0]["entity"], "Tags", "{report}");
        assert_eq!(report["entities"][0]["entity"], "Notes");
        assert_eq!(counts(&report, 0), [500, 0, 0, 0], "{report}");
    });
}

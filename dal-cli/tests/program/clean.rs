//! `dal servers clean` on servers that go on.

use std::path::Path;
use std::process::Output;

use dal_testkit::servers::{DynamoDbServer, Engine, MySqlServer, announce, runtime};
use serde_json::{Value, json};
use sqlx::Connection as _;

use super::servers::{Down, dal, out};

/// What killed runs have left: the first one long ago, and one without an age.
const OLD: [&str; 2] = ["dal_test_1700000000_7_0_c1ea00", "dal_test_by_hand"];
const FOREIGN: &str = "shop_production";

/// Both servers, looked at past the program.
struct Servers {
    mysql: MySqlServer,
    dynamodb: DynamoDbServer,
}

impl Servers {
    /// Starts them as a person does.
    fn up(folder: &Path) -> Self {
        let up = ["up", "--json", "--dynamodb", "embedded"];
        let up = dal(folder, &up).output().unwrap();
        let servers: Value = serde_json::from_str(&out(&up)).unwrap();
        let text = |path| servers.pointer(path).and_then(Value::as_str).unwrap();
        Self {
            mysql: MySqlServer::at(text("/mysql/url")).unwrap(),
            dynamodb: DynamoDbServer::at(text("/dynamodb/endpoint")).unwrap(),
        }
    }

    fn create_database(&self, name: &str) {
        let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        runtime().block_on(async {
            let connected = sqlx::MySqlConnection::connect(self.mysql.url()).await;
            sqlx::raw_sql(sql)
                .execute(&mut connected.unwrap())
                .await
                .unwrap();
        });
    }

    fn create_table(&self, name: &str) {
        let db = dal_dynamodb::from_client(&self.dynamodb.client());
        let created = runtime().block_on(shop::schema::create_dynamodb(&db, name));
        created.unwrap();
    }

    /// The databases and tables that there are, but MySQL's own.
    fn left(&self) -> (Vec<String>, Vec<String>) {
        let sql = "SELECT CAST(SCHEMA_NAME AS CHAR) FROM information_schema.SCHEMATA \
                   WHERE SCHEMA_NAME LIKE 'dal%' OR SCHEMA_NAME LIKE 'shop%'";
        runtime().block_on(async {
            let connected = sqlx::MySqlConnection::connect(self.mysql.url()).await;
            let mut connection = connected.unwrap();
            let databases = sqlx::query_scalar(sql).fetch_all(&mut connection).await;
            let mut databases: Vec<String> = databases.unwrap();
            let tables = self.dynamodb.client().list_tables().send().await.unwrap();
            let mut tables = tables.table_names().to_vec();
            databases.sort_unstable();
            tables.sort_unstable();
            (databases, tables)
        })
    }
}

/// What `clean --json` says, with the names in order.
fn said(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    let mut said: Value = serde_json::from_str(&out(output)).unwrap();
    for kind in ["databases", "tables"] {
        let names = said.get_mut(kind).and_then(Value::as_array_mut);
        names.unwrap().sort_unstable_by_key(ToString::to_string);
    }
    said
}

fn sorted<const N: usize>(names: [&str; N]) -> Vec<String> {
    let mut names = names.map(str::to_owned).to_vec();
    names.sort_unstable();
    names
}

#[test]
fn clean_drops_old_databases_and_tables_of_tests_and_nothing_else() {
    if announce("servers clean (dal)", &[Engine::MySql, Engine::Embedded]).len() < 2 {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let none = dal(folder, &["clean"]).output().unwrap();
    assert_eq!(none.status.code(), Some(2), "{none:?}");
    assert!(String::from_utf8_lossy(&none.stderr).contains("DAL_MYSQL_URL"));

    let _down = Down(folder);
    let servers = Servers::up(folder);
    for name in OLD.into_iter().chain([FOREIGN]) {
        servers.create_database(name);
        servers.create_table(name);
    }
    let young = runtime().block_on(servers.mysql.fresh_database()).unwrap();
    let young = young.rsplit_once('/').unwrap().1;
    servers.create_table(young);
    let all = sorted([OLD[0], OLD[1], FOREIGN, young]);
    assert_eq!(servers.left(), (all.clone(), all.clone()));

    let dry = dal(folder, &["clean", "--dry-run", "--json"]);
    let dry = said(&{ dry }.output().unwrap());
    assert_eq!(
        dry,
        json!({ "dry_run": true, "databases": OLD, "tables": OLD })
    );
    assert_eq!(servers.left(), (all.clone(), all));

    let clean = said(&dal(folder, &["clean", "--json"]).output().unwrap());
    assert_eq!(
        clean,
        json!({ "dry_run": false, "databases": OLD, "tables": OLD })
    );
    let left = sorted([FOREIGN, young]);
    assert_eq!(servers.left(), (left.clone(), left.clone()));

    // Of servers that were given, no others are looked at.
    let mut given = dal(folder, &["clean", "--older-than", "0"]);
    let given = given.env("DAL_MYSQL_URL", servers.mysql.url());
    let given = given.output().unwrap();
    assert_eq!(
        out(&given),
        format!("database {young}\n1 databases and 0 tables dropped\n")
    );
    assert_eq!(servers.left(), (sorted([FOREIGN]), left));
}

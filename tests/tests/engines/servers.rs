//! The servers themselves: each engine answers, and says which it is; servers that were given.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use dal_testkit::servers::{
    DynamoDbKind, DynamoDbServer, Engine, MySqlServer, announce, dynamodb, mysql, runtime,
};

#[test]
fn every_engine_of_the_run_answers_with_its_version() {
    let engines = announce("servers", &[Engine::MySql, Engine::Embedded, Engine::Local]);
    runtime().block_on(async {
        if engines.contains(&Engine::MySql) {
            let pool = mysql().fresh_pool().await.unwrap();
            let collation: String = sqlx::query_scalar("SELECT @@collation_database")
                .fetch_one(&pool)
                .await
                .unwrap();
            // The defaults are the ones that matter: this is what a new database has.
            assert_eq!(collation, "utf8mb4_0900_ai_ci");
        }
        for (engine, kind) in [
            (Engine::Embedded, DynamoDbKind::Embedded),
            (Engine::Local, DynamoDbKind::Local),
        ] {
            if engines.contains(&engine) {
                // Others may have used a server that was given.
                let server = dynamodb(kind);
                let tables = server.client().list_tables().send().await.unwrap();
                let ours = server.fresh_prefix();
                let names = tables.table_names();
                assert!(!names.iter().any(|name| name.starts_with(&ours)));
            }
        }
    });
}

#[test]
fn two_databases_are_never_the_same() {
    if announce("servers", &[Engine::MySql]).is_empty() {
        return;
    }
    let (one, two) = runtime().block_on(async {
        (
            mysql().fresh_database().await.unwrap(),
            mysql().fresh_database().await.unwrap(),
        )
    });
    assert_ne!(one, two);
    assert!(one.contains("/dal_test_"));
}

/// Longer than a refusal takes on a busy machine, shorter than waiting for a server that starts.
const AT_ONCE: Duration = Duration::from_secs(8);

/// What is said of a server that cannot be used, and that it is said at once.
fn refusal<T>(at: impl FnOnce() -> Result<T, dal_testkit::servers::ServersError>) -> String {
    let began = Instant::now();
    let why = at().err().unwrap().to_string();
    let took = began.elapsed();
    assert!(took < AT_ONCE, "{took:?} for: {why}");
    why
}

/// The URL of this run's MySQL as another user, or with another option.
fn mysql_url(user: Option<&str>, option: &str) -> String {
    let url = mysql().database_url("");
    let (scheme, rest) = url.split_once("://").unwrap();
    let (own, host) = rest.split_once('@').unwrap();
    let and = if host.contains('?') { '&' } else { '?' };
    format!("{scheme}://{}@{host}{and}{option}", user.unwrap_or(own))
}

#[test]
fn a_wrong_password_fails_at_once_with_advice_for_mysql_alone() {
    if announce("servers", &[Engine::MySql]).is_empty() {
        return;
    }
    let url = mysql_url(Some("dal_nobody:wrong"), "charset=utf8mb4");
    let why = refusal(|| MySqlServer::at(&url));
    assert!(why.contains("Access denied"), "{why}");
    assert!(why.contains("DAL_MYSQL_URL"), "{why}");
    assert!(!why.to_lowercase().contains("dynamodb"), "{why}");
}

#[test]
fn the_options_of_a_url_hold_a_wrong_ca_does_not_connect() {
    if announce("servers", &[Engine::MySql]).is_empty() {
        return;
    }
    let ca = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/engines/other_ca.pem");
    let verified = mysql_url(None, &format!("ssl-mode=VERIFY_CA&ssl-ca={ca}"));
    let why = refusal(|| MySqlServer::at(&verified));
    assert!(why.to_lowercase().contains("certificate"), "{why}");

    let encrypted = MySqlServer::at(&mysql_url(None, "ssl-mode=REQUIRED")).unwrap();
    let cipher: (String, String) = runtime().block_on(async {
        let url = encrypted.fresh_database().await.unwrap();
        assert!(url.contains("ssl-mode=REQUIRED"), "the option is lost");
        let pool = sqlx::MySqlPool::connect(&url).await.unwrap();
        let cipher = sqlx::query_as("SHOW STATUS LIKE 'Ssl_cipher'");
        let cipher = cipher.fetch_one(&pool).await.unwrap();
        let name = url.split('?').next().unwrap().rsplit('/').next().unwrap();
        encrypted.drop_database(name).await.unwrap();
        cipher
    });
    assert!(!cipher.1.is_empty(), "the connection is not encrypted");
}

#[test]
fn an_endpoint_that_is_not_dynamodb_fails_at_once_with_advice_for_dynamodb_alone() {
    if announce("servers", &[Engine::MySql]).is_empty() {
        return;
    }
    // MySQL itself, and a web server.
    let port = mysql_url(None, "a=b");
    let host = port.split('@').nth(1).unwrap().split('/').next().unwrap();
    let web = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = web.local_addr().unwrap();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = web.accept() {
            let mut request = [0; 4096];
            let _ = std::io::Read::read(&mut stream, &mut request);
            let page = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
            let _ = std::io::Write::write_all(&mut stream, page.as_bytes());
        }
    });
    for endpoint in [format!("http://{host}"), format!("http://{address}")] {
        let why = refusal(|| DynamoDbServer::at(&endpoint));
        assert!(why.contains("DAL_DYNAMODB_URL"), "{why}");
        assert!(!why.contains("DAL_MYSQL_URL"), "{why}");
    }
}

/// A run on servers that were used before: what a killed run left is dropped, what others use stays.
#[test]
fn left_overs_on_given_servers_are_dropped_by_the_next_run() {
    if announce("servers", &[Engine::MySql, Engine::Embedded]).len() < 2 {
        return;
    }
    let left = "dal_test_1700000000_1_0_abcdef";
    let server = dynamodb(DynamoDbKind::Embedded);
    let (url, endpoint) = (mysql().url(), server.endpoint());
    let young_table = format!("{}young", server.fresh_prefix());
    let tables = || async {
        let tables = server.test_tables().await.unwrap();
        tables.into_iter().map(|d| d.0).collect::<Vec<_>>()
    };
    let databases = || async {
        let databases = mysql().test_databases().await.unwrap();
        databases.into_iter().map(|d| d.0).collect::<Vec<_>>()
    };
    let young = runtime().block_on(async {
        let young = mysql().fresh_database().await.unwrap();
        let mut connection = <sqlx::MySqlConnection as sqlx::Connection>::connect(url)
            .await
            .unwrap();
        sqlx::raw_sql("CREATE DATABASE IF NOT EXISTS dal_test_1700000000_1_0_abcdef")
            .execute(&mut connection)
            .await
            .unwrap();
        assert!(databases().await.iter().any(|name| name == left));
        for table in [left, &young_table] {
            make_table(&server.client(), table).await;
        }
        let address = young.split('?').next().unwrap().to_owned();
        address.rsplit('/').next().unwrap().to_owned()
    });
    let next = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "servers::every_engine_of_the_run_answers_with_its_version",
        ])
        .env("DAL_MYSQL_URL", url)
        .env("DAL_DYNAMODB_URL", endpoint)
        // A run without DynamoDB Local does not look at the DynamoDB that was given.
        .env_remove("DAL_TEST")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&next.stdout).into_owned();
    assert!(
        next.status.success() && said.contains("1 passed"),
        "{next:?}"
    );
    let after = runtime().block_on(databases());
    assert!(!after.iter().any(|name| name == left), "{after:?}");
    assert!(after.contains(&young), "{young} is in use: {after:?}");
    let after = runtime().block_on(tables());
    assert!(!after.iter().any(|name| name == left), "{after:?}");
    assert!(after.contains(&young_table), "it is in use: {after:?}");
}

async fn make_table(client: &Client, name: &str) {
    let pk = AttributeDefinition::builder()
        .attribute_name("pk")
        .attribute_type(ScalarAttributeType::S)
        .build()
        .unwrap();
    let key = KeySchemaElement::builder()
        .attribute_name("pk")
        .key_type(KeyType::Hash)
        .build()
        .unwrap();
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(pk)
        .key_schema(key)
        .send()
        .await
        .unwrap();
}

#[test]
fn a_pool_of_a_given_server_drops_its_database() {
    if announce("servers", &[Engine::MySql]).is_empty() {
        return;
    }
    let given: &'static MySqlServer = Box::leak(Box::new(MySqlServer::at(mysql().url()).unwrap()));
    runtime().block_on(async {
        let pool = given.fresh_pool().await.unwrap();
        let name: String = sqlx::query_scalar("SELECT DATABASE()")
            .fetch_one(&pool)
            .await
            .unwrap();
        drop(pool);
        let until = Instant::now() + Duration::from_secs(10);
        let is_there = || async {
            let all = given.test_databases().await.unwrap();
            all.iter().any(|(other, _)| *other == name)
        };
        while is_there().await {
            assert!(Instant::now() < until, "{name} is still there");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
}

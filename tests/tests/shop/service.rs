//! The shop's HTTP API: every route on every store and in every phase, errors by their kind, an
//! orderly end.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dal_shadow::Phase;
use dal_shadow::source::Fixed;
use dal_testkit::servers::{Engine, announce, runtime};
use dal_tests::http::{Client, Running};
use dal_tests::stores::fresh_shop;
use serde_json::json;
use shop::Repositories;
use shop::error::RepoError;
use shop::http::App;
use shop::model::{NewUser, Page, User};
use shop::repos::UserRepository;
use shop::shadow::{Policy, Shadow};
use tokio::sync::Notify;

const SUITE: &str = "shop_service";

fn app(shop: Repositories, shadow: Option<Shadow>) -> App {
    App {
        shop,
        shadow,
        metrics: shop::telemetry::metrics().unwrap(),
        timeout: Duration::from_secs(10),
    }
}

/// Runs a scenario against a shop on each store by itself, then on both, in every phase.
fn everywhere(scenario: impl AsyncFn(Client)) {
    let engines = announce(SUITE, &[Engine::MySql, Engine::Embedded, Engine::Local]);
    runtime().block_on(async {
        for &engine in &engines {
            eprintln!("on {engine:?}");
            let running = Running::start(app(fresh_shop(engine).await, None)).await;
            scenario(running.client).await;
            assert!(running.stop().await.answered);
        }
        if engines.contains(&Engine::MySql) && engines.contains(&Engine::Embedded) {
            for phase in Phase::ALL {
                eprintln!("in {phase}");
                in_phase(phase, &scenario).await;
            }
        }
    });
}

/// Runs a scenario on both stores: they agree afterwards on all that was compared.
async fn in_phase(phase: Phase, scenario: &impl AsyncFn(Client)) {
    // The default: no request waits for a secondary write.
    let shadow = Shadow::start(Fixed::new(phase), Policy::default())
        .await
        .unwrap();
    let mysql = fresh_shop(Engine::MySql).await;
    let dynamodb = fresh_shop(Engine::Embedded).await;
    let shop = Repositories::shadowed(&mysql, &dynamodb, &shadow.harness);
    if phase.writes_both() {
        // Both stores are empty: there is nothing to copy.
        for status in shadow.harness.status() {
            let mark = shadow.harness.repairing(&status.entity).unwrap();
            assert!(shadow.harness.repaired(&mark).unwrap());
        }
    }
    let running = Running::start(app(shop, Some(shadow.clone()))).await;
    scenario(running.client).await;
    let shown = running.client.get("/shadow").await;
    assert_eq!(shown.status, 200, "{shown:?}");
    let ended = running.stop().await;
    assert!(ended.answered && ended.drained, "{ended:?}");
    let total = shadow.harness.report().total();
    assert_eq!(
        total.counts.different,
        0,
        "{phase}: {:?}",
        shadow.found.records()
    );
    let reads_both =
        [Phase::ShadowRead, Phase::DynamoDbRead, Phase::DynamoDbLeads].contains(&phase);
    let read = total.counts.compared + total.counts.acknowledged;
    assert!(read > 0 || !reads_both, "{phase}: {total:?}");
}

#[test]
fn a_customer_shops_from_registration_to_order() {
    everywhere(async |client| {
        let ann = json!({"email": "ann@example.com", "name": "Ann"});
        let reply = client.post("/users", ann).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        let user = reply.json()["id"].as_u64().unwrap();
        let paths = [
            format!("/users/{user}"),
            "/users/lookup?email=ann%40example.com".to_owned(),
            "/users/lookup?name=Ann".to_owned(),
        ];
        for path in paths {
            assert_eq!(client.get(&path).await.json(), reply.json(), "{path}");
        }
        let rename = json!({"name": "Änn 🙂"});
        let renamed = client.put(&format!("/users/{user}/name"), rename).await;
        assert_eq!((renamed.status, renamed.body.as_str()), (204, ""));

        let book = json!({
            "seller": "zoe", "category": "books", "name": "b", "description": "d",
            "price": 9_007_199_254_740_993_u64, "stock": 3,
        });
        let reply = client.post("/products", book).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        let product = reply.json()["listed"]["id"].as_u64().unwrap();
        let product_path = format!("/products/{product}");
        assert_eq!(client.get(&product_path).await.json(), reply.json());
        let listed = client.get("/products?category=books&min=1").await;
        assert_eq!(listed.json()["items"][0], reply.json()["listed"]);
        let restocked = client
            .post(&format!("{product_path}/restock"), json!({"quantity": 2}))
            .await;
        assert_eq!(restocked.json(), json!({"stock": 5}));
        let priced = client
            .put(&format!("{product_path}/price"), json!({"price": 250}))
            .await;
        assert_eq!(priced.status, 204);
        let described = client
            .put(
                &format!("{product_path}/description"),
                json!({"description": "new"}),
            )
            .await;
        assert_eq!(described.status, 204);
        let taken = client
            .post(&format!("{product_path}/take"), json!({"quantity": 1}))
            .await;
        assert_eq!(taken.json(), json!({"stock": 4}));

        let cart = format!("/users/{user}/cart");
        let line = json!({"product_id": product, "quantity": 2});
        assert_eq!(
            client.post(&cart, line.clone()).await.json(),
            json!({"quantity": 2})
        );
        let set = client
            .put(&format!("{cart}/{product}"), json!({"quantity": 3}))
            .await;
        assert_eq!(set.status, 204);
        let lines = client.get(&cart).await.json();
        assert_eq!(
            lines,
            json!({"items": [{"user_id": user, "product_id": product, "quantity": 3}], "next": null})
        );
        let ordered = client
            .send("POST", &format!("/users/{user}/orders"), None)
            .await;
        assert_eq!(ordered.status, 201, "{ordered:?}");
        let order = ordered.json();
        assert_eq!(order["total"], 750);
        assert_eq!(
            client.get(&format!("/orders/{}", order["id"])).await.json(),
            order
        );
        let orders = client.get(&format!("/users/{user}/orders?limit=1")).await;
        assert_eq!(orders.json(), json!({"items": [order], "next": null}));
        assert_eq!(client.get(&product_path).await.json()["listed"]["stock"], 1);

        client.post(&cart, line).await;
        let gone = client.delete(&format!("{cart}/{product}")).await;
        assert_eq!(gone.status, 204);
        assert_eq!(client.delete(&cart).await.json(), json!({"removed": 0}));
        for path in [
            format!("/orders/{}", order["id"]),
            product_path,
            format!("/users/{user}"),
        ] {
            assert_eq!(client.delete(&path).await.status, 204, "{path}");
            assert_eq!(client.delete(&path).await.status, 404, "{path}");
        }
    });
}

#[test]
fn lists_come_in_pages_by_cursor() {
    everywhere(async |client| {
        for name in ["c", "a", "b"] {
            let new = json!({"email": format!("{name}@x"), "name": name});
            assert_eq!(client.post("/users", new).await.status, 201);
        }
        let mut names = Vec::new();
        let mut path = "/users?limit=2".to_owned();
        loop {
            let page = client.get(&path).await.json();
            for user in page["items"].as_array().unwrap() {
                names.push(user["name"].as_str().unwrap().to_owned());
            }
            match page["next"].as_str() {
                Some(next) => path = format!("/users?limit=2&after={next}"),
                None => break,
            }
        }
        assert_eq!(names, ["a", "b", "c"]);
    });
}

#[test]
fn errors_are_json_with_the_status_of_their_kind() {
    everywhere(async |client| {
        let ann = json!({"email": "ann@x", "name": "Ann"});
        client.post("/users", ann.clone()).await;
        let nobody = "/users/18446744073709551615";
        let book = |stock: u64| {
            json!({"seller": "s", "category": "c", "name": "n", "description": "d",
                   "price": 1, "stock": stock})
        };
        let product = client.post("/products", book(1)).await.json()["listed"]["id"].clone();
        let cases = [
            (409, "EmailTaken", client.post("/users", ann).await),
            (
                409,
                "NameTaken",
                client
                    .post("/users", json!({"email": "b@x", "name": "Ann"}))
                    .await,
            ),
            (404, "NoSuchUser", client.get(nobody).await),
            (
                404,
                "NoSuchUser",
                client.get("/users/lookup?name=ann").await,
            ),
            (400, "Unclear", client.get("/users/lookup").await),
            (
                404,
                "NoSuchUser",
                client
                    .put(&format!("{nobody}/name"), json!({"name": "x"}))
                    .await,
            ),
            (400, "BadCursor", client.get("/users?after=l1.7").await),
            (422, "Invalid", client.get("/users?limit=0").await),
            (
                422,
                "Invalid",
                client
                    .post("/users", json!({"email": "", "name": ""}))
                    .await,
            ),
            (
                413,
                "TooLong",
                client
                    .post("/users", json!({"email": "c@x", "name": "n".repeat(201)}))
                    .await,
            ),
            (
                422,
                "StockLimit",
                client.post("/products", book(1_000_000_001)).await,
            ),
            (
                409,
                "OutOfStock",
                client
                    .post(&format!("/products/{product}/take"), json!({"quantity": 2}))
                    .await,
            ),
            (
                409,
                "EmptyCart",
                client.send("POST", &format!("{nobody}/orders"), None).await,
            ),
            (400, "Unreadable", client.get("/users/me").await),
            (400, "Unreadable", client.get("/users?limit=x").await),
            (
                400,
                "Unreadable",
                client.send("POST", "/users", Some("{".to_owned())).await,
            ),
            (422, "Unreadable", client.post("/users", json!({})).await),
            (404, "NoSuchPage", client.get("/nothing").await),
            (405, "NoSuchMethod", client.put("/users", json!({})).await),
        ];
        for (status, code, reply) in cases {
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (status, code),
                "{reply:?}"
            );
            assert_eq!(
                reply.json()["error"]["correlation_id"].as_str(),
                reply.header("x-correlation-id"),
                "{reply:?}"
            );
        }
    });
}

#[test]
fn the_operator_sees_health_metrics_and_correlation_ids() {
    everywhere(async |client| {
        assert_eq!(client.get("/healthz").await.json(), json!({"status": "ok"}));
        client.get("/users/1").await;
        let metrics = client.get("/metrics").await;
        let counted = "http_server_request_duration_count{http_request_method=\"GET\",\
                       http_route=\"/users/{user}\",http_response_status_code=\"404\"}";
        assert!(metrics.body.contains(counted), "{}", metrics.body);
        let given = client
            .send_with(
                "GET",
                "/users/1",
                "x-correlation-id: from-the-gate\r\n",
                None,
            )
            .await;
        assert_eq!(given.header("x-correlation-id"), Some("from-the-gate"));
    });
}

/// Answers when it is told to.
#[derive(Default)]
struct Slow {
    asked: Notify,
    go_on: Notify,
}

#[async_trait]
impl UserRepository for Slow {
    async fn get(&self, _: u64) -> Result<Option<User>, RepoError> {
        self.asked.notify_one();
        self.go_on.notified().await;
        Ok(None)
    }
    async fn register(&self, _: &NewUser) -> Result<User, RepoError> {
        Err(RepoError::EmailTaken)
    }
    async fn rename(&self, _: u64, _: &str) -> Result<(), RepoError> {
        Ok(())
    }
    async fn remove(&self, _: u64) -> Result<bool, RepoError> {
        Ok(false)
    }
    async fn by_email(&self, _: &str) -> Result<Option<User>, RepoError> {
        Ok(None)
    }
    async fn by_name(&self, _: &str) -> Result<Option<User>, RepoError> {
        Ok(None)
    }
    async fn list(&self, _: Option<&str>, _: u32) -> Result<Page<User>, RepoError> {
        Err(RepoError::BadCursor)
    }
    async fn put_exact(&self, _: &User) -> Result<(), RepoError> {
        Ok(())
    }
    async fn pass_id(&self, _: u64) -> Result<(), RepoError> {
        Ok(())
    }
}

/// A shop whose users answer when they are told to.
async fn slow_shop(slow: &Arc<Slow>) -> App {
    let mut shop = fresh_shop(Engine::MySql).await;
    shop.users = Arc::<Slow>::clone(slow);
    app(shop, None)
}

#[test]
fn a_stop_answers_what_is_under_way_and_takes_nothing_new() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    runtime().block_on(async {
        let slow = Arc::<Slow>::default();
        let running = Running::start(slow_shop(&slow).await).await;
        let client = running.client;
        let under_way = tokio::spawn(async move { client.get("/users/1").await });
        slow.asked.notified().await;
        let stopping = tokio::spawn(running.stop());
        while tokio::net::TcpStream::connect(client.0).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(!stopping.is_finished());
        slow.go_on.notify_one();
        assert_eq!(under_way.await.unwrap().status, 404);
        assert!(stopping.await.unwrap().answered);
    });
}

#[test]
fn a_request_that_takes_too_long_is_answered_504() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    runtime().block_on(async {
        let mut app = slow_shop(&Arc::default()).await;
        app.timeout = Duration::from_millis(50);
        let running = Running::start(app).await;
        let reply = running.client.get("/users/1").await;
        assert_eq!((reply.status, reply.code().as_str()), (504, "TooSlow"));
        assert!(running.stop().await.answered);
    });
}

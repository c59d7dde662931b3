//! Load: shoppers who buy, and who check every answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};
use tokio::sync::RwLock;
use tokio::task::JoinHandle;

use dal_tests::http::{Client, Reply};

/// Some shoppers, each with customers and products of its own.
pub struct Shoppers {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<Result<(), String>>>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    requests: AtomicU64,
    /// Held by every write; a copy takes it for itself.
    writing: RwLock<()>,
}

impl Shoppers {
    pub fn start(client: Client, count: u64) -> Self {
        let shared = Arc::<Shared>::default();
        let tasks = (0..count)
            .map(|number| {
                let shopper = Shopper {
                    client,
                    number,
                    shared: Arc::clone(&shared),
                };
                tokio::spawn(shopper.shop())
            })
            .collect();
        Self { shared, tasks }
    }

    /// Runs `work` while writes wait; reads go on.
    pub async fn while_writes_wait<T>(&self, work: impl Future<Output = T>) -> T {
        let _quiet = self.shared.writing.write().await;
        work.await
    }

    /// Requests so far.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Ends the shopping; every request that went wrong is listed.
    pub async fn stop(self) -> (u64, Vec<String>) {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mut wrong = Vec::new();
        for task in self.tasks {
            if let Err(reason) = task.await.unwrap() {
                wrong.push(reason);
            }
        }
        (self.shared.requests.load(Ordering::Relaxed), wrong)
    }
}

struct Shopper {
    client: Client,
    number: u64,
    shared: Arc<Shared>,
}

impl Shopper {
    /// Shops until told to stop, or until the first wrong answer.
    async fn shop(self) -> Result<(), String> {
        let mut round = 0;
        while !self.shared.stop.load(Ordering::Relaxed) {
            round += 1;
            self.round(round).await?;
        }
        Ok(())
    }

    async fn round(&self, round: u64) -> Result<(), String> {
        let name = format!("shopper {}-{round}", self.number);
        let email = format!("s{}.{round}@example.com", self.number);
        let user = self
            .write("POST", "/users", json!({"email": email, "name": name}), 201)
            .await?;
        let id = &user["id"];
        let path = format!("/users/{id}");
        self.read(&path, |found| found == &user).await?;
        self.read(&format!("/users/lookup?email={email}"), |found| {
            found == &user
        })
        .await?;

        let seller = format!("seller{}-{round}", self.number);
        let new = json!({"seller": seller, "category": "load", "name": "thing",
                         "description": name, "price": round, "stock": 5});
        let product = self.write("POST", "/products", new, 201).await?;
        let product_id = &product["listed"]["id"];
        let product_path = format!("/products/{product_id}");
        self.read(&format!("/products?seller={seller}"), |page| {
            page["items"] == json!([product["listed"]])
        })
        .await?;

        let renamed = format!("{name} again");
        self.write(
            "PUT",
            &format!("{path}/name"),
            json!({"name": renamed}),
            204,
        )
        .await?;
        self.read(&path, |found| found["name"] == renamed.as_str())
            .await?;
        self.write(
            "PUT",
            &format!("{product_path}/price"),
            json!({"price": 7}),
            204,
        )
        .await?;
        let stock = self
            .write(
                "POST",
                &format!("{product_path}/restock"),
                json!({"quantity": 4}),
                200,
            )
            .await?;
        self.same(&stock, &json!({"stock": 9}))?;
        let stock = self
            .write(
                "POST",
                &format!("{product_path}/take"),
                json!({"quantity": 1}),
                200,
            )
            .await?;
        self.same(&stock, &json!({"stock": 8}))?;

        let cart = format!("{path}/cart");
        for pieces in 1..=2 {
            let line = json!({"product_id": product_id, "quantity": 1});
            let quantity = self.write("POST", &cart, line, 200).await?;
            self.same(&quantity, &json!({"quantity": pieces}))?;
        }
        let line = json!({"user_id": id, "product_id": product_id, "quantity": 2});
        self.read(&cart, |page| page["items"] == json!([line]))
            .await?;
        let orders = format!("{path}/orders");
        let order = self.write("POST", &orders, Value::Null, 201).await?;
        self.same(&order["total"], &json!(14))?;
        self.read(&format!("/orders/{}", order["id"]), |found| found == &order)
            .await?;
        self.read(&orders, |page| page["items"] == json!([order]))
            .await?;
        self.read(&cart, |page| page["items"] == json!([])).await?;
        self.read(&product_path, |found| found["listed"]["stock"] == 6)
            .await?;
        if round.is_multiple_of(3) {
            self.write("DELETE", &path, Value::Null, 204).await?;
            self.write("DELETE", &product_path, Value::Null, 204)
                .await?;
        }
        Ok(())
    }

    async fn write(
        &self,
        method: &str,
        path: &str,
        body: Value,
        status: u16,
    ) -> Result<Value, String> {
        let _writing = self.shared.writing.read().await;
        let body = (!body.is_null()).then(|| body.to_string());
        let reply = self.client.send(method, path, body).await;
        self.count(&format!("{method} {path}"), &reply, status)
    }

    async fn read(&self, path: &str, is_right: impl Fn(&Value) -> bool) -> Result<(), String> {
        let reply = self.client.get(path).await;
        let found = self.count(path, &reply, 200)?;
        if is_right(&found) {
            Ok(())
        } else {
            Err(format!("GET {path}: {found}"))
        }
    }

    fn count(&self, what: &str, reply: &Reply, status: u16) -> Result<Value, String> {
        self.shared.requests.fetch_add(1, Ordering::Relaxed);
        if reply.status == status {
            Ok(reply.json())
        } else {
            Err(format!("{what}: {} {}", reply.status, reply.body))
        }
    }

    fn same(&self, found: &Value, wanted: &Value) -> Result<(), String> {
        if found == wanted {
            Ok(())
        } else {
            Err(format!("{}: {found} in place of {wanted}", self.number))
        }
    }
}

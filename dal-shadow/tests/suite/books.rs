//! Carts, orders, returns and stock in memory, which are written together.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dal_shadow::{Classify, Harness, shadow};
use serde::Serialize;
use tokio::time::sleep;

#[derive(Debug, thiserror::Error, Classify)]
pub enum Failure {
    #[error("not now")]
    #[classify(throttled)]
    Busy,
}

/// How many things a user has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    pub user: u64,
    pub number: u64,
}

#[shadow(repair(read = items, put = put_items, delete = clear))]
#[async_trait]
pub trait CartRepository: Send + Sync {
    #[shadow(write, replay, key = user)]
    async fn add(&self, user: u64) -> Result<(), Failure>;
    #[shadow(read)]
    async fn items(&self, user: u64) -> Result<Option<Count>, Failure>;
    #[shadow(mirror, key = count.user)]
    async fn put_items(&self, count: &Count) -> Result<(), Failure>;
    #[shadow(write, replay, key = user)]
    async fn clear(&self, user: u64) -> Result<(), Failure>;
}

#[shadow(repair(read = placed, put = put_placed, delete = forget))]
#[async_trait]
pub trait OrderRepository: Send + Sync {
    #[shadow(write, replay, key = user, also(cart = user))]
    async fn place(&self, user: u64) -> Result<(), Failure>;
    #[shadow(read)]
    async fn placed(&self, user: u64) -> Result<Option<Count>, Failure>;
    #[shadow(mirror, key = count.user)]
    async fn put_placed(&self, count: &Count) -> Result<(), Failure>;
    #[shadow(write, replay, key = user)]
    async fn forget(&self, user: u64) -> Result<(), Failure>;
}

/// Joins what no other trait joins.
#[shadow]
#[async_trait]
pub trait ReturnRepository: Send + Sync {
    #[shadow(write, replay, key = user, also(cart = user, stock = user))]
    async fn take_back(&self, user: u64) -> Result<(), Failure>;
}

#[shadow]
#[async_trait]
pub trait StockRepository: Send + Sync {
    #[shadow(write, replay, key = product)]
    async fn deliver(&self, product: u64) -> Result<(), Failure>;
}

/// A store in memory, whose calls take this long.
#[derive(Debug, Default)]
pub struct Books {
    pub carts: Mutex<BTreeMap<u64, u64>>,
    pub orders: Mutex<BTreeMap<u64, u64>>,
    pause: Mutex<Duration>,
}

impl Books {
    async fn pause(&self) {
        let pause = *self.pause.lock().unwrap();
        if pause > Duration::ZERO {
            sleep(pause).await;
        }
    }

    pub fn slow(&self, pause: Duration) {
        *self.pause.lock().unwrap() = pause;
    }
}

fn count(of: &Mutex<BTreeMap<u64, u64>>, user: u64) -> Option<Count> {
    let number = *of.lock().unwrap().get(&user)?;
    Some(Count { user, number })
}

#[async_trait]
impl CartRepository for Books {
    async fn add(&self, user: u64) -> Result<(), Failure> {
        self.pause().await;
        *self.carts.lock().unwrap().entry(user).or_default() += 1;
        Ok(())
    }

    async fn items(&self, user: u64) -> Result<Option<Count>, Failure> {
        Ok(count(&self.carts, user))
    }

    async fn put_items(&self, count: &Count) -> Result<(), Failure> {
        self.carts.lock().unwrap().insert(count.user, count.number);
        Ok(())
    }

    async fn clear(&self, user: u64) -> Result<(), Failure> {
        self.carts.lock().unwrap().remove(&user);
        Ok(())
    }
}

#[async_trait]
impl OrderRepository for Books {
    async fn place(&self, user: u64) -> Result<(), Failure> {
        self.pause().await;
        let items = self.carts.lock().unwrap().remove(&user).unwrap_or(0);
        *self.orders.lock().unwrap().entry(user).or_default() += items;
        Ok(())
    }

    async fn placed(&self, user: u64) -> Result<Option<Count>, Failure> {
        Ok(count(&self.orders, user))
    }

    async fn put_placed(&self, count: &Count) -> Result<(), Failure> {
        self.orders.lock().unwrap().insert(count.user, count.number);
        Ok(())
    }

    async fn forget(&self, user: u64) -> Result<(), Failure> {
        self.orders.lock().unwrap().remove(&user);
        Ok(())
    }
}

#[async_trait]
impl ReturnRepository for Books {
    async fn take_back(&self, _user: u64) -> Result<(), Failure> {
        Ok(())
    }
}

#[async_trait]
impl StockRepository for Books {
    async fn deliver(&self, _product: u64) -> Result<(), Failure> {
        Ok(())
    }
}

/// MySQL and DynamoDB.
pub fn stores() -> [Arc<Books>; 2] {
    [Arc::default(), Arc::default()]
}

pub fn carts(
    [mysql, dynamodb]: &[Arc<Books>; 2],
    harness: &Harness,
) -> ShadowCartRepository<Books> {
    ShadowCartRepository::new(Arc::clone(mysql), Arc::clone(dynamodb), harness.clone())
}

pub fn orders(
    [mysql, dynamodb]: &[Arc<Books>; 2],
    harness: &Harness,
) -> ShadowOrderRepository<Books> {
    ShadowOrderRepository::new(Arc::clone(mysql), Arc::clone(dynamodb), harness.clone())
}

/// The trait that joins the entities of the others.
pub fn returns(
    [mysql, dynamodb]: &[Arc<Books>; 2],
    harness: &Harness,
) -> ShadowReturnRepository<Books> {
    ShadowReturnRepository::new(Arc::clone(mysql), Arc::clone(dynamodb), harness.clone())
}

pub fn stock(
    [mysql, dynamodb]: &[Arc<Books>; 2],
    harness: &Harness,
) -> ShadowStockRepository<Books> {
    ShadowStockRepository::new(Arc::clone(mysql), Arc::clone(dynamodb), harness.clone())
}

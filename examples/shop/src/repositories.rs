//! The four repositories of one store, or of both.

use std::sync::Arc;

use dal_dynamodb::DynamoDb;
use dal_mysql::MySql;
use dal_traits::Error;
use dal_traits::store::Store;

use crate::dynamodb::{DynamoCarts, DynamoOrders, DynamoProducts, DynamoUsers};
use crate::mysql::{MySqlCarts, MySqlOrders, MySqlProducts, MySqlUsers};
use crate::repos::{CartRepository, OrderRepository, ProductRepository, UserRepository};
use crate::store::{StoreCarts, StoreOrders, StoreProducts, StoreUsers};

/// All that the shop needs of a store. Cheap to clone.
#[derive(Clone)]
pub struct Repositories {
    /// Customers.
    pub users: Arc<dyn UserRepository>,
    /// Products.
    pub products: Arc<dyn ProductRepository>,
    /// Carts.
    pub carts: Arc<dyn CartRepository>,
    /// Orders.
    pub orders: Arc<dyn OrderRepository>,
}

impl Repositories {
    /// On MySQL, in the tables that [`crate::schema::create_mysql`] made.
    pub fn mysql(db: &MySql) -> Self {
        Self {
            users: Arc::new(MySqlUsers::new(db.clone())),
            products: Arc::new(MySqlProducts::new(db.clone())),
            carts: Arc::new(MySqlCarts::new(db.clone())),
            orders: Arc::new(MySqlOrders::new(db.clone())),
        }
    }

    /// On DynamoDB, in the table that [`crate::schema::create_dynamodb`] made.
    pub fn dynamodb(db: &DynamoDb, table: &str) -> Self {
        Self {
            users: Arc::new(DynamoUsers::new(db.clone(), table)),
            products: Arc::new(DynamoProducts::new(db.clone(), table)),
            carts: Arc::new(DynamoCarts::new(db.clone(), table)),
            orders: Arc::new(DynamoOrders::new(db.clone(), table)),
        }
    }

    /// On a `Store` of the shop's contract, whatever its backend.
    ///
    /// # Errors
    /// When the model of the store is not the shop's.
    pub fn on_store(store: &Store) -> Result<Self, Error> {
        Ok(Self {
            users: Arc::new(StoreUsers::new(store.clone())?),
            products: Arc::new(StoreProducts::new(store.clone())?),
            carts: Arc::new(StoreCarts::new(store.clone())?),
            orders: Arc::new(StoreOrders::new(store.clone())?),
        })
    }
}

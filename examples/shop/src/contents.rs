//! All that the shop keeps in one store, in memory: for copying and for comparing whole stores.

use dal_dynamodb::DynamoDb;
use dal_mysql::MySql;

use crate::error::RepoError;
use crate::model::{CartLine, Order, Product, User};
use crate::{dynamodb, mysql};

/// Everything in one store, each list in the order of its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// By id.
    pub users: Vec<User>,
    /// By id.
    pub products: Vec<Product>,
    /// The lines of all carts, by user and product.
    pub lines: Vec<CartLine>,
    /// By id.
    pub orders: Vec<Order>,
    /// The newest id of each.
    pub newest: Newest,
}

/// The newest id that a store gave out for each entity, also when that record is gone again; 0 when
/// there never was one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Newest {
    /// Of users.
    pub user: u64,
    /// Of products.
    pub product: u64,
    /// Of orders.
    pub order: u64,
}

impl Contents {
    /// What is in MySQL.
    ///
    /// # Errors
    /// [`RepoError::Store`].
    pub async fn of_mysql(db: &MySql) -> Result<Self, RepoError> {
        mysql::contents::read(db).await
    }

    /// What is in DynamoDB.
    ///
    /// # Errors
    /// [`RepoError::Store`].
    pub async fn of_dynamodb(db: &DynamoDb, table: &str) -> Result<Self, RepoError> {
        dynamodb::contents::read(db, table).await
    }

    /// Whether the records are the same; the newest ids may differ, as no store ever goes back.
    pub fn has_same_records(&self, other: &Self) -> bool {
        (&self.users, &self.products, &self.lines, &self.orders)
            == (&other.users, &other.products, &other.lines, &other.orders)
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.users.len() + self.products.len() + self.lines.len() + self.orders.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ordering key of each record, with its entity: a cart is the record of its user. The newest
    /// ids are among them, also when their records are gone: a repair passes them on.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let users = self.users.iter().map(|user| ("user", user.id));
        let products = self.products.iter().map(|it| ("product", it.listed.id));
        let carts = self.lines.iter().map(|line| ("cart", line.user_id));
        let orders = self.orders.iter().map(|order| ("order", order.id));
        let newest = [
            ("user", self.newest.user),
            ("product", self.newest.product),
            ("order", self.newest.order),
        ];
        let newest = newest.into_iter().filter(|(_, id)| *id > 0);
        users
            .chain(products)
            .chain(carts)
            .chain(orders)
            .chain(newest)
    }

    pub(crate) fn sort(&mut self) {
        self.users.sort_by_key(|user| user.id);
        self.products.sort_by_key(|product| product.listed.id);
        self.lines
            .sort_by_key(|line| (line.user_id, line.product_id));
        self.orders.sort_by_key(|order| order.id);
    }
}

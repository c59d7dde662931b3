//! Products on MySQL.

use async_trait::async_trait;
use dal_mysql::MySql;
use dal_traits::Idempotency;
use sqlx::mysql::MySqlConnection;

use super::{contents, exists, failed, look_ahead, uncommitted};
use crate::cursor::{self, List};
use crate::error::RepoError;
use crate::model::{self, Listed, MAX_STOCK, NewProduct, Page, Prices, Product, page_size, pieces};
use crate::repos::ProductRepository;

/// [`ProductRepository`] on the table `products`.
#[derive(Clone, Debug)]
pub struct MySqlProducts {
    db: MySql,
}

type Row = (u64, String, String, String, u64, u32);

fn listed((id, seller, category, name, price, stock): Row) -> Listed {
    Listed {
        id,
        seller,
        category,
        name,
        price,
        stock,
    }
}

pub(super) fn product(
    (id, seller, category, name, price, stock, description): (
        u64,
        String,
        String,
        String,
        u64,
        u32,
        String,
    ),
) -> Product {
    Product {
        listed: listed((id, seller, category, name, price, stock)),
        description,
    }
}

impl MySqlProducts {
    /// Products in the database of `db`, whose tables [`crate::schema::create_mysql`] made.
    pub const fn new(db: MySql) -> Self {
        Self { db }
    }

    /// Locks the product, lets `change` decide on its stock, writes that.
    async fn change_stock(
        &self,
        id: u64,
        change: impl Fn(u32) -> Result<u32, RepoError> + Sync,
    ) -> Result<u32, RepoError> {
        self.db
            .unit("UPDATE", "products", Idempotency::None, || async {
                let failed = failed("UPDATE", "products");
                let mut tx = self.db.begin().await.map_err(&failed)?;
                let found: Option<(u32,)> =
                    sqlx::query_as("SELECT stock FROM products WHERE id = ? FOR UPDATE")
                        .bind(id)
                        .fetch_optional(&mut *tx)
                        .await
                        .map_err(&failed)?;
                let (stock,) = found.ok_or(RepoError::NoSuchProduct)?;
                let stock = change(stock)?;
                sqlx::query("UPDATE products SET stock = ? WHERE id = ?")
                    .bind(stock)
                    .bind(id)
                    .execute(&mut *tx)
                    .await
                    .map_err(&failed)?;
                tx.commit().await.map_err(uncommitted("products"))?;
                Ok(stock)
            })
            .await
    }
}

#[async_trait]
impl ProductRepository for MySqlProducts {
    async fn add(&self, new_product: &NewProduct) -> Result<Product, RepoError> {
        new_product.check()?;
        let done = self
            .db
            .statement("INSERT", "products", Idempotency::None, || async {
                sqlx::query(
                    "INSERT INTO products (seller, category, name, description, price, stock) \
                     VALUES (?, ?, ?, ?, ?, ?)",
                )
                .bind(&new_product.seller)
                .bind(&new_product.category)
                .bind(&new_product.name)
                .bind(&new_product.description)
                .bind(new_product.price)
                .bind(new_product.stock)
                .execute(self.db.pool())
                .await
            })
            .await?;
        Ok(new_product.with_id(done.last_insert_id()))
    }

    async fn get(&self, id: u64) -> Result<Option<Product>, RepoError> {
        let row = self
            .db
            .statement("SELECT", "products", Idempotency::Read, || async {
                sqlx::query_as(
                    "SELECT id, seller, category, name, price, stock, description \
                     FROM products WHERE id = ?",
                )
                .bind(id)
                .fetch_optional(self.db.pool())
                .await
            })
            .await?;
        Ok(row.map(product))
    }

    async fn by_category(
        &self,
        category: &str,
        prices: Prices,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Listed>, RepoError> {
        let limit = page_size(limit)?;
        let after = after
            .map(|after| cursor::numbers::<2>(List::Category, after))
            .transpose()?;
        let [price, id] = after.unwrap_or_default();
        let rows: Vec<Row> = self
            .db
            .statement("SELECT", "products", Idempotency::Read, || async {
                sqlx::query_as(
                    "SELECT id, seller, category, name, price, stock FROM products \
                     WHERE category = ? AND price BETWEEN ? AND ? \
                     AND (? OR price > ? OR (price = ? AND id > ?)) \
                     ORDER BY price, id LIMIT ?",
                )
                .bind(category)
                .bind(prices.min)
                .bind(prices.max)
                .bind(after.is_none())
                .bind(price)
                .bind(price)
                .bind(id)
                .bind(look_ahead(limit))
                .fetch_all(self.db.pool())
                .await
            })
            .await?;
        let products = rows.into_iter().map(listed).collect();
        Ok(Page::cut(products, limit, |product: &Listed| {
            cursor::after_numbers(List::Category, [product.price, product.id])
        }))
    }

    async fn by_seller(
        &self,
        seller: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Listed>, RepoError> {
        let limit = page_size(limit)?;
        let after = after
            .map(|after| cursor::numbers::<1>(List::Seller, after))
            .transpose()?;
        let [id] = after.unwrap_or_default();
        let rows: Vec<Row> = self
            .db
            .statement("SELECT", "products", Idempotency::Read, || async {
                sqlx::query_as(
                    "SELECT id, seller, category, name, price, stock FROM products \
                     WHERE seller = ? AND (? OR id < ?) ORDER BY id DESC LIMIT ?",
                )
                .bind(seller)
                .bind(after.is_none())
                .bind(id)
                .bind(look_ahead(limit))
                .fetch_all(self.db.pool())
                .await
            })
            .await?;
        let products = rows.into_iter().map(listed).collect();
        Ok(Page::cut(products, limit, |product: &Listed| {
            cursor::after_numbers(List::Seller, [product.id])
        }))
    }

    async fn set_price(&self, id: u64, price: u64) -> Result<(), RepoError> {
        let done = self
            .db
            .statement("UPDATE", "products", Idempotency::ByToken, || async {
                sqlx::query("UPDATE products SET price = ? WHERE id = ?")
                    .bind(price)
                    .bind(id)
                    .execute(self.db.pool())
                    .await
            })
            .await?;
        if done.rows_affected() == 0 {
            return Err(RepoError::NoSuchProduct);
        }
        Ok(())
    }

    async fn describe(&self, id: u64, description: &str) -> Result<(), RepoError> {
        model::description(description)?;
        let done = self
            .db
            .statement("UPDATE", "products", Idempotency::ByToken, || async {
                sqlx::query("UPDATE products SET description = ? WHERE id = ?")
                    .bind(description)
                    .bind(id)
                    .execute(self.db.pool())
                    .await
            })
            .await?;
        if done.rows_affected() == 0 {
            return Err(RepoError::NoSuchProduct);
        }
        Ok(())
    }

    async fn restock(&self, id: u64, quantity: u32) -> Result<u32, RepoError> {
        pieces(quantity, MAX_STOCK)?;
        self.change_stock(id, |stock| {
            stock
                .checked_add(quantity)
                .filter(|stock| *stock <= MAX_STOCK)
                .ok_or(RepoError::StockLimit)
        })
        .await
    }

    async fn take(&self, id: u64, quantity: u32) -> Result<u32, RepoError> {
        pieces(quantity, MAX_STOCK)?;
        self.change_stock(id, |stock| {
            stock.checked_sub(quantity).ok_or(RepoError::OutOfStock)
        })
        .await
    }

    async fn remove(&self, id: u64) -> Result<bool, RepoError> {
        let done = self
            .db
            .statement("DELETE", "products", Idempotency::None, || async {
                sqlx::query("DELETE FROM products WHERE id = ?")
                    .bind(id)
                    .execute(self.db.pool())
                    .await
            })
            .await?;
        Ok(done.rows_affected() > 0)
    }

    async fn put_exact(&self, product: &Product) -> Result<(), RepoError> {
        self.db
            .unit("INSERT", "products", Idempotency::ByToken, || async {
                let failed = failed("INSERT", "products");
                let mut tx = self.db.begin().await.map_err(&failed)?;
                if !update(&mut tx, product).await?
                    && let Err(error) = insert(&mut tx, product).await
                {
                    if !exists(&error) {
                        return Err(error);
                    }
                    update(&mut tx, product).await?;
                }
                tx.commit().await.map_err(uncommitted("products"))
            })
            .await
    }

    async fn pass_id(&self, id: u64) -> Result<(), RepoError> {
        contents::pass_id(&self.db, "products", id).await
    }
}

async fn update(connection: &mut MySqlConnection, product: &Product) -> Result<bool, RepoError> {
    let done = sqlx::query(
        "UPDATE products SET seller = ?, category = ?, name = ?, description = ?, price = ?, \
         stock = ? WHERE id = ?",
    )
    .bind(&product.listed.seller)
    .bind(&product.listed.category)
    .bind(&product.listed.name)
    .bind(&product.description)
    .bind(product.listed.price)
    .bind(product.listed.stock)
    .bind(product.listed.id)
    .execute(connection)
    .await
    .map_err(failed("UPDATE", "products"))?;
    Ok(done.rows_affected() > 0)
}

async fn insert(connection: &mut MySqlConnection, product: &Product) -> Result<(), RepoError> {
    sqlx::query(
        "INSERT INTO products (id, seller, category, name, description, price, stock) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(product.listed.id)
    .bind(&product.listed.seller)
    .bind(&product.listed.category)
    .bind(&product.listed.name)
    .bind(&product.description)
    .bind(product.listed.price)
    .bind(product.listed.stock)
    .execute(connection)
    .await
    .map_err(failed("INSERT", "products"))?;
    Ok(())
}

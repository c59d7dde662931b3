//! Carts on MySQL.

use async_trait::async_trait;
use dal_mysql::MySql;
use dal_traits::Idempotency;

use super::{failed, look_ahead, refused_by, uncommitted};
use crate::cursor::{self, List};
use crate::error::RepoError;
use crate::model::{CartLine, MAX_QUANTITY, Page, page_size, pieces};
use crate::repos::CartRepository;

/// [`CartRepository`] on the table `cart_lines`.
#[derive(Clone, Debug)]
pub struct MySqlCarts {
    db: MySql,
}

pub(super) fn line((user_id, product_id, quantity): (u64, u64, u32)) -> CartLine {
    CartLine {
        user_id,
        product_id,
        quantity,
    }
}

/// The check on the column keeps the limit, also when two calls add at once.
fn too_many(error: RepoError) -> RepoError {
    if refused_by(&error, "cart_lines_quantity") {
        RepoError::QuantityLimit
    } else {
        error
    }
}

impl MySqlCarts {
    /// Carts in the database of `db`, whose tables [`crate::schema::create_mysql`] made.
    pub const fn new(db: MySql) -> Self {
        Self { db }
    }
}

#[async_trait]
impl CartRepository for MySqlCarts {
    async fn add(&self, user: u64, product: u64, quantity: u32) -> Result<u32, RepoError> {
        pieces(quantity, MAX_QUANTITY)?;
        self.db
            .unit("INSERT", "cart_lines", Idempotency::None, || async {
                let failed = failed("INSERT", "cart_lines");
                let mut tx = self.db.begin().await.map_err(&failed)?;
                sqlx::query(
                    "INSERT INTO cart_lines (user_id, product_id, quantity) VALUES (?, ?, ?) AS new \
                     ON DUPLICATE KEY UPDATE quantity = cart_lines.quantity + new.quantity",
                )
                .bind(user)
                .bind(product)
                .bind(quantity)
                .execute(&mut *tx)
                .await
                .map_err(&failed)
                .map_err(too_many)?;
                let (quantity,) = sqlx::query_as(
                    "SELECT quantity FROM cart_lines WHERE user_id = ? AND product_id = ?",
                )
                .bind(user)
                .bind(product)
                .fetch_one(&mut *tx)
                .await
                .map_err(&failed)?;
                tx.commit().await.map_err(uncommitted("carts"))?;
                Ok(quantity)
            })
            .await
    }

    async fn set(&self, user: u64, product: u64, quantity: u32) -> Result<(), RepoError> {
        pieces(quantity, MAX_QUANTITY)?;
        let done = self
            .db
            .statement("UPDATE", "cart_lines", Idempotency::ByToken, || async {
                sqlx::query(
                    "UPDATE cart_lines SET quantity = ? WHERE user_id = ? AND product_id = ?",
                )
                .bind(quantity)
                .bind(user)
                .bind(product)
                .execute(self.db.pool())
                .await
            })
            .await?;
        if done.rows_affected() == 0 {
            return Err(RepoError::NoSuchLine);
        }
        Ok(())
    }

    async fn remove(&self, user: u64, product: u64) -> Result<bool, RepoError> {
        let done = self
            .db
            .statement("DELETE", "cart_lines", Idempotency::None, || async {
                sqlx::query("DELETE FROM cart_lines WHERE user_id = ? AND product_id = ?")
                    .bind(user)
                    .bind(product)
                    .execute(self.db.pool())
                    .await
            })
            .await?;
        Ok(done.rows_affected() > 0)
    }

    async fn clear(&self, user: u64) -> Result<u32, RepoError> {
        let done = self
            .db
            .statement("DELETE", "cart_lines", Idempotency::None, || async {
                sqlx::query("DELETE FROM cart_lines WHERE user_id = ?")
                    .bind(user)
                    .execute(self.db.pool())
                    .await
            })
            .await?;
        Ok(u32::try_from(done.rows_affected()).unwrap_or(u32::MAX))
    }

    async fn line(&self, user: u64, product: u64) -> Result<Option<CartLine>, RepoError> {
        let row = self
            .db
            .statement("SELECT", "cart_lines", Idempotency::Read, || async {
                sqlx::query_as(
                    "SELECT user_id, product_id, quantity FROM cart_lines \
                     WHERE user_id = ? AND product_id = ?",
                )
                .bind(user)
                .bind(product)
                .fetch_optional(self.db.pool())
                .await
            })
            .await?;
        Ok(row.map(line))
    }

    async fn lines(
        &self,
        user: u64,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<CartLine>, RepoError> {
        let limit = page_size(limit)?;
        let after = after
            .map(|after| cursor::numbers::<1>(List::Cart, after))
            .transpose()?;
        let [product] = after.unwrap_or_default();
        let rows: Vec<(u64, u64, u32)> = self
            .db
            .statement("SELECT", "cart_lines", Idempotency::Read, || async {
                sqlx::query_as(
                    "SELECT user_id, product_id, quantity FROM cart_lines \
                     WHERE user_id = ? AND (? OR product_id > ?) ORDER BY product_id LIMIT ?",
                )
                .bind(user)
                .bind(after.is_none())
                .bind(product)
                .bind(look_ahead(limit))
                .fetch_all(self.db.pool())
                .await
            })
            .await?;
        let lines = rows.into_iter().map(line).collect();
        Ok(Page::cut(lines, limit, |line: &CartLine| {
            cursor::after_numbers(List::Cart, [line.product_id])
        }))
    }

    async fn put_exact(&self, line: &CartLine) -> Result<(), RepoError> {
        pieces(line.quantity, MAX_QUANTITY)?;
        self.db
            .statement("INSERT", "cart_lines", Idempotency::ByToken, || async {
                sqlx::query(
                    "INSERT INTO cart_lines (user_id, product_id, quantity) VALUES (?, ?, ?) AS new \
                     ON DUPLICATE KEY UPDATE quantity = new.quantity",
                )
                .bind(line.user_id)
                .bind(line.product_id)
                .bind(line.quantity)
                .execute(self.db.pool())
                .await
            })
            .await?;
        Ok(())
    }
}

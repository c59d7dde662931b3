//! Orders on MySQL.

use async_trait::async_trait;
use dal_mysql::MySql;
use dal_traits::Idempotency;
use sqlx::mysql::MySqlConnection;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::{column, contents, exists, failed, look_ahead, uncommitted, utc};
use crate::checkout::{self, Offer};
use crate::cursor::{self, List};
use crate::error::RepoError;
use crate::model::{
    CartLine, MAX_LINES, Order, OrderLine, Page, from_micros, micros, moment, page_size,
};
use crate::repos::OrderRepository;

/// [`OrderRepository`] on the tables `orders` and `order_lines`.
#[derive(Clone, Debug)]
pub struct MySqlOrders {
    db: MySql,
}

/// An order and one of its lines, if it has any.
pub(super) type Row = (
    u64,
    u64,
    PrimitiveDateTime,
    u64,
    Option<u64>,
    Option<u32>,
    Option<u64>,
);

/// Orders from rows in which the lines of one order follow each other.
pub(super) fn orders(rows: Vec<Row>) -> Vec<Order> {
    let mut orders: Vec<Order> = Vec::new();
    for (id, user_id, placed_at, total, product, quantity, price) in rows {
        if orders.last().is_none_or(|last| last.id != id) {
            orders.push(Order {
                id,
                user_id,
                placed_at: utc(placed_at),
                total,
                lines: Vec::new(),
            });
        }
        if let (Some(order), Some(product_id), Some(quantity), Some(price)) =
            (orders.last_mut(), product, quantity, price)
        {
            order.lines.push(OrderLine {
                product_id,
                quantity,
                price,
            });
        }
    }
    orders
}

impl MySqlOrders {
    /// Orders in the database of `db`, whose tables [`crate::schema::create_mysql`] made.
    pub const fn new(db: MySql) -> Self {
        Self { db }
    }
}

#[async_trait]
impl OrderRepository for MySqlOrders {
    async fn checkout(&self, user: u64, placed_at: OffsetDateTime) -> Result<Order, RepoError> {
        let placed_at = moment(placed_at)?;
        self.db
            .unit("INSERT", "orders", Idempotency::None, || async {
                let mut tx = self
                    .db
                    .pool()
                    .begin()
                    .await
                    .map_err(failed("BEGIN", "orders"))?;
                let mut order = lock_cart(&mut tx, user, placed_at).await?;
                order.id = insert(&mut tx, None, &order).await?;
                sell(&mut tx, &order).await?;
                tx.commit().await.map_err(uncommitted("orders"))?;
                Ok(order)
            })
            .await
    }

    async fn get(&self, id: u64) -> Result<Option<Order>, RepoError> {
        let rows: Vec<Row> = self
            .db
            .statement("SELECT", "orders", Idempotency::Read, || async {
                sqlx::query_as(
                    "SELECT o.id, o.user_id, o.placed_at, o.total, l.product_id, l.quantity, l.price \
                     FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id \
                     WHERE o.id = ? ORDER BY l.product_id",
                )
                .bind(id)
                .fetch_all(self.db.pool())
                .await
            })
            .await?;
        Ok(orders(rows).pop())
    }

    async fn of_user(
        &self,
        user: u64,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Order>, RepoError> {
        let limit = page_size(limit)?;
        let after = after
            .map(|after| cursor::numbers::<2>(List::Orders, after))
            .transpose()?;
        let [time, id] = after.unwrap_or_default();
        let time = column(from_micros(time).ok_or(RepoError::BadCursor)?);
        let rows: Vec<Row> = self
            .db
            .statement("SELECT", "orders", Idempotency::Read, || async {
                sqlx::query_as(
                    "SELECT o.id, o.user_id, o.placed_at, o.total, l.product_id, l.quantity, l.price \
                     FROM (SELECT id, user_id, placed_at, total FROM orders WHERE user_id = ? \
                       AND (? OR placed_at < ? OR (placed_at = ? AND id < ?)) \
                       ORDER BY placed_at DESC, id DESC LIMIT ?) o \
                     LEFT JOIN order_lines l ON l.order_id = o.id \
                     ORDER BY o.placed_at DESC, o.id DESC, l.product_id",
                )
                .bind(user)
                .bind(after.is_none())
                .bind(time)
                .bind(time)
                .bind(id)
                .bind(look_ahead(limit))
                .fetch_all(self.db.pool())
                .await
            })
            .await?;
        Ok(Page::cut(orders(rows), limit, |order: &Order| {
            let time = micros(order.placed_at).unwrap_or_default();
            cursor::after_numbers(List::Orders, [time, order.id])
        }))
    }

    async fn apply(&self, order: &Order) -> Result<(), RepoError> {
        self.db
            .unit("INSERT", "orders", Idempotency::ByToken, || async {
                let mut tx = self
                    .db
                    .pool()
                    .begin()
                    .await
                    .map_err(failed("BEGIN", "orders"))?;
                match insert(&mut tx, Some(order.id), order).await {
                    Ok(_) => {}
                    Err(error) if exists(&error) => return Ok(()),
                    Err(error) => return Err(error),
                }
                sell(&mut tx, order).await?;
                tx.commit().await.map_err(uncommitted("orders"))
            })
            .await
    }

    async fn remove(&self, id: u64) -> Result<bool, RepoError> {
        let done = self
            .db
            .statement("DELETE", "orders", Idempotency::None, || async {
                sqlx::query("DELETE FROM orders WHERE id = ?")
                    .bind(id)
                    .execute(self.db.pool())
                    .await
            })
            .await?;
        Ok(done.rows_affected() > 0)
    }

    async fn put_exact(&self, order: &Order) -> Result<(), RepoError> {
        self.db
            .unit("INSERT", "orders", Idempotency::ByToken, || async {
                let mut tx = self
                    .db
                    .pool()
                    .begin()
                    .await
                    .map_err(failed("BEGIN", "orders"))?;
                delete(&mut tx, order.id).await?;
                if let Err(error) = insert(&mut tx, Some(order.id), order).await {
                    // Another put of this id came in between.
                    if !exists(&error) {
                        return Err(error);
                    }
                    delete(&mut tx, order.id).await?;
                    insert(&mut tx, Some(order.id), order).await?;
                }
                insert_lines(&mut tx, order).await?;
                tx.commit().await.map_err(uncommitted("orders"))
            })
            .await
    }

    async fn pass_id(&self, id: u64) -> Result<(), RepoError> {
        contents::pass_id(&self.db, "orders", id).await
    }
}

/// Locks the cart and its products, and decides what the order would be.
async fn lock_cart(
    connection: &mut MySqlConnection,
    user: u64,
    placed_at: OffsetDateTime,
) -> Result<Order, RepoError> {
    let rows: Vec<(u64, u32, Option<u64>, Option<u32>)> = sqlx::query_as(
        "SELECT l.product_id, l.quantity, p.price, p.stock FROM cart_lines l \
         LEFT JOIN products p ON p.id = l.product_id \
         WHERE l.user_id = ? ORDER BY l.product_id LIMIT ? FOR UPDATE",
    )
    .bind(user)
    .bind(look_ahead(MAX_LINES))
    .fetch_all(connection)
    .await
    .map_err(failed("SELECT", "cart_lines"))?;
    let cart: Vec<CartLine> = rows
        .iter()
        .map(|(product_id, quantity, ..)| CartLine {
            user_id: user,
            product_id: *product_id,
            quantity: *quantity,
        })
        .collect();
    checkout::draft(user, placed_at, &cart, |product| {
        let (.., price, stock) = rows.iter().find(|(id, ..)| *id == product)?;
        Some(Offer {
            price: (*price)?,
            stock: (*stock)?,
        })
    })
}

/// Inserts the order without its lines, under the given id or one that the table makes.
async fn insert(
    connection: &mut MySqlConnection,
    id: Option<u64>,
    order: &Order,
) -> Result<u64, RepoError> {
    let done =
        sqlx::query("INSERT INTO orders (id, user_id, placed_at, total) VALUES (?, ?, ?, ?)")
            .bind(id)
            .bind(order.user_id)
            .bind(column(order.placed_at))
            .bind(order.total)
            .execute(connection)
            .await
            .map_err(failed("INSERT", "orders"))?;
    Ok(done.last_insert_id())
}

/// Deletes an order; its lines go with it.
async fn delete(connection: &mut MySqlConnection, id: u64) -> Result<(), RepoError> {
    sqlx::query("DELETE FROM orders WHERE id = ?")
        .bind(id)
        .execute(connection)
        .await
        .map_err(failed("DELETE", "orders"))?;
    Ok(())
}

/// Takes the pieces of an order from the stock and its products from the cart, and inserts its
/// lines. Only what the order says: the cart is not read again, as it may hold more by now.
async fn sell(connection: &mut MySqlConnection, order: &Order) -> Result<(), RepoError> {
    for line in &order.lines {
        sell_line(connection, order.user_id, line).await?;
    }
    insert_lines(connection, order).await
}

async fn sell_line(
    connection: &mut MySqlConnection,
    user: u64,
    line: &OrderLine,
) -> Result<(), RepoError> {
    let failed = failed("UPDATE", "products");
    let found: Option<(u32,)> =
        sqlx::query_as("SELECT stock FROM products WHERE id = ? FOR UPDATE")
            .bind(line.product_id)
            .fetch_optional(&mut *connection)
            .await
            .map_err(&failed)?;
    let (stock,) = found.ok_or(RepoError::NoSuchProduct)?;
    let stock = stock
        .checked_sub(line.quantity)
        .ok_or(RepoError::OutOfStock)?;
    sqlx::query("UPDATE products SET stock = ? WHERE id = ?")
        .bind(stock)
        .bind(line.product_id)
        .execute(&mut *connection)
        .await
        .map_err(&failed)?;
    sqlx::query("DELETE FROM cart_lines WHERE user_id = ? AND product_id = ?")
        .bind(user)
        .bind(line.product_id)
        .execute(connection)
        .await
        .map_err(&failed)?;
    Ok(())
}

async fn insert_lines(connection: &mut MySqlConnection, order: &Order) -> Result<(), RepoError> {
    for line in &order.lines {
        sqlx::query(
            "INSERT INTO order_lines (order_id, product_id, quantity, price) VALUES (?, ?, ?, ?)",
        )
        .bind(order.id)
        .bind(line.product_id)
        .bind(line.quantity)
        .bind(line.price)
        .execute(&mut *connection)
        .await
        .map_err(failed("INSERT", "order_lines"))?;
    }
    Ok(())
}

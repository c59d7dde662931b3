//! Orders on DynamoDB: each with its lines in one item; a checkout is one transaction.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use dal_dynamodb::{DynamoDb, Item, Role};
use dal_traits::ErrorKind;
use time::OffsetDateTime;

use super::carts::{cart, line as cart_line, line_key};
use super::item::{n, number, pair, s, t, time, unreadable};
use super::products::{product_key, taking};
use super::table::{BY_PK1, Counter, Expression, Query, Range, Table, absent, item, key};
use super::{PLANS, overtaken};
use crate::checkout::{self, Offer};
use crate::cursor::{self, List};
use crate::error::RepoError;
use crate::model::{
    CartLine, MAX_LINES, Order, OrderLine, Page, from_micros, micros, moment, page_size,
};
use crate::repos::OrderRepository;

/// [`OrderRepository`] in the shop's table.
#[derive(Clone, Debug)]
pub struct DynamoOrders {
    table: Table,
}

fn order_key(id: u64) -> Item {
    key(format!("ORDER#{id}"), "#")
}

fn orders_of(user: u64) -> String {
    format!("ORDERS#{user}")
}

fn order_item(order: &Order) -> Result<Item, RepoError> {
    let placed = micros(order.placed_at).ok_or(RepoError::Invalid("time"))?;
    let line = |line: &OrderLine| {
        AttributeValue::M(HashMap::from([
            ("product_id".to_owned(), n(line.product_id)),
            ("quantity".to_owned(), n(line.quantity)),
            ("price".to_owned(), n(line.price)),
        ]))
    };
    Ok(item(
        order_key(order.id),
        [
            ("id", n(order.id)),
            ("user_id", n(order.user_id)),
            ("placed_at", t(order.placed_at)?),
            ("total", n(order.total)),
            (
                "lines",
                AttributeValue::L(order.lines.iter().map(line).collect()),
            ),
            ("pk1", s(orders_of(order.user_id))),
            ("sk1", s(pair(placed, order.id))),
        ],
    ))
}

pub(super) fn order(item: &Item) -> Result<Order, RepoError> {
    let Some(AttributeValue::L(lines)) = item.get("lines") else {
        return Err(unreadable("lines"));
    };
    let line = |line: &AttributeValue| {
        let AttributeValue::M(line) = line else {
            return Err(unreadable("lines"));
        };
        Ok(OrderLine {
            product_id: number(line, "product_id")?,
            quantity: number(line, "quantity")?,
            price: number(line, "price")?,
        })
    };
    Ok(Order {
        id: number(item, "id")?,
        user_id: number(item, "user_id")?,
        placed_at: time(item, "placed_at")?,
        total: number(item, "total")?,
        lines: lines.iter().map(line).collect::<Result<_, _>>()?,
    })
}

impl DynamoOrders {
    /// Orders in `table`, which [`crate::schema::create_dynamodb`] made.
    pub fn new(db: DynamoDb, table: impl Into<String>) -> Self {
        let name = table.into();
        Self {
            table: Table { db, name },
        }
    }

    /// Reads the cart and its products, and decides what the order would be.
    async fn draft(&self, user: u64, placed_at: OffsetDateTime) -> Result<Order, RepoError> {
        let items = self
            .table
            .query(Query {
                index: None,
                partition: cart(user),
                range: Range::All,
                most: MAX_LINES + 1,
            })
            .await?;
        let cart = items
            .iter()
            .map(cart_line)
            .collect::<Result<Vec<CartLine>, _>>()?;
        checkout::fits(cart.len())?;
        let keys = cart
            .iter()
            .map(|line| product_key(line.product_id))
            .collect();
        let mut offers = HashMap::new();
        for item in self
            .table
            .db
            .batch_get(&self.table.name, keys, true)
            .await?
        {
            let offer = Offer {
                price: number(&item, "price")?,
                stock: number(&item, "stock")?,
            };
            offers.insert(number::<u64>(&item, "id")?, offer);
        }
        checkout::draft(user, placed_at, &cart, |product| {
            offers.get(&product).copied()
        })
    }

    /// What makes the draft an order, if nothing that it was made from has changed.
    fn sell_cart(&self, order: &Order) -> Result<Vec<(TransactWriteItem, Role)>, RepoError> {
        let mut plan = vec![(
            self.table.putting(order_item(order)?, &absent())?,
            Role::Insert,
        )];
        for line in &order.lines {
            let stock = Expression {
                update: Some("SET #stock = #stock - :quantity"),
                condition: Some("#stock >= :quantity AND #price = :price"),
                names: &["stock", "price"],
                values: vec![("quantity", n(line.quantity)), ("price", n(line.price))],
            };
            let unchanged = Expression {
                condition: Some("#quantity = :quantity"),
                names: &["quantity"],
                values: vec![("quantity", n(line.quantity))],
                ..Expression::default()
            };
            let line_key = line_key(order.user_id, line.product_id);
            plan.push((
                self.table.updating(product_key(line.product_id), &stock)?,
                Role::Condition,
            ));
            plan.push((self.table.deleting(line_key, &unchanged)?, Role::Condition));
        }
        Ok(plan)
    }
}

#[async_trait]
impl OrderRepository for DynamoOrders {
    async fn checkout(&self, user: u64, placed_at: OffsetDateTime) -> Result<Order, RepoError> {
        let placed_at = moment(placed_at)?;
        let mut id = None;
        for _ in 0..PLANS {
            let mut order = self.draft(user, placed_at).await?;
            order.id = match id {
                Some(id) => id,
                None => self.table.next_id(Counter::Orders).await?,
            };
            id = Some(order.id);
            match self.table.transact(self.sell_cart(&order)?).await {
                Ok(()) => return Ok(order),
                Err(error) if error.kind() == ErrorKind::ConditionFailed => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(overtaken("checkout", "orders"))
    }

    async fn get(&self, id: u64) -> Result<Option<Order>, RepoError> {
        let item = self.table.get(order_key(id)).await?;
        item.as_ref().map(order).transpose()
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
        if let Some([time, _]) = after {
            from_micros(time).ok_or(RepoError::BadCursor)?;
        }
        let items = self
            .table
            .query(Query {
                index: Some(BY_PK1),
                partition: orders_of(user),
                range: Range::Down(after.map(|[time, id]| pair(time, id))),
                most: limit + 1,
            })
            .await?;
        let orders = items.iter().map(order).collect::<Result<_, _>>()?;
        Ok(Page::cut(orders, limit, |order: &Order| {
            let time = micros(order.placed_at).unwrap_or_default();
            cursor::after_numbers(List::Orders, [time, order.id])
        }))
    }

    async fn apply(&self, order: &Order) -> Result<(), RepoError> {
        self.table.pass_id(Counter::Orders, order.id).await?;
        let mut plan = vec![(
            self.table.putting(order_item(order)?, &absent())?,
            Role::Insert,
        )];
        for line in &order.lines {
            let line_key = line_key(order.user_id, line.product_id);
            plan.push((
                self.table
                    .updating(product_key(line.product_id), &taking(line.quantity))?,
                Role::Change,
            ));
            let free = Expression::default();
            plan.push((self.table.deleting(line_key, &free)?, Role::Condition));
        }
        match self.table.transact(plan).await {
            Ok(()) => Ok(()),
            Err(error) => match error.kind() {
                ErrorKind::AlreadyExists => Ok(()),
                ErrorKind::NotFound => Err(RepoError::NoSuchProduct),
                ErrorKind::ConditionFailed => Err(RepoError::OutOfStock),
                _ => Err(error.into()),
            },
        }
    }

    async fn remove(&self, id: u64) -> Result<bool, RepoError> {
        self.table.delete(order_key(id)).await
    }

    async fn put_exact(&self, order: &Order) -> Result<(), RepoError> {
        self.table.pass_id(Counter::Orders, order.id).await?;
        self.table.put(order_item(order)?).await
    }

    async fn pass_id(&self, id: u64) -> Result<(), RepoError> {
        self.table.pass_id(Counter::Orders, id).await
    }
}

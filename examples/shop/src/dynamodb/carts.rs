//! Carts on DynamoDB: one partition for each user, one item for each product.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use dal_dynamodb::{DynamoDb, Item};
use dal_traits::{Error, ErrorKind, Idempotency};

use super::item::{digits, n, number, unreadable};
use super::table::{Expression, Query, Range, Table, item, key};
use crate::cursor::{self, List};
use crate::error::RepoError;
use crate::model::{CartLine, MAX_QUANTITY, Page, page_size, pieces};
use crate::repos::CartRepository;

/// [`CartRepository`] in the shop's table.
#[derive(Clone, Debug)]
pub struct DynamoCarts {
    table: Table,
}

pub(super) fn cart(user: u64) -> String {
    format!("CART#{user}")
}

pub(super) fn line_key(user: u64, product: u64) -> Item {
    key(cart(user), digits(product))
}

pub(super) fn line(item: &Item) -> Result<CartLine, RepoError> {
    Ok(CartLine {
        user_id: number(item, "user_id")?,
        product_id: number(item, "product_id")?,
        quantity: number(item, "quantity")?,
    })
}

impl DynamoCarts {
    /// Carts in `table`, which [`crate::schema::create_dynamodb`] made.
    pub fn new(db: DynamoDb, table: impl Into<String>) -> Self {
        let name = table.into();
        Self {
            table: Table { db, name },
        }
    }
}

#[async_trait]
impl CartRepository for DynamoCarts {
    async fn add(&self, user: u64, product: u64, quantity: u32) -> Result<u32, RepoError> {
        pieces(quantity, MAX_QUANTITY)?;
        let change = Expression {
            update: Some(
                "SET #quantity = if_not_exists(#quantity, :none) + :more, \
                 #user_id = :user, #product_id = :product",
            ),
            condition: Some("attribute_not_exists(#quantity) OR #quantity <= :most"),
            names: &["quantity", "user_id", "product_id"],
            values: vec![
                ("none", n(0_u64)),
                ("more", n(quantity)),
                ("most", n(MAX_QUANTITY - quantity)),
                ("user", n(user)),
                ("product", n(product)),
            ],
        };
        let key = line_key(user, product);
        match self.table.update(key, change, Idempotency::None).await {
            Ok(item) => number(&item, "quantity"),
            Err(error) if error.kind() == ErrorKind::ConditionFailed => {
                Err(RepoError::QuantityLimit)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn set(&self, user: u64, product: u64, quantity: u32) -> Result<(), RepoError> {
        pieces(quantity, MAX_QUANTITY)?;
        let change = Expression {
            update: Some("SET #quantity = :quantity"),
            condition: Some("attribute_exists(#pk)"),
            names: &["quantity", "pk"],
            values: vec![("quantity", n(quantity))],
        };
        let key = line_key(user, product);
        match self.table.update(key, change, Idempotency::ByToken).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(RepoError::NoSuchLine),
            Err(error) => Err(error.into()),
        }
    }

    async fn remove(&self, user: u64, product: u64) -> Result<bool, RepoError> {
        self.table.delete(line_key(user, product)).await
    }

    async fn clear(&self, user: u64) -> Result<u32, RepoError> {
        let lines = self
            .table
            .query(Query {
                index: None,
                partition: cart(user),
                range: Range::All,
                most: usize::MAX,
            })
            .await?;
        let deletes = lines.iter().map(deleting).collect::<Result<Vec<_>, _>>()?;
        let count = u32::try_from(deletes.len()).unwrap_or(u32::MAX);
        self.table
            .db
            .batch_write(&self.table.name, deletes)
            .await
            .map_err(|stopped| RepoError::Store(stopped.error))?;
        Ok(count)
    }

    async fn line(&self, user: u64, product: u64) -> Result<Option<CartLine>, RepoError> {
        let item = self.table.get(line_key(user, product)).await?;
        item.as_ref().map(line).transpose()
    }

    async fn lines(
        &self,
        user: u64,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<CartLine>, RepoError> {
        let limit = page_size(limit)?;
        let range = match after {
            None => Range::All,
            Some(after) => {
                let [product] = cursor::numbers(List::Cart, after)?;
                Range::After(digits(product))
            }
        };
        let items = self
            .table
            .query(Query {
                index: None,
                partition: cart(user),
                range,
                most: limit + 1,
            })
            .await?;
        let lines = items.iter().map(line).collect::<Result<_, _>>()?;
        Ok(Page::cut(lines, limit, |line: &CartLine| {
            cursor::after_numbers(List::Cart, [line.product_id])
        }))
    }

    async fn put_exact(&self, line: &CartLine) -> Result<(), RepoError> {
        pieces(line.quantity, MAX_QUANTITY)?;
        self.table
            .put(item(
                line_key(line.user_id, line.product_id),
                [
                    ("user_id", n(line.user_id)),
                    ("product_id", n(line.product_id)),
                    ("quantity", n(line.quantity)),
                ],
            ))
            .await
    }
}

fn deleting(item: &Item) -> Result<WriteRequest, RepoError> {
    let mut request = DeleteRequest::builder();
    for name in ["pk", "sk"] {
        let value = item.get(name).ok_or_else(|| unreadable(name))?;
        request = request.key(name, value.clone());
    }
    let request = request.build().map_err(|native| {
        RepoError::Store(
            Error::new(ErrorKind::Unexpected, "a request to DynamoDB is incomplete")
                .backend("dynamodb")
                .source(native),
        )
    })?;
    Ok(WriteRequest::builder().delete_request(request).build())
}

//! Products on DynamoDB: what lists show in one item, the description in another.

use async_trait::async_trait;
use dal_dynamodb::{DynamoDb, Item, Role};
use dal_traits::{ErrorKind, Idempotency};

use super::item::{digits, n, number, pair, s, text};
use super::table::{
    BY_PK1, BY_PK2, Counter, Expression, Query, Range, Table, absent, item, just_after, key,
    present, to_the_end_of,
};
use crate::cursor::{self, List};
use crate::error::RepoError;
use crate::model::{self, Listed, MAX_STOCK, NewProduct, Page, Prices, Product, page_size, pieces};
use crate::repos::ProductRepository;

/// [`ProductRepository`] in the shop's table.
#[derive(Clone, Debug)]
pub struct DynamoProducts {
    table: Table,
}

pub(super) const TEXT: &str = "TEXT";

/// The key of the item with what lists show.
pub(super) fn product_key(id: u64) -> Item {
    key(format!("PRODUCT#{id}"), "#")
}

fn text_key(id: u64) -> Item {
    key(format!("PRODUCT#{id}"), TEXT)
}

fn category(name: &str) -> String {
    format!("CATEGORY#{name}")
}

fn seller(name: &str) -> String {
    format!("SELLER#{name}")
}

fn listed_item(listed: &Listed) -> Item {
    item(
        product_key(listed.id),
        [
            ("id", n(listed.id)),
            ("seller", s(&listed.seller)),
            ("category", s(&listed.category)),
            ("name", s(&listed.name)),
            ("price", n(listed.price)),
            ("stock", n(listed.stock)),
            ("pk1", s(category(&listed.category))),
            ("sk1", s(pair(listed.price, listed.id))),
            ("pk2", s(seller(&listed.seller))),
            ("sk2", s(digits(listed.id))),
        ],
    )
}

fn text_item(id: u64, description: &str) -> Item {
    item(text_key(id), [("description", s(description))])
}

pub(super) fn listed(item: &Item) -> Result<Listed, RepoError> {
    Ok(Listed {
        id: number(item, "id")?,
        seller: text(item, "seller")?,
        category: text(item, "category")?,
        name: text(item, "name")?,
        price: number(item, "price")?,
        stock: number(item, "stock")?,
    })
}

impl DynamoProducts {
    /// Products in `table`, which [`crate::schema::create_dynamodb`] made.
    pub fn new(db: DynamoDb, table: impl Into<String>) -> Self {
        let name = table.into();
        Self {
            table: Table { db, name },
        }
    }

    async fn change_stock(
        &self,
        id: u64,
        change: Expression,
        refusal: RepoError,
    ) -> Result<u32, RepoError> {
        match self
            .table
            .update(product_key(id), change, Idempotency::None)
            .await
        {
            Ok(item) => number(&item, "stock"),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(RepoError::NoSuchProduct),
            Err(error) if error.kind() == ErrorKind::ConditionFailed => Err(refusal),
            Err(error) => Err(error.into()),
        }
    }

    async fn page(&self, query: Query) -> Result<Vec<Listed>, RepoError> {
        self.table.query(query).await?.iter().map(listed).collect()
    }
}

#[async_trait]
impl ProductRepository for DynamoProducts {
    async fn add(&self, new_product: &NewProduct) -> Result<Product, RepoError> {
        new_product.check()?;
        let product = new_product.with_id(self.table.next_id(Counter::Products).await?);
        let description = text_item(product.listed.id, &product.description);
        self.table
            .transact(vec![
                (
                    self.table
                        .putting(listed_item(&product.listed), &absent())?,
                    Role::Insert,
                ),
                (
                    self.table.putting(description, &Expression::default())?,
                    Role::Condition,
                ),
            ])
            .await?;
        Ok(product)
    }

    async fn get(&self, id: u64) -> Result<Option<Product>, RepoError> {
        let items = self
            .table
            .query(Query {
                index: None,
                partition: format!("PRODUCT#{id}"),
                range: Range::All,
                most: 2,
            })
            .await?;
        // "#" comes before "TEXT".
        let [main, description] = items.as_slice() else {
            return Ok(None);
        };
        Ok(Some(Product {
            listed: listed(main)?,
            description: text(description, "description")?,
        }))
    }

    async fn by_category(
        &self,
        category_name: &str,
        prices: Prices,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Listed>, RepoError> {
        let limit = page_size(limit)?;
        let after = after
            .map(|after| cursor::numbers::<2>(List::Category, after))
            .transpose()?;
        let low = digits(prices.min);
        let low = match after {
            Some([price, id]) => low.max(just_after(&pair(price, id))),
            None => low,
        };
        let high = to_the_end_of(prices.max);
        // DynamoDB refuses a range that ends before it begins, and a key that is too long.
        let products = if low > high || model::text("category", category_name).is_err() {
            Vec::new()
        } else {
            self.page(Query {
                index: Some(BY_PK1),
                partition: category(category_name),
                range: Range::Between(low, high),
                most: limit + 1,
            })
            .await?
        };
        Ok(Page::cut(products, limit, |product: &Listed| {
            cursor::after_numbers(List::Category, [product.price, product.id])
        }))
    }

    async fn by_seller(
        &self,
        seller_name: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Listed>, RepoError> {
        let limit = page_size(limit)?;
        let after = after
            .map(|after| cursor::numbers::<1>(List::Seller, after))
            .transpose()?;
        let products = if model::text("seller", seller_name).is_err() {
            Vec::new()
        } else {
            self.page(Query {
                index: Some(BY_PK2),
                partition: seller(seller_name),
                range: Range::Down(after.map(|[id]| digits(id))),
                most: limit + 1,
            })
            .await?
        };
        Ok(Page::cut(products, limit, |product: &Listed| {
            cursor::after_numbers(List::Seller, [product.id])
        }))
    }

    async fn set_price(&self, id: u64, price: u64) -> Result<(), RepoError> {
        let change = Expression {
            update: Some("SET #price = :price, #sk1 = :sk1"),
            condition: Some("attribute_exists(#pk)"),
            names: &["price", "sk1", "pk"],
            values: vec![("price", n(price)), ("sk1", s(pair(price, id)))],
        };
        match self
            .table
            .update(product_key(id), change, Idempotency::ByToken)
            .await
        {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(RepoError::NoSuchProduct),
            Err(error) => Err(error.into()),
        }
    }

    async fn describe(&self, id: u64, description: &str) -> Result<(), RepoError> {
        model::description(description)?;
        let item = text_item(id, description);
        let plan = vec![
            (
                self.table.checking(product_key(id), &present())?,
                Role::reference("product"),
            ),
            (
                self.table.putting(item, &Expression::default())?,
                Role::Condition,
            ),
        ];
        match self.table.transact(plan).await {
            Err(error) if error.kind() == ErrorKind::ReferenceViolation => {
                Err(RepoError::NoSuchProduct)
            }
            done => Ok(done?),
        }
    }

    async fn restock(&self, id: u64, quantity: u32) -> Result<u32, RepoError> {
        pieces(quantity, MAX_STOCK)?;
        let change = Expression {
            update: Some("SET #stock = #stock + :quantity"),
            condition: Some("attribute_exists(#pk) AND #stock <= :most"),
            names: &["stock", "pk"],
            values: vec![("quantity", n(quantity)), ("most", n(MAX_STOCK - quantity))],
        };
        self.change_stock(id, change, RepoError::StockLimit).await
    }

    async fn take(&self, id: u64, quantity: u32) -> Result<u32, RepoError> {
        pieces(quantity, MAX_STOCK)?;
        self.change_stock(id, taking(quantity), RepoError::OutOfStock)
            .await
    }

    async fn remove(&self, id: u64) -> Result<bool, RepoError> {
        let plan = vec![
            (
                self.table.deleting(product_key(id), &present())?,
                Role::reference("product"),
            ),
            (
                self.table.deleting(text_key(id), &Expression::default())?,
                Role::Condition,
            ),
        ];
        match self.table.transact(plan).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::ReferenceViolation => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn put_exact(&self, product: &Product) -> Result<(), RepoError> {
        self.table
            .pass_id(Counter::Products, product.listed.id)
            .await?;
        let description = text_item(product.listed.id, &product.description);
        let free = Expression::default();
        self.table
            .transact(vec![
                (
                    self.table.putting(listed_item(&product.listed), &free)?,
                    Role::Condition,
                ),
                (self.table.putting(description, &free)?, Role::Condition),
            ])
            .await?;
        Ok(())
    }

    async fn pass_id(&self, id: u64) -> Result<(), RepoError> {
        self.table.pass_id(Counter::Products, id).await
    }
}

/// Takes pieces away, never below zero.
pub(super) fn taking(quantity: u32) -> Expression {
    Expression {
        update: Some("SET #stock = #stock - :quantity"),
        condition: Some("attribute_exists(#pk) AND #stock >= :quantity"),
        names: &["stock", "pk"],
        values: vec![("quantity", n(quantity))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MAX_DESCRIPTION, MAX_TEXT};
    use dal_dynamodb::{MAX_ITEM_BYTES, MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES};

    #[test]
    fn the_longest_texts_fit_into_items_and_keys() {
        let longest = "🙂".repeat(MAX_TEXT);
        let product = NewProduct {
            seller: longest.clone(),
            category: longest.clone(),
            name: longest.clone(),
            description: "x".repeat(MAX_DESCRIPTION),
            price: u64::MAX,
            stock: MAX_STOCK,
        };
        product.check().unwrap();
        let product = product.with_id(u64::MAX);
        assert!(dal_dynamodb::item_size(&listed_item(&product.listed)) <= MAX_ITEM_BYTES);
        let description = text_item(u64::MAX, &product.description);
        assert!(dal_dynamodb::item_size(&description) <= MAX_ITEM_BYTES);
        assert!(category(&longest).len() <= MAX_PARTITION_KEY_BYTES);
        assert!(
            longest.len() <= MAX_SORT_KEY_BYTES,
            "names of users are sort keys"
        );
    }
}

//! Carts on `Store`.

use std::ops::Bound;

use async_trait::async_trait;
use dal_traits::store::{Store, TypedStore};
use dal_traits::{Error, ErrorKind};

use super::records::carts::{ByCarts, ById, New, Row, Whole};
use super::{ATTEMPTS, look_ahead, overtaken};
use crate::cursor::{self, List};
use crate::error::RepoError;
use crate::model::{CartLine, MAX_PAGE, MAX_QUANTITY, Page, page_size, pieces};
use crate::repos::CartRepository;

/// [`CartRepository`] on a `Store` of the shop's contract.
#[derive(Clone, Debug)]
pub struct StoreCarts {
    store: TypedStore,
}

type Shapes = (Row, New, Whole, ById, ByCarts);

impl StoreCarts {
    /// Carts in `store`.
    ///
    /// # Errors
    /// When the store's model is not the shop's.
    pub fn new(store: Store) -> Result<Self, Error> {
        Ok(Self {
            store: store.verify::<Shapes>()?,
        })
    }

    /// At most so many lines of a user, by product.
    async fn behind(
        &self,
        user_id: u64,
        after: Bound<u64>,
        limit: u32,
    ) -> Result<Vec<CartLine>, Error> {
        let lines = self.store.query(ByCarts {
            user_id,
            product_id: (after, Bound::Unbounded),
        });
        let page = lines.limit(limit).await?;
        Ok(page.records.iter().map(line).collect())
    }
}

const fn line(row: &Row) -> CartLine {
    CartLine {
        user_id: row.user_id,
        product_id: row.product_id,
        quantity: row.quantity,
    }
}

fn refused(error: Error) -> RepoError {
    match error.kind() {
        ErrorKind::NotFound => RepoError::NoSuchLine,
        _ => error.into(),
    }
}

#[async_trait]
impl CartRepository for StoreCarts {
    async fn add(&self, user: u64, product: u64, quantity: u32) -> Result<u32, RepoError> {
        pieces(quantity, MAX_QUANTITY)?;
        // What the line has then is part of the answer, so what it had must still be there.
        for _ in 0..ATTEMPTS {
            let (user_id, product_id) = (user, product);
            let found = self
                .store
                .get(ById {
                    user_id,
                    product_id,
                })
                .await?;
            let written = match &found {
                None => {
                    let new = New {
                        user_id,
                        product_id,
                        quantity,
                    };
                    self.store.insert(new).await.map(drop)
                }
                Some(found) if found.quantity > MAX_QUANTITY - quantity => {
                    return Err(RepoError::QuantityLimit);
                }
                Some(found) => {
                    let update = self.store.update::<Row>((user, product));
                    let update = update.add(Row::QUANTITY, quantity);
                    update.when(Row::QUANTITY.eq(found.quantity)).await
                }
            };
            match written {
                Ok(()) => return Ok(found.map_or(0, |found| found.quantity) + quantity),
                Err(error) if is_overtaken(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(overtaken("the line"))
    }

    async fn set(&self, user: u64, product: u64, quantity: u32) -> Result<(), RepoError> {
        pieces(quantity, MAX_QUANTITY)?;
        let update = self.store.update::<Row>((user, product));
        update.set(Row::QUANTITY, quantity).await.map_err(refused)
    }

    async fn remove(&self, user: u64, product: u64) -> Result<bool, RepoError> {
        Ok(self.store.delete::<Row>((user, product)).await?)
    }

    async fn clear(&self, user: u64) -> Result<u32, RepoError> {
        let mut removed = 0;
        let mut after = Bound::Unbounded;
        loop {
            let lines = self.behind(user, after, MAX_PAGE).await?;
            let Some(last) = lines.last() else {
                return Ok(removed);
            };
            after = Bound::Excluded(last.product_id);
            for line in &lines {
                removed += u32::from(self.remove(user, line.product_id).await?);
            }
        }
    }

    async fn line(&self, user: u64, product: u64) -> Result<Option<CartLine>, RepoError> {
        let (user_id, product_id) = (user, product);
        let found = self
            .store
            .get(ById {
                user_id,
                product_id,
            })
            .await?;
        Ok(found.as_ref().map(line))
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
        let after = after.map_or(Bound::Unbounded, |[product]| Bound::Excluded(product));
        let lines = self.behind(user, after, look_ahead(limit)).await?;
        Ok(Page::cut(lines, limit, |line: &CartLine| {
            cursor::after_numbers(List::Cart, [line.product_id])
        }))
    }

    async fn put_exact(&self, line: &CartLine) -> Result<(), RepoError> {
        pieces(line.quantity, MAX_QUANTITY)?;
        let whole = Whole {
            user_id: line.user_id,
            product_id: line.product_id,
            quantity: line.quantity,
        };
        Ok(self.store.put(whole).await?)
    }
}

/// Another call has added, changed or removed the line meanwhile.
fn is_overtaken(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::AlreadyExists | ErrorKind::NotFound | ErrorKind::ConditionFailed
    )
}

//! Orders on `Store`.

use std::collections::HashMap;
use std::ops::Bound;

use async_trait::async_trait;
use dal_traits::store::{EntityStore, Path, Store, TypedStore};
use dal_traits::{Error, ErrorKind};
use time::{OffsetDateTime, PrimitiveDateTime};

use super::records::orders::{ById, ByUser, LinesElement, New, Row, Whole};
use super::records::{carts, products};
use super::{ATTEMPTS, look_ahead, overtaken, utc};
use crate::checkout::{self, Offer};
use crate::cursor::{self, List};
use crate::error::RepoError;
use crate::model::{
    CartLine, MAX_LINES, Order, OrderLine, Page, from_micros, micros, moment, page_size,
};
use crate::repos::OrderRepository;

/// [`OrderRepository`] on a `Store` of the shop's contract.
#[derive(Clone, Debug)]
pub struct StoreOrders {
    store: TypedStore,
    entity: EntityStore,
}

/// Orders of one moment, by id.
#[derive(Path)]
#[dal(Row, "by_user")]
struct AtMoment {
    user_id: u64,
    placed_at: PrimitiveDateTime,
    #[dal(range)]
    id: (Bound<u64>, Bound<u64>),
}

type Shapes<'a> = (
    (Row, New<'a>, Whole<'a>),
    (ById, ByUser, AtMoment),
    (carts::Row, carts::ByCarts, products::Row),
);

impl StoreOrders {
    /// Orders in `store`.
    ///
    /// # Errors
    /// When the store's model is not the shop's.
    pub fn new(store: Store) -> Result<Self, Error> {
        Ok(Self {
            entity: store.entity("Orders")?,
            store: store.verify::<Shapes<'_>>()?,
        })
    }

    /// Reads the cart and its products, and decides what the order would be.
    async fn draft(&self, user: u64, placed_at: OffsetDateTime) -> Result<Order, RepoError> {
        let cart = self.store.query(carts::ByCarts {
            user_id: user,
            product_id: (Bound::Unbounded, Bound::Unbounded),
        });
        let cart = cart.limit(look_ahead(MAX_LINES)).await?.records;
        let cart: Vec<CartLine> = cart
            .into_iter()
            .map(|line| CartLine {
                user_id: line.user_id,
                product_id: line.product_id,
                quantity: line.quantity,
            })
            .collect();
        checkout::fits(cart.len())?;
        let ids = cart.iter().map(|line| line.product_id);
        let products = self.store.get_many::<products::Row>(ids).await?;
        let offers: HashMap<u64, Offer> = products
            .into_iter()
            .flatten()
            .map(|product| {
                let (price, stock) = (product.price, product.stock);
                (product.id, Offer { price, stock })
            })
            .collect();
        checkout::draft(user, placed_at, &cart, |product| {
            offers.get(&product).copied()
        })
    }
}

fn elements(order: &Order) -> Vec<LinesElement> {
    let lines = order.lines.iter().map(|line| LinesElement {
        product_id: line.product_id,
        quantity: line.quantity,
        price: line.price,
    });
    lines.collect()
}

fn whole<'a>(order: &Order, lines: &'a [LinesElement]) -> Whole<'a> {
    Whole {
        id: order.id,
        user_id: order.user_id,
        placed_at: utc(order.placed_at),
        total: order.total,
        lines,
    }
}

fn order(row: Row) -> Order {
    let lines = row.lines.into_iter().map(|line| OrderLine {
        product_id: line.product_id,
        quantity: line.quantity,
        price: line.price,
    });
    Order {
        id: row.id,
        user_id: row.user_id,
        placed_at: row.placed_at.assume_utc(),
        total: row.total,
        lines: lines.collect(),
    }
}

#[async_trait]
impl OrderRepository for StoreOrders {
    async fn checkout(&self, user: u64, placed_at: OffsetDateTime) -> Result<Order, RepoError> {
        let placed_at = moment(placed_at)?;
        for _ in 0..ATTEMPTS {
            let mut order = self.draft(user, placed_at).await?;
            let lines = elements(&order);
            let mut tx = self.store.transact();
            let inserted = tx.insert(New {
                user_id: user,
                placed_at: utc(placed_at),
                total: order.total,
                lines: &lines,
            });
            // Only what the order says, if it is still so: the cart may hold more by now.
            for line in &order.lines {
                let stock = products::Row::STOCK.ge(line.quantity);
                tx.update::<products::Row>(line.product_id)
                    .add(products::Row::STOCK, -i64::from(line.quantity))
                    .when(stock.and(products::Row::PRICE.eq(line.price)));
                tx.delete::<carts::Row>((user, line.product_id))
                    .when(carts::Row::QUANTITY.eq(line.quantity));
            }
            match tx.commit().await {
                Ok(done) => {
                    order.id = done.id(inserted)?;
                    return Ok(order);
                }
                Err(error) if is_overtaken(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(overtaken("the cart or its products"))
    }

    async fn get(&self, id: u64) -> Result<Option<Order>, RepoError> {
        Ok(self.store.get(ById { id }).await?.map(order))
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
        let mut rows = Vec::new();
        let mut latest = Bound::Unbounded;
        // First what is left of the moment of the cursor, then what is older.
        if let Some([time, id]) = after {
            let placed_at = utc(from_micros(time).ok_or(RepoError::BadCursor)?);
            let same = self.store.query(AtMoment {
                user_id: user,
                placed_at,
                id: (Bound::Unbounded, Bound::Excluded(id)),
            });
            rows = same.backward().limit(look_ahead(limit)).await?.records;
            latest = Bound::Excluded(placed_at);
        }
        let missing = look_ahead(limit).saturating_sub(u32::try_from(rows.len()).unwrap_or(0));
        if missing > 0 {
            let older = self.store.query(ByUser {
                user_id: user,
                placed_at: (Bound::Unbounded, latest),
            });
            rows.extend(older.backward().limit(missing).await?.records);
        }
        let orders = rows.into_iter().map(order).collect();
        Ok(Page::cut(orders, limit, |order: &Order| {
            let time = micros(order.placed_at).unwrap_or_default();
            cursor::after_numbers(List::Orders, [time, order.id])
        }))
    }

    async fn apply(&self, order: &Order) -> Result<(), RepoError> {
        let lines = elements(order);
        let mut tx = self.store.transact();
        tx.insert(whole(order, &lines));
        for line in &order.lines {
            tx.update::<products::Row>(line.product_id)
                .add(products::Row::STOCK, -i64::from(line.quantity))
                .when(products::Row::STOCK.ge(line.quantity));
            tx.delete::<carts::Row>((order.user_id, line.product_id));
        }
        match tx.commit().await {
            Ok(_) => Ok(()),
            Err(error) => match (error.kind(), error.step()) {
                (ErrorKind::AlreadyExists, Some(1)) => Ok(()),
                (ErrorKind::NotFound, _) => Err(RepoError::NoSuchProduct),
                (ErrorKind::ConditionFailed, _) => Err(RepoError::OutOfStock),
                _ => Err(error.into()),
            },
        }
    }

    async fn remove(&self, id: u64) -> Result<bool, RepoError> {
        Ok(self.store.delete::<Row>(id).await?)
    }

    async fn put_exact(&self, order: &Order) -> Result<(), RepoError> {
        let lines = elements(order);
        Ok(self.store.put(whole(order, &lines)).await?)
    }

    async fn pass_id(&self, id: u64) -> Result<(), RepoError> {
        Ok(self.entity.pass_id(id.into()).await?)
    }
}

/// The cart or one of its products is not any more as it was read.
fn is_overtaken(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::ConditionFailed
    )
}

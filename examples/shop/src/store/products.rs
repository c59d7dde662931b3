//! Products on `Store`.

use std::ops::Bound;

use async_trait::async_trait;
use dal_traits::store::{Entity, EntityStore, Path, Store, TypedStore};
use dal_traits::{Error, ErrorKind};

use super::records::products::{ById, New, Row, Whole};
use super::{ATTEMPTS, look_ahead, overtaken};
use crate::cursor::{self, List};
use crate::error::RepoError;
use crate::model::{self, Listed, MAX_STOCK, NewProduct, Page, Prices, Product, page_size, pieces};
use crate::repos::ProductRepository;

/// [`ProductRepository`] on a `Store` of the shop's contract.
#[derive(Clone, Debug)]
pub struct StoreProducts {
    store: TypedStore,
    entity: EntityStore,
}

/// What lists show.
#[derive(Entity)]
#[dal("Products")]
struct InList {
    id: u64,
    seller: String,
    category: String,
    name: String,
    price: u64,
    stock: u32,
}

#[derive(Path)]
#[dal(InList, "by_category")]
struct InCategory<'a> {
    category: &'a str,
    #[dal(range)]
    price: (Bound<u64>, Bound<u64>),
}

#[derive(Path)]
#[dal(InList, "by_category")]
struct AtPrice<'a> {
    category: &'a str,
    price: u64,
    #[dal(range)]
    id: (Bound<u64>, Bound<u64>),
}

#[derive(Path)]
#[dal(InList, "by_seller")]
struct OfSeller<'a> {
    seller: &'a str,
    #[dal(range)]
    id: (Bound<u64>, Bound<u64>),
}

type Shapes<'a> = (
    (Row, InList, New<'a>, Whole<'a>),
    (ById, InCategory<'a>, AtPrice<'a>, OfSeller<'a>),
);

impl StoreProducts {
    /// Products in `store`.
    ///
    /// # Errors
    /// When the store's model is not the shop's.
    pub fn new(store: Store) -> Result<Self, Error> {
        Ok(Self {
            entity: store.entity("Products")?,
            store: store.verify::<Shapes<'_>>()?,
        })
    }

    /// Lets `change` decide on the stock that was read, and writes that where it is still the same.
    async fn change_stock(
        &self,
        id: u64,
        change: impl Fn(u32) -> Result<u32, RepoError> + Send + Sync,
    ) -> Result<u32, RepoError> {
        for _ in 0..ATTEMPTS {
            let found = self.store.get(ById { id }).await?;
            let old = found.ok_or(RepoError::NoSuchProduct)?.stock;
            let new = change(old)?;
            let update = self.store.update::<Row>(id).set(Row::STOCK, new);
            match update.when(Row::STOCK.eq(old)).await {
                Ok(()) => return Ok(new),
                Err(error) if error.kind() == ErrorKind::ConditionFailed => {}
                Err(error) => return Err(refused(error)),
            }
        }
        Err(overtaken("the stock"))
    }
}

fn listed(row: InList) -> Listed {
    Listed {
        id: row.id,
        seller: row.seller,
        category: row.category,
        name: row.name,
        price: row.price,
        stock: row.stock,
    }
}

fn product(row: Row) -> Product {
    Product {
        listed: Listed {
            id: row.id,
            seller: row.seller,
            category: row.category,
            name: row.name,
            price: row.price,
            stock: row.stock,
        },
        description: row.description,
    }
}

fn refused(error: Error) -> RepoError {
    match error.kind() {
        ErrorKind::NotFound => RepoError::NoSuchProduct,
        _ => error.into(),
    }
}

#[async_trait]
impl ProductRepository for StoreProducts {
    async fn add(&self, new_product: &NewProduct) -> Result<Product, RepoError> {
        new_product.check()?;
        let row = self.store.insert(New {
            seller: &new_product.seller,
            category: &new_product.category,
            name: &new_product.name,
            description: &new_product.description,
            price: new_product.price,
            stock: new_product.stock,
        });
        Ok(product(row.await?))
    }

    async fn get(&self, id: u64) -> Result<Option<Product>, RepoError> {
        Ok(self.store.get(ById { id }).await?.map(product))
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
        let mut rows = Vec::new();
        let mut least = Bound::Included(prices.min);
        // First what is left at the price of the cursor, then the prices above.
        if let Some([price, id]) = after {
            if price >= prices.min && price <= prices.max {
                let same = self.store.query(AtPrice {
                    category,
                    price,
                    id: (Bound::Excluded(id), Bound::Unbounded),
                });
                rows = same.limit(look_ahead(limit)).await?.records;
            }
            if price >= prices.min {
                least = Bound::Excluded(price);
            }
        }
        let missing = look_ahead(limit).saturating_sub(u32::try_from(rows.len()).unwrap_or(0));
        if missing > 0 {
            let above = self.store.query(InCategory {
                category,
                price: (least, Bound::Included(prices.max)),
            });
            rows.extend(above.limit(missing).await?.records);
        }
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
        let below = after.map_or(Bound::Unbounded, |[id]| Bound::Excluded(id));
        let newest = self.store.query(OfSeller {
            seller,
            id: (Bound::Unbounded, below),
        });
        let page = newest.backward().limit(look_ahead(limit)).await?;
        let products = page.records.into_iter().map(listed).collect();
        Ok(Page::cut(products, limit, |product: &Listed| {
            cursor::after_numbers(List::Seller, [product.id])
        }))
    }

    async fn set_price(&self, id: u64, price: u64) -> Result<(), RepoError> {
        let update = self.store.update::<Row>(id).set(Row::PRICE, price);
        update.await.map_err(refused)
    }

    async fn describe(&self, id: u64, description: &str) -> Result<(), RepoError> {
        model::description(description)?;
        let update = self.store.update::<Row>(id);
        let update = update.set(Row::DESCRIPTION, description);
        update.await.map_err(refused)
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
        self.store.delete::<Row>(id).await.map_err(refused)
    }

    async fn put_exact(&self, product: &Product) -> Result<(), RepoError> {
        let Product {
            listed,
            description,
        } = product;
        let exact = Whole {
            id: listed.id,
            seller: &listed.seller,
            category: &listed.category,
            name: &listed.name,
            description,
            price: listed.price,
            stock: listed.stock,
        };
        self.store.put(exact).await.map_err(refused)
    }

    async fn pass_id(&self, id: u64) -> Result<(), RepoError> {
        Ok(self.entity.pass_id(id.into()).await?)
    }
}

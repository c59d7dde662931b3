//! The four repositories. Each is implemented twice: [`crate::mysql`] and [`crate::dynamodb`].

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::error::RepoError;
use crate::model::{CartLine, Listed, NewProduct, NewUser, Order, Page, Prices, Product, User};

/// Customers: unique e-mail, unique name, an id that the store makes.
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// Adds a customer.
    ///
    /// # Errors
    /// [`RepoError::EmailTaken`] (also when both are taken), [`RepoError::NameTaken`].
    async fn register(&self, new: &NewUser) -> Result<User, RepoError>;

    /// Gives a customer another name.
    ///
    /// # Errors
    /// [`RepoError::NoSuchUser`], [`RepoError::NameTaken`].
    async fn rename(&self, id: u64, name: &str) -> Result<(), RepoError>;

    /// Removes a customer; says whether there was one.
    async fn remove(&self, id: u64) -> Result<bool, RepoError>;

    /// The customer with this id.
    async fn get(&self, id: u64) -> Result<Option<User>, RepoError>;

    /// The customer with this e-mail, to the byte.
    async fn by_email(&self, email: &str) -> Result<Option<User>, RepoError>;

    /// The customer with this name, to the byte.
    async fn by_name(&self, name: &str) -> Result<Option<User>, RepoError>;

    /// Customers in the byte order of their names.
    ///
    /// # Errors
    /// [`RepoError::BadCursor`]; [`RepoError::Invalid`] for the limit 0.
    async fn list(&self, after: Option<&str>, limit: u32) -> Result<Page<User>, RepoError>;

    /// Puts a customer exactly as it is, id and time included, over what has this id; moves the
    /// store's ids past it.
    ///
    /// # Errors
    /// [`RepoError::EmailTaken`], [`RepoError::NameTaken`] when another id has it.
    async fn put_exact(&self, user: &User) -> Result<(), RepoError>;
}

/// Products: listed by category and price, and by seller; their stock is never below zero.
#[async_trait]
pub trait ProductRepository: Send + Sync {
    /// Adds a product.
    async fn add(&self, new_product: &NewProduct) -> Result<Product, RepoError>;

    /// The product with this id.
    async fn get(&self, id: u64) -> Result<Option<Product>, RepoError>;

    /// Products of a category with a price in `prices`, by price, then by id.
    ///
    /// # Errors
    /// [`RepoError::BadCursor`]; [`RepoError::Invalid`] for the limit 0.
    async fn by_category(
        &self,
        category: &str,
        prices: Prices,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Listed>, RepoError>;

    /// Products of a seller, newest first.
    ///
    /// # Errors
    /// [`RepoError::BadCursor`]; [`RepoError::Invalid`] for the limit 0.
    async fn by_seller(
        &self,
        seller: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Listed>, RepoError>;

    /// Sets the price, in cents.
    ///
    /// # Errors
    /// [`RepoError::NoSuchProduct`].
    async fn set_price(&self, id: u64, price: u64) -> Result<(), RepoError>;

    /// Sets the description.
    ///
    /// # Errors
    /// [`RepoError::NoSuchProduct`], [`RepoError::TooLong`].
    async fn describe(&self, id: u64, description: &str) -> Result<(), RepoError>;

    /// Adds pieces; says how many there are then.
    ///
    /// # Errors
    /// [`RepoError::NoSuchProduct`], [`RepoError::StockLimit`]; [`RepoError::Invalid`] for none.
    async fn restock(&self, id: u64, quantity: u32) -> Result<u32, RepoError>;

    /// Takes pieces away; says how many are left.
    ///
    /// # Errors
    /// [`RepoError::NoSuchProduct`], [`RepoError::OutOfStock`]; [`RepoError::Invalid`] for none.
    async fn take(&self, id: u64, quantity: u32) -> Result<u32, RepoError>;

    /// Removes a product; says whether there was one. Carts and orders keep its id.
    async fn remove(&self, id: u64) -> Result<bool, RepoError>;

    /// Puts a product exactly as it is, over what has this id; moves the store's ids past it.
    async fn put_exact(&self, product: &Product) -> Result<(), RepoError>;
}

/// Carts: one line for each user and product.
#[async_trait]
pub trait CartRepository: Send + Sync {
    /// Adds pieces of a product; says how many the line has then. The product is looked at only at
    /// checkout.
    ///
    /// # Errors
    /// [`RepoError::QuantityLimit`]; [`RepoError::Invalid`] for no piece or too many at once.
    async fn add(&self, user: u64, product: u64, quantity: u32) -> Result<u32, RepoError>;

    /// Sets the pieces of a line that is there.
    ///
    /// # Errors
    /// [`RepoError::NoSuchLine`]; [`RepoError::Invalid`] for no piece or too many.
    async fn set(&self, user: u64, product: u64, quantity: u32) -> Result<(), RepoError>;

    /// Removes a line; says whether there was one.
    async fn remove(&self, user: u64, product: u64) -> Result<bool, RepoError>;

    /// Removes all lines of a user; says how many there were.
    async fn clear(&self, user: u64) -> Result<u32, RepoError>;

    /// One line.
    async fn line(&self, user: u64, product: u64) -> Result<Option<CartLine>, RepoError>;

    /// The lines of a user by product.
    ///
    /// # Errors
    /// [`RepoError::BadCursor`]; [`RepoError::Invalid`] for the limit 0.
    async fn lines(
        &self,
        user: u64,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<CartLine>, RepoError>;

    /// Puts a line exactly as it is.
    async fn put_exact(&self, line: &CartLine) -> Result<(), RepoError>;
}

/// Orders, made from a cart in one transaction.
#[async_trait]
pub trait OrderRepository: Send + Sync {
    /// Turns the cart of `user` into an order: takes the pieces from the stock, empties the cart, at
    /// the prices of this moment, all or nothing. `placed_at` is kept in microseconds.
    ///
    /// # Errors
    /// [`RepoError::EmptyCart`], [`RepoError::CartTooBig`]; then, for the first product by id,
    /// [`RepoError::NoSuchProduct`] or [`RepoError::OutOfStock`]; [`RepoError::Invalid`] for a time
    /// or total out of range.
    async fn checkout(&self, user: u64, placed_at: OffsetDateTime) -> Result<Order, RepoError>;

    /// The order with this id.
    async fn get(&self, id: u64) -> Result<Option<Order>, RepoError>;

    /// The orders of a user, newest first.
    ///
    /// # Errors
    /// [`RepoError::BadCursor`]; [`RepoError::Invalid`] for the limit 0.
    async fn of_user(
        &self,
        user: u64,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Order>, RepoError>;

    /// Does what [`OrderRepository::checkout`] did on the other store: takes the order's pieces from
    /// the stock, its products from the cart, and puts the order exactly as it is. Does nothing when
    /// the order is there already.
    ///
    /// # Errors
    /// [`RepoError::NoSuchProduct`], [`RepoError::OutOfStock`].
    async fn apply(&self, order: &Order) -> Result<(), RepoError>;

    /// Removes an order, leaving stock and carts alone; says whether there was one.
    async fn remove(&self, id: u64) -> Result<bool, RepoError>;

    /// Puts an order exactly as it is, leaving stock and carts alone; moves the store's ids past it.
    async fn put_exact(&self, order: &Order) -> Result<(), RepoError>;
}

//! The four repositories. Each is implemented twice, [`crate::mysql`] and [`crate::dynamodb`], and
//! run on both by its wrapper: `ShadowUserRepository` and so on.
//!
//! A write whose arguments decide everything is replayed on the secondary store; one to which the
//! store adds an id or a time is mirrored with what the primary store returned. A page's cursor is
//! a position that both stores understand, so that pages are compared, and turned while the shop
//! moves.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::error::RepoError;
use crate::model::{CartLine, Listed, NewProduct, NewUser, Order, Page, Prices, Product, User};

/// Lines of a cart that are read at once when it is repaired.
const CART_PAGE: u32 = 100;

/// Customers: unique e-mail, unique name, an id that the store makes.
#[dal_shadow::shadow(
    ops,
    generated = "User.created_at",
    repair(read = get, put = put_exact, delete = remove, ids = pass_id)
)]
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// Adds a customer.
    ///
    /// # Errors
    /// [`RepoError::EmailTaken`] (also when both are taken), [`RepoError::NameTaken`].
    #[shadow(write, mirror = put_exact, creates(user = id))]
    async fn register(&self, new: &NewUser) -> Result<User, RepoError>;

    /// Gives a customer another name.
    ///
    /// # Errors
    /// [`RepoError::NoSuchUser`], [`RepoError::NameTaken`].
    #[shadow(write, replay)]
    async fn rename(&self, #[handle(user)] id: u64, name: &str) -> Result<(), RepoError>;

    /// Removes a customer; returns whether there was one.
    #[shadow(write, replay)]
    async fn remove(&self, #[handle(user)] id: u64) -> Result<bool, RepoError>;

    /// The customer with this id.
    #[shadow(read)]
    async fn get(&self, #[handle(user)] id: u64) -> Result<Option<User>, RepoError>;

    /// The customer with this e-mail, to the byte.
    #[shadow(read)]
    async fn by_email(&self, email: &str) -> Result<Option<User>, RepoError>;

    /// The customer with this name, to the byte.
    #[shadow(read)]
    async fn by_name(&self, name: &str) -> Result<Option<User>, RepoError>;

    /// Customers in the byte order of their names.
    ///
    /// # Errors
    /// [`RepoError::BadCursor`]; [`RepoError::Invalid`] for the limit 0.
    #[shadow(read, token(user_page = next, portable))]
    async fn list(
        &self,
        #[handle(user_page)] after: Option<&str>,
        limit: u32,
    ) -> Result<Page<User>, RepoError>;

    /// Puts a customer exactly as it is, id and time included, over what has this id; moves the
    /// store's ids past it.
    ///
    /// # Errors
    /// [`RepoError::EmailTaken`], [`RepoError::NameTaken`] when another id has it.
    #[shadow(mirror, key = user.id)]
    async fn put_exact(&self, user: &User) -> Result<(), RepoError>;

    /// Moves the store's ids past this one.
    #[shadow(mirror)]
    async fn pass_id(&self, #[handle(user)] id: u64) -> Result<(), RepoError>;
}

/// Products: listed by category and price, and by seller; their stock is never below zero.
#[dal_shadow::shadow(
    ops,
    repair(read = get, put = put_exact, delete = remove, ids = pass_id)
)]
#[async_trait]
pub trait ProductRepository: Send + Sync {
    /// Adds a product.
    #[shadow(write, mirror = put_exact, creates(product = "listed.id"))]
    async fn add(&self, new_product: &NewProduct) -> Result<Product, RepoError>;

    /// The product with this id.
    #[shadow(read)]
    async fn get(&self, #[handle(product)] id: u64) -> Result<Option<Product>, RepoError>;

    /// Products of a category with a price in `prices`, by price, then by id.
    ///
    /// # Errors
    /// [`RepoError::BadCursor`]; [`RepoError::Invalid`] for the limit 0.
    #[shadow(read, token(category_page = next, portable))]
    async fn by_category(
        &self,
        category: &str,
        prices: Prices,
        #[handle(category_page)] after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Listed>, RepoError>;

    /// Products of a seller, newest first.
    ///
    /// # Errors
    /// [`RepoError::BadCursor`]; [`RepoError::Invalid`] for the limit 0.
    #[shadow(read, token(seller_page = next, portable))]
    async fn by_seller(
        &self,
        seller: &str,
        #[handle(seller_page)] after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Listed>, RepoError>;

    /// Sets the price, in cents.
    ///
    /// # Errors
    /// [`RepoError::NoSuchProduct`].
    #[shadow(write, replay)]
    async fn set_price(&self, #[handle(product)] id: u64, price: u64) -> Result<(), RepoError>;

    /// Sets the description.
    ///
    /// # Errors
    /// [`RepoError::NoSuchProduct`], [`RepoError::TooLong`].
    #[shadow(write, replay)]
    async fn describe(
        &self,
        #[handle(product)] id: u64,
        description: &str,
    ) -> Result<(), RepoError>;

    /// Adds pieces; returns how many there are then.
    ///
    /// # Errors
    /// [`RepoError::NoSuchProduct`], [`RepoError::StockLimit`]; [`RepoError::Invalid`] for none.
    #[shadow(write, replay)]
    async fn restock(&self, #[handle(product)] id: u64, quantity: u32) -> Result<u32, RepoError>;

    /// Takes pieces away; returns how many are left.
    ///
    /// # Errors
    /// [`RepoError::NoSuchProduct`], [`RepoError::OutOfStock`]; [`RepoError::Invalid`] for none.
    #[shadow(write, replay)]
    async fn take(&self, #[handle(product)] id: u64, quantity: u32) -> Result<u32, RepoError>;

    /// Removes a product; returns whether there was one. Carts and orders keep its id.
    #[shadow(write, replay)]
    async fn remove(&self, #[handle(product)] id: u64) -> Result<bool, RepoError>;

    /// Puts a product exactly as it is, over what has this id; moves the store's ids past it.
    #[shadow(mirror, key = product.listed.id)]
    async fn put_exact(&self, product: &Product) -> Result<(), RepoError>;

    /// Moves the store's ids past this one.
    #[shadow(mirror)]
    async fn pass_id(&self, #[handle(product)] id: u64) -> Result<(), RepoError>;
}

/// Carts: one line for each user and product. The record is the cart of a user, as `clear` writes all
/// of it.
#[dal_shadow::shadow(
    ops,
    ids(user = "CartLine.user_id", product = "CartLine.product_id"),
    repair(with = repair_cart)
)]
#[async_trait]
pub trait CartRepository: Send + Sync {
    /// Adds pieces of a product; returns how many the line has then. The product is looked at only
    /// at checkout.
    ///
    /// # Errors
    /// [`RepoError::QuantityLimit`]; [`RepoError::Invalid`] for no piece or too many at once.
    #[shadow(write, replay)]
    async fn add(
        &self,
        #[handle(user)] user: u64,
        #[handle(product)] product: u64,
        quantity: u32,
    ) -> Result<u32, RepoError>;

    /// Sets the pieces of a line that is there.
    ///
    /// # Errors
    /// [`RepoError::NoSuchLine`]; [`RepoError::Invalid`] for no piece or too many.
    #[shadow(write, replay)]
    async fn set(
        &self,
        #[handle(user)] user: u64,
        #[handle(product)] product: u64,
        quantity: u32,
    ) -> Result<(), RepoError>;

    /// Removes a line; returns whether there was one.
    #[shadow(write, replay)]
    async fn remove(
        &self,
        #[handle(user)] user: u64,
        #[handle(product)] product: u64,
    ) -> Result<bool, RepoError>;

    /// Removes all lines of a user; returns how many there were.
    #[shadow(write, replay)]
    async fn clear(&self, #[handle(user)] user: u64) -> Result<u32, RepoError>;

    /// One line.
    #[shadow(read)]
    async fn line(
        &self,
        #[handle(user)] user: u64,
        #[handle(product)] product: u64,
    ) -> Result<Option<CartLine>, RepoError>;

    /// The lines of a user by product.
    ///
    /// # Errors
    /// [`RepoError::BadCursor`]; [`RepoError::Invalid`] for the limit 0.
    #[shadow(read, token(cart_page = next, portable))]
    async fn lines(
        &self,
        #[handle(user)] user: u64,
        #[handle(cart_page)] after: Option<&str>,
        limit: u32,
    ) -> Result<Page<CartLine>, RepoError>;

    /// Puts a line exactly as it is.
    #[shadow(mirror, key = line.user_id)]
    async fn put_exact(
        &self,
        #[handle(user = user_id, product = product_id)] line: &CartLine,
    ) -> Result<(), RepoError>;
}

/// Makes the cart of a user equal: removes the lines that are gone, puts the others.
async fn repair_cart<A, B>(from: &A, to: &B, user: u64) -> Result<(), RepoError>
where
    A: CartRepository + ?Sized,
    B: CartRepository + ?Sized,
{
    let wanted = all_lines(from, user).await?;
    for line in all_lines(to, user).await? {
        if !wanted.iter().any(|it| it.product_id == line.product_id) {
            to.remove(user, line.product_id).await?;
        }
    }
    for line in &wanted {
        to.put_exact(line).await?;
    }
    Ok(())
}

async fn all_lines<R: CartRepository + ?Sized>(
    carts: &R,
    user: u64,
) -> Result<Vec<CartLine>, RepoError> {
    let (mut lines, mut after) = (Vec::new(), None);
    loop {
        let page = carts.lines(user, after.as_deref(), CART_PAGE).await?;
        lines.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(lines);
        }
    }
}

/// Orders, made from a cart in one transaction.
#[dal_shadow::shadow(
    ops,
    ids(user = "Order.user_id", product = "OrderLine.product_id"),
    repair(read = get, put = put_exact, delete = remove, ids = pass_id)
)]
#[async_trait]
pub trait OrderRepository: Send + Sync {
    /// Turns the cart of `user` into an order: takes the pieces from the stock, empties the cart,
    /// at the prices of this moment, all or nothing. `placed_at` is kept in microseconds.
    ///
    /// # Errors
    /// [`RepoError::EmptyCart`], [`RepoError::CartTooBig`]; then, for the first product by id,
    /// [`RepoError::NoSuchProduct`] or [`RepoError::OutOfStock`]; [`RepoError::Invalid`] for a time
    /// or total out of range.
    #[shadow(
        write,
        mirror = apply,
        creates(order = id),
        also(cart = user, product = "result.lines[].product_id")
    )]
    async fn checkout(
        &self,
        #[handle(user)] user: u64,
        placed_at: OffsetDateTime,
    ) -> Result<Order, RepoError>;

    /// The order with this id.
    #[shadow(read)]
    async fn get(&self, #[handle(order)] id: u64) -> Result<Option<Order>, RepoError>;

    /// The orders of a user, newest first.
    ///
    /// # Errors
    /// [`RepoError::BadCursor`]; [`RepoError::Invalid`] for the limit 0.
    #[shadow(read, token(order_page = next, portable))]
    async fn of_user(
        &self,
        #[handle(user)] user: u64,
        #[handle(order_page)] after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Order>, RepoError>;

    /// Does what [`OrderRepository::checkout`] did on the primary store: takes the order's pieces
    /// from the stock, its products from the cart, and puts the order exactly as it is. Does
    /// nothing when the order is there already.
    ///
    /// # Errors
    /// [`RepoError::NoSuchProduct`], [`RepoError::OutOfStock`].
    #[shadow(
        mirror,
        key = order.id,
        also(cart = order.user_id, product = "order.lines[].product_id")
    )]
    async fn apply(&self, order: &Order) -> Result<(), RepoError>;

    /// Removes an order, leaving stock and carts alone; returns whether there was one.
    #[shadow(write, replay)]
    async fn remove(&self, #[handle(order)] id: u64) -> Result<bool, RepoError>;

    /// Puts an order exactly as it is, leaving stock and carts alone; moves the store's ids past
    /// it.
    #[shadow(mirror, key = order.id)]
    async fn put_exact(
        &self,
        #[handle(order = id, user = user_id, product = "lines[].product_id")] order: &Order,
    ) -> Result<(), RepoError>;

    /// Moves the store's ids past this one.
    #[shadow(mirror)]
    async fn pass_id(&self, #[handle(order)] id: u64) -> Result<(), RepoError>;
}
